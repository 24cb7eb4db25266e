/* The checker of configured objects: the rules are those of config.def.
 *
 * All errors of an object are listed by asking again with a higher @skip, so
 * each check goes on after an error that was skipped. */
#include "engine/config_priv.h"
#include "engine/hours.h"
#include "engine/record.h"
#include "engine/wording_priv.h"

enum { NAME_MAX_BYTES = 128, PROFICIENCY_WORST = 20 };

struct checker {
  unsigned skip;          /* errors that the caller has seen */
  bool failed;            /* *error is the one that was asked for */
  struct wording pointer; /* the place that is being checked */
  char place[256];
  struct config_error *error;
};

/* An error at the place. The result is where its sentence goes: the caller's
 * error, or nowhere if it is not the one that was asked for. */
static struct wording report(struct checker *c, char nowhere[256]) {
  struct wording w;
  const bool wanted = !c->failed && c->skip == 0;
  if (wanted) {
    c->failed = true;
    struct wording pointer;
    wording_begin(&pointer, c->error->pointer, sizeof c->error->pointer);
    wording_addf(&pointer, "%s", c->place);
    wording_begin(&w, c->error->message, sizeof c->error->message);
  } else {
    c->skip -= c->skip > 0;
    wording_begin(&w, nowhere, 256);
  }
  return w;
}

static void leave(struct checker *c, struct wording outer) {
  c->pointer = outer;
  c->place[outer.len] = '\0';
}

static void report_found(struct checker *c, const struct json *v,
                         const char *expected) {
  char nowhere[256];
  struct wording w = report(c, nowhere);
  wording_addf(&w, "expected %s, found ", expected);
  wording_add_found(&w, v);
}

static void report_unknown(struct checker *c, struct text name,
                           const struct text *known, size_t count) {
  char nowhere[256];
  struct wording w = report(c, nowhere);
  wording_add_unknown(&w, name, known, count);
}

static void report_missing(struct checker *c, const char *name) {
  char nowhere[256];
  struct wording w = report(c, nowhere);
  wording_addf(&w, "\"%s\" is missing", name);
}

/* @min and @max in bytes. */
static void check_text(struct checker *c, const struct json *v, int64_t min,
                       int64_t max) {
  if (v->type != JSON_TEXT) {
    report_found(c, v, "a string");
    return;
  }
  const int64_t len = (int64_t)v->text.len;
  if (len >= min && len <= max) {
    return;
  }
  char nowhere[256];
  struct wording w = report(c, nowhere);
  wording_add_length(&w, v->text.len, min, max);
}

static void check_num(struct checker *c, const struct json *v, int64_t min,
                      int64_t max) {
  if (v->type == JSON_INT && v->i >= min && v->i <= max) {
    return;
  }
  char nowhere[256];
  struct wording w = report(c, nowhere);
  wording_addf(&w, "expected a whole number %lld … %lld, found ",
               (long long)min, (long long)max);
  wording_add_found(&w, v);
}

/* A number that may have a fraction. */
static void check_amount(struct checker *c, const struct json *v, int64_t min,
                         int64_t max, const char *unit) {
  const bool number = v->type == JSON_INT || v->type == JSON_DOUBLE;
  if (number && v->d >= (double)min && v->d <= (double)max) {
    return;
  }
  char nowhere[256];
  struct wording w = report(c, nowhere);
  wording_addf(&w, "expected %lld … %lld %s, found ", (long long)min,
               (long long)max, unit);
  wording_add_found(&w, v);
}

static void check_choice(struct checker *c, const struct json *v,
                         const struct text *names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (v->type == JSON_TEXT && text_equal_nocase(v->text, names[i])) {
      return;
    }
  }
  char nowhere[256];
  struct wording w = report(c, nowhere);
  wording_addf(&w, "expected ");
  wording_add_names(&w, names, count);
  wording_addf(&w, ", found ");
  if (v->type == JSON_TEXT) {
    wording_add_quoted(&w, v->text);
  } else {
    wording_add_found(&w, v);
  }
}

