/* Customers, the clock, and what is counted. */
#include "base/check.h"
#include "simulate/world_priv.h"

/* The run goes on for whoever still waits, but not for ever. */
#define AFTERWARDS_US INT64_C(86400000000)
enum { CHANCE_OFFER = 100 };

void sim_plan(struct sim *s, int64_t after_us, struct timer what) {
  what.deadline_us = s->now_us + (after_us > 0 ? after_us : 0);
  const uint32_t timer = timers_start(&s->timers, what);
  s->tally->no_memory = s->tally->no_memory || timer == TIMER_NONE;
  if (what.kind == SIM_GIVE_UP) {
    s->lives[what.owner].timer = timer;
  }
}

static const struct simulate_contact *contact_at(const struct sim *s,
                                                 uint32_t life) {
  return &s->arrivals.items[s->arrivals.order[life]];
}

/* ---- counting */

static struct simulate_cell *cell_of(struct sim *s, uint32_t life) {
  const struct sim_life *l = &s->lives[life];
  return simulate_cell_at(
      s->tally, l->row,
      simulate_interval_of(s->plan, contact_at(s, life)->at_us));
}

static void add(struct sim *s, uint32_t life, enum queue_figure figure,
                int64_t amount) {
  if (s->lives[life].counted) {
    struct figures_interval one = {0};
    one.v[figure] = amount;
    figures_fold(FIGURES_QUEUE, &cell_of(s, life)->figures, &one);
  }
}

static void count_answer(struct sim *s, uint32_t life, uint32_t queue) {
  const struct sim_life *l = &s->lives[life];
  const struct directory *d = engine_directory(s->engine);
  const int64_t waited_us = s->now_us - l->entered_us;
  add(s, life, QUEUE_ANSWERED, 1);
  add(s, life, QUEUE_IN_TARGET, waited_us <= d->queues[queue].target_ms * 1000);
  add(s, life, QUEUE_ANSWER_US, waited_us);
  add(s, life, QUEUE_LONGEST_US, waited_us);
  if (l->counted) {
    simulate_tally_wait(
        s->tally, l->row,
        simulate_interval_of(s->plan, contact_at(s, life)->at_us), waited_us);
  }
}

static void count_loss(struct sim *s, uint32_t life, const struct record *ev) {
  const int64_t waited_us = s->now_us - s->lives[life].entered_us;
  add(s, life, QUEUE_LONGEST_US, waited_us);
  if (!text_starts(record_text(ev, FIELD_END_REASON), TEXT("customer_"))) {
    add(s, life, QUEUE_TIMED_OUT, 1);
    return;
  }
  add(s, life, QUEUE_ABANDONED, 1);
  add(s, life, QUEUE_SHORT, waited_us <= FIGURES_SHORT_US);
  add(s, life, QUEUE_ABANDON_US, waited_us);
}

/* ---- what happens to a session */

static void joined(struct sim *s, uint32_t life, const struct record *ev) {
  struct sim_life *l = &s->lives[life];
  const uint32_t queue = (uint32_t)record_num(ev, FIELD_QUEUE);
  bt_check(queue < s->row_of_count);
  if (ev->type == EVENT_OF_SESSION(OVERFLOWED)) {
    add(s, life, QUEUE_OVERFLOWED, 1);
    add(s, life, QUEUE_LONGEST_US, s->now_us - l->entered_us);
  }
  if (s->row_of[queue] != SIM_NONE) {
    l->row = s->row_of[queue];
  }
  l->entered_us =
      record_has(ev, FIELD_ENTERED) ? record_num(ev, FIELD_ENTERED) : s->now_us;
  l->status = SESSION_QUEUED;
  add(s, life, QUEUE_ENTERED, 1);
}

static void offered(struct sim *s, uint32_t life, const struct record *ev) {
  struct sim_life *l = &s->lives[life];
  const struct simulate_people *p = &s->plan->people;
  l->agent = (uint32_t)record_num(ev, FIELD_AGENT);
  l->status = SESSION_OFFERED;
  l->offers++;
  sim_seat_count(s, l->agent);
  s->seats[l->agent].asked++;
  add(s, life, QUEUE_OFFERS, 1);
  struct rand r = chance_of(s->arrivals.keys[s->arrivals.order[life]],
                            CHANCE_OFFER, l->offers);
  const double u = rand_unit(&r);
  const double after_s = simulate_law_draw(&p->answer, &r);
  if (u < p->unanswered) {
    return;
  }
  sim_plan(s, (int64_t)(after_s * 1e6),
           (struct timer){.kind = u < p->unanswered + p->declined ? SIM_DECLINE
                                                                  : SIM_ANSWER,
                          .owner = life,
                          .visit = l->offers});
}

