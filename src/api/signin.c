/* People who sign in, from the pages of this server; here with a password.
 *
 * What the browser keeps is a cookie that no script can read and that no page
 * of another site sends (HttpOnly, SameSite=Strict); whatever such a page gets
 * sent all the same is refused by its origin. A password takes a tenth of a
 * second to look at: another thread does it.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "api/serve_priv.h"
#include "base/check.h"

#define COOKIE_NAME TEXT("baton=")
/* __Host-: no neighbouring host can plant one, of a session of its own. */
#define COOKIE_NAME_TLS TEXT("__Host-baton=")

#define STILL_EVERY_US  (10 * INT64_C(1000000))

enum {
  SIGNINS_MAX = 256,   /* looked at, or waiting to be */
  OF_ADDRESS_MAX = 32, /* of them, of one address, */
  LOOKED_AT_MAX = 2,   /* and of those looked at at once */
  BUSY_RETRY_MS = 2000
};

/* One password on its way. The api is NULL once it was freed: what comes back
 * then has nobody to answer. */
struct signin {
  struct signin *next, *prev;
  const struct mem *mem;
  struct api *api;
  struct call *call;
  struct account_text login;
  struct guess guess;
  char hash[ACCOUNT_HASH_MAX];
  char password[PASSWORD_MAX];
  size_t password_len;
  bool known; /* the login is an account's */
  bool fits;
  bool waits; /* for others of its address */
};

/* ---- the page and its cookie */

/* "a=1; baton=0123…; b=2" */
static struct text cookie_named(const struct http_request *req,
                                struct text name) {
  struct text rest =
      req == NULL ? TEXT("") : http_request_header(req, TEXT("Cookie"));
  while (rest.len > 0) {
    const size_t end = text_find(rest, TEXT(";"), 0);
    const struct text pair = text_trim(text_sub(rest, 0, end));
    if (text_starts(pair, name)) {
      return text_sub(pair, name.len, pair.len);
    }
    rest = text_sub(rest, end + 1, rest.len);
  }
  return TEXT("");
}

static bool speaks_tls(const struct api *api, const struct http_request *req) {
  return api->public_tls || (req != NULL && http_request_is_https(req));
}

/* By what the server knows alone: not every request says its page's origin. */
static struct text name_of(const struct api *api,
                           const struct http_request *req) {
  return speaks_tls(api, req) ? COOKIE_NAME_TLS : COOKIE_NAME;
}

struct text api_cookie(const struct api *api, const struct http_request *req) {
  return api->options.accounts == NULL ? TEXT("")
                                       : cookie_named(req, name_of(api, req));
}

struct text call_cookie(struct call *c) {
  return api_cookie(c->api, call_request(c));
}

struct text call_cookie_named(struct call *c, struct text name) {
  return cookie_named(call_request(c), name);
}

bool call_is_own_page(struct call *c) {
  struct http_request *req = call_request(c);
  bt_check(req != NULL);
  const struct text site = http_request_header(req, TEXT("Sec-Fetch-Site"));
  if (c->origin.len == 0) {
    const bool looks = c->method == HTTP_GET || c->method == HTTP_HEAD;
    return looks || site.len == 0 || text_equal(site, TEXT("same-origin"));
  }
  const size_t scheme = text_find(c->origin, TEXT("://"), 0);
  return text_equal_nocase(text_sub(c->origin, scheme + 3, c->origin.len),
                           http_request_host(req));
}

bool call_is_tls(struct call *c) {
  return speaks_tls(c->api, call_request(c)) ||
         text_starts(c->origin, TEXT("https://"));
}

struct text call_set_cookie(struct call *c, const struct call_cookie_kind *kind,
                            struct text value) {
  return call_format(
      c, "%.*s%.*s; Path=/; HttpOnly; SameSite=%s; Max-Age=%lld%s",
      TEXT_ARG(kind->name), TEXT_ARG(value), kind->same_site,
      (long long)kind->seconds, call_is_tls(c) ? "; Secure" : "");
}

static struct text cookie_of(struct call *c, struct text value,
                             int64_t seconds) {
  const struct call_cookie_kind kind = {name_of(c->api, call_request(c)),
                                        "Strict", seconds};
  return call_set_cookie(c, &kind, value);
}

