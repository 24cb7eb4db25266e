/* Plays days of a centre with its own routing code, and tells what they are
 * like. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/progress.h"
#include "cli/simulate_load.h"
#include "domain/heap.h"
#include "simulate/report.h"

enum { RUNS_MAX = 10000 };

struct simulate_words {
  struct simulate_asked asked;
  const char *svg;
  bool intervals;
};

/* ---- runs */

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
  const struct simulate_draw draw = {(uint64_t)p->words->asked.seed, out->done};
  if (simulate_play(heap_mem(), setting, draw, &tally, &why) != BT_ERR_OK) {
    return simulate_fail(&why);
  }
  const enum bt_err err = simulate_result_add(out, &tally);
  simulate_tally_free(&tally);
  progress_show(&p->bar, ++p->done);
  return err == BT_ERR_OK || simulate_fail(&why);
}

static bool play_all(struct playing *p, const struct simulate_setting *setting,
                     struct simulate_result *out) {
  const size_t intervals = simulate_interval_count(setting->plan);
  const enum bt_err err = simulate_result_init(
      out, heap_mem(), p->rows.count, intervals, (size_t)p->words->asked.runs);
  if (err != BT_ERR_OK) {
    cli_error(err == BT_ERR_RANGE
                  ? "%zu queues, %zu intervals and %lld runs are more than can "
                    "be kept: fewer --runs, or a longer \"interval\""
                  : "there is no memory for %zu queues, %zu intervals and %lld "
                    "runs",
              p->rows.count, intervals, p->words->asked.runs);
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
  if (simulate_change_begin(&p->changed, arena, setting) != BT_ERR_OK) {
    cli_error("%s", bt_err_text(BT_ERR_NOMEM));
    return false;
  }
  return simulate_change_all(&p->changed, &p->words->asked.changes);
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
  if (w->asked.json) {
    simulate_report_json(r, &b);
  } else if (w->asked.csv) {
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
  const bool changed = p->words->asked.changes.count > 0;
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  const struct simulate_report r = {
      .centre = in->config.centre,
      .zone = in->config.zone,
      .plan = &in->reader.plan,
      .queues = p->rows.names,
      .queue_count = p->rows.count,
      .agent_count = in->agent_count,
      .seed = (uint64_t)p->words->asked.seed,
      .result = &p->before,
      .changed = changed ? &p->after : NULL,
      .change = join_changes(&p->words->asked.changes, &b)};
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
  const bool changed = w->asked.changes.count > 0;
  if (simulate_rows_of(heap_mem(), &setting, &p.rows, &why) != BT_ERR_OK) {
    return simulate_fail(&why);
  }
  progress_begin(&p.bar, isatty(STDERR_FILENO) != 0, "simulate",
                 (uint64_t)w->asked.runs * (changed ? 2 : 1));
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

int cmd_simulate(const struct cli_command *self, int argc, char **argv) {
  struct simulate_words w = {.asked = {.runs = 10, .seed = 1}};
  const struct cli_option options[] = {
      {"--arrivals", CLI_TEXT, &w.asked.files.arrivals, "CSV",
       "who comes: a table of contacts, or of forecasts"},
      {"--history", CLI_TEXT, &w.asked.files.history, "DATA_DIR",
       "or who came and who worked, out of this centre's journal"},
      {"--plan", CLI_TEXT, &w.asked.files.plan, "FILE",
       "a file of its own instead of the centre's section simulation"},
      {"--change", CLI_LIST, &w.asked.changes, "SETTING=VALUE",
       "compare with this, such as agents=+2; several make one change"},
      {"--runs", CLI_NUM, &w.asked.runs, "N",
       "how often it is played (default 10)"},
      {"--seed", CLI_NUM, &w.asked.seed, "N",
       "the same seed gives the same output (default 1)"},
      {"--intervals", CLI_FLAG, &w.intervals, NULL,
       "a second table by interval"},
      {"--json", CLI_FLAG, &w.asked.json, NULL, "everything as a JSON object"},
      {"--csv", CLI_FLAG, &w.asked.csv, NULL,
       "a line for each queue and interval"},
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
  if (!simulate_asked_well(&w.asked, 1, RUNS_MAX)) {
    return CLI_MISUSE;
  }
  struct simulate_input in;
  w.asked.files.centre = argv[1];
  const bool good =
      simulate_input_load(&in, &w.asked.files) && simulate(&w, &in);
  simulate_input_free(&in);
  return good ? CLI_DONE : CLI_FAILED;
}
