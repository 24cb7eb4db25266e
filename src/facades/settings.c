#include "facades/settings.h"

#include "base/check.h"

const char *facade_kind_wire(enum facade_kind kind) {
  static const char *const wires[FACADE_KINDS] = {
#define X(name, wire, doc) (wire),
      FACADE_KIND_LIST(X)
#undef X
  };
  bt_check(kind < FACADE_KINDS);
  return wires[kind];
}

bool facade_settings_equal(const struct facade_settings *a,
                           const struct facade_settings *b) {
  return text_equal(a->id, b->id) && a->kind == b->kind &&
         text_equal(a->token, b->token) && text_equal(a->entry, b->entry) &&
         text_equal(a->webhook, b->webhook) &&
         a->ping_as_output == b->ping_as_output;
}
