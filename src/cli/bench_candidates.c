/* How much processor time "why this agent, and why not that one?" takes for all
 * agents. */
#include <stdio.h>

#include "base/check.h"
#include "bench/machine.h"
#include "bench/peer_workload.h"
#include "bench/samples.h"
#include "cli/bench_cli.h"
#include "cli/peers_door.h"
#include "codec/snapshot.h"
#include "domain/heap.h"

enum { LINE_SIZE = 256, ROUNDS = 20 };

/* What is asked: now, with idle agents or without; or out of the past, which is
 * a snapshot taken up first. */
enum asks { ASKS_BUSY, ASKS_IDLE, ASKS_PAST, ASKS };

struct asked {
  long long agents, waiting;
  bool json;
};

struct case_result {
  const char *name;
  int64_t p50_us, max_us;
  uint64_t bytes;
};

static void take(struct door *d, const char *line) {
  if (!door_take(d, text_from(line))) {
    cli_error("%s", d->why);
  }
  bt_check(d->why[0] == '\0');
  (void)domain_release(d->domain);
  textbuf_clear(&d->out);
}

static void put_agent(struct door *d, uint32_t number,
                      const struct peer_agent *a, bool idle) {
  char line[LINE_SIZE];
  int at = snprintf(line, sizeof line, "agent %u ", number);
  for (uint32_t i = 0; i < PEER_AGENT_SKILLS; i++) {
    at += snprintf(line + at, sizeof line - (size_t)at, "%s%u:%u",
                   i == 0 ? "" : ",", a->skills[i],
                   PEER_PROFICIENCY_BEST + 1 - a->proficiency[i]);
  }
  (void)snprintf(line + at, sizeof line - (size_t)at, idle ? " idle" : " busy");
  take(d, line);
}

static void put_session(struct door *d, const struct peer_session *s) {
  char line[LINE_SIZE];
  int at = snprintf(line, sizeof line, "E t %u %u ", s->id, s->priority);
  for (uint32_t i = 0; i < s->skill_count; i++) {
    at += snprintf(line + at, sizeof line - (size_t)at, "%s%u",
                   i == 0 ? "" : ",", s->skills[i]);
  }
  take(d, line);
}

/* Agents first; then as many sessions as are asked for, or, with idle agents,
 * one, which is taken at once. */
static void fill(struct door *d, const struct asked *a, bool idle) {
  const uint32_t count = (uint32_t)a->agents;
  struct peer_agent *agents = mem_new(d->mem, count * sizeof *agents);
  bt_check(agents != NULL);
  struct peer_rand rand = {1};
  for (uint32_t i = 0; i < count; i++) {
    agents[i] = peer_next_agent(&rand);
    put_agent(d, i, &agents[i], idle);
  }
  rand = (struct peer_rand){2};
  const uint32_t sessions = idle ? 1 : (uint32_t)a->waiting;
  for (uint32_t i = 1; i <= sessions; i++) {
    const struct peer_session s = peer_next_session(&rand, i, agents, count);
    put_session(d, &s);
  }
  mem_free(d->mem, agents, count * sizeof *agents);
}

static uint64_t explain_last(const struct door *d, const struct engine *e) {
  uint32_t slot = 0;
  struct textbuf text;
  struct json_out o;
  textbuf_init(&text, d->mem);
  json_out_init(&o, &text);
  bt_check(d->session_count > 0 &&
           engine_find(e, d->sessions[d->session_count - 1].id, &slot));
  engine_write_candidates(e, slot, d->now_us, TEXT(""), &o);
  const uint64_t bytes = text.len;
  textbuf_free(&text);
  return bytes;
}

static uint64_t explain_past(const struct door *d, struct text snapshot) {
  const struct engine_options options = {.centre = TEXT("bench")};
  struct engine *e = NULL;
  bt_check(engine_create(d->mem, &options, &e) == BT_ERR_OK &&
           snapshot_decode(e, snapshot) == BT_ERR_OK);
  const uint64_t bytes = explain_last(d, e);
  engine_free(e);
  return bytes;
}

