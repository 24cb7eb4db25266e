#include "disk.h"

#include <stdlib.h>

#include "base/check.h"
#include "domain/heap.h"
#include "journal/chain_priv.h"
#include "journal/journal_priv.h"

struct disk_journal {
  struct journal base;
  struct disk *disk;
};

enum { WRITE_LEAST_US = 80, LIE_US = 5000000 };

static struct disk *disk_of(const struct journal *j) {
  return ((const struct disk_journal *)j)->disk;
}

static uint64_t chain_before(const struct disk *d, uint64_t seq) {
  return seq == 1 ? chain_begin(TEXT("sim"), 0) : d->rows[seq - 2].chain;
}

struct text disk_read(const struct disk *d, uint64_t seq) {
  bt_check(seq > 0 && seq <= d->count);
  const struct disk_row *r = &d->rows[seq - 1];
  return text_sub(textbuf_text(&d->bytes), r->from, r->len);
}

/* ---- finished sessions */

static bool same_session(const void *ctx, uint32_t value, const void *key) {
  const struct disk *d = ctx;
  return id_equal(d->finished[value].session, *(const struct id *)key);
}

bool disk_has_finished(const struct disk *d, struct id session) {
  return map_get(&d->finished_by_id, id_hash(session), &session) != MAP_NONE;
}

static void put_finished(struct disk *d, const struct journal_finished *f) {
  if (disk_has_finished(d, f->session)) {
    return;
  }
  bool room = mem_grow(heap_mem(), &d->finished, &d->finished_cap,
                       d->finished_count + 1, sizeof *d->finished);
  bt_check(room);
  d->finished[d->finished_count] = (struct disk_finished){
      .session = f->session, .last_seq = f->last_seq, .batch = d->count};
  room = map_put(&d->finished_by_id, id_hash(f->session),
                 (uint32_t)d->finished_count++);
  bt_check(room);
}

/* Rows after @seq were never written. */
static void forget_after(struct disk *d, uint64_t seq) {
  if (d->count > seq) {
    d->bytes.len = d->rows[seq].from;
    d->count = seq;
  }
  while (d->finished_count > 0 &&
         d->finished[d->finished_count - 1].batch > seq) {
    const struct disk_finished *f = &d->finished[--d->finished_count];
    (void)map_remove(&d->finished_by_id, id_hash(f->session),
                     (uint32_t)d->finished_count);
  }
  for (size_t i = 0; i < 2; i++) {
    d->snapshots[i].whole = d->snapshots[i].whole && d->snapshots[i].seq <= seq;
  }
}

/* ---- the journal of one process */

static bool is_verified(const struct disk *d, uint64_t seq) {
  return chain_next(chain_before(d, seq), seq, disk_read(d, seq)) ==
         d->rows[seq - 1].chain;
}

static enum bt_err load(struct journal *j, const struct journal_sink *sink,
                        struct journal_error *why) {
  struct disk *d = disk_of(j);
  uint64_t from = 0;
  enum bt_err err = BT_ERR_OK;
  for (size_t i = 0; i < 2 && from == 0; i++) {
    const struct disk_snapshot *s = &d->snapshots[i];
    if (s->whole) {
      err = sink->snapshot(sink->ctx, s->seq, textbuf_text(&s->bytes));
      from = s->seq;
    }
  }
  const uint64_t left_out =
      d->forgets && d->count > from + 4 ? from + (d->count - from) / 2 : 0;
  for (uint64_t seq = from + 1; seq <= d->count && err == BT_ERR_OK; seq++) {
    if (!is_verified(d, seq)) {
      return journal_fail(why, BT_ERR_CORRUPT, "batch %llu does not verify",
                          (unsigned long long)seq);
    }
    if (seq != left_out) {
      err = sink->batch(sink->ctx, seq, disk_read(d, seq));
    }
  }
  atomic_store(&j->last, d->count);
  atomic_store(&j->durable, d->count);
  return err;
}

static enum bt_err append(struct journal *j, const struct journal_batch *b) {
  struct disk *d = disk_of(j);
  if (d->failed) {
    return BT_ERR_IO;
  }
  bt_check(b->seq == d->count + 1);
  const bool room =
      mem_grow(heap_mem(), &d->rows, &d->row_cap, b->seq, sizeof *d->rows);
  bt_check(room);
  d->rows[d->count] = (struct disk_row){
      .from = d->bytes.len,
      .len = b->bytes.len,
      .chain = chain_next(chain_before(d, b->seq), b->seq, b->bytes)};
  textbuf_add(&d->bytes, b->bytes);
  bt_check(!d->bytes.failed);
  d->count++;
  for (size_t i = 0; i < b->finished_count; i++) {
    put_finished(d, &b->finished[i]);
  }
  atomic_store(&j->last, d->count);
  if (d->lies) {
    atomic_store(&j->durable, d->count);
  }
  return BT_ERR_OK;
}

