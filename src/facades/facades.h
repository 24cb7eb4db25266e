/* facades.h - programs that were written for other platforms, at our door.
 *
 * A facade speaks one foreign protocol as its server, in a folder of its own,
 * and knows nothing about sessions: what its peers ask becomes commands, what
 * happens to a session becomes what the peers understand (shared/visits.h).
 * docs/facades.md.
 */
#ifndef BATON_FACADES_FACADES_H
#define BATON_FACADES_FACADES_H

#include "api/api.h"
#include "facades/settings.h"
#include "net/outbound.h"

struct bots;
struct facades;

struct facades_options {
  struct api *api; /* borrowed, as is the loop */
  struct loop *loop;
  struct bots *bots;                  /* borrowed */
  const struct facade_settings *list; /* copied */
  size_t count;
  const struct outbound_rules *rules; /* of webhooks; copied */
};

/* Opens a door of the api for each. The domain has recovered: customers who
 * came in before a restart are known again. BT_ERR_NOMEM. */
enum bt_err facades_create(const struct facades_options *options,
                           struct facades **out) BT_USE_RESULT;
/* After the server was freed and before the api is; NULL is fine. */
void facades_free(struct facades *f);

#endif
