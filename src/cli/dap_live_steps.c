/* Going on in a session on a running server, forward and back. */
#include <stdio.h>

#include "cli/dap_live.h"

static bool ask_step(struct dap *d, const char *step) {
  char body[64];
  (void)snprintf(body, sizeof body, "{\"step\":\"%s\"}", step);
  return live_ask_session(d, NULL, HTTP_POST, "/debugger/step",
                          text_from(body));
}

/* Behind the present there is the record: going forward in it shows what was.
 * The answer leaves before the server is asked, which may stop again at once.
 */
static void go(struct dap *d, const struct dap_request *r, const char *step,
               size_t forward) {
  struct dap_live *l = d->live;
  if (!d->paused) {
    dap_refuse(d, r, "nothing stands still that could go on");
    return;
  }
  dap_answer(d, r);
  if (l->back > 0) {
    l->back -= forward < l->back ? forward : l->back;
    live_stopped(d, "step", "");
    return;
  }
  d->paused = false;
  dap_close(d);
  l->frames = NULL;
  if (!ask_step(d, step)) {
    dap_tell(d, "stderr", TEXT("the server did not let the script go on"), 0);
  }
}

void dap_live_continue(struct dap *d, const struct dap_request *r) {
  go(d, r, "continue", SIZE_MAX);
}

void dap_live_next(struct dap *d, const struct dap_request *r) {
  go(d, r, "over", 1);
}

void dap_live_step_in(struct dap *d, const struct dap_request *r) {
  go(d, r, "in", 1);
}

void dap_live_step_out(struct dap *d, const struct dap_request *r) {
  go(d, r, "out", 1);
}

static void go_back(struct dap *d, const struct dap_request *r, size_t lines) {
  struct dap_live *l = d->live;
  const size_t most = live_lines_back(l);
  if (!d->paused || l->back >= most) {
    dap_refuse(d, r,
               d->paused ? "the record begins here"
                         : "nothing stands still that could go back");
    return;
  }
  dap_answer(d, r);
  l->back = lines < most - l->back ? l->back + lines : most;
  live_stopped(d, "step", l->back == most ? "the record begins here" : "");
}

void dap_live_step_back(struct dap *d, const struct dap_request *r) {
  go_back(d, r, 1);
}

void dap_live_reverse_continue(struct dap *d, const struct dap_request *r) {
  go_back(d, r, SIZE_MAX);
}

void dap_live_pause(struct dap *d, const struct dap_request *r) {
  dap_answer(d, r);
  if (!d->paused) {
    (void)ask_step(d, "pause");
  }
}
