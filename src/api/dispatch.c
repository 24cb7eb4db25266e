/* From a request to the function that answers it. */
#include "api/scope_priv.h"
#include "api/serve_priv.h"
#include "base/check.h"
#include "domain/heap.h"
#include "net/url.h"

enum { REQUEST_ID_MAX = 128 };

static serve_fn *const serves[] = {
#define ROUTE(m, p, r, k, serve, c, q, d) serve_##serve,
#include "api/routes.def"
#undef ROUTE
};

/* ---- rights */

static struct text roles_list(struct call *c) {
  struct textbuf b;
  textbuf_init(&b, c->api->mem);
  for (uint32_t r = ROLE_CUSTOMER; r < ROLES; r++) {
    if ((c->route->roles >> r & 1) != 0) {
      textbuf_addf(&b, "%s%s", b.len == 0 ? "" : ", ", role_name(r));
    }
  }
  const struct text copy = call_format(c, "%.*s", TEXT_ARG(textbuf_text(&b)));
  textbuf_free(&b);
  return copy;
}

/* A visitor's token opens sessions and nothing else; a session's token is for
 * that one. NULL: it is the right one of the two. */
static const char *wrong_token(const struct call *c) {
  const bool opens = (c->route->roles & 1u << ROLE_NONE) != 0;
  const bool visitor = id_is_null(c->by.session);
  if (c->by.role != ROLE_CUSTOMER || c->route->kind == ROUTE_OWN ||
      visitor == opens) {
    return NULL;
  }
  return visitor ? "A visitor's token may open sessions and nothing else; the "
                   "answer holds the session's own token."
                 : "This token is for one session, which is open already; a "
                   "new one takes a visitor's token.";
}

bool call_may(struct call *c) {
  const char *wrong = wrong_token(c);
  if (wrong != NULL) {
    call_refuse(c, REFUSAL_FORBIDDEN, text_from(wrong), TEXT(""));
    return false;
  }
  if ((c->route->roles >> c->by.role & 1) != 0) {
    return call_in_scope(c);
  }
  const struct text roles = roles_list(c);
  call_refuse(c, REFUSAL_FORBIDDEN,
              call_format(c,
                          "A token of the role %s may not do this; it is for: "
                          "%.*s.",
                          role_name(c->by.role), TEXT_ARG(roles)),
              TEXT(""));
  return false;
}

/* ---- routing */

static void refuse_method(struct call *c, const struct route_match *m) {
  struct json_out o = call_json(c);
  const struct engine_problem p = {
      .refusal = REFUSAL_METHOD_NOT_ALLOWED,
      .detail = call_format(c, "%s is not known by this resource.",
                            http_method_name(c->method)),
      .instance = c->path};
  engine_write_problem(api_engine(c->api), &p, &o);
  const struct reply r = {.code =
                              refusal_info(REFUSAL_METHOD_NOT_ALLOWED)->http,
                          .body = textbuf_text(&c->out),
                          .allow = m->methods};
  call_reply(c, &r);
}

static void refuse_path(struct call *c) {
  const char *near = route_nearest(c->path);
  call_refuse(
      c, REFUSAL_NOT_FOUND,
      near == NULL
          ? TEXT("No resource has this path.")
          : call_format(c, "No resource has this path; did you mean %s?", near),
      TEXT(""));
}

static bool decode_params(struct call *c, const struct route_match *m) {
  struct textbuf b;
  textbuf_init(&b, c->api->mem);
  bool good = true;
  for (size_t i = 0; i < ROUTE_PARAMS_MAX && good; i++) {
    textbuf_clear(&b);
    good = url_decode(m->params[i], &b) && !b.failed;
    c->params[i] = arena_copy_text(&c->arena, textbuf_text(&b));
    good = good && c->params[i].ptr != NULL;
  }
  textbuf_free(&b);
  return good;
}

/* ---- the query */

enum { QUERY_NAMES_MAX = 12 };

/* The names that the resource understands. */
static size_t query_names(const struct route *r, struct text *names) {
  size_t count = 0;
  struct text rest = text_from(r->query);
  while (rest.len > 0) {
    const size_t end = text_find(rest, TEXT(" "), 0);
    bt_check(count + 1 < QUERY_NAMES_MAX);
    names[count++] = text_sub(rest, 0, end);
    rest = text_sub(rest, end + 1, rest.len);
  }
  if (r->kind == ROUTE_LIVE) {
    names[count++] = TEXT("ticket");
  }
  return count;
}

static bool is_among(struct text name, const struct text *names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (text_equal(name, names[i])) {
      return true;
    }
  }
  return false;
}

static void refuse_query(struct call *c, struct text name,
                         const struct text *names, size_t count) {
  const size_t near = text_nearest(name, names, count);
  call_refuse(
      c, REFUSAL_INVALID_MEMBER,
      near < count
          ? call_format(c,
                        "unknown query parameter \"%.*s\"; did you "
                        "mean \"%.*s\"?",
                        TEXT_ARG(name), TEXT_ARG(names[near]))
          : call_format(c, "unknown query parameter \"%.*s\"", TEXT_ARG(name)),
      TEXT(""));
}

