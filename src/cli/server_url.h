/* server_url.h - where a running server is, as people write it. */
#ifndef BATON_CLI_SERVER_URL_H
#define BATON_CLI_SERVER_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum { SERVER_PORT_DEFAULT = 8080, SERVER_PORT_TLS = 443 };

struct server_url {
  struct text host; /* borrowed from what was read */
  uint16_t port;
  bool tls;
};

/* "http://127.0.0.1:8080", "[::1]:8080", "host" or "https://host". */
bool server_url_read(const char *words, struct server_url *out);

#endif