/* Who was signed in by this browser is not any more: its cookie is about to be
 * another one, and a copy of the old one must open nothing. */
static enum bt_err end_before(struct call *c) {
  const struct text before = call_cookie(c);
  struct account_text provider;
  if (before.len == 0) {
    return BT_ERR_OK;
  }
  const enum bt_err err =
      accounts_end(c->api->options.accounts, before, &provider);
  if (err == BT_ERR_OK) {
    api_revoke(c->api);
  }
  return err == BT_ERR_NOT_FOUND ? BT_ERR_OK : err;
}

enum bt_err call_let_in(struct call *c, struct text login, struct text provider,
                        struct text *cookie) {
  uint8_t secret[ACCOUNT_SECRET];
  char value[ACCOUNT_COOKIE];
  const struct account_entrance entrance = {
      .login = login, .provider = provider, .now_us = api_now_us(c->api)};
  api_random(c->api, secret, sizeof secret);
  enum bt_err err =
      accounts_begin(c->api->options.accounts, &entrance, secret, value);
  if (err == BT_ERR_OK) {
    err = end_before(c);
  }
  if (err == BT_ERR_OK) {
    *cookie = cookie_of(c, (struct text){value, sizeof value},
                        ACCOUNT_LIFE_US / 1000000);
  }
  return err;
}

/* ---- who it is */

static bool role_of(const struct account *account, enum role *out) {
  int64_t role = 0;
  if (!field_name_to_num(KIND_ROLE, account_text(&account->role), &role)) {
    return false;
  }
  *out = (enum role)role;
  return role == ROLE_AGENT || role == ROLE_SUPERVISOR || role == ROLE_ADMIN;
}

bool call_signed_in(struct call *c, struct text cookie,
                    struct auth_identity *out) {
  struct account account;
  *out = (struct auth_identity){.source = {.from_browser = true}};
  if (accounts_who(c->api->options.accounts, cookie, api_now_us(c->api),
                   &account, out->source.sha256) != BT_ERR_OK ||
      !role_of(&account, &out->role)) {
    return false;
  }
  /* An agent is who the centre says; others are known by their login. */
  out->subject = arena_copy_text(&c->arena, account_text(out->role == ROLE_AGENT
                                                             ? &account.subject
                                                             : &account.login));
  out->source.role = out->role;
  out->source.subject = hash_text(out->subject);
  return out->subject.ptr != NULL;
}

bool api_still(struct api *api, const struct auth_source *source) {
  return source->from_browser
             ? accounts_still(api->options.accounts, source->sha256)
             : auth_still(&api->auth, source, api_now_us(api));
}

/* ---- signing in */

static void signin_free(struct signin *s) {
  OPENSSL_cleanse(s->password, sizeof s->password);
  mem_free(s->mem, s, sizeof *s);
}

static void unlink_signin(struct signin *s) {
  struct api *api = s->api;
  if (s->prev != NULL) {
    s->prev->next = s->next;
  } else {
    api->signins = s->next;
  }
  if (s->next != NULL) {
    s->next->prev = s->prev;
  }
  api->signin_count--;
}

void signins_free(struct api *api) {
  while (api->signins != NULL) {
    struct signin *s = api->signins;
    api->signins = s->next;
    s->api = NULL; /* its thread is still looking: it frees itself */
    if (s->waits) {
      signin_free(s);
    }
  }
}

static void refuse_store(struct call *c) {
  call_refuse(c, REFUSAL_UNAVAILABLE,
              TEXT("The accounts cannot be read or written at this moment."),
              TEXT(""));
}

static void refuse_password(struct call *c) {
  call_refuse(c, REFUSAL_UNAUTHORIZED,
              TEXT("The login or the password is not right."), TEXT(""));
}

static void reply_in(struct call *c, const struct signin *s) {
  struct text cookie;
  if (call_let_in(c, account_text(&s->login), TEXT(""), &cookie) != BT_ERR_OK) {
    refuse_store(c);
    return;
  }
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "login");
  json_put_text(&o, account_text(&s->login));
  json_close_object(&o);
  const struct reply r = {
      .code = 200, .body = textbuf_text(&c->out), .cookie = cookie};
  call_reply(c, &r);
}

