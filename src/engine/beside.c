/* What an agent does beside the conversation: notes, and hold.
 *
 * A note is no message: it is in no transcript, and neither the customer nor a
 * bot is ever told of it. On hold the session stays active, with the agent who
 * has it: only the customer is told to wait. */
#include "engine/engine_priv.h"

static bool has_it(const struct ctx *x, const struct session *s) {
  return x->by.role != ROLE_AGENT || s->agent == x->by.number;
}

void cmd_note(struct ctx *x, uint32_t slot, const struct record *args,
              struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  struct record ev;
  if (l->s.status == SESSION_COMPLETED) {
    answer_refuse_usual(x, slot, REFUSAL_SESSION_ENDED, a);
    return;
  }
  if (!has_it(x, &l->s) && !consult_has(x->e, l, x->by.number)) {
    answer_refuse_usual(x, slot, REFUSAL_STALE_HOLDER, a);
    return;
  }
  ctx_event(x, &ev, EVENT_NOTED, slot);
  record_copy(&ev, FIELD_TEXT, args);
  emit(x, &ev);
  answer_session(x, slot, 200, "The note was kept.", a);
}

/* Only who talks with the customer lets the customer wait. */
bool beside_talks(struct ctx *x, uint32_t slot, struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  if (l->s.status != SESSION_ACTIVE) {
    answer_refuse_usual(x, slot, REFUSAL_NOT_WITH_AGENT, a);
    return false;
  }
  if (!has_it(x, &l->s)) {
    answer_refuse_usual(x, slot, REFUSAL_STALE_HOLDER, a);
    return false;
  }
  return true;
}

void beside_resume(struct ctx *x, uint32_t slot) {
  struct record ev;
  if (engine_live(x->e, slot)->held_us != 0) {
    ctx_event(x, &ev, EVENT_RESUMED, slot);
    emit(x, &ev);
  }
}

void cmd_hold(struct ctx *x, uint32_t slot, const struct record *args,
              struct answer *a) {
  struct record ev;
  if (!beside_talks(x, slot, a)) {
    return;
  }
  if (engine_live(x->e, slot)->held_us == 0) {
    ctx_event(x, &ev, EVENT_HELD, slot);
    record_copy(&ev, FIELD_REASON, args);
    emit(x, &ev);
  }
  answer_session(x, slot, 200, "The customer is on hold.", a);
}

void cmd_resume(struct ctx *x, uint32_t slot, const struct record *args,
                struct answer *a) {
  (void)args;
  if (beside_talks(x, slot, a)) {
    beside_resume(x, slot);
    answer_session(x, slot, 200, "The customer is not on hold.", a);
  }
}

/* ---- in a snapshot */

bool beside_was_accepted(const struct record *ev) {
  return record_has(ev, FIELD_CONSULT) &&
         record_num(ev, FIELD_WHEN) == WHEN_ACCEPTED &&
         (ev->type == EVENT_OF_SESSION(QUEUED) ||
          ev->type == EVENT_OF_SESSION(CONNECTED));
}

bool beside_is_offer(const struct live *l) {
  return l->consults == CONSULTS_ABOUT && l->given;
}

void beside_save(const struct live *l, struct record *r) {
  if (l->paused_us != 0) {
    record_set_num(r, FIELD_PAUSED, l->paused_us);
  }
  if (l->consent != CONSENT_UNKNOWN) {
    record_set_num(r, FIELD_CONSENT, l->consent == CONSENT_GIVEN);
  }
  if (l->held_us != 0) {
    record_set_num(r, FIELD_HELD, l->held_us);
  }
  if (l->consults != CONSULTS_NOT) {
    record_set_id(r, FIELD_CONSULT, l->consult);
    record_set_num(r, FIELD_CONSULTS, l->consults);
    if (l->given) {
      record_set_num(r, FIELD_WHEN, WHEN_ACCEPTED);
    }
  }
}

void beside_restore(struct live *l, const struct record *r) {
  l->held_us = record_num(r, FIELD_HELD);
  l->paused_us = record_num(r, FIELD_PAUSED);
  l->consent = !record_has(r, FIELD_CONSENT)       ? CONSENT_UNKNOWN
               : record_num(r, FIELD_CONSENT) != 0 ? CONSENT_GIVEN
                                                   : CONSENT_REFUSED;
  l->consult = record_id(r, FIELD_CONSULT);
  l->consults = (uint8_t)record_num(r, FIELD_CONSULTS);
  l->given = record_num(r, FIELD_WHEN) == WHEN_ACCEPTED;
}
