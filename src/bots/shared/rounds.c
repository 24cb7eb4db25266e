#include "bots/shared/rounds.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

enum {
  TURNS_MAX = 32, /* of a session, that wait for their request */
  WAITING_FACTOR = 32,
  FIRST_PAUSE_MS = 250,
  LONGEST_PAUSE_MS = 4000,
  SENTENCE_MAX = 480
};

/* Offsets from ops->options, as in BOT_OPTIONS_OF_CALLS. */
enum { HEADERS, TIMEOUT, ATTEMPTS, AT_ONCE, FAILURES, ALONE };

/* A turn that waits for its request, or is under way. */
struct rounds_turn {
  struct rounds_turn *next;
  enum rounds_occasion occasion;
  uint32_t number;
  size_t len, files_len;
  char text[]; /* what was said, or the session for BEGIN; then the files */
};

struct rounds_question {
  struct rounds_question *next, *prev;
  struct rounds_bot *bot;
  struct id session;
  int64_t number;
  struct courier_call *call;
};

static struct rounds_bot *bot_of(struct bot *bot) {
  return (struct rounds_bot *)(void *)bot;
}

static struct rounds_talk *talk_of(struct bot_talk *talk) {
  return (struct rounds_talk *)(void *)talk;
}

static int64_t option(const struct rounds_bot *b, unsigned offset) {
  return bot_setting_num(b->bot.settings,
                         (enum bot_option)(b->rounds->options + offset));
}

/* ---- requests */

void rounds_add_header(struct rounds_request *r, struct text name,
                       struct text value) {
  bt_check(r->header_count < ROUNDS_HEADERS_MAX);
  r->headers[r->header_count++] =
      (struct http_header){.name = name, .value = value};
}

static void name_delivery(const struct rounds_ask *ask, struct textbuf *out) {
  char id[ID_TEXT_LEN];
  id_to_text(ask->session_id, id);
  textbuf_addf(out, "%.*s:%u:%d", ID_TEXT_LEN, id, ask->number,
               (int)ask->occasion);
}

static void begin_request(const struct rounds_bot *b, struct arena *arena,
                          struct rounds_request *r) {
  const struct bot_value *headers =
      &b->bot.settings->values[b->rounds->options + HEADERS];
  *r = (struct rounds_request){.arena = arena, .method = TEXT("POST")};
  textbuf_init(&r->body, bots_mem(b->bot.bots));
  for (size_t i = 0; i + 1 < headers->count; i += 2) {
    rounds_add_header(r, headers->list[i], headers->list[i + 1]);
  }
  rounds_add_header(r, TEXT("Content-Type"), TEXT("application/json"));
  rounds_add_header(r, TEXT("Accept"), TEXT("application/json"));
}

static enum bt_err send(struct rounds_bot *b, struct rounds_ask *ask,
                        outbound_fn *fn, void *ctx, struct courier_call **out) {
  struct arena arena;
  struct rounds_request r;
  struct textbuf delivery;
  arena_init(&arena, bots_mem(b->bot.bots), 0);
  textbuf_init(&delivery, bots_mem(b->bot.bots));
  name_delivery(ask, &delivery);
  ask->delivery = textbuf_text(&delivery);
  begin_request(b, &arena, &r);
  enum bt_err err = BT_ERR_NOMEM;
  if (!delivery.failed && b->rounds->write(b, ask, &r) && !r.body.failed) {
    const struct courier_request request = {
        .request = {.method = r.method,
                    .url = r.url,
                    .body = textbuf_text(&r.body),
                    .headers = r.headers,
                    .header_count = r.header_count,
                    .timeout_ms = option(b, TIMEOUT),
                    .stays = true},
        .may_repeat = b->rounds->may_repeat};
    err = courier_send(b->target, &request, fn, ctx, out);
  }
  ask->delivery = TEXT("");
  textbuf_free(&r.body);
  textbuf_free(&delivery);
  arena_free(&arena);
  return err;
}

/* ---- turns of a talk */

