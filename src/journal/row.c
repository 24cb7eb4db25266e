#include "journal/row_priv.h"

#include "base/varint.h"
#include "journal/chain_priv.h"

struct row_walk row_walk_begin(const struct store_row *row) {
  return (struct row_walk){.rest = row->bytes,
                           .next = row->first,
                           .last = row->seq,
                           .several = row->first != row->seq};
}

static bool take_batch(struct row_walk *w, struct text *out) {
  uint64_t len = w->rest.len;
  if (w->several && (!varint_take(&w->rest, &len) || len > w->rest.len)) {
    return false;
  }
  *out = text_sub(w->rest, 0, len);
  w->rest = text_sub(w->rest, len, w->rest.len - len);
  return true;
}

bool row_walk_next(struct row_walk *w, uint64_t *seq, struct text *batch) {
  if (w->next > w->last || !take_batch(w, batch)) {
    return false;
  }
  *seq = w->next++;
  return true;
}

bool row_walk_is_whole(const struct row_walk *w) {
  return w->next == w->last + 1 && w->rest.len == 0;
}

void row_add(struct textbuf *out, struct text batch) {
  varint_put(out, batch.len);
  textbuf_add(out, batch);
}

/* As far as @last; false if the row does not go so far. */
static bool chain_to(const struct store_row *row, uint64_t last,
                     uint64_t *chain) {
  struct row_walk w = row_walk_begin(row);
  struct text batch;
  uint64_t seq = 0;
  while (seq != last && row_walk_next(&w, &seq, &batch)) {
    *chain = chain_next(*chain, seq, batch);
  }
  return seq == last && (last != row->seq || row_walk_is_whole(&w));
}

bool row_verifies(const struct store_row *row, uint64_t before) {
  uint64_t chain = before;
  return chain_to(row, row->seq, &chain) && chain == row->chain;
}

static enum bt_err chain_inside(struct store *s, uint64_t genesis, uint64_t seq,
                                uint64_t *out) {
  struct store_row row;
  uint64_t chain = genesis;
  enum bt_err err = store_get_row(s, seq, &row);
  if (err == BT_ERR_OK && row.first > 1) {
    err = store_get_chain(s, row.first - 1, &chain);
  }
  if (err == BT_ERR_OK) {
    err = chain_to(&row, seq, &chain) ? BT_ERR_OK : BT_ERR_CORRUPT;
  }
  store_rest(s, STORE_GET_ROW);
  if (err == BT_ERR_OK) {
    *out = chain;
  }
  return err == BT_ERR_NOT_FOUND ? BT_ERR_CORRUPT : err;
}

enum bt_err row_chain_at(struct store *s, uint64_t genesis, uint64_t seq,
                         uint64_t *out) {
  if (seq == 0) {
    *out = genesis;
    return BT_ERR_OK;
  }
  const enum bt_err err = store_get_chain(s, seq, out);
  return err == BT_ERR_NOT_FOUND ? chain_inside(s, genesis, seq, out) : err;
}
