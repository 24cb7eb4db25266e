/* Strings of the JSON reader: borrowed where possible, unescaped where not. */
#include <stddef.h>

#include "base/json_priv.h"

static size_t sequence_at(const struct json_reader *r, const char *at) {
  return utf8_length((struct text){at, (size_t)(r->end - at)}, 0);
}

static enum bt_err fail_control(struct json_reader *r, const char *from,
                                const char *at) {
  switch (*at) {
  case '\n':
  case '\r':
    return json_fail_unclosed(r, from);
  case '\t':
    return json_fail(r, BT_ERR_SYNTAX, at,
                     "a tab inside a string must be written as \\t");
  default:
    return json_fail(r, BT_ERR_SYNTAX, at,
                     "the control character U+%04X inside a string must be "
                     "written as \\u%04x",
                     (unsigned)*at, (unsigned)*at);
  }
}

/* Four hexadecimal digits; above 0xffff if they are not. */
static uint32_t hex4(const struct json_reader *r, const char *at) {
  if (r->end - at < 4) {
    return UINT32_MAX;
  }
  uint32_t n = 0;
  for (int i = 0; i < 4; i++) {
    const char c = at[i];
    if (c >= '0' && c <= '9') {
      n = n << 4 | (uint32_t)(c - '0');
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      n = n << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
    } else {
      return UINT32_MAX;
    }
  }
  return n;
}

/* @*at stands on the u of \u; afterwards behind the last digit. */
static enum bt_err take_unicode(struct json_reader *r, const char **at,
                                uint32_t *code_point) {
  const char *escape = *at - 1;
  const uint32_t unit = hex4(r, *at + 1);
  if (unit > 0xffff) {
    return json_fail(r, BT_ERR_SYNTAX, escape,
                     "\\u must be followed by four hexadecimal digits");
  }
  *at += 5;
  *code_point = unit;
  if (unit < 0xd800 || unit > 0xdfff) {
    return BT_ERR_OK;
  }
  const bool pair =
      unit < 0xdc00 && r->end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u';
  const uint32_t low = pair ? hex4(r, *at + 2) : 0;
  if (low < 0xdc00 || low > 0xdfff) {
    return json_fail(r, BT_ERR_SYNTAX, escape,
                     "\\u%04x is half of a surrogate pair without its other "
                     "half",
                     (unsigned)unit);
  }
  *at += 6;
  *code_point = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
  return BT_ERR_OK;
}

/* The character that a one-letter escape stands for; 0 if there is none. */
static char simple_escape(char letter) {
  switch (letter) {
  case '"':
  case '\\':
  case '/':
    return letter;
  case 'b':
    return '\b';
  case 'f':
    return '\f';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  default:
    return '\0';
  }
}

static enum bt_err fail_escape(struct json_reader *r, const char *at) {
  if (r->end - at < 2) {
    return json_fail(r, BT_ERR_SYNTAX, at,
                     "the text ends inside an escape, in the middle of a "
                     "string");
  }
  if (at[1] > ' ' && at[1] < 0x7f) {
    return json_fail(
        r, BT_ERR_SYNTAX, at,
        "\\%c is not an escape of JSON; write \\\\ for a backslash", at[1]);
  }
  return json_fail(r, BT_ERR_SYNTAX, at,
                   "a lone backslash: write \\\\ for a backslash");
}

/* @*at stands on a backslash. Writes what it stands for to @*to. */
static enum bt_err take_escape(struct json_reader *r, const char **at,
                               char **to) {
  if (r->end - *at < 2) {
    return fail_escape(r, *at);
  }
  const char letter = (*at)[1];
  if (letter == 'u') {
    uint32_t code_point = 0;
    *at += 1;
    const enum bt_err err = take_unicode(r, at, &code_point);
    if (err == BT_ERR_OK) {
      *to += utf8_encode(code_point, *to);
    }
    return err;
  }
  const char plain = simple_escape(letter);
  if (plain == '\0') {
    return fail_escape(r, *at);
  }
  *(*to)++ = plain;
  *at += 2;
  return BT_ERR_OK;
}

/* Everything up to the next quote or backslash, checked; @*at goes there. */
static enum bt_err skip_unescaped(struct json_reader *r, const char *from,
                                  const char **at) {
  for (;;) {
    *at = json_skip_plain(*at, r->end);
    if (*at == r->end) {
      return json_fail_unclosed(r, from);
    }
    if (**at == '"' || **at == '\\') {
      return BT_ERR_OK;
    }
    if ((unsigned char)**at < 0x20) {
      return fail_control(r, from, *at);
    }
    const size_t length = sequence_at(r, *at);
    if (length == 0) {
      return json_fail(r, BT_ERR_SYNTAX, *at,
                       "the byte 0x%02X is not UTF-8: save the text as UTF-8",
                       (unsigned)(unsigned char)**at);
    }
    *at += length;
  }
}

/* The closing quote, if the string is as good as it looks. Nothing is checked:
 * it only bounds the room that the unescaped text can need. */
static const char *closing_quote(const struct json_reader *r, const char *at) {
  while (at < r->end && *at != '"') {
    at += *at == '\\' && r->end - at > 1 ? 2 : 1;
  }
  return at;
}

/* From the first backslash on; no escape is shorter than what it means. */
static enum bt_err read_escaped(struct json_reader *r, const char *from,
                                const char *at, struct text *out) {
  const size_t room = (size_t)(closing_quote(r, at) - from);
  char *text = arena_alloc(r->arena, room);
  if (text == NULL) {
    return json_fail_memory(r);
  }
  memcpy(text, from, (size_t)(at - from));
  char *to = text + (at - from);
  while (*at != '"') {
    enum bt_err err = take_escape(r, &at, &to);
    const char *run = at;
    if (err == BT_ERR_OK) {
      err = skip_unescaped(r, from, &at);
    }
    if (err != BT_ERR_OK) {
      return err;
    }
    memcpy(to, run, (size_t)(at - run));
    to += at - run;
  }
  r->at = at + 1;
  *out = (struct text){text, (size_t)(to - text)};
  return BT_ERR_OK;
}

enum bt_err json_read_rest(struct json_reader *r, const char *at,
                           struct text *out) {
  const char *from = r->at + 1;
  const enum bt_err err = skip_unescaped(r, from, &at);
  if (err != BT_ERR_OK) {
    return err;
  }
  if (*at == '\\') {
    return read_escaped(r, from, at, out);
  }
  r->at = at + 1;
  *out = (struct text){from, (size_t)(at - from)};
  return BT_ERR_OK;
}
