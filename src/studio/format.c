#include "studio/format.h"

#include "base/check.h"
#include "studio/format_priv.h"
#include "studio/parser_priv.h"
#include "studio/program.h"

/* A source as its tokens, and whose ELSE each ELSE is. */
struct reading {
  struct arena arena;
  struct source source;
  struct tokens tokens;
  size_t *owners;
};

/* ---- whose ELSE */

static bool is_before(struct place a, struct place b) {
  return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* The word at this place. */
static size_t find_word(const struct tokens *tokens, struct place at) {
  size_t low = 0, high = tokens->count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (is_before(tokens->items[middle].at, at)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  while (tokens->items[low].kind != TOKEN_WORD) {
    low++;
    bt_check(low < tokens->count);
  }
  return low;
}

static void own_block(struct reading *r, const struct block *block) {
  for (const struct stmt *s = block->first; s != NULL; s = s->next) {
    own_block(r, &s->body);
    for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
      own_block(r, &arm->body);
      if (s->kind == STMT_IF && arm != s->arms) {
        r->owners[find_word(&r->tokens, arm->at)] =
            find_word(&r->tokens, s->arms->at) + 1;
      }
    }
  }
}

/* ---- reading */

static enum bt_err parse(struct reading *r, struct diagnostics *diags) {
  struct reporter reporter = {.source = &r->source, .diags = diags};
  struct script script;
  const size_t before = diags->errors;
  if (r->source.text.len > PROGRAM_SOURCE_MAX) {
    report(&reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_TOO_LARGE, .at = {1, 1, 1}},
           "the file has %zu bytes; a script may have %d", r->source.text.len,
           PROGRAM_SOURCE_MAX);
    return BT_ERR_SYNTAX;
  }
  if (!lexer_run(&reporter, &r->arena, &r->tokens) ||
      !parser_run(&reporter, &r->arena, r->tokens.items, &script)) {
    return BT_ERR_NOMEM;
  }
  if (diags->failed) {
    return BT_ERR_NOMEM;
  }
  if (diags->errors > before) {
    return BT_ERR_SYNTAX;
  }
  r->owners = arena_alloc(&r->arena, r->tokens.count * sizeof *r->owners);
  if (r->owners == NULL) {
    return BT_ERR_NOMEM;
  }
  for (const struct unit *u = script.units; u != NULL; u = u->next) {
    own_block(r, &u->body);
  }
  return BT_ERR_OK;
}

static void reading_free(struct reading *r) {
  mem_free(r->arena.mem, r->tokens.items,
           r->tokens.cap * sizeof *r->tokens.items);
  arena_free(&r->arena);
}

static enum bt_err reading_init(struct reading *r, const struct mem *mem,
                                struct text file_name, struct text text,
                                struct diagnostics *diags) {
  *r = (struct reading){0};
  arena_init(&r->arena, mem, 0);
  const enum bt_err err = source_init(&r->source, &r->arena, file_name, text)
                              ? parse(r, diags)
                              : BT_ERR_NOMEM;
  if (err != BT_ERR_OK) {
    reading_free(r);
  }
  return err;
}

/* ---- the same script? */

static size_t skip_newlines(const struct reading *r, size_t at) {
  while (r->tokens.items[at].kind == TOKEN_NEWLINE) {
    at++;
  }
  return at;
}

static bool same_token(const struct token *a, const struct token *b) {
  return a->kind == b->kind && a->keyword == b->keyword &&
         (a->kind == TOKEN_WORD ? text_equal_nocase(a->text, b->text)
                                : text_equal(a->text, b->text));
}

/* The same but for line ends? @partner takes the token of @b for each of @a. */
static bool same_script(const struct reading *a, const struct reading *b,
                        size_t *partner) {
  for (size_t i = 0, j = 0;; i++, j++) {
    i = skip_newlines(a, i);
    j = skip_newlines(b, j);
    partner[i] = j;
    const size_t x = a->owners[i], y = b->owners[j];
    const bool same_owner = x == 0 ? y == 0 : partner[x - 1] + 1 == y;
    if (!same_token(&a->tokens.items[i], &b->tokens.items[j]) || !same_owner) {
      return false;
    }
    if (a->tokens.items[i].kind == TOKEN_END) {
      return true;
    }
  }
}

/* ---- */

static enum bt_err write_lines(const struct mem *mem, const struct reading *r,
                               struct textbuf *out) {
  struct formatter f = {.mem = mem,
                        .source = r->source.text,
                        .tokens = r->tokens.items,
                        .owners = r->owners,
                        .out = out};
  format_lines(&f);
  mem_free(mem, f.blocks, f.block_cap * sizeof *f.blocks);
  return f.failed || out->failed ? BT_ERR_NOMEM : BT_ERR_OK;
}

/* Reads what was written as if it were given: the proof is cheap. */
static enum bt_err verify(const struct mem *mem, const struct reading *before,
                          struct text text) {
  struct diagnostics diags;
  struct reading after;
  diagnostics_init(&diags, mem);
  enum bt_err err =
      reading_init(&after, mem, before->source.file_name, text, &diags);
  diagnostics_free(&diags);
  if (err != BT_ERR_OK) {
    return err == BT_ERR_SYNTAX ? BT_ERR_STATE : err;
  }
  size_t *partner =
      arena_alloc(&after.arena, before->tokens.count * sizeof *partner);
  if (partner == NULL) {
    err = BT_ERR_NOMEM;
  } else if (!same_script(before, &after, partner)) {
    err = BT_ERR_STATE;
  }
  reading_free(&after);
  return err;
}

enum bt_err format_script(const struct mem *mem, struct text file_name,
                          struct text source, struct diagnostics *diags,
                          struct textbuf *out) {
  struct reading r;
  struct textbuf lines;
  enum bt_err err = reading_init(&r, mem, file_name, source, diags);
  diagnostics_sort(diags);
  if (err != BT_ERR_OK) {
    return err;
  }
  textbuf_init(&lines, mem);
  err = write_lines(mem, &r, &lines);
  if (err == BT_ERR_OK) {
    err = verify(mem, &r, textbuf_text(&lines));
  }
  if (err == BT_ERR_OK) {
    textbuf_add(out, textbuf_text(&lines));
    err = out->failed ? BT_ERR_NOMEM : BT_ERR_OK;
  }
  textbuf_free(&lines);
  reading_free(&r);
  return err;
}
