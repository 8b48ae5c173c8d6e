/* A picture of a figure over the parts of a period: the same drawing as in reports. */
#include "report.h"
#include "report_parts.h"
#include "subject.h"

#include "metricsd/cleanup.h"
#include "metricsd/document.h"
#include "metricsd/draft.h"
#include "metricsd/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	WIDTH = 1280,
	HEIGHT = 720,
	SIDE_MIN = 160,
	SIDE_MAX = 8000,
	PICTURE_ROOM = 16 << 20,
	DAYS_SHOWN = 62, /* of a longer period its months */
};

struct wish {
	const char *output, *width, *height;
};

static bool ends_in(const char *path, const char *end)
{
	size_t length = strlen(path), tail = strlen(end);

	return length > tail && strcmp(path + length - tail, end) == 0;
}

static int side_of(const char *option, const char *text, int usual, int *ret, struct error *err)
{
	char *end;
	long side;

	*ret = usual;
	if (!text)
		return 0;
	errno = 0;
	side = strtol(text, &end, 10);
	if (errno || *end || end == text || side < SIDE_MIN || side > SIDE_MAX)
		return error_set(err, ERROR_INPUT, "%s %.20s: expected %d to %d pixels", option,
				 text, SIDE_MIN, SIDE_MAX);
	*ret = (int)side;
	return 0;
}

/* The periods the axis has: the months of a longer period, else its days. */
static struct period *axis_of(const struct period *period, size_t *count, bool *days)
{
	struct period *axis;
	size_t months = (size_t)period->window.days / 28 + 2;

	*days = period->window.days <= DAYS_SHOWN;
	axis = memory_new(*days ? (size_t)period->window.days : months, sizeof(*axis));
	*count = *days ? 0 : period_months(period, axis, months);
	for (int32_t i = 0; *days && i < period->window.days; i++) {
		struct period *day = &axis[(*count)++];

		*day = (struct period){ .kind = PERIOD_DAYS,
					.window = { period->window.first + i, 1 } };
		(void)day_text(day->window.first, day->name);
	}
	return axis;
}

static void add_category(struct ctl *ctl, struct chart *chart, const struct period *period,
			 bool day)
{
	SCOPED(text)
	struct text label = { 0 };

	if (day)
		language_day(ctl->language, period->window.first, &label);
	else
		language_month_year(ctl->language, period->window.first, &label);
	chart_category(chart, text_str(&label));
}

static struct chart *make_chart(struct ctl *ctl, const struct board *board,
				const struct subject *subject, const char *title,
				const struct period *period)
{
	bool days;
	size_t count;
	SCOPED(memory)
	struct period *axis = axis_of(period, &count, &days);
	SCOPED(memory)
	struct figure *figures = memory_new(count, sizeof(*figures));
	struct chart_series *series;
	struct chart *chart;

	for (size_t i = 0; i < count; i++)
		figures[i] = board_figure(board, subject, &axis[i], NULL);
	chart = chart_new(days ? CHART_LINES : CHART_BARS, title, say(subject->label),
			  chart_decimals(figures, count));
	for (size_t i = 0; i < count; i++)
		add_category(ctl, chart, &axis[i], days);
	series = chart_series_add(chart, say(subject->label));
	for (size_t i = 0; i < count; i++)
		series->points[i] = chart_point_in(&figures[i], chart->decimals);
	return chart;
}

static int write_svg(struct ctl *ctl, const struct chart *chart, int width, int height,
		     struct draft *draft, struct error *err)
{
	SCOPED(text)
	struct text picture = TEXT_UP_TO(PICTURE_ROOM);

	if (chart_svg(chart, ctl->language, width, height, &picture, err) < 0)
		return -1;
	(void)fputs(text_str(&picture), draft_stream(draft));
	return 0;
}

