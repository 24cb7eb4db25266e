/* lines_priv.h - customers at open-messaging integrations: which session each
 * has, and what is on its way to them.
 *
 * A line stands from a session's opening until everything that the customer is
 * to read has been delivered or given up. What it knows is made from the
 * session: who the customer is stands in it, and how far the deliveries are is
 * kept with it (COMMAND_KEEP_BOT), so that a restart goes on where it was.
 */
#ifndef BATON_GENESYS_LINES_PRIV_H
#define BATON_GENESYS_LINES_PRIV_H

#include "api/topic.h"
#include "genesys/genesys_priv.h"
#include "net/courier.h"

/* An integration, out of the settings or of the shelf; texts in the arena. */
struct open_integration {
  struct text id, name, entry, url, secret;
  struct http_header *headers;
  size_t header_count;
  bool of_file; /* of the centre's: not to be changed over the API */
};

/* False: there is none of this id. */
bool integration_find(struct genesys *g, struct arena *arena, struct text id,
                      struct open_integration *out);

/* What a customer is told; bytes never change, so that a signature holds for
 * every repetition. */
struct parcel {
  struct parcel *next;
  uint32_t number; /* of the message; 0: it is none */
  size_t len;
  char bytes[];
};

struct line {
  struct genesys *g;
  struct line *next, *prev;
  struct line *same;                 /* of the bucket */
  struct watch watch;                /* of its session */
  struct text integration, customer; /* ids; owned, as is @from */
  struct text from;                  /* the customer as it came in: JSON */
  uint32_t delivered;                /* number of the last message */
  struct parcel *first, *last;
  struct courier_call *call; /* of the first; NULL: none is under way */
  unsigned tries;            /* of the first */
  int64_t due_us;            /* when it is tried again; 0: not */
  bool silent;               /* the webhook was given up; the next word of the
                                customer begins again */
  bool ended;                /* the session takes no more */
};

/* The host of one integration: who fails is left alone for itself. */
struct hook {
  struct text integration; /* owned */
  struct courier_target *target;
};

enum { LINE_BUCKETS = 4096 };

struct lines {
  struct line *first;
  struct line *buckets[LINE_BUCKETS]; /* by customer */
  struct courier_post *post;
  struct hook *hooks;
  size_t hook_count, hook_cap;
  struct loop_timer *timer;
  int64_t next_us; /* when it goes off; 0: it does not */
};

/* BT_ERR_NOMEM. */
enum bt_err lines_init(struct genesys *g) BT_USE_RESULT;
void lines_free(struct genesys *g);
/* Takes up the sessions that are open already. */
void lines_recover(struct genesys *g);
/* The line whose session still takes the customer's words, or NULL. */
struct line *lines_find(struct genesys *g, struct text integration,
                        struct text customer);
/* NULL when there is no memory. */
struct line *line_new(struct genesys *g, struct id session,
                      const struct json *customer);
/* The session is marked as one of an integration: a restart takes it up. */
void line_begin(struct line *l);
/* The customer is there again: what waited is sent. */
void line_wake(struct line *l);

/* outbound.c: the JSON of what is sent. */
struct message_out {
  uint32_t number;
  enum role role;
  int64_t at_us;
  struct text author, text, data;
};
void outbound_write_message(struct line *l, const struct message_out *m,
                            struct json_out *o);
void outbound_write_event(struct line *l, const char *kind, const char *state,
                          struct json_out *o);
/* The target of its host; NULL when there is no memory. */
struct courier_target *lines_target(struct genesys *g, struct text integration);
/* Sends @bytes to the line's webhook once. False: there is no such integration
 * any more, or no memory. */
bool outbound_send(struct line *l, struct text bytes, outbound_fn *fn,
                   void *ctx, struct courier_call **call);

#endif
