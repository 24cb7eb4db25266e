/* channels_priv.h - notification channels: what somebody wants to hear, and the
 * WebSocket on which it is said.
 *
 * A channel is a connection's affair: it lives for a day, and not over a
 * restart; its id is what lets a socket in.
 */
#ifndef BATON_GENESYS_CHANNELS_PRIV_H
#define BATON_GENESYS_CHANNELS_PRIV_H

#include "genesys/genesys_priv.h"

struct post_box;

/* A socket; it may outlive its channel by a closing handshake. */
struct ear {
  struct genesys *g;
  struct post_box *channel; /* NULL: it is told nothing any more */
  struct ws *ws;
};

struct post_box {
  struct genesys *g;
  struct post_box *next; /* the newest first */
  char id[ID_TEXT_LEN];
  struct text owner; /* client and user; owned, as are the topics */
  enum role role;    /* the owner's, whom teams and grants know as @name */
  struct text name;
  int64_t expires_us;
  struct text *topics;
  size_t topic_count, topic_cap;
  struct ear *ear; /* NULL: nobody listens */
};

struct channels {
  struct post_box *first;
  struct loop_timer *heart;
  size_t topics;     /* of all together */
  uint64_t told_seq; /* the last batch of the session that was told */
  struct id told;
};

/* BT_ERR_NOMEM. */
enum bt_err channels_init(struct genesys *g) BT_USE_RESULT;
void channels_free(struct genesys *g);
/* Tells who listens that we are about to close. */
void channels_stop(struct genesys *g);
/* Is there a topic that begins so? */
bool channels_want(const struct genesys *g, struct text prefix);
/* What is told, and to whom. */
struct telling {
  struct text body;
  struct text bare; /* the same without what is known of people, for those who
                     * may not read that; empty: there is none of it */
  uint64_t teams;   /* that have what it is about */
};
/* The frame to every socket whose channel has the topic and may hear it. */
void channels_tell(struct genesys *g, struct text topic,
                   const struct telling *t);

/* notify.c: from the domain's events to topics. */
void notify_on_event(void *ctx, uint64_t seq, const struct record *event);
/* Is it the name of a topic that can be told? Several of one thing may be one:
 * BASE?WORD&WORD… is BASE.WORD, BASE.WORD, … */
bool notify_knows(struct text topic);
enum topic_kind {
  TOPIC_OF_NOTHING,
  TOPIC_OF_USER,
  TOPIC_OF_QUEUE,
  TOPIC_OF_CONVERSATION
};
/* Whose topic it is, one that notify_knows(): the id is borrowed from it. */
enum topic_kind notify_kind(struct text topic, struct text *id);
/* Is @name, the name of a single topic, among what @topic asks for? */
bool notify_has(struct text topic, struct text name);

#endif