static int write_picture(struct ctl *ctl, const struct chart *chart, int width, int height,
			 const char *path, struct error *err)
{
	SCOPED(draft)
	struct draft draft = { .path = path, .mode = 0666, .special = true };
	int result;

	if (draft_open(&draft, err) < 0)
		return -1;
	if (ends_in(path, ".png"))
		result = chart_png(chart, ctl->language, width, height, draft.name, err);
	else
		result = write_svg(ctl, chart, width, height, &draft, err);
	return result < 0 ? -1 : draft_commit(&draft, err);
}

/* "SIMULADO · Personería · Facebook: Visitas · octubre de 2025" */
static void add_title(const struct ctl *ctl, const struct subject *subject,
		      const struct period *period, struct text *out)
{
	const struct entity *entity = ctl->chosen_entity;

	if (entity->notice)
		text_addf(out, "%s · ", entity->notice);
	text_addf(out, "%s · %s: %s · ", entity->name, subject_title(subject), say(subject->label));
	language_period(ctl->language, period, out);
}

static int draw(struct ctl *ctl, char **argv, const struct wish *wish)
{
	SCOPED(board)
	struct board *board = NULL;
	SCOPED(chart)
	struct chart *chart = NULL;
	SCOPED(text)
	struct text title = { 0 };
	SCOPED(memory)
	char *output = NULL;
	struct subject subject;
	struct period period;
	struct error err;
	int width, height;
	int ends = ctl_speak(ctl, ctl->chosen_entity);

	if (ends)
		return ends;
	if (ctl_period(ctl, ctl->chosen_entity, argv[2], &period, &err) < 0 ||
	    side_of("--width", wish->width, WIDTH, &width, &err) < 0 ||
	    side_of("--height", wish->height, HEIGHT, &height, &err) < 0 ||
	    board_open(ctl, ctl->chosen_entity, ctl->only, period.window, &board, &err) < 0 ||
	    board_find(board, ctl->only, argv[1], &subject, &err) < 0)
		return ctl_fail(&err);
	add_title(ctl, &subject, &period, &title);
	chart = make_chart(ctl, board, &subject, text_str(&title), &period);
	output = report_path(wish->output, ctl->chosen_entity->id, &period);
	if (write_picture(ctl, chart, width, height, output, &err) < 0)
		return ctl_fail(&err);
	(void)fprintf(ctl->out, say("%s: written\n"), output);
	return ENDS_FINE;
}

static int chart(struct ctl *ctl, int argc, char **argv)
{
	struct wish wish = { 0 };
	const struct flag flags[] = {
		{ "output", &wish.output, NULL },
		{ "o", &wish.output, NULL },
		{ "width", &wish.width, NULL },
		{ "height", &wish.height, NULL },
		{ 0 },
	};
	int ends;

	if (ctl_options(ctl, &argc, &argv, flags, 3, 3, &ends) < 0)
		return ends;
	if (!wish.output || (!ends_in(wish.output, ".svg") && !ends_in(wish.output, ".png")))
		return ctl_say(ENDS_USAGE, "-o FILE is missing, or does not end in .svg or .png");
	ctl->account = argv[0];
	if ((ends = report_path_check("-o", wish.output, true)) || (ends = ctl_load(ctl)) ||
	    (ends = ctl_open(ctl, STORE_READ)))
		return ends;
	return draw(ctl, argv, &wish);
}

const struct command chart_command = {
	.name = "chart",
	.arguments = "ACCOUNT METRIC PERIOD -o FILE",
	.purpose = "a picture of a figure by months or days",
	.help = "ACCOUNT may be a group or a derived metric. Up to two months are drawn by days,\n"
		"longer periods by months. What is not known is a gap, what is bounded has a "
		"whisker.\n\n"
		"  -o, --output FILE   .svg or .png; {period} in it is the period's name, {entity} "
		"the id\n"
		"  --width N, --height N   in pixels (1280 and 720)\n\n"
		"example: the posts of a year, for a presentation\n"
		"  metricsctl chart redes posts 2025 -o publicaciones.png\n",
	.run = chart,
	.takes_groups = true,
	.own_width = true,
	.takes_database = true,
};
