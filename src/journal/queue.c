#include "journal/queue_priv.h"

#include <string.h>

#include "base/check.h"
#include "journal/journal_priv.h"

enum { ALIGN = 8 };

/* In the buffer before its sessions and its bytes. */
struct queue_head {
  uint64_t seq;
  size_t bytes;
  size_t finished;
};

_Static_assert(sizeof(struct queue_head) % ALIGN == 0, "heads stay aligned");
_Static_assert(sizeof(struct journal_finished) % ALIGN == 0,
               "and what follows");

static size_t finished_size(size_t count) {
  return count * sizeof(struct journal_finished);
}

static size_t item_size(size_t finished, size_t bytes) {
  return sizeof(struct queue_head) + finished_size(finished) +
         (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

void queue_init(struct queue *q, size_t limit) {
  *q = (struct queue){.limit = limit};
}

void queue_free(struct queue *q) {
  mem_free(&journal_heap, q->filling.ptr, q->filling.cap);
  mem_free(&journal_heap, q->emptying.ptr, q->emptying.cap);
  *q = (struct queue){0};
}

static void copy(char **to, const void *from, size_t len) {
  if (len > 0) {
    memcpy(*to, from, len);
    *to += len;
  }
}

enum bt_err queue_push(struct queue *q, const struct journal_batch *b) {
  const size_t size = item_size(b->finished_count, b->bytes.len);
  if (q->bytes > 0 && (size > q->limit || q->bytes > q->limit - size)) {
    return BT_ERR_FULL;
  }
  struct queue_buffer *f = &q->filling;
  if (!mem_grow(&journal_heap, &f->ptr, &f->cap, f->len + size, 1)) {
    return BT_ERR_NOMEM;
  }
  const struct queue_head head = {
      .seq = b->seq, .bytes = b->bytes.len, .finished = b->finished_count};
  char *at = f->ptr + f->len;
  copy(&at, &head, sizeof head);
  copy(&at, b->finished, finished_size(b->finished_count));
  copy(&at, b->bytes.ptr, b->bytes.len);
  f->len += size;
  q->bytes += size;
  q->batches++;
  return BT_ERR_OK;
}

void queue_swap(struct queue *q) {
  bt_check(q->bytes == q->filling.len);
  const struct queue_buffer emptied = q->emptying;
  q->emptying = q->filling;
  q->filling = emptied;
  q->filling.len = 0;
}

bool queue_next(const struct queue *q, struct queue_cursor *cursor,
                struct journal_batch *out) {
  const struct queue_buffer *e = &q->emptying;
  if (cursor->at >= e->len) {
    return false;
  }
  struct queue_head head;
  const char *at = e->ptr + cursor->at;
  memcpy(&head, at, sizeof head);
  at += sizeof head;
  *out = (struct journal_batch){
      .seq = head.seq,
      .finished = (const void *)at,
      .finished_count = head.finished,
      .bytes = {at + finished_size(head.finished), head.bytes}};
  cursor->at += item_size(head.finished, head.bytes);
  return true;
}

void queue_drop(struct queue *q, struct queue_cursor from,
                struct queue_cursor to, uint64_t batches) {
  bt_check(q->bytes >= to.at - from.at && q->batches >= batches);
  q->bytes -= to.at - from.at;
  q->batches -= batches;
}
