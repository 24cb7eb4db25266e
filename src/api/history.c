/* Finished sessions are found again: what people ask the history. */
#include <stdio.h>

#include "api/scope_priv.h"
#include "api/serve_priv.h"
#include "domain/heap.h"
#include "history/history.h"

enum {
  VIEW_DEPTH = 64,
  LIMIT_DEFAULT = 50,
  LIMIT_MAX = 500,
  SEARCHES_MAX = 64,
  BUSY_RETRY_MS = 1000,
  CURSOR_MAX = 20 + 1 + ID_TEXT_LEN + 1
};

/* A search on its way to the disk and back. */
struct history_search {
  struct history_search *next; /* waits for this one */
  struct history *history;
  struct api *api; /* NULL: it was freed meanwhile */
  struct arena arena;
  struct call *call;
  struct history_query query;
  struct textbuf out;
  struct json_out json;
  struct text *queues, *agents; /* of a supervisor's teams, by id and name */
  size_t queue_count, agent_count;
  bool of_teams; /* what is none of these is left out */
  struct history_row last;
  char cursor[CURSOR_MAX];
  uint32_t given, limit;
  enum bt_err err;
};

static struct history_search *search_new(struct call *c,
                                         const struct history_query *q) {
  struct history_search *s = mem_new(heap_mem(), sizeof *s);
  if (s != NULL) {
    s->api = c->api;
    s->history = c->api->options.history;
    s->call = c;
    s->query = *q;
    s->limit = q->limit;
    s->query.limit = q->limit + 1;
    arena_init(&s->arena, heap_mem(), 0);
    textbuf_init(&s->out, heap_mem());
  }
  return s;
}

static void search_free(struct history_search *s) {
  if (s != NULL) {
    textbuf_free(&s->out);
    arena_free(&s->arena);
    mem_free(heap_mem(), s, sizeof *s);
  }
}

void history_searches_free(struct api *api) {
  struct history_search *s = api->searches;
  if (s == NULL) {
    return;
  }
  s->api = NULL; /* its thread is at it: it frees itself */
  for (s = s->next; s != NULL;) {
    struct history_search *next = s->next;
    search_free(s);
    s = next;
  }
  api->searches = NULL;
}

/* ---- out */

void history_put_row(struct json_out *o, const struct history_row *row) {
  static const char *const names[] = {"customer", "name",        "number",
                                      "channel",  "entryPoint",  "queue",
                                      "agent",    "disposition", "endReason"};
  const struct text texts[] = {
#define X(name) row->name,
      HISTORY_TEXT_LIST(X)
#undef X
  };
  json_open_object(o);
  api_put_session_id(o, row->session);
  api_put_time(o, "openedAt", row->opened_us);
  api_put_time(o, "endedAt", row->ended_us);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    json_key(o, names[i]);
    texts[i].len == 0 ? json_put_null(o) : json_put_text(o, texts[i]);
  }
  json_key(o, "messages");
  json_put_i64(o, row->messages);
  json_close_object(o);
}

static bool is_among(const struct text *list, size_t count, struct text t) {
  for (size_t i = 0; i < count; i++) {
    if (text_equal_nocase(list[i], t)) {
      return true;
    }
  }
  return false;
}

/* One more than is asked for says that there is a next page. */
static bool give_row(void *ctx, const struct history_row *row) {
  struct history_search *s = ctx;
  if (s->of_teams && !is_among(s->queues, s->queue_count, row->queue) &&
      !is_among(s->agents, s->agent_count, row->agent)) {
    return true;
  }
  if (s->given == s->limit) {
    s->given++;
    return false;
  }
  history_put_row(&s->json, row);
  s->last =
      (struct history_row){.session = row->session, .ended_us = row->ended_us};
  s->given++;
  return !s->out.failed;
}

