#include "oidc/keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

#include "oidc/base64url.h"

enum {
  SET_DEPTH = 16,
  P256_BYTES = 32,
  POINT_BYTES = 1 + 2 * P256_BYTES,
  ES256_BYTES = 2 * P256_BYTES,
  DER_MAX = 80
};

#define RSA_ALGS (1u << JWT_RS256 | 1u << JWT_PS256)
#define EC_ALGS  (1u << JWT_ES256)

/* ---- one key */

/* NULL: there is no memory, or OpenSSL does not take it. */
static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *build) {
  OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
  EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
  EVP_PKEY *key = NULL;
  if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
      EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    key = NULL;
  }
  EVP_PKEY_CTX_free(ctx);
  OSSL_PARAM_free(params);
  ERR_clear_error(); /* or a TLS connection would take it for its own */
  return key;
}

static bool read_member(struct arena *arena, const struct json *jwk,
                        struct text name, struct text *out) {
  return base64url_read(arena, json_member_text(jwk, name), out) == BT_ERR_OK;
}

static BIGNUM *number(struct text bytes) {
  return BN_bin2bn((const unsigned char *)bytes.ptr, (int)bytes.len, NULL);
}

/* The exponent takes time to raise to: nobody has one of more than 64 bits. */
static bool is_rsa(const BIGNUM *n, const BIGNUM *e) {
  return n != NULL && e != NULL && BN_num_bits(n) >= RSA_BITS_MIN &&
         BN_num_bits(n) <= RSA_BITS_MAX && BN_is_odd(n) && BN_is_odd(e) &&
         BN_num_bits(e) >= 2 && BN_num_bits(e) <= 64;
}

static EVP_PKEY *read_rsa(struct arena *arena, const struct json *jwk) {
  struct text n_bytes, e_bytes;
  if (!read_member(arena, jwk, TEXT("n"), &n_bytes) ||
      !read_member(arena, jwk, TEXT("e"), &e_bytes) ||
      n_bytes.len > RSA_BITS_MAX / 8 || e_bytes.len > RSA_BITS_MAX / 8) {
    return NULL;
  }
  BIGNUM *n = number(n_bytes), *e = number(e_bytes);
  OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
  EVP_PKEY *key = NULL;
  if (build != NULL && is_rsa(n, e) &&
      OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
      OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
    key = key_from("RSA", build);
  }
  OSSL_PARAM_BLD_free(build);
  BN_free(n);
  BN_free(e);
  return key;
}

/* OpenSSL refuses a point that is not on the curve. */
static EVP_PKEY *read_p256(struct arena *arena, const struct json *jwk) {
  struct text x, y;
  uint8_t point[POINT_BYTES] = {POINT_CONVERSION_UNCOMPRESSED};
  if (!text_equal(json_member_text(jwk, TEXT("crv")), TEXT("P-256")) ||
      !read_member(arena, jwk, TEXT("x"), &x) ||
      !read_member(arena, jwk, TEXT("y"), &y) || x.len != P256_BYTES ||
      y.len != P256_BYTES) {
    return NULL;
  }
  memcpy(point + 1, x.ptr, P256_BYTES);
  memcpy(point + 1 + P256_BYTES, y.ptr, P256_BYTES);
  OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
  EVP_PKEY *key = NULL;
  if (build != NULL &&
      OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
                                      "prime256v1", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
                                       sizeof point) == 1) {
    key = key_from("EC", build);
  }
  OSSL_PARAM_BLD_free(build);
  return key;
}

/* A key for everything, or for one algorithm that it can; 0: for none here. */
static uint32_t algs_of(const struct json *jwk, uint32_t can) {
  const struct json *use = json_member(jwk, TEXT("use"));
  const struct json *alg = json_member(jwk, TEXT("alg"));
  enum jwt_alg one;
  if (use != NULL &&
      (use->type != JSON_TEXT || !text_equal(use->text, TEXT("sig")))) {
    return 0;
  }
  if (alg == NULL) {
    return can;
  }
  return alg->type == JSON_TEXT && jwt_alg_from_name(alg->text, &one)
             ? can & 1u << one
             : 0;
}

/* False: it is of no use. */
static bool read_key(struct arena *arena, const struct json *jwk,
                     struct oidc_key *out) {
  const bool rsa = text_equal(json_member_text(jwk, TEXT("kty")), TEXT("RSA"));
  const bool ec = text_equal(json_member_text(jwk, TEXT("kty")), TEXT("EC"));
  const struct text kid = json_member_text(jwk, TEXT("kid"));
  const uint32_t algs = algs_of(jwk, rsa ? RSA_ALGS : ec ? EC_ALGS : 0);
  if (algs == 0 || kid.len > JWT_KID_MAX) {
    return false;
  }
  *out = (struct oidc_key){.algs = algs, .kid_len = kid.len};
  if (kid.len > 0) {
    memcpy(out->kid, kid.ptr, kid.len);
  }
  out->key = rsa ? read_rsa(arena, jwk) : read_p256(arena, jwk);
  return out->key != NULL;
}

