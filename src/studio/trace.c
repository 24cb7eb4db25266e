/* What each executed line did, by comparing before and after. */
#include "studio/trace.h"

#include <string.h>

#include "base/check.h"
#include "base/map.h"
#include "studio/action.h"
#include "studio/inspect.h"
#include "studio/vm_priv.h"

enum { CUT_TO = 200 }; /* bytes that are shown of a value that is too long */

/* A value as it was. */
struct seen {
  uint64_t hash;    /* of all of it */
  struct text json; /* owned; cut if it is long */
};

/* A line under way, one for each call in progress. */
struct level {
  uint32_t part, base; /* of its frame: another call has another */
  uint32_t line, column;
  int64_t began_us;
  size_t first; /* its function's variables among seen.items */
};

struct trace {
  const struct mem *mem;
  struct trace_options options;
  uint64_t seq;
  struct level *levels;
  size_t level_count, level_cap;
  struct seen *seen; /* the script's variables, then those of each level */
  size_t seen_count, seen_cap;
  struct textbuf actions, changed, error, scratch;
  bool wants_result; /* an action waits for its answer */
  bool told;         /* the innermost line: what follows is its rest */
  bool failed;
};

struct trace *trace_create(const struct mem *mem,
                           const struct trace_options *options) {
  struct trace *t = mem_new(mem, sizeof *t);
  if (t == NULL) {
    return NULL;
  }
  *t = (struct trace){.mem = mem, .options = *options};
  textbuf_init(&t->actions, mem);
  textbuf_init(&t->changed, mem);
  textbuf_init(&t->error, mem);
  textbuf_init(&t->scratch, mem);
  return t;
}

/* ---- values as they were */

static void drop_seen(struct trace *t, size_t from) {
  while (t->seen_count > from) {
    const struct text json = t->seen[--t->seen_count].json;
    mem_free_const(t->mem, json.ptr, json.len);
  }
}

void trace_free(struct trace *t) {
  if (t == NULL) {
    return;
  }
  const struct mem *mem = t->mem;
  drop_seen(t, 0);
  mem_free(mem, t->seen, t->seen_cap * sizeof *t->seen);
  mem_free(mem, t->levels, t->level_cap * sizeof *t->levels);
  textbuf_free(&t->actions);
  textbuf_free(&t->changed);
  textbuf_free(&t->error);
  textbuf_free(&t->scratch);
  mem_free(mem, t, sizeof *t);
}

bool trace_has_failed(const struct trace *t) {
  return t->failed;
}

static void cut(const struct trace *t, struct textbuf *b) {
  struct textbuf start;
  struct json_out o;
  const struct text first = utf8_cut(textbuf_text(b), CUT_TO);
  textbuf_init(&start, t->mem);
  textbuf_addf(&start, "%.*s\xe2\x80\xa6 (%zu bytes)", TEXT_ARG(first), b->len);
  textbuf_clear(b);
  json_out_init(&o, b);
  json_put_text(&o, textbuf_text(&start));
  textbuf_free(&start);
}

/* The value as JSON in t->scratch; its hash, taken before it is cut. */
static uint64_t print(struct trace *t, struct value v) {
  textbuf_clear(&t->scratch);
  t->scratch.limit = VM_VALUES_MAX;
  const bool whole = value_to_json(v, &t->scratch) && !t->scratch.failed;
  const uint64_t hash = hash_bytes(t->scratch.ptr, t->scratch.len);
  if (!whole || t->scratch.len > t->options.value_max) {
    cut(t, &t->scratch);
  }
  return hash;
}

static void put_change(struct trace *t, struct text name, struct text old) {
  struct textbuf *b = &t->changed;
  struct json_out o;
  textbuf_add(b, b->len == 0 ? TEXT("{") : TEXT(","));
  json_out_init(&o, b);
  json_put_text(&o, name);
  textbuf_add(b, TEXT(":{\"old\":"));
  textbuf_add(b, old);
  textbuf_add(b, TEXT(",\"new\":"));
  textbuf_add(b, textbuf_text(&t->scratch));
  textbuf_add_char(b, '}');
}

/* Remembers what t->scratch holds; false: no memory. */
static bool remember(struct trace *t, struct seen *s, uint64_t hash) {
  const struct text now = textbuf_text(&t->scratch);
  char *copy = mem_new(t->mem, now.len + 1);
  if (copy == NULL || t->scratch.failed) {
    mem_free(t->mem, copy, now.len + 1);
    t->failed = true;
    return false;
  }
  memcpy(copy, now.ptr, now.len);
  mem_free_const(t->mem, s->json.ptr, s->json.len);
  /* The length that is kept is what was taken: one more, for an empty one. */
  *s = (struct seen){.hash = hash, .json = {copy, now.len + 1}};
  return true;
}

static struct text seen_text(const struct seen *s) {
  return s->json.len == 0 ? TEXT("null")
                          : text_sub(s->json, 0, s->json.len - 1);
}

