#include "studio/builtin_priv.h"

#include "base/check.h"

#define LITERAL(t)                                                             \
  { (t), sizeof(t) - 1 }

static const struct builtin_info builtins[] = {
#define BUILTIN(id, name, min, max, params, use, example, result, doc)         \
  [BUILTIN_##id] = {LITERAL(name),   LITERAL(params),   (min),                 \
                    (max),           BUILTIN_USE_##use, LITERAL(example),      \
                    LITERAL(result), LITERAL(doc)},
#include "studio/builtins.def"
#undef BUILTIN
};

const struct builtin_info *builtin_info(enum builtin_id id) {
  bt_check(id < BUILTINS);
  return &builtins[id];
}

static struct text next_param(struct text *rest) {
  const size_t end = text_find(*rest, TEXT(", "), 0);
  const struct text name = text_sub(*rest, 0, end);
  *rest = text_sub(*rest, name.len + 2, rest->len);
  return name;
}

void builtin_form(enum builtin_id id, bool is_method, struct textbuf *out) {
  const struct builtin_info *b = builtin_info(id);
  struct text rest = b->params;
  unsigned at = 0;
  if (is_method && rest.len > 0) {
    textbuf_add(out, next_param(&rest));
    textbuf_add_char(out, '.');
    at++;
  }
  textbuf_addf(out, "%.*s(", TEXT_ARG(b->name));
  for (bool first = true; rest.len > 0; first = false, at++) {
    const struct text name = next_param(&rest);
    const bool optional = at >= b->min_args;
    textbuf_addf(out, "%s%s%.*s%s", optional ? (first ? "[" : " [") : "",
                 first ? "" : ", ", TEXT_ARG(name), optional ? "]" : "");
  }
  textbuf_add_char(out, ')');
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
