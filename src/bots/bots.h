/* bots.h - the bots of a centre, behind one interface (bot.h).
 *
 * Every bot has a kind (options.def). Those of kind "socket" come to us: GET
 * /api/v1/bots/{name}/socket. All others are reached by us, over protocols of
 * their own. Frames and protocols: docs/bots.md.
 */
#ifndef BATON_BOTS_BOTS_H
#define BATON_BOTS_BOTS_H

#include "api/api.h"
#include "bots/settings.h"
#include "net/outbound.h"

struct bots;

struct bots_options {
  struct api *api; /* borrowed, as is the loop */
  struct loop *loop;
  void *ctx; /* for the function below */
  /* Something for the server's log; may be NULL. */
  void (*log)(void *ctx, const struct api_log *entry);
};

/* Serves the bots of the api's domain from now on. Before the first request.
 * BT_ERR_NOMEM. */
enum bt_err bots_create(const struct bots_options *options,
                        struct bots **out) BT_USE_RESULT;
/* After the server was freed and before the api is; NULL is fine. */
void bots_free(struct bots *bots);

struct bots_config {
  const struct bot_settings *list; /* copied; the bots are in the directory */
  size_t count;
  const struct outbound_rules *rules; /* of calls to other hosts; copied */
};

/* Which bots there are, besides those that come over a socket. Again after a
 * reload: a bot whose settings have changed goes on with its sessions as they
 * were, and serves new ones by the new settings. BT_ERR_NOMEM. */
enum bt_err bots_configure(struct bots *bots,
                           const struct bots_config *config) BT_USE_RESULT;

#endif
