/* Plays days of a centre with its own routing code, and tells what they are
 * like. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/progress.h"
#include "cli/cli.h"
#include "cli/simulate_load.h"
#include "domain/heap.h"
#include "simulate/report.h"

enum { RUNS_MAX = 10000 };

struct simulate_words {
  struct simulate_files files;
  const char *svg;
  long long runs, seed;
  bool json, csv, intervals;
};

/* ---- runs */

static bool fail(const struct simulate_error *why) {
  cli_error("%s", why->text);
  return false;
}

static bool play_all(const struct simulate_setting *setting,
                     const struct simulate_words *w, size_t rows,
                     struct simulate_result *out, struct progress *bar) {
  const size_t intervals = simulate_interval_count(setting->plan);
  struct simulate_error why = {"there is no memory for the results"};
  if (simulate_result_init(out, heap_mem(), rows, intervals, (size_t)w->runs) !=
      BT_ERR_OK) {
    return fail(&why);
  }
  for (uint64_t run = 0; run < (uint64_t)w->runs; run++) {
    struct simulate_tally tally;
    const struct simulate_draw draw = {(uint64_t)w->seed, run};
    progress_show(bar, out->done);
    if (simulate_play(heap_mem(), setting, draw, &tally, &why) != BT_ERR_OK) {
      return fail(&why);
    }
    const enum bt_err err = simulate_result_add(out, &tally);
    simulate_tally_free(&tally);
    if (err != BT_ERR_OK) {
      return fail(&why);
    }
    progress_show(bar, out->done);
  }
  return true;
}

/* ---- what comes out */

static bool write_file(const char *path, const struct textbuf *b) {
  FILE *f = fopen(path, "w");
  bool good = f != NULL && fwrite(b->ptr, 1, b->len, f) == b->len;
  if (f != NULL) {
    good = fclose(f) == 0 && good;
  }
  if (!good) {
    cli_error("cannot write %s: %s", path, strerror(errno));
  }
  return good;
}

static bool print(const struct simulate_words *w,
                  const struct simulate_report *r) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  if (w->json) {
    simulate_report_json(r, &b);
  } else if (w->csv) {
    simulate_report_csv(r, &b);
  } else {
    simulate_report_table(r, &b);
    if (w->intervals) {
      simulate_report_intervals(r, &b);
    }
  }
  (void)fwrite(b.ptr, 1, b.len, stdout);
  bool good = !b.failed;
  if (w->svg != NULL) {
    textbuf_clear(&b);
    simulate_report_svg(r, &b);
    good = good && write_file(w->svg, &b);
  }
  textbuf_free(&b);
  return good;
}

/* ---- together */

static bool simulate(const struct simulate_words *w,
                     const struct simulate_input *in) {
  const struct simulate_setting setting = {in->objects, in->object_count,
                                           &in->reader.plan};
  struct simulate_rows rows = {0};
  struct simulate_result result = {0};
  struct simulate_error why;
  struct progress bar;
  if (simulate_rows_of(heap_mem(), &setting, &rows, &why) != BT_ERR_OK) {
    return fail(&why);
  }
  progress_begin(&bar, isatty(STDERR_FILENO) != 0, "simulate",
                 (uint64_t)w->runs);
  bool good = play_all(&setting, w, rows.count, &result, &bar);
  progress_end(&bar);
  if (good) {
    const struct simulate_report r = {.centre = in->config.centre,
                                      .zone = in->config.zone,
                                      .plan = setting.plan,
                                      .queues = rows.names,
                                      .queue_count = rows.count,
                                      .agent_count = in->agent_count,
                                      .seed = (uint64_t)w->seed,
                                      .result = &result};
    good = print(w, &r);
  }
  simulate_result_free(&result);
  simulate_rows_free(heap_mem(), &rows);
  return good;
}

static bool check_words(const struct simulate_words *w) {
  if (w->runs < 1 || w->runs > RUNS_MAX) {
    cli_error("--runs is 1 … %d, not %lld", RUNS_MAX, w->runs);
    return false;
  }
  if (w->json && w->csv) {
    cli_error("--json and --csv do not go together");
    return false;
  }
  if (w->files.arrivals != NULL && w->files.history != NULL) {
    cli_error("--arrivals and --history do not go together");
    return false;
  }
  return true;
}

int cmd_simulate(const struct cli_command *self, int argc, char **argv) {
  struct simulate_words w = {.runs = 10, .seed = 1};
  const struct cli_option options[] = {
      {"--arrivals", CLI_TEXT, &w.files.arrivals, "CSV",
       "who comes: a table of contacts, or of forecasts"},
      {"--plan", CLI_TEXT, &w.files.plan, "FILE",
       "a file of its own instead of the centre's section simulation"},
      {"--runs", CLI_NUM, &w.runs, "N", "how often it is played (default 10)"},
      {"--seed", CLI_NUM, &w.seed, "N",
       "the same seed gives the same output (default 1)"},
      {"--intervals", CLI_FLAG, &w.intervals, NULL,
       "a second table by interval"},
      {"--json", CLI_FLAG, &w.json, NULL, "everything as a JSON object"},
      {"--csv", CLI_FLAG, &w.csv, NULL, "a line for each queue and interval"},
      {"--svg", CLI_TEXT, &w.svg, "FILE", "draw the day into this file, too"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton simulate examples/simulate/centre.yaml",
      "baton simulate centre.yaml --arrivals monday.csv --svg monday.svg",
      NULL};
  const struct cli_page page = {options, examples, 1, 1};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (!check_words(&w)) {
    return CLI_MISUSE;
  }
  struct simulate_input in;
  w.files.centre = argv[1];
  const bool good = simulate_input_load(&in, &w.files) && simulate(&w, &in);
  simulate_input_free(&in);
  return good ? CLI_DONE : CLI_FAILED;
}
