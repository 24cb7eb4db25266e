/* Texts. Positions count characters (code points) from 1. */
#include <math.h>

#include "studio/builtin_impl_priv.h"
#include "studio/letters_priv.h"

/* The byte at which character @n (from 0) begins; t.len beyond the last. */
static size_t byte_of(struct text t, size_t n) {
  size_t at = 0;
  while (n > 0 && at < t.len) {
    const size_t length = utf8_length(t, at);
    at += length == 0 ? 1 : length;
    n--;
  }
  return at;
}

static size_t char_of(struct text t, size_t byte) {
  return utf8_count(text_sub(t, 0, byte));
}

enum op_result builtin_do_LENGTH(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  if (value_tag(b->args[0]) == VALUE_LIST) {
    return builtin_do_SIZE(b); /* as people who know JavaScript mean it */
  }
  const size_t n = utf8_count(builtin_text(b, 0, buffer));
  return builtin_put(b, value_number((double)n));
}

enum op_result builtin_do_LEFT(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  const struct text t = builtin_text(b, 0, buffer);
  size_t n;
  if (!builtin_count(b, 1, t.len, &n)) {
    return OP_RESULT_FAILED;
  }
  return builtin_put_text(b, text_sub(t, 0, byte_of(t, n)));
}

enum op_result builtin_do_RIGHT(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  const struct text t = builtin_text(b, 0, buffer);
  const size_t all = utf8_count(t);
  size_t n;
  if (!builtin_count(b, 1, all, &n)) {
    return OP_RESULT_FAILED;
  }
  return builtin_put_text(b, text_sub(t, byte_of(t, all - n), t.len));
}

enum op_result builtin_do_MID(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  const struct text t = builtin_text(b, 0, buffer);
  size_t start, n = t.len;
  if (!builtin_count(b, 1, t.len + 1, &start) ||
      (b->argc > 2 && !builtin_count(b, 2, t.len, &n))) {
    return OP_RESULT_FAILED;
  }
  if (start == 0) {
    return vm_fail(b->vm, FAILURE_INDEX,
                   "mid: positions begin with 1, the first character");
  }
  const size_t from = byte_of(t, start - 1);
  const struct text rest = text_sub(t, from, t.len);
  return builtin_put_text(b, text_sub(rest, 0, byte_of(rest, n)));
}

/* ---- searching */

/* A list may hold a long text many times: whoever has no statement left learns
 * it behind this one, and is not kept here until then. */
static bool list_find(struct vm *vm, const struct list_obj *list,
                      struct value v, size_t *index) {
  for (size_t i = 0; i < list->count && vm->steps >= 0; i++) {
    vm_charge(vm, value_comparing_bytes(list->items[i], v));
    if (value_equal(list->items[i], v)) {
      *index = i + 1;
      return true;
    }
  }
  return false;
}

/* A text with pipes is an array: what is looked for is an element, equal to
 * it as = has it. A pipe itself can only be looked for in a text. */
static size_t array_find(struct text array, struct text wanted,
                         struct value v) {
  size_t at = 0;
  struct text element;
  double x, y;
  const bool number = value_to_number(v, &x);
  for (size_t i = 1; array_next(array, &at, &element); i++) {
    const bool same_number =
        number && text_to_double(text_trim(element), &y) && !(fabs(x - y) > 0);
    if (same_number || letters_compare(element, wanted) == 0) {
      return i;
    }
  }
  return 0;
}

static bool is_array(struct text t, struct text needle) {
  const struct text pipe = TEXT("|");
  return text_find(t, pipe, 0) < t.len &&
         text_find(needle, pipe, 0) == needle.len;
}

/* Position of argument 1 in argument 0; 0 if it is not there. */
static size_t find(const struct builtin *b) {
  char buffer[BUILTIN_SHORT], needle_buffer[BUILTIN_SHORT];
  size_t index = 0;
  if (value_tag(b->args[0]) == VALUE_LIST) {
    return list_find(b->vm, value_list_of(b->args[0]), b->args[1], &index)
               ? index
               : 0;
  }
  const struct text t = builtin_text(b, 0, buffer);
  const struct text needle = builtin_text(b, 1, needle_buffer);
  if (is_array(t, needle)) {
    return array_find(t, needle, b->args[1]);
  }
  index = text_find(t, needle, 0);
  const bool found = index < t.len || needle.len == 0;
  return found ? char_of(t, index) + 1 : 0;
}

enum op_result builtin_do_INDEXOF(const struct builtin *b) {
  return builtin_put(b, value_number((double)find(b)));
}

enum op_result builtin_do_CONTAINS(const struct builtin *b) {
  return builtin_put(b, value_bool(find(b) > 0));
}

enum op_result builtin_do_BEGINSWITH(const struct builtin *b) {
  char buffer[BUILTIN_SHORT], other[BUILTIN_SHORT];
  return builtin_put(b, value_bool(text_starts(builtin_text(b, 0, buffer),
                                               builtin_text(b, 1, other))));
}

