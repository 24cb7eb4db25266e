/* CheckHours: is a calendar open, and when does that change? */
#include "engine/host_priv.h"
#include "engine/put_priv.h"

enum { NEAREST_MAX = 3 };

static enum act_result give_unknown(const struct act *t, struct text name) {
  struct text near[NEAREST_MAX];
  struct answer a = {0};
  const size_t n = directory_nearest(&t->x->e->dir, DIR_TARGET_CALENDAR, name,
                                     near, NEAREST_MAX);
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  textbuf_addf(&b, "No calendar is called '%.*s'.", TEXT_ARG(name));
  for (size_t i = 0; i < n; i++) {
    textbuf_addf(&b, "%s '%.*s'", i == 0 ? " Did you mean" : " or",
                 TEXT_ARG(near[i]));
  }
  textbuf_add(&b, n > 0 ? TEXT("?") : TEXT(""));
  answer_refuse(t->x, SESSION_NOBODY, REFUSAL_NOT_FOUND, act_take(t, &b), &a);
  return act_give(t, &a);
}

static void put_local(const struct dir_calendar *k, const char *key, int64_t us,
                      struct json_out *o) {
  char text[HOURS_TIME_MAX];
  put_name_or_null(o, key,
                   us == 0 ? TEXT("") : hours_time_text(k->zone, us, text));
}

enum act_result host_check_hours(const struct act *t) {
  const struct text name = text_trim(act_text(t, 0));
  const uint32_t number = directory_calendar(&t->x->e->dir, name);
  if (number == DIR_NONE) {
    return give_unknown(t, name);
  }
  const struct dir_calendar *k = &t->x->e->dir.calendars[number];
  const struct hours_look l = hours_look(&k->hours, k->zone, t->x->now_us);
  struct act_writer w;
  act_answer_begin(
      t, &w, 200, l.open ? "The calendar is open." : "The calendar is closed.");
  put_text(&w.json, "calendar", k->id);
  put_bool(&w.json, "open", l.open);
  put_local(k, "opensAt", l.opens_us, &w.json);
  put_local(k, "closesAt", l.closes_us, &w.json);
  put_name_or_null(&w.json, "reason", l.holiday);
  return act_answer_end(t, &w);
}