/* ---- the set */

void oidc_keys_free(struct oidc_keys *keys) {
  for (size_t i = 0; i < keys->count; i++) {
    EVP_PKEY_free(keys->list[i].key);
  }
  keys->count = 0;
}

static void read_list(struct arena *arena, const struct json *list,
                      struct oidc_keys *out) {
  const struct json *jwk = list->first;
  for (; jwk != NULL && out->count < OIDC_KEYS_MAX; jwk = jwk->next) {
    out->count += read_key(arena, jwk, &out->list[out->count]);
  }
}

enum bt_err oidc_keys_read(struct arena *arena, struct text json,
                           struct oidc_keys *out, const char **why) {
  struct json *tree = NULL;
  const enum bt_err err = json_parse(arena, json, SET_DEPTH, &tree, NULL);
  const struct json *list =
      err == BT_ERR_OK ? json_member(tree, TEXT("keys")) : NULL;
  if (err == BT_ERR_NOMEM) {
    return err;
  }
  if (list == NULL || list->type != JSON_LIST) {
    *why = "its keys are no JWK set: {\"keys\": […]}";
    return BT_ERR_SYNTAX;
  }
  struct oidc_keys keys;
  keys.count = 0;
  read_list(arena, list, &keys);
  if (keys.count == 0) {
    *why = "it has no key that can be used: RSA of 2048 to 8192 bits or P-256, "
           "for signatures";
    return BT_ERR_SYNTAX;
  }
  *out = keys;
  return BT_ERR_OK;
}

const struct oidc_key *oidc_keys_find(const struct oidc_keys *keys,
                                      const struct jwt *token) {
  const struct oidc_key *found = NULL;
  for (size_t i = 0; i < keys->count; i++) {
    const struct oidc_key *k = &keys->list[i];
    const bool fits = (k->algs >> token->alg & 1) != 0;
    if (token->kid.len > 0 && fits &&
        text_equal((struct text){k->kid, k->kid_len}, token->kid)) {
      return k;
    }
    if (token->kid.len == 0 && fits) {
      if (found != NULL) {
        return NULL; /* which of them, the token must say */
      }
      found = k;
    }
  }
  return found;
}

/* ---- the signature */

/* JWS has r and s one behind the other, OpenSSL wants them in DER. 0: it is
 * none. */
static size_t der_of(struct text signature, uint8_t der[DER_MAX]) {
  if (signature.len != ES256_BYTES) {
    return 0;
  }
  const unsigned char *bytes = (const unsigned char *)signature.ptr;
  ECDSA_SIG *sig = ECDSA_SIG_new();
  BIGNUM *r = BN_bin2bn(bytes, P256_BYTES, NULL);
  BIGNUM *s = BN_bin2bn(bytes + P256_BYTES, P256_BYTES, NULL);
  int len = 0;
  if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
    unsigned char *at = der;
    len = i2d_ECDSA_SIG(sig, &at);
  } else {
    BN_free(r);
    BN_free(s);
  }
  ECDSA_SIG_free(sig);
  return len > 0 ? (size_t)len : 0;
}

/* The salt of PS256 is as long as the hash; RFC 7518, section 3.5. */
static bool set_padding(EVP_PKEY_CTX *ctx, enum jwt_alg alg) {
  return alg != JWT_PS256 ||
         (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1);
}

bool oidc_key_has_signed(const struct oidc_key *key, const struct jwt *token) {
  uint8_t der[DER_MAX];
  const uint8_t *signature = (const uint8_t *)token->signature.ptr;
  size_t len = token->signature.len;
  if (token->alg == JWT_ES256) {
    signature = der;
    len = der_of(token->signature, der);
  }
  EVP_MD_CTX *md = EVP_MD_CTX_new();
  EVP_PKEY_CTX *ctx = NULL;
  const bool good =
      len > 0 && md != NULL &&
      EVP_DigestVerifyInit(md, &ctx, EVP_sha256(), NULL, key->key) == 1 &&
      set_padding(ctx, token->alg) &&
      EVP_DigestVerify(md, signature, len,
                       (const unsigned char *)token->signed_part.ptr,
                       token->signed_part.len) == 1;
  EVP_MD_CTX_free(md);
  ERR_clear_error();
  return good;
}