static void channel_names(struct text names[CHANNELS]) {
  for (uint32_t i = 0; i < CHANNELS; i++) {
    names[i] = text_from(channel_name(i));
  }
}

static void check_channel(struct checker *c, const struct json *v) {
  struct text names[CHANNELS];
  channel_names(names);
  check_choice(c, v, names, CHANNELS);
}

static void check_strategy(struct checker *c, const struct json *v) {
  struct text names[ROUTER_STRATEGIES];
  for (uint32_t i = 0; i < ROUTER_STRATEGIES; i++) {
    names[i] = text_from(router_strategy_text(i));
  }
  check_choice(c, v, names, ROUTER_STRATEGIES);
}

static void check_word(struct checker *c, const struct json *v,
                       enum config_kind kind) {
  struct text names[CONFIG_WORDS];
  enum config_word words[CONFIG_WORDS];
  check_choice(c, v, names, config_words(kind, names, words));
}

static void check_skill_member(struct checker *c, const struct json *m) {
  static const struct text known[] = {{"name", 4}, {"proficiency", 11}};
  const struct wording outer = c->pointer;
  wording_add_step(&c->pointer, m->key);
  if (text_equal(m->key, known[0])) {
    check_text(c, m, 1, NAME_MAX_BYTES);
  } else if (!text_equal(m->key, known[1])) {
    report_unknown(c, m->key, known, 2);
  } else if (m->type != JSON_NULL) {
    check_num(c, m, 1, PROFICIENCY_WORST);
  }
  leave(c, outer);
}

/* "English", or {"name": "English", "proficiency": 3}. */
static void check_skill(struct checker *c, const struct json *v) {
  if (v->type == JSON_TEXT) {
    check_text(c, v, 1, NAME_MAX_BYTES);
    return;
  }
  if (v->type != JSON_OBJECT) {
    report_found(c, v, "the name of a skill, or an object with name");
    return;
  }
  for (const struct json *m = v->first; m != NULL; m = m->next) {
    check_skill_member(c, m);
  }
  if (json_member(v, TEXT("name")) == NULL) {
    report_missing(c, "name");
  }
}

static void check_name(struct checker *c, const struct json *v) {
  check_text(c, v, 1, NAME_MAX_BYTES);
}

static void check_type(struct checker *c, const struct json *v) {
  if (v->type != JSON_TEXT || !config_is_media_type(v->text)) {
    report_found(c, v, "a media type such as image/png, or image/*");
  }
}

/* @what: "a list of skills". */
static void check_each(struct checker *c, const struct json *v, int64_t max,
                       const char *what,
                       void (*check)(struct checker *c, const struct json *v)) {
  if (v->type != JSON_LIST) {
    report_found(c, v, what);
    return;
  }
  if (v->count > max) {
    char nowhere[256];
    struct wording w = report(c, nowhere);
    wording_addf(&w, "has %u elements, expected at most %lld", v->count,
                 (long long)max);
  }
  const struct wording outer = c->pointer;
  size_t index = 0;
  for (const struct json *e = v->first; e != NULL; e = e->next) {
    wording_add_index(&c->pointer, index++);
    check(c, e);
    leave(c, outer);
  }
}

/* ---- rings */

enum { RING_AFTER_MAX = 86400, RING_WEAKER_MAX = 19, RING_AGENTS_MAX = 1000 };

static void check_ring_member(struct checker *c, const struct json *m) {
  static const struct text known[] = {
      {"after", 5}, {"proficiency", 11}, {"without", 7}, {"agents", 6}};
  const struct wording outer = c->pointer;
  wording_add_step(&c->pointer, m->key);
  if (text_equal(m->key, known[0])) {
    check_amount(c, m, 1, RING_AFTER_MAX, "seconds");
  } else if (m->type == JSON_NULL) {
    leave(c, outer);
    return;
  } else if (text_equal(m->key, known[1])) {
    check_num(c, m, 0, RING_WEAKER_MAX);
  } else if (text_equal(m->key, known[2])) {
    check_each(c, m, ROUTER_NEEDS_MAX, "a list of names", check_name);
  } else if (text_equal(m->key, known[3])) {
    check_each(c, m, RING_AGENTS_MAX, "a list of names", check_name);
  } else {
    report_unknown(c, m->key, known, 4);
  }
  leave(c, outer);
}

