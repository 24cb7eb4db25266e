#include "simulate/history.h"

#include <string.h>

#include "base/check.h"
#include "simulate/read_priv.h"

/* One wait in a queue, and what followed. */
struct history_visit {
  struct simulate_contact contact;
  uint8_t status; /* SESSION_QUEUED, ACTIVE or WRAPUP; else nothing is open */
  int64_t since_us, offered_us;
  uint32_t channel; /* of the session */
};

struct history_agent {
  bool there;
  bool seen; /* at any time */
  int64_t since_us;
};

enum bt_err simulate_history_init(struct simulate_history *h,
                                  struct simulate_reader *reader) {
  const struct engine_options options = {.centre = TEXT("history")};
  *h = (struct simulate_history){.reader = reader};
  return engine_create(reader->arena->mem, &options, &h->engine);
}

void simulate_history_free(struct simulate_history *h) {
  const struct mem *mem = h->reader->arena->mem;
  mem_free(mem, h->visits, h->visit_cap * sizeof *h->visits);
  mem_free(mem, h->agents, h->agent_cap * sizeof *h->agents);
  mem_free(mem, h->answers_s, h->answer_cap * sizeof *h->answers_s);
  engine_free(h->engine);
}

static struct text keep(struct simulate_history *h, struct text t) {
  const struct text kept =
      t.len == 0 ? t : arena_copy_text(h->reader->arena, t);
  h->no_memory = h->no_memory || kept.ptr == NULL;
  return kept;
}

/* ---- one visit */

/* The queue's id, or the skill or agent that it stands for, as a transfer names
 * it. */
static struct text target_of(struct simulate_history *h, uint32_t queue) {
  const struct directory *d = engine_directory(h->engine);
  if (queue >= d->queue_count) {
    return TEXT("");
  }
  const struct dir_queue *q = &d->queues[queue];
  if (q->skill != DIR_NONE) {
    return keep(h, d->skills[q->skill].name);
  }
  if (q->agent == DIR_NONE) {
    return keep(h, q->id);
  }
  struct textbuf b;
  textbuf_init(&b, h->reader->arena->mem);
  textbuf_addf(&b, "agent:%.*s", TEXT_ARG(d->agents[q->agent].id));
  const struct text name = keep(h, textbuf_text(&b));
  textbuf_free(&b);
  return name;
}

static void begin(struct simulate_history *h, struct history_visit *v,
                  const struct record *ev) {
  const struct directory *d = engine_directory(h->engine);
  const uint32_t preferred = (uint32_t)record_num(ev, FIELD_PREFERRED);
  v->status = SESSION_QUEUED;
  v->offered_us = 0;
  v->contact = (struct simulate_contact){
      .at_us = record_num(ev, FIELD_AT),
      .times_us = {SIMULATE_OPEN, SIMULATE_OPEN, SIMULATE_OPEN},
      .priority = record_has(ev, FIELD_PRIORITY)
                      ? record_num(ev, FIELD_PRIORITY)
                      : SIMULATE_OPEN,
      .channel = v->channel,
      .target = target_of(h, (uint32_t)record_num(ev, FIELD_QUEUE)),
      .skills = keep(h, record_text(ev, FIELD_SKILLS)),
      .skip_queue = record_num(ev, FIELD_SKIP_QUEUE) != 0};
  if (record_has(ev, FIELD_PREFERRED) && preferred < d->agent_count) {
    v->contact.preferred = keep(h, d->agents[preferred].id);
  }
}

static void finish(struct simulate_history *h, struct history_visit *v) {
  if (v->contact.target.len > 0) {
    simulate_read_contact(h->reader, &v->contact);
  }
  v->status = SESSION_NONE;
}

/* It leaves the queue without an agent. */
static void leave(struct simulate_history *h, struct history_visit *v,
                  const struct record *ev) {
  const int64_t waited_us = record_num(ev, FIELD_AT) - v->contact.at_us;
  if (text_starts(record_text(ev, FIELD_END_REASON), TEXT("customer_"))) {
    v->contact.times_us[SIMULATE_PATIENCE] = waited_us;
  } else {
    v->contact.waited_us = waited_us;
  }
  finish(h, v);
}

/* What the event ends is closed; false: nothing was open. */
static void close_open(struct simulate_history *h, struct history_visit *v,
                       const struct record *ev) {
  const int64_t lasted_us = record_num(ev, FIELD_AT) - v->since_us;
  if (v->status == SESSION_QUEUED) {
    leave(h, v, ev);
  } else if (v->status == SESSION_ACTIVE) {
    v->contact.times_us[SIMULATE_HANDLING] = lasted_us;
    v->contact.times_us[SIMULATE_WRAPUP] = 0;
    finish(h, v);
  } else if (v->status == SESSION_WRAPUP) {
    v->contact.times_us[SIMULATE_WRAPUP] = lasted_us;
    finish(h, v);
  }
}

