#include "oidc/attempt.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/digest.h"

/* ---- where to return to */

static bool is_path_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') ||
         (c != '\0' && strchr("/-_.~?=&%+:,#", c) != NULL);
}

/* A browser takes "//host" and "/\host" for another server. */
bool attempt_may_return(struct text path) {
  size_t i = 0;
  while (i < path.len && is_path_char(path.ptr[i])) {
    i++;
  }
  return i == path.len && path.len <= ATTEMPT_RETURN_MAX &&
         text_starts(path, TEXT("/")) && !text_starts(path, TEXT("//"));
}

/* ---- the cookie: RANDOM.SECONDS.PATH */

size_t attempt_write_cookie(const uint8_t random[ATTEMPT_BYTES], int64_t now_s,
                            struct text path, char out[ATTEMPT_COOKIE_MAX]) {
  char seconds[24];
  bt_check(attempt_may_return(path) && now_s >= 0);
  const int n = snprintf(seconds, sizeof seconds, ".%lld.", (long long)now_s);
  base64url_write(random, ATTEMPT_BYTES, out);
  memcpy(out + ATTEMPT_TEXT, seconds, (size_t)n);
  base64url_write((const uint8_t *)path.ptr, path.len, out + ATTEMPT_TEXT + n);
  return ATTEMPT_TEXT + (size_t)n + BASE64URL_LEN(path.len);
}

static bool is_fresh(struct text seconds, int64_t now_s) {
  int64_t began_s = 0;
  return text_to_i64(seconds, &began_s) && began_s <= now_s &&
         now_s - began_s <= ATTEMPT_LIFE_S;
}

bool attempt_read_cookie(struct arena *arena, struct text cookie, int64_t now_s,
                         struct text *path) {
  const size_t first = text_find(cookie, TEXT("."), 0);
  const size_t second = text_find(cookie, TEXT("."), first + 1);
  struct text given;
  *path = TEXT("/");
  if (first != ATTEMPT_TEXT || second >= cookie.len ||
      base64url_read(arena, text_sub(cookie, second + 1, cookie.len), &given) !=
          BT_ERR_OK ||
      !attempt_may_return(given)) {
    return false;
  }
  *path = given;
  return is_fresh(text_sub(cookie, first + 1, second - first - 1), now_s);
}

/* ---- what follows from it */

static void derive(const uint8_t key[ATTEMPT_BYTES], const char *what,
                   struct text of, char out[ATTEMPT_TEXT]) {
  uint8_t inner[DIGEST_SHA256_SIZE], mac[DIGEST_SHA256_SIZE];
  digest_hmac_sha256((struct text){(const char *)key, ATTEMPT_BYTES},
                     text_from(what), inner);
  digest_hmac_sha256((struct text){(const char *)inner, sizeof inner}, of, mac);
  base64url_write(mac, sizeof mac, out);
}

void attempt_derive(const uint8_t key[ATTEMPT_BYTES], struct text provider,
                    struct text cookie, struct attempt *out) {
  uint8_t of_provider[DIGEST_SHA256_SIZE], hash[DIGEST_SHA256_SIZE];
  digest_hmac_sha256((struct text){(const char *)key, ATTEMPT_BYTES}, provider,
                     of_provider);
  derive(of_provider, "state", cookie, out->state);
  derive(of_provider, "nonce", cookie, out->nonce);
  derive(of_provider, "verifier", cookie, out->verifier);
  /* RFC 7636, section 4.2 */
  digest_sha256((struct text){out->verifier, ATTEMPT_TEXT}, hash);
  base64url_write(hash, sizeof hash, out->challenge);
}
