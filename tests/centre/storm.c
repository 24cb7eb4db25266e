#include "storm.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

enum {
  OPEN_AT_MOST = 6,
  TWIN_LIVES = 60,      /* steps */
  TICKS_AT_MOST = 2000, /* until no timer is due */
  END_HOURS = 10
};

#define START_US INT64_C(1700000000000000)

/* ---- operations */

const char *storm_kind_name(uint32_t kind) {
  static const char *const names[] = {
#define X(name, weight) #name,
      STORM_KINDS(X)
#undef X
  };
  return names[kind];
}

struct storm_op storm_pick(struct rand *rand) {
  static const uint32_t weights[] = {
#define X(name, weight) weight,
      STORM_KINDS(X)
#undef X
  };
  uint32_t sum = 0;
  for (size_t i = 0; i < STORM_KIND_COUNT; i++) {
    sum += weights[i];
  }
  uint64_t at = rand_below(rand, sum);
  uint32_t kind = 0;
  while (at >= weights[kind]) {
    at -= weights[kind++];
  }
  return (struct storm_op){.kind = kind, .seed = rand_u64(rand)};
}

static uint64_t below(struct storm *s, uint64_t bound) {
  return rand_below(&s->rand, bound);
}

static bool one_in(struct storm *s, uint64_t n) {
  return below(s, n) == 0;
}

/* ---- one command */

struct command storm_command(struct storm *s, enum command_type type,
                             enum role role, uint32_t number) {
  struct command cmd = {.by = {.role = role, .number = number},
                        .now_us = s->now_us,
                        .entropy = {s->entropy, s->entropy + 1}};
  s->entropy += 7919;
  cmd.by.name = text_from(role_name(role));
  const struct directory *d = engine_directory(s->e);
  if (role == ROLE_BOT && number < d->bot_count) {
    cmd.by.name = d->bots[number].id;
  } else if (role == ROLE_AGENT && number < d->agent_count) {
    cmd.by.name = d->agents[number].id;
  }
  record_init(&cmd.args, type);
  return cmd;
}

static void tell(const struct storm *s, const struct command *cmd) {
  (void)fprintf(stderr, "%+9.3f %s by %.*s",
                (double)(cmd->now_us - START_US) / 1e6,
                command_info((enum command_type)cmd->args.type)->wire,
                TEXT_ARG(cmd->by.name));
  for (uint32_t f = 0; f < FIELDS; f++) {
    if (!record_has(&cmd->args, (enum field)f) || f == FIELD_SOURCE) {
      continue;
    }
    if (field_is_text((enum field)f)) {
      (void)fprintf(stderr, " %s=%.*s", field_info((enum field)f)->wire,
                    TEXT_ARG(record_text(&cmd->args, (enum field)f)));
    } else if (field_info((enum field)f)->kind == KIND_ID) {
      (void)fprintf(
          stderr, " %s=%04x", field_info((enum field)f)->wire,
          (unsigned)(record_id(&cmd->args, (enum field)f).lo & 0xffff));
    } else {
      (void)fprintf(stderr, " %s=%lld", field_info((enum field)f)->wire,
                    (long long)record_num(&cmd->args, (enum field)f));
    }
  }
  (void)fprintf(stderr, " -> %d\n", s->step.answer.code);
  for (size_t i = 0; i < s->step.event_count; i++) {
    const struct record *ev = &s->step.events[i];
    (void)fprintf(stderr, "          %s %04x", event_name(ev->type),
                  (unsigned)(record_id(ev, FIELD_SESSION).lo & 0xffff));
    if (record_has(ev, FIELD_STATUS)) {
      (void)fprintf(
          stderr, " %s",
          session_status_name((uint32_t)record_num(ev, FIELD_STATUS)));
    }
    (void)fprintf(stderr, " %.*s%.*s\n", TEXT_ARG(record_text(ev, FIELD_TEXT)),
                  TEXT_ARG(record_text(ev, FIELD_DETAIL)));
  }
}