/* Adds room for @count values, all null. */
static bool add_seen(struct trace *t, size_t count) {
  if (!mem_grow(t->mem, &t->seen, &t->seen_cap, t->seen_count + count,
                sizeof *t->seen)) {
    t->failed = true;
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    t->seen[t->seen_count++] = (struct seen){.hash = hash_bytes("null", 4)};
  }
  return true;
}

struct scope_view {
  const struct value *values;
  const struct text *names;
  size_t count, first; /* place among t->seen */
};

static void compare(struct trace *t, const struct scope_view *s, bool tell) {
  for (size_t i = 0; i < s->count && !t->failed; i++) {
    struct seen *before = &t->seen[s->first + i];
    const uint64_t hash = print(t, s->values[i]);
    if (hash == before->hash) {
      continue;
    }
    if (tell) {
      put_change(t, s->names[i], seen_text(before));
    }
    (void)remember(t, before, hash);
  }
}

static struct scope_view script_view(const struct vm *vm) {
  const struct script *script = &vm->program->script;
  return (struct scope_view){.values = vm->stack,
                             .names = script->variables,
                             .count = script->variable_count};
}

static struct scope_view local_view(const struct vm *vm,
                                    const struct level *l) {
  const struct unit *unit = vm->program->parts[l->part].unit;
  return (struct scope_view){.values = vm->stack + l->base,
                             .names = unit->local_names,
                             .count = unit->local_count,
                             .first = l->first};
}

/* ---- lines under way */

static struct level *innermost(const struct trace *t) {
  bt_check(t->level_count > 0);
  return &t->levels[t->level_count - 1];
}

static void pop_level(struct trace *t) {
  drop_seen(t, innermost(t)->first);
  t->level_count--;
}

static void set_place(struct level *l, const struct vm *vm,
                      const struct frame *f) {
  const struct spot spot = vm->program->parts[f->part].spots[f->pc];
  l->line = spot.line;
  l->column = spot.column;
}

static bool push_level(struct trace *t, const struct vm *vm, size_t frame,
                       int64_t began_us) {
  const struct frame *f = &vm->frames[frame];
  if (!mem_grow(t->mem, &t->levels, &t->level_cap, t->level_count + 1,
                sizeof *t->levels)) {
    t->failed = true;
    return false;
  }
  const size_t first = t->seen_count;
  if (!add_seen(t, vm->program->parts[f->part].unit->local_count)) {
    return false;
  }
  struct level *l = &t->levels[t->level_count++];
  *l = (struct level){
      .part = f->part, .base = f->base, .began_us = began_us, .first = first};
  set_place(l, vm, f);
  return true;
}

static void forget_levels(struct trace *t) {
  while (t->level_count > 0) {
    pop_level(t);
  }
  t->wants_result = false;
  t->told = false;
  textbuf_clear(&t->actions);
  textbuf_clear(&t->changed);
  textbuf_clear(&t->error);
}

/* ---- telling */

static void tell(struct trace *t, const struct vm *vm, int64_t now_us) {
  const bool nothing =
      t->changed.len == 0 && t->actions.len == 0 && t->error.len == 0;
  if (t->level_count == 0 || (t->told && nothing)) {
    return;
  }
  const struct level *l = innermost(t);
  if (t->actions.len > 0) {
    textbuf_add_char(&t->actions, ']');
  }
  if (t->changed.len > 0) {
    textbuf_add_char(&t->changed, '}');
  }
  t->failed = t->failed || t->actions.failed || t->changed.failed;
  const struct trace_line line = {
      .seq = ++t->seq,
      .at_us = l->began_us,
      .elapsed_us = now_us - l->began_us,
      .line = l->line,
      .column = l->column,
      .depth = t->level_count - 1,
      .section = vm->program->parts[l->part].unit->name,
      .back = t->told,
      .actions = t->actions.len > 0 ? textbuf_text(&t->actions) : TEXT("[]"),
      .changed = t->changed.len > 0 ? textbuf_text(&t->changed) : TEXT("{}"),
      .error = textbuf_text(&t->error)};
  if (!t->failed) {
    t->options.fn(t->options.ctx, &line);
  }
  textbuf_clear(&t->actions);
  textbuf_clear(&t->changed);
  textbuf_clear(&t->error);
  t->told = true;
}

/* ---- moments */

static bool is_new(const struct vm *vm) {
  return vm->frame_count == 1 && vm->frames[0].pc == 0 && !vm->line_shown &&
         vm->state == VM_STATE_READY;
}

static bool begin_scopes(struct trace *t, const struct vm *vm) {
  if (t->seen_count > 0) {
    return true;
  }
  const struct scope_view s = script_view(vm);
  if (!add_seen(t, s.count)) {
    return false;
  }
  compare(t, &s, false);
  return true;
}

void trace_begin(struct trace *t, const struct vm *vm, int64_t began_us) {
  forget_levels(t);
  drop_seen(t, 0);
  if (!begin_scopes(t, vm) || is_new(vm)) {
    return;
  }
  for (size_t i = 0; i < vm->frame_count && push_level(t, vm, i, began_us);
       i++) {
    const struct scope_view s = local_view(vm, innermost(t));
    compare(t, &s, false);
  }
  if (vm_is_waiting(vm)) {
    trace_action(t, vm);
  }
}

