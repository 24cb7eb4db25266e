#include "routing/router_priv.h"

enum { WORD_BITS = 64 };

bool routing_reserve_member(struct router *r, struct router_agent_set *set,
                            uint32_t agent) {
  return mem_grow(r->mem, &set->words, &set->cap, agent / WORD_BITS + 1,
                  sizeof *set->words);
}

void routing_add_member(struct router_agent_set *set, uint32_t agent) {
  bt_check(agent / WORD_BITS < set->cap);
  set->words[agent / WORD_BITS] |= UINT64_C(1) << agent % WORD_BITS;
}

void routing_remove_member(struct router_agent_set *set, uint32_t agent) {
  bt_check(agent / WORD_BITS < set->cap);
  set->words[agent / WORD_BITS] &= ~(UINT64_C(1) << agent % WORD_BITS);
}

static uint64_t word_of(const struct router_agent_set *set, size_t word) {
  return word < set->cap ? set->words[word] : 0;
}

static void all_of(struct candidates *c, const struct router_agent_set *set) {
  c->all_of[c->all_count++] = set;
  c->words = set->cap < c->words ? set->cap : c->words;
}

static void any_of(struct candidates *c, const struct router_agent_set *set) {
  c->any_of[c->any_count++] = set;
  c->words = set->cap > c->words ? set->cap : c->words;
}

/* Nobody but this one. */
static void only(struct candidates *c, uint32_t agent) {
  const size_t word = agent / WORD_BITS;
  c->only = agent;
  c->next_word = word;
  c->words = word + 1 < c->words ? word + 1 : c->words;
}

static bool takes_any_level(const struct needs *needs) {
  bool any = true;
  for (uint32_t i = 0; i < needs->count; i++) {
    any = any && need_weakest(needs->packed[i]) >= ROUTER_PROFICIENCY_WORST &&
          need_best(needs->packed[i]) <= ROUTER_PROFICIENCY_BEST;
  }
  return any;
}

void routing_start_candidates(struct candidates *c, const struct router *r,
                              const struct requirement *key,
                              const struct needs *needs) {
  const struct router_queue *q = router_queue_at(r, key->queue);
  *c = (struct candidates){.r = r,
                           .needs = needs,
                           .only = ROUTER_NONE,
                           .any_level = takes_any_level(needs)};
  any_of(c, &q->agents);
  any_of(c, &r->everywhere);
  for (uint32_t i = 0; i < key->ring; i++) {
    any_of(c, &q->joined[i]);
  }
  if (key->agent != ROUTER_NONE) {
    only(c, key->agent);
  }
  if (key->channel != ROUTER_NONE) {
    all_of(c, &r->on_channel[key->channel]);
  }
  for (uint32_t i = 0; i < needs->count; i++) {
    const uint32_t skill = need_skill(needs->packed[i]);
    if (skill >= r->skill_cap) {
      c->words = 0; /* nobody has it */
      return;
    }
    all_of(c, &r->skills[skill].holders);
  }
}

static uint64_t word_in_all(const struct candidates *c, size_t word) {
  uint64_t bits = 0;
  for (uint32_t i = 0; i < c->any_count; i++) {
    bits |= word_of(c->any_of[i], word);
  }
  for (uint32_t i = 0; i < c->all_count; i++) {
    bits &= c->all_of[i]->words[word];
  }
  return bits;
}

/* The next agent that has all the skills, at whatever proficiency. */
static bool next_holder(struct candidates *c, uint32_t *agent) {
  while (c->bits == 0) {
    if (c->next_word >= c->words) {
      return false;
    }
    c->bits = word_in_all(c, c->next_word++);
  }
  const uint32_t bit = (uint32_t)__builtin_ctzll(c->bits);
  c->bits &= c->bits - 1;
  *agent = (uint32_t)(c->next_word - 1) * WORD_BITS + bit;
  return true;
}

bool routing_next_candidate(struct candidates *c, uint32_t *agent) {
  while (next_holder(c, agent)) {
    const struct router_profile *p = &c->r->agents[*agent].profile;
    const bool meant = c->only == ROUTER_NONE || c->only == *agent;
    if (meant &&
        (c->any_level || routing_unmet_need(p, c->needs) == c->needs->count)) {
      return true;
    }
  }
  return false;
}
