/* journal_priv.h - what the kinds of journal share, for their authors only. */
#ifndef BATON_JOURNAL_JOURNAL_PRIV_H
#define BATON_JOURNAL_JOURNAL_PRIV_H

#include <stdatomic.h>

#include "journal/journal.h"

/* What a kind of journal offers; see the functions of the same names. The
 * arguments have been checked, and load happens once, before the others. */
struct journal_ops {
  enum bt_err (*load)(struct journal *j, const struct journal_sink *sink,
                      struct journal_error *why);
  enum bt_err (*append)(struct journal *j, const struct journal_batch *b);
  enum bt_err (*snapshot)(struct journal *j, uint64_t seq, struct text bytes);
  enum bt_err (*read)(struct journal *j, uint64_t seq, struct textbuf *out);
  enum bt_err (*read_snapshot)(struct journal *j, uint64_t before,
                               uint64_t *seq, struct textbuf *out);
  enum bt_err (*find_finished)(struct journal *j, struct id session,
                               uint64_t *last_seq);
  enum bt_err (*sync_wait)(struct journal *j, uint64_t seq, int64_t timeout_ms);
  void (*get_stats)(struct journal *j, struct journal_stats *out);
  void (*close)(struct journal *j);
};

/* The first member of each kind. */
struct journal {
  const struct journal_ops *ops;
  struct journal_options
      options; /* defaults filled in; .centre is in @centre */
  struct textbuf centre;
  struct textbuf covered;   /* what is being written, sealed */
  _Atomic uint64_t last;    /* written by the engine's thread */
  _Atomic uint64_t durable; /* written by the journal's thread */
  bool loaded;
};

/* The C library's heap as a `struct mem`. */
extern const struct mem journal_heap;

/* Fills in the defaults and keeps the centre's name. BT_ERR_NOMEM. */
enum bt_err journal_init(struct journal *j, const struct journal_ops *ops,
                         const struct journal_options *options) BT_USE_RESULT;
void journal_release(struct journal *j); /* what journal_init took */

/* Fills *@why (which may be NULL) and returns @code. */
__attribute__((format(printf, 3, 4))) enum bt_err
journal_fail(struct journal_error *why, enum bt_err code, const char *format,
             ...);

/* The same for a thread that the system, with @system_error, does not start. */
enum bt_err journal_no_thread(struct journal_error *why, int system_error);

/* Formats a sentence for on_warning. */
__attribute__((format(printf, 2, 3))) void
journal_warn(const struct journal *j, const char *format, ...);

/* What the test's hook wants at @point; BT_ERR_OK without one. */
enum bt_err journal_fault(const struct journal *j, enum journal_point point);

#endif
