#include <inttypes.h>
#include <stdio.h>

#include "bench/journal.h"
#include "cli/bench_cli.h"

static void print_rows(const struct bench_journal_row *rows, size_t count) {
  printf("%6s %10s %10s %8s %8s %8s %8s %10s %10s\n", "flight", "batches/s",
         "commits/s", "p50 us", "p99 us", "p99.9 us", "max us", "cpu us",
         "disk p50");
  for (size_t i = 0; i < count; i++) {
    const struct bench_journal_row *r = &rows[i];
    printf("%6u %10.0f %10.0f %8" PRId64 " %8" PRId64 " %8" PRId64 " %8" PRId64
           " %10.1f %10" PRId64 "\n",
           r->flight, r->batches_per_s, r->commits_per_s, r->p50_us, r->p99_us,
           r->p999_us, r->max_us, r->cpu_us, r->disk_p50_us);
  }
}

static void put_row(struct json_out *o, const struct bench_journal_row *row) {
  const struct {
    const char *key;
    int64_t value;
  } numbers[] = {{"flight", row->flight},
                 {"us_p50", row->p50_us},
                 {"us_p99", row->p99_us},
                 {"us_p999", row->p999_us},
                 {"us_max", row->max_us},
                 {"fdatasync_us_p50", row->disk_p50_us},
                 {"fdatasync_us_p99", row->disk_p99_us}};
  json_open_object(o);
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    json_key(o, numbers[i].key);
    json_put_i64(o, numbers[i].value);
  }
  bench_put_number(o, "batches_per_s", row->batches_per_s);
  bench_put_number(o, "commits_per_s", row->commits_per_s);
  bench_put_number(o, "cpu_us_per_batch", row->cpu_us);
  json_close_object(o);
}

static void print_json(const struct bench *b,
                       const struct bench_journal_row *rows, size_t count) {
  struct textbuf text;
  struct json_out o;
  textbuf_init(&text, b->mem);
  json_out_init(&o, &text);
  json_open_list(&o);
  for (size_t i = 0; i < count; i++) {
    put_row(&o, &rows[i]);
  }
  json_close_list(&o);
  printf("%.*s\n", TEXT_ARG(textbuf_text(&text)));
  textbuf_free(&text);
}

int bench_cli_journal(const struct cli_command *self, int argc, char **argv) {
  const char *flights = "1,16,64,256";
  const char *dir = ".";
  long long seconds = 2;
  bool json = false;
  const struct cli_option options[] = {
      {"--flight", CLI_TEXT, &flights, "LIST", "batches in flight"},
      {"--seconds", CLI_NUM, &seconds, "N", "of each row (default 2)"},
      {"--data", CLI_TEXT, &dir, "DIR",
       "on the disk that is meant (default: here)"},
      {"--json", CLI_FLAG, &json, NULL, "a JSON list of rows"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton bench journal --data /var/lib/baton",
      "baton bench journal --flight 64 --seconds 10 --json", NULL};
  const struct cli_page page = {options, examples, 0, 0};
  struct bench_list list;
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (!bench_read_list("--flight", flights, 1, &list)) {
    return CLI_MISUSE;
  }
  struct bench b = bench_new();
  struct bench_journal_row rows[BENCH_LIST_MAX];
  const struct bench_journal_options o = {.dir = dir,
                                          .flights = list.items,
                                          .flight_count = list.count,
                                          .time_us = seconds * 1000000};
  if (bench_journal(&b, &o, rows) != BT_ERR_OK) {
    cli_error("%s", b.why);
    return CLI_FAILED;
  }
  if (json) {
    print_json(&b, rows, list.count);
  } else {
    print_rows(rows, list.count);
  }
  return CLI_DONE;
}
