/* Sessions that end are put into the history, which is an index of the journal.
 *
 *   journal  1 ............ through ............ goal | live events ...
 *   index    [ complete                ]<- read again ->| <- as they end
 *
 * What has ended is written once a moment, on another thread. The index knows
 * the batch that it is complete through; what ended behind it, when the process
 * died or the index was lost, is read from the journal again after the start, a
 * slice at a time. Whatever cannot be kept stops that mark, so that the next
 * start reads it again: the index may be late, and nothing is missing for good.
 */
#include "api/serve_priv.h"
#include "domain/heap.h"
#include "domain/past.h"
#include "history/history.h"

#define WRITE_EVERY_US INT64_C(500000)

enum {
  ROWS_MAX = 16384, /* wait for the disk */
  SLICE_US = 3000,
  SLICE_BATCHES = 64
};

/* Sessions that have ended, on their way to the disk. */
struct ended {
  struct history_keeper *keeper; /* NULL: it was freed meanwhile */
  struct history *history;
  struct arena arena;
  struct history_row *rows;
  size_t count, cap;
  uint64_t through; /* with these the index is complete through this batch */
  enum bt_err err;
};

struct history_keeper {
  struct api *api;
  struct loop_timer *timer;
  struct ended *waiting, *writing;
  uint64_t through;
  bool gap; /* something was not kept: the mark stands still */
  /* What ended before this process listened. */
  uint64_t read, goal;
  struct past *past; /* once a session is found that is not in memory */
  const struct engine *then;
  uint64_t missing;
  struct id last; /* ended by the event that is folded next; or null */
};

static struct ended *ended_new(struct history_keeper *k) {
  struct ended *j = mem_new(heap_mem(), sizeof *j);
  if (j != NULL) {
    j->keeper = k;
    j->history = k->api->options.history;
    arena_init(&j->arena, heap_mem(), 0);
  }
  return j;
}

static void ended_free(struct ended *j) {
  if (j != NULL) {
    mem_free(heap_mem(), j->rows, j->cap * sizeof *j->rows);
    arena_free(&j->arena);
    mem_free(heap_mem(), j, sizeof *j);
  }
}

static void note_gap(struct history_keeper *k, const char *why) {
  const struct api_log entry = {.level = API_LOG_ERROR,
                                .what = "history.failed",
                                .detail = text_from(why)};
  k->gap = true;
  api_note(k->api, &entry);
}

/* ---- a session as a row */

/* As times are told: in milliseconds. */
static int64_t told_us(int64_t us) {
  return us - us % 1000;
}

static struct history_row row_of(const struct session_brief *b,
                                 const struct json *customer) {
  return (struct history_row){
      .session = b->id,
      .opened_us = told_us(b->opened_us),
      .ended_us = told_us(b->ended_us),
      .messages = b->messages,
      .customer = json_member_text(customer, TEXT("id")),
      .name = json_member_text(customer, TEXT("name")),
      .number = json_member_text(customer, TEXT("address")),
      .channel = b->channel,
      .entry = b->entry,
      .queue = b->queue,
      .agent = b->agent,
      .disposition = b->disposition,
      .reason = b->reason};
}

/* False: no memory. */
static bool own_row(struct ended *j, struct history_row row) {
  struct text *const texts[] = {
#define X(name) &row.name,
      HISTORY_TEXT_LIST(X)
#undef X
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    *texts[i] = arena_copy_text(&j->arena, *texts[i]);
    if (texts[i]->ptr == NULL) {
      return false;
    }
  }
  if (!mem_grow(heap_mem(), &j->rows, &j->cap, j->count + 1, sizeof *j->rows)) {
    return false;
  }
  j->rows[j->count++] = row;
  return true;
}

