/* limits.h - how far a peer may go; the values stand in limits.def. */
#ifndef BATON_NET_LIMITS_H
#define BATON_NET_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define LIMIT(field, value, unit, answer, meaning) int64_t field;
struct net_limits {
#include "net/limits.def"
};
#undef LIMIT

struct net_limit_info {
  const char *name, *unit, *answer, *meaning;
  int64_t value; /* the default */
};

struct net_limits net_limits_default(void);
/* BT_ERR_RANGE if a value is not positive, or a message head of that size could
 * not be read in one piece (request_line_bytes + header_bytes above 64 KiB). */
enum bt_err net_limits_check(const struct net_limits *limits) BT_USE_RESULT;
/* The table, for documents and /metrics. Static storage. */
const struct net_limit_info *net_limits_table(size_t *count);

#endif
