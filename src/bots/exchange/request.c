#include "bots/exchange/request.h"

#include "bots/shared/parts.h"

/* Numbers that every JSON reader keeps exact. */
#define SAFE_INTEGER ((UINT64_C(1) << 53) - 1)

enum exchange_input {
#define EXCHANGE_INPUT(name) INPUT_##name,
#include "bots/exchange/exchange.def"
#undef EXCHANGE_INPUT
  INPUTS
};

static const char *const inputs[INPUTS] = {
#define EXCHANGE_INPUT(name) #name,
#include "bots/exchange/exchange.def"
#undef EXCHANGE_INPUT
};

/* ---- memory */

struct exchange_memory exchange_recall(const struct bot *bot, struct id session,
                                       struct arena *arena) {
  const struct json *kept = bot_read_kept(bot, session, arena);
  return (struct exchange_memory){.turns = (uint32_t)part_num(kept, "turns", 0),
                                  .state = part_of(kept, "state"),
                                  .behaviors = part_of(kept, "behaviors"),
                                  .errors = part_of(kept, "errors")};
}

void exchange_remember(struct bot *bot, struct id session,
                       const struct exchange_answer *answer) {
  struct arena arena;
  struct textbuf text;
  struct json_out o;
  arena_init(&arena, bots_mem(bot->bots), 0);
  textbuf_init(&text, bots_mem(bot->bots));
  json_out_init(&o, &text);
  json_open_object(&o);
  json_key(&o, "turns");
  json_put_i64(&o, (int64_t)exchange_recall(bot, session, &arena).turns + 1);
  part_put(&o, "state", answer->state);
  part_put(&o, "behaviors", answer->behaviors);
  part_put(&o, "errors", answer->errors);
  json_close_object(&o);
  if (!text.failed) {
    bot_keep(bot, session, textbuf_text(&text));
  }
  textbuf_free(&text);
  arena_free(&arena);
}

/* ---- the request */

/* What a request says: from the occasion, and whether it is the first. */
struct input {
  enum exchange_input type;
  struct text text;
};

static struct input automated(const struct rounds_bot *b,
                              struct text otherwise) {
  const struct text intent =
      bot_setting_text(b->bot.settings, BOT_OPTION_EXCHANGE_AUTOMATED_INTENT);
  return (struct input){INPUT_AUTOMATED_TEXT,
                        intent.len > 0 ? intent : otherwise};
}

static struct input input_of(const struct rounds_bot *b,
                             const struct rounds_ask *ask, bool first) {
  switch (ask->occasion) {
  case ROUNDS_BEGIN:
    return automated(b, TEXT(""));
  case ROUNDS_QUESTION:
    if (first) {
      return automated(b, ask->text);
    }
    break;
  case ROUNDS_LEFT:
  case ROUNDS_RELEASED:
    return (struct input){INPUT_USER_ENDED_SESSION, TEXT("")};
  case ROUNDS_MESSAGE:
  case ROUNDS_SILENCE:
    break;
  }
  return (struct input){ask->text.len > 0 ? INPUT_TEXT : INPUT_NO_INPUT,
                        ask->text};
}

static struct text option_text(const struct rounds_bot *b, enum bot_option o) {
  return bot_setting_text(b->bot.settings, o);
}

static bool is_choice(const struct rounds_bot *b, enum bot_option o,
                      const char *word) {
  return text_equal(option_text(b, o), text_from(word));
}

static void put_contact(const struct rounds_bot *b, struct id session,
                        struct json_out *o) {
  json_key(o, "contactId");
  if (is_choice(b, BOT_OPTION_EXCHANGE_CONTACT_ID, "text")) {
    char text[ID_TEXT_LEN];
    id_to_text(session, text);
    json_put_text(o, (struct text){text, ID_TEXT_LEN});
  } else {
    json_put_u64(o, id_hash(session) & SAFE_INTEGER);
  }
}

static void put_execution(const struct rounds_bot *b,
                          const struct rounds_ask *ask, uint32_t request,
                          struct json_out *o) {
  const bool asks = ask->occasion == ROUNDS_QUESTION;
  json_key(o, "executionInfo");
  json_open_object(o);
  put_contact(b, ask->session_id, o);
  json_key(o, "busNo");
  json_put_i64(o, bot_setting_num(b->bot.settings, BOT_OPTION_EXCHANGE_BUS_NO));
  json_key(o, "requestId");
  json_put_i64(o, request);
  part_put_text(o, "actionType", asks ? TEXT("BotExchange") : TEXT("Bot"));
  json_key(o, "actionId");
  json_put_i64(o, asks ? ask->number : 0);
  part_put_text(o, "scriptName",
                option_text(b, BOT_OPTION_EXCHANGE_SCRIPT_NAME));
  json_close_object(o);
}

