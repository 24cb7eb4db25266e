/* The event stream, as server-sent events and over a WebSocket.
 *
 * An event's id is "BATCH.N": the N-th event of a batch. A stream that resumes
 * (?after= or Last-Event-ID; "BATCH" alone means the whole batch) is read from
 * the journal until it has caught up, and follows what is let out from there
 * on: each event once, none left out. A reader who falls behind is read from
 * the journal again when there is room.
 */
#include <stdio.h>
#include <string.h>

#include "api/scope_priv.h"
#include "api/serve_priv.h"
#include "base/check.h"

#define BEAT_US  (15 * INT64_C(1000000)) /* a comment, so that proxies stay */
#define AGAIN_US INT64_C(2000)
#define SLICE_US INT64_C(3000) /* of reading at once, whoever it is for */
#define SLOW_US  INT64_C(50000)

enum {
  STREAMS_OF_CUSTOMER = 4,
  STREAMS_OF_OTHERS = 32,
  BATCHES_AT_ONCE = 64,
  HIGH_WATER = 256 * 1024 /* waiting bytes, above which a reader is behind */
};

/* After which event a stream stands. */
struct place {
  uint64_t seq;
  uint32_t index; /* UINT32_MAX: after the whole batch */
};

struct stream {
  struct socket socket;     /* first; without ws if it is server-sent events */
  struct http_stream *http; /* NULL if it is a WebSocket */
  struct stream *next, *prev; /* among the api's */
  struct place place;
  struct id only; /* the trace of this session's scripts; null: everything */
  bool live;      /* has caught up */
  uint64_t teams; /* of a supervisor; 0: everything */
};

/* ---- who may see what */

static bool agent_may_see(const struct stream *s, const struct record *event) {
  const struct engine *e = api_engine(s->socket.api);
  uint32_t slot;
  if (event->type == EVENT_SCRIPT_LINE || event->type == EVENT_SCRIPT_CHANGED) {
    return false; /* a script's variables are not the agent's to read */
  }
  if (record_has(event, FIELD_SESSION)) {
    return engine_find(e, record_id(event, FIELD_SESSION), &slot) &&
           engine_may_see(e, slot, &s->socket.by);
  }
  return event_is_agent(event->type) &&
         record_num(event, FIELD_AGENT) == s->socket.by.number;
}

/* What a script does, and what a debugger does to it. */
static bool is_of_trace(uint32_t type) {
  switch (type) {
  case EVENT_SCRIPT_STARTED:
  case EVENT_SCRIPT_SLEPT:
  case EVENT_SCRIPT_ENDED:
  case EVENT_SCRIPT_FAILED:
  case EVENT_LOGGED:
  case EVENT_DEBUGGER_SET:
  case EVENT_DEBUGGER_GONE:
  case EVENT_SCRIPT_RESUMED:
  case EVENT_SCRIPT_LINE:
  case EVENT_SCRIPT_CHANGED:
    return true;
  default:
    return false;
  }
}

static bool is_wanted(const struct stream *s, const struct record *event) {
  return id_is_null(s->only) ||
         (is_of_trace(event->type) &&
          id_equal(record_id(event, FIELD_SESSION), s->only));
}

static bool may_see(const struct stream *s, const struct record *event) {
  switch (s->socket.by.role) {
  case ROLE_SUPERVISOR:
    return scope_has_event(s->socket.api, s->teams, event);
  case ROLE_ADMIN:
    return true;
  case ROLE_AGENT:
    return agent_may_see(s, event);
  case ROLE_CUSTOMER:
    return record_has(event, FIELD_SESSION) &&
           id_equal(record_id(event, FIELD_SESSION), s->socket.by.session) &&
           (event->type == EVENT_MESSAGE || event_is_session(event->type));
  case ROLE_NONE:
  case ROLE_BOT:
  case ROLE_SCRIPT:
  case ROLE_SYSTEM:
  case ROLE_OPERATOR:
  case ROLES:
    break;
  }
  return false;
}

