/*
 * The parts, in the order of their names, which is that in which they come back:
 *
 *	0head             text: days, months, reasons, the log's clock
 *	1files            text: files that were met
 *	2visitors/2026-10/000000   records of 9 bytes: a client's keyed hash, the day of the month
 *it came (or ROBOT_BIT). Blocks of 8192, only the last one is written again 3visits/000000 records
 *of 16 bytes: a client's keyed hash, first and last page of its visit
 */
#include "accesslog_state.h"

#include "metricsd/error.h"
#include "metricsd/memory.h"
#include "metricsd/sample.h"
#include "metricsd/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STATE_VERSION = 1,
	VISIT_BYTES = 16,
	VISIT_BLOCK = 8192,
	TEXT_PART_MAX = 512 << 10,
	DAYS_KEPT = 100,
};

static void put_number(char *bytes, uint64_t number, int count)
{
	for (int i = 0; i < count; i++)
		bytes[i] = (char)(number >> (8 * i));
}

static uint64_t get_number(const char *bytes, int count)
{
	uint64_t number = 0;

	while (count-- > 0)
		number = number << 8 | (unsigned char)bytes[count];
	return number;
}

/* --- keeping -------------------------------------------------------------------------------- */

/* Days of months that are closed are of no use once they were told; some stay, so that a day knows
 * whether the one before it was read. */
static void forget_days(struct counter *counter)
{
	size_t from = counter->day_count > DAYS_KEPT ? counter->day_count - DAYS_KEPT : 0;
	size_t kept = 0;

	for (size_t i = 0; i < counter->day_count; i++) {
		const struct day_count *day = &counter->days[i];

		if (i < from && day->told && !counter_find_month(counter, month_of(day->day).first))
			continue;
		counter->days[kept++] = *day;
	}
	if (kept != counter->day_count)
		counter->placed = false;
	counter->day_count = kept;
}

static void print_head(const struct reading_state *state, struct text *out)
{
	const struct counter *counter = &state->counter;

	text_addf(out, "accesslog %d %d %d %d\n", STATE_VERSION, state->skipping, state->proxied,
		  counter->from);
	text_addf(out, "clock %" PRId64 " %d %" PRId64 " %" PRId64 "\n", counter->clock,
		  counter->strays, counter->first, counter->last);
	text_addf(out, "lines %" PRId64, counter->lines);
	for (int i = 0; i < REASONS; i++)
		text_addf(out, " %s=%" PRId64, reason_name((enum reason)i), counter->reasons[i]);
	text_add_char(out, '\n');
	for (size_t i = 0; i < counter->day_count; i++) {
		const struct day_count *day = &counter->days[i];

		text_addf(out,
			  "day %" PRId32 " %d %d %" PRIx32 " %" PRId64 " %" PRId64 " %" PRId64
			  " %" PRId64 " %" PRId64,
			  day->day, day->told, day->at_least, day->hours, day->lines, day->hits,
			  day->pages, day->visits, day->visitors);
		if (day->lost)
			text_addf(out, " %" PRId64 " %" PRId64 " %" PRId64, day->lost_visitors,
				  day->lost_visits, day->doubtful);
		text_add_char(out, '\n');
	}
	for (size_t i = 0; i < counter->month_count; i++) {
		const struct month_count *month = &counter->months[i];

		text_addf(out,
			  "month %" PRId32 " %d %d %" PRIx64 " %" PRId64 " %" PRId64 " %" PRIu64
			  "\n",
			  month->month.first, month->told, month->at_least, month->mark,
			  month->lost, month->people, month->used);
	}
	for (size_t i = 0; i < counter->closed_count; i++)
		text_addf(out, "closed %" PRId32 "\n", counter->closed[i]);
}

static void print_files(const struct reading_state *state, struct text *out)
{
	for (size_t i = 0; i < state->file_count; i++) {
		const struct known_file *file = &state->files[i];

		text_addf(out,
			  "%" PRIu32 " %" PRIx64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
			  " %" PRIx64 "\n",
			  file->head_length, file->head, file->position, file->packed_size,
			  file->seen, file->first, file->mark);
	}
}

static void keep_text(const char *prefix, const char *name, struct text *text,
		      struct findings *findings)
{
	char full[PART_NAME];

	(void)snprintf(full, sizeof(full), "%s%s", prefix, name);
	findings_keep(findings, full, text_str(text), text->length);
	findings->failed |= text->failed;
	text_clear(text);
}

static void month_name(const struct month_count *month, char ret[16])
{
	int year, number, day;

	day_split(month->month.first, &year, &number, &day);
	(void)snprintf(ret, 16, "%04d-%02d", year, number);
}

static void keep_block(const char *prefix, const struct month_count *month, size_t block,
		       const char *bytes, size_t length, struct findings *findings)
{
	char full[PART_NAME], name[16];

	month_name(month, name);
	(void)snprintf(full, sizeof(full), "%s2visitors/%s/%06zu", prefix, name, block);
	findings_keep(findings, full, bytes, length);
}

