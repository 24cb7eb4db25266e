/* sqlite_priv.h - the journal in a directory, shared by its parts: sqlite.c
 * (the engine's and the readers' side), load.c (start-up), writer.c (the
 * journal's own thread) and folding.c (the one that folds the log).
 */
#ifndef BATON_JOURNAL_SQLITE_PRIV_H
#define BATON_JOURNAL_SQLITE_PRIV_H

#include <pthread.h>

#include "journal/dir_priv.h"
#include "journal/journal_priv.h"
#include "journal/latency_priv.h"
#include "journal/queue_priv.h"
#include "journal/row_priv.h"
#include "journal/store_priv.h"

enum { SNAPSHOT_PART_BYTES = 1 << 20 };

/* A snapshot on its way to the disk. */
struct snapshot_job {
  struct textbuf bytes; /* a copy */
  size_t written;
  struct store_snapshot row;
  enum { SNAPSHOT_NONE, SNAPSHOT_PARTS, SNAPSHOT_TRIM } stage;
};

enum fold_stage { FOLD_IDLE, FOLD_ASKED, FOLD_DONE };

/* The log on its way into the file. */
struct folding {
  pthread_t thread;
  bool running;
  struct store store;     /* the folding thread's own */
  pthread_cond_t changed; /* with the journal's lock: what follows */
  enum fold_stage stage;  /* only the journal's thread leaves IDLE and DONE */
  enum bt_err err;        /* how it went */
  bool stop;
};

struct sqlite_journal {
  struct journal base;
  struct journal_dir dir;
  uint64_t genesis; /* the chain before the first batch */

  /* Readers: any thread, one at a time. */
  pthread_mutex_t read_lock;
  struct store reader;
  struct store_row read_row; /* the last one read, verified; .seq 0: none */
  struct textbuf read_bytes; /* its bytes */

  /* The journal's thread alone; load.c before that thread exists. */
  struct store writer;
  struct queue_cursor cursor;
  uint64_t chain;         /* of the last batch written */
  struct textbuf row;     /* that is being filled */
  int64_t paced_us;       /* when the last group was taken … */
  uint64_t paced_batches; /* … and how many batches that was */
  struct snapshot_job job;

  struct folding folding;

  /* Between the threads. */
  pthread_mutex_t lock;
  pthread_cond_t work;      /* for the journal's thread */
  pthread_cond_t published; /* for those who wait until it is durable */
  struct queue queue;
  struct textbuf snapshot; /* handed over to @job */
  uint64_t snapshot_seq;
  bool snapshot_asked, snapshot_busy;
  bool running, stop, asleep;
  unsigned waiters;
  struct journal_stats stats;
  struct latency commits;
  pthread_t thread;
};

struct sqlite_journal *sqlite_journal_of(struct journal *j);

/* load.c */
enum bt_err sqlite_load(struct journal *j, const struct journal_sink *sink,
                        struct journal_error *why) BT_USE_RESULT;

/* snapshots.c: the bytes of one, and the chain of its batch; of @s->reader.
 * BT_ERR_CORRUPT if it does not verify. */
enum bt_err snapshot_read(struct sqlite_journal *s,
                          const struct store_snapshot *row, struct textbuf *out,
                          uint64_t *chain) BT_USE_RESULT;
enum bt_err sqlite_read_snapshot(struct journal *j, uint64_t before,
                                 uint64_t *seq,
                                 struct textbuf *out) BT_USE_RESULT;

/* writer.c: starts the thread; it ends when @stop is set and the queue is
 * empty, or will never be. */
enum bt_err writer_start(struct sqlite_journal *s,
                         struct journal_error *why) BT_USE_RESULT;
void writer_stop(struct sqlite_journal *s);

/* folding.c */
enum bt_err folding_start(struct sqlite_journal *s,
                          struct journal_error *why) BT_USE_RESULT;
/* After the journal's thread has ended. */
void folding_stop(struct sqlite_journal *s);
/* On the journal's thread, between two groups: asks for the log to be folded
 * when it is long, and does the rest when that is done. An error is that of
 * @blamed; BT_ERR_FULL: the log still has everything, and grows. */
enum bt_err folding_step(struct sqlite_journal *s,
                         struct store **blamed) BT_USE_RESULT;

int64_t clock_us(void); /* monotonic */
struct timespec clock_after(int64_t ms);

#endif
