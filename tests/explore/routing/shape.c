/* shape.c - what is seen of a moment, and the first of its permutations. */
#include "shape.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

/* ---- places in an order */

/* What is ordered, and the places that are to be written: equal ones alike, and
 * by their numbers (NULL: they have none). */
struct key {
  int64_t at;
  uint64_t number;
  uint8_t *place, *numbered;
};

enum { KEYS_MAX = 8 * SETTING_SESSIONS };

struct keys {
  struct key list[KEYS_MAX];
  size_t count;
};

static void add(struct keys *k, struct key key) {
  bt_check(k->count < KEYS_MAX);
  k->list[k->count++] = key;
}

static int compare_keys(const void *a, const void *b) {
  const struct key *x = a, *y = b;
  if (x->at != y->at) {
    return x->at < y->at ? -1 : 1;
  }
  return x->number < y->number ? -1 : x->number > y->number;
}

static void write_places(struct keys *k) {
  uint8_t place = 0, numbered = 0;
  qsort(k->list, k->count, sizeof *k->list, compare_keys);
  for (size_t i = 0; i < k->count; i++) {
    if (i == 0 || k->list[i].at != k->list[i - 1].at) {
      place++;
    }
    *k->list[i].place = place;
    if (k->list[i].numbered != NULL) {
      *k->list[i].numbered = ++numbered;
    }
  }
}

/* ---- looking */

struct look {
  const struct engine *e;
  struct site_time t;
  struct keys times, waiting;
};

static void look_at_time(struct look *k, int64_t at_us, struct shape_time *t) {
  const int64_t us = at_us - k->t.unit_us + SETTING_UNIT_US / 2;
  t->units = at_us <= k->t.now_us ? 1 : (uint8_t)(1 + us / SETTING_UNIT_US);
  add(&k->times, (struct key){at_us, 0, &t->place, NULL});
}

static void look_at_timer(struct look *k, uint32_t timer,
                          struct shape_time *t) {
  if (timer != TIMER_NONE) {
    const struct timer *running = timers_get(&k->e->timers, timer);
    look_at_time(k, running->deadline_us, t);
    k->times.list[k->times.count - 1].number = running->order;
    k->times.list[k->times.count - 1].numbered = &t->started;
  }
}

static void look_at_declines(struct look *k, uint32_t slot,
                             struct shape_session *s) {
  struct router_exclusion list[SETTING_AGENTS];
  const size_t n = router_exclusions(&k->e->router, slot, list, SETTING_AGENTS);
  for (size_t i = 0; i < n && i < SETTING_AGENTS; i++) {
    look_at_time(k, list[i].until_us, &s->declined[list[i].agent]);
  }
  look_at_timer(k, engine_live(k->e, slot)->timer_rematch, &s->asked);
}

static uint8_t place_in_list(const struct engine *e, uint32_t slot) {
  const uint32_t agent = engine_live(e, slot)->s.agent;
  uint8_t at = 1;
  for (uint32_t s = e->agents[agent].first; s != slot;
       s = engine_live(e, s)->link_next) {
    at++;
  }
  return at;
}

static void look_at_session(struct look *k, uint32_t slot,
                            struct shape_session *s) {
  const struct live *l = engine_live(k->e, slot);
  s->status = l->s.status;
  s->queue = (uint8_t)(l->s.queue + 1);
  s->away = l->s.away;
  if (l->s.agent != SESSION_NOBODY) {
    s->agent = (uint8_t)(l->s.agent + 1);
    s->listed = place_in_list(k->e, slot);
  }
  if (l->s.status != SESSION_WRAPUP) {
    /* An agent's session has a place, too: to come back to. */
    s->priority = (uint8_t)l->priority;
    s->skipped = l->skip_queue;
    add(&k->waiting,
        (struct key){l->entered_us, l->order, &s->place, &s->entry});
  }
  if (live_in_queue(&l->s)) {
    s->preferred = (uint8_t)(l->preferred + 1);
    s->ring = (uint8_t)l->ring;
    s->position = (uint8_t)router_position(&k->e->router, slot);
    s->reserved = (uint8_t)(router_reserved_for(&k->e->router, slot) + 1);
    look_at_declines(k, slot, s);
    const int64_t most_ms = k->e->dir.queues[l->s.queue].max_wait_ms;
    if (most_ms > 0) {
      look_at_time(k, l->waits_us + most_ms * 1000, &s->overflow);
    }
  }
  look_at_timer(k, l->timer_status, &s->timer);
  look_at_timer(k, l->timer_widen, &s->widens);
}

