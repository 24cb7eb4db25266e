#include "engine/engine.h"

#include <string.h>

#include "base/check.h"
#include "engine/publish_priv.h"

static bool same_session(const void *ctx, uint32_t slot, const void *key) {
  const struct engine *e = ctx;
  return id_equal(e->lives[slot]->id, *(const struct id *)key);
}

enum bt_err engine_create(const struct mem *mem,
                          const struct engine_options *options,
                          struct engine **out) {
  struct engine *e = mem_new(mem, sizeof *e);
  if (e == NULL) {
    return BT_ERR_NOMEM;
  }
  e->mem = *mem;
  directory_init(&e->dir, &e->mem);
  router_init(&e->router, &e->mem);
  figures_init(&e->figures, &e->mem);
  offers_init(&e->offers, &e->mem);
  timers_init(&e->timers, &e->mem);
  map_init(&e->by_id, &e->mem, same_session, e);
  map_init(&e->kept_by_key, &e->mem, kept_same, e);
  e->hash_key = options->hash_key;
  e->next_order = 1;
  e->next_transfer = 1;
  e->next_run = 1;
  e->next_question = 1;
  live_own(&e->mem, &e->centre, options->centre);
  live_own(&e->mem, &e->problem_base,
           options->problem_base.len > 0 ? options->problem_base
                                         : ENGINE_PROBLEM_BASE);
  *out = e;
  return BT_ERR_OK;
}

static void free_sessions(struct engine *e) {
  for (size_t i = 0; i < e->live_used; i++) {
    live_free(e->lives[i], &e->mem);
    mem_free(&e->mem, e->lives[i], sizeof *e->lives[i]);
  }
  mem_free(&e->mem, e->lives, e->live_cap * sizeof(struct live *));
  mem_free(&e->mem, e->free_slots, e->free_cap * sizeof *e->free_slots);
  mem_free(&e->mem, e->decliners, e->decliner_cap * sizeof *e->decliners);
  mem_free(&e->mem, e->forgotten, e->forgotten_cap * sizeof *e->forgotten);
}

static void free_scripts(struct engine *e) {
  for (uint32_t i = 0; i < e->run_used; i++) {
    live_own(&e->mem, &e->runs[i].image, TEXT(""));
    live_own(&e->mem, &e->runs[i].params, TEXT(""));
    live_own(&e->mem, &e->runs[i].globals, TEXT(""));
    vm_free(e->runs[i].vm);
  }
  mem_free(&e->mem, e->runs, e->run_cap * sizeof *e->runs);
  for (size_t i = 0; i < e->version_count; i++) {
    program_free(e->versions[i].program);
  }
  mem_free(&e->mem, e->versions, e->version_cap * sizeof *e->versions);
  publications_free(e);
}

static void free_kept(struct engine *e) {
  for (size_t i = 0; i < e->kept_cap; i++) {
    live_own(&e->mem, &e->kept[i].key, TEXT(""));
    live_own(&e->mem, &e->kept[i].body, TEXT(""));
  }
  mem_free(&e->mem, e->kept, e->kept_cap * sizeof *e->kept);
  map_free(&e->kept_by_key);
}

void engine_free(struct engine *e) {
  if (e == NULL) {
    return;
  }
  free_sessions(e);
  free_scripts(e);
  free_kept(e);
  for (size_t i = 0; i < e->queue_count; i++) {
    live_own(&e->mem, &e->queues[i].reason, TEXT(""));
  }
  mem_free(&e->mem, e->log, e->log_cap * sizeof *e->log);
  mem_free(&e->mem, e->queues, e->queue_cap * sizeof *e->queues);
  mem_free(&e->mem, e->agents, e->agent_cap * sizeof *e->agents);
  mem_free(&e->mem, e->bots, e->bot_cap * sizeof *e->bots);
  live_own(&e->mem, &e->centre, TEXT(""));
  live_own(&e->mem, &e->problem_base, TEXT(""));
  map_free(&e->by_id);
  timers_free(&e->timers);
  offers_free(&e->offers);
  router_free(&e->router);
  figures_free(&e->figures);
  directory_free(&e->dir);
  const struct mem mem = e->mem;
  mem_free(&mem, e, sizeof *e);
}

void engine_watch(struct engine *e, engine_watch_fn *fn, void *ctx) {
  e->watch = fn;
  e->watch_ctx = ctx;
}

void engine_set_zone(struct engine *e, const struct tz *zone) {
  e->zone = zone;
}

/* ---- looking in */

const struct directory *engine_directory(const struct engine *e) {
  return &e->dir;
}

uint64_t engine_seq(const struct engine *e) {
  return e->seq;
}

bool engine_find(const struct engine *e, struct id id, uint32_t *slot) {
  const uint32_t found = map_get(&e->by_id, id_hash(id), &id);
  if (found == MAP_NONE) {
    return false;
  }
  *slot = found;
  return true;
}

static bool has_leg(const struct live *l, uint32_t role, uint32_t number) {
  for (size_t i = 0; i < l->leg_count; i++) {
    if (l->legs[i].role == role && l->legs[i].number == number) {
      return true;
    }
  }
  return false;
}

