#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/centre.h"
#include "bench/handover.h"
#include "cli/bench_cli.h"
#include "cli/server_url.h"

/* ---- text */

static double per_thousand(const struct bench_handover_result *r, double all) {
  return r->lives > 0 ? all * 1000 / (double)r->lives : 0;
}

static void print_server(const struct bench_handover_result *r) {
  if (r->cpu_s < 0) {
    return;
  }
  printf(
      "server            %.3f CPU seconds per 1,000, %.1f MiB (at most %.1f)\n",
      per_thousand(r, r->cpu_s), (double)r->rss_bytes / 1048576,
      (double)r->rss_peak_bytes / 1048576);
}

static double a_life(const struct bench_handover_result *r, double all) {
  return r->lives > 0 ? all / (double)r->lives : 0;
}

static void print_journal(const struct bench_handover_result *r) {
  if (r->journal_batches <= 0) {
    return;
  }
  printf("journal           %.0f bytes in %.1f batches a session",
         a_life(r, r->journal_bytes), a_life(r, r->journal_batches));
  if (r->disk_bytes >= 0) {
    printf(", %.0f bytes on the disk", a_life(r, (double)r->disk_bytes));
  }
  printf("\ncommits           p50 %.2f ms, p99 %.2f ms, %.1f batches each\n",
         (double)r->commit_p50_us / 1000, (double)r->commit_p99_us / 1000,
         r->journal_commits > 0 ? r->journal_batches / r->journal_commits : 0);
}

static void print_text(const struct bench_handover_result *r) {
  printf("handovers         %.0f/s (%" PRIu64 " in %.2f s, %" PRIu64
         " failed)\n",
         r->lives_per_s, r->lives, r->seconds, r->failed);
  printf("release to offer  p50 %.2f ms, p99 %.2f ms, max %.2f ms\n",
         (double)r->offer_p50_us / 1000, (double)r->offer_p99_us / 1000,
         (double)r->offer_max_us / 1000);
  printf("whole life        p50 %.2f ms, p99 %.2f ms\n",
         (double)r->life_p50_us / 1000, (double)r->life_p99_us / 1000);
  print_journal(r);
  printf("disk by itself    fdatasync p50 %.2f ms, p99 %.2f ms\n",
         (double)r->disk_p50_us / 1000, (double)r->disk_p99_us / 1000);
  print_server(r);
  printf("load              %.3f CPU seconds per 1,000\n",
         per_thousand(r, r->own_cpu_s));
  printf("checked           %" PRIu64 " accepted, %" PRIu64
         " lines to customers, %" PRIu64 " to agents, %" PRIu64 " ended\n",
         r->accepted, r->heard_agent, r->heard_customer, r->ended);
}

/* ---- JSON */

static void put_or_null(struct json_out *o, const char *key, double value) {
  if (value >= 0) {
    bench_put_number(o, key, value);
  } else {
    json_key(o, key);
    json_put_null(o);
  }
}

static void put_counts(struct json_out *o,
                       const struct bench_handover_result *r) {
  const struct {
    const char *key;
    uint64_t value;
  } counts[] = {{"handovers", r->lives},
                {"failed", r->failed},
                {"accepted", r->accepted},
                {"messages_to_customers", r->heard_agent},
                {"messages_to_agents", r->heard_customer},
                {"ended", r->ended}};
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    json_key(o, counts[i].key);
    json_put_u64(o, counts[i].value);
  }
}

static void put_times(struct json_out *o,
                      const struct bench_handover_result *r) {
  const struct {
    const char *key;
    int64_t us;
  } times[] = {{"release_to_offer_us_p50", r->offer_p50_us},
               {"release_to_offer_us_p99", r->offer_p99_us},
               {"release_to_offer_us_max", r->offer_max_us},
               {"life_us_p50", r->life_p50_us},
               {"life_us_p99", r->life_p99_us},
               {"commit_us_p50", r->commit_p50_us},
               {"commit_us_p99", r->commit_p99_us},
               {"fdatasync_us_p50", r->disk_p50_us},
               {"fdatasync_us_p99", r->disk_p99_us}};
  for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
    json_key(o, times[i].key);
    json_put_i64(o, times[i].us);
  }
}

static void print_json(const struct bench *b,
                       const struct bench_handover_result *r) {
  struct textbuf text;
  struct json_out o;
  textbuf_init(&text, b->mem);
  json_out_init(&o, &text);
  json_open_object(&o);
  bench_put_number(&o, "handovers_per_s", r->lives_per_s);
  bench_put_number(&o, "seconds", r->seconds);
  put_counts(&o, r);
  put_times(&o, r);
  put_or_null(&o, "cpu_s_per_1000",
              r->cpu_s < 0 ? -1 : per_thousand(r, r->cpu_s));
  bench_put_number(&o, "load_cpu_s_per_1000", per_thousand(r, r->own_cpu_s));
  put_or_null(&o, "rss_bytes", (double)r->rss_bytes);
  put_or_null(&o, "rss_peak_bytes", (double)r->rss_peak_bytes);
  bench_put_number(&o, "journal_bytes_per_session",
                   a_life(r, r->journal_bytes));
  bench_put_number(&o, "journal_batches_per_session",
                   a_life(r, r->journal_batches));
  put_or_null(&o, "disk_bytes_per_session",
              r->disk_bytes < 0 ? -1 : a_life(r, (double)r->disk_bytes));
  json_close_object(&o);
  printf("%.*s\n", TEXT_ARG(textbuf_text(&text)));
  textbuf_free(&text);
}

