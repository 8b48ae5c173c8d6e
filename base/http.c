#include "metricsd/http.h"

#include <string.h>
#include <strings.h>

void request_reset(struct request *request)
{
	text_reset(&request->url);
	text_reset(&request->body);
	text_reset(&request->what);
	text_reset(&request->exchange);
	request->kind = REQUEST_HTTP;
	request->file = (struct request_file){ 0 };
	request->only = false;
	request->method = HTTP_GET;
	request->form = CREDENTIAL_NONE;
	request->credential_field = NULL;
	request->exchange_member = NULL;
	request->scope = NULL;
	request->app = CREDENTIAL_NONE;
	request->app_field = NULL;
	request->json = false;
	request->proof = false;
}

void request_clear(struct request *request)
{
	text_clear(&request->url);
	text_clear(&request->body);
	text_clear(&request->what);
	text_clear(&request->exchange);
	request_reset(request);
}

int response_header(const struct response *response, const char *name, char *ret, size_t room)
{
	size_t name_length = strlen(name);
	const char *line = response->headers ? response->headers : "";

	while (*line) {
		size_t length = strcspn(line, "\r\n");

		if (length > name_length && line[name_length] == ':' &&
		    strncasecmp(line, name, name_length) == 0) {
			const char *value = line + name_length + 1;
			size_t rest = length - name_length - 1;

			while (rest && (*value == ' ' || *value == '\t')) {
				value++;
				rest--;
			}
			if (rest >= room)
				rest = room - 1;
			memcpy(ret, value, rest);
			ret[rest] = '\0';
			return 0;
		}
		line += length;
		line += strspn(line, "\r\n");
	}
	return -1;
}
