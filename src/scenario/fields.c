/* The tables of scenario.def as code: what may stand where. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/check.h"
#include "domain/heap.h"
#include "scenario/fields_priv.h"

enum { CONFIG_NONE = CONFIG_OBJECTS, KNOWN_MAX = 128 };

enum field_form {
  FORM_TEXT,
  FORM_TEXTS,
  FORM_NUM,
  FORM_SECONDS,
  FORM_OR_NEVER,
  FORM_RANGE,
  FORM_FLAG,
  FORM_TIME,
  FORM_VALUE,
  FORM_MAP,
  FORM_WORD,
  FORM_NAMES,
  FORM_LIST,
  FORM_OBJECT
};

#define WORDS(name, words) WORDS_##name,
enum words {
#include "scenario/scenario.def"
  WORD_LISTS
};
#undef WORDS

static const char *const word_lists[WORD_LISTS] = {
#define WORDS(name, words) [WORDS_##name] = (words),
#include "scenario/scenario.def"
#undef WORDS
};

static const struct object_info {
  uint32_t config;
  const char *brief;
} objects[OBJECTS] = {
#define OBJECT(name, title, config, brief, doc)                                \
  [OBJ_##name] = {CONFIG_##config, (brief)},
#include "scenario/scenario.def"
#undef OBJECT
};

/* The column `of` names a choice or an object, by the kind. */
enum { WORDS_NONE = 0, OBJ_NONE = 0 };
#define OF_TEXT(of)     0
#define OF_TEXTS(of)    0
#define OF_NUM(of)      0
#define OF_SECONDS(of)  0
#define OF_OR_NEVER(of) 0
#define OF_RANGE(of)    0
#define OF_FLAG(of)     0
#define OF_TIME(of)     0
#define OF_VALUE(of)    0
#define OF_MAP(of)      0
#define OF_NAMES(of)    0
#define OF_WORD(of)     WORDS_##of
#define OF_LIST(of)     OBJ_##of
#define OF_OBJECT(of)   OBJ_##of

