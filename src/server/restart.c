#include "server/restart.h"

#include <stdio.h>

enum { DELAY_MAX_S = 60 };

int64_t restart_delay_s(uint32_t in_row) {
  int64_t s = 1;
  while (in_row-- > 0 && s < DELAY_MAX_S) {
    s *= 2;
  }
  return s < DELAY_MAX_S ? s : DELAY_MAX_S;
}

struct restart restart_next(const struct restart *last, int64_t served_s) {
  struct restart next = *last;
  next.total += next.total < UINT32_MAX;
  next.in_row = served_s >= RESTART_CALM_S ? 1 : last->in_row + 1;
  return next;
}

void restart_write(const struct restart *r, char out[RESTART_TEXT]) {
  (void)snprintf(out, RESTART_TEXT, "%u:%u:%u", r->total, r->in_row, r->port);
}

/* Digits up to a colon, or to the end if it is the @last. */
static bool take(struct text *t, int64_t max, bool last, int64_t *out) {
  const size_t colon = text_find(*t, TEXT(":"), 0);
  const struct text digits = text_sub(*t, 0, colon);
  if (last != (colon == t->len) || !text_to_i64(digits, out) || *out < 0 ||
      *out > max) {
    return false;
  }
  *t = text_sub(*t, last ? t->len : colon + 1, t->len);
  return true;
}

bool restart_read(struct text t, struct restart *out) {
  int64_t total, in_row, port;
  if (!take(&t, UINT32_MAX, false, &total) ||
      !take(&t, UINT32_MAX - 1, false, &in_row) ||
      !take(&t, UINT16_MAX, true, &port)) {
    return false;
  }
  *out = (struct restart){.total = (uint32_t)total,
                          .in_row = (uint32_t)in_row,
                          .port = (uint16_t)port};
  return true;
}
