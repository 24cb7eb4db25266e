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

/* The mutation test breaks one row at a time: it compiles table.c with this
 * defined to nothing. */
#ifndef SESSION_TABLE_CONST
#define SESSION_TABLE_CONST const
#endif
extern SESSION_TABLE_CONST struct session_row_def session_rows[SESSION_ROWS];

enum refusal session_refusal(enum session_status status,
                             enum session_cmd_type cmd);
enum session_timer session_status_timer(enum session_status status);

#endif