static void answer(struct simulate_history *h, struct history_visit *v,
                   const struct record *ev) {
  const int64_t at_us = record_num(ev, FIELD_AT);
  if (v->status != SESSION_QUEUED) {
    return;
  }
  v->contact.waited_us = at_us - v->contact.at_us;
  v->status = SESSION_ACTIVE;
  v->since_us = at_us;
  if (v->offered_us > 0 &&
      mem_grow(h->reader->arena->mem, &h->answers_s, &h->answer_cap,
               h->answer_count + 1, sizeof *h->answers_s)) {
    h->answers_s[h->answer_count++] = (double)(at_us - v->offered_us) / 1e6;
  }
}

static void hear_session(struct simulate_history *h, struct history_visit *v,
                         const struct record *ev) {
  switch (ev->type) {
  case EVENT_OF_SESSION(OPENED):
    *v = (struct history_visit){.channel =
                                    (uint32_t)record_num(ev, FIELD_CHANNEL)};
    break;
  case EVENT_OF_SESSION(QUEUED):
    close_open(h, v, ev);
    begin(h, v, ev);
    break;
  case EVENT_OF_SESSION(OFFERED):
    v->offered_us = record_num(ev, FIELD_AT);
    h->offers++;
    break;
  case EVENT_OF_SESSION(OFFER_DECLINED):
    v->offered_us = 0;
    h->declined++;
    break;
  case EVENT_OF_SESSION(OFFER_EXPIRED):
    v->offered_us = 0;
    h->unanswered++;
    break;
  case EVENT_OF_SESSION(CONNECTED):
    answer(h, v, ev);
    break;
  case EVENT_OF_SESSION(WRAPPING):
    if (v->status == SESSION_ACTIVE) {
      v->contact.times_us[SIMULATE_HANDLING] =
          record_num(ev, FIELD_AT) - v->since_us;
      v->status = SESSION_WRAPUP;
      v->since_us = record_num(ev, FIELD_AT);
    }
    break;
  case EVENT_OF_SESSION(UNQUEUED):
  case EVENT_OF_SESSION(BOT_INVITED):
  case EVENT_OF_SESSION(ENDED):
    close_open(h, v, ev);
    break;
  default:
    break;
  }
}

/* ---- agents: when they are available */

static void add_shift(struct simulate_history *h, uint32_t agent,
                      int64_t to_us) {
  struct simulate_reader *r = h->reader;
  const struct text id = engine_directory(h->engine)->agents[agent].id;
  const struct read_names known = {"agent", r->agents, r->agent_count};
  if (!read_knows(&known, id)) { /* who does not work here any more */
    return;
  }
  if (!mem_grow(r->arena->mem, &r->shifts, &r->shift_cap, r->shift_count + 1,
                sizeof *r->shifts)) {
    h->no_memory = true;
    return;
  }
  r->shifts[r->shift_count++] =
      (struct simulate_shift){keep(h, id), h->agents[agent].since_us, to_us};
}

/* Who is sent away for no answer has a shift still: that is played. */
static bool ends_shift(uint32_t type) {
  return type == EVENT_OF_AGENT(WENT_AWAY) ||
         type == EVENT_OF_AGENT(LOGGED_OUT) || type == EVENT_OF_AGENT(LOST) ||
         type == EVENT_OF_AGENT(GIVEN_UP);
}

static void hear_agent(struct simulate_history *h, const struct record *ev) {
  const uint32_t agent = (uint32_t)record_num(ev, FIELD_AGENT);
  const int64_t at_us = record_num(ev, FIELD_AT);
  if (!mem_grow(h->reader->arena->mem, &h->agents, &h->agent_cap,
                (size_t)agent + 1, sizeof *h->agents)) {
    h->no_memory = true;
    return;
  }
  struct history_agent *a = &h->agents[agent];
  const bool there = record_num(ev, FIELD_PRESENCE) == AGENT_AVAILABLE;
  if (there && !a->there) {
    a->since_us = at_us;
    a->there = a->seen = true;
  } else if (a->there && ends_shift(ev->type)) {
    add_shift(h, agent, at_us);
    a->there = false;
  }
}

void simulate_history_event(struct simulate_history *h, uint64_t seq,
                            const struct record *ev) {
  uint32_t slot = 0;
  struct id offered;
  engine_apply(h->engine, seq, ev);
  h->last_us = record_num(ev, FIELD_AT);
  if (event_is_agent(ev->type)) {
    hear_agent(h, ev);
  } else if (event_is_session(ev->type) &&
             engine_find(h->engine, record_id(ev, FIELD_SESSION), &slot) &&
             /* the contact is the session that was offered in it */
             !engine_session_offers(h->engine, slot, &offered)) {
    if (mem_grow(h->reader->arena->mem, &h->visits, &h->visit_cap,
                 (size_t)slot + 1, sizeof *h->visits)) {
      hear_session(h, &h->visits[slot], ev);
    } else {
      h->no_memory = true;
    }
  }
}

void simulate_history_batch(struct simulate_history *h) {
  struct id id;
  uint64_t seq;
  while (engine_take_finished(h->engine, &id, &seq)) {
  }
}

