/* tls_priv.h - TLS below a wire. */
#ifndef BATON_NET_TLS_PRIV_H
#define BATON_NET_TLS_PRIV_H

#include <openssl/ssl.h>

#include "net/tls.h"
#include "net/wire_priv.h"

struct tls {
  const struct mem *mem;
  SSL_CTX *ctx;
  int64_t begins_s, expires_s;
};

/* @wire, which has accepted a connection and does not read yet, speaks TLS and
 * reads. BT_ERR_NOMEM, BT_ERR_IO: nothing has changed. */
enum bt_err tls_accept(struct tls *tls, struct wire *wire) BT_USE_RESULT;

#endif
