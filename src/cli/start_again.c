#include "cli/start_again.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

enum { STDERR_AND_BELOW = 3 };

bool start_again_read(struct restart *out) {
  const char *told = getenv(RESTART_VARIABLE);
  *out = (struct restart){0};
  if (told == NULL) {
    return true;
  }
  if (!restart_read(text_from(told), out)) {
    cli_error("%s is '%s', which no server has told another: it is not for "
              "people. Start without it.",
              RESTART_VARIABLE, told);
    return false;
  }
  /* Not "exe", by which it was executed. */
  (void)prctl(PR_SET_NAME, "baton");
  return true;
}

char **start_again_words(int argc, char **argv) {
  char **words = calloc((size_t)argc + 2, sizeof *words);
  if (words != NULL) {
    static char program[] = "baton";
    words[0] = program;
    memcpy(words + 1, argv, (size_t)argc * sizeof *words);
  }
  return words;
}

void start_again_wait(int64_t seconds) {
  struct timespec left = {.tv_sec = seconds};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

int start_again(char **words, const struct restart *next) {
  char told[RESTART_TEXT];
  restart_write(next, told);
  (void)fflush(stdout);
  /* Whatever a library left open: a socket that lives on, and that nobody
   * reads, would look to its peer as if we did. */
  (void)close_range(STDERR_AND_BELOW, ~0U, CLOSE_RANGE_CLOEXEC);
  if (setenv(RESTART_VARIABLE, told, 1) == 0) {
    (void)execv("/proc/self/exe", words);
  }
  cli_error("cannot start again: %s. Start it by hand; everything that was "
            "answered is in the journal.",
            strerror(errno));
  return CLI_FAILED;
}
