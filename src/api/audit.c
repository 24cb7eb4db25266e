/* What people of the centre do is written down before they hear of it.
 *
 * Reading and listening is written down first and begins when that is on disk.
 * A command is carried out, is an event of the journal if it changed anything,
 * and is written down with its answer's status; the answer leaves when that is
 * on disk. The disk is waited for on another thread, once for all who wait.
 */
#include "api/serve_priv.h"
#include "base/check.h"
#include "domain/heap.h"

enum {
  A = 1 << ROLE_AGENT,
  S = 1 << ROLE_SUPERVISOR,
  D = 1 << ROLE_ADMIN,
  O = 1 << ROLE_OPERATOR,
  BUSY_RETRY_MS = 1000
};

static const struct audited {
  serve_fn *serve;
  uint32_t roles;
  const char *what;
} audited[] = {
#define AUDIT(serve, roles, what) {serve_##serve, roles, what},
#include "api/audit.def"
#undef AUDIT
};

/* Calls that wait for the same write to the disk. */
struct audit_round {
  struct api *api; /* NULL: it was freed meanwhile */
  struct audit *audit;
  struct call *calls; /* the newest first */
  enum bt_err err;
};

/* ---- what is written down */

/* NULL: nothing. */
static const char *act_of(const struct call *c, serve_fn *serve) {
  for (size_t i = 0; i < sizeof audited / sizeof audited[0]; i++) {
    if (audited[i].serve == serve) {
      return (audited[i].roles >> c->by.role & 1) != 0 ? audited[i].what : NULL;
    }
  }
  const bool is_command = c->route->kind == ROUTE_DOES &&
                          c->route->command != COMMANDS &&
                          ((S | D) >> c->by.role & 1) != 0;
  return is_command ? command_info((enum command_type)c->route->command)->wire
                    : NULL;
}

void call_audit(struct call *c, const char *act) {
  struct http_request *req = call_request(c);
  if (c->api->options.audit != NULL) {
    c->act = act;
    c->peer = req == NULL ? TEXT("")
                          : arena_copy_text(&c->arena, http_request_peer(req));
  }
}

static struct text object_of(struct call *c, const struct reply *r) {
  char id[ID_TEXT_LEN];
  if (c->params[1].len > 0) {
    return call_format(c, "%.*s %.*s", TEXT_ARG(c->params[0]),
                       TEXT_ARG(c->params[1]));
  }
  if (c->params[0].len > 0 || r == NULL || id_is_null(r->session)) {
    return c->params[0];
  }
  id_to_text(r->session, id);
  return call_format(c, "%.*s", ID_TEXT_LEN, id);
}

/* @r: the answer, if it is known. */
static enum bt_err put(struct call *c, const struct reply *r) {
  const struct audit_entry entry = {
      .at_us = api_now_us(c->api),
      .role =
          c->by.role == ROLE_NONE ? TEXT("") : text_from(role_name(c->by.role)),
      .who = c->by.name,
      .what = text_from(c->act),
      .of = object_of(c, r),
      .from = c->peer,
      .request = c->by.request,
      .code = r == NULL ? 0 : r->code};
  const enum bt_err err = audit_put(c->api->options.audit, &entry);
  c->api->audit_failed = err != BT_ERR_OK;
  c->act = NULL; /* once */
  return err;
}

static void refuse(struct call *c, enum bt_err err, const char *what) {
  const struct api_log entry = {.level = API_LOG_ERROR,
                                .what = "audit.failed",
                                .request = c->by.request,
                                .detail = text_from(bt_err_text(err))};
  api_note(c->api, &entry);
  call_refuse(c, REFUSAL_UNAVAILABLE,
              call_format(c, "The audit log cannot be written (%s): %s",
                          bt_err_text(err), what),
              TEXT(""));
}

/* ---- waiting for the disk */

static void sync_log(void *ctx) {
  struct audit_round *r = ctx;
  r->err = audit_sync(r->audit);
}

static void go_on(struct call *c, enum bt_err err) {
  if (err != BT_ERR_OK) {
    refuse(c, err, "what was asked for may have been done.");
  } else if (c->held != NULL) {
    call_reply(c, c->held);
  } else if (c->fn == NULL && call_request(c) == NULL) {
    call_end(c); /* whoever asked has gone */
  } else {
    c->then(c);
  }
}

static void start_round(struct api *api);