static void drop_first(struct rounds_talk *t) {
  struct rounds_turn *turn = t->first;
  t->first = turn->next;
  t->last = t->first == NULL ? NULL : t->last;
  t->turns--;
  mem_free(bots_mem(t->talk.bot->bots), turn,
           sizeof *turn + turn->len + turn->files_len);
}

static void clear(struct rounds_talk *t) {
  const struct rounds_ops *ops = bot_of(t->talk.bot)->rounds;
  if (ops->clear != NULL) {
    ops->clear(t);
  }
  if (t->call != NULL) {
    courier_cancel(t->call);
    t->call = NULL;
  }
  while (t->first != NULL) {
    drop_first(t);
  }
}

void rounds_close(struct rounds_talk *t) {
  clear(t);
  bot_close_talk(&t->talk);
}

void rounds_lose(struct rounds_talk *t, const char *why) {
  clear(t);
  bot_lose_talk(&t->talk, text_from(why));
}

__attribute__((format(printf, 2, 3))) static void
fail(struct rounds_talk *t, const char *format, ...) {
  const struct rounds_ops *ops = bot_of(t->talk.bot)->rounds;
  char why[SENTENCE_MAX];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(why, sizeof why, format, args);
  va_end(args);
  if (ops->fail != NULL) {
    ops->fail(t, why);
  } else {
    rounds_lose(t, why);
  }
}

static struct rounds_ask ask_of(struct rounds_talk *t,
                                const struct rounds_turn *turn) {
  const struct text text = {turn->text, turn->len};
  const bool begins = turn->occasion == ROUNDS_BEGIN;
  return (struct rounds_ask){
      .occasion = turn->occasion,
      .talk = t,
      .session_id = t->talk.session,
      .session = begins ? text : TEXT(""),
      .number = turn->number,
      .text = begins ? TEXT("") : text,
      .files = {turn->text + turn->len, turn->files_len}};
}

static void on_reply(void *ctx, const struct outbound_reply *reply);

static void send_next(struct rounds_talk *t) {
  struct rounds_bot *b = bot_of(t->talk.bot);
  if (t->first == NULL || t->call != NULL) {
    return;
  }
  struct rounds_ask ask = ask_of(t, t->first);
  if (send(b, &ask, on_reply, t, &t->call) != BT_ERR_OK) {
    rounds_lose(t, "There is no memory to call the bot.");
    return;
  }
  bot_types(&t->talk, true);
}

static bool is_still_there(const struct bots *bots, uint32_t number,
                           struct id session, const struct rounds_talk *t) {
  return bot_find_talk(bots, number, session) == &t->talk;
}

/* RFC 8259, 8.1: a byte order mark before JSON may be passed over. */
static struct text answer_of(const struct outbound_reply *reply) {
  static const struct text mark = {"\xef\xbb\xbf", 3};
  const size_t skipped = text_starts(reply->body, mark) ? mark.len : 0;
  return text_sub(reply->body, skipped, reply->body.len);
}

static void take(struct rounds_talk *t, struct text body) {
  struct bot *bot = t->talk.bot;
  struct bots *bots = bot->bots;
  const struct rounds_ops *ops = bot_of(bot)->rounds;
  const uint32_t number = bot->number;
  const struct id session = t->talk.session;
  const struct rounds_ask ask = ask_of(t, t->first);
  struct arena arena;
  struct json *tree = NULL;
  struct json_error error;
  arena_init(&arena, bots_mem(bots), 0);
  bot_types(&t->talk, false);
  if (text_trim(body).len > 0 && json_parse(&arena, body, JSON_DEPTH_DEFAULT,
                                            &tree, &error) != BT_ERR_OK) {
    fail(t, "The %s's answer is no JSON: %s", ops->what, error.message);
  } else {
    if (ask.occasion == ROUNDS_BEGIN) {
      bot_accept(&t->talk);
    }
    ops->take(t, &ask, tree);
  }
  arena_free(&arena);
  if (is_still_there(bots, number, session, t)) {
    drop_first(t);
    send_next(t);
  }
}