/* Does level @i stand for frame @i of the run? */
static bool is_same(const struct trace *t, const struct vm *vm, size_t i) {
  return i < t->level_count && i < vm->frame_count &&
         t->levels[i].part == vm->frames[i].part &&
         t->levels[i].base == vm->frames[i].base;
}

/* What the lines that are over have changed belongs to the line that they
 * returned into. */
static void leave_levels(struct trace *t, const struct vm *vm, size_t keep,
                         int64_t now_us) {
  if (t->level_count > keep) {
    tell(t, vm, now_us);
  }
  while (t->level_count > keep) {
    pop_level(t);
    t->told = true;
  }
}

static void compare_all(struct trace *t, const struct vm *vm) {
  const struct scope_view script = script_view(vm);
  compare(t, &script, true);
  if (t->level_count > 0) {
    const struct scope_view local = local_view(vm, innermost(t));
    compare(t, &local, true);
  }
}

/* The values that a function was called with are changes of the calling line.
 */
static void enter_level(struct trace *t, const struct vm *vm, int64_t now_us) {
  const size_t depth = t->level_count;
  if (depth > 0) {
    compare_all(t, vm);
  }
  if (!push_level(t, vm, depth, now_us)) {
    return;
  }
  const struct level l = *innermost(t);
  const struct scope_view s = local_view(vm, &l);
  t->level_count--;
  compare(t, &s, true);
  tell(t, vm, now_us);
  t->level_count++;
  t->told = false;
}

/* The line that is under way has failed: so it is told, with _ERR as its doing.
 */
static bool note_error(struct trace *t, const struct vm *vm) {
  if (!vm_has_caught(vm) && vm->state != VM_STATE_FAILED) {
    return false;
  }
  const struct scope_view script = script_view(vm);
  textbuf_clear(&t->error);
  textbuf_add(&t->error, textbuf_text(&vm->failure_text));
  compare(t, &script, true);
  return true;
}

void trace_line(struct trace *t, const struct vm *vm, int64_t now_us) {
  size_t same = 0;
  if (!begin_scopes(t, vm)) {
    return;
  }
  while (is_same(t, vm, same)) {
    same++;
  }
  if (same == 0 && t->level_count > 0) {
    (void)note_error(t, vm); /* another section: an error's, or an event's */
    tell(t, vm, now_us);
    forget_levels(t);
  }
  leave_levels(t, vm, same, now_us);
  if (t->level_count == vm->frame_count) {
    compare_all(t, vm);
    tell(t, vm, now_us);
    struct level *l = innermost(t);
    l->began_us = now_us;
    set_place(l, vm, &vm->frames[vm->frame_count - 1]);
    t->told = false;
    return;
  }
  while (t->level_count < vm->frame_count && !t->failed) {
    enter_level(t, vm, now_us);
  }
}

void trace_action(struct trace *t, const struct vm *vm) {
  const struct vm_action a = vm_action(vm);
  struct textbuf *b = &t->actions;
  struct json_out o;
  textbuf_add(b, b->len == 0 ? TEXT("[") : TEXT(","));
  json_out_init(&o, b);
  json_open_object(&o);
  json_key(&o, "action");
  json_put_text(&o, action_info(a.id)->name);
  json_key(&o, "arguments");
  json_open_list(&o);
  for (unsigned i = 0; i < a.argc; i++) {
    (void)print(t, vm_argument(vm, i));
    json_put_raw(&o, textbuf_text(&t->scratch));
  }
  json_close_list(&o);
  json_close_object(&o);
  t->wants_result = true;
}

void trace_go_on(struct trace *t, const struct vm *vm) {
  if (!t->wants_result || vm_is_waiting(vm)) {
    return;
  }
  t->wants_result = false;
  if (t->actions.len == 0) {
    return;
  }
  struct value result;
  t->actions.len--; /* the } is put back behind the result */
  if (vm->state == VM_STATE_BROKEN) {
    struct json_out o;
    textbuf_add(&t->actions, TEXT(",\"error\":"));
    json_out_init(&o, &t->actions);
    json_put_text(&o, textbuf_text(&vm->failure_text));
  } else if (vm_last_answer(vm, &result)) {
    (void)print(t, result);
    textbuf_add(&t->actions, TEXT(",\"result\":"));
    textbuf_add(&t->actions, textbuf_text(&t->scratch));
  }
  textbuf_add_char(&t->actions, '}');
}

void trace_end(struct trace *t, const struct vm *vm, int64_t now_us) {
  if (t->level_count == 0) {
    return;
  }
  if (!note_error(t, vm)) {
    const struct scope_view script = script_view(vm);
    leave_levels(t, vm, 1, now_us);
    compare(t, &script, true);
  }
  tell(t, vm, now_us);
  forget_levels(t);
}
