/* Cognigy's Socket endpoint, as its client: one connection a session.
 *
 * What goes over the wire, and which of it is our choice: docs/bots.md.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/rand.h"
#include "bots/cognigy/about.h"
#include "bots/cognigy/early.h"
#include "bots/cognigy/line.h"
#include "bots/cognigy/output.h"
#include "bots/cognigy/push.h"
#include "net/backoff.h"
#include "net/url.h"

enum {
  HELD_MAX = 32, /* turns of a session that wait for the endpoint */
  SAID_MAX = 16, /* outputs that are remembered, to know them again */
  FIRST_PAUSE_MS = 250,
  LONGEST_PAUSE_MS = 8000,
  READY_WITHIN_US = 10000000,
  AGAIN_US = 2000000, /* for an answer, on a line that is back */
  ALONE_MS = 30000,   /* a customer does not wait longer for Retry-After */
  POLLS_MAX = 100000,
  MS_US = 1000
};

struct cognigy_bot {
  struct bot bot;
  struct courier_target *polls;
  struct rand chance;
  struct cognigy_rules rules;
  struct push *push; /* NULL: flows are not told */
};

struct held_turn {
  struct held_turn *next;
  size_t len, files_len;
  char text[]; /* what was said, then the files */
};

/* What the timer is for. */
enum awaited { AWAITED_NOTHING, AWAITED_LINE, AWAITED_READY, AWAITED_ANSWER };

/* An output that was heard. */
struct said {
  uint64_t hash, number; /* of the packet, or NO_NUMBER */
  uint32_t connection;
};
#define NO_NUMBER UINT64_MAX

struct cognigy_talk {
  struct bot_talk talk;
  struct line *line; /* NULL: between two of them */
  struct loop_timer *timer;
  enum awaited awaited;
  struct backoff backoff;
  struct held_turn *first, *last;
  unsigned held;
  struct early early;
  struct textbuf user;  /* the userId */
  struct textbuf about; /* the session, for the first input; then empty */
  bool ready, was_ready, said_goodbye;
  int64_t answer_by_us; /* of the last input; 0: it is answered */
  bool returns;         /* from an agent: the flow is to be told */
  uint32_t connection;  /* the how-manieth */
  int64_t down_at_us;
  char why_down[256]; /* the last line, of one that never was ready */
  struct said said[SAID_MAX];
  uint32_t said_count;
};

static struct cognigy_bot *bot_of(struct bot *bot) {
  return (struct cognigy_bot *)(void *)bot;
}

static struct cognigy_talk *talk_of(struct bot_talk *talk) {
  return (struct cognigy_talk *)(void *)talk;
}

static const struct bot_settings *settings_of(const struct cognigy_talk *t) {
  return t->talk.bot->settings;
}

static const struct mem *mem_of(const struct cognigy_talk *t) {
  return bots_mem(t->talk.bot->bots);
}

/* ---- the end of it */

static void drop_held(struct cognigy_talk *t) {
  struct held_turn *h = t->first;
  t->first = h->next;
  t->last = t->first == NULL ? NULL : t->last;
  t->held--;
  mem_free(mem_of(t), h, sizeof *h + h->len + h->files_len);
}

static void clear(struct cognigy_talk *t) {
  line_free(t->line);
  t->line = NULL;
  loop_timer_free(t->timer);
  t->timer = NULL;
  early_clear(&t->early);
  while (t->first != NULL) {
    drop_held(t);
  }
  textbuf_free(&t->user);
  textbuf_free(&t->about);
}

static void note_never_ready(struct cognigy_talk *t) {
  char sentence[320];
  if (t->awaited == AWAITED_READY) {
    bot_note(&t->talk,
             TEXT("The bot was connected and never said endpoint-ready."));
    return;
  }
  (void)snprintf(sentence, sizeof sentence, "The bot was not there: %s.",
                 t->why_down[0] != '\0'
                     ? t->why_down
                     : "its endpoint had not opened the connection");
  bot_note(&t->talk, text_from(sentence));
}

/* The line says goodbye in both cases. Who looks for why the bot never came
 * finds it in the timeline. */
static void release(struct bot_talk *talk, bool for_good) {
  struct cognigy_talk *t = talk_of(talk);
  if (for_good && !t->was_ready) {
    note_never_ready(t);
  }
  clear(t);
}

