/* Start-up: what the file holds is checked and handed to the engine. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "journal/chain_priv.h"
#include "journal/sqlite_priv.h"

/* One load on its way through the rows. */
struct loading {
  struct sqlite_journal *s;
  const struct journal_sink *sink;
  struct journal_error *why;
  uint64_t stored_last; /* the highest number in the file */
  uint64_t seq, chain;  /* of the last batch delivered or in the snapshot */
  uint64_t row;         /* the last batch of the last row; 0: none was read */
};

static enum bt_err fail_store(const struct loading *l, enum bt_err err,
                              const char *what) {
  return store_explain(&l->s->reader, err, what, l->why);
}

static enum bt_err fail_batch(const struct loading *l, uint64_t seq,
                              const char *what) {
  return journal_fail(l->why, BT_ERR_CORRUPT,
                      "%s: batch %" PRIu64
                      " %s; those before it are whole. Put "
                      "the whole directory back from a backup.",
                      l->s->dir.db, seq, what);
}

static enum bt_err fail_sink(const struct loading *l, enum bt_err err,
                             const char *what, uint64_t seq) {
  const bool covered =
      l->s->base.options.cover != NULL && err == BT_ERR_CORRUPT;
  return journal_fail(
      l->why, err,
      "%s: %s %" PRIu64 " is intact and was not understood (%s). %s",
      l->s->dir.db, what, seq, bt_err_text(err),
      covered ? "Put back the file of keys that belongs to this journal."
              : "Use the version of the program that wrote it.");
}

/* --- the mark ------------------------------------------------------------ */

static enum bt_err compare_mark(const struct loading *l, struct dir_mark mark) {
  if (mark.seq > l->stored_last) {
    return journal_fail(
        l->why, BT_ERR_CORRUPT,
        "%s ends with batch %" PRIu64 ", and batches up to %" PRIu64 " were "
        "acknowledged: journal.db-wal was lost or cut, or journal.db is an old "
        "copy. Put the missing file back; or, to go on without those batches, "
        "remove %s.",
        l->s->dir.db, l->stored_last, mark.seq, l->s->dir.mark);
  }
  uint64_t chain = l->s->genesis;
  const enum bt_err err =
      mark.seq == 0 ? BT_ERR_OK
                    : store_get_chain(&l->s->reader, mark.seq, &chain);
  if (err == BT_ERR_NOT_FOUND) {
    return fail_batch(l, mark.seq, "is missing");
  }
  if (err != BT_ERR_OK) {
    return fail_store(l, err, "read the journal");
  }
  return chain == mark.chain
             ? BT_ERR_OK
             : journal_fail(l->why, BT_ERR_CORRUPT,
                            "%s and %s are of two different journals. Put both "
                            "back from the same backup; or, if journal.db is "
                            "known to be the right one, remove the mark.",
                            l->s->dir.db, l->s->dir.mark);
}

static enum bt_err check_mark(const struct loading *l, struct dir_mark mark,
                              bool found) {
  if (found) {
    return compare_mark(l, mark);
  }
  if (l->stored_last > 0) {
    journal_warn(&l->s->base,
                 "%s is missing: if batches after %" PRIu64 " were lost with "
                 "journal.db-wal, it cannot be noticed.",
                 l->s->dir.mark, l->stored_last);
  }
  return BT_ERR_OK;
}

/* --- snapshots ----------------------------------------------------------- */

/* BT_ERR_UNSUPPORTED: not this one, try an older. */
static enum bt_err deliver_snapshot(struct loading *l,
                                    const struct store_snapshot *row,
                                    struct textbuf *bytes) {
  uint64_t chain;
  enum bt_err err = snapshot_read(l->s, row, bytes, &chain);
  if (err == BT_ERR_CORRUPT) {
    journal_warn(&l->s->base,
                 "%s: the snapshot at batch %" PRIu64 " does not verify; an "
                 "older one, or the batches alone, are used.",
                 l->s->dir.db, row->seq);
    return BT_ERR_UNSUPPORTED;
  }
  if (err != BT_ERR_OK) {
    return fail_store(l, err, "read a snapshot");
  }
  err = l->sink->snapshot(l->sink->ctx, row->seq, textbuf_text(bytes));
  if (err == BT_ERR_UNSUPPORTED) {
    journal_warn(&l->s->base,
                 "%s: the snapshot at batch %" PRIu64 " is in a form that this "
                 "version does not read; an older one, or the batches alone, "
                 "are used.",
                 l->s->dir.db, row->seq);
  } else if (err != BT_ERR_OK) {
    return fail_sink(l, err, "the snapshot at batch", row->seq);
  } else {
    l->seq = row->seq;
    l->chain = chain;
  }
  return err;
}

