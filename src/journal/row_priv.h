/* row_priv.h - a row of the table of batches, taken apart and verified.
 *
 *   one batch      its bytes
 *   several        (length bytes)*      lengths as varints, in order
 *
 * All batches of a commit go into few rows: a row costs as much as some hundred
 * of its bytes. Which it is the row says (store_priv.h: first). The chain goes
 * from batch to batch as if each had a row of its own.
 */
#ifndef BATON_JOURNAL_ROW_PRIV_H
#define BATON_JOURNAL_ROW_PRIV_H

#include "journal/store_priv.h"

/* A row takes no more batches when it has so many bytes: who wants one of them
 * reads and verifies all. */
enum { ROW_BYTES = 16 << 10 };

struct row_walk {
  struct text rest;
  uint64_t next, last;
  bool several;
};

struct row_walk row_walk_begin(const struct store_row *row);
/* The next batch, borrowed from the row; false at the end, or where the row is
 * damaged. */
bool row_walk_next(struct row_walk *w, uint64_t *seq, struct text *batch);
/* Have all batches that it should have been there, and no byte more? */
bool row_walk_is_whole(const struct row_walk *w);

/* The row with one more batch in it; @out is that of a row of several. */
void row_add(struct textbuf *out, struct text batch);

/* Are its bytes those that its chain was made of, after @before? */
bool row_verifies(const struct store_row *row, uint64_t before);

/* The chain after batch @seq, wherever it lies in its row; @genesis is that
 * before the first. BT_ERR_CORRUPT if it is not there; else as the store. */
enum bt_err row_chain_at(struct store *s, uint64_t genesis, uint64_t seq,
                         uint64_t *out) BT_USE_RESULT;

#endif
