/* err.h - the one error type.
 *
 * Every function that can fail returns `enum bt_err`; zero is success. Results
 * go through out-parameters, which are written only on success.
 *
 * An error is something the world did (peer, disk, operator). Something *we*
 * did wrong is not an error: it is a bt_check(). A refusal of a customer's, a
 * bot's or an agent's command is neither: it is an answer (engine/refusal.def).
 */
#ifndef BATON_BASE_ERR_H
#define BATON_BASE_ERR_H

#define BT_ERR_LIST(X)                                                         \
  X(OK, "success")                                                             \
  X(NOMEM, "memory, or a named limit of it, is used up")                       \
  X(FULL, "a fixed limit was reached")                                         \
  X(SYNTAX, "the input is malformed")                                          \
  X(RANGE, "a value is outside its limits")                                    \
  X(NOT_FOUND, "no such thing")                                                \
  X(EXISTS, "there is one already")                                            \
  X(STATE, "command not accepted in this state")                               \
  X(STALE, "refers to a timer, an offer or a hold that is gone")               \
  X(IO, "the operating system refused")                                        \
  X(CORRUPT, "stored data does not verify")                                    \
  X(FOREIGN, "stored data belongs to something else, or to a newer version")   \
  X(BUSY, "not now: try again")                                                \
  X(CLOSED, "the other side, or this object, is closed")                       \
  X(UNSUPPORTED, "known, and not offered")                                     \
  X(MISUSE, "called with words or options that do not fit")

#define X(name, text) BT_ERR_##name,
enum bt_err { BT_ERR_LIST(X) BT_ERRS };
#undef X

#define BT_USE_RESULT __attribute__((warn_unused_result))

/* One sentence for logs. Static storage. */
const char *bt_err_text(enum bt_err err);

#endif
