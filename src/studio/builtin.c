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

static const struct text later[] = {
#define BUILTIN_LATER(name, doc) LITERAL(name),
#include "studio/builtins.def"
#undef BUILTIN_LATER
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

bool builtin_is_later(struct text name) {
  for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
    if (text_equal_nocase(later[i], name)) {
      return true;
    }
  }
  return false;
}
