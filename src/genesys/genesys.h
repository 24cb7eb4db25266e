/* genesys.h - a Genesys-Cloud-compatible API: /oauth/token and /api/v2.
 *
 * A facade over the domain of one api: a request becomes a command of the
 * engine, or a request of /api/v1 in this process; what the engine has is shown
 * in the shapes of the public SDK. It keeps connections and what was said on
 * them, and nothing about sessions. What such a platform keeps about itself and
 * the engine does not know (integrations that were made over this API, words
 * that queues are shown with, tokens that were given back) stands in a file of
 * its own (shelf/shelf.h).
 *
 * The paths stand in routes.def; docs/genesys.md explains.
 */
#ifndef BATON_GENESYS_GENESYS_H
#define BATON_GENESYS_GENESYS_H

#include "api/shell.h"
#include "base/err.h"
#include "net/outbound.h"

struct genesys;

/* Who may log in with client credentials. */
struct genesys_client {
  struct text id, secret;
  enum role role;   /* ADMIN, SUPERVISOR, or AGENT: then as its user */
  struct text user; /* an agent's id, or empty */
};

/* An open-messaging integration of the centre's file. */
struct genesys_integration {
  struct text id, name, entry, url, secret;
  const struct text *headers; /* name, value, name, value … */
  size_t header_count;        /* texts in it */
};

/* What a transfer does while a bot holds. */
enum genesys_from_bot { GENESYS_RELEASE, GENESYS_WAIT, GENESYS_REFUSE };

struct genesys_settings {
  bool offered; /* false: the paths are not there */
  const struct genesys_client *clients;
  size_t client_count;
  const struct genesys_integration *integrations;
  size_t integration_count;
  const struct text *wrapup_codes;
  size_t wrapup_count;
  struct text entry; /* of integrations that are made over the API */
  enum genesys_from_bot from_bot;
  int64_t token_s; /* how long a token is good */
  int64_t retry_s; /* between two attempts to reach a webhook */
};

struct genesys_options {
  struct api *api; /* borrowed, as is the loop */
  struct loop *loop;
  struct text secret;    /* of the server: signs tokens; copied */
  struct text directory; /* of the store's file; empty: in memory */
  void *ctx;             /* for the function below */
  void (*log)(void *ctx, const struct api_log *entry); /* may be NULL */
};

/* Opens a door of the api. BT_ERR_NOMEM; BT_ERR_IO, BT_ERR_CORRUPT: the store's
 * file cannot be read. */
enum bt_err genesys_create(const struct genesys_options *options,
                           struct genesys **out) BT_USE_RESULT;
/* The server that was made with the api. Borrowed. */
void genesys_attach(struct genesys *g, struct http_server *server);
/* The server is about to be stopped: who listens is told. */
void genesys_stop(struct genesys *g);
/* After the server was freed and before the api is; NULL is fine. */
void genesys_free(struct genesys *g);
/* Everything is copied; again after a reload. @rules are those of calls to
 * other hosts. BT_ERR_NOMEM: what was before stands. */
enum bt_err genesys_configure(struct genesys *g,
                              const struct genesys_settings *settings,
                              const struct outbound_rules *rules) BT_USE_RESULT;

#endif
