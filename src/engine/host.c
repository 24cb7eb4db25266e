/* What a script asks of the world, carried out by the same handlers that serve
 * REST: a script has no way around them. This file is the loop around them. */
#include <string.h>

#include "base/check.h"
#include "engine/debug_priv.h"
#include "engine/host_priv.h"

/* Sections that one run may begin within one step: one that answers its own
 * event would never come to an end. */
enum { SECTIONS_A_STEP = 256 };

static struct act act_of(struct ctx *x, uint32_t run) {
  const struct run *r = &x->e->runs[run];
  return (struct act){.x = x,
                      .run = run,
                      .slot = r->session,
                      .vm = r->vm,
                      .action = vm_action(r->vm)};
}

/* ---- actions */

static act_fn *const actions[ACTIONS] = {
    [ACTION_GET_SESSION_INFO] = host_session_info,
    [ACTION_TRANSFER] = host_transfer,
    [ACTION_REQ_AGENT] = host_req_agent,
    [ACTION_UPDATE_CONTACT] = host_update_contact,
    [ACTION_END_CONVERSATION] = host_end_conversation,
    [ACTION_HANGUP] = host_hangup,
    [ACTION_RELEASE] = host_release,
    [ACTION_WAIT_FOR] = host_wait_for,
    [ACTION_WAIT] = host_wait,
    [ACTION_SAY] = host_say,
    [ACTION_ASK] = host_ask,
    [ACTION_MENU] = host_menu,
    [ACTION_SIGNAL] = host_signal,
    [ACTION_SET_ATTRIBUTE] = host_set_attribute,
    [ACTION_SET_DISPOSITION] = host_set_disposition,
    [ACTION_GET_QUEUE_INFO] = host_queue_info,
    [ACTION_LOG] = host_log,
    [ACTION_LOG_INFO] = host_log,
    [ACTION_LOG_WARN] = host_log,
    [ACTION_LOG_ERROR] = host_log,
    [ACTION_TRACE] = host_log,
    [ACTION_REST_REQUEST] = host_rest,
    [ACTION_PLAY] = host_play,
    [ACTION_SCREEN_POP] = host_screen_pop,
    [ACTION_CALLBACK] = host_callback,
    [ACTION_BOT_EXCHANGE] = host_bot_exchange,
    [ACTION_CHECK_HOURS] = host_check_hours,
    [ACTION_RUN_SUB] = host_run_sub,
    [ACTION_RUN_SCRIPT] = host_run_script,
    [ACTION_SPAWN] = host_spawn,
};

static enum act_result perform(struct ctx *x, uint32_t run) {
  const struct act t = act_of(x, run);
  x->line = t.action.line;
  /* Each row of actions.def has its function above. */
  bt_check(actions[t.action.id] != NULL);
  const enum act_result result = actions[t.action.id](&t);
  x->line = 0;
  return result;
}

/* ---- waking */

static void answer_late(const struct act *t, enum sleep sleep) {
  switch (sleep) {
  case SLEEP_TIME:
    act_give_simple(t, 200, "The time is over.");
    break;
  case SLEEP_STATUS:
    act_give_simple(t, 408, "The session did not get the status in time.");
    break;
  case SLEEP_CUSTOMER:
    host_answer_silence(t);
    break;
  case SLEEP_REST:
    host_answer_rest(t, "timeout");
    break;
  case SLEEP_BOT:
    host_answer_bot(t, "The bot did not answer in time.");
    break;
  case SLEEP_NONE:
  case SLEEP_TRANSFER:
  case SLEEP_IDLE:
  case SLEEP_EVENTS:
  case SLEEP_DEBUGGER:
  case SLEEP_SUB:
  case SLEEPS:
    break;
  }
}

static void answer_status(const struct act *t) {
  const bool over =
      engine_live(t->x->e, act_subject(t))->s.status == SESSION_COMPLETED &&
      !run_step(t->x, &t->x->e->runs[t->run])->reached;
  act_give_simple(t, over ? 409 : 200,
                  over ? "The session is completed."
                       : "The session has the status.");
}

static void answer_sleep(const struct act *t, enum sleep sleep) {
  switch (sleep) {
  case SLEEP_TRANSFER:
    host_answer_transfer(t);
    break;
  case SLEEP_IDLE:
    host_answer_idle(t);
    break;
  case SLEEP_CUSTOMER:
    host_answer_question(t);
    break;
  case SLEEP_STATUS:
    answer_status(t);
    break;
  case SLEEP_SUB:
    host_answer_sub(t);
    break;
  case SLEEP_NONE:
  case SLEEP_TIME:
  case SLEEP_REST:
  case SLEEP_BOT:
  case SLEEP_EVENTS:
  case SLEEP_DEBUGGER:
  case SLEEPS:
    break;
  }
}

void host_answer(struct ctx *x, uint32_t run, enum sleep sleep, bool late) {
  const struct act t = act_of(x, run);
  x->line = t.action.line;
  if (late) {
    answer_late(&t, sleep);
  } else {
    answer_sleep(&t, sleep);
  }
  x->line = 0;
}

void host_turn(struct ctx *x, uint32_t run, struct text answer) {
  const struct act t = act_of(x, run);
  host_take_turn(&t, answer);
}

void host_question(struct ctx *x, uint32_t run) {
  struct run *r = &x->e->runs[run];
  run_load(x->e, r);
  if (r->foreign) {
    host_go(x, run);
    return;
  }
  const struct act t = act_of(x, run);
  if (r->sleep == SLEEP_REST) {
    host_call_again(&t);
  } else {
    host_ask_again(&t);
  }
  vm_free(r->vm);
  r->vm = NULL;
}

/* ---- sections */

enum section { SECTION_NONE, SECTION_BEGUN, SECTION_FAILED };

