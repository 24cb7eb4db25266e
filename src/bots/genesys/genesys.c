/* Bots behind Genesys' bot connector: a POST a turn, answered with a botState.
 *
 * developer.genesys.cloud, "Bot Connector" and "Digital Bot Connector": the
 * request that Architect's flows send, and the answer that they expect. A
 * conversation that is Complete or Failed is over: the next one of the same
 * session has another botSessionId. docs/bots.md.
 */
#include "bots/shared/parts.h"
#include "bots/shared/rich.h"
#include "bots/shared/rounds.h"

enum state { COMPLETE, FAILED, MORE_DATA, STATES };

static const struct {
  const char *wire;
  const char *branch; /* for a script */
} states[STATES] = {[COMPLETE] = {"Complete", "ReturnControlToScript"},
                    [FAILED] = {"Failed", "Error"},
                    [MORE_DATA] = {"MoreData", "PromptAndCollectNextResponse"}};

static const struct rich_form form = {{"text", NULL}, {"text", "type"}};

static struct text option_text(const struct rounds_bot *b, enum bot_option o) {
  return bot_setting_text(b->bot.settings, o);
}

/* ---- out */

/* Conversations that are over. */
static int64_t count_over(const struct rounds_bot *b, struct id session,
                          struct arena *arena) {
  return part_num(bot_read_kept(&b->bot, session, arena), "over", 0);
}

static void put_session(struct json_out *o, const char *key, struct id session,
                        int64_t over) {
  struct textbuf text;
  char id[ID_TEXT_LEN];
  id_to_text(session, id);
  textbuf_init(&text, o->buf->mem);
  textbuf_add(&text, (struct text){id, ID_TEXT_LEN});
  if (over > 0) {
    textbuf_addf(&text, "-%lld", (long long)over + 1);
  }
  part_put_text(o, key, textbuf_text(&text));
  textbuf_free(&text);
}

static void put_message(const struct rounds_bot *b,
                        const struct rounds_ask *ask, struct json_out *o) {
  const bool begins = ask->occasion == ROUNDS_BEGIN;
  json_key(o, "inputMessage");
  json_open_object(o);
  part_put_text(o, "type", TEXT("Text"));
  part_put_text(o, "text",
                begins ? option_text(b, BOT_OPTION_GENESYS_GREETING)
                       : ask->text);
  json_close_object(o);
}

static void put_parameters(const struct rounds_bot *b,
                           const struct rounds_ask *ask, struct arena *arena,
                           struct json_out *o) {
  const struct text known = ask->occasion == ROUNDS_QUESTION
                                ? ask->payload
                                : bot_read_attributes(&b->bot, ask->session_id);
  json_key(o, "parameters");
  part_put_flat(
      o, part_with(arena, part_parse(arena, known), "files", ask->files), true);
}

static bool write(struct rounds_bot *b, const struct rounds_ask *ask,
                  struct rounds_request *r) {
  const struct bot_settings *s = b->bot.settings;
  const struct text id = option_text(b, BOT_OPTION_GENESYS_BOT);
  struct json_out o;
  json_out_init(&o, &r->body);
  json_open_object(&o);
  part_put_text(&o, "botId", id.len > 0 ? id : s->id);
  part_put_text(&o, "botVersion", option_text(b, BOT_OPTION_GENESYS_VERSION));
  put_session(&o, "botSessionId", ask->session_id,
              count_over(b, ask->session_id, r->arena));
  part_put_text(&o, "messageId", ask->delivery);
  put_message(b, ask, &o);
  part_put_text(&o, "languageCode",
                option_text(b, BOT_OPTION_GENESYS_LANGUAGE));
  json_key(&o, "botSessionTimeout");
  json_put_i64(&o, bot_setting_num(s, BOT_OPTION_GENESYS_MINUTES));
  put_session(&o, "genesysConversationId", ask->session_id, 0);
  put_parameters(b, ask, r->arena, &o);
  json_close_object(&o);
  r->url = option_text(b, BOT_OPTION_GENESYS_URL);
  return !r->body.failed;
}

/* ---- in */

static bool read_state(const struct json *reply, enum state *out) {
  const struct text given = part_text(reply, "botState");
  for (unsigned i = 0; i < STATES; i++) {
    if (text_equal_nocase(given, text_from(states[i].wire))) {
      *out = (enum state)i;
      return true;
    }
  }
  return false;
}

/* Some bots write it without the capital. */
static const struct json *messages_of(const struct json *reply) {
  const struct json *list = part_of(reply, "replyMessages");
  return list != NULL ? list : part_of(reply, "replymessages");
}

static struct text error_of(const struct json *reply) {
  const struct json *info = part_of(reply, "errorInfo");
  const struct text message = part_text(info, "errorMessage");
  return message.len > 0 ? message : part_text(info, "errorCode");
}

static const char *const found[] = {"intent", "confidence", "entities"};
enum { FOUND = sizeof found / sizeof found[0] };

