/* answer.h - what a custom exchange answers. */
#ifndef BATON_BOTS_EXCHANGE_ANSWER_H
#define BATON_BOTS_EXCHANGE_ANSWER_H

#include "bots/bot.h"

enum exchange_branch {
#define EXCHANGE_BRANCH(name, wire, after, reason) EXCHANGE_##name,
#include "bots/exchange/exchange.def"
#undef EXCHANGE_BRANCH
  EXCHANGE_BRANCHES
};

enum exchange_after {
  EXCHANGE_COLLECT,
  EXCHANGE_LEAVE,
  EXCHANGE_END,
  EXCHANGE_FAIL
};

struct exchange_branch_info {
  const char *wire;
  enum exchange_after after;
  const char *reason;
};

const struct exchange_branch_info *
exchange_branch_info(enum exchange_branch branch);

/* The parts point into the reply; NULL for what is not there. */
struct exchange_answer {
  enum exchange_branch branch;
  const struct json *prompts; /* a list */
  const struct json *intent, *behaviors, *payload, *errors, *state;
};

/* False: it is none, and *why a sentence. @reply may be NULL. */
bool exchange_read(const struct json *reply, struct exchange_answer *out,
                   const char **why);

/* Of nextPromptBehaviors, or what is so without them. */
struct exchange_rules {
  const struct json *comfort; /* prompts, while the bot thinks; or NULL */
  int64_t comfort_ms;         /* after so long */
  int64_t wait_ms; /* for the customer, before NO_INPUT; 0: for ever */
  bool collects;   /* false: the bot goes on without the customer */
};
struct exchange_rules exchange_rules(const struct json *behaviors);

/* Of errorDetails, which may be NULL. */
bool exchange_error_ends(const struct json *errors);
const struct json *exchange_error_prompts(const struct json *errors);

/* Each prompt as a message: its text; the rest of it is data. */
void exchange_say(struct bot_talk *talk, const struct json *prompts,
                  const struct json *behaviors);
/* The same as elements of a list that is open. */
void exchange_put_messages(struct json_out *o, const struct json *prompts);

/* What the bot found out, as members of an object that is open: customPayload,
 * with what is in scriptPayloads, and intentInfo. False: nothing. */
bool exchange_put_findings(struct json_out *o, const struct exchange_answer *a);

#endif
