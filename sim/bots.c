/* bots.c - two bots' processes, and the part that they have in each session. */
#include "base/check.h"
#include "world.h"

static const uint32_t habits[BOT_HABITS] = {
#define BOT(name, weight, doc) weight,
#include "habit.def"
#undef BOT
};

static const char *const ids[SIM_BOTS] = {"cognigy", "rasa"};

const char *bots_id(uint32_t number) {
  return ids[number];
}

bool bots_are(const struct world *w, const struct letter *l) {
  const struct bot_part *leg = &w->legs[l->who];
  return leg->used && leg->life == l->life;
}

static struct letter letter_of(const struct world *w,
                               const struct bot_part *leg,
                               enum command_type type) {
  return (struct letter){.type = type,
                         .party = PARTY_BOT,
                         .who = (uint32_t)(leg - w->legs),
                         .life = leg->life,
                         .session = leg->session,
                         .epoch = leg->epoch};
}

static struct bot_part *leg_of(struct world *w, const struct plan *p) {
  return bots_are(w, &p->letter) ? &w->legs[p->letter.who] : NULL;
}

static void plan(struct world *w, const struct bot_part *leg, int64_t after_us,
                 plan_fn *fn) {
  const struct letter l = letter_of(w, leg, COMMAND_SAY);
  world_plan_letter(w, after_us, fn, &l);
}

/* Its part that is not over. */
static struct bot_part *find(struct world *w, struct id session, uint32_t bot) {
  for (uint32_t i = 0; i < SIM_LEGS; i++) {
    struct bot_part *leg = &w->legs[i];
    if (leg->used && !leg->done && leg->bot == bot &&
        id_equal(leg->session, session)) {
      return leg;
    }
  }
  return NULL;
}

static enum bot_habit habit_of(const struct world *w,
                               const struct bot_part *leg) {
  return w->healing ? BOT_POLITE : leg->habit;
}

static int64_t think_us(struct world *w, struct bot_part *leg,
                        int64_t mean_us) {
  return world_about(&leg->rand, mean_us) *
         (world_fault(w, FAULT_BOT_SLOW) ? 10 : 1);
}

static void send(struct world *w, struct bot_part *leg,
                 enum command_type type) {
  struct letter l = letter_of(w, leg, type);
  l.word = (uint32_t)rand_below(&leg->rand, 64);
  if (type == COMMAND_SAY) {
    l.word = leg->said++ % 6;
  }
  world_tell(w, leg->session, "bot %s %u", command_info(type)->wire, l.word);
  wire_send(w, &l);
}

/* ---- the part of a bot in a session */

static void forget(struct world *w, const struct plan *p) {
  struct bot_part *leg = leg_of(w, p);
  if (leg != NULL) {
    leg->used = false;
  }
}

static void babble(struct world *w, const struct plan *p) {
  struct bot_part *leg = leg_of(w, p);
  if (leg != NULL) {
    send(w, leg, COMMAND_SAY);
  }
}

static void part(struct world *w, struct bot_part *leg) {
  if (leg->done) {
    return;
  }
  leg->done = true;
  leg->over_link = w->bots[leg->bot].link.number;
  if (habit_of(w, leg) == BOT_BABBLES) {
    for (int64_t s = 1; s < 200; s += 17) {
      plan(w, leg, s * SECOND, babble);
    }
  }
  plan(w, leg, 240 * SECOND, forget);
}

static void close_leg(struct world *w, const struct plan *p) {
  struct bot_part *leg = leg_of(w, p);
  if (leg != NULL && !leg->done) {
    send(w, leg, COMMAND_BOT_CLOSED);
    part(w, leg);
  }
}

static void say_goodbye(struct world *w, struct bot_part *leg) {
  const enum bot_habit habit = habit_of(w, leg);
  if (habit != BOT_RUDE) {
    send(w, leg, COMMAND_GOODBYE);
  }
  if (habit != BOT_CLINGS) {
    plan(w, leg, think_us(w, leg, SECOND), close_leg);
  }
}

