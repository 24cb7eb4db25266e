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

enum { VARIABLES_MAX = 256, EVENTS_MAX = 4096, TRACED_MAX = 8 };

/* The variables of one script as they were shown last. */
struct traced {
  const struct program *program;
  struct text values[VARIABLES_MAX]; /* in the arena */
};

/* What one run has shown so far. */
struct show {
  const char *path;
  const struct program *program;
  bool quiet, trace, json, failed;
  unsigned line_count;              /* traced */
  int64_t first_us, last_us;        /* traced */
  struct record events[EVENTS_MAX]; /* of the session, for the story */
  size_t event_count;
  struct arena arena;
  struct traced traced[TRACED_MAX];
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

/* Where a script's variables are remembered; beyond the limit all scripts share
 * the last place, and begin anew at each change. */
static struct traced *traced_of(struct show *s, const struct program *program) {
  size_t i = 0;
  while (i < TRACED_MAX - 1 && s->traced[i].program != NULL &&
         s->traced[i].program != program) {
    i++;
  }
  if (s->traced[i].program != program) {
    s->traced[i] = (struct traced){.program = program};
  }
  return &s->traced[i];
}

/* The variables that have changed since the line before. */
static void put_changes(struct show *s, const struct vm *vm,
                        struct json_out *o) {
  struct textbuf now;
  textbuf_init(&now, heap_mem());
  struct traced *traced = traced_of(s, vm_program(vm));
  size_t count = vm_variable_count(vm);
  count = count < VARIABLES_MAX ? count : VARIABLES_MAX;
  for (size_t i = 0; i < count; i++) {
    textbuf_clear(&now);
    vm_variable_text(vm, i, &now);
    if (text_equal(textbuf_text(&now), traced->values[i])) {
      continue;
    }
    json_key_text(o, vm_variable_name(vm, i));
    json_open_object(o);
    json_key(o, "old");
    json_put_text(o, traced->values[i]);
    json_key(o, "new");
    json_put_text(o, textbuf_text(&now));
    json_close_object(o);
    traced->values[i] = arena_copy_text(&s->arena, textbuf_text(&now));
  }
  textbuf_free(&now);
}

static void print_trace_text(struct show *s, const struct engine_line *line,
                             struct text changes) {
  if (changes.len > 2) {
    (void)fprintf(stderr, "             %.*s\n", TEXT_ARG(changes));
  }
  const struct program *program = vm_program(line->vm);
  const struct text source = text_trim(program_line(program, line->line));
  (void)fprintf(stderr, "%4u %+8.3f s  ", s->line_count,
                (double)(line->at_us - s->first_us) / 1e6);
  print_place(s, program, line->line);
  (void)fprintf(stderr, "  %.*s\n", TEXT_ARG(source));
}

static void print_trace_json(struct show *s, const struct engine_line *line,
                             struct text changes) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, heap_mem());
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "seq");
  json_put_u64(&o, s->line_count);
  json_key(&o, "atUs");
  json_put_i64(&o, line->at_us);
  json_key(&o, "elapsedUs");
  json_put_i64(&o, line->at_us - s->last_us);
  char id[ID_TEXT_LEN];
  id_to_text(line->session, id);
  json_key(&o, "session");
  json_put_text(&o, (struct text){id, ID_TEXT_LEN});
  json_key(&o, "script");
  const struct program *program = vm_program(line->vm);
  json_put_text(&o, program_hash(program) == program_hash(s->program)
                        ? text_from(s->path)
                        : program_file_name(program));
  json_key(&o, "line");
  json_put_u64(&o, line->line);
  json_key(&o, "source");
  json_put_text(&o, program_line(program, line->line));
  json_key(&o, "changed");
  json_put_raw(&o, changes);
  json_close_object(&o);
  (void)fprintf(stderr, "%.*s\n", TEXT_ARG(textbuf_text(&b)));
  textbuf_free(&b);
}

static void on_line(void *ctx, const struct engine_line *line) {
  struct show *s = ctx;
  struct textbuf b;
  struct json_out o;
  s->first_us = s->line_count == 0 ? line->at_us : s->first_us;
  s->last_us = s->line_count == 0 ? line->at_us : s->last_us;
  s->line_count++;
  textbuf_init(&b, heap_mem());
  json_out_init(&o, &b);
  json_open_object(&o);
  put_changes(s, line->vm, &o);
  json_close_object(&o);
  (void)fflush(stdout);
  if (s->json) {
    print_trace_json(s, line, textbuf_text(&b));
  } else {
    print_trace_text(s, line, textbuf_text(&b));
  }
  s->last_us = line->at_us;
  textbuf_free(&b);
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
  if (s->trace) {
    domain_watch(world_domain(w), on_line, s);
  }
  s->world = w;
  if (program_runs_scripts(s->program)) {
    siblings_publish(w, s->path);
  }
  world_play(w);
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
