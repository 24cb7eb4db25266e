/* Secrets that the file names and does not hold. */
#include <stdlib.h>
#include <sys/stat.h>

#include "server/config_priv.h"

enum { SECRET_MAX_BYTES = 4096, HEADERS_MAX = 32 };

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

bool reader_secret(struct reader *r, const struct json *at, struct text *out) {
  const size_t errors = r->findings->errors;
  if (reader_reference(r, at, out)) {
    return true;
  }
  if (r->findings->errors == errors) {
    reader_error(r, at,
                 "\"%.*s\" is a secret and does not stand in the file: write "
                 "env:NAME for an environment variable, or file:PATH for a "
                 "file's first line",
                 TEXT_ARG(at->key));
  }
  return false;
}

/* ---- headers */

static bool is_header_text(struct text t, bool name) {
  for (size_t i = 0; i < t.len; i++) {
    const unsigned char c = (unsigned char)t.ptr[i];
    if (c < ' ' || c == 0x7f || (name && (c == ':' || c == ' '))) {
      return false;
    }
  }
  return t.len > 0;
}

/* A value may be a secret. */
static bool take_header(struct reader *r, const struct json *m,
                        struct text pair[2]) {
  const size_t errors = r->findings->errors;
  pair[0] = m->key;
  if (m->type == JSON_TEXT && !reader_reference(r, m, &pair[1]) &&
      r->findings->errors == errors) {
    pair[1] = m->text;
  }
  if (r->findings->errors == errors &&
      (m->type != JSON_TEXT || !is_header_text(pair[0], true) ||
       !is_header_text(pair[1], false))) {
    reader_error(r, m,
                 "a header is NAME: VALUE, both without line ends; the value "
                 "may be env:NAME or file:PATH");
  }
  return r->findings->errors == errors;
}

bool reader_headers(struct reader *r, const struct json *at,
                    const struct text **out, size_t *count) {
  if (at->type != JSON_OBJECT || at->count > HEADERS_MAX) {
    reader_error(r, at,
                 "\"%.*s\" must be members NAME: VALUE, at most %d; found %s",
                 TEXT_ARG(at->key), HEADERS_MAX,
                 at->type == JSON_TEXT ? "a text" : json_type_name(at->type));
    return false;
  }
  struct text *list =
      arena_alloc(r->arena, (2 * (size_t)at->count + 1) * sizeof *list);
  r->no_memory = r->no_memory || list == NULL;
  bool good = list != NULL;
  *count = 0;
  for (const struct json *m = at->first; m != NULL && list != NULL;
       m = m->next) {
    good = take_header(r, m, &list[*count]) && good;
    *count += 2;
  }
  *out = list;
  return good;
}
