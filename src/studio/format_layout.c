/* Lines: which block a statement stands in, where braces and comments go. */
#include "base/check.h"
#include "studio/format_priv.h"

/* ---- the lines themselves */

static void end_line(struct formatter *f) {
  if (f->line_open) {
    textbuf_add_char(f->out, '\n');
  }
  f->line_open = f->value_before = f->sign_before = false;
  f->before = TOKEN_NEWLINE;
  f->keyword_before = KEYWORD_NONE;
}

/* The comment before the line end at @at, without blanks around it. */
static struct text comment_before(const struct formatter *f, size_t at) {
  const size_t from = at == 0 ? 0 : f->tokens[at - 1].to;
  const struct text gap = text_sub(f->source, from, f->tokens[at].from - from);
  const size_t begin = text_find(gap, TEXT("//"), 0);
  return text_trim(text_sub(gap, begin, gap.len));
}

static size_t skip_newlines(const struct formatter *f, size_t at) {
  while (f->tokens[at].kind == TOKEN_NEWLINE) {
    at++;
  }
  return at;
}

static bool has_comment(const struct formatter *f, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) {
    if (comment_before(f, i).len > 0) {
      return true;
    }
  }
  return false;
}

/* ---- blocks */

static void push(struct formatter *f, struct format_block block) {
  if (!mem_grow(f->mem, &f->blocks, &f->block_cap, f->block_count + 1,
                sizeof *f->blocks)) {
    f->failed = true;
    return;
  }
  f->blocks[f->block_count++] = block;
  f->depth = block.depth + 1;
}

static struct format_block pop(struct formatter *f) {
  bt_check(f->block_count > 0);
  const struct format_block block = f->blocks[--f->block_count];
  f->depth = block.depth;
  return block;
}

/* Is the innermost block one of @keyword without braces? */
static bool is_in(const struct formatter *f, enum keyword keyword) {
  const struct format_block *b =
      f->block_count == 0 ? NULL : &f->blocks[f->block_count - 1];
  return b != NULL && !b->brace && b->keyword == keyword;
}

static void leave_case(struct formatter *f) {
  if (is_in(f, KEYWORD_CASE)) {
    (void)pop(f);
  }
}

static bool is_label(const struct formatter *f, size_t at) {
  return format_is_word(f, at, KEYWORD_CASE) ||
         format_is_word(f, at, KEYWORD_DEFAULT);
}

static void begin_header(struct formatter *f, enum keyword keyword,
                         size_t opener) {
  f->in_header = true;
  f->head = (struct format_block){
      .keyword = keyword, .opener = opener, .depth = f->depth};
}

/* The header ends before @at, at its line's end or at its brace. */
static void end_header(struct formatter *f, size_t at) {
  const size_t next = skip_newlines(f, at);
  f->in_header = false;
  if (f->tokens[next].kind == TOKEN_BRACE_OPEN) {
    f->head.brace = true;
    format_add(f, TEXT("{"));
    f->brace_is_there = next != at;
    push(f, f->head);
  } else if (f->head.keyword != KEYWORD_CASE || !is_label(f, next)) {
    push(f, f->head);
  }
}

/* ---- line ends and comments */

/* A comment before a label is about the label. */
static void comment_line(struct formatter *f, struct text comment) {
  const unsigned depth = f->depth;
  if (is_in(f, KEYWORD_CASE) && is_label(f, skip_newlines(f, f->at))) {
    f->depth--;
  }
  format_add(f, comment);
  f->depth = depth;
}

static void add_comment(struct formatter *f, struct text comment) {
  if (comment.len == 0) {
    return;
  }
  if (f->line_open) {
    textbuf_add(f->out, TEXT("  "));
    textbuf_add(f->out, comment);
  } else {
    comment_line(f, comment);
  }
}

static void on_newline(struct formatter *f) {
  const struct text comment = comment_before(f, f->at);
  const bool empty = f->at == 0 || f->tokens[f->at - 1].kind == TOKEN_NEWLINE;
  if (f->parens == 0 && f->in_header) {
    end_header(f, f->at);
  }
  if (empty && comment.len == 0) {
    f->blank = f->parens == 0 && !f->brace_is_there;
  }
  const bool value_before = f->value_before;
  add_comment(f, comment);
  end_line(f);
  f->value_before = f->parens > 0 && value_before;
  f->begins = f->parens == 0;
  f->at++;
}

