#include "support.h"

#include <stdlib.h>

static void *test_resize(void *ctx, void *old, size_t old_size,
                         size_t new_size) {
  struct test_mem *tm = ctx;
  if (new_size == 0) {
    tm->live_bytes -= old_size;
    tm->live_blocks -= old != NULL;
    free(old);
    return NULL;
  }
  tm->calls++;
  if (tm->fail_at != 0 && (tm->calls == tm->fail_at ||
                           (tm->fail_for_ever && tm->calls > tm->fail_at))) {
    return NULL;
  }
  void *fresh = realloc(old, new_size);
  if (fresh != NULL) {
    tm->live_bytes += new_size - old_size;
    tm->live_blocks += old == NULL;
  }
  return fresh;
}

void test_mem_init(struct test_mem *tm) {
  *tm = (struct test_mem){.mem = {.resize = test_resize, .ctx = tm}};
}

#ifdef __has_feature
#define SANITIZED                                                              \
  (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

uint64_t test_steps(uint64_t steps) {
  return SANITIZED ? steps / 10 : steps;
}
