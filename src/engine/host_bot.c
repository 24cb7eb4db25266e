/* BotExchange: one turn with a bot that does not hold the session. The script
 * sleeps, the shell asks over the bot's socket. */
#include "engine/host_priv.h"
#include "engine/put_priv.h"

enum { TURN_S = 30, SAID_MAX = 20 };

static enum act_result give_branch(const struct act *t, int code,
                                   const char *message, const char *branch) {
  struct act_writer w;
  act_answer_begin(t, &w, code, message);
  put_name(&w.json, "branch", branch);
  return act_answer_end(t, &w);
}

void host_answer_bot(const struct act *t, const char *why) {
  (void)give_branch(t, 408, why, "OnError");
}

/* ---- asking */

static struct text last_words(const struct live *l) {
  for (size_t i = l->message_count; i > 0; i--) {
    if (l->messages[i - 1].role == ROLE_CUSTOMER) {
      return l->messages[i - 1].text;
    }
  }
  return (struct text){"", 0};
}

static void ask_effect(const struct act *t, uint32_t bot, uint64_t question) {
  const struct live *l = engine_live(t->x->e, t->slot);
  struct record *fx = ctx_effect(t->x, EFFECT_ASK_BOT);
  record_set_id(fx, FIELD_SESSION, l->id);
  record_set_num(fx, FIELD_QUESTION, (int64_t)question);
  record_set_num(fx, FIELD_BOT, bot);
  record_set_text(fx, FIELD_TEXT,
                  arena_copy_text(ctx_arena(t->x), last_words(l)));
  record_set_text(fx, FIELD_VALUE,
                  act_has(t, 1) ? act_json(t, 1) : TEXT("null"));
}

void host_ask_again(const struct act *t) {
  const struct run *r = &t->x->e->runs[t->run];
  ask_effect(t, r->seen, r->question);
}

enum act_result host_bot_exchange(const struct act *t) {
  const struct text name = act_text(t, 0);
  const uint32_t bot = directory_bot(&t->x->e->dir, name);
  if (bot == DIR_NONE) {
    struct answer a = {0};
    answer_refuse(t->x, SESSION_NOBODY, REFUSAL_UNKNOWN_TARGET,
                  ctx_format(t->x, "No bot is called '%.*s'.", TEXT_ARG(name)),
                  &a);
    return act_give(t, &a);
  }
  if (!t->x->e->bots[bot].here) {
    return give_branch(t, 503, "The bot is not connected.", "OnError");
  }
  struct record ev;
  ctx_event(t->x, &ev, EVENT_BOT_ASKED, t->slot);
  record_set_num(&ev, FIELD_BOT, bot);
  emit(t->x, &ev);
  const uint64_t question = t->x->e->next_question;
  ask_effect(t, bot, question);
  const struct nap nap = {.sleep = SLEEP_BOT,
                          .question = question,
                          .seen = bot,
                          .wake_us = act_wake_us(t, TURN_S * INT64_C(1000000))};
  return act_sleep(t, &nap);
}

/* ---- the answer */

/* The names and numbers of NICE CXone's custom exchange that have a branch of
 * their own in a script; the others are Default. */
static const char *branch_of(const struct json *value) {
  static const struct {
    int64_t number;
    const char *name, *branch;
  } branches[] = {
      {1, "PromptAndCollectNextResponse", "OnPromptAndCollectNextResponse"},
      {2, "ReturnControlToScript", "OnReturnControlToScript"},
      {5, "Error", "OnError"}};
  const struct json *given = json_member(value, TEXT("branch"));
  for (size_t i = 0; given != NULL && i < sizeof branches / sizeof branches[0];
       i++) {
    if ((given->type == JSON_INT && given->i == branches[i].number) ||
        (given->type == JSON_TEXT &&
         (text_equal_nocase(given->text, text_from(branches[i].name)) ||
          text_equal_nocase(given->text, text_from(branches[i].branch))))) {
      return branches[i].branch;
    }
  }
  return "Default";
}

/* What the bot says, the customer hears. */
static void say_all(const struct act *t, const struct json *messages) {
  size_t left = SAID_MAX;
  for (const struct json *m = messages == NULL ? NULL : messages->first;
       m != NULL && left > 0; m = m->next, left--) {
    const struct json *said =
        m->type == JSON_OBJECT ? json_member(m, TEXT("text")) : m;
    struct answer a = {0};
    struct record args;
    if (said != NULL && said->type == JSON_TEXT) {
      record_init(&args, COMMAND_SAY);
      record_set_given(&args, FIELD_TEXT, said->text);
      ctx_do(t->x, t->slot, &args, &a);
    }
  }
}

static void put_given(struct act_writer *w, const char *key,
                      const struct json *value, const char *otherwise) {
  const struct json *m = json_member(value, text_from(key));
  put_json(&w->json, key, m == NULL ? text_from(otherwise) : m->source);
}

static void take(const struct act *t, const struct json *value) {
  const char *branch = branch_of(value);
  const struct json *messages = json_member(value, TEXT("messages"));
  struct record ev;
  ctx_event(t->x, &ev, EVENT_BOT_ANSWERED, t->slot);
  record_set_text(&ev, FIELD_BRANCH, text_from(branch));
  emit(t->x, &ev);
  say_all(t, messages);
  struct act_writer w;
  act_answer_begin(t, &w, 200, "");
  put_name(&w.json, "branch", branch);
  put_given(&w, "payload", value, "null");
  put_given(&w, "messages", value, "[]");
  put_given(&w, "intent", value, "null");
  put_given(&w, "outcome", value, "null");
  act_answer_end(t, &w);
}

void host_take_turn(const struct act *t, struct text answer) {
  struct json *value = NULL;
  const enum bt_err err =
      json_parse(ctx_arena(t->x), answer, JSON_DEPTH_DEFAULT, &value, NULL);
  if (err == BT_ERR_OK) {
    take(t, value);
  } else {
    (void)give_branch(t, 502, "The bot's answer is no JSON.", "OnError");
  }
}
