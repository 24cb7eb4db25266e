/* Where the JSON reader stopped, and what the writer of the text can do. */
#include <stdarg.h>
#include <stdio.h>

#include "base/json_priv.h"

/* Writing into the fixed arrays of struct json_error: what does not fit is cut
 * at the end of a character. */
struct cut_text {
  char *ptr;
  size_t len, cap;
  bool full;
};

static void cut_add(struct cut_text *c, struct text t) {
  if (c->full || t.len >= c->cap - c->len) {
    c->full = true;
    return;
  }
  memcpy(c->ptr + c->len, t.ptr, t.len);
  c->len += t.len;
  c->ptr[c->len] = '\0';
}

/* RFC 6901 escapes two characters; NUL would end the C string. */
static void add_key(struct cut_text *c, struct text key) {
  cut_add(c, TEXT("/"));
  size_t length = 0;
  for (size_t at = 0; at < key.len; at += length) {
    length = utf8_length(key, at);
    const struct text one = text_sub(key, at, length);
    switch (*one.ptr) {
    case '~':
      cut_add(c, TEXT("~0"));
      break;
    case '/':
      cut_add(c, TEXT("~1"));
      break;
    case '\0':
      cut_add(c, TEXT("?"));
      break;
    default:
      cut_add(c, one);
    }
  }
}

static void add_index(struct cut_text *c, uint32_t index) {
  char digits[16];
  const int len = snprintf(digits, sizeof digits, "/%u", (unsigned)index);
  cut_add(c, (struct text){digits, (size_t)len});
}

static void add_step(struct cut_text *c, const struct json_frame *f) {
  if (f->container->type == JSON_LIST) {
    if (f->container->count != 0) {
      add_index(c, f->container->count - 1);
    }
  } else if (f->key_from != NULL) {
    add_key(c, f->last->key);
  }
}

static void set_pointer(struct json_error *e, const struct json_frame *top) {
  const struct json_frame *path[JSON_DEPTH_MAX];
  size_t depth = 0;
  for (const struct json_frame *f = top; f != NULL; f = f->up) {
    path[depth++] = f;
  }
  struct cut_text c = {.ptr = e->pointer, .cap = sizeof e->pointer};
  while (depth > 0) {
    add_step(&c, path[--depth]);
  }
}

static uint32_t line_of(const struct json_reader *r, size_t offset) {
  uint32_t line = 1;
  for (size_t i = 0; i < offset; i++) {
    line += r->begin[i] == '\n';
  }
  return line;
}

static void set_place(struct json_error *e, const struct json_reader *r,
                      size_t offset) {
  size_t line_start = offset;
  while (line_start > 0 && r->begin[line_start - 1] != '\n') {
    line_start--;
  }
  const struct text all = {r->begin, (size_t)(r->end - r->begin)};
  const struct text before = text_sub(all, line_start, offset - line_start);
  e->offset = offset;
  e->line = line_of(r, offset);
  e->column = (uint32_t)utf8_count(before) + 1;
}

enum bt_err json_fail(struct json_reader *r, enum bt_err err, const char *at,
                      const char *format, ...) {
  struct json_error *e = r->error;
  if (e != NULL) {
    *e = (struct json_error){0};
    set_place(e, r, (size_t)(at - r->begin));
    set_pointer(e, r->top);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(e->message, sizeof e->message, format, args);
    va_end(args);
  }
  return err;
}

/* What people type or paste instead of JSON, by how it begins. */
struct lookalike {
  struct text begins;
  const char *advice;
};

#define CURLY_DOUBLE "typographic quotes “ ” are not JSON quotes: use \"…\""
#define CURLY_SINGLE "typographic quotes ‘ ’ are not JSON quotes: use \"…\""
#define NO_COMMENTS  "JSON has no comments: remove this one"
#define LOWER_CASE   "JSON writes true, false and null in small letters"
#define NOT_A_NUMBER "JSON has no NaN and no Infinity: use null or a string"
#define LOOK(b, advice)                                                        \
  { {(b), sizeof(b) - 1}, (advice) }

