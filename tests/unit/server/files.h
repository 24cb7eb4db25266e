/* files.h - a directory of a test's own, and files in it. */
#ifndef BATON_TESTS_SERVER_FILES_H
#define BATON_TESTS_SERVER_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_PATH = 512 };

struct files {
  char dir[FILES_PATH];
};

static inline void files_begin(struct files *f) {
  const char *base = getenv("TMPDIR");
  (void)snprintf(f->dir, sizeof f->dir, "%s/baton_server.XXXXXX",
                 base == NULL ? P_tmpdir : base);
  assert_non_null(mkdtemp(f->dir));
}

/* Static storage, good until the next call. */
static inline const char *files_path(const struct files *f, const char *name) {
  static char path[FILES_PATH + 300];
  (void)snprintf(path, sizeof path, "%s/%s", f->dir, name);
  return path;
}

static inline const char *files_write(const struct files *f, const char *name,
                                      const char *content) {
  FILE *file = fopen(files_path(f, name), "wb");
  assert_non_null(file);
  assert_true(fputs(content, file) >= 0);
  assert_int_equal(fclose(file), 0);
  return files_path(f, name);
}

static inline void files_remove(const char *dir) {
  DIR *d = opendir(dir);
  const struct dirent *entry;
  while (d != NULL && (entry = readdir(d)) != NULL) {
    char path[2 * FILES_PATH];
    const int len = snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
    assert_in_range(len, 1, sizeof path - 1);
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
      continue;
    }
    if (unlink(path) != 0) {
      files_remove(path);
    }
  }
  if (d != NULL) {
    (void)closedir(d);
  }
  (void)rmdir(dir);
}

static inline void files_end(struct files *f) {
  files_remove(f->dir);
}

#endif
