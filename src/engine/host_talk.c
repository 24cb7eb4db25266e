/* Actions that talk with the customer, wait, and tell what is known. */
#include "base/check.h"
#include "engine/host_priv.h"

/* ---- waiting */

enum act_result host_wait(const struct act *t) {
  int64_t us;
  if (!act_seconds(t, 0, &us)) {
    return act_fail(t, "Wait needs a number of seconds, 0 to 604800");
  }
  const struct nap nap = {.sleep = SLEEP_TIME, .wake_us = act_wake_us(t, us)};
  return act_sleep(t, &nap);
}

/* The status is not there: the script sleeps until it is. */
static enum act_result wait_for(const struct act *t, const struct nap *nap) {
  struct answer a = {0};
  if (engine_live(t->x->e, nap->subject)->s.status == SESSION_COMPLETED) {
    return act_give_simple(t, 409, "The session is completed.");
  }
  if (!act_may_watch(t, nap->subject)) {
    answer_refuse(
        t->x, nap->subject, REFUSAL_RATE_LIMITED,
        ctx_format(t->x, "%d scripts of other sessions wait for it already.",
                   LIMIT_WATCHERS),
        &a);
    return act_give(t, &a);
  }
  return act_sleep(t, nap);
}

enum act_result host_wait_for(const struct act *t) {
  struct answer a = {0};
  uint32_t slot;
  int64_t us;
  enum session_status status;
  if (!act_find_session(t, 0, &slot, &a)) {
    return act_give(t, &a);
  }
  if (!session_status_from_text(act_text(t, 1), &status)) {
    return act_fail(t, "WaitFor needs a status: pending, connected, releasing, "
                       "idle, queued, offered, active, wrapup or completed");
  }
  if (!act_seconds(t, 2, &us)) {
    return act_fail(t, "WaitFor needs a number of seconds, 0 to 604800");
  }
  if (engine_live(t->x->e, slot)->s.status == status) {
    return act_give_simple(t, 200, "The session has the status.");
  }
  const struct nap nap = {.sleep = SLEEP_STATUS,
                          .wake_us = act_wake_us(t, us),
                          .status = status,
                          .subject = slot};
  return wait_for(t, &nap);
}

/* ---- talking with the customer */

static void say(const struct act *t, struct text text, struct answer *a) {
  struct record args;
  record_init(&args, COMMAND_SAY);
  record_set_given(&args, FIELD_TEXT, text);
  ctx_do(t->x, t->slot, &args, a);
}

enum act_result host_say(const struct act *t) {
  struct answer a = {0};
  say(t, act_text(t, 0), &a);
  return act_give(t, &a);
}

static enum act_result ask(const struct act *t, struct text question,
                           unsigned seconds_arg) {
  struct answer a = {0};
  int64_t us;
  if (!act_seconds(t, seconds_arg, &us)) {
    return act_fail(t, "a question needs a number of seconds, 0 to 604800");
  }
  const struct live *l = engine_live(t->x->e, t->slot);
  enum refusal why = REFUSAL_NONE;
  if (question.len > 0) {
    say(t, question, &a);
  } else if (!ctx_may_speak(t->x, l, &why)) { /* a bot's prompt was heard */
    answer_refuse_usual(t->x, t->slot, why, &a);
  }
  if (a.refusal != REFUSAL_NONE) {
    return act_give(t, &a);
  }
  const struct nap nap = {.sleep = SLEEP_CUSTOMER,
                          .wake_us = act_wake_us(t, us),
                          .seen = (uint32_t)l->message_count};
  return act_sleep(t, &nap);
}

enum act_result host_ask(const struct act *t) {
  return ask(t, act_text(t, 0), 1);
}

/* The choice with number @wanted (from 1) of a pipe-delimited text. */
static struct text choice_at(struct text choices, unsigned wanted) {
  size_t from = 0;
  for (unsigned i = 1; from <= choices.len; i++) {
    const size_t to = text_find(choices, TEXT("|"), from);
    if (i == wanted) {
      return text_trim(text_sub(choices, from, to - from));
    }
    from = to + 1;
  }
  return (struct text){"", 0};
}

enum act_result host_menu(const struct act *t) {
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  textbuf_add(&b, act_text(t, 0));
  const struct text choices = act_text(t, 1);
  for (unsigned i = 1; choice_at(choices, i).len > 0; i++) {
    textbuf_addf(&b, "\n%u. ", i);
    textbuf_add(&b, choice_at(choices, i));
  }
  return ask(t, act_take(t, &b), 2);
}

const struct message *host_customer_answer(const struct live *l,
                                           const struct run *r) {
  for (size_t i = r->seen; i < l->message_count; i++) {
    if (l->messages[i].role == ROLE_CUSTOMER) {
      return &l->messages[i];
    }
  }
  return NULL;
}

/* What Menu adds: the number and the words of the choice, 0 and nothing if it
 * is none of them. */
