/* Bots behind NICE CXone's custom exchange: one synchronous POST a turn.
 *
 * The state that a bot is told again, its rules of silence and what it wants in
 * case of errors stay with the session, so that a restart changes nothing.
 * docs/bots.md.
 */
#include "base/check.h"
#include "bots/exchange/request.h"
#include "bots/shared/parts.h"

enum { MS_US = 1000, UNASKED_MAX = 20, STATE_BYTES_MAX = 60000 };

/* What the timer of a talk is there for. */
enum waiting { FOR_NOTHING, FOR_BOT, FOR_CUSTOMER, TO_GO_ON };

struct exchange_talk {
  struct rounds_talk rounds;
  struct loop_timer *timer;
  enum waiting waiting;
  uint32_t silences; /* of the customer, since the last words */
  uint32_t unasked;  /* turns since then that the bot went on by itself */
};

static struct exchange_talk *talk_of(struct rounds_talk *talk) {
  return (struct exchange_talk *)(void *)talk;
}

static const struct mem *mem_of(const struct exchange_talk *t) {
  return bots_mem(t->rounds.talk.bot->bots);
}

static struct exchange_memory recall(const struct exchange_talk *t,
                                     struct arena *arena) {
  return exchange_recall(t->rounds.talk.bot, t->rounds.talk.session, arena);
}

/* ---- time */

static void ask_on(struct exchange_talk *t) {
  struct arena arena;
  arena_init(&arena, mem_of(t), 0);
  const uint32_t number = recall(t, &arena).turns + 1;
  arena_free(&arena);
  rounds_ask_silent(&t->rounds, number);
}

static void comfort(struct exchange_talk *t) {
  struct arena arena;
  arena_init(&arena, mem_of(t), 0);
  const struct exchange_rules rules =
      exchange_rules(recall(t, &arena).behaviors);
  exchange_say(&t->rounds.talk, rules.comfort, NULL);
  arena_free(&arena);
}

static void on_timer(void *ctx) {
  struct exchange_talk *t = ctx;
  const enum waiting waiting = t->waiting;
  t->waiting = FOR_NOTHING;
  if (waiting == FOR_BOT) {
    comfort(t);
  } else if (waiting != FOR_NOTHING) {
    ask_on(t);
  }
}

static void await(struct exchange_talk *t, enum waiting waiting,
                  int64_t delay_ms) {
  t->waiting = waiting;
  if (t->timer == NULL &&
      loop_timer_create(bots_loop(t->rounds.talk.bot->bots), on_timer, t,
                        &t->timer) != BT_ERR_OK) {
    bot_note(&t->rounds.talk,
             TEXT("There is no memory to wait for the customer's silence."));
    return;
  }
  loop_timer_start_after(t->timer, delay_ms * MS_US);
}

static void await_nothing(struct exchange_talk *t) {
  t->waiting = FOR_NOTHING;
  if (t->timer != NULL) {
    loop_timer_stop(t->timer);
  }
}

static void clear(struct rounds_talk *r) {
  struct exchange_talk *t = talk_of(r);
  loop_timer_free(t->timer);
  t->timer = NULL;
}

/* ---- out */

/* The request is about to leave. */
static void expect_answer(struct exchange_talk *t, const struct rounds_ask *ask,
                          struct arena *arena) {
  const struct exchange_rules rules =
      exchange_rules(recall(t, arena).behaviors);
  await_nothing(t);
  if (ask->occasion == ROUNDS_MESSAGE) {
    t->silences = 0;
    t->unasked = 0;
  }
  if (rules.comfort != NULL && t->rounds.talk.held) {
    await(t, FOR_BOT, rules.comfort_ms);
  }
}

static bool write(struct rounds_bot *b, const struct rounds_ask *ask,
                  struct rounds_request *r) {
  const bool ends =
      ask->occasion == ROUNDS_LEFT || ask->occasion == ROUNDS_RELEASED;
  if (ask->talk != NULL && !ends) {
    expect_answer(talk_of(ask->talk), ask, r->arena);
  }
  return exchange_write(b, ask, r);
}

