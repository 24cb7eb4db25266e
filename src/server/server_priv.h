/* server_priv.h - the inside of a server. */
#ifndef BATON_SERVER_SERVER_PRIV_H
#define BATON_SERVER_SERVER_PRIV_H

#include <limits.h>

#include "bots/bots.h"
#include "desks/desks.h"
#include "domain/heap.h"
#include "facades/facades.h"
#include "net/loop.h"
#include "pages/pages.h"
#include "server/apply.h"
#include "server/clock.h"
#include "server/outside.h"
#include "server/secret.h"
#include "server/server.h"
#include "vault/vault.h"

struct server {
  const struct server_options *options;
  struct log log;
  struct server_config config; /* the one that is in force */
  struct clock clock;
  char data[PATH_MAX]; /* empty: in memory */
  char files[PATH_MAX + sizeof "/files"];
  char host[SERVER_HOST_MAX];
  uint16_t port;   /* in use */
  struct tls *tls; /* NULL: none is spoken */
  uint8_t secret[SECRET_BYTES];

  struct loop *loop;
  struct loop_waker *durable; /* woken by the journal's thread */
  struct loop_timer *tick;
  struct vault *vault; /* NULL: in memory nothing is sealed */
  struct domain *domain;
  struct api *api;
  struct bots *bots;
  struct facades *facades;
  struct desks *desks;
  struct outside *outside;   /* calls of scripts to other hosts */
  struct history *history;   /* NULL: in memory nothing is kept */
  struct grants *grants;     /* who reads conversations */
  struct holds *holds;       /* NULL: in memory nothing is kept */
  struct accounts *accounts; /* NULL: in memory nobody signs in */
  struct audit *audit;       /* NULL: in memory nothing is written down */
  char audit_path[PATH_MAX + sizeof "/audit.log"];
  struct pages *pages;
  struct genesys *genesys;
  struct http_server *http;

  /* A configuration on its way into the domain, after a reload. */
  struct apply *apply;
  struct server_config coming;

  /* Calls of scripts that were under way when the process before this one
   * ended: made again as soon as there is an api. */
  struct arena early_arena;
  struct record *early;
  size_t early_count, early_cap;

  int64_t started_us; /* since 1970 */
  uint64_t reloads, failed_reloads;
  bool stopping;
  bool was_full; /* the disk, when it was looked at last */
};

__attribute__((format(printf, 3, 4))) enum bt_err
server_fail(struct server_error *why, enum bt_err err, const char *format, ...);

/* The directory, the secret, the journal, the domain and the configuration in
 * it; the loop and its waker are there. */
enum bt_err server_open_domain(struct server *s,
                               struct server_error *why) BT_USE_RESULT;
/* The index of finished sessions, in the data directory. */
enum bt_err server_open_history(struct server *s,
                                struct server_error *why) BT_USE_RESULT;
/* Who of the administrators may read conversations, there too. */
enum bt_err server_open_grants(struct server *s,
                               struct server_error *why) BT_USE_RESULT;
/* What must not be erased, there too. */
enum bt_err server_open_holds(struct server *s,
                              struct server_error *why) BT_USE_RESULT;
/* Those who may sign in, there too. */
enum bt_err server_open_accounts(struct server *s,
                                 struct server_error *why) BT_USE_RESULT;
/* The log of what people do, there too. */
enum bt_err server_open_audit(struct server *s,
                              struct server_error *why) BT_USE_RESULT;
/* Writes down what the server itself did to @of. */
void server_audit(struct server *s, const char *what, const char *of);
/* Carries out what the domain asked for before the api was there. */
void server_catch_up(struct server *s);
/* Lines about the process for /metrics. */
void server_write_metrics(void *ctx, struct textbuf *out);

/* Where files are kept, and who looks at them as @config says. */
struct api_files server_files(struct server *s,
                              const struct server_config *config);

/* If a reload is under way and done: the new configuration is in force. */
void server_finish_reload(struct server *s);

#endif
