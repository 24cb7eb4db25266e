/* Going on, forward and back.
 *
 * Behind the present there is the record: going forward in it shows what was,
 * until the present is reached. Only there does the script run on. */
#include <string.h>

#include "cli/dap.h"

enum move { MOVE_NONE, MOVE_STEP, MOVE_BREAKPOINT, MOVE_END };

static bool is_present(const struct dap *d) {
  return d->at + 1 >= d->state_count;
}

static size_t depth_here(const struct dap *d) {
  return d->vm == NULL ? 0 : debug_depth(d->vm);
}

static bool is_at_breakpoint(const struct dap *d) {
  return d->vm != NULL && inspect_frame_count(d->vm) > 0 &&
         debug_is_line_start(d->vm) && dap_is_breakpoint(d, d->vm);
}

/* Does the state at hand end the move? */
static bool ends_here(const struct dap *d, enum debug_step step, size_t depth) {
  return d->vm != NULL && inspect_frame_count(d->vm) > 0 &&
         (debug_step_ends(step, depth, d->vm) || is_at_breakpoint(d));
}

/* Forward in the record. False: the present is reached, and is where a step
 * that does not end there goes on from. */
static bool forward(struct dap *d, enum debug_step step) {
  const size_t depth = depth_here(d);
  while (!is_present(d)) {
    d->at++;
    if (dap_open(d) && (is_present(d) || ends_here(d, step, depth))) {
      return !is_present(d) || step != DEBUG_STEP_CONTINUE ||
             is_at_breakpoint(d);
    }
  }
  return false;
}

static void run_on(struct dap *d, enum debug_step step) {
  struct record args;
  dap_close(d);
  record_init(&args, COMMAND_DEBUG_STEP);
  record_set_text(&args, FIELD_STEP, text_from(debug_step_name(step)));
  d->paused = false;
  (void)world_debug(d->world, &args);
}

static void go(struct dap *d, const struct dap_request *r,
               enum debug_step step) {
  if (!d->paused) {
    dap_refuse(d, r, "nothing stands still that could go on");
    return;
  }
  struct json_out o = dap_begin_answer(d, r);
  if (step == DEBUG_STEP_CONTINUE) {
    json_key(&o, "allThreadsContinued");
    json_put_bool(&o, true);
  }
  dap_end(d, &o);
  if (forward(d, step)) {
    dap_stopped(d, is_at_breakpoint(d) ? "breakpoint" : "step", "");
  } else {
    run_on(d, step);
  }
}

void dap_do_continue(struct dap *d, const struct dap_request *r) {
  go(d, r, DEBUG_STEP_CONTINUE);
}

void dap_do_next(struct dap *d, const struct dap_request *r) {
  go(d, r, DEBUG_STEP_OVER);
}

void dap_do_step_in(struct dap *d, const struct dap_request *r) {
  go(d, r, DEBUG_STEP_IN);
}

void dap_do_step_out(struct dap *d, const struct dap_request *r) {
  go(d, r, DEBUG_STEP_OUT);
}

/* ---- back */

static bool may_go_back(struct dap *d, const struct dap_request *r) {
  if (!d->paused || d->at == 0 || d->state_count == 0) {
    dap_refuse(d, r,
               d->paused ? "the record begins here"
                         : "nothing stands still that could go back");
    return false;
  }
  return true;
}

void dap_do_step_back(struct dap *d, const struct dap_request *r) {
  if (!may_go_back(d, r)) {
    return;
  }
  dap_answer(d, r);
  d->at--;
  (void)dap_open(d);
  dap_stopped(d, "step", "");
}

void dap_do_reverse_continue(struct dap *d, const struct dap_request *r) {
  if (!may_go_back(d, r)) {
    return;
  }
  dap_answer(d, r);
  do {
    d->at--;
    (void)dap_open(d);
  } while (d->at > 0 && !is_at_breakpoint(d));
  dap_stopped(d, is_at_breakpoint(d) ? "breakpoint" : "step",
              is_at_breakpoint(d) ? "" : "the record begins here");
}

void dap_do_pause(struct dap *d, const struct dap_request *r) {
  struct record args;
  dap_answer(d, r);
  if (d->world == NULL || d->paused) {
    return;
  }
  record_init(&args, COMMAND_DEBUG_STEP);
  record_set_text(&args, FIELD_STEP, TEXT("pause"));
  (void)world_debug(d->world, &args);
}
