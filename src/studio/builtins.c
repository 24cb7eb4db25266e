/* What all built-ins share: arguments, results, the table of functions. */
#include "base/check.h"
#include "studio/builtin_impl_priv.h"

struct text builtin_text(const struct builtin *b, unsigned i,
                         char buffer[BUILTIN_SHORT]) {
  const struct value v = i < b->argc ? b->args[i] : value_null();
  switch (value_tag(v)) {
  case VALUE_TEXT:
    vm_charge(b->vm, value_text_of(v)->len); /* most look at all of it */
    return value_as_text(v);
  case VALUE_BOOL:
    return value_bool_of(v) ? TEXT("true") : TEXT("false");
  case VALUE_NUMBER:
  case VALUE_DATE:
    return value_short_text(v, buffer);
  default:
    return TEXT("");
  }
}

bool builtin_number(const struct builtin *b, unsigned i, double *out) {
  const struct value v = b->args[i];
  if (value_to_operand(v, out)) {
    return true;
  }
  (void)vm_fail(b->vm, FAILURE_TYPE, "%s needs a number, not %s",
                builtin_info(b->id)->name.ptr,
                value_tag(v) == VALUE_TEXT ? "this text" : value_type_name(v));
  return false;
}

bool builtin_count(const struct builtin *b, unsigned i, size_t max,
                   size_t *out) {
  double d;
  if (!builtin_number(b, i, &d)) {
    return false;
  }
  *out = !(d > 0) ? 0 : d >= (double)max ? max : (size_t)d;
  return true;
}

enum op_result builtin_put(const struct builtin *b, struct value v) {
  b->args[0] = v;
  return OP_RESULT_DONE;
}

enum op_result builtin_put_text(const struct builtin *b, struct text t) {
  struct value v;
  const enum op_result result = vm_new_text(b->vm, t, &v);
  return result == OP_RESULT_DONE ? builtin_put(b, v) : result;
}

struct textbuf *builtin_scratch(const struct builtin *b) {
  textbuf_clear(&b->vm->scratch);
  return &b->vm->scratch;
}

enum op_result builtin_put_scratch(const struct builtin *b) {
  struct value v;
  const enum op_result result = vm_take_scratch(b->vm, &v);
  return result == OP_RESULT_DONE ? builtin_put(b, v) : result;
}

enum op_result builtin_wrong_type(const struct builtin *b, struct value v,
                                  const char *wanted) {
  return vm_fail(b->vm, FAILURE_TYPE, "%s needs %s, not %s",
                 builtin_info(b->id)->name.ptr, wanted, value_type_name(v));
}

