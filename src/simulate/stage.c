/* The centre that a run is played in. */
#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "simulate/world_priv.h"

/* Sessions need somebody who had them before the queue. */
#define BOT "{\"id\":\"simulated\"}"

enum bt_err sim_fail(struct sim *s, enum bt_err err, const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)vsnprintf(s->why->text, sizeof s->why->text, format, args);
  va_end(args);
  return err;
}

struct command sim_command(struct sim *s, enum command_type type,
                           enum role role, uint32_t number) {
  struct command cmd = {.by = {.role = role, .number = number},
                        .now_us = s->now_us,
                        .entropy = {rand_u64(&s->ids), rand_u64(&s->ids)},
                        .terse = true};
  record_init(&cmd.args, type);
  return cmd;
}

void sim_do(struct sim *s, const struct command *cmd) {
  struct id id;
  uint64_t seq;
  engine_step(s->engine, cmd, &s->step);
  sim_hear(s);
  while (engine_take_finished(s->engine, &id, &seq)) {
  }
}

/* ---- objects */

/* The sentence of a refusal; its whole body if it has none. */
static struct text detail_of(struct arena *arena, struct text body) {
  struct json *tree = NULL;
  if (json_parse(arena, body, JSON_DEPTH_DEFAULT, &tree, NULL) != BT_ERR_OK) {
    return body;
  }
  const struct json *detail = json_member(tree, TEXT("detail"));
  return detail == NULL ? body : detail->text;
}

static enum bt_err put(struct sim *s, enum command_type type,
                       const struct simulate_object *o) {
  struct command cmd = sim_command(s, type, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG, o->json);
  if (type == COMMAND_PUT_HOURS) {
    record_set_text(&cmd.args, FIELD_ZONE, o->zone);
    record_set_text(&cmd.args, FIELD_ZONE_FILE, o->zone_file);
  }
  engine_step(s->engine, &cmd, &s->step);
  if (s->step.answer.refusal == REFUSAL_NONE) {
    return BT_ERR_OK;
  }
  struct arena arena;
  arena_init(&arena, s->mem, 0);
  const struct text detail = detail_of(&arena, s->step.answer.body);
  const enum bt_err err =
      sim_fail(s, BT_ERR_SYNTAX, "'%.*s' is not taken: %.*s", TEXT_ARG(o->id),
               TEXT_ARG(detail));
  arena_free(&arena);
  return err;
}

static enum bt_err put_objects(struct sim *s) {
  static const enum command_type commands[CONFIG_OBJECTS] = {
#define OBJECT(n, w, d) [CONFIG_##n] = COMMAND_PUT_##n,
#include "engine/config.def"
#undef OBJECT
  };
  enum bt_err err = BT_ERR_OK;
  for (size_t i = 0; err == BT_ERR_OK && i < s->setting->object_count; i++) {
    const struct simulate_object *o = &s->setting->objects[i];
    /* Contacts begin at the queue: nobody talks with a bot before. */
    if (o->kind != CONFIG_BOT && o->kind != CONFIG_ENTRY) {
      err = put(s, commands[o->kind], o);
    }
  }
  return err;
}

static enum bt_err put_entries(struct sim *s) {
  const struct simulate_object bot = {.id = TEXT("simulated"),
                                      .json = TEXT(BOT)};
  enum bt_err err = put(s, COMMAND_PUT_BOT, &bot);
  for (uint32_t c = 0; err == BT_ERR_OK && c < CHANNELS; c++) {
    char json[128];
    (void)snprintf(json, sizeof json,
                   "{\"id\":\"%s\",\"channel\":\"%s\",\"bot\":\"simulated\"}",
                   channel_name(c), channel_name(c));
    const struct simulate_object entry = {.id = text_from(channel_name(c)),
                                          .json = text_from(json)};
    err = put(s, COMMAND_PUT_ENTRY, &entry);
  }
  return err;
}

/* ---- rows */

static enum bt_err add_row(struct sim *s, struct text name, uint32_t queue) {
  if (s->row_of[queue] != SIM_NONE) {
    return BT_ERR_OK;
  }
  if (!mem_grow(s->mem, &s->rows.names, &s->rows.cap, s->rows.count + 1,
                sizeof *s->rows.names)) {
    return sim_fail(s, BT_ERR_NOMEM, "there is no memory");
  }
  s->row_of[queue] = (uint32_t)s->rows.count;
  s->rows.names[s->rows.count++] = name;
  return BT_ERR_OK;
}

