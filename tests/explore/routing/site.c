/* site.c - the engine of a place, and commands to it. */
#include "site.h"

#include "base/check.h"
#include "codec/record_priv.h"
#include "engine/state_priv.h"
#include "laws.h"
#include "order.h"
#include "support.h"

enum { BOT = 0, PRIORITY_HIGH = 9 };

#define START_US   INT64_C(1700000000000000)
#define LATENCY_US 1000 /* of timers */

static const struct setting *setting;
static struct engine *engine;
static struct step step;
static struct laws laws;
static struct order order;
static struct site_time clock_is;
static uint64_t entropy;
static struct region_copy furnished; /* before anything happened */
static struct test_mem step_mem;

const struct engine *site_engine(void) {
  return engine;
}

struct site_time site_time(void) {
  return clock_is;
}

uint32_t site_sessions(uint32_t slots[SETTING_SESSIONS]) {
  uint32_t n = 0;
  for (uint32_t slot = 0; engine_next_session(engine, &slot); slot++) {
    if (engine_session(engine, slot)->status != SESSION_COMPLETED) {
      bt_check(n < SETTING_SESSIONS);
      slots[n++] = slot;
    }
  }
  return n;
}

/* ---- commands */

static struct command make(enum command_type type, enum role role,
                           uint32_t number) {
  struct command cmd = {.by = {.role = role, .number = number},
                        .now_us = clock_is.now_us,
                        .entropy = {entropy, entropy + 1},
                        .terse = true};
  entropy += 7919;
  cmd.by.name = text_from(role_name(role));
  record_init(&cmd.args, type);
  return cmd;
}

static void run(const struct command *cmd) {
  laws_before(&laws, engine, cmd);
  order_before(&order, engine, clock_is.now_us);
  engine_step(engine, cmd, &step);
  if (!laws_hold(&laws, engine, cmd, &step)) {
    law_broken(laws.broken);
  }
  const char *broken = order_holds(&order, &laws, engine, &step);
  if (broken != NULL) {
    law_broken(broken);
  }
  struct id id;
  uint64_t seq;
  while (engine_take_finished(engine, &id, &seq)) {
  }
}

static void run_good(const struct command *cmd) {
  run(cmd);
  if (step.answer.code >= 300) {
    law_broken("what everybody may do was refused");
  }
}

static struct command about(enum command_type type, enum role role,
                            uint32_t number, uint32_t slot) {
  struct command cmd = make(type, role, number);
  const struct id id = engine_session_id(engine, slot);
  record_set_id(&cmd.args, FIELD_SESSION, id);
  if (role == ROLE_CUSTOMER) {
    cmd.by.session = id;
  } else if (role == ROLE_BOT) {
    record_set_num(&cmd.args, FIELD_EPOCH, engine_session(engine, slot)->epoch);
  }
  return cmd;
}

static void set_queue(struct command *cmd, uint32_t queue) {
  record_set_text(&cmd->args, FIELD_QUEUE_NAME, engine->dir.queues[queue].id);
}

/* ---- what happens */

/* A bot talks, hands over, and is gone: in one go, as other explorers have
 * seen what can come between. */
static bool arrive(struct act act) {
  struct command cmd = make(COMMAND_OPEN_SESSION, ROLE_CUSTOMER, 0);
  record_set_text(&cmd.args, FIELD_ENTRY_NAME, TEXT("main"));
  run_good(&cmd);
  uint32_t slot;
  const bool there = engine_find(engine, step.answer.session, &slot);
  bt_check(there);
  cmd = about(COMMAND_ACCEPT_INVITE, ROLE_BOT, BOT, slot);
  run_good(&cmd);
  cmd = about(COMMAND_TRANSFER, ROLE_BOT, BOT, slot);
  set_queue(&cmd, act.queue);
  record_set_num(&cmd.args, FIELD_WHEN, WHEN_RELEASED);
  record_set_num(&cmd.args, FIELD_PRIORITY,
                 act.kind == ACT_ARRIVE_HIGH ? PRIORITY_HIGH : 0);
  record_set_num(&cmd.args, FIELD_SKIP_QUEUE, act.kind == ACT_ARRIVE_SKIP);
  run(&cmd); /* a paused queue refuses: then the customer goes */
  const bool refused = step.answer.code >= 300;
  cmd = about(COMMAND_BOT_CLOSED, ROLE_BOT, BOT, slot);
  run_good(&cmd);
  if (refused) {
    cmd = about(COMMAND_LEAVE, ROLE_CUSTOMER, 0, slot);
    run_good(&cmd);
  }
  return true;
}

