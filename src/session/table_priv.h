/* table_priv.h - the rows of session_fsm.def as data, for session.c, the
 * explorer and the mutation test. */
#ifndef BATON_SESSION_TABLE_PRIV_H
#define BATON_SESSION_TABLE_PRIV_H

#include "session/session.h"

#define GUARD(name, doc) SESSION_GUARD_##name,
enum session_guard {
#include "session/session_fsm.def"
  SESSION_GUARDS
};
#undef GUARD

/* The holder column: a holder, or SAME. */
#define HOLDER(name, wire, doc)                                                \
  SESSION_NEW_HOLDER_##name = SESSION_HOLDER_##name,
enum session_new_holder {
#include "session/session_fsm.def"
  SESSION_NEW_HOLDER_SAME
};
#undef HOLDER

struct session_row_def {
  uint8_t from;   /* enum session_status */
  uint8_t cmd;    /* enum session_cmd_type */
  uint8_t guard;  /* enum session_guard */
  uint8_t to;     /* enum session_status */
  uint8_t holder; /* enum session_new_holder */
  uint8_t event;  /* enum session_event_type */
  uint32_t effects;
};

/* Named by what selects it, like a row. */
#define REFUSE(s, c, g, r) SESSION_REFUSE_##s##_##c##_##g,
enum session_refuse {
#include "session/session_fsm.def"
  SESSION_REFUSES
};
#undef REFUSE

struct session_refuse_def {
  uint8_t status;  /* enum session_status */
  uint8_t cmd;     /* enum session_cmd_type */
  uint8_t guard;   /* enum session_guard */
  uint8_t refusal; /* enum refusal */
};

/* The mutation test breaks one entry at a time: it compiles table.c with this
 * defined to nothing. */
#ifndef SESSION_TABLE_CONST
#define SESSION_TABLE_CONST const
#endif
extern SESSION_TABLE_CONST struct session_row_def session_rows[SESSION_ROWS];
extern SESSION_TABLE_CONST struct session_refuse_def
    session_refuses[SESSION_REFUSES];
/* By enum session_cmd_type: the command's own refusal. */
extern SESSION_TABLE_CONST uint8_t session_cmd_refusals[SESSION_CMDS];
/* By enum session_status: enum session_timer. */
extern SESSION_TABLE_CONST uint8_t session_status_timers[SESSION_STATUSES];

#endif
