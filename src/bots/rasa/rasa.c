/* Bots behind Rasa's REST channel: {sender, message, metadata} in, a list of
 * messages out (rasa.com/docs, "Your Own Website", REST Channel).
 *
 * Rasa has no word for the end of a bot's part: rules on a message's "custom"
 * object say what is one. docs/bots.md.
 */
#include "bots/shared/goodbye.h"
#include "bots/shared/parts.h"
#include "bots/shared/rich.h"
#include "bots/shared/rounds.h"

enum { RULES_MAX = 16 };

static const struct rich_form form = {{"text", NULL}, {"text", "recipient_id"}};

static struct text option_text(const struct rounds_bot *b, enum bot_option o) {
  return bot_setting_text(b->bot.settings, o);
}

static bool write(struct rounds_bot *b, const struct rounds_ask *ask,
                  struct rounds_request *r) {
  const struct text known = ask->occasion == ROUNDS_QUESTION
                                ? ask->payload
                                : bot_read_attributes(&b->bot, ask->session_id);
  const struct json *metadata =
      part_with(r->arena, part_parse(r->arena, known), "files", ask->files);
  char id[ID_TEXT_LEN];
  struct json_out o;
  id_to_text(ask->session_id, id);
  json_out_init(&o, &r->body);
  json_open_object(&o);
  part_put_text(&o, "sender", (struct text){id, ID_TEXT_LEN});
  part_put_text(&o, "message",
                ask->occasion == ROUNDS_BEGIN
                    ? option_text(b, BOT_OPTION_RASA_GREETING)
                    : ask->text);
  json_key(&o, "metadata");
  json_put_raw(&o, metadata == NULL ? TEXT("{}") : metadata->source);
  json_close_object(&o);
  r->url = option_text(b, BOT_OPTION_RASA_URL);
  return !r->body.failed;
}

/* The first message that fits a rule, and what the rule says. */
static enum goodbye judge(const struct rounds_bot *b, const struct json *list,
                          const struct json **custom) {
  struct text rules[RULES_MAX];
  const size_t count = bot_setting_words(
      b->bot.settings, BOT_OPTION_RASA_GOODBYE, rules, RULES_MAX);
  for (const struct json *m = list->first; m != NULL; m = m->next) {
    const struct json *data = part_of(m, "custom");
    for (size_t i = 0; data != NULL && i < count; i++) {
      const enum goodbye verdict = goodbye_judge(rules[i], data);
      if (verdict != GOODBYE_NONE) {
        *custom = data;
        return verdict;
      }
    }
  }
  return GOODBYE_NONE;
}

static void leave(struct rounds_talk *t, const struct json *custom, bool ends) {
  struct textbuf attributes;
  struct json_out o;
  textbuf_init(&attributes, bots_mem(t->talk.bot->bots));
  json_out_init(&o, &attributes);
  goodbye_put_attributes(custom, &o);
  const struct bot_farewell farewell = {
      .ends = ends,
      .reason = part_text(custom, "reason"),
      .attributes = attributes.failed ? TEXT("{}") : textbuf_text(&attributes)};
  bot_goodbye(&t->talk, &farewell);
  textbuf_free(&attributes);
  rounds_close(t);
}

static void take(struct rounds_talk *t, const struct rounds_ask *ask,
                 const struct json *reply) {
  const struct json *custom = NULL;
  (void)ask;
  if (reply == NULL || reply->type != JSON_LIST) {
    rounds_lose(t, "The Rasa bot's answer is no list of messages.");
    return;
  }
  rich_say(&t->talk, reply, &form, NULL);
  const enum goodbye verdict =
      judge((struct rounds_bot *)(void *)t->talk.bot, reply, &custom);
  if (verdict != GOODBYE_NONE) {
    leave(t, custom, verdict == GOODBYE_END);
  }
}

static void take_answer(struct rounds_bot *b, const struct rounds_ask *ask,
                        const struct json *reply, struct json_out *o) {
  const struct json *custom = NULL;
  const bool good = reply->type == JSON_LIST;
  const enum goodbye verdict = good ? judge(b, reply, &custom) : GOODBYE_NONE;
  (void)ask;
  json_open_object(o);
  part_put_text(o, "branch",
                !good                     ? TEXT("Error")
                : verdict == GOODBYE_NONE ? TEXT("PromptAndCollectNextResponse")
                : verdict == GOODBYE_END  ? TEXT("EndContact")
                                          : TEXT("ReturnControlToScript"));
  part_put(o, "payload", custom);
  json_key(o, "messages");
  json_open_list(o);
  rich_put(o, reply, &form);
  json_close_list(o);
  json_close_object(o);
}

/* Rasa would take a repeated message for another: none is repeated. */
#define RASA_ROUNDS                                                            \
  .options = BOT_OPTION_RASA_HEADERS, .what = "Rasa bot", .write = write,      \
  .take = take, .take_answer = take_answer

static enum bt_err start(struct bot *bot) {
  static const struct rounds_ops waits = {RASA_ROUNDS};
  static const struct rounds_ops greets = {RASA_ROUNDS, .asks_to_begin = true};
  const struct text greeting =
      bot_setting_text(bot->settings, BOT_OPTION_RASA_GREETING);
  return rounds_start(bot, greeting.len > 0 ? &greets : &waits);
}

const struct bot_ops bot_rasa_ops = {
    ROUNDS_BOT_OPS, .bot_bytes = sizeof(struct rounds_bot),
    .talk_bytes = sizeof(struct rounds_talk), .start = start};
