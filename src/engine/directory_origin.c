/* Things of any kind by name and number; who put them, and which are gone. */
#include "base/check.h"
#include "engine/directory_priv.h"
#include "engine/record.h"

uint32_t directory_find(const struct directory *d, enum config_object kind,
                        struct text name) {
  switch (kind) {
  case CONFIG_SKILL:
    return directory_skill(d, name);
  case CONFIG_QUEUE:
    return directory_queue(d, name);
  case CONFIG_AGENT:
    return directory_agent(d, name);
  case CONFIG_BOT:
    return directory_bot(d, name);
  case CONFIG_ENTRY:
    return directory_entry(d, name);
  case CONFIG_HOURS:
    return directory_calendar(d, name);
  case CONFIG_DISPOSITION:
    return directory_disposition(d, name);
  case CONFIG_OBJECTS:
    break;
  }
  return DIR_NONE;
}

/* One of the things, whatever it is. */
struct thing {
  struct dir_origin *origin;
  struct text id, name, config;
};

static struct thing thing_at(const struct directory *d, enum config_object kind,
                             uint32_t i) {
  switch (kind) {
  case CONFIG_SKILL:
    return (struct thing){&d->skills[i].origin, d->skills[i].name,
                          d->skills[i].name, TEXT("{}")};
  case CONFIG_QUEUE:
    return (struct thing){&d->queues[i].origin, d->queues[i].id,
                          d->queues[i].name, d->queues[i].config};
  case CONFIG_AGENT:
    return (struct thing){&d->agents[i].origin, d->agents[i].id,
                          d->agents[i].name, d->agents[i].config};
  case CONFIG_BOT:
    return (struct thing){&d->bots[i].origin, d->bots[i].id, d->bots[i].name,
                          d->bots[i].config};
  case CONFIG_ENTRY:
    return (struct thing){&d->entries[i].origin, d->entries[i].id,
                          d->entries[i].name, d->entries[i].config};
  case CONFIG_HOURS:
    return (struct thing){&d->calendars[i].origin, d->calendars[i].id,
                          d->calendars[i].name, d->calendars[i].config};
  case CONFIG_DISPOSITION:
    return (struct thing){&d->dispositions[i].origin, d->dispositions[i].id,
                          d->dispositions[i].name, d->dispositions[i].config};
  case CONFIG_OBJECTS:
    break;
  }
  bt_check_failed("a kind of object", __FILE__, __LINE__, __func__);
}

size_t directory_count(const struct directory *d, enum config_object kind) {
  const size_t counts[CONFIG_OBJECTS] = {[CONFIG_SKILL] = d->skill_count,
                                         [CONFIG_QUEUE] = d->queue_count,
                                         [CONFIG_AGENT] = d->agent_count,
                                         [CONFIG_BOT] = d->bot_count,
                                         [CONFIG_ENTRY] = d->entry_count,
                                         [CONFIG_HOURS] = d->calendar_count,
                                         [CONFIG_DISPOSITION] =
                                             d->disposition_count};
  return counts[kind];
}

struct text directory_id(const struct directory *d, enum config_object kind,
                         uint32_t number) {
  return thing_at(d, kind, number).id;
}

struct text directory_name(const struct directory *d, enum config_object kind,
                           uint32_t number) {
  return thing_at(d, kind, number).name;
}

struct text directory_config(const struct directory *d, enum config_object kind,
                             uint32_t number) {
  return thing_at(d, kind, number).config;
}

const struct dir_origin *directory_origin(const struct directory *d,
                                          enum config_object kind,
                                          uint32_t number) {
  return thing_at(d, kind, number).origin;
}

uint32_t directory_find_removed(const struct directory *d,
                                enum config_object kind, struct text id) {
  size_t left = d->removed_counts[kind];
  for (size_t i = directory_count(d, kind); left > 0 && i-- > 0;) {
    const struct thing t = thing_at(d, kind, (uint32_t)i);
    if (t.origin->removed && text_equal_nocase(t.id, id)) {
      return (uint32_t)i;
    }
    left -= t.origin->removed;
  }
  return DIR_NONE;
}

bool directory_is_by_hand(const struct dir_origin *o) {
  return o->role != ROLE_NONE && o->role != ROLE_SYSTEM;
}

void directory_set_origin(struct directory *d, enum config_object kind,
                          uint32_t number, struct dir_origin origin) {
  struct dir_origin *o = thing_at(d, kind, number).origin;
  origin.by = arena_copy_text(&d->arena, origin.by);
  bt_check(origin.by.ptr != NULL);
  *o = origin;
}

static struct map *map_of(struct directory *d, enum config_object kind) {
  struct map *const maps[CONFIG_OBJECTS] = {[CONFIG_SKILL] = &d->by_skill,
                                            [CONFIG_QUEUE] = &d->by_queue,
                                            [CONFIG_AGENT] = &d->by_agent,
                                            [CONFIG_BOT] = &d->by_bot,
                                            [CONFIG_ENTRY] = &d->by_entry,
                                            [CONFIG_HOURS] = &d->by_calendar,
                                            [CONFIG_DISPOSITION] =
                                                &d->by_disposition};
  return maps[kind];
}

/* ---- names */

struct dir_names directory_names(const struct directory *d,
                                 enum config_object kind, uint32_t number) {
  const struct thing t = thing_at(d, kind, number);
  struct dir_names n = {.id = t.id, .name = t.name};
  if (kind == CONFIG_QUEUE) {
    n.aliases = d->queues[number].aliases;
    n.alias_count = d->queues[number].alias_count;
  }
  return n;
}

static bool has_name(const struct dir_names *n, struct text name) {
  bool has = directory_is_named(name, n->id, n->name);
  for (uint32_t i = 0; !has && i < n->alias_count; i++) {
    has = text_equal_nocase(name, n->aliases[i]);
  }
  return has;
}

/* The first of those that have it is found by it from now on. A queue that
 * makes itself is found by none. */
static void inherit_name(struct directory *d, enum config_object kind,
                         struct text name) {
  for (uint32_t i = 0; i < directory_count(d, kind); i++) {
    const struct dir_names n = directory_names(d, kind, i);
    const bool found_by_none =
        kind == CONFIG_QUEUE && d->queues[i].skill != DIR_NONE;
    if (!directory_origin(d, kind, i)->removed && !found_by_none &&
        has_name(&n, name)) {
      directory_add_name(map_of(d, kind), name, i);
      return;
    }
  }
}

static void give_up_name(struct directory *d, enum config_object kind,
                         uint32_t number, struct text name) {
  const struct dir_names now = directory_names(d, kind, number);
  if (name.len > 0 &&
      (directory_origin(d, kind, number)->removed || !has_name(&now, name)) &&
      map_remove(map_of(d, kind), hash_text_nocase(name), number)) {
    inherit_name(d, kind, name);
  }
}

void directory_give_up(struct directory *d, enum config_object kind,
                       uint32_t number, const struct dir_names *before) {
  give_up_name(d, kind, number, before->id);
  give_up_name(d, kind, number, before->name);
  for (uint32_t i = 0; i < before->alias_count; i++) {
    give_up_name(d, kind, number, before->aliases[i]);
  }
}

void directory_remove(struct directory *d, enum config_object kind,
                      uint32_t number) {
  const struct thing t = thing_at(d, kind, number);
  const struct dir_names names = directory_names(d, kind, number);
  d->removed_counts[kind] += !t.origin->removed;
  t.origin->removed = true;
  directory_give_up(d, kind, number, &names);
}
