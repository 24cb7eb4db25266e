/* When a calendar is open. */
#include "engine/hours.h"

#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "engine/config.h"

#define SECOND_US INT64_C(1000000)

enum {
  DAY_S = 86400,
  DAY_MIN = 1440,
  AHEAD_DAYS = 366,
  ALIKE_DAYS = 15, /* two weeks: in one of them no clock changes */
  DATE_LEN = 10,
  RANGE_LEN = 11 /* "09:00-12:30" */
};

/* ---- reading */

static bool read_two(struct text t, size_t at, unsigned *out) {
  const char a = t.ptr[at];
  const char b = t.ptr[at + 1];
  *out = (unsigned)(a - '0') * 10 + (unsigned)(b - '0');
  return a >= '0' && a <= '9' && b >= '0' && b <= '9';
}

static bool read_minute(struct text t, size_t at, uint16_t *out) {
  unsigned hour = 0;
  unsigned minute = 0;
  if (!read_two(t, at, &hour) || t.ptr[at + 2] != ':' ||
      !read_two(t, at + 3, &minute) || minute > 59) {
    return false;
  }
  *out = (uint16_t)(hour * 60 + minute);
  return hour * 60 + minute <= DAY_MIN;
}

static bool read_range(struct text t, struct hours_day *day) {
  if (t.len != RANGE_LEN || t.ptr[5] != '-' || day->count == HOURS_RANGES_MAX) {
    return false;
  }
  struct hours_range *r = &day->ranges[day->count];
  const uint16_t free_min =
      day->count == 0 ? 0 : day->ranges[day->count - 1].to_min;
  day->count++;
  return read_minute(t, 0, &r->from_min) && read_minute(t, 6, &r->to_min) &&
         r->from_min >= free_min && r->to_min > r->from_min;
}

bool hours_read_day(struct text t, struct hours_day *out) {
  *out = (struct hours_day){.count = 0};
  if (text_trim(t).len == 0) {
    return true;
  }
  size_t begin = 0;
  for (size_t i = 0; i <= t.len; i++) {
    if (i < t.len && t.ptr[i] != ',') {
      continue;
    }
    if (!read_range(text_trim(text_sub(t, begin, i - begin)), out)) {
      return false;
    }
    begin = i + 1;
  }
  return true;
}

bool hours_read_date(struct text t, int64_t *day) {
  char moment[] = "2026-12-25T00:00:00Z";
  int64_t us = 0;
  if (t.len != DATE_LEN) {
    return false;
  }
  memcpy(moment, t.ptr, DATE_LEN);
  if (!time_from_text((struct text){moment, sizeof moment - 1}, &us)) {
    return false;
  }
  *day = time_div_floor(us, DAY_S * SECOND_US);
  return true;
}

/* "2026-12-25", or {date, to, name, open}. */
static void read_holiday(const struct json *v, struct hours_holiday *out) {
  const bool plain = v->type == JSON_TEXT;
  const struct text date = plain ? v->text : json_member_text(v, TEXT("date"));
  const struct text to = plain ? TEXT("") : json_member_text(v, TEXT("to"));
  const struct text name = plain ? TEXT("") : json_member_text(v, TEXT("name"));
  const struct text open = plain ? TEXT("") : json_member_text(v, TEXT("open"));
  *out = (struct hours_holiday){.name = name.len > 0 ? name : TEXT("holiday")};
  (void)hours_read_date(date, &out->first);
  out->last = out->first;
  (void)hours_read_date(to, &out->last);
  (void)hours_read_day(open, &out->day);
}

enum bt_err hours_read(const struct json *config, struct arena *arena,
                       struct hours *out) {
  static const enum config_member days[HOURS_DAYS] = {
      CONFIG_HOURS_MON, CONFIG_HOURS_TUE, CONFIG_HOURS_WED, CONFIG_HOURS_THU,
      CONFIG_HOURS_FRI, CONFIG_HOURS_SAT, CONFIG_HOURS_SUN};
  const struct json *list = config_list(config, CONFIG_HOURS_HOLIDAYS);
  const uint32_t count = list == NULL ? 0 : list->count;
  struct hours_holiday *holidays =
      arena_alloc(arena, (count + 1) * sizeof *holidays);
  if (holidays == NULL) {
    return BT_ERR_NOMEM;
  }
  *out = (struct hours){.holidays = holidays};
  for (size_t i = 0; i < HOURS_DAYS; i++) {
    (void)hours_read_day(config_text(config, days[i]), &out->week[i]);
  }
  for (const struct json *e = list == NULL ? NULL : list->first; e != NULL;
       e = e->next) {
    read_holiday(e, &holidays[out->holiday_count++]);
  }
  return BT_ERR_OK;
}