static void talk(struct world *w, const struct plan *p) {
  struct bot_part *leg = leg_of(w, p);
  if (leg == NULL || leg->done || habit_of(w, leg) == BOT_SILENT) {
    return;
  }
  if (leg->said < 6 && !world_one_in(&leg->rand, 4)) {
    send(w, leg, COMMAND_SAY);
    plan(w, leg, SECOND + think_us(w, leg, 6 * SECOND), talk);
    return;
  }
  if (habit_of(w, leg) == BOT_TRANSFERS) {
    send(w, leg, COMMAND_TRANSFER);
  }
  say_goodbye(w, leg);
}

static void attach(struct world *w, const struct plan *p) {
  struct bot_part *leg = leg_of(w, p);
  if (leg != NULL && !leg->done) {
    send(w, leg, COMMAND_ACCEPT_INVITE);
  }
}

/* ---- what the server tells it */

static struct bot_part *take_leg(struct world *w) {
  for (uint32_t i = 0; i < SIM_LEGS; i++) {
    if (!w->legs[i].used) {
      return &w->legs[i];
    }
  }
  return NULL;
}

/* Invited once more after a restart: it goes on where it was. */
static struct bot_part *invited(struct world *w, uint32_t bot,
                                struct id session, uint32_t epoch) {
  struct bot_part *leg = find(w, session, bot);
  if (leg != NULL && leg->attached && leg->epoch == epoch) {
    return NULL;
  }
  leg = leg != NULL ? leg : take_leg(w);
  if (leg == NULL) {
    return NULL;
  }
  *leg = (struct bot_part){.used = true,
                           .life = ++w->lives,
                           .bot = bot,
                           .epoch = epoch,
                           .session = session};
  rand_seed(&leg->rand, hash_u64(id_hash(session) ^ epoch));
  leg->habit = world_pick(&leg->rand, habits, BOT_HABITS);
  plan(w, leg, 3600 * SECOND, forget);
  return leg;
}

static void come(struct world *w, struct bot_part *leg) {
  const enum bot_habit habit = habit_of(w, leg);
  if (habit == BOT_LATE) {
    plan(w, leg, 11 * SECOND + think_us(w, leg, SECOND), attach);
  } else if (habit != BOT_ABSENT) {
    plan(w, leg, think_us(w, leg, SECOND / 2), attach);
  }
}

static void told_to_go(struct world *w, struct bot_part *leg) {
  const enum bot_habit habit = habit_of(w, leg);
  if (habit != BOT_CLINGS && habit != BOT_SILENT) {
    plan(w, leg, think_us(w, leg, SECOND), close_leg);
  } else {
    part(w, leg);
  }
}

void bots_hear_effect(struct world *w, const struct record *fx) {
  const uint32_t bot = (uint32_t)record_num(fx, FIELD_BOT);
  const struct id session = record_id(fx, FIELD_SESSION);
  if (bot >= SIM_BOTS || !w->bots[bot].link.up) {
    return;
  }
  if (fx->type == EFFECT_INVITE_BOT) {
    struct bot_part *leg =
        invited(w, bot, session, (uint32_t)record_num(fx, FIELD_EPOCH));
    if (leg != NULL) {
      come(w, leg);
    }
  } else if (fx->type == EFFECT_CLOSE_BOT) {
    struct bot_part *leg = find(w, session, bot);
    if (leg != NULL) {
      told_to_go(w, leg);
    }
  }
}

void bots_hear_event(struct world *w, const struct record *ev) {
  if (ev->type != EVENT_OF_SESSION(ATTACHED) ||
      record_num(ev, FIELD_HOLDER) != SESSION_HOLDER_BOT) {
    return;
  }
  struct bot_part *leg = find(w, record_id(ev, FIELD_SESSION),
                              (uint32_t)record_num(ev, FIELD_HOLDER_NUMBER));
  if (leg != NULL && !leg->attached) {
    leg->attached = true;
    leg->epoch = (uint32_t)record_num(ev, FIELD_EPOCH);
    plan(w, leg, think_us(w, leg, 2 * SECOND), talk);
  }
}

/* ---- the same over its socket */