static bool broken(struct storm *s, const char *what, const char *why) {
  (void)snprintf(s->broken, sizeof s->broken, "%s: %s", what, why);
  return false;
}

static void take_finished(struct engine *e) {
  struct id id;
  uint64_t seq;
  while (engine_take_finished(e, &id, &seq)) {
  }
}

/* The same to the engine that came out of a snapshot. */
static bool twin_agrees(struct storm *s, const struct command *cmd) {
  struct difference why;
  if (s->twin_left > 0) {
    engine_step(s->twin.e, cmd, &s->twin_step);
    if (!mirror_steps_equal(&s->step, &s->twin_step, &why)) {
      return broken(s, "the restored engine differs", why.text);
    }
    take_finished(s->twin.e);
    s->twin_left--;
  }
  return true;
}

static bool compare(struct storm *s) {
  struct difference why;
  if (!mirror_equal(s->e, s->folded.e, false, &why)) {
    return broken(s, "the folded engine differs", why.text);
  }
  if (s->twin_left > 0 && !mirror_equal(s->e, s->twin.e, true, &why)) {
    return broken(s, "the restored engine is not the same", why.text);
  }
  mirror_restore(&s->twin, s->e);
  s->twin_left = TWIN_LIVES;
  return mirror_equal(s->e, s->twin.e, true, &why) ||
         broken(s, "the snapshot is not the engine", why.text);
}

bool storm_run(struct storm *s, struct command *cmd) {
  laws_before(&s->laws, s->e, cmd);
  engine_step(s->e, cmd, &s->step);
  if (s->loud) {
    tell(s, cmd);
  }
  if (s->step.event_count > 0) {
    mirror_fold(&s->folded, &s->step);
  }
  if (!laws_hold(&s->laws, s->e, cmd, &s->step)) {
    return broken(s, command_info((enum command_type)cmd->args.type)->wire,
                  s->laws.broken);
  }
  take_finished(s->e);
  s->steps++;
  return twin_agrees(s, cmd) &&
         (s->steps % s->compare_every != 0 || compare(s));
}

/* ---- who and which */

/* A session that something is done to. */
struct target {
  struct id id;
  uint32_t slot; /* SESSION_NOBODY: finished and forgotten long ago */
};

/* One of the sessions opened last; false if there is none. */
static bool pick_session(struct storm *s, struct target *t) {
  const uint64_t known =
      s->opened < STORM_SESSIONS ? s->opened : STORM_SESSIONS;
  if (known == 0) {
    return false;
  }
  for (int i = 0; i < 4; i++) {
    t->id = s->sessions[below(s, known)];
    if (engine_find(s->e, t->id, &t->slot) &&
        (one_in(s, 8) ||
         engine_session(s->e, t->slot)->status != SESSION_COMPLETED)) {
      return true;
    }
  }
  t->slot = SESSION_NOBODY;
  return true;
}

static const struct session *session_at(const struct storm *s, uint32_t slot) {
  static const struct session nothing = {.holder_id = SESSION_NOBODY,
                                         .agent = SESSION_NOBODY};
  return slot == SESSION_NOBODY ? &nothing : engine_session(s->e, slot);
}

/* A command of the bot that has or had the session, mostly with its epoch. */
static struct command bot_command(struct storm *s, enum command_type type,
                                  const struct target *t) {
  const struct session *se = session_at(s, t->slot);
  uint32_t bot = se->holder == SESSION_HOLDER_BOT    ? se->holder_id
                 : se->invited == SESSION_HOLDER_BOT ? se->invited_id
                                                     : (uint32_t)below(s, 2);
  bot = one_in(s, 12) ? 1 - bot % 2 : bot;
  struct command cmd = storm_command(s, type, ROLE_BOT, bot);
  record_set_id(&cmd.args, FIELD_SESSION, t->id);
  record_set_num(&cmd.args, FIELD_EPOCH,
                 one_in(s, 8) ? (int64_t)below(s, se->epoch + 1) : se->epoch);
  return cmd;
}

