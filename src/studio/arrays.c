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
  if (value_tag(v) == VALUE_TEXT && counts) {
    return value_number((double)array_size(value_as_text(v)));
  }
  if (value_tag(v) == VALUE_LIST && counts) {
    return value_number((double)value_list_of(v)->count);
  }
  if (value_tag(v) == VALUE_TEXT && text_equal_nocase(name, TEXT("length"))) {
    return value_number((double)utf8_count(value_as_text(v)));
  }
  return value_null();
}
