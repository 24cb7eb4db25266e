/* centre_priv.h - the inside of a running centre: its journal and all that
 * stands on it. It has its own data directory, tokens, people and limits, and
 * shares the loop, the sockets and the pages with the process.
 */
#ifndef BATON_SERVER_CENTRE_PRIV_H
#define BATON_SERVER_CENTRE_PRIV_H

#include <limits.h>

#include "bots/bots.h"
#include "desks/desks.h"
#include "domain/heap.h"
#include "facades/facades.h"
#include "net/loop.h"
#include "server/apply.h"
#include "server/clock.h"
#include "server/outside.h"
#include "server/secret.h"
#include "server/server.h"
#include "vault/vault.h"

struct centre {
  struct server *server;
  const char *tenant;      /* whose it is; NULL: the process has it alone */
  const char *config_path; /* read again on SIGHUP */
  bool memory;             /* no data directory: all is forgotten at the end */
  struct log log;
  struct server_config config; /* the one that is in force */
  struct clock clock;
  char data[PATH_MAX]; /* empty: in memory */
  char files[PATH_MAX + sizeof "/files"];
  uint8_t secret[SECRET_BYTES];

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
  struct genesys *genesys;

  /* A configuration on its way into the domain, after a reload. */
  struct apply *apply;
  struct server_config coming;

  /* Calls of scripts that were under way when the process before this one
   * ended: made again as soon as there is an api. */
  struct arena early_arena;
  struct record *early;
  size_t early_count, early_cap;

  uint64_t reloads, failed_reloads;
  bool was_full; /* the disk, when it was looked at last */
  bool is_due;   /* in the server's list */
  struct centre *next_due;
};

__attribute__((format(printf, 3, 4))) enum bt_err
server_fail(struct server_error *why, enum bt_err err, const char *format, ...);

struct centre_options {
  struct server *server; /* borrowed, like the texts */
  const char *tenant;
  const char *config_path;
  struct text data; /* the directory; empty in memory */
  bool memory;
  struct log log;
};

/* Opens the journal, folds it, brings in the configuration and makes all that
 * stands on it, except that nobody comes in yet. Takes @config on every path.
 * The loop and the pages of the server are there. After an error, too, *@out
 * is to be closed and freed, unless it is still NULL. */
enum bt_err centre_create(const struct centre_options *options,
                          struct server_config *take_config,
                          struct centre **out,
                          struct server_error *why) BT_USE_RESULT;
/* From now on people come in over @http. */
void centre_attach(struct centre *c, struct http_server *http);
/* Nothing new is begun. */
void centre_stop(struct centre *c);
/* What this turn's callbacks submitted is with the journal; what is durable
 * leaves. */
void centre_turn(struct centre *c);
/* No connection of it is left. The journal is closed with a snapshot. */
void centre_close(struct centre *c);
/* After that, when none of its work is on another thread. */
void centre_free(struct centre *c);

/* ---- opening: parts of centre_create(), in this order */

/* The directory, the secret, the journal, the domain and the configuration in
 * it; the waker is there. */
enum bt_err centre_open_domain(struct centre *c, struct text data,
                               struct server_error *why) BT_USE_RESULT;
/* The log of what people do, in the data directory. */
enum bt_err centre_open_audit(struct centre *c,
                              struct server_error *why) BT_USE_RESULT;
/* Those who may sign in, there too. */
enum bt_err centre_open_accounts(struct centre *c,
                                 struct server_error *why) BT_USE_RESULT;
/* The index of finished sessions, there too. */
enum bt_err centre_open_history(struct centre *c,
                                struct server_error *why) BT_USE_RESULT;
/* What must not be erased, there too. */
enum bt_err centre_open_holds(struct centre *c,
                              struct server_error *why) BT_USE_RESULT;
/* Who of the administrators may read conversations, there too. */
enum bt_err centre_open_grants(struct centre *c,
                               struct server_error *why) BT_USE_RESULT;
/* Carries out what the domain asked for before the api was there. */
void centre_catch_up(struct centre *c);

/* Writes down what the server itself did to @of. */
void centre_audit(struct centre *c, const char *what, const char *of);
/* Lines about the process for /metrics. */
void centre_write_metrics(void *ctx, struct textbuf *out);
/* Where files are kept, and who looks at them as @config says. */
struct api_files centre_files(struct centre *c,
                              const struct server_config *config);

/* Reads the configuration again. False: it has errors, which were logged, and
 * everything is as it was. */
bool centre_reload(struct centre *c);
/* If a reload is under way and done: the new configuration is in force. */
void centre_finish_reload(struct centre *c);

#endif
