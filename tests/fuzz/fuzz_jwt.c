/* fuzz_jwt.c - a token and a provider's keys, as a stranger could send them.
 *
 * The input is a JWK set, a line end, and a token. A token that is read has one
 * spelling: its parts, written anew, are the token. Of the keys, whatever is
 * kept has a use. None has signed a token that nobody signed: the corpus has
 * tokens, and no private key is there.
 */
#include <string.h>

#include "base/check.h"
#include "domain/heap.h"
#include "oidc/base64url.h"
#include "oidc/claims.h"
#include "oidc/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_spelling(struct text token, const struct jwt *jwt) {
  static char again[JWT_BYTES_MAX];
  const size_t len = BASE64URL_LEN(jwt->signature.len);
  bt_check(jwt->signed_part.len + 1 + len == token.len);
  base64url_write((const uint8_t *)jwt->signature.ptr, jwt->signature.len,
                  again);
  bt_check(memcmp(again, token.ptr + jwt->signed_part.len + 1, len) == 0);
  bt_check(jwt->alg < JWT_ALGS && jwt->claims->type == JSON_OBJECT);
}

/* Every claim is looked at, whatever the token says of its algorithm. */
static void check_claims(const struct jwt *jwt) {
  const char *why = NULL;
  const struct oidc_expected expected = {.issuer =
                                             TEXT("https://id.shop.example"),
                                         .client = TEXT("baton"),
                                         .nonce = TEXT("n"),
                                         .access_token = TEXT("a"),
                                         .algs = (1u << JWT_ALGS) - 1,
                                         .now_s = 1700000000};
  const enum oidc_fault fault = oidc_check_claims(jwt, &expected, &why);
  bt_check((fault == OIDC_FINE) == (why == NULL));
}

static void check_keys(struct arena *arena, struct text set,
                       const struct jwt *jwt) {
  struct oidc_keys keys;
  const char *why = NULL;
  if (oidc_keys_read(arena, set, &keys, &why) != BT_ERR_OK) {
    return;
  }
  bt_check(keys.count > 0 && keys.count <= OIDC_KEYS_MAX);
  const struct oidc_key *key = jwt == NULL ? NULL : oidc_keys_find(&keys, jwt);
  if (key != NULL) {
    bt_check((key->algs >> jwt->alg & 1) != 0);
    (void)oidc_key_has_signed(key, jwt);
  }
  oidc_keys_free(&keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct text input = {(const char *)data, size};
  const size_t line = text_find(input, TEXT("\n"), 0);
  const struct text token = text_sub(input, line + 1, size);
  struct arena arena;
  struct jwt jwt;
  const char *why = NULL;
  arena_init(&arena, heap_mem(), 0);
  const bool read = jwt_read(&arena, token, &jwt, &why) == BT_ERR_OK;
  bt_check(read == (why == NULL));
  if (read) {
    check_spelling(token, &jwt);
    check_claims(&jwt);
  }
  check_keys(&arena, text_sub(input, 0, line), read ? &jwt : NULL);
  arena_free(&arena);
  return 0;
}
