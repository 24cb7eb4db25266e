#include <string.h>

#include "studio/handover_priv.h"

/* ---- states */

struct flow flow_begin(uint32_t set) {
  return (struct flow){.states[0] = {.set = flow_settle(set), .live = true}};
}

bool flow_is_live(const struct flow *f) {
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    if (f->states[i].live) {
      return true;
    }
  }
  return false;
}

void flow_kill(struct flow *f) {
  *f = (struct flow){0};
}

uint32_t flow_set(const struct flow *f) {
  uint32_t set = 0;
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    set |= f->states[i].live ? f->states[i].set : 0;
  }
  return set;
}

uint32_t flow_lost(const struct flow *f) {
  uint32_t lost = 0;
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    lost |= f->states[i].live ? f->states[i].lost : 0;
  }
  return lost;
}

static struct flow_state join_states(struct flow_state a, struct flow_state b) {
  if (!a.live || !b.live) {
    return a.live ? a : b;
  }
  if (a.doubtful != b.doubtful) {
    return a.doubtful ? b : a;
  }
  return (struct flow_state){
      .set = a.set | b.set,
      .lost = a.lost | b.lost,
      .waited_ms = a.waited_ms < b.waited_ms ? a.waited_ms : b.waited_ms,
      .live = true,
      .by_time = a.by_time || b.by_time,
      .doubtful = a.doubtful};
}

/* What both know, with the possibilities of both. */
static void join_facts(struct flow *joined, const struct flow *a,
                       const struct flow *b) {
  for (unsigned i = 0; i < a->fact_count; i++) {
    const struct fact *other = flow_fact(b, a->facts[i].variable);
    if (other != NULL && other->is_text == a->facts[i].is_text) {
      struct fact *fact = &joined->facts[joined->fact_count++];
      *fact = a->facts[i];
      fact->asked |= other->asked;
      fact->aged = fact->aged || other->aged;
    }
  }
}

struct flow flow_join(struct flow a, struct flow b) {
  if (!flow_is_live(&a) || !flow_is_live(&b)) {
    return flow_is_live(&a) ? a : b;
  }
  struct flow joined = {0};
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    joined.states[i] = join_states(a.states[i], b.states[i]);
  }
  join_facts(&joined, &a, &b);
  return joined;
}

static bool equal_states(const struct flow *a, const struct flow *b) {
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    const struct flow_state *x = &a->states[i], *y = &b->states[i];
    if (x->live != y->live ||
        (x->live &&
         (x->set != y->set || x->by_time != y->by_time || x->lost != y->lost ||
          x->waited_ms != y->waited_ms || x->doubtful != y->doubtful))) {
      return false;
    }
  }
  return true;
}

bool flow_equal(const struct flow *a, const struct flow *b) {
  if (!equal_states(a, b) || a->fact_count != b->fact_count) {
    return false;
  }
  for (unsigned i = 0; i < a->fact_count; i++) {
    const struct fact *fact = &a->facts[i];
    const struct fact *other = flow_fact(b, fact->variable);
    if (other == NULL || other->asked != fact->asked ||
        other->aged != fact->aged) {
      return false;
    }
  }
  return true;
}

/* ---- time and tests */

uint32_t flow_settle(uint32_t set) {
  if (set & CHECKER_SET(PENDING)) {
    set |= CHECKER_SET(CONNECTED);
  }
  if (set & CHECKER_SET(CONNECTED)) {
    set |= CHECKER_SET(RELEASING);
  }
  if (set & CHECKER_SET(RELEASING)) {
    set |= CHECKER_SET(IDLE);
  }
  return set;
}

void flow_settle_states(struct flow *f) {
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    f->states[i].set = flow_settle(f->states[i].set);
  }
}

uint32_t flow_age(uint32_t set) {
  set = flow_settle(set);
  if (set & (CHECKER_SET(QUEUED) | CHECKER_SET(OFFERED))) {
    set |= CHECKER_SET(QUEUED) | CHECKER_SET(OFFERED) | CHECKER_SET(ACTIVE);
  }
  return set;
}

