/* The play: the world goes on until its script stands still, and waits there
 * for the client. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/dap.h"
#include "cli/siblings.h"

/* ---- what happens */

void dap_add_thread(struct dap *d, uint64_t run, struct text name) {
  if (d->thread_count < DAP_THREADS_MAX) {
    struct dap_thread *t = &d->threads[d->thread_count++];
    t->run = run;
    (void)snprintf(t->name, sizeof t->name, "%.*s", TEXT_ARG(name));
  }
}

static void add_thread(struct dap *d, const struct record *ev) {
  const struct engine *e = domain_engine(world_domain(d->world));
  const struct directory *dir = engine_directory(e);
  const uint32_t script = (uint32_t)record_num(ev, FIELD_SCRIPT);
  if (script >= dir->script_count) {
    return;
  }
  const struct text name = dir->scripts[script].name;
  size_t from = name.len;
  while (from > 0 && name.ptr[from - 1] != '/') {
    from--;
  }
  dap_add_thread(d, (uint64_t)record_num(ev, FIELD_RUN),
                 text_sub(name, from, name.len));
}

static void tell_thread(struct dap *d, uint64_t run, const char *reason) {
  struct json_out o = dap_begin_event(d, "thread");
  json_key(&o, "reason");
  json_put_text(&o, text_from(reason));
  json_key(&o, "threadId");
  json_put_u64(&o, run);
  dap_end(d, &o);
}

void dap_remove_thread(struct dap *d, uint64_t run) {
  for (size_t i = 0; i < d->thread_count; i++) {
    if (d->threads[i].run == run) {
      d->threads[i] = d->threads[--d->thread_count];
      tell_thread(d, run, "exited");
      return;
    }
  }
}

static void tell_failure(struct dap *d, const struct record *ev) {
  char text[1200];
  (void)snprintf(text, sizeof text, "%s:%u:%u: error: %.*s", d->path,
                 (unsigned)record_num(ev, FIELD_LINE),
                 (unsigned)record_num(ev, FIELD_COLUMN),
                 TEXT_ARG(record_text(ev, FIELD_DETAIL)));
  dap_tell(d, "stderr", text_from(text), (uint32_t)record_num(ev, FIELD_LINE));
  d->exit_code = CLI_FAILED;
}

static void tell_log(struct dap *d, const struct record *ev) {
  enum { LEVEL_WARN = 3 };
  dap_tell(d, record_num(ev, FIELD_LEVEL) >= LEVEL_WARN ? "stderr" : "stdout",
           record_text(ev, FIELD_TEXT), (uint32_t)record_num(ev, FIELD_LINE));
}

static void note_pause(struct dap *d, const struct record *ev) {
  const struct text reason = record_text(ev, FIELD_REASON);
  (void)snprintf(d->reason, sizeof d->reason, "%.*s", TEXT_ARG(reason));
}

static void on_event(void *ctx, const struct record *ev) {
  struct dap *d = ctx;
  dap_note(d, ev);
  switch (ev->type) {
  case EVENT_SCRIPT_STARTED:
    add_thread(d, ev);
    tell_thread(d, (uint64_t)record_num(ev, FIELD_RUN), "started");
    break;
  case EVENT_SCRIPT_ENDED:
    dap_remove_thread(d, (uint64_t)record_num(ev, FIELD_RUN));
    break;
  case EVENT_SCRIPT_FAILED:
    tell_failure(d, ev);
    dap_remove_thread(d, (uint64_t)record_num(ev, FIELD_RUN));
    break;
  case EVENT_SCRIPT_SLEPT:
    note_pause(d, ev);
    break;
  case EVENT_LOGGED:
    tell_log(d, ev);
    break;
  default:
    break;
  }
}

/* ---- standing still */

void dap_stopped(struct dap *d, const char *reason, const char *text) {
  struct json_out o = dap_begin_event(d, "stopped");
  json_key(&o, "reason");
  json_put_text(&o, text_from(reason));
  if (text[0] != '\0') {
    json_key(&o, "text");
    json_put_text(&o, text_from(text));
    json_key(&o, "description");
    json_put_text(&o, text_from(text));
  }
  json_key(&o, "threadId");
  const uint64_t played = d->at < d->state_count ? d->states[d->at].run : 0;
  json_put_u64(&o, d->live == NULL ? played : dap_live_run_at_hand(d));
  json_key(&o, "allThreadsStopped");
  json_put_bool(&o, true);
  dap_end(d, &o);
}

/* "breakpoint; its condition cannot …" is shown whole, and is a breakpoint. */
static void tell_stopped(struct dap *d) {
  const struct text reason = text_from(d->reason);
  const bool breakpoint = text_starts(reason, TEXT("breakpoint"));
  const bool plain = text_equal(reason, TEXT("breakpoint"));
  dap_stopped(d, breakpoint ? "breakpoint" : d->reason,
              breakpoint && !plain ? d->reason : "");
}

static bool is_paused(const struct dap *d) {
  const struct engine *e = domain_engine(world_domain(d->world));
  uint32_t slot;
  return engine_find(e, world_session(d->world), &slot) &&
         engine_paused_run(e, slot) != 0;
}

/* Before the world's time goes on. A script that stands still stops it. */
static bool before_time(void *ctx) {
  struct dap *d = ctx;
  while (!d->over && !d->ended && is_paused(d)) {
    if (!d->paused) {
      d->paused = true;
      d->at = d->state_count == 0 ? 0 : d->state_count - 1;
      (void)dap_open(d);
      tell_stopped(d);
    }
    (void)dap_serve(d, RPC_WAIT_FOREVER);
  }
  d->paused = false;
  while (!d->over && !d->ended && dap_serve(d, 0)) {
  }
  return !d->over && !d->ended;
}

static void on_open(void *ctx, struct record *args) {
  struct dap *d = ctx;
  if (d->no_debug) {
    return;
  }
  dap_put_wishes(d, args, &d->wishes);
  if (d->stop_on_entry) {
    record_set_text(args, FIELD_STEP, TEXT("pause"));
  }
}

/* ---- the whole */

void dap_tell_terminated(struct dap *d) {
  struct json_out o = dap_begin_event(d, "terminated");
  dap_end(d, &o);
}

static void tell_end(struct dap *d) {
  struct json_out o = dap_begin_event(d, "exited");
  json_key(&o, "exitCode");
  json_put_i64(&o, d->exit_code);
  dap_end(d, &o);
  dap_tell_terminated(d);
}

void dap_play(struct dap *d) {
  const struct world_options options = {.seed = 1,
                                        .ctx = d,
                                        .on_event = on_event,
                                        .on_open = on_open,
                                        .before_time = before_time};
  if (world_create(d->played, &options, &d->world) != BT_ERR_OK) {
    dap_tell(d, "stderr", TEXT("not enough memory for the world"), 0);
    d->exit_code = CLI_FAILED;
  } else {
    if (scenario_wants_siblings(d->played)) {
      siblings_publish(d->world, d->path);
    }
    world_play(d->world);
  }
  d->ended = true;
  dap_close(d);
  tell_end(d);
}
