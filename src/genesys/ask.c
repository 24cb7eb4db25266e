/* One request on its way to its answer: query, body, steps, errors. */
#include <stdarg.h>
#include <stdio.h>

#include "base/digest.h"
#include "genesys/genesys_priv.h"
#include "net/url.h"

enum { ASK_BYTES_MAX = 16 << 20, SECOND_MS = 1000, HEADERS_MAX = 8 };

/* ---- life */

struct ask *ask_new(struct genesys *g, struct http_request *req) {
  struct ask *a = mem_new(g->mem, sizeof *a);
  if (a == NULL) {
    return NULL;
  }
  a->g = g;
  arena_init(&a->arena, g->mem, ASK_BYTES_MAX);
  textbuf_init(&a->out, g->mem);
  a->ref = http_request_ref(req);
  a->method = http_request_method(req);
  a->path = arena_copy_text(&a->arena, http_request_path(req));
  a->query = arena_copy_text(&a->arena, http_request_query(req));
  a->raw = arena_copy_text(&a->arena, http_request_body(req));
  a->by = (struct caller){.number = SESSION_NOBODY};
  a->next = g->asks;
  if (a->next != NULL) {
    a->next->prev = a;
  }
  g->asks = a;
  return a;
}

static void end(struct ask *a) {
  const struct mem *mem = a->g->mem;
  if (a->prev != NULL) {
    a->prev->next = a->next;
  } else {
    a->g->asks = a->next;
  }
  if (a->next != NULL) {
    a->next->prev = a->prev;
  }
  arena_free(&a->arena);
  textbuf_free(&a->out);
  mem_free(mem, a, sizeof *a);
}

void ask_forget(struct ask *a) {
  end(a);
}

void asks_free(struct genesys *g) {
  while (g->asks != NULL) {
    end(g->asks);
  }
}

/* ---- what was asked */

struct text ask_format(struct ask *a, const char *format, ...) {
  char line[1024];
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  const struct text copy =
      arena_copy_text(&a->arena, utf8_printed(line, sizeof line, n));
  return copy.ptr == NULL ? TEXT("") : copy;
}

struct text ask_query(struct ask *a, const char *name) {
  const struct text raw = url_query_find(a->query, text_from(name));
  struct textbuf b;
  textbuf_init(&b, a->g->mem);
  struct text value = TEXT("");
  if (raw.ptr != NULL && url_decode_query(raw, &b) && !b.failed) {
    value = arena_copy_text(&a->arena, textbuf_text(&b));
  }
  textbuf_free(&b);
  return value.ptr == NULL ? TEXT("") : value;
}

