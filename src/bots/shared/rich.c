#include "bots/shared/rich.h"

#include "bots/shared/parts.h"

static struct text words_of(const struct json *message,
                            const struct rich_form *form) {
  const struct text first = part_text(message, form->words[0]);
  return first.len > 0 || form->words[1] == NULL
             ? first
             : part_text(message, form->words[1]);
}

static bool is_something(const struct json *m) {
  return m->type != JSON_NULL && !(m->type == JSON_TEXT && m->text.len == 0) &&
         !((m->type == JSON_OBJECT || m->type == JSON_LIST) && m->count == 0);
}

static bool is_data(const struct json *m, const struct rich_form *form) {
  return is_something(m) && !text_equal(m->key, text_from(form->but[0])) &&
         (form->but[1] == NULL || !text_equal(m->key, text_from(form->but[1])));
}

/* Everything but the words, as an object. False: there is nothing. */
static bool put_data(struct json_out *o, const struct json *message,
                     const struct rich_form *form, const struct json *further) {
  bool any = further != NULL;
  json_open_object(o);
  for (const struct json *m = message->first; m != NULL; m = m->next) {
    if (is_data(m, form)) {
      any = true;
      json_key_text(o, m->key);
      json_put_tree(o, m);
    }
  }
  if (further != NULL) {
    json_key_text(o, further->key);
    json_put_tree(o, further);
  }
  json_close_object(o);
  return any;
}

static const struct json *first_of(const struct json *list) {
  return list != NULL && list->type == JSON_LIST ? list->first : NULL;
}

void rich_say(struct bot_talk *talk, const struct json *list,
              const struct rich_form *form, const struct json *last) {
  struct textbuf data;
  textbuf_init(&data, bots_mem(talk->bot->bots));
  for (const struct json *m = first_of(list); m != NULL; m = m->next) {
    struct json_out o;
    textbuf_clear(&data);
    json_out_init(&o, &data);
    const bool rich = m->type == JSON_OBJECT &&
                      put_data(&o, m, form, m->next == NULL ? last : NULL) &&
                      !data.failed;
    const struct bot_said said = {.text = words_of(m, form),
                                  .data =
                                      rich ? textbuf_text(&data) : TEXT("")};
    if (said.text.len > 0 || rich) {
      bot_say(talk, &said);
    }
  }
  textbuf_free(&data);
}

void rich_put(struct json_out *o, const struct json *list,
              const struct rich_form *form) {
  for (const struct json *m = first_of(list); m != NULL; m = m->next) {
    if (m->type == JSON_OBJECT) {
      json_open_object(o);
      part_put_text(o, "text", words_of(m, form));
      json_key(o, "data");
      (void)put_data(o, m, form, NULL);
      json_close_object(o);
    }
  }
}