static struct command agent_command(struct storm *s, enum command_type type,
                                    const struct target *t) {
  const struct session *se = session_at(s, t->slot);
  const uint32_t agent = se->agent != SESSION_NOBODY && !one_in(s, 10)
                             ? se->agent
                             : (uint32_t)below(s, 3);
  struct command cmd = storm_command(s, type, ROLE_AGENT, agent);
  record_set_id(&cmd.args, FIELD_SESSION, t->id);
  return cmd;
}

static struct command customer_command(struct storm *s, enum command_type type,
                                       const struct target *t) {
  struct command cmd = storm_command(s, type, ROLE_CUSTOMER, SESSION_NOBODY);
  cmd.by.session = t->id;
  record_set_id(&cmd.args, FIELD_SESSION, t->id);
  return cmd;
}

/* Of anybody who may ask for such a thing. */
static struct command any_command(struct storm *s, enum command_type type,
                                  const struct target *t) {
  switch (below(s, 6)) {
  case 0:
    return bot_command(s, type, t);
  case 1:
  case 2:
    return agent_command(s, type, t);
  default: {
    struct command cmd = storm_command(
        s, type, one_in(s, 2) ? ROLE_SUPERVISOR : ROLE_ADMIN, SESSION_NOBODY);
    record_set_id(&cmd.args, FIELD_SESSION, t->id);
    return cmd;
  }
  }
}

/* If-Match and Idempotency-Key, now and then. */
static void add_conditions(struct storm *s, struct command *cmd,
                           const struct target *t) {
  if (one_in(s, 8)) {
    record_set_num(&cmd->args, FIELD_IF_MATCH,
                   session_at(s, t->slot)->version + (one_in(s, 3) ? 1 : 0));
  }
  if (one_in(s, 6)) {
    static const char *const keys[STORM_KEYS] = {"k1", "k2", "k3", "k4"};
    const uint64_t k = below(s, STORM_KEYS);
    if (one_in(s, 3) || s->hash[k] == 0) {
      s->hash[k] = rand_u64(&s->rand) | 1;
    }
    record_set_text(&cmd->args, FIELD_KEY, text_from(keys[k]));
    record_set_num(&cmd->args, FIELD_HASH, (int64_t)s->hash[k]);
  }
}

/* ---- time */

static bool tick(struct storm *s) {
  struct command cmd =
      storm_command(s, COMMAND_TICK, ROLE_SYSTEM, SESSION_NOBODY);
  return storm_run(s, &cmd);
}

static bool fire_what_is_due(struct storm *s) {
  for (int i = 0; engine_next_deadline(s->e) <= s->now_us; i++) {
    if (i == TICKS_AT_MOST) {
      return broken(s, "time", "the timers never come to an end");
    }
    if (!tick(s)) {
      return false;
    }
  }
  return true;
}

static bool pass_until(struct storm *s, int64_t end_us) {
  while (engine_next_deadline(s->e) <= end_us) {
    const int64_t due_us = engine_next_deadline(s->e);
    s->now_us = due_us > s->now_us ? due_us : s->now_us;
    if (!fire_what_is_due(s)) {
      return false;
    }
  }
  s->now_us = end_us > s->now_us ? end_us : s->now_us;
  return true;
}

static bool do_next_timer(struct storm *s) {
  const int64_t due_us = engine_next_deadline(s->e);
  if (due_us == INT64_MAX || due_us > s->now_us + INT64_C(3600000000)) {
    return true;
  }
  /* A little late, as all timers are. */
  return pass_until(s, due_us + (int64_t)below(s, 2000));
}

static bool do_time(struct storm *s) {
  static const int64_t spans_us[] = {1000,    50000,   400000,
                                     2000000, 7000000, 40000000};
  const int64_t end_us =
      s->now_us + (int64_t)below(s, (uint64_t)spans_us[below(s, 6)]);
  if (one_in(s, 6)) {
    s->now_us = end_us; /* the timers are late */
    return true;
  }
  return pass_until(s, end_us);
}

