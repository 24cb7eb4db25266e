#include "codec/batch.h"

#include "base/varint.h"
#include "codec/record_priv.h"
#include "engine/event.h"

/* Type and number of fields. */
enum { RECORD_BYTES_MIN = 2 };

void batch_encode(const struct record *events, size_t n, struct textbuf *out) {
  struct record none;
  record_init(&none, 0);
  textbuf_add_char(out, (char)BATCH_VERSION);
  varint_put(out, n);
  for (size_t i = 0; i < n; i++) {
    codec_put_record(out, &events[i], i == 0 ? &none : &events[i - 1]);
  }
}

enum bt_err codec_open_batch(struct text bytes, uint64_t wanted,
                             struct batch_reader *r) {
  uint64_t version = 0;
  uint64_t count = 0;
  if (!varint_take(&bytes, &version) || version == 0) {
    return BT_ERR_CORRUPT;
  }
  if (version != wanted) {
    return BT_ERR_FOREIGN;
  }
  if (!varint_take(&bytes, &count) || count > bytes.len / RECORD_BYTES_MIN) {
    return BT_ERR_CORRUPT;
  }
  r->rest = bytes;
  r->left = count;
  r->err = BT_ERR_OK;
  record_init(&r->last, 0);
  return BT_ERR_OK;
}

enum bt_err batch_open(struct text bytes, struct batch_reader *r) {
  return codec_open_batch(bytes, BATCH_VERSION, r);
}

static enum bt_err at_end(const struct batch_reader *r) {
  return r->rest.len == 0 ? BT_ERR_NOT_FOUND : BT_ERR_CORRUPT;
}

static enum bt_err read_next(struct batch_reader *r) {
  const enum bt_err err = codec_take_record(&r->rest, &r->last);
  if (err == BT_ERR_OK && !event_is_known(r->last.type)) {
    return BT_ERR_FOREIGN;
  }
  return err;
}

enum bt_err batch_next(struct batch_reader *r, struct record *out) {
  if (r->err == BT_ERR_OK) {
    r->err = r->left == 0 ? at_end(r) : read_next(r);
  }
  if (r->err == BT_ERR_OK) {
    r->left--;
    *out = r->last;
  }
  return r->err;
}

enum bt_err batch_each(struct text bytes, batch_fn *fn, void *ctx) {
  struct batch_reader reader;
  enum bt_err err = batch_open(bytes, &reader);
  while (err == BT_ERR_OK) {
    struct record event;
    err = batch_next(&reader, &event);
    if (err == BT_ERR_OK) {
      fn(ctx, &event);
    }
  }
  return err == BT_ERR_NOT_FOUND ? BT_ERR_OK : err;
}
