/* Names that a person could have meant. */
#include "base/check.h"
#include "engine/directory_priv.h"

/* The names of a kind in a row, by index; empty past the last. */
static struct text name_at(const struct directory *d, enum dir_target_kind kind,
                           size_t i) {
  static const struct text none = {"", 0};
  if (kind == DIR_TARGET_AGENT) {
    return i < d->agent_count ? d->agents[i].id : none;
  }
  if (kind == DIR_TARGET_BOT) {
    return i < d->bot_count ? d->bots[i].id : none;
  }
  if (kind == DIR_TARGET_CALENDAR) {
    return i < d->calendar_count ? d->calendars[i].id : none;
  }
  if (kind == DIR_TARGET_SKILL) {
    return i < d->skill_count ? d->skills[i].name : none;
  }
  if (i < d->queue_count) {
    return d->queues[i].skill == DIR_NONE ? d->queues[i].id
                                          : d->skills[d->queues[i].skill].name;
  }
  return none;
}

static bool is_gone(const struct directory *d, enum dir_target_kind kind,
                    uint32_t i) {
  switch (kind) {
  case DIR_TARGET_AGENT:
    return d->agents[i].origin.removed;
  case DIR_TARGET_CALENDAR:
    return d->calendars[i].origin.removed;
  case DIR_TARGET_SKILL:
    return d->skills[i].origin.removed;
  case DIR_TARGET_ANY:
  case DIR_TARGET_QUEUE:
    return d->queues[i].origin.removed;
  case DIR_TARGET_BOT:
    break;
  }
  return false;
}

size_t directory_nearest(const struct directory *d, enum dir_target_kind kind,
                         struct text name, struct text *out, size_t cap) {
  unsigned best[8];
  size_t count = 0;
  bt_check(cap <= sizeof best / sizeof best[0]);
  for (size_t i = 0; name_at(d, kind, i).len > 0; i++) {
    const struct text other = name_at(d, kind, i);
    if (directory_is_hidden(other) || is_gone(d, kind, (uint32_t)i) ||
        text_nearest(name, &other, 1) != 0) {
      continue;
    }
    const unsigned distance = text_distance(name, other);
    size_t at = count < cap ? count++ : cap;
    for (; at > 0 && best[at - 1] > distance; at--) {
      if (at < cap) {
        best[at] = best[at - 1];
        out[at] = out[at - 1];
      }
    }
    if (at < cap) {
      best[at] = distance;
      out[at] = other;
    }
  }
  return count;
}

/* ---- of any kind */

struct nearest {
  struct text meant, best;
  unsigned distance;
};

static void compare(struct nearest *n, struct text other) {
  if (other.len == 0 || directory_is_hidden(other) ||
      text_nearest(n->meant, &other, 1) != 0) {
    return;
  }
  const unsigned distance = text_distance(n->meant, other);
  if (n->best.len == 0 || distance < n->distance) {
    n->best = other;
    n->distance = distance;
  }
}

/* A queue that makes itself is nothing that an object may name. */
static bool may_be_named(const struct directory *d, enum config_object kind,
                         uint32_t i) {
  return !directory_origin(d, kind, i)->removed &&
         (kind != CONFIG_QUEUE || d->queues[i].skill == DIR_NONE);
}

struct text directory_nearest_of(const struct directory *d, uint32_t named,
                                 struct text name) {
  struct nearest n = {.meant = name, .best = {"", 0}};
  for (size_t i = 0; named == CONFIG_SCRIPT && i < d->script_count; i++) {
    compare(&n, d->scripts[i].name);
  }
  const enum config_object kind = (enum config_object)named;
  for (uint32_t i = 0; named < CONFIG_OBJECTS && i < directory_count(d, kind);
       i++) {
    if (may_be_named(d, kind, i)) {
      compare(&n, directory_id(d, kind, i));
      compare(&n, directory_name(d, kind, i));
    }
  }
  return n.best;
}
