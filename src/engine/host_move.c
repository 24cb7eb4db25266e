/* Actions that move a session or end the part of who holds it. */
#include "base/check.h"
#include "engine/form.h"
#include "engine/host_priv.h"

/* ---- transfers */

static bool read_options(const struct act *t, unsigned i, struct record *args,
                         struct answer *a) {
  if (!act_has(t, i)) {
    return true;
  }
  struct form_error error;
  const enum vm_kind kind = vm_arg_kind(t->vm, i);
  const bool good = kind == VM_KIND_OBJECT
                        ? form_read_json(COMMAND_TRANSFER, act_json(t, i),
                                         ctx_arena(t->x), args, &error)
                        : form_read_options(COMMAND_TRANSFER, act_text(t, i),
                                            ctx_arena(t->x), args, &error);
  if (!good) {
    act_refuse_form(t, COMMAND_TRANSFER, &error, a);
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
  if (!act_find_session(t, 0, slot, a) || !read_options(t, 2, args, a)) {
    return false;
  }
  record_set_text(args, FIELD_TARGET, act_text(t, 1));
  return true;
}

enum act_result host_do_transfer(const struct act *t, const struct record *args,
                                 uint32_t slot) {
  struct answer a = {0};
  ctx_do(t->x, slot, args, &a);
  const bool async = record_num(args, FIELD_ASYNC) != 0;
  if (a.code == 202 && !async && act_may_watch(t, slot)) {
    const struct nap nap = {
        .sleep = SLEEP_TRANSFER, .transfer = a.waits, .subject = slot};
    return act_sleep(t, &nap);
  }
  return act_give(t, &a);
}

enum act_result host_transfer(const struct act *t) {
  struct record args;
  struct answer a = {0};
  uint32_t slot;
  if (!read_transfer(t, &args, &slot, &a)) {
    return act_give(t, &a);
  }
  return host_do_transfer(t, &args, slot);
}

/* ---- ending the holder's part */

static bool bot_has_it(const struct live *l) {
  return l->s.holder == SESSION_HOLDER_BOT || l->s.status == SESSION_PENDING;
}

enum act_result host_end_conversation(const struct act *t) {
  struct answer a = {0};
  uint32_t slot;
  if (!act_find_session(t, 0, &slot, &a)) {
    return act_give(t, &a);
  }
  const struct live *l = engine_live(t->x->e, slot);
  if (!bot_has_it(l) && l->s.status != SESSION_ACTIVE &&
      l->s.status != SESSION_WRAPUP && l->s.status != SESSION_COMPLETED) {
    return act_give_simple(t, 200, "No bot holds the session.");
  }
  struct record args;
  record_init(&args, COMMAND_RELEASE);
  ctx_do(t->x, slot, &args, &a);
  if (a.refusal == REFUSAL_NONE && bot_has_it(l) && act_may_watch(t, slot)) {
    const struct nap nap = {
        .sleep = SLEEP_IDLE, .epoch = l->s.epoch, .subject = slot};
    return act_sleep(t, &nap);
  }
  return act_give(t, &a);
}

/* A command without members, about the session that argument 0 names. */
static enum act_result end_part(const struct act *t, enum command_type type) {
  struct answer a = {0};
  uint32_t slot;
  struct record args;
  record_init(&args, type);
  return act_find_session(t, 0, &slot, &a) ? act_do(t, slot, &args)
                                           : act_give(t, &a);
}

enum act_result host_hangup(const struct act *t) {
  return end_part(t, COMMAND_HANGUP);
}

enum act_result host_release(const struct act *t) {
  return end_part(t, COMMAND_RELEASE);
}

/* ---- answers after a sleep */

void host_answer_transfer(const struct act *t) {
  struct answer a = {0};
  struct record args;
  uint32_t slot = t->slot;
  /* It was read when the run fell asleep; under an earlier version it may have
   * held what is refused now, and what it began is over all the same. */
  const bool own = t->action.id == ACTION_TRANSFER
                       ? read_transfer(t, &args, &slot, &a)
                       : host_read_req_agent(t, &args, &a);
  if (!own) {
    record_init(&args, COMMAND_TRANSFER);
  }
  answer_outcome(t->x, act_subject(t), &args, &a);
  act_give(t, &a);
}

void host_answer_idle(const struct act *t) {
  const uint32_t slot = act_subject(t);
  const enum refusal why = REFUSAL_SESSION_ENDED;
  struct answer a = {0};
  if (engine_live(t->x->e, slot)->s.status == SESSION_COMPLETED) {
    answer_refuse(t->x, slot, why, refusal_detail(t->x, slot, why), &a);
  } else {
    answer_session(t->x, slot, 200, "The bot's part is over.", &a);
  }
  act_give(t, &a);
}
