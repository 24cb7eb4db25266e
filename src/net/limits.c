#include "net/limits.h"

enum { HEAD_MAX = 65536 };

#define LIMIT(field, value, unit, answer, meaning)                             \
  {#field, unit, answer, meaning, value},
static const struct net_limit_info table[] = {
#include "net/limits.def"
};
#undef LIMIT

struct net_limits net_limits_default(void) {
#define LIMIT(field, value, unit, answer, meaning) .field = (value),
  return (struct net_limits){
#include "net/limits.def"
  };
#undef LIMIT
}

enum bt_err net_limits_check(const struct net_limits *limits) {
#define LIMIT(field, value, unit, answer, meaning)                             \
  if (limits->field <= 0) {                                                    \
    return BT_ERR_RANGE;                                                       \
  }
#include "net/limits.def"
#undef LIMIT
  if (limits->request_line_bytes > HEAD_MAX ||
      limits->header_bytes > HEAD_MAX - limits->request_line_bytes) {
    return BT_ERR_RANGE;
  }
  return BT_ERR_OK;
}

const struct net_limit_info *net_limits_table(size_t *count) {
  *count = sizeof table / sizeof table[0];
  return table;
}