static void pass_time(struct flow_state *s, double seconds, double drain_s) {
  const uint32_t bot = CHECKER_SET(PENDING) | CHECKER_SET(CONNECTED);
  s->set = flow_age(s->set);
  /* A bot that still talks may say goodbye a moment before the time is over. */
  if ((s->set & bot) != 0 || (s->set & CHECKER_SET(RELEASING)) == 0) {
    s->waited_ms = 0;
    return;
  }
  const double waited =
      (double)s->waited_ms + (seconds > 0 ? seconds : 0) * 1e3;
  s->waited_ms = waited < drain_s * 1e3 ? (uint32_t)waited : 0;
  if (waited >= drain_s * 1e3) {
    s->set &= ~CHECKER_SET(RELEASING);
    s->by_time = true;
  }
}

void flow_pass_time(struct flow *f, double seconds, double drain_s) {
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    pass_time(&f->states[i], seconds, drain_s);
  }
  for (unsigned i = 0; i < f->fact_count; i++) {
    f->facts[i].aged = true;
  }
}

/* A test may tell of a status that was not thought possible: believed. */
void flow_restrict(struct flow *f, uint32_t set) {
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    struct flow_state *s = &f->states[i];
    s->set = (s->set & set) != 0 ? s->set & set : set;
    s->live = s->live && set != 0;
  }
}

void flow_trust(struct flow *f) {
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    f->states[i].by_time = false;
  }
}

/* ---- flags */

static void move_state(struct flow *f, unsigned from, unsigned to) {
  f->states[to] = join_states(f->states[to], f->states[from]);
  f->states[from] = (struct flow_state){0};
}

void flow_set_flag(struct flow *f, unsigned flag, bool value) {
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    const unsigned to = value ? i | 1u << flag : i & ~(1u << flag);
    if (to != i) {
      move_state(f, i, to);
    }
  }
}

void flow_test_flag(struct flow *f, unsigned flag, bool value) {
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    if (((i >> flag & 1u) != 0) != value) {
      f->states[i] = (struct flow_state){0};
    }
    f->states[i].doubtful = false;
  }
}

void flow_forget_flag(struct flow *f, unsigned flag) {
  flow_set_flag(f, flag, false);
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    if ((i >> flag & 1u) != 0) {
      f->states[i] = f->states[i & ~(1u << flag)];
    }
  }
}

void flow_copy_flag(struct flow *f, unsigned from, unsigned to) {
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    const bool value = (i >> from & 1u) != 0;
    const unsigned at = value ? i | 1u << to : i & ~(1u << to);
    if (at != i) {
      move_state(f, i, at);
    }
  }
}

void flow_drop_outcome(struct flow *f) {
  flow_set_flag(f, FLOW_OUTCOME, false);
}

void flow_clear_lost(struct flow *f, unsigned flag) {
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    f->states[i].lost = (i >> flag & 1u) != 0 ? f->states[i].lost : 0;
  }
}

/* ---- facts */

void flow_add_fact(struct flow *f, struct fact fact) {
  flow_drop_variable(f, fact.variable);
  if (f->fact_count == FLOW_FACTS_MAX) { /* the oldest is least likely needed */
    memmove(f->facts, f->facts + 1, (FLOW_FACTS_MAX - 1) * sizeof *f->facts);
    f->fact_count--;
  }
  f->facts[f->fact_count++] = fact;
}

void flow_drop_facts(struct flow *f) {
  f->fact_count = 0;
}

void flow_drop_variable(struct flow *f, size_t variable) {
  for (unsigned i = 0; i < f->fact_count; i++) {
    if (f->facts[i].variable == variable) {
      f->facts[i] = f->facts[--f->fact_count];
      return;
    }
  }
}

const struct fact *flow_fact(const struct flow *f, size_t variable) {
  for (unsigned i = 0; i < f->fact_count; i++) {
    if (f->facts[i].variable == variable) {
      return &f->facts[i];
    }
  }
  return NULL;
}
