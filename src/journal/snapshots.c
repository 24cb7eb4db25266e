/* Snapshots as they lie in the file: their parts put together and verified. */
#include "journal/chain_priv.h"
#include "journal/row_priv.h"
#include "journal/sqlite_priv.h"

static enum bt_err read_parts(struct store *r, const struct store_snapshot *row,
                              struct textbuf *out) {
  uint64_t parts = 0;
  struct store_row part;
  enum bt_err err = BT_ERR_OK;
  store_seek(r, STORE_GET_PARTS, row->first_part, row->first_part + row->parts);
  while ((err = store_next_row(r, STORE_GET_PARTS, &part)) == BT_ERR_OK) {
    textbuf_add(out, part.bytes);
    parts++;
  }
  store_rest(r, STORE_GET_PARTS);
  if (err != BT_ERR_NOT_FOUND) {
    return err;
  }
  if (out->failed) {
    return BT_ERR_NOMEM;
  }
  return parts == row->parts && out->len == row->size ? BT_ERR_OK
                                                      : BT_ERR_CORRUPT;
}

enum bt_err snapshot_read(struct sqlite_journal *s,
                          const struct store_snapshot *row, struct textbuf *out,
                          uint64_t *chain) {
  enum bt_err err = row_chain_at(&s->reader, s->genesis, row->seq, chain);
  if (err == BT_ERR_OK) {
    err = read_parts(&s->reader, row, out);
  }
  if (err == BT_ERR_OK &&
      chain_next(*chain, row->seq, textbuf_text(out)) != row->sum) {
    err = BT_ERR_CORRUPT;
  }
  return err;
}

static enum bt_err read_before(struct sqlite_journal *s, uint64_t before,
                               uint64_t *seq, struct textbuf *out) {
  struct store_snapshot row;
  uint64_t chain;
  enum bt_err err = BT_ERR_CORRUPT;
  store_seek(&s->reader, STORE_GET_SNAPSHOT_BEFORE, before, 0);
  while (err == BT_ERR_CORRUPT) {
    err = store_next_snapshot(&s->reader, STORE_GET_SNAPSHOT_BEFORE, &row);
    if (err == BT_ERR_OK) {
      textbuf_clear(out);
      err = snapshot_read(s, &row, out, &chain);
      *seq = row.seq;
    }
  }
  store_rest(&s->reader, STORE_GET_SNAPSHOT_BEFORE);
  return err;
}

/* In one view of the file: the writer may take the parts away meanwhile. */
enum bt_err sqlite_read_snapshot(struct journal *j, uint64_t before,
                                 uint64_t *seq, struct textbuf *out) {
  struct sqlite_journal *s = sqlite_journal_of(j);
  (void)pthread_mutex_lock(&s->read_lock);
  enum bt_err err = store_run(&s->reader, STORE_BEGIN_READ);
  if (err == BT_ERR_OK) {
    err = read_before(s, before, seq, out);
    store_rollback(&s->reader);
  }
  (void)pthread_mutex_unlock(&s->read_lock);
  return err;
}
