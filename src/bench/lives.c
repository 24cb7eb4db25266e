/* Customers, and what becomes of their sessions. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/handover_priv.h"
#include "bench/machine.h"

#define LIFE_MAX_NS INT64_C(30000000000)
#define NOBODY      UINT32_MAX
enum { SENTENCE_SIZE = 384 };

static bool is_session(const void *ctx, uint32_t number, const void *key) {
  const struct handover *h = ctx;
  return id_equal(h->lives[number].session, *(const struct id *)key);
}

enum bt_err lives_open(struct handover *h) {
  const uint32_t count = h->options->clients;
  h->lives = mem_new(h->bench->mem, count * sizeof *h->lives);
  map_init(&h->by_session, h->bench->mem, is_session, h);
  if (h->lives == NULL || !map_reserve(&h->by_session, count)) {
    return bench_fail(h->bench, BT_ERR_NOMEM, "no memory for %u lives", count);
  }
  for (uint32_t i = 0; i < count; i++) {
    h->lives[i] = (struct life){.h = h, .next_free = i + 1};
  }
  h->lives[count - 1].next_free = NOBODY;
  return BT_ERR_OK;
}

static uint32_t number_of(const struct life *life) {
  return (uint32_t)(life - life->h->lives);
}

/* The place is free for the next one. */
static void put_back(struct life *life) {
  struct handover *h = life->h;
  if ((life->marks & MARK_OPENED) != 0) {
    (void)map_remove(&h->by_session, id_hash(life->session), number_of(life));
  }
  client_free(life->client);
  *life = (struct life){.h = h, .next_free = h->free_first};
  h->free_first = number_of(life);
  h->living--;
}

void lives_close(struct handover *h) {
  if (h->lives == NULL) {
    return;
  }
  for (uint32_t i = 0; i < h->options->clients; i++) {
    client_free(h->lives[i].client);
  }
  map_free(&h->by_session);
  mem_free(h->bench->mem, h->lives, h->options->clients * sizeof *h->lives);
}

struct life *life_find(struct handover *h, struct id session) {
  const uint32_t i = map_get(&h->by_session, id_hash(session), &session);
  return i == MAP_NONE ? NULL : &h->lives[i];
}

/* ---- the end of a life */

static void count_marks(const struct life *life) {
  struct bench_handover_result *out = life->h->out;
  out->accepted += (life->marks & MARK_ACCEPTED) != 0;
  out->heard_agent += (life->marks & MARK_HEARD_AGENT) != 0;
  out->heard_customer += (life->marks & MARK_HEARD_CUSTOMER) != 0;
  out->ended += (life->marks & MARK_ENDED) != 0;
}

void life_mark(struct life *life, enum mark mark) {
  struct handover *h = life->h;
  if ((life->marks & mark) != 0) {
    life_fail(life, "something happened twice (%u)", (unsigned)mark);
    return;
  }
  life->marks |= mark;
  if (life->marks == MARKS) {
    samples_add(&h->life_us, (machine_now_ns() - life->began_ns) / 1000);
    count_marks(life);
    h->out->lives++;
    put_back(life);
  } else if (life->marks == (MARKS & ~(unsigned)MARK_GONE) &&
             life->ws != NULL) {
    ws_close(life->ws, WS_CODE_NORMAL, TEXT(""));
  }
}

void life_fail(struct life *life, const char *format, ...) {
  char why[SENTENCE_SIZE];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(why, sizeof why, format, args);
  va_end(args);
  handover_note(life->h, "after the marks %u: %s", life->marks, why);
  count_marks(life);
  life->h->out->failed++;
  put_back(life);
}

void lives_expire(struct handover *h) {
  const int64_t now_ns = machine_now_ns();
  for (uint32_t i = 0; i < h->options->clients; i++) {
    struct life *life = &h->lives[i];
    if (life->client != NULL && now_ns - life->began_ns > LIFE_MAX_NS) {
      life_fail(life, "nothing more happened");
    }
  }
}

