/* Runs of scripts: when they begin, what they sleep for, what wakes them.
 *
 * A run that sleeps is an image; it becomes a VM again only for the step in
 * which it goes on. So what is in the journal and what is in memory are the
 * same thing, and a restart changes nothing. */
#include "base/check.h"
#include "engine/engine_priv.h"
#include "studio/image.h"

struct run *engine_run(const struct engine *e, const struct live *l) {
  return l->run == SESSION_NOBODY ? NULL : &e->runs[l->run];
}

const struct program *engine_program(const struct engine *e, uint64_t hash) {
  for (size_t i = 0; i < e->version_count; i++) {
    if (e->versions[i].hash == hash) {
      return e->versions[i].program;
    }
  }
  return NULL;
}

const struct program *engine_version(struct engine *e, struct text name,
                                     struct text source) {
  for (size_t i = 0; i < e->version_count; i++) {
    if (text_equal(program_source(e->versions[i].program), source)) {
      return e->versions[i].program;
    }
  }
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, &e->mem);
  const enum bt_err err =
      program_compile(&e->mem, name, source, &diags, &program);
  diagnostics_free(&diags);
  if (err != BT_ERR_OK) {
    return NULL;
  }
  const bool room = mem_grow(&e->mem, &e->versions, &e->version_cap,
                             e->version_count + 1, sizeof *e->versions);
  bt_check(room);
  e->versions[e->version_count++] =
      (struct version){program, program_hash(program)};
  return program;
}

/* ---- folding */

static uint32_t new_run(struct engine *e) {
  for (uint32_t i = e->run_hint; i < e->run_used; i++) {
    if (e->runs[i].session == SESSION_NOBODY) {
      e->run_hint = i + 1;
      return i;
    }
  }
  e->run_hint = (uint32_t)e->run_used;
  const bool room = mem_grow(&e->mem, &e->runs, &e->run_cap, e->run_used + 1,
                             sizeof *e->runs);
  bt_check(room);
  return (uint32_t)e->run_used++;
}

void run_free(struct engine *e, uint32_t run) {
  struct run *r = &e->runs[run];
  timers_stop(&e->timers, r->timer);
  live_own(&e->mem, &r->image, TEXT(""));
  vm_free(r->vm);
  e->lives[r->session]->run = SESSION_NOBODY;
  *r = (struct run){.session = SESSION_NOBODY};
  e->run_hint = run < e->run_hint ? run : e->run_hint;
}

static void fold_started(struct engine *e, uint32_t slot,
                         const struct record *ev) {
  struct live *l = e->lives[slot];
  const uint32_t run = new_run(e);
  l->run = run;
  e->runs[run] = (struct run){.number = (uint64_t)record_num(ev, FIELD_RUN),
                              .session = slot,
                              .script = (uint32_t)record_num(ev, FIELD_SCRIPT)};
  e->runs[run].program =
      engine_program(e, (uint64_t)record_num(ev, FIELD_PROGRAM));
  bt_check(e->runs[run].program != NULL);
}

static void fold_slept(struct engine *e, uint32_t slot,
                       const struct record *ev) {
  struct live *l = e->lives[slot];
  struct run *r = &e->runs[l->run];
  r->sleep = (uint8_t)record_num(ev, FIELD_SLEEP);
  r->wake_us = record_num(ev, FIELD_WAKE);
  r->transfer = (uint64_t)record_num(ev, FIELD_TRANSFER);
  r->status = (uint32_t)record_num(ev, FIELD_FROM_STATUS);
  r->seen = (uint32_t)record_num(ev, FIELD_SEEN);
  r->epoch = (uint32_t)record_num(ev, FIELD_EPOCH);
  r->reached = false;
  live_own(&e->mem, &r->image, record_text(ev, FIELD_IMAGE));
  timers_stop(&e->timers, r->timer);
  r->timer = TIMER_NONE;
  if (r->wake_us != 0) {
    r->timer =
        timers_start(&e->timers, (struct timer){.deadline_us = r->wake_us,
                                                .kind = TIMER_RUN,
                                                .owner = l->run});
    bt_check(r->timer != TIMER_NONE);
  }
}

