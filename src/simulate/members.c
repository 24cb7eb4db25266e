#include "simulate/members_priv.h"

#include <stdio.h>

#include "engine/hours.h"
#include "routing/router.h"

enum plan_kind {
  KIND_PLAN_TIME,
  KIND_PLAN_SECONDS,
  KIND_PLAN_AMOUNT,
  KIND_PLAN_SHARE,
  KIND_PLAN_PRIORITY,
  KIND_PLAN_TEXT,
  KIND_PLAN_FLAG,
  KIND_PLAN_CHANNEL,
  KIND_PLAN_FORM,
  KIND_PLAN_AMOUNTS,
  KIND_PLAN_NAMES,
  KIND_PLAN_SKILLS,
  KIND_PLAN_SPANS,
  KIND_PLAN_LAW,
  KIND_PLAN_STREAMS,
  KIND_PLAN_SHIFTS,
  KIND_PLAN_PEOPLE
};

static const struct member_info {
  const char *wire;
  enum plan_object object;
  enum plan_kind kind;
} members[PLAN_MEMBERS] = {
#define MEMBER(object, name, wire, kind, doc)                                  \
  {(wire), PLAN_##object, KIND_PLAN_##kind},
#include "simulate/simulation.def"
#undef MEMBER
};

/* In the order of enum simulate_form, from SIMULATE_CONSTANT on. */
static const struct text forms[] = {
    {"constant", 8}, {"exponential", 11}, {"lognormal", 9}, {"sample", 6}};
enum { FORMS = sizeof forms / sizeof forms[0] };

/* ---- is it of its kind? */

static bool is_number(const struct json *v, double max) {
  return (v->type == JSON_INT || v->type == JSON_DOUBLE) && v->d >= 0 &&
         v->d <= max;
}

static bool is_list_of(const struct json *v, enum json_type type) {
  bool good = v->type == JSON_LIST;
  for (const struct json *e = good ? v->first : NULL; good && e != NULL;
       e = e->next) {
    good = type == JSON_DOUBLE ? is_number(e, 1e12) : e->type == type;
  }
  return good;
}

static bool is_skills(const struct json *v) {
  bool good = v->type == JSON_LIST;
  for (const struct json *e = good ? v->first : NULL; good && e != NULL;
       e = e->next) {
    const struct json *name = json_member(e, TEXT("name"));
    const struct json *level = json_member(e, TEXT("minProficiency"));
    good = e->type == JSON_TEXT ||
           (name != NULL && name->type == JSON_TEXT &&
            (level == NULL || (level->type == JSON_INT && level->i >= 1 &&
                               level->i <= ROUTER_PROFICIENCY_WORST)));
  }
  return good;
}

static bool is_form(const struct json *v) {
  const struct read_names names = {"form", forms, FORMS};
  return v->type == JSON_TEXT && read_knows(&names, v->text);
}

static bool is_moment(const struct json *v, const struct simulate_reader *r) {
  int64_t at_us;
  return v->type == JSON_TEXT &&
         simulate_read_time(v->text, r->zone, r->plan.from_us, &at_us);
}

static bool is_spans(const struct json *v) {
  struct hours_day day;
  return v->type == JSON_TEXT && hours_read_day(v->text, &day);
}

static bool is_kind(const struct simulate_reader *r, const struct json *v,
                    enum plan_kind kind) {
  int64_t channel;
  switch (kind) {
  case KIND_PLAN_TIME:
    return is_moment(v, r);
  case KIND_PLAN_SECONDS:
  case KIND_PLAN_AMOUNT:
    return is_number(v, 1e12);
  case KIND_PLAN_SHARE:
    return is_number(v, 1);
  case KIND_PLAN_PRIORITY:
    return v->type == JSON_INT && is_number(v, ROUTER_PRIORITY_MAX);
  case KIND_PLAN_TEXT:
    return v->type == JSON_TEXT && v->text.len > 0;
  case KIND_PLAN_FLAG:
    return v->type == JSON_TRUE || v->type == JSON_FALSE;
  case KIND_PLAN_CHANNEL:
    return v->type == JSON_TEXT &&
           field_name_to_num(KIND_CHANNEL, v->text, &channel);
  case KIND_PLAN_FORM:
    return is_form(v);
  case KIND_PLAN_AMOUNTS:
    return is_list_of(v, JSON_DOUBLE);
  case KIND_PLAN_NAMES:
    return is_list_of(v, JSON_TEXT);
  case KIND_PLAN_SKILLS:
    return is_skills(v);
  case KIND_PLAN_SPANS:
    return is_spans(v);
  case KIND_PLAN_LAW:
    return is_number(v, 1e12) || v->type == JSON_OBJECT;
  case KIND_PLAN_STREAMS:
  case KIND_PLAN_SHIFTS:
    return is_list_of(v, JSON_OBJECT);
  case KIND_PLAN_PEOPLE:
    return v->type == JSON_OBJECT;
  }
  return false;
}

static const char *words_of(enum plan_kind kind) {
  static const char *const words[] = {
      [KIND_PLAN_TIME] = "a date and time such as \"2026-03-02 08:00\"",
      [KIND_PLAN_SECONDS] = "seconds, 0 or more",
      [KIND_PLAN_AMOUNT] = "a number, 0 or more",
      [KIND_PLAN_SHARE] = "a share between 0 and 1",
      [KIND_PLAN_PRIORITY] = "a whole number 0 … 1000",
      [KIND_PLAN_TEXT] = "a text",
      [KIND_PLAN_FLAG] = "true or false",
      [KIND_PLAN_CHANNEL] = "chat, voice or message",
      [KIND_PLAN_FORM] = "exponential, lognormal, constant or sample",
      [KIND_PLAN_AMOUNTS] = "a list of numbers, each 0 or more",
      [KIND_PLAN_NAMES] = "a list of names",
      [KIND_PLAN_SKILLS] =
          "a list of skills, or of {name, minProficiency: 1 … 20}",
      [KIND_PLAN_SPANS] = ("times of the day such as \"08:00-12:00, "
                           "12:30-16:30\", in order and apart from one "
                           "another"),
      [KIND_PLAN_LAW] = "seconds, or {mean, form, deviation, seen}",
      [KIND_PLAN_STREAMS] = "a list, each element with its members",
      [KIND_PLAN_SHIFTS] = "a list, each element with its members",
      [KIND_PLAN_PEOPLE] = "members, each on an indented line \"name: value\""};
  return words[kind];
}

/* ---- checking */

static void check_below(struct simulate_reader *r, const struct json *v,
                        enum plan_kind kind) {
  if (kind == KIND_PLAN_STREAMS || kind == KIND_PLAN_SHIFTS) {
    for (const struct json *e = v->first; e != NULL; e = e->next) {
      members_check(r, e, kind == KIND_PLAN_STREAMS ? PLAN_STREAM : PLAN_SHIFT);
    }
  } else if (kind == KIND_PLAN_PEOPLE) {
    members_check(r, v, PLAN_PEOPLE);
  } else if (kind == KIND_PLAN_LAW && v->type == JSON_OBJECT) {
    members_check(r, v, PLAN_LAW);
  }
}

static void report_unknown(struct simulate_reader *r, const struct json *node,
                           enum plan_object object) {
  struct text known[PLAN_MEMBERS];
  size_t count = 0;
  for (size_t i = 0; i < PLAN_MEMBERS; i++) {
    if (members[i].object == object) {
      known[count++] = text_from(members[i].wire);
    }
  }
  const struct read_names names = {"member", known, count};
  read_unknown(r, (struct simulate_where){.node = node}, &names, node->key);
}

static size_t find_member(enum plan_object object, struct text key) {
  size_t i = 0;
  while (i < PLAN_MEMBERS && (members[i].object != object ||
                              !text_equal(key, text_from(members[i].wire)))) {
    i++;
  }
  return i;
}

static void report_kind(struct simulate_reader *r, const struct json *m,
                        const struct member_info *info) {
  char found[80];
  if (m->type == JSON_TEXT) {
    (void)snprintf(found, sizeof found, "\"%.*s\"", TEXT_ARG(m->text));
  } else if (m->type == JSON_INT || m->type == JSON_DOUBLE) {
    (void)snprintf(found, sizeof found, "%g", m->d);
  } else {
    (void)snprintf(found, sizeof found, "%s", json_type_name(m->type));
  }
  read_report(r, (struct simulate_where){.node = m},
              "\"%s\" must be %s; found %s", info->wire, words_of(info->kind),
              found);
}

void members_check(struct simulate_reader *r, const struct json *node,
                   enum plan_object object) {
  for (const struct json *m = node->first; m != NULL; m = m->next) {
    const size_t i = find_member(object, m->key);
    if (i == PLAN_MEMBERS) {
      report_unknown(r, m, object);
    } else if (m->type == JSON_NULL) {
      continue;
    } else if (!is_kind(r, m, members[i].kind)) {
      report_kind(r, m, &members[i]);
    } else {
      check_below(r, m, members[i].kind);
    }
  }
}

/* ---- what was checked */

const struct json *member_at(const struct json *node, enum plan_member member) {
  const struct json *m = json_member(node, text_from(members[member].wire));
  return m == NULL || m->type == JSON_NULL ? NULL : m;
}

struct text member_text(const struct json *node, enum plan_member member) {
  const struct json *m = member_at(node, member);
  return m == NULL ? TEXT("") : m->text;
}

double member_number(const struct json *node, enum plan_member member,
                     double if_missing) {
  const struct json *m = member_at(node, member);
  return m == NULL ? if_missing : m->d;
}

uint32_t member_word(const struct json *node, enum plan_member member,
                     uint32_t if_missing) {
  const struct json *m = member_at(node, member);
  int64_t number = if_missing;
  if (m == NULL) {
    return if_missing;
  }
  if (members[member].kind == KIND_PLAN_CHANNEL) {
    (void)field_name_to_num(KIND_CHANNEL, m->text, &number);
    return (uint32_t)number;
  }
  for (uint32_t i = 0; i < FORMS; i++) {
    if (text_equal_nocase(forms[i], m->text)) {
      return i;
    }
  }
  return if_missing;
}
