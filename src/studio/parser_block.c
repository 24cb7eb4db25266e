/* Blocks: what opens them, what closes them, and what does not fit. */
#include "base/check.h"
#include "studio/parser_priv.h"

enum {
  SURPLUS_MAX = 4 /* braces of one line that are looked at */
};

static const struct closer {
  enum keyword keyword; /* that opens */
  const char *text;     /* that closes */
} closers[] = {
    {KEYWORD_IF, "END IF"},
    {KEYWORD_FOR, "END FOR"},
    {KEYWORD_FOREACH, "END FOREACH"},
    {KEYWORD_REPEAT, "END REPEAT"},
    {KEYWORD_SELECT, "END SELECT"},
    {KEYWORD_SWITCH, "END SWITCH"},
    {KEYWORD_FUNCTION, "END FUNCTION"},
    {KEYWORD_ON, "END ON"},
};

static const char *closer_text(const struct opener *o) {
  if (o->brace) {
    return "}";
  }
  for (size_t i = 0; i < sizeof closers / sizeof closers[0]; i++) {
    if (closers[i].keyword == o->keyword) {
      return closers[i].text;
    }
  }
  bt_check_failed("every opener has a closer", __FILE__, __LINE__, __func__);
}

/* ---- what stands at the beginning of a statement? */

static const struct token *token_at(const struct parser *p, size_t at) {
  return &p->tokens[at];
}

static bool is_word(const struct token *t, enum keyword keyword) {
  return t->kind == TOKEN_WORD && t->keyword == keyword;
}

/* END, NEXT … may also be a variable that is being set. */
static bool is_set(const struct parser *p, size_t at) {
  const enum token_kind kind = token_at(p, at + 1)->kind;
  return kind == TOKEN_ASSIGN || kind == TOKEN_EQ || kind == TOKEN_DOT ||
         kind == TOKEN_BRACKET_OPEN;
}

bool parser_opens_block(enum keyword keyword) {
  for (size_t i = 0; i < sizeof closers / sizeof closers[0]; i++) {
    if (closers[i].keyword == keyword) {
      return true;
    }
  }
  return false;
}

enum keyword parser_closed_keyword(const struct parser *p, size_t at) {
  const struct token *t = token_at(p, at);
  if (t->kind != TOKEN_WORD || is_set(p, at)) {
    return KEYWORD_NONE;
  }
  if (t->keyword == KEYWORD_ENDIF) {
    return KEYWORD_IF;
  }
  if (t->keyword == KEYWORD_NEXT) {
    return KEYWORD_FOR;
  }
  const struct token *named = token_at(p, at + 1);
  return t->keyword == KEYWORD_END && named->kind == TOKEN_WORD &&
                 parser_opens_block(named->keyword)
             ? named->keyword
             : KEYWORD_NONE;
}

static bool ends_line(const struct token *t) {
  return t->kind == TOKEN_NEWLINE || t->kind == TOKEN_END;
}

enum { END_TOKENS_MAX = 4 }; /* END and a word or two that went wrong */

/* ENDFOR, ENDFI */
static bool is_joined_end(struct text word) {
  static const struct text joined[] = {
      {"ENDIF", 5},     {"ENDFOR", 6},    {"ENDFOREACH", 10}, {"ENDREPEAT", 9},
      {"ENDSELECT", 9}, {"ENDSWITCH", 9}, {"ENDFUNCTION", 11}};
  const size_t count = sizeof joined / sizeof joined[0];
  return text_equal_nocase(text_sub(word, 0, 3), TEXT("END")) &&
         text_nearest(word, joined, count) < count;
}

/* END, END FI, END {IF: how many tokens, up to the end of the line; 0 if END is
 * a variable, or a closer that is in order. */
