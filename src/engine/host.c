/* What a script asks of the world, carried out by the same handlers that serve
 * REST: a script has no way around them. */
#include <string.h>

#include "base/check.h"
#include "engine/engine_priv.h"
#include "engine/form.h"
#include "studio/image.h"

enum { REST_TIMEOUT_MAX_S = 300, WAIT_MAX_S = 7 * 24 * 3600 };

/* One action under way. */
struct act {
  struct ctx *x;
  uint32_t run, slot;
  struct vm *vm;
  struct vm_action action;
};

/* What became of it. */
enum done { DONE_ANSWERED, DONE_SLEEPS };

/* ---- arguments and answers */

static struct text arg_text(const struct act *t, unsigned i) {
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  vm_arg_text(t->vm, i, &b);
  const struct text copy = arena_copy_text(ctx_arena(t->x), textbuf_text(&b));
  textbuf_free(&b);
  return copy;
}

static struct text arg_json(const struct act *t, unsigned i) {
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  vm_arg_json(t->vm, i, &b);
  const struct text copy = arena_copy_text(ctx_arena(t->x), textbuf_text(&b));
  textbuf_free(&b);
  return copy;
}

static bool is_given(const struct act *t, unsigned i) {
  return i < t->action.argc && vm_arg_kind(t->vm, i) != VM_KIND_NULL;
}

static void resume_json(struct vm *vm, struct text json) {
  if (vm_resume_json(vm, json) != BT_ERR_OK) {
    vm_resume_error(vm, TEXT("the answer does not fit in the script's memory"));
  }
}

static enum done give(const struct act *t, const struct answer *a) {
  resume_json(t->vm, a->body);
  return DONE_ANSWERED;
}

static enum done give_simple(const struct act *t, int code, const char *status,
                             const char *message) {
  resume_json(t->vm,
              ctx_format(t->x,
                         "{\"code\":%d,\"status\":\"%s\",\"message\":\"%s\"}",
                         code, status, message));
  return DONE_ANSWERED;
}

static enum done fail(const struct act *t, const char *message) {
  vm_resume_error(t->vm, text_from(message));
  return DONE_ANSWERED;
}

/* The session that argument @i names; the script's own without one. */
static bool find_session(const struct act *t, unsigned i, uint32_t *slot,
                         struct answer *a) {
  *slot = t->slot;
  if (!is_given(t, i)) {
    return true;
  }
  struct id id;
  const struct text text = arg_text(t, i);
  if (id_from_text(text, &id) && engine_find(t->x->e, id, slot)) {
    return true;
  }
  answer_refuse(
      t->x, SESSION_NOBODY, REFUSAL_UNKNOWN_SESSION,
      ctx_format(t->x, "No session has the id '%.*s'.", TEXT_ARG(text)), a);
  return false;
}

/* ---- sleeping */

struct nap {
  enum sleep sleep;
  int64_t wake_us; /* 0: no time */
  uint64_t transfer;
  uint32_t status, seen;
};

static void go_to_sleep(struct ctx *x, uint32_t run, const struct nap *nap) {
  struct run *r = &x->e->runs[run];
  struct textbuf image;
  textbuf_init(&image, &x->e->mem);
  const enum bt_err err = image_save(r->vm, &image);
  bt_check(err == BT_ERR_OK);
  struct record ev;
  ctx_event(x, &ev, EVENT_SCRIPT_SLEPT, r->session);
  record_set_num(&ev, FIELD_RUN, (int64_t)r->number);
  record_set_num(&ev, FIELD_SLEEP, nap->sleep);
  record_set_text(&ev, FIELD_IMAGE, textbuf_text(&image));
  if (nap->wake_us != 0) {
    record_set_num(&ev, FIELD_WAKE, nap->wake_us);
  }
  if (nap->transfer != 0) {
    record_set_num(&ev, FIELD_TRANSFER, (int64_t)nap->transfer);
  }
  if (nap->sleep == SLEEP_STATUS) {
    record_set_num(&ev, FIELD_FROM_STATUS, nap->status);
  }
  if (nap->sleep == SLEEP_CUSTOMER) {
    record_set_num(&ev, FIELD_SEEN, nap->seen);
  }
  vm_free(r->vm);
  r->vm = NULL;
  emit(x, &ev);
  textbuf_free(&image);
}

