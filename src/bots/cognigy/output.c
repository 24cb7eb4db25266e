#include "bots/cognigy/output.h"

void cognigy_read_rules(const struct bot_settings *s, enum bot_option option,
                        struct cognigy_rules *out) {
  out->count = bot_setting_words(s, option, out->list, COGNIGY_RULES_MAX);
}

struct text cognigy_text(const struct json *object, const char *key) {
  return json_member_text(object, text_from(key));
}

void cognigy_put_user(struct text session, struct id id, bool by_session,
                      struct textbuf *out) {
  char own[ID_TEXT_LEN];
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, out->mem, 0);
  const enum bt_err err =
      json_parse(&arena, session, JSON_DEPTH_MAX, &tree, NULL);
  const struct text customer =
      err == BT_ERR_OK && !by_session
          ? cognigy_text(json_member(tree, TEXT("customer")), "id")
          : TEXT("");
  id_to_text(id, own);
  textbuf_add(out,
              customer.len > 0 ? customer : (struct text){own, sizeof own});
  arena_free(&arena);
}

static const struct json *data_of(const struct json *output) {
  const struct json *data = json_member(output, TEXT("data"));
  return data != NULL && data->type == JSON_OBJECT && data->count > 0 ? data
                                                                      : NULL;
}

void cognigy_say(struct bot_talk *talk, const struct json *output) {
  const struct json *data = data_of(output);
  const struct bot_said said = {.text = cognigy_text(output, "text"),
                                .data = data == NULL ? TEXT("") : data->source};
  if (said.text.len > 0 || data != NULL) {
    bot_say(talk, &said);
  }
}

enum goodbye cognigy_judge(const struct cognigy_rules *rules,
                           const struct json *output) {
  const struct json *data = data_of(output);
  enum goodbye found = GOODBYE_NONE;
  for (size_t i = 0; i < rules->count && found == GOODBYE_NONE; i++) {
    found = goodbye_judge(rules->list[i], data);
  }
  return found;
}

void cognigy_say_goodbye(struct bot_talk *talk, enum goodbye goodbye,
                         const struct json *output) {
  const struct json *data = data_of(output);
  struct textbuf attributes;
  struct json_out o;
  textbuf_init(&attributes, bots_mem(talk->bot->bots));
  json_out_init(&o, &attributes);
  goodbye_put_attributes(data, &o);
  const struct bot_farewell farewell = {
      .ends = goodbye == GOODBYE_END,
      .reason = cognigy_text(data, "reason"),
      .attributes = attributes.failed ? TEXT("") : textbuf_text(&attributes)};
  bot_goodbye(talk, &farewell);
  textbuf_free(&attributes);
}
