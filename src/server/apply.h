/* apply.h - brings a checked configuration into the domain, as commands.
 *
 * What stands there already makes no event, so a restart or a reload without a
 * change writes nothing. Nothing is removed: sessions may still refer to it.
 */
#ifndef BATON_SERVER_APPLY_H
#define BATON_SERVER_APPLY_H

#include "domain/domain.h"
#include "server/clock.h"
#include "server/config.h"
#include "server/log.h"

struct apply;

struct apply_options {
  struct domain *domain; /* borrowed, like all that follows */
  const struct clock *clock;
  const struct log *log; /* what is refused, and what is left over, goes here */
};

/* Submits as much as the domain takes at once; domain_release() does the rest.
 * The configuration must stay until it is done. BT_ERR_NOMEM. */
enum bt_err apply_start(const struct mem *mem,
                        const struct apply_options *options,
                        const struct server_config *config,
                        struct apply **out) BT_USE_RESULT;
bool apply_is_done(const struct apply *a);
/* Objects that the engine refused; each was logged. */
size_t apply_refused(const struct apply *a);
/* When it is done, or the domain is closed. NULL is fine. */
void apply_free(struct apply *a);

#endif
