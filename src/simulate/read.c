/* What the readers share, and how a plan is put together. */
#include "simulate/read.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/calendar.h"
#include "engine/hours.h"
#include "simulate/read_priv.h"

#define DAY_US      INT64_C(86400000000)
#define DAY_S       INT64_C(86400)
#define DEFAULT_DAY INT64_C(20458) /* 2026-01-05 */
#define BACK_US     INT64_C(60000000)

void read_report(struct simulate_reader *r, struct simulate_where where,
                 const char *format, ...) {
  char sentence[512];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);
  r->errors++;
  r->report(r->ctx, where, sentence);
}

void read_unknown(struct simulate_reader *r, struct simulate_where where,
                  const struct read_names *known, struct text found) {
  const size_t near = text_nearest(found, known->items, known->count);
  if (near < known->count) {
    read_report(r, where, "there is no %s \"%.*s\"; did you mean \"%.*s\"?",
                known->what, TEXT_ARG(found), TEXT_ARG(known->items[near]));
    return;
  }
  char list[256] = "";
  size_t at = 0;
  for (size_t i = 0; i < known->count && i < 10 && at < sizeof list; i++) {
    const int n = snprintf(list + at, sizeof list - at, "%s\"%.*s\"",
                           i == 0 ? "" : ", ", TEXT_ARG(known->items[i]));
    at += n > 0 ? (size_t)n : 0;
  }
  read_report(r, where, "there is no %s \"%.*s\"%s%s", known->what,
              TEXT_ARG(found), known->count > 0 ? "; there is " : "", list);
}

bool read_knows(const struct read_names *known, struct text name) {
  for (size_t i = 0; i < known->count; i++) {
    if (text_equal_nocase(known->items[i], name)) {
      return true;
    }
  }
  return false;
}

static void require(struct simulate_reader *r, struct simulate_where where,
                    const struct read_names *known, struct text name) {
  if (!read_knows(known, name)) {
    read_unknown(r, where, known, name);
  }
}

void read_target(struct simulate_reader *r, struct simulate_where where,
                 struct text name) {
  const struct read_names queues = {"queue", r->queues, r->queue_count};
  const struct read_names skills = {"skill", r->skills, r->skill_count};
  if (!read_knows(&skills, name)) {
    require(r, where, &queues, name);
  }
}

void read_agent(struct simulate_reader *r, struct simulate_where where,
                struct text name) {
  const struct read_names agents = {"agent", r->agents, r->agent_count};
  require(r, where, &agents, name);
}

void read_skill(struct simulate_reader *r, struct simulate_where where,
                struct text name) {
  const struct read_names skills = {"skill", r->skills, r->skill_count};
  require(r, where, &skills, name);
}

void simulate_read_init(struct simulate_reader *r, struct arena *arena) {
  *r = (struct simulate_reader){.arena = arena};
  r->plan.interval_us = SIMULATE_INTERVAL_US;
  r->plan.from_us = DEFAULT_DAY * DAY_US;
  r->plan.people.back_us = BACK_US;
}

void simulate_read_free(struct simulate_reader *r) {
  const struct mem *mem = r->arena->mem;
  mem_free(mem, r->streams, r->stream_cap * sizeof *r->streams);
  mem_free(mem, r->contacts, r->contact_cap * sizeof *r->contacts);
  mem_free(mem, r->shifts, r->shift_cap * sizeof *r->shifts);
}

/* ---- moments */

/* Seconds of the day: "08:00", "08:00:13". */
static bool read_clock(struct text t, int64_t *out_s) {
  int64_t parts[3] = {0, 0, 0};
  size_t count = 0;
  for (size_t at = 0; at <= t.len; count++) {
    const size_t end = text_find(t, TEXT(":"), at);
    if (count == 3 || end - at != 2 ||
        !text_to_i64(text_sub(t, at, 2), &parts[count]) || parts[count] < 0) {
      return false;
    }
    at = end + 1;
  }
  *out_s = parts[0] * 3600 + parts[1] * 60 + parts[2];
  return count >= 2 && parts[0] < 24 && parts[1] < 60 && parts[2] < 60;
}

bool simulate_read_time(struct text t, const struct tz *zone, int64_t day_us,
                        int64_t *out_us) {
  int64_t day = 0, second = 0;
  if (time_from_text(t, out_us)) {
    return *out_us >= 0;
  }
  if (read_clock(t, &second)) {
    const int64_t local_s =
        day_us / 1000000 + tz_offset_at(zone, day_us / 1000000);
    const int64_t midnight_s = local_s - local_s % DAY_S;
    *out_us = tz_from_local(zone, midnight_s + second) * 1000000;
    return true;
  }
  if (t.len < 10 || !hours_read_date(text_sub(t, 0, 10), &day) || day < 0 ||
      (t.len > 10 && ((t.ptr[10] != ' ' && t.ptr[10] != 'T') ||
                      !read_clock(text_sub(t, 11, t.len - 11), &second)))) {
    return false;
  }
  *out_us = tz_from_local(zone, day * DAY_S + second) * 1000000;
  return true;
}

/* ---- together */

struct simulate_stream *read_new_stream(struct simulate_reader *r) {
  if (!mem_grow(r->arena->mem, &r->streams, &r->stream_cap, r->stream_count + 1,
                sizeof *r->streams)) {
    r->no_memory = true;
    return NULL;
  }
  struct simulate_stream *s = &r->streams[r->stream_count++];
  *s = (struct simulate_stream){.form = {.priority = SIMULATE_OPEN}};
  return s;
}