/* ---- looking */

static const struct hours_holiday *holiday_on(const struct hours *h,
                                              int64_t day) {
  for (uint32_t i = 0; i < h->holiday_count; i++) {
    if (day >= h->holidays[i].first && day <= h->holidays[i].last) {
      return &h->holidays[i];
    }
  }
  return NULL;
}

static const struct hours_day *openings_on(const struct hours *h, int64_t day) {
  const struct hours_holiday *holiday = holiday_on(h, day);
  /* 1970-01-01 was a Thursday. */
  const int64_t weekday = (day + 3) - time_div_floor(day + 3, 7) * 7;
  return holiday != NULL ? &holiday->day : &h->week[weekday];
}

/* Takes in one opening; false when nothing later can change the answer. */
static bool look_at(struct hours_look *l, int64_t from_s, int64_t to_s,
                    int64_t now_s) {
  if (to_s <= now_s || to_s <= from_s) {
    return true; /* over; or clocks leave the whole of it out */
  }
  if (l->open) {
    const bool joined = from_s * SECOND_US == l->closes_us;
    l->closes_us = joined ? to_s * SECOND_US : l->closes_us;
    return joined;
  }
  if (from_s > now_s) {
    l->opens_us = from_s * SECOND_US;
    return false;
  }
  l->open = true;
  l->closes_us = to_s * SECOND_US;
  return true;
}

/* The first day after @day that a holiday may make different from its weekday;
 * @end if there is none before. */
static int64_t next_holiday(const struct hours *h, int64_t day, int64_t end) {
  for (uint32_t i = 0; i < h->holiday_count; i++) {
    const struct hours_holiday *x = &h->holidays[i];
    if (x->last > day && x->first < end) {
      end = x->first > day ? x->first : day + 1;
    }
  }
  return end;
}

/* Two weeks in which nothing changed: nothing does before the next holiday. */
static int64_t skip_alike(struct hours_look *l, const struct hours *h,
                          const struct tz *zone, int64_t today) {
  const int64_t alike = today + ALIKE_DAYS;
  const int64_t next = next_holiday(h, today, today + AHEAD_DAYS + 1);
  if (next <= alike) {
    return alike;
  }
  if (l->open) {
    l->closes_us = tz_from_local(zone, next * DAY_S) * SECOND_US;
  }
  return next;
}

struct hours_look hours_look(const struct hours *h, const struct tz *zone,
                             int64_t now_us) {
  const int64_t now_s = time_div_floor(now_us, SECOND_US);
  const int64_t today =
      time_div_floor(now_s + tz_offset_at(zone, now_s), DAY_S);
  const struct hours_holiday *holiday = holiday_on(h, today);
  struct hours_look l = {.holiday = holiday == NULL ? TEXT("") : holiday->name};
  bool more = true;
  int64_t day = today;
  for (; more && day <= today + AHEAD_DAYS; day++) {
    if (day == today + ALIKE_DAYS) {
      day = skip_alike(&l, h, zone, today);
      if (day > today + AHEAD_DAYS) {
        break;
      }
    }
    const struct hours_day *d = openings_on(h, day);
    for (uint32_t i = 0; more && i < d->count; i++) {
      const struct hours_range r = d->ranges[i];
      more = look_at(
          &l, tz_from_local(zone, day * DAY_S + r.from_min * INT64_C(60)),
          tz_from_local(zone, day * DAY_S + r.to_min * INT64_C(60)), now_s);
    }
    /* What is open past this day goes on with the first minute of the next. */
    more = more &&
           !(l.open &&
             l.closes_us < tz_from_local(zone, (day + 1) * DAY_S) * SECOND_US);
  }
  if (day > today + AHEAD_DAYS) {
    l.closes_us = 0;
  }
  return l;
}

struct text hours_time_text(const struct tz *zone, int64_t unix_us,
                            char out[HOURS_TIME_MAX]) {
  const int32_t offset_s =
      tz_offset_at(zone, time_div_floor(unix_us, SECOND_US));
  const struct civil c = civil_from_us(unix_us + offset_s * SECOND_US);
  const int32_t minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
  const int n = snprintf(
      out, HOURS_TIME_MAX, "%04d-%02u-%02uT%02u:%02u:%02u%c%02d:%02d",
      (int)c.year, c.month, c.day, c.hour, c.minute, c.second,
      offset_s < 0 ? '-' : '+', (int)(minutes / 60), (int)(minutes % 60));
  return (struct text){out, n > 0 && n < HOURS_TIME_MAX ? (size_t)n : 0};
}
