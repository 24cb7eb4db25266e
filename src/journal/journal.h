/* journal.h - the truth on disk: batches in order, each whole or not at all.
 *
 * A journal keeps *batches*: opaque bytes with a sequence number, 1, 2, 3 …
 * without gaps. One step of the engine is one batch. Beside them it keeps
 * snapshots, so that a start need not read everything, and the last batch of
 * each finished session, so that its timeline can be found again.
 *
 *     open --> load (snapshot, then each later batch) --> append, append, …
 *                                    on_durable(seq) <--- (group commit)
 *
 * A batch is *durable* when it survives the loss of the process and of power.
 * Nothing that depends on a batch may leave the server before that.
 *
 * Threads: open, load, append, snapshot and close belong to one thread, the
 * engine's. Reading, waiting and statistics may come from any. Callbacks come
 * from the journal's own thread (the memory journal: from within append) and
 * must not call back into the journal.
 */
#ifndef BATON_JOURNAL_JOURNAL_H
#define BATON_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/text.h"

struct journal;

/* What went wrong, where, and what to do about it: one or two sentences. */
struct journal_error {
  enum bt_err code;
  char text[768];
};

/* Where a test may make the disk fail, or stop the process. */
#define JOURNAL_POINT_LIST(X)                                                  \
  X(BEFORE_WRITE, "a group was taken; nothing of it is written")               \
  X(BEFORE_COMMIT, "the group's rows are in an open transaction")              \
  X(AFTER_COMMIT, "the group is on disk and nobody has been told")             \
  X(BEFORE_CHECKPOINT, "the write-ahead log is about to be folded in")         \
  X(SNAPSHOT_PART, "a part of a snapshot is about to be written")              \
  X(SNAPSHOT_END, "all parts are written; the snapshot does not count yet")

#define X(name, text) JOURNAL_##name,
enum journal_point { JOURNAL_POINT_LIST(X) JOURNAL_POINTS };
#undef X

enum journal_part { JOURNAL_BATCH, JOURNAL_SNAPSHOT };

/* Stands between what is given to the journal and what it keeps. Appends to
 * @out, whose .failed tells if memory ran out. */
struct journal_cover {
  void *ctx;
  /* On the engine's thread. An error: nothing is kept, and whoever gave it gets
   * the error. */
  enum bt_err (*seal)(void *ctx, enum journal_part part, struct text bytes,
                      struct textbuf *out);
  /* From any thread. */
  enum bt_err (*open)(void *ctx, enum journal_part part, struct text bytes,
                      struct textbuf *out);
  /* On the engine's thread: no more of the session comes. */
  void (*forget)(void *ctx, struct id session);
};

struct journal_options {
  /* Whose journal this is; stored at creation, compared ever after. Borrowed
   * during open. Empty is allowed for read_only: anybody's. */
  struct text centre;
  bool read_only; /* no lock, no thread; beside a running server it sees what
                   * was durable when it was loaded */

  /* NULL: what is given is kept as it is. Borrowed. */
  const struct journal_cover *cover;

  /* Zero means the default. */
  size_t queue_bytes;      /* appended and not yet durable; 64 MiB */
  size_t group_bytes;      /* at most this much in one commit; 8 MiB */
  uint32_t group_batches;  /* at most this many in one commit; 4096 */
  uint32_t checkpoint_kib; /* fold the log in when it is this long; 4096 */

  void *ctx; /* for the four below, each of which may be NULL */
  /* Every batch up to and with @seq is durable. */
  void (*on_durable)(void *ctx, uint64_t seq);
  /* BT_ERR_FULL, BT_ERR_NOMEM: the disk or the memory has no room; what is
   * queued is tried again until there is, and nothing is lost (called once a
   * shortage). Any other code is final: what was not durable never will be, and
   * append answers BT_ERR_IO. */
  void (*on_failed)(void *ctx, const struct journal_error *why);
  /* Something that a person should read; the journal works. */
  void (*on_warning)(void *ctx, const char *sentence);
  /* BT_ERR_OK to go on; BT_ERR_FULL acts as a full disk, others as a broken
   * one. For tests. */
  enum bt_err (*fault)(void *ctx, enum journal_point point);
};

/* A session that ended in a batch. */
struct journal_finished {
  struct id session;
  uint64_t last_seq; /* the batch with its last event */
};

struct journal_batch {
  uint64_t seq; /* the one before it plus 1 */
  struct text bytes;
  const struct journal_finished *finished;
  size_t finished_count;
};

/* Receives what is stored. Bytes are borrowed until it returns. Any answer but
 * BT_ERR_OK stops the load or the read, which answers the same. */
struct journal_sink {
  void *ctx;
  bool covered; /* journal_load: it opens the cover itself, and is shown what is
                 * kept */
  /* BT_ERR_UNSUPPORTED, with nothing taken: an older snapshot is offered, or
   * all batches from the first. Unused by journal_read_range. */
  enum bt_err (*snapshot)(void *ctx, uint64_t seq, struct text bytes);
  enum bt_err (*batch)(void *ctx, uint64_t seq, struct text bytes);
};

