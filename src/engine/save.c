/* The state as records, for snapshots: the events that would make it, as far as
 * events can, and STATE_… records for the rest.
 *
 * A snapshot is read by the same program or a newer one. What it holds is the
 * same as what events hold, field by field, so the codec is the same too. */
#include "base/check.h"
#include "engine/centre_priv.h"
#include "engine/debug_priv.h"
#include "engine/engine_priv.h"
#include "engine/publish_priv.h"
#include "engine/state_priv.h"

struct saver {
  const struct engine *e;
  engine_sink *sink;
  void *ctx;
  bool good;
};

static void put(struct saver *s, const struct record *r) {
  s->good = s->good && s->sink(s->ctx, r);
}

/* A running timer: its deadline, and its place among equal ones. */
static void put_timer(const struct saver *s, struct record *r, enum field due,
                      enum field order, uint32_t timer) {
  if (timer != TIMER_NONE) {
    const struct timer *t = timers_get(&s->e->timers, timer);
    record_set_num(r, due, t->deadline_us);
    record_set_num(r, order, (int64_t)t->order);
  }
}

/* ---- the directory, as its events */

static void save_script(struct saver *s, uint32_t type,
                        const struct program *program, struct text name) {
  struct record r;
  record_init(&r, type);
  record_set_text(&r, FIELD_NAME, name);
  record_set_text(&r, FIELD_SOURCE, program_source(program));
  put(s, &r);
}

static void save_named(struct saver *s, uint32_t type, enum field field,
                       struct text name) {
  struct record r;
  record_init(&r, type);
  record_set_text(&r, field, name);
  put(s, &r);
}

static void save_skill(struct saver *s, const struct dir_skill *skill) {
  struct record r;
  record_init(&r, EVENT_SKILL_PUT);
  record_set_text(&r, FIELD_NAME, skill->name);
  if (skill->listed) {
    record_set_text(&r, FIELD_CONFIG, TEXT("{}"));
  }
  put(s, &r);
}

/* What the API has changed, and the file is not to change back. */
static void put_origin(struct record *r, const struct dir_origin *o) {
  if (directory_is_by_hand(o)) {
    record_set_num(r, FIELD_ROLE, o->role);
    record_set_num(r, FIELD_AT, o->at_us);
    record_set_given(r, FIELD_ACTOR, o->by);
  }
}

static void put_config(struct saver *s, uint32_t type, enum config_object kind,
                       uint32_t number) {
  const struct directory *d = &s->e->dir;
  struct record r;
  record_init(&r, type);
  record_set_text(&r, FIELD_CONFIG, directory_config(d, kind, number));
  put_origin(&r, directory_origin(d, kind, number));
  put(s, &r);
}

static void save_removed(struct saver *s, uint32_t type, uint32_t number) {
  const struct directory *d = &s->e->dir;
  struct record r;
  enum config_object kind = CONFIG_SKILL;
  while (removed_event(kind) != type) {
    kind++;
  }
  record_init(&r, type);
  record_set_text(&r, FIELD_NAME, directory_id(d, kind, number));
  put_origin(&r, directory_origin(d, kind, number));
  put(s, &r);
}

static void save_calendar(struct saver *s, const struct dir_calendar *k) {
  struct record r;
  record_init(&r, EVENT_HOURS_PUT);
  put_origin(&r, &k->origin);
  record_set_text(&r, FIELD_CONFIG, k->config);
  record_set_text(&r, FIELD_ZONE, k->zone_name);
  record_set_text(&r, FIELD_ZONE_FILE, k->zone_file);
  put(s, &r);
}

static void save_object(struct saver *s, uint32_t type, uint32_t number) {
  const struct directory *d = &s->e->dir;
  switch (type) {
  case EVENT_SKILL_PUT:
    save_skill(s, &d->skills[number]);
    break;
  case EVENT_QUEUE_PUT:
    put_config(s, type, CONFIG_QUEUE, number);
    break;
  case EVENT_AGENT_PUT:
    put_config(s, type, CONFIG_AGENT, number);
    break;
  case EVENT_BOT_PUT:
    put_config(s, type, CONFIG_BOT, number);
    break;
  case EVENT_ENTRY_PUT:
    put_config(s, type, CONFIG_ENTRY, number);
    break;
  case EVENT_HOURS_PUT:
    save_calendar(s, &d->calendars[number]);
    break;
  case EVENT_DISPOSITION_PUT:
    put_config(s, type, CONFIG_DISPOSITION, number);
    break;
  case EVENT_AWAY_REASON_PUT:
    save_named(s, type, FIELD_AWAY_REASON, d->away_reasons[number]);
    break;
  case EVENT_SKILL_REMOVED:
  case EVENT_QUEUE_REMOVED:
  case EVENT_AGENT_REMOVED:
  case EVENT_HOURS_REMOVED:
  case EVENT_DISPOSITION_REMOVED:
    save_removed(s, type, number);
    break;
  default:
    save_script(s, EVENT_SCRIPT_PUT, d->scripts[number].program,
                d->scripts[number].name);
    break;
  }
}

