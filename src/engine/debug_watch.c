/* While a VM runs: what its debugger is told, and where it stands still. */
#include "base/check.h"
#include "engine/debug_priv.h"
#include "studio/image.h"
#include "studio/inspect.h"

enum { VALUE_MAX = 1024 };

/* What is worked out once, when a run is loaded. */
struct run_debug {
  struct engine *e;
  struct ctx *x; /* of the step in which it runs */
  uint32_t run;
  struct trace *trace; /* NULL: the debugger does not want it */
  bool at_line;        /* the VM stands before a line: its state may be kept */
  uint32_t told;       /* lines of this step */
  uint64_t left_out;
  uint32_t conditions; /* computed in this step */
  size_t count;
  struct watched_line {
    uint32_t line, number; /* the number is its place in the list */
    struct debug_hits hits;
    struct text condition, log; /* owned */
  } breakpoints[];
};

/* ---- loading */

static size_t list_breakpoints(const struct live_debug *d, struct arena *arena,
                               const struct json **first) {
  struct json *list = NULL;
  *first = NULL;
  if (d->breakpoints.len > 0) {
    const enum bt_err err =
        json_parse(arena, d->breakpoints, JSON_DEPTH_DEFAULT, &list, NULL);
    bt_check(err == BT_ERR_OK); /* it was looked at when it was set */
    *first = list->first;
    return list->count;
  }
  return 0;
}

static void take_breakpoints(struct run_debug *d, const struct run *r,
                             const struct json *at) {
  const struct text script = d->e->dir.scripts[r->script].name;
  struct breakpoint b;
  for (uint32_t number = 0; breakpoint_next(&at, &b); number++) {
    const uint32_t line = debug_breakpoint_line(r->program, b.line);
    if (line != 0 && (b.script.len == 0 || text_equal(b.script, script))) {
      struct watched_line *w = &d->breakpoints[d->count++];
      *w = (struct watched_line){.line = line,
                                 .number = number,
                                 .condition = TEXT(""),
                                 .log = TEXT("")};
      const bool read = debug_hits_read(b.hits, &w->hits);
      bt_check(read); /* it was looked at when it was set */
      live_own(&d->e->mem, &w->condition, b.condition);
      live_own(&d->e->mem, &w->log, b.log);
    }
  }
}

static trace_fn tell_line;

static size_t size_for(size_t breakpoints) {
  const struct run_debug *d = NULL;
  return sizeof *d + breakpoints * sizeof d->breakpoints[0];
}

static struct run_debug *load(struct ctx *x, uint32_t run,
                              const struct live_debug *wanted) {
  struct engine *e = x->e;
  struct arena arena;
  const struct json *first;
  arena_init(&arena, &e->mem, 0);
  const size_t count = list_breakpoints(wanted, &arena, &first);
  struct run_debug *d = mem_new(&e->mem, size_for(LIMIT_BREAKPOINTS));
  bt_check(d != NULL && count <= LIMIT_BREAKPOINTS);
  *d = (struct run_debug){.e = e, .x = x, .run = run};
  take_breakpoints(d, &e->runs[run], first);
  arena_free(&arena);
  if (wanted->trace) {
    const struct trace_options options = {
        .value_max = VALUE_MAX, .ctx = d, .fn = tell_line};
    d->trace = trace_create(&e->mem, &options);
    bt_check(d->trace != NULL);
  }
  return d;
}

void debug_forget(struct engine *e, struct run *r) {
  struct run_debug *d = r->debug;
  if (d == NULL) {
    return;
  }
  for (size_t i = 0; i < d->count; i++) {
    live_own(&e->mem, &d->breakpoints[i].condition, TEXT(""));
    live_own(&e->mem, &d->breakpoints[i].log, TEXT(""));
  }
  trace_free(d->trace);
  mem_free(&e->mem, d, size_for(LIMIT_BREAKPOINTS));
  r->debug = NULL;
}

/* ---- lines as events */

/* The state in which the line left the run, to look at later. */
static void put_state(const struct run_debug *d, struct record *ev,
                      struct textbuf *image) {
  const struct vm *vm = d->e->runs[d->run].vm;
  if (d->at_line && image_save(vm, image) == BT_ERR_OK &&
      image->len <= LIMIT_DEBUG_IMAGE) {
    record_set_text(ev, FIELD_IMAGE, textbuf_text(image));
  }
}

