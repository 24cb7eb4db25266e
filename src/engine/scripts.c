/* Runs of scripts: when they begin, what they sleep for, what wakes them.
 *
 * A run that sleeps is an image; it becomes a VM again only for the step in
 * which it goes on. So what is in the journal and what is in memory are the
 * same thing, and a restart changes nothing. */
#include <string.h>

#include "base/check.h"
#include "engine/debug_priv.h"

/* Events that wait for their sections at one moment. */
enum { SECTIONS_MAX = 256 };
/* A transfer that has no timeout of its own: a failed script's fallback. */
#define FALLBACK_TIMEOUT_MS 300000

struct run_step *run_step(struct ctx *x, struct run *r) {
  if (r->step_number != x->out->seq) {
    r->step_number = x->out->seq;
    r->step = (struct run_step){0};
  }
  return &r->step;
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

uint64_t script_start(struct ctx *x, uint32_t slot, const struct run_start *s) {
  struct record ev;
  const uint64_t number = x->e->next_run;
  ctx_event(x, &ev, EVENT_SCRIPT_STARTED, slot);
  record_set_num(&ev, FIELD_RUN, (int64_t)number);
  record_set_num(&ev, FIELD_SCRIPT, s->script);
  record_set_num(&ev, FIELD_PROGRAM,
                 (int64_t)x->e->dir.scripts[s->script].hash);
  if (s->parent != 0) {
    record_set_num(&ev, FIELD_PARENT, (int64_t)s->parent);
  }
  if (s->beside) {
    record_set_num(&ev, FIELD_SPAWNED, s->spawned ? 1 : 2);
  }
  record_set_given(&ev, FIELD_VALUE, s->params);
  record_set_given(&ev, FIELD_GLOBALS, s->globals);
  emit(x, &ev);
  return number;
}

void script_begin(struct ctx *x, uint32_t slot, uint32_t script, bool holds) {
  const struct run_start start = {.script = script};
  (void)script_start(x, slot, &start);
  if (holds) {
    const struct session_cmd attach = {
        .type = SESSION_CMD_ATTACH, .epoch = engine_live(x->e, slot)->s.epoch};
    do_session_late(x, slot, &attach, NULL);
  }
}

/* ---- waking */

/* What it slept for is over. */
static void wake(struct ctx *x, uint32_t run) {
  struct run *r = &x->e->runs[run];
  run_load(x->e, r);
  host_show(x, run, ENGINE_MOMENT_LOADED);
  timers_stop(&x->e->timers, r->timer);
  r->timer = TIMER_NONE;
  r->sleep = SLEEP_NONE;
}

static void go_on(struct ctx *x, uint32_t run) {
  const struct caller before = act_as(x, &x->e->runs[run]);
  host_go(x, run);
  x->by = before;
}

void script_go_on(struct ctx *x, uint32_t run) {
  wake(x, run);
  go_on(x, run);
}

static void answer_and_go_on(struct ctx *x, uint32_t run, bool late) {
  struct run *r = &x->e->runs[run];
  const enum sleep sleep = (enum sleep)r->sleep;
  wake(x, run);
  const struct caller before = act_as(x, r);
  if (!r->foreign) {
    host_answer(x, run, sleep, late);
  }
  host_go(x, run);
  x->by = before;
}

/* Is what the run sleeps for there? Then its action is answered. */
static bool wakes(struct ctx *x, uint32_t run) {
  struct run *r = &x->e->runs[run];
  const struct live *l = engine_live(x->e, run_subject(r));
  switch ((enum sleep)r->sleep) {
  case SLEEP_TRANSFER:
    return l->s.waits == SESSION_WAIT_NONE || l->s.transfer != r->transfer;
  case SLEEP_IDLE:
    return l->s.epoch != r->epoch;
  case SLEEP_STATUS:
    return run_step(x, r)->reached || l->s.status == SESSION_COMPLETED;
  case SLEEP_CUSTOMER:
    return host_customer_answer(l, r) != NULL ||
           l->s.status == SESSION_WRAPUP || l->s.status == SESSION_COMPLETED;
  case SLEEP_SUB:
    return run_step(x, r)->returned;
  case SLEEP_NONE:
  case SLEEP_TIME:
  case SLEEP_REST:
  case SLEEP_BOT:
  case SLEEP_EVENTS:
  case SLEEP_DEBUGGER:
  case SLEEPS:
    break;
  }
  return false;
}

/* May it go on although the session is over? What ON Abandon or ON Release
 * began may call out and wait, as long as the session is remembered. */
static bool outlives(const struct run *r) {
  return r->after_end && (r->sleep == SLEEP_TIME || r->sleep == SLEEP_REST ||
                          r->sleep == SLEEP_BOT || r->sleep == SLEEP_SUB ||
                          r->watched != SESSION_NOBODY);
}

/* The session is over for the customer: its scripts have nothing left to do. */
static void end_with_session(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  uint64_t last = 0;
  uint32_t run;
  if (l->s.status != SESSION_COMPLETED) {
    return;
  }
  while ((run = run_after(x->e, l, last)) != SESSION_NOBODY) {
    const struct run *r = &x->e->runs[run];
    last = r->number;
    if (r->vm == NULL && !outlives(r)) {
      script_finish(x, run, "the session is over");
    }
  }
}

static void poll_run(struct ctx *x, uint32_t slot, uint32_t run) {
  struct run *r = &x->e->runs[run];
  const struct run_step *step = run_step(x, r);
  const bool over = engine_live(x->e, slot)->s.status == SESSION_COMPLETED;
  if (r->vm != NULL) {
    return; /* it is what made this happen, and goes on by itself */
  }
  if (step->section_count > 0) {
    script_end_called(x, slot, r->number, "an event came");
    wake(x, run);
    go_on(x, run);
  } else if (!run_has_begun(r) && (!over || r->after_end)) {
    wake(x, run);
    go_on(x, run);
  } else if (run_has_begun(r) && wakes(x, run)) {
    answer_and_go_on(x, run, false);
  }
}

/* Scripts of other sessions that waited for this one are looked at with their
 * own session. */
static void mark_watchers(struct ctx *x, const struct live *l) {
  for (uint32_t run = l->watchers; run != SESSION_NOBODY;
       run = x->e->runs[run].next_watcher) {
    if (x->e->runs[run].vm == NULL && wakes(x, run)) {
      mark_session(x, x->e->runs[run].session);
    }
  }
}

void script_poll(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  uint64_t last = 0;
  uint32_t run;
  mark_watchers(x, l);
  while ((run = run_after(x->e, l, last)) != SESSION_NOBODY) {
    last = x->e->runs[run].number;
    poll_run(x, slot, run);
  }
  end_with_session(x, slot);
}

void script_timer(struct ctx *x, uint32_t run) {
  struct run *r = &x->e->runs[run];
  r->timer = TIMER_NONE;
  if (r->session == SESSION_NOBODY || r->sleep == SLEEP_NONE) {
    return;
  }
  if (r->sleep == SLEEP_DEBUGGER) {
    debug_late(x, run);
    return;
  }
  answer_and_go_on(x, run, true);
}

static void note_status(struct ctx *x, uint32_t slot, struct run *r) {
  if (r->sleep == SLEEP_STATUS && run_subject(r) == slot &&
      r->status == engine_live(x->e, slot)->s.status) {
    run_step(x, r)->reached = true;
  }
}

void script_status(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  uint32_t run;
  for (run = l->run; run != SESSION_NOBODY; run = x->e->runs[run].next) {
    note_status(x, slot, &x->e->runs[run]);
  }
  for (run = l->watchers; run != SESSION_NOBODY;
       run = x->e->runs[run].next_watcher) {
    note_status(x, slot, &x->e->runs[run]);
  }
}

/* ---- events */

static bool add_section(struct ctx *x, struct run *r, const char *event,
                        struct text data) {
  struct run_step *step = run_step(x, r);
  if (step->section_count == SECTIONS_MAX) {
    return false;
  }
  if (step->section_count == step->section_cap) {
    const size_t cap = step->section_cap == 0 ? 4 : 2 * step->section_cap;
    struct run_section *more = arena_alloc(ctx_arena(x), cap * sizeof *more);
    bt_check(more != NULL);
    if (step->section_count > 0) {
      memcpy(more, step->sections, step->section_count * sizeof *more);
    }
    step->sections = more;
    step->section_cap = cap;
  }
  step->sections[step->section_count++] =
      (struct run_section){arena_copy_text(ctx_arena(x), text_from(event)),
                           arena_copy_text(ctx_arena(x), data)};
  return true;
}

/* Of the run and those that it called: the innermost that has the section. */
static struct run *who_hears(const struct ctx *x, const struct live *l,
                             uint32_t run, struct text event) {
  struct run *hears = NULL;
  while (run != SESSION_NOBODY) {
    struct run *r = &x->e->runs[run];
    hears = program_has_section(r->program, event) ? r : hears;
    run = run_called_by(x->e, l, r->number);
  }
  return hears;
}

bool script_hears(const struct ctx *x, uint32_t slot, const char *event) {
  uint32_t run = engine_live(x->e, slot)->run;
  while (run != SESSION_NOBODY &&
         !program_has_section(x->e->runs[run].program, text_from(event))) {
    run = x->e->runs[run].next;
  }
  return run != SESSION_NOBODY;
}

bool script_event(struct ctx *x, uint32_t slot, const char *event,
                  struct text data) {
  const struct live *l = engine_live(x->e, slot);
  bool room = true;
  for (uint32_t run = l->run; run != SESSION_NOBODY;
       run = x->e->runs[run].next) {
    struct run *r = x->e->runs[run].parent == 0
                        ? who_hears(x, l, run, text_from(event))
                        : NULL;
    if (r != NULL) {
      room = add_section(x, r, event, data) && room;
      mark_session(x, slot);
    }
  }
  return room;
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

static void put_run(struct record *ev, const struct run *r) {
  record_set_num(ev, FIELD_RUN, (int64_t)r->number);
  record_set_num(ev, FIELD_SCRIPT, r->script);
  if (r->parent != 0) {
    record_set_num(ev, FIELD_PARENT, (int64_t)r->parent);
  }
}

static void end_run(struct ctx *x, uint32_t run, const char *why,
                    struct text globals) {
  const struct run *r = &x->e->runs[run];
  struct record ev;
  ctx_event(x, &ev, EVENT_SCRIPT_ENDED, r->session);
  put_run(&ev, r);
  record_set_text(&ev, FIELD_REASON, text_from(why));
  record_set_given(&ev, FIELD_GLOBALS, globals);
  emit(x, &ev);
}

void script_return(struct ctx *x, uint32_t run, struct text globals) {
  end_run(x, run, "returned", globals);
}

void script_end_replaced(struct ctx *x, uint32_t run) {
  end_run(x, run, "another script goes on", TEXT(""));
}

void script_end_called(struct ctx *x, uint32_t slot, uint64_t number,
                       const char *why) {
  const struct live *l = engine_live(x->e, slot);
  uint32_t run;
  while ((run = run_called_by(x->e, l, number)) != SESSION_NOBODY) {
    while (run_called_by(x->e, l, x->e->runs[run].number) != SESSION_NOBODY) {
      run = run_called_by(x->e, l, x->e->runs[run].number);
    }
    end_run(x, run, why, TEXT("")); /* the innermost first */
  }
}

void script_finish(struct ctx *x, uint32_t run, const char *why) {
  const uint32_t slot = x->e->runs[run].session;
  const bool own =
      engine_run(x->e, engine_live(x->e, slot)) == &x->e->runs[run];
  script_end_called(x, slot, x->e->runs[run].number, why);
  end_run(x, run, why, TEXT(""));
  if (own) {
    script_give_up(x, slot);
  }
}

void script_stop(struct ctx *x, uint32_t slot, const char *why) {
  const struct live *l = engine_live(x->e, slot);
  while (l->run != SESSION_NOBODY) {
    script_finish(x, l->run, why);
  }
}

/* What the entry point has to say to a customer whose script failed. */
static void say_fallback(struct ctx *x, uint32_t slot, const struct live *l) {
  const struct text said = x->e->dir.entries[l->entry].fallback_message;
  if (said.len > 0) {
    struct answer a = {0};
    struct record args;
    record_init(&args, COMMAND_SAY);
    record_set_text(&args, FIELD_TEXT, said);
    ctx_do(x, slot, &args, &a); /* refused where an agent talks already */
  }
}

/* The entry point's fallback takes a session whose script failed. */
static void fall_back(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  say_fallback(x, slot, l);
  int64_t again_us = 0; /* then its time without a holder asks again */
  const uint32_t queue =
      overflow_target(x, slot, live_fallback(x->e, l), &again_us);
  struct record extra;
  record_init(&extra, 0);
  struct session_cmd cmd = {.type = SESSION_CMD_TRANSFER, .target = queue};
  if (queue == SESSION_NOBODY && again_us != 0) {
    return;
  }
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

/* Who called a script that failed gets the failure where it called. */
static void fail_parent(struct ctx *x, uint32_t slot, const struct run *r,
                        const struct vm_failure *f) {
  const uint32_t parent = run_find(x->e, engine_live(x->e, slot), r->parent);
  if (parent == SESSION_NOBODY) {
    return;
  }
  const struct text name = script_name(x->e, r);
  struct run_step *step = run_step(x, &x->e->runs[parent]);
  step->returned = true;
  step->error = ctx_format(x, "script '%.*s', line %u: %.*s", TEXT_ARG(name),
                           f->line, TEXT_ARG(f->message));
}

void script_failed(struct ctx *x, uint32_t run, const struct vm_failure *f) {
  const struct run *r = &x->e->runs[run];
  const uint32_t slot = r->session;
  const bool own = engine_run(x->e, engine_live(x->e, slot)) == r;
  fail_parent(x, slot, r, f);
  script_end_called(x, slot, r->number, "who called it has failed");
  struct record ev;
  ctx_event(x, &ev, EVENT_SCRIPT_FAILED, slot);
  put_run(&ev, r);
  record_set_num(&ev, FIELD_LINE, f->line);
  record_set_num(&ev, FIELD_COLUMN, f->column);
  record_set_text(&ev, FIELD_NAME, text_from(f->slug));
  record_set_text(&ev, FIELD_DETAIL, f->message);
  emit(x, &ev); /* the run and its VM are gone with it */
  if (own) {
    script_give_up(x, slot);
    fall_back(x, slot);
  }
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
  const bool runs = engine_run(x->e, l) != NULL;
  if (runs || l->s.status == SESSION_COMPLETED) {
    const enum refusal why =
        runs ? REFUSAL_SCRIPT_RUNNING : REFUSAL_SESSION_ENDED;
    answer_refuse_usual(x, slot, why, a);
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

/* ---- answers of the world */

/* Who waits for the answer to the question, or SESSION_NOBODY: it comes late,
 * when the script has gone on or asks something else. */
static uint32_t who_asked(const struct ctx *x, uint32_t slot,
                          const struct record *args, enum sleep sleep) {
  const struct live *l = engine_live(x->e, slot);
  const uint64_t question = (uint64_t)record_num(args, FIELD_QUESTION);
  uint32_t run = l->run;
  while (run != SESSION_NOBODY && (x->e->runs[run].sleep != sleep ||
                                   x->e->runs[run].question != question)) {
    run = x->e->runs[run].next;
  }
  return run;
}

void cmd_rest_reply(struct ctx *x, uint32_t slot, const struct record *args,
                    struct answer *a) {
  const uint32_t run = who_asked(x, slot, args, SLEEP_REST);
  if (run == SESSION_NOBODY) {
    answer_session(x, slot, 200, "Nobody waits for it any more.", a);
    return;
  }
  struct record ev;
  ctx_event(x, &ev, EVENT_REST_REPLIED, slot);
  record_copy(&ev, FIELD_CODE, args);
  record_copy(&ev, FIELD_DETAIL, args);
  emit(x, &ev);
  wake(x, run);
  if (!x->e->runs[run].foreign) {
    host_take_reply(x, run, args);
  }
  go_on(x, run);
  answer_session(x, slot, 200, "The script has its reply.", a);
}

void cmd_bot_reply(struct ctx *x, uint32_t slot, const struct record *args,
                   struct answer *a) {
  const uint32_t run = who_asked(x, slot, args, SLEEP_BOT);
  if (run == SESSION_NOBODY ||
      x->e->runs[run].seen != (uint32_t)record_num(args, FIELD_BOT)) {
    answer_session(x, slot, 200, "Nobody waits for it any more.", a);
    return;
  }
  wake(x, run);
  const struct caller before = act_as(x, &x->e->runs[run]);
  if (!x->e->runs[run].foreign) {
    host_turn(x, run, record_text(args, FIELD_VALUE));
  }
  host_go(x, run);
  x->by = before;
  answer_session(x, slot, 200, "The script has its answer.", a);
}

/* The session's runs that sleep for @sleep, and if it is a turn for @bot, ask
 * again what they asked. */
static void ask_again(struct ctx *x, uint32_t slot, enum sleep sleep,
                      uint32_t bot) {
  const struct live *l = engine_live(x->e, slot);
  uint64_t last = 0;
  uint32_t run;
  while ((run = run_after(x->e, l, last)) != SESSION_NOBODY) {
    const struct run *r = &x->e->runs[run];
    last = r->number;
    if (r->sleep == sleep && (sleep != SLEEP_BOT || r->seen == bot)) {
      host_question(x, run);
    }
  }
}

void script_recover(struct ctx *x, uint32_t slot) {
  debug_recover(x, slot);
  ask_again(x, slot, SLEEP_REST, SESSION_NOBODY);
}

void script_bot_back(struct ctx *x, uint32_t bot) {
  for (uint32_t slot = 0; engine_next_session(x->e, &slot); slot++) {
    ask_again(x, slot, SLEEP_BOT, bot);
  }
}

/* ---- signals */

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
  const bool room = script_event(x, slot, "Signal", textbuf_text(&data));
  textbuf_free(&data);
  if (!room) {
    answer_refuse(x, slot, REFUSAL_RATE_LIMITED,
                  ctx_format(x, "%d events wait for the script at this moment.",
                             SECTIONS_MAX),
                  a);
    return;
  }
  answer_session(x, slot, 200, "The signal was given.", a);
}
