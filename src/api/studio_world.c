/* What the centre is for the checker: which names there are, and what the entry
 * points that begin a script guarantee. Copied, for another thread reads it. */
#include <string.h>

#include "api/studio_priv.h"

enum { NAMES_OF_ONE = DIR_ALIASES_MAX + 2 }; /* id, name, aliases */

struct reader {
  const struct directory *d;
  struct arena *arena;
  struct checker_names *names;
  bool failed; /* no memory */
};

/* ---- names */

/* @prefix: what stands before the name in a transfer. */
static void add(struct reader *r, enum checker_kind kind, struct text prefix,
                struct text name) {
  char *copy = name.len == 0 || r->failed
                   ? NULL
                   : arena_alloc(r->arena, prefix.len + name.len);
  if (copy == NULL) {
    r->failed = r->failed || name.len > 0;
    return;
  }
  if (prefix.len > 0) {
    memcpy(copy, prefix.ptr, prefix.len);
  }
  memcpy(copy + prefix.len, name.ptr, name.len);
  struct checker_names *known = &r->names[kind];
  known->names[known->count++] = (struct text){copy, prefix.len + name.len};
}

static void add_both(struct reader *r, enum checker_kind kind,
                     struct text prefix, struct text name) {
  add(r, CHECKER_TARGETS, prefix, name);
  add(r, kind, TEXT(""), name);
}

static void read_queues(struct reader *r) {
  for (size_t i = 0; i < r->d->skill_count; i++) {
    if (!r->d->skills[i].origin.removed) {
      add_both(r, CHECKER_QUEUES, TEXT(""), r->d->skills[i].name);
    }
  }
  for (size_t i = 0; i < r->d->queue_count; i++) {
    const struct dir_queue *q = &r->d->queues[i];
    if (q->origin.removed || q->skill != DIR_NONE || q->agent != DIR_NONE) {
      continue; /* gone, or a skill's or an agent's own */
    }
    add_both(r, CHECKER_QUEUES, TEXT(""), q->id);
    add_both(r, CHECKER_QUEUES, TEXT(""), q->name);
    for (uint32_t a = 0; a < q->alias_count; a++) {
      add_both(r, CHECKER_QUEUES, TEXT(""), q->aliases[a]);
    }
  }
}

static void read_parties(struct reader *r) {
  for (size_t i = 0; i < r->d->agent_count; i++) {
    const struct dir_agent *a = &r->d->agents[i];
    if (!a->origin.removed) {
      add(r, CHECKER_TARGETS, TEXT("agent:"), a->id);
      add(r, CHECKER_TARGETS, TEXT("agent:"), a->name);
    }
  }
  for (size_t i = 0; i < r->d->bot_count; i++) {
    add_both(r, CHECKER_BOTS, TEXT("bot:"), r->d->bots[i].id);
    add_both(r, CHECKER_BOTS, TEXT("bot:"), r->d->bots[i].name);
  }
}

static void read_others(struct reader *r) {
  for (size_t i = 0; i < r->d->calendar_count; i++) {
    if (!r->d->calendars[i].origin.removed) {
      add(r, CHECKER_CALENDARS, TEXT(""), r->d->calendars[i].id);
    }
  }
  for (size_t i = 0; i < r->d->script_count; i++) {
    add(r, CHECKER_SCRIPTS, TEXT(""), r->d->scripts[i].name);
  }
}

static bool read_names(struct reader *r) {
  const struct directory *d = r->d;
  const size_t most =
      NAMES_OF_ONE * (d->skill_count + d->queue_count + d->agent_count +
                      d->bot_count + d->calendar_count + d->script_count + 1);
  r->names = arena_alloc(r->arena, CHECKER_KINDS * sizeof *r->names);
  for (size_t i = 0; i < CHECKER_KINDS && r->names != NULL; i++) {
    r->names[i].names = arena_alloc(r->arena, most * sizeof *r->names[i].names);
    r->failed = r->failed || r->names[i].names == NULL;
  }
  if (r->names == NULL || r->failed) {
    return false;
  }
  read_queues(r);
  read_parties(r);
  read_others(r);
  return !r->failed;
}

/* ---- guarantees */

static uint32_t guarantee(const struct dir_entry *e, struct text script) {
  uint32_t set = text_equal_nocase(e->script, script) ? CHECKER_SET(SCRIPT) : 0;
  if (text_equal_nocase(e->on_goodbye, script)) {
    set |= CHECKER_SET(RELEASING) | CHECKER_SET(IDLE);
  }
  return text_equal_nocase(e->on_released, script) ? set | CHECKER_SET(IDLE)
                                                   : set;
}

static bool read_entry(struct reader *r, const struct dir_entry *e,
                       struct text script, struct checker_world *world) {
  const uint32_t set = guarantee(e, script);
  const double drain_s = (double)e->drain_ms / 1e3;
  if (set == 0) {
    return true;
  }
  if (!world->given || drain_s > world->drain_s) {
    world->drain_s = drain_s;
  }
  world->entry = world->given ? world->entry | set : set;
  world->given = true;
  if (e->fallback.len == 0) {
    world->no_fallback = arena_copy_text(r->arena, e->id);
  }
  return e->fallback.len > 0 || world->no_fallback.ptr != NULL;
}

bool studio_read_world(const struct directory *d, struct text name,
                       struct arena *arena, struct checker_world *world) {
  struct reader r = {.d = d, .arena = arena};
  *world = checker_world_default();
  bool good = read_names(&r);
  world->names = r.names;
  for (size_t i = 0; i < d->entry_count && good && name.len > 0; i++) {
    good = read_entry(&r, &d->entries[i], name, world);
  }
  return good;
}
