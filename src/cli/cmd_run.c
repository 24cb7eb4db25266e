/* Standard output holds what the script says and, without --quiet, its story;
 * standard error the trace and the errors. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/siblings.h"
#include "domain/heap.h"
#include "engine/explain.h"
#include "scenario/world.h"
#include "server/zone.h"
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
  struct tz *zone; /* NULL is UTC */
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

static int play(struct show *s, const struct scenario *scenario) {
  struct world *w = NULL;
  const struct world_options world = {
      .seed = 1, .ctx = s, .on_event = on_event};
  s->program = scenario->program;
  if (world_create(scenario, &world, &w) != BT_ERR_OK) {
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
  if (s->zone != NULL) { /* else the scenario's */
    domain_set_zone(world_domain(w), s->zone);
  }
  if (scenario_wants_siblings(scenario)) {
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

static void print_findings(const struct findings *findings) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  findings_print(findings, &b);
  print_text(stderr, textbuf_text(&b));
  textbuf_free(&b);
}

/* The first case of the scenario, or the ticket's world. */
static int load_and_play(struct show *s, const char *scenario) {
  struct findings findings;
  struct scenario_file file;
  findings_init(&findings, heap_mem());
  const enum bt_err err =
      scenario == NULL ? scenario_default(s->path, &findings, &file)
                       : scenario_load(scenario, s->path, &findings, &file);
  int exit_code = CLI_MISUSE;
  if (err == BT_ERR_OK) {
    s->path = file.cases[0].script.path.ptr;
    exit_code = play(s, &file.cases[0]);
    scenario_free(&file);
  } else {
    print_findings(&findings);
  }
  findings_free(&findings);
  return exit_code;
}

/* What is wrong with the script is said in full, before anything is played. */
static int check_script(const char *path) {
  size_t size = 0;
  char *source = cli_read_file(path, &size);
  if (source == NULL) {
    cli_error("cannot read %s: %s", path, strerror(errno));
    return CLI_MISUSE;
  }
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, heap_mem());
  const enum bt_err err =
      program_compile(heap_mem(), text_from(path), (struct text){source, size},
                      &diags, &program);
  if (err != BT_ERR_OK) {
    struct textbuf b;
    textbuf_init(&b, heap_mem());
    diagnostics_print(&diags, text_from(path), &b);
    print_text(stderr, textbuf_text(&b));
    textbuf_free(&b);
  }
  program_free(program);
  diagnostics_free(&diags);
  free(source);
  return err == BT_ERR_OK ? CLI_DONE : CLI_FAILED;
}

static bool take_zone(struct show *s, const char *name) {
  if (name == NULL ||
      zone_load(heap_mem(), text_from(name), &s->zone) == BT_ERR_OK) {
    return true;
  }
  cli_error("there is no time zone %s on this machine; one is Europe/Berlin",
            name);
  return false;
}

int cmd_run(const struct cli_command *self, int argc, char **argv) {
  bool quiet = false;
  const char *trace = NULL, *scenario = NULL, *zone = NULL;
  const struct cli_option options[] = {
      {"--scenario", CLI_TEXT, &scenario, "FILE",
       "the world that is played around it: docs/scenarios.md"},
      {"--quiet", CLI_FLAG, &quiet, NULL,
       "exactly what TRACE and Log… print, one per line, and nothing else"},
      {"--trace", CLI_FLAG_OR_TEXT, &trace, "json",
       "each executed line with the variables that changed, on standard error"},
      {"--time-zone", CLI_TEXT, &zone, "NAME",
       "the clock of the script's dates; default UTC"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton run examples/handover/forum.studio",
      "baton run --quiet --trace=json flow.studio 2>trace.jsonl",
      "baton run --scenario examples/flows/menu.yaml", NULL};
  const struct cli_page page = {options, examples, 0, 1};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (trace != NULL && trace[0] != '\0' && strcmp(trace, "json") != 0 &&
      strcmp(trace, "text") != 0) {
    cli_error("--trace is text or json, not '%s'", trace);
    return CLI_MISUSE;
  }
  if (argc < 2 && scenario == NULL) {
    cli_error("run needs a script, or a --scenario that names one");
    return CLI_MISUSE;
  }
  exit_code = argc < 2 ? CLI_DONE : check_script(argv[1]);
  if (exit_code != CLI_DONE) {
    return exit_code;
  }
  struct show *s = calloc(1, sizeof *s);
  if (s == NULL) {
    cli_error("not enough memory");
    return CLI_FAILED;
  }
  s->path = argc < 2 ? NULL : argv[1];
  s->quiet = quiet;
  s->trace = trace != NULL;
  s->json = s->trace && strcmp(trace, "json") == 0;
  arena_init(&s->arena, heap_mem(), 0);
  exit_code = take_zone(s, zone) ? load_and_play(s, scenario) : CLI_MISUSE;
  arena_free(&s->arena);
  tz_free(s->zone);
  free(s);
  return exit_code;
}
