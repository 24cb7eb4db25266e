/* state_priv.h - the records of a snapshot that are no events. */
#ifndef BATON_ENGINE_STATE_PRIV_H
#define BATON_ENGINE_STATE_PRIV_H

/* In the number space of events, behind them; for ever. A session's transfer
 * comes before it, everything else of it after it. */
enum state {
  STATE_NUMBERS = 900,
  STATE_VERSION,
  STATE_AGENT,
  STATE_OFFER,
  STATE_SESSION,
  STATE_TRANSFER,
  STATE_MESSAGE,
  STATE_LEG,
  STATE_RUN,
  STATE_EXCLUSION,
  STATE_DEBUGGER,
  STATE_FLOW,
  STATE_FIGURES,
  STATE_WATCHER, /* behind all sessions: a run of one that waits for another */
  STATE_TURN,    /* of an agent in a queue that goes by turns */
  STATES_END
};

#endif