/* ---- customers */

static uint32_t count_open(const struct storm *s) {
  struct engine_counts counts;
  engine_count(s->e, &counts);
  uint32_t open = 0;
  for (uint32_t i = SESSION_NONE + 1; i < SESSION_COMPLETED; i++) {
    open += counts.sessions[i];
  }
  return open;
}

static bool do_open(struct storm *s) {
  if (count_open(s) >= OPEN_AT_MOST) {
    return true;
  }
  struct command cmd =
      storm_command(s, COMMAND_OPEN_SESSION, ROLE_CUSTOMER, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_ENTRY_NAME,
                  text_from(storm_entry((uint32_t)below(s, storm_entries()))));
  record_set_text(&cmd.args, FIELD_CUSTOMER, TEXT("{\"name\":\"Kim\"}"));
  if (!storm_run(s, &cmd)) {
    return false;
  }
  if (s->step.answer.code == 201) {
    s->sessions[s->opened++ % STORM_SESSIONS] = s->step.answer.session;
  }
  return true;
}

static bool do_customer(struct storm *s, const struct target *t) {
  const bool joins = !one_in(s, 3);
  struct command cmd = storm_command(
      s, joins ? COMMAND_CUSTOMER_JOINED : COMMAND_CUSTOMER_DROPPED,
      ROLE_SYSTEM, SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, t->id);
  return storm_run(s, &cmd);
}

static bool do_leave(struct storm *s, const struct target *t) {
  struct command cmd = customer_command(s, COMMAND_LEAVE, t);
  return storm_run(s, &cmd);
}

static bool do_say(struct storm *s, const struct target *t) {
  struct command cmd = one_in(s, 2)   ? customer_command(s, COMMAND_SAY, t)
                       : one_in(s, 2) ? bot_command(s, COMMAND_SAY, t)
                                      : agent_command(s, COMMAND_SAY, t);
  static const char *const lines[] = {"Hello", "2", "sales", "bot",
                                      "\xc3\xa4\xf0\x9f\x98\x80"};
  record_set_text(&cmd.args, FIELD_TEXT, text_from(lines[below(s, 5)]));
  add_conditions(s, &cmd, t);
  return storm_run(s, &cmd);
}

/* ---- bots */

static bool do_goodbye(struct storm *s, const struct target *t) {
  struct command cmd = bot_command(s, COMMAND_GOODBYE, t);
  static const char *const outcomes[] = {"escalate", "escalate", "end"};
  if (!one_in(s, 4)) {
    record_set_text(&cmd.args, FIELD_OUTCOME, text_from(outcomes[below(s, 3)]));
  }
  if (one_in(s, 2)) {
    record_set_text(&cmd.args, FIELD_TEXT, TEXT("Goodbye!"));
    record_set_text(&cmd.args, FIELD_ATTRIBUTES, TEXT("{\"mood\":\"good\"}"));
  }
  return storm_run(s, &cmd);
}

static bool do_bot(struct storm *s) {
  struct command cmd =
      storm_command(s, one_in(s, 2) ? COMMAND_BOT_JOINED : COMMAND_BOT_DROPPED,
                    ROLE_SYSTEM, SESSION_NOBODY);
  record_set_num(&cmd.args, FIELD_BOT, (int64_t)below(s, 2));
  return storm_run(s, &cmd);
}

/* ---- transfers */

