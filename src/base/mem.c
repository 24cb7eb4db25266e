#include "base/mem.h"

#include <stdint.h>
#include <string.h>

#include "base/check.h"

/* Small arrays would otherwise grow one element at a time. */
enum { GROW_AT_LEAST = 4 };

void *mem_new(const struct mem *mem, size_t size) {
  bt_check(size != 0);
  void *fresh = mem->resize(mem->ctx, NULL, 0, size);
  if (fresh != NULL) {
    memset(fresh, 0, size);
  }
  return fresh;
}

void mem_free(const struct mem *mem, void *ptr, size_t size) {
  if (ptr != NULL) {
    (void)mem->resize(mem->ctx, ptr, size, 0);
  }
}

void mem_free_const(const struct mem *mem, const void *ptr, size_t size) {
  void *own;
  memcpy(&own, &ptr, sizeof own);
  mem_free(mem, own, size);
}

static size_t grown_cap(size_t cap, size_t want) {
  const size_t more = cap / 2 + GROW_AT_LEAST;
  const size_t next = cap > SIZE_MAX - more ? SIZE_MAX : cap + more;
  return next > want ? next : want;
}

bool mem_grow(const struct mem *mem, void *ptr_to_ptr, size_t *cap, size_t want,
              size_t size) {
  bt_check(size != 0);
  if (want <= *cap) {
    return true;
  }
  const size_t next = grown_cap(*cap, want);
  if (next > SIZE_MAX / size) {
    return false;
  }
  /* The array has some type T *; only memcpy may look at it as void *. */
  char *array;
  memcpy(&array, ptr_to_ptr, sizeof array);
  array = mem->resize(mem->ctx, array, *cap * size, next * size);
  if (array == NULL) {
    return false;
  }
  memset(array + *cap * size, 0, (next - *cap) * size);
  memcpy(ptr_to_ptr, &array, sizeof array);
  *cap = next;
  return true;
}