static void check_ring(struct checker *c, const struct json *v) {
  if (v->type != JSON_OBJECT) {
    report_found(c, v, "an object such as {\"after\": 30, \"proficiency\": 5}");
    return;
  }
  for (const struct json *m = v->first; m != NULL; m = m->next) {
    check_ring_member(c, m);
  }
  if (json_member(v, TEXT("after")) == NULL) {
    report_missing(c, "after");
  }
}

static bool opens_earlier(const struct json *a, const struct json *b) {
  const struct json *x = json_member(a, TEXT("after"));
  const struct json *y = json_member(b, TEXT("after"));
  return x != NULL && y != NULL && x->d < y->d;
}

/* Each opens after the one before it. */
static void check_rings(struct checker *c, const struct json *v, int64_t max) {
  check_each(c, v, max, "a list of rings", check_ring);
  const struct wording outer = c->pointer;
  size_t index = 1;
  for (const struct json *e = v->type == JSON_LIST ? v->first : NULL;
       e != NULL && e->next != NULL; e = e->next) {
    if (e->type == JSON_OBJECT && e->next->type == JSON_OBJECT &&
        json_member(e->next, TEXT("after")) != NULL &&
        !opens_earlier(e, e->next)) {
      char nowhere[256];
      wording_add_index(&c->pointer, index);
      struct wording w = report(c, nowhere);
      wording_addf(&w, "a ring opens after the one before it: \"after\" must "
                       "be greater");
      leave(c, outer);
    }
    index++;
  }
}

static bool is_one_of(struct text name, const struct text *names,
                      size_t count) {
  size_t i = 0;
  while (i < count && !text_equal(name, names[i])) {
    i++;
  }
  return i < count;
}

/* ---- announcements */

enum {
  ANNOUNCE_EVERY_MIN = 5,
  ANNOUNCE_EVERY_MAX = 86400,
  ANNOUNCEMENT_MAX_BYTES = 2048
};

/* What stands in braces is filled in, so it must be known. */
static void check_words(struct checker *c, const struct json *v) {
  struct text known[4];
  size_t count = 0;
  while (config_announcement_word(count).len > 0) {
    known[count] = config_announcement_word(count);
    count++;
  }
  for (size_t at = text_find(v->text, TEXT("{"), 0); at < v->text.len;
       at = text_find(v->text, TEXT("{"), at + 1)) {
    const size_t end = text_find(v->text, TEXT("}"), at);
    const struct text word = text_sub(v->text, at + 1, end - at - 1);
    if (!is_one_of(word, known, count)) {
      report_unknown(c, word, known, count);
    }
  }
}

static void check_announcement_member(struct checker *c, const struct json *m) {
  static const struct text known[] = {{"after", 5}, {"every", 5}, {"text", 4}};
  const struct wording outer = c->pointer;
  wording_add_step(&c->pointer, m->key);
  if (text_equal(m->key, known[2])) {
    check_text(c, m, 1, ANNOUNCEMENT_MAX_BYTES);
    if (m->type == JSON_TEXT) {
      check_words(c, m);
    }
  } else if (!is_one_of(m->key, known, 3)) {
    report_unknown(c, m->key, known, 3);
  } else if (m->type != JSON_NULL) {
    const bool again = text_equal(m->key, known[1]) && m->d != 0;
    check_amount(c, m, again ? ANNOUNCE_EVERY_MIN : 0, ANNOUNCE_EVERY_MAX,
                 "seconds");
  }
  leave(c, outer);
}

static void check_announcement(struct checker *c, const struct json *v) {
  if (v->type != JSON_OBJECT) {
    report_found(c, v, "an object such as {\"after\": 30, \"text\": \"…\"}");
    return;
  }
  for (const struct json *m = v->first; m != NULL; m = m->next) {
    check_announcement_member(c, m);
  }
  if (json_member(v, TEXT("text")) == NULL) {
    report_missing(c, "text");
  }
}

