/* storm_steer.c - what people do by hand to sessions, agents and queues. */
#include "storm.h"

static const char *const queues[] = {"support", "second", "third"};
static const char *const agents[] = {"anna", "bert", "cleo"};

static uint64_t below(struct storm *s, uint64_t bound) {
  return rand_below(&s->rand, bound);
}

static bool one_in(struct storm *s, uint64_t n) {
  return below(s, n) == 0;
}

bool storm_supervise(struct storm *s, struct id session) {
  static const enum command_type types[] = {
      COMMAND_MOVE, COMMAND_ASSIGN, COMMAND_REQUEUE, COMMAND_WITHDRAW_OFFER};
  struct command cmd =
      storm_command(s, types[below(s, 4)], ROLE_SUPERVISOR, SESSION_NOBODY);
  record_set_id(&cmd.args, FIELD_SESSION, session);
  if (cmd.args.type == COMMAND_MOVE) {
    record_set_text(&cmd.args, FIELD_QUEUE_NAME,
                    text_from(queues[below(s, 3)]));
    record_set_num(&cmd.args, FIELD_KEEP_CLOCK, one_in(s, 2));
  } else if (cmd.args.type == COMMAND_ASSIGN) {
    record_set_text(&cmd.args, FIELD_AGENT_ID, text_from(agents[below(s, 3)]));
  }
  if (one_in(s, 2)) {
    record_set_text(&cmd.args, FIELD_REASON, TEXT("a VIP"));
  }
  return storm_run(s, &cmd);
}

/* An agent sets its own state, or a supervisor does, with force. */
bool storm_steer_agent(struct storm *s) {
  static const char *const states[] = {"available", "available", "available",
                                       "available", "away",      "offline"};
  const uint32_t agent = (uint32_t)below(s, 3);
  const bool own = !one_in(s, 8);
  struct command cmd =
      storm_command(s, COMMAND_AGENT_STATE, own ? ROLE_AGENT : ROLE_SUPERVISOR,
                    own ? agent : SESSION_NOBODY);
  record_set_num(&cmd.args, FIELD_AGENT, agent);
  record_set_num(&cmd.args, FIELD_FORCE, !own);
  record_set_text(&cmd.args, FIELD_STATE, text_from(states[below(s, 6)]));
  if (one_in(s, 2)) {
    record_set_text(&cmd.args, FIELD_REASON,
                    one_in(s, 2) ? TEXT("lunch") : TEXT("training"));
  }
  return storm_run(s, &cmd);
}

bool storm_steer_queue(struct storm *s) {
  static const enum command_type types[] = {
      COMMAND_PAUSE_QUEUE, COMMAND_DRAIN_QUEUE, COMMAND_OPEN_QUEUE,
      COMMAND_OPEN_QUEUE};
  struct command cmd =
      storm_command(s, types[below(s, 4)], ROLE_SUPERVISOR, SESSION_NOBODY);
  record_set_num(
      &cmd.args, FIELD_QUEUE,
      directory_queue(engine_directory(s->e), text_from(queues[below(s, 3)])));
  record_set_text(&cmd.args, FIELD_REASON, TEXT("fire drill"));
  if (cmd.args.type != COMMAND_OPEN_QUEUE && one_in(s, 2)) {
    record_set_num(&cmd.args, FIELD_UNTIL,
                   s->now_us + (int64_t)below(s, 20000000));
  }
  return storm_run(s, &cmd);
}