void run_apply(struct engine *e, const struct record *ev) {
  uint32_t slot = SESSION_NOBODY;
  const bool there = engine_find(e, record_id(ev, FIELD_SESSION), &slot);
  bt_check(there);
  if (ev->type == EVENT_SCRIPT_STARTED) {
    fold_started(e, slot, ev);
  } else if (ev->type == EVENT_SCRIPT_SLEPT) {
    fold_slept(e, slot, ev);
  } else {
    run_free(e, e->lives[slot]->run);
  }
}

/* ---- beginning */

static struct text script_name(const struct engine *e, const struct run *r) {
  return e->dir.scripts[r->script].name;
}

/* The run acts in its own name from here on. */
static struct caller act_as(struct ctx *x, const struct run *r) {
  const struct caller before = x->by;
  x->by = (struct caller){.role = ROLE_SCRIPT,
                          .number = r->script,
                          .name = script_name(x->e, r),
                          .request = x->cmd->by.request};
  return before;
}

void script_begin(struct ctx *x, uint32_t slot, uint32_t script, bool holds) {
  struct engine *e = x->e;
  struct record ev;
  ctx_event(x, &ev, EVENT_SCRIPT_STARTED, slot);
  record_set_num(&ev, FIELD_RUN, (int64_t)e->next_run);
  record_set_num(&ev, FIELD_SCRIPT, script);
  record_set_num(&ev, FIELD_PROGRAM, (int64_t)e->dir.scripts[script].hash);
  emit(x, &ev);
  if (holds) {
    const struct session_cmd attach = {.type = SESSION_CMD_ATTACH,
                                       .epoch = engine_live(e, slot)->s.epoch};
    do_session_late(x, slot, &attach, NULL);
  }
}

/* ---- waking */

static bool has_begun(const struct run *r) {
  return r->image.len > 0;
}

void run_load(struct engine *e, struct run *r) {
  const enum bt_err err =
      has_begun(r) ? image_load(&e->mem, r->program, r->image, &r->vm)
                   : vm_start(&e->mem, r->program, &r->vm);
  bt_check(err == BT_ERR_OK); /* the image is ours */
}

/* What it slept for is over. */
static void wake(struct ctx *x, struct run *r) {
  run_load(x->e, r);
  timers_stop(&x->e->timers, r->timer);
  r->timer = TIMER_NONE;
  r->sleep = SLEEP_NONE;
}

static void go_on(struct ctx *x, uint32_t run) {
  const struct caller before = act_as(x, &x->e->runs[run]);
  host_go(x, run);
  x->by = before;
}

static void answer_and_go_on(struct ctx *x, uint32_t run, bool late) {
  struct run *r = &x->e->runs[run];
  const enum sleep sleep = (enum sleep)r->sleep;
  wake(x, r);
  const struct caller before = act_as(x, r);
  host_answer(x, run, sleep, late);
  host_go(x, run);
  x->by = before;
}

/* Is what the run sleeps for there? Then its action is answered. */
static bool wakes(const struct ctx *x, uint32_t slot, uint32_t run) {
  const struct run *r = &x->e->runs[run];
  const struct live *l = engine_live(x->e, slot);
  switch ((enum sleep)r->sleep) {
  case SLEEP_TRANSFER:
    return l->s.waits == SESSION_WAIT_NONE || l->s.transfer != r->transfer;
  case SLEEP_IDLE:
    return l->s.epoch != r->epoch;
  case SLEEP_STATUS:
    return r->reached || l->s.status == SESSION_COMPLETED;
  case SLEEP_CUSTOMER:
    return host_customer_answer(l, r) != NULL ||
           l->s.status == SESSION_WRAPUP || l->s.status == SESSION_COMPLETED;
  case SLEEP_NONE:
  case SLEEP_TIME:
  case SLEEP_REST:
  case SLEEP_EVENTS:
  case SLEEPS:
    break;
  }
  return false;
}

/* The session is over for the customer: its script has nothing left to do. */
static void end_with_session(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  if (l->run != SESSION_NOBODY && l->s.status == SESSION_COMPLETED &&
      x->e->runs[l->run].vm == NULL) {
    script_stop(x, slot, "the session is over");
  }
}

