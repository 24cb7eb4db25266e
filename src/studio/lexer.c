#include "studio/lexer_priv.h"

#include "base/check.h"
#include "studio/lexer_scan_priv.h"

static const char *const kind_texts[] = {
#define TOKEN(name, text) [TOKEN_##name] = (text),
#include "studio/tokens.def"
#undef TOKEN
};

static const struct keyword_info {
  struct text text;
  bool hard;
} keywords[] = {
    [KEYWORD_NONE] = {{"", 0}, false},
#define HARD true
#define SOFT false
#define KEYWORD(name, text, use)                                               \
  [KEYWORD_##name] = {{text, sizeof(text) - 1}, use},
#include "studio/tokens.def"
#undef KEYWORD
#undef HARD
#undef SOFT
};

const char *token_kind_text(enum token_kind kind) {
  bt_check(kind < TOKENS);
  return kind_texts[kind];
}

const char *keyword_text(enum keyword keyword) {
  bt_check(keyword < KEYWORDS);
  return keywords[keyword].text.ptr;
}

bool keyword_is_hard(enum keyword keyword) {
  bt_check(keyword < KEYWORDS);
  return keywords[keyword].hard;
}

static enum keyword keyword_find(struct text word) {
  for (size_t i = KEYWORD_NONE + 1; i < KEYWORDS; i++) {
    if (text_equal_nocase(word, keywords[i].text)) {
      return (enum keyword)i;
    }
  }
  return KEYWORD_NONE;
}

/* ---- one token */

static void lex_word(struct lexer *l) {
  const size_t from = l->at;
  scan_name(l);
  struct text word = text_sub(l->text, from, l->at - from);
  if (text_equal_nocase(word, TEXT("global")) && scan_peek(l, 0) == ':' &&
      scan_name_starts(l, l->at + 1)) {
    l->at++;
    scan_name(l);
    word = text_sub(l->text, from, l->at - from);
  }
  struct token *t = scan_push(l, TOKEN_WORD, from);
  if (t != NULL) {
    t->text = word;
    t->keyword = keyword_find(word);
  }
}

static bool is_digit(int c) {
  return c >= '0' && c <= '9';
}

static void skip_digits(struct lexer *l) {
  while (is_digit(scan_peek(l, 0))) {
    l->at++;
  }
}

static void skip_exponent(struct lexer *l) {
  const int sign = scan_peek(l, 1);
  const size_t digits = sign == '+' || sign == '-' ? 2 : 1;
  if ((scan_peek(l, 0) | 0x20) == 'e' && is_digit(scan_peek(l, digits))) {
    l->at += digits;
    skip_digits(l);
  }
}

static bool at_fraction(const struct lexer *l) {
  return scan_peek(l, 0) == '.' && is_digit(scan_peek(l, 1));
}

/* .5, and not what stands behind a value without a blank, as in o.5 */
static bool at_bare_fraction(const struct lexer *l) {
  const bool apart = l->at > 0 && (l->text.ptr[l->at - 1] == ' ' ||
                                   l->text.ptr[l->at - 1] == '\t');
  return at_fraction(l) && (apart || !scan_follows_value(l));
}

static void skip_fractions(struct lexer *l) {
  while (at_fraction(l)) {
    l->at++;
    skip_digits(l);
  }
}

static void lex_no_number(struct lexer *l, size_t from, const char *message,
                          const char *hint) {
  scan_error(l, DIAGNOSTIC_CODE_BAD_NUMBER, from, message, hint);
  (void)scan_push(l, TOKEN_BAD, from);
}

static void lex_number(struct lexer *l) {
  const size_t from = l->at;
  double number = 0;
  skip_digits(l);
  if (at_fraction(l)) {
    l->at++;
    skip_digits(l);
  }
  if (at_fraction(l)) {
    skip_fractions(l);
    lex_no_number(l, from, "a number has one decimal point",
                  "write an address or a version as text, in quotes");
    return;
  }
  skip_exponent(l);
  if (scan_name_starts(l, l->at)) {
    scan_name(l);
    lex_no_number(l, from, "a name cannot begin with a digit",
                  "put a blank or an operator between the number and the name");
    return;
  }
  if (!text_to_double(text_sub(l->text, from, l->at - from), &number)) {
    scan_error(l, DIAGNOSTIC_CODE_BAD_NUMBER, from, "this number is too large",
               "");
  }
  struct token *t = scan_push(l, TOKEN_NUMBER, from);
  if (t != NULL) {
    t->number = number;
  }
}

struct sign {
  char text[3];
  enum token_kind kind;
};

/* Longer ones first. */
static const struct sign signs[] = {
    {"==", TOKEN_EQ},
    {"!=", TOKEN_NE},
    {"<>", TOKEN_NE},
    {"<=", TOKEN_LE},
    {">=", TOKEN_GE},
    {"(", TOKEN_PAREN_OPEN},
    {")", TOKEN_PAREN_CLOSE},
    {"[", TOKEN_BRACKET_OPEN},
    {"]", TOKEN_BRACKET_CLOSE},
    {"{", TOKEN_BRACE_OPEN},
    {"}", TOKEN_BRACE_CLOSE},
    {",", TOKEN_COMMA},
    {".", TOKEN_DOT},
    {"=", TOKEN_ASSIGN},
    {"<", TOKEN_LT},
    {">", TOKEN_GT},
    {"+", TOKEN_PLUS},
    {"-", TOKEN_MINUS},
    {"~", TOKEN_XOR},
    {"*", TOKEN_STAR},
    {"/", TOKEN_SLASH},
    {"%", TOKEN_PERCENT},
    {"\\", TOKEN_BACKSLASH},
    {"^", TOKEN_POWER},
    {":", TOKEN_COLON},
    {"&", TOKEN_AMP},
    {"|", TOKEN_BAR},
};

static bool lex_sign(struct lexer *l) {
  const struct text rest = text_sub(l->text, l->at, 2);
  for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
    const struct text t = text_from(signs[i].text);
    if (text_starts(rest, t)) {
      const size_t from = l->at;
      l->at += t.len;
      (void)scan_push(l, signs[i].kind, from);
      return true;
    }
  }
  return false;
}