static bool is_put_twice(const struct directory *d,
                         const struct log_entry *entry) {
  return (entry->type == EVENT_QUEUE_PUT &&
          !d->queues[entry->number].origin.removed) ||
         (entry->type == EVENT_AGENT_PUT &&
          !d->agents[entry->number].origin.removed);
}

static void save_publications(struct saver *s) {
  struct record r;
  record_init(&r, STATE_VERSION);
  for (size_t i = 0; engine_publication(s->e, i, &r); i++) {
    put(s, &r);
    record_init(&r, STATE_VERSION);
  }
}

static void save_directory(struct saver *s) {
  const struct engine *e = s->e;
  /* Old versions of scripts that runs may need; then everything in the order in
   * which it got its number. */
  for (size_t i = 0; i < e->version_count; i++) {
    save_script(s, STATE_VERSION, e->versions[i].program,
                program_file_name(e->versions[i].program));
  }
  save_publications(s);
  for (size_t i = 0; i < e->log_count; i++) {
    save_object(s, e->log[i].type, e->log[i].number);
  }
  /* Once more: by now every skill that they name is known. */
  for (size_t i = 0; i < e->log_count; i++) {
    if (is_put_twice(&e->dir, &e->log[i])) {
      save_object(s, e->log[i].type, e->log[i].number);
    }
  }
}

/* ---- agents, queues, offers, answers */

enum { LOAD_BYTES = 4 * AGENT_CHANNELS + 1 };

static void save_agent(struct saver *s, uint32_t number) {
  const struct agent_slot *slot = &s->e->agents[number];
  const struct agent *a = &slot->a;
  char load[LOAD_BYTES];
  for (size_t c = 0; c < AGENT_CHANNELS; c++) {
    load[4 * c] = (char)a->load[c].capacity;
    load[4 * c + 1] = (char)a->load[c].reserved;
    load[4 * c + 2] = (char)a->load[c].active;
    load[4 * c + 3] = (char)a->load[c].wrapup;
  }
  load[LOAD_BYTES - 1] = (char)a->resume;
  struct record r;
  record_init(&r, STATE_AGENT);
  record_set_num(&r, FIELD_AGENT, number);
  record_set_num(&r, FIELD_PRESENCE, a->presence);
  record_set_num(&r, FIELD_AWAY, a->away_code);
  record_set_num(&r, FIELD_IDLE_SINCE, a->idle_since_us);
  record_set_num(&r, FIELD_SINCE, slot->doing_us);
  record_set_num(&r, FIELD_PLANNED, slot->planned_us);
  record_set_num(&r, FIELD_VISIT, a->visit);
  record_set_text(&r, FIELD_LIMITS, (struct text){load, sizeof load});
  put_timer(s, &r, FIELD_DEADLINE, FIELD_TIMER_ORDER, slot->timer);
  put(s, &r);
}

static void save_turns(struct saver *s, uint32_t queue) {
  const uint32_t agents = router_turn_count(&s->e->router, queue);
  for (uint32_t i = 0; i < agents; i++) {
    const uint64_t turn = router_turn(&s->e->router, queue, i);
    if (turn > 0) {
      struct record r;
      record_init(&r, STATE_TURN);
      record_set_num(&r, FIELD_QUEUE, queue);
      record_set_num(&r, FIELD_AGENT, i);
      record_set_num(&r, FIELD_OFFER, (int64_t)turn);
      put(s, &r);
    }
  }
}

static void save_flow(struct saver *s, uint32_t number) {
  const struct flow *f = &s->e->queues[number].flow;
  if (f->taken == 0) {
    return;
  }
  struct record r;
  record_init(&r, STATE_FLOW);
  record_set_num(&r, FIELD_QUEUE, number);
  record_set_num(&r, FIELD_SEEN, f->taken);
  record_set_num(&r, FIELD_AT, f->last_us);
  record_set_num(&r, FIELD_WINDOW, f->mean_us);
  put(s, &r);
}

