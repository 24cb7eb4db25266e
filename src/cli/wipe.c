/* What people said passes through many hands: our own buffers, SQLite's pages
 * and rows, OpenSSL's, libuv's. A free block keeps its bytes until somebody
 * else happens to need it, which may be never; so a person who was erased would
 * stay readable in the memory of a process that runs for months, and in a core
 * file. The C library's free() and realloc() are replaced in this program
 * alone: the libraries that it loads find them here, too.
 *
 * Blocks as large as a huge page are mapped by themselves (domain/heap.h), and
 * go back to the system, which clears them. Sanitizers have an allocator of
 * their own, which keeps what was freed to watch it.
 */
#include "cli/wipe.h"

#include <stdbool.h>

static bool wiping; /* set while there is one thread */

void wipe_freed(void) {
  wiping = true;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(SANITIZED)

#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { MAPPED = 2 << 20 };

/* The function behind ours. ISO C has no cast for it. */
static void find(const char *name, void *function) {
  void *at = dlsym(RTLD_NEXT, name);
  memcpy(function, &at, sizeof at);
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C
 * library's own names are reserved for it. */
void free(void *block) {
  typedef void fn(void *);
  static fn *real;
  if (block == NULL) {
    return;
  }
  if (real == NULL) {
    find("free", &real);
  }
  const size_t size = wiping ? malloc_usable_size(block) : MAPPED;
  if (size < MAPPED) {
    explicit_bzero(block, size);
  }
  real(block);
}

/* The C library would leave the old place as it is. */
static void *move(void *old, size_t had, size_t size) {
  void *block = malloc(size);
  if (block != NULL) {
    memcpy(block, old, had < size ? had : size);
    free(old);
  }
  return block;
}

void *realloc(void *old, size_t size) {
  typedef void *fn(void *, size_t);
  static fn *real;
  if (old == NULL) {
    return malloc(size);
  }
  const size_t had = wiping ? malloc_usable_size(old) : MAPPED;
  if (had < MAPPED) {
    /* Half of it unused is not worth a move. */
    return size <= had && size >= had / 2 ? old : move(old, had, size);
  }
  if (real == NULL) {
    find("realloc", &real);
  }
  return real(old, size);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

#endif
