/* Bots that get a signed POST a turn and answer {messages, outcome}.
 *
 * The request is the frame that a bot on our socket would get, with "bot" and
 * "delivery". docs/bots.md.
 */
#include "base/digest.h"
#include "bots/shared/rounds.h"
#include "bots/shared/said.h"

enum { SECOND_US = 1000000 };

static const char *const types[] = {[ROUNDS_BEGIN] = "session.invited",
                                    [ROUNDS_MESSAGE] = "customer.message",
                                    [ROUNDS_LEFT] = "customer.left",
                                    [ROUNDS_RELEASED] = "session.released",
                                    [ROUNDS_QUESTION] = "exchange"};

static void put_member(struct json_out *o, const char *key, struct text value) {
  json_key(o, key);
  json_put_text(o, value);
}

static void write_body(const struct rounds_bot *b, const struct rounds_ask *ask,
                       struct json_out *o) {
  json_open_object(o);
  put_member(o, "type", text_from(types[ask->occasion]));
  put_member(o, "bot", b->bot.settings->id);
  put_member(o, "delivery", ask->delivery);
  if (ask->occasion == ROUNDS_BEGIN) {
    json_key(o, "session");
    json_put_raw(o, ask->session);
  } else {
    api_put_session_id(o, ask->session_id);
  }
  if (ask->occasion == ROUNDS_MESSAGE || ask->occasion == ROUNDS_QUESTION) {
    json_key(o, ask->occasion == ROUNDS_MESSAGE ? "number" : "exchange");
    json_put_i64(o, ask->number);
    put_member(o, "text", ask->text);
  }
  if (ask->files.len > 0) {
    json_key(o, "files");
    json_put_raw(o, ask->files);
  }
  if (ask->occasion == ROUNDS_QUESTION) {
    json_key(o, "payload");
    json_put_raw(o, ask->payload);
  }
  json_close_object(o);
}

/* The time is signed with it, so that an old request cannot be played again. */
static bool sign(const struct rounds_bot *b, struct rounds_request *r) {
  const struct text secret =
      bot_setting_text(b->bot.settings, BOT_OPTION_WEBHOOK_SECRET);
  struct textbuf line;
  uint8_t digest[DIGEST_SHA256_SIZE];
  if (secret.len == 0) {
    return true;
  }
  textbuf_init(&line, bots_mem(b->bot.bots));
  const int64_t at_s = api_unix_us(bots_api(b->bot.bots)) / SECOND_US;
  textbuf_addf(&line, "%lld.", (long long)at_s);
  textbuf_add(&line, textbuf_text(&r->body));
  digest_hmac_sha256(secret, textbuf_text(&line), digest);
  textbuf_clear(&line);
  textbuf_addf(&line, "t=%lld,v1=", (long long)at_s);
  digest_to_hex(digest, sizeof digest, &line);
  const struct text value = arena_copy_text(r->arena, textbuf_text(&line));
  const bool good = !line.failed && value.ptr != NULL;
  textbuf_free(&line);
  if (good) {
    rounds_add_header(r, TEXT("Baton-Signature"), value);
  }
  return good;
}

static bool write(struct rounds_bot *b, const struct rounds_ask *ask,
                  struct rounds_request *r) {
  struct json_out o;
  json_out_init(&o, &r->body);
  write_body(b, ask, &o);
  r->url = bot_setting_text(b->bot.settings, BOT_OPTION_WEBHOOK_URL);
  rounds_add_header(r, TEXT("Baton-Delivery"), ask->delivery);
  return !r->body.failed && sign(b, r);
}

static void take(struct rounds_talk *t, const struct rounds_ask *ask,
                 const struct json *reply) {
  (void)ask;
  if (reply != NULL && reply->type != JSON_OBJECT) {
    rounds_lose(t, "The webhook's answer is no JSON object.");
    return;
  }
  said_messages(&t->talk, json_member(reply, TEXT("messages")));
  const enum said_outcome outcome = said_farewell(&t->talk, reply);
  if (outcome == SAID_BAD) {
    rounds_lose(t, "The webhook's \"outcome\" is none of continue, escalate "
                   "and end.");
  } else if (outcome != SAID_CONTINUE) {
    rounds_close(t);
  }
}

/* The reply is in the form that scripts are answered in. */
static void take_answer(struct rounds_bot *b, const struct rounds_ask *ask,
                        const struct json *reply, struct json_out *o) {
  (void)b;
  (void)ask;
  json_put_tree(o, reply);
}

static const struct rounds_ops webhook_rounds = {.options =
                                                     BOT_OPTION_WEBHOOK_HEADERS,
                                                 .what = "webhook",
                                                 .asks_to_begin = true,
                                                 .tells_left = true,
                                                 .tells_released = true,
                                                 .may_repeat = true,
                                                 .write = write,
                                                 .take = take,
                                                 .take_answer = take_answer};

static enum bt_err start(struct bot *bot) {
  return rounds_start(bot, &webhook_rounds);
}

const struct bot_ops bot_webhook_ops = {
    ROUNDS_BOT_OPS, .bot_bytes = sizeof(struct rounds_bot),
    .talk_bytes = sizeof(struct rounds_talk), .start = start};
