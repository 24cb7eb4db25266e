/* clock.h - the time of day as the engine wants it: it never steps.
 *
 * Taken from the system once, then it goes with the time since boot (sleep
 * included): when an operator sets the clock an hour back, no timer is an hour
 * late, and when forward, none is early. The price is to be off until the next
 * start.
 */
#ifndef BATON_SERVER_CLOCK_H
#define BATON_SERVER_CLOCK_H

#include <stdint.h>

struct clock {
  int64_t offset_us; /* of the time of day to the time since boot */
};

/* Not before @floor_us, the time of the last event in the journal: the system's
 * clock may have been set back since. */
void clock_start(struct clock *c, int64_t floor_us);
/* Microseconds since 1970. */
int64_t clock_now_us(const struct clock *c);

#endif
