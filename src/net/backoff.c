#include "net/backoff.h"

int64_t backoff_next_ms(struct backoff *b, struct rand *chance) {
  int64_t whole = b->first_ms;
  for (unsigned i = 0; i < b->failures && whole < b->most_ms; i++) {
    whole *= 2;
  }
  whole = whole < b->most_ms ? whole : b->most_ms;
  b->failures++;
  return whole - (int64_t)rand_below(chance, (uint64_t)(whole / 2) + 1);
}

void backoff_reset(struct backoff *b) {
  b->failures = 0;
}
