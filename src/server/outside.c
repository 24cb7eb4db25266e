#include "server/outside.h"

#include <string.h>

#include "base/check.h"
#include "domain/heap.h"

enum { HEADERS_MAX = 64, SECOND_MS = 1000 };

/* A call under way, in the outside's list. */
struct errand {
  struct errand *next, *prev;
  struct outside *outside;
  struct id session;
  int64_t question, began_us;
};

struct outside {
  struct api *api;
  struct outbound *outbound;
  const struct log *log;
  struct errand *errands;
};

/* ---- the answer */

static void drop(struct errand *e) {
  if (e->prev != NULL) {
    e->prev->next = e->next;
  } else {
    e->outside->errands = e->next;
  }
  if (e->next != NULL) {
    e->next->prev = e->prev;
  }
  mem_free(heap_mem(), e, sizeof *e);
}

static void note(const struct errand *e, const struct outbound_reply *reply) {
  char id[ID_TEXT_LEN];
  id_to_text(e->session, id);
  const struct log_field fields[] = {
      {.name = "session", .text = {id, ID_TEXT_LEN}},
      {.name = "status", .number = reply->status},
      {.name = "reason", .text = reply->reason},
      {.name = "tookUs", .number = loop_now_us() - e->began_us}};
  log_write(e->outside->log,
            reply->status < 0 ? API_LOG_WARNING : API_LOG_DEBUG, "script.call",
            fields, 4);
}

static void on_reply(void *ctx, const struct outbound_reply *reply) {
  struct errand *e = ctx;
  const struct api_call_answer answer = {
      .session = e->session,
      .question = e->question,
      .status = reply->status,
      .reason =
          reply->status < 0 ? reply->reason : http_status_reason(reply->status),
      .body = reply->body};
  note(e, reply);
  api_answer_call(e->outside->api, &answer);
  drop(e);
}

/* ---- the request */

struct headers {
  struct http_header list[HEADERS_MAX];
  size_t count;
  struct arena *arena;
};

static void add(struct headers *h, struct text name, struct text value) {
  if (h->count < HEADERS_MAX) {
    h->list[h->count++] = (struct http_header){name, value};
  }
}

static bool has(const struct headers *h, struct text name) {
  size_t i = 0;
  while (i < h->count && !text_equal_nocase(h->list[i].name, name)) {
    i++;
  }
  return i < h->count;
}

/* A number is sent as it was written. */
static struct text value_of(const struct json *m) {
  return m->type == JSON_TEXT   ? m->text
         : m->type == JSON_NULL ? TEXT("")
                                : m->source;
}

static void read_headers(struct headers *h, const struct record *fx) {
  struct json *tree = NULL;
  const struct text json = record_text(fx, FIELD_HEADERS);
  if (json.len > 0 && json_parse(h->arena, json, JSON_DEPTH_DEFAULT, &tree,
                                 NULL) == BT_ERR_OK) {
    for (const struct json *m = tree->first; m != NULL; m = m->next) {
      add(h, m->key, value_of(m));
    }
  }
  if (record_text(fx, FIELD_BODY).len > 0 && !has(h, TEXT("Content-Type"))) {
    add(h, TEXT("Content-Type"), record_text(fx, FIELD_VALUE));
  }
  if (!has(h, TEXT("Accept"))) {
    add(h, TEXT("Accept"), TEXT("application/json, */*;q=0.8"));
  }
}

static void fail(struct outside *o, const struct record *fx,
                 const char *reason) {
  const struct api_call_answer answer = {
      .session = record_id(fx, FIELD_SESSION),
      .question = record_num(fx, FIELD_QUESTION),
      .status = -1,
      .reason = text_from(reason)};
  api_answer_call(o->api, &answer);
}

static enum bt_err ask(struct outside *o, const struct record *fx,
                       struct errand *e) {
  struct arena arena;
  struct headers headers = {.arena = &arena};
  arena_init(&arena, heap_mem(), 0);
  read_headers(&headers, fx);
  const struct outbound_request request = {
      .method = record_text(fx, FIELD_METHOD),
      .url = record_text(fx, FIELD_URL),
      .body = record_text(fx, FIELD_BODY),
      .headers = headers.list,
      .header_count = headers.count,
      .timeout_ms = record_num(fx, FIELD_TIMEOUT) * SECOND_MS};
  const enum bt_err err = outbound_call(o->outbound, &request, on_reply, e);
  arena_free(&arena);
  return err;
}

static void call_out(void *ctx, const struct record *fx) {
  struct outside *o = ctx;
  struct errand *e = mem_new(heap_mem(), sizeof *e);
  if (e == NULL) {
    fail(o, fx, "failed: out of memory");
    return;
  }
  *e = (struct errand){.next = o->errands,
                       .outside = o,
                       .session = record_id(fx, FIELD_SESSION),
                       .question = record_num(fx, FIELD_QUESTION),
                       .began_us = loop_now_us()};
  if (e->next != NULL) {
    e->next->prev = e;
  }
  o->errands = e;
  if (ask(o, fx, e) != BT_ERR_OK) {
    drop(e);
    fail(o, fx, "failed: out of memory");
  }
}

/* ---- life */

enum bt_err outside_create(struct api *api, struct loop *loop,
                           const struct outbound_rules *rules,
                           const struct log *log, struct outside **out) {
  struct outside *o = mem_new(heap_mem(), sizeof *o);
  if (o == NULL) {
    return BT_ERR_NOMEM;
  }
  o->api = api;
  o->log = log;
  const enum bt_err err = outbound_create(loop, rules, &o->outbound);
  if (err != BT_ERR_OK) {
    mem_free(heap_mem(), o, sizeof *o);
    return err;
  }
  api_serve_calls(api, call_out, o);
  *out = o;
  return BT_ERR_OK;
}

enum bt_err outside_set_rules(struct outside *o,
                              const struct outbound_rules *rules) {
  return outbound_set_rules(o->outbound, rules);
}

void outside_free(struct outside *o) {
  if (o == NULL) {
    return;
  }
  api_serve_calls(o->api, NULL, NULL);
  outbound_free(o->outbound); /* no more answers */
  while (o->errands != NULL) {
    drop(o->errands);
  }
  mem_free(heap_mem(), o, sizeof *o);
}