/* It counts once the rows up to it are written. */
static enum bt_err snapshot(struct journal *j, uint64_t seq,
                            struct text bytes) {
  struct disk *d = disk_of(j);
  if (d->full || d->failed) {
    return BT_ERR_FULL;
  }
  const struct textbuf old = d->snapshots[1].bytes;
  d->snapshots[1] = d->snapshots[0];
  d->snapshots[0] =
      (struct disk_snapshot){.seq = seq, .bytes = old, .whole = true};
  textbuf_clear(&d->snapshots[0].bytes);
  textbuf_add(&d->snapshots[0].bytes, bytes);
  return BT_ERR_OK;
}

static enum bt_err read_row(struct journal *j, uint64_t seq,
                            struct textbuf *out) {
  textbuf_add(out, disk_read(disk_of(j), seq));
  return BT_ERR_OK;
}

static enum bt_err find_finished(struct journal *j, struct id session,
                                 uint64_t *last_seq) {
  const struct disk *d = disk_of(j);
  const uint32_t found =
      map_get(&d->finished_by_id, id_hash(session), &session);
  if (found == MAP_NONE) {
    return BT_ERR_NOT_FOUND;
  }
  *last_seq = d->finished[found].last_seq;
  return BT_ERR_OK;
}

static enum bt_err sync_wait(struct journal *j, uint64_t seq,
                             int64_t timeout_ms) {
  (void)j;
  (void)seq;
  (void)timeout_ms;
  return BT_ERR_BUSY; /* time does not go on inside of a step */
}

static void get_stats(struct journal *j, struct journal_stats *out) {
  const struct disk *d = disk_of(j);
  out->full = d->full;
  out->failed = d->failed;
}

static void close_journal(struct journal *j) {
  struct disk *d = disk_of(j);
  if (d->orderly && !d->failed && !d->full) {
    d->written = d->count;
  }
  forget_after(d, d->written);
  d->journal = NULL;
  d->group = 0;
  journal_release(j);
  free(j);
}

static const struct journal_ops ops = {.load = load,
                                       .append = append,
                                       .snapshot = snapshot,
                                       .read = read_row,
                                       .find_finished = find_finished,
                                       .sync_wait = sync_wait,
                                       .get_stats = get_stats,
                                       .close = close_journal};

/* ---- the disk */

void disk_init(struct disk *d, uint64_t seed) {
  *d = (struct disk){.delay_us = 2000};
  rand_seed(&d->rand, seed);
  textbuf_init(&d->bytes, heap_mem());
  textbuf_init(&d->snapshots[0].bytes, heap_mem());
  textbuf_init(&d->snapshots[1].bytes, heap_mem());
  map_init(&d->finished_by_id, heap_mem(), same_session, d);
}

void disk_free(struct disk *d) {
  bt_check(d->journal == NULL);
  textbuf_free(&d->bytes);
  textbuf_free(&d->snapshots[0].bytes);
  textbuf_free(&d->snapshots[1].bytes);
  map_free(&d->finished_by_id);
  mem_free(heap_mem(), d->rows, d->row_cap * sizeof *d->rows);
  mem_free(heap_mem(), d->finished, d->finished_cap * sizeof *d->finished);
}

struct journal *disk_open(struct disk *d) {
  bt_check(d->journal == NULL);
  struct disk_journal *j = calloc(1, sizeof *j);
  bt_check(j != NULL);
  const struct journal_options options = {.centre = TEXT("sim")};
  const enum bt_err err = journal_init(&j->base, &ops, &options);
  bt_check(err == BT_ERR_OK);
  j->disk = d;
  d->journal = &j->base;
  d->failed = false;
  d->orderly = false;
  return &j->base;
}

void disk_crash(struct disk *d) {
  if (d->group != 0 && !d->lies && rand_below(&d->rand, 2) == 0) {
    d->written = d->group;
  }
}

void disk_begin(struct disk *d, int64_t now_us) {
  if (d->group != 0 || d->written == d->count || d->full || d->failed) {
    return;
  }
  d->group = d->count;
  d->group_us =
      now_us + WRITE_LEAST_US +
      (int64_t)rand_below(&d->rand, (uint64_t)d->delay_us) +
      (d->lies ? LIE_US : 0); /* as long as an operating system may wait */
}

int64_t disk_due_us(const struct disk *d) {
  return d->group != 0 ? d->group_us : INT64_MAX;
}

void disk_write(struct disk *d) {
  const uint64_t group = d->group;
  d->group = 0;
  if (d->bad) {
    d->failed = true;
  } else if (!d->full) {
    d->written = group;
    atomic_store(&d->journal->durable, d->lies ? d->count : group);
  }
}
