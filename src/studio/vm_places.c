/* Members of objects, elements of lists and of texts that are arrays. */
#include <math.h>

#include "studio/vm_op_priv.h"
#include "studio/xml_priv.h"

/* Of what an object or a list has; null for NULL. */
static struct value copy_of(const struct value *found) {
  if (found == NULL) {
    return value_null();
  }
  heap_share(*found);
  return *found;
}

/* ---- members */

static struct value get_member(const struct op *op, struct value object,
                               struct value key) {
  const struct text name = value_as_text(key);
  const bool whole = text_equal(name, TEXT("$value"));
  if (value_tag(object) != VALUE_OBJECT) {
    return whole ? object : array_property(object, name);
  }
  vm_charge(op->vm, value_object_of(object)->count * 16);
  const struct object_obj *o = value_object_of(object);
  const struct value *found = object_find_key(o, value_text_of(key));
  if (found == NULL) {
    found = whole ? &object : xml_find(o, name);
  }
  return copy_of(found);
}

enum op_result vm_op_get_member(const struct op *op) {
  return put(op,
             get_member(op, operand(op, op->in->b), operand(op, op->in->c)));
}

static enum op_result need_object(const struct op *op, struct value v,
                                  struct text name) {
  if (value_tag(v) == VALUE_NULL) {
    return vm_fail(op->vm, FAILURE_TYPE,
                   "'%.*s' cannot be set in null: DYNAMIC makes an object",
                   TEXT_ARG(name));
  }
  return vm_fail(op->vm, FAILURE_TYPE, "'%.*s' cannot be set in %s",
                 TEXT_ARG(name), value_type_name(v));
}

static enum op_result set_member(const struct op *op, struct value object,
                                 struct value key, struct value value) {
  if (value_tag(object) != VALUE_OBJECT) {
    return need_object(op, object, value_as_text(key));
  }
  vm_charge(op->vm, value_object_of(object)->count * 16);
  return heap_object_set(&op->vm->heap, value_object_of(object),
                         value_text_of(key), value)
             ? go_on(op)
             : OP_RESULT_ROOM;
}

enum op_result vm_op_set_member(const struct op *op) {
  return set_member(op, op->r[op->in->a], operand(op, op->in->b),
                    operand(op, op->in->c));
}

static bool new_container(struct vm *vm, bool list, struct value *out) {
  if (list) {
    struct list_obj *l = heap_new_list(&vm->heap, 0);
    *out = l == NULL ? value_null() : value_list(l);
  } else {
    struct object_obj *o = heap_new_object(&vm->heap);
    *out = o == NULL ? value_null() : value_object(o);
  }
  return value_tag(*out) != VALUE_NULL;
}

enum op_result vm_op_open_member(const struct op *op) {
  const struct value object = op->r[op->in->b];
  const struct value key = operand(op, op->in->c);
  struct value inner;
  if (value_tag(object) != VALUE_OBJECT) {
    return need_object(op, object, value_as_text(key));
  }
  const struct value *found =
      object_find(value_object_of(object), value_as_text(key));
  if (found != NULL && value_tag(*found) != VALUE_NULL) {
    return put(op, *found);
  }
  if (!new_container(op->vm, op->kind == OP_OPEN_LIST, &inner) ||
      !heap_object_set(&op->vm->heap, value_object_of(object),
                       value_text_of(key), inner)) {
    return OP_RESULT_ROOM;
  }
  return put(op, inner);
}

enum op_result vm_op_new_object(const struct op *op) {
  struct value v;
  return new_container(op->vm, false, &v) ? put(op, v) : OP_RESULT_ROOM;
}

/* ---- indexes */

