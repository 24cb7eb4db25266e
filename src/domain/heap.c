/* The C library's allocator, but for large blocks: those are mapped, so that
 * they lie on huge pages. Large arrays are read at random: with pages of 4 KiB,
 * every other read would first look for the page.
 *
 * A page is huge only where the whole of it is advised before anything in it is
 * touched. So blocks begin at a page's beginning, also when they have grown,
 * and the C library's own heap is advised as it grows. The system may refuse;
 * nothing depends on it.
 *
 * When there is no more, what is asked for comes out of the reserve, if there
 * is one. */
#include "domain/heap.h"

#include "domain/reserve.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  HUGE_PAGE = 2 << 20,
  /* By so much the C library's heap grows at a time, and so much it keeps. */
  HEAP_STEP = 16 << 20,
  RESERVE = 16 << 20,
  PROBE = 256 << 10 /* there is memory again if so much is to be had */
};

static struct {
  bool mapped;             /* set before there is a second thread */
  _Atomic(char *) advised; /* the end of the heap, when it was advised */
  atomic_bool is_short;    /* something came out of the reserve */
} heap;

/* Sanitizers see every block of malloc(), and nothing of a mapping. */
#if defined(__SANITIZE_ADDRESS__)
#define HEAP_IS_WATCHED true
#elif defined(__has_feature)
#define HEAP_IS_WATCHED __has_feature(address_sanitizer)
#else
#define HEAP_IS_WATCHED false
#endif

void heap_use_huge_pages(void) {
  if (!HEAP_IS_WATCHED) {
    heap.mapped = true;
    /* What we do not map ourselves lies in the heap. */
    (void)mallopt(M_MMAP_THRESHOLD, HUGE_PAGE);
    (void)mallopt(M_TOP_PAD, HEAP_STEP);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * HEAP_STEP);
  }
}

/* ---- mapped blocks */

static bool is_large(size_t size) {
  return heap.mapped && size >= HUGE_PAGE;
}

