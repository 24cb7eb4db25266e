/* genesys_priv.h - a Genesys Cloud organisation as a desk.
 *
 * We are the customer of its open messaging: what ours says is POSTed as an
 * inbound message, what its agents say comes to our webhook, and who has a
 * conversation is asked for whenever its notification channel stirs.
 */
#ifndef BATON_DESKS_GENESYS_GENESYS_PRIV_H
#define BATON_DESKS_GENESYS_GENESYS_PRIV_H

#include "desks/desk.h"
#include "net/backoff.h"
#include "net/client.h"

enum { REPLY_ID_MAX = 64, REPLIES_KEPT = 16 };

/* A message of the webhook whose answer waits until it is durable. */
struct hooked {
  struct hooked *next, *prev;
  struct gdesk *desk;
  struct net_ref request;
  struct id session;
  uint32_t number; /* of the stay */
  char id[REPLY_ID_MAX];
  size_t id_len;
};

struct gdesk {
  struct desk desk;
  struct courier_target *target;
  struct loop_timer *timer; /* ticks */
  struct rand chance;
  struct backoff backoff;
  int64_t retry_us; /* nothing is tried before */
  struct textbuf token;
  int64_t token_until_us;
  struct courier_call *asking; /* for a token, or a channel */
  struct hooked *hooked;
  /* Notifications. */
  struct client *client;
  struct ws *ws;
  struct textbuf channel;
  bool live;        /* the socket is open */
  int64_t heard_us; /* by loop_now_us() */
  bool dirty;       /* there are conversations that are not subscribed to */
  struct courier_call *subscribing;
};

enum gop {
  GOP_OPEN,
  GOP_MESSAGE,
  GOP_LOOK,
  GOP_RECEIPT,
  GOP_TYPING,
  GOP_LEAVE
};

/* What an agent has said, for the receipts: told so far as 0 nothing, 1
 * delivered, 2 read. */
struct reply {
  uint32_t number;
  uint8_t told;
  char id[REPLY_ID_MAX];
  size_t id_len;
};

struct gtalk {
  struct desk_link link;
  struct courier_call *call; /* one at a time: that is the order */
  enum gop op;
  uint32_t op_number; /* of the message, or place of the reply */
  struct backoff backoff;
  int64_t rest_until_us, failing_since_us;
  bool maybe_open; /* an opening may have arrived there */
  bool look;       /* who has it is to be asked */
  bool over;       /* over there it has ended */
  bool had_others; /* somebody else than the customer was in it */
  bool types;      /* to be told */
  bool subscribed, subscribing;
  struct receipt seen;
  struct reply replies[REPLIES_KEPT];
  uint32_t reply_count;
};

struct gdesk *gdesk_of(struct desk *desk);
struct gtalk *gtalk_of(struct desk_link *link);

/* ---- genesys.c: the desk's own life */
struct gcall {
  const char *method;
  struct text url, body;
  const char *type;          /* of the body; NULL: JSON */
  struct text authorization; /* empty: the desk's token */
};
enum bt_err gdesk_send(struct gdesk *g, const struct gcall *call,
                       outbound_fn *fn, void *ctx, struct courier_call **out);
/* settings.url "/api/v2" and what follows. */
__attribute__((format(printf, 3, 4))) void
gdesk_url(const struct gdesk *g, struct textbuf *out, const char *format, ...);
/* The token is not good any more. */
void gdesk_drop_token(struct gdesk *g);
/* Something on the way to the desk has failed; it is tried again. */
void gdesk_fail(struct gdesk *g, const char *why);

/* ---- notices.c: the notification channel */
/* @uri and @id of a channel that was made. */
void notices_open(struct gdesk *g, struct text uri, struct text id);
void notices_close(struct gdesk *g);
void notices_tick(struct gdesk *g);

/* ---- talk.c: one conversation */
void talk_begin(struct desk_link *link);
void talk_go_on(struct desk_link *link);
void talk_typing(struct desk_link *link, bool on);
void talk_seen(struct desk_link *link, const struct receipt *how);
void talk_free(struct desk_link *link);
/* Whatever is due of it. It may be gone then. */
void talk_pump(struct gtalk *t);
/* An agent's message @id is number @number of the session. */
void talk_add_reply(struct gtalk *t, uint32_t number, struct text id);

/* ---- body.c: what is POSTed. False: there is nothing to be told. */
bool body_open(const struct gtalk *t, struct textbuf *out);
void body_message(const struct gtalk *t, const struct json *message,
                  struct textbuf *out);
void body_typing(const struct gtalk *t, struct textbuf *out);
void body_leave(const struct gtalk *t, struct textbuf *out);
void body_receipt(const struct gtalk *t, const struct reply *reply, bool read,
                  struct textbuf *out);
/* Whose stay that is: "SESSION.NUMBER", with a message's number behind it. */
bool body_read_address(struct text address, struct id *session,
                       uint32_t *number, uint32_t *message);

/* ---- state.c: who has a conversation */
struct conversation_state {
  bool known;       /* there are participants: else nothing is known */
  bool agent;       /* somebody of theirs is connected */
  bool others;      /* anybody but the customer is in it, or waited for */
  bool customer;    /* the customer is */
  struct text name; /* of the agent; borrowed, may be empty */
  struct text outcome;
};
struct conversation_state conversation_read(const struct json *conversation);

/* ---- webhook.c */
bool webhook_serve(struct desk *desk, struct text path,
                   struct http_request *req);
void webhook_free(struct gdesk *g);

#endif