/* ---- transfers */

static bool read_options(const struct act *t, unsigned i, struct record *args,
                         struct answer *a) {
  if (!is_given(t, i)) {
    return true;
  }
  struct form_error error;
  const enum vm_kind kind = vm_arg_kind(t->vm, i);
  const bool good = kind == VM_KIND_OBJECT
                        ? form_read_json(COMMAND_TRANSFER, arg_json(t, i),
                                         ctx_arena(t->x), args, &error)
                        : form_read_options(COMMAND_TRANSFER, arg_text(t, i),
                                            ctx_arena(t->x), args, &error);
  if (!good) {
    answer_member(t->x, error.refusal, error.pointer,
                  ctx_format(t->x, "%s", error.detail), a);
  }
  return good;
}

/* Transfer(payload), or Transfer(id, target, options). */
static bool read_transfer(const struct act *t, struct record *args,
                          uint32_t *slot, struct answer *a) {
  record_init(args, COMMAND_TRANSFER);
  if (t->action.argc == 1) {
    *slot = t->slot;
    if (vm_arg_kind(t->vm, 0) != VM_KIND_OBJECT) {
      answer_member(t->x, REFUSAL_INVALID_MEMBER, "",
                    TEXT("Transfer with one argument takes a dynamic object: "
                         "{\"action\":\"Transfer\",\"queueId\":…}."),
                    a);
      return false;
    }
    return read_options(t, 0, args, a);
  }
  if (!find_session(t, 0, slot, a) || !read_options(t, 2, args, a)) {
    return false;
  }
  record_set_text(args, FIELD_TARGET, arg_text(t, 1));
  return true;
}

/* ReqAgent(skill [, options]) in the terms of a transfer. */
static bool read_req_agent(const struct act *t, struct record *args,
                           struct answer *a) {
  record_init(args, COMMAND_TRANSFER);
  record_set_text(args, FIELD_TARGET, arg_text(t, 0));
  static const char *const later[] = {"acceleration", "maxPriority",
                                      "highProficiency"};
  double n = 0;
  for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
    if (vm_arg_member_kind(t->vm, 1, later[i]) != VM_KIND_NULL) {
      answer_member(t->x, REFUSAL_INVALID_MEMBER, "",
                    ctx_format(t->x,
                               "%s is known, and not offered in this "
                               "version.",
                               later[i]),
                    a);
      return false;
    }
  }
  if (vm_arg_member_number(t->vm, 1, "initialPriority", &n) && n >= 0 &&
      n <= 1000) {
    record_set_num(args, FIELD_PRIORITY, (int64_t)n);
  }
  if (vm_arg_member_number(t->vm, 1, "lowProficiency", &n) && n >= 1 &&
      n <= 20) {
    record_set_text(args, FIELD_SKILLS,
                    ctx_format(t->x,
                               "[{\"name\":\"%.*s\","
                               "\"minProficiency\":%d}]",
                               TEXT_ARG(arg_text(t, 0)), (int)n));
  }
  if (vm_arg_member_kind(t->vm, 1, "targetAgent") != VM_KIND_NULL) {
    struct textbuf b;
    textbuf_init(&b, t->x->out->arena.mem);
    textbuf_add(&b, TEXT("agent:"));
    vm_arg_member_text(t->vm, 1, "targetAgent", &b);
    record_set_text(args, FIELD_TARGET,
                    arena_copy_text(ctx_arena(t->x), textbuf_text(&b)));
    textbuf_free(&b);
  }
  return true;
}

static enum done transfer(const struct act *t, const struct record *args,
                          uint32_t slot) {
  struct answer a = {0};
  cmd_transfer(t->x, slot, args, &a);
  const bool async = record_num(args, FIELD_ASYNC) != 0;
  if (a.code == 202 && !async && slot == t->slot) {
    const struct nap nap = {.sleep = SLEEP_TRANSFER, .transfer = a.waits};
    go_to_sleep(t->x, t->run, &nap);
    return DONE_SLEEPS;
  }
  return give(t, &a);
}

static enum done do_transfer(const struct act *t) {
  struct record args;
  struct answer a = {0};
  uint32_t slot;
  if (!read_transfer(t, &args, &slot, &a)) {
    return give(t, &a);
  }
  return transfer(t, &args, slot);
}

