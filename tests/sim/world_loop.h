/*
 * Time that a test turns: the calls of libev the daemon makes, and time(), on a clock that moves
 * only from one timer to the next. Linked in libev's place.
 *
 * There are two clocks, as there are on a machine: true time, by which timers run and the rest of
 * the world lives, and the wall clock the program reads, which somebody may have set wrong.
 */
#ifndef METRICSD_SIM_WORLD_LOOP_H
#define METRICSD_SIM_WORLD_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct ev_loop;

/* At `now` (time), with a right wall clock. One loop at a time: time() is its. */
struct ev_loop *loop_new(int64_t now);
void loop_free(struct ev_loop *loop);

/* True time in seconds since 1970, and its whole seconds. */
double loop_true(const struct ev_loop *loop);
int64_t loop_now(const struct ev_loop *loop);

/* The wall clock is set to run so many seconds ahead of true time (behind: negative). */
void loop_set_wall(struct ev_loop *loop, double ahead);
double loop_wall_ahead(const struct ev_loop *loop);

/* Goes to the next thing that happens and lets it: true; nothing happens until `until` (true time):
 * false, and it is then. */
bool loop_step(struct ev_loop *loop, int64_t until);

/* Forgets whatever is waited for: the program is gone. Clocks go on. */
void loop_forget(struct ev_loop *loop);

/* How many callbacks were called; how many of them without time going on before. */
uint64_t loop_calls(const struct ev_loop *loop);
uint64_t loop_calls_at_once(const struct ev_loop *loop);

#endif
