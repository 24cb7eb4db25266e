/* record_priv.h - one record as bytes; the form is told in batch.h. */
#ifndef BATON_CODEC_RECORD_PRIV_H
#define BATON_CODEC_RECORD_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "codec/batch.h"
#include "engine/record.h"

/* Fields that equal those of @before are stored as such. */
void codec_put_record(struct textbuf *out, const struct record *r,
                      const struct record *before);
/* @r holds the record before on entry and this one on success. Texts borrow
 * @rest. BT_ERR_CORRUPT, BT_ERR_FOREIGN: *@r is of no use then. */
enum bt_err codec_take_record(struct text *rest,
                              struct record *r) BT_USE_RESULT;

/* batch_open() of a batch of that version. */
enum bt_err codec_open_batch(struct text bytes, uint64_t wanted,
                             struct batch_reader *r) BT_USE_RESULT;

#endif
