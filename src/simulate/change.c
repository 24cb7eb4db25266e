#include "simulate/change.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "simulate/change_priv.h"

#define CHANGE(name, word, setting, example, doc) CHANGE_##name,
enum change {
#include "simulate/change.def"
  CHANGES
};
#undef CHANGE

static const struct text words[CHANGES] = {
#define CHANGE(name, word, setting, example, doc) {(word), sizeof(word) - 1},
#include "simulate/change.def"
#undef CHANGE
};

/* ---- what is wrong */

enum bt_err edit_refuse(const struct edit *e, const char *format, ...) {
  char sentence[640];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);
  (void)snprintf(e->why->text, sizeof e->why->text, "--change %.*s: %s",
                 TEXT_ARG(utf8_cut(e->whole, 256)), sentence);
  return BT_ERR_SYNTAX;
}

enum { NAMES_MAX = 1000 };

enum bt_err edit_refuse_name(const struct edit *e, enum config_object kind,
                             const char *what, struct text found) {
  struct text names[NAMES_MAX] = {{NULL, 0}};
  size_t count = 0;
  for (size_t i = 0; i < e->c->object_count && count < NAMES_MAX; i++) {
    if (e->c->objects[i].kind == kind) {
      names[count++] = e->c->objects[i].id;
    }
  }
  const size_t near = text_nearest(found, names, count);
  if (near < count) {
    return edit_refuse(e, "there is no %s '%.*s'; did you mean '%.*s'?", what,
                       TEXT_ARG(found), TEXT_ARG(names[near]));
  }
  return edit_refuse(e, "there is no %s '%.*s'", what, TEXT_ARG(found));
}

struct simulate_object *edit_object(const struct simulate_changed *c,
                                    enum config_object kind, struct text id) {
  for (size_t i = 0; i < c->object_count; i++) {
    if (c->objects[i].kind == kind && text_equal_nocase(c->objects[i].id, id)) {
      return &c->objects[i];
    }
  }
  return NULL;
}

enum bt_err edit_require_skill(const struct edit *e, struct text name) {
  bool listed = false;
  for (size_t i = 0; i < e->c->object_count; i++) {
    listed = listed || e->c->objects[i].kind == CONFIG_SKILL;
  }
  return !listed || edit_object(e->c, CONFIG_SKILL, name) != NULL
             ? BT_ERR_OK
             : edit_refuse_name(e, CONFIG_SKILL, "skill", name);
}

/* ---- members */

/* queue.ID.MEMBER */
static enum bt_err change_one(const struct edit *e, enum config_object kind,
                              const char *what) {
  const size_t first = text_find(e->key, TEXT("."), 0);
  size_t last = e->key.len;
  while (last > 0 && e->key.ptr[last - 1] != '.') {
    last--;
  }
  if (first >= e->key.len || last <= first + 2) {
    return edit_refuse(e, "write %s.ID.MEMBER=VALUE", what);
  }
  const struct text id = text_sub(e->key, first + 1, last - first - 2);
  struct simulate_object *o = edit_object(e->c, kind, id);
  return o == NULL ? edit_refuse_name(e, kind, what, id)
                   : edit_member(e, o, text_sub(e->key, last, e->key.len));
}

/* queues.MEMBER */
static enum bt_err change_each(const struct edit *e, enum config_object kind,
                               const char *what) {
  const size_t point = text_find(e->key, TEXT("."), 0);
  enum bt_err err = BT_ERR_OK;
  if (point + 1 >= e->key.len) {
    return edit_refuse(e, "write %s.MEMBER=VALUE", what);
  }
  for (size_t i = 0; err == BT_ERR_OK && i < e->c->object_count; i++) {
    if (e->c->objects[i].kind == kind) {
      err = edit_member(e, &e->c->objects[i],
                        text_sub(e->key, point + 1, e->key.len));
    }
  }
  return err;
}

/* ---- more or less of something */

/* "+20%", "-10%", "150%": a factor. */
static bool read_factor(struct text t, double *out) {
  double percent = 0;
  if (!text_ends(t, TEXT("%"))) {
    return false;
  }
  const bool more = text_starts(t, TEXT("+")), less = text_starts(t, TEXT("-"));
  const size_t from = more || less;
  if (!text_to_double(text_sub(t, from, t.len - 1 - from), &percent) ||
      percent < 0 || (less && percent >= 100)) {
    return false;
  }
  *out = more ? 1 + percent / 100 : less ? 1 - percent / 100 : percent / 100;
  return *out > 0 && *out < 1000;
}

static bool read_seconds(struct text t, double *out) {
  return text_to_double(t, out) && *out >= 0 && *out < 1e9;
}

static double scaled(double scale, double factor) {
  return (scale > 0 ? scale : 1) * factor;
}

