#include "api/route.h"

#include <string.h>

#include "base/check.h"
#include "base/id.h"

/* The words of routes.def. */
enum {
  N = 1 << ROLE_NONE,
  C = 1 << ROLE_CUSTOMER,
  B = 1 << ROLE_BOT,
  A = 1 << ROLE_AGENT,
  S = 1 << ROLE_SUPERVISOR,
  D = 1 << ROLE_ADMIN,
  P = 1 << ROLE_SCRIPT
};

static const struct route routes[] = {
#define ROUTE(m, p, r, k, s, c, q, d)                                          \
  {.method = HTTP_##m,                                                         \
   .path = (p),                                                                \
   .roles = (r),                                                               \
   .kind = ROUTE_##k,                                                          \
   .command = (c),                                                             \
   .query = (q),                                                               \
   .doc = (d)},
#include "api/routes.def"
#undef ROUTE
};
enum { ROUTES = sizeof routes / sizeof routes[0] };

size_t route_count(void) {
  return ROUTES;
}

const struct route *route_at(size_t number) {
  bt_check(number < ROUTES);
  return &routes[number];
}

/* The first segment of *@path without its slash; *@path moves on. */
static struct text next_segment(struct text *path) {
  const struct text rest = text_sub(*path, 1, path->len);
  const struct text segment = text_sub(rest, 0, text_find(rest, TEXT("/"), 0));
  *path = text_sub(rest, segment.len, rest.len);
  return segment;
}

static bool is_param(struct text segment) {
  return segment.len > 0 && segment.ptr[0] == '{';
}

static bool matches(const char *pattern, struct text path,
                    struct text params[ROUTE_PARAMS_MAX]) {
  struct text wanted = text_from(pattern);
  size_t count = 0;
  /* Most differ before the first parameter: no need to take them apart. */
  const struct text plain =
      text_sub(wanted, 0, text_find(wanted, TEXT("{"), 0));
  if (!text_starts(path, plain)) {
    return false;
  }
  while (wanted.len > 0 && path.len > 0) {
    const struct text want = next_segment(&wanted);
    const struct text have = next_segment(&path);
    if (is_param(want) && have.len > 0) {
      bt_check(count < ROUTE_PARAMS_MAX);
      params[count++] = have;
    } else if (!text_equal(want, have)) {
      return false;
    }
  }
  return wanted.len == 0 && path.len == 0;
}

struct route_match route_find(enum http_method method, struct text path) {
  const enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
  struct route_match m = {.number = ROUTES};
  if (!text_starts(path, TEXT("/"))) {
    return m;
  }
  for (size_t i = 0; i < ROUTES; i++) {
    struct text params[ROUTE_PARAMS_MAX] = {{"", 0}, {"", 0}};
    if (!matches(routes[i].path, path, params)) {
      continue;
    }
    m.methods |= 1u << routes[i].method;
    if (routes[i].method == wanted) {
      m.number = i;
      memcpy(m.params, params, sizeof params);
    }
  }
  return m;
}

/* The path with what looks like an id written as a parameter, so that it does
 * not count as a difference. */
static struct text generalize(struct text path, char *out, size_t cap) {
  size_t len = 0;
  while (path.len > 0) {
    struct id id;
    const struct text segment = next_segment(&path);
    const struct text word =
        id_from_text(segment, &id) ? TEXT("{session}") : segment;
    if (len + 1 + word.len > cap) {
      break;
    }
    out[len++] = '/';
    if (word.len > 0) {
      memcpy(out + len, word.ptr, word.len);
    }
    len += word.len;
  }
  return (struct text){out, len};
}

const char *route_nearest(struct text path) {
  char plain[256];
  struct text patterns[ROUTES];
  if (!text_starts(path, TEXT("/"))) {
    return NULL;
  }
  const struct text word = generalize(path, plain, sizeof plain);
  unsigned best = UINT32_MAX;
  size_t nearest = ROUTES;
  for (size_t i = 0; i < ROUTES; i++) {
    patterns[i] = text_from(routes[i].path);
    const unsigned distance = text_distance(word, patterns[i]);
    if (distance < best) {
      best = distance;
      nearest = i;
    }
  }
  /* A third of its letters may be wrong: beyond it is another word. */
  return nearest < ROUTES && best <= word.len / 3 ? routes[nearest].path : NULL;
}
