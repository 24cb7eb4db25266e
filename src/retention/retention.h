/* retention.h - how long what is kept of sessions that are over stays. */
#ifndef BATON_RETENTION_RETENTION_H
#define BATON_RETENTION_RETENTION_H

#include "engine/record.h"
#include "history/history.h"
#include "retention/erase.h"

/* From the end of a session on; 0: for ever. Rows stay at least as long as what
 * is found by them. */
struct retention_rule {
  int64_t content_us, files_us, row_us;
};

struct retention {
  struct retention_rule channels[CHANNELS];
  int64_t audit_us; /* entries of the audit log; 0: for ever */
};

/* What of the session is to go by @now_us and is still there: bits ERASE_… */
uint32_t retention_due(const struct retention *r, const struct history_row *row,
                       int64_t now_us);

/* ---- a sweep: what is due goes, a batch of sessions at a time
 *
 *   sweep_look()       which of the next rows are due     (blocking)
 *   sweep_spare()      … but not this one: it is held, or goes on
 *   sweep_carry_out()  the rest of the batch goes          (blocking)
 *
 * until sweep_is_done(). A process that is stopped anywhere in it, and begins
 * again, ends at the same.
 */
enum { SWEEP_BATCH = 256 };

struct sweep_item {
  struct erase_item what;
  struct text customer; /* its customer.id, or empty */
};

struct sweep {
  struct retention rules;
  struct erase_places places;
  int64_t now_us;
  int64_t after_us; /* the row that was looked at last */
  struct id after;
  bool done;
  struct sweep_item items[SWEEP_BATCH];
  size_t count;
  struct arena arena; /* of the batch */
  /* So far: */
  uint64_t content, files, rows, spared;
  struct erase_done last;
};

/* From the session on that ended first. @places are borrowed. */
void sweep_init(struct sweep *s, const struct retention *rules,
                const struct erase_places *places, int64_t now_us);
void sweep_free(struct sweep *s);
/* Errors as history_walk(). */
enum bt_err sweep_look(struct sweep *s) BT_USE_RESULT;
void sweep_spare(struct sweep *s, size_t i);
/* When the last batch is gone, the history is written anew. Errors as
 * erase_items() and history_write_anew(). */
enum bt_err sweep_carry_out(struct sweep *s) BT_USE_RESULT;
bool sweep_is_done(const struct sweep *s);

#endif
