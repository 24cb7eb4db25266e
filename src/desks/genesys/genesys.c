/* The desk's own life: a token, a notification channel, and again when they are
 * gone. */
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "bots/shared/parts.h"
#include "desks/genesys/genesys_priv.h"

enum {
  TICK_US = 250000,
  TIMEOUT_MS = 16000,
  FIRST_PAUSE_MS = 500,
  LONGEST_PAUSE_MS = 20000,
  AT_ONCE = 16,
  WAITING_MAX = 4096,
  FAILURES = 16,
  ALONE_MS = 3000,
  SECOND_US = 1000000,
  TOKEN_LEAST_S = 10,
  TOKEN_USUAL_S = 3600,
  TOKEN_MOST_S = 30 * 86400,
  /* In a row, after which the desk counts as unreachable. */
  FAILURES_BEFORE_DOWN = 3,
  WHY_MAX = 300
};

struct gdesk *gdesk_of(struct desk *desk) {
  return (struct gdesk *)(void *)desk;
}

/* ---- calls */

void gdesk_url(const struct gdesk *g, struct textbuf *out, const char *format,
               ...) {
  char rest[512];
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(rest, sizeof rest, format, args);
  va_end(args);
  textbuf_addf(out, "%.*s/api/v2%s", TEXT_ARG(g->desk.settings.url), rest);
  out->failed = out->failed || n < 0 || (size_t)n >= sizeof rest;
}

enum bt_err gdesk_send(struct gdesk *g, const struct gcall *call,
                       outbound_fn *fn, void *ctx, struct courier_call **out) {
  struct textbuf bearer;
  textbuf_init(&bearer, desks_mem(g->desk.desks));
  textbuf_addf(&bearer, "Bearer %.*s", TEXT_ARG(textbuf_text(&g->token)));
  const struct http_header headers[] = {
      {TEXT("Authorization"), call->authorization.len > 0
                                  ? call->authorization
                                  : textbuf_text(&bearer)},
      {TEXT("Content-Type"),
       text_from(call->type != NULL ? call->type : "application/json")},
      {TEXT("Accept"), TEXT("application/json")}};
  const struct courier_request request = {
      .request = {.method = text_from(call->method),
                  .url = call->url,
                  .body = call->body,
                  .headers = headers,
                  .header_count = sizeof headers / sizeof headers[0],
                  .timeout_ms = TIMEOUT_MS,
                  .stays = true}};
  const enum bt_err err = bearer.failed
                              ? BT_ERR_NOMEM
                              : courier_send(g->target, &request, fn, ctx, out);
  textbuf_free(&bearer);
  return err;
}

/* ---- what has failed */

static int64_t later_us(struct gdesk *g) {
  return loop_now_us() + backoff_next_ms(&g->backoff, &g->chance) * 1000;
}

void gdesk_fail(struct gdesk *g, const char *why) {
  notices_close(g);
  g->retry_us = later_us(g);
  if (g->backoff.failures == FAILURES_BEFORE_DOWN) {
    desk_set_up(&g->desk, false, text_from(why));
  } else {
    desk_log(&g->desk, API_LOG_INFO, text_from(why));
  }
}

void gdesk_drop_token(struct gdesk *g) {
  textbuf_clear(&g->token);
}

static void fail_reply(struct gdesk *g, const char *what,
                       const struct outbound_reply *reply) {
  char why[WHY_MAX];
  if (reply->status < 0) {
    (void)snprintf(why, sizeof why, "%s: %.*s", what,
                   TEXT_ARG(utf8_cut(reply->reason, 200)));
  } else {
    (void)snprintf(why, sizeof why, "%s was answered %d", what, reply->status);
  }
  gdesk_fail(g, why);
  if (reply->retry_after_ms * 1000 > g->retry_us - loop_now_us()) {
    g->retry_us = loop_now_us() + reply->retry_after_ms * 1000;
  }
}

static bool is_good(const struct outbound_reply *reply) {
  return reply->status >= 200 && reply->status < 300;
}

/* ---- a token */

static void on_token(void *ctx, const struct outbound_reply *reply) {
  struct gdesk *g = ctx;
  struct arena arena;
  g->asking = NULL;
  arena_init(&arena, desks_mem(g->desk.desks), 0);
  const struct json *tree =
      is_good(reply) ? part_parse(&arena, reply->body) : NULL;
  const struct text token = part_text(tree, "access_token");
  int64_t seconds = part_num(tree, "expires_in", TOKEN_USUAL_S);
  seconds = seconds < TOKEN_LEAST_S  ? TOKEN_LEAST_S
            : seconds > TOKEN_MOST_S ? TOKEN_MOST_S
                                     : seconds;
  if (token.len > 0) {
    textbuf_clear(&g->token);
    textbuf_add(&g->token, token);
    g->token_until_us = loop_now_us() + seconds * SECOND_US / 10 * 9;
  } else {
    fail_reply(g, "the request for a token", reply);
  }
  arena_free(&arena);
}

static struct text write_basic(const struct desk_settings *s,
                               struct textbuf *plain, struct textbuf *out) {
  textbuf_addf(plain, "%.*s:%.*s", TEXT_ARG(s->client), TEXT_ARG(s->secret));
  textbuf_add(out, TEXT("Basic "));
  if (!plain->failed && textbuf_reserve(out, 4 * ((plain->len + 2) / 3) + 1)) {
    out->len += (size_t)EVP_EncodeBlock((unsigned char *)out->ptr + out->len,
                                        (const unsigned char *)plain->ptr,
                                        (int)plain->len);
  }
  return textbuf_text(out);
}

