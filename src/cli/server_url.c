#include "cli/server_url.h"

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
