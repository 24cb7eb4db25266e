/* breaker.h - leaves alone for a while who has failed several times. Pure.
 *
 * closed (asked) ── failures in a row ──▶ open (left alone) ── time ──▶ one is
 * let through: if that one is answered, closed again; if not, open once more.
 */
#ifndef BATON_NET_BREAKER_H
#define BATON_NET_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct breaker {
  unsigned failures_max; /* in a row, before it opens; 0: never */
  int64_t open_us;       /* how long it stays open */
  unsigned failures;
  int64_t open_until_us;
  bool is_open, is_trying;
};

/* May somebody be sent now? Who is let through reports with breaker_note(). */
bool breaker_allows(struct breaker *b, int64_t now_us);
void breaker_note(struct breaker *b, bool answered, int64_t now_us);
/* Whoever was let through reports nothing: it was called back. */
void breaker_forget(struct breaker *b);

#endif