static enum op_result bad_index(const struct op *op, struct value index,
                                size_t size) {
  double d;
  if (size == 0 && value_tag(index) == VALUE_TEXT &&
      !value_to_number(index, &d)) {
    return vm_fail(op->vm, FAILURE_INDEX,
                   "a list has no element '%.*s': DYNAMIC makes an object, "
                   "whose members have names",
                   TEXT_ARG(value_as_text(index)));
  }
  if (!value_to_number(index, &d) || trunc(d) != d) {
    return vm_fail(
        op->vm, FAILURE_INDEX, "an index is a whole number from 1 on, not %s",
        value_to_number(index, &d) ? "a fraction" : value_type_name(index));
  }
  if (size == 0) {
    return vm_fail(op->vm, FAILURE_INDEX,
                   "there is no element %.15g: there are none at all", d);
  }
  return vm_fail(op->vm, FAILURE_INDEX,
                 "index %.15g is outside of 1 to %zu, the elements there are",
                 d, size);
}

/* From 1 to @size; false if it is anything else. */
static bool to_index(struct value v, size_t size, size_t *out) {
  double d;
  if (!value_to_number(v, &d) || !(d >= 1 && d <= (double)size) ||
      trunc(d) != d) {
    return false;
  }
  *out = (size_t)d;
  return true;
}

static enum op_result get_element(const struct op *op, struct value from,
                                  struct value index, struct value *out) {
  struct text element;
  size_t i, size = 0;
  double number;
  if (value_tag(from) == VALUE_NULL && value_tag(index) == VALUE_TEXT &&
      !value_to_number(index, &number)) {
    *out = value_null(); /* as null.name */
    return OP_RESULT_DONE;
  }
  if (value_tag(from) == VALUE_OBJECT && value_tag(index) == VALUE_TEXT) {
    *out = copy_of(object_find(value_object_of(from), value_as_text(index)));
    return OP_RESULT_DONE;
  }
  if (value_tag(from) == VALUE_LIST) {
    size = value_list_of(from)->count;
    if (!to_index(index, size, &i)) {
      return bad_index(op, index, size);
    }
    *out = copy_of(&value_list_of(from)->items[i - 1]);
    return OP_RESULT_DONE;
  }
  if (value_tag(from) != VALUE_TEXT) {
    return vm_fail(op->vm, FAILURE_TYPE, "%s has no elements",
                   value_type_name(from));
  }
  size = array_size(value_as_text(from));
  vm_charge(op->vm, value_as_text(from).len);
  if (!to_index(index, size, &i) ||
      !array_element(value_as_text(from), i, &element)) {
    return bad_index(op, index, size);
  }
  return vm_new_text(op->vm, element, out);
}

enum op_result vm_op_get_index(const struct op *op) {
  struct value v;
  const enum op_result result =
      get_element(op, operand(op, op->in->b), operand(op, op->in->c), &v);
  return result == OP_RESULT_DONE ? put(op, v) : result;
}

/* One behind the last is where an array or a list grows. */
static enum op_result set_in_text(const struct op *op, struct text array,
                                  struct value index, struct value value) {
  struct textbuf *out = &op->vm->scratch;
  const size_t size = array_size(array);
  struct text element;
  struct value v;
  size_t at = 0, wanted;
  if (!to_index(index, size + 1, &wanted)) {
    return bad_index(op, index, size);
  }
  textbuf_clear(out);
  for (size_t i = 1; i <= size || i == wanted; i++) {
    const bool there = array_next(array, &at, &element);
    textbuf_add(out, i > 1 ? TEXT("|") : TEXT(""));
    if (i == wanted) {
      value_print(value, out);
    } else if (there) {
      textbuf_add(out, element);
    }
  }
  const enum op_result result = vm_take_scratch(op->vm, &v);
  return result == OP_RESULT_DONE ? put(op, v) : result;
}

static enum op_result set_in_list(const struct op *op, struct list_obj *list,
                                  struct value index, struct value value) {
  size_t i;
  if (!to_index(index, list->count + 1, &i)) {
    return bad_index(op, index, list->count);
  }
  if (i <= list->count) {
    heap_share(value);
    list->items[i - 1] = value;
    return go_on(op);
  }
  return heap_list_add(&op->vm->heap, list, value) ? go_on(op) : OP_RESULT_ROOM;
}

static enum op_result set_in_object(const struct op *op,
                                    struct object_obj *object,
                                    struct text_obj *key, struct value value) {
  return heap_object_set(&op->vm->heap, object, key, value) ? go_on(op)
                                                            : OP_RESULT_ROOM;
}

