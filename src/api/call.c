#include <stdarg.h>
#include <stdio.h>

#include "api/api_priv.h"
#include "base/calendar.h"
#include "base/check.h"
#include "net/url.h"

enum { FREE_CALLS_MAX = 256, CALL_BYTES_MAX = 16 << 20, HEADERS_MAX = 16 };

/* ---- life */

struct call *call_new(struct api *api) {
  struct call *c = api->free_calls;
  if (c != NULL) {
    api->free_calls = c->next;
    api->free_call_count--;
  } else {
    c = mem_new(api->mem, sizeof *c);
    if (c == NULL) {
      return NULL;
    }
    arena_init(&c->arena, api->mem, CALL_BYTES_MAX);
    textbuf_init(&c->out, api->mem);
  }
  c->api = api;
  c->prev = NULL;
  c->next = api->calls;
  if (c->next != NULL) {
    c->next->prev = c;
  }
  api->calls = c;
  c->by = (struct caller){.number = SESSION_NOBODY};
  c->began_us = loop_now_us();
  return c;
}

static void unlink_call(struct call *c) {
  if (c->prev != NULL) {
    c->prev->next = c->next;
  } else {
    c->api->calls = c->next;
  }
  if (c->next != NULL) {
    c->next->prev = c->prev;
  }
}

static void discard(struct call *c) {
  const struct mem *mem = c->api->mem;
  arena_free(&c->arena);
  textbuf_free(&c->out);
  mem_free(mem, c, sizeof *c);
}

void call_end(struct call *c) {
  struct api *api = c->api;
  decisions_forget(c);
  wait_forget(c);
  unlink_call(c);
  if (api->free_call_count == FREE_CALLS_MAX) {
    discard(c);
    return;
  }
  struct arena arena = c->arena;
  struct textbuf out = c->out;
  arena_reset(&arena);
  textbuf_clear(&out);
  *c = (struct call){.api = api, .arena = arena, .out = out};
  c->next = api->free_calls;
  api->free_calls = c;
  api->free_call_count++;
}

void calls_free(struct api *api) {
  while (api->calls != NULL) {
    call_end(api->calls);
  }
  while (api->free_calls != NULL) {
    struct call *c = api->free_calls;
    api->free_calls = c->next;
    discard(c);
  }
}

struct http_request *call_request(struct call *c) {
  return c->fn != NULL ? NULL : http_request_find(c->api->server, c->ref);
}

struct text call_format(struct call *c, const char *format, ...) {
  char line[1024];
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  const struct text copy =
      arena_copy_text(&c->arena, utf8_printed(line, sizeof line, n));
  return copy.ptr == NULL ? TEXT("") : copy;
}

struct json_out call_json(struct call *c) {
  struct json_out o;
  textbuf_clear(&c->out);
  json_out_init(&o, &c->out);
  return o;
}

struct text call_new_id(struct call *c, int64_t at_us) {
  char text[ID_TEXT_LEN];
  uint64_t entropy[2];
  api_random(c->api, entropy, sizeof entropy);
  id_to_text(id_make_v7(at_us / 1000, entropy[0], entropy[1]), text);
  return arena_copy_text(&c->arena, (struct text){text, sizeof text});
}

/* ---- answering */

struct headers {
  struct http_header list[HEADERS_MAX];
  size_t count;
};

static void add(struct headers *h, const char *name, struct text value) {
  bt_check(h->count < HEADERS_MAX);
  h->list[h->count++] = (struct http_header){text_from(name), value};
}

static struct text allow_list(struct call *c, uint32_t methods) {
  struct textbuf b;
  textbuf_init(&b, c->api->mem);
  route_write_methods(methods, &b);
  const struct text copy = call_format(c, "%.*s", TEXT_ARG(textbuf_text(&b)));
  textbuf_free(&b);
  return copy;
}