static const struct member_info {
  enum scenario_object object;
  const char *wire;
  enum field_form form;
  uint32_t of;
  const char *def;
} members[SCENARIO_FIELDS] = {
#define MEMBER(object, name, wire, kind, of, def, doc)                         \
  [F_##object##_##                                                             \
      name] = {OBJ_##object, (wire), FORM_##kind, OF_##kind(of), (def)},
#include "scenario/scenario.def"
#undef MEMBER
};

/* What a centre's objects may have. */
static const struct {
  uint32_t object;
  const char *wire;
} configured[] = {
#define MEMBER(o, name, wire, kind, min, max, def, doc) {CONFIG_##o, (wire)},
#include "engine/config.def"
#undef MEMBER
};

enum { CONFIGURED = sizeof configured / sizeof configured[0] };

/* ---- messages */

/* The cases of a file share members: what is wrong with those is said once. */
static bool is_said(const struct scenario_reader *r, struct finding_place place,
                    struct text message) {
  for (size_t i = 0; i < r->findings->count; i++) {
    const struct finding *f = &r->findings->items[i];
    if (f->place.line == place.line && f->place.column == place.column &&
        text_equal(f->place.file, place.file) &&
        text_equal(f->message, message)) {
      return true;
    }
  }
  return false;
}

void fields_error(struct scenario_reader *r, const struct json *node,
                  const char *format, ...) {
  char message[1024];
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(message, sizeof message, format, args);
  va_end(args);
  const struct text whole = utf8_printed(message, sizeof message, n);
  if (is_said(r, yaml_tree_place(r->tree, node), whole)) {
    return;
  }
  findings_add(r->findings, FINDING_ERROR, yaml_tree_place(r->tree, node),
               "%.*s", TEXT_ARG(whole));
}

struct text fields_suggest(struct scenario_reader *r, struct text wrong,
                           const struct text *known, size_t count) {
  return findings_suggest(r->findings, wrong, known, count);
}

/* ---- words */

static struct text word_at(const char *words, uint32_t i) {
  const struct text all = text_from(words);
  size_t from = 0;
  for (; from <= all.len; i--) {
    const size_t to = text_find(all, TEXT(" "), from);
    if (i == 0) {
      return text_sub(all, from, to - from);
    }
    from = to + 1;
  }
  return (struct text){NULL, 0};
}

static uint32_t word_find(const char *words, struct text word) {
  for (uint32_t i = 0; word_at(words, i).len > 0; i++) {
    if (text_equal(word_at(words, i), word)) {
      return i;
    }
  }
  return SCENARIO_NO_WORD;
}

static void check_word(struct scenario_reader *r, const struct json *m,
                       const struct member_info *info) {
  struct text known[KNOWN_MAX];
  size_t count = 0;
  const char *words = word_lists[info->of];
  if (m->type == JSON_TEXT && word_find(words, m->text) != SCENARIO_NO_WORD) {
    return;
  }
  for (uint32_t i = 0; word_at(words, i).len > 0; i++) {
    known[count++] = word_at(words, i);
  }
  if (m->type != JSON_TEXT) {
    fields_error(r, m, "\"%s\" must be one of: %s; found %s", info->wire, words,
                 json_type_name(m->type));
    return;
  }
  const size_t near = text_nearest(m->text, known, count);
  fields_error(
      r, m, "\"%s\" cannot be \"%.*s\"%s%.*s%s; it is one of: %s", info->wire,
      TEXT_ARG(m->text), near < count ? "; did you mean \"" : "",
      near < count ? (int)known[near].len : 0,
      near < count ? known[near].ptr : "", near < count ? "\"?" : "", words);
}

/* ---- forms */

static bool is_seconds(const struct json *m) {
  return (m->type == JSON_INT || m->type == JSON_DOUBLE) && m->d >= 0 &&
         m->d <= 366.0 * 86400;
}

static bool is_range(const struct json *m) {
  return is_seconds(m) ||
         (m->type == JSON_LIST && m->count == 2 && is_seconds(m->first) &&
          is_seconds(m->first->next) && m->first->d <= m->first->next->d);
}

static bool is_scalar(const struct json *m) {
  return m->type == JSON_TEXT || m->type == JSON_INT ||
         m->type == JSON_DOUBLE || m->type == JSON_TRUE ||
         m->type == JSON_FALSE;
}

static bool are_scalars(const struct json *m) {
  if (m->type != JSON_LIST) {
    return is_scalar(m);
  }
  const struct json *c = m->first;
  while (c != NULL && is_scalar(c)) {
    c = c->next;
  }
  return c == NULL;
}

static bool is_time(const struct json *m) {
  int64_t us;
  return m->type == JSON_TEXT && time_from_text(m->text, &us);
}

static bool has_form(const struct json *m, enum field_form form) {
  switch (form) {
  case FORM_TEXT:
    return is_scalar(m);
  case FORM_TEXTS:
  case FORM_NAMES:
    return are_scalars(m);
  case FORM_NUM:
    return m->type == JSON_INT && m->i >= 0 && m->i <= 1000000;
  case FORM_SECONDS:
    return is_seconds(m);
  case FORM_OR_NEVER:
    return is_seconds(m) ||
           (m->type == JSON_TEXT && text_equal(m->text, TEXT("never")));
  case FORM_RANGE:
    return is_range(m);
  case FORM_FLAG:
    return m->type == JSON_TRUE || m->type == JSON_FALSE;
  case FORM_TIME:
    return is_time(m);
  case FORM_MAP:
    return m->type == JSON_OBJECT;
  case FORM_VALUE:
  case FORM_WORD:
  case FORM_LIST:
  case FORM_OBJECT:
    return true; /* looked at elsewhere */
  }
  return false;
}

static const char *form_words(enum field_form form) {
  switch (form) {
  case FORM_TEXT:
    return "a text";
  case FORM_TEXTS:
    return "a text, or a list of texts";
  case FORM_NAMES:
    return "a name, or a list of names of which one must fit";
  case FORM_NUM:
    return "a whole number from 0 to 1000000";
  case FORM_SECONDS:
    return "a number of seconds, such as 2 or 0.5, of at most a year";
  case FORM_OR_NEVER:
    return "a number of seconds, such as 2 or 0.5, or never";
  case FORM_RANGE:
    return "a number of seconds, or two of them: [from, to]";
  case FORM_FLAG:
    return "true or false";
  case FORM_TIME:
    return "a date and time with its offset, such as "
           "\"2026-11-22T19:30:00+01:00\"";
  case FORM_MAP:
    return "members, each on an indented line \"name: value\"";
  case FORM_VALUE:
  case FORM_WORD:
  case FORM_LIST:
  case FORM_OBJECT:
    break;
  }
  return "";
}

/* ---- objects */

static size_t find_member(enum scenario_object object, struct text key) {
  size_t i = 0;
  while (i < SCENARIO_FIELDS &&
         (members[i].object != object ||
          !text_equal(key, text_from(members[i].wire)))) {
    i++;
  }
  return i;
}

static bool is_configured(uint32_t object, struct text key) {
  for (size_t i = 0; i < CONFIGURED; i++) {
    if (configured[i].object == object &&
        text_equal(key, text_from(configured[i].wire))) {
      return true;
    }
  }
  return false;
}

static void report_unknown(struct scenario_reader *r,
                           enum scenario_object object,
                           const struct json *node) {
  struct text known[KNOWN_MAX];
  size_t count = 0;
  for (size_t i = 0; i < SCENARIO_FIELDS; i++) {
    if (members[i].object == object) {
      known[count++] = text_from(members[i].wire);
    }
  }
  for (size_t i = 0; i < CONFIGURED && count < KNOWN_MAX; i++) {
    if (configured[i].object == objects[object].config) {
      known[count++] = text_from(configured[i].wire);
    }
  }
  const struct text hint = fields_suggest(r, node->key, known, count);
  fields_error(r, node, "unknown member \"%.*s\"%.*s", TEXT_ARG(node->key),
               TEXT_ARG(hint));
}

/* "accept" among the offers is {"do": "accept"}. */
static void spell_out(struct scenario_reader *r, struct json *node,
                      enum scenario_object object) {
  const char *brief = objects[object].brief;
  if (!is_scalar(node) || brief[0] == '\0') {
    return;
  }
  struct json *member = arena_alloc(r->arena, sizeof *member);
  if (member == NULL) {
    r->no_memory = true;
    return;
  }
  *member = *node;
  member->key = text_from(brief);
  member->next = NULL;
  node->type = JSON_OBJECT;
  node->count = 1;
  node->first = member;
}

static void check_list(struct scenario_reader *r, struct json *m,
                       const struct member_info *info) {
  if (m->type != JSON_LIST) {
    fields_error(r, m,
                 "\"%s\" must be a list, each element on a line that begins "
                 "with \"- \"; found %s",
                 info->wire, json_type_name(m->type));
    return;
  }
  for (struct json *c = m->first; c != NULL; c = c->next) {
    fields_check(r, c, (enum scenario_object)info->of);
  }
}

static void check_member(struct scenario_reader *r, struct json *m,
                         const struct member_info *info) {
  if (info->form == FORM_WORD) {
    check_word(r, m, info);
  } else if (info->form == FORM_LIST) {
    check_list(r, m, info);
  } else if (info->form == FORM_OBJECT) {
    fields_check(r, m, (enum scenario_object)info->of);
  } else if (!has_form(m, info->form)) {
    const char *quote = m->type == JSON_TEXT ? "\"" : "";
    const struct text found =
        is_scalar(m) ? m->source : text_from(json_type_name(m->type));
    fields_error(r, m, "\"%s\" must be %s; found %s%.*s%s", info->wire,
                 form_words(info->form), quote, TEXT_ARG(found), quote);
  }
}

/* The event of a timeline has members of its own, which are looked at when the
 * names of the events are. */
static bool is_open(enum scenario_object object) {
  return object == OBJ_EVENT;
}

void fields_check(struct scenario_reader *r, struct json *node,
                  enum scenario_object object) {
  spell_out(r, node, object);
  if (node->type != JSON_OBJECT) {
    fields_error(r, node, "expected members (\"name: value\"), found %s",
                 json_type_name(node->type));
    return;
  }
  for (struct json *m = node->first; m != NULL; m = m->next) {
    const size_t i = find_member(object, m->key);
    if (i < SCENARIO_FIELDS) {
      if (m->type != JSON_NULL) {
        check_member(r, m, &members[i]);
      }
    } else if (!is_open(object) &&
               !is_configured(objects[object].config, m->key)) {
      report_unknown(r, object, m);
    }
  }
}

/* ---- reading */

/* What was reported as wrong is not there for whoever reads. */
static bool is_good(const struct json *m, const struct member_info *info) {
  switch (info->form) {
  case FORM_WORD:
    return m->type == JSON_TEXT &&
           word_find(word_lists[info->of], m->text) != SCENARIO_NO_WORD;
  case FORM_LIST:
    return m->type == JSON_LIST;
  case FORM_OBJECT:
    return m->type == JSON_OBJECT;
  case FORM_TEXT:
  case FORM_TEXTS:
  case FORM_NUM:
  case FORM_SECONDS:
  case FORM_OR_NEVER:
  case FORM_RANGE:
  case FORM_FLAG:
  case FORM_TIME:
  case FORM_VALUE:
  case FORM_MAP:
  case FORM_NAMES:
    break;
  }
  return has_form(m, info->form);
}

const struct json *field_at(const struct json *node,
                            enum scenario_field field) {
  const struct member_info *info = &members[field];
  const struct json *m = json_member(node, text_from(info->wire));
  return m == NULL || m->type == JSON_NULL || !is_good(m, info) ? NULL : m;
}

const struct json *field_first(const struct json *node,
                               enum scenario_field field) {
  const struct json *m = field_at(node, field);
  return m != NULL && m->type == JSON_LIST ? m->first : m;
}

/* A number or true that stands where a text is meant reads as it was written.
 */
static struct text scalar_text(const struct json *m) {
  return m->type == JSON_TEXT    ? m->text
         : m->type == JSON_TRUE  ? TEXT("true")
         : m->type == JSON_FALSE ? TEXT("false")
                                 : m->source;
}

struct text field_text(const struct json *node, enum scenario_field field) {
  const struct json *m = field_at(node, field);
  return m == NULL ? text_from(members[field].def) : scalar_text(m);
}

uint32_t field_word(const struct json *node, enum scenario_field field) {
  return word_find(word_lists[members[field].of], field_text(node, field));
}

int64_t field_num(const struct json *node, enum scenario_field field) {
  int64_t n = 0;
  const struct json *m = field_at(node, field);
  if (m != NULL) {
    return m->i;
  }
  return text_to_i64(text_from(members[field].def), &n) ? n : 0;
}

bool field_flag(const struct json *node, enum scenario_field field) {
  const struct json *m = field_at(node, field);
  return m == NULL ? text_equal(text_from(members[field].def), TEXT("true"))
                   : m->type == JSON_TRUE;
}

static int64_t seconds_us(double seconds) {
  return (int64_t)(seconds * 1e6 + 0.5);
}

int64_t field_seconds_us(const struct json *number) {
  return seconds_us(number->d);
}

int64_t field_us(const struct json *node, enum scenario_field field) {
  const struct json *m = field_at(node, field);
  double seconds = 0;
  if (m != NULL && m->type != JSON_TEXT) {
    return seconds_us(m->d);
  }
  if (m == NULL && text_to_double(text_from(members[field].def), &seconds)) {
    return seconds_us(seconds);
  }
  return FIELD_NEVER;
}

struct text field_config(struct arena *arena, const struct json *node,
                         enum config_object object, struct text extra) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, heap_mem());
  json_out_init(&o, &b);
  json_open_object(&o);
  if (extra.len > 0) {
    textbuf_add(&b, extra);
    o.has_item = true;
  }
  for (const struct json *m = node == NULL ? NULL : node->first; m != NULL;
       m = m->next) {
    if (is_configured(object, m->key)) {
      json_key_text(&o, m->key);
      json_put_tree(&o, m);
    }
  }
  json_close_object(&o);
  const struct text copy = arena_copy_text(arena, textbuf_text(&b));
  textbuf_free(&b);
  return copy;
}