/* One of "a,b,c"? */
static bool is_among(struct text list, struct text value) {
  for (size_t at = 0; at <= list.len;) {
    const size_t end = text_find(list, TEXT(","), at);
    if (text_equal(text_sub(list, at, end - at), value)) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

bool ask_wants(struct ask *a, const char *name, struct text value) {
  struct text rest = a->query, key, raw;
  bool asked = false, found = false;
  while (!found && url_query_next(&rest, &key, &raw)) {
    struct textbuf b;
    textbuf_init(&b, a->g->mem);
    if (text_equal(key, text_from(name)) && raw.len > 0) {
      asked = true;
      found = url_decode_query(raw, &b) && !b.failed &&
              is_among(textbuf_text(&b), value);
    }
    textbuf_free(&b);
  }
  return found || !asked;
}

const struct json *json_part(const struct json *object, const char *name) {
  const struct json *m = json_member(object, text_from(name));
  return m == NULL || m->type == JSON_NULL ? NULL : m;
}

struct text json_text_of(const struct json *object, const char *name) {
  return json_member_text(object, text_from(name));
}

const struct json *ask_member(const struct ask *a, const char *name) {
  return json_part(a->body, name);
}

struct text ask_text(const struct ask *a, const char *name) {
  return json_text_of(a->body, name);
}

struct json_out ask_json(struct ask *a) {
  struct json_out o;
  textbuf_clear(&a->out);
  json_out_init(&o, &a->out);
  return o;
}

/* ---- answering */

static void note(struct ask *a) {
  const struct api_log entry = {
      .level = a->status >= 500 ? API_LOG_WARNING : API_LOG_DEBUG,
      .what = "genesys.request",
      .who = a->by.name,
      .detail = ask_format(a, "%s %.*s", http_method_name(a->method),
                           TEXT_ARG(a->path)),
      .code = a->status};
  if (a->g->options.log != NULL) {
    a->g->options.log(a->g->options.ctx, &entry);
  }
}

static void respond(struct ask *a) {
  struct http_request *req = http_request_find(a->g->server, a->ref);
  struct http_header h[HEADERS_MAX];
  size_t n = 0;
  if (a->out.len > 0) {
    h[n++] = (struct http_header){TEXT("Content-Type"),
                                  TEXT("application/json; charset=utf-8")};
  }
  h[n++] =
      (struct http_header){TEXT("Cache-Control"), TEXT("no-cache, no-store")};
  if (a->retry_after_ms > 0) {
    const long long s =
        (long long)(a->retry_after_ms + SECOND_MS - 1) / SECOND_MS;
    h[n++] =
        (struct http_header){TEXT("Retry-After"), ask_format(a, "%lld", s)};
  }
  if (req != NULL && http_request_header(req, TEXT("Origin")).len > 0) {
    h[n++] =
        (struct http_header){TEXT("Access-Control-Allow-Origin"), TEXT("*")};
    h[n++] = (struct http_header){TEXT("Access-Control-Expose-Headers"),
                                  TEXT("Retry-After")};
  }
  note(a);
  if (req != NULL) {
    /* Without memory the connection is cut, and the client asks again. */
    (void)http_respond(req, a->out.failed ? 503 : a->status, h, n,
                       a->out.failed ? TEXT("") : textbuf_text(&a->out));
  }
  end(a);
}

static void on_durable(void *ctx, const struct answer *unavailable) {
  struct ask *a = ctx;
  if (unavailable != NULL) {
    textbuf_clear(&a->out);
    a->status = unavailable->code;
    a->retry_after_ms = unavailable->retry_after_ms;
  }
  respond(a);
}

void ask_send(struct ask *a, int status) {
  struct domain *d = api_domain(a->g->api);
  a->status = status;
  if (engine_seq(domain_engine(d)) == domain_released(d)) {
    respond(a); /* nothing is on its way */
    return;
  }
  if (a->method == HTTP_GET) {
    domain_when_readable(d, on_durable, a);
  } else { /* it is done: its answer is not one that asks to do it again */
    domain_when_durable(d, on_durable, a);
  }
}

void ask_send_empty(struct ask *a, int status) {
  textbuf_clear(&a->out);
  ask_send(a, status);
}

/* ---- errors */

static void put_context(struct ask *a, struct json_out *o) {
  uint8_t random[16];
  char text[2 * sizeof random];
  api_fill_random(a->g->api, random, sizeof random);
  hex_write(random, sizeof random, text);
  put_key_text(o, "contextId", (struct text){text, sizeof text});
}

static void put_error_head(struct ask *a, const struct ask_error *e,
                           struct json_out *o) {
  put_key_text(o, "message", e->message);
  put_key_text(o, "code", text_from(e->code));
  put_key_i64(o, "status", e->status);
  put_key_text(o, "entityId", e->entity);
  put_key_text(o, "entityName", TEXT(""));
  put_key_text(o, "messageWithParams", e->message);
  put_context(a, o);
}

void error_put(struct ask *a, const struct ask_error *e, struct json_out *o) {
  put_error_head(a, e, o);
  json_key(o, "messageParams");
  json_open_object(o);
  json_close_object(o);
  json_key(o, "details");
  json_open_list(o);
  if (e->field != NULL) {
    json_open_object(o);
    put_key_text(o, "errorCode", text_from(e->code));
    put_key_text(o, "fieldName", text_from(e->field));
    put_key_text(o, "entityId", e->entity);
    put_key_text(o, "entityName", TEXT(""));
    json_close_object(o);
  }
  json_close_list(o);
  json_key(o, "errors");
  json_open_list(o);
  json_close_list(o);
}

void ask_fail(struct ask *a, const struct ask_error *e) {
  struct json_out o = ask_json(a);
  json_open_object(&o);
  error_put(a, e, &o);
  json_close_object(&o);
  ask_send(a, e->status);
}

void ask_fail_code(struct ask *a, int status, const char *code,
                   struct text message) {
  const struct ask_error e = {
      .status = status, .code = code, .message = message, .entity = TEXT("")};
  ask_fail(a, &e);
}

void ask_fail_field(struct ask *a, const char *field, struct text message) {
  const struct ask_error e = {.status = 400,
                              .code = "invalid.value",
                              .message = message,
                              .field = field,
                              .entity = TEXT("")};
  ask_fail(a, &e);
}

void ask_fail_memory(struct ask *a) {
  a->retry_after_ms = SECOND_MS;
  ask_fail_code(a, 503, "service.unavailable",
                TEXT("There is no memory for it."));
}

static const struct {
  enum refusal refusal;
  int status;
  const char *code;
} codes[] = {
#define GENESYS_ERROR(refusal, status, code) {REFUSAL_##refusal, status, code},
#include "genesys/errors.def"
#undef GENESYS_ERROR
};

/* Two refusals may have one word: their statuses tell them apart. */
static void name_refusal(struct text word, struct ask_error *e) {
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    const struct refusal_info *info = refusal_info(codes[i].refusal);
    if (info->http == e->status && text_equal(text_from(info->wire), word)) {
      e->code = codes[i].code;
      e->status = codes[i].status != 0 ? codes[i].status : e->status;
      return;
    }
  }
}

static void put_remedies(struct json_out *o, const struct json *list) {
  for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
       m = m->next) {
    json_open_object(o);
    put_key_text(o, "errorCode", TEXT("remedy"));
    put_key_text(o, "fieldName", TEXT(""));
    put_key_text(o, "entityId", json_text_of(m, "script"));
    put_key_text(o, "entityName", json_text_of(m, "do"));
    json_close_object(o);
  }
}

