/* What the host sees of a run: the pending action, its answer, variables. */
#include <math.h>

#include "base/check.h"
#include "studio/vm_priv.h"
#include "studio/xml_priv.h"

bool vm_is_waiting(const struct vm *vm) {
  return vm->state == VM_STATE_WAITING;
}

static const struct frame *top_frame(const struct vm *vm) {
  bt_check(vm->frame_count > 0);
  return &vm->frames[vm->frame_count - 1];
}

static const struct insn *pending(const struct vm *vm) {
  bt_check(vm_is_waiting(vm));
  const struct frame *f = top_frame(vm);
  return &vm->program->parts[f->part].code[f->pc];
}

struct vm_action vm_action(const struct vm *vm) {
  const struct frame *f = top_frame(vm);
  const struct spot spot = vm->program->parts[f->part].spots[f->pc];
  const struct insn *in = pending(vm);
  return (struct vm_action){.id = (enum action_id)in->b,
                            .argc = in->c,
                            .line = spot.line,
                            .column = spot.column};
}

/* ---- arguments */

struct value vm_argument(const struct vm *vm, unsigned i) {
  const struct insn *in = pending(vm);
  return i < in->c ? vm->stack[top_frame(vm)->base + in->a + i] : value_null();
}

static struct value member(const struct vm *vm, unsigned i, const char *name) {
  const struct value v = vm_argument(vm, i);
  const struct value *found =
      value_tag(v) == VALUE_OBJECT
          ? object_find(value_object_of(v), text_from(name))
          : NULL;
  return found == NULL ? value_null() : *found;
}

enum vm_kind vm_kind_of(struct value v) {
  static const enum vm_kind kinds[] = {
      [VALUE_NULL] = VM_KIND_NULL,     [VALUE_BOOL] = VM_KIND_BOOL,
      [VALUE_NUMBER] = VM_KIND_NUMBER, [VALUE_DATE] = VM_KIND_TEXT,
      [VALUE_TEXT] = VM_KIND_TEXT,     [VALUE_LIST] = VM_KIND_LIST,
      [VALUE_OBJECT] = VM_KIND_OBJECT};
  return kinds[value_tag(v)];
}

/* Through a buffer with a limit: an object that holds another many times over
 * prints far larger than it is. */
void vm_print_limited(const struct vm *vm, struct value v, bool json,
                      struct textbuf *out) {
  struct textbuf limited;
  textbuf_init(&limited, vm->mem);
  limited.limit = VM_VALUES_MAX;
  if (json) {
    (void)value_to_json(v, &limited);
  } else {
    value_print(v, &limited);
  }
  textbuf_add(out, textbuf_text(&limited));
  out->failed = out->failed || limited.failed;
  textbuf_free(&limited);
}

enum vm_kind vm_arg_kind(const struct vm *vm, unsigned i) {
  return vm_kind_of(vm_argument(vm, i));
}

void vm_arg_text(const struct vm *vm, unsigned i, struct textbuf *out) {
  vm_print_limited(vm, vm_argument(vm, i), false, out);
}

bool vm_arg_number(const struct vm *vm, unsigned i, double *out) {
  return value_to_number(vm_argument(vm, i), out);
}

bool vm_arg_is_true(const struct vm *vm, unsigned i) {
  return value_is_true(vm_argument(vm, i));
}

void vm_arg_json(const struct vm *vm, unsigned i, struct textbuf *out) {
  vm_print_limited(vm, vm_argument(vm, i), true, out);
}

enum vm_kind vm_arg_member_kind(const struct vm *vm, unsigned i,
                                const char *name) {
  return vm_kind_of(member(vm, i, name));
}

void vm_arg_member_text(const struct vm *vm, unsigned i, const char *name,
                        struct textbuf *out) {
  vm_print_limited(vm, member(vm, i, name), false, out);
}

bool vm_arg_member_number(const struct vm *vm, unsigned i, const char *name,
                          double *out) {
  return value_to_number(member(vm, i, name), out);
}

bool vm_arg_member_is_true(const struct vm *vm, unsigned i, const char *name) {
  return value_is_true(member(vm, i, name));
}

void vm_arg_member_json(const struct vm *vm, unsigned i, const char *name,
                        struct textbuf *out) {
  vm_print_limited(vm, member(vm, i, name), true, out);
}

/* ---- answers */

static void answer(struct vm *vm, struct value v) {
  const struct insn *in = pending(vm);
  struct frame *f = vm_frame(vm);
  vm->stack[f->base + in->a] = v;
  f->pc++;
  vm->state = VM_STATE_READY;
}

bool vm_last_answer(const struct vm *vm, struct value *out) {
  const struct frame *f = top_frame(vm);
  if (f->pc == 0) {
    return false;
  }
  const struct insn *in = &vm->program->parts[f->part].code[f->pc - 1];
  bt_check(in->op == OP_ACTION);
  *out = vm->stack[f->base + in->a];
  return true;
}

void vm_resume_null(struct vm *vm) {
  answer(vm, value_null());
}

void vm_resume_bool(struct vm *vm, bool value) {
  answer(vm, value_bool(value));
}

