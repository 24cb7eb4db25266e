/* Quoted texts: marks, escapes, and expressions in braces. */
#include "studio/lexer_scan_priv.h"

enum { TEXT_DEPTH_MAX = 16 }; /* texts within braces within texts … */

struct literal {
  struct quote open;
  bool escapes;
  bool close_pasted; /* a typographic mark ends it too */
  size_t from;       /* of the whole */
  size_t part_from;  /* of the literal part being read */
  bool substituted;
  bool unclosed; /* by a mark */
  bool broken;   /* that, or a substitution in it has no end: it is reported */
  struct textbuf part;
};

static bool ends_line(const struct lexer *l) {
  const int c = scan_peek(l, 0);
  return c == -1 || c == '\n' || (c == '\r' && scan_peek(l, 1) == '\n');
}

/* A plain mark that opens is closed by a plain one; only when the line has
 * none left, a typographic one was meant. */
static bool line_has_plain(const struct lexer *l, char mark) {
  for (size_t i = l->at; i < l->text.len && l->text.ptr[i] != '\n'; i++) {
    if (l->text.ptr[i] == mark) {
      return true;
    }
  }
  return false;
}

static bool closes(const struct lexer *l, const struct literal *t,
                   struct quote *mark) {
  *mark = scan_quote_at(l, l->at);
  return mark->length > 0 && mark->plain == t->open.plain &&
         (!mark->pasted || t->close_pasted);
}

static void push_part(struct lexer *l, struct literal *t, enum token_kind kind,
                      size_t from) {
  const struct text content = arena_copy_text(l->arena, textbuf_text(&t->part));
  if (t->part.failed || content.ptr == NULL) {
    l->failed = true;
    return;
  }
  struct token *token = scan_push(l, kind, from);
  if (token != NULL) {
    token->text = content;
  }
  textbuf_clear(&t->part);
}

static void skip_line_blanks(const struct lexer *l, size_t *at) {
  while (*at < l->text.len &&
         (l->text.ptr[*at] == ' ' || l->text.ptr[*at] == '\t')) {
    (*at)++;
  }
}

/* Skips a mark at *@at, or an escaped one; 0 if there is none. */
static char take_mark(const struct lexer *l, const struct literal *t,
                      size_t *at) {
  const bool escaped =
      t->escapes && *at < l->text.len && l->text.ptr[*at] == '\\';
  const struct quote mark = scan_quote_at(l, *at + escaped);
  if (mark.length == 0 || (!escaped && mark.plain == t->open.plain)) {
    return 0;
  }
  *at += mark.length + escaped;
  return mark.plain;
}

/* Is the brace here one of JSON, {"name": … or {}, and not a substitution? No
 * expression begins with a text and a colon, so nothing is lost, and JSON can
 * be written as it stands. */
static bool is_json_brace(const struct lexer *l, const struct literal *t) {
  size_t at = l->at + 1;
  skip_line_blanks(l, &at);
  if (at < l->text.len && l->text.ptr[at] == '}') {
    return true;
  }
  const char mark = take_mark(l, t, &at);
  if (mark == 0) {
    return false;
  }
  while (at < l->text.len && l->text.ptr[at] != '\n') {
    size_t end = at;
    if (take_mark(l, t, &end) == mark) {
      skip_line_blanks(l, &end);
      return end < l->text.len && l->text.ptr[end] == ':';
    }
    at++;
  }
  return false;
}

static void take_substitution(struct lexer *l, struct literal *t) {
  if (!t->substituted) {
    t->substituted = true;
    (void)scan_push(l, TOKEN_TEXT_OPEN, t->from);
  }
  if (t->part.len > 0) {
    push_part(l, t, TOKEN_TEXT, t->part_from);
  }
  const size_t open = l->at++;
  (void)scan_push(l, TOKEN_SUBST_OPEN, open);
  for (;;) {
    scan_blanks(l);
    if (ends_line(l)) {
      scan_error(
          l, DIAGNOSTIC_CODE_BAD_TEXT, open,
          "this { in a text has no } on its line",
          "for the character itself write \\{ in a text that begins with $\"");
      t->broken = true;
      break;
    }
    if (scan_peek(l, 0) == '}') {
      l->at++;
      break;
    }
    lexer_token(l);
  }
  (void)scan_push(l, TOKEN_SUBST_CLOSE, t->broken ? l->at : l->at - 1);
  t->part_from = l->at;
}

static void take_escape(struct lexer *l, struct literal *t) {
  static const char from[] = "trnb0\"'\\{";
  static const char to[] = "\t\r\n\b\0\"'\\{";
  const int c = scan_peek(l, 1);
  for (size_t i = 0; i < sizeof from - 1; i++) {
    if (c == from[i]) {
      textbuf_add_char(&t->part, to[i]);
      l->at += 2;
      return;
    }
  }
  const size_t at = l->at++;
  scan_error(l, DIAGNOSTIC_CODE_BAD_TEXT, at, "unknown escape in a $\" text",
             c == '}' ? "write } alone: it stands as it is"
                      : "known are \\\" \\' \\\\ \\t \\r \\n \\b \\0 \\{");
}

static void take_char(struct lexer *l, struct literal *t) {
  const size_t n = utf8_length(l->text, l->at);
  if (n == 0) {
    scan_bad_bytes(l);
    return;
  }
  textbuf_add(&t->part, text_sub(l->text, l->at, n));
  l->at += n;
}

