/* Long polling: one GET waits for packets, one POST at a time carries ours. */
#include <stdio.h>

#include "base/check.h"
#include "bots/cognigy/line_priv.h"
#include "net/url.h"

enum { SLACK_MS = 20000, POST_WITHIN_MS = 20000 };

static void put_url(const struct line *l, struct textbuf *out) {
  struct url_parts parts;
  const char *why;
  const bool good = url_split(textbuf_text(&l->url), &parts, &why);
  bt_check(good);
  textbuf_addf(out, "%s://%.*s:%u%.*s?", parts.tls ? "https" : "http",
               TEXT_ARG(parts.host), (unsigned)parts.port,
               TEXT_ARG(parts.path));
  textbuf_add(out, textbuf_text(&l->query));
  textbuf_add(out, TEXT("&EIO=3&transport=polling&b64=1"));
  if (l->sid.len > 0) {
    textbuf_add(out, TEXT("&sid="));
    url_encode(textbuf_text(&l->sid), out);
  }
}

static enum bt_err call(struct line *l, struct text method, struct text body,
                        outbound_fn *fn, struct courier_call **out) {
  static const struct http_header header = {{"Content-Type", 12},
                                            {"text/plain;charset=UTF-8", 24}};
  const bool posts = body.len > 0;
  struct textbuf url;
  textbuf_init(&url, l->mem);
  put_url(l, &url);
  const struct courier_request request = {
      .request = {.method = method,
                  .url = textbuf_text(&url),
                  .body = body,
                  .headers = &header,
                  .header_count = posts ? 1 : 0,
                  .timeout_ms = posts ? POST_WITHIN_MS
                                      : l->ping_every_us / 1000 + SLACK_MS,
                  .stays = true}};
  const enum bt_err err =
      url.failed ? BT_ERR_NOMEM : courier_send(l->polls, &request, fn, l, out);
  textbuf_free(&url);
  return err;
}

static bool is_good(struct line *l, const struct outbound_reply *reply) {
  char why[480];
  if (reply->status == 200) {
    return true;
  }
  if (reply->status < 0) {
    (void)snprintf(why, sizeof why, "no connection to the endpoint: %.*s",
                   TEXT_ARG(reply->reason));
  } else if (l->refused != 0) {
    (void)snprintf(why, sizeof why,
                   "the endpoint answered %d, and %d to the WebSocket",
                   reply->status, l->refused);
  } else {
    (void)snprintf(why, sizeof why, "the endpoint answered %d", reply->status);
  }
  l->retry_after_ms = reply->retry_after_ms;
  line_down(l, false, why);
  return false;
}

/* Any of them may be the last one: the line is freed then. */
static bool take_all(struct line *l, struct text payload) {
  bool freed = false;
  struct text packet;
  l->freed = &freed;
  while (!freed && packet_next(&payload, &packet)) {
    line_take(l, packet);
  }
  if (!freed) {
    l->freed = NULL;
  }
  return !freed;
}

static void get(struct line *l);

static void on_got(void *ctx, const struct outbound_reply *reply) {
  struct line *l = ctx;
  l->get = NULL;
  if (is_good(l, reply) && take_all(l, reply->body)) {
    get(l);
  }
}

static void get(struct line *l) {
  if (call(l, TEXT("GET"), TEXT(""), on_got, &l->get) != BT_ERR_OK) {
    line_down(l, false, "there is no memory for the connection");
  }
}

static void post(struct line *l);

static void on_posted(void *ctx, const struct outbound_reply *reply) {
  struct line *l = ctx;
  l->post = NULL;
  if (is_good(l, reply)) {
    post(l);
  }
}

static void post(struct line *l) {
  if (l->post == NULL && l->outgoing.len > 0 &&
      call(l, TEXT("POST"), textbuf_text(&l->outgoing), on_posted, &l->post) ==
          BT_ERR_OK) {
    textbuf_clear(&l->outgoing);
  }
}

void line_poll_begin(struct line *l) {
  l->polling = true;
  get(l);
}

void line_poll_send(struct line *l, struct text packet) {
  packet_add(&l->outgoing, packet);
  post(l);
}

static void hear_nothing(void *ctx, const struct outbound_reply *reply) {
  (void)ctx;
  (void)reply;
}

void line_poll_end(struct line *l) {
  if (l->get != NULL) {
    courier_cancel(l->get);
  }
  if (l->post != NULL) {
    courier_cancel(l->post);
  }
  if (l->outgoing.len > 0 && l->sid.len > 0) {
    /* Without memory the peer notices by itself that nobody polls. */
    (void)call(l, TEXT("POST"), textbuf_text(&l->outgoing), hear_nothing, NULL);
  }
}
