/* restart.h - when a journal has failed: how long until the server starts
 * again, and what the process that ends tells the one that takes its place.
 *
 * A sync that failed cannot be repeated: the kernel has dropped what it could
 * not write, and calls those pages clean. Only what the disk holds is known, so
 * the server reads that again, as databases do.
 */
#ifndef BATON_SERVER_RESTART_H
#define BATON_SERVER_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

/* In the environment of a server that has started itself. */
#define RESTART_VARIABLE "BATON_RESTARTED"

struct restart {
  uint32_t total;  /* times since somebody started it */
  uint32_t in_row; /* of those, without having served for a while between */
  uint16_t port;   /* on which it served; 0: not known */
};

enum { RESTART_TEXT = 40, RESTART_CALM_S = 300 };

/* How long the failed server refuses before it ends, and one whose start failed
 * waits before the next: 1 s, 2 s, 4 s … 60 s. */
int64_t restart_delay_s(uint32_t in_row);
/* What the next process is told by one that served for @served_s (0: it could
 * not start). */
struct restart restart_next(const struct restart *last, int64_t served_s);

/* "TOTAL:ROW:PORT". */
void restart_write(const struct restart *r, char out[RESTART_TEXT]);
/* False: it is no such text. */
bool restart_read(struct text t, struct restart *out) BT_USE_RESULT;

#endif
