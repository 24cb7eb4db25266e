/* topic.h - who follows which session: connections, by the session's id.
 *
 * A watch belongs to its connection, which keeps it in place until it is
 * removed. It may remove itself while it is told something, and no other.
 */
#ifndef BATON_API_TOPIC_H
#define BATON_API_TOPIC_H

#include "base/map.h"
#include "engine/record.h"

struct watch;

struct typing {
  enum role role;
  uint32_t number; /* of the bot or agent */
  struct text author;
  bool on;
};

/* How far a party has got with the messages: the number of the last that has
 * reached it, and of the last that it has looked at. Nothing of it is stored:
 * who comes back tells it anew. */
struct receipt {
  uint32_t delivered, read;
};
enum receipt_of { RECEIPT_CUSTOMER, RECEIPT_AGENT, RECEIPT_PARTIES };

struct watch_ops {
  void (*on_event)(struct watch *w, uint64_t seq, const struct record *event);
  /* Somebody else types; may be NULL. */
  void (*on_typing)(struct watch *w, const struct typing *t);
  /* A party has got further; may be NULL. */
  void (*on_receipt)(struct watch *w, enum receipt_of whose,
                     const struct receipt *r);
};

struct watch {
  const struct watch_ops *ops;
  void *owner;
  struct id session;
  uint64_t after; /* events up to this batch are known already: not told */
  struct watch *next, *prev;
  bool watching;
};

struct topic;

struct topics {
  const struct mem *mem;
  struct topic *list;
  size_t cap, used;
  uint32_t free_first;
  struct map by_session;
};

void topics_init(struct topics *t, const struct mem *mem);
/* Nobody may be watching. */
void topics_free(struct topics *t);

/* @w has its ops, owner and session. False when there is no memory. */
bool topics_add(struct topics *t, struct watch *w);
/* Nothing happens if it is not watching. */
void topics_remove(struct topics *t, struct watch *w);
void topics_tell(struct topics *t, uint64_t seq, const struct record *event);
void topics_type(struct topics *t, struct id session, const struct typing *how);
/* Nobody gets back: what is less than before is passed over. */
void topics_receipt(struct topics *t, struct id session, enum receipt_of whose,
                    const struct receipt *r);
/* How far it is known to have got. */
struct receipt topics_receipt_of(const struct topics *t, struct id session,
                                 enum receipt_of whose);
/* The first watch of a session, or NULL. */
struct watch *topics_first(const struct topics *t, struct id session);

#endif
