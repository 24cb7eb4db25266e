/* moves.c - the commands that are tried in every world. */
#include "moves.h"

#include "base/check.h"
#include "world.h"

/* Which arguments does a command look at? The others are tried with two
 * different contents, to show that it does not. */
enum {
  EPOCH = 1,
  VISIT = 2,
  NUMBER = 4,
  TARGET = 8,  /* a queue, bot or agent: 0 or 1 */
  ONWARD = 16, /* the same, or nobody */
  RIGHTS = 32,
  ENDING = 64,
  FIRST = 128, /* kind: BOT or SCRIPT */
  NEXT = 256   /* kind: BOT or QUEUE */
};

static const uint32_t looks_at[SESSION_CMDS] = {
    [SESSION_CMD_OPEN] = TARGET | FIRST,
    [SESSION_CMD_ATTACH] = EPOCH,
    [SESSION_CMD_GOODBYE] = EPOCH | ENDING,
    [SESSION_CMD_DETACH] = EPOCH,
    [SESSION_CMD_RELEASE] = 0,
    [SESSION_CMD_HANGUP] = RIGHTS,
    [SESSION_CMD_TRANSFER] = TARGET | RIGHTS,
    [SESSION_CMD_TRANSFER_BOT] = TARGET | RIGHTS,
    [SESSION_CMD_AWAIT] = TARGET | NEXT,
    [SESSION_CMD_CANCEL] = NUMBER,
    [SESSION_CMD_EXPIRE] = NUMBER,
    [SESSION_CMD_MATCH] = TARGET,
    [SESSION_CMD_ACCEPT] = TARGET | NUMBER,
    [SESSION_CMD_DECLINE] = TARGET | NUMBER,
    [SESSION_CMD_BOT_AWAY] = 0,
    [SESSION_CMD_BOT_BACK] = 0,
    [SESSION_CMD_AGENT_LOST] = TARGET,
    [SESSION_CMD_AGENT_BACK] = TARGET,
    [SESSION_CMD_ASSIGN] = TARGET,
    [SESSION_CMD_WITHDRAW] = 0,
    [SESSION_CMD_REQUEUE] = 0,
    [SESSION_CMD_LEAVE] = 0,
    [SESSION_CMD_END] = RIGHTS,
    [SESSION_CMD_DOCUMENTED] = TARGET | RIGHTS,
    [SESSION_CMD_TIMEOUT] = VISIT | ONWARD,
};

/* Argument by argument: a choice if the command looks at it, else @noise. */
static bool flag(uint32_t *choice, bool looked_at, bool noise) {
  if (!looked_at) {
    return noise;
  }
  const bool bit = (*choice & 1u) != 0;
  *choice >>= 1;
  return bit;
}

static uint32_t target(uint32_t *choice, uint32_t looks, bool noise) {
  static const uint32_t targets[] = {0, 1, SESSION_NOBODY};
  if ((looks & (TARGET | ONWARD)) == 0) {
    return noise ? 0 : SESSION_NOBODY;
  }
  const uint32_t count = looks & ONWARD ? 3 : 2;
  const uint32_t which = *choice % count;
  *choice /= count;
  return targets[which];
}

static uint8_t kind(uint32_t *choice, uint32_t looks, bool noise) {
  const bool second = flag(choice, (looks & (FIRST | NEXT)) != 0, noise);
  if (!second) {
    return SESSION_HOLDER_BOT;
  }
  return looks & FIRST ? SESSION_HOLDER_SCRIPT : SESSION_HOLDER_QUEUE;
}

/* The @choice-th variant of a command; false after the last one. */
static bool variant(uint32_t type, bool noise, uint32_t choice,
                    struct move *out) {
  const uint32_t looks = looks_at[type];
  out->type = type;
  out->target = target(&choice, looks, noise);
  out->kind = kind(&choice, looks, noise);
  out->this_epoch = flag(&choice, looks & EPOCH, noise);
  out->this_visit = flag(&choice, looks & VISIT, noise);
  out->this_number = flag(&choice, looks & NUMBER, noise);
  out->privileged = flag(&choice, looks & RIGHTS, noise);
  out->ending = flag(&choice, looks & ENDING, noise);
  return choice == 0;
}

size_t moves_all(struct move out[MOVES_MAX]) {
  size_t count = 0;
  for (uint32_t type = 0; type < SESSION_CMDS; type++) {
    for (uint32_t noise = 0; noise < 2; noise++) {
      struct move m;
      for (uint32_t choice = 0; variant(type, noise, choice, &m); choice++) {
        bt_check(count < MOVES_MAX);
        out[count++] = m;
      }
    }
  }
  return count;
}

struct session_cmd move_command(struct move m, const struct session *s) {
  const bool of_offer =
      m.type == SESSION_CMD_ACCEPT || m.type == SESSION_CMD_DECLINE;
  const bool is_new =
      m.type == SESSION_CMD_MATCH || m.type == SESSION_CMD_AWAIT;
  const uint64_t number = of_offer ? s->offer : s->transfer;
  return (struct session_cmd){
      .type = m.type,
      .epoch = m.this_epoch ? s->epoch : s->epoch - 1,
      .visit = m.this_visit ? s->visit : s->visit - 1,
      .target = m.target,
      .target_kind = m.kind,
      .privileged = m.privileged,
      .ending = m.ending,
      /* The version has never been here before: a fresh number. */
      .number = is_new ? s->version + 1 : number + !m.this_number,
  };
}

void move_print(FILE *to, struct move m) {
  const uint32_t looks = looks_at[m.type];
  fprintf(to, "%s", session_cmd_name(m.type));
  if (looks & (FIRST | NEXT)) {
    fprintf(to, " %s", session_holder_name(m.kind));
  }
  if ((looks & (TARGET | ONWARD)) && m.target != SESSION_NOBODY) {
    fprintf(to, " %u", m.target);
  }
  if (looks & (EPOCH | VISIT | NUMBER)) {
    const bool current = looks & EPOCH   ? m.this_epoch
                         : looks & VISIT ? m.this_visit
                                         : m.this_number;
    fputs(current ? " (current)" : " (stale)", to);
  }
  fputs((looks & RIGHTS) && m.privileged ? " privileged" : "", to);
  fputs((looks & ENDING) && m.ending ? " ending" : "", to);
}
