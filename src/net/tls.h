/* tls.h - what a server proves itself with: a certificate and its key.
 *
 * TLS 1.2 and 1.3, forward secrecy and authenticated encryption only, no
 * resumption: every connection stands for itself. A certificate can be renewed
 * while the server runs.
 */
#ifndef BATON_NET_TLS_H
#define BATON_NET_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

struct tls;

/* Both in PEM: the server's certificate and those that lead to an authority, in
 * this order; and the key of the first. */
struct tls_identity {
  struct text certificate, key;
};

/* What is wrong with an identity, and with which half of it. */
struct tls_fault {
  bool in_key;
  char why[200];
};

/* @identity is borrowed for the call. BT_ERR_SYNTAX: it is of no use, and
 * *@fault says why. BT_ERR_NOMEM. */
enum bt_err tls_create(const struct mem *mem,
                       const struct tls_identity *identity, struct tls **out,
                       struct tls_fault *fault) BT_USE_RESULT;
/* For connections from now on; those that are open keep theirs. On an error
 * nothing changes. As tls_create(). */
enum bt_err tls_renew(struct tls *tls, const struct tls_identity *identity,
                      struct tls_fault *fault) BT_USE_RESULT;
void tls_free(struct tls *tls);
/* Seconds since 1970 from and until which the certificate is good. */
int64_t tls_begins_s(const struct tls *tls);
int64_t tls_expires_s(const struct tls *tls);

#endif