static void lex_unknown(struct lexer *l) {
  const size_t from = l->at;
  const size_t n = utf8_length(l->text, l->at);
  l->at += n;
  if (n == 0) {
    scan_bad_bytes(l);
  } else {
    const int c = (unsigned char)l->text.ptr[from];
    while (c < ' ' && scan_peek(l, 0) == c) {
      l->at++; /* one error for a row of NULs */
    }
    scan_error(l, DIAGNOSTIC_CODE_BAD_CHARACTER, from,
               "no word of the language begins with this character",
               c < ' ' ? "a control character: take it out"
               : scan_is_full_width(l, from)
                   ? "a full-width sign: type the plain one"
                   : "");
  }
  (void)scan_push(l, TOKEN_BAD, from);
}

/* #"…" is the sign and then a quoted text like any other. */
static void lex_date(struct lexer *l) {
  const size_t from = l->at;
  l->at++;
  (void)scan_push(l, TOKEN_DATE, from);
  scan_text(l, false);
}

static void lex_newline(struct lexer *l) {
  const size_t from = l->at;
  (void)scan_push(l, TOKEN_NEWLINE, from);
  l->line_first = l->out->count;
  l->line_found = l->reporter->diags->count;
  l->at++;
  scan_new_line(l);
}

void lexer_token(struct lexer *l) {
  const int c = scan_peek(l, 0);
  if (c == '\n') {
    lex_newline(l);
  } else if (scan_quote_at(l, l->at).length > 0) {
    scan_text(l, false);
  } else if (c == '$' && scan_quote_at(l, l->at + 1).length > 0) {
    l->at++;
    scan_text(l, true);
  } else if (c == '#' && scan_quote_at(l, l->at + 1).length > 0) {
    lex_date(l);
  } else if (is_digit(c) || at_bare_fraction(l)) {
    lex_number(l);
  } else if (scan_name_starts(l, l->at) || (c == '$' && scan_follows_dot(l))) {
    lex_word(l);
  } else if (!scan_foreign(l) && !lex_sign(l)) {
    lex_unknown(l);
  }
}

/* Begins it with plain characters of two bytes each? */
static bool has_every_second_nul(struct text t) {
  const bool second = t.len >= 4 && t.ptr[1] == '\0' && t.ptr[3] == '\0';
  const bool first = t.len >= 4 && t.ptr[0] == '\0' && t.ptr[2] == '\0';
  return first != second;
}

/* Every second byte of it is a NUL: one error says more than thousands. */
static bool is_utf16(struct lexer *l) {
  if (!text_starts(l->text, TEXT("\xFF\xFE")) &&
      !text_starts(l->text, TEXT("\xFE\xFF")) &&
      !has_every_second_nul(l->text)) {
    return false;
  }
  l->at = 2;
  scan_error(l, DIAGNOSTIC_CODE_BAD_CHARACTER, 0, "this file is UTF-16",
             "save the file as UTF-8");
  l->at = l->text.len;
  return true;
}

bool lexer_run(struct reporter *r, struct arena *arena, struct tokens *out) {
  struct lexer l = {.reporter = r,
                    .arena = arena,
                    .out = out,
                    .text = r->source->text,
                    .line_found = r->diags->count,
                    .line = 1,
                    .column = 1};
  if (text_starts(l.text, TEXT("\xEF\xBB\xBF"))) {
    l.at = l.column_at = l.line_at = 3;
  }
  if (!is_utf16(&l)) {
    for (scan_blanks(&l); l.at < l.text.len; scan_blanks(&l)) {
      lexer_token(&l);
    }
  }
  (void)scan_push(&l, TOKEN_NEWLINE, l.at);
  (void)scan_push(&l, TOKEN_END, l.at);
  return !l.failed;
}