/* The first stream for the target says how long its contacts take; where there
 * is none, one with the common laws is made. */
static uint32_t stream_for(struct simulate_reader *r, struct text target) {
  for (size_t i = 0; i < r->stream_count; i++) {
    if (text_equal_nocase(r->streams[i].form.target, target)) {
      return (uint32_t)i;
    }
  }
  struct simulate_stream *s = read_new_stream(r);
  if (s == NULL) {
    return 0;
  }
  s->form.target = target;
  return (uint32_t)(r->stream_count - 1);
}

void simulate_read_contact(struct simulate_reader *r,
                           const struct simulate_contact *c) {
  const uint32_t stream = stream_for(r, c->target);
  if (!mem_grow(r->arena->mem, &r->contacts, &r->contact_cap,
                r->contact_count + 1, sizeof *r->contacts)) {
    r->no_memory = true;
    return;
  }
  r->contacts[r->contact_count] = *c;
  r->contacts[r->contact_count++].stream = stream;
}

/* From the first contact's interval to the last one's, where nothing else is
 * said. */
static void find_span(struct simulate_reader *r) {
  int64_t first_us = INT64_MAX, last_us = INT64_MIN;
  struct simulate_plan *p = &r->plan;
  for (size_t i = 0; i < r->contact_count; i++) {
    const int64_t at_us = r->contacts[i].at_us;
    first_us = at_us < first_us ? at_us : first_us;
    last_us = at_us >= last_us ? at_us + 1 : last_us;
  }
  for (size_t i = 0; i < r->stream_count; i++) {
    const struct simulate_stream *s = &r->streams[i];
    for (size_t k = 0; k < s->piece_count; k++) {
      const struct simulate_piece *piece = &s->pieces[k];
      first_us = piece->from_us < first_us ? piece->from_us : first_us;
      last_us = piece->to_us > last_us ? piece->to_us : last_us;
    }
  }
  if (!r->has_from && first_us != INT64_MAX) {
    p->from_us = first_us - first_us % p->interval_us;
  }
  if (!r->has_to) {
    const int64_t end_us = last_us == INT64_MIN ? p->from_us + DAY_US : last_us;
    const int64_t span = end_us - p->from_us + p->interval_us - 1;
    p->to_us = p->from_us + span - span % p->interval_us;
  }
}

/* Who comes before the beginning, or after the end, does not come. */
static void drop_outside(struct simulate_reader *r) {
  size_t kept = 0;
  for (size_t i = 0; i < r->contact_count; i++) {
    const int64_t at_us = r->contacts[i].at_us;
    if (at_us >= r->plan.from_us && at_us < r->plan.to_us) {
      r->contacts[kept++] = r->contacts[i];
    }
  }
  r->contact_count = kept;
}

static void fill_laws(struct simulate_reader *r) {
  const struct simulate_where nowhere = {NULL, 0, 0};
  for (size_t i = 0; i < r->stream_count; i++) {
    struct simulate_stream *s = &r->streams[i];
    for (size_t k = 0; k < SIMULATE_TIMES; k++) {
      if (s->laws[k].form == SIMULATE_NONE) {
        s->laws[k] = r->laws[k];
      }
    }
    bool open = s->piece_count > 0;
    for (size_t k = 0; !open && k < r->contact_count; k++) {
      open = r->contacts[k].stream == i &&
             r->contacts[k].times_us[SIMULATE_HANDLING] == SIMULATE_OPEN;
    }
    if (open && s->laws[SIMULATE_HANDLING].form == SIMULATE_NONE) {
      read_report(r, nowhere,
                  "nothing says how long a conversation of \"%.*s\" takes: "
                  "write \"handling\" under \"simulation\", with its mean in "
                  "seconds, or give the table of contacts such a column",
                  TEXT_ARG(s->form.target));
      return;
    }
  }
}

void simulate_read_close(struct simulate_reader *r) {
  const struct simulate_where nowhere = {NULL, 0, 0};
  find_span(r);
  const size_t named = r->contact_count;
  drop_outside(r);
  bool comes = r->contact_count > 0;
  for (size_t i = 0; i < r->stream_count; i++) {
    comes = comes || r->streams[i].piece_count > 0;
  }
  if (r->errors == 0 && r->plan.to_us <= r->plan.from_us) {
    read_report(r, nowhere, "the simulation ends before it begins");
  } else if (r->errors == 0 &&
             (r->plan.to_us - r->plan.from_us) / r->plan.interval_us >=
                 SIMULATE_INTERVALS_MAX) {
    read_report(r, nowhere,
                "the simulation has more than %d intervals: make \"interval\" "
                "longer, or \"from\" and \"to\" closer",
                SIMULATE_INTERVALS_MAX);
  } else if (r->errors == 0 && !comes && named > 0) {
    read_report(r, nowhere,
                "nobody comes within the simulation: all %zu contacts are "
                "before \"from\" or not before \"to\"; change these under "
                "\"simulation\", or leave them out",
                named);
  } else if (r->errors == 0 && !comes) {
    read_report(r, nowhere,
                "nobody comes: write \"contacts\" under \"simulation\" in the "
                "centre's file, or name a table of contacts with --arrivals, "
                "or the data directory of a centre with --history");
  } else if (r->errors == 0) {
    fill_laws(r);
    read_shifts(r);
  }
  r->plan.streams = r->streams;
  r->plan.stream_count = r->stream_count;
  r->plan.contacts = r->contacts;
  r->plan.contact_count = r->contact_count;
  r->plan.shifts = r->shifts;
  r->plan.shift_count = r->shift_count;
}
