/* The activities of a conversation over a WebSocket. */
#include "facades/directline/directline_priv.h"

void put_activities(const struct talk *t, uint64_t after, struct textbuf *b) {
  bool more = false;
  textbuf_add(b, TEXT("{\"activities\":["));
  for (const struct activity *a = t->first; a != NULL; a = a->next) {
    if (a->number > after) {
      textbuf_add(b, more ? TEXT(",") : TEXT(""));
      textbuf_add(b, (struct text){a->json, a->len});
      more = true;
    }
  }
  textbuf_addf(b, "],\"watermark\":\"%llu\"}", (unsigned long long)t->count);
}

static void send(const struct stream *s, const struct textbuf *b) {
  if (b->failed || ws_send_text(s->ws, textbuf_text(b)) == BT_ERR_FULL) {
    ws_close(s->ws, WS_CODE_TRY_LATER, TEXT("reads too slowly"));
  }
}

void streams_tell(struct talk *t, const struct activity *a) {
  struct textbuf b;
  textbuf_init(&b, t->visit.visits->facade->mem);
  if (t->streams != NULL) {
    put_activities(t, a->number - 1, &b);
  }
  for (const struct stream *s = t->streams; s != NULL; s = s->next) {
    send(s, &b);
  }
  textbuf_free(&b);
}

/* Typing has no number: it is not told again. */
void streams_type(struct talk *t, const struct typing *how) {
  struct textbuf b;
  struct json_out o;
  if (!how->on || t->streams == NULL) {
    return;
  }
  textbuf_init(&b, t->visit.visits->facade->mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "activities");
  json_open_list(&o);
  json_open_object(&o);
  json_key(&o, "type");
  json_put_text(&o, TEXT("typing"));
  json_key(&o, "from");
  json_open_object(&o);
  json_key(&o, "id");
  json_put_text(&o, how->author);
  json_close_object(&o);
  json_close_object(&o);
  json_close_list(&o);
  json_close_object(&o);
  for (const struct stream *s = t->streams; s != NULL; s = s->next) {
    send(s, &b);
  }
  textbuf_free(&b);
}

/* The client sends empty messages, to see whether the line is there. */
static void on_message(void *ctx, struct ws *ws, struct text message) {
  (void)ctx;
  (void)ws;
  (void)message;
}

static void on_close(void *ctx, struct ws *ws, uint16_t code,
                     struct text reason) {
  struct stream *s = ctx;
  struct talk *t = s->talk;
  struct stream **at = &t->streams;
  (void)ws;
  (void)code;
  (void)reason;
  while (*at != s) {
    at = &(*at)->next;
  }
  *at = s->next;
  mem_free(t->visit.visits->facade->mem, s, sizeof *s);
  if (t->streams == NULL) {
    visit_gone(&t->visit);
  }
  visit_drop(&t->visit);
}

static const struct ws_handlers handlers = {.on_message = on_message,
                                            .on_close = on_close};

void stream_open(struct talk *t, struct http_request *req, uint64_t after) {
  const struct mem *mem = t->visit.visits->facade->mem;
  struct stream *s = mem_new(mem, sizeof *s);
  struct textbuf b;
  if (s == NULL) {
    (void)http_respond(req, 503, NULL, 0, TEXT(""));
    return;
  }
  if (ws_accept(req, TEXT(""), &handlers, s, &s->ws) != BT_ERR_OK) {
    mem_free(mem, s, sizeof *s);
    return;
  }
  s->talk = t;
  s->next = t->streams;
  t->streams = s;
  visit_hold(&t->visit);
  if (s->next == NULL) {
    visit_joined(&t->visit);
  }
  if (after < t->count) {
    textbuf_init(&b, mem);
    put_activities(t, after, &b);
    send(s, &b);
    textbuf_free(&b);
  }
}