static void save_figures(struct saver *s, enum figures_of of) {
  struct textbuf bytes;
  textbuf_init(&bytes, &s->e->mem);
  for (uint32_t i = 0; i < s->e->figures.caps[of]; i++) {
    textbuf_clear(&bytes);
    figures_encode(&s->e->figures, (struct figures_key){of, i}, &bytes);
    s->good = s->good && !bytes.failed;
    if (bytes.len > 0) {
      struct record r;
      record_init(&r, STATE_FIGURES);
      record_set_num(&r, FIELD_FIGURES_OF, of);
      record_set_num(&r, FIELD_FIGURES_NUMBER, i);
      record_set_text(&r, FIELD_FIGURES, textbuf_text(&bytes));
      put(s, &r);
    }
  }
  textbuf_free(&bytes);
}

static void save_queue(struct saver *s, uint32_t number) {
  const struct queue_slot *q = &s->e->queues[number];
  save_flow(s, number);
  save_turns(s, number);
  if (q->since_us == 0) {
    return; /* always open */
  }
  struct record r;
  record_init(&r, q->paused     ? EVENT_QUEUE_PAUSED
                  : q->draining ? EVENT_QUEUE_DRAINING
                                : EVENT_QUEUE_OPENED);
  record_set_num(&r, FIELD_QUEUE, number);
  record_set_num(&r, FIELD_AT, q->since_us);
  record_set_given(&r, FIELD_REASON, q->reason);
  put_timer(s, &r, FIELD_UNTIL, FIELD_TIMER_ORDER, q->timer);
  put(s, &r);
}

static void save_offer(struct saver *s, const struct offer *o) {
  struct record r;
  record_init(&r, STATE_OFFER);
  record_set_num(&r, FIELD_OFFER, (int64_t)o->id);
  record_set_num(&r, FIELD_AT, o->made_us);
  record_set_num(&r, FIELD_DEADLINE, o->deadline_us);
  record_set_num(&r, FIELD_AGENT, o->agent);
  record_set_num(&r, FIELD_QUEUE, o->queue);
  record_set_num(&r, FIELD_CHANNEL, o->channel);
  record_set_num(&r, FIELD_PRESENCE, o->state);
  record_set_num(&r, FIELD_OFFER_REASON, o->reason);
  if (o->state == OFFER_PENDING) {
    record_set_id(&r, FIELD_SESSION, engine_live(s->e, o->session)->id);
  }
  put(s, &r);
}

static void save_kept(struct saver *s, const struct kept_answer *k) {
  struct record r;
  record_init(&r, EVENT_ANSWER_KEPT);
  record_set_text(&r, FIELD_KEY, k->key);
  record_set_num(&r, FIELD_HASH, (int64_t)k->hash);
  record_set_num(&r, FIELD_AT, k->at_us);
  record_set_num(&r, FIELD_CODE, k->code);
  record_set_text(&r, FIELD_BODY, k->body);
  record_set_id(&r, FIELD_TRANSFER_ID, k->session);
  record_set_num(&r, FIELD_VERSION, k->version);
  put(s, &r);
}

/* ---- sessions */

static void begin_part(const struct live *l, struct record *r, uint32_t type) {
  record_init(r, type);
  record_set_id(r, FIELD_SESSION, l->id);
}

static void save_messages(struct saver *s, const struct live *l) {
  struct record r;
  for (size_t i = 0; i < l->message_count; i++) {
    const struct message *m = &l->messages[i];
    begin_part(l, &r, STATE_MESSAGE);
    record_set_num(&r, FIELD_AT, m->at_us);
    record_set_num(&r, FIELD_MESSAGE, m->number);
    record_set_num(&r, FIELD_ROLE, m->role);
    record_set_given(&r, FIELD_ACTOR, m->author);
    record_set_text(&r, FIELD_TEXT, m->text);
    record_set_given(&r, FIELD_DATA, m->data);
    put(s, &r);
  }
}

