/* Arrays (texts with pipes), lists and objects. */
#include <string.h>

#include "studio/builtin_impl_priv.h"

/* ---- size, one element more or less */

enum op_result builtin_do_SIZE(const struct builtin *b) {
  const struct value v = b->args[0];
  char buffer[BUILTIN_SHORT];
  size_t n;
  switch (value_tag(v)) {
  case VALUE_LIST:
    n = value_list_of(v)->count;
    break;
  case VALUE_OBJECT:
    n = value_object_of(v)->count;
    break;
  default:
    n = array_size(builtin_text(b, 0, buffer));
  }
  return builtin_put(b, value_number((double)n));
}

/* A position from 1 to @max, or failed. */
static bool take_position(const struct builtin *b, unsigned i, size_t max,
                          size_t *out) {
  double d;
  if (!builtin_number(b, i, &d)) {
    return false;
  }
  if (!(d >= 1 && d <= (double)max)) {
    (void)vm_fail(b->vm, FAILURE_INDEX,
                  "%s: position %.15g is outside of 1 to %zu",
                  builtin_info(b->id)->name.ptr, d, max);
    return false;
  }
  *out = (size_t)d;
  return true;
}

static void add_element(struct textbuf *out, struct text element) {
  if (out->len > 0) {
    textbuf_add_char(out, '|');
  }
  textbuf_add(out, element);
}

/* The array with @extra (if any) put in before element @at, and without
 * element @without. */
static enum op_result rebuild(const struct builtin *b, size_t at,
                              const struct text *extra, size_t without) {
  char buffer[BUILTIN_SHORT];
  const struct text array = builtin_text(b, 0, buffer);
  struct textbuf *out = builtin_scratch(b);
  struct text element;
  size_t byte = 0, i = 1;
  bool first = true;
  for (bool more = true; more; i++) {
    more = array_next(array, &byte, &element);
    const bool here = extra != NULL && i == at;
    if (here) {
      textbuf_add(out, first ? TEXT("") : TEXT("|"));
      textbuf_add(out, *extra);
      first = false;
    }
    if (more && i != without) {
      textbuf_add(out, first ? TEXT("") : TEXT("|"));
      textbuf_add(out, element);
      first = false;
    }
  }
  return builtin_put_scratch(b);
}

static enum op_result list_insert(const struct builtin *b, size_t at,
                                  struct value v) {
  struct list_obj *list = value_list_of(b->args[0]);
  if (!heap_list_add(&b->vm->heap, list, v)) {
    return OP_RESULT_ROOM;
  }
  memmove(&list->items[at], &list->items[at - 1],
          (list->count - at) * sizeof *list->items);
  list->items[at - 1] = v;
  return OP_RESULT_DONE;
}

static bool is_array(struct value v) {
  return value_tag(v) != VALUE_LIST && value_tag(v) != VALUE_OBJECT;
}

enum op_result builtin_do_ADD(const struct builtin *b) {
  char buffer[BUILTIN_SHORT], array[BUILTIN_SHORT];
  if (value_tag(b->args[0]) == VALUE_LIST) {
    return list_insert(b, value_list_of(b->args[0])->count + 1, b->args[1]);
  }
  if (!is_array(b->args[0])) {
    return builtin_wrong_type(b, b->args[0], "an array or a list");
  }
  const struct text element = builtin_text(b, 1, buffer);
  const size_t size = array_size(builtin_text(b, 0, array));
  return rebuild(b, size + 1, &element, 0);
}

enum op_result builtin_do_INSERT(const struct builtin *b) {
  char buffer[BUILTIN_SHORT], array[BUILTIN_SHORT];
  const bool list = value_tag(b->args[0]) == VALUE_LIST;
  size_t at;
  if (!list && !is_array(b->args[0])) {
    return builtin_wrong_type(b, b->args[0], "an array or a list");
  }
  const size_t size = list ? value_list_of(b->args[0])->count
                           : array_size(builtin_text(b, 0, array));
  if (!take_position(b, 1, size + 1, &at)) {
    return OP_RESULT_FAILED;
  }
  if (list) {
    return list_insert(b, at, b->args[2]);
  }
  const struct text element = builtin_text(b, 2, buffer);
  return rebuild(b, at, &element, 0);
}

enum op_result builtin_do_REMOVE(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  size_t at;
  if (value_tag(b->args[0]) == VALUE_OBJECT) {
    heap_object_remove(value_object_of(b->args[0]), builtin_text(b, 1, buffer));
    return OP_RESULT_DONE;
  }
  if (value_tag(b->args[0]) == VALUE_LIST) {
    struct list_obj *list = value_list_of(b->args[0]);
    if (!take_position(b, 1, list->count, &at)) {
      return OP_RESULT_FAILED;
    }
    list->count--;
    memmove(&list->items[at - 1], &list->items[at],
            (list->count - at + 1) * sizeof *list->items);
    return OP_RESULT_DONE;
  }
  const size_t size = array_size(builtin_text(b, 0, buffer));
  return take_position(b, 1, size, &at) ? rebuild(b, 0, NULL, at)
                                        : OP_RESULT_FAILED;
}

