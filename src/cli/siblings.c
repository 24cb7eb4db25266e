#include "cli/siblings.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { PATH_MAX_BYTES = 4096 };

static const char ending[] = ".studio";

static int is_script(const struct dirent *entry) {
  return text_ends(text_from(entry->d_name), text_from(ending)) &&
         entry->d_name[0] != '.';
}

static void publish(struct world *w, const char *folder, const char *file) {
  char path[PATH_MAX_BYTES];
  const int n = snprintf(path, sizeof path, "%s/%s", folder, file);
  size_t size = 0;
  char *source =
      n > 0 && (size_t)n < sizeof path ? cli_read_file(path, &size) : NULL;
  if (source == NULL) {
    return; /* a folder of that name, or gone meanwhile */
  }
  const struct text name =
      text_sub(text_from(file), 0, strlen(file) - strlen(ending));
  if (!world_publish(w, name, (struct text){source, size})) {
    (void)fprintf(stderr,
                  "%s: note: it does not compile, so no script can run it; "
                  "`baton check %s` says why\n",
                  path, path);
  }
  free(source);
}

void siblings_publish(struct world *w, const char *path) {
  const char *slash = strrchr(path, '/');
  char folder[PATH_MAX_BYTES];
  struct dirent **files = NULL;
  const int len = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);
  const int n =
      snprintf(folder, sizeof folder, "%.*s", len, slash == NULL ? "." : path);
  if (n <= 0 || (size_t)n >= sizeof folder) {
    return;
  }
  const int count = scandir(folder, &files, is_script, alphasort);
  for (int i = 0; i < count; i++) {
    publish(w, folder, files[i]->d_name);
    free(files[i]);
  }
  free(files);
}
