/* outside.h - what scripts ask of other hosts. */
#ifndef BATON_SERVER_OUTSIDE_H
#define BATON_SERVER_OUTSIDE_H

#include "api/shell.h"
#include "net/outbound.h"
#include "server/log.h"

struct outside;

/* Carries out the calls of @api's scripts by the rules, which are copied. The
 * api, the loop and the log are borrowed. BT_ERR_NOMEM. */
enum bt_err outside_create(struct api *api, struct loop *loop,
                           const struct outbound_rules *rules,
                           const struct log *log,
                           struct outside **out) BT_USE_RESULT;
/* For calls from now on. BT_ERR_NOMEM: the old ones stand. */
enum bt_err outside_set_rules(struct outside *o,
                              const struct outbound_rules *rules) BT_USE_RESULT;
/* Before the api. NULL is fine. */
void outside_free(struct outside *o);

#endif
