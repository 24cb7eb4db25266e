/* main.c - baton-sim: plays a centre for hours in seconds, over and over. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/map.h"
#include "sim.h"

#define HOUR_US INT64_C(3600000000)

enum {
  WORLD_HOURS = 4,
  WORLDS_MAX = 20000,
  SHRINK_SECONDS = 60,
  SHRINK_MOST = 86400
};

static const char usage[] =
    "usage: baton-sim [--seed N] [--hours H] [--jobs N] [--scenario PATH]\n"
    "                 [--shrink SECONDS] [--plant NAME]\n"
    "                 [--wires frames|bytes] [--list]\n"
    "\n"
    "Plays a centre under virtual time while everything goes wrong: hours of\n"
    "trouble in worlds of four, each with its own seed; each then heals, and\n"
    "must come to rest. Prints the hash of all that happened.\n"
    "\n"
    "  --seed N         what happens follows from it; default 1\n"
    "  --hours H        of trouble, simulated; default 8\n"
    "  --jobs N         processes; default 2\n"
    "  --scenario PATH  a failure, made short, becomes PATH.yaml and\n"
    "                   PATH.studio for `baton test`; default sim-SEED\n"
    "  --shrink SECONDS how long to make a failure shorter; default 60\n"
    "  --plant NAME     baton-sim-planted: put this fault into the program\n"
    "  --wires KIND     frames: from people into the domain; bytes: over played\n"
    "                   sockets, through HTTP, WebSocket and the API; default\n"
    "                   bytes\n"
    "  --list           the faults, the checks and what can be planted\n";

struct call {
  uint64_t seed;
  int64_t hours;
  uint32_t jobs;
  int64_t shrink_seconds;
  enum sim_plant plant;
  bool frames;
  const char *scenario;
};

struct shared {
  struct sim_result results[WORLDS_MAX];
  bool done[WORLDS_MAX];
};

static void list_of(const char *title, const struct sim_named *list, size_t n) {
  printf("%s\n", title);
  for (size_t i = 0; i < n; i++) {
    printf("  %-16s %s\n", list[i].name, list[i].doc);
  }
}

static int list_all(void) {
  list_of("faults", sim_faults, SIM_FAULTS);
  list_of("checks", sim_checks, SIM_CHECKS);
  list_of("plants", sim_plants, SIM_PLANTS);
  return 0;
}

/* ---- playing */

static struct sim_options options_of(const struct call *c, uint32_t world) {
  const int64_t left = c->hours - (int64_t)world * WORLD_HOURS;
  return (struct sim_options){
      .seed = c->seed + world,
      .span_us = (left < WORLD_HOURS ? left : WORLD_HOURS) * HOUR_US,
      .bytes = !c->frames,
      .plant = c->plant};
}

static uint32_t count_worlds(const struct call *c) {
  return (uint32_t)((c->hours + WORLD_HOURS - 1) / WORLD_HOURS);
}

/* Every c->jobs-th world, until one fails. */
static void work(const struct call *c, struct shared *s, uint32_t job) {
  for (uint32_t i = job; i < count_worlds(c); i += c->jobs) {
    const struct sim_options o = options_of(c, i);
    sim_play(&o, &s->results[i]);
    s->done[i] = true;
    if (s->results[i].broken[0] != '\0') {
      return;
    }
  }
}

/* In processes of their own: a check inside of the program may end one. */
static void play_all(const struct call *c, struct shared *s) {
  for (uint32_t job = 0; job < c->jobs; job++) {
    const pid_t child = fork();
    bt_check(child >= 0);
    if (child == 0) {
      work(c, s, job);
      _exit(0);
    }
  }
  while (wait(NULL) > 0) {
  }
}

/* ---- telling */

static void print_sum(const struct call *c, const struct shared *s,
                      uint32_t worlds) {
  struct sim_result sum = {.hash = 0};
  for (uint32_t i = 0; i < worlds; i++) {
    const struct sim_result *r = &s->results[i];
    sum.hash = hash_u64(sum.hash ^ r->hash);
    sum.batches += r->batches;
    sum.commands += r->commands;
    sum.sessions += r->sessions;
    sum.answers += r->answers;
    sum.bytes += r->bytes;
    sum.frames += r->frames;
    for (uint32_t k = 0; k < SIM_CODES; k++) {
      sum.codes[k] += r->codes[k];
    }
    for (uint32_t f = 0; f < SIM_FAULTS; f++) {
      sum.faults[f] += r->faults[f];
    }
  }
  printf("seed %" PRIu64 ", %" PRId64 " hours in %u worlds: %" PRIu64
         " sessions, %" PRIu64 " commands, %" PRIu64 " batches, %" PRIu64
         " answers\nfaults:",
         c->seed, c->hours, worlds, sum.sessions, sum.commands, sum.batches,
         sum.answers);
  for (uint32_t f = 0; f < SIM_FAULTS; f++) {
    printf(" %s %" PRIu64, sim_faults[f].name, sum.faults[f]);
  }
  if (!c->frames) {
    printf("\nread: %" PRIu64 " bytes, %" PRIu64 " frames; answers by class:",
           sum.bytes, sum.frames);
    for (uint32_t k = 0; k < SIM_CODES; k++) {
      printf(" %uxx %" PRIu64, k, sum.codes[k]);
    }
  }
  printf("\nhash %016" PRIx64 "\n", sum.hash);
}

