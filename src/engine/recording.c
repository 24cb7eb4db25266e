/* What of a conversation is kept: whether the customer agrees to it, and the
 * pause, for card data, in which what the customer types goes to the agent and
 * nowhere else.
 *
 * It is in no event then, and so neither in the state nor in the journal, nor
 * told to bots, supervisors, scripts or platforms: the event says only that
 * there was a message. A crash in between loses it; the customer says it again.
 */
#include "base/check.h"
#include "engine/engine_priv.h"

static void copy_text(struct ctx *x, struct record *to, enum field f,
                      const struct record *from) {
  if (record_has(from, f)) {
    const struct text copy =
        arena_copy_text(ctx_arena(x), record_text(from, f));
    bt_check(copy.ptr != NULL);
    record_set_text(to, f, copy);
  }
}

void recording_pass_by(struct ctx *x, uint32_t slot,
                       const struct record *args) {
  const struct live *l = engine_live(x->e, slot);
  struct record *fx = ctx_effect(x, EFFECT_SHOW_ONCE);
  struct record ev;
  ctx_event(x, &ev, EVENT_MESSAGE, slot);
  record_set_num(&ev, FIELD_MESSAGE, (int64_t)l->message_count + 1);
  record_copy_all(fx, &ev);
  record_set_num(fx, FIELD_AGENT, l->s.agent);
  copy_text(x, fx, FIELD_ACTOR, &ev);
  copy_text(x, fx, FIELD_REQUEST, &ev);
  copy_text(x, fx, FIELD_TEXT, args);
  copy_text(x, fx, FIELD_DATA, args);
  record_set_text(&ev, FIELD_TEXT, ENGINE_NOT_KEPT);
  emit(x, &ev);
}

void cmd_pause_recording(struct ctx *x, uint32_t slot,
                         const struct record *args, struct answer *a) {
  struct record ev;
  if (!beside_talks(x, slot, a)) {
    return;
  }
  if (engine_live(x->e, slot)->paused_us == 0) {
    ctx_event(x, &ev, EVENT_RECORDING_PAUSED, slot);
    record_copy(&ev, FIELD_REASON, args);
    emit(x, &ev);
  }
  answer_session(x, slot, 200, "What the customer types is not kept.", a);
}

void cmd_resume_recording(struct ctx *x, uint32_t slot,
                          const struct record *args, struct answer *a) {
  struct record ev;
  (void)args;
  if (!beside_talks(x, slot, a)) {
    return;
  }
  if (engine_live(x->e, slot)->paused_us != 0) {
    ctx_event(x, &ev, EVENT_RECORDING_RESUMED, slot);
    emit(x, &ev);
  }
  answer_session(x, slot, 200,
                 live_is_unkept(engine_live(x->e, slot))
                     ? "The pause is over, but the customer does not agree: "
                       "what is typed is not kept."
                     : "What the customer types is kept.",
                 a);
}

void cmd_consent(struct ctx *x, uint32_t slot, const struct record *args,
                 struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  struct record ev;
  if (l->s.status == SESSION_WRAPUP || l->s.status == SESSION_COMPLETED) {
    answer_refuse_usual(x, slot, REFUSAL_SESSION_ENDED, a);
    return;
  }
  if (!record_has(args, FIELD_CONSENT)) {
    answer_refuse(x, slot, REFUSAL_INVALID_MEMBER,
                  TEXT("\"consent\" is true or false: does the customer agree "
                       "that the conversation is kept?"),
                  a);
    return;
  }
  const bool given = record_num(args, FIELD_CONSENT) != 0;
  if (l->consent != (given ? CONSENT_GIVEN : CONSENT_REFUSED)) {
    ctx_event(x, &ev, EVENT_CONSENT_SET, slot);
    record_copy(&ev, FIELD_CONSENT, args);
    emit(x, &ev);
  }
  answer_session(x, slot, 200,
                 given ? "The customer agrees that the conversation is kept."
                       : "The customer does not agree: what is typed to agents "
                         "is not kept.",
                 a);
}