static void unasked(struct sim *s, uint32_t life) {
  sim_seat_count(s, s->lives[life].agent);
  s->seats[s->lives[life].agent].asked--;
}

static void connected(struct sim *s, uint32_t life, const struct record *ev) {
  struct sim_life *l = &s->lives[life];
  unasked(s, life);
  s->seats[l->agent].talking++;
  l->status = SESSION_ACTIVE;
  l->since_us = s->now_us;
  count_answer(s, life, (uint32_t)record_num(ev, FIELD_QUEUE));
  timers_stop(&s->timers, l->timer);
  l->timer = TIMER_NONE;
  sim_plan(s, contact_at(s, life)->times_us[SIMULATE_HANDLING],
           (struct timer){.kind = SIM_HANG_UP, .owner = life});
}

static void wrapping(struct sim *s, uint32_t life) {
  struct sim_life *l = &s->lives[life];
  sim_seat_count(s, l->agent);
  s->seats[l->agent].talking--;
  s->seats[l->agent].wrapping++;
  l->status = SESSION_WRAPUP;
  add(s, life, QUEUE_HANDLED, 1);
  add(s, life, QUEUE_TALK_US, s->now_us - l->since_us);
  l->since_us = s->now_us;
  sim_plan(s, contact_at(s, life)->times_us[SIMULATE_WRAPUP],
           (struct timer){.kind = SIM_DOCUMENTED, .owner = life});
}

static void ended(struct sim *s, uint32_t life, const struct record *ev) {
  struct sim_life *l = &s->lives[life];
  if (l->status == SESSION_WRAPUP) {
    sim_seat_count(s, l->agent);
    s->seats[l->agent].wrapping--;
    add(s, life, QUEUE_WRAPUP_US, s->now_us - l->since_us);
  } else if (l->status == SESSION_QUEUED || l->status == SESSION_OFFERED) {
    if (l->status == SESSION_OFFERED) {
      unasked(s, life);
    }
    count_loss(s, life, ev);
  }
  l->status = SESSION_COMPLETED;
  timers_stop(&s->timers, l->timer);
  l->timer = TIMER_NONE;
  s->open--;
}

static void hear_session(struct sim *s, uint32_t life,
                         const struct record *ev) {
  switch (ev->type) {
  case EVENT_OF_SESSION(QUEUED):
  case EVENT_OF_SESSION(OVERFLOWED):
    joined(s, life, ev);
    break;
  case EVENT_OF_SESSION(OFFERED):
    offered(s, life, ev);
    break;
  case EVENT_OF_SESSION(OFFER_DECLINED):
  case EVENT_OF_SESSION(OFFER_EXPIRED):
    unasked(s, life);
    s->lives[life].status = SESSION_QUEUED;
    add(s, life,
        ev->type == EVENT_OF_SESSION(OFFER_EXPIRED) ? QUEUE_UNANSWERED
                                                    : QUEUE_DECLINED,
        1);
    break;
  case EVENT_OF_SESSION(CONNECTED):
    connected(s, life, ev);
    break;
  case EVENT_OF_SESSION(WRAPPING):
    wrapping(s, life);
    break;
  case EVENT_OF_SESSION(ENDED):
    ended(s, life, ev);
    break;
  default:
    break;
  }
}

void sim_hear(struct sim *s) {
  for (size_t i = 0; i < s->step.event_count; i++) {
    const struct record *ev = &s->step.events[i];
    uint32_t slot = 0;
    if (event_is_agent(ev->type)) {
      sim_seat_hear(s, ev);
    } else if (event_is_session(ev->type) &&
               engine_find(s->engine, record_id(ev, FIELD_SESSION), &slot) &&
               slot < s->life_of_cap && s->life_of[slot] != 0) {
      hear_session(s, s->life_of[slot] - 1, ev);
    }
  }
}

/* ---- what somebody does */

