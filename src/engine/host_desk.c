/* Actions for the agent's desk and for calls: a page, a file, a booked call. */
#include "base/calendar.h"
#include "engine/host_priv.h"
#include "engine/put_priv.h"

enum { URL_MAX = 4096, PHONE_MAX = 64, AHEAD_MAX_S = 31 * 24 * 3600 };

static bool is_page(struct text url) {
  return url.len <= URL_MAX &&
         (text_equal_nocase(text_sub(url, 0, 8), TEXT("https://")) ||
          text_equal_nocase(text_sub(url, 0, 7), TEXT("http://")));
}

enum act_result host_screen_pop(const struct act *t) {
  const struct text url = text_trim(act_text(t, 0));
  const struct live *l = engine_live(t->x->e, t->slot);
  if (!is_page(url)) {
    return act_give_simple(t, 422,
                           "ScreenPop opens a page: its address begins with "
                           "https:// or http:// and has 4096 bytes at most.");
  }
  if (l->s.status != SESSION_ACTIVE && l->s.status != SESSION_WRAPUP) {
    return act_give_simple(t, 409,
                           "No agent has the session: call ScreenPop in ON "
                           "Answer.");
  }
  struct record ev;
  ctx_event(t->x, &ev, EVENT_SCREEN_POPPED, t->slot);
  record_set_num(&ev, FIELD_AGENT, l->s.agent);
  record_set_text(&ev, FIELD_URL, url);
  emit(t->x, &ev);
  return act_give_simple(t, 200, "The agent's desk is told.");
}

enum act_result host_play(const struct act *t) {
  const struct text file = act_text(t, 0);
  const struct live *l = engine_live(t->x->e, t->slot);
  struct answer a = {0};
  enum refusal why = REFUSAL_NONE;
  if (file.len == 0 || file.len > URL_MAX) {
    return act_give_simple(t, 422,
                           "Play needs the name or the address of a file.");
  }
  if (!ctx_may_speak(t->x, l, &why)) {
    answer_refuse(t->x, t->slot, why, refusal_detail(t->x, t->slot, why), &a);
    return act_give(t, &a);
  }
  struct record ev;
  ctx_event(t->x, &ev, EVENT_PLAYED, t->slot);
  record_set_text(&ev, FIELD_URL, file);
  emit(t->x, &ev);
  return act_give_simple(t, 200, "The file is played.");
}

/* ---- calls */

/* Seconds from now, or a moment. */
static bool read_when(const struct act *t, int64_t *at_us) {
  double s = 0;
  if (vm_arg_number(t->vm, 1, &s)) {
    if (!(s >= 0 && s <= AHEAD_MAX_S)) {
      return false;
    }
    *at_us = t->x->now_us + (int64_t)(s * 1e6);
    return true;
  }
  return time_from_text(text_trim(act_text(t, 1)), at_us) &&
         *at_us <= t->x->now_us + AHEAD_MAX_S * INT64_C(1000000);
}

/* The queue that takes the call. False: *a says what is missing. */
static bool find_queue(const struct act *t, uint32_t *queue, struct answer *a) {
  const struct live *l = engine_live(t->x->e, t->slot);
  struct dir_target target;
  if (act_has(t, 2)) {
    const struct text name = act_text(t, 2);
    if (directory_target(&t->x->e->dir, DIR_TARGET_ANY, name, &target) &&
        !target.is_bot) {
      *queue = target.number;
      return true;
    }
    answer_refuse(
        t->x, SESSION_NOBODY, REFUSAL_UNKNOWN_TARGET,
        ctx_format(t->x, "No queue or skill is called '%.*s'.", TEXT_ARG(name)),
        a);
    return false;
  }
  *queue = live_in_queue(&l->s) ? l->s.queue : live_fallback(t->x->e, l);
  if (*queue == SESSION_NOBODY) {
    answer_refuse(t->x, SESSION_NOBODY, REFUSAL_UNKNOWN_TARGET,
                  TEXT("The session is in no queue and its entry point has no "
                       "fallback: name the queue, Callback(number, when, "
                       "queue)."),
                  a);
  }
  return *queue != SESSION_NOBODY;
}

static struct text call_customer(const struct act *t, struct text number) {
  struct act_writer w;
  act_writer_begin(t, &w);
  put_text(&w.json, "address", number);
  return act_writer_take(t, &w);
}

static struct text call_attributes(const struct act *t, struct text number,
                                   int64_t due_us) {
  struct act_writer w;
  act_writer_begin(t, &w);
  json_key(&w.json, "callback");
  json_open_object(&w.json);
  put_text(&w.json, "number", number);
  put_time(&w.json, "due", due_us);
  put_id(&w.json, "from", engine_live(t->x->e, t->slot)->id);
  json_close_object(&w.json);
  return act_writer_take(t, &w);
}

static enum act_result give_booked(const struct act *t, struct id id,
                                   uint32_t queue, int64_t due_us) {
  struct act_writer w;
  act_answer_begin(t, &w, 201, "The call is booked.");
  put_id(&w.json, "id", id);
  put_text(&w.json, "queue", t->x->e->dir.queues[queue].id);
  put_time(&w.json, "due", due_us);
  return act_answer_end(t, &w);
}

static enum act_result book(const struct act *t, struct text number,
                            int64_t due_us, uint32_t queue) {
  struct ctx *x = t->x;
  struct record args, ev;
  record_init(&args, COMMAND_OPEN_SESSION);
  record_set_num(&args, FIELD_CALLBACK, (int64_t)queue + 1);
  record_set_num(&args, FIELD_DUE, due_us);
  record_set_text(&args, FIELD_CUSTOMER, call_customer(t, number));
  record_set_text(&args, FIELD_ATTRIBUTES, call_attributes(t, number, due_us));
  const uint32_t slot =
      open_session(x, engine_live(x->e, t->slot)->entry, SESSION_HOLDER_SCRIPT,
                   x->e->runs[t->run].script, &args);
  const struct id id = engine_live(x->e, slot)->id;
  ctx_event(x, &ev, EVENT_CALLBACK_BOOKED, t->slot);
  record_set_id(&ev, FIELD_BOOKED, id);
  record_set_text(&ev, FIELD_PHONE, number);
  record_set_num(&ev, FIELD_QUEUE, queue);
  record_set_num(&ev, FIELD_DUE, due_us);
  emit(x, &ev);
  return give_booked(t, id, queue, due_us);
}

enum act_result host_callback(const struct act *t) {
  const struct text number = text_trim(act_text(t, 0));
  struct answer a = {0};
  int64_t due_us = 0;
  uint32_t queue = SESSION_NOBODY;
  if (number.len == 0 || number.len > PHONE_MAX) {
    return act_give_simple(t, 422,
                           "Callback needs a number or address, at most 64 "
                           "bytes.");
  }
  if (!read_when(t, &due_us)) {
    return act_give_simple(t, 422,
                           "when is a number of seconds from now, or a time "
                           "such as 2026-01-31T09:30:00Z, at most 31 days "
                           "ahead.");
  }
  if (!find_queue(t, &queue, &a)) {
    return act_give(t, &a);
  }
  if (engine_live(t->x->e, t->slot)->callbacks >= LIMIT_CALLBACKS) {
    return act_give_simple(t, 429,
                           "The scripts of a session book 10 calls at most.");
  }
  if (t->x->e->by_id.count >= LIMIT_SESSIONS) {
    return act_give_simple(t, 503, "As many sessions are open as may be.");
  }
  return book(t, number, due_us > t->x->now_us ? due_us : t->x->now_us, queue);
}