static void lose(struct cognigy_talk *t, const char *why) {
  clear(t);
  bot_lose_talk(&t->talk, text_from(why));
}

static void await(struct cognigy_talk *t, enum awaited what, int64_t us) {
  t->awaited = what;
  if (what == AWAITED_NOTHING) {
    loop_timer_stop(t->timer);
  } else {
    loop_timer_start_after(t->timer, us);
  }
}

static void await_answer(struct cognigy_talk *t) {
  const int64_t wait_us =
      bot_setting_num(settings_of(t), BOT_OPTION_COGNIGY_ANSWER) * MS_US;
  t->answer_by_us = loop_now_us() + wait_us;
  await(t, AWAITED_ANSWER, wait_us);
}

/* The answer may have gone with the line. If not, it comes soon: lines that are
 * cut again and again do not put the end off for ever. */
static void await_answer_again(struct cognigy_talk *t) {
  const int64_t left_us = t->answer_by_us - loop_now_us();
  if (t->answer_by_us != 0) {
    await(t, AWAITED_ANSWER, left_us > AGAIN_US ? left_us : AGAIN_US);
  }
}

static void take_answer(struct cognigy_talk *t) {
  t->answer_by_us = 0;
  if (t->awaited == AWAITED_ANSWER) {
    await(t, AWAITED_NOTHING, 0);
  }
}

/* ---- inputs */

static void put_text(struct json_out *o, const char *key, struct text value) {
  json_key(o, key);
  json_put_text(o, value);
}

static void put_input(const struct cognigy_talk *t, struct text text,
                      struct text files, struct json_out *o) {
  char id[ID_TEXT_LEN];
  id_to_text(t->talk.session, id);
  json_open_list(o);
  json_put_text(o, TEXT("processInput"));
  json_open_object(o);
  put_text(o, "URLToken",
           bot_setting_text(settings_of(t), BOT_OPTION_COGNIGY_TOKEN));
  put_text(o, "userId", textbuf_text(&t->user));
  put_text(o, "sessionId", (struct text){id, sizeof id});
  put_text(o, "channel",
           bot_setting_text(settings_of(t), BOT_OPTION_COGNIGY_CHANNEL));
  put_text(o, "source", TEXT("device"));
  json_key(o, "passthroughIP");
  json_put_null(o);
  json_key(o, "resetFlow");
  json_put_bool(o, false);
  put_text(o, "text", text);
  json_key(o, "data");
  cognigy_put_data(textbuf_text(&t->about), files, o);
  json_close_object(o);
  json_close_list(o);
}

/* False: the line takes nothing now. */
static bool send_input(struct cognigy_talk *t, struct text text,
                       struct text files) {
  struct textbuf list;
  struct json_out o;
  textbuf_init(&list, mem_of(t));
  json_out_init(&o, &list);
  put_input(t, text, files, &o);
  const bool sent = !list.failed && line_emit(t->line, textbuf_text(&list));
  textbuf_free(&list);
  if (sent) {
    textbuf_clear(&t->about);
    await_answer(t);
  }
  return sent;
}

static void flush(struct cognigy_talk *t) {
  while (t->ready && t->first != NULL &&
         send_input(t, (struct text){t->first->text, t->first->len},
                    (struct text){t->first->text + t->first->len,
                                  t->first->files_len})) {
    drop_held(t);
  }
}

static void hold(struct cognigy_talk *t, struct text text, struct text files) {
  struct held_turn *h =
      t->held < HELD_MAX ? mem_new(mem_of(t), sizeof *h + text.len + files.len)
                         : NULL;
  if (h == NULL) {
    bot_note(&t->talk, TEXT("A message of the customer was not handed to the "
                            "bot: too many wait for its connection."));
    return;
  }
  h->len = text.len;
  h->files_len = files.len;
  if (text.len > 0) {
    memcpy(h->text, text.ptr, text.len);
  }
  if (files.len > 0) {
    memcpy(h->text + text.len, files.ptr, files.len);
  }
  if (t->last == NULL) {
    t->first = h;
  } else {
    t->last->next = h;
  }
  t->last = h;
  t->held++;
}

/* After the bot's goodbye the engine keeps it for whoever holds next. */
static void turn(struct bot_talk *talk, const struct bot_turn *turn) {
  struct cognigy_talk *t = talk_of(talk);
  if (!t->said_goodbye) {
    hold(t, turn->text, turn->files);
    flush(t);
  }
}