static void begin_to_talk(struct world *w, struct bot_part *leg) {
  leg->attached = true;
  plan(w, leg, think_us(w, leg, 2 * SECOND), talk);
}

void bots_hear_invitation(struct world *w, const struct letter *l,
                          bool resumed) {
  struct bot_part *leg = invited(w, l->who, l->session, l->epoch);
  if (leg == NULL) {
    return;
  }
  if (resumed) {
    begin_to_talk(w, leg);
  } else {
    come(w, leg);
  }
}

void bots_hear_accepted(struct world *w, uint32_t leg, uint64_t life) {
  const struct letter l = {.who = leg, .life = life};
  if (leg < SIM_LEGS && bots_are(w, &l) && !w->legs[leg].attached) {
    begin_to_talk(w, &w->legs[leg]);
  }
}

/* The server has ended its part, whatever it wanted. */
void bots_hear_release(struct world *w, uint32_t number, struct id session) {
  struct bot_part *leg = find(w, session, number);
  if (leg != NULL) {
    part(w, leg);
  }
}

bool bots_are_over(struct world *w, const struct letter *l) {
  const struct bot_part *leg = &w->legs[l->who];
  return bots_are(w, l) && leg->done &&
         leg->over_link == w->bots[leg->bot].link.number &&
         find(w, leg->session, leg->bot) == NULL;
}

/* ---- its process and its connection */

static void connect(struct world *w, const struct plan *p) {
  const uint32_t number = p->letter.word;
  struct bot_person *b = &w->bots[number];
  if (b->link.up) {
    return;
  }
  const struct letter its = {.party = PARTY_BOT, .who = number};
  if (b->dead || !wire_join(w, &its)) {
    const struct letter l = {.party = PARTY_SERVER, .word = number};
    world_plan_letter(w, SECOND + world_about(&b->rand, SECOND), connect, &l);
    return;
  }
  wire_notice(w, COMMAND_BOT_JOINED, (struct id){0, 0}, FIELD_BOT, number);
}

/* The server sees its connection die, and with it its part in each session. */
void bots_lose_link(struct world *w, uint32_t number) {
  struct bot_person *b = &w->bots[number];
  if (!b->link.up) {
    return;
  }
  wire_part(w, PARTY_BOT, number);
  for (uint32_t i = 0; i < SIM_LEGS && w->domain != NULL && !w->options->bytes;
       i++) {
    struct bot_part *leg = &w->legs[i];
    if (leg->used && leg->bot == number && leg->attached && !leg->done) {
      leg->done = true;
      struct command cmd = world_command(w, COMMAND_BOT_CLOSED, ROLE_SYSTEM,
                                         SESSION_NOBODY, TEXT("server"));
      record_set_id(&cmd.args, FIELD_SESSION, leg->session);
      record_set_num(&cmd.args, FIELD_EPOCH, leg->epoch);
      world_tell(w, leg->session, "bot closed 0");
      (void)world_submit(w, &cmd, NULL, NULL);
      plan(w, leg, 40 * SECOND, forget);
    }
  }
  wire_notice(w, COMMAND_BOT_DROPPED, (struct id){0, 0}, FIELD_BOT, number);
  const struct letter l = {.party = PARTY_SERVER, .word = number};
  world_plan_letter(w, SECOND + world_about(&b->rand, SECOND), connect, &l);
}

static void revive(struct world *w, const struct plan *p) {
  w->bots[p->letter.word].dead = false;
}

void bots_die(struct world *w, uint32_t number, int64_t for_us) {
  const struct letter l = {.party = PARTY_SERVER, .word = number};
  w->bots[number].dead = true;
  bots_lose_link(w, number);
  world_plan_letter(w, for_us, revive, &l);
}

void bots_begin(struct world *w) {
  for (uint32_t i = 0; i < SIM_BOTS; i++) {
    const struct letter l = {.party = PARTY_SERVER, .word = i};
    rand_seed(&w->bots[i].rand, hash_u64(w->options->seed ^ (16 + i)));
    world_plan_letter(w, 0, connect, &l);
  }
}
