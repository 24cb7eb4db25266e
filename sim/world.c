#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "codec/batch.h"
#include "domain/heap.h"
#include "line.h"
#include "peer.h"
#include "shell.h"

#define START_US    INT64_C(1767258000000000) /* 2026-01-01 09:00 UTC */
#define ARRIVAL_GAP (40 * SECOND)
#define HEAL_US     (INT64_C(7200) * SECOND)
#define LOOK_US     (5 * SECOND)

enum { UNITS_MAX = 200000, SIXTEENTHS_MOST = 8 * 16 };

const struct sim_named sim_faults[SIM_FAULTS] = {
#define FAULT(name, wire, wires, gap_s, lasts_s, doc) {wire, doc},
#include "fault.def"
#undef FAULT
};
const struct sim_named sim_checks[SIM_CHECKS] = {
#define CHECK(name, wire, doc) {wire, doc},
#include "check.def"
#undef CHECK
};
const struct sim_named sim_plants[SIM_PLANTS] = {
#define PLANT(name, wire, wires, check, doc) {wire, doc},
#include "plant.def"
#undef PLANT
};

enum sim_check sim_plant_check(enum sim_plant plant) {
  static const enum sim_check checks[SIM_PLANTS] = {
#define PLANT(name, wire, wires, check, doc) CHECK_##check,
#include "plant.def"
#undef PLANT
  };
  return checks[plant];
}

/* ---- chance */

int64_t world_below(struct rand *r, int64_t bound_us) {
  return (int64_t)rand_below(r, (uint64_t)bound_us);
}

/* Without floating point, so that every machine draws the same: how often one
 * in sixteen is missed, in sixteenths of the mean. */
int64_t world_about(struct rand *r, int64_t mean_us) {
  int64_t sixteenths = 0;
  while (sixteenths < SIXTEENTHS_MOST && rand_below(r, 16) != 0) {
    sixteenths++;
  }
  return mean_us * sixteenths / 16 + world_below(r, mean_us / 16 + 1);
}

bool world_one_in(struct rand *r, uint64_t n) {
  return rand_below(r, n) == 0;
}

uint32_t world_pick(struct rand *r, const uint32_t *weights, uint32_t count) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    sum += weights[i];
  }
  uint64_t at = rand_below(r, sum);
  uint32_t i = 0;
  while (at >= weights[i]) {
    at -= weights[i++];
  }
  return i;
}

bool world_fault(const struct world *w, enum sim_fault fault) {
  return w->now_us < w->fault_until_us[fault];
}

/* ---- plans: a heap, the earliest first, then the order of planning */

