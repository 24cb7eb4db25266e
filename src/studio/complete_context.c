/* Where the cursor stands in a line that may be half written. */
#include "base/check.h"
#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/complete_priv.h"
#include "studio/lexer_scan_priv.h"

/* ---- code, text or comment? */

enum { TEXTS_MAX = 16 };

/* The quoted texts that are open, the innermost last; in a substitution its
 * own braces count. */
struct nest {
  char marks[TEXTS_MAX];
  bool in_substitution[TEXTS_MAX];
  size_t count;
  bool comment;
};

static bool in_text(const struct nest *n) {
  return n->count > 0 && !n->in_substitution[n->count - 1];
}

static size_t step_in_text(struct nest *n, struct text line, size_t at) {
  const struct lexer l = {.text = line};
  const struct quote q = scan_quote_at(&l, at);
  if (q.length > 0 && q.plain == n->marks[n->count - 1]) {
    n->count--;
    return at + q.length;
  }
  if (line.ptr[at] == '\\' && at + 1 < line.len &&
      (line.ptr[at + 1] == '{' || line.ptr[at + 1] == '"')) {
    return at + 2;
  }
  if (line.ptr[at] == '{') {
    n->in_substitution[n->count - 1] = true;
  }
  return at + 1;
}

static size_t step_in_code(struct nest *n, struct text line, size_t at) {
  const struct lexer l = {.text = line};
  const struct quote q = scan_quote_at(&l, at);
  if (q.length > 0) {
    if (n->count < TEXTS_MAX) {
      n->in_substitution[n->count] = false;
      n->marks[n->count++] = q.plain;
    }
    return at + q.length;
  }
  if (line.ptr[at] == '}' && n->count > 0) {
    n->in_substitution[n->count - 1] = false;
  }
  n->comment = text_starts(text_sub(line, at, 2), TEXT("//"));
  return at + 1;
}

static struct nest read_nest(struct text line) {
  struct nest n = {0};
  for (size_t at = 0; at < line.len && !n.comment;) {
    at = in_text(&n) ? step_in_text(&n, line, at) : step_in_code(&n, line, at);
  }
  return n;
}

/* ---- words before the cursor */

static bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '$' || (c & '\x80') != 0;
}

static size_t word_start(struct text line, size_t end) {
  while (end > 0 && is_name_byte(line.ptr[end - 1])) {
    end--;
  }
  return end;
}

/* The parenthesis that is closed right before @end. */
static size_t open_paren(struct text line, size_t end) {
  size_t depth = 0;
  while (end > 0) {
    end--;
    depth += line.ptr[end] == ')';
    if (line.ptr[end] == '(' && --depth == 0) {
      return end;
    }
  }
  return 0;
}

static void read_owner(struct complete_context *c, struct text line,
                       size_t dot) {
  size_t end = dot;
  if (end > 0 && line.ptr[end - 1] == ')') {
    end = open_paren(line, end);
    c->is_call = true;
  }
  const size_t from = word_start(line, end);
  const bool inner = from > 0 && line.ptr[from - 1] == '.' && !c->is_call;
  if (!inner) {
    c->owner = text_sub(line, from, end - from);
  }
}

static bool is_after_on(struct text before) {
  const struct text t = text_trim(before);
  return text_equal_nocase(t, TEXT("ON")) && before.len > t.len;
}

struct complete_context complete_context_at(struct text line, uint32_t column) {
  const size_t end = source_offset(line, column);
  const struct text before = text_sub(line, 0, end);
  const struct nest nest = read_nest(before);
  struct complete_context c = {.where = COMPLETE_NOWHERE};
  if (nest.comment || in_text(&nest)) {
    return c;
  }
  const size_t from = word_start(before, end);
  c.word_column =
      column - (uint32_t)utf8_count(text_sub(line, from, end - from));
  if (from > 0 && before.ptr[from - 1] == '.') {
    c.where = COMPLETE_AFTER_DOT;
    read_owner(&c, before, from - 1);
  } else {
    c.where = is_after_on(text_sub(before, 0, from)) ? COMPLETE_AFTER_ON
                                                     : COMPLETE_IN_CODE;
  }
  return c;
}

