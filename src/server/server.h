/* server.h - the parts of a running server, and how they hang together.
 *
 *   loop ── http server ── api, bots ── domain ── engine
 *    │                                    └────── journal (its own thread)
 *    ├─ batch hook: what is durable leaves
 *    ├─ waker: the journal's thread says "durable"
 *    ├─ timer: the engine's next deadline
 *    └─ signals: HUP reloads the configuration, TERM and INT stop
 *
 * One server is one thread, the caller's, and the journals'. From "api, bots"
 * on there is one of each for a tenant, if the file names tenants: then the
 * host of a request says whose it is.
 */
#ifndef BATON_SERVER_SERVER_H
#define BATON_SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "api/api.h"
#include "base/err.h"
#include "server/config.h"
#include "server/log.h"
#include "server/restart.h"

struct server;

struct server_options {
  const char *config_path; /* read again on SIGHUP */
  const char *data;        /* instead of the configuration's; NULL: that */
  const char *host;        /* the same, with @port; an address literal */
  uint16_t port;
  bool memory; /* no data directory: all is forgotten at the end */
  const char *version;
  struct log log;    /* its level comes from the configuration */
  api_play_fn *play; /* plays scripts for the Studio; NULL: nobody does */
  /* When the journal has failed, server_run() ends so that the caller starts
   * the server again; NULL: it refuses until somebody stops it. This many times
   * it was so; a port of 0 becomes the one of the time before. */
  const struct restart *restarts;
};

struct server_error {
  char text[1024]; /* one or two sentences for a person */
};

/* Before anything else: memory is kept for when there is none, of which libuv
 * gets some, too, and OpenSSL takes what it begins with: without they would not
 * say so but end the process. False: there is no memory. */
bool server_prepare(void) BT_USE_RESULT;

/* Opens the journal, folds it, brings in the configuration and listens: when it
 * returns, connections are accepted. Takes @config on every path. @options and
 * its texts are borrowed and outlive the server. On error *@why says what. */
enum bt_err server_create(const struct server_options *options,
                          struct server_config *take_config,
                          struct server **out,
                          struct server_error *why) BT_USE_RESULT;
enum server_end { SERVER_STOPPED, SERVER_RESTART };
/* Serves until SIGTERM or SIGINT, or server_stop(); then lets requests in
 * flight end. A second signal ends the process at once. SERVER_RESTART: the
 * journal has failed; only a new server, on what the disk holds, can go on. */
enum server_end server_run(struct server *s);
/* What that one is to be told. */
struct restart server_next_restart(const struct server *s);
void server_stop(struct server *s);
/* Reads the configuration again, as SIGHUP does. False: it has errors, which
 * were logged, and everything is as it was. */
bool server_reload(struct server *s);
/* Closes everything; the journal with a snapshot. */
void server_free(struct server *s);

const char *server_host(const struct server *s);
/* https and wss, or http and ws? */
bool server_speaks_tls(const struct server *s);
uint16_t server_port(const struct server *s);
/* The only centre's name; empty where there are tenants. */
struct text server_centre(const struct server *s);
/* How many of them are open. */
size_t server_tenants(const struct server *s);

#endif