static const struct lookalike lookalikes[] = {
    LOOK("\u201C", CURLY_DOUBLE),
    LOOK("\u201D", CURLY_DOUBLE),
    LOOK("\u201E", CURLY_DOUBLE),
    LOOK("\u2018", CURLY_SINGLE),
    LOOK("\u2019", CURLY_SINGLE),
    LOOK("\u00AB", "the quotes « » are not JSON quotes: use \"…\""),
    LOOK("\u00BB", "the quotes « » are not JSON quotes: use \"…\""),
    LOOK("'", "single quotes are not JSON quotes: use \"…\""),
    LOOK("`", "backquotes are not JSON quotes: use \"…\""),
    LOOK("\u00A0", "a no-break space (U+00A0) is not a blank in JSON: use an "
                   "ordinary space"),
    LOOK("\u202F", "a narrow no-break space (U+202F) is not a blank in JSON: "
                   "use an ordinary space"),
    LOOK("\u200B", "an invisible zero-width space (U+200B) is in the way: "
                   "remove it"),
    LOOK("\uFEFF", "a byte order mark (U+FEFF) is in the way: save the text as "
                   "UTF-8 without one"),
    LOOK("//", NO_COMMENTS),
    LOOK("/*", NO_COMMENTS),
    LOOK("#", NO_COMMENTS),
};

static const struct lookalike wrong_values[] = {
    LOOK("NaN", NOT_A_NUMBER),
    LOOK("Infinity", NOT_A_NUMBER),
    LOOK("-Infinity", NOT_A_NUMBER),
    LOOK("True", LOWER_CASE),
    LOOK("TRUE", LOWER_CASE),
    LOOK("False", LOWER_CASE),
    LOOK("FALSE", LOWER_CASE),
    LOOK("None", "JSON writes null for nothing"),
    LOOK("NULL", LOWER_CASE),
    LOOK("Null", LOWER_CASE),
    LOOK("nil", "JSON writes null for nothing"),
    LOOK("undefined", "JSON writes null for nothing"),
    LOOK("-", "a minus sign without a number"),
    LOOK("+", "a number must not begin with +: leave it out"),
    LOOK(".", "a number must not begin with a point: write 0 before it"),
    LOOK(",", "a value is missing before this comma"),
};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static struct text rest_of(const struct json_reader *r) {
  return (struct text){r->at, (size_t)(r->end - r->at)};
}

static const char *advice_for(struct text rest, const struct lookalike *known,
                              size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (text_starts(rest, known[i].begins)) {
      return known[i].advice;
    }
  }
  return NULL;
}

/* The character at the reader's place, as a person would name it. */
static void name_found(const struct json_reader *r, char out[64]) {
  const struct text rest = rest_of(r);
  if (rest.len == 0) {
    (void)snprintf(out, 64, "the end of the text");
    return;
  }
  size_t length = utf8_length(rest, 0);
  if (length == 0) {
    (void)snprintf(out, 64, "the byte 0x%02X, which is not UTF-8",
                   (unsigned)(unsigned char)rest.ptr[0]);
    return;
  }
  const uint32_t code_point = utf8_decode(rest, 0, &length);
  if (code_point > 0x20 && code_point < 0x7f) {
    (void)snprintf(out, 64, "%c", (char)code_point);
  } else if (code_point >= 0xa1) {
    (void)snprintf(out, 64, "%.*s (U+%04X)", (int)length, rest.ptr,
                   (unsigned)code_point);
  } else {
    (void)snprintf(out, 64, "the character U+%04X", (unsigned)code_point);
  }
}

static enum bt_err fail_expected(struct json_reader *r, const char *expected) {
  const char *advice = advice_for(rest_of(r), lookalikes, COUNT_OF(lookalikes));
  if (advice != NULL) {
    return json_fail(r, BT_ERR_SYNTAX, r->at, "%s", advice);
  }
  char found[64];
  name_found(r, found);
  return json_fail(r, BT_ERR_SYNTAX, r->at, "expected %s, found %s", expected,
                   found);
}

/* A string closed by a typographic quote goes on to the next straight one, and
 * what follows there makes no sense: name the culprit, not the consequence. */
static const char *curly_quote_in(struct text raw) {
  for (size_t at = 0; at + 3 <= raw.len; at++) {
    if (memcmp(raw.ptr + at, "\u201D", 3) == 0 ||
        memcmp(raw.ptr + at, "\u201C", 3) == 0) {
      return raw.ptr + at;
    }
  }
  return NULL;
}