static void look(void *ctx) {
  struct signin *s = ctx;
  s->fits = accounts_fits(s->hash, (struct text){s->password, s->password_len});
}

static void go_on(struct api *api, uint64_t address);

static void on_looked(void *ctx) {
  struct signin *s = ctx;
  struct api *api = s->api;
  if (api != NULL) {
    unlink_signin(s);
    if (s->known) { /* else it may be a password in the wrong place */
      s->call->by.name =
          arena_copy_text(&s->call->arena, account_text(&s->login));
    }
    if (s->known && s->fits) {
      guesses_forgive(&api->guesses, &s->guess);
      reply_in(s->call, s);
    } else {
      guesses_wrong(&api->guesses, &s->guess, loop_now_us());
      refuse_password(s->call);
    }
    go_on(api, s->guess.address);
  }
  signin_free(s);
}

static void begin_looking(struct signin *s) {
  s->waits = false;
  if (loop_work(s->api->options.loop, look, on_looked, s) != BT_ERR_OK) {
    unlink_signin(s);
    call_refuse_memory(s->call);
    signin_free(s);
  }
}

/* The one of this address that has waited longest. */
static void go_on(struct api *api, uint64_t address) {
  struct signin *oldest = NULL;
  for (struct signin *s = api->signins; s != NULL; s = s->next) {
    oldest = s->waits && s->guess.address == address ? s : oldest;
  }
  if (oldest != NULL) {
    begin_looking(oldest);
  }
}

/* ---- what was sent */

static bool refuse_member(struct call *c, const char *name, const char *why) {
  call_refuse(c, REFUSAL_INVALID_MEMBER, call_format(c, "\"%s\" %s", name, why),
              call_format(c, "/%s", name));
  return false;
}

static bool read_text(struct call *c, const struct json *tree, const char *name,
                      size_t max, struct text *out) {
  const struct json *m = json_member(tree, text_from(name));
  if (m == NULL || m->type != JSON_TEXT) {
    return refuse_member(c, name, "must be a text");
  }
  *out = m->text;
  return m->text.len <= max || refuse_member(c, name, "is too long");
}

static bool read_body(struct call *c, struct text *login,
                      struct text *password) {
  const struct json *tree = call_read_object(c);
  return tree != NULL && read_text(c, tree, "login", ACCOUNT_TEXT_MAX, login) &&
         read_text(c, tree, "password", PASSWORD_MAX, password);
}

/* Counts it before it is looked at, and finds the hash; false: answered. */
static bool find_hash(struct call *c, struct signin *s) {
  const int64_t wait_us =
      guesses_take(&c->api->guesses, &s->guess, loop_now_us());
  if (wait_us > 0) {
    call_refuse_for(c, REFUSAL_RATE_LIMITED,
                    TEXT("Too many wrong passwords for this login from your "
                         "address."),
                    (wait_us + 999) / 1000);
    return false;
  }
  const enum bt_err err = accounts_find_hash(c->api->options.accounts,
                                             account_text(&s->login), s->hash);
  s->known = err == BT_ERR_OK;
  if (err != BT_ERR_OK && err != BT_ERR_NOT_FOUND) {
    refuse_store(c);
    return false;
  }
  return true;
}

/* Nobody takes all places, nor all threads. */
static bool has_place(struct call *c, struct signin *s) {
  const struct api *api = c->api;
  size_t same = 0, looked_at = 0;
  for (const struct signin *o = api->signins; o != NULL; o = o->next) {
    const bool is_same = o->guess.address == s->guess.address;
    same += is_same;
    looked_at += is_same && !o->waits;
  }
  s->waits = looked_at >= LOOKED_AT_MAX;
  if (api->signin_count < SIGNINS_MAX && same < OF_ADDRESS_MAX) {
    return true;
  }
  call_refuse_for(c, REFUSAL_UNAVAILABLE,
                  TEXT("Too many people sign in at this moment."),
                  BUSY_RETRY_MS);
  return false;
}

static void enter(struct signin *s) {
  struct api *api = s->api;
  s->next = api->signins;
  if (s->next != NULL) {
    s->next->prev = s;
  }
  api->signins = s;
  api->signin_count++;
  if (!s->waits) {
    begin_looking(s);
  }
}