static enum bt_err add_target(struct sim *s, struct text name) {
  const struct directory *d = engine_directory(s->engine);
  struct dir_target target;
  if (!directory_target(d, DIR_TARGET_ANY, name, &target) || target.is_bot) {
    struct text near[1];
    const size_t n = directory_nearest(d, DIR_TARGET_ANY, name, near, 1);
    return sim_fail(s, BT_ERR_NOT_FOUND,
                    "there is no queue or skill '%.*s'%s%.*s%s", TEXT_ARG(name),
                    n > 0 ? "; did you mean '" : "",
                    n > 0 ? (int)near[0].len : 0, n > 0 ? near[0].ptr : "",
                    n > 0 ? "'?" : "");
  }
  return add_row(s, name, target.number);
}

static enum bt_err find_rows(struct sim *s) {
  const struct directory *d = engine_directory(s->engine);
  const struct simulate_plan *p = s->plan;
  s->row_of_count = d->queue_count;
  s->row_of = mem_new(s->mem, (s->row_of_count + 1) * sizeof *s->row_of);
  if (s->row_of == NULL) {
    return sim_fail(s, BT_ERR_NOMEM, "there is no memory");
  }
  for (size_t i = 0; i < s->row_of_count; i++) {
    s->row_of[i] = SIM_NONE;
  }
  enum bt_err err = BT_ERR_OK;
  for (size_t i = 0; err == BT_ERR_OK && i < s->setting->object_count; i++) {
    const struct simulate_object *o = &s->setting->objects[i];
    if (o->kind == CONFIG_QUEUE) {
      err = add_row(s, o->id, directory_queue(d, o->id));
    }
  }
  for (size_t i = 0; err == BT_ERR_OK && i < p->stream_count; i++) {
    err = p->streams[i].piece_count > 0
              ? add_target(s, p->streams[i].form.target)
              : BT_ERR_OK;
  }
  for (size_t i = 0; err == BT_ERR_OK && i < p->contact_count; i++) {
    err = add_target(s, p->contacts[i].target);
  }
  return err;
}

/* ---- together */

enum bt_err sim_open(struct sim *s) {
  const struct engine_options options = {.centre = TEXT("simulated")};
  step_init(&s->step, s->mem);
  timers_init(&s->timers, s->mem);
  s->now_us = s->plan->from_us;
  if (engine_create(s->mem, &options, &s->engine) != BT_ERR_OK) {
    return sim_fail(s, BT_ERR_NOMEM, "there is no memory");
  }
  enum bt_err err = put_objects(s);
  err = err == BT_ERR_OK ? put_entries(s) : err;
  return err == BT_ERR_OK ? find_rows(s) : err;
}

void sim_close(struct sim *s) {
  simulate_arrivals_free(s->mem, &s->arrivals);
  simulate_rows_free(s->mem, &s->rows);
  mem_free(s->mem, s->lives, (s->arrivals.count + 1) * sizeof *s->lives);
  mem_free(s->mem, s->life_of, s->life_of_cap * sizeof *s->life_of);
  mem_free(s->mem, s->seats, (s->seat_count + 1) * sizeof *s->seats);
  mem_free(s->mem, s->row_of, (s->row_of_count + 1) * sizeof *s->row_of);
  timers_free(&s->timers);
  step_free(&s->step);
  engine_free(s->engine);
}

enum bt_err simulate_rows_of(const struct mem *mem,
                             const struct simulate_setting *setting,
                             struct simulate_rows *out,
                             struct simulate_error *why) {
  struct sim s = {
      .mem = mem, .setting = setting, .plan = setting->plan, .why = why};
  const enum bt_err err = sim_open(&s);
  if (err == BT_ERR_OK) {
    *out = s.rows;
    s.rows = (struct simulate_rows){0};
  }
  sim_close(&s);
  return err;
}

void simulate_rows_free(const struct mem *mem, struct simulate_rows *rows) {
  mem_free(mem, rows->names, rows->cap * sizeof *rows->names);
}
