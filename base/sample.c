#include "metricsd/sample.h"

#include "metricsd/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void findings_sample(struct findings *findings, const struct metric *metric, struct window window,
		     int64_t value, uint32_t flags)
{
	if (findings->sample_count == FINDINGS_MAX) {
		findings->failed = true;
		return;
	}
	findings->samples = memory_grow(findings->samples, findings->sample_count,
					&findings->sample_room, sizeof(*findings->samples));
	findings->samples[findings->sample_count++] = (struct finding){
		.metric = metric,
		.sample = { .window = window, .value = value, .flags = flags },
	};
}

void findings_unread(struct findings *findings, const struct metric *metric, struct window window)
{
	if (findings->unread_count == FINDINGS_MAX) {
		findings->failed = true;
		return;
	}
	findings->unread = memory_grow(findings->unread, findings->unread_count,
				       &findings->unread_room, sizeof(*findings->unread));
	findings->unread[findings->unread_count++] = (struct finding){
		.metric = metric,
		.sample = { .window = window },
	};
}

void findings_item(struct findings *findings, enum item_kind kind, const char *id, int64_t created)
{
	struct item *item;

	if (findings->item_count == FINDINGS_MAX || !*id || strlen(id) >= ITEM_ID) {
		findings->failed = true;
		return;
	}
	findings->items = memory_grow(findings->items, findings->item_count, &findings->item_room,
				      sizeof(*findings->items));
	item = &findings->items[findings->item_count++];
	*item = (struct item){ .kind = kind, .created = created };
	memcpy(item->id, id, strlen(id) + 1);
}

void findings_watch(struct findings *findings, enum item_kind kind, int64_t since, int64_t until)
{
	if (until <= since)
		return;
	findings->watches = memory_grow(findings->watches, findings->watch_count,
					&findings->watch_room, sizeof(*findings->watches));
	findings->watches[findings->watch_count++] =
		(struct watch){ .kind = kind, .since = since, .until = until };
}

void findings_note(struct findings *findings, const char *format, ...)
{
	va_list arguments;

	if (findings->notes.length)
		text_add_char(&findings->notes, '\n');
	va_start(arguments, format);
	text_addv(&findings->notes, format, arguments);
	va_end(arguments);
}

void findings_report(struct findings *findings, const char *format, ...)
{
	va_list arguments;

	if (findings->report.length)
		text_add_char(&findings->report, '\n');
	va_start(arguments, format);
	text_addv(&findings->report, format, arguments);
	va_end(arguments);
}

static struct finding_part *new_part(struct findings *findings, const char *name)
{
	struct finding_part *part;

	if (!*name || strlen(name) >= PART_NAME) {
		findings->failed = true;
		return NULL;
	}
	findings->parts = memory_grow(findings->parts, findings->part_count, &findings->part_room,
				      sizeof(*findings->parts));
	part = &findings->parts[findings->part_count++];
	*part = (struct finding_part){ 0 };
	memcpy(part->name, name, strlen(name) + 1);
	return part;
}

void findings_keep(struct findings *findings, const char *name, const void *bytes, size_t length)
{
	struct finding_part *part = new_part(findings, name);

	if (length > PART_MAX)
		findings->failed = true;
	if (!part || length > PART_MAX)
		return;
	part->bytes = memory_new(length + 1, 1);
	if (length > 0)
		memcpy(part->bytes, bytes, length);
	part->length = length;
}

void findings_drop(struct findings *findings, const char *name)
{
	(void)new_part(findings, name);
}

static void free_parts(struct findings *findings)
{
	for (size_t i = 0; i < findings->part_count; i++)
		free(findings->parts[i].bytes);
	findings->part_count = 0;
}

void findings_reset(struct findings *findings)
{
	free_parts(findings);
	text_reset(&findings->report);
	findings->sample_count = 0;
	findings->unread_count = 0;
	findings->item_count = 0;
	findings->watch_count = 0;
	text_reset(&findings->notes);
	findings->failed = false;
}

void findings_clear(struct findings *findings)
{
	free_parts(findings);
	free(findings->parts);
	text_clear(&findings->report);
	free(findings->samples);
	free(findings->unread);
	free(findings->items);
	free(findings->watches);
	text_clear(&findings->notes);
	*findings = (struct findings){ 0 };
}