static void start(struct call *c, struct text login, struct text password) {
  struct api *api = c->api;
  struct http_request *req = call_request(c);
  struct signin *s = mem_new(api->mem, sizeof *s);
  if (s == NULL || req == NULL) {
    mem_free(api->mem, s, s == NULL ? 0 : sizeof *s);
    call_refuse_memory(c);
    return;
  }
  s->mem = api->mem;
  s->api = api;
  s->call = c;
  s->guess = guess_of(&api->guesses, login, http_request_peer(req));
  bt_check(account_set(&s->login, login));
  s->password_len = password.len;
  if (password.len > 0) {
    memcpy(s->password, password.ptr, password.len);
  }
  if (has_place(c, s) && find_hash(c, s)) {
    enter(s);
  } else {
    signin_free(s);
  }
}

bool call_has_accounts(struct call *c) {
  if (c->api->options.accounts != NULL) {
    return true;
  }
  call_refuse(c, REFUSAL_NOT_FOUND,
              TEXT("Nobody can sign in here: a centre in memory has no "
                   "accounts."),
              TEXT(""));
  return false;
}

static bool from_own_page(struct call *c) {
  if (call_is_own_page(c)) {
    return true;
  }
  call_refuse(c, REFUSAL_FORBIDDEN,
              TEXT("Signing in and out is for pages of this server; programs "
                   "show a token."),
              TEXT(""));
  return false;
}

static bool takes_passwords(struct call *c) {
  if (!c->api->no_passwords) {
    return true;
  }
  call_refuse(c, REFUSAL_FORBIDDEN,
              TEXT("Nobody signs in with a password here; GET /api/v1/login "
                   "says by which provider."),
              TEXT(""));
  return false;
}

void serve_login(struct call *c) {
  struct text login, password;
  if (!call_has_accounts(c) || !from_own_page(c)) {
    return;
  }
  call_audit(c, "signIn");
  if (takes_passwords(c) && read_body(c, &login, &password)) {
    start(c, login, password);
  }
}

/* ---- signed in */

/* Another process removes accounts and changes passwords: nobody tells us. */
void api_await_expiry(struct api *api) {
  const int64_t now_us = api_now_us(api);
  const int64_t next_us = auth_next_expiry(&api->auth, now_us);
  const int64_t left_us = next_us - now_us;
  loop_timer_start_after(api->account_timer,
                         left_us < STILL_EVERY_US ? left_us : STILL_EVERY_US);
}

void signins_on_timer(void *ctx) {
  struct api *api = ctx;
  api_revoke(api);
  api_await_expiry(api);
}

/* Signing out twice is no mistake. */
void serve_logout(struct call *c) {
  if (!call_has_accounts(c) || !from_own_page(c)) {
    return;
  }
  const struct text cookie = call_cookie(c);
  struct auth_identity who;
  if (cookie.len > 0 && call_signed_in(c, cookie, &who)) {
    c->by.role = who.role;
    c->by.name = who.subject;
  }
  struct account_text provider = {.len = 0};
  const enum bt_err err =
      cookie.len == 0
          ? BT_ERR_NOT_FOUND
          : accounts_end(c->api->options.accounts, cookie, &provider);
  if (err != BT_ERR_OK && err != BT_ERR_NOT_FOUND) {
    refuse_store(c);
    return;
  }
  if (err == BT_ERR_OK) { /* else nobody's sockets have to go */
    call_audit(c, "signOut");
    api_revoke(c->api);
  }
  const struct text none = cookie_of(c, TEXT(""), 0);
  if (!call_leave_provider(c, account_text(&provider), none)) {
    const struct reply r = {.code = 204, .cookie = none};
    call_reply(c, &r);
  }
}

void serve_me(struct call *c) {
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "role");
  json_put_text(&o, text_from(role_name(c->by.role)));
  json_key(&o, "id");
  json_put_text(&o, c->by.name);
  json_key(&o, "name");
  json_put_text(&o,
                engine_party_name(api_engine(c->api), c->by.role, c->by.name));
  if (c->teams != 0) {
    json_key(&o, "teams");
    teams_write_json(&c->api->teams, c->teams, &o);
  }
  json_close_object(&o);
  const struct reply r = {.code = 200, .body = textbuf_text(&c->out)};
  call_reply(c, &r);
}
