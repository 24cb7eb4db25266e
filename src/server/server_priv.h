/* server_priv.h - the inside of a server: what its centres share. */
#ifndef BATON_SERVER_SERVER_PRIV_H
#define BATON_SERVER_SERVER_PRIV_H

#include "pages/pages.h"
#include "server/centre_priv.h"

struct server {
  const struct server_options *options;
  struct log log;
  char host[SERVER_HOST_MAX];
  uint16_t port;   /* in use */
  struct tls *tls; /* NULL: none is spoken */
  struct loop *loop;
  struct loop_timer *restart; /* runs when a journal has failed */
  struct pages *pages;
  struct http_server *http;
  struct centre *centre;   /* the only one; or NULL, and: */
  struct tenants *tenants; /* tenants_priv.h */
  struct centre *due;      /* those with something to do in this turn */
  int64_t started_us;      /* since 1970 */
  bool stopping;
  bool failed, restarting; /* a journal; and so the server ends */
};

/* Its journal has failed: plans what the options say, or, where there are
 * tenants, to open this one anew. */
void server_recover(struct server *s, const struct centre *c);
/* Its timer: so it ends. */
void server_end_failed(void *ctx);
/* After the loop, before a restart. */
void server_end_of_signals(struct server *s);
/* It has something to do at the end of the turn. */
void server_has_work(struct server *s, struct centre *c);
void server_has_no_work(struct server *s, struct centre *c);
/* The process's part of a configuration, or what the log says of it. */
void server_renew(struct server *s, const struct server_config *now,
                  const struct server_config *coming);
/* How many connections, and what the process takes, as lines for /metrics. */
void server_write_process(const struct server *s, struct textbuf *out);

#endif
