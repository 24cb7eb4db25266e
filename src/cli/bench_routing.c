#include <inttypes.h>
#include <stdio.h>

#include "bench/progress.h"
#include "bench/routing.h"
#include "cli/bench_cli.h"

/* What the decision's chain takes if no cache holds any of it. */
static double chain_ns(const struct bench_routing_row *row) {
  return BENCH_ROUTING_CHAIN * row->read_ns;
}

static void print_row(const struct bench_routing_row *row) {
  printf("%9u %7u %12.0f %8" PRId64 " %8" PRId64 " %10" PRId64 " %10" PRId64,
         row->waiting, row->agents, row->decisions_per_s, row->p50_ns,
         row->p99_ns, row->search_p50_ns, row->search_p99_ns);
  if (row->waiting > 0) {
    printf(" %9.0f", row->session_bytes);
  } else {
    printf(" %9s", "-");
  }
  printf(" %11.1f %8.1f %8.1f %8.0f\n", (double)row->eligible_bytes / 1e6,
         (double)row->total_bytes / 1e6, row->read_ns, chain_ns(row));
  (void)fflush(stdout);
}

static void put_row(struct json_out *o, const struct bench_routing_row *row) {
  json_open_object(o);
  json_key(o, "waiting");
  json_put_u64(o, row->waiting);
  json_key(o, "agents");
  json_put_u64(o, row->agents);
  bench_put_number(o, "decisions_per_s", row->decisions_per_s);
  json_key(o, "ns_p50");
  json_put_i64(o, row->p50_ns);
  json_key(o, "ns_p99");
  json_put_i64(o, row->p99_ns);
  json_key(o, "search_ns_p50");
  json_put_i64(o, row->search_p50_ns);
  json_key(o, "search_ns_p99");
  json_put_i64(o, row->search_p99_ns);
  if (row->waiting > 0) {
    bench_put_number(o, "bytes_per_session", row->session_bytes);
  } else {
    json_key(o, "bytes_per_session");
    json_put_null(o);
  }
  json_key(o, "eligible_bytes");
  json_put_u64(o, row->eligible_bytes);
  json_key(o, "total_bytes");
  json_put_u64(o, row->total_bytes);
  bench_put_number(o, "read_ns", row->read_ns);
  bench_put_number(o, "chain_ns", chain_ns(row));
  json_close_object(o);
}

struct grid {
  struct bench_list waiting, agents;
  uint64_t steps;
  bool json;
};

static int run_grid(const struct grid *g) {
  struct bench b = bench_new();
  struct textbuf text;
  struct json_out o;
  struct progress bar;
  enum bt_err err = BT_ERR_OK;
  textbuf_init(&text, b.mem);
  json_out_init(&o, &text);
  json_open_list(&o);
  /* Rows that are printed as they come are progress enough. */
  progress_begin(&bar, b.progress && g->json, "routing",
                 g->waiting.count * g->agents.count);
  if (!g->json) {
    printf("%9s %7s %12s %8s %8s %10s %10s %9s %11s %8s %8s %8s\n", "waiting",
           "agents", "decisions/s", "p50 ns", "p99 ns", "search p50",
           "search p99", "B/session", "eligible MB", "all MB", "read ns",
           "chain ns");
  }
  for (size_t i = 0; err == BT_ERR_OK && i < g->waiting.count; i++) {
    for (size_t j = 0; err == BT_ERR_OK && j < g->agents.count; j++) {
      const struct bench_routing_case c = {g->waiting.items[i],
                                           g->agents.items[j], g->steps};
      struct bench_routing_row row;
      err = bench_routing(&b, &c, &row);
      if (err == BT_ERR_OK && g->json) {
        put_row(&o, &row);
      } else if (err == BT_ERR_OK) {
        print_row(&row);
      }
      progress_show(&bar, i * g->agents.count + j + 1);
    }
  }
  progress_end(&bar);
  json_close_list(&o);
  if (err != BT_ERR_OK) {
    cli_error("%s", b.why);
  } else if (g->json) {
    printf("%.*s\n", TEXT_ARG(textbuf_text(&text)));
  }
  textbuf_free(&text);
  return err == BT_ERR_OK ? CLI_DONE : CLI_FAILED;
}

int bench_cli_routing(const struct cli_command *self, int argc, char **argv) {
  const char *waiting = "1000,10000,100000,1000000";
  const char *agents = "100,1000,10000";
  long long steps = 300000;
  struct grid g = {.json = false};
  const struct cli_option options[] = {
      {"--waiting", CLI_TEXT, &waiting, "LIST",
       "sessions that wait; 0: half of the agents are idle"},
      {"--agents", CLI_TEXT, &agents, "LIST", "agents"},
      {"--steps", CLI_NUM, &steps, "N",
       "releases and arrivals a row (default 300000)"},
      {"--json", CLI_FLAG, &g.json, NULL, "a JSON list of rows"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton bench routing --waiting 1000,1000000 --agents 100,10000",
      "baton bench routing --json --steps 50000", NULL};
  const struct cli_page page = {options, examples, 0, 0};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (!bench_read_list("--waiting", waiting, 0, &g.waiting) ||
      !bench_read_list("--agents", agents, 1, &g.agents)) {
    return CLI_MISUSE;
  }
  g.steps = (uint64_t)steps;
  return run_grid(&g);
}
