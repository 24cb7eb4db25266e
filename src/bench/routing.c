#include "bench/routing.h"

#include "bench/machine.h"
#include "bench/peer_loop.h"
#include "bench/samples.h"

enum { WARM_STEPS = 30000 };

/* Reading the clock takes as long as much of a decision does. So it is read
 * twice at most: around the whole of it, or around the search, in turns of a
 * release and an arrival each. */
struct measure {
  struct samples search, whole;
  uint64_t begun;
  int64_t from_ns, to_ns;
  int64_t spent_ns;
};

static bool times_search(const struct measure *m) {
  return (m->begun / 2) % 2 == 1;
}

static void on_end(struct measure *m) {
  if (times_search(m)) {
    samples_add(&m->search, m->to_ns - m->from_ns);
    return;
  }
  const int64_t whole_ns = machine_now_ns() - m->from_ns;
  samples_add(&m->whole, whole_ns);
  m->spent_ns += whole_ns;
}

static void on_mark(void *ctx, enum peer_mark mark, bool matched) {
  struct measure *m = ctx;
  m->begun += mark == PEER_BEGIN;
  if (mark == PEER_END) {
    if (matched) {
      on_end(m);
    }
  } else if (mark == (times_search(m) ? PEER_DECIDE : PEER_BEGIN)) {
    m->from_ns = machine_now_ns();
  } else if (mark == PEER_DECIDED && times_search(m)) {
    m->to_ns = machine_now_ns();
  }
}

static void run(struct peer_loop *l, uint64_t steps) {
  for (uint64_t i = 0; i < WARM_STEPS; i++) {
    peer_step(l);
  }
  l->mark = on_mark;
  for (uint64_t i = 0; i < steps; i++) {
    peer_step(l);
  }
}

static void summarize(struct measure *m, struct bench_routing_row *out) {
  samples_sort(&m->search);
  samples_sort(&m->whole);
  const double seconds = (double)m->spent_ns / 1e9;
  out->decisions_per_s = seconds > 0 ? (double)m->whole.count / seconds : 0;
  out->p50_ns = samples_at(&m->whole, 500);
  out->p99_ns = samples_at(&m->whole, 990);
  out->search_p50_ns = samples_at(&m->search, 500);
  out->search_p99_ns = samples_at(&m->search, 990);
}

static void weigh(const struct router *r, struct bench_routing_row *out) {
  struct router_footprint f;
  router_footprint(r, &f);
  out->eligible_bytes = f.eligible;
  out->total_bytes = f.sessions + f.eligible + f.centre;
  if (out->waiting > 0) {
    out->session_bytes = (double)f.sessions / out->waiting;
  }
}

enum bt_err bench_routing(struct bench *b, const struct bench_routing_case *c,
                          struct bench_routing_row *out) {
  struct measure m = {.spent_ns = 0};
  struct peer_loop l = {.mem = b->mem, .ctx = &m};
  samples_init(&m.search, b->mem);
  samples_init(&m.whole, b->mem);
  peer_open(&l, c->agents, c->waiting, c->waiting == 0 ? c->agents / 2 : 0);
  for (uint32_t i = 0; i < c->waiting; i++) {
    (void)peer_enter(&l);
  }
  *out = (struct bench_routing_row){.waiting = c->waiting, .agents = c->agents};
  weigh(&l.r, out);
  run(&l, c->steps);
  summarize(&m, out);
  const size_t lost = m.whole.lost + m.search.lost;
  peer_close(&l);
  samples_free(&m.search);
  samples_free(&m.whole);
  return lost == 0 ? machine_time_read(b, out->total_bytes, &out->read_ns)
                   : bench_fail(b, BT_ERR_NOMEM, "no memory for the samples");
}