/* A misspelt parameter would be silently without effect. */
static bool check_query(struct call *c) {
  struct text names[QUERY_NAMES_MAX];
  struct text rest = c->query, name, value;
  const size_t count = query_names(c->route, names);
  while (url_query_next(&rest, &name, &value)) {
    if (name.len > 0 && !is_among(name, names, count)) {
      refuse_query(c, name, names, count);
      return false;
    }
  }
  return true;
}

/* ---- the body's encoding */

/* The value of "charset" in a content type; empty if it says none. */
static struct text charset_of(struct text type) {
  size_t at = text_find(type, TEXT(";"), 0);
  while (at < type.len) {
    const size_t end = text_find(type, TEXT(";"), at + 1);
    const struct text part = text_trim(text_sub(type, at + 1, end - at - 1));
    const size_t is = text_find(part, TEXT("="), 0);
    if (text_equal_nocase(text_trim(text_sub(part, 0, is)), TEXT("charset"))) {
      const struct text value = text_trim(text_sub(part, is + 1, part.len));
      const bool quoted = value.len > 1 && value.ptr[0] == '"';
      return quoted ? text_sub(value, 1, value.len - 2) : value;
    }
    at = end;
  }
  return TEXT("");
}

static bool is_plain_charset(struct text name) {
  return name.len == 0 || text_equal_nocase(name, TEXT("utf-8")) ||
         text_equal_nocase(name, TEXT("utf8")) ||
         text_equal_nocase(name, TEXT("us-ascii"));
}

/* Bytes that mean something else would be read as if they did not. A file is
 * kept as it comes, whatever it says of itself. */
static bool takes_encoding(struct call *c) {
  const struct text coding = c->content_encoding;
  const struct text charset = charset_of(c->content_type);
  if (c->body.len == 0 || c->fn != NULL) {
    return true;
  }
  if (coding.len > 0 && !text_equal_nocase(coding, TEXT("identity"))) {
    call_refuse(c, REFUSAL_UNSUPPORTED_TYPE,
                call_format(c,
                            "The body is encoded (Content-Encoding: %.*s): "
                            "send it as it is, without that header.",
                            TEXT_ARG(coding)),
                TEXT(""));
    return false;
  }
  if (c->serve != serve_send_file && !is_plain_charset(charset)) {
    call_refuse(c, REFUSAL_UNSUPPORTED_TYPE,
                call_format(c, "The body is in %.*s: send it in UTF-8.",
                            TEXT_ARG(charset)),
                TEXT(""));
    return false;
  }
  return true;
}

void call_dispatch(struct call *c) {
  const struct route_match m = route_find(c->method, c->path);
  if (m.number == route_count()) {
    m.methods == 0 ? refuse_path(c) : refuse_method(c, &m);
    return;
  }
  c->route = route_at(m.number);
  c->serve = serves[m.number];
  if (!decode_params(c, &m)) {
    call_refuse(c, REFUSAL_BAD_REQUEST,
                TEXT("The path is not well-formed: a %-triple is broken, or it "
                     "is not UTF-8."),
                TEXT(""));
    return;
  }
  if (c->fn != NULL &&
      (c->route->kind == ROUTE_LIVE || c->route->kind == ROUTE_OWN)) {
    call_refuse(c, REFUSAL_NOT_FOUND, TEXT("This resource needs a connection."),
                TEXT(""));
    return;
  }
  /* A command's form is looked at before the caller's rights. */
  if (takes_encoding(c) && call_identify(c) &&
      (c->route->kind == ROUTE_OWN || check_query(c)) &&
      (c->route->kind == ROUTE_DOES || c->route->kind == ROUTE_OWN ||
       call_may(c))) {
    call_serve(c, c->serve);
  }
}

/* ---- over HTTP */

static struct text copy_header(struct call *c, struct http_request *req,
                               struct text name) {
  const struct text value = http_request_header(req, name);
  return value.ptr == NULL ? value : arena_copy_text(&c->arena, value);
}

static bool is_request_id(struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    if (t.ptr[i] <= ' ' || t.ptr[i] > '~') {
      return false;
    }
  }
  return t.len > 0 && t.len <= REQUEST_ID_MAX;
}

static void name_request(struct call *c, struct text given) {
  uint64_t random;
  if (is_request_id(given)) {
    c->by.request = given;
  } else {
    api_random(c->api, &random, sizeof random);
    c->by.request = call_format(c, "%016llx", (unsigned long long)random);
  }
  c->shown_id = c->by.request;
}