/* ---- what an object has */

unsigned complete_objects_of_call(struct text name) {
  const enum action_id id = action_find(name);
  if (builtin_find(name) == BUILTIN_GETRESTPROXY) {
    return 1u << COMPLETE_PROXY;
  }
  if (id == ACTIONS || id == ACTION_REST_REQUEST) {
    return 0;
  }
  unsigned set = 1u << COMPLETE_ANSWER;
  set |= id == ACTION_GET_SESSION_INFO ? 1u << COMPLETE_SESSION : 0;
  set |= id == ACTION_ASK || id == ACTION_MENU ? 1u << COMPLETE_ASKED : 0;
  set |= id == ACTION_MENU ? 1u << COMPLETE_CHOSEN : 0;
  return set;
}

static unsigned objects_in(const struct block *block, struct text name) {
  unsigned set = 0;
  for (const struct stmt *s = block->first; s != NULL; s = s->next) {
    if (s->kind == STMT_ASSIGN && s->target != NULL && s->value != NULL &&
        s->target->kind == EXPR_NAME && s->value->kind == EXPR_CALL &&
        text_equal_nocase(s->target->text, name)) {
      set |= complete_objects_of_call(s->value->text);
    }
    for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
      set |= objects_in(&arm->body, name);
    }
    set |= objects_in(&s->body, name);
  }
  return set;
}

unsigned complete_objects_of_variable(const struct symbols *s,
                                      struct text name) {
  unsigned set =
      text_equal_nocase(name, TEXT("event")) ? 1u << COMPLETE_HAPPENED : 0;
  for (const struct unit *u = s->script.units; u != NULL; u = u->next) {
    set |= objects_in(&u->body, name);
  }
  return set;
}

/* ---- the call around a place */

struct open_call {
  struct symbol_call call;
  bool is_call;
};

enum { CALLS_MAX = 64 };

static bool is_before(const struct token *t, uint32_t line, uint32_t column) {
  return t->at.line != line ? t->at.line < line : t->at.column < column;
}

/* An open parenthesis that was forgotten does not swallow the file. */
static bool begins_anew(const struct token *t) {
  return t->kind == TOKEN_NEWLINE && t[1].kind == TOKEN_WORD &&
         t[1].keyword != KEYWORD_NONE && keyword_is_hard(t[1].keyword);
}

static struct open_call opened_at(const struct symbols *s, size_t at) {
  struct open_call open = {0};
  const struct token *t = &s->tokens.items[at];
  if (t->kind == TOKEN_PAREN_OPEN && at > 0 && t[-1].kind == TOKEN_WORD) {
    open.is_call = true;
    open.call.name = t[-1].text;
    open.call.is_method = at > 1 && t[-2].kind == TOKEN_DOT;
  }
  return open;
}

bool symbols_call_at(const struct symbols *s, uint32_t line, uint32_t column,
                     struct symbol_call *out) {
  struct open_call open[CALLS_MAX];
  size_t count = 0;
  for (size_t i = 0; i < s->tokens.count; i++) {
    const struct token *t = &s->tokens.items[i];
    if (t->kind == TOKEN_END || !is_before(t, line, column)) {
      break;
    }
    if (begins_anew(t)) {
      count = 0;
    } else if (t->kind == TOKEN_PAREN_OPEN || t->kind == TOKEN_BRACKET_OPEN ||
               t->kind == TOKEN_SUBST_OPEN) {
      if (count < CALLS_MAX) {
        open[count++] = opened_at(s, i);
      }
    } else if (t->kind == TOKEN_PAREN_CLOSE || t->kind == TOKEN_BRACKET_CLOSE ||
               t->kind == TOKEN_SUBST_CLOSE) {
      count -= count > 0;
    } else if (t->kind == TOKEN_COMMA && count > 0) {
      open[count - 1].call.argument++;
    }
  }
  while (count > 0 && !open[count - 1].is_call) {
    count--;
  }
  if (count == 0) {
    return false;
  }
  *out = open[count - 1].call;
  return true;
}