void state_drop_month(const struct month_count *month, const char *prefix,
		      struct findings *findings)
{
	char full[PART_NAME], name[16];

	month_name(month, name);
	(void)snprintf(full, sizeof(full), "%s2visitors/%s/", prefix, name);
	findings_drop(findings, full);
}

static void keep_records(struct month_count *month, const char *prefix, struct findings *findings)
{
	if (month->renewed)
		state_drop_month(month, prefix, findings);
	month->renewed = false;
	for (size_t at = 0; at < month->full.length; at += BLOCK_BYTES)
		keep_block(prefix, month, month->block++, month->full.bytes + at, BLOCK_BYTES,
			   findings);
	text_clear(&month->full);
	if (month->records.length > 0)
		keep_block(prefix, month, month->block, month->records.bytes, month->records.length,
			   findings);
}

static void visits_name(const char *prefix, size_t block, char ret[PART_NAME])
{
	(void)snprintf(ret, PART_NAME, "%s3visits/%06zu", prefix, block);
}

/* A block of them that is being filled. */
struct visit_block {
	char *bytes;
	size_t length, number;
};

static void keep_visit_block(struct visit_block *block, const char *prefix,
			     struct findings *findings)
{
	char full[PART_NAME];

	if (block->length == 0)
		return;
	visits_name(prefix, block->number++, full);
	findings_keep(findings, full, block->bytes, block->length);
	block->length = 0;
}

static void keep_piece(const struct visit_piece *piece, struct visit_block *block,
		       const char *prefix, struct findings *findings)
{
	for (size_t i = 0; i < piece->size; i++) {
		const struct visit *visit = &piece->slots[i];

		if (!visit->last)
			continue;
		put_number(block->bytes + block->length, visit->hash, 8);
		put_number(block->bytes + block->length + 8, visit->first, 4);
		put_number(block->bytes + block->length + 12, visit->last, 4);
		block->length += VISIT_BYTES;
		if (block->length == (size_t)VISIT_BYTES * VISIT_BLOCK)
			keep_visit_block(block, prefix, findings);
	}
}

static void keep_visits(struct reading_state *state, const char *prefix, struct findings *findings)
{
	struct visit_block block = { .bytes = memory_new(VISIT_BLOCK, VISIT_BYTES) };
	char full[PART_NAME];

	for (size_t i = 0; i < PIECES; i++)
		keep_piece(&state->counter.visits.pieces[i], &block, prefix, findings);
	keep_visit_block(&block, prefix, findings);
	free(block.bytes);
	for (size_t i = block.number; i < state->visit_blocks; i++) {
		visits_name(prefix, i, full);
		findings_drop(findings, full);
	}
	state->visit_blocks = block.number;
}

void state_keep(struct reading_state *state, const char *prefix, struct findings *findings)
{
	struct text text = TEXT_UP_TO(TEXT_PART_MAX);

	forget_days(&state->counter);
	print_head(state, &text);
	keep_text(prefix, "0head", &text, findings);
	print_files(state, &text);
	keep_text(prefix, "1files", &text, findings);
	for (size_t i = 0; i < state->counter.month_count; i++)
		keep_records(&state->counter.months[i], prefix, findings);
	keep_visits(state, prefix, findings);
}

/* --- taking in ------------------------------------------------------------------------------ */

static int bad(const char *name, struct error *err)
{
	return error_set(err, ERROR_OURS, "what was kept of the log (%s) cannot be read", name);
}

static void take_reason(struct counter *counter, const char *word)
{
	for (int i = 0; i < REASONS; i++) {
		const char *name = reason_name((enum reason)i);
		size_t length = strlen(name);

		if (strncmp(word, name, length) == 0 && word[length] == '=')
			counter->reasons[i] = strtoll(word + length + 1, NULL, 10);
	}
}

static int take_lines(struct counter *counter, const char *line)
{
	if (sscanf(line, "lines %" SCNd64, &counter->lines) != 1)
		return -1;
	for (const char *word = strchr(line, ' '); word; word = strchr(word, ' '))
		take_reason(counter, ++word);
	return 0;
}

static int take_day(struct counter *counter, const char *line)
{
	struct day_count day = { 0 };
	int told, at_least, count;

	count = sscanf(line,
		       "day %" SCNd32 " %d %d %" SCNx32 " %" SCNd64 " %" SCNd64 " %" SCNd64
		       " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64,
		       &day.day, &told, &at_least, &day.hours, &day.lines, &day.hits, &day.pages,
		       &day.visits, &day.visitors, &day.lost_visitors, &day.lost_visits,
		       &day.doubtful);
	if (count != 9 && count != 12)
		return -1;
	day.lost = count == 12;
	day.told = told;
	day.at_least = at_least;
	*counter_day(counter, day.day) = day;
	return 0;
}