static bool is_before(const struct plan *a, const struct plan *b) {
  return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void swap(struct world *w, size_t i, size_t j) {
  const struct plan p = w->plans[i];
  w->plans[i] = w->plans[j];
  w->plans[j] = p;
}

void world_plan(struct world *w, int64_t after_us, const struct plan *p) {
  const bool room = mem_grow(heap_mem(), &w->plans, &w->plan_cap,
                             w->plan_count + 1, sizeof *w->plans);
  bt_check(room && after_us >= 0);
  size_t i = w->plan_count++;
  w->plans[i] = *p;
  w->plans[i].at_us = w->now_us + after_us;
  w->plans[i].order = w->orders++;
  for (; i > 0 && is_before(&w->plans[i], &w->plans[(i - 1) / 2]);
       i = (i - 1) / 2) {
    swap(w, i, (i - 1) / 2);
  }
}

void world_plan_letter(struct world *w, int64_t after_us, plan_fn *fn,
                       const struct letter *l) {
  const struct plan p = {.fn = fn, .letter = *l};
  world_plan(w, after_us, &p);
}

static struct plan take_plan(struct world *w) {
  const struct plan first = w->plans[0];
  w->plans[0] = w->plans[--w->plan_count];
  for (size_t i = 0;;) {
    size_t least = i;
    for (size_t child = 2 * i + 1; child < 2 * i + 3; child++) {
      if (child < w->plan_count &&
          is_before(&w->plans[child], &w->plans[least])) {
        least = child;
      }
    }
    if (least == i) {
      return first;
    }
    swap(w, i, least);
    i = least;
  }
}

/* ---- commands */

struct command world_command(struct world *w, enum command_type type,
                             enum role role, uint32_t number,
                             struct text name) {
  struct command cmd = {
      .by = {.role = role, .number = number, .name = name},
      .now_us = w->now_us,
      .entropy = {hash_u64(w->entropy), hash_u64(w->entropy + 1)}};
  w->entropy += 2;
  record_init(&cmd.args, type);
  return cmd;
}

bool world_submit(struct world *w, struct command *cmd, domain_answer_fn *fn,
                  void *ctx) {
  bt_check(w->domain != NULL && !w->in_step);
  (void)domain_release(w->domain); /* what was kept comes first */
  check_before(w, cmd);
  w->in_step = true;
  domain_submit(w->domain, cmd, fn, ctx);
  w->in_step = false;
  w->result->commands++;
  if (domain_last_step(w->domain) == NULL) {
    return false;
  }
  check_step(w, cmd);
  disk_begin(&w->disk, w->now_us);
  return true;
}

void world_system(struct world *w, enum command_type type, struct id session,
                  enum field field, int64_t number) {
  if (w->domain == NULL) {
    return;
  }
  struct command cmd =
      world_command(w, type, ROLE_SYSTEM, SESSION_NOBODY, TEXT("server"));
  if (!id_is_null(session)) {
    record_set_id(&cmd.args, FIELD_SESSION, session);
  }
  if (field != FIELDS) {
    record_set_num(&cmd.args, field, number);
  }
  (void)world_submit(w, &cmd, NULL, NULL);
}

void world_tell(struct world *w, struct id session, const char *format, ...) {
  struct textbuf *tale = w->options->tale;
  if (tale == NULL || !id_equal(session, w->options->tell_of)) {
    return;
  }
  char line[512];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(line, sizeof line, format, args);
  va_end(args);
  textbuf_addf(tale, "%.3f %s\n", (double)(w->now_us - w->start_us) / 1e6,
               line);
}

void check_break(struct world *w, enum sim_check check, struct id session,
                 const char *format, ...) {
  struct sim_result *r = w->result;
  va_list args;
  if (r->broken[0] != '\0') {
    return;
  }
  va_start(args, format);
  (void)vsnprintf(r->broken, sizeof r->broken, format, args);
  va_end(args);
  r->check = check;
  r->session = session;
  r->broken_us = w->now_us - w->start_us;
}

/* ---- time */

int64_t world_next_tick_us(const struct world *w) {
  if (w->domain == NULL) {
    return INT64_MAX;
  }
  int64_t due_us = domain_next_deadline(w->domain);
  if (due_us != INT64_MAX && plant_is(w, PLANT_TIMERS_LATE)) {
    due_us = due_us / (600 * SECOND) * (600 * SECOND) + 600 * SECOND;
  }
  return due_us > w->tick_again_us ? due_us : w->tick_again_us;
}

void world_tick(struct world *w) {
  struct command cmd = world_command(w, COMMAND_TICK, ROLE_SYSTEM,
                                     SESSION_NOBODY, TEXT("server"));
  const int64_t due_us = domain_next_deadline(w->domain);
  cmd.terse = true;
  w->tick_again_us = 0;
  if (!world_submit(w, &cmd, NULL, NULL) &&
      domain_next_deadline(w->domain) == due_us) { /* no room for it now */
    w->tick_again_us = w->now_us + SECOND / 10;
  }
}

/* With a shell the loop's batch hook does it. */
static void release(struct world *w) {
  if (w->domain == NULL || w->shell != NULL) {
    return;
  }
  (void)domain_release(w->domain);
  disk_begin(&w->disk, w->now_us);
}

static int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

static void go_on_process(struct world *w) {
  if (w->shell == NULL) {
    world_tick(w);
    return;
  }
  shell_turn(w);
  if (shell_is_stopped(w)) {
    server_end(w);
  }
}

/* The next thing that happens. False: none before @end_us. */
static bool go_on(struct world *w, int64_t end_us) {
  const int64_t disk_us = disk_due_us(&w->disk);
  const int64_t tick_us =
      w->shell != NULL ? shell_due_us(w) : world_next_tick_us(w);
  const int64_t plan_us = w->plan_count > 0 ? w->plans[0].at_us : INT64_MAX;
  const int64_t next_us = least(disk_us, least(tick_us, plan_us));
  if (next_us > end_us) {
    return false;
  }
  w->now_us = next_us > w->now_us ? next_us : w->now_us;
  if (disk_us <= next_us) {
    disk_write(&w->disk);
    shell_hear_disk(w);
  } else if (tick_us <= next_us) {
    go_on_process(w);
  } else {
    const struct plan p = take_plan(w);
    p.fn(w, &p);
  }
  release(w);
  if (w->now_us >= w->scanned_us + LOOK_US) {
    w->scanned_us = w->now_us;
    check_time(w);
  }
  return true;
}

static bool play_until(struct world *w, int64_t end_us) {
  while (w->result->broken[0] == '\0' && go_on(w, end_us)) {
  }
  w->now_us = end_us > w->now_us ? end_us : w->now_us;
  return w->result->broken[0] == '\0';
}

/* ---- units: drawn once, from the seed alone */

struct units {
  struct unit *list;
  size_t cap, count;
};

static void draw(struct units *u, struct rand *r, int64_t span_us,
                 int64_t gap_us, int32_t fault) {
  for (int64_t at_us = world_about(r, gap_us);
       at_us < span_us && u->count < UNITS_MAX;
       at_us += world_about(r, gap_us)) {
    const bool room =
        mem_grow(heap_mem(), &u->list, &u->cap, u->count + 1, sizeof *u->list);
    bt_check(room);
    u->list[u->count++] =
        (struct unit){.at_us = at_us, .seed = rand_u64(r), .fault = fault};
  }
}

static int by_time(const void *a, const void *b) {
  const struct unit *x = a, *y = b;
  return x->at_us != y->at_us ? (x->at_us > y->at_us) - (x->at_us < y->at_us)
         : x->seed < y->seed  ? -1
                              : x->seed > y->seed;
}

static struct units draw_all(const struct sim_options *o) {
  static const int64_t gaps[SIM_FAULTS] = {
#define FAULT(name, wire, wires, gap_s, lasts_s, doc) (gap_s) * SECOND,
#include "fault.def"
#undef FAULT
  };
  struct units u = {0};
  for (int32_t fault = SIM_NOBODY; fault < SIM_FAULTS; fault++) {
    struct rand r;
    if (fault >= 0 && !o->bytes && faults_need_bytes((enum sim_fault)fault)) {
      continue;
    }
    rand_seed(&r, hash_u64(o->seed) + (uint64_t)(fault + 1));
    draw(&u, &r, o->span_us, fault < 0 ? ARRIVAL_GAP : gaps[fault], fault);
  }
  qsort(u.list, u.count, sizeof *u.list, by_time);
  return u;
}

/* A unit draws from its own seed, whatever else happens. */
static void begin_unit(struct world *w, const struct unit *u) {
  if (u->fault == SIM_NOBODY) {
    customers_arrive(w, u->seed);
  } else {
    faults_strike(w, u);
  }
}

static bool play_units(struct world *w, const struct units *u) {
  const int64_t until_us = w->options->until_us;
  const int64_t last_us = until_us != 0 && until_us < w->options->span_us
                              ? until_us
                              : w->options->span_us;
  for (size_t i = 0; i < u->count && u->list[i].at_us < last_us; i++) {
    if (w->options->left_out != NULL && w->options->left_out[i]) {
      continue;
    }
    if (!play_until(w, w->start_us + u->list[i].at_us)) {
      return false;
    }
    begin_unit(w, &u->list[i]);
    release(w);
  }
  return play_until(w, w->start_us + last_us);
}

/* ---- the whole */

static void begin(struct world *w, const struct sim_options *options,
                  struct sim_result *out) {
  w->options = options;
  w->result = out;
  w->start_us = w->now_us = START_US;
  w->entropy = hash_u64(options->seed);
  rand_seed(&w->rand, options->seed);
  rand_seed(&w->office, hash_u64(options->seed ^ 1));
  disk_init(&w->disk, hash_u64(options->seed ^ 2));
  w->disk.lies = plant_is(w, PLANT_EARLY_DURABLE);
  if (options->bytes) {
    shell_begin(w);
  }
  w->free_count = SIM_TICKETS;
  for (uint32_t i = 0; i < SIM_TICKETS; i++) {
    w->free_tickets[i] = i;
    w->tickets[i].world = w;
  }
  check_begin(w);
  server_furnish(w);
  bots_begin(w);
  agents_begin(w);
  office_begin(w);
  faults_begin(w);
}

static void heal(struct world *w) {
  w->healing = true;
  faults_heal(w);
  customers_go(w);
  if (play_until(w, w->now_us + HEAL_US)) {
    check_healed(w);
  }
}

static void hash_journal(struct world *w) {
  for (uint64_t seq = 1; seq <= w->disk.written; seq++) {
    const struct text row = disk_read(&w->disk, seq);
    w->result->hash = hash_u64(w->result->hash ^ hash_text(row));
  }
  w->result->batches = w->disk.written;
}

static void finish(struct world *w) {
  w->result->played_us = w->now_us - w->start_us;
  hash_journal(w);
  server_crash(w);
  shell_end();
  peers_free(w);
  lines_free(w);
  check_end(w);
  disk_free(&w->disk);
  mem_free(heap_mem(), w->plans, w->plan_cap * sizeof *w->plans);
  free(w);
}

void sim_play(const struct sim_options *options, struct sim_result *out) {
  *out = (struct sim_result){.hash = options->seed};
  struct world *w = calloc(1, sizeof *w);
  bt_check(w != NULL);
  struct units u = draw_all(options);
  out->units = (uint32_t)u.count;
  begin(w, options, out);
  if (play_units(w, &u) && options->until_us == 0) {
    heal(w);
  }
  finish(w);
  mem_free(heap_mem(), u.list, u.cap * sizeof *u.list);
}
