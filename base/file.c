#include "metricsd/file.h"

#include "metricsd/siphash.h"
#include "metricsd/text.h"

#include <string.h>

uint64_t file_head_hash(const char *head, size_t length)
{
	static const unsigned char key[SIPHASH_KEY] = { 0 };

	return siphash(key, head, length);
}

int file_list_next(struct file_list *list, struct file_entry *ret, const char **head)
{
	if (list->left == 0)
		return 0;
	if (list->left < sizeof(*ret))
		return -1;
	memcpy(ret, list->bytes, sizeof(*ret));
	if (ret->head_length > FILE_HEAD || ret->head_length > list->left - sizeof(*ret) ||
	    !memchr(ret->name, '\0', sizeof(ret->name)))
		return -1;
	*head = list->bytes + sizeof(*ret);
	list->bytes += sizeof(*ret) + ret->head_length;
	list->left -= sizeof(*ret) + ret->head_length;
	return 1;
}

void file_marks_add(struct text *marks, uint64_t mark)
{
	text_add_n(marks, (const char *)&mark, sizeof(mark));
}

bool file_marks_hold(const struct text *marks, uint64_t mark)
{
	for (size_t i = 0; i + sizeof(mark) <= marks->length; i += sizeof(mark))
		if (memcmp(marks->bytes + i, &mark, sizeof(mark)) == 0)
			return true;
	return false;
}

void file_list_add(struct text *list, const struct file_entry *entry, const char *head)
{
	text_add_n(list, (const char *)entry, sizeof(*entry));
	text_add_n(list, head, entry->head_length);
}

/* What logrotate and its like put into a name: numbers, dates, what stands between them. */
static bool is_rotation(const char *text, size_t length)
{
	return length > 1 && strchr("._-", *text) && strspn(text, "0123456789._-") >= length &&
	       strcspn(text, "0123456789") < length;
}

static size_t without_end(const char *name, size_t length, const char *end)
{
	size_t size = strlen(end);

	return length > size && strncmp(name + length - size, end, size) == 0 ? length - size
									      : length;
}

bool file_is_of_log(const char *base, const char *name)
{
	size_t length = without_end(name, strlen(name), ".gz");
	size_t whole = strlen(base);
	size_t stem = without_end(base, whole, ".log");

	if (strncmp(name, base, whole) == 0 &&
	    (length == whole || (length > whole && is_rotation(name + whole, length - whole))))
		return true;
	return stem < whole && strncmp(name, base, stem) == 0 &&
	       without_end(name, length, ".log") < length && length - 4 > stem &&
	       is_rotation(name + stem, length - 4 - stem);
}