/* Debugging data: what names the session and the request on our side. */
static void put_telemetry(const struct rounds_ask *ask, struct json_out *o) {
  json_key(o, "systemTelemetryData");
  json_open_object(o);
  part_put(o, "consumerProcessHost", NULL);
  part_put_text(o, "consumerProcessName", TEXT("baton"));
  part_put(o, "consumerProcessVersion", NULL);
  part_put(o, "inContactClusterAlias", NULL);
  part_put(o, "inContactScriptEngineHost", NULL);
  json_key(o, "consumerMetaData");
  json_open_object(o);
  api_put_session_id(o, ask->session_id);
  part_put_text(o, "delivery", ask->delivery);
  json_close_object(o);
  json_close_object(o);
}

/* A script's own, or else what is known about the session. */
static void put_payload(const struct rounds_bot *b,
                        const struct rounds_ask *ask, struct arena *arena,
                        struct json_out *o) {
  const bool asks = ask->occasion == ROUNDS_QUESTION;
  const struct json *payload = part_with(
      arena,
      part_parse(arena, asks ? ask->payload
                             : bot_read_attributes(&b->bot, ask->session_id)),
      "files", ask->files);
  json_key(o, "customPayload");
  if (payload != NULL && payload->type != JSON_OBJECT &&
      payload->type != JSON_NULL) {
    json_open_object(o);
    part_put(o, "payload", payload);
    json_close_object(o);
  } else if (is_choice(b, BOT_OPTION_EXCHANGE_PAYLOAD, "flat")) {
    part_put_flat(o, payload, false);
  } else {
    json_put_raw(o, payload == NULL ? TEXT("{}") : payload->source);
  }
}

static void put_bot(const struct rounds_bot *b, struct json_out *o) {
  const struct text name = option_text(b, BOT_OPTION_EXCHANGE_AGENT);
  const struct text config = option_text(b, BOT_OPTION_EXCHANGE_CONFIG);
  part_put_text(o, "virtualAgentId", name.len > 0 ? name : b->bot.settings->id);
  json_key(o, "botConfig");
  if (config.len == 0) {
    json_put_null(o);
  } else if (is_choice(b, BOT_OPTION_EXCHANGE_CONFIG_AS, "text")) {
    json_put_text(o, config);
  } else {
    json_put_raw(o, config);
  }
}

static void put_input(const struct rounds_bot *b, const struct input *input,
                      struct json_out *o) {
  part_put_text(o, "userInput", input->text);
  json_key(o, "userInputType");
  if (is_choice(b, BOT_OPTION_EXCHANGE_INPUT_TYPES, "names")) {
    json_put_text(o, text_from(inputs[input->type]));
  } else {
    json_put_i64(o, input->type);
  }
}

bool exchange_write(struct rounds_bot *b, const struct rounds_ask *ask,
                    struct rounds_request *r) {
  const struct text authorization =
      option_text(b, BOT_OPTION_EXCHANGE_AUTHORIZATION);
  const struct exchange_memory memory =
      exchange_recall(&b->bot, ask->session_id, r->arena);
  const struct input input = input_of(b, ask, memory.turns == 0);
  struct json_out o;
  json_out_init(&o, &r->body);
  json_open_object(&o);
  put_bot(b, &o);
  put_input(b, &input, &o);
  put_execution(b, ask, memory.turns + 1, &o);
  put_telemetry(ask, &o);
  part_put(&o, "base64wavFile", NULL);
  part_put(&o, "botSessionState", memory.state);
  put_payload(b, ask, r->arena, &o);
  part_put_text(&o, "mediaType",
                option_text(b, BOT_OPTION_EXCHANGE_MEDIA_TYPE));
  json_close_object(&o);
  r->url = option_text(b, BOT_OPTION_EXCHANGE_URL);
  if (authorization.len > 0) {
    rounds_add_header(r, TEXT("Authorization"), authorization);
  }
  return !r->body.failed;
}
