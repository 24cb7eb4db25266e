/* queue_priv.h - batches on their way to the disk, in two buffers.
 *
 * The engine's thread fills one while the journal's thread empties the other;
 * they change places when the second is empty. Nothing is allocated once both
 * have grown to what the load needs. The caller locks: push, swap and drop need
 * the lock, walking the buffer that is being emptied does not.
 */
#ifndef BATON_JOURNAL_QUEUE_PRIV_H
#define BATON_JOURNAL_QUEUE_PRIV_H

#include "journal/journal.h"

struct queue_buffer {
  char *ptr;
  size_t cap, len;
};

struct queue {
  struct queue_buffer filling, emptying;
  size_t limit;     /* bytes of both */
  size_t bytes;     /* pushed and not dropped */
  uint64_t batches; /* pushed and not dropped */
};

/* Where one walks in the buffer that is being emptied. */
struct queue_cursor {
  size_t at;
};

void queue_init(struct queue *q, size_t limit);
void queue_free(struct queue *q);

/* BT_ERR_FULL, unless it is empty: a batch of any size passes some time.
 * BT_ERR_NOMEM. Copies. */
enum bt_err queue_push(struct queue *q,
                       const struct journal_batch *b) BT_USE_RESULT;
/* What was filled can be emptied. All of what was emptied must be dropped. */
void queue_swap(struct queue *q);
/* The batch at *@cursor, borrowed until it is dropped; false at the end. */
bool queue_next(const struct queue *q, struct queue_cursor *cursor,
                struct journal_batch *out);
/* The @batches between @from and @to are on disk. */
void queue_drop(struct queue *q, struct queue_cursor from,
                struct queue_cursor to, uint64_t batches);

#endif
