/* kept_file.h - a directory with the one file that a test is about. */
#ifndef BATON_TESTS_SUPPORT_KEPT_FILE_H
#define BATON_TESTS_SUPPORT_KEPT_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

/* A member of what such tests share. */
struct kept_file {
  struct test_mem memory;
  char dir[32], path[64];
};

static inline void kept_file_make(struct kept_file *f, const char *name) {
  test_mem_init(&f->memory);
  (void)snprintf(f->dir, sizeof f->dir, "kept.XXXXXX");
  assert_non_null(mkdtemp(f->dir));
  (void)snprintf(f->path, sizeof f->path, "%s/%s", f->dir, name);
}

/* Whoever wrote it has given back all memory and left nothing else. */
static inline void kept_file_remove(const struct kept_file *f) {
  assert_int_equal(f->memory.live_blocks, 0);
  (void)unlink(f->path);
  assert_int_equal(rmdir(f->dir), 0);
}

#endif