static bool add_session(struct ended *j, const struct engine *e,
                        uint32_t slot) {
  struct session_brief brief;
  struct arena scratch;
  struct json *customer = NULL;
  engine_session_brief(e, slot, &brief);
  if (brief.is_consult) {
    return true;
  }
  arena_init(&scratch, heap_mem(), 0);
  const bool told = brief.customer.len > 0; /* else nobody said who it is */
  const bool good =
      (!told || json_parse(&scratch, brief.customer, JSON_DEPTH_MAX, &customer,
                           NULL) == BT_ERR_OK) &&
      own_row(j, row_of(&brief, customer));
  arena_free(&scratch);
  return good;
}

static void keep(struct history_keeper *k, const struct engine *e,
                 uint32_t slot) {
  if (k->waiting == NULL) {
    k->waiting = ended_new(k);
    /* Who ends later must not put it off. */
    loop_timer_start_after(k->timer, WRITE_EVERY_US);
  }
  struct ended *j = k->waiting;
  if (j != NULL && j->count < ROWS_MAX && add_session(j, e, slot)) {
    return;
  }
  if (!k->gap) {
    note_gap(k, "There is no room for finished sessions that wait for the "
                "disk: some are found in the history after the next start.");
  }
}

void history_on_event(struct api *api, const struct record *event) {
  const struct engine *e = api_engine(api);
  uint32_t slot;
  if (api->keeper != NULL && event->type == EVENT_OF_SESSION(ENDED) &&
      engine_find(e, record_id(event, FIELD_SESSION), &slot)) {
    keep(api->keeper, e, slot);
  }
}

/* ---- what ended before */

static bool is_behind(const struct history_keeper *k) {
  return k->read < k->goal && !k->gap;
}

/* Stops at the first that is not in memory any more. */
static bool look_at(void *ctx, uint64_t seq, const struct record *event) {
  struct history_keeper *k = ctx;
  const struct engine *e = api_engine(k->api);
  uint32_t slot;
  if (event->type != EVENT_OF_SESSION(ENDED)) {
    return true;
  }
  if (!engine_find(e, record_id(event, FIELD_SESSION), &slot)) {
    k->missing = seq;
    return false;
  }
  keep(k, e, slot);
  return true;
}

static void keep_last(struct history_keeper *k) {
  uint32_t slot;
  if (!id_is_null(k->last) && engine_find(k->then, k->last, &slot)) {
    keep(k, k->then, slot);
  }
  k->last = (struct id){0, 0};
}

/* @e is as it was before @event: who ended with the one before has now. */
static void on_past_event(void *ctx, const struct engine *e, uint64_t seq,
                          const struct record *event) {
  struct history_keeper *k = ctx;
  k->then = e;
  keep_last(k);
  if (seq >= k->missing && event->type == EVENT_OF_SESSION(ENDED)) {
    k->last = record_id(event, FIELD_SESSION);
  }
}

static enum bt_err scan(struct history_keeper *k) {
  const uint64_t left = k->goal - k->read;
  const uint64_t end = k->read + (left < SLICE_BATCHES ? left : SLICE_BATCHES);
  const enum bt_err err =
      domain_events(k->api->domain, k->read + 1, end, look_at, k);
  if (err == BT_ERR_OK && k->missing != 0) {
    const struct past_view view = {k->missing, on_past_event, k};
    k->read = k->missing - 1;
    return past_create(k->api->domain, &view, &k->past);
  }
  k->read = err == BT_ERR_OK ? end : k->read;
  return err;
}

static enum bt_err fold(struct history_keeper *k) {
  const enum bt_err err = past_fold(k->past, k->goal, SLICE_BATCHES);
  keep_last(k);
  if (past_seq(k->past) > k->read) { /* it begins at a snapshot before */
    k->read = past_seq(k->past);
  }
  return err;
}