/* Parameters, and what was understood. */
static void put_findings(struct json_out *o, const struct json *reply) {
  const struct json *parameters = part_of(reply, "parameters");
  const struct json *first =
      parameters != NULL && parameters->type == JSON_OBJECT ? parameters->first
                                                            : NULL;
  json_open_object(o);
  for (const struct json *m = first; m != NULL; m = m->next) {
    json_key_text(o, m->key);
    json_put_tree(o, m);
  }
  for (size_t i = 0; i < FOUND; i++) {
    const struct json *m = part_of(reply, found[i]);
    if (m != NULL && json_member(parameters, text_from(found[i])) == NULL) {
      part_put(o, found[i], m);
    }
  }
  json_close_object(o);
}

static void count_end(struct rounds_bot *b, struct id session) {
  struct arena arena;
  struct textbuf text;
  arena_init(&arena, bots_mem(b->bot.bots), 0);
  textbuf_init(&text, bots_mem(b->bot.bots));
  textbuf_addf(&text, "{\"over\":%lld}",
               (long long)count_over(b, session, &arena) + 1);
  if (!text.failed) {
    bot_keep(&b->bot, session, textbuf_text(&text));
  }
  textbuf_free(&text);
  arena_free(&arena);
}

static bool is_last_intent(const struct rounds_bot *b,
                           const struct json *reply) {
  struct text words[16];
  const size_t count =
      bot_setting_words(b->bot.settings, BOT_OPTION_GENESYS_ENDS, words,
                        sizeof words / sizeof words[0]);
  for (size_t i = 0; i < count; i++) {
    if (text_equal_nocase(words[i], part_text(reply, "intent"))) {
      return true;
    }
  }
  return false;
}

static void act(struct rounds_talk *t, enum state state,
                const struct json *reply, struct text findings) {
  struct rounds_bot *b = (struct rounds_bot *)(void *)t->talk.bot;
  const struct text error = error_of(reply);
  if (state == MORE_DATA) {
    bot_set_attributes(&t->talk, findings);
    return;
  }
  count_end(b, t->talk.session);
  if (state == FAILED) {
    bot_note(&t->talk, error.len > 0 ? error : TEXT("The bot failed."));
  }
  const struct bot_farewell farewell = {
      .ends = state == COMPLETE && is_last_intent(b, reply),
      .reason =
          state == FAILED ? TEXT("the bot failed") : part_text(reply, "intent"),
      .attributes = findings};
  bot_goodbye(&t->talk, &farewell);
  rounds_close(t);
}

static void take(struct rounds_talk *t, const struct rounds_ask *ask,
                 const struct json *reply) {
  enum state state;
  struct textbuf findings;
  struct json_out o;
  (void)ask;
  if (!read_state(reply, &state)) {
    rounds_lose(t, "The bot connector's \"botState\" is none of Complete, "
                   "Failed and MoreData.");
    return;
  }
  rich_say(&t->talk, messages_of(reply), &form, NULL);
  textbuf_init(&findings, bots_mem(t->talk.bot->bots));
  json_out_init(&o, &findings);
  put_findings(&o, reply);
  act(t, state, reply, findings.failed ? TEXT("{}") : textbuf_text(&findings));
  textbuf_free(&findings);
}

static void put_intent(struct json_out *o, const struct json *reply) {
  json_key(o, "intent");
  json_open_object(o);
  for (size_t i = 0; i < FOUND; i++) {
    part_put(o, found[i], part_of(reply, found[i]));
  }
  json_close_object(o);
}

static void take_answer(struct rounds_bot *b, const struct rounds_ask *ask,
                        const struct json *reply, struct json_out *o) {
  enum state state = FAILED;
  const bool good = read_state(reply, &state);
  if (good && state != MORE_DATA) {
    count_end(b, ask->session_id);
  }
  json_open_object(o);
  part_put_text(o, "branch", text_from(states[state].branch));
  part_put(o, "payload", part_of(reply, "parameters"));
  put_intent(o, reply);
  json_key(o, "outcome");
  json_open_object(o);
  part_put_text(o, "botState", part_text(reply, "botState"));
  part_put_text(o, "error", good ? error_of(reply) : TEXT("no such botState"));
  json_close_object(o);
  json_key(o, "messages");
  json_open_list(o);
  rich_put(o, messages_of(reply), &form);
  json_close_list(o);
  json_close_object(o);
}

/* messageId is the same when a request comes again. */
#define GENESYS_ROUNDS                                                         \
  .options = BOT_OPTION_GENESYS_HEADERS, .what = "bot connector",              \
  .may_repeat = true, .write = write, .take = take, .take_answer = take_answer

static enum bt_err start(struct bot *bot) {
  static const struct rounds_ops waits = {GENESYS_ROUNDS};
  static const struct rounds_ops greets = {GENESYS_ROUNDS,
                                           .asks_to_begin = true};
  const struct text greeting =
      bot_setting_text(bot->settings, BOT_OPTION_GENESYS_GREETING);
  return rounds_start(bot, greeting.len > 0 ? &greets : &waits);
}

const struct bot_ops bot_genesys_ops = {
    ROUNDS_BOT_OPS, .bot_bytes = sizeof(struct rounds_bot),
    .talk_bytes = sizeof(struct rounds_talk), .start = start};