enum op_result builtin_do_ENDSWITH(const struct builtin *b) {
  char buffer[BUILTIN_SHORT], other[BUILTIN_SHORT];
  return builtin_put(b, value_bool(text_ends(builtin_text(b, 0, buffer),
                                             builtin_text(b, 1, other))));
}

enum op_result builtin_do_EQUALS(const struct builtin *b) {
  return builtin_put(b, value_bool(value_identical(b->args[0], b->args[1])));
}

/* ---- changing letters and ends */

enum op_result builtin_do_UPPER(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  letters_upper(builtin_text(b, 0, buffer), builtin_scratch(b));
  return builtin_put_scratch(b);
}

enum op_result builtin_do_LOWER(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  letters_lower(builtin_text(b, 0, buffer), builtin_scratch(b));
  return builtin_put_scratch(b);
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum op_result trim(const struct builtin *b, bool left, bool right) {
  char buffer[BUILTIN_SHORT];
  struct text t = builtin_text(b, 0, buffer);
  while (left && t.len > 0 && is_blank(t.ptr[0])) {
    t = text_sub(t, 1, t.len);
  }
  while (right && t.len > 0 && is_blank(t.ptr[t.len - 1])) {
    t.len--;
  }
  return builtin_put_text(b, t);
}

enum op_result builtin_do_TRIM(const struct builtin *b) {
  return trim(b, true, true);
}

enum op_result builtin_do_LTRIM(const struct builtin *b) {
  return trim(b, true, false);
}

enum op_result builtin_do_RTRIM(const struct builtin *b) {
  return trim(b, false, true);
}

/* ---- replacing and filling */

static void add_replaced(struct textbuf *out, struct text t, struct text from,
                         struct text to) {
  size_t at = 0;
  while (at < t.len && !out->failed) {
    const size_t found = from.len == 0 ? t.len : text_find(t, from, at);
    textbuf_add(out, text_sub(t, at, found - at));
    if (found >= t.len) {
      return;
    }
    textbuf_add(out, to);
    at = found + from.len;
  }
}

enum op_result builtin_do_REPLACE(const struct builtin *b) {
  char buffer[BUILTIN_SHORT], from[BUILTIN_SHORT], to[BUILTIN_SHORT];
  const struct text t = builtin_text(b, 0, buffer);
  add_replaced(builtin_scratch(b), t, builtin_text(b, 1, from),
               builtin_text(b, 2, to));
  return builtin_put_scratch(b);
}

enum op_result builtin_do_APPEND(const struct builtin *b) {
  char buffer[BUILTIN_SHORT], more[BUILTIN_SHORT];
  struct textbuf *out = builtin_scratch(b);
  textbuf_add(out, builtin_text(b, 0, buffer));
  textbuf_add(out, builtin_text(b, 1, more));
  return builtin_put_scratch(b);
}

static enum op_result pad(const struct builtin *b, bool left) {
  char buffer[BUILTIN_SHORT], filler[BUILTIN_SHORT];
  const struct text t = builtin_text(b, 0, buffer);
  struct text fill = b->argc > 2 ? builtin_text(b, 2, filler) : TEXT(" ");
  const size_t have = utf8_count(t);
  size_t want;
  if (!builtin_count(b, 1, VM_VALUES_MAX, &want)) {
    return OP_RESULT_FAILED;
  }
  fill = text_sub(fill, 0, byte_of(fill, 1));
  if (fill.len == 0) {
    fill = TEXT(" ");
  }
  struct textbuf *out = builtin_scratch(b);
  textbuf_add(out, left ? TEXT("") : t);
  for (size_t i = have; i < want && !out->failed; i++) {
    textbuf_add(out, fill);
  }
  textbuf_add(out, left ? t : TEXT(""));
  return builtin_put_scratch(b);
}

enum op_result builtin_do_PADLEFT(const struct builtin *b) {
  return pad(b, true);
}

enum op_result builtin_do_PADRIGHT(const struct builtin *b) {
  return pad(b, false);
}

/* ---- characters */

enum op_result builtin_do_CHAR(const struct builtin *b) {
  char bytes[4];
  double d;
  if (!builtin_number(b, 0, &d)) {
    return OP_RESULT_FAILED;
  }
  const bool good = d >= 0 && d <= 0x10FFFF && !(d >= 0xD800 && d <= 0xDFFF);
  if (!good) {
    return vm_fail(b->vm, FAILURE_ARGUMENT, "char: %.15g is no character", d);
  }
  const size_t n = utf8_encode((uint32_t)d, bytes);
  return builtin_put_text(b, (struct text){bytes, n});
}

enum op_result builtin_do_ASC(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  const struct text t = builtin_text(b, 0, buffer);
  size_t n = utf8_length(t, 0);
  const uint32_t code = n == 0 ? 0 : utf8_decode(t, 0, &n);
  return builtin_put(b, value_number(code));
}
