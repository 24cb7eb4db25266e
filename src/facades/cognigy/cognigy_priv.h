/* cognigy_priv.h - a Cognigy endpoint: its chats, their pages and requests. */
#ifndef BATON_FACADES_COGNIGY_COGNIGY_PRIV_H
#define BATON_FACADES_COGNIGY_COGNIGY_PRIV_H

#include "facades/cognigy/engineio.h"
#include "facades/shared/reply.h"
#include "facades/shared/visits.h"

struct cognigy {
  struct facade facade;
  struct engineio io;
  struct visits visits;
  struct courier_target *webhook; /* NULL: none */
  uint32_t inputs;                /* that are being carried out */
};

/* One connection of a web chat. */
struct page {
  struct eio conn;
  struct chat *chat;
  struct page *next; /* of the same chat */
  bool acknowledges; /* emitWithAck */
};

/* {"text":…} as it is told, until somebody has it. */
struct output {
  struct output *next;
  uint64_t id;
  struct id session;
  int64_t number; /* of the message */
  size_t len;
  char data[];
};

/* One sessionId of the endpoint. */
struct chat {
  struct visit visit;
  struct page *pages;
  struct output *outbox;
  size_t output_count;
  uint64_t last_id;
  struct loop_timer *quiet;
  bool turns; /* a bot has spoken since the last finalPing */
  /* Over REST. */
  struct net_ref request;
  bool asked;       /* a request waits */
  uint64_t posting; /* this output is on its way to the webhook; 0: none */
};

struct cognigy_output {
  struct id session;
  int64_t number;
  struct text text, data;
  bool by_agent;
};

/* The chat of a sessionId, held; NULL as visits_get(). */
struct chat *chat_get(struct cognigy *c, struct text session);
void chat_drop_output(struct chat *chat, struct output *o);
/* Its peer has output @id: it is done with, if it still waits. */
void chat_told_output(struct chat *chat, uint64_t id);
/* The turn ends then, unless it is put off. */
void chat_start_timer(struct chat *chat, int64_t wait_us);
void chat_say(struct chat *chat, const struct cognigy_output *out);
void cognigy_put_output(struct json_out *o, const struct cognigy_output *out);
/* {text, data, userId}. False: it is none. */
bool cognigy_read_input(const struct json *tree, struct visit_said *out);

/* ---- rest.c */
/* POST /{token}; as facade_ops.serve. */
bool cognigy_serve_rest(struct cognigy *c, struct http_request *req);
/* Answers the request that waits with what was said. */
void chat_answer_rest(struct chat *chat);
enum bt_err webhook_init(struct cognigy *c) BT_USE_RESULT;
/* Tells the webhook, if there is one, what no page is told. */
void webhook_send(struct chat *chat);

#endif