void script_poll(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  const uint32_t run = l->run;
  if (run == SESSION_NOBODY) {
    return;
  }
  struct run *r = &x->e->runs[run];
  const bool over = l->s.status == SESSION_COMPLETED;
  if (r->section_count > 0 || (!has_begun(r) && !over)) {
    wake(x, r);
    go_on(x, run);
  } else if (has_begun(r) && wakes(x, slot, run)) {
    answer_and_go_on(x, run, false);
  }
  end_with_session(x, slot);
}

void script_timer(struct ctx *x, uint32_t run) {
  struct run *r = &x->e->runs[run];
  r->timer = TIMER_NONE;
  if (r->session == SESSION_NOBODY || r->sleep == SLEEP_NONE) {
    return;
  }
  answer_and_go_on(x, run, true);
}

void script_status(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  struct run *r = engine_run(x->e, l);
  if (r != NULL && r->sleep == SLEEP_STATUS && r->status == l->s.status) {
    r->reached = true;
  }
}

void script_event(struct ctx *x, uint32_t slot, const char *event,
                  struct text data) {
  const struct live *l = engine_live(x->e, slot);
  struct run *r = engine_run(x->e, l);
  if (r == NULL || !program_has_section(r->program, text_from(event)) ||
      r->section_count == RUN_SECTIONS_MAX) {
    return;
  }
  struct run_section *s = &r->sections[r->section_count++];
  s->event = arena_copy_text(ctx_arena(x), text_from(event));
  s->data = arena_copy_text(ctx_arena(x), data);
  mark_session(x, slot);
}

/* ---- ending */

void script_give_up(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  if (l->s.holder == SESSION_HOLDER_SCRIPT) {
    const struct session_cmd cmd = {.type = SESSION_CMD_DETACH,
                                    .epoch = l->s.epoch};
    do_session_late(x, slot, &cmd, NULL);
  }
}

void script_stop(struct ctx *x, uint32_t slot, const char *why) {
  if (engine_live(x->e, slot)->run == SESSION_NOBODY) {
    return;
  }
  struct record ev;
  ctx_event(x, &ev, EVENT_SCRIPT_ENDED, slot);
  record_set_text(&ev, FIELD_REASON, text_from(why));
  emit(x, &ev);
  script_give_up(x, slot);
}

/* The entry point's fallback takes a session whose script failed. */
static void fall_back(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  const uint32_t queue = live_fallback(x->e, l);
  struct record extra;
  record_init(&extra, 0);
  struct session_cmd cmd = {.type = SESSION_CMD_TRANSFER, .target = queue};
  if (queue == SESSION_NOBODY) {
    cmd.type = SESSION_CMD_END;
    record_set_text(&extra, FIELD_END_REASON, TEXT("script_failed"));
  } else {
    const struct place p = {.priority = x->e->dir.queues[queue].priority,
                            .reason = TEXT("script failed")};
    put_place(x, slot, &p, &extra);
  }
  if (l->s.status == SESSION_IDLE) {
    do_session_late(x, slot, &cmd, &extra);
  } else if (l->s.holder == SESSION_HOLDER_BOT && queue != SESSION_NOBODY) {
    cmd.type = SESSION_CMD_AWAIT;
    cmd.target_kind = SESSION_HOLDER_QUEUE;
    cmd.number = x->e->next_transfer;
    struct record waits;
    record_init(&waits, 0);
    record_copy(&waits, FIELD_PRIORITY, &extra);
    record_copy(&waits, FIELD_REASON, &extra);
    record_set_id(&waits, FIELD_TRANSFER_ID, ctx_new_id(x));
    record_set_num(&waits, FIELD_DEADLINE,
                   x->now_us + FALLBACK_TIMEOUT_MS * INT64_C(1000));
    do_session_late(x, slot, &cmd, &waits);
  }
}

