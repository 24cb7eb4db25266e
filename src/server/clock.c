#include "server/clock.h"

#include <time.h>

#include "net/loop.h"

enum { US_PER_S = 1000000, NS_PER_US = 1000 };

static int64_t since_boot_us(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_BOOTTIME, &t); /* cannot fail on Linux */
  return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / NS_PER_US;
}

void clock_start(struct clock *c, int64_t floor_us) {
  const int64_t unix_us = loop_unix_us();
  c->offset_us = (unix_us > floor_us ? unix_us : floor_us) - since_boot_us();
}

int64_t clock_now_us(const struct clock *c) {
  return since_boot_us() + c->offset_us;
}