static size_t end_and_others(const struct parser *p) {
  const struct token *t = token_at(p, p->at);
  size_t n = 1;
  if (is_set(p, p->at) || t[1].kind == TOKEN_PAREN_OPEN ||
      parser_closed_keyword(p, p->at) != KEYWORD_NONE) {
    return 0;
  }
  while (n < END_TOKENS_MAX && !ends_line(t + n) &&
         t[n].kind != TOKEN_BRACE_CLOSE) {
    n++;
  }
  return n < END_TOKENS_MAX ? n : 0;
}

/* A CASE without braces has no closer of its own. */
static bool is_keyword_case(const struct opener *o) {
  return o != NULL && o->keyword == KEYWORD_CASE && !o->brace;
}

/* The innermost block that has a closer. */
static const struct opener *innermost(const struct parser *p) {
  return is_keyword_case(p->open) ? p->open->outer : p->open;
}

/* NEXT, NEXT x behind FOREACH or REPEAT, with no FOR around it. */
static size_t next_of_other_loop(const struct parser *p) {
  const struct opener *o = innermost(p);
  const bool loop =
      o != NULL && !o->brace &&
      (o->keyword == KEYWORD_FOREACH || o->keyword == KEYWORD_REPEAT);
  for (; o != NULL; o = o->outer) {
    if (o->keyword == KEYWORD_FOR) {
      return 0;
    }
  }
  return !loop ? 0 : token_at(p, p->at + 1)->kind == TOKEN_WORD ? 2 : 1;
}

/* The words at hand that were meant to close a block, and do not say which in
 * the words of the language: END, as other languages close any block, END FI,
 * ENDFOR. 0 if it is nothing like that. */
static size_t vague_end_words(const struct parser *p) {
  const struct token *t = token_at(p, p->at), *behind = t + 1;
  if (t->kind != TOKEN_WORD || parser_at_foreign_end(p)) {
    return 0;
  }
  if (is_word(t, KEYWORD_END)) {
    return end_and_others(p);
  }
  if (is_word(t, KEYWORD_NEXT) && !is_set(p, p->at)) {
    return next_of_other_loop(p);
  }
  return t->keyword == KEYWORD_NONE && ends_line(behind) &&
         is_joined_end(t->text);
}

bool parser_at_elseif(const struct parser *p) {
  static const char *const words[] = {"ELSEIF", "ELSIF", "ELIF"};
  const struct token *t = token_at(p, p->at);
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (t->kind == TOKEN_WORD && !is_set(p, p->at) &&
        text_equal_nocase(t->text, text_from(words[i]))) {
      return true;
    }
  }
  return false;
}

static bool at_else(const struct parser *p) {
  return is_word(token_at(p, p->at), KEYWORD_ELSE) || parser_at_elseif(p);
}

static bool at_label(const struct parser *p) {
  const struct token *t = token_at(p, p->at);
  return is_word(t, KEYWORD_CASE) || is_word(t, KEYWORD_DEFAULT);
}

/* Does the token at hand end a block of some kind? */
static bool ends_some_block(const struct parser *p) {
  const struct token *t = token_at(p, p->at);
  return vague_end_words(p) > 0 || t->kind == TOKEN_BRACE_CLOSE || at_else(p) ||
         at_label(p) || parser_closed_keyword(p, p->at) != KEYWORD_NONE;
}

/* … this one? */
static bool ends(const struct parser *p, const struct opener *o) {
  const struct token *t = token_at(p, p->at);
  if (vague_end_words(p) > 0) {
    return !o->brace && o == innermost(p);
  }
  if (o->brace && o->keyword != KEYWORD_CASE) {
    return t->kind == TOKEN_BRACE_CLOSE;
  }
  if (o->keyword == KEYWORD_CASE) { /* a label ends one that lost its brace */
    return at_label(p) || (o->brace && t->kind == TOKEN_BRACE_CLOSE);
  }
  if (o->keyword == KEYWORD_IF && at_else(p)) {
    return true;
  }
  return parser_closed_keyword(p, p->at) == o->keyword;
}

static const struct opener *find_ended(const struct parser *p) {
  for (const struct opener *o = p->open; o != NULL; o = o->outer) {
    if (ends(p, o)) {
      return o;
    }
  }
  return NULL;
}

