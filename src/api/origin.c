#include "api/origin.h"

#include "api/route.h"

enum bt_err origins_init(struct origins *o, const struct mem *mem,
                         const struct text *list, size_t count) {
  arena_init(&o->arena, mem, 0);
  o->count = 0;
  o->list = arena_alloc(&o->arena, (count + 1) * sizeof *o->list);
  if (o->list == NULL) {
    return BT_ERR_NOMEM;
  }
  for (; o->count < count; o->count++) {
    o->list[o->count] = arena_copy_text(&o->arena, list[o->count]);
    if (o->list[o->count].ptr == NULL) {
      return BT_ERR_NOMEM;
    }
  }
  return BT_ERR_OK;
}

void origins_free(struct origins *o) {
  arena_free(&o->arena);
}

/* ---- one origin */

static bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == ':' || c == '[' || c == ']';
}

bool origin_check(struct text origin, const char **why) {
  const bool https = text_starts(origin, TEXT("https://"));
  if (text_equal(origin, TEXT("*"))) {
    return true;
  }
  if (!https && !text_starts(origin, TEXT("http://"))) {
    *why = "an origin begins with https:// or http://; \"*\" is every page";
    return false;
  }
  const struct text host = text_sub(origin, https ? 8 : 7, origin.len);
  for (size_t i = 0; i < host.len; i++) {
    if (!is_host_char(host.ptr[i])) {
      *why = "an origin ends with its host, in small letters, or its port; it "
             "has no path and no / at the end";
      return false;
    }
  }
  if (host.len == 0) {
    *why = "the host is missing, such as https://shop.example";
  }
  return host.len > 0;
}

bool origins_allow(const struct origins *o, struct text origin) {
  for (size_t i = 0; i < o->count && origin.len > 0; i++) {
    if (text_equal(o->list[i], TEXT("*")) || text_equal(o->list[i], origin)) {
      return true;
    }
  }
  return false;
}

/* ---- asked beforehand */

bool origins_answer(const struct origins *o, struct http_request *req) {
  if (http_request_method(req) != HTTP_OPTIONS) {
    return false; /* nearly all are not: no header is looked for */
  }
  const struct text origin = http_request_header(req, TEXT("Origin"));
  if (http_request_header(req, TEXT("Access-Control-Request-Method")).len ==
          0 ||
      !origins_allow(o, origin)) {
    return false;
  }
  const struct route_match match =
      route_find(HTTP_OPTIONS, http_request_path(req));
  struct textbuf methods;
  textbuf_init(&methods, o->arena.mem);
  route_write_methods(match.methods, &methods);
  const struct http_header headers[] = {
      {TEXT("Access-Control-Allow-Origin"), origin},
      {TEXT("Access-Control-Allow-Methods"), textbuf_text(&methods)},
      {TEXT("Access-Control-Allow-Headers"),
       TEXT("Authorization, Content-Type, Idempotency-Key, If-Match, "
            "Last-Event-ID, Prefer, X-Request-Id")},
      {TEXT("Access-Control-Max-Age"), TEXT("7200")},
      {TEXT("Vary"), TEXT("Origin")}};
  (void)http_respond(req, 204, headers, sizeof headers / sizeof headers[0],
                     TEXT(""));
  textbuf_free(&methods);
  return true;
}
