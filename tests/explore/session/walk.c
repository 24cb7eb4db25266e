/* walk.c - the search, and the path to whatever it finds. */
#include "walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "moves.h"

enum { WORLDS_MAX = 1 << 13, BUCKETS = 4 * WORLDS_MAX, ARROWS_MAX = 1 << 19 };

struct node {
  struct world w; /* with the counters of the path on which it was found */
  struct world normal;
  size_t parent; /* and the move that led from there to here: */
  struct move move;
  struct world_step step;
};

static struct node nodes[WORLDS_MAX];
static size_t node_count;
static uint32_t buckets[BUCKETS]; /* index + 1 */
static struct { uint32_t from, to; } arrows[ARROWS_MAX];
static size_t arrow_count;
static struct move moves[MOVES_MAX];
static size_t move_count;

/* What is being tried: for law_broken(). */
static size_t trying_from;
static struct move trying[4];
static size_t trying_count;

static void print_path(size_t node) {
  if (node == 0) {
    return;
  }
  print_path(nodes[node].parent);
  fputs("  ", stderr);
  move_print(stderr, nodes[node].move);
  fprintf(stderr, " -> %s, held by %s\n",
          session_status_name(nodes[node].w.s.status),
          session_holder_name(nodes[node].w.s.holder));
}

_Noreturn void law_broken(const char *law, const char *file, int line) {
  fprintf(stderr, "%s:%d: broken: %s\n", file, line, law);
  print_path(trying_from);
  for (size_t i = 0; i < trying_count; i++) {
    fputs("  ", stderr);
    move_print(stderr, trying[i]);
    fputs(" here\n", stderr);
  }
  exit(1);
}

/* --- the set of worlds -----------------------------------------------------*/

static uint64_t hash(uint64_t h, const void *data, size_t size) {
  const unsigned char *bytes = data;
  for (size_t i = 0; i < size; i++) {
    h = (h ^ bytes[i]) * 0x100000001b3u; /* FNV-1a */
  }
  return h;
}
#define HASH_START 0xcbf29ce484222325u

/* The index of the world; *@is_new if it was not there. */
static size_t intern(const struct world *w, bool *is_new) {
  const struct world normal = world_normal(w);
  size_t b = hash(HASH_START, &normal, sizeof normal) % BUCKETS;
  for (; buckets[b] != 0; b = (b + 1) % BUCKETS) {
    if (memcmp(&nodes[buckets[b] - 1].normal, &normal, sizeof normal) == 0) {
      *is_new = false;
      return buckets[b] - 1;
    }
  }
  bt_check(node_count < WORLDS_MAX);
  nodes[node_count].w = *w;
  nodes[node_count].normal = normal;
  buckets[b] = (uint32_t)++node_count;
  *is_new = true;
  return node_count - 1;
}

/* --- the search ------------------------------------------------------------*/

/* Everything that the outside could see of a step. */
static uint64_t digest_step(uint64_t h, const struct world_step *step,
                            const struct world *after) {
  h = hash(h, &step->why, sizeof step->why);
  for (size_t i = 0; i < step->count; i++) {
    h = hash(h, &step->outs[i].event.type, sizeof step->outs[i].event.type);
    h = hash(h, &step->outs[i].effects, sizeof step->outs[i].effects);
  }
  const struct world normal = world_normal(after);
  return hash(h, &normal, sizeof normal);
}

/* The journal alone makes the session: fold it from the beginning. */
static struct session replay(size_t node) {
  struct session s = session_none();
  if (node != 0) {
    s = replay(nodes[node].parent);
    for (size_t i = 0; i < nodes[node].step.count; i++) {
      s = session_apply(s, &nodes[node].step.outs[i].event);
    }
  }
  return s;
}

static void add_arrow(size_t from, size_t to) {
  bt_check(arrow_count < ARROWS_MAX);
  arrows[arrow_count].from = (uint32_t)from;
  arrows[arrow_count++].to = (uint32_t)to;
}

static void try_move(size_t from, struct move move, struct walk_report *r) {
  struct world w = nodes[from].w;
  trying_from = from;
  trying[0] = move;
  trying_count = 1;
  const struct session_cmd cmd = move_command(move, &w.s);
  const struct world_step step = world_step(&w, &cmd);
  r->digest = digest_step(r->digest, &step, &w);
  if (!step.taken) {
    return;
  }
  for (size_t i = 0; i < step.count; i++) {
    r->row_fired[step.outs[i].row] = true;
    r->status_seen[step.outs[i].event.after.status] = true;
  }
  bool is_new;
  const size_t to = intern(&w, &is_new);
  if (is_new) {
    nodes[to].parent = from;
    nodes[to].move = move;
    nodes[to].step = step;
    const struct session replayed = replay(to);
    LAW(memcmp(&replayed, &w.s, sizeof replayed) == 0,
        "the journal gives the same session");
  }
  add_arrow(from, to);
}

