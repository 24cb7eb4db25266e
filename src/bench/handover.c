#include "bench/handover.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/centre.h"
#include "bench/child.h"
#include "bench/handover_priv.h"
#include "bench/machine.h"
#include "bench/metrics.h"

enum { DISK_WRITES = 200, FRAME_BYTES_MAX = 1 << 20, TURN_US = 5000 };
#define OPEN_MAX_NS     INT64_C(30000000000)
#define EXPIRE_EVERY_NS INT64_C(250000000)

/* ---- shared by the lives and the seats */

void handover_note(struct handover *h, const char *format, ...) {
  char sentence[sizeof h->out->first_failure];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);
  if (h->out->first_failure[0] == '\0') {
    memcpy(h->out->first_failure, sentence, sizeof sentence);
  }
}

bool handover_read(struct handover *h, struct text message, struct heard *out) {
  arena_reset(&h->arena);
  return frame_read(&h->arena, message, out);
}

uint32_t handover_centres(const struct handover *h) {
  return h->options->tenants == 0 ? 1 : h->options->tenants;
}

void handover_origin(const struct handover *h, uint32_t i,
                     char out[CENTRE_NAME_SIZE]) {
  centre_origin(h->options->tenants == 0 ? CENTRE_ALONE : i, out);
}

struct client *handover_client(struct handover *h) {
  struct client *client = NULL;
  if (client_create(h->loop, h->host, h->port, NULL, &client) != BT_ERR_OK) {
    handover_note(h, "no memory for a connection");
    return NULL;
  }
  return client;
}

/* ---- the load */

/* The server and its directory are ours to clean up. */
static void on_signal(void *ctx, int number) {
  struct handover *h = ctx;
  (void)number;
  h->broken = true;
  handover_note(h, "interrupted");
}

static enum bt_err wait_for_seats(struct handover *h) {
  const int64_t end_ns = machine_now_ns() + OPEN_MAX_NS;
  const uint32_t seats = h->options->agents + handover_centres(h);
  while (h->seats_open < seats) {
    if (h->broken || machine_now_ns() > end_ns) {
      return bench_fail(h->bench, BT_ERR_IO,
                        "%u of %u sockets of bot and agents are open: %s",
                        h->seats_open, seats, h->out->first_failure);
    }
    loop_turn(h->loop, TURN_US);
  }
  return BT_ERR_OK;
}

/* How many should have begun by now. */
static uint64_t due(const struct handover *h, int64_t since_ns) {
  const double rate = h->options->rate;
  if (rate <= 0) {
    return h->options->sessions;
  }
  const double by_now = (double)(machine_now_ns() - since_ns) / 1e9 * rate + 1;
  return by_now < (double)h->options->sessions ? (uint64_t)by_now
                                               : h->options->sessions;
}

static void live(struct handover *h) {
  const int64_t start_ns = machine_now_ns();
  int64_t expired_ns = start_ns;
  progress_begin(&h->bar, h->bench->progress, "lives", h->options->sessions);
  while (!h->broken && (h->begun < h->options->sessions || h->living > 0)) {
    const uint64_t wanted = due(h, start_ns);
    while (h->begun < wanted && life_begin(h)) {
    }
    /* Between two of a rate the wait is short, not rounded up to a turn. */
    loop_turn(h->loop, h->options->rate > 0 ? 0 : TURN_US);
    if (machine_now_ns() - expired_ns > EXPIRE_EVERY_NS) {
      expired_ns = machine_now_ns();
      lives_expire(h);
    }
    progress_show(&h->bar, h->out->lives + h->out->failed);
  }
  progress_end(&h->bar);
  h->out->seconds = (double)(machine_now_ns() - start_ns) / 1e9;
}

static void summarize(struct handover *h) {
  struct bench_handover_result *out = h->out;
  samples_sort(&h->offer_us);
  samples_sort(&h->life_us);
  out->lives_per_s = (double)out->lives / out->seconds;
  out->offer_p50_us = samples_at(&h->offer_us, 500);
  out->offer_p99_us = samples_at(&h->offer_us, 990);
  out->offer_max_us = samples_at(&h->offer_us, 1000);
  out->life_p50_us = samples_at(&h->life_us, 500);
  out->life_p99_us = samples_at(&h->life_us, 990);
  if (h->broken) {
    out->failed += h->living;
  }
}

/* What has been used so far. */
struct cost {
  struct machine_usage server; /* negative if it is not ours */
  struct metrics journal;
  int64_t own_us;
};

static enum bt_err take_cost(struct handover *h, const struct child *child,
                             struct cost *out) {
  out->server = (struct machine_usage){-1, -1, -1};
  out->own_us = machine_own_cpu_us();
  out->journal = (struct metrics){0};
  const enum bt_err err =
      h->options->tenants > 0
          ? BT_ERR_OK
          : metrics_fetch(h->bench, h->loop, h->host, h->port, &out->journal);
  if (err != BT_ERR_OK || child == NULL) {
    return err;
  }
  return machine_usage_of(h->bench, child->process, &out->server);
}