static void put_pointer(struct json_out *o, const char *code,
                        struct text pointer) {
  if (pointer.len > 0) {
    json_open_object(o);
    put_key_text(o, "errorCode", text_from(code));
    put_key_text(o, "fieldName", text_sub(pointer, 1, pointer.len));
    put_key_text(o, "entityId", TEXT(""));
    put_key_text(o, "entityName", TEXT(""));
    json_close_object(o);
  }
}

void ask_fail_problem(struct ask *a, const struct json *problem) {
  const struct json *code = json_part(problem, "code");
  const struct json *retry = json_part(problem, "retryAfterMs");
  const struct text word = json_text_of(problem, "refusal");
  struct ask_error e = {.status = code != NULL ? (int)code->i : 500,
                        .code = "general.conflict",
                        .message = json_text_of(problem, "detail"),
                        .entity = TEXT("")};
  name_refusal(word, &e);
  if (a->not_found != NULL && text_equal(word, TEXT("unknown_target"))) {
    e.code = a->not_found;
  }
  a->retry_after_ms = retry != NULL ? retry->i : 0;
  struct json_out o = ask_json(a);
  json_open_object(&o);
  put_error_head(a, &e, &o);
  json_key(&o, "messageParams");
  json_open_object(&o);
  put_key_text(&o, "refusal", word);
  json_close_object(&o);
  json_key(&o, "details");
  json_open_list(&o);
  put_pointer(&o, e.code, json_text_of(problem, "pointer"));
  put_remedies(&o, json_part(problem, "remedies"));
  json_close_list(&o);
  json_key(&o, "errors");
  json_open_list(&o);
  json_close_list(&o);
  json_close_object(&o);
  ask_send(a, e.status);
}

/* ---- steps */

static void on_reply(void *ctx, const struct api_reply *reply) {
  struct ask *a = ctx;
  struct json *tree = NULL;
  const struct text body = arena_copy_text(&a->arena, reply->body);
  if (body.ptr == NULL ||
      (body.len > 0 &&
       json_parse(&a->arena, body, JSON_DEPTH_MAX, &tree, NULL) != BT_ERR_OK)) {
    ask_fail_memory(a);
  } else if (reply->code >= 400) {
    ask_fail_problem(a, tree);
  } else {
    a->then(a, tree);
  }
}

void ask_api(struct ask *a, const struct ask_step *step) {
  const struct api_request request = {.by = step->by,
                                      .method = step->method,
                                      .path = step->path,
                                      .content_type = TEXT("application/json"),
                                      .body = step->body};
  a->then = step->then;
  if (api_call(a->g->api, &request, on_reply, a) != BT_ERR_OK) {
    ask_fail_memory(a);
  }
}

struct text ask_path(struct ask *a, const char *before, struct text name,
                     const char *after) {
  struct textbuf b;
  textbuf_init(&b, a->g->mem);
  textbuf_add(&b, text_from(before));
  url_encode(name, &b);
  textbuf_add(&b, text_from(after));
  const struct text copy =
      b.failed ? TEXT("") : arena_copy_text(&a->arena, textbuf_text(&b));
  textbuf_free(&b);
  return copy.ptr == NULL ? TEXT("") : copy;
}

void ask_then_202(struct ask *a, const struct json *unused) {
  (void)unused;
  ask_send_empty(a, 202);
}

void ask_then_204(struct ask *a, const struct json *unused) {
  (void)unused;
  ask_send_empty(a, 204);
}

bool ask_as_agent(struct ask *a, uint32_t agent, struct caller *by) {
  const struct directory *d = genesys_directory(a->g);
  const bool own = a->by.role == ROLE_AGENT && a->by.number == agent;
  if (!own && a->by.role == ROLE_AGENT) {
    ask_fail_code(a, 403, "not.authorized",
                  TEXT("This client acts as another user."));
    return false;
  }
  *by = (struct caller){.role = ROLE_AGENT,
                        .number = agent,
                        .name = d->agents[agent].id,
                        .request = a->by.request};
  return true;
}