struct walk_report walk_worlds(void) {
  struct walk_report r = {.digest = HASH_START};
  r.status_seen[SESSION_NONE] = true;
  move_count = moves_all(moves);
  const struct world start = world_new();
  bool is_new;
  (void)intern(&start, &is_new);
  for (size_t i = 0; i < node_count; i++) {
    for (size_t m = 0; m < move_count; m++) {
      try_move(i, moves[m], &r);
    }
  }
  r.worlds = node_count;
  r.arrows = arrow_count;
  return r;
}

/* --- futures ---------------------------------------------------------------*/

static bool can_end[WORLDS_MAX];

static bool spread_backwards(void) {
  bool grew = false;
  for (size_t i = arrow_count; i-- > 0;) {
    if (can_end[arrows[i].to] && !can_end[arrows[i].from]) {
      can_end[arrows[i].from] = true;
      grew = true;
    }
  }
  return grew;
}

static void check_ends(void) {
  for (size_t i = 0; i < node_count; i++) {
    can_end[i] = nodes[i].w.s.status == SESSION_COMPLETED;
  }
  while (spread_backwards()) {
  }
  trying_count = 0;
  for (size_t i = 0; i < node_count; i++) {
    trying_from = i;
    LAW(can_end[i], "every session can still end");
  }
}

static struct world_step try_from(struct world *w, struct move move) {
  trying[trying_count++] = move;
  const struct session_cmd cmd = move_command(move, &w->s);
  return world_step(w, &cmd);
}

/* Nobody says a word: timers alone bring the session to its end, or to a party
 * that is there. */
static void check_left_alone(struct world w) {
  const struct move expiry = {.type = SESSION_CMD_TIMEOUT,
                              .target = SESSION_NOBODY,
                              .this_visit = true};
  for (size_t steps = 0; w.timer != SESSION_TIMER_NEVER; steps++) {
    trying_count = 0;
    LAW(steps < SESSION_STATUSES, "timers lead on");
    LAW(try_from(&w, expiry).taken, "a timer that runs is heard");
  }
}

#define SAYS(what, ...)                                                        \
  { .type = SESSION_CMD_##what, .target = SESSION_NOBODY, __VA_ARGS__ }

/* 'Release, in all the ways it happens', and then everything once more. */
static void check_ways(const struct world *held) {
  static const struct move ways[][2] = {
      {SAYS(GOODBYE, .this_epoch = true), SAYS(DETACH, .this_epoch = true)},
      {SAYS(GOODBYE, .this_epoch = true), SAYS(TIMEOUT, .this_visit = true)},
      {SAYS(DETACH, .this_epoch = true), SAYS(GOODBYE, .this_epoch = false)},
      {SAYS(RELEASE, 0), SAYS(DETACH, .this_epoch = true)},
      {SAYS(RELEASE, 0), SAYS(TIMEOUT, .this_visit = true)},
      {SAYS(HANGUP, 0), SAYS(DETACH, .this_epoch = false)},
      {SAYS(TIMEOUT, .this_visit = true), SAYS(GOODBYE, .this_epoch = false)},
  };
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    struct world w = *held;
    size_t ended = 0;
    for (size_t k = 0; k < 2; k++) {
      trying_count = 0;
      /* Who went away, or was told before, has ended after the first. */
      if (k == 1 && w.s.holder != SESSION_HOLDER_BOT &&
          ways[i][0].type == SESSION_CMD_RELEASE) {
        break;
      }
      const uint8_t before = w.s.holder;
      (void)try_from(&w, ways[i][k]);
      ended += before == SESSION_HOLDER_BOT && w.s.holder != before;
    }
    LAW(ended == 1, "each way of release ends the hold exactly once");
    LAW(w.s.waits == SESSION_WAIT_NONE, "and lets go what waited for it");
  }
}

void walk_check_futures(void) {
  check_ends();
  for (size_t i = 0; i < node_count; i++) {
    trying_from = i;
    check_left_alone(nodes[i].w);
    if (nodes[i].w.s.holder == SESSION_HOLDER_BOT) {
      check_ways(&nodes[i].w);
    }
  }
}