static enum bt_err try_snapshot(struct loading *l,
                                const struct store_snapshot *row) {
  if (row->seq > l->stored_last) {
    return fail_batch(l, l->stored_last + 1,
                      "is missing, though a snapshot was made after it");
  }
  struct textbuf bytes;
  textbuf_init(&bytes, &journal_heap);
  const enum bt_err err = deliver_snapshot(l, row, &bytes);
  textbuf_free(&bytes);
  return err;
}

static enum bt_err load_snapshot(struct loading *l) {
  struct store *r = &l->s->reader;
  struct store_snapshot row;
  enum bt_err err = BT_ERR_UNSUPPORTED;
  enum bt_err more = BT_ERR_OK;
  while (err == BT_ERR_UNSUPPORTED &&
         (more = store_next_snapshot(r, STORE_GET_SNAPSHOTS, &row)) ==
             BT_ERR_OK) {
    err = try_snapshot(l, &row);
  }
  store_rest(r, STORE_GET_SNAPSHOTS);
  if (more != BT_ERR_OK && more != BT_ERR_NOT_FOUND) {
    journal_warn(&l->s->base,
                 "%s: the list of snapshots is damaged; the batches alone are "
                 "used.",
                 l->s->dir.db);
  }
  return err == BT_ERR_UNSUPPORTED ? BT_ERR_OK : err;
}

/* --- batches ------------------------------------------------------------- */

/* Those that the snapshot holds already are passed over: it is of any batch,
 * also of one in the middle of a row. */
static uint64_t chain_of_rest(const struct loading *l,
                              const struct store_row *row, bool *whole) {
  struct row_walk w = row_walk_begin(row);
  struct text batch;
  uint64_t seq;
  uint64_t chain = l->chain;
  while (row_walk_next(&w, &seq, &batch)) {
    chain = seq > l->seq ? chain_next(chain, seq, batch) : chain;
  }
  *whole = row_walk_is_whole(&w);
  return chain;
}

static enum bt_err verify_row(const struct loading *l,
                              const struct store_row *row) {
  bool whole = false;
  if (row->first == 0 || row->first > l->seq + 1 ||
      (l->row != 0 && row->first != l->row + 1)) {
    return fail_batch(l, l->seq + 1, "is missing");
  }
  if (chain_of_rest(l, row, &whole) == row->chain && whole) {
    return BT_ERR_OK;
  }
  if (row->first == row->seq) {
    return fail_batch(l, row->seq,
                      "does not verify: its bytes or its place were changed");
  }
  char what[160];
  (void)snprintf(what, sizeof what,
                 "or one of those up to %" PRIu64 " does not verify: its bytes "
                 "or its place were changed",
                 row->seq);
  return fail_batch(l, row->first, what);
}

/* What does not verify is not shown: the row is gone through twice. */
static enum bt_err deliver_row(struct loading *l, const struct store_row *row) {
  struct row_walk w = row_walk_begin(row);
  struct text batch;
  uint64_t seq;
  enum bt_err err = verify_row(l, row);
  while (err == BT_ERR_OK && row_walk_next(&w, &seq, &batch)) {
    if (seq > l->seq) {
      err = l->sink->batch(l->sink->ctx, seq, batch);
      err = err == BT_ERR_OK ? err : fail_sink(l, err, "batch", seq);
    }
  }
  if (err == BT_ERR_OK) {
    l->seq = l->row = row->seq;
    l->chain = row->chain;
  }
  return err;
}

