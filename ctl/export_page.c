/* What open data say of themselves: a DCAT record for catalogues, a page for people. */
#include "export.h"

#include "report.h"

#include "metricsd/cleanup.h"
#include "metricsd/memory.h"
#include "metricsd/prose.h"

#include <assert.h>
#include <string.h>

enum { PAGE_MAX = 16 << 20 };

/* --- DCAT (https://www.w3.org/TR/vocab-dcat-3/) as JSON-LD */

static cJSON *typed(const char *type, const char *value)
{
	cJSON *object = cJSON_CreateObject();

	(void)cJSON_AddStringToObject(object, "@type", type);
	(void)cJSON_AddStringToObject(object, "@value", value);
	return object;
}

static cJSON *of_day(int32_t day)
{
	char text[DAY_TEXT];

	return typed("xsd:date", day_text(day, text));
}

static cJSON *reference(const char *iri)
{
	cJSON *object = cJSON_CreateObject();

	(void)cJSON_AddStringToObject(object, "@id", iri);
	return object;
}

static cJSON *words(const struct export *export, const char *text)
{
	cJSON *object = cJSON_CreateObject();

	(void)cJSON_AddStringToObject(object, "@value", text);
	(void)cJSON_AddStringToObject(object, "@language", language_name(export->ctl->language));
	return object;
}

static void put(cJSON *object, const char *name, cJSON *value)
{
	(void)cJSON_AddItemToObject(object, name, value);
}

/* Below the address the folder will have, else beside this file. */
static char *address_of(const struct export *export, const char *name)
{
	struct text address = { 0 };
	size_t length = export->url ? strlen(export->url) : 0;

	if (export->url)
		text_addf(&address, "%s%s", export->url,
			  length && export->url[length - 1] == '/' ? "" : "/");
	text_add(&address, name);
	return text_take(&address);
}

static cJSON *context(void)
{
	static const char *const prefixes[][2] = {
		{ "dcat", "http://www.w3.org/ns/dcat#" },
		{ "dct", "http://purl.org/dc/terms/" },
		{ "foaf", "http://xmlns.com/foaf/0.1/" },
		{ "spdx", "http://spdx.org/rdf/terms#" },
		{ "xsd", "http://www.w3.org/2001/XMLSchema#" },
	};
	cJSON *object = cJSON_CreateObject();

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		(void)cJSON_AddStringToObject(object, prefixes[i][0], prefixes[i][1]);
	return object;
}

static const struct exported *file_called(const struct folder *folder, const char *name)
{
	for (size_t i = 0; i < folder->count; i++)
		if (strcmp(folder->files[i].name, name) == 0)
			return &folder->files[i];
	return NULL;
}

static cJSON *distribution_of(const struct export *export, const struct distribution *kind)
{
	const struct exported *file = file_called(&export->folder, kind->name);
	cJSON *object = cJSON_CreateObject();
	cJSON *checksum = cJSON_CreateObject();
	SCOPED(memory)
	char *address = address_of(export, kind->name);
	SCOPED(text)
	struct text media = { 0 };
	SCOPED(text)
	struct text size = { 0 };

	text_addf(&media, "https://www.iana.org/assignments/media-types/%s", kind->media);
	text_addf(&size, "%lld", file->size);
	(void)cJSON_AddStringToObject(object, "@type", "dcat:Distribution");
	put(object, "dct:title", words(export, say(kind->title)));
	put(object, "dcat:mediaType", reference(text_str(&media)));
	put(object, "dcat:byteSize", typed("xsd:nonNegativeInteger", text_str(&size)));
	put(object, "dcat:accessURL", reference(address));
	put(object, "dcat:downloadURL", reference(address));
	if (export->license)
		put(object, "dct:license", reference(export->license));
	(void)cJSON_AddStringToObject(checksum, "@type", "spdx:Checksum");
	put(checksum, "spdx:algorithm",
	    reference("http://spdx.org/rdf/terms#checksumAlgorithm_sha256"));
	put(checksum, "spdx:checksumValue", typed("xsd:hexBinary", file->sha256));
	put(object, "spdx:checksum", checksum);
	return object;
}