static void on_synced(void *ctx) {
  struct audit_round *r = ctx;
  struct api *api = r->api;
  if (api != NULL) {
    api->audit_running = NULL;
    api->audit_failed |= r->err != BT_ERR_OK;
    while (r->calls != NULL) {
      struct call *c = r->calls;
      r->calls = c->audit_next;
      c->audit_next = NULL;
      go_on(c, r->err);
    }
    start_round(api);
  }
  mem_free(heap_mem(), r, sizeof *r);
}

/* One at a time: who comes meanwhile goes with the next. */
static void start_round(struct api *api) {
  struct audit_round *r = api->audit_next;
  if (api->audit_running != NULL || r == NULL) {
    return;
  }
  api->audit_next = NULL;
  api->audit_running = r;
  if (loop_work(api->options.loop, sync_log, on_synced, r) != BT_ERR_OK) {
    r->err = BT_ERR_NOMEM;
    on_synced(r);
  }
}

static void wait_for_disk(struct call *c) {
  struct api *api = c->api;
  if (api->audit_next == NULL) {
    api->audit_next = mem_new(heap_mem(), sizeof *api->audit_next);
    if (api->audit_next == NULL) {
      call_refuse_memory(c);
      return;
    }
    api->audit_next->api = api;
    api->audit_next->audit = api->options.audit;
  }
  c->audit_next = api->audit_next->calls;
  api->audit_next->calls = c;
  start_round(api);
}

void audit_rounds_free(struct api *api) {
  if (api->audit_running != NULL) {
    api->audit_running->api = NULL; /* its thread is at it: it frees itself */
  }
  mem_free(heap_mem(), api->audit_next,
           api->audit_next == NULL ? 0 : sizeof *api->audit_next);
}

/* ---- before and after */

/* Once the log could not be written, nothing that belongs there is done until
 * it can be: a line that says so is tried first. */
static bool is_ready(struct call *c) {
  struct api *api = c->api;
  if (!api->audit_failed) {
    return true;
  }
  const struct audit_entry entry = {.at_us = api_now_us(api),
                                    .role = text_from(role_name(ROLE_SYSTEM)),
                                    .who = TEXT("server"),
                                    .what = TEXT("auditResumed")};
  const enum bt_err err = audit_put(api->options.audit, &entry);
  if (err != BT_ERR_OK) {
    c->act = NULL;
    refuse(c, err, "nothing that it must hold is done before.");
    return false;
  }
  api->audit_failed = false;
  return true;
}

void call_serve(struct call *c, serve_fn *serve) {
  const char *act = act_of(c, serve);
  if (act != NULL) {
    call_audit(c, act);
  }
  if (c->act == NULL) {
    serve(c);
  } else if (is_ready(c)) {
    if (c->route->kind == ROUTE_DOES) {
      serve(c); /* call_hold() has the answer */
      return;
    }
    const enum bt_err err = put(c, NULL);
    if (err != BT_ERR_OK) {
      refuse(c, err, "nothing was done.");
      return;
    }
    c->then = serve;
    wait_for_disk(c);
  }
}

/* What the reply borrows may be gone before the disk is ready. */
static bool keep_reply(struct call *c, const struct reply *r) {
  struct reply *held = arena_alloc(&c->arena, sizeof *held);
  if (held == NULL) {
    return false;
  }
  *held = *r;
  if (r->body.ptr != c->out.ptr) {
    held->body = arena_copy_text(&c->arena, r->body);
  }
  c->held = held;
  return held->body.ptr != NULL;
}

void call_hold(struct call *c, const struct reply *r) {
  const enum bt_err err = put(c, r);
  if (err != BT_ERR_OK) {
    refuse(c, err, "what was asked for may have been done.");
  } else if (keep_reply(c, r)) {
    wait_for_disk(c);
  } else {
    call_refuse_memory(c);
  }
}

/* ---- who did what? */

enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 500 };

/* A look on its way to the disk and back. */
struct audit_look {
  struct api *api; /* NULL: it was freed meanwhile */
  struct call *call;
  const char *path;
  struct audit_query query;
  struct textbuf out;
  struct json_out json;
  struct arena arena;
  uint64_t last;
  uint32_t given, limit;
  enum bt_err err;
};

static void look_free(struct audit_look *l) {
  textbuf_free(&l->out);
  arena_free(&l->arena);
  mem_free(heap_mem(), l, sizeof *l);
}

