#include "engine/event.h"

#include "base/check.h"

struct event_info {
  const char *wire, *doc;
};

static const struct event_info session_events[] = {
#define EVENT(n, w, d) {(w), (d)},
#include "session/session_fsm.def"
#undef EVENT
};
static const struct event_info own_events[] = {
#define EVENT(n, w, d) {(w), (d)},
#include "engine/event.def"
#undef EVENT
};
static const struct event_info agent_events[] = {
#define EVENT(n, w, d) {(w), (d)},
#include "agent/agent_fsm.def"
#undef EVENT
};
static const struct event_info offer_events[] = {
#define EVENT(n, w, d) {(w), (d)},
#include "agent/offer_fsm.def"
#undef EVENT
};

bool event_is_session(uint32_t type) {
  return type < EVENT_SESSION_FIRST + SESSION_EVENTS;
}

bool event_is_agent(uint32_t type) {
  return type >= EVENT_AGENT_FIRST && type < EVENT_AGENT_FIRST + AGENT_EVENTS;
}

bool event_is_offer(uint32_t type) {
  return type >= EVENT_OFFER_FIRST && type < EVENT_OFFER_FIRST + OFFER_EVENTS;
}

bool event_is_known(uint32_t type) {
  return event_is_session(type) || event_is_agent(type) ||
         event_is_offer(type) || (type >= EVENT_OWN_FIRST && type < EVENTS);
}

static const struct event_info *info_of(uint32_t type) {
  bt_check(event_is_known(type));
  if (event_is_session(type)) {
    return &session_events[type - EVENT_SESSION_FIRST];
  }
  if (event_is_agent(type)) {
    return &agent_events[type - EVENT_AGENT_FIRST];
  }
  if (event_is_offer(type)) {
    return &offer_events[type - EVENT_OFFER_FIRST];
  }
  return &own_events[type - EVENT_OWN_FIRST];
}

const char *event_name(uint32_t type) {
  return info_of(type)->wire;
}

const char *event_doc(uint32_t type) {
  return info_of(type)->doc;
}
