/* Standard output holds what the script says and, without --quiet, its story;
 * standard error the trace and the errors. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/siblings.h"
#include "cli/world.h"
#include "domain/heap.h"
#include "engine/explain.h"
#include "studio/trace.h"

enum { EVENTS_MAX = 4096, SHOWN_MAX = 200 };

/* What one run has shown so far. */
struct show {
  const char *path;
  const struct program *program;
  bool quiet, trace, json, failed;
  struct trace *tracer;
  int64_t first_us; /* when the script began */
  struct id session;
  struct text script; /* that is traced */
  const struct program *traced;
  struct record events[EVENTS_MAX]; /* of the session, for the story */
  size_t event_count;
  struct arena arena;
  struct world *world;
};

/* ---- what the script writes */

static void print_text(FILE *to, struct text t) {
  if (t.len > 0) { /* an empty text may have no place */
    (void)fwrite(t.ptr, 1, t.len, to);
  }
}

static void print_log(const struct show *s, const struct record *ev) {
  static const char *const levels[] = {"TRACE", "Log", "LogInfo", "LogWarn",
                                       "LogError"};
  if (!s->quiet) {
    printf("%s: ", levels[record_num(ev, FIELD_LEVEL)]);
  }
  print_text(stdout, record_text(ev, FIELD_TEXT));
  (void)fputc('\n', stdout);
}

/* The program that the event is about, and where its file is. */
static const struct program *program_of(const struct show *s,
                                        const struct record *ev) {
  const struct directory *d =
      s->world == NULL
          ? NULL
          : engine_directory(domain_engine(world_domain(s->world)));
  const uint32_t script = (uint32_t)record_num(ev, FIELD_SCRIPT);
  return d != NULL && record_has(ev, FIELD_SCRIPT) && script < d->script_count
             ? d->scripts[script].program
             : s->program;
}

/* The file, or the script of that name beside it. */
static void print_place(const struct show *s, const struct program *p,
                        uint32_t line) {
  if (program_hash(p) == program_hash(s->program)) {
    (void)fprintf(stderr, "%s:%u", s->path, line);
    return;
  }
  const char *slash = strrchr(s->path, '/');
  const int folder = slash == NULL ? 0 : (int)(slash - s->path) + 1;
  (void)fprintf(stderr, "%.*s%.*s.studio:%u", folder, s->path,
                TEXT_ARG(program_file_name(p)), line);
}

static void print_failure(const struct show *s, const struct record *ev) {
  const struct program *program = program_of(s, ev);
  const uint32_t line = (uint32_t)record_num(ev, FIELD_LINE);
  const uint32_t column = (uint32_t)record_num(ev, FIELD_COLUMN);
  (void)fflush(stdout);
  print_place(s, program, line);
  (void)fprintf(stderr, ":%u: error: ", column);
  print_text(stderr, record_text(ev, FIELD_DETAIL));
  (void)fputs("\n  ", stderr);
  print_text(stderr, program_line(program, line));
  (void)fprintf(stderr, "\n  %*s^\n", column > 0 ? (int)column - 1 : 0, "");
}

static void keep_event(struct show *s, const struct record *ev) {
  if (s->quiet || s->event_count == EVENTS_MAX ||
      !record_has(ev, FIELD_SESSION)) {
    return;
  }
  struct record *kept = &s->events[s->event_count++];
  *kept = *ev;
  for (uint32_t f = 0; f < FIELDS; f++) {
    if (record_has(kept, (enum field)f) && field_is_text((enum field)f)) {
      kept->v[f].text = arena_copy_text(&s->arena, kept->v[f].text);
    }
  }
}

static void on_event(void *ctx, const struct record *ev) {
  struct show *s = ctx;
  keep_event(s, ev);
  if (ev->type == EVENT_LOGGED) {
    print_log(s, ev);
  } else if (ev->type == EVENT_SCRIPT_FAILED &&
             !record_has(ev, FIELD_PARENT)) { /* else its caller may take it */
    print_failure(s, ev);
    s->failed = true;
  }
}

/* ---- trace */

static void print_trace_json(const struct show *s,
                             const struct trace_line *line) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  const struct trace_where where = {
      .session = s->session, .script = s->script, .program = s->traced};
  trace_write_json(line, &where, &b);
  (void)fprintf(stderr, "%.*s\n", TEXT_ARG(textbuf_text(&b)));
  textbuf_free(&b);
}

static void print_trace_text(const struct show *s,
                             const struct trace_line *line) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  const struct trace_where where = {
      .began_us = s->first_us, .script = s->script, .program = s->traced};
  trace_write_text(line, &where, &b);
  print_text(stderr, textbuf_text(&b));
  textbuf_free(&b);
}

static void on_line(void *ctx, const struct trace_line *line) {
  const struct show *s = ctx;
  (void)fflush(stdout);
  if (s->json) {
    print_trace_json(s, line);
  } else {
    print_trace_text(s, line);
  }
}

