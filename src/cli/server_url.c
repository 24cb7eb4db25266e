#include "cli/server_url.h"

#include <stdio.h>

bool server_url_read(const char *words, struct server_url *out) {
  struct text rest = text_from(words);
  const bool tls = text_starts(rest, TEXT("https://"));
  if (tls || text_starts(rest, TEXT("http://"))) {
    rest = text_sub(rest, tls ? 8 : 7, rest.len);
  }
  rest = text_sub(rest, 0, text_find(rest, TEXT("/"), 0));
  const size_t bracket = text_find(rest, TEXT("]"), 0);
  const size_t from = bracket < rest.len ? bracket : 0;
  const size_t colon = text_find(rest, TEXT(":"), from);
  int64_t port = tls ? SERVER_PORT_TLS : SERVER_PORT_DEFAULT;
  if (colon < rest.len &&
      (!text_to_i64(text_sub(rest, colon + 1, rest.len), &port) || port < 1 ||
       port > UINT16_MAX)) {
    return false;
  }
  struct text host = text_sub(rest, 0, colon);
  if (text_starts(host, TEXT("["))) {
    host = text_sub(host, 1, host.len - 2);
  }
  *out = (struct server_url){host, (uint16_t)port, tls};
  return host.len > 0;
}

void server_url_base(const struct server_url *place,
                     char out[SERVER_BASE_MAX]) {
  const bool six = text_find(place->host, TEXT(":"), 0) < place->host.len;
  (void)snprintf(out, SERVER_BASE_MAX, "http%s://%s%.*s%s:%u",
                 place->tls ? "s" : "", six ? "[" : "", TEXT_ARG(place->host),
                 six ? "]" : "", place->port);
}

/* Whoever writes an address means it, inside or outside: both halves of all
 * addresses, those of IPv4 among them. */
enum bt_err server_url_reach(const struct server_url *place,
                             const struct server_reach *reach,
                             struct loop *loop, struct outbound **out) {
  char base[SERVER_BASE_MAX], low[32], high[32];
  const char *why = NULL;
  server_url_base(place, base);
  (void)snprintf(low, sizeof low, "[::]/1:%u", place->port);
  (void)snprintf(high, sizeof high, "[8000::]/1:%u", place->port);
  const struct text allow[] = {text_from(base), text_from(low),
                               text_from(high)};
  if (!outbound_check_rule(allow[0], &why)) {
    return BT_ERR_SYNTAX;
  }
  return outbound_create(
      loop,
      &(struct outbound_rules){.allow = allow,
                               .allow_count = 3,
                               .reply_bytes = reach->reply_bytes,
                               .authorities = reach->authorities},
      out);
}
