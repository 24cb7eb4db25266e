#include "studio/lexer_scan_priv.h"

/* ---- places */

static struct place place_of(struct lexer *l, size_t from, size_t to) {
  if (from < l->column_at) { /* an error inside a text that was read already */
    l->column = 1;
    l->column_at = l->line_at;
  }
  l->column += (uint32_t)utf8_count(
      text_sub(l->text, l->column_at, from - l->column_at));
  l->column_at = from;
  const size_t n = utf8_count(text_sub(l->text, from, to - from));
  return (struct place){l->line, l->column, n == 0 ? 1 : (uint32_t)n};
}

struct token *scan_push(struct lexer *l, enum token_kind kind, size_t from) {
  struct tokens *out = l->out;
  if (!mem_grow(l->arena->mem, &out->items, &out->cap, out->count + 1,
                sizeof *out->items)) {
    l->failed = true;
    return NULL;
  }
  struct token *t = &out->items[out->count++];
  *t = (struct token){.kind = kind,
                      .at = place_of(l, from, l->at),
                      .from = (uint32_t)from,
                      .to = (uint32_t)l->at};
  return t;
}

void scan_error(struct lexer *l, enum diagnostic_code code, size_t from,
                const char *message, const char *hint) {
  report(l->reporter,
         (struct finding){.code = code,
                          .at = place_of(l, from, l->at),
                          .hint = text_from(hint)},
         "%s", message);
}

void scan_bad_bytes(struct lexer *l) {
  const size_t from = l->at;
  while (l->at < l->text.len && utf8_length(l->text, l->at) == 0) {
    l->at++;
  }
  scan_error(l, DIAGNOSTIC_CODE_BAD_CHARACTER, from,
             l->at == from + 1 ? "this byte is not UTF-8"
                               : "these bytes are not UTF-8",
             "save the file as UTF-8");
}

static void note_pasted(struct lexer *l, size_t from, size_t length,
                        const char *what) {
  if (l->pasted_on == l->line) {
    return; /* one note a line is enough */
  }
  l->pasted_on = l->line;
  report(l->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_PASTED_CHARACTER,
                          .at = place_of(l, from, from + length)},
         "%s, as pasted from a page or a mail, is taken as the plain one",
         what);
}

/* ---- characters */

int scan_peek(const struct lexer *l, size_t ahead) {
  return ahead < l->text.len - l->at ? (unsigned char)l->text.ptr[l->at + ahead]
                                     : -1;
}

static const struct {
  char bytes[4];
  struct quote quote;
} quotes[] = {
    {"\"", {1, '"', false}},           {"'", {1, '\'', false}},
    {"\xE2\x80\x9C", {3, '"', true}},  {"\xE2\x80\x9D", {3, '"', true}},
    {"\xE2\x80\x9E", {3, '"', true}},  {"\xE2\x80\x98", {3, '\'', true}},
    {"\xE2\x80\x99", {3, '\'', true}}, {"\xE2\x80\x9A", {3, '\'', true}},
};

struct quote scan_quote_at(const struct lexer *l, size_t at) {
  const struct text rest = text_sub(l->text, at, 3);
  for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++) {
    if (text_starts(rest, text_from(quotes[i].bytes))) {
      return quotes[i].quote;
    }
  }
  return (struct quote){0};
}