/* ---- laws of what is unknown */

/* Times that were seen of one stream's contacts. */
static void sample(struct simulate_history *h, uint32_t stream,
                   enum simulate_time time, struct simulate_law *law) {
  const struct simulate_reader *r = h->reader;
  size_t count = 0;
  for (size_t i = 0; i < r->contact_count; i++) {
    const struct simulate_contact *c = &r->contacts[i];
    count += c->stream == stream && c->times_us[time] != SIMULATE_OPEN;
  }
  double *seen_s = arena_alloc(r->arena, (count + 1) * sizeof *seen_s);
  h->no_memory = h->no_memory || seen_s == NULL;
  if (count == 0 || seen_s == NULL) {
    return;
  }
  *law = (struct simulate_law){.form = SIMULATE_SAMPLE, .seen_s = seen_s};
  for (size_t i = 0; i < r->contact_count; i++) {
    const struct simulate_contact *c = &r->contacts[i];
    if (c->stream == stream && c->times_us[time] != SIMULATE_OPEN) {
      seen_s[law->seen_count++] = (double)c->times_us[time] / 1e6;
    }
  }
}

static void find_patience(const struct simulate_reader *r, uint32_t stream,
                          struct simulate_law *law) {
  double waited_s = 0, left = 0;
  for (size_t i = 0; i < r->contact_count; i++) {
    const struct simulate_contact *c = &r->contacts[i];
    const int64_t patience_us = c->times_us[SIMULATE_PATIENCE];
    if (c->stream == stream) {
      left += patience_us != SIMULATE_OPEN;
      waited_s +=
          (double)(patience_us != SIMULATE_OPEN ? patience_us : c->waited_us) /
          1e6;
    }
  }
  if (left > 0) {
    *law = (struct simulate_law){.form = SIMULATE_EXPONENTIAL,
                                 .mean_s = waited_s / left};
  }
}

/* What the plan's file says comes before what was seen. */
static void find_laws(struct simulate_history *h) {
  struct simulate_reader *r = h->reader;
  for (uint32_t i = 0; i < r->stream_count; i++) {
    struct simulate_law *laws = r->streams[i].laws;
    for (unsigned t = 0; t < SIMULATE_TIMES; t++) {
      if (laws[t].form != SIMULATE_NONE || r->laws[t].form != SIMULATE_NONE) {
        continue;
      }
      if (t == SIMULATE_PATIENCE) {
        find_patience(r, i, &laws[t]);
      } else {
        sample(h, i, (enum simulate_time)t, &laws[t]);
      }
    }
  }
}

static void find_people(struct simulate_history *h) {
  struct simulate_people *p = &h->reader->plan.people;
  if (h->reader->has_people || h->offers == 0) {
    return;
  }
  double *seen_s =
      arena_alloc(h->reader->arena, (h->answer_count + 1) * sizeof *seen_s);
  if (seen_s == NULL) {
    h->no_memory = true;
    return;
  }
  if (h->answer_count > 0) {
    memcpy(seen_s, h->answers_s, h->answer_count * sizeof *seen_s);
    p->answer = (struct simulate_law){.form = SIMULATE_SAMPLE,
                                      .seen_s = seen_s,
                                      .seen_count = h->answer_count};
  }
  p->declined = (double)h->declined / (double)h->offers;
  p->unanswered = (double)h->unanswered / (double)h->offers;
}

/* Who was never seen does not come: a shift without length. */
static void close_shifts(struct simulate_history *h) {
  struct simulate_reader *r = h->reader;
  const struct directory *d = engine_directory(h->engine);
  for (uint32_t i = 0; i < h->agent_cap && i < d->agent_count; i++) {
    if (h->agents[i].there) {
      add_shift(h, i, h->last_us + 1);
    }
  }
  for (size_t i = 0; i < r->agent_count; i++) {
    const uint32_t number = directory_agent(d, r->agents[i]);
    const bool seen =
        number != DIR_NONE && number < h->agent_cap && h->agents[number].seen;
    if (!seen && mem_grow(r->arena->mem, &r->shifts, &r->shift_cap,
                          r->shift_count + 1, sizeof *r->shifts)) {
      r->shifts[r->shift_count++] = (struct simulate_shift){r->agents[i], 0, 0};
    }
  }
}

void simulate_history_close(struct simulate_history *h) {
  for (size_t i = 0; i < h->visit_cap; i++) {
    struct history_visit *v = &h->visits[i];
    if (v->status == SESSION_QUEUED) {
      v->contact.waited_us = h->last_us - v->contact.at_us;
    }
    if (v->status == SESSION_QUEUED || v->status == SESSION_ACTIVE ||
        v->status == SESSION_WRAPUP) {
      finish(h, v);
    }
  }
  if (h->reader->shift_rules == NULL) {
    close_shifts(h);
  } else {
    h->reader->shift_count = 0;
  }
  find_laws(h);
  find_people(h);
  h->reader->no_memory = h->reader->no_memory || h->no_memory;
}
