#include "bots/cognigy/output.h"

#include "bots/shared/parts.h"

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

static void write_attachments(const struct json *files, struct textbuf *out) {
  struct json_out o;
  json_out_init(&o, out);
  json_open_list(&o);
  for (const struct json *f = files->first; f != NULL; f = f->next) {
    json_open_object(&o);
    part_put_text(&o, "fileName", part_text(f, "name"));
    part_put_text(&o, "mimeType", part_text(f, "type"));
    part_put(&o, "size", part_of(f, "size"));
    part_put_text(&o, "url", part_text(f, "url"));
    json_close_object(&o);
  }
  json_close_list(&o);
}

void cognigy_put_data(struct text about, struct text files,
                      struct json_out *o) {
  struct arena arena;
  struct textbuf attachments;
  arena_init(&arena, o->buf->mem, 0);
  textbuf_init(&attachments, o->buf->mem);
  const struct json *list = part_parse(&arena, files);
  if (list != NULL) {
    write_attachments(list, &attachments);
  }
  const struct json *data =
      part_with(&arena, part_parse(&arena, about), "attachments",
                textbuf_text(&attachments));
  json_put_raw(o, data == NULL ? TEXT("{}") : data->source);
  o->buf->failed = o->buf->failed || attachments.failed;
  textbuf_free(&attachments);
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
