/* The section `simulation` of a centre's file. Nothing is read of what is not
 * as it should be: that has been reported. */
#include "base/calendar.h"
#include "engine/hours.h"
#include "simulate/members_priv.h"

#define DAY_S INT64_C(86400)

static int64_t seconds_us(double s) {
  return (int64_t)(s * 1e6);
}

/* ---- laws */

static void read_seen(struct simulate_reader *r, const struct json *list,
                      struct simulate_law *law) {
  double *seen = arena_alloc(r->arena, (list->count + 1) * sizeof *seen);
  r->no_memory = r->no_memory || seen == NULL;
  for (const struct json *e = seen == NULL ? NULL : list->first; e != NULL;
       e = e->next) {
    seen[law->seen_count++] = e->d;
  }
  law->seen_s = seen;
}

static void read_law(struct simulate_reader *r, const struct json *v,
                     struct simulate_law *law) {
  if (v == NULL) {
    return;
  }
  *law = (struct simulate_law){.form = SIMULATE_EXPONENTIAL, .mean_s = v->d};
  if (v->type != JSON_OBJECT) {
    return;
  }
  const struct json *seen = member_at(v, PLAN_LAW_SEEN);
  const struct simulate_where where = {.node = v};
  law->mean_s = member_number(v, PLAN_LAW_MEAN, -1);
  law->form = (enum simulate_form)(SIMULATE_CONSTANT +
                                   member_word(v, PLAN_LAW_FORM, 1));
  law->deviation_s = member_number(v, PLAN_LAW_DEVIATION, law->mean_s);
  if (seen != NULL && seen->count > 0) {
    law->form = SIMULATE_SAMPLE;
    read_seen(r, seen, law);
  } else if (law->form == SIMULATE_SAMPLE) {
    read_report(r, where, "a sample needs \"seen\": times in seconds");
  } else if (law->mean_s < 0) {
    read_report(r, where, "\"mean\" is missing, in seconds");
  }
}

/* ---- contacts */

/* Names become objects, as a transfer has them. */
static struct text read_skills(struct simulate_reader *r,
                               const struct json *list) {
  struct textbuf b;
  struct json_out o;
  if (list == NULL || list->count == 0) {
    return TEXT("");
  }
  textbuf_init(&b, r->arena->mem);
  json_out_init(&o, &b);
  json_open_list(&o);
  for (const struct json *e = list->first; e != NULL; e = e->next) {
    const struct text name =
        e->type == JSON_TEXT ? e->text : json_member(e, TEXT("name"))->text;
    read_skill(r, (struct simulate_where){.node = e}, name);
    if (e->type == JSON_OBJECT) {
      json_put_tree(&o, e);
      continue;
    }
    json_open_object(&o);
    json_key(&o, "name");
    json_put_text(&o, name);
    json_close_object(&o);
  }
  json_close_list(&o);
  const struct text kept = arena_copy_text(r->arena, textbuf_text(&b));
  r->no_memory = r->no_memory || b.failed || kept.ptr == NULL;
  textbuf_free(&b);
  return kept;
}

static void add_pieces(struct simulate_reader *r, const struct json *v,
                       struct simulate_stream *s) {
  const struct simulate_plan *p = &r->plan;
  const struct json *expected = member_at(v, PLAN_STREAM_EXPECTED);
  const double per_hour = member_number(v, PLAN_STREAM_PER_HOUR, -1);
  const size_t count = expected == NULL ? 1 : expected->count;
  struct simulate_piece *pieces =
      arena_alloc(r->arena, (count + 1) * sizeof *pieces);
  if (pieces == NULL) {
    r->no_memory = true;
    return;
  }
  s->pieces = pieces;
  if (expected == NULL) {
    const double hours = (double)(p->to_us - p->from_us) / 3.6e9;
    pieces[0] = (struct simulate_piece){p->from_us, p->to_us, per_hour * hours};
    s->piece_count = per_hour > 0;
    return;
  }
  int64_t from_us = p->from_us;
  for (const struct json *e = expected->first; e != NULL && from_us < p->to_us;
       e = e->next) {
    const int64_t next_us = from_us + p->interval_us;
    pieces[s->piece_count++] = (struct simulate_piece){
        from_us, next_us < p->to_us ? next_us : p->to_us, e->d};
    from_us = next_us;
  }
}

