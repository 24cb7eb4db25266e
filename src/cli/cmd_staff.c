/* How many agents each interval needs. */
#include <stdio.h>
#include <unistd.h>

#include "bench/progress.h"
#include "cli/simulate_load.h"
#include "domain/heap.h"
#include "simulate/staff_report.h"

enum { RUNS_MAX = 1000, WITHIN_MAX_S = 86400 };

struct staff_words {
  struct simulate_asked asked;
  const char *level, *occupancy, *abandonment;
  long long within_s;
  bool pooled;
};

/* "80", "80%" or "0.8"; *@out as a share. */
static bool read_share(const char *option, const char *word, double *out) {
  const struct text t = text_from(word == NULL ? "" : word);
  const bool percent = text_ends(t, TEXT("%"));
  double value = 0;
  if (word == NULL) {
    return true;
  }
  if (!text_to_double(text_sub(t, 0, t.len - percent), &value) || value <= 0 ||
      value > 100) {
    cli_error("%s needs a share such as 80%%, not '%s'", option, word);
    return false;
  }
  *out = percent || value > 1 ? value / 100 : value;
  return true;
}

static bool read_goal(const struct staff_words *w, struct simulate_goal *goal) {
  *goal = (struct simulate_goal){0.8, 1, 1};
  return read_share("--service-level", w->level, &goal->service_level) &&
         read_share("--max-occupancy", w->occupancy, &goal->occupancy) &&
         read_share("--max-abandonment", w->abandonment, &goal->abandonment);
}

/* How many agents there are is the answer, and what they can is the queues'. */
static bool changes_matter(const struct cli_list *changes) {
  for (size_t i = 0; i < changes->count; i++) {
    if (simulate_change_is_of_agents(text_from(changes->items[i]))) {
      cli_error("--change %s has no effect here: staff puts agents of its own "
                "in place of the centre's, and says how many; 'baton simulate "
                "--change %s' plays the centre with it",
                changes->items[i], changes->items[i]);
      return false;
    }
  }
  return true;
}

static bool is_asked_well(const struct staff_words *w) {
  if (w->within_s > WITHIN_MAX_S) {
    cli_error("--within is 0 … %d seconds, not %lld", WITHIN_MAX_S,
              w->within_s);
    return false;
  }
  return simulate_asked_well(&w->asked, 2, RUNS_MAX) &&
         changes_matter(&w->asked.changes);
}

/* ---- rounds */

static bool play_rounds(struct simulate_staff *s,
                        const struct simulate_setting *setting,
                        struct progress *bar, enum staff_phase *phase) {
  struct simulate_error why;
  enum bt_err err = simulate_staff_begin(s, setting, &why);
  *phase = STAFF_GOES_ON;
  while (err == BT_ERR_OK && *phase == STAFF_GOES_ON) {
    err = simulate_staff_round(s, phase, &why);
    progress_show(bar, s->rounds);
  }
  progress_end(bar);
  return err == BT_ERR_OK || simulate_fail(&why);
}

static bool play(struct simulate_staff *s,
                 const struct simulate_setting *setting,
                 enum staff_phase *phase) {
  struct progress bar;
  progress_begin(&bar, isatty(STDERR_FILENO) != 0, "staff", STAFF_ROUNDS_MAX);
  return play_rounds(s, setting, &bar, phase);
}

static void print(const struct staff_words *w, const struct simulate_input *in,
                  const struct simulate_staff *s) {
  struct textbuf b;
  const struct simulate_report r = {.centre = in->config.centre,
                                    .zone = in->config.zone,
                                    .plan = s->setting.plan,
                                    .seed = (uint64_t)w->asked.seed};
  textbuf_init(&b, heap_mem());
  if (w->asked.json) {
    staff_report_json(&r, s, &b);
  } else if (w->asked.csv) {
    staff_report_csv(&r, s, &b);
  } else {
    staff_report_table(&r, s, &b);
  }
  (void)fwrite(b.ptr, 1, b.len, stdout);
  if (!s->reached) {
    textbuf_clear(&b);
    staff_report_missed(&r, s, &b);
    cli_error("%.*s", TEXT_ARG(textbuf_text(&b)));
  }
  textbuf_free(&b);
}

