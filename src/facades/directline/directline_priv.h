/* directline_priv.h - conversations of Direct Line, their activities, streams.
 */
#ifndef BATON_FACADES_DIRECTLINE_DIRECTLINE_PRIV_H
#define BATON_FACADES_DIRECTLINE_DIRECTLINE_PRIV_H

#include "facades/shared/keep.h"
#include "facades/shared/reply.h"
#include "facades/shared/visits.h"

enum {
  USER_MAX = 512,
  DIRECTLINE_CONVERSATION = 32 /* characters of an id that we make */
};

struct directline {
  struct facade facade;
  struct visits visits;
  struct keeper keeper; /* of files of messages */
};

enum handoff {
  HANDOFF_NONE,
  HANDOFF_INITIATED,
  HANDOFF_ACCEPTED,
  HANDOFF_FAILED,
  HANDOFF_COMPLETED
};

struct activity {
  struct activity *next;
  uint64_t number;
  int64_t message; /* its number in the session; 0: it is none */
  size_t len;
  char json[];
};

struct stream {
  struct talk *talk; /* held */
  struct stream *next;
  struct ws *ws;
};

/* One conversation. */
struct talk {
  struct visit visit;
  struct activity *first, *last;
  uint64_t count;
  enum handoff handoff;
  struct stream *streams;
  char user[USER_MAX];
  size_t user_len;
  bool over;
};

extern const struct visit_ops directline_visit_ops;

/* ---- requests.c */

struct ask {
  struct directline *d;
  struct http_request *req;
  struct arena arena;
  struct text query;
  struct text conversation; /* of the path, or empty */
  struct text of_token;     /* the conversation that the token is for */
  struct text user;         /* {id, name} of the token; may be empty */
  bool secret;              /* the facade's secret was shown */
};

/* A request whose answer waits until what it tells is durable. */
struct waiting {
  struct directline *d;
  struct net_ref ref;
  struct talk *talk; /* held */
};

struct text talk_address(const struct talk *t);
void directline_fail(struct ask *a, int status, const char *code,
                     struct text message);
/* NULL: refused. */
struct waiting *directline_put_off(struct ask *a, struct talk *t);
/* The request again, if it is still there. */
struct ask directline_take_up(const struct waiting *w);
void directline_end_wait(struct waiting *w, struct ask *a);

/* ---- post.c */
void directline_post(struct ask *a, struct talk *t);
void directline_upload(struct ask *a, struct talk *t);

/* ---- stream.c */
/* Takes the request; @after: the watermark. */
void stream_open(struct talk *t, struct http_request *req, uint64_t after);
void streams_tell(struct talk *t, const struct activity *a);
void streams_type(struct talk *t, const struct typing *how);
/* {"activities":[…],"watermark":"…"} of what comes behind @after. */
void put_activities(const struct talk *t, uint64_t after, struct textbuf *b);

#endif
