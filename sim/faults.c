/* faults.c - carries the catalogue of faults out, and heals it. */
#include "base/check.h"
#include "peer.h"
#include "shell.h"

static void start_again(struct world *w, const struct plan *p) {
  if (shell_is_stopping(w)) {
    world_plan(w, SECOND, p); /* when it is over */
  } else if (w->domain == NULL) {
    server_start(w);
  }
}

static void start_later(struct world *w, int64_t after_us) {
  const struct plan p = {.fn = start_again};
  world_plan(w, after_us, &p);
}

static void crash(struct world *w, const struct plan *p) {
  if (w->domain != NULL) {
    server_crash(w);
    start_later(w, (int64_t)p->letter.word * SECOND / 4 + 1);
  }
}

/* While a group is being written, or wherever it happens to be. */
static void crash_soon(struct world *w, struct rand *r, int64_t for_us) {
  const struct letter l = {.word = (uint32_t)(for_us * 4 / SECOND)};
  const bool in_write = world_one_in(r, 2) && w->disk.group != 0;
  world_plan_letter(w, in_write ? 0 : world_below(r, SECOND), crash, &l);
}

/* Once bytes of the server are on their way, and before they are there. */
void faults_see_answer(struct world *w) {
  if (w->dies_in_answer) {
    const struct letter l = {.word = 8};
    w->dies_in_answer = false;
    world_plan_letter(w, 500, crash, &l);
  }
}

static void cut_all(struct world *w, struct rand *r) {
  w->cutting = true;
  for (uint32_t i = 0; i < SIM_CUSTOMERS; i++) {
    customers_lose_link(w, i);
  }
  for (uint32_t i = 0; i < SIM_AGENTS; i++) {
    agents_lose_link(w, i, world_about(r, 2 * SECOND));
  }
  for (uint32_t i = 0; i < SIM_BOTS; i++) {
    bots_lose_link(w, i);
  }
  w->cutting = false;
}

/* ---- sockets */

static void stall_some(struct world *w, struct rand *r, int64_t for_us) {
  for (struct peer *p = w->peers; p != NULL; p = p->next) {
    if (p->is_socket && p->line != NULL && world_one_in(r, 3)) {
      line_stall(p->line, world_about(r, for_us));
    }
  }
}

/* Whoever had it notices after a while, and dials again. */
static void notice(struct world *w, const struct plan *plan) {
  struct peer *p = w->peers;
  while (p != NULL && p->life != plan->letter.life) {
    p = p->next;
  }
  if (p != NULL && p->line != NULL) {
    peer_give_up(p);
  }
}

static void deaden_some(struct world *w, struct rand *r, int64_t for_us) {
  for (struct peer *p = w->peers; p != NULL; p = p->next) {
    if (p->is_socket && p->line != NULL && world_one_in(r, 3)) {
      const struct letter l = {.life = p->life};
      p->line->dead = true;
      world_plan_letter(w, world_about(r, for_us), notice, &l);
    }
  }
}

static void another_customer(struct world *w, const struct plan *p) {
  customers_arrive(w, hash_u64(p->letter.life));
}

static void flood(struct world *w, struct rand *r, int64_t for_us) {
  for (int64_t at_us = 0; at_us < for_us; at_us += world_about(r, 4 * SECOND)) {
    const struct letter l = {.life = rand_u64(r)};
    world_plan_letter(w, at_us, another_customer, &l);
  }
}

static void disk_recovers(struct world *w, const struct plan *p) {
  (void)p;
  if (!world_fault(w, FAULT_FULL_DISK)) {
    w->disk.full = false;
  }
  if (!world_fault(w, FAULT_SLOW_DISK)) {
    w->disk.delay_us = 2000;
  }
  if (!world_fault(w, FAULT_BAD_DISK)) {
    w->disk.bad = false;
  }
  w->calm_us = w->now_us;
  disk_begin(&w->disk, w->now_us);
}

/* A process whose journal has failed is ended, and started by its keeper. */
static void keeper_looks(struct world *w, const struct plan *p) {
  if (w->domain != NULL && w->disk.failed) {
    server_crash(w);
    start_later(w, SECOND);
  }
  world_plan(w, SECOND, p);
}