static enum done do_req_agent(const struct act *t) {
  struct record args;
  struct answer a = {0};
  if (!read_req_agent(t, &args, &a)) {
    return give(t, &a);
  }
  return transfer(t, &args, t->slot);
}

static enum done do_update_contact(const struct act *t) {
  struct record args;
  struct answer a = {0};
  record_init(&args, COMMAND_TRANSFER);
  if (!read_options(t, 0, &args, &a)) {
    return give(t, &a);
  }
  if (!record_has(&args, FIELD_PRIORITY)) {
    return give_simple(t, 422, "Unprocessable Content",
                       "UpdateContact changes the priority in this version.");
  }
  cmd_reprioritise(t->x, t->slot, &args, &a);
  return give(t, &a);
}

/* ---- ending the holder's part */

static bool bot_has_it(const struct live *l) {
  return l->s.holder == SESSION_HOLDER_BOT || l->s.status == SESSION_PENDING;
}

static enum done do_end_conversation(const struct act *t) {
  struct answer a = {0};
  uint32_t slot;
  if (!find_session(t, 0, &slot, &a)) {
    return give(t, &a);
  }
  const struct live *l = engine_live(t->x->e, slot);
  if (!bot_has_it(l) && l->s.status != SESSION_ACTIVE &&
      l->s.status != SESSION_WRAPUP && l->s.status != SESSION_COMPLETED) {
    return give_simple(t, 200, "OK", "No bot holds the session.");
  }
  struct record args;
  record_init(&args, COMMAND_RELEASE);
  cmd_release(t->x, slot, &args, &a);
  if (a.refusal == REFUSAL_NONE && slot == t->slot && bot_has_it(l)) {
    const struct nap nap = {.sleep = SLEEP_IDLE};
    go_to_sleep(t->x, t->run, &nap);
    return DONE_SLEEPS;
  }
  return give(t, &a);
}

static enum done do_hangup(const struct act *t) {
  struct answer a = {0};
  uint32_t slot;
  struct record args;
  record_init(&args, COMMAND_HANGUP);
  if (find_session(t, 0, &slot, &a)) {
    cmd_hangup(t->x, slot, &args, &a);
  }
  return give(t, &a);
}

static enum done do_release(const struct act *t) {
  struct answer a = {0};
  uint32_t slot;
  struct record args;
  record_init(&args, COMMAND_RELEASE);
  if (find_session(t, 0, &slot, &a)) {
    cmd_release(t->x, slot, &args, &a);
  }
  return give(t, &a);
}

/* ---- waiting */

static bool arg_seconds(const struct act *t, unsigned i, int64_t *us) {
  double s = 0;
  if (!vm_arg_number(t->vm, i, &s) || !(s >= 0) || s > WAIT_MAX_S) {
    return false;
  }
  *us = (int64_t)(s * 1e6);
  return true;
}

static enum done do_wait(const struct act *t) {
  int64_t us;
  if (!arg_seconds(t, 0, &us)) {
    return fail(t, "Wait needs a number of seconds, 0 to 604800");
  }
  const struct nap nap = {.sleep = SLEEP_TIME, .wake_us = t->x->now_us + us};
  go_to_sleep(t->x, t->run, &nap);
  return DONE_SLEEPS;
}

static enum done do_wait_for(const struct act *t) {
  struct answer a = {0};
  uint32_t slot;
  int64_t us;
  enum session_status status;
  if (!find_session(t, 0, &slot, &a)) {
    return give(t, &a);
  }
  if (slot != t->slot) {
    return fail(t, "WaitFor watches the script's own session");
  }
  if (!session_status_from_text(arg_text(t, 1), &status)) {
    return fail(t, "WaitFor needs a status: pending, connected, releasing, "
                   "idle, queued, offered, active, wrapup or completed");
  }
  if (!arg_seconds(t, 2, &us)) {
    return fail(t, "WaitFor needs a number of seconds, 0 to 604800");
  }
  if (engine_live(t->x->e, slot)->s.status == status) {
    return give_simple(t, 200, "OK", "The session has the status.");
  }
  const struct nap nap = {
      .sleep = SLEEP_STATUS, .wake_us = t->x->now_us + us, .status = status};
  go_to_sleep(t->x, t->run, &nap);
  return DONE_SLEEPS;
}