/* ---- outputs */

/* An output that was not acknowledged in time comes again on the next
 * connection; within one connection, what is said twice is meant twice, unless
 * it is the same packet. */
static bool is_again(struct cognigy_talk *t, const struct line_event *event,
                     const struct json *data) {
  const struct said now = {.hash = hash_text(data->source),
                           .number =
                               event->numbered ? event->number : NO_NUMBER,
                           .connection = t->connection};
  const uint32_t known = t->said_count < SAID_MAX ? t->said_count : SAID_MAX;
  if (cognigy_text(data, "traceId").len == 0) {
    return false;
  }
  for (uint32_t i = 0; i < known; i++) {
    struct said *s = &t->said[i];
    if (s->hash == now.hash &&
        (s->connection < now.connection ||
         (now.number != NO_NUMBER && s->number == now.number))) {
      *s = now;
      return true;
    }
  }
  t->said[t->said_count++ % SAID_MAX] = now;
  return false;
}

/* After a goodbye the connection's close is awaited: the session is releasing
 * meanwhile. */
static void take_output(struct cognigy_talk *t, const struct line_event *event,
                        const struct json *output) {
  if (output == NULL || output->type != JSON_OBJECT ||
      is_again(t, event, output)) {
    return;
  }
  take_answer(t);
  cognigy_say(&t->talk, output);
  const enum goodbye goodbye =
      cognigy_judge(&bot_of(t->talk.bot)->rules, output);
  if (goodbye != GOODBYE_NONE && !t->said_goodbye) {
    t->said_goodbye = true;
    await(t, AWAITED_NOTHING, 0);
    cognigy_say_goodbye(&t->talk, goodbye, output);
  }
}

static void note_error(struct cognigy_talk *t, const struct json *error) {
  char sentence[300];
  struct text what = cognigy_text(error, "message");
  what = what.len > 0 ? what : cognigy_text(error, "text");
  what = what.len > 0 ? what : cognigy_text(error, "error");
  (void)snprintf(sentence, sizeof sentence, "The bot reports an error: %.*s",
                 TEXT_ARG(utf8_cut(what, 200)));
  bot_note(&t->talk, text_from(sentence));
}

static void end_of_turn(struct cognigy_talk *t) {
  take_answer(t);
  bot_types(&t->talk, false);
}

/* A flow that had the session before is told that it is back; one that has not
 * is greeted. */
static void greet(struct cognigy_talk *t) {
  struct push *push = bot_of(t->talk.bot)->push;
  const struct text greeting =
      bot_setting_text(settings_of(t), BOT_OPTION_COGNIGY_GREETING);
  bot_accept(&t->talk);
  if (t->returns && push != NULL) {
    push_return(push, &t->talk, textbuf_text(&t->user));
  } else if (greeting.len > 0 && !t->returns) {
    (void)send_input(t, greeting, TEXT(""));
  }
}

static void note_return(struct cognigy_talk *t) {
  char sentence[160];
  (void)snprintf(sentence, sizeof sentence,
                 "The connection to the bot is back after %lld ms: what it "
                 "said meanwhile may be lost.",
                 (long long)(loop_now_us() - t->down_at_us) / MS_US);
  bot_note(&t->talk, text_from(sentence));
}

static void on_ready(struct cognigy_talk *t) {
  if (t->ready) {
    return;
  }
  await(t, AWAITED_NOTHING, 0);
  backoff_reset(&t->backoff);
  t->ready = true;
  if (t->was_ready) {
    note_return(t);
    await_answer_again(t);
  } else {
    t->was_ready = true;
    greet(t);
    return; /* what it said before comes first */
  }
  flush(t);
}

static void take_typed(struct cognigy_talk *t, const struct line_event *event) {
  const struct json *argument = event->argument;
  const struct text type = cognigy_text(argument, "type");
  const struct json *data = json_member(argument, TEXT("data"));
  if (text_equal(type, TEXT("finalPing"))) {
    end_of_turn(t);
  } else if (text_equal(type, TEXT("error"))) {
    note_error(t, data != NULL && data->type == JSON_OBJECT ? data : argument);
  } else {
    take_output(t, event, data);
  }
}

