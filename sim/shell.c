/* shell.c - the process of the server when its wires are bytes: loop, api, bots
 * and HTTP server as src/server puts them together, over played sockets. */
#include "shell.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/check.h"
#include "bots/bots.h"
#include "domain/heap.h"
#include "line.h"
#include "net/server.h"
#include "uv/played.h"
#include "world.h"

enum { STOP_GRACE_US = 5000000, LAST_TURNS = 10000 };

struct shell {
  struct loop *loop;
  struct loop_waker *durable;
  struct loop_timer *tick;
  struct api *api;
  struct bots *bots;
  struct http_server *http;
  bool stopping, stopped;
  bool gone; /* the process has died: its objects are only freed */
};

static struct world *current; /* for what has no other way to it */

/* ---- what the program asks of the system */

int64_t shell_unix_us(void) __asm__("__wrap_loop_unix_us");
int64_t shell_unix_us(void) {
  return current->now_us;
}

static int64_t unix_us(void *ctx) {
  return ((const struct world *)ctx)->now_us;
}

static void entropy(void *ctx, void *bytes, size_t size) {
  struct world *w = ctx;
  char *out = bytes;
  for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
    const uint64_t drawn = hash_u64(w->entropy++);
    const size_t left = size - i;
    memcpy(out + i, &drawn, left < sizeof drawn ? left : sizeof drawn);
  }
}

/* ---- what the api submits goes past the checks */

/* A desk names no session by the id of none, which the laws take for one. */
static struct command without_nobody(const struct command *cmd) {
  struct command c = *cmd;
  if (id_is_null(record_id(&c.args, FIELD_SESSION))) {
    c.args.has[FIELD_SESSION / 64] &= ~(UINT64_C(1) << FIELD_SESSION % 64);
  }
  return c;
}

void real_domain_submit(struct domain *d, const struct command *cmd,
                        domain_answer_fn *fn,
                        void *ctx) __asm__("__real_domain_submit");
void shell_submit(struct domain *d, const struct command *cmd,
                  domain_answer_fn *fn,
                  void *ctx) __asm__("__wrap_domain_submit");
void shell_submit(struct domain *d, const struct command *cmd,
                  domain_answer_fn *fn, void *ctx) {
  struct world *w = current;
  if (w == NULL || w->shell == NULL || w->in_step) {
    real_domain_submit(d, cmd, fn, ctx);
    return;
  }
  if (w->shell->gone) {
    return;
  }
  struct command planted = *cmd;
  plant_command(w, &planted);
  const struct command seen = without_nobody(&planted);
  check_before(w, &seen);
  w->in_step = true;
  real_domain_submit(d, &planted, plant_is(w, PLANT_ANSWER_EARLY) ? NULL : fn,
                     ctx);
  w->in_step = false;
  w->result->commands++;
  const struct step *step = domain_last_step(d);
  if (step != NULL) {
    check_step(w, &seen);
  }
  if (fn != NULL && plant_is(w, PLANT_ANSWER_EARLY)) {
    const struct answer answer =
        step != NULL
            ? step->answer
            : (struct answer){.code = 503, .body = TEXT("{\"code\":503}")};
    fn(ctx, &answer);
  }
}

/* ---- turns */

static void arm_tick(struct world *w) {
  const int64_t due_us = world_next_tick_us(w);
  if (due_us != INT64_MAX) {
    loop_timer_start_after(w->shell->tick,
                           due_us > w->now_us ? due_us - w->now_us : 0);
  }
}

static void on_batch(void *ctx) {
  struct world *w = ctx;
  if (world_next_tick_us(w) <= w->now_us) {
    world_tick(w);
  }
  (void)domain_release(w->domain);
  disk_begin(&w->disk, w->now_us);
  if (domain_due(w->domain)) {
    loop_again(w->shell->loop);
  }
  arm_tick(w);
}

/* The batch hook does what there is to do. */
static void on_wake(void *ctx) {
  (void)ctx;
}

int64_t shell_due_us(const struct world *w) {
  return w->shell == NULL ? INT64_MAX : played_due_us();
}

void shell_turn(struct world *w) {
  loop_turn(w->shell->loop, 0);
}

void shell_hear_disk(struct world *w) {
  if (w->shell != NULL) {
    loop_wake(w->shell->durable);
  }
}

/* ---- start */

