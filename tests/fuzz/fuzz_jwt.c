/* fuzz_jwt.c - a token, a provider's keys and what it says about itself, as a
 * stranger could send them.
 *
 * The input is a JWK set or a discovery document, a line end, and a token. A
 * token that is read has one spelling: its parts, written anew, are the token.
 * Of the keys, whatever is kept has a use. None has signed a token that nobody
 * signed: the corpus has tokens, and no private key is there. Of a document
 * that is taken every endpoint is asked over TLS, as its issuer is.
 */
#include <string.h>

#include "base/check.h"
#include "domain/heap.h"
#include "net/url.h"
#include "oidc/base64url.h"
#include "oidc/claims.h"
#include "oidc/keys.h"
#include "oidc/metadata.h"
#include "oidc/person.h"

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

/* Whoever has a subject has a name; nobody has a role that no grant gives. */
static void check_person(const struct json *claims) {
  const struct oidc_grant grant = {TEXT("agent"), TEXT("agents")};
  const struct oidc_settings settings = {.claim = TEXT("groups"),
                                         .grants = &grant,
                                         .grant_count = 1,
                                         .agent_claim = TEXT("sub")};
  struct oidc_person person;
  oidc_read_person(&settings, claims, &person);
  bt_check(person.subject.len == 0 ||
           (person.login.len > 0 && person.name.len > 0));
  bt_check(person.role.len == 0 || text_equal(person.role, grant.role));
  bt_check(person.role.len == 0 || json_member(claims, settings.claim) != NULL);
  (void)oidc_wants_more(&settings, claims);
}

static void check_endpoint(struct text url, bool needed) {
  struct url_parts parts;
  const char *why;
  bt_check(url.len == 0 ? !needed : url_split(url, &parts, &why) && parts.tls);
}

static void check_metadata(struct arena *arena, struct text document) {
  struct oidc_metadata m;
  const char *why = NULL;
  const enum bt_err err = oidc_metadata_read(
      arena, document, TEXT("https://id.shop.example"), &m, &why);
  bt_check((err == BT_ERR_OK) == (why == NULL));
  if (err == BT_ERR_OK) {
    check_endpoint(m.authorization, true);
    check_endpoint(m.token, true);
    check_endpoint(m.keys, true);
    check_endpoint(m.userinfo, false);
    check_endpoint(m.end_session, false);
  }
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
    check_person(jwt.claims);
  }
  check_metadata(&arena, text_sub(input, 0, line));
  check_keys(&arena, text_sub(input, 0, line), read ? &jwt : NULL);
  arena_free(&arena);
  return 0;
}
