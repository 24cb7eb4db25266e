/* seal.h - batches and snapshots whose content is sealed, a key for each
 * session.
 *
 * What the journal needs to be folded (statuses, numbers, times, names of
 * queues) stays as it is. The fields of content.def leave a session's records:
 * their places stay, empty, and all of a record's become one sealed text, the
 * field SEALED. Who opens it again gets the batch as it was; or, when the
 * session was erased, the same batch with what content.def says instead.
 */
#ifndef BATON_CODEC_SEAL_H
#define BATON_CODEC_SEAL_H

#include "base/err.h"
#include "base/id.h"
#include "base/text.h"
#include "codec/batch.h"
#include "engine/record.h"

struct seal {
  void *ctx;
  /* Appends @content sealed for @session. */
  enum bt_err (*close)(void *ctx, struct id session, struct text content,
                       struct textbuf *out);
  /* And back. BT_ERR_NOT_FOUND: the session was erased. */
  enum bt_err (*open)(void *ctx, struct id session, struct text sealed,
                      struct textbuf *out);
};

/* Append the batch to @out, sealed or opened; what was never sealed stays as it
 * is. Errors of the seal's own, BT_ERR_NOMEM, and as batch_open(). */
enum bt_err seal_batch(const struct seal *seal, struct text bytes,
                       struct textbuf *out) BT_USE_RESULT;
enum bt_err seal_open_batch(const struct seal *seal, struct text bytes,
                            struct textbuf *out) BT_USE_RESULT;
/* The same of a snapshot. */
enum bt_err seal_snapshot(const struct seal *seal, struct text bytes,
                          struct textbuf *out) BT_USE_RESULT;
enum bt_err seal_open_snapshot(const struct seal *seal, struct text bytes,
                               struct textbuf *out) BT_USE_RESULT;

/* Does the field hold what people said or what is known of them? */
bool seal_is_content(enum field f);

/* For who folds records at once: each is opened where it stands, and none is
 * written again. */
struct seal_reader {
  const struct seal *seal; /* NULL: nothing is sealed */
  struct textbuf plain;    /* content of the record that was opened last */
};

/* batch_open() of a batch as it is kept. */
enum bt_err seal_reader_batch(struct text bytes,
                              struct batch_reader *r) BT_USE_RESULT;
/* A record as it is kept becomes what it was; its content is borrowed from @u
 * until the next call. Errors of the seal's own, BT_ERR_CORRUPT, BT_ERR_NOMEM.
 */
enum bt_err seal_reader_open(struct seal_reader *u,
                             struct record *r) BT_USE_RESULT;

#endif