static void read_stream(struct simulate_reader *r, const struct json *v,
                        bool with_contacts) {
  const struct simulate_where where = {.node = v};
  struct simulate_stream *s = read_new_stream(r);
  const struct json *priority = member_at(v, PLAN_STREAM_PRIORITY);
  const struct json *skip = member_at(v, PLAN_STREAM_SKIP);
  if (s == NULL) {
    return;
  }
  s->form.target = member_text(v, PLAN_STREAM_QUEUE);
  s->form.channel = member_word(v, PLAN_STREAM_CHANNEL, CHANNEL_CHAT);
  s->form.priority = priority == NULL ? SIMULATE_OPEN : priority->i;
  s->form.skip_queue = skip != NULL && skip->type == JSON_TRUE;
  s->form.preferred = member_text(v, PLAN_STREAM_PREFER);
  read_law(r, member_at(v, PLAN_STREAM_HANDLING), &s->laws[SIMULATE_HANDLING]);
  read_law(r, member_at(v, PLAN_STREAM_WRAPUP), &s->laws[SIMULATE_WRAPUP]);
  read_law(r, member_at(v, PLAN_STREAM_PATIENCE), &s->laws[SIMULATE_PATIENCE]);
  s->form.skills = read_skills(r, member_at(v, PLAN_STREAM_SKILLS));
  if (s->form.target.len == 0) {
    read_report(r, where, "\"queue\" is missing: where the contacts go");
  } else {
    read_target(
        r, (struct simulate_where){.node = member_at(v, PLAN_STREAM_QUEUE)},
        s->form.target);
  }
  if (s->form.preferred.len > 0) {
    read_agent(
        r, (struct simulate_where){.node = member_at(v, PLAN_STREAM_PREFER)},
        s->form.preferred);
  }
  if (with_contacts) {
    add_pieces(r, v, s);
  }
}

/* ---- when it is */

static void read_span(struct simulate_reader *r, const struct json *section,
                      bool with_contacts) {
  struct simulate_plan *p = &r->plan;
  const struct json *streams = member_at(section, PLAN_SIMULATION_CONTACTS);
  const struct text from = member_text(section, PLAN_SIMULATION_FROM);
  const struct text to = member_text(section, PLAN_SIMULATION_TO);
  const double interval = member_number(section, PLAN_SIMULATION_INTERVAL,
                                        (double)SIMULATE_INTERVAL_US / 1e6);
  if (interval < 60) {
    read_report(r,
                (struct simulate_where){
                    .node = member_at(section, PLAN_SIMULATION_INTERVAL)},
                "an interval has at least 60 seconds");
    return;
  }
  p->interval_us = seconds_us(interval);
  p->warm_up_us =
      seconds_us(member_number(section, PLAN_SIMULATION_WARM_UP, 0));
  r->has_from = from.len > 0 &&
                simulate_read_time(from, r->zone, p->from_us, &p->from_us);
  r->has_to =
      to.len > 0 && simulate_read_time(to, r->zone, p->from_us, &p->to_us);
  if (r->has_to || !with_contacts || streams == NULL) {
    return;
  }
  size_t longest = 0;
  for (const struct json *v = streams->first; v != NULL; v = v->next) {
    const struct json *e = member_at(v, PLAN_STREAM_EXPECTED);
    longest = e != NULL && e->count > longest ? e->count : longest;
  }
  p->to_us = p->from_us + (longest > 0 ? (int64_t)longest * p->interval_us
                                       : DAY_S * 1000000);
}

/* ---- people */

