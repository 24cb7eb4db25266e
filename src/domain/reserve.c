#include "domain/reserve.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* What is free: blocks by address, so that neighbours become one again. */
struct gap {
  size_t size;
  struct gap *next;
};

enum { STEP = 32 }; /* a gap fits in, and any type lies well */

static struct {
  pthread_mutex_t lock;
  char *begin, *end;
  struct gap *first;
} reserve = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t in_steps(size_t size) {
  return (size + STEP - 1) & ~(size_t)(STEP - 1);
}

bool reserve_begin(size_t size) {
  if (reserve.begin != NULL) {
    return true;
  }
  void *block = mmap(NULL, in_steps(size), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) {
    return false;
  }
  reserve.first = block;
  *reserve.first = (struct gap){.size = in_steps(size)};
  reserve.end = (char *)block + in_steps(size);
  reserve.begin = block;
  return true;
}

bool reserve_has(const void *block) {
  const uintptr_t at = (uintptr_t)block;
  return at >= (uintptr_t)reserve.begin && at < (uintptr_t)reserve.end;
}

/* The rest of a gap stays one, at its end's place in the list. */
static void *cut(struct gap **at, size_t size) {
  struct gap *gap = *at;
  if (gap->size == size) {
    *at = gap->next;
    return gap;
  }
  gap->size -= size;
  return (char *)gap + gap->size;
}

void *reserve_take(size_t size) {
  void *block = NULL;
  if (size == 0 || size > SIZE_MAX - STEP) {
    return NULL;
  }
  (void)pthread_mutex_lock(&reserve.lock);
  struct gap **at = &reserve.first;
  while (*at != NULL && (*at)->size < in_steps(size)) {
    at = &(*at)->next;
  }
  if (*at != NULL) {
    block = cut(at, in_steps(size));
  }
  (void)pthread_mutex_unlock(&reserve.lock);
  return block;
}

static void join(struct gap *gap) {
  if (gap->next != NULL && (char *)gap + gap->size == (char *)gap->next) {
    gap->size += gap->next->size;
    gap->next = gap->next->next;
  }
}

void reserve_give(void *block, size_t size) {
  struct gap *gap = block, *before = NULL;
  (void)pthread_mutex_lock(&reserve.lock);
  struct gap *after = reserve.first;
  while (after != NULL && (char *)after < (char *)block) {
    before = after;
    after = after->next;
  }
  memset(block, 0, size);
  *gap = (struct gap){.size = in_steps(size), .next = after};
  join(gap);
  if (before == NULL) {
    reserve.first = gap;
  } else {
    before->next = gap;
    join(before);
  }
  (void)pthread_mutex_unlock(&reserve.lock);
}

size_t reserve_left(void) {
  size_t left = 0;
  (void)pthread_mutex_lock(&reserve.lock);
  for (const struct gap *gap = reserve.first; gap != NULL; gap = gap->next) {
    left += gap->size;
  }
  (void)pthread_mutex_unlock(&reserve.lock);
  return left;
}