static struct command about(struct sim *s, enum command_type type,
                            enum role role, uint32_t life) {
  const struct sim_life *l = &s->lives[life];
  struct command cmd = sim_command(
      s, type, role, role == ROLE_AGENT ? l->agent : SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, l->session);
  return cmd;
}

static void leave(struct sim *s, uint32_t life) {
  const struct command cmd = about(s, COMMAND_LEAVE, ROLE_ADMIN, life);
  sim_do(s, &cmd);
}

static bool open(struct sim *s, uint32_t life) {
  struct sim_life *l = &s->lives[life];
  struct command cmd =
      sim_command(s, COMMAND_OPEN_SESSION, ROLE_ADMIN, SESSION_NOBODY);
  uint32_t slot = 0;
  record_set_text(&cmd.args, FIELD_ENTRY_NAME,
                  text_from(channel_name(contact_at(s, life)->channel)));
  sim_do(s, &cmd);
  l->session = s->step.answer.session;
  if (s->step.answer.refusal != REFUSAL_NONE ||
      !engine_find(s->engine, l->session, &slot)) {
    return false;
  }
  s->open++;
  if (!mem_grow(s->mem, &s->life_of, &s->life_of_cap, (size_t)slot + 1,
                sizeof *s->life_of)) {
    s->tally->no_memory = true;
    return false;
  }
  s->life_of[slot] = life + 1;
  return true;
}

static void enqueue(struct sim *s, uint32_t life) {
  const struct simulate_contact *c = contact_at(s, life);
  struct command cmd = about(s, COMMAND_TRANSFER, ROLE_ADMIN, life);
  record_set_text(&cmd.args, FIELD_TARGET, c->target);
  record_set_num(&cmd.args, FIELD_RELEASE, 1);
  record_set_given(&cmd.args, FIELD_SKILLS, c->skills);
  if (!s->plan->impartial) {
    record_set_given(&cmd.args, FIELD_PREFER, c->preferred);
  }
  if (c->priority != SIMULATE_OPEN) {
    record_set_num(&cmd.args, FIELD_PRIORITY, c->priority);
  }
  if (c->skip_queue) {
    record_set_num(&cmd.args, FIELD_SKIP_QUEUE, 1);
  }
  sim_do(s, &cmd);
}

static void refused(struct sim *s, uint32_t life) {
  if (s->lives[life].counted) {
    cell_of(s, life)->refused++;
  }
}

static void arrive(struct sim *s, uint32_t life) {
  const struct simulate_contact *c = contact_at(s, life);
  struct sim_life *l = &s->lives[life];
  struct dir_target target;
  const bool known = directory_target(engine_directory(s->engine),
                                      DIR_TARGET_ANY, c->target, &target);
  bt_check(known && target.number < s->row_of_count);
  l->row = s->row_of[target.number];
  l->counted = c->at_us >= s->plan->from_us + s->plan->warm_up_us;
  if (!open(s, life)) {
    refused(s, life);
    return;
  }
  enqueue(s, life);
  if (s->step.answer.refusal != REFUSAL_NONE) {
    refused(s, life);
    leave(s, life);
  } else if (l->status == SESSION_QUEUED || l->status == SESSION_OFFERED) {
    sim_plan(s, c->times_us[SIMULATE_PATIENCE],
             (struct timer){.kind = SIM_GIVE_UP, .owner = life});
  }
}

static void reply(struct sim *s, const struct timer *t) {
  const struct sim_life *l = &s->lives[t->owner];
  if (l->status == SESSION_OFFERED && l->offers == t->visit) {
    const struct command cmd = about(
        s, t->kind == SIM_ANSWER ? COMMAND_ACCEPT_OFFER : COMMAND_DECLINE_OFFER,
        ROLE_AGENT, t->owner);
    sim_do(s, &cmd);
  }
}

static void documented(struct sim *s, uint32_t life) {
  const uint32_t agent = s->lives[life].agent;
  if (s->lives[life].status == SESSION_WRAPUP) {
    const struct command cmd = about(s, COMMAND_COMPLETE, ROLE_AGENT, life);
    sim_do(s, &cmd);
  }
  sim_seat_free(s, agent);
}

