/* The section "files": who looks at files, and how long links lead to them. */
#include <string.h>

#include "server/config_priv.h"

enum {
  SCAN_DEFAULT_S = 30,
  SCAN_MAX_S = 300,
  ARGUMENTS_MAX = 30,
  LINK_DEFAULT_H = 24,
  LINK_MAX_H = 720,
  HOUR_S = 3600
};

char *reader_string(struct reader *r, struct text t) {
  char *s = arena_alloc(r->arena, t.len + 1);
  r->no_memory = r->no_memory || s == NULL;
  if (s != NULL && t.len > 0) {
    memcpy(s, t.ptr, t.len);
  }
  if (s != NULL) {
    s[t.len] = '\0';
  }
  return s;
}

static void read_command(struct reader *r, const struct json *list) {
  if (list->count == 0 || list->count > ARGUMENTS_MAX) {
    reader_error(r, list, "\"scan\" is a program and its arguments, at most %d",
                 ARGUMENTS_MAX);
    return;
  }
  char **argv = arena_alloc(r->arena, ((size_t)list->count + 1) * sizeof *argv);
  r->no_memory = r->no_memory || argv == NULL;
  size_t count = 0;
  for (const struct json *a = list->first; a != NULL && argv != NULL;
       a = a->next) {
    if (a->type != JSON_TEXT) {
      reader_error(r, a, "each argument of the scanner is a text");
      return;
    }
    argv[count++] = reader_string(r, a->text);
  }
  if (argv != NULL) {
    argv[count] = NULL;
  }
  r->out->scan.command = argv;
}

static void read_url(struct reader *r, const struct json *url) {
  if (!text_starts(url->text, TEXT("http://")) &&
      !text_starts(url->text, TEXT("https://"))) {
    reader_error(r, url, "\"scanUrl\" begins with https:// or http://");
    return;
  }
  r->out->scan.url = reader_string(r, url->text);
}

static void read_link(struct reader *r, const struct json *hours) {
  if (hours != NULL && hours->i > LINK_MAX_H) {
    reader_error(r, hours, "\"linkHours\" is %d at most", LINK_MAX_H);
  } else if (hours != NULL) {
    r->out->link_seconds = hours->i * HOUR_S;
  }
}

void reader_read_files(struct reader *r) {
  const struct json *map = reader_member(r->tree.root, FILE_CENTRE_FILES);
  int64_t seconds = SCAN_DEFAULT_S;
  r->out->link_seconds = (int64_t)LINK_DEFAULT_H * HOUR_S;
  if (map == NULL) {
    return;
  }
  reader_check(r, map, FILE_FILES);
  const struct json *command = reader_member(map, FILE_FILES_SCAN);
  const struct json *url = reader_member(map, FILE_FILES_URL);
  const struct json *timeout = reader_member(map, FILE_FILES_TIMEOUT);
  if (command != NULL && url != NULL) {
    reader_error(r, url, "a scanner is a program or a URL: \"scan\" is there");
  } else if (command != NULL) {
    read_command(r, command);
  } else if (url != NULL) {
    read_url(r, url);
  }
  if (timeout != NULL && timeout->i > SCAN_MAX_S) {
    reader_error(r, timeout, "\"scanSeconds\" is %d at most", SCAN_MAX_S);
  } else if (timeout != NULL) {
    seconds = timeout->i;
  }
  r->out->scan.timeout_ms = seconds * 1000;
  read_link(r, reader_member(map, FILE_FILES_LINK));
}
