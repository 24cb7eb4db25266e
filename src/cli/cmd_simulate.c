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
#include "simulate/change.h"
#include "simulate/report.h"

enum { RUNS_MAX = 10000 };

struct simulate_words {
  struct simulate_files files;
  const char *svg;
  struct cli_list changes;
  long long runs, seed;
  bool json, csv, intervals;
};

/* ---- runs */

static bool fail(const struct simulate_error *why) {
  cli_error("%s", why->text);
  return false;
}

/* What is played, and what comes of it. */
struct playing {
  const struct simulate_words *words;
  struct simulate_rows rows;
  struct simulate_result before, after;
  struct simulate_changed changed;
  struct progress bar;
  uint64_t done; /* runs, of both settings */
};

static bool play_run(struct playing *p, const struct simulate_setting *setting,
                     struct simulate_result *out) {
  struct simulate_error why = {"there is no memory for the results"};
  struct simulate_tally tally;
  const struct simulate_draw draw = {(uint64_t)p->words->seed, out->done};
  if (simulate_play(heap_mem(), setting, draw, &tally, &why) != BT_ERR_OK) {
    return fail(&why);
  }
  const enum bt_err err = simulate_result_add(out, &tally);
  simulate_tally_free(&tally);
  progress_show(&p->bar, ++p->done);
  return err == BT_ERR_OK || fail(&why);
}

static bool play_all(struct playing *p, const struct simulate_setting *setting,
                     struct simulate_result *out) {
  const size_t intervals = simulate_interval_count(setting->plan);
  const enum bt_err err = simulate_result_init(
      out, heap_mem(), p->rows.count, intervals, (size_t)p->words->runs);
  if (err != BT_ERR_OK) {
    cli_error(err == BT_ERR_RANGE
                  ? "%zu queues, %zu intervals and %lld runs are more than can "
                    "be kept: fewer --runs, or a longer \"interval\""
                  : "there is no memory for %zu queues, %zu intervals and %lld "
                    "runs",
              p->rows.count, intervals, p->words->runs);
    return false;
  }
  bool good = true;
  while (good && out->done < out->runs) {
    good = play_run(p, setting, out);
  }
  return good;
}

/* The other setting. */
static bool change(struct playing *p, const struct simulate_setting *setting,
                   struct arena *arena) {
  const struct cli_list *changes = &p->words->changes;
  struct simulate_error why = {"there is no memory"};
  bool good = simulate_change_begin(&p->changed, arena, setting) == BT_ERR_OK;
  for (size_t i = 0; good && i < changes->count; i++) {
    good = simulate_change_apply(&p->changed, text_from(changes->items[i]),
                                 &why) == BT_ERR_OK;
  }
  return good || fail(&why);
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

static struct text join_changes(const struct cli_list *changes,
                                struct textbuf *b) {
  for (size_t i = 0; i < changes->count; i++) {
    textbuf_addf(b, "%s%s", i == 0 ? "" : ", ", changes->items[i]);
  }
  return textbuf_text(b);
}

static bool tell(const struct playing *p, const struct simulate_input *in) {
  const bool changed = p->words->changes.count > 0;
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  const struct simulate_report r = {.centre = in->config.centre,
                                    .zone = in->config.zone,
                                    .plan = &in->reader.plan,
                                    .queues = p->rows.names,
                                    .queue_count = p->rows.count,
                                    .agent_count = in->agent_count,
                                    .seed = (uint64_t)p->words->seed,
                                    .result = &p->before,
                                    .changed = changed ? &p->after : NULL,
                                    .change =
                                        join_changes(&p->words->changes, &b)};
  const bool good = print(p->words, &r);
  textbuf_free(&b);
  return good;
}

static bool simulate(const struct simulate_words *w,
                     struct simulate_input *in) {
  const struct simulate_setting setting = {in->objects, in->object_count,
                                           &in->reader.plan};
  struct playing p = {.words = w};
  struct simulate_error why;
  const bool changed = w->changes.count > 0;
  if (simulate_rows_of(heap_mem(), &setting, &p.rows, &why) != BT_ERR_OK) {
    return fail(&why);
  }
  progress_begin(&p.bar, isatty(STDERR_FILENO) != 0, "simulate",
                 (uint64_t)w->runs * (changed ? 2 : 1));
  bool good = !changed || change(&p, &setting, &in->arena);
  good = good && play_all(&p, &setting, &p.before);
  if (good && changed) {
    const struct simulate_setting other = simulate_change_end(&p.changed);
    good = play_all(&p, &other, &p.after);
  }
  progress_end(&p.bar);
  good = good && tell(&p, in);
  simulate_result_free(&p.before);
  simulate_result_free(&p.after);
  simulate_rows_free(heap_mem(), &p.rows);
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
  return simulate_files_agree(&w->files);
}

int cmd_simulate(const struct cli_command *self, int argc, char **argv) {
  struct simulate_words w = {.runs = 10, .seed = 1};
  const struct cli_option options[] = {
      {"--arrivals", CLI_TEXT, &w.files.arrivals, "CSV",
       "who comes: a table of contacts, or of forecasts"},
      {"--history", CLI_TEXT, &w.files.history, "DATA_DIR",
       "or who came and who worked, out of this centre's journal"},
      {"--plan", CLI_TEXT, &w.files.plan, "FILE",
       "a file of its own instead of the centre's section simulation"},
      {"--change", CLI_LIST, &w.changes, "SETTING=VALUE",
       "compare with this, such as agents=+2; several make one change"},
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
      "baton simulate centre.yaml --history data/centre --change agents=+2",
      "baton simulate centre.yaml --change queue.support.strategy=most_skilled",
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
