#include "api/teams.h"

#include "base/check.h"
#include "base/map.h"
#include "engine/directory.h"

struct team {
  struct text id;
  uint64_t *supervisors; /* hashes of names, as in auth_source */
  size_t supervisor_count;
  struct text *queues, *agents; /* ids */
  size_t queue_count, agent_count;
};

void teams_init(struct teams *t, const struct mem *mem) {
  *t = (struct teams){.mem = mem};
  arena_init(&t->arena, mem, 0);
}

static void forget_masks(struct teams *t) {
  t->queues_known = 0;
  t->agents_known = 0;
}

void teams_free(struct teams *t) {
  arena_free(&t->arena);
  mem_free(t->mem, t->queues, t->queue_cap * sizeof *t->queues);
  mem_free(t->mem, t->agents, t->agent_cap * sizeof *t->agents);
}

/* ---- what the centre's file says */

static bool copy_texts(struct arena *arena, struct api_names from,
                       struct text **out) {
  *out = arena_alloc(arena, (from.count + 1) * sizeof **out);
  for (size_t i = 0; *out != NULL && i < from.count; i++) {
    (*out)[i] = arena_copy_text(arena, from.list[i]);
    if ((*out)[i].ptr == NULL) {
      return false;
    }
  }
  return *out != NULL;
}

static bool copy_team(struct arena *arena, const struct api_team *from,
                      struct team *to) {
  const size_t supervisors = from->supervisors.count;
  to->id = arena_copy_text(arena, from->id);
  to->supervisors =
      arena_alloc(arena, (supervisors + 1) * sizeof *to->supervisors);
  if (to->id.ptr == NULL || to->supervisors == NULL) {
    return false;
  }
  for (size_t i = 0; i < supervisors; i++) {
    to->supervisors[i] = hash_text(from->supervisors.list[i]);
  }
  to->supervisor_count = supervisors;
  to->queue_count = from->queues.count;
  to->agent_count = from->agents.count;
  return copy_texts(arena, from->queues, &to->queues) &&
         copy_texts(arena, from->agents, &to->agents);
}

enum bt_err teams_set(struct teams *t, const struct api_team *list,
                      size_t count) {
  struct arena fresh;
  bt_check(count <= API_TEAMS_MAX);
  arena_init(&fresh, t->mem, 0);
  struct team *copy = arena_alloc(&fresh, (count + 1) * sizeof *copy);
  bool good = copy != NULL;
  for (size_t i = 0; good && i < count; i++) {
    good = copy_team(&fresh, &list[i], &copy[i]);
  }
  if (!good) {
    arena_free(&fresh);
    return BT_ERR_NOMEM;
  }
  arena_free(&t->arena);
  t->arena = fresh;
  t->list = copy;
  t->count = count;
  forget_masks(t);
  return BT_ERR_OK;
}

/* ---- who is in which */

uint64_t teams_led_by(const struct teams *t, uint64_t subject) {
  uint64_t mask = 0;
  for (size_t i = 0; i < t->count; i++) {
    for (size_t k = 0; k < t->list[i].supervisor_count; k++) {
      if (t->list[i].supervisors[k] == subject) {
        mask |= (uint64_t)1 << i;
      }
    }
  }
  return mask;
}

static bool is_among(const struct text *list, size_t count, struct text id) {
  for (size_t i = 0; i < count; i++) {
    if (text_equal_nocase(list[i], id)) {
      return true;
    }
  }
  return false;
}

static uint64_t find_agent(const struct teams *t, struct text id) {
  uint64_t mask = 0;
  for (size_t i = 0; i < t->count; i++) {
    if (is_among(t->list[i].agents, t->list[i].agent_count, id)) {
      mask |= (uint64_t)1 << i;
    }
  }
  return mask;
}

static uint64_t find_queue(const struct teams *t, const struct directory *d,
                           const struct dir_queue *q) {
  if (q->agent != DIR_NONE) { /* an agent's own queue is where the agent is */
    return find_agent(t, d->agents[q->agent].id);
  }
  uint64_t mask = 0;
  for (size_t i = 0; i < t->count; i++) {
    if (is_among(t->list[i].queues, t->list[i].queue_count, q->id)) {
      mask |= (uint64_t)1 << i;
    }
  }
  return mask;
}

uint64_t teams_of_queue(struct teams *t, const struct directory *d,
                        uint32_t number) {
  if (number >= d->queue_count) {
    return 0;
  }
  if (!mem_grow(t->mem, &t->queues, &t->queue_cap, d->queue_count,
                sizeof *t->queues)) {
    return find_queue(t, d, &d->queues[number]);
  }
  while (t->queues_known <= number) {
    t->queues[t->queues_known] = find_queue(t, d, &d->queues[t->queues_known]);
    t->queues_known++;
  }
  return t->queues[number];
}

uint64_t teams_of_agent(struct teams *t, const struct directory *d,
                        uint32_t number) {
  if (number >= d->agent_count) {
    return 0;
  }
  if (!mem_grow(t->mem, &t->agents, &t->agent_cap, d->agent_count,
                sizeof *t->agents)) {
    return find_agent(t, d->agents[number].id);
  }
  while (t->agents_known <= number) {
    t->agents[t->agents_known] = find_agent(t, d->agents[t->agents_known].id);
    t->agents_known++;
  }
  return t->agents[number];
}

/* ---- in words */

void teams_write(const struct teams *t, uint64_t mask, struct textbuf *out) {
  const char *before = "";
  for (size_t i = 0; i < t->count; i++) {
    if ((mask >> i & 1) != 0) {
      textbuf_addf(out, "%s%.*s", before, TEXT_ARG(t->list[i].id));
      before = ", ";
    }
  }
  if (mask == 0) {
    textbuf_add(out, TEXT("no team"));
  }
}

void teams_write_json(const struct teams *t, uint64_t mask,
                      struct json_out *o) {
  json_open_list(o);
  for (size_t i = 0; i < t->count; i++) {
    if ((mask >> i & 1) != 0) {
      json_put_text(o, t->list[i].id);
    }
  }
  json_close_list(o);
}