static cJSON *publishers(const struct export *export)
{
	const struct ctl *ctl = export->ctl;
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < ctl->config->entity_count; i++) {
		const struct entity *entity = &ctl->config->entities[i];
		cJSON *publisher;

		if (!ctl_wants(ctl, entity))
			continue;
		publisher = cJSON_CreateObject();
		(void)cJSON_AddStringToObject(publisher, "@type", "foaf:Organization");
		(void)cJSON_AddStringToObject(publisher, "foaf:name", entity->name);
		(void)cJSON_AddItemToArray(list, publisher);
	}
	return list;
}

static cJSON *temporal(const struct export *export)
{
	cJSON *object = cJSON_CreateObject();
	struct window window = export->period.window;

	(void)cJSON_AddStringToObject(object, "@type", "dct:PeriodOfTime");
	put(object, "dcat:startDate", of_day(window.first));
	put(object, "dcat:endDate", of_day(window_end(window) - 1));
	return object;
}

/* "http://id.loc.gov/vocabulary/iso639-1/es": the language without its country. */
static cJSON *language_of(const struct export *export)
{
	SCOPED(text)
	struct text iri = { 0 };

	text_addf(&iri, "http://id.loc.gov/vocabulary/iso639-1/%.2s",
		  language_name(export->ctl->language));
	return reference(text_str(&iri));
}

static cJSON *dataset(const struct export *export, const char *title, const char *about)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *list = cJSON_CreateArray();
	SCOPED(memory)
	char *page = address_of(export, "index.html");
	SCOPED(text)
	struct text id = { 0 };

	text_addf(&id, "%s%s%s", export->entities == 1 ? export->entity->id : "",
		  export->entities == 1 ? "-" : "", export->period.name);
	put(root, "@context", context());
	(void)cJSON_AddStringToObject(root, "@id", export->url ? export->url : "");
	(void)cJSON_AddStringToObject(root, "@type", "dcat:Dataset");
	(void)cJSON_AddStringToObject(root, "dct:identifier", text_str(&id));
	put(root, "dct:title", words(export, title));
	put(root, "dct:description", words(export, about));
	put(root, "dct:publisher", publishers(export));
	put(root, "dct:language", language_of(export));
	put(root, "dct:temporal", temporal(export));
	put(root, "dcat:landingPage", reference(page));
	if (export->date != DAY_NONE)
		put(root, "dct:issued", of_day(export->date));
	if (export->license)
		put(root, "dct:license", reference(export->license));
	if (export->entity->notice)
		put(root, "dct:provenance", words(export, export->entity->notice));
	for (const struct distribution *kind = distributions; kind->name; kind++)
		(void)cJSON_AddItemToArray(list, distribution_of(export, kind));
	put(root, "dcat:distribution", list);
	return root;
}

int export_dcat(struct export *export, const char *title, const char *about, struct error *err)
{
	SCOPED(json)
	cJSON *root = dataset(export, title, about);
	SCOPED(memory)
	char *printed = cJSON_Print(root);
	SCOPED(text)
	struct text bytes = TEXT_UP_TO(PAGE_MAX);

	json_add_shown(&bytes, printed ? printed : "");
	text_add_char(&bytes, '\n');
	return folder_write(&export->folder, "dataset.jsonld", text_str(&bytes), err);
}

/* --- the page */

static void add_escaped(struct text *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			text_add(out, "&amp;");
			break;
		case '<':
			text_add(out, "&lt;");
			break;
		case '>':
			text_add(out, "&gt;");
			break;
		case '"':
			text_add(out, "&quot;");
			break;
		default: /* all other bytes stand for themselves */
			text_add_char(out, *text);
			break;
		}
	}
}

