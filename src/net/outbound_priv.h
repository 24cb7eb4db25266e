/* outbound_priv.h - the inside of calls to other hosts. */
#ifndef BATON_NET_OUTBOUND_PRIV_H
#define BATON_NET_OUTBOUND_PRIV_H

#include <curl/curl.h>

#include "base/arena.h"
#include "net/loop_priv.h"
#include "net/outbound.h"

/* ---- outbound_rules.c */

/* IPv4 as ::ffff:a.b.c.d. */
struct net_address {
  uint8_t bytes[16];
};

struct outbound_rule {
  struct text scheme; /* "http", "https" or empty for both */
  struct text host;   /* a name, or ".domain" for all below it; or empty */
  uint16_t port;      /* 0: the scheme's own */
  struct net_address network;
  unsigned bits; /* of the network; 0: the rule is about a name */
};

bool outbound_read_rule(struct text text, struct outbound_rule *out,
                        const char **why);
/* May this host be asked at all? */
bool outbound_rule_allows(const struct outbound_rule *rule, struct text scheme,
                          struct text host, uint16_t port);
/* Is it an address of this machine, of its networks, or no host's at all? */
bool outbound_is_inside(const struct net_address *a);
/* Does the rule name this address, and may that port of it be asked? */
bool outbound_rule_opens(const struct outbound_rule *rule, struct text scheme,
                         const struct net_address *a, uint16_t port);
/* False for another family. */
bool outbound_address_of(const struct sockaddr *from, struct net_address *out,
                         uint16_t *port);

/* ---- one call */

enum { OUTBOUND_REDIRECTS_MAX = 5, OUTBOUND_REASON_MAX = 400 };

struct outbound_one {
  struct link link; /* among the outbound's */
  struct outbound *outbound;
  CURL *easy;
  CURLU *url;
  struct curl_slist *headers;
  struct arena arena; /* of the request */
  struct outbound_request request;
  struct textbuf body; /* of the reply */
  outbound_fn *fn;
  void *ctx;
  unsigned redirects;
  int64_t until_us;        /* all requests of the call together; 0: no limit */
  bool elsewhere;          /* a redirect has led to another server */
  bool tunnels;            /* only connects; outbound_tunnel.c keeps it then */
  bool too_large, blocked; /* why it ended */
  char error[CURL_ERROR_SIZE];
  char reason[OUTBOUND_REASON_MAX];
};

struct outbound {
  struct loop *loop;
  CURLM *multi;     /* NULL before the first call */
  long connections; /* at once, at most */
  bool global;      /* libcurl is ready */
  struct loop_timer *timer;
  struct loop_task refusals; /* answers of calls that were not made */
  struct link calls, refused;
  struct arena arena; /* of the rules */
  struct outbound_rule *rules;
  size_t rule_count, reply_bytes;
  struct text authorities;
};

/* Makes the next request of the call. False: it cannot be made, .reason says
 * why. */
bool outbound_begin(struct outbound_one *c);
/* It is over: true if another request of it has begun (a redirect). */
bool outbound_go_on(struct outbound_one *c, CURLcode result,
                    struct outbound_reply *reply);
void outbound_one_free(struct outbound_one *c);

/* ---- outbound_tunnel.c */

/* One that is connected is cut, with its wire. */
void tunnel_cut(struct outbound_one *c);

/* ---- outbound.c */

/* libcurl's part of it is there. False: there is no memory. */
bool outbound_prepare(struct outbound *o);
/* A call without its request. NULL when there is no memory. */
struct outbound_one *outbound_one_new(struct outbound *o, outbound_fn *fn,
                                      void *ctx);
/* Begins it; its answer comes later in any case. */
void outbound_one_begin(struct outbound_one *c);

#endif