static void act(struct sim *s, const struct timer *t) {
  switch ((enum sim_plan)t->kind) {
  case SIM_ANSWER:
  case SIM_DECLINE:
    reply(s, t);
    break;
  case SIM_GIVE_UP:
    s->lives[t->owner].timer = TIMER_NONE;
    leave(s, t->owner);
    break;
  case SIM_HANG_UP:
    if (s->lives[t->owner].status == SESSION_ACTIVE) {
      const struct command cmd = about(s, COMMAND_END, ROLE_AGENT, t->owner);
      sim_do(s, &cmd);
    }
    break;
  case SIM_DOCUMENTED:
    documented(s, t->owner);
    break;
  case SIM_COME:
  case SIM_GO:
  case SIM_BACK:
    sim_seat_act(s, (enum sim_plan)t->kind, t->owner);
    break;
  }
}

/* ---- the clock */

static int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* One thing that happens. Of one moment: the engine's timers, then people, then
 * who comes. False: nothing more will. */
static bool go_on(struct sim *s, uint32_t *next) {
  const int64_t arrival_us =
      *next < s->arrivals.count ? contact_at(s, *next)->at_us : INT64_MAX;
  const int64_t engine_us = engine_next_deadline(s->engine);
  const int64_t people_us = timers_next(&s->timers);
  const int64_t at_us = least(arrival_us, least(engine_us, people_us));
  const bool over = arrival_us == INT64_MAX && s->open == 0;
  if (at_us == INT64_MAX || s->tally->no_memory ||
      at_us > s->plan->to_us + (over ? 0 : AFTERWARDS_US)) {
    return false;
  }
  s->now_us = at_us > s->now_us ? at_us : s->now_us;
  struct timer t;
  uint32_t id;
  if (engine_us <= at_us) {
    const struct command tick =
        sim_command(s, COMMAND_TICK, ROLE_SYSTEM, SESSION_NOBODY);
    sim_do(s, &tick);
  } else if (timers_take_due(&s->timers, s->now_us, &t, &id)) {
    act(s, &t);
  } else {
    arrive(s, (*next)++);
  }
  return true;
}

static void count_unserved(struct sim *s) {
  for (uint32_t i = 0; i < s->arrivals.count; i++) {
    const struct sim_life *l = &s->lives[i];
    if (l->counted &&
        (l->status == SESSION_QUEUED || l->status == SESSION_OFFERED)) {
      cell_of(s, i)->unserved++;
    }
  }
}

static enum bt_err play(struct sim *s, struct simulate_draw draw) {
  uint32_t next = 0;
  s->lives = mem_new(s->mem, (s->arrivals.count + 1) * sizeof *s->lives);
  if (s->lives == NULL) {
    return sim_fail(s, BT_ERR_NOMEM, "there is no memory");
  }
  s->ids = chance_of(draw.seed, draw.run, 0);
  const enum bt_err err = sim_seats_open(s);
  if (err != BT_ERR_OK) {
    return err;
  }
  while (go_on(s, &next)) {
  }
  s->now_us = s->now_us > s->plan->to_us ? s->now_us : s->plan->to_us;
  sim_seats_close(s);
  count_unserved(s);
  return s->tally->no_memory ? sim_fail(s, BT_ERR_NOMEM, "there is no memory")
                             : BT_ERR_OK;
}

enum bt_err simulate_play(const struct mem *mem,
                          const struct simulate_setting *setting,
                          struct simulate_draw draw, struct simulate_tally *out,
                          struct simulate_error *why) {
  struct simulate_tally tally = {0};
  struct sim s = {.mem = mem,
                  .setting = setting,
                  .plan = setting->plan,
                  .why = why,
                  .tally = &tally};
  enum bt_err err = sim_open(&s);
  if (err == BT_ERR_OK) {
    err = simulate_arrive(mem, s.plan, draw, &s.arrivals);
    err = err == BT_ERR_OK
              ? simulate_tally_init(&tally, mem, s.rows.count,
                                    simulate_interval_count(s.plan))
              : err;
    err = err == BT_ERR_OK
              ? play(&s, draw)
              : sim_fail(&s, err,
                         err == BT_ERR_RANGE
                             ? "more than %d contacts would come in a run"
                             : "there is no memory for the contacts",
                         SIMULATE_CONTACTS_MAX);
  }
  sim_close(&s);
  if (err == BT_ERR_OK) {
    *out = tally;
  } else {
    simulate_tally_free(&tally);
  }
  return err;
}
