/* simulate_load.h - a centre and a plan from files, for `simulate` and `staff`.
 */
#ifndef BATON_CLI_SIMULATE_LOAD_H
#define BATON_CLI_SIMULATE_LOAD_H

#include "cli/cli.h"
#include "server/config.h"
#include "server/yaml_tree.h"
#include "simulate/change.h"
#include "simulate/read.h"
#include "simulate/world.h"

/* What is read, by name; NULL for nothing. */
struct simulate_files {
  const char *centre;
  const char *plan;     /* instead of the centre's section */
  const char *arrivals; /* a table of contacts */
  const char *history;  /* a data directory */
};

struct simulate_input {
  struct simulate_files files;
  struct findings findings;
  struct arena arena;
  struct server_config config;
  bool has_config;
  struct yaml_tree tree; /* with the section */
  struct simulate_object *objects;
  size_t object_count, agent_count;
  struct simulate_reader reader;
  struct text *queues, *agents, *skills; /* names that may be used */
  size_t queue_cap, agent_cap, skill_cap;
};

/* True: all is good. False: what is wrong has been printed. Either way
 * simulate_input_free() is due. */
bool simulate_input_load(struct simulate_input *in,
                         const struct simulate_files *files);
void simulate_input_free(struct simulate_input *in);

/* What both commands are asked. */
struct simulate_asked {
  struct simulate_files files;
  struct cli_list changes;
  long long runs, seed;
  bool json, csv;
};

/* False, and it has been said: some do not go together, or there are fewer or
 * more runs than can be. */
bool simulate_asked_well(const struct simulate_asked *asked, int runs_min,
                         int runs_max);
/* Makes each of the changes. False, and it has been said which cannot be. */
bool simulate_change_all(struct simulate_changed *c,
                         const struct cli_list *changes);
/* Says it; false. */
bool simulate_fail(const struct simulate_error *why);

/* Reads the finished sessions of a journal into the reader; false, and it has
 * been printed why. */
bool simulate_history_load(struct simulate_input *in);

#endif