/* Letters of the scripts that lie before general punctuation are enough here.
 */
static bool is_word_part(uint32_t code_point) {
  if (code_point >= 0xc0) {
    return code_point < 0x2000;
  }
  return code_point == '_' || code_point == '$' ||
         (code_point >= '0' && code_point <= '9') ||
         ((code_point | 0x20) >= 'a' && (code_point | 0x20) <= 'z');
}

/* The word at the reader's place, for a message: not the whole of a long one.
 */
static struct text word_at(const struct json_reader *r) {
  const struct text rest = rest_of(r);
  size_t len = 0;
  while (len < 40 && utf8_length(rest, len) != 0) {
    size_t length = 0;
    if (!is_word_part(utf8_decode(rest, len, &length))) {
      break;
    }
    len += length;
  }
  return text_sub(rest, 0, len);
}

enum bt_err json_fail_value(struct json_reader *r) {
  const char *advice =
      advice_for(rest_of(r), wrong_values, COUNT_OF(wrong_values));
  if (advice != NULL) {
    return json_fail(r, BT_ERR_SYNTAX, r->at, "%s", advice);
  }
  const struct text word = word_at(r);
  if (word.len != 0) {
    return json_fail(r, BT_ERR_SYNTAX, r->at,
                     "%.*s is not a JSON value: if it is text, put it in "
                     "double quotes",
                     TEXT_ARG(word));
  }
  return fail_expected(r, "a value");
}

enum bt_err json_fail_key(struct json_reader *r) {
  const struct text word = word_at(r);
  if (word.len != 0) {
    return json_fail(r, BT_ERR_SYNTAX, r->at,
                     "the key %.*s must be in double quotes: \"%.*s\"",
                     TEXT_ARG(word), TEXT_ARG(word));
  }
  if (r->at < r->end && *r->at == ',') {
    return json_fail(r, BT_ERR_SYNTAX, r->at, "one comma too many: remove it");
  }
  return fail_expected(r, "a key in double quotes");
}

enum bt_err json_fail_twin(struct json_reader *r) {
  return json_fail(r, BT_ERR_SYNTAX, r->top->key_from,
                   "this key is already used in the same object: keep one of "
                   "the two");
}

enum bt_err json_fail_memory(struct json_reader *r) {
  return json_fail(r, BT_ERR_NOMEM, r->at,
                   "no memory for the rest of the text");
}

enum bt_err json_fail_colon(struct json_reader *r) {
  const struct json_frame *f = r->top;
  const char *curly =
      curly_quote_in((struct text){f->key_from, (size_t)(r->at - f->key_from)});
  if (curly != NULL) {
    return json_fail(r, BT_ERR_SYNTAX, curly, "%s", CURLY_DOUBLE);
  }
  return fail_expected(r, "a colon after the key");
}

enum bt_err json_fail_separator(struct json_reader *r) {
  const struct json_frame *f = r->top;
  const struct text last = f->last->source;
  const char *curly = f->last->type == JSON_TEXT ? curly_quote_in(last) : NULL;
  if (curly != NULL) {
    return json_fail(r, BT_ERR_SYNTAX, curly, "%s", CURLY_DOUBLE);
  }
  const bool list = f->container->type == JSON_LIST;
  if (r->at == r->end) {
    return json_fail(r, BT_ERR_SYNTAX, r->at,
                     "the text ends inside the %s that begins on line %u: the "
                     "closing %c is missing",
                     list ? "list" : "object",
                     (unsigned)line_of(r, f->container->offset),
                     list ? ']' : '}');
  }
  return fail_expected(r, list ? "a comma or the closing ]"
                               : "a comma or the closing }");
}

enum bt_err json_fail_trailing(struct json_reader *r) {
  return fail_expected(r, "nothing more after the value");
}

enum bt_err json_fail_unclosed(struct json_reader *r, const char *from) {
  size_t len = 0;
  while (from + len < r->end && from[len] != '\n') {
    len++;
  }
  const char *curly = curly_quote_in((struct text){from, len});
  if (curly != NULL) {
    return json_fail(r, BT_ERR_SYNTAX, curly, "%s", CURLY_DOUBLE);
  }
  return json_fail(r, BT_ERR_SYNTAX, from - 1,
                   "the string that begins here has no closing quote on its "
                   "line; write \\n for a line break");
}
