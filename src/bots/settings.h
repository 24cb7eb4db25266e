/* settings.h - what one bot is told, as options.def has it.
 *
 * The server reads and checks the centre's file and fills the values in;
 * defaults are in them. A connector reads them and never sees the file.
 */
#ifndef BATON_BOTS_SETTINGS_H
#define BATON_BOTS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

#define BOT_KIND(name, wire, ops, doc) BOT_##name,
enum bot_kind {
#include "bots/options.def"
  BOT_KINDS
};
#undef BOT_KIND

#define BOT_OPTION(kind, name, wire, type, min, max, def, doc)                 \
  BOT_OPTION_##kind##_##name,
enum bot_option {
#include "bots/options.def"
  BOT_OPTIONS
};
#undef BOT_OPTION

enum bot_option_type {
  BOT_TYPE_TEXT,
  BOT_TYPE_URL,
  BOT_TYPE_SECRET,
  BOT_TYPE_FLAG,
  BOT_TYPE_NUM,
  BOT_TYPE_SECONDS,
  BOT_TYPE_WORDS,
  BOT_TYPE_HEADERS,
  BOT_TYPE_CHOICE,
  BOT_TYPE_JSON
};

struct bot_kind_info {
  const char *wire;
  const char *doc;
};

struct bot_option_info {
  enum bot_kind kind;
  const char *wire;
  enum bot_option_type type;
  int64_t min, max;
  const char *def; /* NULL: the option must be there */
};

const struct bot_kind_info *bot_kind_info(enum bot_kind kind);
const struct bot_option_info *bot_option_info(enum bot_option option);
/* The option of a kind by its name; BOT_OPTIONS if it has none. */
enum bot_option bot_option_find(enum bot_kind kind, struct text wire);

struct bot_value {
  bool given;              /* stands in the file */
  int64_t num;             /* FLAG, NUM, SECONDS (milliseconds), CHOICE */
  struct text text;        /* TEXT, URL, SECRET, CHOICE, JSON; ends in NUL */
  const struct text *list; /* WORDS; HEADERS: name, value, name, value … */
  size_t count;            /* of the list */
};

struct bot_settings {
  struct text id;
  enum bot_kind kind;
  struct bot_value values[BOT_OPTIONS];
};

/* The default; false for an option that must be there. */
bool bot_value_default(enum bot_option option, struct bot_value *out);
bool bot_settings_equal(const struct bot_settings *a,
                        const struct bot_settings *b);
/* All texts go to @arena. False when there is no memory. */
bool bot_settings_copy(struct arena *arena, const struct bot_settings *from,
                       struct bot_settings *out);

/* The words of a list, or those of its default; how many, at most @max. */
size_t bot_setting_words(const struct bot_settings *s, enum bot_option o,
                         struct text *out, size_t max);
struct text bot_setting_text(const struct bot_settings *s, enum bot_option o);
int64_t bot_setting_num(const struct bot_settings *s, enum bot_option o);
bool bot_setting_flag(const struct bot_settings *s, enum bot_option o);

#endif
