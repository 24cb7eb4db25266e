/* People who sign in at a provider (OpenID Connect): the browser goes there
 * with a question that only it can answer, and comes back with a code.
 *
 * The cookie of such an attempt must come along when another site leads the
 * browser back to us, so it is SameSite=Lax; it signs nobody in. The session's
 * own cookie is Strict: the page that follows is ours, and what it asks is sent
 * with it.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "api/serve_priv.h"
#include "base/digest.h"
#include "oidc/attempt.h"

/* __Host-: no neighbouring host can plant one. */
#define ATTEMPT_COOKIE     "baton-oidc-"
#define ATTEMPT_COOKIE_TLS "__Host-baton-oidc-"

/* What a call keeps while the provider is asked; in its arena. */
struct entrance {
  struct text provider; /* its id */
  struct text cookie;   /* Set-Cookie of the answer */
  struct text back;     /* the page to go on to */
};

/* ---- the attempt */

void attempts_init(struct api *api, struct text secret) {
  digest_hmac_sha256(secret, TEXT("baton attempts to sign in"),
                     api->attempt_key);
}

static struct text attempt_cookie(struct call *c, struct text provider,
                                  struct text value, int64_t seconds) {
  const struct call_cookie_kind kind = {
      .name = call_format(
          c, "%s%.*s=", call_is_tls(c) ? ATTEMPT_COOKIE_TLS : ATTEMPT_COOKIE,
          TEXT_ARG(provider)),
      .same_site = "Lax",
      .seconds = seconds};
  return value.len == 0 && seconds > 0 ? call_cookie_named(c, kind.name)
                                       : call_set_cookie(c, &kind, value);
}

/* False: it has brought somebody in, or out, before. */
static bool use_attempt(struct api *api, const struct attempt *attempt) {
  struct attempts_used *used = &api->attempts_used;
  uint64_t state;
  memcpy(&state, attempt->state, sizeof state);
  for (size_t i = 0; i < USED_ATTEMPTS; i++) {
    if (used->states[i] == state) {
      return false;
    }
  }
  used->states[used->next] = state;
  used->next = (used->next + 1) % USED_ATTEMPTS;
  return true;
}

/* ---- answers */

static void fail(struct call *c, enum oidc_fault fault, struct text detail) {
  const struct entrance *e = c->of_handler;
  const struct signin_fault page = {
      .fault = fault, .detail = detail, .back = e->back, .cookie = e->cookie};
  const struct oidc_fault_info *info = oidc_fault_info(fault);
  const struct api_log entry = {
      .level = info->http >= 500 ? API_LOG_WARNING : API_LOG_INFO,
      .what = "signin.refused",
      .request = c->by.request,
      .who = e->provider,
      .detail = call_format(c, "%s: %.*s", info->wire, TEXT_ARG(detail)),
      .code = info->http};
  api_note(c->api, &entry);
  call_show_fault(c, &page);
}

static void fail_start(struct call *c, enum bt_err err) {
  fail(c, OIDC_BUSY, text_from(bt_err_text(err)));
}

static void lead(struct call *c, struct text location, struct text session) {
  const struct entrance *e = c->of_handler;
  const struct reply r = {.code = 303,
                          .location = location,
                          .cookie = e->cookie,
                          .other_cookie = session,
                          .page = true};
  call_reply(c, &r);
}

/* ---- which ways there are */

void serve_ways_in(struct call *c) {
  const bool accounts = c->api->options.accounts != NULL;
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "password");
  json_put_bool(&o, accounts && !c->api->no_passwords);
  json_key(&o, "providers");
  json_open_list(&o);
  for (size_t i = 0; accounts && i < oidc_count(c->api->oidc); i++) {
    const struct oidc_settings *s = oidc_at(c->api->oidc, i);
    json_open_object(&o);
    json_key(&o, "id");
    json_put_text(&o, s->id);
    json_key(&o, "name");
    json_put_text(&o, s->name);
    json_key(&o, "path");
    json_put_text(&o, call_format(c, "/api/v1/login/%.*s", TEXT_ARG(s->id)));
    json_close_object(&o);
  }
  json_close_list(&o);
  json_close_object(&o);
  const struct reply r = {.code = 200, .body = textbuf_text(&c->out)};
  call_reply(c, &r);
}

