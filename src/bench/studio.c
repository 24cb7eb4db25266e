#include "bench/studio.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/lua.h"
#include "bench/progress.h"
#include "bench/samples.h"
#include "bench/studio_priv.h"

enum { RUNS = 10 }; /* of a program, a round */

int64_t studio_cpu_ns(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void studio_result(const struct vm *vm, struct textbuf *out) {
  for (size_t i = 0; i < vm_variable_count(vm); i++) {
    if (text_equal(vm_variable_name(vm, i), TEXT("result"))) {
      vm_variable_text(vm, i, out);
    }
  }
}

/* ---- programs that run to their end */

#define LUA_BEGIN "local function program()\n"
#define LUA_END                                                                \
  "end\n"                                                                      \
  "program()\n"                                                                \
  "local at, result = os.clock(), nil\n"                                       \
  "for _ = 1, COUNT do result = program() end\n"                               \
  "local spent = os.clock() - at\n"                                            \
  "if type(result) == 'number' then\n"                                         \
  "  result = string.format('%.15g', result)\n"                                \
  "end\n"                                                                      \
  "io.write(spent * 1e9 / COUNT / PER, ' ', result)\n"

static enum bt_err measure_program(struct bench *b,
                                   const struct studio_work *work,
                                   const struct program *program,
                                   uint32_t count, struct studio_measure *out) {
  static const struct vm_env env = {.now_us = 1};
  int64_t began_ns = 0;
  bool good = true;
  for (uint32_t i = 0; i <= count && good; i++) { /* the first to warm up */
    struct vm *vm = NULL;
    began_ns = i == 1 ? studio_cpu_ns() : began_ns;
    good = vm_start(b->mem, program, &vm) == BT_ERR_OK &&
           vm_run(vm, &env) == VM_DONE;
    if (good && i == count) {
      studio_result(vm, &out->result);
    }
    vm_free(vm);
  }
  const double spent_ns = (double)(studio_cpu_ns() - began_ns);
  out->figures[0] = spent_ns / count / work->per;
  return good ? BT_ERR_OK
              : bench_fail(b, BT_ERR_CORRUPT, "'%s' did not end well",
                           work->rows[0].name);
}

static const struct studio_work programs[] = {
#define STUDIO_PROGRAM(id, operations, studio, body, text)                     \
  {.source = (studio),                                                         \
   .lua = LUA_BEGIN body LUA_END,                                              \
   .per = (operations),                                                        \
   .rows = {{.name = (id), .unit = "ns", .doc = (text)}},                      \
   .row_count = 1,                                                             \
   .measure = measure_program},
#include "bench/studio_programs.def"
#undef STUDIO_PROGRAM
};

/* ---- rounds */

struct rounds {
  struct bench *b;
  const struct bench_studio_options *o;
  struct bench_studio_result *out;
  struct progress bar;
  uint64_t done;
};

static enum bt_err compile(struct bench *b, const struct studio_work *work,
                           struct program **out) {
  struct diagnostics diags;
  diagnostics_init(&diags, b->mem);
  const enum bt_err err = program_compile(b->mem, TEXT("bench"),
                                          text_from(work->source), &diags, out);
  diagnostics_free(&diags);
  return err == BT_ERR_OK ? err
                          : bench_fail(b, err,
                                       "the script of '%s' does not "
                                       "compile",
                                       work->rows[0].name);
}

/* "12.5 3.25 the result": @count figures, then the result. */
static bool read_figures(struct text said, size_t count,
                         struct studio_measure *out) {
  for (size_t i = 0; i < count; i++) {
    const size_t blank = text_find(said, TEXT(" "), 0);
    if (!text_to_double(text_sub(said, 0, blank), &out->figures[i])) {
      return false;
    }
    said = text_sub(said, blank + 1, said.len);
  }
  textbuf_add(&out->result, said);
  return true;
}

static enum bt_err measure_lua(const struct rounds *r,
                               const struct studio_work *work, uint32_t count,
                               struct studio_measure *out) {
  struct textbuf code, said;
  textbuf_init(&code, r->b->mem);
  textbuf_init(&said, r->b->mem);
  textbuf_addf(&code, "local COUNT, PER = %" PRIu32 ", %.0f\n%s", count,
               work->per, work->lua);
  textbuf_add_char(&code, '\0');
  enum bt_err err = code.failed ? bench_fail(r->b, BT_ERR_NOMEM, "no memory")
                                : lua_run(r->b, r->o->lua, code.ptr, &said);
  if (err == BT_ERR_OK &&
      !read_figures(textbuf_text(&said), work->row_count, out)) {
    err = bench_fail(r->b, BT_ERR_IO, "%s said '%.*s'", r->o->lua,
                     TEXT_ARG(textbuf_text(&said)));
  }
  textbuf_free(&code);
  textbuf_free(&said);
  return err;
}

/* Both sides once; figures in thousandths, so that samples can hold them. */
static enum bt_err play_round(const struct rounds *r,
                              const struct studio_work *work,
                              const struct program *program,
                              struct studio_measure *ours,
                              struct studio_measure *lua) {
  const uint32_t count = work->many ? r->o->sleepers : RUNS;
  textbuf_clear(&ours->result);
  textbuf_clear(&lua->result);
  enum bt_err err = work->measure(r->b, work, program, count, ours);
  if (err != BT_ERR_OK || r->out->lua_version[0] == '\0') {
    return err;
  }
  err = measure_lua(r, work, count, lua);
  if (err == BT_ERR_OK &&
      !text_equal(textbuf_text(&ours->result), textbuf_text(&lua->result))) {
    err = bench_fail(r->b, BT_ERR_CORRUPT,
                     "'%s' came to '%.*s' here and to '%.*s' in Lua",
                     work->rows[0].name, TEXT_ARG(textbuf_text(&ours->result)),
                     TEXT_ARG(textbuf_text(&lua->result)));
  }
  return err;
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, size_t count) {
  qsort(values, count, sizeof *values, compare);
  return values[count / 2];
}

struct figures {
  double ours[STUDIO_ROUNDS_MAX], lua[STUDIO_ROUNDS_MAX],
      ratio[STUDIO_ROUNDS_MAX];
};

static void keep_row(struct rounds *r, const struct bench_studio_row *row,
                     struct figures *f) {
  struct bench_studio_row *out = &r->out->rows[r->out->count++];
  *out = *row;
  out->ours = median(f->ours, r->o->rounds);
  out->lua = median(f->lua, r->o->rounds);
  out->ratio = median(f->ratio, r->o->rounds);
}

static enum bt_err play(struct rounds *r, const struct studio_work *work) {
  struct figures figures[STUDIO_FIGURES_MAX] = {0};
  struct studio_measure ours = {0}, lua = {0};
  struct program *program = NULL;
  enum bt_err err = compile(r->b, work, &program);
  textbuf_init(&ours.result, r->b->mem);
  textbuf_init(&lua.result, r->b->mem);
  for (unsigned i = 0; i < r->o->rounds && err == BT_ERR_OK; i++) {
    err = play_round(r, work, program, &ours, &lua);
    for (size_t k = 0; k < work->row_count; k++) {
      figures[k].ours[i] = ours.figures[k];
      figures[k].lua[i] = lua.figures[k];
      figures[k].ratio[i] =
          lua.figures[k] > 0 ? ours.figures[k] / lua.figures[k] : 0;
    }
    progress_show(&r->bar, ++r->done);
  }
  for (size_t k = 0; k < work->row_count && err == BT_ERR_OK; k++) {
    keep_row(r, &work->rows[k], &figures[k]);
  }
  textbuf_free(&ours.result);
  textbuf_free(&lua.result);
  program_free(program);
  return err;
}

/* Without a Lua, ours are measured alone. */
static enum bt_err find_lua(const struct rounds *r) {
  struct textbuf said;
  textbuf_init(&said, r->b->mem);
  const enum bt_err err = lua_run(r->b, r->o->lua, "io.write(_VERSION)", &said);
  (void)snprintf(r->out->lua_version, sizeof r->out->lua_version, "%.*s",
                 TEXT_ARG(textbuf_text(&said)));
  textbuf_free(&said);
  return err == BT_ERR_NOT_FOUND ? BT_ERR_OK : err;
}

enum bt_err bench_studio(struct bench *b, const struct bench_studio_options *o,
                         struct bench_studio_result *out) {
  enum { PROGRAMS = sizeof programs / sizeof programs[0] };
  struct rounds r = {.b = b, .o = o, .out = out};
  *out = (struct bench_studio_result){.count = 0};
  enum bt_err err = find_lua(&r);
  progress_begin(&r.bar, b->progress, "studio",
                 (uint64_t)(PROGRAMS + 2) * o->rounds);
  for (size_t i = 0; i < PROGRAMS && err == BT_ERR_OK; i++) {
    err = play(&r, &programs[i]);
  }
  if (err == BT_ERR_OK) {
    err = play(&r, &studio_flow);
  }
  if (err == BT_ERR_OK) {
    err = play(&r, &studio_sleep);
  }
  progress_end(&r.bar);
  return err;
}