static void check_places(struct checker *c, const struct json *v,
                         const struct config_info *info) {
  check_num(c, v, info->min, info->max);
}

static void check_blocked(struct checker *c, const struct json *v,
                          const struct config_info *info) {
  (void)info;
  check_each(c, v, CHANNELS, "a list of channels", check_channel);
}

/* An object with a channel as each key. @what: "an object such as …". */
static void check_by_channel(struct checker *c, const struct json *v,
                             const struct config_info *info, const char *what,
                             void (*check)(struct checker *c,
                                           const struct json *v,
                                           const struct config_info *info)) {
  if (v->type != JSON_OBJECT) {
    report_found(c, v, what);
    return;
  }
  struct text names[CHANNELS];
  channel_names(names);
  const struct wording outer = c->pointer;
  for (const struct json *m = v->first; m != NULL; m = m->next) {
    wording_add_step(&c->pointer, m->key);
    if (is_one_of(m->key, names, CHANNELS)) {
      check(c, m, info);
    } else {
      report_unknown(c, m->key, names, CHANNELS);
    }
    leave(c, outer);
  }
}

/* ---- calendars */

static void check_openings(struct checker *c, const struct json *v) {
  struct hours_day day;
  if (v->type != JSON_TEXT) {
    report_found(c, v, "times such as \"09:00-12:30, 13:30-18:00\"");
    return;
  }
  if (hours_read_day(v->text, &day)) {
    return;
  }
  char nowhere[256];
  struct wording w = report(c, nowhere);
  wording_addf(&w, "expected times such as \"09:00-12:30, 13:30-18:00\", each "
                   "later than the one before, at most 8, found ");
  wording_add_quoted(&w, v->text);
  wording_addf(&w, "; a night is two: until 24:00, and from 00:00 on the next "
                   "day");
}

static void check_date(struct checker *c, const struct json *v) {
  int64_t day = 0;
  if (v->type != JSON_TEXT) {
    report_found(c, v, "a date such as \"2026-12-25\"");
    return;
  }
  if (hours_read_date(v->text, &day)) {
    return;
  }
  char nowhere[256];
  struct wording w = report(c, nowhere);
  wording_addf(&w, "expected a date such as \"2026-12-25\", found ");
  wording_add_quoted(&w, v->text);
}

static void check_holiday_member(struct checker *c, const struct json *m) {
  static const struct text known[] = {
      {"date", 4}, {"to", 2}, {"name", 4}, {"open", 4}};
  const struct wording outer = c->pointer;
  wording_add_step(&c->pointer, m->key);
  if (text_equal(m->key, known[0])) {
    check_date(c, m);
  } else if (!is_one_of(m->key, known, 4)) {
    report_unknown(c, m->key, known, 4);
  } else if (m->type != JSON_NULL) {
    text_equal(m->key, known[1])   ? check_date(c, m)
    : text_equal(m->key, known[2]) ? check_name(c, m)
                                   : check_openings(c, m);
  }
  leave(c, outer);
}

/* It ends on the day on which it begins, or later. */
static void check_span(struct checker *c, const struct json *v) {
  const struct json *from = json_member(v, TEXT("date"));
  const struct json *to = json_member(v, TEXT("to"));
  int64_t first = 0;
  int64_t last = 0;
  if (from == NULL) {
    report_missing(c, "date");
  } else if (to != NULL && to->type == JSON_TEXT && from->type == JSON_TEXT &&
             hours_read_date(from->text, &first) &&
             hours_read_date(to->text, &last) && last < first) {
    char nowhere[256];
    struct wording w = report(c, nowhere);
    wording_addf(&w, "\"to\" lies before \"date\": exchange the two");
  }
}

static void check_holiday(struct checker *c, const struct json *v) {
  if (v->type != JSON_OBJECT) {
    check_date(c, v);
    return;
  }
  for (const struct json *m = v->first; m != NULL; m = m->next) {
    check_holiday_member(c, m);
  }
  check_span(c, v);
}