static void add_element(struct text *out, const char *element, const char *attributes,
			const char *text)
{
	text_addf(out, "<%s%s>", element, attributes);
	add_escaped(out, text);
	text_addf(out, "</%s>", element);
}

static const char style[] =
	"*{box-sizing:border-box}"
	"body{font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica "
	"Neue',Arial,sans-serif;"
	"max-width:64rem;margin:0 auto;padding:1.5rem 1rem;color:#1a1a1a;background:#fff}"
	"h1{font-size:1.75rem;line-height:1.2;margin:0 0 1rem;color:#0b3d70;text-wrap:balance}"
	"h2{font-size:1.375rem;margin:2.5rem 0 .75rem;padding-bottom:.25rem;color:#0b3d70;"
	"border-bottom:2px solid #0b3d70}p{max-width:46rem}a{color:#0b3d70}"
	":focus-visible{outline:3px solid #0b3d70;outline-offset:2px}"
	"dl{display:flex;flex-wrap:wrap;gap:1px;margin:1rem 0;padding:1px;background:#6b6b6b}"
	"dl div{flex:1 1 28%;min-width:8.5rem;padding:.375rem .75rem;background:#fff}"
	"dt{font-size:.8125rem;color:#4a4a4a}dd{margin:0;font-weight:600;overflow-wrap:anywhere}"
	"table{border-collapse:collapse;width:100%}"
	"caption{text-align:left;font-weight:700;padding:0 0 .5rem}"
	"th,td{padding:.375rem .625rem;border-bottom:1px solid #b5b5b5;text-align:left;"
	"vertical-align:top}tbody th{font-weight:500}"
	"thead th{border-bottom:2px solid #1a1a1a;vertical-align:bottom;background:#eef2f7}"
	".wide{overflow-x:auto;margin:1.25rem 0}td.n,th.n{text-align:right}"
	".notice{padding:.5rem 1rem;text-align:center;font-weight:700;background:#ffe9a8;"
	"border-bottom:3px double #1a1a1a;max-width:none}"
	"code{display:block;min-width:18rem;overflow-wrap:anywhere;font-size:.875rem}"
	"@media print{@page{margin:20mm 15mm}body{max-width:none;padding:0;font-size:10pt}"
	"thead{display:table-header-group}tr,dl{break-inside:avoid}h2,caption{break-after:avoid}"
	"thead th{background:none}dl{print-color-adjust:exact;-webkit-print-color-adjust:exact}"
	"a{color:inherit;text-decoration:none}.wide{overflow:visible}}";

static void add_head(const struct export *export, const char *title, struct text *out)
{
	text_addf(out,
		  "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n",
		  language_name(export->ctl->language));
	add_element(out, "title", "", title);
	text_addf(out, "\n<style>%s</style>\n", style);
	text_add(out, "<link rel=\"describedby\" type=\"application/ld+json\" "
		      "href=\"dataset.jsonld\">\n</head>\n<body>\n");
}

static void add_row_head(struct text *out, const char *const *titles, size_t count)
{
	text_add(out, "<thead><tr>");
	for (size_t i = 0; i < count; i++)
		add_element(out, "th", " scope=\"col\"", say(titles[i]));
	text_add(out, "</tr></thead>\n<tbody>\n");
}

static void begin_table(struct text *out, const char *caption)
{
	text_add(out, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"");
	add_escaped(out, caption);
	text_add(out, "\">\n<table>\n");
	add_element(out, "caption", "", caption);
	text_add_char(out, '\n');
}

static void end_table(struct text *out)
{
	text_add(out, "</tbody>\n</table>\n</div>\n");
}

