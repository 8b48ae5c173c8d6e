#include "accesslog_count.h"

#include "accesslog_bots.h"
#include "accesslog_rules.h"

#include "metricsd/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	FUTURE_S = 86400,
	STRAYS = 64,         /* so many pages in a row far from the log's clock move it */
	BEHIND_S = 3 * 3600, /* the longest request, and the gap is added to it */
	AHEAD_S = 26 * 3600, /* days that are read in the wrong order */
	AGENT_SETS = 1024,
	AGENT_WAYS = 4,
	AGENT_KEPT = 244,
	PROXY_LINES = 1000,
};

/* Agents repeat: what was found of one is kept. */
struct agent {
	uint16_t length; /* 0: free */
	bool bot;
	uint32_t month; /* whose key made the hash: 1 + index and a number; 0: none yet */
	uint64_t hash;
	char bytes[AGENT_KEPT];
};

struct agents {
	uint32_t tags[AGENT_SETS][AGENT_WAYS]; /* of their mixed bytes */
	uint8_t oldest[AGENT_SETS];
	struct agent (*slots)[AGENT_WAYS]; /* AGENT_SETS; NULL: nobody came yet */
	struct agent beyond;               /* one that is too long to be kept */
	uint32_t keys;                     /* a number for each month's key that was given */
	uint32_t month_keys[MONTHS_OPEN];
};

static const struct {
	const char *name, *words;
} reasons[REASONS] = {
	[REASON_NONE] = { "page", "counted" },
	[REASON_FORMAT] = { "format", "not of the format" },
	[REASON_TIME] = { "time", "without a time" },
	[REASON_REQUEST] = { "request", "without a request" },
	[REASON_LONG] = { "long", "too long" },
	[REASON_FUTURE] = { "future", "of the future" },
	[REASON_EARLY] = { "early", "of days that are not counted" },
	[REASON_LATE] = { "late", "of a month that was closed" },
	[REASON_HOST] = { "host", "of another host" },
	[REASON_DENIED] = { "denied", "denied" },
	[REASON_METHOD] = { "method", "another method" },
	[REASON_STATUS] = { "status", "another status" },
	[REASON_PATH] = { "path", "ignored path" },
	[REASON_AGENT] = { "agent", "without user agent" },
	[REASON_BOT] = { "bot", "robots" },
	[REASON_STATIC] = { "static", "static files" },
	[REASON_ROBOTS_TXT] = { "robots_txt", "clients that fetched robots.txt" },
	[REASON_ERRORS] = { "errors", "clients with errors only" },
};

const char *reason_name(enum reason reason)
{
	return reasons[reason].name;
}

const char *reason_words(enum reason reason)
{
	return reasons[reason].words;
}

void counter_start(struct counter *counter, const struct rules *rules, struct zone *zone,
		   int64_t now)
{
	*counter = (struct counter){ .rules = rules,
				     .zone = zone,
				     .now = now,
				     .from = DAY_NONE,
				     .clock = INT64_MIN,
				     .first = INT64_MAX,
				     .last = INT64_MIN,
				     .future = INT64_MIN,
				     .needed = DAY_NONE };
	counter->agents = memory_new(1, sizeof(*counter->agents));
}

static void month_clear(struct month_count *month)
{
	visitors_clear(&month->visitors);
	text_clear(&month->records);
	text_clear(&month->full);
	explicit_bzero(month->key, sizeof(month->key));
}

void counter_clear(struct counter *counter)
{
	for (size_t i = 0; i < counter->month_count; i++)
		month_clear(&counter->months[i]);
	free(counter->days);
	free(counter->closed);
	if (counter->agents)
		free(counter->agents->slots);
	free(counter->agents);
	visits_clear(&counter->visits);
	*counter = (struct counter){ 0 };
}

/* --- days and months ------------------------------------------------------------------------ */

