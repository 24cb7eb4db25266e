#include "bots/exchange/answer.h"

#include "base/check.h"
#include "bots/shared/parts.h"
#include "bots/shared/rich.h"

static const struct exchange_branch_info branches[EXCHANGE_BRANCHES] = {
#define EXCHANGE_BRANCH(name, wire, after, reason)                             \
  {(wire), EXCHANGE_##after, (reason)},
#include "bots/exchange/exchange.def"
#undef EXCHANGE_BRANCH
};

const struct exchange_branch_info *
exchange_branch_info(enum exchange_branch branch) {
  bt_check(branch < EXCHANGE_BRANCHES);
  return &branches[branch];
}

/* ---- reading */

/* One of an enumeration by number, by number in a text, or by name. */
static bool read_branch(const struct json *m, enum exchange_branch *out) {
  int64_t number = -1;
  if (m == NULL) {
    return false;
  }
  if (m->type == JSON_INT) {
    number = m->i;
  } else if (m->type == JSON_TEXT && !text_to_i64(m->text, &number)) {
    for (int64_t i = 0; i < EXCHANGE_BRANCHES; i++) {
      number =
          text_equal_nocase(m->text, text_from(branches[i].wire)) ? i : number;
    }
  }
  if (number < 0 || number >= EXCHANGE_BRANCHES) {
    return false;
  }
  *out = (enum exchange_branch)number;
  return true;
}

static const struct json *typed(const struct json *object, const char *key,
                                enum json_type type) {
  const struct json *m = part_of(object, key);
  return m != NULL && m->type == type ? m : NULL;
}

static const struct json *prompts_of(const struct json *sequence) {
  return typed(sequence, "prompts", JSON_LIST);
}

bool exchange_read(const struct json *reply, struct exchange_answer *out,
                   const char **why) {
  *out = (struct exchange_answer){0};
  if (reply == NULL || reply->type != JSON_OBJECT) {
    *why = "The custom exchange answered no JSON object.";
    return false;
  }
  if (!read_branch(part_of(reply, "branchName"), &out->branch)) {
    *why = part_of(reply, "branchName") == NULL
               ? "The custom exchange's answer has no branchName."
               : "The custom exchange's branchName is none of the nine, "
                 "0 (DoNotBegin) to 8 (UserInputNotUnderstood).";
    return false;
  }
  out->prompts = prompts_of(part_of(reply, "nextPromptSequence"));
  out->intent = typed(reply, "intentInfo", JSON_OBJECT);
  out->behaviors = typed(reply, "nextPromptBehaviors", JSON_OBJECT);
  out->payload = typed(reply, "customPayload", JSON_OBJECT);
  out->errors = typed(reply, "errorDetails", JSON_OBJECT);
  out->state = part_of(reply, "botSessionState");
  return true;
}

/* A number or its name. */
static bool is_enum(const struct json *m, int64_t number, const char *name) {
  return m != NULL && ((m->type == JSON_INT && m->i == number) ||
                       (m->type == JSON_TEXT &&
                        text_equal_nocase(m->text, text_from(name))));
}

struct exchange_rules exchange_rules(const struct json *behaviors) {
  const struct json *silence = part_of(behaviors, "silenceRules");
  const struct json *engage = part_of(silence, "engageComfortSequence");
  const struct json *audio = part_of(behaviors, "audioCollectionRules");
  struct exchange_rules rules = {
      .comfort_ms = part_num(silence, "botResponseDelayTolerance", 0),
      .wait_ms = part_num(silence, "millisecondsToWaitForUserResponse", 0),
      .collects = !is_enum(part_of(audio, "collectionType"), 0,
                           "DO_NOT_COLLECT_USER_RESPONSE")};
  if (engage != NULL && engage->type == JSON_TRUE && rules.comfort_ms >= 0) {
    rules.comfort = prompts_of(part_of(silence, "comfortPromptSequence"));
  }
  return rules;
}

bool exchange_error_ends(const struct json *errors) {
  return is_enum(part_of(errors, "errorBehavior"), 1, "EndContact");
}

const struct json *exchange_error_prompts(const struct json *errors) {
  return prompts_of(part_of(errors, "errorPromptSequence"));
}

/* ---- prompts */

/* What is read is a transcript, or else what would be spoken. */
static const struct rich_form form = {{"transcript", "textToSpeech"},
                                      {"transcript", NULL}};

void exchange_say(struct bot_talk *talk, const struct json *prompts,
                  const struct json *behaviors) {
  rich_say(talk, prompts, &form, part_of(behaviors, "audioCollectionRules"));
}

void exchange_put_messages(struct json_out *o, const struct json *prompts) {
  rich_put(o, prompts, &form);
}

/* ---- findings */

static bool put_members(struct json_out *o, const struct json *object,
                        const struct json *but) {
  bool any = false;
  const struct json *first =
      object != NULL && object->type == JSON_OBJECT ? object->first : NULL;
  for (const struct json *m = first; m != NULL; m = m->next) {
    if (!text_equal(m->key, TEXT("scriptPayloads")) &&
        json_member(but, m->key) == NULL) {
      any = true;
      json_key_text(o, m->key);
      json_put_tree(o, m);
    }
  }
  return any;
}

bool exchange_put_findings(struct json_out *o,
                           const struct exchange_answer *a) {
  const struct json *scripts = typed(a->payload, "scriptPayloads", JSON_OBJECT);
  bool any = put_members(o, scripts, NULL);
  any = put_members(o, a->payload, scripts) || any;
  if (a->intent != NULL && part_text(a->intent, "intent").len > 0 &&
      json_member(a->payload, TEXT("intentInfo")) == NULL &&
      json_member(scripts, TEXT("intentInfo")) == NULL) {
    any = true;
    part_put(o, "intentInfo", a->intent);
  }
  return any;
}
