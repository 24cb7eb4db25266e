/* person.h - the sessions of a person (its customer.id), or one session, that
 * are kept anywhere: for who erases or exports them.
 *
 *   person_read()         who is meant, of a body
 *   person_look()         what the history has (blocking: for a worker thread)
 *   person_add_present()  what the engine has: open sessions, and those that
 *                         have just ended
 */
#ifndef BATON_API_PERSON_H
#define BATON_API_PERSON_H

#include "api/call_priv.h"
#include "history/history.h"

struct person_session {
  struct id id;
  struct text customer; /* its customer.id, or empty */
  struct text row;      /* of the history, JSON; or empty */
};

struct person {
  struct history *history; /* borrowed; NULL: there is none */
  struct textbuf customer; /* or empty: @session alone */
  struct id session;
  struct arena arena;
  struct person_session *sessions;
  size_t count, cap;
};

void person_init(struct person *p, struct history *history);
void person_free(struct person *p);

/* {customer} or {session}, and nothing else. False: answered. */
bool person_read(struct call *c, struct person *p);
/* Errors as history_find(). */
enum bt_err person_look(struct person *p) BT_USE_RESULT;
/* A session that is named and that neither knows is taken at its word: the
 * disk says whether it was ever there. BT_ERR_NOMEM. */
enum bt_err person_add_present(struct person *p,
                               const struct engine *e) BT_USE_RESULT;
/* "id id id and 4 more", in the call's arena: the audit log must not keep who
 * it was. */
struct text person_name(struct call *c, const struct person *p);

#endif
