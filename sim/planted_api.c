/* planted_api.c - faults between api, bots and net, as planted.c has them
 * inside of the engine; and what has a name that the world has, too. */
#include "api/shell.h"
#include "api/topic.h"
#include "net/deadline_priv.h"
#include "net/ws_frame.h"
#include "planted.h"

WRAP(void, topics_tell, struct topics *t, uint64_t seq,
     const struct record *event) {
  if (planted != PLANT_MESSAGE_LOST || event->type != EVENT_MESSAGE ||
      seq % 64 != 0) {
    real_topics_tell(t, seq, event);
  }
}

WRAP(uint64_t, socket_send_held, struct socket *s, uint64_t made_from,
     struct text text) {
  return real_socket_send_held(s, planted == PLANT_VIEW_EARLY ? 0 : made_from,
                               text);
}

/* What comes too late is said all the same, and as if by a script, whom the
 * engine hears until an agent is there. */
WRAP(void, socket_refuse, struct socket *s, const struct frame *f,
     enum refusal refusal, struct text detail, struct text pointer) {
  struct command cmd;
  struct id session;
  if (planted != PLANT_UNFENCED || refusal != REFUSAL_STALE_HOLDER ||
      !text_equal(f->type, TEXT("message")) ||
      !socket_read_session(s, f, &session) ||
      !socket_read(s, f, COMMAND_SAY, NULL, &cmd)) {
    real_socket_refuse(s, f, refusal, detail, pointer);
    return;
  }
  cmd.by.role = ROLE_SCRIPT;
  record_set_id(&cmd.args, FIELD_SESSION, session);
  socket_submit(s, f, &cmd);
}

WRAP(size_t, ws_header_write, char out[WS_HEADER_MAX], enum ws_opcode opcode,
     uint64_t length, const uint8_t *mask) {
  static uint32_t count;
  const bool torn =
      planted == PLANT_FRAME_TORN && opcode == WS_OP_TEXT && ++count % 64 == 0;
  return real_ws_header_write(out, opcode, length + torn, mask);
}

WRAP(void, deadline_set, struct deadlines *ds, struct deadline *d,
     enum deadline_kind kind) {
  if (planted == PLANT_DEAD_KEPT && kind == DEADLINE_WS_PING) {
    deadline_clear(d);
  } else {
    real_deadline_set(ds, d, kind);
  }
}