static void put_line(struct record *ev, const struct trace_line *line) {
  record_set_num(ev, FIELD_LINE, line->line);
  record_set_num(ev, FIELD_COLUMN, line->column);
  record_set_num(ev, FIELD_DEPTH, (int64_t)line->depth);
  record_set_num(ev, FIELD_BEGAN, line->at_us);
  record_set_num(ev, FIELD_ELAPSED, line->elapsed_us);
  record_set_text(ev, FIELD_ACTIONS, line->actions);
  record_set_text(ev, FIELD_CHANGED, line->changed);
  record_set_given(ev, FIELD_NAME, line->section);
  record_set_given(ev, FIELD_DETAIL, line->error);
  if (line->back) {
    record_set_num(ev, FIELD_BACK, 1);
  }
}

static void tell_line(void *ctx, const struct trace_line *line) {
  struct run_debug *d = ctx;
  const struct run *r = &d->e->runs[d->run];
  struct textbuf image;
  struct record ev;
  if (d->told == LIMIT_DEBUG_LINES) { /* one moment can tell two */
    d->left_out++;
    return;
  }
  d->told++;
  textbuf_init(&image, &d->e->mem);
  ctx_event(d->x, &ev, EVENT_SCRIPT_LINE, r->session);
  record_set_num(&ev, FIELD_RUN, (int64_t)r->number);
  record_set_num(&ev, FIELD_SCRIPT, r->script);
  put_line(&ev, line);
  put_state(d, &ev, &image);
  emit(d->x, &ev);
  textbuf_free(&image);
}

/* Before it stops for a while: how many lines were too many. */
static void tell_left_out(struct run_debug *d) {
  const struct run *r = &d->e->runs[d->run];
  if (d->left_out == 0) {
    return;
  }
  struct record ev;
  ctx_event(d->x, &ev, EVENT_SCRIPT_LINE, r->session);
  record_set_num(&ev, FIELD_RUN, (int64_t)r->number);
  record_set_num(&ev, FIELD_SCRIPT, r->script);
  record_set_num(&ev, FIELD_LINE, vm_line(r->vm));
  record_set_num(&ev, FIELD_LEFT_OUT, (int64_t)d->left_out);
  emit(d->x, &ev);
  d->left_out = 0;
}

static void look(struct run_debug *d, enum engine_moment moment) {
  const struct run *r = &d->e->runs[d->run];
  const int64_t now_us = d->x->now_us;
  switch (moment) {
  case ENGINE_MOMENT_LOADED:
    trace_begin(d->trace, r->vm, r->slept_us == 0 ? now_us : r->slept_us);
    break;
  case ENGINE_MOMENT_GO_ON:
    trace_go_on(d->trace, r->vm);
    break;
  case ENGINE_MOMENT_LINE:
    trace_line(d->trace, r->vm, now_us);
    break;
  case ENGINE_MOMENT_ACTION:
    trace_action(d->trace, r->vm);
    tell_left_out(d);
    break;
  case ENGINE_MOMENT_END:
    trace_end(d->trace, r->vm, now_us);
    tell_left_out(d);
    break;
  }
}

/* A loop that is watched must not hold up everybody else: behind the lines that
 * are told, the rest of the step is only counted. */
static void count(struct run_debug *d, enum engine_moment moment) {
  if (moment == ENGINE_MOMENT_LINE) {
    d->left_out++;
  } else if (moment != ENGINE_MOMENT_GO_ON) {
    tell_left_out(d);
  }
}

void debug_look(struct ctx *x, uint32_t run, enum engine_moment moment) {
  struct run *r = &x->e->runs[run];
  const struct live *l = engine_live(x->e, r->session);
  if (moment == ENGINE_MOMENT_LOADED) {
    debug_forget(x->e, r);
    r->debug = l->debug == NULL ? NULL : load(x, run, l->debug);
  }
  if (r->debug != NULL && r->debug->trace != NULL) {
    r->debug->at_line = moment == ENGINE_MOMENT_LINE;
    if (r->debug->told < LIMIT_DEBUG_LINES) {
      look(r->debug, moment);
    } else {
      count(r->debug, moment);
    }
  }
}

/* ---- standing still */

/* A condition or a log was computed: too many at one moment hold up others. */
static bool is_too_much(struct run_debug *d) {
  return ++d->conditions > LIMIT_DEBUG_CONDITIONS;
}

