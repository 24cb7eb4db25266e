/* explain_priv.h - a session's story while it is told. */
#ifndef BATON_ENGINE_EXPLAIN_PRIV_H
#define BATON_ENGINE_EXPLAIN_PRIV_H

#include "engine/engine_priv.h"

/* One story being told. */
struct tale {
  const struct engine *e;
  struct textbuf *out;
  int64_t first_us;              /* when the session opened */
  int64_t entered_us;            /* into its queue */
  const struct record *ev;       /* that is being told */
  const struct record *agent_ev; /* the last that named an agent */
  const struct record *refused;  /* the last refusal that was told whole */
  unsigned refusals;             /* since the bot's goodbye */
  bool beside;                   /* it is asked about another session */
  bool offers;   /* the session itself, until somebody accepts */
  bool accepted; /* it is: what follows is the way there */
};

#define INDENT "\n              "

/* What a refused transfer says beside its sentence: why, and the cures. */
void explain_refusal(struct tale *t);

#endif
