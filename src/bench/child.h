/* child.h - a server of our own: `baton serve` as a process of its own. */
#ifndef BATON_BENCH_CHILD_H
#define BATON_BENCH_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "bench/bench.h"

struct child {
  pid_t process;
  int out;       /* its standard output */
  uint16_t port; /* on 127.0.0.1 */
  const char *dir;
};

/* Starts @program on @dir/centre.yaml with its data in @dir/data and its errors
 * in @dir/server.log, and waits until it has said where it listens. @dir is
 * borrowed. BT_ERR_IO: it did not start; the sentence says what it said. */
enum bt_err child_start(struct bench *b, const char *program, const char *dir,
                        struct child *out) BT_USE_RESULT;
/* Asks it to end in order and waits. BT_ERR_IO: it did not, or badly. */
enum bt_err child_stop(struct bench *b, struct child *child) BT_USE_RESULT;

#endif