static bool by_supervisor(struct act act, uint32_t slot) {
  static const enum command_type types[ACT_KINDS] = {
      [ACT_RAISE] = COMMAND_REPRIORITISE,
      [ACT_MOVE] = COMMAND_TRANSFER,
      [ACT_PREFER] = COMMAND_TRANSFER,
      [ACT_ASSIGN] = COMMAND_ASSIGN,
      [ACT_REQUEUE] = COMMAND_REQUEUE,
      [ACT_WITHDRAW] = COMMAND_WITHDRAW_OFFER};
  struct command cmd =
      about(types[act.kind], ROLE_SUPERVISOR, SESSION_NOBODY, slot);
  const struct text agent = engine->dir.agents[act.agent].id;
  if (act.kind == ACT_RAISE) {
    record_set_num(&cmd.args, FIELD_PRIORITY, PRIORITY_HIGH);
  } else if (act.kind == ACT_ASSIGN) {
    record_set_text(&cmd.args, FIELD_AGENT_ID, agent);
  } else if (act.kind == ACT_MOVE) {
    set_queue(&cmd, act.queue);
  } else if (act.kind == ACT_PREFER) {
    set_queue(&cmd, engine_session(engine, slot)->queue);
    record_set_text(&cmd.args, FIELD_PREFER, agent);
    record_set_num(&cmd.args, FIELD_PREFER_FOR, SETTING_UNIT_S);
  }
  run(&cmd);
  return true;
}

static bool by_agent(struct act act, uint32_t slot) {
  static const enum command_type types[ACT_KINDS] = {
      [ACT_PULL] = COMMAND_PULL,
      [ACT_ACCEPT] = COMMAND_ACCEPT_OFFER,
      [ACT_DECLINE] = COMMAND_DECLINE_OFFER,
      [ACT_HAND_ON] = COMMAND_TRANSFER,
      [ACT_END] = COMMAND_END,
      [ACT_COMPLETE] = COMMAND_COMPLETE};
  struct command cmd = about(types[act.kind], ROLE_AGENT, act.agent, slot);
  const struct offer *o =
      offers_get(&engine->offers, engine_session(engine, slot)->offer);
  const bool late = o == NULL || o->deadline_us <= clock_is.now_us;
  if (act.kind == ACT_HAND_ON) {
    set_queue(&cmd, engine_session(engine, slot)->queue);
  }
  run(&cmd);
  if (act.kind == ACT_ACCEPT && late && step.answer.code < 300) {
    law_broken("an offer was accepted after its deadline");
  }
  return true;
}

static bool of_agent(struct act act) {
  const bool link = act.kind == ACT_JOIN || act.kind == ACT_DROP;
  struct command cmd = link ? make(act.kind == ACT_JOIN ? COMMAND_AGENT_JOINED
                                                        : COMMAND_AGENT_DROPPED,
                                   ROLE_SYSTEM, SESSION_NOBODY)
                            : make(COMMAND_AGENT_STATE, ROLE_AGENT, act.agent);
  if (link) {
    record_set_num(&cmd.args, FIELD_AGENT, act.agent);
  } else {
    record_set_text(&cmd.args, FIELD_STATE,
                    act.kind == ACT_READY  ? TEXT("available")
                    : act.kind == ACT_AWAY ? TEXT("away")
                                           : TEXT("offline"));
  }
  run(&cmd);
  return true;
}

static bool of_queue(struct act act) {
  struct command cmd = make(act.kind == ACT_PAUSE   ? COMMAND_PAUSE_QUEUE
                            : act.kind == ACT_DRAIN ? COMMAND_DRAIN_QUEUE
                                                    : COMMAND_OPEN_QUEUE,
                            ROLE_SUPERVISOR, SESSION_NOBODY);
  record_set_num(&cmd.args, FIELD_QUEUE, act.queue);
  run(&cmd);
  return true;
}

static bool is_due(void) {
  return engine_next_deadline(engine) <= clock_is.now_us;
}

/* Nothing fires by the way: what is due waits for its tick, and commands can
 * come before it. */
static bool pass_time(void) {
  if (is_due() || engine_next_deadline(engine) == INT64_MAX) {
    return false;
  }
  clock_is.unit_us += SETTING_UNIT_US + LATENCY_US;
  clock_is.now_us = clock_is.unit_us;
  return true;
}

static bool tick(enum command_type type) {
  const struct command cmd = make(type, ROLE_SYSTEM, SESSION_NOBODY);
  if (type == COMMAND_TICK && !is_due()) {
    return false;
  }
  run(&cmd);
  return true;
}