static void on_reply(void *ctx, const struct outbound_reply *reply) {
  struct rounds_talk *t = ctx;
  const char *what = bot_of(t->talk.bot)->rounds->what;
  t->call = NULL;
  if (reply->status < 0) {
    fail(t, "The %s did not answer: %.*s", what, TEXT_ARG(reply->reason));
  } else if (reply->status < 200 || reply->status > 299) {
    fail(t, "The %s answered %d.", what, reply->status);
  } else {
    take(t, answer_of(reply));
  }
}

static void put_text(char *to, struct text t) {
  if (t.len > 0) {
    memcpy(to, t.ptr, t.len);
  }
}

static void add_turn(struct rounds_talk *t, enum rounds_occasion occasion,
                     const struct bot_turn *what) {
  const struct mem *mem = bots_mem(t->talk.bot->bots);
  if (t->turns == TURNS_MAX) {
    bot_note(&t->talk, TEXT("The bot is too slow: a message of the customer "
                            "was not handed to it, for 32 others wait."));
    return;
  }
  struct rounds_turn *turn =
      mem_new(mem, sizeof *turn + what->text.len + what->files.len);
  if (turn == NULL) {
    rounds_lose(t, "There is no memory to call the bot.");
    return;
  }
  turn->occasion = occasion;
  turn->number = what->number;
  turn->len = what->text.len;
  turn->files_len = what->files.len;
  put_text(turn->text, what->text);
  put_text(turn->text + turn->len, what->files);
  if (t->last == NULL) {
    t->first = turn;
  } else {
    t->last->next = turn;
  }
  t->last = turn;
  t->turns++;
  send_next(t);
}

/* ---- from the session */

bool rounds_invite(struct bot_talk *talk, const struct bot_invitation *how) {
  const struct rounds_ops *ops = bot_of(talk->bot)->rounds;
  if (ops->asks_to_begin && !how->resumed) {
    add_turn(talk_of(talk), ROUNDS_BEGIN,
             &(struct bot_turn){.text = how->session});
  } else {
    bot_accept(talk);
  }
  return true;
}

void rounds_ask_silent(struct rounds_talk *t, uint32_t number) {
  add_turn(t, ROUNDS_SILENCE, &(struct bot_turn){.number = number});
}

void rounds_turn_of(struct bot_talk *talk, const struct bot_turn *turn) {
  add_turn(talk_of(talk), ROUNDS_MESSAGE, turn);
}

void rounds_left(struct bot_talk *talk, struct text reason) {
  (void)reason;
  talk_of(talk)->left = true;
}

static void hear_nothing(void *ctx, const struct outbound_reply *reply) {
  (void)ctx;
  (void)reply;
}

void rounds_release(struct bot_talk *talk, bool for_good) {
  struct rounds_talk *t = talk_of(talk);
  struct rounds_bot *b = bot_of(talk->bot);
  clear(t);
  const struct rounds_ops *ops = b->rounds;
  if (for_good && (t->left ? ops->tells_left : ops->tells_released)) {
    struct rounds_ask ask = {.occasion =
                                 t->left ? ROUNDS_LEFT : ROUNDS_RELEASED,
                             .talk = t,
                             .session_id = talk->session};
    /* Without memory the bot is not told: nothing depends on it. */
    (void)send(b, &ask, hear_nothing, NULL, NULL);
  }
}

/* ---- questions of scripts */

static void drop_question(struct rounds_question *q) {
  if (q->prev != NULL) {
    q->prev->next = q->next;
  } else {
    q->bot->questions = q->next;
  }
  if (q->next != NULL) {
    q->next->prev = q->prev;
  }
  mem_free(bots_mem(q->bot->bot.bots), q, sizeof *q);
}

static void write_failure(struct rounds_bot *b, const struct rounds_ask *ask,
                          const struct outbound_reply *reply,
                          struct json_out *o) {
  char why[SENTENCE_MAX];
  (void)snprintf(why, sizeof why,
                 reply->status < 0 ? "The %s did not answer: %.*s"
                                   : "The %s answered %.*s.",
                 b->rounds->what, TEXT_ARG(reply->reason));
  json_open_object(o);
  json_key(o, "branch");
  json_put_text(o, TEXT("Error"));
  json_key(o, "payload");
  json_open_object(o);
  json_key(o, "error");
  json_put_text(o, text_from(why));
  json_close_object(o);
  if (b->rounds->put_apology != NULL) {
    json_key(o, "messages");
    b->rounds->put_apology(b, ask, o);
  }
  json_close_object(o);
}