/* ---- talking with the customer */

static void say(const struct act *t, struct text text, struct answer *a) {
  struct record args;
  record_init(&args, COMMAND_SAY);
  record_set_given(&args, FIELD_TEXT, text);
  cmd_say(t->x, t->slot, &args, a);
}

static enum done do_say(const struct act *t) {
  struct answer a = {0};
  say(t, arg_text(t, 0), &a);
  return give(t, &a);
}

static enum done ask(const struct act *t, struct text question,
                     unsigned seconds_arg) {
  struct answer a = {0};
  int64_t us;
  if (!arg_seconds(t, seconds_arg, &us)) {
    return fail(t, "a question needs a number of seconds, 0 to 604800");
  }
  say(t, question, &a);
  if (a.refusal != REFUSAL_NONE) {
    return give(t, &a);
  }
  const struct live *l = engine_live(t->x->e, t->slot);
  const struct nap nap = {.sleep = SLEEP_CUSTOMER,
                          .wake_us = t->x->now_us + us,
                          .seen = (uint32_t)l->message_count};
  go_to_sleep(t->x, t->run, &nap);
  return DONE_SLEEPS;
}

static enum done do_ask(const struct act *t) {
  return ask(t, arg_text(t, 0), 1);
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

static enum done do_menu(const struct act *t) {
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  textbuf_add(&b, arg_text(t, 0));
  const struct text choices = arg_text(t, 1);
  for (unsigned i = 1; choice_at(choices, i).len > 0; i++) {
    textbuf_addf(&b, "\n%u. ", i);
    textbuf_add(&b, choice_at(choices, i));
  }
  const struct text question =
      arena_copy_text(ctx_arena(t->x), textbuf_text(&b));
  textbuf_free(&b);
  return ask(t, question, 2);
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

/* ---- what is known, and notes */

static enum done do_session_info(const struct act *t) {
  struct answer a = {0};
  uint32_t slot;
  if (find_session(t, 0, &slot, &a)) {
    answer_view(t->x, slot, 200, &a);
  }
  return give(t, &a);
}

static enum done do_queue_info(const struct act *t) {
  struct dir_target target;
  const struct text name = arg_text(t, 0);
  struct answer a = {0};
  if (!directory_target(&t->x->e->dir, DIR_TARGET_ANY, name, &target) ||
      target.is_bot) {
    answer_refuse(
        t->x, SESSION_NOBODY, REFUSAL_UNKNOWN_TARGET,
        ctx_format(t->x, "No queue is called '%.*s'.", TEXT_ARG(name)), &a);
    return give(t, &a);
  }
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, t->x->out->arena.mem);
  json_out_init(&o, &b);
  engine_write_queue(t->x->e, target.number, t->x->now_us, &o);
  resume_json(t->vm, textbuf_text(&b));
  textbuf_free(&b);
  return DONE_ANSWERED;
}

static enum done do_set_attribute(const struct act *t) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, t->x->out->arena.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key_text(&o, arg_text(t, 0));
  json_put_raw(&o, arg_json(t, 1));
  json_close_object(&o);
  struct record args;
  struct answer a = {0};
  record_init(&args, COMMAND_SET_ATTRIBUTES);
  record_set_text(&args, FIELD_ATTRIBUTES,
                  arena_copy_text(ctx_arena(t->x), textbuf_text(&b)));
  textbuf_free(&b);
  cmd_attributes(t->x, t->slot, &args, &a);
  return give(t, &a);
}

static enum done do_disposition(const struct act *t) {
  struct record args;
  struct answer a = {0};
  record_init(&args, COMMAND_SET_DISPOSITION);
  record_set_given(&args, FIELD_DISPOSITION, arg_text(t, 0));
  record_set_given(&args, FIELD_NOTE,
                   is_given(t, 1) ? arg_text(t, 1) : TEXT(""));
  cmd_disposition(t->x, t->slot, &args, &a);
  return give(t, &a);
}

