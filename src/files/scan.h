/* scan.h - the hook for a virus scanner: a program, or a URL.
 *
 * A program gets the bytes on its standard input and says by its exit status
 * what it found, as ClamAV's do: 0 nothing, 1 something (its first line of
 * output names it), anything else that it could not look. A URL gets them as
 * the body of a POST and answers 2xx for nothing, 406 or 422 for something.
 *
 * Blocking: for worker threads.
 */
#ifndef BATON_FILES_SCAN_H
#define BATON_FILES_SCAN_H

#include <stdint.h>

#include "base/text.h"

enum scan_verdict { SCAN_CLEAN, SCAN_INFECTED, SCAN_UNAVAILABLE };
enum { SCAN_WORDS_MAX = 160 };

/* Neither: nothing is looked at, and all is clean. */
struct scan_settings {
  char *const *command; /* NULL-ended, the program first; or NULL */
  const char *url;      /* or NULL */
  int64_t timeout_ms;
};

/* @words: what was found, or why nobody looked; ends in NUL. */
enum scan_verdict scan_bytes(const struct scan_settings *settings,
                             struct text bytes, char words[SCAN_WORDS_MAX]);

#endif
