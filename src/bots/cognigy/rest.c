/* Cognigy's REST endpoint: a whole turn of the flow in one answer.
 *
 * POST {url}/{urlToken} {userId, sessionId, text, data}
 * 200 {text, data, outputStack: [{text, data, …}, …]}
 */
#include "bots/cognigy/output.h"
#include "bots/shared/rounds.h"

struct rest_bot {
  struct rounds_bot rounds;
  struct cognigy_rules rules;
};

struct rest_talk {
  struct rounds_talk rounds;
  struct textbuf user;
};

static struct rest_talk *talk_of(struct bot_talk *talk) {
  return (struct rest_talk *)(void *)talk;
}

static struct text setting(const struct rounds_bot *b, enum bot_option option) {
  return bot_setting_text(b->bot.settings, option);
}

static void put_text(struct json_out *o, const char *key, struct text value) {
  json_key(o, key);
  json_put_text(o, value);
}

static void write_body(const struct rounds_bot *b, const struct rounds_ask *ask,
                       struct json_out *o) {
  char own[ID_TEXT_LEN];
  const struct text id = {own, sizeof own};
  const struct rest_talk *t =
      ask->talk == NULL ? NULL : talk_of(&ask->talk->talk);
  id_to_text(ask->session_id, own);
  json_open_object(o);
  put_text(o, "userId", t == NULL ? id : textbuf_text(&t->user));
  put_text(o, "sessionId", id);
  put_text(o, "text",
           ask->occasion == ROUNDS_BEGIN
               ? setting(b, BOT_OPTION_COGNIGY_REST_GREETING)
               : ask->text);
  json_key(o, "data");
  if (ask->occasion == ROUNDS_QUESTION) {
    json_put_raw(o, ask->payload);
  } else {
    cognigy_put_data(TEXT(""), ask->files, o);
  }
  json_close_object(o);
}

static bool write(struct rounds_bot *b, const struct rounds_ask *ask,
                  struct rounds_request *r) {
  const struct text url = setting(b, BOT_OPTION_COGNIGY_REST_URL);
  struct json_out o;
  struct textbuf where;
  json_out_init(&o, &r->body);
  write_body(b, ask, &o);
  textbuf_init(&where, bots_mem(b->bot.bots));
  textbuf_add(&where, url);
  textbuf_add(&where, text_ends(url, TEXT("/")) ? TEXT("") : TEXT("/"));
  textbuf_add(&where, setting(b, BOT_OPTION_COGNIGY_REST_TOKEN));
  r->url =
      where.failed ? TEXT("") : arena_copy_text(r->arena, textbuf_text(&where));
  textbuf_free(&where);
  return r->url.ptr != NULL && r->url.len > 0;
}

/* The outputs in order; without a stack the answer itself is the only one. */
static const struct json *first_output(const struct json *reply) {
  const struct json *stack = json_member(reply, TEXT("outputStack"));
  return stack != NULL && stack->type == JSON_LIST && stack->count > 0
             ? stack->first
             : reply;
}

static const struct json *next_output(const struct json *output,
                                      const struct json *reply) {
  return output == reply ? NULL : output->next;
}

static void take(struct rounds_talk *t, const struct rounds_ask *ask,
                 const struct json *reply) {
  const struct rest_bot *b = (const struct rest_bot *)(void *)t->talk.bot;
  const struct json *stack = json_member(reply, TEXT("outputStack"));
  const struct json *output = first_output(reply);
  (void)ask;
  if (reply == NULL || reply->type != JSON_OBJECT) {
    rounds_lose(t, "The endpoint answered no JSON object.");
    return;
  }
  if (stack != NULL && stack->type != JSON_LIST && stack->type != JSON_NULL) {
    rounds_lose(t, "The endpoint's \"outputStack\" is no list.");
    return;
  }
  for (; output != NULL; output = next_output(output, reply)) {
    const enum goodbye goodbye = cognigy_judge(&b->rules, output);
    cognigy_say(&t->talk, output);
    if (goodbye != GOODBYE_NONE) {
      cognigy_say_goodbye(&t->talk, goodbye, output);
      rounds_close(t);
      return;
    }
  }
}

static void put_messages(const struct json *reply, struct json_out *o) {
  const struct json *output = first_output(reply);
  json_key(o, "messages");
  json_open_list(o);
  for (; output != NULL; output = next_output(output, reply)) {
    const struct text text = cognigy_text(output, "text");
    if (text.len > 0) {
      json_put_text(o, text);
    }
  }
  json_close_list(o);
}

/* A goodbye gives the script the control back; else the flow wants more. */
static void take_answer(struct rounds_bot *b, const struct rounds_ask *ask,
                        const struct json *reply, struct json_out *o) {
  (void)ask;
  const struct rest_bot *rest = (const struct rest_bot *)(void *)b;
  const struct json *output = first_output(reply);
  const struct json *data = json_member(reply, TEXT("data"));
  bool over = false;
  for (; output != NULL; output = next_output(output, reply)) {
    over = over || cognigy_judge(&rest->rules, output) != GOODBYE_NONE;
  }
  json_open_object(o);
  put_text(o, "branch",
           over ? TEXT("ReturnControlToScript")
                : TEXT("PromptAndCollectNextResponse"));
  put_messages(reply, o);
  json_key(o, "payload");
  if (data != NULL) {
    json_put_tree(o, data);
  } else {
    json_put_null(o);
  }
  json_close_object(o);
}

/* ---- from the session */

static bool invite(struct bot_talk *talk, const struct bot_invitation *how) {
  struct rest_talk *t = talk_of(talk);
  const bool by_session =
      bot_setting_num(talk->bot->settings, BOT_OPTION_COGNIGY_REST_USER) != 0;
  textbuf_init(&t->user, bots_mem(talk->bot->bots));
  cognigy_put_user(how->session, talk->session, by_session, &t->user);
  return rounds_invite(talk, how);
}

static void clear(struct rounds_talk *t) {
  textbuf_free(&talk_of(&t->talk)->user);
}

/* A flow that runs twice says twice: what may have arrived is not sent again.
 */
#define REST_ROUNDS                                                            \
  .options = BOT_OPTION_COGNIGY_REST_HEADERS, .what = "endpoint",              \
  .write = write, .take = take, .take_answer = take_answer, .clear = clear

static enum bt_err start(struct bot *bot) {
  static const struct rounds_ops waits = {REST_ROUNDS};
  static const struct rounds_ops greets = {REST_ROUNDS, .asks_to_begin = true};
  struct rest_bot *b = (struct rest_bot *)(void *)bot;
  cognigy_read_rules(bot->settings, BOT_OPTION_COGNIGY_REST_GOODBYE, &b->rules);
  const bool greeting =
      bot_setting_text(bot->settings, BOT_OPTION_COGNIGY_REST_GREETING).len > 0;
  return rounds_start(bot, greeting ? &greets : &waits);
}

const struct bot_ops bot_cognigy_rest_ops = {
    ROUNDS_BOT_OPS_BUT_INVITE, .bot_bytes = sizeof(struct rest_bot),
    .talk_bytes = sizeof(struct rest_talk), .start = start, .invite = invite};
