/* Each kind of measurement is a command of its own below `baton bench`. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/bench_cli.h"
#include "domain/heap.h"

static const struct cli_command kinds[] = {
    {"bench handover", "[--sessions N] [--clients C] [--script] [--json]",
     "whole lives of sessions over real sockets, durable", bench_cli_handover},
    {"bench connections", "[--sockets N] [--processes P] [--json]",
     "what open sockets cost that say nothing", bench_cli_connections},
    {"bench routing", "[--waiting LIST] [--agents LIST] [--json]",
     "what a routing decision costs in memory", bench_cli_routing},
    {"bench studio", "[--rounds N] [--sleepers N] [--lua PROGRAM] [--json]",
     "what scripts cost, beside the same programs in Lua", bench_cli_studio},
    {"bench journal", "[--flight LIST] [--seconds N] [--data DIR] [--json]",
     "how many batches a second become durable, and how late",
     bench_cli_journal},
    {"bench simulate", "[--contacts N] [--days N] [--json]",
     "how fast days of a centre are played", bench_cli_simulate},
    {"bench candidates", "[--agents N] [--waiting N] [--json]",
     "how long it takes to say of every agent why not", bench_cli_candidates},
    {"bench peers", "[--seconds N] [--flight N] [--json]",
     "the same decisions on Baton, Redis and PostgreSQL, durable",
     bench_cli_peers},
    {NULL, NULL, NULL, NULL}};

/* Behind "bench ". */
static const char *kind_word(const struct cli_command *kind) {
  return kind->name + strlen("bench ");
}

static void print_kinds(FILE *to) {
  (void)fputs("usage: baton bench KIND [OPTIONS]\n\n", to);
  for (const struct cli_command *k = kinds; k->name != NULL; k++) {
    (void)fprintf(to, "  %-11s %s\n", kind_word(k), k->summary);
  }
  (void)fputs("\n'baton bench KIND --help' shows its options and examples.\n",
              to);
}

static int unknown(const char *word) {
  struct text names[sizeof kinds / sizeof kinds[0]];
  size_t count = 0;
  for (; kinds[count].name != NULL; count++) {
    names[count] = text_from(kind_word(&kinds[count]));
  }
  const size_t near = text_nearest(text_from(word), names, count);
  if (near < count) {
    cli_error("'%s' is no kind of benchmark; did you mean '%.*s'?", word,
              TEXT_ARG(names[near]));
  } else {
    cli_error("'%s' is no kind of benchmark; see 'baton bench --help'", word);
  }
  return CLI_MISUSE;
}

int cmd_bench(const struct cli_command *self, int argc, char **argv) {
  (void)self;
  if (argc < 2) {
    print_kinds(stderr);
    return CLI_MISUSE;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    print_kinds(stdout);
    return CLI_DONE;
  }
  for (const struct cli_command *k = kinds; k->name != NULL; k++) {
    if (strcmp(kind_word(k), argv[1]) == 0) {
      return k->run(k, argc - 1, argv + 1);
    }
  }
  return unknown(argv[1]);
}

/* ---- shared */

bool bench_read_list(const char *option, const char *words, uint32_t least,
                     struct bench_list *out) {
  struct text rest = text_from(words);
  out->count = 0;
  while (rest.len > 0 && out->count < BENCH_LIST_MAX) {
    const size_t comma = text_find(rest, TEXT(","), 0);
    int64_t n;
    if (!text_to_i64(text_trim(text_sub(rest, 0, comma)), &n) || n < least ||
        n > INT32_MAX) {
      break;
    }
    out->items[out->count++] = (uint32_t)n;
    rest = text_sub(rest, comma + 1, rest.len);
  }
  if (out->count == 0 || rest.len > 0) {
    cli_error("%s takes up to %d whole numbers from %u on, separated by commas",
              option, BENCH_LIST_MAX, least);
    return false;
  }
  return true;
}

struct bench bench_new(void) {
  return (struct bench){.mem = heap_mem(), .progress = isatty(STDERR_FILENO)};
}

void bench_put_number(struct json_out *o, const char *key, double value) {
  json_key(o, key);
  json_put_double(o, round(value * 10000) / 10000);
}