bool engine_may_see(const struct engine *e, uint32_t slot,
                    const struct caller *by) {
  const struct live *l = engine_live(e, slot);
  switch (by->role) {
  case ROLE_CUSTOMER:
    return id_equal(by->session, l->id);
  case ROLE_BOT:
    return has_leg(l, ROLE_BOT, by->number);
  case ROLE_AGENT:
    return live_in_queue(&l->s) || l->s.agent == by->number ||
           has_leg(l, ROLE_AGENT, by->number) || consult_has(e, l, by->number);
  case ROLE_SUPERVISOR:
  case ROLE_ADMIN:
  case ROLE_SCRIPT:
  case ROLE_SYSTEM:
    return true;
  case ROLE_NONE:
  case ROLE_OPERATOR:
  case ROLES:
    break;
  }
  return false;
}

struct id engine_session_id(const struct engine *e, uint32_t slot) {
  return engine_live(e, slot)->id;
}

struct text engine_session_attributes(const struct engine *e, uint32_t slot) {
  return engine_live(e, slot)->attributes;
}

struct text engine_session_customer(const struct engine *e, uint32_t slot) {
  return engine_live(e, slot)->customer;
}

uint32_t engine_session_entry(const struct engine *e, uint32_t slot) {
  return engine_live(e, slot)->entry;
}

struct text engine_session_kept(const struct engine *e, uint32_t slot) {
  return engine_live(e, slot)->bot_kept;
}

int64_t engine_session_deadline_us(const struct engine *e, uint32_t slot) {
  return engine_live(e, slot)->deadline_us;
}

int64_t engine_session_spoken_us(const struct engine *e, uint32_t slot) {
  return engine_live(e, slot)->spoken_us;
}

const struct session *engine_session(const struct engine *e, uint32_t slot) {
  return &engine_live(e, slot)->s;
}

uint64_t engine_session_last_seq(const struct engine *e, uint32_t slot) {
  return engine_live(e, slot)->last_seq;
}

bool engine_next_session(const struct engine *e, uint32_t *slot) {
  while (*slot < e->live_used && !e->lives[*slot]->used) {
    (*slot)++;
  }
  return *slot < e->live_used;
}

void engine_count(const struct engine *e, struct engine_counts *out) {
  *out = e->counts;
  out->kept_answers = (uint32_t)e->kept_count;
  out->offers = (uint32_t)e->offers.pending.count;
  for (uint32_t i = 0; i < e->run_used; i++) {
    out->runs += e->runs[i].session != SESSION_NOBODY;
  }
  for (size_t i = 0; i < e->dir.agent_count; i++) {
    out->agents_in += e->agents[i].a.presence != AGENT_OFFLINE;
  }
}

/* ---- the skills of a transfer */

/* 1 best … 20; @otherwise if it says nothing. */
static uint32_t proficiency_of(const struct json *element, struct text name,
                               uint32_t otherwise) {
  const struct json *level = json_member(element, name);
  return level == NULL || level->type != JSON_INT ? otherwise
                                                  : (uint32_t)level->i;
}

static bool read_need(const struct engine *e, const struct json *element,
                      struct router_request *q, struct text *unknown) {
  const struct text name = element->type == JSON_OBJECT
                               ? json_member(element, TEXT("name"))->text
                               : element->text;
  const uint32_t skill = directory_skill(&e->dir, name);
  if (skill == DIR_NONE) {
    if (unknown != NULL) {
      *unknown = name;
    }
    return false;
  }
  for (uint32_t i = 0; i < q->need_count; i++) {
    if (q->needs[i].skill == skill) {
      return false;
    }
  }
  q->needs[q->need_count] = (struct router_skill){
      skill, proficiency_of(element, TEXT("minProficiency"),
                            ROUTER_PROFICIENCY_WORST)};
  q->best[q->need_count++] =
      (uint8_t)proficiency_of(element, TEXT("maxProficiency"), 0);
  return true;
}

bool engine_parse_needs(const struct engine *e, struct text skills,
                        struct router_request *q, struct text *unknown) {
  q->need_count = 0;
  if (skills.len == 0) {
    return true;
  }
  struct arena arena;
  struct json *tree = NULL;
  struct json_error error;
  arena_init(&arena, &e->mem, 0);
  bool good = json_parse(&arena, skills, JSON_DEPTH_DEFAULT, &tree, &error) ==
              BT_ERR_OK;
  for (const struct json *s = good ? tree->first : NULL; s != NULL;
       s = s->next) {
    if (q->need_count == ROUTER_NEEDS_MAX || !read_need(e, s, q, unknown)) {
      good = false;
    }
  }
  if (unknown != NULL && unknown->len > 0) {
    /* It borrows the tree: let it borrow what was given instead. */
    const size_t at = text_find(skills, *unknown, 0);
    *unknown = text_sub(skills, at, unknown->len);
  }
  arena_free(&arena);
  return good;
}
