/* Within a line: blanks, the case of keywords, quotation marks. */
#include "studio/event_priv.h"
#include "studio/format_priv.h"
#include "studio/lexer_scan_priv.h"

bool format_is_set(const struct formatter *f, size_t at) {
  const enum token_kind next = f->tokens[at + 1].kind;
  return next == TOKEN_ASSIGN || next == TOKEN_EQ || next == TOKEN_DOT ||
         next == TOKEN_BRACKET_OPEN;
}

bool format_is_word(const struct formatter *f, size_t at,
                    enum keyword keyword) {
  const struct token *t = &f->tokens[at];
  return t->kind == TOKEN_WORD && t->keyword == keyword;
}

/* ---- words */

static bool is_soft_keyword(const struct formatter *f, size_t at) {
  switch ((unsigned)f->tokens[at].keyword) {
  case KEYWORD_TO:
  case KEYWORD_STEP:
  case KEYWORD_IN:
    return f->value_before;
  case KEYWORD_END:
    return f->begins && !format_is_set(f, at) &&
           f->tokens[at + 1].kind == TOKEN_WORD;
  case KEYWORD_ON:
    return f->keyword_before == KEYWORD_END ||
           (f->begins && !format_is_set(f, at));
  case KEYWORD_TRACE:
  case KEYWORD_ENDIF:
  case KEYWORD_NEXT:
    return f->begins && !format_is_set(f, at);
  default:
    return false;
  }
}

/* The keyword that the word at @at stands for; NONE if it is a name. */
static enum keyword keyword_at(const struct formatter *f, size_t at) {
  const struct token *t = &f->tokens[at];
  if (t->keyword == KEYWORD_NONE || f->before == TOKEN_DOT) {
    return KEYWORD_NONE;
  }
  return keyword_is_hard(t->keyword) || is_soft_keyword(f, at) ? t->keyword
                                                               : KEYWORD_NONE;
}

static bool is_constant(enum keyword keyword) {
  return keyword == KEYWORD_TRUE || keyword == KEYWORD_FALSE ||
         keyword == KEYWORD_NULL;
}

/* ---- blanks */

static bool wants_blank(const struct formatter *f, enum token_kind kind) {
  const bool joins = f->before == TOKEN_PAREN_OPEN ||
                     f->before == TOKEN_BRACKET_OPEN ||
                     f->before == TOKEN_DOT || f->before == TOKEN_DATE ||
                     f->before == TOKEN_SUBST_OPEN;
  if (!f->line_open || joins || f->sign_before) {
    return false;
  }
  switch ((unsigned)kind) {
  case TOKEN_PAREN_CLOSE:
  case TOKEN_BRACKET_CLOSE:
  case TOKEN_COMMA:
  case TOKEN_DOT:
  case TOKEN_COLON:
  case TOKEN_SUBST_CLOSE:
    return false;
  case TOKEN_PAREN_OPEN:
  case TOKEN_BRACKET_OPEN:
    return !f->value_before;
  default:
    return true;
  }
}

static bool ends_value(enum token_kind kind) {
  return kind == TOKEN_NUMBER || kind == TOKEN_TEXT ||
         kind == TOKEN_TEXT_CLOSE || kind == TOKEN_PAREN_CLOSE ||
         kind == TOKEN_BRACKET_CLOSE || kind == TOKEN_WORD;
}

static void count_parens(struct formatter *f, enum token_kind kind) {
  if (kind == TOKEN_PAREN_OPEN || kind == TOKEN_BRACKET_OPEN) {
    f->parens++;
  } else if (kind == TOKEN_PAREN_CLOSE || kind == TOKEN_BRACKET_CLOSE) {
    f->parens -= f->parens > 0;
  }
}

static void begin_line(struct formatter *f, enum token_kind kind) {
  const bool closes = kind == TOKEN_PAREN_CLOSE || kind == TOKEN_BRACKET_CLOSE;
  const unsigned inner = f->parens - (closes && f->parens > 0);
  if (f->blank && f->out->len > 0) {
    textbuf_add_char(f->out, '\n');
  }
  f->blank = false;
  for (unsigned i = 0; i < (f->depth + inner) * FORMAT_INDENT; i++) {
    textbuf_add_char(f->out, ' ');
  }
}

