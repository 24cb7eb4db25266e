/* desks.h - queues whose people sit elsewhere: in another platform.
 *
 * A desk speaks one foreign protocol, in a folder of its own, behind one
 * interface (desk.h). In the engine it is a seat: an agent of the desk's id,
 * who takes a session when somebody there has taken it. docs/desks.md.
 */
#ifndef BATON_DESKS_DESKS_H
#define BATON_DESKS_DESKS_H

#include "api/api.h"
#include "desks/settings.h"
#include "net/outbound.h"

struct desks;

struct desks_options {
  struct api *api; /* borrowed, as is the loop */
  struct loop *loop;
  const struct desk_settings *list; /* copied; the seats are in the directory */
  size_t count;
  const struct outbound_rules *rules; /* of calls; copied */
  void *ctx;                          /* for the function below */
  /* Something for the server's log; may be NULL. */
  void (*log)(void *ctx, const struct api_log *entry);
};

/* Opens a door of the api. The domain has recovered: sessions that were with a
 * desk before a restart go on there. BT_ERR_NOMEM. */
enum bt_err desks_create(const struct desks_options *options,
                         struct desks **out) BT_USE_RESULT;
/* After the server was freed and before the api is; NULL is fine. */
void desks_free(struct desks *all);

#endif