static void write_answer(struct rounds_bot *b, const struct rounds_ask *ask,
                         const struct outbound_reply *reply,
                         struct json_out *o) {
  struct arena arena;
  struct json *tree = NULL;
  const bool good = reply->status >= 200 && reply->status < 300;
  arena_init(&arena, bots_mem(b->bot.bots), 0);
  if (good && json_parse(&arena, answer_of(reply), JSON_DEPTH_DEFAULT, &tree,
                         NULL) == BT_ERR_OK) {
    b->rounds->take_answer(b, ask, tree, o);
  } else {
    const struct outbound_reply bad = {
        .status = -1,
        .reason = good ? TEXT("its reply is no JSON") : reply->reason};
    write_failure(b, ask, &bad, o);
  }
  arena_free(&arena);
}

static void on_answer(void *ctx, const struct outbound_reply *reply) {
  struct rounds_question *q = ctx;
  struct rounds_bot *b = q->bot;
  const struct rounds_ask ask = {.occasion = ROUNDS_QUESTION,
                                 .session_id = q->session,
                                 .number = (uint32_t)q->number};
  const int64_t number = q->number;
  struct textbuf text;
  struct json_out o;
  drop_question(q);
  textbuf_init(&text, bots_mem(b->bot.bots));
  json_out_init(&o, &text);
  write_answer(b, &ask, reply, &o);
  bot_answer(&b->bot, ask.session_id, number,
             text.failed ? TEXT("") : textbuf_text(&text));
  textbuf_free(&text);
}

static bool is_on_its_way(const struct rounds_bot *b,
                          const struct bot_question *question) {
  const struct rounds_question *q = b->questions;
  while (q != NULL && (q->number != question->question ||
                       !id_equal(q->session, question->session))) {
    q = q->next;
  }
  return q != NULL;
}

bool rounds_ask(struct bot *bot, const struct bot_question *question) {
  struct rounds_bot *b = bot_of(bot);
  struct rounds_question *q =
      b->rounds->take_answer == NULL || is_on_its_way(b, question)
          ? NULL
          : mem_new(bots_mem(bot->bots), sizeof *q);
  if (q == NULL) {
    return false;
  }
  *q = (struct rounds_question){.next = b->questions,
                                .bot = b,
                                .session = question->session,
                                .number = question->question};
  if (q->next != NULL) {
    q->next->prev = q;
  }
  b->questions = q;
  struct rounds_ask ask = {.occasion = ROUNDS_QUESTION,
                           .session_id = question->session,
                           .number = (uint32_t)question->question,
                           .text = question->text,
                           .payload = question->payload};
  if (send(b, &ask, on_answer, q, &q->call) != BT_ERR_OK) {
    drop_question(q);
    return false;
  }
  return true;
}

/* ---- life */

enum bt_err rounds_start(struct bot *bot, const struct rounds_ops *ops) {
  struct rounds_bot *b = bot_of(bot);
  b->rounds = ops;
  const unsigned at_once = (unsigned)option(b, AT_ONCE);
  const struct courier_policy policy = {
      .attempts = (unsigned)option(b, ATTEMPTS),
      .first_pause_ms = FIRST_PAUSE_MS,
      .longest_pause_ms = LONGEST_PAUSE_MS,
      .at_once_max = at_once,
      .waiting_max = at_once * WAITING_FACTOR,
      .failures_max = (unsigned)option(b, FAILURES),
      .alone_ms = option(b, ALONE)};
  return courier_add_target(bots_courier(bot->bots), &policy, &b->target);
}

void rounds_shut(struct bot *bot) {
  struct rounds_bot *b = bot_of(bot);
  courier_drop_target(b->target);
  while (b->questions != NULL) {
    drop_question(b->questions);
  }
}