static void check_value(struct checker *c, const struct json *v,
                        const struct config_info *info) {
  switch (info->kind) {
  case CONFIG_KIND_TEXT:
    check_text(c, v, info->min, info->max);
    break;
  case CONFIG_KIND_NUM:
    check_num(c, v, info->min, info->max);
    break;
  case CONFIG_KIND_SECONDS:
    check_amount(c, v, info->min, info->max, "seconds");
    break;
  case CONFIG_KIND_POINTS:
    check_amount(c, v, info->min, info->max, "points");
    break;
  case CONFIG_KIND_FLAG:
    if (v->type != JSON_TRUE && v->type != JSON_FALSE) {
      report_found(c, v, "true or false");
    }
    break;
  case CONFIG_KIND_NAMES:
    check_each(c, v, info->max, "a list of names", check_name);
    break;
  case CONFIG_KIND_TYPES:
    check_each(c, v, info->max, "a list of media types", check_type);
    break;
  case CONFIG_KIND_SKILLS:
    check_each(c, v, info->max, "a list of skills", check_skill);
    break;
  case CONFIG_KIND_RINGS:
    check_rings(c, v, info->max);
    break;
  case CONFIG_KIND_ANNOUNCEMENTS:
    check_each(c, v, info->max, "a list of announcements", check_announcement);
    break;
  case CONFIG_KIND_BLOCKS:
    check_by_channel(c, v, info, "an object such as {\"voice\": [\"chat\"]}",
                     check_blocked);
    break;
  case CONFIG_KIND_OPENINGS:
    check_openings(c, v);
    break;
  case CONFIG_KIND_HOLIDAYS:
    check_each(c, v, info->max, "a list of dates", check_holiday);
    break;
  case CONFIG_KIND_CAPACITY:
    check_by_channel(c, v, info, "an object such as {\"chat\": 3}",
                     check_places);
    break;
  case CONFIG_KIND_STRATEGY:
    check_strategy(c, v);
    break;
  case CONFIG_KIND_PULL:
  case CONFIG_KIND_NO_ANSWER:
    check_word(c, v, info->kind);
    break;
  case CONFIG_KIND_CHANNEL:
    check_channel(c, v);
    break;
  }
}

/* The members of @object by name; the result is how many. */
static size_t members_of(enum config_object object,
                         struct text names[CONFIG_MEMBERS],
                         const struct config_info *found[CONFIG_MEMBERS]) {
  size_t count = 0;
  for (uint32_t i = 0; i < CONFIG_MEMBERS; i++) {
    const struct config_info *info = config_info((enum config_member)i);
    if (info->object == object) {
      names[count] = text_from(info->wire);
      found[count++] = info;
    }
  }
  return count;
}

static void check_member(struct checker *c, enum config_object object,
                         const struct json *m) {
  struct text names[CONFIG_MEMBERS];
  const struct config_info *known[CONFIG_MEMBERS];
  const size_t count = members_of(object, names, known);
  const struct wording outer = c->pointer;
  wording_add_step(&c->pointer, m->key);
  size_t i = 0;
  while (i < count && !text_equal(m->key, names[i])) {
    i++;
  }
  if (i == count) {
    report_unknown(c, m->key, names, count);
  } else if (m->type != JSON_NULL) {
    check_value(c, m, known[i]);
  }
  leave(c, outer);
}

static void check_required(struct checker *c, enum config_object object,
                           const struct json *value) {
  for (uint32_t i = 0; i < CONFIG_MEMBERS; i++) {
    const struct config_info *info = config_info((enum config_member)i);
    if (info->object != object || info->fallback != NULL) {
      continue;
    }
    const struct json *m = json_member(value, text_from(info->wire));
    if (m == NULL || m->type == JSON_NULL) {
      report_missing(c, info->wire);
    }
  }
}

bool config_check(enum config_object object, const struct json *value,
                  unsigned skip, struct config_error *error) {
  struct checker c = {.skip = skip, .error = error};
  wording_begin(&c.pointer, c.place, sizeof c.place);
  if (value->type != JSON_OBJECT) {
    report_found(&c, value, "an object");
    return !c.failed;
  }
  for (const struct json *m = value->first; m != NULL; m = m->next) {
    check_member(&c, object, m);
  }
  check_required(&c, object, value);
  return !c.failed;
}
