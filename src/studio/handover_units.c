/* Functions: what a call does to the session, computed once for each state in
 * which it begins. */
#include "studio/handover_priv.h"

enum { CALL_DEPTH_MAX = 120 }; /* blocks and calls: bounds the stack */

static struct summary *find_summary(const struct handover *h,
                                    const struct unit *unit,
                                    const struct flow *entry) {
  for (struct summary *s = h->summaries; s != NULL; s = s->next) {
    if (s->unit == unit && flow_equal(&s->entry, entry)) {
      return s;
    }
  }
  return NULL;
}

/* What the caller sees: neither the locals nor what they knew. */
static void leave(struct handover *h, const struct unit *unit, struct flow *f) {
  const enum meaning m = handover_unit_meaning(h, unit);
  handover_drop_locals(h, f);
  flow_drop_facts(f);
  if (m == MEANING_NONE || m == MEANING_ANY) {
    flow_drop_outcome(f);
  }
}

/* A recursive call sees what is known so far; what was computed with less is
 * thrown away and computed again until nothing changes. */
static void run_summary(struct handover *h, struct summary *s, unsigned depth) {
  const unsigned moves = h->moves;
  struct flow before;
  bool again = false;
  s->running = true;
  do {
    before = s->exit;
    s->asked = false;
    h->summaries = s;
    if (again) {
      handover_forget_loops(h);
    }
    struct flow exit = handover_walk_unit(h, s->unit, s->entry, depth);
    leave(h, s->unit, &exit);
    s->exit = flow_join(s->exit, exit);
    again = s->asked && !flow_equal(&before, &s->exit);
  } while (again && !h->c->failed);
  s->running = false;
  s->moves = h->moves != moves;
}

static const struct summary *summary_of(struct handover *h,
                                        const struct unit *unit,
                                        const struct flow *entry,
                                        unsigned depth) {
  struct summary *s = find_summary(h, unit, entry);
  if (s != NULL) {
    s->asked = s->asked || s->running;
    h->moves += s->moves || s->running;
    return s;
  }
  s = arena_alloc(&h->c->arena, sizeof *s);
  if (s == NULL) {
    h->c->failed = true;
    return NULL;
  }
  *s = (struct summary){.unit = unit, .entry = *entry, .next = h->summaries};
  run_summary(h, s, depth);
  return s;
}

/* ---- parameters */

/* The caller's locals with the values that the bits of @part say. */
static void pass_flag(const struct walker *w, const struct expr *arg,
                      unsigned part, unsigned to, struct flow *f) {
  const unsigned from = handover_flag(w, arg);
  bool value;
  if (from == FLOW_NO_FLAG) {
    if (handover_truth(arg, &value)) {
      flow_set_flag(f, to, value);
    } else {
      flow_forget_flag(f, to);
    }
  } else if (w->unit->kind == UNIT_FUNCTION && from >= w->h->flag_count) {
    flow_set_flag(f, to, (part >> from & 1u) != 0);
  } else {
    flow_copy_flag(f, from, to);
  }
}

static struct flow enter(struct walker *w, const struct expr *call,
                         const struct unit *unit, struct flow f,
                         unsigned part) {
  struct flow entry = f;
  flow_drop_facts(&entry);
  size_t variable = survey_first_local(&w->h->c->survey, unit);
  for (const struct expr *arg = checker_first_arg(call); arg != NULL;
       arg = checker_next_arg(call, arg)) {
    const unsigned flag = w->h->flag_of[variable];
    if (flag != FLOW_NO_FLAG) {
      pass_flag(w, arg, part, flag, &entry);
    }
    const struct fact *fact = arg->kind == EXPR_NAME
                                  ? flow_fact(&f, handover_variable(w, arg))
                                  : NULL;
    if (fact != NULL) {
      struct fact passed = *fact;
      passed.variable = variable;
      flow_add_fact(&entry, passed);
    }
    variable++;
  }
  return entry;
}

/* ---- calls */

/* The states of @f in which the caller's own flags are @part, with these flags
 * down; the function has other uses for them. */
static struct flow take_part(const struct handover *h, const struct flow *f,
                             unsigned part) {
  const unsigned mask = (1u << FLOW_FLAGS_MAX) - (1u << h->flag_count);
  struct flow taken = *f;
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    taken.states[i] = (struct flow_state){0};
  }
  for (unsigned i = 0; i < FLOW_STATES; i++) {
    if ((i & mask) == part) {
      taken.states[i & ~mask] = f->states[i];
    }
  }
  return taken;
}

static void give_back(const struct handover *h, struct flow *f, unsigned part) {
  for (unsigned flag = h->flag_count; flag < FLOW_FLAGS_MAX; flag++) {
    if ((part >> flag & 1u) != 0) {
      flow_set_flag(f, flag, true);
    }
  }
}

enum meaning handover_function(struct walker *w, const struct expr *call,
                               struct flow *f) {
  struct handover *h = w->h;
  const struct unit *unit = handover_function_of(h, call);
  const unsigned moves = h->moves;
  struct flow all = {0};
  if (w->depth >= CALL_DEPTH_MAX) {
    return MEANING_NONE; /* a chain of calls that no person follows either */
  }
  for (unsigned part = 0; part < 1u << FLOW_FLAGS_MAX;
       part += 1u << h->flag_count) {
    const struct flow taken = take_part(h, f, part);
    if (!flow_is_live(&taken)) {
      continue;
    }
    const struct flow entry = enter(w, call, unit, taken, part);
    const struct summary *s = summary_of(h, unit, &entry, w->depth + 1);
    if (s == NULL) {
      return MEANING_NONE;
    }
    struct flow exit = s->exit;
    give_back(h, &exit, part);
    all = flow_join(all, exit);
  }
  for (unsigned i = 0; i < f->fact_count && h->moves == moves; i++) {
    f->facts[i].aged = true;
    flow_add_fact(&all, f->facts[i]);
  }
  *f = all;
  return handover_unit_meaning(h, unit);
}
