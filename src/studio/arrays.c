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