/* A customer's view: what was said, and how the session stands. */
static void write_for_customer(const struct place *at,
                               const struct record *event, struct json_out *o) {
  json_open_object(o);
  json_key(o, "seq");
  json_put_u64(o, at->seq);
  json_key(o, "type");
  json_put_text(o, text_from(event_name(event->type)));
  api_put_time(o, "at", record_num(event, FIELD_AT));
  api_put_session_id(o, record_id(event, FIELD_SESSION));
  if (event->type == EVENT_MESSAGE) {
    api_put_message(o, event);
  } else {
    const uint32_t status = (uint32_t)record_num(event, FIELD_STATUS);
    const uint32_t holder = (uint32_t)record_num(event, FIELD_HOLDER);
    json_key(o, "status");
    json_put_text(o, text_from(session_status_name(status)));
    json_key(o, "holder");
    json_put_text(o, text_from(session_holder_name(holder)));
  }
  json_close_object(o);
}

static void write_event(const struct stream *s, const struct place *at,
                        const struct record *event, struct json_out *o) {
  if (s->socket.by.role == ROLE_CUSTOMER) {
    write_for_customer(at, event, o);
    return;
  }
  struct record bare;
  struct api *api = s->socket.api;
  if (!scope_reads(api, s->socket.by.role, &s->socket.source)) {
    scope_without_content(event, &bare);
    event = &bare;
  }
  engine_write_event(api_engine(api), at->seq, event, o);
}

/* ---- out */

static size_t waiting(const struct stream *s) {
  if (s->http != NULL) {
    return http_stream_waiting_bytes(s->http);
  }
  return s->socket.ws == NULL ? 0 : ws_waiting_bytes(s->socket.ws);
}

static void send_sse(struct stream *s, const struct place *at,
                     const struct record *event) {
  struct textbuf *b = &s->socket.api->scratch;
  struct json_out o;
  textbuf_clear(b);
  textbuf_addf(b, "id: %llu.%u\nevent: %s\ndata: ", (unsigned long long)at->seq,
               at->index, event_name(event->type));
  json_out_init(&o, b);
  write_event(s, at, event, &o);
  textbuf_add(b, TEXT("\n\n"));
  if (b->failed) {
    http_stream_close(s->http); /* it resumes where it was */
    return;
  }
  (void)http_stream_write(s->http, textbuf_text(b)); /* else on_close follows */
}

static void send_ws(struct stream *s, const struct place *at,
                    const struct record *event) {
  char id[48];
  (void)snprintf(id, sizeof id, "%llu.%u", (unsigned long long)at->seq,
                 at->index);
  struct json_out o = api_frame_begin(s->socket.api, "event");
  json_key(&o, "id");
  json_put_text(&o, text_from(id));
  json_key(&o, "event");
  write_event(s, at, event, &o);
  socket_send(&s->socket, api_frame_end(s->socket.api, &o));
}

static bool is_before(const struct place *a, const struct place *b) {
  return a->seq < b->seq || (a->seq == b->seq && a->index < b->index);
}

static void tell(struct stream *s, const struct place *at,
                 const struct record *event) {
  if (!is_before(&s->place, at)) {
    return;
  }
  s->place = *at;
  if (is_wanted(s, event) && may_see(s, event)) {
    s->http != NULL ? send_sse(s, at, event) : send_ws(s, at, event);
  }
}

static void fall_behind(struct stream *s) {
  s->live = false;
  loop_timer_start_after(s->socket.api->stream_timer, SLOW_US);
}

void streams_on_event(struct api *api, uint64_t seq,
                      const struct record *event) {
  const struct place at = {.seq = seq, .index = api->event_index};
  for (struct stream *s = api->streams; s != NULL; s = s->next) {
    if (!s->live) {
      continue;
    }
    if (waiting(s) > HIGH_WATER) {
      fall_behind(s);
    } else {
      tell(s, &at, event);
    }
  }
}

/* ---- catching up */

struct reading {
  struct stream *stream;
  struct place at;
};

static bool on_read(void *ctx, uint64_t seq, const struct record *event) {
  struct reading *r = ctx;
  r->at.index = seq == r->at.seq ? r->at.index + 1 : 1;
  r->at.seq = seq;
  if (waiting(r->stream) > HIGH_WATER) {
    return false;
  }
  tell(r->stream, &r->at, event);
  return true;
}

static void end_stream(struct stream *s) {
  if (s->http != NULL) {
    http_stream_close(s->http);
  } else {
    socket_close(&s->socket, WS_CODE_INTERNAL, "the journal cannot be read");
  }
}

