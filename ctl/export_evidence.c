/*
 * A period with all that proves it: the report, every figure with its explanation, the records, and
 * the files that were named as evidence, as long as they are the ones that were named.
 */
#include "export.h"

#include "board.h"
#include "explain.h"
#include "record.h"
#include "report.h"

#include "metricsd/cleanup.h"
#include "metricsd/definition.h"
#include "metricsd/memory.h"
#include "metricsd/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 << 10, NAME_ROOM = 128, LIST_VERSION = 1 };

/* What was named as evidence, once for each file or link. */
struct proof {
	char *words;   /* as it was given */
	char *sha256;  /* of the file when it was named; NULL: a link, or never looked at */
	char *of;      /* the first figure or record it was named for */
	char *name;    /* its copy in the folder, or NULL */
	bool imported; /* a file figures were read from: nobody promised to keep it */
	const char *state;
};

struct proofs {
	struct proof *items;
	size_t count, room;
};

static void scoped_proofs(struct proofs *proofs)
{
	for (size_t i = 0; i < proofs->count; i++) {
		free(proofs->items[i].words);
		free(proofs->items[i].sha256);
		free(proofs->items[i].of);
		free(proofs->items[i].name);
	}
	free(proofs->items);
}

static bool same_words(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static struct proof *note_proof(struct proofs *proofs, const char *words, size_t length,
				const char *sha256, const char *of)
{
	struct proof *proof;
	SCOPED(memory)
	char *given = memory_text_n(words, length);

	for (size_t i = 0; i < proofs->count; i++)
		if (same_words(proofs->items[i].words, given) &&
		    same_words(proofs->items[i].sha256, sha256))
			return &proofs->items[i];
	proofs->items =
		memory_grow(proofs->items, proofs->count, &proofs->room, sizeof(*proofs->items));
	proof = &proofs->items[proofs->count++];
	*proof = (struct proof){
		.words = memory_text(given),
		.sha256 = sha256 ? memory_text(sha256) : NULL,
		.of = memory_text(of),
	};
	return proof;
}

/* An imported file's evidence bears its hash in words: "captura.png (SHA-256 …)". */
static void note_words(struct proofs *proofs, const char *words, const char *of)
{
	static const char mark[] = " (SHA-256 ";
	const char *found = strstr(words, mark);
	const char *digits = found ? found + strlen(mark) : NULL;
	SCOPED(memory)
	char *sha256 = NULL;

	if (digits && strspn(digits, "0123456789abcdef") == SHA256_TEXT - 1 &&
	    digits[SHA256_TEXT - 1] == ')')
		sha256 = memory_text_n(digits, SHA256_TEXT - 1);
	(void)note_proof(proofs, words, sha256 ? (size_t)(found - words) : strlen(words), sha256,
			 of);
}

static void note_origin(struct proofs *proofs, const struct kept_origin *origin, const char *of)
{
	switch (origin->kind) {
	case ORIGIN_REQUEST:
		return;
	case ORIGIN_FILE:
		if (origin->what)
			note_proof(proofs, origin->what, strlen(origin->what), origin->sha256, of)
				->imported = true;
		if (origin->evidence)
			note_words(proofs, origin->evidence, of);
		return;
	case ORIGIN_PERSON:
		if (origin->evidence)
			(void)note_proof(proofs, origin->evidence, strlen(origin->evidence),
					 origin->sha256, of);
		return;
	}
}

/* --- the files */

/* The end of its path, with nothing in it that a list of digests, a shell or another system takes
 * for something else. */
static char *copy_name(const struct proof *proof)
{
	const char *base = base_name(proof->words);
	struct text name = { 0 };

	text_addf(&name, "evidence/%.12s-", proof->sha256);
	for (size_t i = 0; base[i] && i < NAME_ROOM; i++) {
		bool plain = strchr("\\:*?\"<>|'`$", base[i]) == NULL &&
			     (unsigned char)base[i] > ' ' && base[i] != 0x7f;

		text_add_n(&name, plain ? &base[i] : "_", 1);
	}
	return text_take(&name);
}

static int copy_bytes(int from, FILE *to)
{
	SCOPED(memory)
	char *piece = memory_new(CHUNK, 1);
	ssize_t got;

	while ((got = read(from, piece, CHUNK)) > 0)
		if (fwrite(piece, 1, (size_t)got, to) != (size_t)got)
			return -1;
	return got < 0 ? -1 : 0;
}

static int open_file(const struct export *export, const char *words)
{
	char path[PATH_TEXT];
	struct stat about;
	const char *folder = words[0] == '/' || !export->files ? "" : export->files;
	int file;

	if ((size_t)snprintf(path, sizeof(path), "%s%s%s", folder, *folder ? "/" : "", words) >=
	    sizeof(path))
		return -1;
	file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file >= 0 && (fstat(file, &about) < 0 || !S_ISREG(about.st_mode))) {
		(void)close(file);
		return -1;
	}
	return file;
}

