/* Secrets that the file names and does not hold. */
#include <stdlib.h>
#include <sys/stat.h>

#include "server/config_priv.h"

enum { SECRET_MAX_BYTES = 4096 };

bool reader_env(struct reader *r, const struct json *at, struct text name,
                struct text *out) {
  const struct text copy = arena_copy_text(r->arena, name);
  const char *value = copy.ptr == NULL ? NULL : getenv(copy.ptr);
  if (value == NULL || value[0] == '\0') {
    reader_error(r, at,
                 "the environment variable %.*s is not set where baton was "
                 "started",
                 TEXT_ARG(name));
    return false;
  }
  *out = arena_copy_text(r->arena, text_from(value));
  r->no_memory = r->no_memory || out->ptr == NULL;
  return out->ptr != NULL;
}

bool reader_secret_file(struct reader *r, const struct json *at,
                        struct text file, struct text *out) {
  const struct text path = reader_path(r, file);
  struct text content;
  struct stat st;
  if (path.ptr == NULL ||
      !reader_slurp(r, at, path, SECRET_MAX_BYTES, &content)) {
    return false;
  }
  if (stat(path.ptr, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    reader_warn(r, at, "others may read %.*s; chmod 600 it", TEXT_ARG(path));
  }
  *out = text_trim(text_sub(content, 0, text_find(content, TEXT("\n"), 0)));
  return true;
}

bool reader_reference(struct reader *r, const struct json *at,
                      struct text *out) {
  const struct text t = at->type == JSON_TEXT ? at->text : TEXT("");
  if (text_starts(t, TEXT("env:"))) {
    return reader_env(r, at, text_sub(t, 4, t.len), out);
  }
  if (text_starts(t, TEXT("file:"))) {
    return reader_secret_file(r, at, text_sub(t, 5, t.len), out);
  }
  return false;
}