/* ---- in */

static void leave(struct exchange_talk *t, struct text findings, bool ends,
                  struct text reason) {
  const struct bot_farewell farewell = {
      .ends = ends, .reason = reason, .attributes = findings};
  bot_goodbye(&t->rounds.talk, &farewell);
  rounds_close(&t->rounds);
}

static void leave_in_error(struct exchange_talk *t, struct text findings,
                           const struct exchange_answer *a) {
  const struct text why = part_text(a->errors, "systemErrorMessage");
  const char *otherwise = exchange_branch_info(a->branch)->reason;
  bot_note(&t->rounds.talk, why.len > 0 ? why : text_from(otherwise));
  leave(t, findings, exchange_error_ends(a->errors), text_from(otherwise));
}

/* The customer's turn, or the bot's again. */
static void collect(struct exchange_talk *t, const struct exchange_answer *a) {
  const struct exchange_rules rules = exchange_rules(a->behaviors);
  const int64_t most = bot_setting_num(t->rounds.talk.bot->settings,
                                       BOT_OPTION_EXCHANGE_NO_INPUTS);
  if (!rules.collects && t->unasked++ < UNASKED_MAX) {
    await(t, TO_GO_ON, 0);
  } else if (!rules.collects) {
    bot_note(&t->rounds.talk, TEXT("The bot went on without the customer 20 "
                                   "times: now it waits."));
  } else if (rules.wait_ms > 0 && t->silences < most) {
    t->silences++;
    await(t, FOR_CUSTOMER, rules.wait_ms);
  }
}

static void act(struct exchange_talk *t, const struct exchange_answer *a,
                struct text findings) {
  const struct exchange_branch_info *info = exchange_branch_info(a->branch);
  switch (info->after) {
  case EXCHANGE_COLLECT:
    if (findings.len > 0) {
      bot_set_attributes(&t->rounds.talk, findings);
    }
    collect(t, a);
    break;
  case EXCHANGE_LEAVE:
  case EXCHANGE_END:
    leave(t, findings, info->after == EXCHANGE_END, text_from(info->reason));
    break;
  case EXCHANGE_FAIL:
    leave_in_error(t, findings, a);
    break;
  }
}

static void say_all(struct exchange_talk *t, const struct exchange_answer *a) {
  if (a->branch == EXCHANGE_ERROR) { /* before the behaviour */
    exchange_say(&t->rounds.talk, exchange_error_prompts(a->errors), NULL);
  }
  exchange_say(&t->rounds.talk, a->prompts, a->behaviors);
}

static void fail(struct rounds_talk *r, const char *why);

static void take(struct rounds_talk *r, const struct rounds_ask *ask,
                 const struct json *reply) {
  struct exchange_talk *t = talk_of(r);
  struct exchange_answer a;
  struct textbuf findings;
  struct json_out o;
  const char *why = "";
  (void)ask;
  await_nothing(t);
  if (!exchange_read(reply, &a, &why)) {
    fail(r, why);
    return;
  }
  if (a.state != NULL && a.state->source.len > STATE_BYTES_MAX) {
    bot_note(&r->talk, TEXT("The bot's session state is larger than 60000 "
                            "bytes: it will not be told again."));
    a.state = NULL;
  }
  exchange_remember(r->talk.bot, r->talk.session, &a);
  say_all(t, &a);
  textbuf_init(&findings, mem_of(t));
  json_out_init(&o, &findings);
  json_open_object(&o);
  const bool any = exchange_put_findings(&o, &a);
  json_close_object(&o);
  act(t, &a, any && !findings.failed ? textbuf_text(&findings) : TEXT(""));
  textbuf_free(&findings);
}