static void put_choice(const struct act *t, struct text said,
                       struct json_out *o) {
  const struct text choices = act_text(t, 1);
  unsigned index = 0;
  int64_t wanted = 0;
  (void)text_to_i64(said, &wanted);
  for (unsigned i = 1; choice_at(choices, i).len > 0; i++) {
    if (wanted == (int64_t)i ||
        text_equal_nocase(said, choice_at(choices, i))) {
      index = i;
    }
  }
  json_key(o, "index");
  json_put_i64(o, index);
  json_key(o, "choice");
  json_put_text(o, choice_at(choices, index));
}

/* Has all members, whatever became of the question: a script may look at the
 * choice without a look at the code. */
static void answer_question(const struct act *t, int code, const char *message,
                            struct text said) {
  struct act_writer w;
  act_answer_begin(t, &w, code, message);
  json_key(&w.json, "text");
  json_put_text(&w.json, said);
  if (t->action.id == ACTION_MENU) {
    put_choice(t, text_trim(said), &w.json);
  }
  act_answer_end(t, &w);
}

void host_answer_question(const struct act *t) {
  const struct live *l = engine_live(t->x->e, t->slot);
  const struct message *m = host_customer_answer(l, &t->x->e->runs[t->run]);
  if (m == NULL) {
    answer_question(t, 410, "The customer left without an answer.", TEXT(""));
    return;
  }
  answer_question(t, 200, "", m->text);
}

void host_answer_silence(const struct act *t) {
  answer_question(t, 408, "The customer did not answer in time.", TEXT(""));
}

/* ---- what is known, and notes */

enum act_result host_session_info(const struct act *t) {
  struct answer a = {0};
  uint32_t slot;
  if (act_find_session(t, 0, &slot, &a)) {
    answer_view(t->x, slot, 200, &a);
  }
  return act_give(t, &a);
}

enum act_result host_queue_info(const struct act *t) {
  struct dir_target target;
  const struct text name = act_text(t, 0);
  struct answer a = {0};
  if (!directory_target(&t->x->e->dir, DIR_TARGET_ANY, name, &target) ||
      target.is_bot) {
    answer_refuse(t->x, SESSION_NOBODY, REFUSAL_UNKNOWN_TARGET,
                  absent_detail(t->x, CONFIG_QUEUE, name), &a);
    return act_give(t, &a);
  }
  struct act_writer w;
  act_answer_begin(t, &w, 200, "");
  view_put_queue(t->x->e, target.number, t->x->now_us, &w.json);
  return act_answer_end(t, &w);
}

enum act_result host_set_attribute(const struct act *t) {
  struct act_writer w;
  if (act_text(t, 0).len == 0) {
    struct answer a = {0};
    answer_member(t->x, REFUSAL_INVALID_MEMBER, "/attributes",
                  TEXT("An attribute needs a name."), &a);
    return act_give(t, &a);
  }
  act_writer_begin(t, &w);
  json_key_text(&w.json, act_text(t, 0));
  json_put_raw(&w.json, act_json(t, 1));
  struct record args;
  record_init(&args, COMMAND_SET_ATTRIBUTES);
  record_set_text(&args, FIELD_ATTRIBUTES, act_writer_take(t, &w));
  return act_do(t, t->slot, &args);
}

enum act_result host_set_disposition(const struct act *t) {
  struct record args;
  record_init(&args, COMMAND_SET_DISPOSITION);
  record_set_given(&args, FIELD_DISPOSITION, act_text(t, 0));
  record_set_given(&args, FIELD_NOTE,
                   act_has(t, 1) ? act_text(t, 1) : TEXT(""));
  return act_do(t, t->slot, &args);
}

enum act_result host_signal(const struct act *t) {
  struct answer a = {0};
  uint32_t slot;
  if (!act_find_session(t, 0, &slot, &a)) {
    return act_give(t, &a);
  }
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  textbuf_add_char(&b, '{');
  for (unsigned i = 1; i < t->action.argc; i++) {
    textbuf_addf(&b, "%s\"p%u\":", i == 1 ? "" : ",", i);
    textbuf_add(&b, act_json(t, i));
  }
  textbuf_add_char(&b, '}');
  struct record args;
  record_init(&args, COMMAND_SIGNAL);
  record_set_text(&args, FIELD_VALUE, act_take(t, &b));
  return act_do(t, slot, &args);
}

enum act_result host_log(const struct act *t) {
  static const int64_t levels[ACTIONS] = {[ACTION_TRACE] = 0,
                                          [ACTION_LOG] = 1,
                                          [ACTION_LOG_INFO] = 2,
                                          [ACTION_LOG_WARN] = 3,
                                          [ACTION_LOG_ERROR] = 4};
  struct record ev;
  ctx_event(t->x, &ev, EVENT_LOGGED, t->slot);
  record_set_num(&ev, FIELD_LEVEL, levels[t->action.id]);
  record_set_text(&ev, FIELD_TEXT, act_text(t, 0));
  emit(t->x, &ev);
  vm_resume_null(t->vm);
  return ACT_ANSWERED;
}
