/* OAuth client credentials (RFC 6749, 4.4): tokens in and out.
 *
 * A token is signed, not stored: a random name, when it ends, whose it is, and
 * an HMAC of that under the server's secret and the client's. It survives every
 * restart, and ends with the client's secret. One that was given back is kept
 * by its name until its end.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "genesys/genesys_priv.h"
#include "net/url.h"

enum {
  SECOND_US = 1000000,
  NAME_HEX = 16,
  END_HEX = 16,
  WHO_HEX = 16,
  HEAD_HEX = NAME_HEX + END_HEX + WHO_HEX,
  MAC_HEX = 64,
  PAIR_MAX = 1024
};

_Static_assert(HEAD_HEX + MAC_HEX == GENESYS_TOKEN_TEXT, "a token's parts");

/* ---- clients */

static const struct genesys_client *find_client(const struct genesys *g,
                                                struct text id) {
  for (size_t i = 0; i < g->settings.client_count; i++) {
    if (text_equal(g->settings.clients[i].id, id)) {
      return &g->settings.clients[i];
    }
  }
  return NULL;
}

/* Takes as long for a wrong secret as for the right one. */
static bool same_secret(struct text a, struct text b) {
  uint8_t x[DIGEST_SHA256_SIZE], y[DIGEST_SHA256_SIZE];
  digest_sha256(a, x);
  digest_sha256(b, y);
  return CRYPTO_memcmp(x, y, sizeof x) == 0;
}

/* ---- tokens */

static void sign(const struct genesys *g, const struct genesys_client *client,
                 struct text head, char out[MAC_HEX]) {
  struct textbuf b;
  uint8_t mac[DIGEST_SHA256_SIZE] = {0};
  textbuf_init(&b, g->mem);
  textbuf_addf(&b, "%.*s\n%.*s\n%.*s", TEXT_ARG(head), TEXT_ARG(client->id),
               TEXT_ARG(client->secret));
  digest_hmac_sha256((struct text){(const char *)g->secret, sizeof g->secret},
                     textbuf_text(&b), mac);
  textbuf_free(&b);
  hex_write(mac, sizeof mac, out);
}

static uint64_t who_of(const struct genesys_client *c) {
  return hash_text(c->id);
}

static void make_token(struct genesys *g, const struct genesys_client *client,
                       int64_t ends_s, char out[GENESYS_TOKEN_TEXT + 1]) {
  uint64_t name;
  api_fill_random(g->api, &name, sizeof name);
  (void)snprintf(out, HEAD_HEX + 1, "%016llx%016llx%016llx",
                 (unsigned long long)name, (unsigned long long)ends_s,
                 (unsigned long long)who_of(client));
  sign(g, client, (struct text){out, HEAD_HEX}, out + HEAD_HEX);
  out[GENESYS_TOKEN_TEXT] = '\0';
}

