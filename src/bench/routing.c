#include "bench/routing.h"

#include "bench/machine.h"
#include "bench/peer_loop.h"
#include "bench/samples.h"

enum { WARM_STEPS = 30000 };

/* What the router takes, counted on its way to the real allocator. */
struct counting_mem {
  struct mem mem;
  const struct mem *below;
  size_t live;
};

static void *counting_resize(void *ctx, void *old, size_t old_size,
                             size_t new_size) {
  struct counting_mem *m = ctx;
  void *now = m->below->resize(m->below->ctx, old, old_size, new_size);
  if (now != NULL || new_size == 0) {
    m->live += new_size - old_size;
  }
  return now;
}

struct measure {
  struct samples search, whole;
  int64_t at_ns[PEER_END + 1];
  int64_t spent_ns;
};

static void on_mark(void *ctx, enum peer_mark mark, bool matched) {
  struct measure *m = ctx;
  m->at_ns[mark] = machine_now_ns();
  if (mark == PEER_END && matched) {
    const int64_t whole_ns = m->at_ns[PEER_END] - m->at_ns[PEER_BEGIN];
    samples_add(&m->search, m->at_ns[PEER_DECIDED] - m->at_ns[PEER_DECIDE]);
    samples_add(&m->whole, whole_ns);
    m->spent_ns += whole_ns;
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

enum bt_err bench_routing(struct bench *b, const struct bench_routing_case *c,
                          struct bench_routing_row *out) {
  struct counting_mem cm = {.mem = {counting_resize, &cm}, .below = b->mem};
  struct measure m = {.spent_ns = 0};
  struct peer_loop l = {.mem = &cm.mem, .ctx = &m};
  samples_init(&m.search, b->mem);
  samples_init(&m.whole, b->mem);
  peer_open(&l, c->agents, c->waiting, c->waiting == 0 ? c->agents / 2 : 0);
  const size_t empty = cm.live;
  for (uint32_t i = 0; i < c->waiting; i++) {
    (void)peer_enter(&l);
  }
  *out = (struct bench_routing_row){.waiting = c->waiting, .agents = c->agents};
  if (c->waiting > 0) {
    out->session_bytes = (double)(cm.live - empty) / (double)c->waiting;
  }
  run(&l, c->steps);
  summarize(&m, out);
  const size_t lost = m.whole.lost + m.search.lost;
  peer_close(&l);
  samples_free(&m.search);
  samples_free(&m.whole);
  return lost == 0 ? BT_ERR_OK
                   : bench_fail(b, BT_ERR_NOMEM, "no memory for the samples");
}