static void explain(const struct door *d, enum asks asks, struct samples *times,
                    uint64_t *bytes) {
  const struct engine *now = domain_engine(d->domain);
  struct textbuf snapshot;
  textbuf_init(&snapshot, d->mem);
  snapshot_encode(now, &snapshot);
  for (int i = 0; i < ROUNDS; i++) {
    const int64_t from_us = machine_own_cpu_us();
    *bytes = asks == ASKS_PAST ? explain_past(d, textbuf_text(&snapshot))
                               : explain_last(d, now);
    samples_add(times, machine_own_cpu_us() - from_us);
  }
  textbuf_free(&snapshot);
}

static bool measure(const struct asked *a, enum asks asks,
                    struct case_result *out) {
  static const char *const names[ASKS] = {
      "all busy, many wait", "all idle, one taken", "out of a snapshot"};
  const struct journal_options memory = {.centre = TEXT("bench")};
  const struct domain_options options = {.engine = {.centre = TEXT("bench")},
                                         .seed = 1};
  struct journal_error why = {.code = BT_ERR_NOMEM, .text = "no memory"};
  struct journal *journal = NULL;
  struct domain *domain = NULL;
  if (journal_open_memory(&memory, &journal) != BT_ERR_OK ||
      domain_open(heap_mem(), journal, &options, &domain, &why) != BT_ERR_OK) {
    cli_error("%s", why.text);
    return false;
  }
  struct door d;
  struct samples times;
  samples_init(&times, heap_mem());
  door_open(&d, heap_mem(), domain);
  fill(&d, a, asks == ASKS_IDLE);
  explain(&d, asks, &times, &out->bytes);
  samples_sort(&times);
  out->name = names[asks];
  out->p50_us = samples_at(&times, 500);
  out->max_us = samples_at(&times, 1000);
  samples_free(&times);
  domain_close(domain, false);
  door_close(&d);
  return true;
}

static void print(const struct asked *a, const struct case_result *r) {
  printf("%-20s %lld agents: p50 %.1f ms, max %.1f ms, %llu KB\n", r->name,
         a->agents, (double)r->p50_us / 1000, (double)r->max_us / 1000,
         (unsigned long long)r->bytes / 1000);
}

static void print_json(const struct asked *a, const struct case_result *rows) {
  printf("[");
  for (int i = 0; i < ASKS; i++) {
    printf("%s{\"case\":\"%s\",\"agents\":%lld,\"us_p50\":%lld,\"us_max\":%lld,"
           "\"bytes\":%llu}",
           i == 0 ? "" : ",", rows[i].name, a->agents,
           (long long)rows[i].p50_us, (long long)rows[i].max_us,
           (unsigned long long)rows[i].bytes);
  }
  printf("]\n");
}

int bench_cli_candidates(const struct cli_command *self, int argc,
                         char **argv) {
  struct asked a = {.agents = 10000, .waiting = 2000};
  const struct cli_option options[] = {
      {"--agents", CLI_NUM, &a.agents, "N", "agents (default 10000)"},
      {"--waiting", CLI_NUM, &a.waiting, "N",
       "sessions that wait when all are busy (default 2000)"},
      {"--json", CLI_FLAG, &a.json, NULL, "a JSON list of rows"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton bench candidates --agents 10000", NULL};
  const struct cli_page page = {options, examples, 0, 0};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (a.agents < 1 || a.agents > 100000 || a.waiting < 1 ||
      a.waiting > 100000) {
    cli_error("it takes 1 to 100000 agents and waiting sessions");
    return CLI_MISUSE;
  }
  struct case_result rows[ASKS];
  for (int i = 0; i < ASKS; i++) {
    if (!measure(&a, (enum asks)i, &rows[i])) {
      return CLI_FAILED;
    }
    if (!a.json) {
      print(&a, &rows[i]);
    }
  }
  if (a.json) {
    print_json(&a, rows);
  }
  return CLI_DONE;
}
