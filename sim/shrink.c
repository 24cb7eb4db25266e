/* shrink.c - a failure with as little around it as it takes. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "sim.h"

#define LATER_US                                                               \
  INT64_C(600000000) /* without its neighbours it may come late */

struct shrinking {
  struct sim_options options;
  enum sim_check check;
  uint32_t units;
  time_t end;
  struct sim_result found; /* the last that failed in the same way */
};

static bool still_fails(struct shrinking *s, const bool *left_out) {
  struct sim_result r;
  s->options.left_out = left_out;
  sim_play(&s->options, &r);
  if (r.broken[0] == '\0' || r.check != s->check) {
    return false;
  }
  s->found = r;
  s->options.until_us = r.broken_us + LATER_US;
  return true;
}

/* Leaves out units @from … @from + @count, if it fails without them too. */
static void try_without(struct shrinking *s, bool *left_out, bool *trial,
                        uint32_t from, uint32_t count) {
  bool any = false;
  memcpy(trial, left_out, s->units * sizeof *trial);
  for (uint32_t i = from; i < from + count && i < s->units; i++) {
    any = any || !trial[i];
    trial[i] = true;
  }
  if (any && time(NULL) < s->end && still_fails(s, trial)) {
    memcpy(left_out, trial, s->units * sizeof *trial);
  }
}

uint32_t sim_shrink(const struct sim_options *options,
                    const struct sim_result *found, int64_t seconds,
                    bool *left_out, struct sim_result *out) {
  struct shrinking s = {.options = *options,
                        .check = found->check,
                        .units = found->units,
                        .end = time(NULL) + (time_t)seconds,
                        .found = *found};
  bool *trial = calloc(found->units + 1, sizeof *trial);
  bt_check(trial != NULL);
  memset(left_out, 0, found->units * sizeof *left_out);
  s.options.until_us = found->broken_us + LATER_US;
  for (uint32_t size = (found->units + 1) / 2; size > 0; size /= 2) {
    for (uint32_t from = 0; from < found->units; from += size) {
      try_without(&s, left_out, trial, from, size);
    }
  }
  free(trial);
  uint32_t left = 0;
  for (uint32_t i = 0; i < found->units; i++) {
    left += !left_out[i];
  }
  *out = s.found;
  return left;
}
