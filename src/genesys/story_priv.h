/* story_priv.h - a conversation as the platform sees it, folded from the events
 * of a session.
 *
 * Nothing of it is kept: whoever wants one folds the timeline. So it is the
 * same for a session that is open, for one that has ended, and after a restart.
 * The map of statuses stands in story.c.
 */
#ifndef BATON_GENESYS_STORY_PRIV_H
#define BATON_GENESYS_STORY_PRIV_H

#include "genesys/genesys_priv.h"

enum party_kind {
  PARTY_CUSTOMER,
  PARTY_BOT,
  PARTY_SCRIPT,
  PARTY_QUEUE,
  PARTY_AGENT
};

enum party_state { PARTY_ALERTING, PARTY_CONNECTED, PARTY_DISCONNECTED };

struct party {
  struct id id;
  struct id communication;
  struct id
      session; /* in which it is: another one while a transfer is offered */
  enum party_kind kind;
  uint32_t number; /* of the bot, script, queue or agent */
  enum party_state state;
  int64_t started_us, connected_us, ended_us; /* 0: not */
  const char *disconnect;                     /* NULL: it has not */
  bool wrapping;                              /* its wrap-up is due */
  int64_t acw_started_us, acw_ended_us;
  uint32_t priority; /* of a queue's */
  /* The batches in which it came, went, and began and ended its wrap-up. */
  uint64_t started_seq, ended_seq, acw_started_seq, acw_ended_seq;
};

struct said {
  struct id id;
  uint32_t number;
  enum role role;
  int64_t at_us;
  struct text author, text, data;
  size_t party;
};

struct moved {
  struct id id;
  const char *state; /* Pending, Active, Complete, Canceled, Failed, Timeout */
  int64_t asked_us, changed_us;
  struct text by;
  enum role role;
  bool to_bot;
  bool attended; /* its agent stays until it is accepted */
  uint32_t target;
};

struct story {
  const struct mem *mem;
  struct arena *arena; /* of texts */
  struct domain *domain;
  struct id session;
  struct id folds;      /* whose events are folded at the moment */
  struct id offered_in; /* where its last attended transfer is offered */
  bool goes_over;       /* that one was accepted and is carried out */
  uint32_t status, channel, entry;
  int64_t opened_us, ended_us;
  struct text customer, attributes, disposition, note;
  struct party *parties;
  struct said *said;
  struct moved *moves;
  size_t party_count, party_cap, said_count, said_cap, move_count, move_cap;
  uint64_t seq, until; /* the batch that is folded; the last one that is */
  bool failed;         /* there was no memory */
};

/* As it was after the batch @until; UINT64_MAX: as it is. BT_ERR_NOT_FOUND:
 * there was never such a session. BT_ERR_IO, BT_ERR_CORRUPT, BT_ERR_NOMEM. To
 * be freed on every path. */
enum bt_err story_read(struct genesys *g, struct id session, uint64_t until,
                       struct arena *arena, struct story *out) BT_USE_RESULT;
void story_free(struct story *s);

/* The party, by its id or that of its communication; NULL if there is none. */
const struct party *story_party(const struct story *s, struct id id);
/* The last one of its kind that is still there; NULL. */
const struct party *story_current(const struct story *s, enum party_kind kind);
const struct said *story_said(const struct story *s, struct id id);
const char *party_purpose(enum party_kind kind);
const char *party_state_name(enum party_state state);

/* conversation.c: the story as an entity. */
void conversation_put(struct genesys *g, const struct story *s,
                      struct json_out *o);
/* A message as an entity. */
void said_put(struct genesys *g, const struct story *s, const struct said *m,
              struct json_out *o);
/* The story that the request's path names; false and answered: none. */
bool ask_read_story(struct ask *a, struct story *out);

#endif
