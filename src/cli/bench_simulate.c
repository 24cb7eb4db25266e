#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/machine.h"
#include "bench/progress.h"
#include "cli/bench_cli.h"
#include "simulate/world.h"

#define DAY_US     INT64_C(86400000000)
#define MONDAY_US  INT64_C(1767571200000000) /* 2026-01-05 */
#define HANDLING_S 300.0

/* A day of one queue, whose agents are busy for 95 % of their time. */
struct day {
  struct simulate_object *objects;
  struct simulate_piece piece;
  struct simulate_stream stream;
  struct simulate_plan plan;
  uint32_t agents;
};

struct measured {
  double contacts, seconds, cpu_s;
};

static uint32_t agents_for(uint32_t contacts) {
  return (uint32_t)(contacts * HANDLING_S / 86400 / 0.95) + 1;
}

static bool furnish(struct day *d, struct arena *arena) {
  d->objects = arena_alloc(arena, (d->agents + 1) * sizeof *d->objects);
  if (d->objects == NULL) {
    return false;
  }
  d->objects[0] = (struct simulate_object){.kind = CONFIG_QUEUE,
                                           .id = TEXT("queue"),
                                           .json = TEXT("{\"id\":\"queue\"}")};
  for (uint32_t i = 0; i < d->agents; i++) {
    char json[80];
    (void)snprintf(json, sizeof json,
                   "{\"id\":\"agent-%u\",\"capacity\":{\"chat\":1}}", i);
    d->objects[i + 1] = (struct simulate_object){
        .kind = CONFIG_AGENT,
        .id = TEXT("agent"),
        .json = arena_copy_text(arena, text_from(json))};
    if (d->objects[i + 1].json.ptr == NULL) {
      return false;
    }
  }
  return true;
}

static void plan(struct day *d, uint32_t contacts) {
  d->piece = (struct simulate_piece){MONDAY_US, MONDAY_US + DAY_US, contacts};
  d->stream = (struct simulate_stream){
      .form = {.target = TEXT("queue"), .priority = SIMULATE_OPEN},
      .laws = {[SIMULATE_HANDLING] = {.form = SIMULATE_EXPONENTIAL,
                                      .mean_s = HANDLING_S},
               [SIMULATE_PATIENCE] = {.form = SIMULATE_EXPONENTIAL,
                                      .mean_s = 120}},
      .pieces = &d->piece,
      .piece_count = 1};
  d->plan = (struct simulate_plan){.from_us = MONDAY_US,
                                   .to_us = MONDAY_US + DAY_US,
                                   .interval_us = DAY_US / 48,
                                   .streams = &d->stream,
                                   .stream_count = 1};
}

static enum bt_err play(struct bench *b, const struct day *d, uint64_t run,
                        struct measured *out) {
  const struct simulate_setting setting = {d->objects, d->agents + 1, &d->plan};
  const struct simulate_draw draw = {1, run};
  struct simulate_tally tally;
  struct simulate_error why;
  const int64_t began_ns = machine_now_ns();
  const int64_t cpu_us = machine_own_cpu_us();
  const enum bt_err err = simulate_play(b->mem, &setting, draw, &tally, &why);
  if (err != BT_ERR_OK) {
    return bench_fail(b, err, "%s", why.text);
  }
  out->seconds += (double)(machine_now_ns() - began_ns) / 1e9;
  out->cpu_s += (double)(machine_own_cpu_us() - cpu_us) / 1e6;
  for (size_t i = 0; i < tally.intervals; i++) {
    out->contacts +=
        (double)simulate_cell_at(&tally, 0, i)->figures.v[QUEUE_ENTERED];
  }
  simulate_tally_free(&tally);
  return BT_ERR_OK;
}

static void print(const struct measured *m, const struct day *d, uint64_t days,
                  bool json) {
  const double all = (double)days;
  printf(json
             ? "{\"contacts\":%.0f,\"agents\":%u,\"seconds_a_day\":%.4f,"
               "\"cpu_seconds_a_day\":%.4f,\"cpu_us_a_contact\":%.2f}\n"
             : "%.0f contacts a day, %u agents: %.2f s a day, of the processor "
               "%.2f s, %.1f us a contact\n",
         m->contacts / all, d->agents, m->seconds / all, m->cpu_s / all,
         m->cpu_s / m->contacts * 1e6);
}

static enum bt_err run(struct bench *b, struct day *d, uint64_t days,
                       bool json) {
  struct measured m = {0, 0, 0};
  struct progress bar;
  enum bt_err err = BT_ERR_OK;
  progress_begin(&bar, b->progress, "simulate", days);
  for (uint64_t i = 0; err == BT_ERR_OK && i < days; i++) {
    err = play(b, d, i, &m);
    progress_show(&bar, i + 1);
  }
  progress_end(&bar);
  if (err == BT_ERR_OK) {
    print(&m, d, days, json);
  }
  return err;
}

int bench_cli_simulate(const struct cli_command *self, int argc, char **argv) {
  long long contacts = 100000, days = 1;
  bool json = false;
  const struct cli_option options[] = {
      {"--contacts", CLI_NUM, &contacts, "N", "of a day (default 100000)"},
      {"--days", CLI_NUM, &days, "N", "that are played (default 1)"},
      {"--json", CLI_FLAG, &json, NULL, "a JSON object"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton bench simulate", "baton bench simulate --contacts 10000 --days 10",
      NULL};
  const struct cli_page page = {options, examples, 0, 0};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (contacts < 1 || contacts > SIMULATE_CONTACTS_MAX || days < 1) {
    cli_error("--contacts is 1 … %d, and --days at least 1",
              SIMULATE_CONTACTS_MAX);
    return CLI_MISUSE;
  }
  struct bench b = bench_new();
  struct day d = {.agents = agents_for((uint32_t)contacts)};
  struct arena arena;
  arena_init(&arena, b.mem, 0);
  plan(&d, (uint32_t)contacts);
  const enum bt_err err =
      furnish(&d, &arena) ? run(&b, &d, (uint64_t)days, json)
                          : bench_fail(&b, BT_ERR_NOMEM, "there is no memory");
  arena_free(&arena);
  if (err != BT_ERR_OK) {
    cli_error("%s", b.why);
  }
  return err == BT_ERR_OK ? CLI_DONE : CLI_FAILED;
}
