/* output.h - what Cognigy's endpoints have in common: an output is said, and
 * may be a goodbye. */
#ifndef BATON_BOTS_COGNIGY_OUTPUT_H
#define BATON_BOTS_COGNIGY_OUTPUT_H

#include "bots/bot.h"
#include "bots/shared/goodbye.h"

enum { COGNIGY_RULES_MAX = 16 };

struct cognigy_rules {
  struct text list[COGNIGY_RULES_MAX]; /* borrowed from the settings */
  size_t count;
};

/* @option is a list of rules (WORDS). */
void cognigy_read_rules(const struct bot_settings *s, enum bot_option option,
                        struct cognigy_rules *out);

/* The member of @object, if it is a text; else empty. */
struct text cognigy_text(const struct json *object, const char *key);
/* The userId of a session: its customer's id, or, @by_session or if there is
 * none, its own. */
void cognigy_put_user(struct text session, struct id id, bool by_session,
                      struct textbuf *out);

/* The data of an input: the members of @about (a JSON object, or empty), and
 * @files as Cognigy's own webchat sends them: attachments. */
void cognigy_put_data(struct text about, struct text files, struct json_out *o);

/* {text, data}: what the bot says. An output of neither says nothing. */
void cognigy_say(struct bot_talk *talk, const struct json *output);
enum goodbye cognigy_judge(const struct cognigy_rules *rules,
                           const struct json *output);
/* With what the output knows besides as attributes. */
void cognigy_say_goodbye(struct bot_talk *talk, enum goodbye goodbye,
                         const struct json *output);

#endif
