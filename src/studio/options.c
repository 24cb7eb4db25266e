#include "studio/options.h"

bool options_next(struct text *rest, struct options_pair *out) {
  while (rest->len > 0) {
    const size_t comma = text_find(*rest, TEXT(","), 0);
    const struct text part = text_trim(text_sub(*rest, 0, comma));
    *rest = text_sub(*rest, comma + 1, rest->len);
    if (part.len > 0) {
      const size_t colon = text_find(part, TEXT(":"), 0);
      out->key = text_trim(text_sub(part, 0, colon));
      out->value = text_trim(text_sub(part, colon + 1, part.len));
      return true;
    }
  }
  return false;
}

struct text options_get(struct text options, struct text key) {
  struct options_pair pair;
  while (options_next(&options, &pair)) {
    if (text_equal_nocase(pair.key, key)) {
      return pair.value;
    }
  }
  return TEXT("");
}