static enum done do_signal(const struct act *t) {
  struct answer a = {0};
  uint32_t slot;
  if (!find_session(t, 0, &slot, &a)) {
    return give(t, &a);
  }
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  textbuf_add_char(&b, '{');
  for (unsigned i = 1; i < t->action.argc; i++) {
    textbuf_addf(&b, "%s\"p%u\":", i == 1 ? "" : ",", i);
    textbuf_add(&b, arg_json(t, i));
  }
  textbuf_add_char(&b, '}');
  struct record args;
  record_init(&args, COMMAND_SIGNAL);
  record_set_text(&args, FIELD_VALUE,
                  arena_copy_text(ctx_arena(t->x), textbuf_text(&b)));
  textbuf_free(&b);
  cmd_signal(t->x, slot, &args, &a);
  return give(t, &a);
}

static enum done do_log(const struct act *t) {
  static const int64_t levels[ACTIONS] = {[ACTION_TRACE] = 0,
                                          [ACTION_LOG] = 1,
                                          [ACTION_LOG_INFO] = 2,
                                          [ACTION_LOG_WARN] = 3,
                                          [ACTION_LOG_ERROR] = 4};
  struct record ev;
  ctx_event(t->x, &ev, EVENT_LOGGED, t->slot);
  record_set_num(&ev, FIELD_LEVEL, levels[t->action.id]);
  record_set_text(&ev, FIELD_TEXT, arg_text(t, 0));
  emit(t->x, &ev);
  vm_resume_null(t->vm);
  return DONE_ANSWERED;
}

/* ---- REST */

static struct text member_text(const struct act *t, const char *name) {
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  vm_arg_member_text(t->vm, 0, name, &b);
  const struct text copy = arena_copy_text(ctx_arena(t->x), textbuf_text(&b));
  textbuf_free(&b);
  return copy;
}

static void call_effect(const struct act *t) {
  const struct run *r = &t->x->e->runs[t->run];
  struct record *fx = ctx_effect(t->x, EFFECT_CALL_REST);
  record_set_id(fx, FIELD_SESSION, engine_live(t->x->e, t->slot)->id);
  record_set_num(fx, FIELD_RUN, (int64_t)r->number);
  record_set_num(fx, FIELD_SCRIPT, r->script);
  record_set_text(fx, FIELD_URL, arg_text(t, 1));
  record_set_text(fx, FIELD_BODY, is_given(t, 2) ? arg_text(t, 2) : TEXT(""));
  record_set_text(fx, FIELD_METHOD, arg_text(t, 4));
  record_set_text(fx, FIELD_VALUE, member_text(t, "ContentType"));
}

static enum done refuse_call(const struct act *t, const char *why) {
  if (vm_resume_rest(t->vm, -1, text_from(why), TEXT("")) != BT_ERR_OK) {
    vm_resume_error(t->vm, text_from(why));
  }
  return DONE_ANSWERED;
}

static enum done do_rest(const struct act *t) {
  const struct text url = arg_text(t, 1);
  const bool get = text_equal_nocase(arg_text(t, 4), TEXT("GET"));
  if (!text_starts(url, TEXT("/"))) {
    return refuse_call(t, "blocked by policy: this version calls only this "
                          "server's own API, by a path that begins with /");
  }
  if (get && is_given(t, 2) && arg_text(t, 2).len > 0) {
    return refuse_call(t, "GET with a body is refused");
  }
  double seconds = 10;
  if (!vm_arg_member_number(t->vm, 0, "ProxyTimeoutSeconds", &seconds) ||
      !(seconds > 0) || seconds > REST_TIMEOUT_MAX_S) {
    seconds = 10;
  }
  struct record ev;
  ctx_event(t->x, &ev, EVENT_REST_CALLED, t->slot);
  record_set_text(&ev, FIELD_URL, url);
  record_set_text(&ev, FIELD_METHOD, arg_text(t, 4));
  emit(t->x, &ev);
  call_effect(t);
  const struct nap nap = {.sleep = SLEEP_REST,
                          .wake_us = t->x->now_us + (int64_t)(seconds * 1e6)};
  go_to_sleep(t->x, t->run, &nap);
  return DONE_SLEEPS;
}

static struct act act_of(struct ctx *x, uint32_t run) {
  struct run *r = &x->e->runs[run];
  const struct act t = {.x = x,
                        .run = run,
                        .slot = r->session,
                        .vm = r->vm,
                        .action = vm_action(r->vm)};
  return t;
}

