#include "studio/checker.h"
#include "studio/event_priv.h"

#define CHECKER_OPEN                                                           \
  (((1u << CHECKER_BITS) - 1u) &                                               \
   ~(CHECKER_SET(COMPLETED) | CHECKER_SET(WRAPUP)))

static const struct event_info {
  struct text name;
  uint32_t entry;
} events[] = {
#define EVENT(name, entry, doc) {{#name, sizeof(#name) - 1}, (entry)},
#include "studio/events.def"
#undef EVENT
};

enum { EVENTS = sizeof events / sizeof events[0] };

static const struct event_info *find(struct text name) {
  for (size_t i = 0; i < EVENTS; i++) {
    if (text_equal_nocase(events[i].name, name)) {
      return &events[i];
    }
  }
  return NULL;
}

struct text event_canonical_name(struct text name) {
  const struct event_info *e = find(name);
  return e == NULL ? TEXT("") : e->name;
}

uint32_t event_entry_set(struct text name) {
  const struct event_info *e = find(name);
  return e == NULL ? CHECKER_OPEN : e->entry;
}

bool event_comes_any_time(struct text name) {
  return event_entry_set(name) == CHECKER_OPEN;
}

void event_report_unknown(struct reporter *r, struct text name,
                          struct place at) {
  struct text names[EVENTS];
  for (size_t i = 0; i < EVENTS; i++) {
    names[i] = events[i].name;
  }
  struct textbuf hint;
  textbuf_init(&hint, r->diags->arena.mem);
  report(r,
         (struct finding){.code = DIAGNOSTIC_CODE_UNKNOWN_EVENT,
                          .at = at,
                          .hint = report_nearest(&hint, name, names, EVENTS)},
         "there is no event '%.*s'", TEXT_ARG(name));
  textbuf_free(&hint);
}