static void on_look(void *ctx, const struct engine_look *look) {
  struct show *s = ctx;
  s->first_us = s->first_us == 0 ? look->at_us : s->first_us;
  s->session = look->session;
  s->traced = vm_program(look->vm);
  s->script = program_hash(s->traced) == program_hash(s->program)
                  ? text_from(s->path)
                  : look->script;
  switch (look->moment) {
  case ENGINE_MOMENT_LOADED:
    trace_begin(s->tracer, look->vm, look->began_us);
    break;
  case ENGINE_MOMENT_GO_ON:
    trace_go_on(s->tracer, look->vm);
    break;
  case ENGINE_MOMENT_LINE:
    trace_line(s->tracer, look->vm, look->at_us);
    break;
  case ENGINE_MOMENT_ACTION:
    trace_action(s->tracer, look->vm);
    break;
  case ENGINE_MOMENT_END:
    trace_end(s->tracer, look->vm, look->at_us);
    break;
  }
}

/* ---- running */

static void print_story(const struct show *s, struct world *w) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  textbuf_add(&b, TEXT("\nWhat happened to the session, in virtual time:\n"));
  const int64_t last_us =
      s->event_count == 0
          ? 0
          : record_num(&s->events[s->event_count - 1], FIELD_AT);
  explain_session(domain_engine(world_domain(w)), s->events, s->event_count,
                  last_us, &b);
  print_text(stdout, textbuf_text(&b));
  textbuf_free(&b);
}

static int play(struct show *s, struct text source) {
  struct world *w = NULL;
  const struct world_listener listener = {.ctx = s, .on_event = on_event};
  if (world_create(s->program, text_from(s->path), source, &listener, &w) !=
      BT_ERR_OK) {
    cli_error("not enough memory");
    return CLI_FAILED;
  }
  const struct trace_options options = {.value_max =
                                            s->json ? VM_VALUES_MAX : SHOWN_MAX,
                                        .ctx = s,
                                        .fn = on_line};
  if (s->trace && (s->tracer = trace_create(heap_mem(), &options)) != NULL) {
    domain_watch(world_domain(w), on_look, s);
  }
  s->world = w;
  if (program_runs_scripts(s->program)) {
    siblings_publish(w, s->path);
  }
  world_play(w);
  if (s->trace && (s->tracer == NULL || trace_has_failed(s->tracer))) {
    cli_error("not enough memory for the trace: lines are missing");
  }
  trace_free(s->tracer);
  if (!s->quiet) {
    print_story(s, w);
  }
  world_free(w);
  return s->failed ? CLI_FAILED : CLI_DONE;
}

static int compile_and_play(struct show *s, struct text source) {
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, heap_mem());
  int exit_code = CLI_FAILED;
  const enum bt_err err =
      program_compile(heap_mem(), text_from(s->path), source, &diags, &program);
  if (err == BT_ERR_OK) {
    s->program = program;
    exit_code = play(s, source);
  } else {
    struct textbuf b;
    textbuf_init(&b, heap_mem());
    diagnostics_print(&diags, text_from(s->path), &b);
    print_text(stderr, textbuf_text(&b));
    textbuf_free(&b);
  }
  program_free(program);
  diagnostics_free(&diags);
  return exit_code;
}

int cmd_run(const struct cli_command *self, int argc, char **argv) {
  bool quiet = false;
  const char *trace = NULL;
  const struct cli_option options[] = {
      {"--quiet", CLI_FLAG, &quiet, NULL,
       "exactly what TRACE and Log… print, one per line, and nothing else"},
      {"--trace", CLI_FLAG_OR_TEXT, &trace, "json",
       "each executed line with the variables that changed, on standard error"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton run examples/handover/forum.studio",
      "baton run --quiet --trace=json flow.studio 2>trace.jsonl", NULL};
  const struct cli_page page = {options, examples, 1, 1};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (trace != NULL && trace[0] != '\0' && strcmp(trace, "json") != 0 &&
      strcmp(trace, "text") != 0) {
    cli_error("--trace is text or json, not '%s'", trace);
    return CLI_MISUSE;
  }
  size_t size = 0;
  char *source = cli_read_file(argv[1], &size);
  struct show *s = calloc(1, sizeof *s);
  if (source == NULL || s == NULL) {
    cli_error("cannot read %s: %s", argv[1], strerror(errno));
    free(source);
    free(s);
    return CLI_MISUSE;
  }
  s->path = argv[1];
  s->quiet = quiet;
  s->trace = trace != NULL;
  s->json = s->trace && strcmp(trace, "json") == 0;
  arena_init(&s->arena, heap_mem(), 0);
  exit_code = compile_and_play(s, (struct text){source, size});
  arena_free(&s->arena);
  free(source);
  free(s);
  return exit_code;
}
