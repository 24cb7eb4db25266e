/* Supervisors in a conversation of others: listening, whispering, stepping in.
 *
 * Nobody gets or loses the hold by it, so there is nothing to fold: each is an
 * event that says who. What is whispered is no message: it is in no transcript,
 * and neither the customer nor a bot is ever told of it. */
#include "engine/engine_priv.h"

static bool is_over(const struct session *s) {
  return s->status == SESSION_WRAPUP || s->status == SESSION_COMPLETED;
}

static bool refuse_ended(struct ctx *x, uint32_t slot, struct answer *a) {
  if (!is_over(&engine_live(x->e, slot)->s)) {
    return false;
  }
  answer_refuse_usual(x, slot, REFUSAL_SESSION_ENDED, a);
  return true;
}

static void emit_reason(struct ctx *x, uint32_t slot, uint32_t type,
                        const struct record *args) {
  struct record ev;
  ctx_event(x, &ev, type, slot);
  record_copy(&ev, FIELD_REASON, args);
  emit(x, &ev);
}

void cmd_listen(struct ctx *x, uint32_t slot, const struct record *args,
                struct answer *a) {
  if (!refuse_ended(x, slot, a)) {
    emit_reason(x, slot, EVENT_LISTENING, args);
    answer_session(x, slot, 200, "It is recorded that you listen.", a);
  }
}

/* Also when the conversation is over meanwhile: then nobody listens to it. */
void cmd_stop_listening(struct ctx *x, uint32_t slot, const struct record *args,
                        struct answer *a) {
  if (!is_over(&engine_live(x->e, slot)->s)) {
    emit_reason(x, slot, EVENT_LISTENED, args);
  }
  answer_session(x, slot, 200, "You do not listen any more.", a);
}

void cmd_whisper(struct ctx *x, uint32_t slot, const struct record *args,
                 struct answer *a) {
  const struct session *s = &engine_live(x->e, slot)->s;
  struct record ev;
  if (refuse_ended(x, slot, a)) {
    return;
  }
  if (s->status != SESSION_ACTIVE) {
    answer_refuse(x, slot, REFUSAL_NOT_WITH_AGENT,
                  TEXT("No agent has the session: there is nobody to whisper "
                       "to."),
                  a);
    return;
  }
  ctx_event(x, &ev, EVENT_WHISPERED, slot);
  record_copy(&ev, FIELD_TEXT, args);
  record_set_num(&ev, FIELD_AGENT, s->agent);
  emit(x, &ev);
  answer_session(x, slot, 200, "The agent alone was told.", a);
}

void cmd_barge(struct ctx *x, uint32_t slot, const struct record *args,
               struct answer *a) {
  if (!refuse_ended(x, slot, a)) {
    emit_reason(x, slot, EVENT_BARGED, args);
    answer_session(x, slot, 200,
                   "You are in the conversation: messages of yours go to "
                   "everybody.",
                   a);
  }
}