/* 0: it is larger than all memory. */
static size_t in_pages(size_t size) {
  return size > SIZE_MAX - HUGE_PAGE
             ? 0
             : (size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
}

/* Addresses of whole huge pages, with nothing behind them; NULL. */
static char *reserve(size_t size) {
  const size_t room = size + HUGE_PAGE;
  char *at = size == 0 || room < size
                 ? MAP_FAILED
                 : mmap(NULL, room, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) {
    return NULL;
  }
  const size_t before = -(uintptr_t)at & (HUGE_PAGE - 1);
  if (before > 0) {
    (void)munmap(at, before);
  }
  (void)munmap(at + before + size, HUGE_PAGE - before);
  return at + before;
}

static void *map(size_t size) {
  const size_t pages = in_pages(size);
  char *block = reserve(pages);
  if (block != NULL && mprotect(block, pages, PROT_READ | PROT_WRITE) != 0) {
    (void)munmap(block, pages);
    return NULL;
  }
  if (block != NULL) {
    (void)madvise(block, pages, MADV_HUGEPAGE);
  }
  return block;
}

/* The pages go to where there is room for more behind them. */
static void *remap(void *old, size_t old_size, size_t new_size) {
  const size_t before = in_pages(old_size), after = in_pages(new_size);
  if (before == after) {
    return old;
  }
  if (after < before) {
    (void)munmap((char *)old + after, before - after);
    return old;
  }
  char *block = reserve(after);
  if (block == NULL) {
    return NULL;
  }
  if (mremap(old, before, after, MREMAP_MAYMOVE | MREMAP_FIXED, block) ==
      MAP_FAILED) {
    (void)munmap(block, after);
    return NULL;
  }
  return block;
}

/* ---- the C library's */

/* What it has taken since the last time is advised, too: most of it has not
 * been touched. Blocks of other threads lie elsewhere. */
static void advise(char *block, size_t size) {
  enum { PAGE = 4096 };
  char *end = sbrk(0);
  char *from = atomic_load_explicit(&heap.advised, memory_order_relaxed);
  if (!heap.mapped || block >= end || (block + size <= from && from <= end)) {
    return;
  }
  if (atomic_compare_exchange_strong(&heap.advised, &from, end)) {
    const bool begins = from == NULL || from > end; /* or it had shrunk */
    char *first = begins ? block - ((uintptr_t)block & (PAGE - 1)) : from;
    (void)madvise(first, (size_t)(end - first), MADV_HUGEPAGE);
  }
}

static void *take(void *old, size_t size) {
  char *block = realloc(old, size);
  if (block != NULL) {
    advise(block, size);
  }
  return block;
}

/* ---- both */

static void give(void *old, size_t size) {
  if (reserve_has(old)) {
    reserve_give(old, size);
  } else if (is_large(size)) {
    (void)munmap(old, in_pages(size));
  } else {
    free(old);
  }
}

/* From one kind to the other. */
static void *change_kind(void *old, size_t old_size, size_t new_size) {
  void *block = is_large(new_size) ? map(new_size) : take(NULL, new_size);
  if (block != NULL && old != NULL) {
    memcpy(block, old, old_size < new_size ? old_size : new_size);
    give(old, old_size);
  }
  return block;
}

static void *resize_there(void *old, size_t old_size, size_t new_size) {
  const bool was = old != NULL && is_large(old_size);
  if (was != is_large(new_size)) {
    return change_kind(old, old_size, new_size);
  }
  return was ? remap(old, old_size, new_size) : take(old, new_size);
}

/* ---- the reserve */

bool heap_keep_reserve(void) {
  return reserve_begin(RESERVE);
}

bool heap_is_short(void) {
  if (!atomic_load_explicit(&heap.is_short, memory_order_relaxed)) {
    return false;
  }
  void *probe = malloc(PROBE);
  free(probe);
  atomic_store(&heap.is_short, probe == NULL);
  return probe == NULL;
}

static void *take_reserve(void *old, size_t old_size, size_t new_size) {
  void *block = reserve_take(new_size);
  if (block != NULL) {
    atomic_store(&heap.is_short, true);
    if (old != NULL) {
      memcpy(block, old, old_size < new_size ? old_size : new_size);
      give(old, old_size);
    }
  }
  return block;
}

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size) {
  (void)ctx;
  if (new_size == 0) {
    if (old != NULL) {
      give(old, old_size);
    }
    return NULL;
  }
  void *block = old != NULL && reserve_has(old)
                    ? change_kind(old, old_size, new_size)
                    : resize_there(old, old_size, new_size);
  return block != NULL ? block : take_reserve(old, old_size, new_size);
}

/* ---- as the C library gives it: the size stands before the block */

enum { BEFORE = 32 };

static void *take_sized(size_t size) {
  char *block = size > SIZE_MAX - BEFORE ? NULL : reserve_take(size + BEFORE);
  if (block == NULL) {
    return NULL;
  }
  atomic_store(&heap.is_short, true);
  memcpy(block, &size, sizeof size);
  return block + BEFORE;
}

static size_t size_of(void *block) {
  size_t size;
  if (!reserve_has(block)) {
    return malloc_usable_size(block);
  }
  memcpy(&size, (char *)block - BEFORE, sizeof size);
  return size;
}

void *heap_c_malloc(size_t size) {
  void *block = malloc(size);
  return block != NULL ? block : take_sized(size);
}

void *heap_c_calloc(size_t count, size_t size) {
  void *block = calloc(count, size);
  if (block == NULL && (size == 0 || count <= SIZE_MAX / size)) {
    block = take_sized(count * size);
    if (block != NULL) {
      memset(block, 0, count * size);
    }
  }
  return block;
}

void heap_c_free(void *old) {
  if (old != NULL && reserve_has(old)) {
    reserve_give((char *)old - BEFORE, size_of(old) + BEFORE);
  } else {
    free(old);
  }
}

void *heap_c_realloc(void *old, size_t size) {
  void *block = old == NULL || !reserve_has(old) ? realloc(old, size) : NULL;
  if (block != NULL || size == 0) {
    return block;
  }
  block = heap_c_malloc(size);
  if (block != NULL && old != NULL) {
    const size_t before = size_of(old);
    memcpy(block, old, before < size ? before : size);
    heap_c_free(old);
  }
  return block;
}

const struct mem *heap_mem(void) {
  static const struct mem mem = {.resize = resize};
  return &mem;
}
