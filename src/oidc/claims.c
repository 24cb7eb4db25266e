#include "oidc/claims.h"

#include <openssl/crypto.h>

#include "base/digest.h"
#include "oidc/base64url.h"

/* Years 1970 to 9999. */
#define TIME_MAX 253402300799.0

/* A NumericDate may have a fraction. False: it is none. */
static bool read_time(const struct json *claims, struct text name,
                      int64_t *out) {
  const struct json *m = json_member(claims, name);
  if (m == NULL || (m->type != JSON_INT && m->type != JSON_DOUBLE) ||
      !(m->d >= 0 && m->d <= TIME_MAX)) {
    return false;
  }
  *out = (int64_t)m->d;
  return true;
}

static bool same_secret(struct text a, struct text b) {
  return a.len == b.len && CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}

/* ---- for whom */

/* One text, or a list of texts. */
static bool is_for(const struct json *aud, struct text client) {
  if (aud == NULL || aud->type != JSON_LIST) {
    return aud != NULL && aud->type == JSON_TEXT &&
           text_equal(aud->text, client);
  }
  for (const struct json *m = aud->first; m != NULL; m = m->next) {
    if (m->type == JSON_TEXT && text_equal(m->text, client)) {
      return true;
    }
  }
  return false;
}

static const char *check_audience(const struct json *claims,
                                  struct text client) {
  const struct json *aud = json_member(claims, TEXT("aud"));
  const struct json *azp = json_member(claims, TEXT("azp"));
  if (!is_for(aud, client)) {
    return "the ID token is for another client: \"aud\" does not have this "
           "one's id";
  }
  if (azp == NULL) {
    return aud->type == JSON_LIST && aud->count > 1
               ? "the ID token is for several clients, and \"azp\" does not "
                 "say that this one asked for it"
               : NULL;
  }
  return azp->type == JSON_TEXT && text_equal(azp->text, client)
             ? NULL
             : "another client asked for the ID token: \"azp\" is not this "
               "one's id";
}

/* ---- when */

static enum oidc_fault check_times(const struct json *claims, int64_t now_s,
                                   const char **why) {
  int64_t exp = 0, iat = 0, nbf = now_s;
  const bool has_nbf = json_member(claims, TEXT("nbf")) != NULL;
  if (!read_time(claims, TEXT("exp"), &exp) ||
      !read_time(claims, TEXT("iat"), &iat) ||
      (has_nbf && !read_time(claims, TEXT("nbf"), &nbf))) {
    *why = "the ID token does not say how long it is good: \"exp\" and \"iat\" "
           "are seconds since 1970";
    return OIDC_TOKEN;
  }
  if (iat > now_s + OIDC_SKEW_S || nbf > now_s + OIDC_SKEW_S) {
    *why = "the ID token is from the future";
    return OIDC_CLOCK;
  }
  if (exp <= now_s - OIDC_SKEW_S) {
    *why = "the ID token has expired";
    return OIDC_CLOCK;
  }
  return OIDC_FINE;
}

/* ---- what it belongs to */

/* The left half of the access token's SHA-256: all algorithms here have it. */
static bool fits_access_token(const struct json *claims,
                              struct text access_token) {
  enum { HALF = DIGEST_SHA256_SIZE / 2 };
  const struct json *m = json_member(claims, TEXT("at_hash"));
  uint8_t hash[DIGEST_SHA256_SIZE];
  char right[BASE64URL_LEN(HALF)];
  if (m == NULL || access_token.len == 0) {
    return true;
  }
  digest_sha256(access_token, hash);
  base64url_write(hash, HALF, right);
  return m->type == JSON_TEXT &&
         text_equal(m->text, (struct text){right, sizeof right});
}

static const char *check_belonging(const struct json *claims,
                                   const struct oidc_expected *expected) {
  const struct text sub = json_member_text(claims, TEXT("sub"));
  if (!text_equal(json_member_text(claims, TEXT("iss")), expected->issuer)) {
    return "the ID token's \"iss\" is not the issuer of the configuration";
  }
  if (sub.len == 0 || sub.len > OIDC_SUBJECT_MAX) {
    return "the ID token does not say whose it is: \"sub\" has 1 to 255 "
           "characters";
  }
  const char *why = check_audience(claims, expected->client);
  if (why != NULL) {
    return why;
  }
  if (!same_secret(json_member_text(claims, TEXT("nonce")), expected->nonce)) {
    return "the ID token is of another sign-in: \"nonce\" is not what was sent";
  }
  return fits_access_token(claims, expected->access_token)
             ? NULL
             : "the ID token belongs to another access token (\"at_hash\")";
}

enum oidc_fault oidc_check_claims(const struct jwt *token,
                                  const struct oidc_expected *expected,
                                  const char **why) {
  if ((expected->algs >> token->alg & 1) == 0) {
    *why =
        "the ID token is signed with an algorithm that \"algorithms\" of the "
        "configuration does not name";
    return OIDC_TOKEN;
  }
  const char *wrong = check_belonging(token->claims, expected);
  if (wrong != NULL) {
    *why = wrong;
    return OIDC_TOKEN;
  }
  return check_times(token->claims, expected->now_s, why);
}