static void ask_token(struct gdesk *g) {
  const struct mem *mem = desks_mem(g->desk.desks);
  struct textbuf url, plain, basic;
  textbuf_init(&url, mem);
  textbuf_init(&plain, mem);
  textbuf_init(&basic, mem);
  textbuf_addf(&url, "%.*s/oauth/token", TEXT_ARG(g->desk.settings.login));
  const struct gcall call = {
      .method = "POST",
      .url = textbuf_text(&url),
      .body = TEXT("grant_type=client_credentials"),
      .type = "application/x-www-form-urlencoded",
      .authorization = write_basic(&g->desk.settings, &plain, &basic)};
  if (url.failed || plain.failed || basic.failed ||
      gdesk_send(g, &call, on_token, g, &g->asking) != BT_ERR_OK) {
    gdesk_fail(g, "there is no memory to ask for a token");
  }
  textbuf_free(&url);
  textbuf_free(&plain);
  textbuf_free(&basic);
}

/* ---- a channel */

static void on_channel(void *ctx, const struct outbound_reply *reply) {
  struct gdesk *g = ctx;
  struct arena arena;
  g->asking = NULL;
  arena_init(&arena, desks_mem(g->desk.desks), 0);
  const struct json *tree =
      is_good(reply) ? part_parse(&arena, reply->body) : NULL;
  const struct text uri = part_text(tree, "connectUri"),
                    id = part_text(tree, "id");
  if (reply->status == 401) {
    gdesk_drop_token(g);
  }
  if (uri.len > 0 && id.len > 0) {
    notices_open(g, uri, id);
  } else {
    fail_reply(g, "the request for a notification channel", reply);
  }
  arena_free(&arena);
}

static void ask_channel(struct gdesk *g) {
  struct textbuf url;
  textbuf_init(&url, desks_mem(g->desk.desks));
  gdesk_url(g, &url, "/notifications/channels");
  const struct gcall call = {.method = "POST", .url = textbuf_text(&url)};
  if (url.failed ||
      gdesk_send(g, &call, on_channel, g, &g->asking) != BT_ERR_OK) {
    gdesk_fail(g, "there is no memory to ask for a notification channel");
  }
  textbuf_free(&url);
}

/* ---- step by step */

static void step(struct gdesk *g) {
  const int64_t now_us = loop_now_us();
  if (g->asking != NULL || now_us < g->retry_us) {
    return;
  }
  if (g->token.len == 0 || now_us >= g->token_until_us) {
    ask_token(g);
  } else if (g->client == NULL) {
    ask_channel(g);
  }
}

static void on_tick(void *ctx) {
  struct gdesk *g = ctx;
  step(g);
  notices_tick(g);
  struct desk_link *l = desk_next_link(&g->desk, NULL);
  while (l != NULL) {
    struct desk_link *next = desk_next_link(&g->desk, l);
    talk_pump(gtalk_of(l));
    l = next;
  }
  loop_timer_start_after(g->timer, TICK_US);
}

static enum bt_err start(struct desk *desk) {
  struct gdesk *g = gdesk_of(desk);
  const struct courier_policy policy = {.attempts = 1, /* talks try again */
                                        .first_pause_ms = FIRST_PAUSE_MS,
                                        .longest_pause_ms = LONGEST_PAUSE_MS,
                                        .at_once_max = AT_ONCE,
                                        .waiting_max = WAITING_MAX,
                                        .failures_max = FAILURES,
                                        .alone_ms = ALONE_MS};
  uint64_t seed;
  api_fill_random(desks_api(desk->desks), &seed, sizeof seed);
  rand_seed(&g->chance, seed);
  g->backoff =
      (struct backoff){.first_ms = FIRST_PAUSE_MS, .most_ms = LONGEST_PAUSE_MS};
  textbuf_init(&g->token, desks_mem(desk->desks));
  textbuf_init(&g->channel, desks_mem(desk->desks));
  enum bt_err err =
      courier_add_target(desks_courier(desk->desks), &policy, &g->target);
  if (err == BT_ERR_OK) {
    err = loop_timer_create(desks_loop(desk->desks), on_tick, g, &g->timer);
  }
  if (err == BT_ERR_OK) {
    loop_timer_start_after(g->timer, 0);
  }
  return err;
}

/* The courier is gone by now, and with it every call. */
static void stop(struct desk *desk) {
  struct gdesk *g = gdesk_of(desk);
  loop_timer_free(g->timer);
  webhook_free(g);
  client_free(g->client);
  textbuf_free(&g->token);
  textbuf_free(&g->channel);
}

const struct desk_ops desk_genesys_ops = {.desk_bytes = sizeof(struct gdesk),
                                          .link_bytes = sizeof(struct gtalk),
                                          .start = start,
                                          .stop = stop,
                                          .serve = webhook_serve,
                                          .begin = talk_begin,
                                          .go_on = talk_go_on,
                                          .typing = talk_typing,
                                          .seen = talk_seen,
                                          .free = talk_free};