static void read_people(struct simulate_reader *r, const struct json *v) {
  struct simulate_people *p = &r->plan.people;
  if (v == NULL) {
    return;
  }
  r->has_people = true;
  read_law(r, member_at(v, PLAN_PEOPLE_ANSWER), &p->answer);
  p->declined = member_number(v, PLAN_PEOPLE_DECLINED, 0);
  p->unanswered = member_number(v, PLAN_PEOPLE_UNANSWERED, 0);
  p->back_us =
      seconds_us(member_number(v, PLAN_PEOPLE_BACK, (double)p->back_us / 1e6));
  if (p->declined + p->unanswered > 1) {
    read_report(r, (struct simulate_where){.node = v},
                "\"declined\" and \"unanswered\" are more than all offers");
  }
}

static void add_shift(struct simulate_reader *r, struct text agent,
                      const struct hours_range *range, int64_t day) {
  if (!mem_grow(r->arena->mem, &r->shifts, &r->shift_cap, r->shift_count + 1,
                sizeof *r->shifts)) {
    r->no_memory = true;
    return;
  }
  const int64_t from_s = day * DAY_S + range->from_min * INT64_C(60);
  const int64_t to_s = day * DAY_S + range->to_min * INT64_C(60);
  r->shifts[r->shift_count++] =
      (struct simulate_shift){agent, tz_from_local(r->zone, from_s) * 1000000,
                              tz_from_local(r->zone, to_s) * 1000000};
}

/* Every day that the simulation touches. */
static void add_days(struct simulate_reader *r, struct text agent,
                     const struct hours_day *times) {
  const int64_t from_s = r->plan.from_us / 1000000;
  const int64_t to_s = r->plan.to_us / 1000000;
  const int64_t first = (from_s + tz_offset_at(r->zone, from_s)) / DAY_S;
  const int64_t last = (to_s + tz_offset_at(r->zone, to_s)) / DAY_S;
  for (int64_t day = first; day <= last; day++) {
    for (uint32_t i = 0; i < times->count; i++) {
      add_shift(r, agent, &times->ranges[i], day);
    }
  }
}

static void read_shift(struct simulate_reader *r, const struct json *v) {
  const struct json *names = member_at(v, PLAN_SHIFT_AGENTS);
  struct hours_day times = {.count = 0};
  const bool good =
      hours_read_day(member_text(v, PLAN_SHIFT_ON), &times) && times.count > 0;
  if (!good) {
    read_report(r, (struct simulate_where){.node = v},
                "\"on\" is missing: times of the day such as "
                "\"08:00-12:00, 12:30-16:30\"");
    return;
  }
  for (size_t i = 0; names == NULL && i < r->agent_count; i++) {
    add_days(r, r->agents[i], &times);
  }
  for (const struct json *e = names == NULL ? NULL : names->first; e != NULL;
       e = e->next) {
    read_agent(r, (struct simulate_where){.node = e}, e->text);
    add_days(r, e->text, &times);
  }
}

void simulate_read_section(struct simulate_reader *r,
                           const struct json *section, bool with_contacts) {
  members_check(r, section, PLAN_SIMULATION);
  if (r->errors > 0) {
    return;
  }
  const struct json *streams = member_at(section, PLAN_SIMULATION_CONTACTS);
  read_span(r, section, with_contacts);
  read_law(r, member_at(section, PLAN_SIMULATION_HANDLING),
           &r->laws[SIMULATE_HANDLING]);
  read_law(r, member_at(section, PLAN_SIMULATION_WRAPUP),
           &r->laws[SIMULATE_WRAPUP]);
  read_law(r, member_at(section, PLAN_SIMULATION_PATIENCE),
           &r->laws[SIMULATE_PATIENCE]);
  read_people(r, member_at(section, PLAN_SIMULATION_PEOPLE));
  for (const struct json *v = streams == NULL ? NULL : streams->first;
       v != NULL; v = v->next) {
    read_stream(r, v, with_contacts);
  }
  r->shift_rules = member_at(section, PLAN_SIMULATION_SHIFTS);
}

void read_shifts(struct simulate_reader *r) {
  for (const struct json *v = r->shift_rules == NULL ? NULL
                                                     : r->shift_rules->first;
       v != NULL; v = v->next) {
    read_shift(r, v);
  }
}