void host_call_again(struct ctx *x, uint32_t run) {
  struct run *r = &x->e->runs[run];
  const enum bt_err err = image_load(&x->e->mem, r->program, r->image, &r->vm);
  bt_check(err == BT_ERR_OK);
  const struct act t = act_of(x, run);
  call_effect(&t);
  vm_free(r->vm);
  r->vm = NULL;
}

/* ---- waking */

static void answer_transfer_nap(const struct act *t) {
  struct answer a = {0};
  struct record args;
  uint32_t slot = t->slot;
  const bool own = t->action.id == ACTION_TRANSFER
                       ? read_transfer(t, &args, &slot, &a)
                       : read_req_agent(t, &args, &a);
  bt_check(own); /* it was read when the run fell asleep */
  answer_outcome(t->x, t->slot, &args, &a);
  give(t, &a);
}

static void answer_question(const struct act *t) {
  const struct live *l = engine_live(t->x->e, t->slot);
  const struct message *m = host_customer_answer(l, &t->x->e->runs[t->run]);
  if (m == NULL) {
    give_simple(t, 410, "Gone", "The customer left without an answer.");
    return;
  }
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, t->x->out->arena.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "code");
  json_put_i64(&o, 200);
  json_key(&o, "status");
  json_put_text(&o, TEXT("OK"));
  json_key(&o, "message");
  json_put_text(&o, TEXT(""));
  json_key(&o, "text");
  json_put_text(&o, m->text);
  if (t->action.id == ACTION_MENU) {
    const struct text choices = arg_text(t, 1), said = text_trim(m->text);
    int64_t index = 0, wanted = 0;
    (void)text_to_i64(said, &wanted);
    for (unsigned i = 1; choice_at(choices, i).len > 0; i++) {
      if (wanted == (int64_t)i ||
          text_equal_nocase(said, choice_at(choices, i))) {
        index = i;
      }
    }
    json_key(&o, "index");
    json_put_i64(&o, index);
    json_key(&o, "choice");
    json_put_text(&o, choice_at(choices, (unsigned)index));
  }
  json_close_object(&o);
  resume_json(t->vm, textbuf_text(&b));
  textbuf_free(&b);
}

static void answer_idle(const struct act *t) {
  const struct live *l = engine_live(t->x->e, t->slot);
  struct answer a = {0};
  if (l->s.status == SESSION_COMPLETED) {
    answer_refuse(t->x, t->slot, REFUSAL_SESSION_ENDED,
                  refusal_detail(t->x, t->slot, REFUSAL_SESSION_ENDED), &a);
  } else {
    answer_session(t->x, t->slot, 200, "The bot's part is over.", &a);
  }
  give(t, &a);
}

static void answer_late(const struct act *t, enum sleep sleep) {
  switch (sleep) {
  case SLEEP_TIME:
    give_simple(t, 200, "OK", "The time is over.");
    break;
  case SLEEP_STATUS:
    give_simple(t, 408, "Request Timeout",
                "The session did not get the status in time.");
    break;
  case SLEEP_CUSTOMER:
    give_simple(t, 408, "Request Timeout",
                "The customer did not answer in time.");
    break;
  case SLEEP_REST:
    refuse_call(t, "timeout");
    break;
  case SLEEP_NONE:
  case SLEEP_TRANSFER:
  case SLEEP_IDLE:
  case SLEEP_EVENTS:
  case SLEEPS:
    break;
  }
}

void host_answer(struct ctx *x, uint32_t run, enum sleep sleep, bool late) {
  const struct act t = act_of(x, run);
  x->line = t.action.line;
  if (late) {
    answer_late(&t, sleep);
  } else if (sleep == SLEEP_TRANSFER) {
    answer_transfer_nap(&t);
  } else if (sleep == SLEEP_IDLE) {
    answer_idle(&t);
  } else if (sleep == SLEEP_CUSTOMER) {
    answer_question(&t);
  } else if (sleep == SLEEP_STATUS) {
    const struct live *l = engine_live(x->e, t.slot);
    const bool over = l->s.status == SESSION_COMPLETED &&
                      x->e->runs[run].status != SESSION_COMPLETED;
    give_simple(&t, over ? 409 : 200, over ? "Conflict" : "OK",
                over ? "The session is completed."
                     : "The session has the status.");
  }
  x->line = 0;
}