/* NULL: answered. */
static struct entrance *find_provider(struct call *c) {
  if (!call_has_accounts(c)) {
    return NULL;
  }
  if (oidc_find(c->api->oidc, c->params[0]) == NULL) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                call_format(c,
                            "Nobody signs in by '%.*s'; GET /api/v1/login "
                            "lists the providers.",
                            TEXT_ARG(c->params[0])),
                TEXT(""));
    return NULL;
  }
  struct entrance *e = arena_alloc(&c->arena, sizeof *e);
  if (e == NULL) {
    call_refuse_memory(c);
    return NULL;
  }
  *e = (struct entrance){.provider = c->params[0], .back = TEXT("/")};
  c->of_handler = e;
  return e;
}

static uint64_t address_of(struct call *c) {
  struct http_request *req = call_request(c);
  const struct guess who =
      guess_of(&c->api->guesses, TEXT(""),
               req == NULL ? TEXT("") : http_request_peer(req));
  return who.address;
}

/* ---- going there */

static void on_begun(void *ctx, const struct oidc_answer *answer) {
  struct call *c = ctx;
  struct entrance *e = c->of_handler;
  if (answer->fault != OIDC_FINE) {
    e->cookie = TEXT("");
    fail(c, answer->fault, answer->detail);
    return;
  }
  lead(c, answer->url, TEXT(""));
}

void serve_sign_in_at(struct call *c) {
  struct entrance *e = find_provider(c);
  const struct text wanted = call_query(c, TEXT("return"));
  if (e == NULL) {
    return;
  }
  if (wanted.len > 0 && !attempt_may_return(wanted)) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                TEXT("?return= is a path of this server, such as /desk/."),
                TEXT(""));
    return;
  }
  e->back = wanted.len > 0 ? wanted : e->back;
  uint8_t random[ATTEMPT_BYTES];
  char value[ATTEMPT_COOKIE_MAX];
  struct attempt attempt;
  api_random(c->api, random, sizeof random);
  const struct text cookie = {
      value, attempt_write_cookie(random, api_now_us(c->api) / 1000000, e->back,
                                  value)};
  attempt_derive(c->api->attempt_key, e->provider, cookie, &attempt);
  e->cookie = attempt_cookie(c, e->provider, cookie, ATTEMPT_LIFE_S);
  const struct oidc_asked asked = {
      .from = address_of(c),
      .state = {attempt.state, ATTEMPT_TEXT},
      .nonce = {attempt.nonce, ATTEMPT_TEXT},
      .challenge = {attempt.challenge, ATTEMPT_TEXT}};
  const enum bt_err err =
      oidc_begin(c->api->oidc, e->provider, &asked, on_begun, c);
  if (err != BT_ERR_OK) {
    fail_start(c, err);
  }
}

/* ---- coming back */

static void let_in(struct call *c, const struct account *account) {
  const struct entrance *e = c->of_handler;
  const struct text login = account_text(&account->login);
  struct text session;
  const enum bt_err err = call_let_in(c, login, e->provider, &session);
  if (err != BT_ERR_OK) {
    fail(c, err == BT_ERR_NOT_FOUND ? OIDC_DISABLED : OIDC_STORE,
         text_from(bt_err_text(err)));
    return;
  }
  const struct api_log entry = {
      .level = API_LOG_INFO,
      .what = "signin",
      .request = c->by.request,
      .who = login,
      .detail = call_format(c, "by %.*s", TEXT_ARG(e->provider))};
  api_note(c->api, &entry);
  lead(c, e->back, session);
}

static void on_person(void *ctx, const struct oidc_answer *answer) {
  struct call *c = ctx;
  const struct entrance *e = c->of_handler;
  struct account account = {.disabled = false};
  struct text detail = TEXT("");
  if (answer->fault != OIDC_FINE) {
    fail(c, answer->fault, answer->detail);
    return;
  }
  const enum oidc_fault fault =
      call_find_account(c, oidc_find(c->api->oidc, e->provider), answer->person,
                        &account, &detail);
  c->by.name = arena_copy_text(&c->arena, account_text(&account.login));
  if (fault != OIDC_FINE) {
    fail(c, fault, detail);
  } else {
    let_in(c, &account);
  }
}

/* Is it the answer to what this browser asked, and for the first time? */
static bool take_attempt(struct call *c, struct entrance *e,
                         struct attempt *out) {
  const struct text state = call_query(c, TEXT("state"));
  const struct text cookie =
      attempt_cookie(c, e->provider, TEXT(""), ATTEMPT_LIFE_S);
  const bool fresh = attempt_read_cookie(
      &c->arena, cookie, api_now_us(c->api) / 1000000, &e->back);
  if (!fresh) {
    fail(c, OIDC_ATTEMPT,
         cookie.len == 0 ? TEXT("the browser has no cookie of it")
                         : TEXT("it is too old"));
    return false;
  }
  attempt_derive(c->api->attempt_key, e->provider, cookie, out);
  if (state.len != ATTEMPT_TEXT ||
      CRYPTO_memcmp(state.ptr, out->state, ATTEMPT_TEXT) != 0) {
    fail(c, OIDC_ATTEMPT,
         TEXT("\"state\" is not what this browser was sent with"));
    return false;
  }
  /* Whoever leads a browser here with another state takes nothing from it. */
  e->cookie = attempt_cookie(c, e->provider, TEXT(""), 0);
  if (!use_attempt(c->api, out)) {
    fail(c, OIDC_ATTEMPT, TEXT("it has been used"));
    return false;
  }
  return true;
}

