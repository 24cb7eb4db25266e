/* signer.h - a provider's side in tests: key pairs, their JWK set, and tokens
 * that are signed with them, or pretend to be.
 */
#ifndef BATON_TESTS_OIDC_SIGNER_H
#define BATON_TESTS_OIDC_SIGNER_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "oidc/base64url.h"
#include "oidc/jwt.h"

enum { SIGNER_JSON = 1024, SIGNER_TOKEN = 4096 };

static inline EVP_PKEY *signer_rsa(unsigned bits) {
  EVP_PKEY *key = EVP_RSA_gen(bits);
  bt_check(key != NULL);
  return key;
}

static inline EVP_PKEY *signer_p256(void) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  bt_check(key != NULL);
  return key;
}

static inline void signer_number(const EVP_PKEY *key, const char *param,
                                 int size, char *out) {
  BIGNUM *n = NULL;
  uint8_t bytes[1024];
  bt_check(EVP_PKEY_get_bn_param(key, param, &n) == 1);
  const int len = size > 0 ? size : BN_num_bytes(n);
  bt_check(BN_bn2binpad(n, bytes, len) == len);
  base64url_write(bytes, (size_t)len, out);
  out[BASE64URL_LEN((size_t)len)] = '\0';
  BN_free(n);
}

/* {"kty":…}, with @more members ("" or ",\"use\":\"sig\""). */
static inline void signer_jwk(const EVP_PKEY *key, const char *kid,
                              const char *more, char out[SIGNER_JSON]) {
  char a[SIGNER_JSON], b[SIGNER_JSON];
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    signer_number(key, OSSL_PKEY_PARAM_RSA_N, 0, a);
    signer_number(key, OSSL_PKEY_PARAM_RSA_E, 0, b);
    (void)snprintf(out, SIGNER_JSON,
                   "{\"kty\":\"RSA\",\"kid\":\"%s\",\"n\":\"%.700s\",\"e\":"
                   "\"%.8s\"%s}",
                   kid, a, b, more);
  } else {
    signer_number(key, OSSL_PKEY_PARAM_EC_PUB_X, 32, a);
    signer_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32, b);
    (void)snprintf(out, SIGNER_JSON,
                   "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"%s\",\"x\":"
                   "\"%.43s\",\"y\":\"%.43s\"%s}",
                   kid, a, b, more);
  }
}

static inline void signer_dot(char *out) {
  const size_t at = strlen(out);
  (void)snprintf(out + at, SIGNER_TOKEN - at, ".");
}

static inline void signer_add(const char *bytes, size_t size, char *out) {
  const size_t at = strlen(out), len = BASE64URL_LEN(size);
  bt_check(at + len < SIGNER_TOKEN);
  base64url_write((const uint8_t *)bytes, size, out + at);
  out[at + len] = '\0';
}

/* r and s of OpenSSL's DER, one behind the other. */
static inline size_t signer_raw(uint8_t *signature, size_t len) {
  const unsigned char *at = signature;
  ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
  uint8_t raw[64];
  bt_check(sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32) == 32 &&
           BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32) == 32);
  memcpy(signature, raw, sizeof raw);
  ECDSA_SIG_free(sig);
  return sizeof raw;
}

/* header.claims.signature, as the header's alg says; @key NULL: an empty
 * signature. */
static inline void signer_token(EVP_PKEY *key, const char *header,
                                const char *claims, char out[SIGNER_TOKEN]) {
  uint8_t signature[1024];
  size_t len = sizeof signature;
  EVP_PKEY_CTX *ctx = NULL;
  out[0] = '\0';
  signer_add(header, strlen(header), out);
  signer_dot(out);
  signer_add(claims, strlen(claims), out);
  const size_t signed_len = strlen(out);
  signer_dot(out);
  if (key == NULL) {
    return;
  }
  EVP_MD_CTX *md = EVP_MD_CTX_new();
  bt_check(EVP_DigestSignInit(md, &ctx, EVP_sha256(), NULL, key) == 1);
  if (strstr(header, "PS256") != NULL) {
    bt_check(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32) == 1);
  }
  bt_check(EVP_DigestSign(md, signature, &len, (const unsigned char *)out,
                          signed_len) == 1);
  EVP_MD_CTX_free(md);
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    len = signer_raw(signature, len);
  }
  signer_add((const char *)signature, len, out);
}

#endif
