/* The assignments of peer workload v1 are those of the peers, one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/map.h"
#include "bench/peer_loop.h"
#include "support.h"

enum { EVENTS = 9000 };

struct record {
  uint32_t count;
  uint64_t hash;
};

/* Folds "R agent session" and "E session agent", the peers' own lines. */
static void on_assigned(void *ctx, char how, uint32_t agent, uint32_t session) {
  struct record *rec = ctx;
  char line[64];
  if (rec->count++ >= EVENTS) {
    return;
  }
  const int length =
      how == 'R' ? snprintf(line, sizeof line, "R %u %u", agent, session)
                 : snprintf(line, sizeof line, "E %u %u", session, agent);
  rec->hash = hash_u64(rec->hash ^ hash_bytes(line, (size_t)length));
}

static uint64_t assignments(uint32_t agents, uint32_t waiting, uint32_t idle) {
  struct test_mem tm;
  struct record rec = {0};
  test_mem_init(&tm);
  static struct peer_loop l;
  l = (struct peer_loop){.mem = &tm.mem, .ctx = &rec, .assigned = on_assigned};
  peer_open(&l, agents, waiting, idle);
  for (uint32_t i = 0; i < waiting; i++) {
    (void)peer_enter(&l);
  }
  while (rec.count < EVENTS) {
    peer_step(&l);
  }
  peer_close(&l);
  assert_int_equal(tm.live_blocks, 0);
  return rec.hash;
}

/* Taken when the SHA-256 of the lines was that of the peers' reference. */
static void assignments_are_the_peers(void **state) {
  (void)state;
  assert_true(assignments(100, 1000, 0) == UINT64_C(0xfed8dedb5d06525c));
  assert_true(assignments(1000, 10000, 0) == UINT64_C(0x27641e4144202341));
  assert_true(assignments(1000, 0, 0) == UINT64_C(0xb450eb1c3df0eda3));
  assert_true(assignments(1000, 0, 500) == UINT64_C(0x16339a3763025b64));
  assert_true(assignments(100, 0, 50) == UINT64_C(0xe09fbd6f4d0df9fb));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(assignments_are_the_peers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