static void make_short(const struct call *c, uint32_t world,
                       const struct sim_result *found) {
  struct sim_options o = options_of(c, world);
  struct sim_result less;
  bool *left_out = calloc(found->units + 1, sizeof *left_out);
  char path[256];
  bt_check(left_out != NULL);
  const uint32_t left =
      sim_shrink(&o, found, c->shrink_seconds, left_out, &less);
  printf("made short: %u of %u customers and faults, after %.3f s: %s\n", left,
         found->units, (double)less.broken_us / 1e6, less.broken);
  (void)snprintf(path, sizeof path, "%s",
                 c->scenario == NULL ? "" : c->scenario);
  if (c->scenario == NULL) {
    (void)snprintf(path, sizeof path, "sim-%" PRIu64, o.seed);
  }
  o.left_out = left_out;
  o.until_us = less.broken_us + 60000000;
  if (sim_write_scenario(&o, &less, path)) {
    printf("scenario: %s.yaml (baton test %s.yaml)\n", path, path);
  } else {
    printf("scenario: %s.yaml cannot be written\n", path);
  }
  free(left_out);
}

static int tell(const struct call *c, const struct shared *s) {
  const uint32_t worlds = count_worlds(c);
  for (uint32_t i = 0; i < worlds; i++) {
    const struct sim_result *r = &s->results[i];
    if (s->done[i] && r->broken[0] != '\0') {
      printf("seed %" PRIu64 " (--hours %d): %s does not hold after %.3f s: "
             "%s\n",
             c->seed + i, WORLD_HOURS, sim_checks[r->check].name,
             (double)r->broken_us / 1e6, r->broken);
      make_short(c, i, r);
      return 1;
    }
  }
  for (uint32_t i = 0; i < worlds; i++) {
    if (!s->done[i]) {
      printf("seed %" PRIu64 " (--hours %d): a check inside of the program "
             "ended it\n",
             c->seed + i, WORLD_HOURS);
      return 1;
    }
  }
  print_sum(c, s, worlds);
  printf("every check holds\n");
  return 0;
}

/* ---- the call */

static bool find_plant(const char *name, enum sim_plant *out) {
  for (uint32_t i = 0; i < SIM_PLANTS; i++) {
    if (strcmp(sim_plants[i].name, name) == 0) {
      *out = (enum sim_plant)i;
      return true;
    }
  }
  return false;
}

static bool take_option(struct call *c, const char *name, const char *value) {
  int64_t n = 0;
  const bool number = text_to_i64(text_from(value), &n) && n >= 0;
  if (strcmp(name, "--seed") == 0 && number) {
    c->seed = (uint64_t)n;
  } else if (strcmp(name, "--hours") == 0 && number && n > 0 &&
             n <= (int64_t)WORLDS_MAX * WORLD_HOURS) {
    c->hours = n;
  } else if (strcmp(name, "--jobs") == 0 && number && n > 0 && n <= 64) {
    c->jobs = (uint32_t)n;
  } else if (strcmp(name, "--shrink") == 0 && number && n <= SHRINK_MOST) {
    c->shrink_seconds = n;
  } else if (strcmp(name, "--scenario") == 0) {
    c->scenario = value;
  } else if (strcmp(name, "--wires") == 0 &&
             (strcmp(value, "frames") == 0 || strcmp(value, "bytes") == 0)) {
    c->frames = strcmp(value, "frames") == 0;
  } else {
    return strcmp(name, "--plant") == 0 && find_plant(value, &c->plant);
  }
  return true;
}

int main(int argc, char **argv) {
  struct call c = {
      .seed = 1, .hours = 8, .jobs = 2, .shrink_seconds = SHRINK_SECONDS};
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    return list_all();
  }
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !take_option(&c, argv[i], argv[i + 1])) {
      (void)fputs(usage, stderr);
      return 2;
    }
  }
  struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  bt_check(s != MAP_FAILED);
  play_all(&c, s);
  return tell(&c, s);
}
