#include <string.h>

#include "studio/handover_priv.h"

static bool fact_equal(const struct fact *a, const struct fact *b) {
  return a->kind == b->kind && a->variable == b->variable && a->yes == b->yes &&
         a->no == b->no;
}

static bool has_fact(const struct flow *f, const struct fact *fact) {
  for (unsigned i = 0; i < f->fact_count; i++) {
    if (fact_equal(&f->facts[i], fact)) {
      return true;
    }
  }
  return false;
}

struct flow flow_join(struct flow a, struct flow b) {
  if (!a.live || !b.live) {
    return a.live ? a : b;
  }
  struct flow joined = {
      .live = true, .set = a.set | b.set, .by_time = a.by_time || b.by_time};
  for (unsigned i = 0; i < a.fact_count; i++) {
    if (has_fact(&b, &a.facts[i])) {
      joined.facts[joined.fact_count++] = a.facts[i];
    }
  }
  return joined;
}

bool flow_equal(const struct flow *a, const struct flow *b) {
  if (a->live != b->live || a->set != b->set || a->by_time != b->by_time ||
      a->fact_count != b->fact_count) {
    return false;
  }
  for (unsigned i = 0; i < a->fact_count; i++) {
    if (!has_fact(b, &a->facts[i])) {
      return false;
    }
  }
  return true;
}

void flow_add_fact(struct flow *f, struct fact fact) {
  flow_drop_variable(f, fact.variable);
  if (fact.kind == FACT_NONE) {
    return;
  }
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

void flow_pass_time(struct flow *f, double seconds, double drain_s) {
  const uint32_t bot = CHECKER_SET(PENDING) | CHECKER_SET(CONNECTED);
  const uint32_t queue =
      CHECKER_SET(QUEUED) | CHECKER_SET(OFFERED) | CHECKER_SET(ACTIVE);
  f->set = flow_settle(f->set);
  if (f->set & (CHECKER_SET(QUEUED) | CHECKER_SET(OFFERED))) {
    f->set |= queue;
  }
  /* A bot that still talks may say goodbye a moment before the time is over. */
  const bool drained = seconds >= drain_s && (f->set & bot) == 0;
  if (drained && (f->set & CHECKER_SET(RELEASING))) {
    f->set &= ~CHECKER_SET(RELEASING);
    f->by_time = true;
  }
  flow_drop_facts(f);
}