static void read_request(struct call *c, struct http_request *req) {
  c->ref = http_request_ref(req);
  c->method = http_request_method(req);
  c->path = arena_copy_text(&c->arena, http_request_path(req));
  c->query = arena_copy_text(&c->arena, http_request_query(req));
  c->body = http_request_body(req); /* looked at before anything is put off */
  c->content_type = copy_header(c, req, TEXT("Content-Type"));
  c->content_encoding = copy_header(c, req, TEXT("Content-Encoding"));
  c->key = copy_header(c, req, TEXT("Idempotency-Key"));
  c->if_match = copy_header(c, req, TEXT("If-Match"));
  c->prefer = copy_header(c, req, TEXT("Prefer"));
  c->last_event = copy_header(c, req, TEXT("Last-Event-ID"));
  c->origin = copy_header(c, req, TEXT("Origin"));
  name_request(c, copy_header(c, req, TEXT("X-Request-Id")));
}

void api_open_door(struct api *api, api_door_fn *fn, void *ctx) {
  bt_check(api->door_count < API_DOORS_MAX);
  api->doors[api->door_count++] = (struct api_door){fn, ctx};
}

/* Chatwoot's paths begin as ours do; none of ours is among them. */
static bool is_ours(struct text path) {
  return text_starts(path, TEXT("/api/v1/")) &&
         !text_starts(path, TEXT("/api/v1/accounts/")) &&
         !text_equal(path, TEXT("/api/v1/profile"));
}

static bool is_of_a_door(struct api *api, struct http_request *req) {
  if (is_ours(http_request_path(req))) {
    return false;
  }
  for (size_t i = 0; i < api->door_count; i++) {
    if (api->doors[i].fn(api->doors[i].ctx, req)) {
      return true;
    }
  }
  return false;
}

static void on_request(void *ctx, struct http_request *req) {
  struct api *api = ctx;
  if (is_of_a_door(api, req) || origins_answer(&api->origins, req)) {
    return;
  }
  struct call *c = call_new(api);
  if (c == NULL) {
    (void)http_respond(req, 503, NULL, 0, TEXT(""));
    return;
  }
  read_request(c, req);
  /* What has begun goes on out of the reserve; who is well, or not, is said. */
  if (heap_is_short() && text_starts(c->path, TEXT("/api/"))) {
    call_refuse_memory(c);
    return;
  }
  call_dispatch(c);
}

/* A request that never became one: net says what was wrong. */
static void on_bad_request(void *ctx, const struct http_fault_info *fault,
                           struct textbuf *body) {
  static const enum refusal known[] = {REFUSAL_BAD_REQUEST, REFUSAL_TOO_LARGE,
                                       REFUSAL_UNAVAILABLE};
  struct api *api = ctx;
  struct json_out o;
  json_out_init(&o, body);
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (refusal_info(known[i])->http == fault->status) {
      const struct engine_problem p = {.refusal = known[i],
                                       .detail = text_from(fault->sentence)};
      engine_write_problem(api_engine(api), &p, &o);
      return;
    }
  }
  json_open_object(&o);
  json_key(&o, "code");
  json_put_i64(&o, fault->status);
  json_key(&o, "status");
  json_put_text(&o, text_from(refusal_http_text(fault->status)));
  json_key(&o, "message");
  json_put_text(&o, text_from(fault->sentence));
  json_key(&o, "type");
  json_put_text(&o, TEXT("about:blank"));
  json_key(&o, "title");
  json_put_text(&o, text_from(refusal_http_text(fault->status)));
  json_key(&o, "detail");
  json_put_text(&o, text_from(fault->sentence));
  json_key(&o, "refusal");
  json_put_text(&o, fault->status == 431 || fault->status == 414
                        ? text_from(refusal_info(REFUSAL_TOO_LARGE)->wire)
                        : text_from(refusal_info(REFUSAL_BAD_REQUEST)->wire));
  json_close_object(&o);
}

const struct http_handlers *api_http_handlers(void) {
  static const struct http_handlers handlers = {
      .on_request = on_request,
      .on_bad_request = on_bad_request,
      .takes_upload = files_take_upload};
  return &handlers;
}

/* ---- in the process */

void call_here(struct call *c, const struct api_request *request,
               api_reply_fn *fn, void *ctx) {
  const size_t mark = text_find(request->path, TEXT("?"), 0);
  c->fn = fn;
  c->fn_ctx = ctx;
  c->by = request->by;
  c->by.name = arena_copy_text(&c->arena, request->by.name);
  c->by.request = arena_copy_text(&c->arena, request->by.request);
  c->method = request->method;
  c->path = arena_copy_text(&c->arena, text_sub(request->path, 0, mark));
  c->query = arena_copy_text(
      &c->arena, text_sub(request->path, mark + 1, request->path.len));
  c->content_type = request->content_type;
  c->unsaid = request->unsaid;
  c->body = request->body; /* looked at before anything is put off */
  c->starting = true;
  call_dispatch(c);
  c->starting = false;
}

enum bt_err api_call(struct api *api, const struct api_request *request,
                     api_reply_fn *fn, void *ctx) {
  struct call *c = call_new(api);
  if (c == NULL) {
    return BT_ERR_NOMEM;
  }
  call_here(c, request, fn, ctx);
  return BT_ERR_OK;
}