/* ---- the command */

struct asked {
  struct bench_handover_options o;
  long long sessions, clients, agents, tenants;
  const char *url, *rate, *write_centre;
  bool json;
};

static bool read_numbers(struct asked *a) {
  a->agents = a->agents == 0 ? a->clients : a->agents;
  a->agents = a->agents < a->tenants ? a->tenants : a->agents;
  if (a->sessions < 1 || a->clients < 1 || a->clients > CENTRE_AGENTS_MAX ||
      a->agents > CENTRE_AGENTS_MAX || a->tenants < 0) {
    cli_error("it takes a session, and from 1 to %d clients and agents",
              CENTRE_AGENTS_MAX);
    return false;
  }
  if (a->rate != NULL &&
      (!text_to_double(text_from(a->rate), &a->o.rate) || a->o.rate <= 0)) {
    cli_error("--rate needs a number above 0, not '%s'", a->rate);
    return false;
  }
  a->o.sessions = (uint64_t)a->sessions;
  a->o.clients = (uint32_t)a->clients;
  a->o.agents = (uint32_t)a->agents;
  a->o.tenants = (uint32_t)a->tenants;
  return true;
}

static bool read_url(struct asked *a) {
  struct server_url url;
  if (a->url == NULL) {
    return true;
  }
  if (!server_url_read(a->url, &url)) {
    cli_error("'%s' is not an address like http://127.0.0.1:8080", a->url);
    return false;
  }
  if (url.tls) {
    cli_error("the benchmark measures Baton and not TLS: name a server that "
              "speaks http");
    return false;
  }
  a->o.host = url.host;
  a->o.port = url.port;
  return true;
}

static int run(const struct asked *a) {
  struct bench b = bench_new();
  struct bench_handover_result r;
  char program[CENTRE_PATH_SIZE];
  const ssize_t length =
      readlink("/proc/self/exe", program, sizeof program - 1);
  program[length < 0 ? 0 : length] = '\0';
  struct bench_handover_options options = a->o;
  options.program = program;
  if (a->write_centre != NULL) {
    const enum bt_err err =
        centre_write(&b, a->write_centre, a->o.agents, a->o.tenants);
    if (err != BT_ERR_OK) {
      cli_error("%s", b.why);
    }
    return err == BT_ERR_OK ? CLI_DONE : CLI_FAILED;
  }
  if (bench_handover(&b, &options, &r) != BT_ERR_OK) {
    cli_error("%s", b.why);
    return CLI_FAILED;
  }
  if (a->json) {
    print_json(&b, &r);
  } else {
    print_text(&r);
  }
  if (r.failed > 0) {
    cli_error("%" PRIu64 " lives failed; the first %s", r.failed,
              r.first_failure);
  }
  return r.failed > 0 ? CLI_FAILED : CLI_DONE;
}

int bench_cli_handover(const struct cli_command *self, int argc, char **argv) {
  struct asked a = {.sessions = 10000, .clients = 64, .o = {.dir = "."}};
  const struct cli_option options[] = {
      {"--sessions", CLI_NUM, &a.sessions, "N", "lives (default 10000)"},
      {"--clients", CLI_NUM, &a.clients, "C",
       "of them at the same time (default 64)"},
      {"--agents", CLI_NUM, &a.agents, "N", "default: as many as clients"},
      {"--tenants", CLI_NUM, &a.tenants, "N",
       "so many centres in the server; default one"},
      {"--rate", CLI_TEXT, &a.rate, "R",
       "begin so many a second; default: as fast as it goes"},
      {"--script", CLI_FLAG, &a.o.script, NULL,
       "a script asks for the transfer at the goodbye, not the bot"},
      {"--data", CLI_TEXT, &a.o.dir, "DIR",
       "the server's data, on the disk that is meant (default: here)"},
      {"--url", CLI_TEXT, &a.url, "URL",
       "a server that runs on the centre of --write-centre"},
      {"--write-centre", CLI_TEXT, &a.write_centre, "DIR",
       "write that centre, and do nothing else"},
      {"--json", CLI_FLAG, &a.json, NULL, "a JSON object"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton bench handover --sessions 50000 --clients 256",
      "baton bench handover --rate 2500 --json --data /var/lib/baton",
      "baton bench handover --tenants 1000 --clients 64", NULL};
  const struct cli_page page = {options, examples, 0, 0};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  return read_numbers(&a) && read_url(&a) ? run(&a) : CLI_MISUSE;
}