/* The closer at hand: one word, or END and another. */
static size_t closer_words(const struct parser *p) {
  const size_t vague = vague_end_words(p);
  return vague > 0 ? vague : is_word(token_at(p, p->at), KEYWORD_END) ? 2 : 1;
}

/* ---- blocks that went wrong */

/* Is the brace at hand one that was never meant? It has no other, while all
 * the others have one. */
static bool is_surplus_brace(const struct parser *p) {
  const enum token_kind kind = token_at(p, p->at)->kind;
  const bool brace = kind == TOKEN_BRACE_OPEN || kind == TOKEN_BRACE_CLOSE;
  if (!brace || p->reporter->diags->count >= DIAGNOSTICS_MAX) {
    return false;
  }
  const int surplus = parser_surplus_braces(p);
  return kind == TOKEN_BRACE_OPEN ? surplus < 0 : surplus > 0;
}

/* Of a line that has gone wrong: to its end, or to a brace that counts. */
static void skip_rest(struct parser *p) {
  parser_skip_line(p);
  for (int i = 0; i < SURPLUS_MAX && is_surplus_brace(p); i++) {
    p->at++;
    parser_skip_line(p);
  }
}

/* IF x { … END IF: the closer of the other form, and there is no brace for it
 * later? */
static bool fits_but_form(const struct parser *p) {
  const struct opener *o = p->open;
  return o != NULL && o->brace &&
         (parser_closed_keyword(p, p->at) == o->keyword ||
          (o->keyword == KEYWORD_IF && at_else(p))) &&
         p->reporter->diags->count < DIAGNOSTICS_MAX &&
         parser_surplus_braces(p) < 0;
}

/* Then the block is taken as closed. */
static bool gives_up(struct parser *p) {
  if (!fits_but_form(p)) {
    return false;
  }
  p->given_up = p->open;
  p->at += at_else(p) ? 0 : closer_words(p);
  return true;
}

static bool could_close_loop(const struct parser *p) {
  const enum keyword closed = parser_closed_keyword(p, p->at);
  return token_at(p, p->at)->kind == TOKEN_BRACE_CLOSE ||
         closed == KEYWORD_FOR || closed == KEYWORD_FOREACH ||
         closed == KEYWORD_REPEAT;
}

static void report_stray(struct parser *p) {
  const struct token *t = token_at(p, p->at);
  const struct opener *o = innermost(p);
  p->panic = p->panic || p->too_deep; /* blocks were passed over */
  const struct finding f = {.code = DIAGNOSTIC_CODE_BAD_BLOCK, .at = t->at};
  const bool pair = closer_words(p) == 2 && t[1].kind == TOKEN_WORD;
  const bool label = at_label(p);
  const struct text first = t->kind == TOKEN_WORD ? t->text : TEXT("}");
  const struct text second = pair ? token_at(p, p->at + 1)->text : TEXT("");
  if (o == NULL) {
    parser_error(p, f, "'%.*s%s%.*s' closes nothing: no block is open here",
                 TEXT_ARG(first), pair ? " " : "", TEXT_ARG(second));
  } else {
    parser_error(p, f,
                 "'%.*s%s%.*s' does not close the %s of line %u, which needs "
                 "'%s'",
                 TEXT_ARG(first), pair ? " " : "", TEXT_ARG(second),
                 keyword_text(o->keyword), o->at.line, closer_text(o));
  }
  if (label && !p->too_deep) {
    p->panic = p->failed;
    parser_lost_cases(p, parser_lost_keyword(p), parser_surplus_braces(p) > 0);
    return;
  }
  if (gives_up(p)) {
    return;
  }
  p->lost_blocks = p->lost_blocks || could_close_loop(p);
  p->at += closer_words(p);
  parser_skip_line(p);
  parser_reject_block(p);
}

