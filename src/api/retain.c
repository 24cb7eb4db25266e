/* What is older than the centre's file says goes: once an hour everything that
 * is due, a batch of sessions at a time, and what an erasure has left undone.
 *
 *   loop    begin ─┐             judge ─┐               next batch, or wait
 *   thread         └▶ look ──────┘      └▶ log, erase ──┘
 *
 * The loop judges: what goes on, or is held, is left out. The audit log has
 * each batch before anything of it is gone; its own old entries go last.
 */
#include <stdio.h>

#include "api/serve_priv.h"
#include "domain/heap.h"
#include "retention/retention.h"

#define HOUR_US   INT64_C(3600000000)
#define SECOND_US INT64_C(1000000)

enum { NAMED_MAX = 4 };

/* On its way to the disk and back. */
struct sweeping {
  struct retainer *retainer; /* NULL: it was freed meanwhile */
  struct audit *audit;
  struct sweep sweep;
  bool wanted; /* something of this batch goes */
  struct audit_retired retired;
  enum bt_err err;
};

struct retainer {
  struct api *api;
  struct loop_timer *timer;
  struct retention rules;
  struct sweeping *running; /* NULL: it waits */
};

bool retain_is_sweeping(const struct api *api) {
  return api->retainer != NULL && api->retainer->running != NULL;
}

/* ---- on the other thread */

static void look(void *ctx) {
  struct sweeping *s = ctx;
  s->err = sweep_look(&s->sweep);
}

static void carry_out(void *ctx) {
  struct sweeping *s = ctx;
  s->err = s->wanted && s->audit != NULL ? audit_sync(s->audit) : BT_ERR_OK;
  if (s->err == BT_ERR_OK) {
    s->err = sweep_carry_out(&s->sweep);
  } else {
    s->sweep.last.where = "the audit log";
  }
  if (s->err == BT_ERR_OK && s->audit != NULL && sweep_is_done(&s->sweep) &&
      s->sweep.rules.audit_us > 0) {
    s->sweep.last.where = "the audit log";
    s->err = audit_retire(s->audit, s->sweep.now_us, s->sweep.rules.audit_us,
                          &s->retired);
  }
}

/* ---- judged on the loop */

/* True: it stays. */
static bool is_kept(const struct api *api, const struct sweep_item *item) {
  const struct engine *e = api_engine(api);
  uint32_t slot;
  return (engine_find(e, item->what.session, &slot) &&
          engine_session(e, slot)->status != SESSION_COMPLETED) ||
         (api->options.holds != NULL &&
          holds_find(api->options.holds, item->what.session, item->customer) !=
              NULL);
}

/* How many of the batch go. */
static size_t judge(struct sweeping *s) {
  size_t going = 0;
  for (size_t i = 0; i < s->sweep.count; i++) {
    if (is_kept(s->retainer->api, &s->sweep.items[i])) {
      sweep_spare(&s->sweep, i);
    } else {
      going++;
    }
  }
  return going;
}

/* "256 sessions: id id id id and 252 more". */
static void name_batch(const struct sweep *s, size_t going,
                       struct textbuf *out) {
  size_t named = 0;
  textbuf_addf(out, "%zu session%s:", going, going == 1 ? "" : "s");
  for (size_t i = 0; i < s->count && named < NAMED_MAX; i++) {
    char id[ID_TEXT_LEN];
    if (s->items[i].what.parts != 0) {
      id_to_text(s->items[i].what.session, id);
      textbuf_addf(out, " %.*s", ID_TEXT_LEN, id);
      named++;
    }
  }
  if (going > named) {
    textbuf_addf(out, " and %zu more", going - named);
  }
}

static enum bt_err write_down(struct sweeping *s, size_t going) {
  struct api *api = s->retainer->api;
  struct textbuf of;
  if (api->options.audit == NULL) {
    return BT_ERR_OK;
  }
  textbuf_init(&of, heap_mem());
  name_batch(&s->sweep, going, &of);
  const struct audit_entry entry = {.at_us = api_now_us(api),
                                    .role = text_from(role_name(ROLE_SYSTEM)),
                                    .who = TEXT("server"),
                                    .what = TEXT("eraseByAge"),
                                    .of = textbuf_text(&of)};
  const enum bt_err err =
      of.failed ? BT_ERR_NOMEM : audit_put(api->options.audit, &entry);
  textbuf_free(&of);
  return err;
}

/* ---- from batch to batch */

static void sweeping_free(struct sweeping *s) {
  sweep_free(&s->sweep);
  mem_free(heap_mem(), s, sizeof *s);
}