static void make_tokens(struct api_token *tokens, size_t *count) {
  char token[64];
  for (uint32_t i = 0; i < SIM_AGENTS + SIM_BOTS; i++) {
    const bool agent = i < SIM_AGENTS;
    const char *id = agent ? agents_id(i) : bots_id(i - SIM_AGENTS);
    struct api_token *t = &tokens[(*count)++];
    (void)snprintf(token, sizeof token, "%s-%s", agent ? "agent" : "bot", id);
    *t = (struct api_token){.role = agent ? ROLE_AGENT : ROLE_BOT,
                            .subject = text_from(id)};
    api_hash_token(text_from(token), t->sha256);
  }
  struct api_token *office = &tokens[(*count)++];
  *office =
      (struct api_token){.role = ROLE_SUPERVISOR, .subject = TEXT("office")};
  api_hash_token(TEXT("office"), office->sha256);
}

static enum bt_err create_api(struct world *w) {
  struct shell *s = w->shell;
  struct api_token tokens[SIM_AGENTS + SIM_BOTS + 1];
  size_t count = 0;
  make_tokens(tokens, &count);
  const struct api_options options = {
      .domain = w->domain,
      .loop = s->loop,
      .tokens = tokens,
      .token_count = count,
      .visitors = true,
      .rates = api_rates_default(),
      .secret = TEXT("a secret of the simulator, 32 bytes"),
      .version = TEXT("sim"),
      .ctx = w,
      .unix_us = unix_us,
      .entropy = entropy};
  enum bt_err err = api_create(heap_mem(), &options, &s->api);
  if (err == BT_ERR_OK) {
    const struct bots_options bots = {.api = s->api, .loop = s->loop};
    err = bots_create(&bots, &s->bots);
  }
  if (err == BT_ERR_OK) {
    err = http_server_create(s->loop, NULL, api_http_handlers(), s->api,
                             &s->http);
  }
  if (err == BT_ERR_OK) {
    api_attach(s->api, s->http);
  }
  return err;
}

void shell_begin(struct world *w) {
  current = w;
  played_begin(w);
}

void shell_end(void) {
  current = NULL;
}

void shell_start(struct world *w) {
  struct shell *s = calloc(1, sizeof *s);
  bt_check(s != NULL);
  w->shell = s;
  enum bt_err err = loop_create(heap_mem(), &s->loop);
  if (err == BT_ERR_OK) {
    err = loop_waker_create(s->loop, on_wake, w, &s->durable);
  }
  if (err == BT_ERR_OK) {
    err = loop_timer_create(s->loop, on_wake, w, &s->tick);
  }
  if (err == BT_ERR_OK) {
    err = create_api(w);
  }
  bt_check(err == BT_ERR_OK);
}

void shell_listen(struct world *w) {
  struct shell *s = w->shell;
  loop_on_batch(s->loop, on_batch, w);
  arm_tick(w);
  const enum bt_err err = http_server_listen(s->http, "127.0.0.1", 8080, NULL);
  bt_check(err == BT_ERR_OK);
}

/* ---- end */

static void on_stopped(void *ctx) {
  ((struct shell *)ctx)->stopped = true;
}

void shell_stop(struct world *w) {
  struct shell *s = w->shell;
  if (!s->stopping) {
    s->stopping = true;
    api_stop(s->api);
    http_server_stop(s->http, STOP_GRACE_US, on_stopped, s);
  }
}

bool shell_is_stopping(const struct world *w) {
  return w->shell != NULL && w->shell->stopping;
}

bool shell_is_stopped(const struct world *w) {
  return w->shell != NULL && w->shell->stopped;
}

/* What a dead process leaves is freed in the order in which one stops; nothing
 * of it reaches anybody any more. */
void shell_leave(struct world *w) {
  struct shell *s = w->shell;
  s->gone = true;
  lines_lose_server(w);
  tcp_lose_all();
  loop_on_batch(s->loop, NULL, NULL);
  if (!s->stopping) {
    api_stop(s->api);
    http_server_stop(s->http, 0, on_stopped, s);
  }
  for (uint32_t i = 0; !s->stopped; i++) {
    bt_check(i < LAST_TURNS);
    played.ahead_us += 1000;
    loop_turn(s->loop, 0);
  }
  http_server_free(s->http);
  bots_free(s->bots);
  api_free(s->api);
}

void shell_free(struct world *w) {
  struct shell *s = w->shell;
  loop_timer_free(s->tick);
  loop_waker_free(s->durable);
  loop_free(s->loop);
  played.ahead_us = 0;
  w->shell = NULL;
  free(s);
}