static uint64_t hex_number(struct text t) {
  uint64_t n = 0;
  for (size_t i = 0; i < t.len; i++) {
    const char c = t.ptr[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                             : 16;
    if (digit > 15) {
      return UINT64_MAX; /* signed by nobody */
    }
    n = n << 4 | (uint64_t)digit;
  }
  return n;
}

static struct text token_name(struct text token) {
  return text_sub(token, 0, NAME_HEX);
}

static int64_t token_end_s(struct text token) {
  return (int64_t)hex_number(text_sub(token, NAME_HEX, END_HEX));
}

/* NULL: it is none of ours, too old, or was given back. */
static const struct genesys_client *check_token(struct genesys *g,
                                                struct text token) {
  char mac[MAC_HEX];
  if (token.len != GENESYS_TOKEN_TEXT) {
    return NULL;
  }
  const uint64_t who = hex_number(text_sub(token, NAME_HEX + END_HEX, WHO_HEX));
  const int64_t ends_s = token_end_s(token);
  for (size_t i = 0; i < g->settings.client_count; i++) {
    const struct genesys_client *c = &g->settings.clients[i];
    if (who_of(c) != who) {
      continue;
    }
    sign(g, c, text_sub(token, 0, HEAD_HEX), mac);
    const bool good =
        CRYPTO_memcmp(mac, token.ptr + HEAD_HEX, MAC_HEX) == 0 &&
        ends_s > api_unix_us(g->api) / SECOND_US &&
        shelf_get(&g->shelf, SHELF_REVOKED, token_name(token)).len == 0;
    return good ? c : NULL;
  }
  return NULL;
}

/* ---- logging in */

static void refuse_login(struct ask *a, int status, const char *error,
                         struct text why) {
  const struct ask_error e = {.status = status,
                              .code = status == 401 ? "bad.credentials"
                                                    : "bad.request",
                              .message = why,
                              .entity = TEXT("")};
  /* RFC 6749, 5.2, and the error of every other call in one. */
  struct json_out o = ask_json(a);
  json_open_object(&o);
  error_put(a, &e, &o);
  put_key_text(&o, "error", text_from(error));
  put_key_text(&o, "error_description", why);
  put_key_text(&o, "description", why);
  json_close_object(&o);
  ask_send(a, status);
}

/* "id:secret" out of Basic; RFC 7617. False: it is none. */
static bool read_basic(struct ask *a, struct text header, struct text *id,
                       struct text *secret) {
  const struct text scheme = TEXT("Basic ");
  unsigned char bytes[PAIR_MAX];
  const struct text code = text_trim(text_sub(header, scheme.len, header.len));
  if (!text_equal_nocase(text_sub(header, 0, scheme.len), scheme) ||
      code.len % 4 != 0 || code.len == 0 || code.len / 4 * 3 > sizeof bytes) {
    return false;
  }
  const int n =
      EVP_DecodeBlock(bytes, (const unsigned char *)code.ptr, (int)code.len);
  const size_t padding = text_ends(code, TEXT("=="))  ? 2
                         : text_ends(code, TEXT("=")) ? 1
                                                      : 0;
  if (n < 0 || (size_t)n < padding) {
    return false;
  }
  const struct text pair = arena_copy_text(
      &a->arena, (struct text){(const char *)bytes, (size_t)n - padding});
  const size_t colon = text_find(pair, TEXT(":"), 0);
  *id = text_sub(pair, 0, colon);
  *secret = text_sub(pair, colon + 1, pair.len);
  return pair.ptr != NULL && colon < pair.len;
}

static struct text form_value(struct ask *a, const char *name) {
  const struct text query = a->query;
  a->query = a->raw; /* a form is written as a query is */
  const struct text value = ask_query(a, name);
  a->query = query;
  return value;
}

static void answer_token(struct ask *a, const struct genesys_client *client) {
  char token[GENESYS_TOKEN_TEXT + 1];
  const int64_t life_s = a->g->settings.token_s;
  make_token(a->g, client, api_unix_us(a->g->api) / SECOND_US + life_s, token);
  struct json_out o = ask_json(a);
  json_open_object(&o);
  put_key_text(&o, "access_token", text_from(token));
  put_key_text(&o, "token_type", TEXT("bearer"));
  put_key_i64(&o, "expires_in", life_s);
  json_close_object(&o);
  ask_send(a, 200);
}

/* NULL: there is no such client, or its secret is another. */
static const struct genesys_client *
find_proven(const struct genesys *g, struct text id, struct text secret) {
  const struct genesys_client *client = find_client(g, id);
  return client != NULL && same_secret(client->secret, secret) ? client : NULL;
}

static struct text decoded(struct ask *a, struct text t) {
  struct textbuf b;
  textbuf_init(&b, a->g->mem);
  const bool good = url_decode_query(t, &b) && !b.failed;
  const struct text copy =
      good ? arena_copy_text(&a->arena, textbuf_text(&b)) : t;
  textbuf_free(&b);
  return copy;
}

void genesys_login(struct ask *a) {
  struct http_request *req = http_request_find(a->g->server, a->ref);
  const struct text header = http_request_header(req, TEXT("Authorization"));
  struct text id = form_value(a, "client_id");
  struct text secret = form_value(a, "client_secret");
  if (header.ptr != NULL && !read_basic(a, header, &id, &secret)) {
    refuse_login(a, 400, "invalid_request",
                 TEXT("Authorization must be Basic, with the client's id and "
                      "secret."));
    return;
  }
  if (!text_equal(form_value(a, "grant_type"), TEXT("client_credentials"))) {
    refuse_login(a, 400, "unsupported_grant_type",
                 TEXT("The grant type is client_credentials: send "
                      "grant_type=client_credentials as a form."));
    return;
  }
  /* As they are, which is how the SDK writes them, or as a form's values, which
   * is what RFC 6749, 2.3.1, wants. */
  const struct genesys_client *client = find_proven(a->g, id, secret);
  client = client != NULL
               ? client
               : find_proven(a->g, decoded(a, id), decoded(a, secret));
  if (client == NULL) {
    refuse_login(a, 401, "invalid_client",
                 TEXT("There is no such client, or its secret is another."));
    return;
  }
  answer_token(a, client);
}

/* ---- who asks */

static bool refuse_token(struct ask *a, const char *code, const char *why) {
  ask_fail_code(a, 401, code, text_from(why));
  return false;
}

static bool take_client(struct ask *a, const struct genesys_client *c) {
  a->client_id = arena_copy_text(&a->arena, c->id);
  a->user = arena_copy_text(&a->arena, c->user);
  a->by.role = c->role;
  a->by.name = c->role == ROLE_AGENT ? a->user : a->client_id;
  a->by.number = c->role == ROLE_AGENT
                     ? directory_agent(genesys_directory(a->g), a->user)
                     : SESSION_NOBODY;
  if (c->role == ROLE_AGENT && a->by.number == DIR_NONE) {
    ask_fail_code(a, 403, "not.authorized",
                  TEXT("The centre has no agent of this client's name."));
    return false;
  }
  return true;
}

static bool within_rate(struct ask *a) {
  char why[160];
  if (api_within_rate(a->g->api, &a->by, why, &a->retry_after_ms)) {
    return true;
  }
  ask_fail_code(a, 429, "too.many.requests", ask_format(a, "%s", why));
  return false;
}

bool oauth_identify(struct ask *a, struct http_request *req) {
  const struct text token = http_request_bearer(req);
  if (token.ptr == NULL) {
    const bool none =
        http_request_header(req, TEXT("Authorization")).ptr == NULL;
    return refuse_token(a, "authentication.required",
                        none ? "No authentication bearer token specified in "
                               "authorization header."
                             : "Authorization must be Bearer TOKEN.");
  }
  a->token = arena_copy_text(&a->arena, token);
  const struct genesys_client *c = check_token(a->g, a->token);
  if (c == NULL) {
    return refuse_token(a, "bad.credentials", "Invalid login credentials.");
  }
  return take_client(a, c) && within_rate(a);
}

/* ---- the token itself */

void genesys_token(struct ask *a) {
  struct json_out o = ask_json(a);
  json_open_object(&o);
  json_key(&o, "organization");
  put_ref(&o, "/organizations/", TEXT("me"), TEXT("Baton"));
  json_key(&o, "homeOrganization");
  put_ref(&o, "/organizations/", TEXT("me"), TEXT("Baton"));
  json_key(&o, "OAuthClient");
  put_ref(&o, "/oauth/clients/", a->client_id, a->client_id);
  json_close_object(&o);
  ask_send(a, 200);
}

/* Names whose tokens have ended by themselves are forgotten. */
static enum bt_err forget_ended(struct genesys *g, int64_t now_s) {
  size_t at = 0;
  enum bt_err err = BT_ERR_OK;
  for (const struct shelf_entry *e;
       err == BT_ERR_OK &&
       (e = shelf_next(&g->shelf, SHELF_REVOKED, &at)) != NULL;) {
    int64_t ends_s = 0;
    if (text_to_i64(e->value, &ends_s) && ends_s <= now_s) {
      err = shelf_put(&g->shelf, SHELF_REVOKED, e->key, TEXT(""));
      at = 0;
    }
  }
  return err;
}

void genesys_logout(struct ask *a) {
  const struct text ends =
      ask_format(a, "%lld", (long long)token_end_s(a->token));
  if (forget_ended(a->g, api_unix_us(a->g->api) / SECOND_US) != BT_ERR_OK ||
      shelf_put(&a->g->shelf, SHELF_REVOKED, token_name(a->token), ends) !=
          BT_ERR_OK) {
    ask_fail_code(a, 503, "service.unavailable",
                  TEXT("The file of what was given back cannot be written."));
    return;
  }
  ask_send_empty(a, 200);
}