static void report_unclosed(struct parser *p, const struct opener *o) {
  const struct token *t = token_at(p, p->at);
  p->lost_blocks = true;
  if (o->lost || p->too_deep) { /* which was reported */
    return;
  }
  const bool brace = o->brace;
  parser_error(p,
               (struct finding){.code = DIAGNOSTIC_CODE_BAD_BLOCK, .at = o->at},
               "this %s%s has no '%s': expected before line %u%s",
               keyword_text(o->keyword), brace ? " {" : "", closer_text(o),
               t->at.line, t->kind == TOKEN_END ? ", the end of the file" : "");
}

/* END or END FI where END IF is needed: reported, and taken for it. */
static void report_vague_end(struct parser *p, const struct opener *o) {
  if (o->lost) {
    return;
  }
  const struct token *t = token_at(p, p->at);
  const bool bare = is_word(t, KEYWORD_END) && closer_words(p) == 1;
  const bool pair = closer_words(p) == 2 && t[1].kind == TOKEN_WORD;
  const struct text second = pair ? t[1].text : TEXT("");
  struct textbuf hint;
  textbuf_init(&hint, p->arena->mem);
  textbuf_addf(&hint, "write %s", closer_text(o));
  parser_error(p,
               (struct finding){.code = DIAGNOSTIC_CODE_BAD_BLOCK,
                                .at = t->at,
                                .hint = textbuf_text(&hint)},
               "'%.*s%s%.*s'%s closes nothing: the %s of line %u needs '%s'",
               TEXT_ARG(t->text), second.len > 0 ? " " : "", TEXT_ARG(second),
               bare ? " alone" : "", keyword_text(o->keyword), o->at.line,
               closer_text(o));
  textbuf_free(&hint);
  p->panic = p->failed;
}

/* ---- statements up to the end of their block */

/* To a brace at the beginning of a later line, if the next thing is one. */
static void skip_to_brace(struct parser *p) {
  const size_t before = p->at;
  parser_skip_newlines(p);
  if (token_at(p, p->at)->kind != TOKEN_BRACE_OPEN) {
    p->at = before;
  }
}

void parser_statements(struct parser *p, struct block *out) {
  struct stmt **end = &out->first;
  for (;;) {
    p->panic = p->failed;
    p->parens = 0;
    parser_skip_newlines(p);
    if (token_at(p, p->at)->kind == TOKEN_END || p->failed) {
      return;
    }
    if (ends_some_block(p)) {
      if (find_ended(p) != NULL && !fits_but_form(p)) {
        return; /* the caller sees whether it is this block that ends */
      }
      report_stray(p);
      if (p->given_up != NULL) {
        return;
      }
      continue;
    }
    const size_t before = p->at;
    struct stmt *s = parser_stmt(p);
    if (p->panic) {
      p->at += p->at == before; /* always on, whatever it was */
      skip_rest(p);
      skip_to_brace(p);
      parser_reject_block(p); /* whatever it belonged to */
    }
    if (s != NULL) {
      *end = s;
      end = &s->next;
    }
  }
}

void parser_close(struct parser *p, const struct opener *o) {
  if (p->failed || is_keyword_case(o)) {
    return; /* ended by what comes next */
  }
  if (p->given_up == o) {
    p->given_up = NULL;
    p->panic = p->failed;
    return;
  }
  const bool label = o->keyword == KEYWORD_CASE && at_label(p);
  const bool here =
      token_at(p, p->at)->kind != TOKEN_END && ends(p, o) && !label;
  if (!here) {
    report_unclosed(p, o);
    p->panic = false; /* what stands here is in order */
  } else if (!at_else(p)) {
    if (vague_end_words(p) > 0) {
      report_vague_end(p, o);
    }
    const bool next = is_word(token_at(p, p->at), KEYWORD_NEXT);
    p->at += closer_words(p);
    if (next && token_at(p, p->at)->kind == TOKEN_WORD) {
      p->at++; /* NEXT i */
    }
  }
}

/* IF x TRACE "a", the whole on one line: passed, with its closer if that
 * stands on the line, too. */
