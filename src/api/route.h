/* route.h - which resource a path names, and who may ask. Pure. */
#ifndef BATON_API_ROUTE_H
#define BATON_API_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "engine/command.h"
#include "net/http_parse.h"

enum { ROUTE_PARAMS_MAX = 2 };

enum route_kind { ROUTE_VIEW, ROUTE_DOES, ROUTE_LIVE, ROUTE_OWN };

struct route {
  enum http_method method;
  const char *path;
  uint32_t roles; /* bits (1 << enum role) */
  enum route_kind kind;
  uint32_t command;  /* COMMANDS: none */
  const char *query; /* names, with blanks between */
  const char *doc;
};

struct route_match {
  size_t number; /* of the route; route_count() if there is none */
  struct text params[ROUTE_PARAMS_MAX]; /* still percent-encoded */
  uint32_t methods; /* bits of those that the path knows; 0: unknown path */
};

size_t route_count(void);
const struct route *route_at(size_t number);
/* HEAD is GET. */
struct route_match route_find(enum http_method method, struct text path);
/* The names of the methods in @methods: "GET, PUT". */
void route_write_methods(uint32_t methods, struct textbuf *out);
/* The path pattern that was most likely meant, or NULL. */
const char *route_nearest(struct text path);

#endif