static bool has_file(const struct folder *folder, const char *name)
{
	for (size_t i = 0; i < folder->count; i++)
		if (strcmp(folder->files[i].name, name) == 0)
			return true;
	return false;
}

/* Copies the file and looks at the copy: what is handed out is what was looked at. */
static int copy_file(const struct proof *proof, int file, const char *path,
		     char sha256[SHA256_TEXT], struct error *err)
{
	FILE *copy = fopen(path, "we");
	int result;

	if (!copy)
		return error_set(err, ERROR_INPUT, "%s: %s", path, system_words(errno));
	result = copy_bytes(file, copy);
	if (fclose(copy) != 0 || result < 0)
		return error_set(err, ERROR_OURS, "%s cannot be copied: %s", proof->words,
				 system_words(errno));
	return file_digest(path, sha256, err);
}

static int take_file(struct export *export, struct proof *proof, int file, struct error *err)
{
	SCOPED(memory)
	char *name = copy_name(proof);
	SCOPED(memory)
	char *path = folder_path(&export->folder, name, err);
	bool again = has_file(&export->folder, name); /* the same bytes, named in another way */
	char sha256[SHA256_TEXT] = "";

	if (!path || (!again && copy_file(proof, file, path, sha256, err) < 0))
		return -1;
	if (!again && strcmp(sha256, proof->sha256) != 0) {
		proof->state = N_("changed since it was named");
		return folder_drop(&export->folder, name, err);
	}
	proof->state = N_("copied");
	proof->name = memory_text(name);
	return again ? 0 : folder_add(&export->folder, name, err);
}

static int look_for(struct export *export, struct proof *proof, struct error *err)
{
	int file, result;

	if (!proof->sha256) {
		proof->state = N_("to be looked at where it is");
		return 0;
	}
	file = open_file(export, proof->words);
	if (file < 0) {
		proof->state = N_("not found");
		return 0;
	}
	result = take_file(export, proof, file, err);
	(void)close(file);
	return result;
}

static int look_for_all(struct export *export, struct proofs *proofs, struct error *err)
{
	for (size_t i = 0; i < proofs->count; i++) {
		struct proof *proof = &proofs->items[i];

		if (look_for(export, proof, err) < 0)
			return -1;
		if (!proof->sha256 || proof->name || proof->imported)
			continue;
		export->lost++;
		/* TRANSLATORS: a file, what is the matter with it, of which figure */
		(void)fprintf(export->ctl->out, say("%s: %s, not copied (%s)\n"), proof->words,
			      say(proof->state), proof->of);
	}
	return 0;
}

/* --- lists */

/* A file of the folder to write records to; NULL with `err`. */
static FILE *open_list(struct export *export, const char *name, struct error *err)
{
	SCOPED(memory)
	char *path = folder_path(&export->folder, name, err);
	FILE *out = path ? fopen(path, "we") : NULL;

	if (path && !out)
		(void)error_set(err, ERROR_INPUT, "%s: %s", path, system_words(errno));
	return out;
}

static int close_list(struct export *export, const char *name, FILE *out, struct error *err)
{
	bool bad = ferror(out) != 0;

	if (fclose(out) != 0 || bad)
		return error_set(err, ERROR_OURS, "%s cannot be written: %s", name,
				 system_words(errno));
	return folder_add(&export->folder, name, err);
}

static int list_proofs(struct export *export, const struct proofs *proofs, struct error *err)
{
	FILE *out = open_list(export, "evidence.csv", err);
	struct records records;

	if (!out)
		return -1;
	records_begin(&records, REPORT_CSV, "metricsd.evidence", LIST_VERSION, out);
	for (size_t i = 0; i < proofs->count; i++) {
		const struct proof *proof = &proofs->items[i];

		records_next(&records);
		records_text(&records, "of", proof->of);
		records_text(&records, "evidence", proof->words);
		records_text(&records, "sha256", proof->sha256);
		records_text(&records, "state", say(proof->state));
		records_text(&records, "file", proof->name);
	}
	records_end(&records);
	return close_list(export, "evidence.csv", out, err);
}

/* The registers' records that have a day in the period, as `record --list` gives them. */
static int list_records(struct export *export, struct proofs *proofs, struct error *err)
{
	struct record *kept = NULL;
	struct records records;
	size_t count = 0;
	FILE *out;

	if (store_records(export->ctl->store, export->entity->id, NULL, NULL, export->period.window,
			  &kept, &count, err) < 0)
		return -1;
	out = open_list(export, "records.json", err);
	if (!out) {
		records_free(kept, count);
		return -1;
	}
	records_begin(&records, REPORT_JSON, "metricsd.records", LIST_VERSION, out);
	for (size_t i = 0; i < count; i++) {
		SCOPED(text)
		struct text of = { 0 };

		text_addf(&of, "%s %lld", kept[i].list, (long long)kept[i].id);
		if (kept[i].evidence)
			(void)note_proof(proofs, kept[i].evidence, strlen(kept[i].evidence),
					 kept[i].sha256, text_str(&of));
		records_next(&records);
		record_fields(export->entity, &kept[i], &records);
	}
	records_end(&records);
	records_free(kept, count);
	return close_list(export, "records.json", out, err);
}