bool faults_need_bytes(enum sim_fault fault) {
  static const enum sim_wires wires[SIM_FAULTS] = {
#define FAULT(name, wire, wires, gap_s, lasts_s, doc) WIRES_##wires,
#include "fault.def"
#undef FAULT
  };
  return wires[fault] == WIRES_BYTES;
}

void faults_begin(struct world *w) {
  const struct plan keeper = {.fn = keeper_looks};
  world_plan(w, SECOND, &keeper);
}

static void strike_disk(struct world *w, enum sim_fault fault,
                        int64_t lasts_us) {
  const struct plan heals = {.fn = disk_recovers};
  if (fault == FAULT_SLOW_DISK) {
    w->disk.delay_us = 2 * SECOND;
  } else if (fault == FAULT_FULL_DISK) {
    w->disk.full = true;
  } else {
    w->disk.bad = true;
  }
  world_plan(w, lasts_us + 1, &heals);
}

static void strike(struct world *w, enum sim_fault fault, struct rand *r,
                   int64_t lasts_us) {
  switch (fault) {
  case FAULT_TORN:
    w->disk.snapshots[0].whole = false;
    crash_soon(w, r, SECOND);
    break;
  case FAULT_CRASH:
    crash_soon(w, r, lasts_us);
    break;
  case FAULT_RESTART:
    server_stop(w);
    start_later(w, lasts_us + 1);
    break;
  case FAULT_SLOW_DISK:
  case FAULT_FULL_DISK:
  case FAULT_BAD_DISK:
    strike_disk(w, fault, lasts_us);
    break;
  case FAULT_CUT:
    cut_all(w, r);
    break;
  case FAULT_BOT_DEAD:
    bots_die(w, (uint32_t)rand_below(r, SIM_BOTS), lasts_us);
    break;
  case FAULT_DESKS_GONE:
    for (uint32_t i = 0; i < SIM_AGENTS; i++) {
      agents_lose_link(w, i, lasts_us);
    }
    break;
  case FAULT_FLOOD:
    flood(w, r, lasts_us);
    break;
  case FAULT_PAUSE:
    office_pause(w, lasts_us);
    break;
  case FAULT_STALL:
    stall_some(w, r, lasts_us);
    break;
  case FAULT_HALF_OPEN:
    deaden_some(w, r, lasts_us + SECOND);
    break;
  case FAULT_MID_ANSWER:
    w->dies_in_answer = w->domain != NULL;
    break;
  case FAULT_TRICKLE:
  case FAULT_HALF_ASKED:
  case FAULT_SLOW_NET:
  case FAULT_BOT_SLOW:
  case FAULT_REPEATS:
  case SIM_FAULTS:
    break; /* while it lasts: world_fault() */
  }
}

void faults_strike(struct world *w, const struct unit *u) {
  static const int64_t lasts[SIM_FAULTS] = {
#define FAULT(name, wire, wires, gap_s, lasts_s, doc) (lasts_s) * SECOND,
#include "fault.def"
#undef FAULT
  };
  const enum sim_fault fault = (enum sim_fault)u->fault;
  struct rand r;
  rand_seed(&r, u->seed);
  const int64_t lasts_us = lasts[fault] > 0 ? world_about(&r, lasts[fault]) : 0;
  const int64_t until_us = w->now_us + lasts_us;
  if (until_us > w->fault_until_us[fault]) {
    w->fault_until_us[fault] = until_us;
  }
  w->result->faults[fault]++;
  strike(w, fault, &r, lasts_us);
}

void faults_heal(struct world *w) {
  const struct plan now = {.fn = disk_recovers};
  for (uint32_t i = 0; i < SIM_FAULTS; i++) {
    w->fault_until_us[i] = 0;
  }
  w->dies_in_answer = false;
  disk_recovers(w, &now);
  if (w->domain != NULL && w->disk.failed) {
    server_crash(w);
  }
  start_later(w, SECOND);
}
