#include "desks/settings.h"

#include <stddef.h>

const char *desk_kind_wire(enum desk_kind kind) {
#define X(name, wire, ops, doc) (wire),
  static const char *const wires[DESK_KINDS] = {DESK_KIND_LIST(X)};
#undef X
  return wires[kind];
}

void desk_settings_texts(struct desk_settings *s,
                         struct text *out[DESK_TEXTS]) {
  struct text *const texts[DESK_TEXTS] = {
      &s->id,     &s->url,    &s->login,       &s->streaming,
      &s->client, &s->secret, &s->integration, &s->webhook_secret,
      &s->then};
  for (size_t i = 0; i < DESK_TEXTS; i++) {
    out[i] = texts[i];
  }
}

bool desk_settings_equal(const struct desk_settings *a,
                         const struct desk_settings *b) {
  struct desk_settings one = *a, other = *b;
  struct text *mine[DESK_TEXTS], *theirs[DESK_TEXTS];
  bool same = a->kind == b->kind && a->sessions == b->sessions &&
              a->patience_ms == b->patience_ms &&
              a->leaves_by_event == b->leaves_by_event;
  desk_settings_texts(&one, mine);
  desk_settings_texts(&other, theirs);
  for (size_t i = 0; same && i < DESK_TEXTS; i++) {
    same = text_equal(*mine[i], *theirs[i]);
  }
  return same;
}