static void put_cost(struct bench_handover_result *out,
                     const struct cost *before, const struct cost *after) {
  const bool ours = after->server.cpu_us >= 0;
  out->own_cpu_s = (double)(after->own_us - before->own_us) / 1e6;
  out->cpu_s =
      ours ? (double)(after->server.cpu_us - before->server.cpu_us) / 1e6 : -1;
  out->rss_bytes = after->server.rss_bytes;
  out->rss_peak_bytes = after->server.rss_peak_bytes;
  out->journal_bytes = after->journal.bytes - before->journal.bytes;
  out->journal_batches = after->journal.batches - before->journal.batches;
  out->journal_commits = after->journal.groups - before->journal.groups;
  out->commit_p50_us = (int64_t)(after->journal.commit_p50_s * 1e6);
  out->commit_p99_us = (int64_t)(after->journal.commit_p99_s * 1e6);
}

/* Everything against the server that listens on h->port. @child: ours, or
 * NULL. */
static enum bt_err drive(struct handover *h, const struct child *child) {
  struct cost before, after;
  enum bt_err err = seats_open(h);
  if (err == BT_ERR_OK) {
    err = wait_for_seats(h);
  }
  if (err == BT_ERR_OK) {
    err = take_cost(h, child, &before);
  }
  if (err == BT_ERR_OK) {
    live(h);
    summarize(h);
    err = take_cost(h, child, &after);
  }
  if (err == BT_ERR_OK) {
    put_cost(h->out, &before, &after);
  }
  return err;
}

static enum bt_err load(struct handover *h, const struct child *child) {
  enum bt_err err = loop_create(h->bench->mem, &h->loop);
  if (err != BT_ERR_OK) {
    return bench_fail(h->bench, err, "no loop: %s", bt_err_text(err));
  }
  samples_init(&h->offer_us, h->bench->mem);
  samples_init(&h->life_us, h->bench->mem);
  arena_init(&h->arena, h->bench->mem, FRAME_BYTES_MAX);
  err = loop_on_signals(h->loop, on_signal, h);
  if (err == BT_ERR_OK) {
    err = lives_open(h);
  }
  if (err == BT_ERR_OK) {
    err = drive(h, child);
  }
  lives_close(h);
  seats_close(h);
  /* What the clients have closed leaves in a last turn. */
  loop_turn(h->loop, 0);
  loop_free(h->loop);
  arena_free(&h->arena);
  samples_free(&h->offer_us);
  samples_free(&h->life_us);
  return err;
}

/* ---- with a server of our own */

static int64_t data_bytes(const char *dir) {
  char path[CENTRE_PATH_SIZE + 8];
  (void)snprintf(path, sizeof path, "%s/data", dir);
  return machine_dir_bytes(path);
}

static enum bt_err run_child(struct handover *h, const char *dir) {
  struct child child;
  enum bt_err err =
      centre_write(h->bench, dir, h->options->agents, h->options->tenants);
  if (err == BT_ERR_OK) {
    err = child_start(h->bench, h->options->program, dir, &child);
  }
  if (err != BT_ERR_OK) {
    return err;
  }
  h->host = TEXT("127.0.0.1");
  h->port = child.port;
  const enum bt_err loaded = load(h, &child);
  char why[BENCH_WHY_SIZE];
  memcpy(why, h->bench->why, sizeof why);
  err = child_stop(h->bench, &child);
  h->out->disk_bytes = data_bytes(dir);
  if (loaded != BT_ERR_OK) {
    memcpy(h->bench->why, why, sizeof why);
  }
  return loaded != BT_ERR_OK ? loaded : err;
}

/* The disk is measured while nothing else of ours uses it. */
static enum bt_err run_in(struct handover *h, const char *dir) {
  struct samples disk_us;
  samples_init(&disk_us, h->bench->mem);
  enum bt_err err = machine_time_disk(h->bench, dir, DISK_WRITES, &disk_us);
  if (err == BT_ERR_OK) {
    err = h->options->host.len > 0 ? load(h, NULL) : run_child(h, dir);
  }
  if (err == BT_ERR_OK) {
    err = machine_time_disk(h->bench, dir, DISK_WRITES, &disk_us);
  }
  samples_sort(&disk_us);
  h->out->disk_p50_us = samples_at(&disk_us, 500);
  h->out->disk_p99_us = samples_at(&disk_us, 990);
  samples_free(&disk_us);
  return err;
}

/* One descriptor a life and an agent, here and in the server, which inherits
 * the limit. */
static void raise_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
}

enum bt_err bench_handover(struct bench *b,
                           const struct bench_handover_options *options,
                           struct bench_handover_result *out) {
  if (options->sessions == 0 || options->clients == 0 || options->agents == 0 ||
      options->agents > CENTRE_AGENTS_MAX ||
      options->tenants > options->agents) {
    return bench_fail(b, BT_ERR_RANGE,
                      "it takes a session, a client and 1 … %d agents, of each "
                      "tenant one at least",
                      CENTRE_AGENTS_MAX);
  }
  char dir[CENTRE_PATH_SIZE];
  raise_descriptors();
  enum bt_err err = machine_make_dir(b, options->dir, dir, sizeof dir);
  if (err != BT_ERR_OK) {
    return err;
  }
  struct handover *h = mem_new(b->mem, sizeof *h);
  if (h == NULL) {
    err = bench_fail(b, BT_ERR_NOMEM, "no memory");
  } else {
    *out = (struct bench_handover_result){
        .cpu_s = -1, .disk_bytes = -1, .rss_bytes = -1, .rss_peak_bytes = -1};
    h->bench = b;
    h->options = options;
    h->out = out;
    h->host = options->host;
    h->port = options->port;
    err = run_in(h, dir);
    mem_free(b->mem, h, sizeof *h);
  }
  machine_remove_dir(dir);
  return err;
}