/* RFC 6266, with the name as RFC 8187 wants it. */
static struct text disposition(struct call *c, struct text name) {
  static const char hex[] = "0123456789ABCDEF";
  struct textbuf b;
  textbuf_init(&b, c->api->mem);
  textbuf_add(&b, TEXT("attachment; filename*=UTF-8''"));
  for (size_t i = 0; i < name.len; i++) {
    const unsigned char byte = (unsigned char)name.ptr[i];
    const bool plain = (byte >= '0' && byte <= '9') ||
                       (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') || byte == '.' ||
                       byte == '-' || byte == '_';
    if (plain) {
      textbuf_add_char(&b, (char)byte);
    } else {
      textbuf_add_char(&b, '%');
      textbuf_add_char(&b, hex[byte >> 4]);
      textbuf_add_char(&b, hex[byte & 15]);
    }
  }
  const struct text copy = arena_copy_text(&c->arena, textbuf_text(&b));
  textbuf_free(&b);
  return copy.ptr == NULL ? TEXT("attachment") : copy;
}

static const char *type_of(const struct reply *r) {
  if (r->type != NULL) {
    return r->type;
  }
  return r->code >= 400 ? "application/problem+json" : "application/json";
}

static void add_headers(struct call *c, const struct reply *r,
                        struct headers *h) {
  add(h, "Content-Type", text_from(type_of(r)));
  add(h, "Cache-Control", TEXT("no-store"));
  add(h, "X-Request-Id", c->shown_id);
  if (origins_allow(&c->api->origins, c->origin)) {
    add(h, "Access-Control-Allow-Origin", c->origin);
    add(h, "Access-Control-Expose-Headers",
        TEXT("ETag, Idempotency-Replayed, Location, Preference-Applied, "
             "Retry-After, X-Request-Id"));
    add(h, "Vary", TEXT("Origin"));
  }
  if (r->version != 0) {
    add(h, "ETag", call_format(c, "\"%u\"", r->version));
  }
  if (r->location.len > 0) {
    add(h, "Location", r->location);
  }
  if (r->retry_after_ms > 0) {
    add(h, "Retry-After",
        call_format(c, "%lld", (long long)(r->retry_after_ms + 999) / 1000));
  }
  if (r->replayed) {
    add(h, "Idempotency-Replayed", TEXT("true"));
  }
  if (r->waited) {
    add(h, "Preference-Applied", TEXT("wait"));
  }
  if (r->allow != 0) {
    add(h, "Allow", allow_list(c, r->allow));
  }
  if (r->cookie.len > 0) {
    add(h, "Set-Cookie", r->cookie);
  }
  if (r->other_cookie.len > 0) {
    add(h, "Set-Cookie", r->other_cookie);
  }
  if (r->page) {
    /* The URL of what is shown may have a code in it that nobody else needs. */
    add(h, "Referrer-Policy", TEXT("no-referrer"));
    add(h, "X-Content-Type-Options", TEXT("nosniff"));
    add(h, "Content-Security-Policy",
        TEXT("default-src 'none'; style-src '" FAULT_STYLE_SHA256 "'; "
             "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));
  }
  if (r->file_name.len > 0) {
    add(h, "Content-Disposition", disposition(c, r->file_name));
    add(h, "X-Content-Type-Options", TEXT("nosniff"));
    add(h, "Content-Security-Policy", TEXT("default-src 'none'; sandbox"));
  }
  if (r->code == 401) {
    add(h, "WWW-Authenticate", TEXT("Bearer"));
  }
}

static void note_reply(struct call *c, int code) {
  const struct api_log entry = {
      .level = code >= 500 ? API_LOG_WARNING : API_LOG_DEBUG,
      .what = "request",
      .request = c->by.request,
      .who = c->by.name,
      .detail = call_format(c, "%s %.*s", http_method_name(c->method),
                            TEXT_ARG(c->path)),
      .code = code,
      .took_us = loop_now_us() - c->began_us};
  api_note(c->api, &entry);
}

static void reply_now(struct call *c, const struct reply *r) {
  note_reply(c, r->code);
  if (c->fn != NULL) {
    const struct api_reply reply = {.code = r->code,
                                    .content_type = text_from(type_of(r)),
                                    .body = r->body};
    c->fn(c->fn_ctx, &reply);
  } else {
    struct http_request *req = call_request(c);
    struct headers h = {.count = 0};
    add_headers(c, r, &h);
    if (req != NULL) {
      /* Without memory the connection is cut, and the client asks again. */
      (void)http_respond(req, r->code, h.list, h.count, r->body);
    }
  }
  call_end(c);
}

static void reply_later(void *ctx, const struct answer *unused) {
  (void)unused;
  struct call *c = ctx;
  const struct reply r = {.code = c->code, .body = textbuf_text(&c->out)};
  reply_now(c, &r);
}

void call_reply(struct call *c, const struct reply *r) {
  if (c->act != NULL) {
    call_hold(c, r);
    return;
  }
  c->api->calls_served++;
  if (c->fn == NULL || !c->starting) {
    reply_now(c, r);
    return;
  }
  /* Whoever calls in the process is not called back from inside. */
  bt_check(r->body.ptr == c->out.ptr);
  c->code = r->code;
  domain_when_durable(c->api->domain, reply_later, c);
}

static void refuse(struct call *c, const struct engine_problem *p) {
  struct json_out o = call_json(c);
  engine_write_problem(api_engine(c->api), p, &o);
  const struct refusal_info *info = refusal_info(p->refusal);
  const struct reply r = {.code = info->http,
                          .body = textbuf_text(&c->out),
                          .retry_after_ms = p->retry_after_ms > 0
                                                ? p->retry_after_ms
                                            : info->retry ? 1000
                                                          : 0};
  call_reply(c, &r);
}

void call_refuse(struct call *c, enum refusal refusal, struct text detail,
                 struct text pointer) {
  const struct engine_problem p = {.refusal = refusal,
                                   .detail = detail,
                                   .pointer = pointer,
                                   .instance = c->path};
  refuse(c, &p);
}

void call_refuse_for(struct call *c, enum refusal refusal, struct text detail,
                     int64_t retry_after_ms) {
  const struct engine_problem p = {.refusal = refusal,
                                   .detail = detail,
                                   .instance = c->path,
                                   .retry_after_ms = retry_after_ms};
  refuse(c, &p);
}

static bool is_within(struct call *c, const struct rate_of *of) {
  char detail[RATE_SENTENCE];
  int64_t retry_after_ms = 0;
  if (rates_allow_many(&c->api->rates, of, detail, &retry_after_ms)) {
    return true;
  }
  call_refuse_for(c, REFUSAL_RATE_LIMITED, text_from(detail), retry_after_ms);
  return false;
}

/* Hashes of different things are told apart by these. */
enum { OF_ADDRESS = 1, OF_ENTRY, OF_CENTRE };

bool call_address_within_rate(struct call *c) {
  struct http_request *req = call_request(c);
  const uint32_t per_s = c->api->rates.allowed.address;
  if (per_s == 0 || req == NULL) {
    return true;
  }
  const struct rate_of of = {
      .per_s = per_s,
      .who = hash_u64(hash_text(http_request_peer(req)) + OF_ADDRESS),
      .what = "Of one address, as this is,"};
  return is_within(c, &of);
}

/* A visitor's token stands in a page, and is good for that page's sessions. */
static bool may_enter(struct call *c, uint32_t number) {
  const struct directory *d = engine_directory(api_engine(c->api));
  const struct text *list = NULL;
  const size_t count = auth_entry_points(&c->api->auth, &c->who.source, &list);
  bool may = count == 0 || number == DIR_NONE; /* which is refused as such */
  for (size_t i = 0; i < count && !may; i++) {
    may = directory_entry(d, list[i]) == number;
  }
  if (!may) {
    call_refuse(c, REFUSAL_FORBIDDEN,
                TEXT("The token is for other entry points: \"entryPoints\" of "
                     "it, in the centre's file, does not name this one."),
                TEXT("/entryPoint"));
  }
  return may;
}

bool call_may_enter(struct call *c, struct text entry) {
  const struct directory *d = engine_directory(api_engine(c->api));
  const uint64_t number = directory_entry(d, entry);
  const struct rate_of of = {.per_s = c->api->rates.allowed.entryPoint,
                             .who = hash_u64(number << 8 | OF_ENTRY),
                             .what = "Of the sessions of this entry point"};
  return may_enter(c, directory_entry(d, entry)) && is_within(c, &of);
}

static bool is_within_centre(struct call *c) {
  const struct rate_of of = {.per_s = c->api->rates.allowed.centre,
                             .who = OF_CENTRE,
                             .what = "Of the requests of all customers"};
  return c->by.role != ROLE_CUSTOMER || is_within(c, &of);
}

bool call_within_rate(struct call *c) {
  char detail[RATE_SENTENCE];
  int64_t retry_after_ms = 0;
  if (!is_within_centre(c)) {
    return false;
  }
  if (rates_allow(&c->api->rates, &c->by, detail, &retry_after_ms)) {
    return true;
  }
  call_refuse_for(c, REFUSAL_RATE_LIMITED, text_from(detail), retry_after_ms);
  return false;
}

void call_refuse_memory(struct call *c) {
  call_refuse(c, REFUSAL_UNAVAILABLE, TEXT("There is no memory for it."),
              TEXT(""));
}

/* What was opened is the customer's: its token comes with the answer, also
 * with a repeated one. */
static void add_token(struct call *c, const struct answer *a, struct reply *r) {
  if (a->code != 201 || c->route->command != COMMAND_OPEN_SESSION ||
      !text_ends(a->body, TEXT("}"))) {
    return;
  }
  char token[CUSTOMER_TOKEN_TEXT];
  auth_customer_token(&c->api->auth, a->session, token);
  textbuf_clear(&c->out);
  textbuf_add(&c->out, a->body);
  if (c->by.role == ROLE_CUSTOMER) {
    api_keep_customers_part(c->api, &c->out);
  }
  const struct text view = arena_copy_text(&c->arena, textbuf_text(&c->out));
  if (c->out.failed || view.ptr == NULL) {
    r->body = TEXT(""); /* whoever asks again with the same key gets it all */
    return;
  }
  textbuf_clear(&c->out);
  textbuf_add(&c->out, text_sub(view, 0, view.len - 1));
  textbuf_addf(&c->out, ",\"token\":\"%.*s\"}", CUSTOMER_TOKEN_TEXT, token);
  r->body = textbuf_text(&c->out);
}

/* An answer that was kept names its transfer in its body alone. */
static struct id transfer_of(struct call *c, const struct answer *a) {
  struct json *tree = NULL;
  struct id id = a->transfer;
  if (a->replayed && a->code == 202 &&
      json_parse(&c->arena, a->body, JSON_DEPTH_DEFAULT, &tree, NULL) ==
          BT_ERR_OK) {
    (void)id_from_text(
        json_member_text(json_member(tree, TEXT("transfer")), TEXT("id")), &id);
  }
  return id;
}

static struct text location_of(struct call *c, const struct answer *a) {
  char id[ID_TEXT_LEN], transfer[ID_TEXT_LEN];
  id_to_text(a->session, id);
  if (a->code == 201 && c->route->command == COMMAND_OPEN_SESSION) {
    return call_format(c, "/api/v1/sessions/%.*s", ID_TEXT_LEN, id);
  }
  const struct id waits = transfer_of(c, a);
  if (a->code == 202 && !id_is_null(waits)) {
    id_to_text(waits, transfer);
    return call_format(c, "/api/v1/sessions/%.*s/transfers/%.*s", ID_TEXT_LEN,
                       id, ID_TEXT_LEN, transfer);
  }
  return (struct text){"", 0};
}

void call_answer(struct call *c, const struct answer *a) {
  struct reply r = {.code = a->code,
                    .body = a->body,
                    .session = a->session,
                    .version = id_is_null(a->session) ? 0 : a->version,
                    .retry_after_ms = a->retry_after_ms,
                    .replayed = a->replayed,
                    .waited = c->waits != 0,
                    .location = location_of(c, a)};
  add_token(c, a, &r);
  call_reply(c, &r);
}

/* ---- reading what may be lost yet */

static void on_durable(void *ctx, const struct answer *unavailable) {
  struct call *c = ctx;
  if (unavailable == NULL) {
    c->then(c);
    return;
  }
  call_refuse(c, REFUSAL_UNAVAILABLE,
              TEXT("The journal cannot write now, and what was asked for holds "
                   "what it has not written yet."),
              TEXT(""));
}

void call_later(struct call *c, void (*then)(struct call *c)) {
  c->then = then;
  const struct domain *d = c->api->domain;
  if (c->fn == NULL && engine_seq(domain_engine(d)) == domain_released(d)) {
    then(c); /* nothing is on its way */
    return;
  }
  domain_when_readable(c->api->domain, on_durable, c);
}

void call_reply_out(struct call *c) {
  if (c->out.failed) {
    call_refuse_memory(c);
    return;
  }
  const struct reply r = {
      .code = 200, .body = textbuf_text(&c->out), .version = c->version};
  call_reply(c, &r);
}

void call_show(struct call *c, uint32_t version) {
  c->version = version;
  call_later(c, call_reply_out);
}

/* ---- the query */

struct text call_query(struct call *c, struct text name) {
  const struct text raw = url_query_find(c->query, name);
  struct textbuf b;
  textbuf_init(&b, c->api->mem);
  struct text value = {"", 0};
  if (raw.ptr != NULL && url_decode_query(raw, &b) && !b.failed) {
    value = arena_copy_text(&c->arena, textbuf_text(&b));
  }
  textbuf_free(&b);
  return value.ptr == NULL ? TEXT("") : value;
}

bool call_query_flag(struct call *c, struct text name) {
  return text_equal(call_query(c, name), TEXT("true"));
}

/* A number from @least to @max. */
static bool read_number(struct call *c, struct text name, uint32_t least,
                        uint32_t max, uint32_t *out) {
  const struct text value = call_query(c, name);
  int64_t n = 0;
  if (value.len == 0) {
    return true;
  }
  if (!text_to_i64(value, &n) || n < least || n > max) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                call_format(c, "?%.*s= must be a whole number %u … %u.",
                            TEXT_ARG(name), least, max),
                TEXT(""));
    return false;
  }
  *out = (uint32_t)n;
  return true;
}

bool call_query_number(struct call *c, struct text name, uint32_t max,
                       uint32_t *out) {
  return read_number(c, name, 0, max, out);
}

bool call_query_count(struct call *c, struct text name, uint32_t max,
                      uint32_t *out) {
  return read_number(c, name, 1, max, out);
}

bool call_query_time(struct call *c, const char *name, int64_t *us) {
  const struct text t = call_query(c, text_from(name));
  if (t.len == 0 || time_from_text(t, us)) {
    return true;
  }
  call_refuse(
      c, REFUSAL_INVALID_MEMBER,
      call_format(c, "?%s= is a time such as 2026-01-31T09:30:00Z.", name),
      call_format(c, "/%s", name));
  return false;
}

bool call_query_after(struct call *c, uint32_t *after) {
  return call_query_number(c, TEXT("after"), UINT32_MAX - 1, after);
}

void call_refuse_absent(struct call *c, uint32_t named, struct text name) {
  const bool sees_all =
      (c->by.role == ROLE_SUPERVISOR || c->by.role == ROLE_ADMIN) &&
      c->teams == 0;
  const struct text near =
      sees_all ? directory_nearest_of(engine_directory(api_engine(c->api)),
                                      named, name)
               : TEXT("");
  call_refuse(c, REFUSAL_NOT_FOUND,
              call_format(c, "The centre has no %s '%.*s'.%s%.*s%s",
                          config_named_word(named), TEXT_ARG(name),
                          near.len > 0 ? " Did you mean '" : "", TEXT_ARG(near),
                          near.len > 0 ? "'?" : ""),
              TEXT(""));
}

bool call_query_agent(struct call *c, struct text *agent) {
  *agent = call_query(c, TEXT("agent"));
  if (agent->len == 0 || directory_agent(engine_directory(api_engine(c->api)),
                                         *agent) != DIR_NONE) {
    return true;
  }
  call_refuse_absent(c, CONFIG_AGENT, *agent);
  return false;
}

/* ---- the session of the path */

bool call_find_session(struct call *c) {
  const struct engine *e = api_engine(c->api);
  if (id_from_text(c->params[0], &c->session) &&
      engine_find(e, c->session, &c->slot) &&
      engine_may_see(e, c->slot, &c->by)) {
    return true;
  }
  call_refuse(
      c, REFUSAL_UNKNOWN_SESSION,
      call_format(c, "No session has the id %.*s.", TEXT_ARG(c->params[0])),
      TEXT(""));
  return false;
}
