/* The actions that scripts call, as a trace of their lines tells them. */
#include "domain/heap.h"
#include "scenario/world_priv.h"

enum { VALUE_MAX = 4096 }; /* bytes of one argument or result */

static struct text json_of(struct world *w, const struct json *value) {
  return value == NULL ? TEXT("") : world_json(w, value);
}

static void add_call(struct world *w, const struct trace_line *line,
                     const struct json *action) {
  const struct json *name = json_member(action, TEXT("action"));
  struct tale_call *c = tale_add(&w->tale, &w->tale.calls);
  if (c != NULL && name != NULL) {
    *c = (struct tale_call){
        .at_us = line->at_us,
        .line = line->line,
        .action = name->text,
        .args = json_of(w, json_member(action, TEXT("arguments"))),
        .answer = json_of(w, json_member(action, TEXT("result")))};
  }
}

static void on_trace(void *ctx, const struct trace_line *line) {
  struct world *w = ctx;
  if (w->options.on_line != NULL) {
    w->options.on_line(w->options.ctx, line, w->looks_at_main);
  }
  struct json *list = NULL;
  const struct text actions = arena_copy_text(&w->tale.arena, line->actions);
  if (json_parse(&w->tale.arena, actions, JSON_DEPTH_DEFAULT, &list, NULL) !=
      BT_ERR_OK) {
    return;
  }
  for (const struct json *a = list->first; a != NULL; a = a->next) {
    add_call(w, line, a);
  }
}

static void on_look(void *ctx, const struct engine_look *look) {
  struct world *w = ctx;
  w->looks_at_main =
      program_hash(vm_program(look->vm)) == program_hash(w->scenario->program);
  if (look->moment == ENGINE_MOMENT_LOADED) {
    trace_begin(w->tracer, look->vm, look->began_us);
  } else if (look->moment == ENGINE_MOMENT_GO_ON) {
    trace_go_on(w->tracer, look->vm);
  } else if (look->moment == ENGINE_MOMENT_LINE) {
    trace_line(w->tracer, look->vm, look->at_us);
  } else if (look->moment == ENGINE_MOMENT_ACTION) {
    trace_action(w->tracer, look->vm);
  } else {
    trace_end(w->tracer, look->vm, look->at_us);
  }
}

void calls_watch(struct world *w) {
  const struct json *expect = field_at(w->scenario->root, F_SCENARIO_EXPECT);
  const struct trace_options options = {
      .value_max = VALUE_MAX, .ctx = w, .fn = on_trace};
  if (field_at(expect, F_EXPECT_CALLS) == NULL && w->options.on_line == NULL) {
    return;
  }
  w->tracer = trace_create(heap_mem(), &options);
  if (w->tracer != NULL) {
    domain_watch(w->domain, on_look, w);
  }
}
