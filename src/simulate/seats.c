/* Agents: when they are there, and what their time is spent on. */
#include "base/check.h"
#include "simulate/world_priv.h"

static bool has_work(const struct sim_seat *seat) {
  return seat->asked + seat->talking + seat->wrapping > 0;
}

void sim_seat_count(struct sim *s, uint32_t agent) {
  struct sim_seat *seat = &s->seats[agent];
  const bool at_work = seat->talking + seat->wrapping > 0;
  if (at_work || seat->asked > 0 || seat->available) {
    simulate_tally_time(s->tally, s->plan, seat->since_us, s->now_us, at_work);
  }
  seat->since_us = s->now_us;
}

static void set_state(struct sim *s, uint32_t agent, struct text state) {
  struct command cmd = sim_command(s, COMMAND_AGENT_STATE, ROLE_AGENT, agent);
  record_set_text(&cmd.args, FIELD_STATE, state);
  sim_do(s, &cmd);
}

static void come(struct sim *s, uint32_t agent) {
  struct command cmd =
      sim_command(s, COMMAND_AGENT_JOINED, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_num(&cmd.args, FIELD_AGENT, agent);
  s->seats[agent].on_shift = true;
  sim_do(s, &cmd);
  set_state(s, agent, TEXT("available"));
}

/* Who is in a conversation ends it first. */
static void go(struct sim *s, uint32_t agent) {
  s->seats[agent].on_shift = false;
  set_state(s, agent,
            has_work(&s->seats[agent]) ? TEXT("away") : TEXT("offline"));
}

void sim_seat_free(struct sim *s, uint32_t agent) {
  if (!s->seats[agent].on_shift && !has_work(&s->seats[agent])) {
    set_state(s, agent, TEXT("offline"));
  }
}

void sim_seat_act(struct sim *s, enum sim_plan what, uint32_t agent) {
  if (what == SIM_COME) {
    come(s, agent);
  } else if (what == SIM_GO) {
    go(s, agent);
  } else if (s->seats[agent].on_shift && !s->seats[agent].available) {
    set_state(s, agent, TEXT("available"));
  }
}

void sim_seat_hear(struct sim *s, const struct record *ev) {
  const uint32_t agent = (uint32_t)record_num(ev, FIELD_AGENT);
  if (agent >= s->seat_count) { /* they are being put into the centre */
    return;
  }
  sim_seat_count(s, agent);
  const bool available = record_num(ev, FIELD_PRESENCE) == AGENT_AVAILABLE;
  struct sim_seat *seat = &s->seats[agent];
  if (ev->type == EVENT_OF_AGENT(UNANSWERED) && seat->available && !available) {
    sim_plan(s, s->plan->people.back_us,
             (struct timer){.kind = SIM_BACK, .owner = agent});
  }
  seat->available = available;
}

/* ---- shifts */

static enum bt_err plan_shifts(struct sim *s) {
  const struct simulate_plan *p = s->plan;
  for (size_t i = 0; i < p->shift_count; i++) {
    const struct simulate_shift *shift = &p->shifts[i];
    const uint32_t agent =
        directory_agent(engine_directory(s->engine), shift->agent);
    if (agent == DIR_NONE) {
      return sim_fail(s, BT_ERR_NOT_FOUND, "there is no agent '%.*s'",
                      TEXT_ARG(shift->agent));
    }
    s->seats[agent].since_us = INT64_MAX;
    sim_plan(s, shift->from_us - s->now_us,
             (struct timer){.kind = SIM_COME, .owner = agent});
    sim_plan(s, shift->to_us - s->now_us,
             (struct timer){.kind = SIM_GO, .owner = agent});
  }
  return BT_ERR_OK;
}

enum bt_err sim_seats_open(struct sim *s) {
  const size_t count = engine_directory(s->engine)->agent_count;
  s->seats = mem_new(s->mem, (count + 1) * sizeof *s->seats);
  if (s->seats == NULL) {
    return sim_fail(s, BT_ERR_NOMEM, "there is no memory");
  }
  s->seat_count = count;
  const enum bt_err err = plan_shifts(s);
  for (uint32_t i = 0; err == BT_ERR_OK && i < count; i++) {
    const bool always = s->seats[i].since_us != INT64_MAX;
    s->seats[i].since_us = s->now_us;
    if (always) {
      come(s, i);
    }
  }
  return err;
}

void sim_seats_close(struct sim *s) {
  for (uint32_t i = 0; i < s->seat_count; i++) {
    sim_seat_count(s, i);
  }
}