static void save_legs(struct saver *s, const struct live *l) {
  struct record r;
  for (size_t i = 0; i < l->leg_count; i++) {
    const struct leg *leg = &l->legs[i];
    begin_part(l, &r, STATE_LEG);
    record_set_num(&r, FIELD_ROLE, leg->role);
    record_set_num(&r, FIELD_HOLDER_NUMBER, leg->number);
    record_set_num(&r, FIELD_EPOCH, leg->epoch);
    record_set_num(&r, FIELD_AT, leg->joined_us);
    record_set_num(&r, FIELD_UNTIL, leg->left_us);
    if (leg->reason != NULL) {
      record_set_text(&r, FIELD_END_REASON, text_from(leg->reason));
    }
    put(s, &r);
  }
}

static void save_transfer(struct saver *s, const struct live *l) {
  const struct transfer *t = &l->transfer;
  if (t->state == TRANSFER_NONE) {
    return;
  }
  struct record r;
  begin_part(l, &r, STATE_TRANSFER);
  record_set_id(&r, FIELD_TRANSFER_ID, t->id);
  record_set_num(&r, FIELD_TRANSFER, (int64_t)t->number);
  record_set_num(&r, FIELD_PRESENCE, t->state);
  record_set_num(&r, FIELD_ROLE, t->role);
  record_set_num(&r, FIELD_SKIP_QUEUE, t->skip_queue);
  record_set_num(&r, FIELD_WAITS, t->to_bot);
  record_set_num(&r, FIELD_WAIT_TARGET, t->target);
  record_set_num(&r, FIELD_PRIORITY, t->priority);
  live_put_ageing(&r, &t->ageing);
  if (t->preferred != SESSION_NOBODY) {
    record_set_num(&r, FIELD_PREFERRED, t->preferred);
    record_set_num(&r, FIELD_PREFER_FOR, t->prefer_ms / 1000);
  }
  record_set_num(&r, FIELD_AT, t->asked_us);
  record_set_num(&r, FIELD_DEADLINE, t->deadline_us);
  record_set_num(&r, FIELD_UNTIL, t->done_us);
  record_set_given(&r, FIELD_SKILLS, t->skills);
  record_set_given(&r, FIELD_REASON, t->reason);
  record_set_given(&r, FIELD_NOTE, t->note);
  record_set_given(&r, FIELD_ACTOR, t->actor);
  put(s, &r);
}

static void save_run(struct saver *s, const struct live *l,
                     const struct run *run) {
  struct record r;
  begin_part(l, &r, STATE_RUN);
  record_set_num(&r, FIELD_RUN, (int64_t)run->number);
  record_set_num(&r, FIELD_SCRIPT, run->script);
  record_set_num(&r, FIELD_PROGRAM, (int64_t)program_hash(run->program));
  record_set_num(&r, FIELD_SLEEP, run->sleep);
  record_set_num(&r, FIELD_WAKE, run->wake_us);
  record_set_num(&r, FIELD_AT, run->slept_us);
  record_set_num(&r, FIELD_TRANSFER, (int64_t)run->transfer);
  record_set_num(&r, FIELD_FROM_STATUS, run->status);
  record_set_num(&r, FIELD_QUESTION, (int64_t)run->question);
  record_set_num(&r, FIELD_SEEN, run->seen);
  record_set_num(&r, FIELD_EPOCH, run->epoch);
  record_set_text(&r, FIELD_IMAGE, run->image);
  record_set_num(&r, FIELD_PARENT, (int64_t)run->parent);
  record_set_num(&r, FIELD_SPAWNED, run->beside ? 2 : 0);
  record_set_given(&r, FIELD_VALUE, run->params);
  record_set_given(&r, FIELD_GLOBALS, run->globals);
  put_timer(s, &r, FIELD_WAKE, FIELD_TIMER_ORDER, run->timer);
  put(s, &r);
}

static void save_debugger(struct saver *s, const struct live *l) {
  const struct live_debug *d = l->debug;
  if (d == NULL) {
    return;
  }
  struct record r;
  begin_part(l, &r, STATE_DEBUGGER);
  record_set_given(&r, FIELD_BREAKPOINTS, d->breakpoints);
  record_set_num(&r, FIELD_TRACE, d->trace);
  record_set_num(&r, FIELD_PAUSE_LIMIT, d->limit_s);
  record_set_text(&r, FIELD_STEP,
                  text_from(debug_step_name((enum debug_step)d->step)));
  record_set_num(&r, FIELD_DEPTH, d->depth);
  record_set_num(&r, FIELD_RUN, (int64_t)d->run);
  put(s, &r);
}

