/* storm_beside.c - what agents do beside a conversation: notes, hold, asking
 * others. */
#include "storm.h"

static uint64_t below(struct storm *s, uint64_t bound) {
  return rand_below(&s->rand, bound);
}

/* Mostly the agent who has it. */
static uint32_t somebody(struct storm *s, struct id session) {
  uint32_t slot;
  if (below(s, 5) != 0 && engine_find(s->e, session, &slot) &&
      engine_session(s->e, slot)->agent != SESSION_NOBODY) {
    return engine_session(s->e, slot)->agent;
  }
  return (uint32_t)below(s, 3);
}

bool storm_beside(struct storm *s, struct id session) {
  static const enum command_type types[] = {
      COMMAND_CONSULT,       COMMAND_CONSULT,     COMMAND_CONSULT,
      COMMAND_MERGE_CONSULT, COMMAND_END_CONSULT, COMMAND_COMPLETE_CONSULT,
      COMMAND_ADD_NOTE,      COMMAND_HOLD,        COMMAND_RESUME,
      COMMAND_TRANSFER,      COMMAND_TRANSFER};
  static const char *const agents[] = {"anna", "bert", "cleo"};
  static const char *const queues[] = {"support", "second", "third"};
  struct command cmd =
      storm_command(s, types[below(s, sizeof types / sizeof types[0])],
                    ROLE_AGENT, somebody(s, session));
  struct id talk;
  uint32_t slot;
  record_set_id(&cmd.args, FIELD_SESSION, session);
  if (cmd.args.type == COMMAND_ADD_NOTE) {
    record_set_text(&cmd.args, FIELD_TEXT, TEXT("careful"));
  } else if (cmd.args.type == COMMAND_CONSULT ||
             cmd.args.type == COMMAND_TRANSFER) {
    const bool agent = below(s, 2) == 0;
    record_set_text(&cmd.args, agent ? FIELD_AGENT_ID : FIELD_QUEUE_NAME,
                    text_from((agent ? agents : queues)[below(s, 3)]));
    if (cmd.args.type == COMMAND_TRANSFER) {
      record_set_num(&cmd.args, FIELD_WHEN, WHEN_ACCEPTED);
    }
  }
  if (!storm_run(s, &cmd)) {
    return false;
  }
  if (cmd.args.type == COMMAND_CONSULT && s->step.answer.code == 201) {
    s->sessions[s->opened++ % STORM_SESSIONS] = s->step.answer.session;
  }
  if (cmd.args.type == COMMAND_TRANSFER && s->step.answer.code == 202 &&
      engine_find(s->e, session, &slot) &&
      engine_session_consult(s->e, slot, &talk)) {
    s->sessions[s->opened++ % STORM_SESSIONS] = talk;
  }
  return true;
}
