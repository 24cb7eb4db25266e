/* server_priv.h - the inside of a server: what its centre shares with the
 * process. */
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
  struct centre *centre;
  int64_t started_us; /* since 1970 */
  bool stopping;
  bool failed, restarting; /* a journal; and so the server ends */
};

/* A journal has failed: plans what the options say. */
void server_recover(struct server *s);
/* Its timer: so it ends. */
void server_end_failed(void *ctx);
/* After the loop, before a restart. */
void server_end_of_signals(struct server *s);

#endif
