#include "cli/check_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "domain/heap.h"

enum { DEPTH_MAX = 32 };

static void add(struct check_files *files, const char *path) {
  const bool room = mem_grow(heap_mem(), &files->paths, &files->cap,
                             files->count + 1, sizeof *files->paths);
  bt_check(room);
  files->paths[files->count] = strdup(path);
  bt_check(files->paths[files->count] != NULL);
  files->count++;
}

static bool is_directory(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_script(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot != NULL && strcmp(dot, ".studio") == 0;
}

static int is_shown(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static bool add_directory(struct check_files *files, const char *path,
                          unsigned depth);

static bool add_entry(struct check_files *files, const char *directory,
                      const char *name, unsigned depth) {
  char path[4096];
  const size_t len = strlen(directory);
  const bool slash = len > 0 && directory[len - 1] == '/';
  const int n =
      snprintf(path, sizeof path, "%s%s%s", directory, slash ? "" : "/", name);
  if (n < 0 || (size_t)n >= sizeof path) {
    cli_error("%s: too long a name", directory);
    return false;
  }
  if (is_directory(path)) {
    return add_directory(files, path, depth + 1);
  }
  if (is_script(name)) {
    add(files, path);
  }
  return true;
}

static bool add_directory(struct check_files *files, const char *path,
                          unsigned depth) {
  struct dirent **entries = NULL;
  const int n =
      depth > DEPTH_MAX ? -1 : scandir(path, &entries, is_shown, alphasort);
  if (n < 0) {
    cli_error("cannot read %s: %s", path,
              depth > DEPTH_MAX ? "directories too deep" : strerror(errno));
    return false;
  }
  bool good = true;
  for (int i = 0; i < n; i++) {
    good = add_entry(files, path, entries[i]->d_name, depth) && good;
    free(entries[i]);
  }
  free(entries);
  return good;
}

bool check_files_add(struct check_files *files, const char *path) {
  if (!is_directory(path)) {
    add(files, path);
    return true;
  }
  const size_t before = files->count;
  const bool good = add_directory(files, path, 0);
  if (good && files->count == before) {
    cli_error("%s: no *.studio file in it", path);
    return false;
  }
  return good;
}

void check_files_free(struct check_files *files) {
  for (size_t i = 0; i < files->count; i++) {
    free(files->paths[i]);
  }
  mem_free(heap_mem(), files->paths, files->cap * sizeof *files->paths);
  *files = (struct check_files){0};
}