/* To the closing mark. False: the line ended first. */
static bool take_content(struct lexer *l, struct literal *t) {
  struct quote mark;
  while (!ends_line(l)) {
    if (closes(l, t, &mark)) {
      l->at += mark.length;
      return true;
    }
    const int c = scan_peek(l, 0);
    if (c == '\\' && t->escapes) {
      take_escape(l, t);
    } else if (c == '{' && !is_json_brace(l, t)) {
      take_substitution(l, t);
    } else {
      take_char(l, t);
    }
  }
  return false;
}

static void end_line(struct lexer *l) {
  while (!ends_line(l)) {
    l->at++;
  }
}

static bool begins_line(const struct lexer *l, size_t at) {
  while (at > l->line_at &&
         (l->text.ptr[at - 1] == ' ' || l->text.ptr[at - 1] == '\t')) {
    at--;
  }
  return at == l->line_at;
}

/* Does the line begin as one that opens a block? */
static bool is_header(const struct token *first) {
  switch (
      (unsigned)(first->kind == TOKEN_WORD ? first->keyword : KEYWORD_NONE)) {
  case KEYWORD_IF:
  case KEYWORD_ELSE:
  case KEYWORD_FOR:
  case KEYWORD_FOREACH:
  case KEYWORD_REPEAT:
  case KEYWORD_SWITCH:
  case KEYWORD_CASE:
  case KEYWORD_FUNCTION:
    return true;
  default:
    return first->kind == TOKEN_BRACE_CLOSE;
  }
}

/* Could the @brace at the end of this line be that of a block? */
static bool line_has_block(const struct lexer *l, char brace) {
  size_t first = l->out->count;
  int open = 0;
  for (; first > 0; first--) {
    const enum token_kind kind = l->out->items[first - 1].kind;
    if (kind == TOKEN_NEWLINE) {
      break;
    }
    open += (kind == TOKEN_BRACE_OPEN) - (kind == TOKEN_BRACE_CLOSE);
  }
  return brace == '}'
             ? open > 0
             : first < l->out->count && is_header(&l->out->items[first]);
}

/* A text that lost its mark has run to the end of its line. A brace there is
 * most likely that of the line's block, which would be missed. */
static void give_back_brace(struct lexer *l, size_t from) {
  size_t at = l->at;
  while (at > from + 1 &&
         (l->text.ptr[at - 1] == ' ' || l->text.ptr[at - 1] == '\t')) {
    at--;
  }
  if (at <= from + 1) {
    return;
  }
  const char last = l->text.ptr[at - 1];
  if ((last == '{' || last == '}') && line_has_block(l, last)) {
    l->at = at - 1;
  }
}

static void take_text(struct lexer *l, struct literal *t) {
  if (l->depth >= TEXT_DEPTH_MAX) {
    scan_error(l, DIAGNOSTIC_CODE_TOO_LARGE, t->from,
               "texts are nested too deeply here", "");
    end_line(l);
    t->broken = true;
    return;
  }
  l->depth++;
  const bool closed = take_content(l, t);
  if (!closed && l->depth > 1) {
    t->broken = true; /* the { around it has no } either, which says more */
  } else if (!closed && !t->broken) {
    diagnostics_take_back(l->reporter->diags, l->line_found);
    scan_error(l, DIAGNOSTIC_CODE_BAD_TEXT, t->from,
               "this text has no closing quotation mark on its line",
               begins_line(l, t->from) && t->open.plain == '\''
                   ? "a comment begins with //"
                   : "");
    t->broken = t->unclosed = true;
  }
  l->depth--;
  if (t->broken && l->depth == 0) {
    give_back_brace(l, t->from);
  }
}

static void push_text(struct lexer *l, struct literal *t) {
  if (!t->substituted) {
    push_part(l, t, TOKEN_TEXT, t->from);
    return;
  }
  if (t->part.len > 0) {
    push_part(l, t, TOKEN_TEXT, t->part_from);
  }
  (void)scan_push(l, TOKEN_TEXT_CLOSE, l->at);
}

/* The first text of this line, of the tokens before @end. When a mark is
 * missing, nobody knows which: all from the first on is uncertain. */
static size_t first_text(const struct lexer *l, size_t end) {
  size_t at = l->line_first;
  while (at < end && l->out->items[at].kind != TOKEN_TEXT &&
         l->out->items[at].kind != TOKEN_TEXT_OPEN) {
    at++;
  }
  return at;
}

void scan_text(struct lexer *l, bool escapes) {
  struct literal t = {.open = scan_quote_at(l, l->at),
                      .escapes = escapes,
                      .from = l->at - escapes,
                      .part_from = l->at};
  const size_t first_token = l->out->count;
  textbuf_init(&t.part, l->arena->mem);
  if (t.open.pasted) {
    scan_note_pasted_quote(l, t.open.length);
  }
  l->at += t.open.length;
  t.close_pasted = t.open.pasted || !line_has_plain(l, t.open.plain);
  take_text(l, &t);
  if (t.broken) { /* one error is enough */
    l->out->count = t.unclosed ? first_text(l, first_token) : first_token;
    struct token *bad = scan_push(l, TOKEN_BAD, l->at);
    if (bad != NULL) {
      bad->unclosed = t.unclosed;
    }
  } else {
    push_text(l, &t);
  }
  textbuf_free(&t.part);
}