void vm_resume_number(struct vm *vm, double value) {
  answer(vm, value_number(value));
}

void vm_resume_error(struct vm *vm, struct text message) {
  bt_check(vm_is_waiting(vm));
  (void)vm_fail(vm, FAILURE_ACTION, "%.*s", TEXT_ARG(message));
  vm->state = VM_STATE_BROKEN;
}

void vm_resume_limit(struct vm *vm, const char *slug, struct text message) {
  bt_check(vm_is_waiting(vm));
  (void)vm_fail(vm, vm_failure_find(slug), "%.*s", TEXT_ARG(message));
  vm->state = VM_STATE_BROKEN;
}

/* No room for the answer is the script's failure; no memory is the host's. */
static enum bt_err settle(struct vm *vm, enum bt_err err, struct value v) {
  if (err == BT_ERR_OK) {
    answer(vm, v);
  } else if (err == BT_ERR_FULL) {
    (void)vm_fail(vm, FAILURE_VALUES,
                  "the answer does not fit into the %d KiB of this script",
                  VM_VALUES_MAX / 1024);
    vm->state = VM_STATE_BROKEN;
    err = BT_ERR_OK;
  }
  return err;
}

static enum bt_err make_text(struct vm *vm, struct text t, struct value *out) {
  struct text_obj *o = heap_new_text(&vm->heap, t);
  if (o == NULL) {
    return vm->heap.out_of_memory ? BT_ERR_NOMEM : BT_ERR_FULL;
  }
  *out = value_text(o);
  return BT_ERR_OK;
}

enum bt_err vm_resume_text(struct vm *vm, struct text value) {
  struct value v = value_null();
  bt_check(vm_is_waiting(vm));
  enum bt_err err = make_text(vm, value, &v);
  if (err == BT_ERR_FULL) { /* of garbage, perhaps */
    vm_collect(vm);
    err = make_text(vm, value, &v);
  }
  return settle(vm, err, v);
}

enum bt_err vm_resume_json(struct vm *vm, struct text json) {
  struct value v = value_null();
  struct json_error error;
  bt_check(vm_is_waiting(vm));
  enum bt_err err = value_from_json(&vm->heap, json, &v, &error);
  if (err == BT_ERR_FULL) {
    vm_collect(vm);
    err = value_from_json(&vm->heap, json, &v, &error);
  }
  if (err == BT_ERR_RANGE) {
    err = BT_ERR_SYNTAX;
  }
  return settle(vm, err, v);
}

/* Did MakeRestRequest(url, payload, kind, verb) ask for XML? */
static bool wants_xml(const struct vm *vm) {
  const struct value kind = vm_argument(vm, 3);
  double n;
  if (value_to_number(kind, &n)) {
    return !(fabs(n - 1) > 0);
  }
  return value_tag(kind) == VALUE_TEXT &&
         text_equal_nocase(text_trim(value_as_text(kind)), TEXT("XML"));
}

static enum bt_err parse_body(struct vm *vm, struct text body,
                              struct value *out) {
  struct json_error json_error;
  struct xml_error xml_error;
  return wants_xml(vm) ? xml_read(&vm->heap, body, out, &xml_error)
                       : value_from_json(&vm->heap, body, out, &json_error);
}

static enum bt_err make_body(struct vm *vm, struct text body,
                             struct value *out) {
  if (body.len == 0) {
    return BT_ERR_OK;
  }
  const enum bt_err err = parse_body(vm, body, out);
  const bool plain = err == BT_ERR_SYNTAX || err == BT_ERR_RANGE;
  return plain ? make_text(vm, body, out) : err;
}

enum bt_err vm_resume_rest(struct vm *vm, int status, struct text description,
                           struct text body) {
  const struct value proxy = vm_argument(vm, 0);
  struct value text = value_null(), v = value_null();
  bt_check(value_is_proxy(proxy));
  vm_collect(vm);
  enum bt_err err = make_text(vm, description, &text);
  if (err == BT_ERR_OK) {
    err = make_body(vm, body, &v);
  }
  struct object_obj *o = value_object_of(proxy);
  if (err == BT_ERR_OK &&
      (!heap_object_set_text(&vm->heap, o, TEXT("StatusCode"),
                             value_number(status)) ||
       !heap_object_set_text(&vm->heap, o, TEXT("StatusDescription"), text))) {
    err = vm->heap.out_of_memory ? BT_ERR_NOMEM : BT_ERR_FULL;
  }
  return settle(vm, err, v);
}

/* ---- variables */

size_t vm_variable_count(const struct vm *vm) {
  return vm->program->script.variable_count;
}

struct text vm_variable_name(const struct vm *vm, size_t i) {
  bt_check(i < vm_variable_count(vm));
  return vm->program->script.variables[i];
}

enum vm_kind vm_variable_kind(const struct vm *vm, size_t i) {
  bt_check(i < vm_variable_count(vm));
  return vm_kind_of(vm->stack[i]);
}

void vm_variable_text(const struct vm *vm, size_t i, struct textbuf *out) {
  bt_check(i < vm_variable_count(vm));
  vm_print_limited(vm, vm->stack[i], false, out);
}
