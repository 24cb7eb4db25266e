#include "bots/shared/said.h"

static struct text text_of(const struct json *node) {
  return node != NULL && node->type == JSON_TEXT ? node->text : TEXT("");
}

void said_messages(struct bot_talk *talk, const struct json *list) {
  if (list == NULL || list->type == JSON_NULL) {
    return;
  }
  if (list->type != JSON_LIST) {
    bot_note(talk, TEXT("The bot's \"messages\" are no list."));
    return;
  }
  for (const struct json *m = list->first; m != NULL; m = m->next) {
    const struct json *data = json_member(m, TEXT("data"));
    const bool rich = data != NULL && data->type == JSON_OBJECT;
    const struct json *text =
        m->type == JSON_OBJECT ? json_member(m, TEXT("text")) : m;
    const struct bot_said said = {.text = text_of(text),
                                  .data = rich ? data->source : TEXT("")};
    if (said.text.len > 0 || rich) {
      bot_say(talk, &said);
    } else {
      bot_note(talk, TEXT("A message of the bot has no text."));
    }
  }
}

static bool read_outcome(const struct json *node, enum said_outcome *out) {
  static const struct {
    struct text word;
    enum said_outcome outcome;
  } words[] = {{{"continue", 8}, SAID_CONTINUE},
               {{"escalate", 8}, SAID_ESCALATE},
               {{"end", 3}, SAID_END}};
  *out = SAID_CONTINUE;
  if (node == NULL || node->type == JSON_NULL) {
    return true;
  }
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (text_equal_nocase(text_of(node), words[i].word)) {
      *out = words[i].outcome;
      return true;
    }
  }
  return false;
}

enum said_outcome said_farewell(struct bot_talk *talk,
                                const struct json *answer) {
  enum said_outcome outcome;
  const struct json *attributes = json_member(answer, TEXT("attributes"));
  const bool has = attributes != NULL && attributes->type == JSON_OBJECT;
  if (!read_outcome(json_member(answer, TEXT("outcome")), &outcome)) {
    return SAID_BAD;
  }
  if (outcome != SAID_CONTINUE) {
    const struct bot_farewell farewell = {
        .ends = outcome == SAID_END,
        .reason = text_of(json_member(answer, TEXT("reason"))),
        .attributes = has ? attributes->source : TEXT("")};
    bot_goodbye(talk, &farewell);
  } else if (has) {
    bot_set_attributes(talk, attributes->source);
  }
  return outcome;
}
