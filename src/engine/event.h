/* event.h - the numbers of everything that can happen.
 *
 * The events of the session, agent and offer tables and those of event.def
 * share one number space: that is what the journal stores and what
 * subscribers of the event stream see.
 */
#ifndef BATON_ENGINE_EVENT_H
#define BATON_ENGINE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/agent.h"
#include "agent/offer.h"
#include "session/session.h"

/* The places of the four tables in the number space; for ever. */
enum {
  EVENT_SESSION_FIRST = 0,
  EVENT_AGENT_FIRST = 100,
  EVENT_OFFER_FIRST = 200,
  EVENT_OWN_FIRST = 300
};

#define EVENT(name, wire, doc) EVENT_##name,
enum event_own {
  EVENT_BEFORE_OWN = EVENT_OWN_FIRST - 1,
#include "engine/event.def"
  EVENTS
};
#undef EVENT

/* An event of a table, as a number of the space. */
#define EVENT_OF_SESSION(name) (EVENT_SESSION_FIRST + SESSION_EV_##name)
#define EVENT_OF_AGENT(name)   (EVENT_AGENT_FIRST + AGENT_EV_##name)
#define EVENT_OF_OFFER(name)   (EVENT_OFFER_FIRST + OFFER_EV_##name)

bool event_is_session(uint32_t type); /* a transition of the session table */
bool event_is_agent(uint32_t type);
bool event_is_offer(uint32_t type);
/* False for a number that no table knows: a newer journal. */
bool event_is_known(uint32_t type);
/* "bot.goodbye". Static storage; @type is known. */
const char *event_name(uint32_t type);
/* One sentence. */
const char *event_doc(uint32_t type);

#define EFFECT(name, doc) EFFECT_##name,
enum effect {
#include "engine/effect.def"
  EFFECTS
};
#undef EFFECT

#define COMMAND(name, wire, roles, members, scope, handler, doc) COMMAND_##name,
enum command_type {
#include "engine/command.def"
  COMMANDS
};
#undef COMMAND

#endif
