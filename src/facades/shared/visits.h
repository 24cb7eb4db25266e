/* visits.h - customers who come in by a facade, by their address there.
 *
 * A visit is one customer of a foreign channel (its conversation, its session
 * there). The first thing that it says opens a session of ours, and after the
 * end of that one the next thing opens another. The address stands in the
 * session's customer, so visits of open sessions are found again after a
 * restart. A facade keeps what was said on its connections, no more.
 *
 * A visit stays for a while when its session is over: a message whose answer
 * was lost is said again, and must neither be lost nor open another session.
 */
#ifndef BATON_FACADES_SHARED_VISITS_H
#define BATON_FACADES_SHARED_VISITS_H

#include "api/shell.h"
#include "base/map.h"
#include "facades/facade_priv.h"

struct visits;
struct visit;

enum { VISIT_ADDRESS_MAX = 1024 };

struct visit_ops {
  size_t bytes;      /* of the facade's own struct */
  int64_t linger_us; /* how long it stays behind the end of its session */
  /* Each event of its session, once durable, in order. */
  void (*on_event)(struct visit *v, uint64_t seq, const struct record *event);
  void (*on_typing)(struct visit *v, const struct typing *how); /* or NULL */
  /* Its session was there before a restart, and may be over for a moment. */
  void (*on_found)(struct visit *v, uint32_t slot);
  /* The last call. */
  void (*on_free)(struct visit *v);
};

/* The first member of the facade's own struct, which is cleared at first. */
struct visit {
  struct visits *visits;
  const char *address; /* owned, with its length */
  size_t address_len;
  uint32_t number;
  struct id session; /* null: none is open */
  struct id last;    /* the one before it */
  struct watch watch;
  bool here;     /* a connection of it is there */
  uint32_t uses; /* connections and requests; the last one may free it */
  bool lingers;
  int64_t until_us; /* by loop_now_us() */
};

struct visits {
  struct facade *facade;
  const struct visit_ops *ops;
  struct visit **list; /* by number; NULL: free */
  size_t cap, used, count;
  struct map by_address;
  struct loop_timer *timer;
};

/* Finds the visits of open sessions. BT_ERR_NOMEM; free it all the same. */
enum bt_err visits_init(struct visits *all, struct facade *f,
                        const struct visit_ops *ops) BT_USE_RESULT;
void visits_free(struct visits *all);

struct visit *visits_find(const struct visits *all, struct text address);
/* It, or a new one. NULL: there is no memory, or the address is no text of 1 to
 * VISIT_ADDRESS_MAX bytes of UTF-8. The caller holds it: visit_drop(). */
struct visit *visits_get(struct visits *all, struct text address);
void visit_hold(struct visit *v);
/* Frees it if nobody else holds it and it has no session. */
void visit_drop(struct visit *v);

struct visit_said {
  struct text text, data; /* one of them may be empty; @data is JSON */
  struct text user;       /* the customer's id, or empty: for a new session */
  struct text name;       /* and name */
  /* An object whose members are the new session's customer, but for its
   * address; then @user and @name are not asked. Or empty. */
  struct text about;
  struct text attributes; /* of the new session, an object; or empty */
  struct text key; /* names this very message: it is said once; or empty */
};
/* @name as such a key: empty if it is longer than keys are. */
struct text visit_key(struct text name);
/* What would be refused for its form; NULL: nothing. */
const char *visit_check(const struct visit_said *said);
/* The customer says something; @fn (or NULL) gets the answer. Opens the session
 * if there is none, unless this was said before in the one that is over: then
 * it is answered as it was. Text and data are within visit_check(). False: it
 * could not be opened, or too much was said, nothing was said, and @fn got the
 * answer to that at once. */
bool visit_say(struct visit *v, const struct visit_said *said,
               domain_answer_fn *fn, void *ctx);
/* Was it said in the session that is over, under this key? */
bool visit_has_said(const struct visit *v, struct text key);
/* Opens the session without a word, if there is none. */
bool visit_open(struct visit *v, const struct visit_said *who,
                domain_answer_fn *fn, void *ctx);
void visit_types(struct visit *v, bool on);
/* A command about the session in the customer's name, or the server's. */
void visit_submit(struct visit *v, enum command_type type);
/* Its connection is there, or gone. */
void visit_joined(struct visit *v);
void visit_gone(struct visit *v);
/* The customer, as the caller of a command about the session. */
struct caller visit_caller(const struct visit *v);
/* How far a peer has been told of the session, in numbers of its own: stays
 * with the session, so that the next process goes on behind it. */
void visit_keep_told(const struct visit *v, struct id session, int64_t told);
/* That of the session in @slot; 0: nothing. */
int64_t visit_told(const struct visit *v, uint32_t slot);
/* Is a session open, as far as the engine is? */
bool visit_is_open(const struct visit *v, uint32_t *slot);

#endif