static bool pass_inline(struct parser *p, enum keyword keyword) {
  for (; !ends_line(token_at(p, p->at)); p->at++) {
    if (parser_closed_keyword(p, p->at) == keyword) {
      p->at += closer_words(p);
      return true;
    }
    if (token_at(p, p->at)->kind == TOKEN_BRACE_OPEN ||
        token_at(p, p->at)->kind == TOKEN_BRACE_CLOSE) {
      return false;
    }
  }
  return false;
}

/* A statement where a body should begin: reported. True if it is the whole
 * body, as other languages have it, and no closer follows. */
static bool reject_inline(struct parser *p, enum keyword keyword) {
  const struct token *before = token_at(p, p->at - 1);
  if (token_at(p, p->at)->kind == TOKEN_COLON &&
      ends_line(token_at(p, p->at + 1))) {
    parser_expected_hint(p, "'{' or the end of the line",
                         "leave the ':' out, and close the block");
    p->at++;
    p->panic = p->failed;
    return false;
  }
  if (!is_word(before, KEYWORD_THEN)) { /* which was reported */
    parser_expected_hint(p, "'{' or the end of the line",
                         "what stands on the same line needs braces: { … }");
  }
  if (is_surplus_brace(p)) {
    skip_rest(p);
  }
  const bool closed = pass_inline(p, keyword);
  p->panic = p->failed;
  return closed || (keyword == KEYWORD_IF && ends_line(token_at(p, p->at)) &&
                    p->reporter->diags->count < DIAGNOSTICS_MAX &&
                    !parser_if_is_closed(p, p->at));
}

/* IF (x is null) RETURN: does a statement stand on the rest of the line, and no
 * block begin? */
static bool holds_statement(const struct parser *p) {
  bool statement = false;
  for (size_t at = p->at; !ends_line(token_at(p, at)); at++) {
    const struct token *t = token_at(p, at);
    if (t->kind == TOKEN_BRACE_OPEN || t->kind == TOKEN_BRACE_CLOSE) {
      return false;
    }
    statement = statement || is_word(t, KEYWORD_RETURN) ||
                is_word(t, KEYWORD_BREAK) || is_word(t, KEYWORD_CONTINUE) ||
                is_word(t, KEYWORD_EXIT) || is_word(t, KEYWORD_ASSIGN) ||
                is_word(t, KEYWORD_TRACE);
  }
  return statement && p->reporter->diags->count < DIAGNOSTICS_MAX;
}

void parser_body(struct parser *p, enum keyword keyword, struct place at,
                 struct block *out, bool *brace) {
  if (p->panic) { /* a bad header has a body all the same */
    const bool inner = keyword == KEYWORD_IF && holds_statement(p);
    skip_rest(p);
    p->panic = p->failed;
    if (inner && !parser_if_is_closed(p, p->at)) {
      *brace = true;
      return;
    }
  }
  p->parens = 0;
  if (!parser_at(p, TOKEN_NEWLINE) && !parser_at(p, TOKEN_BRACE_OPEN) &&
      reject_inline(p, keyword)) {
    *brace = true; /* in so far as it needs no closer */
    return;
  }
  const bool colon = p->at > 0 && token_at(p, p->at - 1)->kind == TOKEN_COLON;
  parser_skip_newlines(p);
  const bool open = parser_take(p, TOKEN_BRACE_OPEN);
  const struct opener o = {.keyword = keyword,
                           .at = at,
                           .brace = open,
                           .lost = colon && !open, /* IF x: has no closer */
                           .outer = p->open};
  *brace = open;
  if (!parser_enter(p)) {
    return;
  }
  p->open = &o;
  parser_statements(p, out);
  parser_close(p, &o);
  p->open = o.outer;
  parser_leave(p);
}

void parser_reject_block(struct parser *p) {
  struct block ignored = {0};
  bool brace;
  if (token_at(p, p->at)->kind == TOKEN_BRACE_OPEN) {
    p->panic = p->failed;
    parser_body(p, KEYWORD_IF, token_at(p, p->at)->at, &ignored, &brace);
  }
}
