#include "studio/builtin_priv.h"

#include "base/check.h"

#define LITERAL(t)                                                             \
  { (t), sizeof(t) - 1 }

static const struct builtin_info builtins[] = {
#define BUILTIN(id, name, min, max, use, example, result, doc)                 \
  [BUILTIN_##id] = {                                                           \
      LITERAL(name),    (min),           (max),       BUILTIN_USE_##use,       \
      LITERAL(example), LITERAL(result), LITERAL(doc)},
#include "studio/builtins.def"
#undef BUILTIN
};

const struct builtin_info *builtin_info(enum builtin_id id) {
  bt_check(id < BUILTINS);
  return &builtins[id];
}

enum builtin_id builtin_find(struct text name) {
  for (size_t i = 0; i < BUILTINS; i++) {
    if (text_equal_nocase(builtins[i].name, name)) {
      return (enum builtin_id)i;
    }
  }
  return BUILTINS;
}

enum builtin_id builtin_find_name(struct text name) {
  for (size_t i = 0; i < BUILTINS; i++) {
    if (builtins[i].use == BUILTIN_USE_NAME &&
        text_equal_nocase(builtins[i].name, name)) {
      return (enum builtin_id)i;
    }
  }
  return BUILTINS;
}
