/* A centre's journal as who came and who worked. */
#include <stdio.h>
#include <unistd.h>

#include "bench/progress.h"
#include "cli/cli.h"
#include "cli/data_dir.h"
#include "cli/simulate_load.h"
#include "codec/batch.h"
#include "domain/heap.h"
#include "journal/journal.h"
#include "simulate/history.h"

struct reading {
  struct simulate_history history;
  struct progress bar;
  uint64_t seq, batches; /* at hand, and how many so far */
};

static void on_event(void *ctx, const struct record *event) {
  struct reading *r = ctx;
  simulate_history_event(&r->history, r->seq, event);
}

static enum bt_err on_batch(void *ctx, uint64_t seq, struct text bytes) {
  struct reading *r = ctx;
  r->seq = seq;
  const enum bt_err err = batch_each(bytes, on_event, r);
  simulate_history_batch(&r->history);
  progress_show(&r->bar, ++r->batches);
  return err;
}

/* Contacts of before a snapshot count, too: all batches are read. */
static enum bt_err on_snapshot(void *ctx, uint64_t seq, struct text bytes) {
  (void)ctx;
  (void)seq;
  (void)bytes;
  return BT_ERR_UNSUPPORTED;
}

static bool read_all(struct simulate_input *in, struct journal *journal) {
  struct reading r = {.batches = 0};
  struct journal_error why = {0};
  const struct journal_sink sink = {
      .ctx = &r, .snapshot = on_snapshot, .batch = on_batch};
  if (simulate_history_init(&r.history, &in->reader) != BT_ERR_OK) {
    cli_error("%s", bt_err_text(BT_ERR_NOMEM));
    return false;
  }
  progress_begin(&r.bar, isatty(STDERR_FILENO) != 0, "history",
                 journal_last(journal));
  const enum bt_err err = journal_load(journal, &sink, &why);
  progress_end(&r.bar);
  if (err == BT_ERR_OK) {
    simulate_history_close(&r.history);
  } else {
    cli_error("%s", why.text);
  }
  simulate_history_free(&r.history);
  return err == BT_ERR_OK;
}

bool simulate_history_load(struct simulate_input *in) {
  struct data_journal data;
  if (!data_dir_open(in->files.history, NULL, &data)) {
    return false;
  }
  const bool good = read_all(in, data.journal);
  data_dir_close(&data);
  if (good && in->reader.contact_count == 0) {
    cli_error("nobody has come to a queue in the journal of %s",
              in->files.history);
  }
  return good && in->reader.contact_count > 0;
}
