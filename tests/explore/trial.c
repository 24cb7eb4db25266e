/* trial.c - a child that is silent, leaves no core, and may take so long. */
#include "trial.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

enum { ANSWERED = 100 }; /* above what a failure answers */

pid_t trial_start(int (*run)(const void *ctx), const void *ctx,
                  unsigned seconds_most) {
  (void)fflush(stdout); /* children inherit no half line */
  const pid_t pid = fork();
  bt_check(pid >= 0);
  if (pid != 0) {
    return pid;
  }
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  (void)dup2(nowhere, STDOUT_FILENO);
  (void)dup2(nowhere, STDERR_FILENO);
  (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  (void)alarm(seconds_most);
  _exit(ANSWERED + run(ctx));
}

int trial_wait(pid_t *which) {
  int status;
  *which = wait(&status);
  bt_check(*which > 0);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
    return TRIAL_TOO_LONG;
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  return code >= ANSWERED ? code - ANSWERED : TRIAL_BROKEN;
}
