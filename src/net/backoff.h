/* backoff.h - how long to wait before trying again. Pure.
 *
 * Each failure doubles the wait, up to a limit; half of it is left to chance,
 * so that those who failed together do not come back together.
 */
#ifndef BATON_NET_BACKOFF_H
#define BATON_NET_BACKOFF_H

#include <stdint.h>

#include "base/rand.h"

struct backoff {
  int64_t first_ms, most_ms;
  unsigned failures; /* in a row */
};

/* The wait after one more failure: within the upper half of
 * first_ms × 2^failures, at most most_ms. */
int64_t backoff_next_ms(struct backoff *b, struct rand *chance);
void backoff_reset(struct backoff *b);

#endif
