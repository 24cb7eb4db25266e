/* Values that go from one run to another, as JSON: parameters and globals. */
#include "base/check.h"
#include "studio/scope_priv.h"
#include "studio/vm_priv.h"

static struct text variable_name(const struct vm *vm, size_t i) {
  return vm->program->script.variables[i];
}

/* The variable of this name; the count if there is none. */
static size_t find(const struct vm *vm, struct text name) {
  const size_t count = vm_variable_count(vm);
  size_t i = 0;
  while (i < count && !text_equal_nocase(variable_name(vm, i), name)) {
    i++;
  }
  return i;
}

enum bt_err vm_give(struct vm *vm, struct text json) {
  struct value given = value_null();
  struct json_error error;
  vm_collect(vm);
  const enum bt_err err = value_from_json(&vm->heap, json, &given, &error);
  if (err != BT_ERR_OK) {
    return err == BT_ERR_RANGE ? BT_ERR_SYNTAX : err;
  }
  if (value_tag(given) != VALUE_OBJECT) {
    return BT_ERR_SYNTAX;
  }
  const struct object_obj *o = value_object_of(given);
  for (size_t i = 0; i < o->count; i++) {
    const size_t at = find(vm, text_obj_text(o->members[i].key));
    if (at < vm_variable_count(vm)) {
      vm->stack[at] = o->members[i].value;
    }
  }
  return BT_ERR_OK;
}

static bool is_global(struct text name) {
  return text_equal_nocase(text_sub(name, 0, 7), TEXT("global:"));
}

/* The machine's own variables belong to one run. */
static bool is_own(struct text name) {
  return text_equal_nocase(name, TEXT("_ERR")) ||
         text_equal_nocase(name, TEXT("_ERRLINE")) ||
         text_equal_nocase(name, TEXT("event")) ||
         text_equal_nocase(name, TEXT(SCOPE_RESULT));
}

/* A value nested too deeply for JSON is left out. */
static void put_value(const struct vm *vm, struct value v, struct json_out *o) {
  struct textbuf json;
  textbuf_init(&json, vm->mem);
  json.limit = VM_VALUES_MAX;
  if (value_to_json(v, &json) && !json.failed) {
    json_put_raw(o, textbuf_text(&json));
  } else {
    json_put_null(o);
  }
  textbuf_free(&json);
}

void vm_take(const struct vm *vm, bool all, struct textbuf *out) {
  struct json_out o;
  json_out_init(&o, out);
  json_open_object(&o);
  for (size_t i = 0; i < vm_variable_count(vm); i++) {
    const struct text name = variable_name(vm, i);
    if (value_tag(vm->stack[i]) != VALUE_NULL &&
        (all ? !is_own(name) : is_global(name))) {
      json_key_text(&o, name);
      put_value(vm, vm->stack[i], &o);
    }
  }
  json_close_object(&o);
}

void vm_take_result(const struct vm *vm, struct textbuf *out) {
  struct json_out o;
  const size_t at = find(vm, TEXT(SCOPE_RESULT));
  json_out_init(&o, out);
  put_value(vm, at < vm_variable_count(vm) ? vm->stack[at] : value_null(), &o);
}