/* Why it stops here as far as its condition goes; empty if it does not. */
static struct text condition_here(struct ctx *x, struct run_debug *d,
                                  const struct vm *vm, struct text condition) {
  struct inspect_result result;
  struct text why = TEXT("");
  if (condition.len == 0) {
    return TEXT("breakpoint");
  }
  if (is_too_much(d)) {
    return ctx_format(x,
                      "breakpoint; conditions were computed %d times at one "
                      "moment",
                      LIMIT_DEBUG_CONDITIONS);
  }
  inspect_result_init(&result, &d->e->mem);
  const enum bt_err err = inspect_evaluate(vm, 0, condition, &result);
  if (err != BT_ERR_OK) {
    why = ctx_format(x, "breakpoint; its condition cannot be computed: %.*s",
                     TEXT_ARG(textbuf_text(&result.text)));
  } else if (result.truth) {
    why = TEXT("breakpoint");
  }
  inspect_result_free(&result);
  return why;
}

/* "n is {n}" as the expression $"n is {n}": what stands in braces is one, the
 * rest is text, whatever it has in it. */
static void put_template(struct text log, struct textbuf *out) {
  unsigned depth = 0;
  textbuf_add(out, TEXT("$\""));
  for (size_t i = 0; i < log.len; i++) {
    const char c = log.ptr[i];
    if (depth == 0 && (c == '"' || c == '\\')) {
      textbuf_add_char(out, '\\');
    }
    depth += c == '{';
    depth -= c == '}' && depth > 0;
    textbuf_add_char(out, c);
  }
  textbuf_add_char(out, '"');
}

static void say_log(struct ctx *x, struct run_debug *d, const struct vm *vm,
                    struct text log) {
  struct inspect_result result;
  struct textbuf expression;
  struct record ev;
  textbuf_init(&expression, &d->e->mem);
  inspect_result_init(&result, &d->e->mem);
  put_template(log, &expression);
  const enum bt_err err =
      inspect_evaluate(vm, 0, textbuf_text(&expression), &result);
  const struct text said = textbuf_text(&result.text);
  x->line = vm_line(vm);
  ctx_event(x, &ev, EVENT_LOGGED, d->e->runs[d->run].session);
  record_set_num(&ev, FIELD_LEVEL, 0);
  record_set_text(
      &ev, FIELD_TEXT,
      err == BT_ERR_OK
          ? said
          : ctx_format(x, "the log cannot be computed: %.*s", TEXT_ARG(said)));
  emit(x, &ev);
  x->line = 0;
  inspect_result_free(&result);
  textbuf_free(&expression);
}

/* Why it stops here for this breakpoint; empty if it does not. */
static struct text hit(struct ctx *x, struct run_debug *d, const struct vm *vm,
                       const struct watched_line *w) {
  const struct run *r = &d->e->runs[d->run];
  struct live_debug *live = engine_live(x->e, r->session)->debug;
  const struct text why = condition_here(x, d, vm, w->condition);
  if (why.len == 0 ||
      !debug_hits_reached(w->hits, ++live->reached[w->number])) {
    return TEXT("");
  }
  if (w->log.len == 0 || is_too_much(d)) {
    return why;
  }
  say_log(x, d, vm, w->log);
  return TEXT("");
}

static struct text breakpoint_here(struct ctx *x, struct run_debug *d,
                                   const struct vm *vm) {
  const uint32_t line = vm_line(vm);
  struct text why = TEXT("");
  for (size_t i = 0; i < d->count; i++) {
    if (d->breakpoints[i].line == line && debug_is_line_start(vm) &&
        why.len == 0) {
      why = hit(x, d, vm, &d->breakpoints[i]);
    }
  }
  return why;
}

static struct text reason_here(struct ctx *x, const struct run *r,
                               const struct live_debug *d) {
  const enum debug_step step = (enum debug_step)d->step;
  const bool mine = d->run == 0 || d->run == r->number;
  /* One that only logs does so on the way of a step, too. */
  const struct text why = breakpoint_here(x, r->debug, r->vm);
  if (mine && debug_step_ends(step, d->depth, r->vm)) {
    return step == DEBUG_STEP_PAUSE ? TEXT("pause") : TEXT("step");
  }
  return why;
}

bool debug_pauses(struct ctx *x, uint32_t run) {
  const struct run *r = &x->e->runs[run];
  const struct live_debug *d = engine_live(x->e, r->session)->debug;
  if (d == NULL || r->debug == NULL) {
    return false;
  }
  const struct text why = reason_here(x, r, d);
  if (why.len == 0) {
    return false;
  }
  tell_left_out(r->debug);
  const struct act t = {.x = x, .run = run, .slot = r->session, .vm = r->vm};
  const struct nap nap = {.sleep = SLEEP_DEBUGGER,
                          .wake_us = x->now_us + d->limit_s * INT64_C(1000000),
                          .reason = why};
  x->line = vm_line(r->vm);
  act_sleep(&t, &nap);
  x->line = 0;
  return true;
}
