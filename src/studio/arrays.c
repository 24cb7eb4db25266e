/* Arrays as the vendor's language has them: a text with pipes. */
#include <string.h>

#include "studio/vm_priv.h"

bool array_next(struct text array, size_t *at, struct text *out) {
  if (array.len == 0 || *at > array.len) {
    return false;
  }
  const char *from = array.ptr + *at;
  const size_t rest = array.len - *at;
  const char *pipe = rest == 0 ? NULL : memchr(from, '|', rest);
  const size_t len = pipe == NULL ? rest : (size_t)(pipe - from);
  *out = (struct text){from, len};
  *at += len + 1;
  return true;
}

bool array_element(struct text array, size_t index, struct text *out) {
  size_t at = 0;
  while (index > 0 && array_next(array, &at, out)) {
    if (--index == 0) {
      return true;
    }
  }
  return false;
}

size_t array_size(struct text array) {
  size_t n = array.len > 0;
  for (size_t i = 0; i < array.len; i++) {
    n += array.ptr[i] == '|';
  }
  return n;
}

struct value array_property(struct value v, struct text name) {
  const bool counts = text_equal_nocase(name, TEXT("size"));
  const bool measures = text_equal_nocase(name, TEXT("length"));
  char buffer[VALUE_SHORT];
  if (!counts && !measures) {
    return value_null();
  }
  switch ((unsigned)value_tag(v)) {
  case VALUE_LIST: /* people say either of it */
    return value_number((double)value_list_of(v)->count);
  case VALUE_TEXT:
    return value_number(counts ? (double)array_size(value_as_text(v))
                               : (double)utf8_count(value_as_text(v)));
  case VALUE_NUMBER: /* as the text that it is for every method */
  case VALUE_DATE:
    return value_number(counts ? 1 : (double)value_short_text(v, buffer).len);
  default:
    return value_null();
  }
}
