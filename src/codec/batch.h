/* batch.h - the events of one step as bytes, for the journal.
 *
 *   batch   = version count record*
 *   record  = type fields field*            fields: how many
 *   field   = tag value                     tag: gap << 2 | form
 *
 * All numbers are varints (LEB128, shortest form). Fields come in the order of
 * field.def; gap is how many of it are passed over. The form says how the value
 * is written, so that a field of a newer version can be passed over: 0 a zigzag
 * varint, 1 the 16 bytes of an id (big-endian), 2 a length and so many bytes,
 * 3 nothing: it is that of the record before. (Session, time and cause of a
 * step's events mostly are.)
 *
 * Types and fields are stored by their numbers, for ever: see event.def and
 * field.def. tests/golden holds a batch of each version.
 */
#ifndef BATON_CODEC_BATCH_H
#define BATON_CODEC_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "engine/record.h"

enum {
  BATCH_VERSION = 1,
  BATCH_SEALED = 2 /* the same, and some records are sealed (seal.h) */
};

/* Appends @n records as one batch to @out, whose .failed tells if memory ran
 * out. */
void batch_encode(const struct record *events, size_t n, struct textbuf *out);

struct batch_reader {
  struct text rest;
  uint64_t left; /* records */
  enum bt_err err;
  struct record last;
};

/* BT_ERR_FOREIGN: a version that this program does not know. BT_ERR_CORRUPT:
 * no batch. The reader borrows @bytes. */
enum bt_err batch_open(struct text bytes, struct batch_reader *r) BT_USE_RESULT;
/* The next record; its texts borrow the batch. BT_ERR_NOT_FOUND at the end.
 * BT_ERR_CORRUPT: the bytes are no batch. BT_ERR_FOREIGN: an event, or the name
 * of something in it, that this version does not know; fields that it does not
 * know are left out. After an error the reader only repeats it. */
enum bt_err batch_next(struct batch_reader *r,
                       struct record *out) BT_USE_RESULT;

/* Each record in order; errors as of the two above. What comes before an error
 * has been shown by then. */
typedef void batch_fn(void *ctx, const struct record *event);
enum bt_err batch_each(struct text bytes, batch_fn *fn,
                       void *ctx) BT_USE_RESULT;

#endif
