/* convert.h - a script out of what people have: a snippet copied from
 * somewhere, or steps in JSON.
 *
 * The source becomes lines; what the language does not know is rewritten where
 * its meaning is plain, and else left standing as a comment with a note. The
 * result is laid out by the formatter and has no errors.
 */
#ifndef BATON_CLI_CONVERT_H
#define BATON_CLI_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/text.h"

struct convert_line {
  struct text text;
  uint32_t from;    /* line of the source, from 1 */
  bool is_replaced; /* a header stands in for what it was */
};

/* Something that could not be carried over, or only by a guess. */
struct convert_note {
  uint32_t line; /* of the source */
  struct text message;
};

struct convert {
  struct arena arena; /* holds every text */
  struct text source;
  struct convert_line *lines;
  size_t count, cap;
  struct convert_note *notes;
  size_t note_count, note_cap;
  struct convert_note error; /* why there is no script at all */
  bool failed;               /* no memory */
};

void convert_init(struct convert *c, struct text source);
void convert_free(struct convert *c);

/* Appends the script to @out. BT_ERR_SYNTAX: nothing can be made of it, and
 * c->error says why. BT_ERR_NOMEM. */
enum bt_err convert_run(struct convert *c, struct textbuf *out) BT_USE_RESULT;

/* ---- between its parts */

struct text convert_copy(struct convert *c, struct text t);
__attribute__((format(printf, 3, 4))) void
convert_add(struct convert *c, uint32_t from, const char *format, ...);
void convert_add_text(struct convert *c, uint32_t from, struct text line);
void convert_insert(struct convert *c, size_t at, uint32_t from,
                    struct text line);
/* A note, and a comment that says it before the line @at. */
__attribute__((format(printf, 4, 5))) void
convert_note(struct convert *c, size_t at, uint32_t from, const char *format,
             ...);

/* convert_clean.c: line numbers, prompts and fences that were copied along. */
void convert_read_snippet(struct convert *c);
/* What has no errors means what it says, and is taken line by line. */
bool convert_is_script(struct convert *c);
void convert_read_script(struct convert *c);
/* convert_calls.c: appends the line with the calls in it as they are written
 * here. */
void convert_calls(const struct convert *c, struct text line,
                   struct textbuf *out);
/* convert_words.c: adds the line @from of the source in the language's own
 * words and signs; *@in_comment: a comment of several lines is open. */
void convert_words(struct convert *c, struct text line, uint32_t from,
                   bool *in_comment);
/* convert_repair.c: what still has errors becomes comments. */
void convert_repair(struct convert *c);

/* convert_json.c: false if the source is no JSON; c->error says why where it
 * looks like it. */
bool convert_looks_like_json(struct text source);
bool convert_read_json(struct convert *c);
uint32_t convert_line_of(const struct convert *c, size_t offset);

/* convert_steps.c */
void convert_steps(struct convert *c, const struct json *steps, size_t base);

/* convert_text.c: a value as it is written in a script. */
struct text convert_value(struct convert *c, const struct json *value,
                          uint32_t from);

#endif