static int take_month(struct counter *counter, const char *line)
{
	struct month_count *month;
	int32_t first;
	int told, at_least;
	uint64_t mark, used;
	int64_t lost, people;

	if (sscanf(line, "month %" SCNd32 " %d %d %" SCNx64 " %" SCNd64 " %" SCNd64 " %" SCNu64,
		   &first, &told, &at_least, &mark, &lost, &people, &used) != 7)
		return -1;
	month = counter_restore_month(counter, first);
	if (!month)
		return -1;
	month->told = told;
	month->at_least = at_least;
	month->mark = mark;
	month->lost = lost;
	month->people = people;
	month->used = used;
	return 0;
}

static int take_closed(struct counter *counter, const char *line)
{
	int32_t month;

	if (sscanf(line, "closed %" SCNd32, &month) != 1)
		return -1;
	counter->closed = memory_grow(counter->closed, counter->closed_count, &counter->closed_room,
				      sizeof(*counter->closed));
	counter->closed[counter->closed_count++] = month;
	return 0;
}

static int take_head_line(struct reading_state *state, const char *line)
{
	struct counter *counter = &state->counter;
	int version, skipping, proxied;

	if (strncmp(line, "day ", 4) == 0)
		return take_day(counter, line);
	if (strncmp(line, "month ", 6) == 0)
		return take_month(counter, line);
	if (strncmp(line, "closed ", 7) == 0)
		return take_closed(counter, line);
	if (strncmp(line, "lines ", 6) == 0)
		return take_lines(counter, line);
	if (strncmp(line, "clock ", 6) == 0)
		return sscanf(line, "clock %" SCNd64 " %d %" SCNd64 " %" SCNd64, &counter->clock,
			      &counter->strays, &counter->first, &counter->last) == 4
			       ? 0
			       : -1;
	if (sscanf(line, "accesslog %d %d %d %" SCNd32, &version, &skipping, &proxied,
		   &counter->from) != 4 ||
	    version != STATE_VERSION)
		return -1;
	state->skipping = skipping;
	state->proxied = proxied;
	return 0;
}

static int take_file_line(struct reading_state *state, const char *line)
{
	struct known_file file = { 0 };

	if (state->file_count == FILES_MAX ||
	    sscanf(line,
		   "%" SCNu32 " %" SCNx64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64
		   " %" SCNx64,
		   &file.head_length, &file.head, &file.position, &file.packed_size, &file.seen,
		   &file.first, &file.mark) < 5)
		return -1;
	state->files = memory_grow(state->files, state->file_count, &state->file_room,
				   sizeof(*state->files));
	state->files[state->file_count++] = file;
	return 0;
}

static int take_lines_of(struct reading_state *state, const char *name, const char *bytes,
			 size_t length, int (*take)(struct reading_state *, const char *),
			 struct error *err)
{
	char *copy = memory_text_n(bytes, length);
	int result = 0;
	char *next;

	for (char *line = copy; result == 0 && *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		result = take(state, line);
	}
	free(copy);
	return result < 0 ? bad(name, err) : 0;
}

static int take_records(struct counter *counter, const char *name, const char *bytes, size_t length,
			struct error *err)
{
	struct month_count *month;
	int year, number;
	size_t block;

	if (sscanf(name, "2visitors/%d-%d/%zu", &year, &number, &block) != 3 || number < 1 ||
	    number > 12)
		return bad(name, err);
	month = counter_find_month(counter, day_of(year, number, 1));
	if (!month || counter_restore_records(counter, month, block, bytes, length) < 0)
		return bad(name, err);
	return 0;
}

static int take_visits(struct reading_state *state, const char *name, const char *bytes,
		       size_t length, struct error *err)
{
	if (length % VISIT_BYTES != 0)
		return bad(name, err);
	state->visit_blocks++;
	for (size_t at = 0; at < length; at += VISIT_BYTES) {
		struct visit visit = { .hash = get_number(bytes + at, 8),
				       .first = (uint32_t)get_number(bytes + at + 8, 4),
				       .last = (uint32_t)get_number(bytes + at + 12, 4) };

		if (!visit.last || visit.first > visit.last)
			return bad(name, err);
		(void)visits_add(&state->counter.visits, &visit);
	}
	return 0;
}

int state_take(struct reading_state *state, const char *name, const char *bytes, size_t length,
	       struct error *err)
{
	if (strcmp(name, "0head") == 0)
		return take_lines_of(state, name, bytes, length, take_head_line, err);
	if (strcmp(name, "1files") == 0)
		return take_lines_of(state, name, bytes, length, take_file_line, err);
	if (strncmp(name, "2visitors/", 10) == 0)
		return take_records(&state->counter, name, bytes, length, err);
	if (strncmp(name, "3visits/", 8) == 0)
		return take_visits(state, name, bytes, length, err);
	return bad(name, err);
}

void state_clear(struct reading_state *state)
{
	counter_clear(&state->counter);
	free(state->files);
	*state = (struct reading_state){ 0 };
}
