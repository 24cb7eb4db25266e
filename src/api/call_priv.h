/* call_priv.h - one request on its way to its answer. */
#ifndef BATON_API_CALL_PRIV_H
#define BATON_API_CALL_PRIV_H

#include "api/api.h"
#include "api/auth.h"
#include "api/route.h"
#include "api/shell.h"
#include "api/topic.h"
#include "base/json.h"

/* Over HTTP @ref names the request for as long as its connection lives; an
 * in-process call has @fn. All texts live in the arena. */
struct call {
  struct api *api;
  struct call *next,
      *prev; /* among the api's calls, so that it can free them */
  struct arena arena;
  struct textbuf out; /* the answer's body, where the api makes it */
  struct net_ref ref;
  api_reply_fn *fn;
  void *fn_ctx;
  bool starting;          /* its handler has not returned yet */
  bool unsaid;            /* as of api_request */
  int code;               /* of an answer that was put off for that */
  struct id rest_session; /* a script asks: whose, and which run */
  int64_t rest_question;

  enum http_method method;
  const struct route *route;
  struct text path, query, content_type, content_encoding, body;
  struct text params[ROUTE_PARAMS_MAX]; /* decoded */
  struct text key, if_match, prefer, last_event;
  struct text origin;   /* of the web page that asks; empty: none */
  struct text peer;     /* the address it comes from, if an act is audited */
  struct text shown_id; /* the request's id, as answered */
  struct caller by;
  uint64_t teams; /* of a supervisor; 0: everything */
  void (*serve)(struct call *c);
  struct auth_identity who;
  int64_t began_us;

  /* The audit log: see audit.c. */
  const char *act;          /* to be written down with the answer; or NULL */
  const struct reply *held; /* leaves when that is on disk */
  struct call *audit_next;

  /* What a later callback needs of the handler. */
  void *of_handler;             /* its own, in the arena */
  void (*then)(struct call *c); /* once everything so far is durable */
  uint32_t slot;
  struct id session;
  struct net_ref socket;
  /* Prefer: wait */
  struct watch watch;
  struct loop_timer *timer;
  uint64_t waits; /* number of the transfer */
  struct text first_body;
  struct id transfer;
  uint32_t version;
};

/* How a call is answered. */
struct reply {
  int code;
  const char *type; /* NULL: JSON, or a problem document from 400 on */
  struct text body;
  struct id session;
  uint32_t version;
  struct text location;
  uint32_t allow; /* bits of methods */
  int64_t retry_after_ms;
  bool replayed, waited;
  struct text cookie, other_cookie; /* Set-Cookie; empty: none */
  bool page; /* what a browser shows by itself: HTML of ours, or a redirect */
  /* What a browser calls it that saves it; it shows nothing of it by itself. */
  struct text file_name;
};

/* Answers and frees the call. */
void call_reply(struct call *c, const struct reply *r);
/* The same, with how long it takes until it may be asked again. */
void call_refuse_for(struct call *c, enum refusal refusal, struct text detail,
                     int64_t retry_after_ms);
/* 200 with what was written to call_json(), which is the whole answer; 503 if
 * there was no memory for it. */
void call_reply_out(struct call *c);
/* False and answered: the caller asks too often. */
bool call_within_rate(struct call *c);
/* The same of the address that it comes from, before it is known who asks; and
 * of the entry point at which a session is to be opened. */
bool call_address_within_rate(struct call *c);
bool call_may_enter(struct call *c, struct text entry);
/* The engine's answer as it is. */
void call_answer(struct call *c, const struct answer *a);
/* Replies with c->out, once what it was made from is durable. */
void call_show(struct call *c, uint32_t version);
/* Runs c->then once everything submitted so far is durable. */
void call_later(struct call *c, void (*then)(struct call *c));
/* The request, if its connection is still there; NULL for in-process calls. */
struct http_request *call_request(struct call *c);
/* Somebody else answers the request (a socket): frees the call. */
void call_end(struct call *c);

struct text call_format(struct call *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The decoded value of a query parameter; empty if it is missing or broken. */
struct text call_query(struct call *c, struct text name);
/* True if ?name=true. */
bool call_query_flag(struct call *c, struct text name);
/* A number from 0 to @max; false and answered if it is something else. A
 * missing one leaves *out. */
bool call_query_number(struct call *c, struct text name, uint32_t max,
                       uint32_t *out);
/* The same from 1: none at all is nothing to ask for. */
bool call_query_count(struct call *c, struct text name, uint32_t max,
                      uint32_t *out);
/* A time; false and answered if it is something else. A missing one leaves
 * *us. */
bool call_query_time(struct call *c, const char *name, int64_t *us);
/* A message number behind which to go on. */
bool call_query_after(struct call *c, uint32_t *after);

/* 404: the centre has no such thing (an enum config_object, or CONFIG_SCRIPT).
 * Who sees all of them reads which was meant. */
void call_refuse_absent(struct call *c, uint32_t named, struct text name);
/* ?agent=, an agent's id or name; false and answered if the centre has none of
 * it. Empty if it is missing. */
bool call_query_agent(struct call *c, struct text *agent);

/* The session of the path, if it is there and the caller may see it. Else the
 * call is answered, and false. */
bool call_find_session(struct call *c);
struct json_out call_json(struct call *c);
/* A new id of a thing that is made at @at_us; .ptr NULL: no memory. */
struct text call_new_id(struct call *c, int64_t at_us);

#endif
