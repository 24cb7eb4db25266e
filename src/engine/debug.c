/* What a debugger asks of a session, and what of it is kept. */
#include "engine/debug_priv.h"

#include <string.h>

#include "base/check.h"
#include "engine/state_priv.h"
#include "studio/image.h"
#include "studio/inspect.h"

enum { BREAKPOINTS_DEPTH = 4, REASON_TIMEOUT_MAX = 160 };
_Static_assert((int)LIVE_BREAKPOINTS == (int)LIMIT_BREAKPOINTS,
               "each breakpoint is counted");

/* ---- breakpoints */

static struct text text_member(const struct json *b, const char *name) {
  const struct json *m = json_member(b, text_from(name));
  return m == NULL ? TEXT("") : m->text;
}

bool breakpoint_next(const struct json **at, struct breakpoint *out) {
  const struct json *b = *at;
  if (b == NULL) {
    return false;
  }
  *out = (struct breakpoint){.line = (uint32_t)json_member(b, TEXT("line"))->i,
                             .script = text_member(b, "script"),
                             .condition = text_member(b, "condition"),
                             .hits = text_member(b, "hits"),
                             .log = text_member(b, "log")};
  *at = b->next;
  return true;
}

static bool refuse_breakpoint(struct ctx *x, size_t i, const char *why,
                              struct answer *a) {
  answer_member(
      x, REFUSAL_INVALID_MEMBER, "/breakpoints",
      ctx_format(x, "/breakpoints/%zu: %s, as in {\"line\":12}", i, why), a);
  return false;
}

/* Its members besides the line. */
static bool is_known(struct text name) {
  static const char *const names[] = {"script", "condition", "hits", "log"};
  size_t i = 0;
  while (i < sizeof names / sizeof names[0] &&
         !text_equal(name, text_from(names[i]))) {
    i++;
  }
  return i < sizeof names / sizeof names[0];
}

static bool check_breakpoint(struct ctx *x, size_t i, const struct json *b,
                             struct answer *a) {
  const struct json *line = json_member(b, TEXT("line"));
  if (b->type != JSON_OBJECT || line == NULL || line->type != JSON_INT ||
      line->i < 1 || line->i > UINT32_MAX) {
    return refuse_breakpoint(x, i, "needs a line from 1 on", a);
  }
  for (const struct json *m = b->first; m != NULL; m = m->next) {
    if (m != line && !is_known(m->key)) {
      return refuse_breakpoint(
          x, i, "has a member that is not line, script, condition, hits or log",
          a);
    }
    if (m != line && m->type != JSON_TEXT) {
      return refuse_breakpoint(x, i,
                               "script, condition, hits and log are texts", a);
    }
  }
  struct debug_hits hits;
  return debug_hits_read(text_member(b, "hits"), &hits) ||
         refuse_breakpoint(
             x, i, "hits is how often it is reached: 5, =5, >5 or %5", a);
}

static bool check_breakpoints(struct ctx *x, struct text json,
                              struct answer *a) {
  struct json *list = NULL;
  if (json.len == 0) {
    return true;
  }
  if (json_parse(ctx_arena(x), json, BREAKPOINTS_DEPTH, &list, NULL) !=
          BT_ERR_OK ||
      list->type != JSON_LIST || list->count > LIMIT_BREAKPOINTS) {
    answer_member(x, REFUSAL_INVALID_MEMBER, "/breakpoints",
                  ctx_format(x,
                             "/breakpoints is a list of at most %d objects "
                             "with line, script, condition, hits and log.",
                             LIMIT_BREAKPOINTS),
                  a);
    return false;
  }
  size_t i = 0;
  for (const struct json *b = list->first; b != NULL; b = b->next, i++) {
    if (!check_breakpoint(x, i, b, a)) {
      return false;
    }
  }
  return true;
}

/* ---- folding */

static struct live_debug *debug_of(struct engine *e, struct live *l) {
  if (l->debug == NULL) {
    struct live_debug *debug = mem_new(&e->mem, sizeof *debug);
    bt_check(debug != NULL);
    live_set_debug(l, &e->mem, debug);
  }
  return l->debug;
}

static void fold_step(struct live_debug *d, const struct record *ev) {
  if (record_has(ev, FIELD_STEP)) {
    d->step = (uint8_t)debug_step_find(record_text(ev, FIELD_STEP));
    d->depth = (uint32_t)record_num(ev, FIELD_DEPTH);
    d->run = (uint64_t)record_num(ev, FIELD_RUN);
  }
}

static void fold_set(struct engine *e, struct live *l,
                     const struct record *ev) {
  struct live_debug *d = debug_of(e, l);
  live_own(&e->mem, &d->breakpoints, record_text(ev, FIELD_BREAKPOINTS));
  memset(d->reached, 0, sizeof d->reached);
  d->trace = record_num(ev, FIELD_TRACE) != 0;
  d->limit_s = (uint32_t)record_num(ev, FIELD_PAUSE_LIMIT);
  fold_step(d, ev);
}