/* ---- whole arrays */

/* The elements of an array or a list as a list on the heap; NULL: no room. A
 * list is taken as it is. */
static struct list_obj *elements(const struct builtin *b) {
  struct heap *heap = &b->vm->heap;
  char buffer[BUILTIN_SHORT];
  struct text element;
  size_t at = 0;
  if (value_tag(b->args[0]) == VALUE_LIST) {
    return value_list_of(b->args[0]);
  }
  const struct text array = builtin_text(b, 0, buffer);
  struct list_obj *list = heap_new_list(heap, array_size(array));
  while (list != NULL && array_next(array, &at, &element)) {
    struct text_obj *t = heap_new_text(heap, element);
    if (t == NULL || !heap_list_add(heap, list, value_text(t))) {
      return NULL;
    }
  }
  return list;
}

/* As it came: an array again from an array. */
static enum op_result put_elements(const struct builtin *b,
                                   struct list_obj *list) {
  if (value_tag(b->args[0]) == VALUE_LIST) {
    return builtin_put(b, value_list(list));
  }
  struct textbuf *out = builtin_scratch(b);
  for (size_t i = 0; i < list->count; i++) {
    textbuf_add(out, i > 0 ? TEXT("|") : TEXT(""));
    value_print(list->items[i], out);
  }
  return builtin_put_scratch(b);
}

/* Numbers by value and before texts. */
static int sort_order(struct vm *vm, struct value a, struct value b) {
  double x, y;
  const bool left = value_to_number(a, &x), right = value_to_number(b, &y);
  if (left != right) {
    return left ? -1 : 1;
  }
  vm_charge(vm, value_comparing_bytes(a, b));
  return value_compare(a, b);
}

/* Merges two sorted runs from @from into @to; equal ones keep their order. One
 * without a statement left fails behind this one: it is not kept here for long
 * texts until then. */
static void merge(struct vm *vm, const struct value *from, struct value *to,
                  size_t middle, size_t end) {
  size_t left = 0, right = middle;
  for (size_t i = 0; i < end; i++) {
    const bool take_left =
        left < middle && (right >= end || vm->steps < 0 ||
                          sort_order(vm, from[left], from[right]) <= 0);
    to[i] = take_left ? from[left++] : from[right++];
  }
}

static void sort_values(struct vm *vm, struct value *items, struct value *spare,
                        size_t count) {
  for (size_t width = 1; width < count; width *= 2) {
    for (size_t i = 0; i < count; i += 2 * width) {
      const size_t rest = count - i;
      merge(vm, items + i, spare + i, width < rest ? width : rest,
            2 * width < rest ? 2 * width : rest);
    }
    memcpy(items, spare, count * sizeof *items);
  }
}

enum op_result builtin_do_SORT(const struct builtin *b) {
  if (value_tag(b->args[0]) == VALUE_OBJECT) {
    return builtin_wrong_type(b, b->args[0], "an array or a list");
  }
  struct list_obj *list = elements(b);
  struct list_obj *spare =
      list == NULL ? NULL : heap_new_list(&b->vm->heap, list->count);
  if (spare == NULL) {
    return OP_RESULT_ROOM;
  }
  vm_charge(b->vm, list->count * 512);
  if (list->count > 1) {
    sort_values(b->vm, list->items, spare->items, list->count);
  }
  return put_elements(b, list);
}

static enum op_result reverse_text(const struct builtin *b, struct text t) {
  struct textbuf *out = builtin_scratch(b);
  size_t end = t.len;
  while (end > 0) {
    size_t from = end - 1;
    while (from > 0 && ((unsigned char)t.ptr[from] & 0xC0) == 0x80) {
      from--;
    }
    textbuf_add(out, text_sub(t, from, end - from));
    end = from;
  }
  return builtin_put_scratch(b);
}

static struct list_obj *copy_range(struct heap *heap,
                                   const struct list_obj *from, size_t first,
                                   size_t last) {
  const size_t count = last >= first ? last - first + 1 : 0;
  struct list_obj *list = heap_new_list(heap, count);
  for (size_t i = 0; list != NULL && i < count; i++) {
    heap_share(from->items[first - 1 + i]);
    list->items[list->count++] = from->items[first - 1 + i];
  }
  return list;
}

enum op_result builtin_do_REVERSE(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  if (value_tag(b->args[0]) == VALUE_OBJECT) {
    return builtin_wrong_type(b, b->args[0], "a text, an array or a list");
  }
  const struct text t = builtin_text(b, 0, buffer);
  if (value_tag(b->args[0]) != VALUE_LIST && array_size(t) < 2) {
    return reverse_text(b, t);
  }
  const struct list_obj *list = elements(b);
  struct list_obj *copy =
      list == NULL ? NULL : copy_range(&b->vm->heap, list, 1, list->count);
  if (copy == NULL) {
    return OP_RESULT_ROOM;
  }
  for (size_t i = 0; i < list->count; i++) {
    copy->items[i] = list->items[list->count - 1 - i];
  }
  return put_elements(b, copy);
}

