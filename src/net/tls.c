#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <time.h>

#include "net/tls_priv.h"

/* What Mozilla calls intermediate, without what has no elliptic curve. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"
/* Not const: OpenSSL reads it through a cast. */
static char groups[] = "X25519:P-256:P-384";

static enum bt_err fail(struct tls_fault *fault, const char *what) {
  const unsigned long code = ERR_peek_last_error();
  const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
  (void)snprintf(fault->why, sizeof fault->why, "%s%s%s%s", what,
                 reason == NULL ? "" : " (OpenSSL: ",
                 reason == NULL ? "" : reason, reason == NULL ? "" : ")");
  ERR_clear_error();
  return BT_ERR_SYNTAX;
}

/* Without it OpenSSL would ask at the terminal. Its type is fixed. */
/* NOLINTNEXTLINE(readability-non-const-parameter) */
static int no_password(char *buf, int size, int for_writing, void *ctx) {
  (void)buf;
  (void)size;
  (void)for_writing;
  (void)ctx;
  return -1;
}

static int64_t seconds_of(const ASN1_TIME *at) {
  struct tm tm = {0};
  return ASN1_TIME_to_tm(at, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static BIO *open_text(struct text t) {
  return t.len > INT32_MAX ? NULL : BIO_new_mem_buf(t.ptr, (int)t.len);
}

static bool add_authorities(SSL_CTX *ctx, BIO *in) {
  X509 *next = PEM_read_bio_X509(in, NULL, no_password, NULL);
  while (next != NULL && SSL_CTX_add0_chain_cert(ctx, next) == 1) {
    next = PEM_read_bio_X509(in, NULL, no_password, NULL);
  }
  X509_free(next);
  const unsigned long end = ERR_peek_last_error();
  const bool whole = ERR_GET_LIB(end) == ERR_LIB_PEM &&
                     ERR_GET_REASON(end) == PEM_R_NO_START_LINE;
  if (whole) {
    ERR_clear_error();
  }
  return whole;
}

static enum bt_err use_certificate(struct tls *tls, SSL_CTX *ctx,
                                   struct text pem, struct tls_fault *fault) {
  BIO *in = open_text(pem);
  if (in == NULL) {
    return BT_ERR_NOMEM;
  }
  enum bt_err err = BT_ERR_OK;
  X509 *leaf = PEM_read_bio_X509(in, NULL, no_password, NULL);
  if (leaf == NULL) {
    err = fail(fault, "there is no certificate in PEM in it");
  } else if (SSL_CTX_use_certificate(ctx, leaf) != 1) {
    err = fail(fault, "its certificate cannot be used");
  } else if (!add_authorities(ctx, in)) {
    err = fail(fault, "what follows its first certificate is broken");
  } else {
    tls->begins_s = seconds_of(X509_get0_notBefore(leaf));
    tls->expires_s = seconds_of(X509_get0_notAfter(leaf));
  }
  X509_free(leaf);
  BIO_free(in);
  return err;
}

static enum bt_err use_key(SSL_CTX *ctx, struct text pem,
                           struct tls_fault *fault) {
  BIO *in = open_text(pem);
  if (in == NULL) {
    return BT_ERR_NOMEM;
  }
  enum bt_err err = BT_ERR_OK;
  EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, no_password, NULL);
  if (key == NULL) {
    err = fail(fault, "there is no private key in PEM in it that needs no "
                      "password");
  } else if (SSL_CTX_use_PrivateKey(ctx, key) != 1) {
    err = fail(fault, "the key is not the certificate's");
  }
  EVP_PKEY_free(key);
  BIO_free(in);
  return err;
}

/* Who says goodbye on TCP alone is believed: HTTP and WebSocket tell what is
 * whole by themselves. */
static SSL_CTX *new_context(void) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  if (ctx == NULL) {
    return NULL;
  }
  (void)SSL_CTX_set_options(
      ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
               SSL_OP_IGNORE_UNEXPECTED_EOF);
  (void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
  (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_num_tickets(ctx, 0) != 1 ||
      SSL_CTX_set_cipher_list(ctx, CIPHERS) != 1 ||
      SSL_CTX_set1_groups_list(ctx, groups) != 1) {
    SSL_CTX_free(ctx);
    return NULL;
  }
  return ctx;
}

enum bt_err tls_renew(struct tls *tls, const struct tls_identity *identity,
                      struct tls_fault *fault) {
  struct tls fresh = *tls;
  ERR_clear_error();
  fresh.ctx = new_context();
  if (fresh.ctx == NULL) {
    ERR_clear_error();
    return BT_ERR_NOMEM;
  }
  fault->in_key = false;
  enum bt_err err =
      use_certificate(&fresh, fresh.ctx, identity->certificate, fault);
  if (err == BT_ERR_OK) {
    fault->in_key = true;
    err = use_key(fresh.ctx, identity->key, fault);
  }
  if (err != BT_ERR_OK) {
    SSL_CTX_free(fresh.ctx);
    return err;
  }
  SSL_CTX_free(tls->ctx);
  *tls = fresh;
  return BT_ERR_OK;
}

enum bt_err tls_create(const struct mem *mem,
                       const struct tls_identity *identity, struct tls **out,
                       struct tls_fault *fault) {
  struct tls *tls = mem_new(mem, sizeof *tls);
  if (tls == NULL) {
    return BT_ERR_NOMEM;
  }
  tls->mem = mem;
  const enum bt_err err = tls_renew(tls, identity, fault);
  if (err != BT_ERR_OK) {
    tls_free(tls);
    return err;
  }
  *out = tls;
  return BT_ERR_OK;
}

void tls_free(struct tls *tls) {
  if (tls != NULL) {
    SSL_CTX_free(tls->ctx);
    mem_free(tls->mem, tls, sizeof *tls);
  }
}

int64_t tls_begins_s(const struct tls *tls) {
  return tls->begins_s;
}

int64_t tls_expires_s(const struct tls *tls) {
  return tls->expires_s;
}