static void add_file(const struct export *export, const char *name, const char *title,
		     const char *format, struct text *out)
{
	const struct exported *file = file_called(&export->folder, name);
	SCOPED(text)
	struct text size = { 0 };

	assert(file); /* the page comes after the files it lists */
	text_addf(out, "<tr><th scope=\"row\"><a href=\"%s\">%s</a></th>", name, name);
	add_element(out, "td", "", title);
	add_element(out, "td", "", format);
	language_number(export->ctl->language, file->size, &size);
	add_element(out, "td", " class=\"n\"", text_str(&size));
	text_add(out, "<td>");
	add_element(out, "code", "", file->sha256);
	text_add(out, "</td></tr>\n");
}

static void add_files(const struct export *export, struct text *out)
{
	static const char *const titles[] = { N_("File"), N_("What it holds"), N_("Format"),
					      N_("Bytes"), N_("SHA-256") };

	add_element(out, "h2", "", say("Files"));
	begin_table(out, say("Files of this folder"));
	add_row_head(out, titles, sizeof(titles) / sizeof(titles[0]));
	for (const struct distribution *kind = distributions; kind->name; kind++)
		add_file(export, kind->name, say(kind->title), kind->format, out);
	add_file(export, "dataset.jsonld", say("This data set for catalogues (DCAT)"), "JSON-LD",
		 out);
	end_table(out);
	add_element(out, "p", "",
		    say("SHA256SUMS holds the digests of all files; sha256sum -c SHA256SUMS checks "
			"that they are as they were published."));
	text_add_char(out, '\n');
}

static void add_dictionary(struct text *out)
{
	static const char *const titles[] = { N_("Field"), N_("Type"), N_("Meaning") };

	add_element(out, "h2", "", say("What each field means"));
	begin_table(out, say("Fields of figures.csv and figures.json"));
	add_row_head(out, titles, sizeof(titles) / sizeof(titles[0]));
	for (const struct dictionary_entry *entry = dictionary; entry->name; entry++) {
		text_add(out, "<tr>");
		add_element(out, "th", " scope=\"row\"", entry->name);
		add_element(out, "td", "", say(entry->type));
		add_element(out, "td", "", say(entry->text));
		text_add(out, "</tr>\n");
	}
	end_table(out);
}

/* An address can be followed. */
static void add_fact(struct text *out, const char *name, const char *value)
{
	bool address = strncmp(value, "https://", 8) == 0 || strncmp(value, "http://", 7) == 0;

	text_add(out, "<div>");
	add_element(out, "dt", "", name);
	if (address) {
		text_add(out, "<dd><a href=\"");
		add_escaped(out, value);
		text_add(out, "\">");
		add_escaped(out, value);
		text_add(out, "</a></dd></div>\n");
	} else {
		add_element(out, "dd", "", value);
		text_add(out, "</div>\n");
	}
}

static void add_facts(const struct export *export, struct text *out)
{
	struct language *language = export->ctl->language;
	SCOPED(text)
	struct text days = { 0 };

	language_date(language, export->period.window.first, &days);
	text_add(&days, " – ");
	language_date(language, window_end(export->period.window) - 1, &days);
	text_add(out, "<dl>\n");
	add_fact(out, say("Days"), text_str(&days));
	if (export->date != DAY_NONE) {
		SCOPED(text)
		struct text date = { 0 };

		language_date(language, export->date, &date);
		add_fact(out, say("Date"), text_str(&date));
	}
	if (export->license)
		add_fact(out, say("License"), export->license);
	text_add(out, "</dl>\n");
}

int export_index(struct export *export, const char *title, const char *about, struct error *err)
{
	SCOPED(text)
	struct text page = TEXT_UP_TO(PAGE_MAX);

	add_head(export, title, &page);
	text_add(&page, "<main>\n");
	if (export->entity->notice)
		add_element(&page, "p", " class=\"notice\"", export->entity->notice);
	add_element(&page, "h1", "", title);
	add_element(&page, "p", "", about);
	text_add_char(&page, '\n');
	add_facts(export, &page);
	add_files(export, &page);
	add_dictionary(&page);
	text_add(&page, "</main>\n</body>\n</html>\n");
	return folder_write(&export->folder, "index.html", text_str(&page), err);
}
