/* guesses.h - how often somebody has guessed a password wrong, in memory.
 *
 * Counted for each pair of login and address, so that nobody can lock a login
 * out from elsewhere, and for logins that nobody has as well, so that the count
 * does not tell which there are. A table of fixed size, found by a keyed hash;
 * who has to wait least makes room for others.
 */
#ifndef BATON_API_GUESSES_H
#define BATON_API_GUESSES_H

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum {
  GUESS_KEY = 16,
  GUESS_PLACES = 16384,
  GUESS_FREE = 4, /* in a row, before the next one has to wait */
  GUESS_LONGEST_S = 300
};

/* Who guesses: a login from an address, in one hash. */
struct guess {
  uint64_t who, address;
};

struct guesses {
  const struct mem *mem;
  struct guess_place *places;
  uint8_t key[GUESS_KEY];
};

/* @key is random. BT_ERR_NOMEM. */
enum bt_err guesses_init(struct guesses *g, const struct mem *mem,
                         const uint8_t key[GUESS_KEY]) BT_USE_RESULT;
void guesses_free(struct guesses *g);

/* @address as text; of an IPv6 address its first 64 bits count, for whoever has
 * one has all of those. */
struct guess guess_of(const struct guesses *g, struct text login,
                      struct text address);
/* One more guess, counted before it is looked at, so that many at the same time
 * are many. 0: it may be. Else the microseconds until it may; then it is not
 * counted. From the fifth in a row on the next one waits: a second, two, four …
 * five minutes. */
int64_t guesses_take(struct guesses *g, const struct guess *who,
                     int64_t now_us);
/* It was wrong: the pause begins now. */
void guesses_wrong(struct guesses *g, const struct guess *who, int64_t now_us);
/* It was right: nothing is held against @who. */
void guesses_forgive(struct guesses *g, const struct guess *who);

#endif
