/* tz_priv.h - the rule for all years to come, which ends a TZif file. */
#ifndef BATON_BASE_TZ_PRIV_H
#define BATON_BASE_TZ_PRIV_H

#include "base/tz.h"

/* The day of a year on which clocks change. */
struct tz_day {
  enum { TZ_DAY_JULIAN, TZ_DAY_COUNTED, TZ_DAY_WEEKDAY } kind;
  int month, week; /* of TZ_DAY_WEEKDAY; week 5 is the last */
  int day; /* 1 … 365 without leap days, 0 … 365, or 0 (Sunday) … 6 */
  int32_t time_s; /* of the clock that is still in use */
};

struct tz_rule {
  int32_t standard_s, summer_s; /* ahead of UTC */
  bool has_summer;
  struct tz_day begins, ends; /* of summer time */
};

/* False if it is no such rule. */
bool tz_rule_read(struct text t, struct tz_rule *out);
int32_t tz_rule_offset(const struct tz_rule *rule, int64_t unix_s);

#endif
