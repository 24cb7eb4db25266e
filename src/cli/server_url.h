/* server_url.h - where a running server is, as people write it. */
#ifndef BATON_CLI_SERVER_URL_H
#define BATON_CLI_SERVER_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "net/outbound.h"

enum { SERVER_PORT_DEFAULT = 8080, SERVER_PORT_TLS = 443 };

struct server_url {
  struct text host; /* borrowed from what was read */
  uint16_t port;
  bool tls;
};

enum { SERVER_BASE_MAX = 300 };

/* "http://127.0.0.1:8080", "[::1]:8080", "host" or "https://host". */
bool server_url_read(const char *words, struct server_url *out);
/* "https://host:443": what the API's paths stand behind. */
void server_url_base(const struct server_url *place, char out[SERVER_BASE_MAX]);

struct server_reach {
  struct text authorities; /* a file of them instead of the system's, or "" */
  size_t reply_bytes;      /* of an answer at most */
};

/* Calls to that server alone, wherever it is. BT_ERR_SYNTAX: it is no name of a
 * host. BT_ERR_NOMEM. */
enum bt_err server_url_reach(const struct server_url *place,
                             const struct server_reach *reach,
                             struct loop *loop,
                             struct outbound **out) BT_USE_RESULT;

#endif