static void save_exclusions(struct saver *s, uint32_t slot) {
  struct router_exclusion list[64];
  const size_t most = sizeof list / sizeof list[0];
  if (!router_waits(&s->e->router, slot)) {
    return;
  }
  const struct live *l = engine_live(s->e, slot);
  const size_t n = router_exclusions(&s->e->router, slot, list, most);
  /* The router has the newest first. */
  for (size_t i = n < most ? n : most; i-- > 0;) {
    struct record r;
    begin_part(l, &r, STATE_EXCLUSION);
    record_set_num(&r, FIELD_AGENT, list[i].agent);
    record_set_num(&r, FIELD_UNTIL, list[i].until_us);
    put_timer(s, &r, FIELD_DEADLINE, FIELD_TIMER_ORDER, l->timer_rematch);
    put(s, &r);
  }
}

/* Its place in the queue. */
static void put_place_state(const struct saver *s, const struct live *l,
                            struct record *r) {
  record_set_num(r, FIELD_ENTERED, l->entered_us);
  record_set_num(r, FIELD_WAITS_SINCE, l->waits_us);
  record_set_num(r, FIELD_RINGS_SINCE, l->rings_us);
  record_set_num(r, FIELD_RING, l->ring);
  record_set_num(r, FIELD_TOLD, l->told_us);
  record_set_num(r, FIELD_ORDER, (int64_t)l->order);
  record_set_num(r, FIELD_PRIORITY, l->priority);
  record_set_num(r, FIELD_SKIP_QUEUE, l->skip_queue);
  live_put_ageing(r, &l->ageing);
  if (l->preferred != SESSION_NOBODY) {
    record_set_num(r, FIELD_PREFERRED, l->preferred);
    record_set_num(r, FIELD_PREFERRED_UNTIL, l->preferred_until_us);
  }
  if (l->timer_announce != TIMER_NONE) {
    record_set_num(
        r, FIELD_TIMER_ORDER_5,
        (int64_t)timers_get(&s->e->timers, l->timer_announce)->order);
  }
  if (l->timer_widen != TIMER_NONE) { /* its deadline follows from the rest */
    record_set_num(r, FIELD_TIMER_ORDER_4,
                   (int64_t)timers_get(&s->e->timers, l->timer_widen)->order);
  }
}

/* FIELD_DEADLINE: the status timer; FIELD_UNTIL: the lost customer's, or when a
 * finished session is forgotten. */
static void save_session(struct saver *s, uint32_t slot) {
  const struct live *l = engine_live(s->e, slot);
  struct record r;
  begin_part(l, &r, STATE_SESSION);
  live_put_session(&r, &l->s);
  record_set_num(&r, FIELD_CHANNEL, l->channel);
  record_set_num(&r, FIELD_ENTRY, l->entry);
  record_set_num(&r, FIELD_SEEN, l->customer_here);
  record_set_num(&r, FIELD_RELEASE, l->followed);
  record_set_num(&r, FIELD_AT, l->opened_us);
  record_set_num(&r, FIELD_WAKE, l->ended_us);
  record_set_num(&r, FIELD_IDLE_SINCE, l->since_us);
  record_set_num(&r, FIELD_RETRY_MS, l->holder_since_us);
  record_set_num(&r, FIELD_WINDOW, l->goodbye_us);
  record_set_num(&r, FIELD_RUN, l->spoken_us);
  put_place_state(s, l, &r);
  record_set_num(&r, FIELD_PREV, (int64_t)l->last_seq);
  record_set_num(&r, FIELD_AWAY, l->last_agent);
  record_set_num(&r, FIELD_SPAWNED, l->spawned);
  record_set_num(&r, FIELD_SEEN_CALLS, l->callbacks);
  record_set_num(&r, FIELD_CALLBACK,
                 l->call_queue == SESSION_NOBODY ? 0
                                                 : (int64_t)l->call_queue + 1);
  beside_save(l, &r);
  put_timer(s, &r, FIELD_DEADLINE, FIELD_TIMER_ORDER, l->timer_status);
  put_timer(s, &r, FIELD_UNTIL, FIELD_TIMER_ORDER_2, l->timer_customer);
  if (l->timer_transfer != TIMER_NONE) { /* its deadline is the transfer's */
    record_set_num(
        &r, FIELD_TIMER_ORDER_3,
        (int64_t)timers_get(&s->e->timers, l->timer_transfer)->order);
  }
  record_set_given(&r, FIELD_SKILLS, l->skills);
  record_set_given(&r, FIELD_CUSTOMER, l->customer);
  record_set_given(&r, FIELD_ATTRIBUTES, l->attributes);
  record_set_given(&r, FIELD_KEPT, l->bot_kept);
  record_set_given(&r, FIELD_REASON, l->reason);
  record_set_given(&r, FIELD_NOTE, l->note);
  record_set_given(&r, FIELD_DISPOSITION, l->disposition);
  record_set_given(&r, FIELD_END_REASON, l->end_reason);
  save_transfer(s, l);
  put(s, &r);
  save_messages(s, l);
  save_legs(s, l);
  for (uint32_t i = l->run; i != SESSION_NOBODY; i = s->e->runs[i].next) {
    save_run(s, l, &s->e->runs[i]);
  }
  save_debugger(s, l);
  save_exclusions(s, slot);
}

