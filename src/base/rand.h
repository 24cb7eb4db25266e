/* rand.h - reproducible pseudo-random numbers (xoshiro256**). Not for secrets.
 */
#ifndef BATON_BASE_RAND_H
#define BATON_BASE_RAND_H

#include <stdint.h>

struct rand {
  uint64_t s[4];
};

void rand_seed(struct rand *r, uint64_t seed);
uint64_t rand_u64(struct rand *r);
uint64_t rand_below(struct rand *r,
                    uint64_t bound); /* 0 … bound-1; bound > 0 */
double rand_unit(struct rand *r);    /* [0, 1) */

#endif