static void put_next(struct history_search *s) {
  char id[ID_TEXT_LEN];
  json_key(&s->json, "next");
  if (s->given <= s->limit) {
    json_put_null(&s->json);
    return;
  }
  id_to_text(s->last.session, id);
  const int len = snprintf(s->cursor, sizeof s->cursor, "%lld.%.*s",
                           (long long)s->last.ended_us, ID_TEXT_LEN, id);
  json_put_text(&s->json, (struct text){s->cursor, (size_t)len});
}

static void search(void *ctx) {
  struct history_search *s = ctx;
  json_out_init(&s->json, &s->out);
  json_open_object(&s->json);
  json_key(&s->json, "sessions");
  json_open_list(&s->json);
  s->err = history_find(s->history, &s->query, give_row, s);
  json_close_list(&s->json);
  put_next(s);
  json_close_object(&s->json);
}

static void on_found(void *ctx);

/* One at a time, so that they never take the threads that others need. */
static void start_first(struct api *api) {
  struct history_search *s;
  while ((s = api->searches) != NULL &&
         loop_work(api->options.loop, search, on_found, s) != BT_ERR_OK) {
    api->searches = s->next;
    api->search_count--;
    call_refuse_memory(s->call);
    search_free(s);
  }
}

static void answer(struct history_search *s) {
  if (s->out.failed) {
    call_refuse_memory(s->call);
  } else if (s->err != BT_ERR_OK) {
    call_refuse(s->call, REFUSAL_UNAVAILABLE,
                call_format(s->call, "The history cannot be read: %s.",
                            bt_err_text(s->err)),
                TEXT(""));
  } else {
    const struct reply r = {.code = 200, .body = textbuf_text(&s->out)};
    call_reply(s->call, &r);
  }
}

static void on_found(void *ctx) {
  struct history_search *s = ctx;
  struct api *api = s->api;
  if (api != NULL) {
    api->searches = s->next;
    api->search_count--;
    answer(s);
    start_first(api);
  }
  search_free(s);
}

/* What is looked for outlives the call's own texts. */
static bool own_texts(struct history_search *s) {
  struct history_query *q = &s->query;
  struct text *const texts[] = {&q->customer, &q->number,      &q->queue,
                                &q->agent,    &q->disposition, &q->words};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    *texts[i] = arena_copy_text(&s->arena, *texts[i]);
    if (texts[i]->ptr == NULL) {
      return false;
    }
  }
  return true;
}

/* Ids and names: a row has what it was called then. False: no memory. */
static bool add_names(struct history_search *s, struct text **list,
                      size_t *count, const struct text names[2]) {
  for (size_t i = 0; i < 2; i++) {
    (*list)[*count] = arena_copy_text(&s->arena, names[i]);
    if ((*list)[(*count)++].ptr == NULL) {
      return false;
    }
  }
  return true;
}

/* Its thread sees neither the directory nor the teams. */
static bool own_teams(struct history_search *s, struct call *c) {
  const struct directory *d = engine_directory(api_engine(c->api));
  s->of_teams = c->teams != 0;
  if (!s->of_teams) {
    return true;
  }
  s->query.limit = UINT32_MAX; /* how many are left out is not known before */
  s->queues =
      arena_alloc(&s->arena, 2 * (d->queue_count + 1) * sizeof *s->queues);
  s->agents =
      arena_alloc(&s->arena, 2 * (d->agent_count + 1) * sizeof *s->agents);
  bool good = s->queues != NULL && s->agents != NULL;
  for (uint32_t i = 0; good && i < d->queue_count; i++) {
    const struct text names[2] = {d->queues[i].id, d->queues[i].name};
    good = (scope_of_queue(c->api, i) & c->teams) == 0 ||
           add_names(s, &s->queues, &s->queue_count, names);
  }
  for (uint32_t i = 0; good && i < d->agent_count; i++) {
    const struct text names[2] = {d->agents[i].id, d->agents[i].name};
    good = (scope_of_agent(c->api, i) & c->teams) == 0 ||
           add_names(s, &s->agents, &s->agent_count, names);
  }
  return good;
}