static void take_event(struct cognigy_talk *t, const struct line_event *event) {
  const struct text name = event->name;
  const struct json *argument = event->argument;
  if (text_equal(name, TEXT("output"))) {
    take_typed(t, event);
  } else if (text_equal(name, TEXT("finalPing"))) {
    end_of_turn(t);
  } else if (text_equal(name, TEXT("typingStatus"))) {
    bot_types(&t->talk,
              text_equal(cognigy_text(argument, "status"), TEXT("typingOn")));
  } else if (text_equal(name, TEXT("exception"))) {
    note_error(t, argument);
  }
}

/* ---- before it is ready */

static void say_early(void *ctx, const struct line_event *event) {
  take_event(ctx, event);
}

static void on_event(void *ctx, const struct line_event *event) {
  struct cognigy_talk *t = ctx;
  if (text_equal(event->name, TEXT("endpoint-ready"))) {
    const bool first = !t->was_ready;
    on_ready(t);
    if (first) {
      early_give(&t->early, say_early, t);
      flush(t);
    }
  } else if (t->was_ready) {
    take_event(t, event);
  } else if (!early_keep(&t->early, event)) {
    bot_note(&t->talk, TEXT("The bot spoke before it was ready: that is lost, "
                            "it was too much."));
  }
}

/* ---- connections */

static void on_up(void *ctx) {
  struct cognigy_talk *t = ctx;
  if (bot_setting_flag(settings_of(t), BOT_OPTION_COGNIGY_READY)) {
    await(t, AWAITED_READY, READY_WITHIN_US);
  } else {
    on_ready(t);
    flush(t);
  }
}

static void put_query(const struct cognigy_talk *t, struct textbuf *out) {
  char id[ID_TEXT_LEN];
  id_to_text(t->talk.session, id);
  textbuf_addf(out, "sessionId=%.*s&urlToken=", ID_TEXT_LEN, id);
  url_encode(bot_setting_text(settings_of(t), BOT_OPTION_COGNIGY_TOKEN), out);
  textbuf_add(out, TEXT("&userId="));
  url_encode(textbuf_text(&t->user), out);
  textbuf_add(out, TEXT("&testMode=false&emitWithAck=true"));
}

static void on_down(void *ctx, bool in_order, struct text why);

static enum bt_err connect(struct cognigy_talk *t) {
  const struct bot_settings *s = settings_of(t);
  const struct line_user user = {
      .ctx = t, .on_up = on_up, .on_event = on_event, .on_down = on_down};
  struct textbuf query;
  textbuf_init(&query, mem_of(t));
  put_query(t, &query);
  const struct line_options options = {
      .bots = t->talk.bot->bots,
      .polls = bot_of(t->talk.bot)->polls,
      .url = bot_setting_text(s, BOT_OPTION_COGNIGY_URL),
      .query = textbuf_text(&query),
      .transport = (enum line_transport)bot_setting_num(
          s, BOT_OPTION_COGNIGY_TRANSPORT)};
  const enum bt_err err =
      query.failed ? BT_ERR_NOMEM : line_open(&options, &user, &t->line);
  textbuf_free(&query);
  t->connection++;
  return err;
}

static void try_again(struct cognigy_talk *t, struct text why,
                      int64_t retry_after_ms) {
  char sentence[640];
  if (t->ready) {
    t->down_at_us = loop_now_us();
    (void)snprintf(sentence, sizeof sentence,
                   "The connection to the bot is gone: %.*s.", TEXT_ARG(why));
    bot_note(&t->talk, text_from(sentence));
  }
  (void)snprintf(t->why_down, sizeof t->why_down, "%.*s", TEXT_ARG(why));
  t->ready = false;
  if ((int64_t)t->backoff.failures + 1 >=
      bot_setting_num(settings_of(t), BOT_OPTION_COGNIGY_ATTEMPTS)) {
    (void)snprintf(sentence, sizeof sentence,
                   "The bot cannot be reached: %.*s.", TEXT_ARG(why));
    lose(t, sentence);
    return;
  }
  if (retry_after_ms > ALONE_MS) {
    (void)snprintf(
        sentence, sizeof sentence,
        "The bot cannot be reached: %.*s, and wants to be left alone "
        "for %lld s.",
        TEXT_ARG(why), (long long)retry_after_ms / 1000);
    lose(t, sentence);
    return;
  }
  const int64_t pause_ms =
      backoff_next_ms(&t->backoff, &bot_of(t->talk.bot)->chance);
  await(t, AWAITED_LINE,
        MS_US * (pause_ms > retry_after_ms ? pause_ms : retry_after_ms));
}

