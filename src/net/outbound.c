#include "net/outbound.h"

#include "base/check.h"
#include "net/outbound_priv.h"

enum { CONNECTIONS_MAX = 64 };

/* A socket of libcurl's that the loop watches. */
struct watched {
  uv_poll_t poll;
  struct outbound *outbound;
  const struct mem *mem; /* the loop's: it may outlive the outbound */
  curl_socket_t fd;
};

/* ---- answers */

static void answer(struct outbound_one *c, const struct outbound_reply *reply) {
  const bool kept = c->tunnels && reply->status >= 0;
  c->fn(c->ctx, reply);
  if (!kept) {
    outbound_one_free(c);
  }
}

static void answer_refused(struct loop_task *task) {
  struct outbound *o = LINK_OWNER(task, struct outbound, refusals);
  while (!link_is_alone(&o->refused)) {
    struct outbound_one *c =
        LINK_OWNER(o->refused.next, struct outbound_one, link);
    const struct outbound_reply reply = {.status = -1,
                                         .reason = text_from(c->reason)};
    answer(c, &reply);
  }
}

static void take_results(struct outbound *o) {
  CURLMsg *m;
  int left;
  while ((m = curl_multi_info_read(o->multi, &left)) != NULL) {
    char *private = NULL;
    struct outbound_reply reply;
    if (m->msg != CURLMSG_DONE) {
      continue;
    }
    const CURLcode result = m->data.result;
    (void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
    struct outbound_one *c = (struct outbound_one *)(void *)private;
    if (!outbound_go_on(c, result, &reply)) {
      answer(c, &reply);
    }
  }
}

/* ---- libcurl on the loop */

static void on_timer(void *ctx) {
  struct outbound *o = ctx;
  int running;
  (void)curl_multi_socket_action(o->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  take_results(o);
}

static int on_timeout(CURLM *multi, long timeout_ms, void *ctx) {
  struct outbound *o = ctx;
  (void)multi;
  if (timeout_ms < 0) {
    loop_timer_stop(o->timer);
  } else {
    loop_timer_start_after(o->timer, (int64_t)timeout_ms * 1000);
  }
  return 0;
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  struct watched *w = poll->data;
  struct outbound *o = w->outbound;
  int running;
  const int flags = (status < 0 ? CURL_CSELECT_ERR : 0) |
                    (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
                    (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
  (void)curl_multi_socket_action(o->multi, w->fd, flags, &running);
  take_results(o);
}

static void on_watched_closed(uv_handle_t *handle) {
  struct watched *w = handle->data;
  mem_free(w->mem, w, sizeof *w);
}

static struct watched *watch(struct outbound *o, curl_socket_t fd) {
  struct watched *w = mem_new(o->loop->mem, sizeof *w);
  if (w == NULL) {
    return NULL;
  }
  w->outbound = o;
  w->mem = o->loop->mem;
  w->fd = fd;
  if (uv_poll_init_socket(&o->loop->uv, &w->poll, fd) != 0) {
    mem_free(o->loop->mem, w, sizeof *w);
    return NULL;
  }
  w->poll.data = w;
  (void)curl_multi_assign(o->multi, fd, w);
  return w;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx,
                     void *socket_ctx) {
  struct outbound *o = ctx;
  struct watched *w = socket_ctx;
  (void)easy;
  if (what == CURL_POLL_REMOVE) {
    if (w != NULL) {
      (void)uv_poll_stop(&w->poll);
      (void)curl_multi_assign(o->multi, fd, NULL);
      uv_close((uv_handle_t *)&w->poll, on_watched_closed);
    }
    return 0;
  }
  w = w == NULL ? watch(o, fd) : w;
  if (w == NULL) {
    return 0; /* the call's own timeout ends it */
  }
  const int events = (what & CURL_POLL_IN ? UV_READABLE : 0) |
                     (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
  (void)uv_poll_start(&w->poll, events, on_ready);
  return 0;
}

/* ---- rules */

static bool copy_rules(struct outbound *o, struct arena *arena,
                       const struct outbound_rules *rules) {
  struct outbound_rule *list =
      arena_alloc(arena, (rules->allow_count + 1) * sizeof *list);
  const struct text authorities = arena_copy_text(arena, rules->authorities);
  if (list == NULL || authorities.ptr == NULL) {
    return false;
  }
  for (size_t i = 0; i < rules->allow_count; i++) {
    const char *why;
    const struct text rule = arena_copy_text(arena, rules->allow[i]);
    if (rule.ptr == NULL) {
      return false;
    }
    const bool good = outbound_read_rule(rule, &list[i], &why);
    bt_check(good);
  }
  o->rules = list;
  o->rule_count = rules->allow_count;
  o->reply_bytes = rules->reply_bytes;
  o->authorities = authorities;
  return true;
}

enum bt_err outbound_set_rules(struct outbound *o,
                               const struct outbound_rules *rules) {
  struct arena fresh;
  arena_init(&fresh, o->loop->mem, 0);
  if (!copy_rules(o, &fresh, rules)) {
    arena_free(&fresh);
    return BT_ERR_NOMEM;
  }
  arena_free(&o->arena);
  o->arena = fresh;
  return BT_ERR_OK;
}

/* ---- life */

static void limit_connections(struct outbound *o) {
  (void)curl_multi_setopt(o->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                          o->connections);
  /* One slow host must not hold up the calls to all others. */
  (void)curl_multi_setopt(o->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                          (o->connections + 3) / 4);
}

void outbound_set_connections(struct outbound *o, long most) {
  o->connections = most;
  if (o->multi != NULL) {
    limit_connections(o);
  }
}

/* With the first call: it takes descriptors, and many centres call nobody. */
bool outbound_prepare(struct outbound *o) {
  if (o->multi != NULL) {
    return true;
  }
  o->multi = curl_multi_init();
  if (o->multi == NULL) {
    return false;
  }
  (void)curl_multi_setopt(o->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  (void)curl_multi_setopt(o->multi, CURLMOPT_SOCKETDATA, o);
  (void)curl_multi_setopt(o->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
  (void)curl_multi_setopt(o->multi, CURLMOPT_TIMERDATA, o);
  limit_connections(o);
  return true;
}

enum bt_err outbound_create(struct loop *loop,
                            const struct outbound_rules *rules,
                            struct outbound **out) {
  struct outbound *o = mem_new(loop->mem, sizeof *o);
  if (o == NULL) {
    return BT_ERR_NOMEM;
  }
  o->loop = loop;
  link_init(&o->calls);
  link_init(&o->refused);
  loop_task_init(&o->refusals, answer_refused);
  arena_init(&o->arena, loop->mem, 0);
  enum bt_err err = outbound_set_rules(o, rules);
  if (err == BT_ERR_OK) {
    err = loop_timer_create(loop, on_timer, o, &o->timer);
  }
  if (err == BT_ERR_OK) {
    o->global = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    err = o->global ? BT_ERR_OK : BT_ERR_NOMEM;
  }
  if (err != BT_ERR_OK) {
    outbound_free(o);
    return err;
  }
  outbound_set_connections(o, CONNECTIONS_MAX);
  *out = o;
  return BT_ERR_OK;
}

static void drop_all(struct link *list) {
  while (!link_is_alone(list)) {
    struct outbound_one *c = LINK_OWNER(list->next, struct outbound_one, link);
    if (c->tunnels) {
      tunnel_cut(c);
    } else {
      outbound_one_free(c);
    }
  }
}

void outbound_free(struct outbound *o) {
  if (o == NULL) {
    return;
  }
  drop_all(&o->calls);
  drop_all(&o->refused);
  loop_task_cancel(&o->refusals);
  if (o->multi != NULL) {
    (void)curl_multi_cleanup(o->multi);
  }
  if (o->global) {
    curl_global_cleanup();
  }
  loop_timer_free(o->timer);
  arena_free(&o->arena);
  mem_free(o->loop->mem, o, sizeof *o);
}

/* ---- calling */

static bool copy_request(struct outbound_one *c,
                         const struct outbound_request *from) {
  struct arena *a = &c->arena;
  struct http_header *headers =
      arena_alloc(a, (from->header_count + 1) * sizeof *headers);
  c->request =
      (struct outbound_request){.method = arena_copy_text(a, from->method),
                                .url = arena_copy_text(a, from->url),
                                .body = arena_copy_text(a, from->body),
                                .headers = headers,
                                .header_count = from->header_count,
                                .timeout_ms = from->timeout_ms,
                                .stays = from->stays};
  bool good = headers != NULL && c->request.method.ptr != NULL &&
              c->request.url.ptr != NULL && c->request.body.ptr != NULL;
  for (size_t i = 0; i < from->header_count && good; i++) {
    headers[i] =
        (struct http_header){arena_copy_text(a, from->headers[i].name),
                             arena_copy_text(a, from->headers[i].value)};
    good = headers[i].name.ptr != NULL && headers[i].value.ptr != NULL;
  }
  return good;
}

struct outbound_one *outbound_one_new(struct outbound *o, outbound_fn *fn,
                                      void *ctx) {
  struct outbound_one *c = mem_new(o->loop->mem, sizeof *c);
  if (c == NULL) {
    return NULL;
  }
  c->outbound = o;
  c->fn = fn;
  c->ctx = ctx;
  link_init(&c->link);
  arena_init(&c->arena, o->loop->mem, 0);
  textbuf_init(&c->body, o->loop->mem);
  return c;
}

void outbound_one_begin(struct outbound_one *c) {
  struct outbound *o = c->outbound;
  if (outbound_begin(c)) {
    link_add_last(&o->calls, &c->link);
  } else {
    link_add_last(&o->refused, &c->link);
    loop_run_early(o->loop, &o->refusals);
    loop_again(o->loop);
  }
}

enum bt_err outbound_call(struct outbound *o,
                          const struct outbound_request *request,
                          outbound_fn *fn, void *ctx) {
  struct outbound_one *c = outbound_one_new(o, fn, ctx);
  if (c == NULL) {
    return BT_ERR_NOMEM;
  }
  if (!copy_request(c, request)) {
    outbound_one_free(c);
    return BT_ERR_NOMEM;
  }
  outbound_one_begin(c);
  return BT_ERR_OK;
}
