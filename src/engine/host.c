/* What a script asks of the world, carried out by the same handlers that serve
 * REST: a script has no way around them. This file is the loop around them. */
#include <string.h>

#include "base/check.h"
#include "engine/host_priv.h"

/* Sections that one run may begin within one step: one that answers its own
 * event would never come to an end. */
enum { SECTIONS_A_STEP = 32 };

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
};

static enum act_result perform(struct ctx *x, uint32_t run) {
  const struct act t = act_of(x, run);
  x->line = t.action.line;
  /* The compiler lets no action through that is not offered. */
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
    act_give_simple(t, 408, "The customer did not answer in time.");
    break;
  case SLEEP_REST:
    host_answer_rest(t, "timeout");
    break;
  case SLEEP_NONE:
  case SLEEP_TRANSFER:
  case SLEEP_IDLE:
  case SLEEP_EVENTS:
  case SLEEPS:
    break;
  }
}

static void answer_status(const struct act *t) {
  const struct run *r = &t->x->e->runs[t->run];
  const bool over =
      engine_live(t->x->e, t->slot)->s.status == SESSION_COMPLETED &&
      !r->reached;
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
  case SLEEP_NONE:
  case SLEEP_TIME:
  case SLEEP_REST:
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
  } else {
    answer_sleep(&t, sleep);
  }
  x->line = 0;
}

void host_recover(struct ctx *x, uint32_t run) {
  struct run *r = &x->e->runs[run];
  run_load(x->e, r);
  const struct act t = act_of(x, run);
  host_call_again(&t);
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

static struct run_section take_section(struct run *r) {
  const struct run_section s = r->sections[0];
  r->section_count--;
  memmove(&r->sections[0], &r->sections[1],
          r->section_count * sizeof r->sections[0]);
  return s;
}

/* The oldest event that waits gets its section. */
static enum section begin_section(struct ctx *x, uint32_t run) {
  struct run *r = &x->e->runs[run];
  if (r->section_count == 0) {
    return SECTION_NONE;
  }
  const struct run_section s = take_section(r);
  if (r->vm == NULL) {
    run_load(x->e, r);
  }
  if (r->sections_step != x->out->seq) {
    r->sections_step = x->out->seq;
    r->sections_begun = 0;
  }
  if (++r->sections_begun > SECTIONS_A_STEP) {
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

/* The running part is over: the script ends, or listens for events. What it
 * held it gives up, since nobody knows whether one will come. */
static void finish(struct ctx *x, uint32_t run) {
  const struct run *r = &x->e->runs[run];
  const uint32_t slot = r->session;
  const bool listens = program_section_count(r->program) > 0;
  if (!listens || engine_live(x->e, slot)->s.status == SESSION_COMPLETED) {
    script_stop(x, slot, "finished");
    return;
  }
  const struct act t = {.x = x, .run = run, .slot = slot, .vm = r->vm};
  const struct nap nap = {.sleep = SLEEP_EVENTS};
  script_give_up(x, slot);
  act_sleep(&t, &nap);
}

static void show_line(struct ctx *x, uint32_t run) {
  const struct run *r = &x->e->runs[run];
  const struct engine_line line = {.at_us = x->now_us,
                                   .session = engine_live(x->e, r->session)->id,
                                   .vm = r->vm,
                                   .line = vm_line(r->vm)};
  x->e->watch(x->e->watch_ctx, &line);
}

/* To its next line, action or end. Fresh entropy each time: the VM begins its
 * random numbers anew with it. */
static enum vm_status run_on(struct ctx *x, uint32_t run) {
  const struct vm_env env = {.now_us = x->now_us,
                             .entropy = hash_u64(x->cmd->entropy[0] + x->ids++),
                             .trace = x->e->watch != NULL};
  return vm_run(x->e->runs[run].vm, &env);
}

void host_go(struct ctx *x, uint32_t run) {
  enum section section = begin_section(x, run);
  while (section != SECTION_FAILED) {
    const enum vm_status status = run_on(x, run);
    if (status == VM_LINE) {
      show_line(x, run);
      continue;
    }
    if (status == VM_ERROR) {
      const struct vm_failure f = vm_failure(x->e->runs[run].vm);
      script_failed(x, run, &f);
      return;
    }
    if (status == VM_ACTION && perform(x, run) == ACT_ANSWERED) {
      continue;
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
