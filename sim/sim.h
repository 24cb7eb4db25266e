/* sim.h - a whole centre under virtual time: the real engine, domain, journal
 * format, scripts and routing; clock, wires, disk and people are played.
 *
 * All that happens follows from a seed. What happens is made of *units*: a
 * customer's life, a fault. Each draws from randomness of its own, so that one
 * can be left out and the others go on much as before: that is how a failure
 * is made short.
 *
 *     people --wire--> domain_submit --> disk --durable--> events, answers
 *        ^                                                      |
 *        +---------------------- wire -------------------------+--> checks
 */
#ifndef BATON_SIM_SIM_H
#define BATON_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "base/text.h"

#define FAULT(name, wire, wires, gap_s, lasts_s, doc) FAULT_##name,
enum sim_fault {
#include "fault.def"
  SIM_FAULTS
};
#undef FAULT

#define CHECK(name, wire, doc) CHECK_##name,
enum sim_check {
#include "check.def"
  SIM_CHECKS
};
#undef CHECK

#define PLANT(name, wire, wires, check, doc) PLANT_##name,
enum sim_plant {
#include "plant.def"
  SIM_PLANTS
};
#undef PLANT

enum { SIM_CODES = 6 };

struct sim_named {
  const char *name, *doc;
};
extern const struct sim_named sim_faults[SIM_FAULTS];
extern const struct sim_named sim_checks[SIM_CHECKS];
extern const struct sim_named sim_plants[SIM_PLANTS];
enum sim_wires { WIRES_ANY, WIRES_FRAMES, WIRES_BYTES };
/* The check that is there for a planted fault. */
enum sim_check sim_plant_check(enum sim_plant plant);

struct sim_options {
  uint64_t seed;
  int64_t span_us;      /* after it everything heals */
  bool bytes;           /* wires are bytes over played sockets, through net
                           and api; else frames into the domain */
  enum sim_plant plant; /* takes effect in baton-sim-planted alone */
  const bool *left_out; /* by unit, or NULL */
  int64_t until_us;     /* stop there without healing; 0: do not */
  struct textbuf *tale; /* what happened to @tell_of, line by line; or NULL */
  struct id tell_of;
};

struct sim_result {
  uint64_t hash; /* of every batch and every answer that was let out */
  uint64_t batches, commands, sessions, answers;
  uint64_t bytes, frames;    /* that reached people */
  uint64_t codes[SIM_CODES]; /* of answers, by their hundreds */
  uint32_t units;
  uint64_t faults[SIM_FAULTS]; /* how often each took place */
  int64_t played_us;
  /* What does not hold; empty if all did. */
  char broken[512];
  enum sim_check check;
  int64_t broken_us; /* since the start */
  struct id session; /* which it was about, or null */
};

/* Plays it from beginning to end. */
void sim_play(const struct sim_options *options, struct sim_result *out);

/* Leaves out all units that are not needed for the failure of @found, within
 * @seconds of real time. @left_out has a flag for each unit. Returns how many
 * are left; *@out is the failure that they give. */
uint32_t sim_shrink(const struct sim_options *options,
                    const struct sim_result *found, int64_t seconds,
                    bool *left_out, struct sim_result *out);

/* Writes @path.yaml and @path.studio: the session of a failure as a scenario
 * that `baton test` plays. False: the files cannot be written. */
bool sim_write_scenario(const struct sim_options *options,
                        const struct sim_result *found, const char *path);

#endif