static void catch_up(struct history_keeper *k) {
  const int64_t end_us = loop_now_us() + SLICE_US;
  enum bt_err err = BT_ERR_OK;
  while (err == BT_ERR_OK && is_behind(k) && loop_now_us() < end_us &&
         (k->waiting == NULL || k->waiting->count < ROWS_MAX / 2)) {
    err = k->past == NULL ? scan(k) : fold(k);
  }
  if (err != BT_ERR_OK) {
    note_gap(k, "The journal cannot be read for the history of finished "
                "sessions: some are found by their ids alone until a start "
                "that can read it.");
  }
  if (!is_behind(k)) {
    past_free(k->past);
    k->past = NULL;
  }
}

/* ---- to the disk */

static void write_rows(void *ctx) {
  struct ended *j = ctx;
  j->err = history_put(j->history, j->rows, j->count, j->through);
}

static void on_written(void *ctx) {
  struct ended *j = ctx;
  struct history_keeper *k = j->keeper;
  if (k != NULL) {
    k->writing = NULL;
    if (j->err != BT_ERR_OK) {
      note_gap(k, "Finished sessions could not be put into the history: they "
                  "are found in it after the next start.");
    }
    if (k->waiting != NULL || is_behind(k)) {
      loop_timer_start_after(k->timer, is_behind(k) ? 0 : WRITE_EVERY_US);
    }
  }
  ended_free(j);
}

/* Through which batch the index is complete, when all that waits is in it. */
static uint64_t mark(struct history_keeper *k) {
  if (!k->gap) {
    k->through = k->read < k->goal ? k->read : domain_released(k->api->domain);
  }
  return k->through;
}

/* One at a time; what ends meanwhile goes with the next. */
static void hand_over(struct history_keeper *k) {
  if (k->waiting == NULL || k->writing != NULL) {
    return;
  }
  k->waiting->through = mark(k);
  if (loop_work(k->api->options.loop, write_rows, on_written, k->waiting) ==
      BT_ERR_OK) {
    k->writing = k->waiting;
    k->waiting = NULL;
  } else {
    loop_timer_start_after(k->timer, WRITE_EVERY_US);
  }
}

static void on_timer(void *ctx) {
  struct history_keeper *k = ctx;
  catch_up(k);
  hand_over(k);
  if (is_behind(k) && k->waiting == NULL) {
    loop_timer_start_after(k->timer, 0);
  } /* else when what is being written is */
}

/* ---- life */

bool history_is_behind(const struct api *api) {
  const struct history_keeper *k = api->keeper;
  return k != NULL && (k->writing != NULL || k->read < k->goal ||
                       (k->waiting != NULL && k->waiting->count > 0));
}

enum bt_err history_keep(struct api *api) {
  if (api->options.history == NULL) {
    return BT_ERR_OK;
  }
  struct history_keeper *k = mem_new(api->mem, sizeof *k);
  if (k == NULL) {
    return BT_ERR_NOMEM;
  }
  api->keeper = k;
  k->api = api;
  k->read = k->through = history_through(api->options.history);
  k->goal = domain_released(api->domain);
  const enum bt_err err =
      loop_timer_create(api->options.loop, on_timer, k, &k->timer);
  if (err == BT_ERR_OK && is_behind(k)) {
    loop_timer_start_after(k->timer, 0);
  }
  return err;
}

void history_stop(struct api *api) {
  struct history_keeper *k = api->keeper;
  if (k == NULL) {
    return;
  }
  struct ended none = {.history = api->options.history};
  struct ended *rest = k->waiting != NULL ? k->waiting : &none;
  if (k->timer != NULL) {
    /* What is being written may fail yet: then the mark must stay. */
    rest->through = k->writing == NULL ? mark(k) : 0;
    write_rows(rest); /* if it fails, the next start reads them again */
  }
  if (k->writing != NULL) {
    k->writing->keeper = NULL; /* its thread is at it: it frees itself */
  }
  ended_free(k->waiting);
  past_free(k->past);
  loop_timer_free(k->timer);
  mem_free(api->mem, k, sizeof *k);
  api->keeper = NULL;
}
