/* Runs of scripts as a debugger shows them. */
#include "engine/debug.h"

#include "base/check.h"
#include "engine/debug_priv.h"
#include "engine/put_priv.h"
#include "studio/image.h"
#include "studio/inspect.h"

enum { SHOWN_MAX = 65536 }; /* bytes of one variable as JSON */

/* ---- opening */

uint64_t engine_paused_run(const struct engine *e, uint32_t slot) {
  const struct live *l = engine_live(e, slot);
  for (uint32_t i = l->run; i != SESSION_NOBODY; i = e->runs[i].next) {
    if (e->runs[i].sleep == SLEEP_DEBUGGER) {
      return e->runs[i].number;
    }
  }
  return 0;
}

static uint32_t find_run(const struct engine *e,
                         const struct engine_run_state *which) {
  const struct live *l = engine_live(e, which->slot);
  const uint64_t paused = engine_paused_run(e, which->slot);
  if (which->run == 0 && paused == 0) {
    return l->run;
  }
  return run_find(e, l, which->run == 0 ? paused : which->run);
}

static enum bt_err open_image(const struct engine *e, struct text image,
                              const struct mem *mem, struct vm **out) {
  uint64_t hash = 0;
  const enum bt_err err = image_program_hash(image, &hash);
  if (err != BT_ERR_OK) {
    return err;
  }
  const struct program *program = engine_program(e, hash);
  return program == NULL ? BT_ERR_FOREIGN
                         : image_load(mem, program, image, out);
}

enum bt_err engine_open_run(const struct engine *e,
                            const struct engine_run_state *which,
                            const struct mem *mem, struct vm **out) {
  if (which->image.len > 0) {
    return open_image(e, which->image, mem, out);
  }
  const uint32_t run = find_run(e, which);
  if (run == SESSION_NOBODY || !run_has_begun(&e->runs[run])) {
    return BT_ERR_NOT_FOUND;
  }
  return open_image(e, e->runs[run].image, mem, out);
}

/* ---- the debugger */

static void put_breakpoints(const struct live_debug *d, struct json_out *o) {
  json_key(o, "breakpoints");
  if (d->breakpoints.len > 0) {
    json_put_raw(o, d->breakpoints);
  } else {
    json_open_list(o);
    json_close_list(o);
  }
}

static void put_position(const struct run *r, const struct mem *mem,
                         struct json_out *o) {
  struct vm *vm = NULL;
  if (!run_has_begun(r) ||
      image_load(mem, r->program, r->image, &vm) != BT_ERR_OK) {
    return;
  }
  put_num(o, "line", vm_line(vm));
  put_num(o, "depth", (int64_t)debug_depth(vm));
  vm_free(vm);
}

static void put_run_of(const struct engine *e, const struct run *r,
                       struct json_out *o) {
  json_open_object(o);
  put_num(o, "run", (int64_t)r->number);
  put_text(o, "script", e->dir.scripts[r->script].name);
  put_bool(o, "paused", r->sleep == SLEEP_DEBUGGER);
  put_time(o, "until", r->wake_us);
  put_position(r, o->buf->mem, o);
  json_close_object(o);
}

void engine_write_debugger(const struct engine *e, uint32_t slot,
                           struct json_out *o) {
  const struct live *l = engine_live(e, slot);
  json_open_object(o);
  put_num(o, "code", 200);
  put_bool(o, "attached", l->debug != NULL);
  if (l->debug != NULL) {
    put_breakpoints(l->debug, o);
    put_bool(o, "trace", l->debug->trace);
    put_num(o, "pauseLimit", l->debug->limit_s);
  }
  json_key(o, "runs");
  json_open_list(o);
  for (uint32_t i = l->run; i != SESSION_NOBODY; i = e->runs[i].next) {
    put_run_of(e, &e->runs[i], o);
  }
  json_close_list(o);
  json_close_object(o);
}

/* ---- frames */

static void put_variable(const struct vm *vm, struct inspect_place at,
                         struct json_out *o) {
  const struct inspect_variable v = inspect_variable(vm, at);
  struct textbuf json;
  textbuf_init(&json, o->buf->mem);
  inspect_variable_json(vm, at, &json);
  json_open_object(o);
  put_text(o, "name", v.name);
  put_name(o, "kind", inspect_kind_name(v.kind));
  if (json.failed || json.len > SHOWN_MAX) {
    put_num(o, "bytes", (int64_t)json.len); /* evaluate shows parts of it */
  } else {
    put_json(o, "value", textbuf_text(&json));
  }
  json_close_object(o);
  textbuf_free(&json);
}

static void put_variables(const struct vm *vm, size_t frame,
                          enum inspect_scope scope, struct json_out *o) {
  json_key(o, "variables");
  json_open_list(o);
  const size_t count = inspect_variable_count(vm, frame, scope);
  for (size_t i = 0; i < count; i++) {
    const struct inspect_place at = {.frame = frame, .scope = scope, .i = i};
    put_variable(vm, at, o);
  }
  json_close_list(o);
}

static void put_frame(const struct vm *vm, size_t frame, struct json_out *o) {
  static const char *const parts[] = {[INSPECT_MAIN] = "main",
                                      [INSPECT_SECTION] = "section",
                                      [INSPECT_FUNCTION] = "function"};
  const struct inspect_frame f = inspect_frame(vm, frame);
  json_open_object(o);
  put_num(o, "frame", (int64_t)frame);
  put_name(o, "part", parts[f.part]);
  put_text(o, "name", f.name);
  put_num(o, "line", f.line);
  put_num(o, "column", f.column);
  put_variables(vm, frame, INSPECT_LOCAL, o);
  json_close_object(o);
}

void engine_write_frames(const struct vm *vm, struct json_out *o) {
  json_open_object(o);
  put_num(o, "code", 200);
  put_text(o, "script", program_file_name(vm_program(vm)));
  json_key(o, "frames");
  json_open_list(o);
  for (size_t i = 0; i < inspect_frame_count(vm); i++) {
    put_frame(vm, i, o);
  }
  json_close_list(o);
  put_variables(vm, 0, INSPECT_SCRIPT, o);
  json_close_object(o);
}