/* A factor of it, or another mean. */
static bool change_law(struct simulate_law *law, struct text value) {
  double number = 0;
  if (read_factor(value, &number)) {
    law->scale = scaled(law->scale, number);
    return true;
  }
  if (!read_seconds(value, &number)) {
    return false;
  }
  const double mean = simulate_law_mean(law);
  if (mean > 0 && number > 0) {
    law->scale = scaled(law->scale, number / mean);
  } else {
    *law = (struct simulate_law){.form = number > 0 ? SIMULATE_EXPONENTIAL
                                                    : SIMULATE_CONSTANT,
                                 .mean_s = number};
  }
  return true;
}

/* Times that are listed have no law: they all become longer alike. */
static void change_listed(struct simulate_changed *c, uint32_t stream,
                          enum simulate_time time, double factor) {
  for (size_t i = 0; i < c->plan.contact_count; i++) {
    int64_t *us = &c->contacts[i].times_us[time];
    if (c->contacts[i].stream == stream && *us != SIMULATE_OPEN) {
      *us = (int64_t)((double)*us * factor);
    }
  }
}

/* The streams of the queue behind the point, or all. */
static bool is_meant(const struct edit *e, const struct simulate_stream *s,
                     bool *found) {
  const size_t point = text_find(e->key, TEXT("."), 0);
  const bool meant = point >= e->key.len ||
                     text_equal_nocase(text_sub(e->key, point + 1, e->key.len),
                                       s->form.target);
  *found = *found || meant;
  return meant;
}

static enum bt_err refuse_queue(const struct edit *e) {
  const size_t point = text_find(e->key, TEXT("."), 0);
  const struct text id = text_sub(e->key, point + 1, e->key.len);
  return edit_object(e->c, CONFIG_QUEUE, id) != NULL
             ? edit_refuse(e, "nobody comes to the queue '%.*s'", TEXT_ARG(id))
             : edit_refuse_name(e, CONFIG_QUEUE, "queue", id);
}

static enum bt_err change_contacts(const struct edit *e) {
  double factor = 1;
  bool found = false;
  if (!read_factor(e->value, &factor)) {
    return edit_refuse(e,
                       "write how many more or fewer: +20%%, -10%% or 150%%");
  }
  for (size_t i = 0; i < e->c->plan.stream_count; i++) {
    struct simulate_stream *s = &e->c->streams[i];
    if (is_meant(e, s, &found)) {
      s->scale = scaled(s->scale, factor);
    }
  }
  return found ? BT_ERR_OK : refuse_queue(e);
}

static enum bt_err change_time(const struct edit *e, enum simulate_time time) {
  bool found = false;
  for (uint32_t i = 0; i < e->c->plan.stream_count; i++) {
    struct simulate_stream *s = &e->c->streams[i];
    double factor = 1;
    if (!is_meant(e, s, &found)) {
      continue;
    }
    if (!change_law(&s->laws[time], e->value)) {
      return edit_refuse(e, "write seconds, or how much more or less: +20%%, "
                            "-10%% or 150%%");
    }
    if (read_factor(e->value, &factor)) {
      change_listed(e->c, i, time, factor);
    }
  }
  return found ? BT_ERR_OK : refuse_queue(e);
}

static enum bt_err change_share(const struct edit *e, double *share) {
  double value = 0;
  const bool percent = text_ends(e->value, TEXT("%"));
  const struct text digits = text_sub(e->value, 0, e->value.len - percent);
  if (!text_to_double(digits, &value) || value < 0 ||
      value > (percent ? 100 : 1)) {
    return edit_refuse(e, "write a share of the offers, such as 5%%");
  }
  *share = percent ? value / 100 : value;
  return BT_ERR_OK;
}

/* ---- which one */

static enum bt_err refuse_key(const struct edit *e, struct text head) {
  const size_t near = text_nearest(head, words, CHANGES);
  if (near < CHANGES) {
    return edit_refuse(e, "there is no setting '%.*s'; did you mean '%.*s'?",
                       TEXT_ARG(head), TEXT_ARG(words[near]));
  }
  return edit_refuse(e,
                     "there is no setting '%.*s'; there are queue.ID.MEMBER, "
                     "agent.ID.MEMBER, agents, contacts, handling, wrapUp, "
                     "patience, answer, declined and unanswered",
                     TEXT_ARG(head));
}