enum op_result builtin_do_SLICE(const struct builtin *b) {
  if (value_tag(b->args[0]) == VALUE_OBJECT) {
    return builtin_wrong_type(b, b->args[0], "an array or a list");
  }
  const struct list_obj *list = elements(b);
  if (list == NULL) {
    return OP_RESULT_ROOM;
  }
  size_t first, last = list->count;
  if (!builtin_count(b, 1, list->count + 1, &first) ||
      (b->argc > 2 && !builtin_count(b, 2, list->count, &last))) {
    return OP_RESULT_FAILED;
  }
  struct list_obj *copy =
      copy_range(&b->vm->heap, list, first == 0 ? 1 : first, last);
  return copy == NULL ? OP_RESULT_ROOM : put_elements(b, copy);
}

/* ---- to and from texts */

enum op_result builtin_do_SPLIT(const struct builtin *b) {
  char buffer[BUILTIN_SHORT], separator_buffer[BUILTIN_SHORT];
  const struct text t = builtin_text(b, 0, buffer);
  const struct text separator = builtin_text(b, 1, separator_buffer);
  struct textbuf *out = builtin_scratch(b);
  size_t at = 0;
  while (separator.len > 0 && at < t.len) {
    const size_t found = text_find(t, separator, at);
    if (found >= t.len) {
      break;
    }
    textbuf_add(out, text_sub(t, at, found - at));
    textbuf_add_char(out, '|');
    at = found + separator.len;
  }
  textbuf_add(out, text_sub(t, at, t.len));
  return builtin_put_scratch(b);
}

enum op_result builtin_do_JOIN(const struct builtin *b) {
  char buffer[BUILTIN_SHORT], separator_buffer[BUILTIN_SHORT];
  const struct text separator = builtin_text(b, 1, separator_buffer);
  struct text element;
  size_t at = 0;
  if (value_tag(b->args[0]) == VALUE_OBJECT) {
    return builtin_wrong_type(b, b->args[0], "an array or a list");
  }
  struct textbuf *out = builtin_scratch(b);
  if (value_tag(b->args[0]) == VALUE_LIST) {
    const struct list_obj *list = value_list_of(b->args[0]);
    for (size_t i = 0; i < list->count; i++) {
      textbuf_add(out, i > 0 ? separator : TEXT(""));
      value_print(list->items[i], out);
    }
    return builtin_put_scratch(b);
  }
  const struct text array = builtin_text(b, 0, buffer);
  for (bool first = true; array_next(array, &at, &element); first = false) {
    textbuf_add(out, first ? TEXT("") : separator);
    textbuf_add(out, element);
  }
  return builtin_put_scratch(b);
}

/* ---- objects */

enum op_result builtin_do_KEYS(const struct builtin *b) {
  if (value_tag(b->args[0]) != VALUE_OBJECT) {
    return builtin_wrong_type(b, b->args[0], "an object");
  }
  const struct object_obj *o = value_object_of(b->args[0]);
  struct textbuf *out = builtin_scratch(b);
  for (size_t i = 0; i < o->count; i++) {
    add_element(out, text_obj_text(o->members[i].key));
  }
  return builtin_put_scratch(b);
}

enum op_result builtin_do_HAS(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  const bool has = value_tag(b->args[0]) == VALUE_OBJECT &&
                   object_find(value_object_of(b->args[0]),
                               builtin_text(b, 1, buffer)) != NULL;
  return builtin_put(b, value_bool(has));
}

static enum op_result too_deep(const struct builtin *b) {
  return vm_fail(b->vm, FAILURE_JSON,
                 "%s: nested deeper than %d, or an object that holds itself",
                 builtin_info(b->id)->name.ptr, VALUE_DEPTH_MAX);
}

enum op_result builtin_do_COPY(const struct builtin *b) {
  struct value v;
  bool deep;
  if (value_copy(&b->vm->heap, b->args[0], &v, &deep)) {
    return builtin_put(b, v);
  }
  return deep ? too_deep(b) : OP_RESULT_ROOM;
}

enum op_result builtin_do_ASJSON(const struct builtin *b) {
  struct textbuf *out = builtin_scratch(b);
  const bool whole = value_to_json(b->args[0], out);
  if (out->len > VM_JSON_TEXT_MAX) {
    return builtin_too_large(b, out->len, out->failed);
  }
  return whole ? builtin_put_scratch(b) : too_deep(b);
}

enum op_result builtin_do_FROMJSON(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  struct json_error error;
  enum op_result result;
  struct value v;
  struct text t;
  if (!builtin_message(b, buffer, &t, &result)) {
    return result;
  }
  const enum bt_err err = value_from_json(&b->vm->heap, t, &v, &error);
  if (builtin_put_message(b, err, v, &result)) {
    return result;
  }
  return vm_fail(b->vm, FAILURE_JSON, "fromjson: %s (character %u)",
                 error.message, error.column);
}
