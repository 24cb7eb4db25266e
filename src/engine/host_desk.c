/* Actions for the agent's desk and for calls: a page, a file, a booked call. */
#include "base/calendar.h"
#include "engine/callback_priv.h"
#include "engine/host_priv.h"

enum { URL_MAX = 4096, PHONE_MAX = 64 };

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
    if (!(s >= 0 && s * 1e6 <= (double)CALL_AHEAD_MAX_US)) {
      return false;
    }
    *at_us = t->x->now_us + (int64_t)(s * 1e6);
    return true;
  }
  return time_from_text(text_trim(act_text(t, 1)), at_us) &&
         *at_us <= t->x->now_us + CALL_AHEAD_MAX_US;
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

enum act_result host_callback(const struct act *t) {
  struct call c = {.script = t->x->e->runs[t->run].script,
                   .number = text_trim(act_text(t, 0))};
  struct answer a = {0};
  struct act_writer w;
  if (c.number.len == 0 || c.number.len > PHONE_MAX) {
    return act_give_simple(t, 422,
                           "Callback needs a number or address, at most 64 "
                           "bytes.");
  }
  if (!read_when(t, &c.due_us)) {
    return act_give_simple(t, 422,
                           "when is a number of seconds from now, or a time "
                           "such as 2026-01-31T09:30:00Z, at most 31 days "
                           "ahead.");
  }
  if (!find_queue(t, &c.queue, &a) || !callback_set_due(t->x, &c, &a) ||
      !callback_has_room(t->x, t->slot, &a)) {
    return act_give(t, &a);
  }
  const struct id id = callback_book(t->x, t->slot, &c);
  act_answer_begin(t, &w, 201, "The call is booked.");
  callback_put(t->x, id, &c, &w.json);
  return act_answer_end(t, &w);
}