/* ---- the loop */

typedef enum done action_fn(const struct act *t);

static action_fn *const actions[ACTIONS] = {
    [ACTION_GET_SESSION_INFO] = do_session_info,
    [ACTION_TRANSFER] = do_transfer,
    [ACTION_REQ_AGENT] = do_req_agent,
    [ACTION_UPDATE_CONTACT] = do_update_contact,
    [ACTION_END_CONVERSATION] = do_end_conversation,
    [ACTION_HANGUP] = do_hangup,
    [ACTION_RELEASE] = do_release,
    [ACTION_WAIT_FOR] = do_wait_for,
    [ACTION_WAIT] = do_wait,
    [ACTION_SAY] = do_say,
    [ACTION_ASK] = do_ask,
    [ACTION_MENU] = do_menu,
    [ACTION_SIGNAL] = do_signal,
    [ACTION_SET_ATTRIBUTE] = do_set_attribute,
    [ACTION_SET_DISPOSITION] = do_disposition,
    [ACTION_GET_QUEUE_INFO] = do_queue_info,
    [ACTION_LOG] = do_log,
    [ACTION_LOG_INFO] = do_log,
    [ACTION_LOG_WARN] = do_log,
    [ACTION_LOG_ERROR] = do_log,
    [ACTION_TRACE] = do_log,
    [ACTION_REST_REQUEST] = do_rest,
};

static enum done perform(struct ctx *x, uint32_t run) {
  const struct act t = act_of(x, run);
  x->line = t.action.line;
  /* The compiler lets no action through that is not offered. */
  bt_check(actions[t.action.id] != NULL);
  const enum done done = actions[t.action.id](&t);
  x->line = 0;
  return done;
}

/* The oldest event that waits for its section; false if none does. */
static bool start_section(struct ctx *x, uint32_t run) {
  struct run *r = &x->e->runs[run];
  if (r->section_count == 0) {
    return false;
  }
  const struct run_section s = r->sections[0];
  r->section_count--;
  memmove(&r->sections[0], &r->sections[1],
          r->section_count * sizeof r->sections[0]);
  if (r->vm == NULL) {
    const enum bt_err err =
        image_load(&x->e->mem, r->program, r->image, &r->vm);
    bt_check(err == BT_ERR_OK);
  }
  const enum bt_err err = vm_start_section(r->vm, s.event, s.data);
  return err == BT_ERR_OK;
}

/* The running part is over: the script ends, or sleeps until an event. */
static void finish(struct ctx *x, uint32_t run) {
  const struct run *r = &x->e->runs[run];
  const struct live *l = engine_live(x->e, r->session);
  const bool listens = program_section_count(r->program) > 0;
  if (listens && l->s.status != SESSION_COMPLETED) {
    const struct nap nap = {.sleep = SLEEP_EVENTS};
    go_to_sleep(x, run, &nap);
    return;
  }
  script_stop(x, r->session, "finished");
}

static void show_line(struct ctx *x, uint32_t run) {
  const struct run *r = &x->e->runs[run];
  const struct engine_line line = {.at_us = x->now_us,
                                   .session = engine_live(x->e, r->session)->id,
                                   .vm = r->vm,
                                   .line = vm_line(r->vm)};
  x->e->watch(x->e->watch_ctx, &line);
}

void host_go(struct ctx *x, uint32_t run) {
  (void)start_section(x, run);
  const struct vm_env env = {.now_us = x->now_us,
                             .entropy = hash_u64(x->cmd->entropy[0] + run),
                             .trace = x->e->watch != NULL};
  for (;;) {
    const enum vm_status status = vm_run(x->e->runs[run].vm, &env);
    if (status == VM_LINE) {
      show_line(x, run);
      continue;
    }
    if (status == VM_ERROR) {
      script_failed(x, run);
      return;
    }
    if (status == VM_ACTION && perform(x, run) == DONE_ANSWERED) {
      continue;
    }
    /* It sleeps, or has ended: what happened meanwhile comes first. */
    if (start_section(x, run)) {
      continue;
    }
    if (status == VM_DONE) {
      finish(x, run);
    }
    return;
  }
}