static builtin_fn *const functions[] = {
#define BUILTIN(id, name, min, max, params, use, example, result, doc)         \
  [BUILTIN_##id] = builtin_do_##id,
#include "studio/builtins.def"
#undef BUILTIN
};

enum op_result builtin_call(struct vm *vm, enum builtin_id id,
                            struct value *args, unsigned argc) {
  const bool method = (argc & CODE_METHOD) != 0;
  const struct builtin b = {vm, id, args, argc & ~(unsigned)CODE_METHOD};
  bt_check(id < BUILTINS);
  if (method && value_tag(args[0]) == VALUE_NULL) {
    return vm_fail(vm, FAILURE_NULL_METHOD,
                   "the value before .%s() is not set: null has no methods",
                   builtin_info(id)->name.ptr);
  }
  return functions[id](&b);
}

/* ---- messages */

enum op_result builtin_too_large(const struct builtin *b, size_t bytes,
                                 bool more) {
  const bool xml = b->id == BUILTIN_ASXML || b->id == BUILTIN_FROMXML;
  return vm_fail(b->vm, xml ? FAILURE_XML : FAILURE_JSON,
                 "%s: %zu%s bytes, and %d are the limit",
                 builtin_info(b->id)->name.ptr, bytes, more ? " or more" : "",
                 VM_JSON_TEXT_MAX);
}

bool builtin_message(const struct builtin *b, char buffer[BUILTIN_SHORT],
                     struct text *t, enum op_result *out) {
  *t = builtin_text(b, 0, buffer);
  if (value_tag(b->args[0]) == VALUE_LIST ||
      value_tag(b->args[0]) == VALUE_OBJECT) {
    *out = builtin_put(b, b->args[0]);
    return false;
  }
  if (t->len > VM_JSON_TEXT_MAX) {
    *out = builtin_too_large(b, t->len, false);
    return false;
  }
  return true;
}

bool builtin_put_message(const struct builtin *b, enum bt_err err,
                         struct value v, enum op_result *out) {
  if (err == BT_ERR_OK) {
    *out = builtin_put(b, v);
    return true;
  }
  if (err == BT_ERR_NOMEM) {
    b->vm->heap.out_of_memory = true;
  }
  *out = OP_RESULT_ROOM;
  return err == BT_ERR_NOMEM || err == BT_ERR_FULL;
}

/* ---- errors, REST */

enum op_result builtin_do_THROW(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  return vm_fail(b->vm, FAILURE_THROWN, "%.*s",
                 TEXT_ARG(builtin_text(b, 0, buffer)));
}

static bool set_text(struct vm *vm, struct object_obj *o, struct text key,
                     struct text value) {
  struct text_obj *t = heap_new_text(&vm->heap, value);
  return t != NULL && heap_object_set_text(&vm->heap, o, key, value_text(t));
}

static bool set_number(struct vm *vm, struct object_obj *o, struct text key,
                       double value) {
  return heap_object_set_text(&vm->heap, o, key, value_number(value));
}

enum op_result builtin_do_GETRESTPROXY(const struct builtin *b) {
  struct vm *vm = b->vm;
  struct object_obj *o = heap_new_object(&vm->heap);
  const bool whole = o != NULL &&
                     set_text(vm, o, TEXT("__type"), TEXT("RESTProxy")) &&
                     set_number(vm, o, TEXT("StatusCode"), 0) &&
                     set_text(vm, o, TEXT("StatusDescription"), TEXT("")) &&
                     set_text(vm, o, TEXT("ContentType"),
                              TEXT("application/x-www-form-urlencoded")) &&
                     set_number(vm, o, TEXT("ProxyTimeoutSeconds"), 10);
  return whole ? builtin_put(b, value_object(o)) : OP_RESULT_ROOM;
}

static enum op_result need_proxy(const struct builtin *b) {
  return builtin_wrong_type(b, b->args[0], "what GetRESTProxy() gives");
}

enum op_result builtin_do_ADDHEADER(const struct builtin *b) {
  struct heap *heap = &b->vm->heap;
  char name_buffer[BUILTIN_SHORT], value_buffer[BUILTIN_SHORT];
  const struct text name = builtin_text(b, 1, name_buffer);
  const struct text value = builtin_text(b, 2, value_buffer);
  if (!value_is_proxy(b->args[0])) {
    return need_proxy(b);
  }
  struct object_obj *proxy = value_object_of(b->args[0]);
  struct value *headers = object_find(proxy, TEXT("Headers"));
  if (headers == NULL) {
    struct object_obj *o = heap_new_object(heap);
    if (o == NULL ||
        !heap_object_set_text(heap, proxy, TEXT("Headers"), value_object(o))) {
      return OP_RESULT_ROOM;
    }
    headers = object_find(proxy, TEXT("Headers"));
  }
  if (value_tag(*headers) != VALUE_OBJECT) {
    return builtin_wrong_type(b, *headers, "an object in Headers");
  }
  return set_text(b->vm, value_object_of(*headers), name, value)
             ? builtin_put(b, value_null())
             : OP_RESULT_ROOM;
}

enum op_result builtin_do_ENCODEBASE64(const struct builtin *b) {
  if (!value_is_proxy(b->args[0])) {
    return need_proxy(b);
  }
  b->args[0] = b->args[1];
  return builtin_do_BASE64ENCODE(b);
}
