/* Breakpoints: what the client asks for, and what the engine is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/dap.h"
#include "domain/heap.h"
#include "server/slurp.h"

/* ---- which script */

struct text dap_script_of(const struct dap *d, struct text path) {
  if (d->path != NULL && (text_equal(text_from(d->path), path) ||
                          file_is_same(text_from(d->path), path))) {
    return text_from(d->live == NULL ? d->path : d->script);
  }
  size_t from = path.len;
  while (from > 0 && path.ptr[from - 1] != '/') {
    from--;
  }
  const struct text name = text_sub(path, from, path.len);
  return text_ends(name, TEXT(".studio")) ? text_sub(name, 0, name.len - 7)
                                          : name;
}

/* The program of the script, compiled anew if it is not the launched one; NULL
 * if that cannot be read. */
static const struct program *program_of(const struct dap *d, struct text path,
                                        struct program **owned) {
  *owned = NULL;
  if (d->program != NULL &&
      text_equal(dap_script_of(d, path), text_from(d->path))) {
    return d->program;
  }
  size_t size = 0;
  char *name = strndup(path.ptr, path.len);
  char *source = name == NULL ? NULL : cli_read_file(name, &size);
  struct program *program = NULL;
  struct diagnostics diags;
  diagnostics_init(&diags, heap_mem());
  if (source != NULL &&
      program_compile(heap_mem(), path, (struct text){source, size}, &diags,
                      &program) == BT_ERR_OK) {
    *owned = program;
  }
  diagnostics_free(&diags);
  free(source);
  free(name);
  return program;
}

/* ---- keeping */

static void drop(struct dap_breakpoint *b) {
  free(b->script);
  free(b->condition);
  free(b->hits);
  free(b->log);
  *b = (struct dap_breakpoint){0};
}

static void forget_script(struct dap *d, struct text script) {
  size_t kept = 0;
  for (size_t i = 0; i < d->breakpoint_count; i++) {
    if (text_equal(text_from(d->breakpoints[i].script), script)) {
      drop(&d->breakpoints[i]);
    } else {
      d->breakpoints[kept++] = d->breakpoints[i];
    }
  }
  d->breakpoint_count = kept;
}

void dap_breakpoints_free(struct dap *d) {
  for (size_t i = 0; i < d->breakpoint_count; i++) {
    drop(&d->breakpoints[i]);
  }
  d->breakpoint_count = 0;
}

static char *copy_member(const struct json *asked, const char *name) {
  const struct json *m = json_member(asked, text_from(name));
  return m == NULL || m->type != JSON_TEXT ? strdup("")
                                           : strndup(m->text.ptr, m->text.len);
}

static bool keep(struct dap *d, struct text script, uint32_t line,
                 const struct json *asked) {
  if (d->breakpoint_count == DAP_BREAKPOINTS_MAX) {
    return false;
  }
  struct dap_breakpoint b = {.line = line,
                             .script = strndup(script.ptr, script.len),
                             .condition = copy_member(asked, "condition"),
                             .hits = copy_member(asked, "hitCondition"),
                             .log = copy_member(asked, "logMessage")};
  if (b.script == NULL || b.condition == NULL || b.hits == NULL ||
      b.log == NULL) {
    drop(&b);
    return false;
  }
  d->breakpoints[d->breakpoint_count++] = b;
  return true;
}

/* As the engine sees it: one that cannot be computed stops. */
static bool holds(const struct vm *vm, const char *condition) {
  struct inspect_result result;
  inspect_result_init(&result, heap_mem());
  const bool stops =
      condition[0] == '\0' ||
      inspect_evaluate(vm, 0, text_from(condition), &result) != BT_ERR_OK ||
      result.truth;
  inspect_result_free(&result);
  return stops;
}

bool dap_is_breakpoint(const struct dap *d, const struct vm *vm) {
  const struct text script = program_file_name(vm_program(vm));
  const uint32_t line = vm_line(vm);
  for (size_t i = 0; i < d->breakpoint_count; i++) {
    const struct dap_breakpoint *b = &d->breakpoints[i];
    if (b->line == line && b->log[0] == '\0' &&
        text_equal(text_from(b->script), script) && holds(vm, b->condition)) {
      return true;
    }
  }
  return false;
}

/* ---- the engine's part */

static void put_given(struct json_out *o, const char *key, const char *text) {
  if (text[0] != '\0') {
    json_key(o, key);
    json_put_text(o, text_from(text));
  }
}

static void put_breakpoints(const struct dap *d, struct textbuf *out) {
  struct json_out o;
  json_out_init(&o, out);
  json_open_list(&o);
  for (size_t i = 0; i < d->breakpoint_count; i++) {
    const struct dap_breakpoint *b = &d->breakpoints[i];
    json_open_object(&o);
    json_key(&o, "line");
    json_put_u64(&o, b->line);
    json_key(&o, "script");
    json_put_text(&o, text_from(b->script));
    put_given(&o, "condition", b->condition);
    put_given(&o, "hits", b->hits);
    put_given(&o, "log", b->log);
    json_close_object(&o);
  }
  json_close_list(&o);
}

