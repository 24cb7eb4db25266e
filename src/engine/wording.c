#include "engine/wording_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { QUOTED_MAX = 40 };

void wording_begin(struct wording *w, char *array, size_t cap) {
  *w = (struct wording){.ptr = array, .cap = cap};
  array[0] = '\0';
}

static void add(struct wording *w, struct text t) {
  const struct text part = utf8_cut(t, w->cap - 1 - w->len);
  if (part.len > 0) {
    memcpy(w->ptr + w->len, part.ptr, part.len);
  }
  w->len += part.len;
  w->ptr[w->len] = '\0';
}

void wording_addf(struct wording *w, const char *format, ...) {
  char line[512];
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  add(w, utf8_printed(line, sizeof line, n));
}

/* What is not printable would break a log line, or end the C string. */
static void add_plain(struct wording *w, struct text t) {
  size_t from = 0;
  for (size_t i = 0; i < t.len; i++) {
    if ((unsigned char)t.ptr[i] < 0x20) {
      add(w, text_sub(t, from, i - from));
      add(w, TEXT("?"));
      from = i + 1;
    }
  }
  add(w, text_sub(t, from, t.len - from));
}

void wording_add_quoted(struct wording *w, struct text t) {
  const struct text part = utf8_cut(t, QUOTED_MAX);
  add(w, TEXT("\""));
  add_plain(w, part);
  add(w, part.len < t.len ? TEXT("…\"") : TEXT("\""));
}

void wording_add_step(struct wording *w, struct text key) {
  add(w, TEXT("/"));
  size_t from = 0;
  for (size_t i = 0; i < key.len; i++) {
    if (key.ptr[i] == '~' || key.ptr[i] == '/') {
      add_plain(w, text_sub(key, from, i - from));
      add(w, key.ptr[i] == '~' ? TEXT("~0") : TEXT("~1"));
      from = i + 1;
    }
  }
  add_plain(w, text_sub(key, from, key.len - from));
}

void wording_add_index(struct wording *w, size_t index) {
  wording_addf(w, "/%zu", index);
}

void wording_add_found(struct wording *w, const struct json *v) {
  switch (v->type) {
  case JSON_INT:
    wording_addf(w, "%lld", (long long)v->i);
    break;
  case JSON_DOUBLE:
    wording_addf(w, "%.15g", v->d);
    break;
  case JSON_FALSE:
  case JSON_TRUE:
  case JSON_NULL:
  case JSON_TEXT:
  case JSON_LIST:
  case JSON_OBJECT:
    wording_addf(w, "%s", json_type_name(v->type));
    break;
  }
}

void wording_add_length(struct wording *w, size_t len, int64_t min,
                        int64_t max) {
  if (len == 0) {
    add(w, TEXT("is empty"));
  } else {
    wording_addf(w, "is %zu bytes long", len);
  }
  wording_addf(w, ", expected %lld … %lld bytes", (long long)min,
               (long long)max);
}

void wording_add_names(struct wording *w, const struct text *names,
                       size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (i > 0) {
      add(w, i + 1 == count ? TEXT(" or ") : TEXT(", "));
    }
    add(w, names[i]);
  }
}

void wording_add_unknown(struct wording *w, struct text name,
                         const struct text *known, size_t count) {
  add(w, TEXT("unknown member "));
  wording_add_quoted(w, name);
  const size_t nearest = text_nearest(name, known, count);
  if (nearest < count) {
    add(w, TEXT("; did you mean "));
    wording_add_quoted(w, known[nearest]);
    add(w, TEXT("?"));
  } else if (count > 0) {
    add(w, TEXT("; it may be "));
    wording_add_names(w, known, count);
  } else {
    add(w, TEXT("; no members are taken here"));
  }
}
