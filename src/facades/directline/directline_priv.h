/* directline_priv.h - conversations of Direct Line, their activities, streams.
 */
#ifndef BATON_FACADES_DIRECTLINE_DIRECTLINE_PRIV_H
#define BATON_FACADES_DIRECTLINE_DIRECTLINE_PRIV_H

#include "facades/shared/reply.h"
#include "facades/shared/visits.h"

enum { USER_MAX = 512 };

struct directline {
  struct facade facade;
  struct visits visits;
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

/* ---- stream.c */
/* Takes the request; @after: the watermark. */
void stream_open(struct talk *t, struct http_request *req, uint64_t after);
void streams_tell(struct talk *t, const struct activity *a);
void streams_type(struct talk *t, const struct typing *how);
/* {"activities":[…],"watermark":"…"} of what comes behind @after. */
void put_activities(const struct talk *t, uint64_t after, struct textbuf *b);

#endif