static void add_target(struct storm *s, struct command *cmd) {
  static const struct {
    enum field field;
    const char *name;
  } targets[] = {{FIELD_QUEUE_ID, "support"}, {FIELD_QUEUE_NAME, "second"},
                 {FIELD_QUEUE_ID, "third"},   {FIELD_SKILL, "billing"},
                 {FIELD_SKILL, "sales"},      {FIELD_SKILL, "nobody"},
                 {FIELD_AGENT_ID, "anna"},    {FIELD_AGENT_ID, "cleo"},
                 {FIELD_BOT_ID, "cognigy"},   {FIELD_BOT_ID, "rasa"},
                 {FIELD_TARGET, "support"},   {FIELD_TARGET, "agent:bert"},
                 {FIELD_TARGET, "bot:rasa"},  {FIELD_QUEUE_ID, "suport"}};
  const size_t i = below(s, sizeof targets / sizeof targets[0]);
  record_set_text(&cmd->args, targets[i].field, text_from(targets[i].name));
}

static bool do_transfer(struct storm *s, const struct target *t) {
  struct command cmd = any_command(s, COMMAND_TRANSFER, t);
  add_target(s, &cmd);
  storm_transfer_options(s, &cmd.args);
  add_conditions(s, &cmd, t);
  return storm_run(s, &cmd);
}

static bool do_cancel(struct storm *s, const struct target *t) {
  struct command cmd = any_command(s, COMMAND_CANCEL_TRANSFER, t);
  if (t->slot != SESSION_NOBODY && !one_in(s, 5)) {
    record_set_id(&cmd.args, FIELD_TRANSFER_ID,
                  s->e->lives[t->slot]->transfer.id);
  }
  return storm_run(s, &cmd);
}

static bool do_supervise(struct storm *s, const struct target *t) {
  return storm_supervise(s, t->id);
}

static bool do_part(struct storm *s, const struct target *t) {
  const bool hangup = one_in(s, 2);
  struct command cmd =
      any_command(s, hangup ? COMMAND_HANGUP : COMMAND_RELEASE, t);
  add_conditions(s, &cmd, t);
  return storm_run(s, &cmd);
}

static bool do_end(struct storm *s, const struct target *t) {
  struct command cmd = one_in(s, 3) ? customer_command(s, COMMAND_END, t)
                                    : any_command(s, COMMAND_END, t);
  if (one_in(s, 3)) {
    record_set_text(&cmd.args, FIELD_DISPOSITION, TEXT("resolved"));
  }
  add_conditions(s, &cmd, t);
  return storm_run(s, &cmd);
}

static bool do_data(struct storm *s, const struct target *t) {
  const bool outcome = one_in(s, 3);
  struct command cmd = any_command(
      s, outcome ? COMMAND_SET_DISPOSITION : COMMAND_SET_ATTRIBUTES, t);
  if (outcome) {
    record_set_text(&cmd.args, FIELD_DISPOSITION, TEXT("sold"));
    record_set_text(&cmd.args, FIELD_NOTE, TEXT("twice"));
  } else {
    record_set_text(&cmd.args, FIELD_ATTRIBUTES,
                    one_in(s, 2) ? TEXT("{\"a\":1,\"mood\":null}")
                                 : TEXT("{\"b\":{\"c\":[1,2]}}"));
  }
  return storm_run(s, &cmd);
}

static bool do_priority(struct storm *s, const struct target *t) {
  struct command cmd = any_command(s, COMMAND_REPRIORITISE, t);
  storm_wait_options(s, &cmd.args);
  return storm_run(s, &cmd);
}

/* ---- agents */

static bool do_offer(struct storm *s, const struct target *t) {
  struct command cmd = agent_command(
      s, one_in(s, 4) ? COMMAND_DECLINE_OFFER : COMMAND_ACCEPT_OFFER, t);
  if (one_in(s, 3)) {
    record_set_num(&cmd.args, FIELD_OFFER,
                   (int64_t)session_at(s, t->slot)->offer +
                       (one_in(s, 4) ? 1 : 0));
  }
  if (t->slot != SESSION_NOBODY && one_in(s, 10)) {
    add_conditions(s, &cmd, t);
  }
  return storm_run(s, &cmd);
}

static bool do_beside(struct storm *s, const struct target *t) {
  return storm_beside(s, t->id);
}