/* The sessions of a list from its end: who restores puts each before those
 * that were there, as the list did. */
static void save_list(struct saver *s, uint32_t first) {
  uint32_t slot = first;
  while (slot != SESSION_NOBODY &&
         s->e->lives[slot]->link_next != SESSION_NOBODY) {
    slot = s->e->lives[slot]->link_next;
  }
  for (; slot != SESSION_NOBODY; slot = s->e->lives[slot]->link_prev) {
    save_session(s, slot);
  }
}

static void save_sessions(struct saver *s) {
  const struct engine *e = s->e;
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    if (!live_is_listed(&e->lives[slot]->s)) {
      save_session(s, slot);
    }
  }
  for (size_t i = 0; i < e->dir.agent_count; i++) {
    save_list(s, e->agents[i].first);
  }
  for (size_t i = 0; i < e->dir.bot_count; i++) {
    save_list(s, e->bots[i].first);
  }
}

/* Which of a session's runs wait for another: told when all sessions are there.
 */
static void save_watchers(struct saver *s) {
  const struct engine *e = s->e;
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    const struct live *l = e->lives[slot];
    for (uint32_t i = l->run; i != SESSION_NOBODY; i = e->runs[i].next) {
      if (e->runs[i].watched != SESSION_NOBODY) {
        struct record r;
        begin_part(l, &r, STATE_WATCHER);
        record_set_num(&r, FIELD_RUN, (int64_t)e->runs[i].number);
        record_set_id(&r, FIELD_WATCHED, e->lives[e->runs[i].watched]->id);
        put(s, &r);
      }
    }
  }
}

static void save_numbers(struct saver *s) {
  const struct engine *e = s->e;
  struct record r;
  record_init(&r, STATE_NUMBERS);
  record_set_num(&r, FIELD_AT, e->now_us);
  record_set_num(&r, FIELD_ORDER, (int64_t)e->next_order);
  record_set_num(&r, FIELD_TRANSFER, (int64_t)e->next_transfer);
  record_set_num(&r, FIELD_RUN, (int64_t)e->next_run);
  record_set_num(&r, FIELD_QUESTION, (int64_t)e->next_question);
  record_set_num(&r, FIELD_OFFER, (int64_t)e->offers.next_id);
  record_set_num(&r, FIELD_TIMER_ORDER, (int64_t)e->timers.next_order);
  put(s, &r);
}

bool engine_save(const struct engine *e, engine_sink *sink, void *ctx) {
  struct saver s = {.e = e, .sink = sink, .ctx = ctx, .good = true};
  save_directory(&s);
  save_numbers(&s);
  for (uint32_t i = 0; i < e->dir.agent_count; i++) {
    save_agent(&s, i);
  }
  for (uint32_t i = 0; i < e->queue_count; i++) {
    save_queue(&s, i);
  }
  for (uint32_t of = 0; of < FIGURES_OBJECTS; of++) {
    save_figures(&s, (enum figures_of)of);
  }
  save_sessions(&s);
  save_watchers(&s);
  for (const struct offer *o = offers_next(&e->offers, NULL); o != NULL;
       o = offers_next(&e->offers, o)) {
    save_offer(&s, o);
  }
  for (size_t i = 0; i < e->kept_count; i++) {
    save_kept(&s, &e->kept[(e->kept_first + i) % e->kept_cap]);
  }
  save_numbers(&s); /* what was restored above has used some up */
  return s.good;
}
