/* Calendars: when something is open. */
#include "base/check.h"
#include "engine/directory_priv.h"

static bool same_calendar(const void *ctx, uint32_t i, const void *key) {
  const struct dir_calendar *k = &((const struct directory *)ctx)->calendars[i];
  return directory_is_named(*(const struct text *)key, k->id, k->name);
}

void directory_init_calendars(struct directory *d) {
  map_init(&d->by_calendar, d->mem, same_calendar, d);
}

void directory_free_calendars(struct directory *d) {
  for (size_t i = 0; i < d->calendar_count; i++) {
    tz_free(d->calendars[i].zone);
  }
  mem_free(d->mem, d->calendars, d->calendar_cap * sizeof *d->calendars);
  map_free(&d->by_calendar);
}

uint32_t directory_calendar(const struct directory *d, struct text name) {
  return name.len == 0 ? DIR_NONE : directory_get(&d->by_calendar, name);
}

int64_t directory_opens_us(const struct directory *d, uint32_t queue,
                           int64_t at_us) {
  const uint32_t number = directory_calendar(d, d->queues[queue].hours);
  if (number == DIR_NONE) {
    return at_us;
  }
  const struct hours_look l =
      hours_look(&d->calendars[number].hours, d->calendars[number].zone, at_us);
  return l.open ? at_us : l.opens_us;
}

bool directory_is_open(const struct directory *d, uint32_t queue,
                       int64_t now_us) {
  const uint32_t number = directory_calendar(d, d->queues[queue].hours);
  return number == DIR_NONE || hours_look(&d->calendars[number].hours,
                                          d->calendars[number].zone, now_us)
                                   .open;
}

static uint32_t find_or_add(struct directory *d, struct text id) {
  const uint32_t known = directory_calendar(d, id);
  if (known != DIR_NONE) {
    return known;
  }
  const bool room = mem_grow(d->mem, &d->calendars, &d->calendar_cap,
                             d->calendar_count + 1, sizeof *d->calendars);
  bt_check(room);
  d->calendars[d->calendar_count] =
      (struct dir_calendar){.id = directory_keep(d, id)};
  return (uint32_t)d->calendar_count++;
}

uint32_t directory_put_calendar(struct directory *d, const struct json *given,
                                struct text zone, struct text zone_file) {
  const struct json *c =
      config_parse(&d->arena, directory_keep(d, given->source));
  const uint32_t calendar = find_or_add(d, config_text(c, CONFIG_HOURS_ID));
  struct dir_calendar *k = &d->calendars[calendar];
  k->name = directory_name_or(d, c, CONFIG_HOURS_NAME, k->id);
  k->config = c->source;
  k->zone_name = directory_keep(d, zone);
  k->zone_file = directory_keep(d, zone_file);
  tz_free(k->zone);
  k->zone = NULL;
  enum bt_err err = hours_read(c, &d->arena, &k->hours);
  if (err == BT_ERR_OK && zone_file.len > 0) {
    err = tz_from_tzif(d->mem, zone, zone_file, &k->zone);
  }
  bt_check(err == BT_ERR_OK);
  directory_add_names(&d->by_calendar, k->id, k->name, calendar);
  return calendar;
}