static bool is_ascii_letter(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Forms of ASCII that are as wide as Chinese characters: no other script. */
static bool is_full_width(uint32_t c) {
  return c >= 0xFF01 && c <= 0xFF5E;
}

bool scan_is_full_width(const struct lexer *l, size_t at) {
  size_t n = utf8_length(l->text, at);
  return n > 0 && is_full_width(utf8_decode(l->text, at, &n));
}

/* Letters of other scripts; not their blanks, quotes, dashes and signs. */
static bool is_foreign_letter(uint32_t c) {
  return c >= 0xC0 && c != 0xD7 && c != 0xF7 && !(c >= 0x2000 && c <= 0x2BFF) &&
         !(c >= 0x3000 && c <= 0x3004) && !(c >= 0xE000 && c <= 0xF8FF) &&
         c != 0xFEFF && !is_full_width(c) && c < 0xFFF0;
}

/* Length of the name's character at @at; 0 if none goes there. */
static size_t name_char(const struct lexer *l, size_t at, bool first) {
  if (at >= l->text.len) {
    return 0;
  }
  const int c = (unsigned char)l->text.ptr[at];
  if (c < 0x80) {
    const bool later = (c >= '0' && c <= '9') || c == '$';
    return is_ascii_letter(c) || c == '_' || (!first && later) ? 1 : 0;
  }
  size_t n = utf8_length(l->text, at);
  return n > 0 && is_foreign_letter(utf8_decode(l->text, at, &n)) ? n : 0;
}

bool scan_name_starts(const struct lexer *l, size_t at) {
  return name_char(l, at, true) > 0;
}

void scan_name(struct lexer *l) {
  for (size_t n = 1; n > 0; l->at += n) {
    n = name_char(l, l->at, false);
  }
}

/* What the one at hand is called; NULL if it is none. */
static const char *pasted_blank(const struct lexer *l, size_t *length) {
  *length = utf8_length(l->text, l->at);
  if (*length == 0) {
    return NULL;
  }
  const uint32_t c = utf8_decode(l->text, l->at, length);
  if (c == 0xA0 || c == 0x202F || c == 0x200B || c == 0xFEFF) {
    return "a non-breaking space";
  }
  const bool wide = (c >= 0x2000 && c <= 0x200A) || c == 0x205F || c == 0x3000;
  return wide ? "a typographic space" : NULL;
}

/* A comment would hide all that follows. */
static void look_at_return(struct lexer *l) {
  const int next = scan_peek(l, 1);
  if (l->text.ptr[l->at] != '\r' || next == '\n' || next == '\r' ||
      next == -1) {
    return;
  }
  if (l->returned) {
    if (l->depth == 0) {
      (void)scan_push(l, TOKEN_NEWLINE, l->at);
    }
    return;
  }
  l->returned = true;
  const size_t from = l->at++;
  scan_error(l, DIAGNOSTIC_CODE_BAD_CHARACTER, from,
             "a carriage return alone ends no line here",
             "save the file with line ends of LF or CRLF");
  if (l->depth == 0) { /* which is meant */
    (void)scan_push(l, TOKEN_NEWLINE, from);
  }
  l->at = from;
}

static void skip_comment(struct lexer *l) {
  while (l->at < l->text.len && l->text.ptr[l->at] != '\n') {
    look_at_return(l);
    l->at++;
  }
}

void scan_blanks(struct lexer *l) {
  for (;;) {
    const int c = scan_peek(l, 0);
    const char *pasted = NULL;
    size_t n = 0;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
      look_at_return(l);
      l->at++;
    } else if (c == '/' && scan_peek(l, 1) == '/') {
      skip_comment(l);
    } else if (c >= 0x80 && (pasted = pasted_blank(l, &n)) != NULL) {
      note_pasted(l, l->at, n, pasted);
      l->at += n;
    } else {
      return;
    }
  }
}

void scan_new_line(struct lexer *l) {
  l->line++;
  l->column = 1;
  l->column_at = l->line_at = l->at;
}

bool scan_follows_value(const struct lexer *l) {
  if (l->out->count == 0) {
    return false;
  }
  switch ((unsigned)l->out->items[l->out->count - 1].kind) {
  case TOKEN_WORD:
  case TOKEN_TEXT:
  case TOKEN_TEXT_CLOSE:
  case TOKEN_PAREN_CLOSE:
  case TOKEN_BRACKET_CLOSE:
    return true;
  default:
    return false;
  }
}

bool scan_follows_dot(const struct lexer *l) {
  return l->out->count > 0 &&
         l->out->items[l->out->count - 1].kind == TOKEN_DOT;
}

void scan_note_pasted_quote(struct lexer *l, size_t length) {
  note_pasted(l, l->at, length, "a typographic quotation mark");
}
