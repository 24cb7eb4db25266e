/* outbound.h - calls to other hosts over HTTP and HTTPS (libcurl, on the loop).
 *
 * Only what the rules name is called. A rule is [http://|https://]HOST[:PORT];
 * HOST is a name, *.DOMAIN for every name below it, an address, or a network
 * (10.0.0.0/8, [fd00::]/8). Without a port the scheme's own is meant. Loopback,
 * link-local, private and other special addresses are refused after the name
 * was resolved, at the moment in which the socket is made, unless a rule names
 * the address or its network, with that port: a name that is made to lead
 * inside (DNS rebinding) leads nowhere. A redirect is followed as far as the
 * rules go, within the time of the call; to another scheme, host or port it
 * takes Accept and Content-Type along, and no body.
 *
 * One thread, the loop's. Names are looked up on libcurl's threads.
 */
#ifndef BATON_NET_OUTBOUND_H
#define BATON_NET_OUTBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "net/loop.h"
#include "net/server.h"

struct outbound;

struct outbound_rules {
  const struct text *allow;
  size_t allow_count;
  size_t reply_bytes;      /* of a reply's body at most */
  struct text authorities; /* file of further certificate authorities, or "" */
};

/* Is it a rule? Else *why is a sentence for who wrote it. */
bool outbound_check_rule(struct text rule, const char **why);

/* The rule for the host of a URL that was checked: whoever writes it into a
 * centre's file means that host. Empty if there is no memory. */
struct text outbound_rule_of(struct arena *arena, struct text url);

/* The rules are copied; they were checked. BT_ERR_NOMEM. */
enum bt_err outbound_create(struct loop *loop,
                            const struct outbound_rules *rules,
                            struct outbound **out) BT_USE_RESULT;
/* For calls from now on. BT_ERR_NOMEM: the old ones stand. */
enum bt_err
outbound_set_rules(struct outbound *o,
                   const struct outbound_rules *rules) BT_USE_RESULT;
/* At once, further ones wait; 0: no limit of ours. 64 without it. */
void outbound_set_connections(struct outbound *o, long most);
/* Calls that are under way are dropped without an answer. NULL is fine. */
void outbound_free(struct outbound *o);

struct outbound_request {
  struct text method, url, body;
  const struct http_header *headers;
  size_t header_count;
  int64_t timeout_ms;
  bool stays; /* a redirect is not followed: it is the reply */
};

struct outbound_reply {
  int status;         /* of HTTP; -1: there was none, or it is of no use */
  struct text reason; /* of -1: "DNS: …", "refused: …", "timeout: …", "TLS: …",
                         "too large: …", "blocked by policy: …", "failed: …" */
  struct text content_type, body;
  int64_t retry_after_ms; /* the host asks to be left alone so long; 0: no */
};

typedef void outbound_fn(void *ctx, const struct outbound_reply *reply);

/* Everything in @request is copied. @fn is called once, from a later turn of
 * the loop; not if the outbound is freed before. BT_ERR_NOMEM: it is not. */
enum bt_err outbound_call(struct outbound *o,
                          const struct outbound_request *request,
                          outbound_fn *fn, void *ctx) BT_USE_RESULT;

#endif