void dap_put_wishes(struct dap *d, struct record *args, struct textbuf *list) {
  enum { HOUR_S = 3600 }; /* the world's, whose clock stands while it pauses */
  textbuf_clear(list);
  put_breakpoints(d, list);
  record_set_text(args, FIELD_BREAKPOINTS, textbuf_text(list));
  record_set_num(args, FIELD_TRACE, 1);
  record_set_num(args, FIELD_PAUSE_LIMIT, HOUR_S);
}

static void tell_engine(struct dap *d) {
  if (d->live != NULL) {
    dap_live_tell(d);
    return;
  }
  struct record args;
  struct textbuf list;
  textbuf_init(&list, heap_mem());
  record_init(&args, COMMAND_DEBUG);
  dap_put_wishes(d, &args, &list);
  (void)world_debug(d->world, &args);
  textbuf_free(&list);
}

/* ---- requests */

struct asked {
  struct text script;
  const struct program *program;
};

static bool hits_are_good(const struct json *b) {
  const struct json *hits = json_member(b, TEXT("hitCondition"));
  struct debug_hits read;
  return hits == NULL ||
         (hits->type == JSON_TEXT && debug_hits_read(hits->text, &read));
}

static struct text why_not(const struct asked *a, const struct json *b,
                           uint32_t there) {
  return a->program == NULL ? TEXT("the file is no script that compiles")
         : there == 0 ? TEXT("nothing is executed on this line or behind it")
         : hits_are_good(b)
             ? TEXT("there are 100 breakpoints already")
             : TEXT("a hit count is a number, as in 5, =5, >5 or %5");
}

static void answer_one(struct dap *d, const struct asked *a,
                       const struct json *b, struct json_out *o) {
  const struct json *at = json_member(b, TEXT("line"));
  const int64_t line =
      (at != NULL && at->type == JSON_INT ? at->i : 0) + d->first_line_0;
  uint32_t there = 0;
  if (a->program != NULL && line >= 1 && line <= UINT32_MAX) {
    there = debug_breakpoint_line(a->program, (uint32_t)line);
  }
  const bool kept =
      there != 0 && hits_are_good(b) && keep(d, a->script, there, b);
  json_open_object(o);
  json_key(o, "verified");
  json_put_bool(o, kept);
  json_key(o, "line");
  json_put_i64(o, (kept ? (int64_t)there : line) - d->first_line_0);
  if (!kept) {
    json_key(o, "message");
    json_put_text(o, why_not(a, b, there));
  }
  json_close_object(o);
}

void dap_do_set_breakpoints(struct dap *d, const struct dap_request *r) {
  const struct json *source = json_member(r->arguments, TEXT("source"));
  const struct json *path = json_member(source, TEXT("path"));
  const struct json *list = json_member(r->arguments, TEXT("breakpoints"));
  if (path == NULL || path->type != JSON_TEXT) {
    dap_refuse(d, r, "a breakpoint needs its file: source.path");
    return;
  }
  struct program *owned;
  const struct program *program = program_of(d, path->text, &owned);
  const struct asked asked = {dap_script_of(d, path->text), program};
  forget_script(d, asked.script);
  struct json_out o = dap_begin_answer(d, r);
  json_key(&o, "breakpoints");
  json_open_list(&o);
  for (const struct json *b = list == NULL ? NULL : list->first; b != NULL;
       b = b->next) {
    answer_one(d, &asked, b, &o);
  }
  json_close_list(&o);
  dap_end(d, &o);
  program_free(owned);
  const bool told = d->world != NULL || d->live != NULL;
  if (told && !d->no_debug && !d->ended) {
    tell_engine(d);
  }
}

void dap_do_no_breakpoints(struct dap *d, const struct dap_request *r) {
  struct json_out o = dap_begin_answer(d, r);
  json_key(&o, "breakpoints");
  json_open_list(&o);
  json_close_list(&o);
  dap_end(d, &o);
}

void dap_do_breakpoint_locations(struct dap *d, const struct dap_request *r) {
  const struct json *source = json_member(r->arguments, TEXT("source"));
  const struct json *path = json_member(source, TEXT("path"));
  const int64_t line = dap_num(r, "line", 1) + d->first_line_0;
  const int64_t end =
      dap_num(r, "endLine", line - d->first_line_0) + d->first_line_0;
  struct program *owned = NULL;
  const struct program *program = path != NULL && path->type == JSON_TEXT
                                      ? program_of(d, path->text, &owned)
                                      : NULL;
  struct json_out o = dap_begin_answer(d, r);
  json_key(&o, "breakpoints");
  json_open_list(&o);
  int64_t at = line < 1 ? 1 : line;
  while (program != NULL && at <= end && at <= UINT32_MAX) {
    const uint32_t there = debug_breakpoint_line(program, (uint32_t)at);
    if (there == 0 || there > end) {
      break;
    }
    json_open_object(&o);
    json_key(&o, "line");
    json_put_i64(&o, (int64_t)there - d->first_line_0);
    json_close_object(&o);
    at = (int64_t)there + 1;
  }
  json_close_list(&o);
  dap_end(d, &o);
  program_free(owned);
}
