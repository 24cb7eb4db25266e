/* symbols.h - what the names of a script stand for, for editors: where a name
 * is set, where it is used, what can be written at a place.
 *
 * Reads any source, also one that is being typed: what stands in lines with
 * syntax errors is missing. A value of this kind is about one text and owns all
 * of its memory.
 */
#ifndef BATON_STUDIO_SYMBOLS_H
#define BATON_STUDIO_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

struct symbols;

/* As in diagnostics: from 1, in code points. */
struct symbol_place {
  uint32_t line, column, length;
};

enum symbol_kind {
  SYMBOL_VARIABLE,
  SYMBOL_PARAMETER,
  SYMBOL_FUNCTION, /* of the script */
  SYMBOL_SECTION,
  SYMBOL_BUILTIN,
  SYMBOL_ACTION,
  SYMBOL_MEMBER
};

/* One appearance of a name. */
struct symbol_use {
  enum symbol_kind kind;
  bool sets;      /* it is set, or defined, here */
  bool is_method; /* it is called behind a dot */
  bool is_first;  /* nothing before it is the same thing */
  uint32_t unit;  /* the function it belongs to; 0: the whole script */
  uint32_t id;    /* with kind and unit: the same thing */
  struct symbol_place at;
  struct text name; /* as written here */
};

/* A function, a section, or a variable of the script, for an outline. */
struct symbol_outline {
  enum symbol_kind kind;
  struct text name;
  struct text detail; /* parameters; empty if there are none */
  struct symbol_place at;
  uint32_t last_line; /* of the whole */
};

/* BT_ERR_NOMEM. */
enum bt_err symbols_read(const struct mem *mem, struct text source,
                         struct symbols **out) BT_USE_RESULT;
void symbols_free(struct symbols *s); /* NULL is fine */

/* Are there errors of syntax, so that uses may be missing? */
bool symbols_is_broken(const struct symbols *s);

size_t symbols_use_count(const struct symbols *s);
const struct symbol_use *symbols_use(const struct symbols *s, size_t i);
/* The use that stands at, or ends at, this place; NULL if none does. */
const struct symbol_use *symbols_find(const struct symbols *s, uint32_t line,
                                      uint32_t column);
bool symbols_is_same(const struct symbol_use *a, const struct symbol_use *b);
/* Where it is defined: a function's or parameter's place, the first line that
 * sets a variable. NULL: nowhere in this script. */
const struct symbol_use *symbols_definition(const struct symbols *s,
                                            const struct symbol_use *use);

size_t symbols_outline_count(const struct symbols *s);
const struct symbol_outline *symbols_outline(const struct symbols *s, size_t i);

/* May the thing at @use be called @name from now on? NULL, or why not: a
 * sentence. Static storage. */
const char *symbols_rename_refusal(const struct symbols *s,
                                   const struct symbol_use *use,
                                   struct text name);

/* ---- complete.c: what can be written */

enum completion_kind {
  COMPLETION_KEYWORD,
  COMPLETION_VARIABLE,
  COMPLETION_FUNCTION,
  COMPLETION_BUILTIN,
  COMPLETION_ACTION,
  COMPLETION_MEMBER,
  COMPLETION_EVENT
};

struct completion {
  enum completion_kind kind;
  struct text label;
  struct text detail; /* how it is called, or what it is */
  struct text doc;
};

typedef void completion_taker(void *ctx, const struct completion *item);

/* Calls @take for each word that can stand at this place (the column of the
 * cursor; what is typed of the word already is not looked at). */
void symbols_complete(const struct symbols *s, uint32_t line, uint32_t column,
                      completion_taker *take, void *ctx);

/* What is known about the function, built-in or action that is called by this
 * name. False: nothing. Texts live as long as @s. */
bool symbols_describe(struct symbols *s, struct text name, bool is_method,
                      struct completion *out);

/* What is known of the thing that is named at @use, as Markdown; nothing if
 * nothing is. */
void symbols_hover(struct symbols *s, const struct symbol_use *use,
                   struct textbuf *out);

/* The call around a place: its name, and which argument is being written. */
struct symbol_call {
  struct text name;
  bool is_method;
  uint32_t argument; /* from 0 */
};
bool symbols_call_at(const struct symbols *s, uint32_t line, uint32_t column,
                     struct symbol_call *out);

#endif