/* One piece; true if there is more to read at once. */
static bool catch_up(struct stream *s) {
  struct domain *d = s->socket.api->domain;
  const uint64_t released = domain_released(d);
  const uint64_t first =
      s->place.index == UINT32_MAX ? s->place.seq + 1 : s->place.seq;
  if (first > released) {
    s->live = true;
    return false;
  }
  const uint64_t last = first + BATCHES_AT_ONCE - 1 < released
                            ? first + BATCHES_AT_ONCE - 1
                            : released;
  struct reading r = {.stream = s};
  if (domain_events(d, first, last, on_read, &r) != BT_ERR_OK) {
    end_stream(s);
    return false;
  }
  if (waiting(s) > HIGH_WATER) {
    return false;
  }
  s->place = (struct place){.seq = last, .index = UINT32_MAX};
  s->live = last == released;
  return !s->live;
}

static void beat(struct stream *s) {
  if (s->http != NULL && waiting(s) == 0) {
    (void)http_stream_write(s->http, TEXT(": \n\n"));
  }
}

/* Some are read for, and the rest at the next turn: those who read the past
 * must not keep those who live in the present waiting. */
void streams_on_timer(void *ctx) {
  struct api *api = ctx;
  const int64_t end_us = loop_now_us() + SLICE_US;
  /* Who begins in the middle goes round again: some before it may wait. */
  bool more = api->next_stream != NULL, slow = false;
  struct stream *s = api->next_stream != NULL ? api->next_stream : api->streams;
  while (s != NULL && loop_now_us() < end_us) {
    api->next_stream = s->next;
    if (s->live) {
      beat(s);
    } else if (waiting(s) > HIGH_WATER) {
      slow = true;
    } else {
      more = catch_up(s) || more;
      slow = slow || !s->live;
    }
    s = api->next_stream;
  }
  more = more || s != NULL;
  if (api->streams != NULL) {
    loop_timer_start_after(api->stream_timer, more   ? AGAIN_US
                                              : slow ? SLOW_US
                                                     : BEAT_US);
  }
}

/* ---- life */

static void forget(struct stream *s) {
  struct api *api = s->socket.api;
  if (api->next_stream == s) {
    api->next_stream = s->next;
  }
  if (s->prev != NULL) {
    s->prev->next = s->next;
  } else {
    api->streams = s->next;
  }
  if (s->next != NULL) {
    s->next->prev = s->prev;
  }
  mem_free(api->mem, s, sizeof *s);
}

static void on_closed(struct socket *socket) {
  forget((struct stream *)(void *)socket);
}

static void on_frame(struct socket *s, const struct frame *f) {
  static const char *const known[] = {NULL};
  socket_refuse_type(s, f, known);
}

static const struct socket_ops socket_ops = {.on_frame = on_frame,
                                             .on_closed = on_closed};

static void on_http_closed(void *ctx, struct http_stream *http,
                           enum bt_err why) {
  (void)http;
  (void)why;
  forget(ctx);
}

static const struct http_stream_handlers http_handlers = {on_http_closed};

static void begin(struct stream *s, struct place place) {
  struct api *api = s->socket.api;
  s->teams = scope_teams(api, s->socket.by.role, &s->socket.source);
  s->place = place;
  s->next = api->streams;
  if (s->next != NULL) {
    s->next->prev = s;
  }
  api->streams = s;
  loop_timer_start_after(api->stream_timer, 0);
}

/* "17" or "17.3"; what is not given begins now. */
static bool read_place(struct call *c, struct place *out) {
  struct text after = call_query(c, TEXT("after"));
  after = after.len > 0 || c->last_event.ptr == NULL ? after : c->last_event;
  *out = (struct place){.seq = domain_released(c->api->domain),
                        .index = UINT32_MAX};
  if (after.len == 0) {
    return true;
  }
  int64_t seq = 0, index = UINT32_MAX;
  const size_t dot = text_find(after, TEXT("."), 0);
  if (text_to_i64(text_sub(after, 0, dot), &seq) && seq >= 0 &&
      (dot == after.len ||
       (text_to_i64(text_sub(after, dot + 1, after.len), &index) &&
        index >= 0 && index <= UINT32_MAX))) {
    *out = (struct place){.seq = (uint64_t)seq, .index = (uint32_t)index};
    return true;
  }
  call_refuse(c, REFUSAL_INVALID_MEMBER,
              TEXT("An event's id is BATCH.N, such as 17.3, or BATCH."),
              TEXT(""));
  return false;
}

