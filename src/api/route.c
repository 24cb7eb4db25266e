#include "api/route.h"

#include <string.h>

#include "base/check.h"

/* The words of routes.def. */
enum {
  N = 1 << ROLE_NONE,
  C = 1 << ROLE_CUSTOMER,
  B = 1 << ROLE_BOT,
  A = 1 << ROLE_AGENT,
  S = 1 << ROLE_SUPERVISOR,
  D = 1 << ROLE_ADMIN,
  P = 1 << ROLE_SCRIPT,
  O = 1 << ROLE_OPERATOR
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

enum { SEGMENT_MAX = 32, FAR = 1000 };

/* Wrong letters of a segment; FAR if it must be another word. A third of a
 * word's letters may be wrong, and one of a short word's. */
static unsigned segment_distance(struct text want, struct text have) {
  if (is_param(want) || text_equal(want, have)) {
    return 0;
  }
  if (have.len > SEGMENT_MAX) {
    return FAR;
  }
  const unsigned distance = text_distance(want, have);
  return distance <= 1 || distance <= want.len / 3 ? distance : FAR;
}

/* Segment by segment: a whole path compared with all the others letter by
 * letter would make a wrong path dearer than a right one. */
static unsigned distance_to(const char *pattern, struct text path) {
  struct text wanted = text_from(pattern);
  unsigned distance = 0;
  while (wanted.len > 0 && path.len > 0 && distance < FAR) {
    const struct text want = next_segment(&wanted);
    distance += segment_distance(want, next_segment(&path));
  }
  return wanted.len == 0 && path.len == 0 ? distance : FAR;
}

void route_write_methods(uint32_t methods, struct textbuf *out) {
  for (uint32_t m = 0; m < HTTP_METHODS; m++) {
    if ((methods >> m & 1) != 0) {
      textbuf_addf(out, "%s%s", out->len == 0 ? "" : ", ",
                   http_method_name((enum http_method)m));
    }
  }
}

const char *route_nearest(struct text path) {
  unsigned best = FAR;
  const char *nearest = NULL;
  for (size_t i = 0; text_starts(path, TEXT("/")) && i < ROUTES; i++) {
    const unsigned distance = distance_to(routes[i].path, path);
    if (distance < best) {
      best = distance;
      nearest = routes[i].path;
    }
  }
  return nearest;
}