static void begin(struct call *c, const struct history_query *q) {
  struct api *api = c->api;
  if (api->search_count >= SEARCHES_MAX) {
    call_refuse_for(c, REFUSAL_UNAVAILABLE,
                    TEXT("Too many searches run at this moment."),
                    BUSY_RETRY_MS);
    return;
  }
  struct history_search *s = search_new(c, q);
  if (s == NULL || !own_texts(s) || !own_teams(s, c)) {
    search_free(s);
    call_refuse_memory(c);
    return;
  }
  struct history_search **end = &api->searches;
  while (*end != NULL) {
    end = &(*end)->next;
  }
  *end = s;
  api->search_count++;
  if (api->searches == s) {
    start_first(api);
  }
}

/* ---- what is asked */

static bool has_history(struct call *c) {
  if (c->api->options.history != NULL) {
    return true;
  }
  call_refuse(c, REFUSAL_NOT_FOUND,
              TEXT("A centre in memory keeps no history."), TEXT(""));
  return false;
}

static bool refuse_query(struct call *c, const char *name, const char *what) {
  call_refuse(c, REFUSAL_INVALID_MEMBER,
              call_format(c, "?%s= is %s", name, what),
              call_format(c, "/%s", name));
  return false;
}

/* "1700000000000000.0192f1c4-…": the last of the page before. */
static bool read_after(struct call *c, struct history_query *q) {
  const struct text t = call_query(c, TEXT("after"));
  const size_t dot = text_find(t, TEXT("."), 0);
  if (t.len == 0) {
    return true;
  }
  int64_t us = 0;
  for (size_t i = 0; i < dot && i < 16 && t.ptr[i] >= '0' && t.ptr[i] <= '9';
       i++) {
    us = us * 10 + (t.ptr[i] - '0');
  }
  q->before_us = us;
  return (dot == 16 && id_from_text(text_sub(t, dot + 1, t.len), &q->before)) ||
         refuse_query(c, "after", "the \"next\" of the page before.");
}

void serve_history(struct call *c) {
  struct history_query q = {.customer = call_query(c, TEXT("customer")),
                            .number = call_query(c, TEXT("number")),
                            .queue = call_query(c, TEXT("queue")),
                            .agent = call_query(c, TEXT("agent")),
                            .disposition = call_query(c, TEXT("disposition")),
                            .words = call_query(c, TEXT("q")),
                            .to_us = INT64_MAX,
                            .before_us = INT64_MAX,
                            .limit = LIMIT_DEFAULT};
  if (has_history(c) && call_query_time(c, "from", &q.from_us) &&
      call_query_time(c, "to", &q.to_us) && read_after(c, &q) &&
      call_query_count(c, TEXT("limit"), LIMIT_MAX, &q.limit)) {
    begin(c, &q);
  }
}

static void reply_none(struct call *c) {
  const struct reply r = {.code = 200,
                          .body = TEXT("{\"sessions\":[],\"next\":null}")};
  call_reply(c, &r);
}

/* The earlier sessions of the same customer, for whoever has this one. */
void serve_session_history(struct call *c) {
  struct json *customer = NULL;
  if (!has_history(c) || !call_find_session(c)) {
    return;
  }
  const struct text known =
      engine_session_customer(api_engine(c->api), c->slot);
  struct history_query q = {.to_us = INT64_MAX,
                            .before_us = INT64_MAX,
                            .without = c->session,
                            .limit = LIMIT_DEFAULT};
  if (known.len > 0 &&
      json_parse(&c->arena, known, VIEW_DEPTH, &customer, NULL) == BT_ERR_OK) {
    q.customer = json_member_text(customer, TEXT("id"));
  }
  if (q.customer.len == 0) {
    reply_none(c);
  } else if (read_after(c, &q) &&
             call_query_count(c, TEXT("limit"), LIMIT_MAX, &q.limit)) {
    begin(c, &q);
  }
}