void debug_apply(struct engine *e, uint32_t slot, const struct record *ev) {
  struct live *l = engine_live(e, slot);
  if (ev->type == EVENT_DEBUGGER_SET || ev->type == STATE_DEBUGGER) {
    fold_set(e, l, ev);
  } else if (ev->type == EVENT_DEBUGGER_GONE) {
    live_set_debug(l, &e->mem, NULL);
  } else if (ev->type == EVENT_SCRIPT_RESUMED && l->debug != NULL) {
    fold_step(l->debug, ev);
  } else if (ev->type == EVENT_SCRIPT_CHANGED) {
    const uint32_t run = run_find(e, l, (uint64_t)record_num(ev, FIELD_RUN));
    bt_check(run != SESSION_NOBODY);
    live_own(&e->mem, &e->runs[run].image, record_text(ev, FIELD_IMAGE));
  }
}

/* ---- going on */

/* The run with this number, or the first one, if it is paused. */
static uint32_t paused_run(const struct engine *e, const struct live *l,
                           uint64_t number) {
  uint32_t run = l->run;
  while (run != SESSION_NOBODY &&
         (e->runs[run].sleep != SLEEP_DEBUGGER ||
          (number != 0 && e->runs[run].number != number))) {
    run = e->runs[run].next;
  }
  return run;
}

static void go_on_all(struct ctx *x, uint32_t slot) {
  uint32_t run;
  while ((run = paused_run(x->e, engine_live(x->e, slot), 0)) !=
         SESSION_NOBODY) {
    script_go_on(x, run);
  }
}

static void detach(struct ctx *x, uint32_t slot, const char *why) {
  struct record ev;
  ctx_event(x, &ev, EVENT_DEBUGGER_GONE, slot);
  record_set_text(&ev, FIELD_REASON, text_from(why));
  emit(x, &ev);
}

void debug_late(struct ctx *x, uint32_t run) {
  const uint32_t slot = x->e->runs[run].session;
  detach(x, slot, "the pause lasted too long");
  go_on_all(x, slot);
}

void debug_recover(struct ctx *x, uint32_t slot) {
  if (engine_live(x->e, slot)->debug != NULL) {
    detach(x, slot, "the server restarted");
    go_on_all(x, slot);
  }
}

/* ---- commands */

/* The step that a command names; false: *a says that there is none such. */
static bool read_step(struct ctx *x, const struct record *args,
                      enum debug_step *out, struct answer *a) {
  const struct text name = record_text(args, FIELD_STEP);
  const enum debug_step step = debug_step_find(name);
  if (step == DEBUG_STEPS) {
    answer_member(x, REFUSAL_INVALID_MEMBER, "/step",
                  ctx_format(x,
                             "/step '%.*s' is none; there are continue, in, "
                             "over, out and pause.",
                             TEXT_ARG(name)),
                  a);
    return false;
  }
  *out = step;
  return true;
}

void debug_attach(struct ctx *x, uint32_t slot, const struct record *args) {
  struct record ev;
  ctx_event(x, &ev, EVENT_DEBUGGER_SET, slot);
  record_copy(&ev, FIELD_BREAKPOINTS, args);
  record_copy(&ev, FIELD_TRACE, args);
  record_set_num(&ev, FIELD_PAUSE_LIMIT,
                 record_has(args, FIELD_PAUSE_LIMIT)
                     ? record_num(args, FIELD_PAUSE_LIMIT)
                     : LIMIT_DEBUG_PAUSE);
  record_copy(&ev, FIELD_STEP, args);
  emit(x, &ev);
}

void cmd_debug(struct ctx *x, uint32_t slot, const struct record *args,
               struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  enum debug_step step = DEBUG_STEP_CONTINUE;
  if (l->s.status == SESSION_COMPLETED) {
    answer_refuse(x, slot, REFUSAL_SESSION_ENDED,
                  refusal_detail(x, slot, REFUSAL_SESSION_ENDED), a);
    return;
  }
  if (!check_breakpoints(x, record_text(args, FIELD_BREAKPOINTS), a) ||
      (record_has(args, FIELD_STEP) && !read_step(x, args, &step, a))) {
    return;
  }
  debug_attach(x, slot, args);
  answer_session(x, slot, 200, "The debugger watches the session's scripts.",
                 a);
}

void cmd_debug_off(struct ctx *x, uint32_t slot, const struct record *args,
                   struct answer *a) {
  (void)args;
  if (engine_live(x->e, slot)->debug == NULL) {
    answer_refuse(x, slot, REFUSAL_NOT_FOUND,
                  TEXT("No debugger watches the session."), a);
    return;
  }
  detach(x, slot, "it was taken away");
  go_on_all(x, slot);
  answer_session(x, slot, 200, "The debugger is gone.", a);
}

