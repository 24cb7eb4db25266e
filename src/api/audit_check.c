/* What an operator looks after, who reads nothing of what people said: is the
 * audit log whole, and how far may a peer go? */
#include "api/serve_priv.h"
#include "domain/heap.h"

enum { BUSY_RETRY_MS = 1000 };

/* The log on its way past a thread. */
struct audit_check {
  struct api *api; /* NULL: it was freed meanwhile */
  struct call *call;
  const char *path;
  char noted[AUDIT_DIGEST + 1];
  struct audit_report report;
  enum bt_err err;
};

void audit_check_free(struct api *api) {
  if (api->audit_check != NULL) {
    api->audit_check->api = NULL; /* its thread is at it: it frees itself */
  }
}

static void check(void *ctx) {
  struct audit_check *k = ctx;
  k->err = audit_verify(heap_mem(), k->path, text_from(k->noted), &k->report);
}

static void answer(const struct audit_check *k) {
  struct call *c = k->call;
  const struct audit_report *r = &k->report;
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "whole");
  json_put_bool(&o, k->err == BT_ERR_OK);
  json_key(&o, "entries");
  json_put_u64(&o, r->head.entries);
  json_key(&o, "removed");
  json_put_u64(&o, r->removed);
  json_key(&o, "head");
  json_put_text(&o, text_from(r->head.digest));
  json_key(&o, "line");
  r->line > 0 ? json_put_u64(&o, r->line) : json_put_null(&o);
  json_key(&o, "why");
  k->err == BT_ERR_OK ? json_put_null(&o)
                      : json_put_text(&o, text_from(r->why));
  json_close_object(&o);
  const struct reply reply = {.code = 200, .body = textbuf_text(&c->out)};
  call_reply(c, &reply);
}

static void on_checked(void *ctx) {
  struct audit_check *k = ctx;
  if (k->api != NULL) {
    k->api->audit_check = NULL;
    if (k->err == BT_ERR_OK || k->err == BT_ERR_CORRUPT) {
      answer(k);
    } else {
      call_refuse(k->call, REFUSAL_UNAVAILABLE,
                  call_format(k->call, "The audit log cannot be read: %s.",
                              bt_err_text(k->err)),
                  TEXT(""));
    }
  }
  mem_free(heap_mem(), k, sizeof *k);
}

/* False: answered. */
static bool may_begin(struct call *c, struct text noted) {
  if (c->api->options.audit == NULL) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                TEXT("A centre in memory keeps no audit log."), TEXT(""));
    return false;
  }
  if (noted.len != 0 && noted.len != AUDIT_DIGEST) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                call_format(c, "?head= is a digest of %d hexadecimal digits.",
                            AUDIT_DIGEST),
                TEXT("/head"));
    return false;
  }
  if (c->api->audit_check != NULL) {
    call_refuse_for(c, REFUSAL_UNAVAILABLE,
                    TEXT("The audit log is being verified already."),
                    BUSY_RETRY_MS);
    return false;
  }
  return true;
}

void serve_audit_verification(struct call *c) {
  const struct text noted = call_query(c, TEXT("head"));
  if (!may_begin(c, noted)) {
    return;
  }
  struct audit_check *k = mem_new(heap_mem(), sizeof *k);
  if (k == NULL) {
    call_refuse_memory(c);
    return;
  }
  k->api = c->api;
  k->call = c;
  k->path = c->api->options.audit_path;
  for (size_t i = 0; i < noted.len; i++) {
    k->noted[i] = noted.ptr[i];
  }
  if (loop_work(c->api->options.loop, check, on_checked, k) == BT_ERR_OK) {
    c->api->audit_check = k;
  } else {
    mem_free(heap_mem(), k, sizeof *k);
    call_refuse_memory(c);
  }
}

/* ---- limits */

static void put_limits(const struct net_limits *limits, struct json_out *o) {
  json_open_object(o);
#define LIMIT(field, value, unit, answer, meaning)                             \
  json_key(o, #field);                                                         \
  json_put_i64(o, limits->field);
#include "net/limits.def"
#undef LIMIT
  json_close_object(o);
}

static void put_rates(const struct api_rates *rates, struct json_out *o) {
  json_open_object(o);
#define RATE(role, value, meaning)                                             \
  json_key(o, #role);                                                          \
  json_put_u64(o, rates->role);
#include "api/rates.def"
#undef RATE
  json_close_object(o);
}

void serve_limits(struct call *c) {
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "limits");
  put_limits(http_server_limits(c->api->server), &o);
  json_key(&o, "rates");
  put_rates(&c->api->rates.allowed, &o);
  json_close_object(&o);
  const struct reply r = {.code = 200, .body = textbuf_text(&c->out)};
  call_reply(c, &r);
}