static enum bt_err change_it(const struct edit *e, enum change what) {
  struct simulate_people *people = &e->c->plan.people;
  switch (what) {
  case CHANGE_QUEUE:
    return change_one(e, CONFIG_QUEUE, "queue");
  case CHANGE_QUEUES:
    return change_each(e, CONFIG_QUEUE, "queues");
  case CHANGE_AGENT:
    return change_one(e, CONFIG_AGENT, "agent");
  case CHANGE_AGENTS:
    return change_each(e, CONFIG_AGENT, "agents");
  case CHANGE_COUNT:
    return edit_agents(e);
  case CHANGE_CONTACTS:
    return change_contacts(e);
  case CHANGE_HANDLING:
    return change_time(e, SIMULATE_HANDLING);
  case CHANGE_WRAPUP:
    return change_time(e, SIMULATE_WRAPUP);
  case CHANGE_PATIENCE:
    return change_time(e, SIMULATE_PATIENCE);
  case CHANGE_ANSWER:
    return change_law(&people->answer, e->value)
               ? BT_ERR_OK
               : edit_refuse(e, "write seconds, or +20%%");
  case CHANGE_DECLINED:
    return change_share(e, &people->declined);
  case CHANGE_UNANSWERED:
    return change_share(e, &people->unanswered);
  case CHANGES:
    break;
  }
  return BT_ERR_SYNTAX;
}

enum bt_err simulate_change_apply(struct simulate_changed *c,
                                  struct text change,
                                  struct simulate_error *why) {
  const size_t equals = text_find(change, TEXT("="), 0);
  struct edit e = {.c = c, .whole = change, .why = why};
  if (utf8_first_bad(change) < change.len) {
    e.whole = TEXT("…"); /* it cannot be shown as it is */
    return edit_refuse(&e, "a change is text in UTF-8");
  }
  if (equals == change.len) {
    return edit_refuse(&e, "write SETTING=VALUE, such as agents=+2 or "
                           "queue.support.strategy=most_skilled");
  }
  e.key = text_trim(text_sub(change, 0, equals));
  e.value = text_trim(text_sub(change, equals + 1, change.len));
  const size_t point = text_find(e.key, TEXT("."), 0);
  const struct text head = text_sub(e.key, 0, point);
  if (text_equal_nocase(e.key, words[CHANGE_COUNT])) {
    return change_it(&e, CHANGE_COUNT);
  }
  for (unsigned i = 0; i < CHANGES; i++) {
    if (text_equal_nocase(head, words[i])) {
      return change_it(&e, (enum change)i);
    }
  }
  return refuse_key(&e, head);
}

/* The member behind the last point. */
static struct text last_part(struct text key) {
  size_t from = key.len;
  while (from > 0 && key.ptr[from - 1] != '.') {
    from--;
  }
  return text_sub(key, from, key.len - from);
}

bool simulate_change_is_of_agents(struct text change) {
  const struct text key =
      text_trim(text_sub(change, 0, text_find(change, TEXT("="), 0)));
  const struct text head = text_sub(key, 0, text_find(key, TEXT("."), 0));
  const struct text member = last_part(key);
  const bool queue = text_equal_nocase(head, words[CHANGE_QUEUE]) ||
                     text_equal_nocase(head, words[CHANGE_QUEUES]);
  if (utf8_first_bad(change) < change.len) {
    return false; /* it is refused as that */
  }
  return text_equal_nocase(head, words[CHANGE_AGENT]) ||
         text_equal_nocase(head, words[CHANGE_AGENTS]) ||
         (queue && (text_equal_nocase(member, TEXT("agents")) ||
                    text_equal_nocase(member, TEXT("owners"))));
}

/* ---- copies */

static void *copy(struct arena *arena, const void *from, size_t size) {
  void *to = arena_alloc(arena, size + 1);
  if (to != NULL && size > 0) {
    memcpy(to, from, size);
  }
  return to;
}

enum bt_err simulate_change_begin(struct simulate_changed *c,
                                  struct arena *arena,
                                  const struct simulate_setting *setting) {
  const struct simulate_plan *p = setting->plan;
  *c = (struct simulate_changed){.arena = arena,
                                 .plan = *p,
                                 .object_count = setting->object_count,
                                 .object_cap = setting->object_count,
                                 .shift_count = p->shift_count,
                                 .shift_cap = p->shift_count};
  c->objects =
      copy(arena, setting->objects, setting->object_count * sizeof *c->objects);
  c->streams = copy(arena, p->streams, p->stream_count * sizeof *c->streams);
  c->contacts =
      copy(arena, p->contacts, p->contact_count * sizeof *c->contacts);
  c->shifts = copy(arena, p->shifts, p->shift_count * sizeof *c->shifts);
  if (c->objects == NULL || c->streams == NULL || c->contacts == NULL ||
      c->shifts == NULL) {
    return BT_ERR_NOMEM;
  }
  for (size_t i = 0; i < c->object_count; i++) {
    c->agent_count += c->objects[i].kind == CONFIG_AGENT;
  }
  return BT_ERR_OK;
}

struct simulate_setting simulate_change_end(struct simulate_changed *c) {
  c->plan.streams = c->streams;
  c->plan.contacts = c->contacts;
  c->plan.shifts = c->shifts;
  c->plan.shift_count = c->shift_count;
  return (struct simulate_setting){c->objects, c->object_count, &c->plan};
}