void audit_look_free(struct api *api) {
  if (api->audit_look != NULL) {
    api->audit_look->api = NULL; /* its thread is at it: it frees itself */
  }
}

/* One more than is asked for says that there is a next page. */
static bool give_entry(void *ctx, uint64_t number, struct text line) {
  struct audit_look *l = ctx;
  if (l->given++ == l->limit) {
    return false;
  }
  json_put_raw(&l->json, line);
  l->last = number;
  return !l->out.failed;
}

static void look(void *ctx) {
  struct audit_look *l = ctx;
  json_out_init(&l->json, &l->out);
  json_open_object(&l->json);
  json_key(&l->json, "entries");
  json_open_list(&l->json);
  l->err = audit_find(heap_mem(), l->path, &l->query, give_entry, l);
  json_close_list(&l->json);
  json_key(&l->json, "next");
  l->given > l->limit ? json_put_u64(&l->json, l->last)
                      : json_put_null(&l->json);
}

static void put_head(struct audit_look *l) {
  const struct audit_head head = audit_head(l->api->options.audit);
  json_key(&l->json, "head");
  json_open_object(&l->json);
  json_key(&l->json, "entries");
  json_put_u64(&l->json, head.entries);
  json_key(&l->json, "digest");
  json_put_text(&l->json, text_from(head.digest));
  json_close_object(&l->json);
  json_close_object(&l->json);
}

static void answer(struct audit_look *l) {
  put_head(l);
  if (l->err != BT_ERR_OK) {
    call_refuse(l->call, REFUSAL_UNAVAILABLE,
                call_format(l->call, "The audit log cannot be read: %s.",
                            bt_err_text(l->err)),
                TEXT(""));
  } else if (l->out.failed) {
    call_refuse_memory(l->call);
  } else {
    const struct reply r = {.code = 200, .body = textbuf_text(&l->out)};
    call_reply(l->call, &r);
  }
}

static void on_looked(void *ctx) {
  struct audit_look *l = ctx;
  if (l->api != NULL) {
    l->api->audit_look = NULL;
    answer(l);
  }
  look_free(l);
}

/* What is looked for outlives the call's own texts. */
static bool own_texts(struct audit_look *l) {
  struct audit_query *q = &l->query;
#define X(name)                                                                \
  q->name = arena_copy_text(&l->arena, q->name);                               \
  if (q->name.ptr == NULL) {                                                   \
    return false;                                                              \
  }
  AUDIT_TEXT_LIST(X)
#undef X
  return true;
}

static void begin_look(struct call *c, const struct audit_query *q,
                       uint32_t limit) {
  struct audit_look *l = mem_new(heap_mem(), sizeof *l);
  if (l == NULL) {
    call_refuse_memory(c);
    return;
  }
  l->api = c->api;
  l->call = c;
  l->path = c->api->options.audit_path;
  l->query = *q;
  l->limit = limit;
  arena_init(&l->arena, heap_mem(), 0);
  textbuf_init(&l->out, heap_mem());
  if (own_texts(l) &&
      loop_work(c->api->options.loop, look, on_looked, l) == BT_ERR_OK) {
    c->api->audit_look = l;
  } else {
    look_free(l);
    call_refuse_memory(c);
  }
}

static bool may_look(struct call *c) {
  if (c->api->options.audit == NULL) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                TEXT("A centre in memory keeps no audit log."), TEXT(""));
    return false;
  }
  if (c->api->audit_look != NULL) {
    call_refuse_for(c, REFUSAL_UNAVAILABLE,
                    TEXT("Somebody else reads the audit log at this moment."),
                    BUSY_RETRY_MS);
    return false;
  }
  return true;
}

void serve_audit(struct call *c) {
  struct audit_query q = {.role = call_query(c, TEXT("role")),
                          .who = call_query(c, TEXT("who")),
                          .what = call_query(c, TEXT("what")),
                          .of = call_query(c, TEXT("of")),
                          .from = call_query(c, TEXT("address")),
                          .to_us = INT64_MAX,
                          .before = UINT64_MAX};
  uint32_t limit = LIMIT_DEFAULT, after = 0;
  if (!may_look(c) || !call_query_time(c, "from", &q.from_us) ||
      !call_query_time(c, "to", &q.to_us) || !call_query_after(c, &after) ||
      !call_query_count(c, TEXT("limit"), LIMIT_MAX, &limit)) {
    return;
  }
  if (after > 0) {
    q.before = after;
  }
  begin_look(c, &q, limit);
}
