/* Prefer: wait=N: the answer to a transfer that waits comes when it is carried
 * out or withdrawn, or after N seconds as the 202 that it is then. */
#include "api/api_priv.h"
#include "base/check.h"

enum { WAIT_MAX_S = 300 };

/* Seconds of "wait=N" in a list of preferences; 0 if there is none. */
static int64_t seconds_of(struct text prefer) {
  while (prefer.len > 0) {
    const size_t end = text_find(prefer, TEXT(","), 0);
    const struct text item = text_trim(text_sub(prefer, 0, end));
    int64_t n = 0;
    if (text_starts(item, TEXT("wait=")) &&
        text_to_i64(text_sub(item, 5, item.len), &n) && n > 0) {
      return n < WAIT_MAX_S ? n : WAIT_MAX_S;
    }
    prefer = text_sub(prefer, end + 1, prefer.len);
  }
  return 0;
}

void wait_forget(struct call *c) {
  topics_remove(&c->api->topics, &c->watch);
  loop_timer_free(c->timer);
  c->timer = NULL;
}

static void on_final(void *ctx, const struct answer *a) {
  call_answer(ctx, a);
}

static void finish(struct call *c) {
  wait_forget(c);
  struct command cmd = api_own_command(COMMAND_KEEP_ANSWER);
  record_set_id(&cmd.args, FIELD_SESSION, c->session);
  struct textbuf key;
  textbuf_init(&key, c->api->mem);
  if (c->key.ptr != NULL) {
    engine_kept_key(&c->by, c->key, &key);
    record_set_text(&cmd.args, FIELD_KEY, textbuf_text(&key));
  }
  api_submit(c->api, &cmd, on_final, c);
  textbuf_free(&key);
}

/* Something happened to the session: does the transfer still wait? */
static void on_event(struct watch *w, uint64_t seq,
                     const struct record *event) {
  (void)seq;
  (void)event;
  struct call *c = w->owner;
  const struct engine *e = api_engine(c->api);
  uint32_t slot;
  if (engine_find(e, c->session, &slot)) {
    const struct session *s = engine_session(e, slot);
    if (s->waits != SESSION_WAIT_NONE && s->transfer == c->waits) {
      return;
    }
  }
  finish(c);
}

static const struct watch_ops wait_ops = {.on_event = on_event};

static void on_time(void *ctx) {
  struct call *c = ctx;
  const struct answer a = {.code = 202,
                           .body = c->first_body,
                           .session = c->session,
                           .version = c->version,
                           .transfer = c->transfer};
  call_answer(c, &a);
}

static void remember(struct call *c, const struct answer *a) {
  c->waits = a->waits;
  c->session = a->session;
  c->version = a->version;
  c->transfer = a->transfer;
  c->first_body = arena_copy_text(&c->arena, a->body);
  c->watch =
      (struct watch){.ops = &wait_ops, .owner = c, .session = a->session};
}

bool call_wait(struct call *c, const struct answer *a) {
  const int64_t seconds = seconds_of(c->prefer);
  if (a->code != 202 || a->waits == 0 || seconds == 0 ||
      call_request(c) == NULL) {
    return false;
  }
  remember(c, a);
  if (c->first_body.ptr == NULL ||
      loop_timer_create(c->api->options.loop, on_time, c, &c->timer) !=
          BT_ERR_OK) {
    return false;
  }
  if (!topics_add(&c->api->topics, &c->watch)) {
    wait_forget(c);
    return false;
  }
  loop_timer_start_after(c->timer, seconds * 1000000);
  return true;
}