static bool is_of_caller(const struct stream *s, const struct call *c) {
  const struct caller *a = &s->socket.by, *b = &c->by;
  return a->role == b->role && a->number == b->number &&
         id_equal(a->session, b->session) &&
         memcmp(s->socket.source.sha256, c->who.source.sha256,
                sizeof c->who.source.sha256) == 0;
}

/* Each stream is work for every event, and may ask for all of the past. */
static bool may_open_more(struct call *c) {
  const unsigned most =
      c->by.role == ROLE_CUSTOMER ? STREAMS_OF_CUSTOMER : STREAMS_OF_OTHERS;
  unsigned there = 0;
  for (const struct stream *s = c->api->streams; s != NULL; s = s->next) {
    there += is_of_caller(s, c);
  }
  if (there < most) {
    return true;
  }
  call_refuse_for(c, REFUSAL_RATE_LIMITED,
                  call_format(c,
                              "This caller follows events on %u streams "
                              "already, which is as many as it may; close one "
                              "of them first.",
                              there),
                  SLOW_US / 1000);
  return false;
}

static struct stream *new_stream(struct call *c) {
  if (!may_open_more(c)) {
    return NULL;
  }
  struct stream *s = mem_new(c->api->mem, sizeof *s);
  if (s == NULL) {
    call_refuse_memory(c);
  }
  return s;
}

static void open_ws(struct call *c, struct id only) {
  struct place place;
  if (!read_place(c, &place)) {
    return;
  }
  struct stream *s = new_stream(c);
  if (s == NULL) {
    return;
  }
  if (!socket_open(&s->socket, c, &socket_ops)) {
    mem_free(c->api->mem, s, sizeof *s);
    return;
  }
  s->only = only;
  begin(s, place);
}

static void take_caller(struct stream *s, const struct call *c) {
  s->socket =
      (struct socket){.api = c->api, .by = c->by, .source = c->who.source};
  s->socket.by.name = TEXT("");
  s->socket.by.request = TEXT("");
}

static void open_sse(struct call *c, struct id only) {
  struct place place;
  if (!read_place(c, &place)) {
    return;
  }
  struct stream *s = new_stream(c);
  if (s == NULL) {
    return;
  }
  struct api *api = c->api;
  take_caller(s, c);
  const struct http_header headers[] = {
      {TEXT("Content-Type"), TEXT("text/event-stream")},
      {TEXT("Cache-Control"), TEXT("no-store")},
      {TEXT("X-Request-Id"), c->shown_id}};
  struct http_request *req = call_request(c);
  bt_check(req != NULL);
  const enum bt_err err = http_stream_open(
      req, headers, sizeof headers / sizeof headers[0], &s->http);
  call_end(c);
  if (err != BT_ERR_OK) {
    mem_free(api->mem, s, sizeof *s);
    return;
  }
  http_stream_handle(s->http, &http_handlers, s);
  (void)http_stream_write(s->http, TEXT("retry: 1000\n\n"));
  s->only = only;
  begin(s, place);
}

void serve_events(struct call *c) {
  open_sse(c, (struct id){0});
}

void serve_events_socket(struct call *c) {
  open_ws(c, (struct id){0});
}

void serve_trace(struct call *c) {
  if (call_find_session(c)) {
    open_sse(c, c->session);
  }
}

void serve_trace_socket(struct call *c) {
  if (call_find_session(c)) {
    open_ws(c, c->session);
  }
}

void streams_scope(struct api *api) {
  for (struct stream *s = api->streams; s != NULL; s = s->next) {
    s->teams = scope_teams(api, s->socket.by.role, &s->socket.source);
  }
}

/* Streams whose token is gone end, and cannot come back. */
void streams_revoke(struct api *api) {
  for (struct stream *s = api->streams; s != NULL; s = s->next) {
    if (s->http != NULL && !api_still(api, &s->socket.source)) {
      http_stream_close(s->http);
    }
  }
}
