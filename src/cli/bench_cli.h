/* bench_cli.h - what the kinds of `baton bench` share. */
#ifndef BATON_CLI_BENCH_CLI_H
#define BATON_CLI_BENCH_CLI_H

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "bench/bench.h"
#include "cli/cli.h"

enum { BENCH_LIST_MAX = 32 };

struct bench_list {
  uint32_t items[BENCH_LIST_MAX];
  size_t count;
};

/* "1000,10000": whole numbers from @least on. False, and said. */
bool bench_read_list(const char *option, const char *words, uint32_t least,
                     struct bench_list *out);

/* With the allocator, and a bar if standard error is a terminal. */
struct bench bench_new(void);

/* Of a kind's own options; each prints its result and answers an exit code. */
int bench_cli_handover(const struct cli_command *self, int argc, char **argv);
int bench_cli_connections(const struct cli_command *self, int argc,
                          char **argv);
int bench_cli_routing(const struct cli_command *self, int argc, char **argv);
int bench_cli_studio(const struct cli_command *self, int argc, char **argv);
int bench_cli_candidates(const struct cli_command *self, int argc, char **argv);
int bench_cli_peers(const struct cli_command *self, int argc, char **argv);
int bench_cli_journal(const struct cli_command *self, int argc, char **argv);
int bench_cli_simulate(const struct cli_command *self, int argc, char **argv);

/* Engine and journal behind a socket, until the one client goes; the journal is
 * in @data, an empty directory. Answers an exit code. */
int bench_door(const char *data);

/* A number with at most four digits behind the point. */
void bench_put_number(struct json_out *o, const char *key, double value);

#endif