bool site_do(struct act act) {
  uint32_t slots[SETTING_SESSIONS];
  const uint32_t open = site_sessions(slots);
  clock_is.now_us++;
  switch ((enum act_kind)act.kind) {
  case ACT_ARRIVE:
  case ACT_ARRIVE_HIGH:
  case ACT_ARRIVE_SKIP:
    return arrive(act);
  case ACT_LEAVE: {
    const struct command cmd =
        about(COMMAND_LEAVE, ROLE_CUSTOMER, 0, slots[act.session]);
    run(&cmd);
    return true;
  }
  case ACT_RAISE:
  case ACT_MOVE:
  case ACT_PREFER:
  case ACT_ASSIGN:
  case ACT_REQUEUE:
  case ACT_WITHDRAW:
    bt_check(act.session < open);
    return by_supervisor(act, slots[act.session]);
  case ACT_PULL:
  case ACT_ACCEPT:
  case ACT_DECLINE:
  case ACT_HAND_ON:
  case ACT_END:
  case ACT_COMPLETE:
    bt_check(act.session < open);
    return by_agent(act, slots[act.session]);
  case ACT_JOIN:
  case ACT_DROP:
  case ACT_READY:
  case ACT_AWAY:
  case ACT_OUT:
    return of_agent(act);
  case ACT_DRAIN:
  case ACT_PAUSE:
  case ACT_OPEN:
    return of_queue(act);
  case ACT_CRASH:
    return tick(COMMAND_RECOVERED);
  case ACT_TICK:
    return tick(COMMAND_TICK);
  case ACT_TIME:
    return pass_time();
  case ACT_KINDS:
    break;
  }
  return false;
}

/* ---- the centre */

static void put(enum command_type type, const char *config) {
  struct command cmd = make(type, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG, text_from(config));
  run_good(&cmd);
}

void site_begin(const struct setting *p) {
  const struct engine_options options = {.centre = TEXT("explored")};
  setting = p;
  clock_is = (struct site_time){START_US, START_US};
  entropy = 42;
  laws = (struct laws){0};
  region_reset();
  test_mem_init(&step_mem);
  step_init(&step, &step_mem.mem);
  const enum bt_err err = engine_create(region_mem(), &options, &engine);
  bt_check(err == BT_ERR_OK);
  /* A skill makes a queue of its own: those of the setting come first. */
  put(COMMAND_PUT_QUEUE, "{\"id\":\"q0\"}");
  put(COMMAND_PUT_QUEUE, "{\"id\":\"q1\"}");
  for (size_t i = 0; i < SETTING_QUEUES; i++) {
    put(COMMAND_PUT_QUEUE, setting->queues[i]);
  }
  for (size_t i = 0; i < SETTING_AGENTS; i++) {
    put(COMMAND_PUT_AGENT, setting->agents[i]);
  }
  put(COMMAND_PUT_BOT, "{\"id\":\"bot\"}");
  put(COMMAND_PUT_ENTRY, "{\"id\":\"main\",\"bot\":\"bot\"}");
  region_save(&furnished);
}

void site_end(void) {
  step_free(&step);
  bt_check(step_mem.live_bytes == 0);
  region_copy_free(&furnished);
}

/* ---- moments */

static bool is_kept(const struct record *r) {
  uint32_t slot;
  switch (r->type) {
  case STATE_OFFER:
    return record_num(r, FIELD_PRESENCE) == OFFER_PENDING;
  case STATE_SESSION:
  case STATE_TRANSFER:
  case STATE_LEG:
  case STATE_EXCLUSION:
    return engine_find(engine, record_id(r, FIELD_SESSION), &slot) &&
           engine_session(engine, slot)->status != SESSION_COMPLETED;
  default:
    return r->type == STATE_NUMBERS || r->type == STATE_AGENT ||
           r->type == EVENT_QUEUE_PAUSED || r->type == EVENT_QUEUE_DRAINING ||
           r->type == EVENT_QUEUE_OPENED;
  }
}

static bool save_record(void *ctx, const struct record *r) {
  if (is_kept(r)) {
    struct record none;
    record_init(&none, 0);
    codec_put_record(ctx, r, &none);
  }
  return true;
}

void site_save(struct textbuf *out) {
  const bool all = engine_save(engine, save_record, out);
  bt_check(all && !out->failed);
}

void site_put_back(struct site_time t, const struct region_copy *copy) {
  region_put_back(copy);
  clock_is = t;
}

void site_restore(struct site_time t, struct text bytes) {
  site_put_back(t, &furnished);
  while (bytes.len > 0) {
    struct record r;
    record_init(&r, 0);
    const enum bt_err err = codec_take_record(&bytes, &r);
    bt_check(err == BT_ERR_OK);
    const bool good = engine_restore(engine, &r);
    bt_check(good);
  }
  engine_restore_done(engine, 1);
}