static bool do_complete(struct storm *s, const struct target *t) {
  struct command cmd = any_command(s, COMMAND_COMPLETE, t);
  if (one_in(s, 2)) {
    record_set_text(&cmd.args, FIELD_DISPOSITION, TEXT("done"));
  }
  return storm_run(s, &cmd);
}

static bool do_desk(struct storm *s) {
  const uint32_t agent = (uint32_t)below(s, 3);
  struct command cmd = storm_command(
      s, one_in(s, 4) ? COMMAND_AGENT_DROPPED : COMMAND_AGENT_JOINED,
      ROLE_SYSTEM, SESSION_NOBODY);
  record_set_num(&cmd.args, FIELD_AGENT, agent);
  return storm_run(s, &cmd);
}

/* ---- the centre */

static bool do_script(struct storm *s, const struct target *t) {
  const bool stop = one_in(s, 4);
  struct command cmd =
      storm_command(s, stop ? COMMAND_STOP_SCRIPT : COMMAND_RUN_SCRIPT,
                    ROLE_SUPERVISOR, SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, t->id);
  if (!stop) {
    record_set_text(
        &cmd.args, FIELD_NAME,
        text_from(storm_script((uint32_t)below(s, storm_scripts()))));
  }
  return storm_run(s, &cmd);
}

static bool do_rest(struct storm *s, const struct target *t) {
  struct command cmd =
      storm_command(s, COMMAND_REST_REPLY, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, t->id);
  const uint32_t run =
      t->slot == SESSION_NOBODY ? SESSION_NOBODY : s->e->lives[t->slot]->run;
  record_set_num(&cmd.args, FIELD_QUESTION,
                 run == SESSION_NOBODY || one_in(s, 8)
                     ? 1
                     : (int64_t)s->e->runs[run].question);
  record_set_num(&cmd.args, FIELD_CODE, 200);
  record_set_text(&cmd.args, FIELD_DETAIL, TEXT("OK"));
  record_set_text(&cmd.args, FIELD_BODY,
                  one_in(s, 3) ? TEXT("not json") : TEXT("{\"a\":[1]}"));
  return storm_run(s, &cmd);
}

static bool do_signal(struct storm *s, const struct target *t) {
  struct command cmd =
      storm_command(s, COMMAND_SIGNAL, ROLE_SUPERVISOR, SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, t->id);
  if (!one_in(s, 4)) {
    record_set_text(&cmd.args, FIELD_VALUE,
                    one_in(s, 2) ? TEXT("\"hello\"") : TEXT("{\"p1\":7}"));
  }
  return storm_run(s, &cmd);
}

static bool do_keep(struct storm *s, const struct target *t) {
  struct command cmd =
      storm_command(s, COMMAND_KEEP_ANSWER, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, t->id);
  if (one_in(s, 2)) {
    record_set_text(&cmd.args, FIELD_KEY, TEXT("supervisor supervisor k1"));
  }
  return storm_run(s, &cmd);
}

static bool do_recovered(struct storm *s) {
  if (!one_in(s, 2)) {
    return true;
  }
  struct command cmd =
      storm_command(s, COMMAND_RECOVERED, ROLE_SYSTEM, SESSION_NOBODY);
  s->twin_left = 0; /* its sessions lie in other slots, and that is the order */
  return storm_run(s, &cmd);
}

static bool do_invite(struct storm *s, const struct target *t) {
  struct command cmd = bot_command(s, COMMAND_ACCEPT_INVITE, t);
  return storm_run(s, &cmd);
}

static bool do_closed(struct storm *s, const struct target *t) {
  struct command cmd = bot_command(s, COMMAND_BOT_CLOSED, t);
  return storm_run(s, &cmd);
}

static bool do_config(struct storm *s) {
  return storm_reconfigure(s, rand_u64(&s->rand));
}

/* ---- which does what */

typedef bool domain_op(struct storm *s);
typedef bool session_op(struct storm *s, const struct target *t);

