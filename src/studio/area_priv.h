/* area_priv.h - the first memory of a run: one block, from which its small
 * parts are taken without asking for each of them.
 *
 * Most runs need a few hundred bytes between two sleeps, in a dozen pieces, and
 * are gone at the end of the step: asking for the pieces one by one took as
 * long as running. What does not fit comes from the memory outside.
 */
#ifndef BATON_STUDIO_AREA_PRIV_H
#define BATON_STUDIO_AREA_PRIV_H

#include <stdbool.h>

#include "base/mem.h"

/* A sanitizer sees what is wrong with a piece only if each is asked for. */
#if defined(__SANITIZE_ADDRESS__)
#define AREA_NONE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AREA_NONE 1
#endif
#endif

#ifdef AREA_NONE
enum { AREA_BYTES = 0 };
#else
enum { AREA_BYTES = 680 };
#endif

struct area {
  struct mem mem;          /* for the parts of the run; its ctx is the area */
  const struct mem *outer; /* borrowed */
  char *begin, *at, *end;  /* of the block, which is the caller's */
  bool overflowed;         /* something was ever taken from outside */
};

/* The area stays where it is; @block is aligned to 8 bytes, and so
 * are its pieces. */
void area_init(struct area *a, const struct mem *outer, char *block,
               size_t size);

#endif