/* ---- braces */

static void on_brace_open(struct formatter *f) {
  if (f->brace_is_there) {
    f->brace_is_there = false;
  } else {
    bt_check(f->in_header);
    end_header(f, f->at);
  }
  f->begins = true;
  f->at++;
}

/* } ELSE stands on one line unless a comment is between them. */
static void on_brace_close(struct formatter *f) {
  end_line(f);
  leave_case(f);
  const struct format_block block = pop(f);
  format_add(f, TEXT("}"));
  f->begins = true;
  f->at++;
  const size_t next = skip_newlines(f, f->at);
  if (f->owners[next] == block.opener + 1 && !has_comment(f, f->at, next)) {
    f->at = next;
    begin_header(f, KEYWORD_IF, block.opener);
    format_token(f);
  }
}

/* ---- statements */

static bool opens_block(const struct formatter *f, size_t at) {
  switch ((unsigned)f->tokens[at].keyword) {
  case KEYWORD_IF:
  case KEYWORD_FOR:
  case KEYWORD_FOREACH:
  case KEYWORD_REPEAT:
  case KEYWORD_SELECT:
  case KEYWORD_SWITCH:
  case KEYWORD_FUNCTION:
    return true;
  case KEYWORD_ON:
    return !format_is_set(f, at);
  default:
    return false;
  }
}

/* The keyword of the block that is closed at @at, NONE if none is, and how many
 * tokens say so. */
static enum keyword closed_at(const struct formatter *f, size_t at,
                              unsigned *words) {
  const struct token *t = &f->tokens[at];
  *words = 1;
  if (format_is_set(f, at)) {
    return KEYWORD_NONE;
  }
  if (t->keyword == KEYWORD_ENDIF) {
    return KEYWORD_IF;
  }
  if (t->keyword == KEYWORD_NEXT) {
    *words += t[1].kind == TOKEN_WORD;
    return KEYWORD_FOR;
  }
  *words = 2;
  const bool pair = t->keyword == KEYWORD_END && t[1].kind == TOKEN_WORD;
  return pair ? t[1].keyword : KEYWORD_NONE;
}

static void write_closer(struct formatter *f, enum keyword closed,
                         unsigned words) {
  leave_case(f);
  if (is_in(f, closed)) { /* END IF may also stand behind a brace */
    (void)pop(f);
  }
  for (; words > 0; words--) {
    format_token(f);
  }
  f->begins = true;
}

static void begin_else(struct formatter *f) {
  bt_check(f->owners[f->at] > 0);
  const size_t owner = f->owners[f->at] - 1;
  if (is_in(f, KEYWORD_IF) && f->blocks[f->block_count - 1].opener == owner) {
    (void)pop(f);
  }
  begin_header(f, KEYWORD_IF, owner);
}

static void begin_statement(struct formatter *f) {
  const struct token *t = &f->tokens[f->at];
  unsigned words = 0;
  end_line(f);
  if (t->kind != TOKEN_WORD) {
    return;
  }
  const enum keyword closed = closed_at(f, f->at, &words);
  if (closed != KEYWORD_NONE) {
    write_closer(f, closed, words);
  } else if (t->keyword == KEYWORD_ELSE) {
    begin_else(f);
  } else if (is_label(f, f->at)) {
    leave_case(f);
    begin_header(f, KEYWORD_CASE, f->at);
  } else if (opens_block(f, f->at)) {
    begin_header(f, t->keyword, f->at);
  }
}

static void write_next(struct formatter *f) {
  switch ((unsigned)f->tokens[f->at].kind) {
  case TOKEN_NEWLINE:
    on_newline(f);
    return;
  case TOKEN_BRACE_OPEN:
    on_brace_open(f);
    return;
  case TOKEN_BRACE_CLOSE:
    on_brace_close(f);
    return;
  default:
    break;
  }
  const size_t at = f->at;
  if (f->begins) {
    begin_statement(f);
  }
  if (f->at == at) { /* else it was a closer */
    format_token(f);
  }
}

void format_lines(struct formatter *f) {
  f->begins = true;
  f->before = TOKEN_NEWLINE;
  while (f->tokens[f->at].kind != TOKEN_END && !f->failed) {
    write_next(f);
  }
  end_line(f);
}