static void refuse_not_paused(struct ctx *x, uint32_t slot, struct answer *a) {
  answer_refuse(x, slot, REFUSAL_NOT_PAUSED,
                TEXT("No script of the session stands still in a debugger."),
                a);
}

static void note_step(struct ctx *x, uint32_t slot, const struct run *r,
                      enum debug_step step) {
  struct record ev;
  ctx_event(x, &ev, EVENT_SCRIPT_RESUMED, slot);
  record_set_text(&ev, FIELD_STEP, text_from(debug_step_name(step)));
  if (r != NULL && step != DEBUG_STEP_IN && step != DEBUG_STEP_PAUSE) {
    record_set_num(&ev, FIELD_RUN, (int64_t)r->number);
    struct vm *vm = run_copy(x->e, r);
    record_set_num(&ev, FIELD_DEPTH, (int64_t)debug_depth(vm));
    vm_free(vm);
  }
  emit(x, &ev);
}

void cmd_debug_step(struct ctx *x, uint32_t slot, const struct record *args,
                    struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  enum debug_step step = DEBUG_STEP_CONTINUE;
  const uint32_t run =
      paused_run(x->e, l, (uint64_t)record_num(args, FIELD_RUN));
  if (!read_step(x, args, &step, a)) {
    return;
  }
  if (l->debug == NULL || (step != DEBUG_STEP_PAUSE && run == SESSION_NOBODY)) {
    refuse_not_paused(x, slot, a);
    return;
  }
  if (step == DEBUG_STEP_PAUSE) {
    note_step(x, slot, NULL, step);
    answer_session(x, slot, 202, "It stands still before its next line.", a);
    return;
  }
  note_step(x, slot, &x->e->runs[run], step);
  script_go_on(x, run);
  answer_session(x, slot, 200, "The script went on.", a);
}

/* ---- changing a variable */

static void refuse_change(struct ctx *x, enum bt_err err, struct text why,
                          struct answer *a) {
  const bool name = err == BT_ERR_NOT_FOUND;
  answer_member(
      x, REFUSAL_INVALID_MEMBER, name ? "/name" : "/expression",
      ctx_format(x, "%s: %.*s.", name ? "/name" : "/expression", TEXT_ARG(why)),
      a);
}

static void note_change(struct ctx *x, const struct run *r,
                        const struct inspect_change *change,
                        const struct vm *vm) {
  struct textbuf image, value;
  struct inspect_place at;
  struct record ev;
  textbuf_init(&image, &x->e->mem);
  textbuf_init(&value, &x->e->mem);
  const enum bt_err found = inspect_find(vm, change->frame, change->name, &at);
  bt_check(found == BT_ERR_OK);
  inspect_variable_json(vm, at, &value);
  const enum bt_err saved = image_save(vm, &image);
  bt_check(saved == BT_ERR_OK);
  ctx_event(x, &ev, EVENT_SCRIPT_CHANGED, r->session);
  record_set_num(&ev, FIELD_RUN, (int64_t)r->number);
  record_set_text(&ev, FIELD_NAME, change->name);
  record_set_text(&ev, FIELD_VALUE, textbuf_text(&value));
  record_set_text(&ev, FIELD_IMAGE, textbuf_text(&image));
  emit(x, &ev);
  textbuf_free(&image);
  textbuf_free(&value);
}

void cmd_debug_change(struct ctx *x, uint32_t slot, const struct record *args,
                      struct answer *a) {
  const uint32_t run = paused_run(x->e, engine_live(x->e, slot),
                                  (uint64_t)record_num(args, FIELD_RUN));
  if (run == SESSION_NOBODY) {
    refuse_not_paused(x, slot, a);
    return;
  }
  struct run *r = &x->e->runs[run];
  struct vm *vm = run_copy(x->e, r);
  struct inspect_result result;
  const struct inspect_change change = {
      .frame = (size_t)record_num(args, FIELD_FRAME),
      .name = record_text(args, FIELD_NAME),
      .expression = record_text(args, FIELD_EXPRESSION)};
  inspect_result_init(&result, &x->e->mem);
  if (change.frame >= inspect_frame_count(vm)) {
    refuse_change(x, BT_ERR_NOT_FOUND, TEXT("there is no such frame"), a);
  } else {
    const enum bt_err err = inspect_set(vm, &change, &result);
    if (err == BT_ERR_OK) {
      note_change(x, r, &change, vm);
      answer_session(x, slot, 200, "The variable was changed.", a);
    } else {
      refuse_change(x, err, textbuf_text(&result.text), a);
    }
  }
  inspect_result_free(&result);
  vm_free(vm);
}