void shape_look(const struct engine *e, struct site_time t, struct shape *out) {
  struct look k = {.e = e, .t = t};
  struct keys idle = {.count = 0};
  uint32_t slots[SETTING_SESSIONS];
  memset(out, 0, sizeof *out);
  const uint32_t open = site_sessions(slots);
  for (uint32_t i = 0; i < open; i++) {
    look_at_session(&k, slots[i], &out->sessions[i]);
  }
  for (uint32_t a = 0; a < SETTING_AGENTS; a++) {
    const struct agent_slot *agent = &e->agents[a];
    out->agents[a].presence = agent->a.presence;
    out->agents[a].resume =
        agent->a.presence == AGENT_LOST ? agent->a.resume : 0;
    add(&idle, (struct key){agent->a.idle_since_us, 0,
                            &out->agents[a].idle_place, NULL});
    look_at_timer(&k, agent->timer, &out->agents[a].timer);
  }
  for (uint32_t q = 0; q < SETTING_QUEUES; q++) {
    out->doors[q] = e->queues[q].paused ? 1 : e->queues[q].draining ? 2 : 0;
  }
  write_places(&k.times);
  write_places(&k.waiting);
  write_places(&idle);
}

/* ---- who is who */

static int compare_sessions(const void *a, const void *b) {
  return memcmp(b, a, sizeof(struct shape_session)); /* those that are first */
}

static uint8_t swapped(uint8_t number, bool swap) {
  return swap && number != 0 ? (uint8_t)(3 - number) : number;
}

static void permute(const struct shape *s, bool agents, bool queues,
                    struct shape *out) {
  *out = *s;
  for (size_t i = 0; i < SETTING_SESSIONS; i++) {
    struct shape_session *x = &out->sessions[i];
    x->queue = swapped(x->queue, queues);
    x->agent = swapped(x->agent, agents);
    x->preferred = swapped(x->preferred, agents);
    x->reserved = swapped(x->reserved, agents);
    x->declined[0] = s->sessions[i].declined[agents ? 1 : 0];
    x->declined[1] = s->sessions[i].declined[agents ? 0 : 1];
  }
  if (agents) {
    out->agents[0] = s->agents[1];
    out->agents[1] = s->agents[0];
  }
  if (queues) {
    out->doors[0] = s->doors[1];
    out->doors[1] = s->doors[0];
  }
  qsort(out->sessions, SETTING_SESSIONS, sizeof *out->sessions,
        compare_sessions);
}

void shape_normal(const struct setting *p, const struct shape *s,
                  struct shape *out) {
  const unsigned ways = p->alike ? 4 : 1;
  for (unsigned i = 0; i < ways; i++) {
    struct shape other;
    permute(s, (i & 1) != 0, (i & 2) != 0, &other);
    if (i == 0 || memcmp(&other, out, sizeof other) < 0) {
      *out = other;
    }
  }
}

/* ---- in words */

static void tell_session(FILE *to, size_t i, const struct shape_session *s) {
  fprintf(to, "\n      session %zu %s", i, session_status_name(s->status));
  if (s->place > 0) {
    fprintf(to, ", place %d in queue %d, priority %d%s", s->place, s->queue - 1,
            s->priority, s->skipped ? " (skipped)" : "");
  }
  if (s->agent > 0) {
    fprintf(to, ", agent %d%s", s->agent - 1, s->away ? " (lost)" : "");
  }
  if (s->preferred > 0) {
    fprintf(to, ", for agent %d alone", s->preferred - 1);
  }
  for (int a = 0; a < SETTING_AGENTS; a++) {
    if (s->declined[a].units > 0) {
      fprintf(to, ", declined by agent %d", a);
    }
  }
  if (s->timer.units > 0) {
    fprintf(to, ", timer %s", s->timer.units == 1 ? "due" : "runs");
  }
}

void shape_tell(FILE *to, const struct shape *s) {
  static const char *const presence[] = {"offline", "away", "available",
                                         "lost"};
  static const char *const doors[] = {"", " a queue is paused",
                                      " a queue is drained"};
  for (size_t i = 0; i < SETTING_SESSIONS && s->sessions[i].status != 0; i++) {
    tell_session(to, i, &s->sessions[i]);
  }
  fputs("\n     ", to);
  for (size_t a = 0; a < SETTING_AGENTS; a++) {
    fprintf(to, " agent %zu %s;", a, presence[s->agents[a].presence]);
  }
  for (size_t q = 0; q < SETTING_QUEUES; q++) {
    fprintf(to, "%s", doors[s->doors[q]]);
  }
  fputs("\n", to);
}