void script_failed(struct ctx *x, uint32_t run, const struct vm_failure *f) {
  const uint32_t slot = x->e->runs[run].session;
  struct record ev;
  ctx_event(x, &ev, EVENT_SCRIPT_FAILED, slot);
  record_set_num(&ev, FIELD_LINE, f->line);
  record_set_num(&ev, FIELD_COLUMN, f->column);
  record_set_text(&ev, FIELD_NAME, text_from(f->slug));
  record_set_text(&ev, FIELD_DETAIL, f->message);
  emit(x, &ev); /* the run and its VM are gone with it */
  script_give_up(x, slot);
  fall_back(x, slot);
}

/* ---- commands */

void cmd_run_script(struct ctx *x, uint32_t slot, const struct record *args,
                    struct answer *a) {
  const uint32_t script =
      directory_script(&x->e->dir, record_text(args, FIELD_NAME));
  const struct live *l = engine_live(x->e, slot);
  if (script == DIR_NONE) {
    answer_refuse(x, slot, REFUSAL_NOT_FOUND,
                  ctx_format(x, "No script is called '%.*s'.",
                             TEXT_ARG(record_text(args, FIELD_NAME))),
                  a);
    return;
  }
  if (l->run != SESSION_NOBODY || l->s.status == SESSION_COMPLETED) {
    const enum refusal why = l->run != SESSION_NOBODY ? REFUSAL_SCRIPT_RUNNING
                                                      : REFUSAL_SESSION_ENDED;
    answer_refuse(x, slot, why, refusal_detail(x, slot, why), a);
    return;
  }
  script_begin(x, slot, script, false);
  answer_session(x, slot, 201, "The script was started.", a);
}

void cmd_stop_script(struct ctx *x, uint32_t slot, const struct record *args,
                     struct answer *a) {
  (void)args;
  if (engine_live(x->e, slot)->run == SESSION_NOBODY) {
    answer_refuse(x, slot, REFUSAL_NOT_FOUND,
                  TEXT("No script runs for the session."), a);
    return;
  }
  script_stop(x, slot, "stopped");
  answer_session(x, slot, 200, "The script was stopped.", a);
}

void cmd_rest_reply(struct ctx *x, uint32_t slot, const struct record *args,
                    struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  struct run *r = engine_run(x->e, l);
  if (r == NULL || r->sleep != SLEEP_REST ||
      r->number != (uint64_t)record_num(args, FIELD_RUN)) {
    answer_session(x, slot, 200, "Nobody waits for it any more.", a);
    return;
  }
  const uint32_t run = l->run;
  struct record ev;
  ctx_event(x, &ev, EVENT_REST_REPLIED, slot);
  record_copy(&ev, FIELD_CODE, args);
  record_copy(&ev, FIELD_DETAIL, args);
  emit(x, &ev);
  wake(x, r);
  const enum bt_err err = vm_resume_rest(
      r->vm, (int)record_num(args, FIELD_CODE), record_text(args, FIELD_DETAIL),
      record_text(args, FIELD_BODY));
  if (err != BT_ERR_OK) {
    vm_resume_error(r->vm, TEXT("the reply does not fit in memory"));
  }
  go_on(x, run);
  answer_session(x, slot, 200, "The script has its reply.", a);
}

void cmd_signal(struct ctx *x, uint32_t slot, const struct record *args,
                struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  if (l->run == SESSION_NOBODY) {
    answer_refuse(x, slot, REFUSAL_NOT_FOUND,
                  TEXT("No script runs for the session."), a);
    return;
  }
  const struct text value = record_text(args, FIELD_VALUE);
  struct textbuf data;
  textbuf_init(&data, x->out->arena.mem);
  if (text_starts(value, TEXT("{"))) {
    textbuf_add(&data, value);
  } else if (value.len > 0) { /* a value by itself is the first parameter */
    textbuf_add(&data, TEXT("{\"p1\":"));
    textbuf_add(&data, value);
    textbuf_add_char(&data, '}');
  } else {
    textbuf_add(&data, TEXT("{}"));
  }
  script_event(x, slot, "Signal", textbuf_text(&data));
  textbuf_free(&data);
  answer_session(x, slot, 200, "The signal was given.", a);
}

void script_recover(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  const struct run *r = engine_run(x->e, l);
  if (r != NULL && r->sleep == SLEEP_REST) {
    host_recover(x, l->run);
  }
}