struct journal_stats {
  uint64_t batches, bytes, groups, snapshots, checkpoints; /* since open */
  uint64_t queued_batches, queued_bytes;
  int64_t commit_p50_us, commit_p99_us; /* write and fsync of one group */
  int64_t checkpoint_max_us;
  bool full;   /* waiting for room on the disk */
  bool failed; /* for good */
};

/* --- opening ------------------------------------------------------------- */

/* A journal that lasts as long as the process: for tests and trials. A batch
 * counts as durable when append returns. BT_ERR_NOMEM. */
enum bt_err journal_open_memory(const struct journal_options *options,
                                struct journal **out) BT_USE_RESULT;

/* The journal in the directory @dir, which is made, with a new journal, if it
 * is missing or empty. Never replaces or repairs what is there. *@why is filled
 * on every error:
 *   BT_ERR_BUSY     another process has it open for writing
 *   BT_ERR_FOREIGN  not a journal, another centre's, or of a newer version
 *   BT_ERR_CORRUPT  a part is missing or does not verify
 *   BT_ERR_NOT_FOUND  read_only and there is none
 *   BT_ERR_IO, BT_ERR_FULL, BT_ERR_NOMEM  the system refused */
enum bt_err journal_open_sqlite(const char *dir,
                                const struct journal_options *options,
                                struct journal **out,
                                struct journal_error *why) BT_USE_RESULT;

/* Delivers the newest snapshot that verifies, then each batch after it, in
 * order; checks every one. Once, after open and before the first append.
 * BT_ERR_CORRUPT: *@why names the file, the batch and the cure. Else as open,
 * or the sink's own answer. */
enum bt_err journal_load(struct journal *j, const struct journal_sink *sink,
                         struct journal_error *why) BT_USE_RESULT;

/* Writes what is queued (unless it has failed), waits for it, and frees @j.
 * A disk that is full is not waited for. @j may be NULL. */
void journal_close(struct journal *j);

/* --- writing ------------------------------------------------------------- */

/* Queues a copy of the batch; never waits for the disk.
 * BT_ERR_FULL: the queue is; nothing was taken, try after the next on_durable.
 * BT_ERR_IO: the journal failed. BT_ERR_STATE: read_only. BT_ERR_NOMEM. */
enum bt_err journal_append(struct journal *j,
                           const struct journal_batch *b) BT_USE_RESULT;

/* Queues a copy of the state as of batch @seq, which must have been appended
 * (or be 0). It is written in parts between the groups, so that it delays no
 * batch for long, and counts when it is complete. The two newest are kept, and
 * of older ones the fewer the older they are: the gap that one leaves is at
 * most half of its age. Batches are kept all. BT_ERR_BUSY: one is still being
 * written. Else as journal_append. */
enum bt_err journal_snapshot(struct journal *j, uint64_t seq,
                             struct text bytes) BT_USE_RESULT;

/* --- reading; any thread ------------------------------------------------- */

uint64_t journal_last(const struct journal *j);    /* appended; 0 if none */
uint64_t journal_durable(const struct journal *j); /* durable; 0 if none */

/* The bytes of one durable batch, verified, added to @out.
 * BT_ERR_NOT_FOUND, BT_ERR_CORRUPT, BT_ERR_IO, BT_ERR_NOMEM. */
enum bt_err journal_read(struct journal *j, uint64_t seq,
                         struct textbuf *out) BT_USE_RESULT;
/* The durable batches @first … @last (clipped), in order. No lock is held
 * while the sink works. */
enum bt_err journal_read_range(struct journal *j, uint64_t first, uint64_t last,
                               const struct journal_sink *sink) BT_USE_RESULT;
/* The newest snapshot of before batch @before that verifies: its batch, and its
 * bytes in @out. BT_ERR_NOT_FOUND, BT_ERR_IO, BT_ERR_NOMEM. */
enum bt_err journal_read_snapshot(struct journal *j, uint64_t before,
                                  uint64_t *seq,
                                  struct textbuf *out) BT_USE_RESULT;
/* The last batch of a finished session. BT_ERR_NOT_FOUND, BT_ERR_IO. */
enum bt_err journal_find_finished(struct journal *j, struct id session,
                                  uint64_t *last_seq) BT_USE_RESULT;

/* Until @seq is durable. BT_ERR_BUSY after @timeout_ms (negative: no limit),
 * BT_ERR_IO if it never will be. For tools and tests. */
enum bt_err journal_sync_wait(struct journal *j, uint64_t seq,
                              int64_t timeout_ms) BT_USE_RESULT;

void journal_get_stats(struct journal *j, struct journal_stats *out);
/* The name stored in it. Borrowed from @j. */
struct text journal_centre(const struct journal *j);
const char *journal_point_name(enum journal_point point);

#endif
