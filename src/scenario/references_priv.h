/* references_priv.h - do the members of a scenario fit each other? */
#ifndef BATON_SCENARIO_REFERENCES_PRIV_H
#define BATON_SCENARIO_REFERENCES_PRIV_H

#include "scenario/fields_priv.h"

/* Names that lead nowhere, steps that do nothing or two things, members that
 * contradict each other, and objects that a centre would refuse. */
void references_check(struct scenario_reader *r, const struct scenario *s);

/* Who a list of steps is for. */
enum scenario_party { PARTY_CUSTOMER, PARTY_BOT, PARTY_AGENT, PARTY_OUTSIDE };

/* What a step does. */
#define VERB_LIST(X)                                                           \
  X(SAY, 1 << PARTY_CUSTOMER | 1 << PARTY_BOT | 1 << PARTY_AGENT)              \
  X(LEAVE, 1 << PARTY_CUSTOMER)                                                \
  X(DROP, 1 << PARTY_CUSTOMER | 1 << PARTY_BOT | 1 << PARTY_AGENT)             \
  X(RETURN, 1 << PARTY_CUSTOMER | 1 << PARTY_AGENT)                            \
  X(GOODBYE, 1 << PARTY_BOT)                                                   \
  X(CLOSE, 1 << PARTY_BOT)                                                     \
  X(STATE, 1 << PARTY_AGENT)                                                   \
  X(END, 1 << PARTY_AGENT)                                                     \
  X(COMPLETE, 1 << PARTY_AGENT)                                                \
  X(TRANSFER, 1 << PARTY_BOT | 1 << PARTY_AGENT)                               \
  X(SIGNAL, 1 << PARTY_OUTSIDE)                                                \
  X(PAUSE, 1 << PARTY_OUTSIDE)                                                 \
  X(OPEN, 1 << PARTY_OUTSIDE)
#define X(name, parties) VERB_##name,
enum verb { VERB_LIST(X) VERBS };
#undef X

/* The first verb of a step; VERBS if it has none. */
enum verb step_verb(const struct json *step);

#endif