static enum bt_err load_batches(struct loading *l) {
  struct store *r = &l->s->reader;
  struct store_row row;
  enum bt_err err = BT_ERR_OK;
  enum bt_err more = BT_ERR_OK;
  store_seek(r, STORE_GET_AFTER, l->seq, 0);
  while (err == BT_ERR_OK &&
         (more = store_next_row(r, STORE_GET_AFTER, &row)) == BT_ERR_OK) {
    err = deliver_row(l, &row);
  }
  store_rest(r, STORE_GET_AFTER);
  if (err != BT_ERR_OK) {
    return err;
  }
  if (more == BT_ERR_CORRUPT) {
    return fail_batch(l, l->seq + 1, "or a page near it is damaged");
  }
  if (more != BT_ERR_NOT_FOUND) {
    return fail_store(l, more, "read the journal");
  }
  return l->seq == l->stored_last ? BT_ERR_OK
                                  : fail_batch(l, l->seq + 1, "is missing");
}

/* --- the whole ----------------------------------------------------------- */

static enum bt_err load_all(struct loading *l, struct dir_mark mark,
                            bool mark_found) {
  enum bt_err err =
      store_get_number(&l->s->reader, STORE_GET_LAST, &l->stored_last);
  if (err != BT_ERR_OK) {
    return fail_store(l, err, "read the journal");
  }
  err = check_mark(l, mark, mark_found);
  if (err == BT_ERR_OK) {
    err = load_snapshot(l);
  }
  return err == BT_ERR_OK ? load_batches(l) : err;
}

/* All reads see one state of the file, though a server may be writing it. */
static enum bt_err load_in_one_view(struct loading *l) {
  struct dir_mark mark = {0};
  enum bt_err err = dir_mark_read(&l->s->dir, &mark, l->why);
  const bool found = err == BT_ERR_OK;
  if (!found && err != BT_ERR_NOT_FOUND) {
    return err;
  }
  err = store_run(&l->s->reader, STORE_BEGIN_READ);
  if (err != BT_ERR_OK) {
    return fail_store(l, err, "read the journal");
  }
  err = load_all(l, mark, found);
  store_rollback(&l->s->reader);
  return err;
}

/* What was read may have come out of the system's memory alone: the process
 * before this one ended, or was told by a sync that failed, before it was on
 * disk, and a page that could not be synced counts as clean ever after. So it
 * is written once more, elsewhere, before anybody is told of it. */
static enum bt_err fold_all(struct loading *l) {
  struct sqlite_journal *s = l->s;
  bool left = false;
  const enum bt_err err = store_fold_all(&s->writer, &left);
  if (err != BT_ERR_OK) {
    return store_explain(&s->writer, err, "fold its log into it", l->why);
  }
  if (left) {
    journal_warn(&s->base,
                 "%s: its log could not be folded into it, because another "
                 "process reads it or the disk has no room. If power is lost "
                 "before the system has written that log, the journal does "
                 "not start: end that process, make room.",
                 s->dir.db);
  }
  return BT_ERR_OK;
}

static enum bt_err make_ready(struct loading *l) {
  struct sqlite_journal *s = l->s;
  enum bt_err err = store_run(&s->writer, STORE_DROP_TAIL);
  if (err != BT_ERR_OK) {
    return store_explain(&s->writer, err, "tidy up snapshots", l->why);
  }
  err = fold_all(l);
  if (err != BT_ERR_OK) {
    return err;
  }
  err = dir_mark_open(&s->dir, l->why);
  if (err != BT_ERR_OK) {
    return err;
  }
  const struct dir_mark mark = {.seq = l->seq, .chain = l->chain};
  if (dir_mark_write(&s->dir, mark) != BT_ERR_OK ||
      dir_mark_sync(&s->dir) != BT_ERR_OK) {
    return journal_fail(l->why, BT_ERR_IO,
                        "%s: cannot write it. Check the disk and its free "
                        "space.",
                        s->dir.mark);
  }
  err = dir_sync(&s->dir, l->why);
  return err == BT_ERR_OK ? writer_start(s, l->why) : err;
}

enum bt_err sqlite_load(struct journal *j, const struct journal_sink *sink,
                        struct journal_error *why) {
  struct sqlite_journal *s = sqlite_journal_of(j);
  struct loading l = {.s = s, .sink = sink, .why = why, .chain = s->genesis};
  enum bt_err err = load_in_one_view(&l);
  if (err != BT_ERR_OK) {
    return err;
  }
  s->chain = l.chain;
  atomic_store(&j->last, l.seq);
  atomic_store(&j->durable, l.seq);
  return j->options.read_only ? BT_ERR_OK : make_ready(&l);
}