/* ---- the customer's socket */

static void on_session(struct life *life, const struct heard *f) {
  struct handover *h = life->h;
  life->session = f->session;
  if (!map_put(&h->by_session, id_hash(f->session), number_of(life))) {
    life_fail(life, "no memory");
    return;
  }
  life_mark(life, MARK_OPENED);
}

static void on_status(struct life *life, struct text status) {
  if (text_equal(status, TEXT("connected")) &&
      (life->marks & MARK_ATTACHED) == 0) {
    life_mark(life, MARK_ATTACHED);
    bot_leave(life);
  } else if (text_equal(status, TEXT("releasing"))) {
    bot_close(life);
  }
}

static void on_line(struct life *life, struct text from) {
  if (!text_equal(from, TEXT("agent"))) {
    return;
  }
  if (ws_send_text(life->ws,
                   TEXT("{\"type\":\"message\",\"text\":\"Thank you.\"}")) !=
      BT_ERR_OK) {
    life_fail(life, "the customer cannot speak");
    return;
  }
  life_mark(life, MARK_HEARD_AGENT);
}

static void on_message(void *ctx, struct ws *ws, struct text message) {
  (void)ws;
  struct life *life = ctx;
  struct heard f;
  if (!handover_read(life->h, message, &f)) {
    life_fail(life, "the customer cannot read: %.*s", TEXT_ARG(message));
  } else if (text_equal(f.type, TEXT("session.opened"))) {
    on_session(life, &f);
  } else if (text_equal(f.type, TEXT("session.status"))) {
    on_status(life, f.status);
  } else if (text_equal(f.type, TEXT("message"))) {
    on_line(life, f.from);
  } else if (text_equal(f.type, TEXT("problem"))) {
    life_fail(life, "the customer is refused: %.*s", TEXT_ARG(f.problem));
  }
}

static void on_close(void *ctx, struct ws *ws, uint16_t code,
                     struct text reason) {
  (void)ws;
  struct life *life = ctx;
  life->ws = NULL;
  /* The customer hears of the end before the agent has documented it. */
  if ((life->marks & MARK_HEARD_AGENT) == 0) {
    life_fail(life, "the customer's socket closed with %u %.*s", (unsigned)code,
              TEXT_ARG(reason));
    return;
  }
  life_mark(life, MARK_GONE);
}

static void on_open(void *ctx, struct ws *ws) {
  struct life *life = ctx;
  life->ws = ws;
}

static void on_refused(void *ctx, const struct client_response *response) {
  struct life *life = ctx;
  life_fail(life, "the chat was refused: %d %s", response->status,
            response->err == BT_ERR_OK ? "" : response->message);
}

bool life_begin(struct handover *h) {
  static const struct client_ws_handlers handlers = {
      .ws = {.on_message = on_message, .on_close = on_close},
      .on_open = on_open,
      .on_refused = on_refused};
  if (h->free_first == NOBODY) {
    return false;
  }
  struct life *life = &h->lives[h->free_first];
  char origin[CENTRE_NAME_SIZE], path[2 * CENTRE_NAME_SIZE];
  life->tenant = (uint32_t)(h->begun % handover_centres(h));
  handover_origin(h, life->tenant, origin);
  (void)snprintf(path, sizeof path, "%s/api/v1/chat?entryPoint=%s", origin,
                 h->options->script ? "script" : "bot");
  const struct client_target target = {.method = HTTP_GET,
                                       .path = text_from(path)};
  h->begun++;
  h->living++;
  h->free_first = life->next_free;
  life->began_ns = machine_now_ns();
  life->client = handover_client(h);
  if (life->client == NULL ||
      client_ws_open(life->client, &target, &handlers, life) != BT_ERR_OK) {
    life_fail(life, "no memory");
  }
  return true;
}