/* ---- the setting */

static bool is_changed(const struct staff_words *w) {
  return w->asked.changes.count > 0 || w->within_s >= 0;
}

static bool change(const struct staff_words *w, struct simulate_changed *c,
                   const struct simulate_setting *setting,
                   struct arena *arena) {
  char within[64];
  (void)snprintf(within, sizeof within, "queues.serviceTarget=%lld",
                 w->within_s);
  const struct cli_list also = {.items = {within}, .count = w->within_s >= 0};
  if (simulate_change_begin(c, arena, setting) != BT_ERR_OK) {
    cli_error("%s", bt_err_text(BT_ERR_NOMEM));
    return false;
  }
  return simulate_change_all(c, &w->asked.changes) &&
         simulate_change_all(c, &also);
}

static bool staff(const struct staff_words *w, const struct simulate_goal *goal,
                  struct simulate_input *in) {
  struct simulate_setting setting = {in->objects, in->object_count,
                                     &in->reader.plan};
  struct simulate_changed changed;
  enum staff_phase phase = STAFF_GAVE_UP;
  struct simulate_staff s = {.arena = &in->arena,
                             .mem = heap_mem(),
                             .goal = *goal,
                             .seed = (uint64_t)w->asked.seed,
                             .runs = (uint32_t)w->asked.runs,
                             .pooled = w->pooled};
  if (is_changed(w)) {
    if (!change(w, &changed, &setting, &in->arena)) {
      return false;
    }
    setting = simulate_change_end(&changed);
  }
  if (!play(&s, &setting, &phase)) {
    return false;
  }
  print(w, in, &s);
  return phase == STAFF_DONE;
}

int cmd_staff(const struct cli_command *self, int argc, char **argv) {
  struct staff_words w = {.asked = {.runs = 20, .seed = 1}, .within_s = -1};
  const struct cli_option options[] = {
      {"--service-level", CLI_TEXT, &w.level, "SHARE",
       "answered in time, at least (default 80%)"},
      {"--within", CLI_NUM, &w.within_s, "SECONDS",
       "in time means (default each queue's serviceTarget)"},
      {"--max-abandonment", CLI_TEXT, &w.abandonment, "SHARE",
       "customers who leave, at most"},
      {"--max-occupancy", CLI_TEXT, &w.occupancy, "SHARE",
       "of the agents' time, at most"},
      {"--pooled", CLI_FLAG, &w.pooled, NULL,
       "agents who can do everything, instead of some for each queue"},
      {"--arrivals", CLI_TEXT, &w.asked.files.arrivals, "CSV",
       "who comes: a table of contacts, or of forecasts"},
      {"--history", CLI_TEXT, &w.asked.files.history, "DATA_DIR",
       "or who came, out of this centre's journal"},
      {"--plan", CLI_TEXT, &w.asked.files.plan, "FILE",
       "a file of its own instead of the centre's section simulation"},
      {"--change", CLI_LIST, &w.asked.changes, "SETTING=VALUE",
       "for another setting, such as contacts=+20%"},
      {"--runs", CLI_NUM, &w.asked.runs, "N", "days a round (default 20)"},
      {"--seed", CLI_NUM, &w.asked.seed, "N",
       "the same seed gives the same output (default 1)"},
      {"--json", CLI_FLAG, &w.asked.json, NULL, "a JSON object"},
      {"--csv", CLI_FLAG, &w.asked.csv, NULL,
       "a line for each queue and interval"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton staff examples/simulate/centre.yaml",
      "baton staff centre.yaml --service-level 90% --within 15 --pooled",
      "baton staff centre.yaml --arrivals monday.csv --max-occupancy 85%",
      NULL};
  const struct cli_page page = {options, examples, 1, 1};
  struct simulate_goal goal;
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (!is_asked_well(&w) || !read_goal(&w, &goal)) {
    return CLI_MISUSE;
  }
  struct simulate_input in;
  w.asked.files.centre = argv[1];
  const bool good =
      simulate_input_load(&in, &w.asked.files) && staff(&w, &goal, &in);
  simulate_input_free(&in);
  return good ? CLI_DONE : CLI_FAILED;
}
