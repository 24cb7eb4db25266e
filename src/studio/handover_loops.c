/* Loops: round by round where the number of rounds is known, else again and
 * again until nothing changes. */
#include <math.h>
#include <string.h>

#include "studio/handover_priv.h"

enum { ROUNDS_MAX = 12, ALL_ROUNDS_MAX = 4000 };

/* ---- how many rounds */

static bool sets(const struct walker *w, const struct block *block,
                 size_t variable) {
  for (const struct stmt *s = block->first; s != NULL; s = s->next) {
    if (s->target != NULL && s->target->kind == EXPR_NAME &&
        handover_variable(w, s->target) == variable) {
      return true;
    }
    bool inside = sets(w, &s->body, variable);
    for (const struct arm *a = s->arms; a != NULL && !inside; a = a->next) {
      inside = sets(w, &a->body, variable);
    }
    if (inside) {
      return true;
    }
  }
  return false;
}

static bool rounds_of_for(const struct walker *w, const struct stmt *s,
                          double *out) {
  double from, to, step = 1;
  if (s->target->kind != EXPR_NAME ||
      sets(w, &s->body, handover_variable(w, s->target)) ||
      !handover_number(w, s->value, &from) ||
      !handover_number(w, s->limit, &to) ||
      (s->step != NULL && !handover_number(w, s->step, &step)) ||
      !(fabs(step) > 0)) {
    return false;
  }
  *out = floor(fabs(to - from) / fabs(step)) + 1;
  return true;
}

/* Of a list that stands there. */
static bool rounds_of_list(const struct expr *e, double *out) {
  if (e->kind != EXPR_TEXT) {
    return false;
  }
  *out = e->text.len > 0;
  for (size_t i = 0; i < e->text.len; i++) {
    *out += e->text.ptr[i] == '|';
  }
  return true;
}

/* False: nobody knows. */
static bool rounds_of(const struct walker *w, const struct stmt *s,
                      double *out) {
  if (s->kind == STMT_FOR) {
    return rounds_of_for(w, s, out);
  }
  return s->kind == STMT_REPEAT ? handover_number(w, s->value, out)
                                : rounds_of_list(s->value, out);
}

/* ---- walking */

static void walk_round(struct walker *w, const struct stmt *s, struct flow *f) {
  w->loop->continues = (struct flow){0};
  handover_block(w, &s->body, f);
  *f = flow_join(*f, w->loop->continues);
}

/* Until the set at the loop's head stays the same. */
static struct flow walk_to_end(struct walker *w, const struct stmt *s,
                               struct flow next) {
  struct flow head, end;
  do {
    head = next;
    end = head;
    walk_round(w, s, &end);
    next = flow_join(head, end);
  } while (!flow_equal(&next, &head) && !w->h->c->failed);
  return end;
}

static struct flow walk_rounds(struct walker *w, const struct stmt *s,
                               struct flow before) {
  struct loop_flow loop = {.outer = w->loop};
  double rounds = 0;
  const bool known = rounds_of(w, s, &rounds);
  const bool one_by_one = known && w->h->rounds < ALL_ROUNDS_MAX;
  const unsigned walked =
      one_by_one ? (unsigned)fmax(0, fmin(rounds, ROUNDS_MAX)) : 0;
  struct flow f = before;
  w->loop = &loop;
  for (unsigned i = 0; i < walked && flow_is_live(&f); i++) {
    w->h->rounds++;
    walk_round(w, s, &f);
  }
  if ((!known || rounds > walked) && flow_is_live(&f)) {
    const struct flow end = walk_to_end(w, s, f);
    const bool may_be_skipped = !known && s->kind != STMT_FOR;
    f = may_be_skipped ? flow_join(end, f) : end;
  }
  w->loop = loop.outer;
  return flow_join(f, loop.breaks);
}

/* ---- memory of loops */

static bool same_loop(const void *ctx, uint32_t value, const void *key) {
  const struct handover *h = ctx;
  return h->loops[value].loop == key;
}

void handover_init_loops(struct handover *h) {
  map_init(&h->loop_index, h->c->arena.mem, same_loop, h);
}

void handover_free_loops(struct handover *h) {
  map_free(&h->loop_index);
  mem_free(h->c->arena.mem, h->loops, h->loop_cap * sizeof *h->loops);
}

void handover_forget_loops(struct handover *h) {
  if (h->loop_count > 0) {
    memset(h->loops, 0, h->loop_count * sizeof *h->loops);
  }
  h->loop_count = 0;
  map_clear(&h->loop_index);
}

/* NULL: no memory. */
static struct loop_memo *memo_of(struct handover *h, const struct stmt *s) {
  const uint64_t hash = hash_u64((uint64_t)(uintptr_t)s);
  const uint32_t i = map_get(&h->loop_index, hash, s);
  if (i != MAP_NONE) {
    return &h->loops[i];
  }
  if (!mem_grow(h->c->arena.mem, &h->loops, &h->loop_cap, h->loop_count + 1,
                sizeof *h->loops) ||
      !map_put(&h->loop_index, hash, (uint32_t)h->loop_count)) {
    h->c->failed = true;
    return NULL;
  }
  h->loops[h->loop_count].loop = s;
  return &h->loops[h->loop_count++];
}

static const struct loop_memo *walk_anew(struct walker *w, const struct stmt *s,
                                         struct flow entry) {
  const struct flow outer = w->returns;
  w->returns = (struct flow){0};
  const struct flow exit = walk_rounds(w, s, entry);
  const struct flow returns = w->returns;
  w->returns = outer;
  struct loop_memo *memo = memo_of(w->h, s); /* the table may have moved */
  if (memo != NULL) {
    *memo = (struct loop_memo){s, entry, exit, returns};
  }
  return memo;
}

void handover_loop(struct walker *w, const struct stmt *s, struct flow *f) {
  handover_expr(w, s->value, f);
  handover_expr(w, s->limit, f);
  handover_expr(w, s->step, f);
  if (s->target != NULL) {
    flow_drop_variable(f, handover_variable(w, s->target));
  }
  const struct loop_memo *known = memo_of(w->h, s);
  if (known == NULL || !flow_is_live(f)) {
    return;
  }
  if (!flow_is_live(&known->entry) || !flow_equal(&known->entry, f)) {
    known = walk_anew(w, s, *f);
  }
  if (known != NULL) {
    *f = known->exit;
    w->returns = flow_join(w->returns, known->returns);
  }
}