static void note(struct retainer *r, const struct sweeping *s) {
  char detail[256];
  const struct sweep *w = &s->sweep;
  if (s->err != BT_ERR_OK) {
    (void)snprintf(detail, sizeof detail,
                   "Not all that is to go could be erased: %s, %s. It is tried "
                   "again within an hour.",
                   w->last.where == NULL ? "the history" : w->last.where,
                   bt_err_text(s->err));
  } else {
    (void)snprintf(detail, sizeof detail,
                   "of %llu sessions the content, of %llu the files, %llu from "
                   "the history; %llu are held or go on",
                   (unsigned long long)w->content, (unsigned long long)w->files,
                   (unsigned long long)w->rows, (unsigned long long)w->spared);
  }
  const struct api_log entry = {
      .level = s->err != BT_ERR_OK ? API_LOG_ERROR : API_LOG_INFO,
      .what = s->err != BT_ERR_OK ? "retention.failed" : "retention.swept",
      .detail = text_from(detail)};
  if (s->err != BT_ERR_OK || w->content + w->files + w->rows > 0) {
    api_note(r->api, &entry);
  }
}

static void note_retired(struct retainer *r, const struct audit_retired *a) {
  char detail[128] = "the file of a day was sealed";
  if (a->to > 0) {
    (void)snprintf(detail, sizeof detail, "entries %llu to %llu were removed",
                   (unsigned long long)a->from, (unsigned long long)a->to);
  }
  const struct api_log entry = {.level = API_LOG_INFO,
                                .what = "audit.retired",
                                .detail = text_from(detail)};
  if (a->sealed || a->to > 0) {
    api_note(r->api, &entry);
  }
}

static void end(struct sweeping *s) {
  struct retainer *r = s->retainer;
  if (r != NULL) {
    note(r, s);
    note_retired(r, &s->retired);
    r->running = NULL;
    loop_timer_start_after(r->timer, HOUR_US);
  }
  sweeping_free(s);
}

static void hand_over(struct sweeping *s, loop_fn *work, loop_fn *done) {
  if (loop_work(s->retainer->api->options.loop, work, done, s) != BT_ERR_OK) {
    s->err = BT_ERR_NOMEM;
    end(s);
  }
}

static void on_looked(void *ctx);

static void on_gone(void *ctx) {
  struct sweeping *s = ctx;
  if (s->retainer == NULL || s->err != BT_ERR_OK || sweep_is_done(&s->sweep)) {
    end(s);
  } else {
    hand_over(s, look, on_looked);
  }
}

static void on_looked(void *ctx) {
  struct sweeping *s = ctx;
  if (s->retainer == NULL || s->err != BT_ERR_OK) {
    end(s);
    return;
  }
  const size_t going = judge(s);
  s->wanted = going > 0;
  s->err = going == 0 ? BT_ERR_OK : write_down(s, going);
  if (s->err != BT_ERR_OK) {
    s->sweep.last.where = "the audit log";
    end(s);
    return;
  }
  hand_over(s, carry_out, on_gone);
}

static void begin(struct retainer *r) {
  const struct erase_places places = api_erase_places(r->api);
  struct sweeping *s = mem_new(heap_mem(), sizeof *s);
  if (s == NULL) {
    loop_timer_start_after(r->timer, SECOND_US);
    return;
  }
  s->retainer = r;
  s->audit = r->api->options.audit;
  sweep_init(&s->sweep, &r->rules, &places, api_now_us(r->api));
  r->running = s;
  hand_over(s, look, on_looked);
}

/* Not before the history is complete, and not beside an erasure. Without rules,
 * too: an erasure that failed may have left rows in the history's file. */
static void on_timer(void *ctx) {
  struct retainer *r = ctx;
  if (api_is_erasing(r->api)) {
    loop_timer_start_after(r->timer, SECOND_US);
    return;
  }
  begin(r);
}

/* ---- life */

void api_set_retention(struct api *api, const struct retention *rules) {
  if (api->retainer != NULL) {
    api->retainer->rules = *rules;
    loop_timer_start_after(api->retainer->timer, 0);
  }
}

enum bt_err retain_begin(struct api *api) {
  const struct api_options *o = &api->options;
  if (o->history == NULL || o->vault == NULL) {
    return BT_ERR_OK;
  }
  struct retainer *r = mem_new(api->mem, sizeof *r);
  if (r == NULL) {
    return BT_ERR_NOMEM;
  }
  r->api = api;
  api->retainer = r;
  return loop_timer_create(o->loop, on_timer, r, &r->timer);
}

void retain_end(struct api *api) {
  struct retainer *r = api->retainer;
  if (r == NULL) {
    return;
  }
  if (r->running != NULL) {
    r->running->retainer = NULL; /* its thread is at it: it frees itself */
  }
  loop_timer_free(r->timer);
  mem_free(api->mem, r, sizeof *r);
  api->retainer = NULL;
}