/* --- figures */

/* One figure's explanation, as explain --format json gives it. */
static int explain_one(struct export *export, const char *account, const char *metric,
		       struct proofs *proofs, struct error *err)
{
	struct ctl *ctl = export->ctl;
	FILE *stream = ctl->out;
	SCOPED(explain)
	struct explain explain = { .ctl = ctl, .entity = export->entity, .period = export->period };
	SCOPED(text)
	struct text name = { 0 };
	FILE *out;

	if (explain_make(&explain, account, metric, err) < 0)
		return -1;
	text_addf(&name, "figures/%s.%s.json", account, metric);
	out = open_list(export, text_str(&name), err);
	if (!out)
		return -1;
	ctl->out = out;
	explain_json(&explain);
	ctl->out = stream;
	text_reset(&name);
	text_addf(&name, "%s %s", account, metric);
	for (size_t i = 0; i < explain.origin_count; i++)
		note_origin(proofs, &explain.origins[i], text_str(&name));
	text_reset(&name);
	text_addf(&name, "figures/%s.%s.json", account, metric);
	return close_list(export, text_str(&name), out, err);
}

/* What the summary shows, and the follow-up of plans that run in the period. */
static int explain_all(struct export *export, struct proofs *proofs, struct error *err)
{
	SCOPED(board)
	struct board *board = NULL;
	const struct sheet *sheet;

	if (board_open(export->ctl, export->entity, NULL, export->period.window, &board, err) < 0)
		return -1;
	sheet = board_sheet(board, NULL, &export->period, &export->period, 1);
	for (size_t i = 0; i < sheet->row_count; i++)
		if (sheet->rows[i].metric && explain_one(export, sheet->rows[i].account,
							 sheet->rows[i].metric, proofs, err) < 0)
			return -1;
	for (size_t i = 0; i < export->entity->plan_count; i++) {
		const struct plan *plan = &export->entity->plans[i];

		if (window_common(plan->period.window, export->period.window).days == 0)
			continue;
		for (size_t k = 0; k < plan->count; k++)
			if (!plan->activities[k].computed &&
			    explain_one(export, plan->id, plan->activities[k].id, proofs, err) < 0)
				return -1;
	}
	return 0;
}

/* --- the report, and what was signed */

static int write_report(struct export *export, struct error *err)
{
	static const struct {
		const char *name;
		enum document_format format;
	} formats[] = {
		{ "report.html", DOCUMENT_HTML },   { "report.xlsx", DOCUMENT_XLSX },
		{ "report.md", DOCUMENT_MARKDOWN }, { "report.json", DOCUMENT_JSON },
		{ "report.csv", DOCUMENT_CSV },
	};
	struct ctl *ctl = export->ctl;
	SCOPED(definition)
	struct definition *definition = NULL;
	SCOPED(document)
	struct document *document = NULL;

	if (report_definition(ctl, export->definition, &export->period, &definition) != ENDS_FINE)
		return error_set(err, ERROR_INPUT, "without a report there is no evidence of it");
	if (report_document(ctl, definition, export->word, export->date, &document, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		SCOPED(memory)
		char *path = folder_path(&export->folder, formats[i].name, err);

		if (!path || report_write(ctl, document, path, formats[i].format, err) < 0 ||
		    folder_add(&export->folder, formats[i].name, err) < 0)
			return -1;
	}
	return 0;
}

/* A closed period's figures, in the bytes that were signed. */
static int write_closing(struct export *export, struct error *err)
{
	struct store *store = export->ctl->store;
	struct closing *closings = NULL;
	size_t count = 0;
	int result = store_closings(store, export->entity->id, &closings, &count, err);

	for (size_t i = 0; result == 0 && i < count; i++) {
		SCOPED(memory)
		char *json = NULL;

		if (closings[i].reopened_at || strcmp(closings[i].period, export->period.name) != 0)
			continue;
		result = store_closing_json(store, closings[i].id, &json, err);
		if (result == 0)
			result = folder_write(&export->folder, "closing.json", json, err);
	}
	closings_free(closings, count);
	return result;
}

int export_evidence(struct export *export, struct error *err)
{
	SCOPED(proofs)
	struct proofs proofs = { 0 };

	if (write_report(export, err) < 0 || write_closing(export, err) < 0 ||
	    explain_all(export, &proofs, err) < 0 || list_records(export, &proofs, err) < 0 ||
	    look_for_all(export, &proofs, err) < 0)
		return -1;
	return list_proofs(export, &proofs, err);
}