static domain_op *const domain_ops[STORM_KIND_COUNT] = {
    [STORM_OPEN] = do_open,
    [STORM_DESK] = do_desk,
    [STORM_STATE] = storm_steer_agent,
    [STORM_BOT] = do_bot,
    [STORM_QUEUE] = storm_steer_queue,
    [STORM_CONFIG] = do_config,
    [STORM_RECOVERED] = do_recovered,
    [STORM_NEXT_TIMER] = do_next_timer,
    [STORM_TIME] = do_time,
};

static session_op *const session_ops[STORM_KIND_COUNT] = {
    [STORM_CUSTOMER] = do_customer,
    [STORM_LEAVE] = do_leave,
    [STORM_SAY] = do_say,
    [STORM_INVITE] = do_invite,
    [STORM_GOODBYE] = do_goodbye,
    [STORM_CLOSED] = do_closed,
    [STORM_TRANSFER] = do_transfer,
    [STORM_CANCEL] = do_cancel,
    [STORM_PART] = do_part,
    [STORM_END] = do_end,
    [STORM_DATA] = do_data,
    [STORM_PRIORITY] = do_priority,
    [STORM_SUPERVISE] = do_supervise,
    [STORM_OFFER] = do_offer,
    [STORM_COMPLETE] = do_complete,
    [STORM_BESIDE] = do_beside,
    [STORM_SCRIPT] = do_script,
    [STORM_REST] = do_rest,
    [STORM_SIGNAL] = do_signal,
    [STORM_KEEP] = do_keep,
};

bool storm_do(struct storm *s, const struct storm_op *op) {
  rand_seed(&s->rand, op->seed);
  s->now_us += (int64_t)below(s, 1000);
  if (!one_in(s, 12) && !fire_what_is_due(s)) {
    return false;
  }
  if (domain_ops[op->kind] != NULL) {
    return domain_ops[op->kind](s);
  }
  struct target t;
  return !pick_session(s, &t) || session_ops[op->kind](s, &t);
}

/* ---- beginning and end */

void storm_init(struct storm *s, uint64_t compare_every) {
  *s = (struct storm){
      .now_us = START_US, .entropy = 42, .compare_every = compare_every};
  test_mem_init(&s->tm);
  const struct engine_options options = {.centre = TEXT("test")};
  const enum bt_err err = engine_create(&s->tm.mem, &options, &s->e);
  bt_check(err == BT_ERR_OK);
  step_init(&s->step, &s->tm.mem);
  step_init(&s->twin_step, &s->tm.mem);
  mirror_init(&s->folded, &s->tm.mem);
  mirror_init(&s->twin, &s->tm.mem);
  storm_furnish(s);
}

void storm_free(struct storm *s) {
  step_free(&s->step);
  step_free(&s->twin_step);
  mirror_free(&s->folded);
  mirror_free(&s->twin);
  engine_free(s->e);
  bt_check(s->tm.live_bytes == 0);
}

static bool drop_customers(struct storm *s) {
  struct id open[LAWS_SLOTS];
  size_t count = 0;
  for (uint32_t slot = 0; engine_next_session(s->e, &slot); slot++) {
    open[count++] = engine_session_id(s->e, slot);
  }
  for (size_t i = 0; i < 2 * count; i++) {
    struct command cmd = storm_command(
        s, i % 2 == 0 ? COMMAND_CUSTOMER_JOINED : COMMAND_CUSTOMER_DROPPED,
        ROLE_SYSTEM, SESSION_NOBODY);
    record_set_id(&cmd.args, FIELD_SESSION, open[i / 2]);
    if (!storm_run(s, &cmd)) {
      return false;
    }
  }
  return true;
}

bool storm_end(struct storm *s) {
  if (!fire_what_is_due(s) || !drop_customers(s) ||
      !pass_until(s, s->now_us + END_HOURS * INT64_C(3600000000)) ||
      !compare(s)) {
    return false;
  }
  return count_open(s) == 0 ||
         broken(s, "the end", "a session has not come to its end");
}