/* False and answered: the provider says no (RFC 6749, section 4.1.2.1). */
static bool take_code(struct call *c, struct text *code) {
  const struct text error = call_query(c, TEXT("error"));
  *code = call_query(c, TEXT("code"));
  if (error.len == 0 && code->len > 0) {
    return true;
  }
  const struct text words = call_query(c, TEXT("error_description"));
  fail(c,
       text_equal(error, TEXT("access_denied")) ? OIDC_DENIED : OIDC_PROVIDER,
       error.len == 0
           ? TEXT("it sent neither a code nor an error")
           : call_format(c, "%.*s: %.*s", TEXT_ARG(error), TEXT_ARG(words)));
  return false;
}

void serve_signed_in_at(struct call *c) {
  struct entrance *e = find_provider(c);
  struct attempt attempt;
  struct text code;
  if (e == NULL) {
    return;
  }
  call_audit(c, "signIn");
  if (!take_attempt(c, e, &attempt) || !take_code(c, &code)) {
    return;
  }
  const struct oidc_brought brought = {
      .from = address_of(c),
      .code = code,
      .verifier = {attempt.verifier, ATTEMPT_TEXT},
      .nonce = {attempt.nonce, ATTEMPT_TEXT},
      .issuer = call_query(c, TEXT("iss"))};
  const enum bt_err err =
      oidc_finish(c->api->oidc, e->provider, &brought, on_person, c);
  if (err != BT_ERR_OK) {
    fail_start(c, err);
  }
}

/* ---- leaving */

/* Here they have left already, whatever the provider says. */
static void on_left(void *ctx, const struct oidc_answer *answer) {
  struct call *c = ctx;
  const struct entrance *e = c->of_handler;
  const bool next = answer->fault == OIDC_FINE && answer->url.len > 0;
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "next");
  json_put_text(&o, answer->url);
  json_close_object(&o);
  const struct reply r = {.code = next ? 200 : 204,
                          .body = next ? textbuf_text(&c->out) : TEXT(""),
                          .cookie = e->cookie};
  call_reply(c, &r);
}

bool call_leave_provider(struct call *c, struct text provider,
                         struct text cookie) {
  struct entrance *e = oidc_find(c->api->oidc, provider) == NULL
                           ? NULL
                           : arena_alloc(&c->arena, sizeof *e);
  if (e == NULL) {
    return false;
  }
  e->cookie = cookie;
  c->of_handler = e;
  return oidc_leave(c->api->oidc, provider, on_left, c) == BT_ERR_OK;
}

/* ---- life */

static int64_t clock_us(void *ctx) {
  return api_now_us(ctx);
}

enum bt_err api_set_signin(struct api *api, const struct api_signin *signin,
                           const struct outbound_rules *rules) {
  struct oidc *fresh = NULL;
  struct textbuf public_url;
  const struct oidc_options options = {.mem = api->mem,
                                       .loop = api->options.loop,
                                       .list = signin->providers,
                                       .count = signin->provider_count,
                                       .public_url = signin->public_url,
                                       .rules = rules,
                                       .ctx = api,
                                       .unix_us = clock_us};
  textbuf_init(&public_url, api->mem);
  textbuf_add(&public_url, signin->public_url);
  enum bt_err err = public_url.failed ? BT_ERR_NOMEM : BT_ERR_OK;
  if (err == BT_ERR_OK && signin->provider_count > 0) {
    err = oidc_create(&options, &fresh);
  }
  if (err != BT_ERR_OK) {
    textbuf_free(&public_url);
    return err;
  }
  textbuf_free(&api->public_url);
  api->public_url = public_url;
  if (api->oidc != NULL) {
    oidc_cancel(api->oidc);
    oidc_free(api->oidc);
  }
  api->oidc = fresh;
  api->no_passwords = !signin->passwords;
  api->public_tls = text_starts(signin->public_url, TEXT("https://"));
  return BT_ERR_OK;
}
