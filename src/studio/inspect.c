/* Frames and variables of a run that stands still. */
#include "studio/inspect.h"

#include "base/check.h"
#include "studio/vm_priv.h"

/* ---- frames */

size_t inspect_frame_count(const struct vm *vm) {
  return vm->frame_count;
}

static const struct frame *frame_at(const struct vm *vm, size_t frame) {
  bt_check(frame < vm->frame_count);
  return &vm->frames[vm->frame_count - 1 - frame];
}

static const struct unit *unit_at(const struct vm *vm, size_t frame) {
  return vm->program->parts[frame_at(vm, frame)->part].unit;
}

struct inspect_frame inspect_frame(const struct vm *vm, size_t frame) {
  static const enum inspect_part parts[] = {[UNIT_MAIN] = INSPECT_MAIN,
                                            [UNIT_SECTION] = INSPECT_SECTION,
                                            [UNIT_FUNCTION] = INSPECT_FUNCTION};
  const struct frame *f = frame_at(vm, frame);
  const struct part *part = &vm->program->parts[f->part];
  const struct spot spot = part->spots[f->pc];
  return (struct inspect_frame){.part = parts[part->unit->kind],
                                .name = part->unit->name,
                                .line = spot.line,
                                .column = spot.column};
}

/* ---- variables */

size_t inspect_variable_count(const struct vm *vm, size_t frame,
                              enum inspect_scope scope) {
  if (scope == INSPECT_SCRIPT) {
    return vm->program->script.variable_count;
  }
  return frame < vm->frame_count ? unit_at(vm, frame)->local_count : 0;
}

static struct value *value_at(const struct vm *vm, struct inspect_place at) {
  bt_check(at.i < inspect_variable_count(vm, at.frame, at.scope));
  const size_t base =
      at.scope == INSPECT_SCRIPT ? 0 : frame_at(vm, at.frame)->base;
  return &vm->stack[base + at.i];
}

struct inspect_variable inspect_variable(const struct vm *vm,
                                         struct inspect_place at) {
  const enum vm_kind kind = vm_kind_of(*value_at(vm, at));
  return (struct inspect_variable){
      .name = at.scope == INSPECT_SCRIPT
                  ? vm->program->script.variables[at.i]
                  : unit_at(vm, at.frame)->local_names[at.i],
      .kind = kind};
}

void inspect_variable_text(const struct vm *vm, struct inspect_place at,
                           struct textbuf *out) {
  vm_print_limited(vm, *value_at(vm, at), false, out);
}

void inspect_variable_json(const struct vm *vm, struct inspect_place at,
                           struct textbuf *out) {
  vm_print_limited(vm, *value_at(vm, at), true, out);
}

static bool find_in(const struct vm *vm, struct text name,
                    struct inspect_place *at) {
  const size_t count = inspect_variable_count(vm, at->frame, at->scope);
  for (at->i = 0; at->i < count; at->i++) {
    if (text_equal_nocase(inspect_variable(vm, *at).name, name)) {
      return true;
    }
  }
  return false;
}

enum bt_err inspect_find(const struct vm *vm, size_t frame, struct text name,
                         struct inspect_place *out) {
  struct inspect_place at = {.frame = frame, .scope = INSPECT_LOCAL};
  if (!find_in(vm, name, &at)) {
    at.scope = INSPECT_SCRIPT;
    if (!find_in(vm, name, &at)) {
      return BT_ERR_NOT_FOUND;
    }
  }
  *out = at;
  return BT_ERR_OK;
}

const char *inspect_kind_name(enum vm_kind kind) {
  static const char *const names[] = {
      [VM_KIND_NULL] = "null",     [VM_KIND_BOOL] = "boolean",
      [VM_KIND_NUMBER] = "number", [VM_KIND_TEXT] = "text",
      [VM_KIND_LIST] = "list",     [VM_KIND_OBJECT] = "object"};
  return names[kind];
}

/* ---- setting */

/* The value as JSON goes over from the copy that computed it. */
static enum bt_err put_value(struct vm *vm, struct inspect_place at,
                             struct text json) {
  struct value v = value_null();
  struct json_error bad;
  vm_collect(vm);
  const enum bt_err err = value_from_json(&vm->heap, json, &v, &bad);
  if (err == BT_ERR_OK) {
    *value_at(vm, at) = v;
  }
  return err == BT_ERR_OK || err == BT_ERR_NOMEM ? err : BT_ERR_FULL;
}

enum bt_err inspect_set(struct vm *vm, const struct inspect_change *change,
                        struct inspect_result *out) {
  struct inspect_place at;
  enum bt_err err = inspect_find(vm, change->frame, change->name, &at);
  if (err != BT_ERR_OK) {
    textbuf_clear(&out->text);
    textbuf_addf(&out->text, "no variable is called '%.*s' here",
                 TEXT_ARG(change->name));
    return err;
  }
  err = inspect_evaluate(vm, change->frame, change->expression, out);
  if (err == BT_ERR_OK) {
    err = put_value(vm, at, textbuf_text(&out->json));
  }
  if (err == BT_ERR_FULL) {
    textbuf_clear(&out->text);
    textbuf_add(&out->text, TEXT("the value does not fit into this run"));
  }
  return err;
}
