#include "metricsd/file.h"

#include "metricsd/text.h"

#include <string.h>

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

void file_list_add(struct text *list, const struct file_entry *entry, const char *head)
{
	text_add_n(list, (const char *)entry, sizeof(*entry));
	text_add_n(list, head, entry->head_length);
}