static enum section fail_section(struct ctx *x, uint32_t run, const char *slug,
                                 struct text why) {
  const struct vm_failure f = {
      .slug = slug, .line = vm_line(x->e->runs[run].vm), .message = why};
  script_failed(x, run, &f);
  return SECTION_FAILED;
}

static struct run_section take_section(struct run_step *step) {
  const struct run_section s = step->sections[0];
  step->section_count--;
  memmove(&step->sections[0], &step->sections[1],
          step->section_count * sizeof step->sections[0]);
  return s;
}

/* The oldest event that waits gets its section. */
static enum section begin_section(struct ctx *x, uint32_t run) {
  struct run *r = &x->e->runs[run];
  struct run_step *step = run_step(x, r);
  if (step->section_count == 0) {
    return SECTION_NONE;
  }
  const struct run_section s = take_section(step);
  if (r->vm == NULL) {
    run_load(x->e, r);
    host_show(x, run, ENGINE_MOMENT_LOADED);
  }
  r->after_end = engine_live(x->e, r->session)->s.status == SESSION_COMPLETED;
  if (++step->sections_begun > SECTIONS_A_STEP) {
    return fail_section(x, run, "endless-events",
                        ctx_format(x,
                                   "ON %.*s answers its own event: %d events "
                                   "at one moment",
                                   TEXT_ARG(s.event), SECTIONS_A_STEP));
  }
  if (vm_start_section(r->vm, s.event, s.data) != BT_ERR_OK) {
    return fail_section(
        x, run, "too-much-data",
        ctx_format(x, "no room for the data of ON %.*s", TEXT_ARG(s.event)));
  }
  return SECTION_BEGUN;
}

/* ---- the loop */

/* The running part is over: the script returns to who called it, ends, or
 * listens for events. What it held it gives up, since nobody knows whether one
 * will come. */
static void finish(struct ctx *x, uint32_t run) {
  const struct run *r = &x->e->runs[run];
  const uint32_t slot = r->session;
  const struct live *l = engine_live(x->e, slot);
  const bool listens = program_section_count(r->program) > 0;
  const struct act t = {.x = x, .run = run, .slot = slot, .vm = r->vm};
  if (r->parent != 0) {
    host_return(&t);
    return;
  }
  if (!listens || l->s.status == SESSION_COMPLETED) {
    script_finish(x, run, "finished");
    return;
  }
  const struct nap nap = {.sleep = SLEEP_EVENTS};
  if (engine_run(x->e, l) == r) {
    script_give_up(x, slot);
  }
  act_sleep(&t, &nap);
}

void host_show(struct ctx *x, uint32_t run, enum engine_moment moment) {
  const struct run *r = &x->e->runs[run];
  debug_look(x, run, moment);
  if (x->e->watch == NULL) {
    return;
  }
  const struct engine_look look = {.moment = moment,
                                   .at_us = x->now_us,
                                   .began_us = r->slept_us == 0 ? x->now_us
                                                                : r->slept_us,
                                   .session = engine_live(x->e, r->session)->id,
                                   .script = x->e->dir.scripts[r->script].name,
                                   .vm = r->vm};
  x->e->watch(x->e->watch_ctx, &look);
}

/* Fresh entropy: the VM begins its random numbers anew with it. Not so behind a
 * line that was only shown, or a trace would change what it traces. */
static uint64_t new_entropy(struct ctx *x) {
  return hash_u64(x->cmd->entropy[0] + x->ids++);
}

/* To its next action or end, showing each line on the way; or to the line
 * before which its debugger has it stand still: VM_LINE. */
static enum vm_status run_on(struct ctx *x, uint32_t run) {
  struct vm_env env = {.now_us = x->now_us,
                       .zone = x->e->zone,
                       .entropy = new_entropy(x),
                       .trace = x->e->watch != NULL ||
                                x->e->runs[run].debug != NULL};
  enum vm_status status;
  host_show(x, run, ENGINE_MOMENT_GO_ON);
  do {
    status = vm_run(x->e->runs[run].vm, &env);
    host_show(x, run,
              status == VM_LINE     ? ENGINE_MOMENT_LINE
              : status == VM_ACTION ? ENGINE_MOMENT_ACTION
                                    : ENGINE_MOMENT_END);
  } while (status == VM_LINE && !debug_pauses(x, run));
  return status;
}

/* A script that was given more than it has room for does not begin, and one
 * that cannot be read does not go on. */
static bool is_unfit(struct ctx *x, uint32_t run) {
  const struct run *r = &x->e->runs[run];
  if (r->foreign) {
    (void)fail_section(x, run, "other-version",
                       TEXT("another version of Baton put this script to "
                            "sleep, and this one cannot wake it"));
    return true;
  }
  if (!r->overfull) {
    return false;
  }
  (void)fail_section(x, run, "too-much-data",
                     TEXT("no room for what the script was given"));
  return true;
}

void host_go(struct ctx *x, uint32_t run) {
  if (is_unfit(x, run)) {
    return;
  }
  enum section section = begin_section(x, run);
  while (section != SECTION_FAILED) {
    const enum vm_status status = run_on(x, run);
    if (status == VM_ERROR) {
      const struct vm_failure f = vm_failure(x->e->runs[run].vm);
      script_failed(x, run, &f);
      return;
    }
    const enum act_result did =
        status == VM_ACTION ? perform(x, run) : ACT_SLEEPS;
    if (did == ACT_ANSWERED) {
      continue;
    }
    if (did == ACT_REPLACED) {
      return;
    }
    /* It sleeps, or has ended: what happened meanwhile comes first. */
    section = begin_section(x, run);
    if (section == SECTION_NONE) {
      if (status == VM_DONE) {
        finish(x, run);
      }
      return;
    }
  }
}
