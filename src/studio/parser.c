#include "studio/parser_priv.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"

/* ---- tokens */

const struct token *parser_peek(struct parser *p) {
  while (p->parens > 0 && p->tokens[p->at].kind == TOKEN_NEWLINE) {
    p->at++;
  }
  return &p->tokens[p->at];
}

const struct token *parser_next(struct parser *p) {
  const struct token *t = parser_peek(p);
  if (t->kind != TOKEN_END) {
    p->at++;
  }
  return t;
}

bool parser_at(struct parser *p, enum token_kind kind) {
  return parser_peek(p)->kind == kind;
}

bool parser_take(struct parser *p, enum token_kind kind) {
  if (!parser_at(p, kind)) {
    return false;
  }
  (void)parser_next(p);
  return true;
}

bool parser_at_keyword(struct parser *p, enum keyword keyword) {
  const struct token *t = parser_peek(p);
  return t->kind == TOKEN_WORD && t->keyword == keyword;
}

bool parser_take_keyword(struct parser *p, enum keyword keyword) {
  if (!parser_at_keyword(p, keyword)) {
    return false;
  }
  (void)parser_next(p);
  return true;
}

void parser_skip_newlines(struct parser *p) {
  while (p->tokens[p->at].kind == TOKEN_NEWLINE) {
    p->at++;
  }
}

void *parser_new(struct parser *p, size_t size) {
  void *ptr = arena_alloc(p->arena, size);
  if (ptr == NULL) {
    p->failed = true;
    p->panic = true; /* what follows would only be wrong */
  }
  return ptr;
}

bool parser_enter(struct parser *p) {
  if (p->depth < PARSER_DEPTH_MAX) {
    p->depth++;
    return true;
  }
  p->panic = p->panic || p->too_deep;
  p->too_deep = true;
  parser_error(p,
               (struct finding){.code = DIAGNOSTIC_CODE_TOO_LARGE,
                                .at = parser_peek(p)->at},
               "blocks and parentheses are nested deeper than %d here",
               PARSER_DEPTH_MAX);
  return false;
}

void parser_leave(struct parser *p) {
  bt_check(p->depth > 0);
  p->depth--;
}

/* ---- errors */

static void begin_panic(struct parser *p) {
  p->panic = true;
  /* What was wrongly read on in parentheses begins a line of its own. */
  while (p->parens > 0 && p->at > 0 &&
         p->tokens[p->at - 1].kind == TOKEN_NEWLINE) {
    p->at--;
  }
}

void parser_error(struct parser *p, struct finding f, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const bool again =
      f.at.line == p->reported.line && f.at.column == p->reported.column;
  if (!p->panic && !again) {
    report_list(p->reporter, f, format, args);
    p->reported = f.at;
  }
  if (!p->panic) {
    begin_panic(p);
  }
  va_end(args);
}

/* Just behind the last token when the next one is on a later line. */
static struct place error_place(struct parser *p) {
  const struct token *t = parser_peek(p);
  size_t before = p->at;
  while (before > 0 && p->tokens[before - 1].kind == TOKEN_NEWLINE) {
    before--;
  }
  if (before == p->at || before == 0 || p->parens == 0) {
    return t->at;
  }
  /* What the lexer puts in for a text without its end takes no place. */
  const struct token *last = &p->tokens[before - 1];
  const uint32_t length = last->to > last->from ? last->at.length : 0;
  return (struct place){last->at.line, last->at.column + length, 1};
}

static void describe(const struct token *t, char out[64]) {
  const bool keyword = t->kind == TOKEN_WORD && t->keyword != KEYWORD_NONE;
  if (t->kind == TOKEN_WORD) {
    (void)snprintf(out, 64, "%s'%.*s'", keyword ? "the keyword " : "",
                   TEXT_ARG(utf8_cut(t->text, 40)));
  } else {
    (void)snprintf(out, 64, "%s", token_kind_text(t->kind));
  }
}

void parser_expected(struct parser *p, const char *what) {
  parser_expected_hint(p, what, "");
}

void parser_expected_hint(struct parser *p, const char *what,
                          const char *hint) {
  const struct token *t = parser_peek(p);
  const struct text own = parser_found_hint(t, t == p->tokens);
  char found[64];
  describe(t, found);
  if (t->kind == TOKEN_BAD) {
    p->panic = true; /* the lexer has reported it */
    return;
  }
  parser_error(p,
               (struct finding){.code = DIAGNOSTIC_CODE_SYNTAX,
                                .at = error_place(p),
                                .hint = own.len > 0 ? own : text_from(hint)},
               "expected %s, found %s", what, found);
}

void parser_expected_closer(struct parser *p, const char *what,
                            const struct token *open) {
  char hint[64];
  (void)snprintf(hint, sizeof hint, "it closes the '%c' of line %u, column %u",
                 open->kind == TOKEN_BRACKET_OPEN ? '[' : '(', open->at.line,
                 open->at.column);
  parser_expected_hint(p, what,
                       open->at.line == error_place(p).line ? "" : hint);
}

bool parser_expect(struct parser *p, enum token_kind kind, const char *what) {
  if (parser_take(p, kind)) {
    return true;
  }
  parser_expected(p, what);
  return false;
}

enum { LINE_TOKENS_MAX = 200 }; /* that are looked at */

/* The text of this line that has no closing mark; 0 if there is none. What is
 * between here and there may be words of it, and its braces none of blocks. */
static size_t unclosed_text(const struct parser *p) {
  for (size_t at = p->at; at < p->at + LINE_TOKENS_MAX; at++) {
    const struct token *t = &p->tokens[at];
    if (t->kind == TOKEN_NEWLINE || t->kind == TOKEN_END) {
      return 0;
    }
    if (t->kind == TOKEN_BAD && t->unclosed) {
      return at;
    }
  }
  return 0;
}

void parser_skip_line(struct parser *p) {
  const size_t unclosed = unclosed_text(p);
  p->at = unclosed > 0 ? unclosed : p->at;
  p->parens = 0;
  for (;;) {
    switch ((unsigned)p->tokens[p->at].kind) {
    case TOKEN_END:
    case TOKEN_NEWLINE:
    case TOKEN_BRACE_OPEN:
    case TOKEN_BRACE_CLOSE:
      return;
    default:
      p->at++;
    }
  }
}

/* ---- the whole file */

bool parser_run(struct reporter *r, struct arena *arena,
                const struct token *tokens, struct script *script) {
  struct parser p = {.reporter = r, .arena = arena, .tokens = tokens};
  *script = (struct script){0};
  struct unit *main_unit = parser_new(&p, sizeof *main_unit);
  if (main_unit == NULL) {
    return false;
  }
  *main_unit = (struct unit){.kind = UNIT_MAIN, .at = {1, 1, 1}};
  script->units = main_unit;
  script->unit_count = 1;
  p.script = script;
  p.unit = main_unit;
  p.units_end = &main_unit->next;
  parser_statements(&p, &main_unit->body);
  return !p.failed;
}