/* A blank, or the beginning of a line, and the state behind the token. */
static void lead(struct formatter *f, enum token_kind kind) {
  if (wants_blank(f, kind)) {
    textbuf_add_char(f->out, ' ');
  }
  if (!f->line_open) {
    begin_line(f, kind);
    f->line_open = true;
  }
  count_parens(f, kind);
  f->sign_before = kind == TOKEN_MINUS && !f->value_before;
  f->value_before = ends_value(kind);
  f->before = kind;
  f->keyword_before = KEYWORD_NONE;
}

void format_add(struct formatter *f, struct text text) {
  lead(f, TOKEN_BRACE_OPEN);
  textbuf_add(f->out, text);
}

/* ---- quoted texts */

static struct quote quote_at(const struct formatter *f, size_t at) {
  const struct lexer l = {.text = f->source};
  return scan_quote_at(&l, at);
}

/* What may stand before the mark ($), and the mark; returns where it ends. */
static size_t open_text(struct formatter *f, size_t from) {
  struct quote mark = quote_at(f, from);
  while (mark.length == 0) {
    textbuf_add_char(f->out, f->source.ptr[from++]);
    mark = quote_at(f, from);
  }
  textbuf_add_char(f->out, mark.plain);
  return from + mark.length;
}

static void close_text(struct formatter *f, size_t from, size_t to) {
  const struct quote pasted = quote_at(f, to >= 3 ? to - 3 : 0);
  const size_t length = pasted.pasted ? pasted.length : 1;
  const struct quote mark = quote_at(f, to - length);
  textbuf_add(f->out, text_sub(f->source, from, to - length - from));
  textbuf_add_char(f->out, mark.plain);
}

static void write_any(struct formatter *f);

/* { expression }, whose first token is at hand. */
static void write_substitution(struct formatter *f) {
  const struct formatter outer = *f;
  lead(f, TOKEN_SUBST_OPEN);
  textbuf_add_char(f->out, '{');
  f->value_before = f->begins = false;
  f->at++;
  while (f->tokens[f->at].kind != TOKEN_SUBST_CLOSE) {
    write_any(f);
  }
  textbuf_add_char(f->out, '}');
  f->parens = outer.parens;
}

/* A text with substitutions, whose TEXT_OPEN is at hand. */
static void write_template(struct formatter *f) {
  size_t from = open_text(f, f->tokens[f->at].from);
  for (f->at++; f->tokens[f->at].kind != TOKEN_TEXT_CLOSE; f->at++) {
    const struct token *t = &f->tokens[f->at];
    if (t->kind == TOKEN_SUBST_OPEN) {
      textbuf_add(f->out, text_sub(f->source, from, t->from - from));
      f->sign_before = f->value_before = true; /* the text, without a blank */
      write_substitution(f);
      from = f->tokens[f->at].to;
    }
  }
  close_text(f, from, f->tokens[f->at].from);
  f->sign_before = false;
  f->value_before = true;
  f->before = TOKEN_TEXT_CLOSE;
}

/* ---- any token */

static void write_word(struct formatter *f, const struct token *t) {
  const enum keyword keyword = keyword_at(f, f->at);
  const bool event = f->keyword_before == KEYWORD_ON && f->in_header;
  const struct text canonical =
      event ? event_canonical_name(t->text) : TEXT("");
  lead(f, TOKEN_WORD);
  if (keyword != KEYWORD_NONE) {
    textbuf_add(f->out, text_from(keyword_text(keyword)));
    f->value_before = is_constant(keyword);
  } else {
    textbuf_add(f->out, canonical.len > 0 ? canonical : t->text);
  }
  f->keyword_before = keyword;
}

static void write_any(struct formatter *f) {
  const struct token *t = &f->tokens[f->at];
  switch ((unsigned)t->kind) {
  case TOKEN_WORD:
    write_word(f, t);
    break;
  case TOKEN_TEXT:
    lead(f, TOKEN_TEXT);
    close_text(f, open_text(f, t->from), t->to);
    break;
  case TOKEN_TEXT_OPEN:
    lead(f, TOKEN_TEXT_OPEN);
    write_template(f);
    break;
  default:
    lead(f, t->kind);
    textbuf_add(f->out, text_sub(f->source, t->from, t->to - t->from));
  }
  f->at++;
}

void format_token(struct formatter *f) {
  write_any(f);
  f->begins = false;
}