static enum op_result set_element(const struct op *op, struct value into,
                                  struct value index, struct value value) {
  switch (value_tag(into)) {
  case VALUE_LIST:
    return set_in_list(op, value_list_of(into), index, value);
  case VALUE_TEXT:
    return set_in_text(op, value_as_text(into), index, value);
  case VALUE_NULL:
    return set_in_text(op, TEXT(""), index, value);
  case VALUE_OBJECT:
    if (value_tag(index) == VALUE_TEXT) {
      return set_in_object(op, value_object_of(into), value_text_of(index),
                           value);
    }
    break;
  default:
    break;
  }
  return vm_fail(op->vm, FAILURE_TYPE, "%s has no elements",
                 value_type_name(into));
}

enum op_result vm_op_set_index(const struct op *op) {
  return set_element(op, op->r[op->in->a], operand(op, op->in->b),
                     operand(op, op->in->c));
}

static enum op_result open_in_list(const struct op *op, struct list_obj *list,
                                   struct value index) {
  struct value inner;
  size_t i;
  if (!to_index(index, list->count + 1, &i)) {
    return bad_index(op, index, list->count);
  }
  if (i <= list->count && value_tag(list->items[i - 1]) != VALUE_NULL) {
    return put(op, list->items[i - 1]);
  }
  if (!heap_list_reserve(&op->vm->heap, list, i) ||
      !new_container(op->vm, false, &inner)) {
    return OP_RESULT_ROOM;
  }
  list->items[i - 1] = inner;
  list->count = i > list->count ? i : list->count;
  return put(op, inner);
}

enum op_result vm_op_open_index(const struct op *op) {
  const struct value from = op->r[op->in->b];
  const struct value index = operand(op, op->in->c);
  if (value_tag(from) == VALUE_LIST) {
    return open_in_list(op, value_list_of(from), index);
  }
  if (value_tag(from) == VALUE_OBJECT && value_tag(index) == VALUE_TEXT) {
    return vm_op_open_member(op);
  }
  return vm_op_get_index(op);
}

/* ---- grown where they stand */

/* What is there under this key; NULL for nothing, and in a text. */
static struct value *place_of(struct vm *vm, struct value into,
                              struct value key) {
  size_t i;
  if (value_tag(into) == VALUE_OBJECT && value_tag(key) == VALUE_TEXT) {
    vm_charge(vm, value_object_of(into)->count * 16);
    return object_find(value_object_of(into), value_as_text(key));
  }
  return value_tag(into) == VALUE_LIST &&
                 to_index(key, value_list_of(into)->count, &i)
             ? &value_list_of(into)->items[i - 1]
             : NULL;
}

static enum op_result grow(const struct op *op, struct value more,
                           struct value *place) {
  switch ((unsigned)op->kind) {
  case OP_APPEND_AT:
    return vm_splice(op->vm, &more, 1, place);
  case OP_CALL_APPEND_AT:
    return vm_append_method(op->vm, more, place);
  default:
    return vm_add_to(op->vm, place, &more, op->kind == OP_JOIN_AT, place);
  }
}

/* Only a member has a text of the script as its key. */
enum op_result vm_op_grow_at(const struct op *op) {
  const struct value into = op->r[op->in->a];
  const struct value key = operand(op, op->in->b);
  const struct value more = operand(op, op->in->c);
  const bool member =
      (op->in->b & CODE_CONSTANT) && value_tag(key) == VALUE_TEXT;
  enum op_result result = OP_RESULT_DONE;
  struct value v, *place = place_of(op->vm, into, key);
  if (place != NULL) {
    result = grow(op, more, place);
    return result == OP_RESULT_DONE ? go_on(op) : result;
  }
  if (member) {
    v = get_member(op, into, key);
  } else {
    result = get_element(op, into, key, &v);
  }
  result = result == OP_RESULT_DONE ? grow(op, more, &v) : result;
  if (result != OP_RESULT_DONE) {
    return result;
  }
  return member ? set_member(op, into, key, v) : set_element(op, into, key, v);
}