static void on_down(void *ctx, bool in_order, struct text why) {
  struct cognigy_talk *t = ctx;
  char copy[512];
  (void)snprintf(copy, sizeof copy, "%.*s", TEXT_ARG(why));
  const int64_t retry_after_ms = line_retry_after_ms(t->line);
  line_free(t->line);
  t->line = NULL;
  if (t->said_goodbye) {
    clear(t);
    bot_close_talk(&t->talk);
  } else if (in_order) {
    lose(t, "The bot closed its connection without a goodbye.");
  } else {
    try_again(t, text_from(copy), retry_after_ms);
  }
}

static void on_timer(void *ctx) {
  struct cognigy_talk *t = ctx;
  const enum awaited awaited = t->awaited;
  t->awaited = AWAITED_NOTHING;
  if (awaited == AWAITED_LINE) {
    if (connect(t) != BT_ERR_OK) {
      lose(t, "There is no memory for a connection to the bot.");
    }
  } else if (awaited == AWAITED_READY) {
    on_down(t, false, TEXT("the endpoint is not ready in time"));
  } else if (awaited == AWAITED_ANSWER) {
    lose(t, "The bot did not answer in time.");
  }
}

/* ---- invitations */

static void learn(struct cognigy_talk *t, struct text session) {
  const bool by_session =
      bot_setting_num(settings_of(t), BOT_OPTION_COGNIGY_USER) != 0;
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, mem_of(t), 0);
  const enum bt_err err =
      json_parse(&arena, session, JSON_DEPTH_MAX, &tree, NULL);
  cognigy_put_user(session, t->talk.session, by_session, &t->user);
  cognigy_put_about(err == BT_ERR_OK ? tree : NULL, &t->about);
  t->returns = err == BT_ERR_OK && cognigy_was_with_agent(tree);
  arena_free(&arena);
}
static bool invite(struct bot_talk *talk, const struct bot_invitation *how) {
  struct cognigy_talk *t = talk_of(talk);
  textbuf_init(&t->user, mem_of(t));
  textbuf_init(&t->about, mem_of(t));
  t->early.mem = mem_of(t);
  t->backoff =
      (struct backoff){.first_ms = FIRST_PAUSE_MS, .most_ms = LONGEST_PAUSE_MS};
  /* The gap began with the process before this one. */
  t->was_ready = how->resumed;
  t->down_at_us = loop_now_us();
  learn(t, how->session);
  if (t->user.failed || t->about.failed ||
      loop_timer_create(bots_loop(talk->bot->bots), on_timer, t, &t->timer) !=
          BT_ERR_OK ||
      connect(t) != BT_ERR_OK) {
    lose(t, "There is no memory for a connection to the bot.");
  }
  return true;
}

/* ---- the bot */

static enum bt_err start(struct bot *bot) {
  struct cognigy_bot *b = bot_of(bot);
  /* Polling must not wait its turn, nor be repeated: its order is its own. */
  const struct courier_policy policy = {.attempts = 1,
                                        .first_pause_ms = 1,
                                        .longest_pause_ms = 1,
                                        .at_once_max = POLLS_MAX,
                                        .waiting_max = POLLS_MAX,
                                        .alone_ms = 1};
  rand_seed(&b->chance, (uint64_t)loop_now_us() ^ bot->number);
  cognigy_read_rules(bot->settings, BOT_OPTION_COGNIGY_GOODBYE, &b->rules);
  const enum bt_err err =
      courier_add_target(bots_courier(bot->bots), &policy, &b->polls);
  return err == BT_ERR_OK ? push_create(bot, &b->push) : err;
}

static void shut(struct bot *bot) {
  courier_drop_target(bot_of(bot)->polls);
  push_free(bot_of(bot)->push);
}

const struct bot_ops bot_cognigy_ops = {.bot_bytes = sizeof(struct cognigy_bot),
                                        .talk_bytes =
                                            sizeof(struct cognigy_talk),
                                        .always_there = true,
                                        .wants_backlog = true,
                                        .start = start,
                                        .shut = shut,
                                        .invite = invite,
                                        .turn = turn,
                                        .release = release};
