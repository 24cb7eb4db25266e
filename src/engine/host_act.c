/* What every action of a script needs: its arguments, its answer, its sleep. */
#include "base/check.h"
#include "engine/form.h"
#include "engine/host_priv.h"
#include "studio/image.h"

enum { WAIT_MAX_S = 7 * 24 * 3600, SLEEP_MIN_US = 1000 };

/* ---- arguments */

struct text act_take(const struct act *t, struct textbuf *b) {
  const struct text copy = arena_copy_text(ctx_arena(t->x), textbuf_text(b));
  textbuf_free(b);
  return copy;
}

struct text act_text(const struct act *t, unsigned i) {
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  vm_arg_text(t->vm, i, &b);
  return act_take(t, &b);
}

struct text act_json(const struct act *t, unsigned i) {
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  vm_arg_json(t->vm, i, &b);
  return act_take(t, &b);
}

struct text act_member_text(const struct act *t, unsigned i, const char *name) {
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  vm_arg_member_text(t->vm, i, name, &b);
  return act_take(t, &b);
}

bool act_has(const struct act *t, unsigned i) {
  return i < t->action.argc && vm_arg_kind(t->vm, i) != VM_KIND_NULL;
}

bool act_find_session(const struct act *t, unsigned i, uint32_t *slot,
                      struct answer *a) {
  *slot = t->slot;
  if (!act_has(t, i)) {
    return true;
  }
  struct id id;
  const struct text text = act_text(t, i);
  if (id_from_text(text, &id) && engine_find(t->x->e, id, slot)) {
    return true;
  }
  answer_refuse(
      t->x, SESSION_NOBODY, REFUSAL_UNKNOWN_SESSION,
      ctx_format(t->x, "No session has the id '%.*s'.", TEXT_ARG(text)), a);
  return false;
}

bool act_seconds(const struct act *t, unsigned i, int64_t *us) {
  double s = 0;
  if (!vm_arg_number(t->vm, i, &s) || !(s >= 0) || s > WAIT_MAX_S) {
    return false;
  }
  *us = (int64_t)(s * 1e6);
  return true;
}

/* ---- answers */

void act_writer_begin(const struct act *t, struct act_writer *w) {
  textbuf_init(&w->text, t->x->out->arena.mem);
  json_out_init(&w->json, &w->text);
  json_open_object(&w->json);
}

struct text act_writer_take(const struct act *t, struct act_writer *w) {
  json_close_object(&w->json);
  return act_take(t, &w->text);
}

void act_answer_begin(const struct act *t, struct act_writer *w, int code,
                      const char *message) {
  act_writer_begin(t, w);
  answer_put_good(&w->json, code, message);
}

enum act_result act_answer_end(const struct act *t, struct act_writer *w) {
  json_close_object(&w->json);
  act_resume(t, textbuf_text(&w->text));
  textbuf_free(&w->text);
  return ACT_ANSWERED;
}

void act_resume(const struct act *t, struct text json) {
  if (vm_resume_json(t->vm, json) != BT_ERR_OK) {
    vm_resume_error(t->vm,
                    TEXT("the answer does not fit in the script's memory"));
  }
}

enum act_result act_give(const struct act *t, const struct answer *a) {
  act_resume(t, a->body);
  return ACT_ANSWERED;
}

void act_refuse_form(const struct act *t, enum command_type type,
                     const struct form_error *error, struct answer *a) {
  const struct text detail = ctx_format(t->x, "%s", error->detail);
  struct record ev;
  ctx_event(t->x, &ev, EVENT_COMMAND_REFUSED, t->slot);
  record_set_num(&ev, FIELD_REFUSAL, error->refusal);
  record_set_text(&ev, FIELD_DETAIL, detail);
  record_set_text(&ev, FIELD_NAME, text_from(command_info(type)->wire));
  emit(t->x, &ev);
  answer_member(t->x, error->refusal, error->pointer, detail, a);
}

enum act_result act_give_simple(const struct act *t, int code,
                                const char *message) {
  struct act_writer w;
  act_answer_begin(t, &w, code, message);
  return act_answer_end(t, &w);
}

enum act_result act_fail(const struct act *t, const char *message) {
  vm_resume_error(t->vm, text_from(message));
  return ACT_ANSWERED;
}

enum act_result act_do(const struct act *t, uint32_t slot,
                       const struct record *args) {
  struct answer a = {0};
  ctx_do(t->x, slot, args, &a);
  return act_give(t, &a);
}

/* ---- sleep */

int64_t act_wake_us(const struct act *t, int64_t us) {
  return t->x->now_us + (us > SLEEP_MIN_US ? us : SLEEP_MIN_US);
}

bool act_may_watch(const struct act *t, uint32_t slot) {
  const struct engine *e = t->x->e;
  size_t watchers = 0;
  for (uint32_t run = engine_live(e, slot)->watchers; run != SESSION_NOBODY;
       run = e->runs[run].next_watcher) {
    watchers++;
  }
  return slot == t->slot || watchers < LIMIT_WATCHERS;
}

uint32_t act_subject(const struct act *t) {
  return run_subject(&t->x->e->runs[t->run]);
}

static void put_subject(const struct act *t, struct record *ev,
                        const struct nap *nap) {
  const bool about_one = nap->sleep == SLEEP_TRANSFER ||
                         nap->sleep == SLEEP_STATUS || nap->sleep == SLEEP_IDLE;
  if (about_one && nap->subject != t->slot) {
    record_set_id(ev, FIELD_WATCHED, engine_live(t->x->e, nap->subject)->id);
  }
}

static void put_nap(struct record *ev, const struct nap *nap) {
  record_set_num(ev, FIELD_SLEEP, nap->sleep);
  record_set_given(ev, FIELD_REASON, nap->reason);
  if (nap->wake_us != 0) {
    record_set_num(ev, FIELD_WAKE, nap->wake_us);
  }
  if (nap->question != 0) {
    record_set_num(ev, FIELD_QUESTION, (int64_t)nap->question);
  }
  if (nap->sleep == SLEEP_TRANSFER) {
    record_set_num(ev, FIELD_TRANSFER, (int64_t)nap->transfer);
  } else if (nap->sleep == SLEEP_STATUS) {
    record_set_num(ev, FIELD_FROM_STATUS, nap->status);
  } else if (nap->sleep == SLEEP_CUSTOMER || nap->sleep == SLEEP_BOT) {
    record_set_num(ev, FIELD_SEEN, nap->seen);
  } else if (nap->sleep == SLEEP_IDLE) {
    record_set_num(ev, FIELD_EPOCH, nap->epoch);
  }
}

enum act_result act_sleep(const struct act *t, const struct nap *nap) {
  struct run *r = &t->x->e->runs[t->run];
  struct textbuf image;
  textbuf_init(&image, &t->x->e->mem);
  const enum bt_err err = image_save(r->vm, &image);
  bt_check(err == BT_ERR_OK);
  struct record ev;
  ctx_event(t->x, &ev, EVENT_SCRIPT_SLEPT, r->session);
  record_set_num(&ev, FIELD_RUN, (int64_t)r->number);
  record_set_text(&ev, FIELD_IMAGE, textbuf_text(&image));
  put_nap(&ev, nap);
  put_subject(t, &ev, nap);
  run_step(t->x, r)->reached = false;
  run_step(t->x, r)->returned = false;
  run_unload(t->x->e, r);
  emit(t->x, &ev);
  textbuf_free(&image);
  return ACT_SLEEPS;
}
