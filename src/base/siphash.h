/* siphash.h - a hash whose collisions nobody can look for without its key.
 *
 * For maps whose keys strangers choose: with a hash that anybody can compute, a
 * caller could send thousands of keys that fall into one place, and each look
 * would cost as much as there are. SipHash-2-4 (Aumasson and Bernstein, 2012).
 * The key is drawn when a process starts: nothing may be stored or decided by
 * what this gives.
 */
#ifndef BATON_BASE_SIPHASH_H
#define BATON_BASE_SIPHASH_H

#include <stdint.h>

#include "base/text.h"

struct siphash_key {
  uint64_t k[2];
};

uint64_t siphash_text(const struct siphash_key *key, struct text t);

#endif
