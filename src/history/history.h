/* history.h - finished sessions, so that people find them again: by customer,
 * number, time, queue, agent, disposition.
 *
 * A small SQLite database beside the journal. It is an index: the truth of a
 * session is its timeline. It knows the batch of the journal through which it
 * is complete; what a loss of power takes from it, rows and mark together, is
 * read from the journal again, and so is all of it when the file is lost.
 * Any thread may call any function.
 */
#ifndef BATON_HISTORY_HISTORY_H
#define BATON_HISTORY_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/text.h"

struct history;

/* Texts that a session is known by. */
#define HISTORY_TEXT_LIST(X)                                                   \
  X(customer) /* the customer's reference */                                   \
  X(name)     /* what people call the customer */                              \
  X(number)   /* or address */                                                 \
  X(channel)                                                                   \
  X(entry)                                                                     \
  X(queue) /* the last that it waited in */                                    \
  X(agent) /* who had it last */                                               \
  X(disposition)                                                               \
  X(reason) /* how it ended */

struct history_row {
  struct id session;
  int64_t opened_us, ended_us;
  int64_t messages;
  uint32_t gone; /* what of it was erased: bits of whoever erases */
#define X(name) struct text name;
  HISTORY_TEXT_LIST(X)
#undef X
};

/* Every text that is not empty must be equal; @words must be in one of them
 * (there the case of ASCII letters does not count). */
struct history_query {
  struct text customer, number, queue, agent, disposition, words;
  int64_t from_us, to_us; /* when it ended: not before, and before */
  /* The last row of the page before: only what ended earlier. */
  int64_t before_us; /* INT64_MAX: the first page */
  struct id before;
  struct id without; /* this session is left out; null: none */
  uint32_t limit;
};

/* Makes the file, readable by its owner alone, if it is not there.
 * BT_ERR_IO, BT_ERR_CORRUPT, BT_ERR_NOMEM. */
enum bt_err history_open(const struct mem *mem, const char *path,
                         struct history **out) BT_USE_RESULT;
void history_close(struct history *h); /* NULL is fine */

/* Moves a file that is of no use, closed, away: to the same name with
 * ".broken" behind it. BT_ERR_IO. */
enum bt_err history_set_aside(const char *path) BT_USE_RESULT;

/* The batch through which it was complete when it was opened; 0: none. */
uint64_t history_through(const struct history *h);
/* All or none; a session that is there already is replaced. With @rows it is
 * complete through batch @through (0, or less than before: as before).
 * BT_ERR_IO, BT_ERR_FULL, BT_ERR_CORRUPT, BT_ERR_NOMEM. */
enum bt_err history_put(struct history *h, const struct history_row *rows,
                        size_t count, uint64_t through) BT_USE_RESULT;

/* These bits are set in the row's @gone, if it is there. Errors as
 * history_put(). */
enum bt_err history_mark(struct history *h, struct id session,
                         uint32_t gone) BT_USE_RESULT;
/* Their rows are found no more; copies of them may be in the file until it is
 * written anew. All or none. Errors as history_put(). */
enum bt_err history_remove(struct history *h, const struct id *sessions,
                           size_t count) BT_USE_RESULT;
/* What was removed, by whichever process, is gone from the disk, too: the file
 * is written anew without it, if there was any. BT_ERR_BUSY: another process
 * reads it. Else as history_put(). */
enum bt_err history_write_anew(struct history *h) BT_USE_RESULT;

/* A row, borrowed for the call; false: no more. */
typedef bool history_fn(void *ctx, const struct history_row *row);
/* Those that fit, what ended last first. Errors as history_put(). */
enum bt_err history_find(struct history *h, const struct history_query *q,
                         history_fn *fn, void *ctx) BT_USE_RESULT;
/* The row of one session; @fn is not called if there is none. Errors as
 * history_put(). */
enum bt_err history_read(struct history *h, struct id session, history_fn *fn,
                         void *ctx) BT_USE_RESULT;

/* From the session that ended first on: those behind (@after_us, @after), in
 * the order in which they ended, that ended before @to_us. */
struct history_walk {
  int64_t after_us, to_us;
  struct id after;
  uint32_t limit;
};
/* Errors as history_put(). */
enum bt_err history_walk(struct history *h, const struct history_walk *walk,
                         history_fn *fn, void *ctx) BT_USE_RESULT;

#endif
