/* The client's side of the control socket, control.h. */
#include "ctl.h"

#include "metricsd/cleanup.h"
#include "metricsd/control.h"
#include "metricsd/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

enum { STATUS_WAIT_S = 2 };

/* A stream to the daemon, NULL when none answers; errno says why. */
static FILE *daemon_connect(const struct ctl *ctl, int wait_s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval wait = { .tv_sec = wait_s };
	FILE *stream;
	int fd;

	if (strlen(ctl->config->control) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	memcpy(address.sun_path, ctl->config->control, strlen(ctl->config->control) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    (wait_s && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0)) {
		int why = errno;

		(void)close(fd);
		errno = why;
		return NULL;
	}
	stream = fdopen(fd, "r+");
	if (!stream)
		(void)close(fd);
	return stream;
}

/* One line that is a JSON object. NULL at the end, or for what is none. */
static cJSON *read_line(FILE *stream)
{
	SCOPED(memory)
	char *line = NULL;
	size_t room = 0;
	ssize_t length = getline(&line, &room, stream);
	cJSON *answer = NULL;

	if (length <= 0 || length > CONTROL_LINE_MAX ||
	    json_parse(line, (size_t)length, &answer, NULL) < 0)
		return NULL;
	if (!cJSON_IsObject(answer)) {
		cJSON_Delete(answer);
		return NULL;
	}
	return answer;
}

/* What a line of progress or the last one says to people. */
static void print_line(const struct ctl *ctl, const cJSON *answer)
{
	const char *progress = json_text(answer, "progress");
	const char *text = json_text(answer, "text");
	const char *error = json_text(answer, "error");

	SCOPED(text)
	struct text lines = TEXT_UP_TO((size_t)2 * CONTROL_LINE_MAX);

	if (progress)
		text_addf(&lines, "%s\n", progress);
	if (text && *text)
		text_addf(&lines, "%s%s", text, text[strlen(text) - 1] == '\n' ? "" : "\n");
	print_tame(&lines, ctl->out);
	if (error)
		(void)ctl_say(0, "%s", error);
	(void)fflush(ctl->out);
}

static int listen_to(const struct ctl *ctl, FILE *stream)
{
	for (;;) {
		SCOPED(json)
		cJSON *answer = read_line(stream);
		int64_t ends;

		if (!answer)
			return ctl_say(ENDS_FAILURE,
				       "metricsd went away before it was done; what it had stored "
				       "stays, its log says more");
		print_line(ctl, answer);
		if (json_int(answer, "exit", &ends, NULL) == 0)
			return ends >= ENDS_FINE && ends <= ENDS_FAILURE ? (int)ends : ENDS_FAILURE;
	}
}

static int no_daemon(const struct ctl *ctl, int why, const char *by_hand)
{
	if (why == EACCES)
		return ctl_say(ENDS_FAILURE,
			       "metricsd does not let you in at %s: only root, its own user and "
			       "members of its group may ask",
			       ctl->config->control);
	return ctl_say(
		ENDS_FAILURE,
		"no metricsd answers at %s (%s): start it (systemctl start metricsd), or do it "
		"by hand with `metricsd --once %s`",
		ctl->config->control, system_words(why), by_hand);
}

static int ask(const struct ctl *ctl, const char *request, const char *by_hand)
{
	SCOPED(file)
	FILE *stream = daemon_connect(ctl, 0);

	if (!stream)
		return no_daemon(ctl, errno, by_hand);
	if (fprintf(stream, "%s\n", request) < 0 || fflush(stream) != 0)
		return no_daemon(ctl, errno, by_hand);
	return listen_to(ctl, stream);
}

int daemon_ask_account(struct ctl *ctl, const char *command, const char *name, const char *from,
		       const char *to)
{
	SCOPED(text)
	struct text request = { 0 };
	SCOPED(text)
	struct text id = { 0 };
	const struct account *account;
	struct error err;

	if (name) {
		if (config_account(ctl->config, ctl->entity, name, &account, &err) < 0)
			return ctl_fail(&err);
		text_addf(&id, "%s/%s", account->entity->id, account->id);
	}
	text_addf(&request, "{\"command\":\"%s\"", command);
	if (name) {
		text_add(&request, ",\"account\":");
		json_quote(&request, text_str(&id));
	}
	if (from && to)
		text_addf(&request, ",\"from\":\"%s\",\"to\":\"%s\"", from, to);
	text_add_char(&request, '}');
	return ask(ctl, text_str(&request), name ? text_str(&id) : "ACCOUNT");
}

cJSON *daemon_status(const struct ctl *ctl)
{
	SCOPED(file)
	FILE *stream = daemon_connect(ctl, STATUS_WAIT_S);

	if (!stream || fputs("{\"command\":\"status\"}\n", stream) < 0 || fflush(stream) != 0)
		return NULL;
	for (;;) {
		cJSON *answer = read_line(stream);

		if (!answer || json_member(answer, "exit") || json_member(answer, "done"))
			return answer;
		cJSON_Delete(answer);
	}
}

int daemon_try_alerts(struct ctl *ctl)
{
	SCOPED(file)
	FILE *stream = daemon_connect(ctl, 0);

	if (!stream)
		return ctl_say(ENDS_FAILURE,
			       "no metricsd answers at %s (%s): it is the daemon that tells; start "
			       "it (systemctl start metricsd)",
			       ctl->config->control, system_words(errno));
	if (fputs("{\"command\":\"alerts\",\"test\":true}\n", stream) < 0 || fflush(stream) != 0)
		return ctl_say(ENDS_FAILURE, "metricsd went away: %s", system_words(errno));
	return listen_to(ctl, stream);
}

bool daemon_nudge_alerts(const struct ctl *ctl)
{
	SCOPED(file)
	FILE *stream = daemon_connect(ctl, STATUS_WAIT_S);
	SCOPED(json)
	cJSON *answer = NULL;

	if (!stream || fputs("{\"command\":\"alerts\"}\n", stream) < 0 || fflush(stream) != 0)
		return false;
	answer = read_line(stream);
	return answer != NULL;
}
