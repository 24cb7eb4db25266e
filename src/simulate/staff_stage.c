/* The centre with as many agents as are tried. */
#include <stdio.h>

#include "simulate/staff_priv.h"

/* ---- without the centre's own agents */

/* Rings that let in agents by name let in nobody. */
static void put_ring(struct json_out *o, const struct json *ring) {
  json_open_object(o);
  for (const struct json *m = ring->first; m != NULL; m = m->next) {
    if (!text_equal(m->key, TEXT("agents"))) {
      json_key_text(o, m->key);
      json_put_tree(o, m);
    }
  }
  json_close_object(o);
}

static void put_queue(struct json_out *o, const struct json *queue) {
  json_open_object(o);
  for (const struct json *m = queue->first; m != NULL; m = m->next) {
    if (text_equal(m->key, TEXT("agents")) ||
        text_equal(m->key, TEXT("owners"))) {
      continue;
    }
    json_key_text(o, m->key);
    if (!text_equal(m->key, TEXT("rings")) || m->type != JSON_LIST) {
      json_put_tree(o, m);
      continue;
    }
    json_open_list(o);
    for (const struct json *ring = m->first; ring != NULL; ring = ring->next) {
      put_ring(o, ring);
    }
    json_close_list(o);
  }
  json_close_object(o);
}

/* NULL text: no memory. */
static struct text strip_queue(struct simulate_staff *s, struct text json) {
  struct textbuf b;
  struct json_out o;
  struct json *queue = NULL;
  struct text kept = {NULL, 0};
  textbuf_init(&b, s->mem);
  json_out_init(&o, &b);
  if (json_parse(s->arena, json, JSON_DEPTH_DEFAULT, &queue, NULL) ==
      BT_ERR_OK) {
    put_queue(&o, queue);
    kept = b.failed ? kept : arena_copy_text(s->arena, textbuf_text(&b));
  }
  textbuf_free(&b);
  return kept;
}

bool staff_strip(struct simulate_staff *s,
                 const struct simulate_setting *setting) {
  struct simulate_object *objects =
      arena_alloc(s->arena, (setting->object_count + 1) * sizeof *objects);
  bool good = objects != NULL;
  s->setting = (struct simulate_setting){objects, 0, setting->plan};
  for (size_t i = 0; good && i < setting->object_count; i++) {
    const struct simulate_object *o = &setting->objects[i];
    if (o->kind == CONFIG_AGENT) {
      continue;
    }
    struct simulate_object *kept = &objects[s->setting.object_count++];
    *kept = *o;
    if (o->kind == CONFIG_QUEUE) {
      kept->json = strip_queue(s, o->json);
      good = kept->json.ptr != NULL;
    }
  }
  return good;
}

/* ---- with those that are tried */

struct building {
  const struct simulate_staff *s;
  struct arena *arena;
  struct simulate_object *objects;
  size_t object_count, object_cap;
  struct simulate_shift *shifts;
  size_t shift_count, shift_cap;
};

static uint32_t agents_in(const struct simulate_staff *s, size_t group,
                          size_t interval) {
  return interval < s->intervals ? s->needs[staff_at(s, group, interval)].agents
                                 : 0;
}

static bool add_agent(struct building *b, size_t group, uint32_t number,
                      struct text *id) {
  const struct staff_group *g = &b->s->groups[group];
  struct textbuf t;
  struct json_out o;
  char name[64];
  (void)snprintf(name, sizeof name, "staff-%zu-%u", group, number);
  textbuf_init(&t, b->s->mem);
  json_out_init(&o, &t);
  json_open_object(&o);
  json_key(&o, "id");
  json_put_text(&o, text_from(name));
  json_key(&o, "skills");
  json_put_raw(&o, g->skills);
  json_key(&o, "capacity");
  json_put_raw(&o, TEXT("{\"chat\":1,\"voice\":1,\"message\":1}"));
  json_key(&o, "notDuring");
  json_put_raw(&o, TEXT("{\"chat\":[\"voice\",\"message\"],\"voice\":[\"chat\","
                        "\"message\"],\"message\":[\"chat\",\"voice\"]}"));
  if (g->queue.len > 0) {
    json_key(&o, "queues");
    json_open_list(&o);
    json_put_text(&o, g->queue);
    json_close_list(&o);
  }
  json_close_object(&o);
  *id = arena_copy_text(b->arena, text_from(name));
  const struct text json = arena_copy_text(b->arena, textbuf_text(&t));
  textbuf_free(&t);
  if (id->ptr == NULL || json.ptr == NULL ||
      !mem_grow(b->s->mem, &b->objects, &b->object_cap, b->object_count + 1,
                sizeof *b->objects)) {
    return false;
  }
  b->objects[b->object_count++] =
      (struct simulate_object){.kind = CONFIG_AGENT, .id = *id, .json = json};
  return true;
}

/* The @number-th agent is there in the intervals that need so many. */
static bool add_shifts(struct building *b, size_t group, uint32_t number,
                       struct text id) {
  const struct simulate_plan *p = b->s->setting.plan;
  bool there = false;
  for (size_t i = 0; i <= b->s->intervals; i++) {
    const bool needed = agents_in(b->s, group, i) > number;
    const int64_t at_us = p->from_us + (int64_t)i * p->interval_us;
    if (needed && !there) {
      if (!mem_grow(b->s->mem, &b->shifts, &b->shift_cap, b->shift_count + 1,
                    sizeof *b->shifts)) {
        return false;
      }
      b->shifts[b->shift_count++] =
          (struct simulate_shift){.agent = id, .from_us = at_us};
    } else if (!needed && there) {
      b->shifts[b->shift_count - 1].to_us = at_us;
    }
    there = needed;
  }
  return true;
}

static bool add_group(struct building *b, size_t group) {
  uint32_t most = 0;
  for (size_t i = 0; i < b->s->intervals; i++) {
    const uint32_t n = agents_in(b->s, group, i);
    most = n > most ? n : most;
  }
  bool good = true;
  for (uint32_t n = 0; good && n < most; n++) {
    struct text id;
    good = add_agent(b, group, n, &id) && add_shifts(b, group, n, id);
  }
  return good;
}

bool staff_build(const struct simulate_staff *s, struct staff_stage *out) {
  struct building b = {.s = s, .arena = &out->arena};
  arena_init(&out->arena, s->mem, 0);
  bool good = mem_grow(s->mem, &b.objects, &b.object_cap,
                       s->setting.object_count + 1, sizeof *b.objects);
  for (size_t i = 0; good && i < s->setting.object_count; i++) {
    b.objects[b.object_count++] = s->setting.objects[i];
  }
  for (size_t g = 0; good && g < s->group_count; g++) {
    good = add_group(&b, g);
  }
  out->objects = b.objects;
  out->object_cap = b.object_cap;
  out->shifts = b.shifts;
  out->shift_cap = b.shift_cap;
  out->plan = *s->setting.plan;
  out->plan.shifts = b.shifts;
  out->plan.shift_count = b.shift_count;
  out->plan.impartial = true;
  out->setting =
      (struct simulate_setting){b.objects, b.object_count, &out->plan};
  return good;
}

void staff_unbuild(const struct simulate_staff *s, struct staff_stage *stage) {
  mem_free(s->mem, stage->objects, stage->object_cap * sizeof *stage->objects);
  mem_free(s->mem, stage->shifts, stage->shift_cap * sizeof *stage->shifts);
  arena_free(&stage->arena);
}
