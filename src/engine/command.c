#include "engine/command.h"

#include "base/check.h"

/* The words of command.def's tables. */
enum {
  C = 1 << ROLE_CUSTOMER,
  B = 1 << ROLE_BOT,
  A = 1 << ROLE_AGENT,
  S = 1 << ROLE_SUPERVISOR,
  D = 1 << ROLE_ADMIN,
  P = 1 << ROLE_SCRIPT,
  Y = 1 << ROLE_SYSTEM
};

static const struct command_info infos[COMMANDS] = {
#define COMMAND(n, w, r, m, s, h, d)                                           \
  [COMMAND_##n] = {.name = #n, .wire = (w), .doc = (d), .roles = (r)},
#include "engine/command.def"
#undef COMMAND
};

/* Members end in FIELDS; one more than the longest list is needed. */
enum { MEMBERS_MAX = 24 };
#define M1(a)          FIELD_##a
#define M2(a, b)       FIELD_##a, FIELD_##b
#define M3(a, b, c)    FIELD_##a, FIELD_##b, FIELD_##c
#define M4(a, b, c, d) FIELD_##a, FIELD_##b, FIELD_##c, FIELD_##d
#define WAIT_MEMBERS                                                           \
  FIELD_PRIORITY, FIELD_ACCELERATION, FIELD_MAX_PRIORITY, FIELD_SKILLS,        \
      FIELD_REASON
#define MOVE_MEMBERS                                                           \
  FIELD_QUEUE_NAME, FIELD_KEEP_CLOCK, FIELD_PRIORITY, FIELD_REASON, FIELD_NOTE
#define CONSULT_MEMBERS                                                        \
  FIELD_QUEUE_ID, FIELD_QUEUE_NAME, FIELD_SKILL, FIELD_AGENT_ID, FIELD_NOTE
#define TRANSFER_MEMBERS                                                       \
  FIELD_ACTION, FIELD_QUEUE_ID, FIELD_QUEUE_NAME, FIELD_SKILL, FIELD_AGENT_ID, \
      FIELD_BOT_ID, FIELD_ADDRESS, FIELD_PRIORITY, FIELD_SKILLS,               \
      FIELD_SKIP_QUEUE, FIELD_REASON, FIELD_NOTE, FIELD_WHEN, FIELD_RELEASE,   \
      FIELD_TIMEOUT, FIELD_REQUIRE, FIELD_ASYNC, FIELD_PREFER,                 \
      FIELD_PREFER_FOR, FIELD_ACCELERATION, FIELD_MAX_PRIORITY

static const struct {
  uint8_t field[MEMBERS_MAX];
} members[COMMANDS] = {
#define COMMAND(n, w, r, m, s, h, d) [COMMAND_##n] = {{m, FIELDS}},
#include "engine/command.def"
#undef COMMAND
};

const struct command_info *command_info(enum command_type type) {
  bt_check(type < COMMANDS);
  return &infos[type];
}

bool command_takes(enum command_type type, enum field field) {
  bt_check(type < COMMANDS);
  for (size_t i = 0; members[type].field[i] != FIELDS; i++) {
    /* A command without members lists 0, which nobody may send. */
    if (members[type].field[i] == field) {
      return field != FIELD_SESSION;
    }
  }
  return false;
}

enum field command_field(enum command_type type, struct text wire) {
  bt_check(type < COMMANDS);
  for (size_t i = 0; members[type].field[i] != FIELDS; i++) {
    const enum field f = (enum field)members[type].field[i];
    if (f != FIELD_SESSION &&
        text_equal(wire, text_from(field_info(f)->wire))) {
      return f;
    }
  }
  return FIELDS;
}
