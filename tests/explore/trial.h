/* trial.h - something that may end in a failed check, in a process of its own.
 */
#ifndef BATON_TESTS_TRIAL_H
#define BATON_TESTS_TRIAL_H

#include <sys/types.h>

enum {
  TRIAL_BROKEN = 256, /* a check or a law ended it */
  TRIAL_TOO_LONG      /* its time did */
};

/* Starts @run, which answers at most 100. What it prints is not seen. */
pid_t trial_start(int (*run)(const void *ctx), const void *ctx,
                  unsigned seconds_most);
/* Waits for one that was started. Answers what it did, TRIAL_BROKEN or
 * TRIAL_TOO_LONG. */
int trial_wait(pid_t *which);

#endif