static size_t day_place(const struct counter *counter, int32_t day)
{
	size_t low = 0;
	size_t high = counter->day_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (counter->days[middle].day < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct day_count *counter_day(struct counter *counter, int32_t day)
{
	size_t i = day_place(counter, day);

	if (i < counter->day_count && counter->days[i].day == day)
		return &counter->days[i];
	counter->days = memory_grow(counter->days, counter->day_count, &counter->day_room,
				    sizeof(*counter->days));
	memmove(&counter->days[i + 1], &counter->days[i],
		(counter->day_count - i) * sizeof(*counter->days));
	counter->days[i] = (struct day_count){ .day = day };
	counter->day_count++;
	counter->placed = false;
	return &counter->days[i];
}

struct month_count *counter_find_month(struct counter *counter, int32_t month)
{
	for (size_t i = 0; i < counter->month_count; i++)
		if (counter->months[i].month.first == month)
			return &counter->months[i];
	return NULL;
}

struct month_count *counter_idle_month(struct counter *counter)
{
	struct month_count *idle = NULL;

	if (counter->month_count < MONTHS_OPEN)
		return NULL;
	for (size_t i = 0; i < counter->month_count; i++) {
		struct month_count *it = &counter->months[i];
		bool over = it->ends <= counter->now;

		/* one that is not over is kept while there is another */
		if (!idle || (over && idle->ends > counter->now) ||
		    (over == (idle->ends <= counter->now) && it->used < idle->used))
			idle = it;
	}
	return idle;
}

struct month_count *counter_restore_month(struct counter *counter, int32_t month)
{
	struct month_count *it;

	if (counter->month_count == MONTHS_OPEN)
		return NULL;
	it = &counter->months[counter->month_count++];
	*it = (struct month_count){ .month = month_of(month) };
	it->begins = zone_midnight(counter->zone, it->month.first);
	it->ends = zone_midnight(counter->zone, window_end(it->month));
	it->records.max = BLOCK_BYTES + 1;
	it->full.max = (size_t)1 << 30;
	it->used = (uint64_t)counter->lines;
	counter->placed = false;
	return it;
}

static void place_key(struct counter *counter, struct month_count *month,
		      const unsigned char key[SIPHASH_KEY])
{
	memcpy(month->key, key, SIPHASH_KEY);
	month->has_key = true;
	month->mark = siphash(key, "month", 5) | 1;
	counter->agents->month_keys[month - counter->months] = ++counter->agents->keys;
}

bool day_is_lost(const struct day_count *day)
{
	return day->lost && (day->visitors > 0 || day->visits != day->lost_visits);
}

int64_t day_visitors(const struct day_count *day)
{
	return day->visitors > day->lost_visitors ? day->visitors : day->lost_visitors;
}

int64_t day_visits(const struct day_count *day)
{
	int64_t visits = day->visits - (day_is_lost(day) ? day->doubtful : 0);

	return visits > 0 ? visits : 0;
}

/* How many open visits a page of the day might join. */
static int64_t open_visits(const struct counter *counter, int32_t day)
{
	int64_t since = zone_midnight(counter->zone, day) - counter->rules->gap_s;
	int64_t until = zone_midnight(counter->zone, day + 1) + counter->rules->gap_s;
	int64_t count = 0;

	for (size_t i = 0; i < PIECES; i++) {
		const struct visit_piece *piece = &counter->visits.pieces[i];

		for (size_t j = 0; j < piece->size; j++)
			count += piece->slots[j].last >= since && piece->slots[j].last &&
				 piece->slots[j].first < until;
	}
	return count;
}

/* A visit that goes on, and one that would have joined two, are counted again from here on. */
static void lose_day(const struct counter *counter, struct day_count *day)
{
	day->at_least |= day_is_lost(day);
	day->lost_visitors = day_visitors(day);
	day->visitors = 0;
	day->lost_visits = day->visits;
	day->doubtful += 2 * open_visits(counter, day->day);
	day->lost = true;
}

/* Without the key that made them the hashes say nothing: who comes from now on is counted anew, and
 * the number is a lower bound. */
static void lose_clients(struct counter *counter, struct month_count *month)
{
	for (size_t i = 0; i < counter->day_count; i++)
		if (counter->days[i].day >= month->month.first &&
		    counter->days[i].day < window_end(month->month))
			lose_day(counter, &counter->days[i]);
	month->renewed = true;
	if (month->people > month->lost)
		month->lost = month->people;
	month->people = 0;
	month->at_least = true;
	month->told = false;
	visitors_clear(&month->visitors);
	text_reset(&month->records);
	text_reset(&month->full);
	month->block = 0;
}

void counter_give_key(struct counter *counter, struct month_count *month,
		      const unsigned char key[SIPHASH_KEY])
{
	uint64_t mark = month->mark;

	place_key(counter, month, key);
	if (mark && mark != month->mark)
		lose_clients(counter, month);
}

struct month_count *counter_open_month(struct counter *counter, int32_t month,
				       const unsigned char key[SIPHASH_KEY])
{
	struct month_count *it = counter_restore_month(counter, month);

	assert(it);
	place_key(counter, it, key);
	counter->needed = DAY_NONE;
	return it;
}

void counter_close_month(struct counter *counter, struct month_count *month)
{
	size_t i = (size_t)(month - counter->months);

	counter->closed = memory_grow(counter->closed, counter->closed_count, &counter->closed_room,
				      sizeof(*counter->closed));
	counter->closed[counter->closed_count++] = month->month.first;
	month_clear(month);
	counter->month_count--;
	memmove(month, month + 1, (counter->month_count - i) * sizeof(*month));
	/* what was made with its keys is not taken for that of the one in its place */
	for (; i < counter->month_count; i++)
		counter->agents->month_keys[i] = ++counter->agents->keys;
	counter->placed = false;
}

static bool is_closed(const struct counter *counter, int32_t month)
{
	for (size_t i = 0; i < counter->closed_count; i++)
		if (counter->closed[i] == month)
			return true;
	return false;
}

/* Whether the days that are counted are all, those that were asked for, or those from one on. */
static bool is_counted(const struct counter *counter, int32_t day)
{
	return (counter->only.count == 0 || days_hold(&counter->only, day)) &&
	       (counter->from == DAY_NONE || day >= counter->from);
}

/* The month of that first day, which is `month_count` when it is not open: then `needed` is set,
 * unless it was closed. */
static size_t find_month(struct counter *counter, int32_t month)
{
	size_t i;

	for (i = 0; i < counter->month_count; i++)
		if (counter->months[i].month.first == month)
			return i;
	if (!is_closed(counter, month))
		counter->needed = month;
	return i;
}

/* Finds the day and the month of a time: REASON_NONE, a reason not to count it; `needed` is set
 * when the month is not open. */
static enum reason place_time(struct counter *counter, int64_t time)
{
	int32_t day;
	size_t i;

	if (counter->placed && time >= counter->day_begins && time < counter->day_ends)
		return REASON_NONE;
	if (time > counter->now + FUTURE_S)
		return REASON_FUTURE;
	day = zone_day(counter->zone, time);
	if (!is_counted(counter, day))
		return REASON_EARLY;
	i = find_month(counter, month_of(day).first);
	if (i == counter->month_count) /* the day and month of the line before stay placed */
		return counter->needed == DAY_NONE ? REASON_LATE : REASON_NONE;
	(void)counter_day(counter, day);
	counter->month = i;
	counter->day = day_place(counter, day);
	counter->day_begins = zone_midnight(counter->zone, day);
	counter->day_ends = zone_midnight(counter->zone, day + 1);
	counter->placed = true;
	return REASON_NONE;
}

/* --- clients -------------------------------------------------------------------------------- */

static uint64_t mix(const char *bytes, size_t length)
{
	uint64_t hash = length * 0x9e3779b97f4a7c15ULL;
	uint64_t word;

	for (; length >= 8; bytes += 8, length -= 8) {
		memcpy(&word, bytes, 8);
		hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
		hash ^= hash >> 29;
	}
	word = 0;
	memcpy(&word, bytes, length);
	hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
	return hash ^ hash >> 32;
}

/* What is known of the agent; of the last one asked for that is too long until the next such. */
static struct agent *find_agent(struct counter *counter, struct log_text text)
{
	struct agents *agents = counter->agents;
	struct agent *agent = &agents->beyond;
	bool fits = text.length > 0 && text.length <= AGENT_KEPT;

	if (!agents->slots)
		agents->slots = memory_new(AGENT_SETS, sizeof(*agents->slots));
	if (fits) {
		uint64_t mixed = mix(text.bytes, text.length);
		uint32_t tag = (uint32_t)mixed;
		size_t set = mixed >> 32 & (AGENT_SETS - 1);
		size_t way;

		for (way = 0; way < AGENT_WAYS; way++) {
			agent = &agents->slots[set][way];
			if (agents->tags[set][way] == tag && agent->length == text.length &&
			    memcmp(agent->bytes, text.bytes, text.length) == 0)
				return agent;
		}
		way = agents->oldest[set]++ % AGENT_WAYS;
		agent = &agents->slots[set][way];
		agents->tags[set][way] = tag;
		memcpy(agent->bytes, text.bytes, text.length);
	}
	agent->length = fits ? (uint16_t)text.length : 0;
	agent->month = 0;
	agent->bot = rules_allow_agent(counter->rules, text) == RULE_NONE && counter->bots &&
		     bots_know(counter->bots, text.bytes, text.length);
	return agent;
}

static uint64_t hash_client(struct counter *counter, size_t month, struct log_text address,
			    struct log_text text, struct agent *agent)
{
	const struct month_count *it = &counter->months[month];
	uint32_t key = counter->agents->month_keys[month];
	unsigned char bytes[64 + 8];
	size_t length = address.length < 64 ? address.length : 64;

	memcpy(bytes, address.bytes, length);
	if (address.length > 64) { /* host names may be longer */
		uint64_t rest = siphash(it->key, address.bytes, address.length);

		memcpy(bytes, &rest, sizeof(rest));
	}
	if (counter->rules->by_address)
		return siphash(it->key, bytes, length);
	if (agent->month != key) {
		agent->hash = siphash(it->key, text.bytes, text.length);
		agent->month = key;
	}
	memcpy(bytes + length, &agent->hash, sizeof(agent->hash));
	return siphash(it->key, bytes, length + sizeof(agent->hash));
}

/* --- visitors ------------------------------------------------------------------------------- */

static void add_record(struct month_count *month, uint64_t hash, int day)
{
	char record[RECORD_BYTES];

	for (int i = 0; i < 8; i++)
		record[i] = (char)(hash >> (8 * i));
	record[8] = (char)day;
	text_add_n(&month->records, record, sizeof(record));
	if (month->records.length == BLOCK_BYTES) {
		text_add_n(&month->full, month->records.bytes, month->records.length);
		text_reset(&month->records);
	}
}

/* The client came on the day: whether that could be noted. */
static bool add_visitor(struct counter *counter, uint64_t hash)
{
	struct month_count *month = &counter->months[counter->month];
	struct day_count *day = &counter->days[counter->day];
	int number = day->day - month->month.first;

	switch (visitors_add(&month->visitors, hash, number)) {
	case VISITOR_KNOWN:
		return true;
	case VISITOR_NEW:
		month->people++;
		break;
	case VISITOR_AGAIN:
		break;
	case VISITOR_NO_ROOM:
		day->at_least = month->at_least = true;
		return false;
	}
	day->visitors++;
	month->told = false;
	add_record(month, hash, number);
	return true;
}

int counter_restore_records(struct counter *counter, struct month_count *month, size_t block,
			    const char *bytes, size_t length)
{
	(void)counter;
	if (length % RECORD_BYTES != 0 || length > BLOCK_BYTES)
		return -1;
	for (size_t i = 0; i < length; i += RECORD_BYTES) {
		uint64_t hash = 0;
		unsigned char day = (unsigned char)bytes[i + 8];

		for (int j = 7; j >= 0; j--)
			hash = hash << 8 | (unsigned char)bytes[i + (size_t)j];
		if (day > ROBOT_BIT)
			return -1;
		(void)visitors_add(&month->visitors, hash, day);
	}
	text_reset(&month->records);
	if (length == BLOCK_BYTES) {
		month->block = block + 1;
	} else {
		month->block = block;
		text_add_n(&month->records, bytes, length);
	}
	return 0;
}

/* --- visits --------------------------------------------------------------------------------- */

/* Pages move the log's clock on; one or two that are far from it do not. With each minute
 * a piece of the visits that no line can join any more is forgotten. */
static void move_clock(struct counter *counter, int64_t time)
{
	int64_t minute = counter->clock / 60;
	int64_t behind = BEHIND_S + counter->rules->gap_s;
	int64_t passed;

	if (counter->clock == INT64_MIN) {
		counter->clock = time;
		return;
	}
	if (time >= counter->clock - behind && time <= counter->clock + AHEAD_S) {
		counter->strays = 0;
		if (time > counter->clock)
			counter->clock = time;
	} else if (++counter->strays >= STRAYS) {
		counter->strays = 0;
		counter->clock = time;
	}
	passed = counter->clock / 60 - minute;
	if (passed < 0 || passed > PIECES)
		passed = PIECES;
	for (int64_t i = 0; i < passed; i++)
		visits_forget(&counter->visits, (size_t)(counter->clock / 60 - i) % PIECES,
			      counter->clock - behind, counter->clock + AHEAD_S);
}

/* Whether a page at `time` is of the visit. */
static bool joins(const struct counter *counter, const struct visit *visit, int64_t time)
{
	int64_t gap = counter->rules->gap_s;

	if (time < visit->first - gap || time > visit->last + gap)
		return false;
	return !counter->rules->cut_at_midnight ||
	       (visit->last >= counter->day_begins && visit->first < counter->day_ends);
}

static struct visit *find_visit(const struct counter *counter, uint64_t hash, int64_t time,
				const struct visit *but)
{
	struct visit *visit = visits_first(&counter->visits, hash);

	while (visit && (visit == but || !joins(counter, visit, time)))
		visit = visits_next(&counter->visits, visit);
	return visit;
}

/* A visit more (or less) on the day of its first page. */
static void add_visit(struct counter *counter, int64_t first, int change)
{
	struct day_count *day = &counter->days[counter->day];

	if (first < counter->day_begins || first >= counter->day_ends) {
		size_t i = day_place(counter, zone_day(counter->zone, first));

		if (i == counter->day_count ||
		    counter->days[i].day != zone_day(counter->zone, first))
			return; /* a day that is no longer counted */
		day = &counter->days[i];
	}
	day->visits += change;
	day->told = false;
}

/* A page between two visits makes one of them. */
static void join_visits(struct counter *counter, struct visit *visit, int64_t time)
{
	struct visit *other = find_visit(counter, visit->hash, time, visit);
	struct visit joined = *visit;

	if (!other)
		return;
	add_visit(counter, other->first > visit->first ? other->first : visit->first, -1);
	if (other->first < joined.first)
		joined.first = other->first;
	if (other->last > joined.last)
		joined.last = other->last;
	*visit = joined;
	visits_remove(&counter->visits, other);
}

/* The page is of a visit that is open. Whether the client was seen this day. */
static bool continue_visit(struct counter *counter, struct visit *visit, int64_t time)
{
	bool seen = (visit->last >= counter->day_begins && visit->last < counter->day_ends) ||
		    (visit->first >= counter->day_begins && visit->first < counter->day_ends);

	if (time < visit->first) {
		if (visit->first >= counter->day_ends) {
			add_visit(counter, visit->first, -1);
			add_visit(counter, time, 1);
		}
		visit->first = (uint32_t)time;
		join_visits(counter, visit, time);
	} else if (time > visit->last) {
		visit->last = (uint32_t)time;
		if (counter->visits.count > 1)
			join_visits(counter, visit, time);
	}
	return seen;
}

/* The client's visit under the key of a month beside this one, near enough to the month's end:
 * there its hash is another. 1: the page was of it. */
static int visit_beside(struct counter *counter, struct log_text address, struct log_text text,
			struct agent *agent, uint64_t hash, int64_t time)
{
	const struct month_count *month = &counter->months[counter->month];
	int64_t gap = counter->rules->gap_s;
	bool after = time - month->begins <= gap;
	int32_t beside;

	if (counter->rules->cut_at_midnight || (!after && month->ends - time > gap))
		return 0;
	beside = after ? month_after(month->month, -1).first : window_end(month->month);
	for (size_t i = 0; i < counter->month_count; i++) {
		struct visit *visit;
		struct visit moved;

		if (counter->months[i].month.first != beside)
			continue;
		visit = find_visit(counter, hash_client(counter, i, address, text, agent), time,
				   NULL);
		if (!visit)
			continue;
		(void)continue_visit(counter, visit, time);
		if (after) { /* it goes on under the key of this month */
			moved = *visit;
			moved.hash = hash;
			visits_remove(&counter->visits, visit);
			(void)visits_add(&counter->visits, &moved);
		}
		return 1;
	}
	return 0;
}

/* Whether the client could be noted. */
static void count_page(struct counter *counter, struct log_text address, struct log_text text,
		       struct agent *agent, uint64_t hash, int64_t time)
{
	struct visit *visit;

	move_clock(counter, time);
	visit = find_visit(counter, hash, time, NULL);
	if (visit) {
		if (!continue_visit(counter, visit, time))
			(void)add_visitor(counter, hash);
		return;
	}
	if (!add_visitor(counter, hash) || visit_beside(counter, address, text, agent, hash, time))
		return;
	if (visits_add(&counter->visits, &(struct visit){ hash, (uint32_t)time, (uint32_t)time }))
		add_visit(counter, time, 1);
	else
		counter->days[counter->day].at_least = true;
}

/* --- lines ---------------------------------------------------------------------------------- */

/* Majority by Boyer and Moore: whoever has more than half of the lines is left at the end, and the
 * weight says by how much at least. */
static void weigh_address(struct counter *counter, struct log_text address)
{
	counter->proxy_lines++;
	if (address.length == counter->proxy_length &&
	    memcmp(address.bytes, counter->proxy, address.length) == 0) {
		counter->proxy_weight++;
	} else if (counter->proxy_weight > 0) {
		counter->proxy_weight--;
	} else if (address.length < sizeof(counter->proxy)) {
		memcpy(counter->proxy, address.bytes, address.length);
		counter->proxy_length = address.length;
		counter->proxy_weight = 1;
	}
}

bool counter_is_proxied(const struct counter *counter)
{
	/* at least (lines + weight) / 2 lines are of that address: nine of ten */
	return counter->proxy_lines >= PROXY_LINES &&
	       counter->proxy_weight * 10 >= counter->proxy_lines * 8;
}

/* --- the evening before --------------------------------------------------------------------- */

/* A visit that is no longer one of its own. */
static void take_back(struct counter *counter, const struct visit *visit)
{
	int32_t day = zone_day(counter->zone, visit->first);
	size_t i = day_place(counter, day);

	if (i == counter->day_count || counter->days[i].day != day)
		return;
	counter->days[i].visits--;
	counter->days[i].told = false;
}

static void open_visit(struct counter *counter, uint64_t hash, int64_t time, int64_t midnight)
{
	struct visit *visit = find_visit(counter, hash, time, NULL);
	struct visit *other;

	if (!visit) {
		(void)visits_add(&counter->visits,
				 &(struct visit){ hash, (uint32_t)time, (uint32_t)time });
		return;
	}
	other = find_visit(counter, hash, time, visit);
	if (visit->first >= midnight)
		take_back(counter, visit);
	if (other && other->first >= midnight)
		take_back(counter, other);
	if (time < visit->first)
		visit->first = (uint32_t)time;
	if (time > visit->last)
		visit->last = (uint32_t)time;
	if (!other)
		return;
	if (other->first < visit->first)
		visit->first = other->first;
	if (other->last > visit->last)
		visit->last = other->last;
	visits_remove(&counter->visits, other);
}

/* The day after the evening of that time, when it is counted: DAY_NONE else. */
static int32_t day_after_evening(const struct counter *counter, int64_t time)
{
	int32_t day = zone_day(counter->zone, time + counter->rules->gap_s);

	if (counter->rules->cut_at_midnight || !is_counted(counter, day) ||
	    day == zone_day(counter->zone, time))
		return DAY_NONE;
	return day;
}

/*
 * A line of a day that is not counted. Where it comes so shortly before one which is that a visit
 * may go on into that, the visit is not one of that day. `needed` is set when its month
 * is not open.
 */
static void note_evening(struct counter *counter, const struct log_line *line)
{
	int32_t day = day_after_evening(counter, line->time);
	struct log_text address = rules_client(counter->rules, line);
	size_t month;
	struct agent *agent;

	if (day == DAY_NONE || rules_check(counter->rules, line, address) != REASON_NONE ||
	    rules_is_static(counter->rules, line->path))
		return;
	agent = find_agent(counter, line->agent);
	if (agent->bot)
		return;
	month = find_month(counter, month_of(day).first);
	if (month == counter->month_count)
		return;
	counter->months[month].used = (uint64_t)counter->lines;
	move_clock(counter, line->time);
	open_visit(counter, hash_client(counter, month, address, line->agent, agent), line->time,
		   zone_midnight(counter->zone, day));
}

/* --- counting ------------------------------------------------------------------------------- */

/* Clients that ask for robots.txt, or that get errors only, when these rules hold. */
static enum reason check_client(struct counter *counter, const struct log_line *line, uint64_t hash)
{
	const struct rules *rules = counter->rules;
	struct month_count *month = &counter->months[counter->month];
	uint32_t days;

	if (!rules->without_robots_txt && !rules->without_errors_only)
		return REASON_NONE;
	days = visitors_days(&month->visitors, hash);
	if (rules->without_robots_txt && rules_is_robots_txt(line->path)) {
		enum visitor_news news = visitors_add(&month->visitors, hash, ROBOT_BIT);

		if (news == VISITOR_NEW || news == VISITOR_AGAIN)
			add_record(month, hash, ROBOT_BIT);
		return REASON_ROBOTS_TXT;
	}
	if (rules->without_robots_txt && days >> ROBOT_BIT)
		return REASON_ROBOTS_TXT;
	if (rules->without_errors_only && line->status >= 400 && days << 1 == 0)
		return REASON_ERRORS;
	return REASON_NONE;
}

/* A line that is of the format, of a day that is open. */
static enum reason count_line(struct counter *counter, const struct log_line *line)
{
	struct day_count *day = &counter->days[counter->day];
	struct log_text address = rules_client(counter->rules, line);
	struct agent *agent;
	enum reason reason = rules_check(counter->rules, line, address);
	uint64_t hash;

	if (reason != REASON_NONE)
		return reason;
	agent = find_agent(counter, line->agent);
	if (agent->bot)
		return REASON_BOT;
	if (rules_is_static(counter->rules, line->path) &&
	    !(counter->rules->without_robots_txt && rules_is_robots_txt(line->path))) {
		day->hits++;
		day->told = false;
		return REASON_STATIC;
	}
	hash = hash_client(counter, counter->month, address, line->agent, agent);
	reason = check_client(counter, line, hash);
	if (reason != REASON_NONE)
		return reason;
	day->hits++;
	day->pages++;
	day->told = false;
	count_page(counter, address, line->agent, agent, hash, line->time);
	return REASON_NONE;
}

static enum reason reason_of(enum log_fault fault)
{
	switch (fault) {
	case LOG_FINE:
		return REASON_NONE;
	case LOG_FAULT_FORMAT:
		return REASON_FORMAT;
	case LOG_FAULT_TIME:
		return REASON_TIME;
	case LOG_FAULT_REQUEST:
		return REASON_REQUEST;
	}
	return REASON_FORMAT;
}

static void tell_anew(struct counter *counter, int32_t day)
{
	size_t i = day_place(counter, day);
	struct month_count *month = counter_find_month(counter, month_of(day).first);

	if (i == counter->day_count || counter->days[i].day != day || counter->days[i].lines == 0)
		return;
	counter->days[i].told = false;
	if (month)
		month->told = false;
}

/* That there was a line in the hour says that the log was written then: it may be what makes the
 * day whole, or the ones beside it, whoever it is of. */
static void note_line(struct counter *counter, int64_t time)
{
	struct day_count *day = &counter->days[counter->day];
	uint32_t hour = 1U << ((time - counter->day_begins) / 3600 & 31);
	bool first = day->lines++ == 0;

	if (!(day->hours & hour)) {
		day->hours |= hour;
		tell_anew(counter, day->day);
	}
	if (first) {
		tell_anew(counter, day->day - 1);
		tell_anew(counter, day->day + 1);
	}
	counter->months[counter->month].used = (uint64_t)counter->lines;
}

int counter_line(struct counter *counter, const char *bytes, size_t length)
{
	struct log_line line;
	enum log_fault fault;
	enum reason reason;

	if (length > 0 && bytes[length - 1] == '\r')
		length--;
	fault = log_line_read(&counter->rules->format, &counter->line_clock, bytes, length, &line);
	reason = reason_of(fault);
	if (fault == LOG_FINE || fault == LOG_FAULT_REQUEST) {
		enum reason place = place_time(counter, line.time);

		if (place == REASON_EARLY && fault == LOG_FINE)
			note_evening(counter, &line);
		if (counter->needed != DAY_NONE)
			return 0;
		counter->lines++;
		counter->future = place == REASON_FUTURE ? line.time : INT64_MIN;
		if (place != REASON_FUTURE && line.time < counter->first)
			counter->first = line.time;
		if (place != REASON_FUTURE && line.time > counter->last)
			counter->last = line.time;
		if (place == REASON_NONE) {
			note_line(counter, line.time);
			weigh_address(counter, line.address);
			if (fault == LOG_FINE)
				reason = count_line(counter, &line);
		} else if (fault == LOG_FINE) {
			reason = place;
		}
	} else {
		counter->lines++;
	}
	counter->reasons[reason]++;
	return 1;
}

bool counter_understands(const struct counter *counter, const char *bytes, size_t length)
{
	struct log_clock clock = { 0 };
	struct log_line line;

	return log_line_read(&counter->rules->format, &clock, bytes, length, &line) == LOG_FINE;
}

static void mark_gap(struct counter *counter, int32_t day)
{
	struct day_count *it = counter_day(counter, day);
	struct month_count *month = counter_find_month(counter, month_of(day).first);

	it->at_least = true;
	it->told = it->lines == 0; /* nothing to tell of it yet */
	if (month)
		month->told = false;
}

void counter_gap(struct counter *counter, int32_t until)
{
	enum { MARKED_MAX = 400 };
	int32_t first;

	if (counter->last == INT64_MIN)
		return;
	first = zone_day(counter->zone, counter->last);
	mark_gap(counter, first);
	/* nothing is there of the days between; a line or two from before midnight may be */
	if (first < until - MARKED_MAX)
		first = until - MARKED_MAX;
	for (int32_t day = first; day <= until; day++)
		mark_gap(counter, day);
}

void counter_long_line(struct counter *counter)
{
	counter->lines++;
	counter->reasons[REASON_LONG]++;
}