/* What the bot wanted in this case, when it last could say so. */
static void fail(struct rounds_talk *r, const char *why) {
  struct exchange_talk *t = talk_of(r);
  struct arena arena;
  arena_init(&arena, mem_of(t), 0);
  const struct json *errors = recall(t, &arena).errors;
  const bool ends = r->talk.held && exchange_error_ends(errors);
  if (r->talk.held) {
    exchange_say(&r->talk, exchange_error_prompts(errors), NULL);
  }
  if (ends) {
    bot_note(&r->talk, text_from(why));
    leave(t, TEXT(""), true, TEXT("the bot cannot be reached"));
  } else {
    rounds_lose(r, why);
  }
  arena_free(&arena);
}

/* ---- questions of scripts */

static void put_outcome(struct json_out *o, const struct exchange_answer *a) {
  const struct text error = part_text(a->errors, "systemErrorMessage");
  json_key(o, "outcome");
  json_open_object(o);
  part_put_text(o, "branch", text_from(exchange_branch_info(a->branch)->wire));
  if (error.len > 0) {
    part_put_text(o, "error", error);
  }
  if (a->errors != NULL) {
    part_put_text(o, "errorBehavior",
                  exchange_error_ends(a->errors)
                      ? TEXT("EndContact")
                      : TEXT("ReturnControlToScriptThroughErrorBranch"));
  }
  if (a->behaviors != NULL) {
    part_put(o, "nextPromptBehaviors", a->behaviors);
  }
  json_close_object(o);
}

static void put_apology(struct rounds_bot *b, const struct rounds_ask *ask,
                        struct json_out *o) {
  struct arena arena;
  arena_init(&arena, bots_mem(b->bot.bots), 0);
  json_open_list(o);
  exchange_put_messages(
      o, exchange_error_prompts(
             exchange_recall(&b->bot, ask->session_id, &arena).errors));
  json_close_list(o);
  arena_free(&arena);
}

static void refuse_answer(struct rounds_bot *b, const struct rounds_ask *ask,
                          const char *why, struct json_out *o) {
  part_put_text(o, "branch", TEXT("Error"));
  json_key(o, "payload");
  json_open_object(o);
  part_put_text(o, "error", text_from(why));
  json_close_object(o);
  json_key(o, "messages");
  put_apology(b, ask, o);
}

static void take_answer(struct rounds_bot *b, const struct rounds_ask *ask,
                        const struct json *reply, struct json_out *o) {
  struct exchange_answer a;
  const char *why = "";
  json_open_object(o);
  if (exchange_read(reply, &a, &why)) {
    exchange_remember(&b->bot, ask->session_id, &a);
    part_put_text(o, "branch", text_from(exchange_branch_info(a.branch)->wire));
    part_put(o, "payload", a.payload);
    part_put(o, "intent", a.intent);
    put_outcome(o, &a);
    json_key(o, "messages");
    json_open_list(o);
    if (a.branch == EXCHANGE_ERROR) {
      exchange_put_messages(o, exchange_error_prompts(a.errors));
    }
    exchange_put_messages(o, a.prompts);
    json_close_list(o);
  } else {
    refuse_answer(b, ask, why, o);
  }
  json_close_object(o);
}

/* A repeated turn would move the bot's conversation on twice: only what did not
 * arrive is sent again. */
static const struct rounds_ops exchange_rounds = {
    .options = BOT_OPTION_EXCHANGE_HEADERS,
    .what = "custom exchange",
    .asks_to_begin = true,
    .tells_left = true,
    .write = write,
    .take = take,
    .fail = fail,
    .clear = clear,
    .take_answer = take_answer,
    .put_apology = put_apology};

static enum bt_err start(struct bot *bot) {
  return rounds_start(bot, &exchange_rounds);
}

const struct bot_ops bot_exchange_ops = {
    ROUNDS_BOT_OPS, .bot_bytes = sizeof(struct rounds_bot),
    .talk_bytes = sizeof(struct exchange_talk), .start = start};
