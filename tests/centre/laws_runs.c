/* laws_runs.c - what must hold for the scripts of a session. */
#include "laws_priv.h"

bool laws_timer_runs(const struct engine *e, uint32_t timer,
                     enum timer_kind kind, uint32_t owner) {
  if (timer == TIMER_NONE) {
    return false;
  }
  const struct timer *t = timers_get(&e->timers, timer);
  return t->kind == kind && t->owner == owner;
}

static bool run_can_go_on(const struct engine *e, const struct live *l,
                          uint32_t run) {
  if (run == SESSION_NOBODY) {
    return false;
  }
  const struct run *r = &e->runs[run];
  switch ((enum sleep)r->sleep) {
  case SLEEP_TIME:
  case SLEEP_STATUS:
  case SLEEP_CUSTOMER:
  case SLEEP_REST:
  case SLEEP_BOT:
  case SLEEP_DEBUGGER:
    return laws_timer_runs(e, r->timer, TIMER_RUN, run);
  case SLEEP_TRANSFER:
    return l->s.waits != SESSION_WAIT_NONE;
  case SLEEP_IDLE:
    return l->s.holder == SESSION_HOLDER_BOT;
  case SLEEP_SUB: /* the innermost is what goes on */
    while (run_called_by(e, l, e->runs[run].number) != SESSION_NOBODY) {
      run = run_called_by(e, l, e->runs[run].number);
    }
    return e->runs[run].sleep != SLEEP_SUB && run_can_go_on(e, l, run);
  case SLEEP_NONE:
  case SLEEP_EVENTS:
  case SLEEPS:
    break;
  }
  return false;
}

bool laws_own_script_can_go_on(const struct engine *e, const struct live *l) {
  const struct run *own = engine_run(e, l);
  return own != NULL && run_can_go_on(e, l, run_find(e, l, own->number));
}

/* What is left when a session is over waits for a time or an answer. */
bool laws_rest_can_go_on(const struct engine *e, const struct live *l) {
  for (uint32_t run = l->run; run != SESSION_NOBODY; run = e->runs[run].next) {
    if (!e->runs[run].after_end || !run_can_go_on(e, l, run)) {
      return false;
    }
  }
  return true;
}

/* Each is the session's, in the order of numbers, and nobody calls in vain. */
bool laws_runs_sleep(const struct engine *e, uint32_t slot,
                     const struct live *l) {
  uint64_t last = 0;
  for (uint32_t run = l->run; run != SESSION_NOBODY; run = e->runs[run].next) {
    const struct run *r = &e->runs[run];
    const bool waits = r->step_number == e->seq && r->step.section_count > 0;
    if (r->vm != NULL || waits || r->session != slot || r->number <= last ||
        (r->sleep == SLEEP_SUB) !=
            (run_called_by(e, l, r->number) != SESSION_NOBODY)) {
      return false;
    }
    last = r->number;
  }
  return true;
}
