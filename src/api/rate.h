/* rate.h - how much one party may ask of the server a second.
 *
 * Each party has a moment up to which its requests are paid for (the generic
 * cell rate algorithm, ITU-T I.371): a request moves it on by 1/rate, and is
 * refused while it lies more than RATE_BURST_S ahead. Eight bytes a party, in a
 * table of fixed size that is found by hash. Two parties in one place, which is
 * rare, share one allowance: so customers, bots, people, and what is no party
 * (addresses, entry points, the centre) have a table each, and the hash has a
 * key, or a customer could look for an agent's place.
 */
#ifndef BATON_API_RATE_H
#define BATON_API_RATE_H

#include "api/api.h"
#include "engine/command.h"

enum { RATE_BURST_S = 5, RATE_PLACES = 16384, RATE_TABLES = 4 };

struct rates {
  const struct mem *mem;
  struct api_rates allowed;
  uint64_t key;
  /* RATE_TABLES of RATE_PLACES each; NULL: nobody is limited */
  int64_t *paid_until_us;
};

/* @key is random. BT_ERR_NOMEM. */
enum bt_err rates_init(struct rates *r, const struct mem *mem,
                       const struct api_rates *allowed,
                       uint64_t key) BT_USE_RESULT;
void rates_free(struct rates *r);

/* One more request or frame of @by. 0: it may. Else the microseconds until it
 * may; then nothing was taken. */
int64_t rates_take(struct rates *r, const struct caller *by, int64_t now_us);
/* The same of something that is asked for by many. */
struct rate_of {
  uint32_t per_s;   /* 0: without limit */
  uint64_t who;     /* a hash, different for each */
  const char *what; /* "Of this address", as a sentence begins */
};
bool rates_allow_many(struct rates *r, const struct rate_of *of, char why[160],
                      int64_t *retry_after_ms);
/* The same now, with the sentence for a refusal and when to come again. */
enum { RATE_SENTENCE = 160 };
bool rates_allow(struct rates *r, const struct caller *by,
                 char why[RATE_SENTENCE], int64_t *retry_after_ms);

#endif
