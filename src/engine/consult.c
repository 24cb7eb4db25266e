/* Consultations: an agent asks another one, or a queue, and the customer stays
 * with who asks, until the session is given away, or the talk is over. */
#include "base/check.h"
#include "engine/engine_priv.h"
#include "engine/put_priv.h"

/* Longer than anybody waits for advice. */
#define CONSULT_EXCLUDED_US (INT64_C(86400) * 1000000)

static const struct live *other_of(const struct engine *e,
                                   const struct live *l) {
  uint32_t slot;
  return l->consults != CONSULTS_NOT && engine_find(e, l->consult, &slot)
             ? engine_live(e, slot)
             : NULL;
}

bool consult_has(const struct engine *e, const struct live *l, uint32_t agent) {
  const struct live *other = other_of(e, l);
  return other != NULL && other->s.agent == agent;
}

bool consult_speaks(const struct engine *e, const struct live *l,
                    uint32_t agent) {
  const struct live *other = other_of(e, l);
  return other != NULL && l->consults != CONSULTS_ASKS &&
         other->s.status == SESSION_ACTIVE && other->s.agent == agent;
}

static const char *state_of(const struct live *l, const struct live *talk) {
  return l->consults == CONSULTS_MERGED     ? "merged"
         : talk->s.status == SESSION_ACTIVE ? "talking"
         : live_in_queue(&talk->s)          ? "asked"
                                            : "ended";
}

void consult_view(const struct engine *e, const struct live *l,
                  struct json_out *o) {
  const struct live *other = other_of(e, l);
  json_key(o, "consult");
  if (other == NULL) {
    json_put_null(o);
    return;
  }
  const bool about = l->consults == CONSULTS_ABOUT;
  json_open_object(o);
  put_id(o, "session", l->consult);
  put_name(o, "part", about ? "answers" : "asks");
  put_name(o, "state", about ? state_of(other, l) : state_of(l, other));
  const struct text agent =
      view_holder_name(e, SESSION_HOLDER_AGENT, other->s.agent);
  put_name_or_null(o, "agent", agent);
  put_name_or_null(o, "name", engine_party_name(e, ROLE_AGENT, agent));
  put_bool(o, "handsOver", l->given);
  json_close_object(o);
}

bool engine_session_consult(const struct engine *e, uint32_t slot,
                            struct id *out) {
  const struct live *l = engine_live(e, slot);
  *out = l->consult;
  return l->consults != CONSULTS_NOT;
}

bool engine_session_offers(const struct engine *e, uint32_t slot,
                           struct id *out) {
  const struct live *l = engine_live(e, slot);
  *out = l->consult;
  return l->consults == CONSULTS_ABOUT && l->given;
}

void engine_write_consult(const struct engine *e, uint32_t slot,
                          struct json_out *o) {
  consult_view(e, engine_live(e, slot), o);
}

/* ---- asking */

/* Who asks asks one at a time. */
static bool is_alone(struct ctx *x, uint32_t slot, struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  if (l->consults != CONSULTS_NOT) {
    answer_refuse(x, slot, REFUSAL_CONSULT_PENDING,
                  l->consults == CONSULTS_ABOUT
                      ? TEXT("This session is a consultation itself: answer "
                             "it, or transfer it.")
                      : TEXT("Another agent or queue is being asked."),
                  a);
    return false;
  }
  return open_has_room(x, slot, a);
}

static bool may_ask(struct ctx *x, uint32_t slot, struct answer *a) {
  return beside_talks(x, slot, a) && is_alone(x, slot, a);
}

static bool is_somebody_else(struct ctx *x, uint32_t slot, uint32_t queue,
                             const struct record *args, struct answer *a) {
  if (x->e->dir.queues[queue].agent != engine_live(x->e, slot)->s.agent) {
    return true;
  }
  answer_member(x, REFUSAL_INVALID_MEMBER,
                record_has(args, FIELD_AGENT_ID) ? "/agentId" : "/queueId",
                TEXT("That is who has the session: ask somebody else."), a);
  return false;
}

/* In it, the agent who asks stands where the customer does elsewhere. */
static struct text asker(struct ctx *x, uint32_t slot) {
  const uint32_t agent = engine_live(x->e, slot)->s.agent;
  const struct text id = x->e->dir.agents[agent].id;
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, x->out->arena.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  put_text(&o, "agent", id);
  put_text(&o, "name", engine_party_name(x->e, ROLE_AGENT, id));
  json_close_object(&o);
  const struct text customer = arena_copy_text(ctx_arena(x), textbuf_text(&b));
  textbuf_free(&b);
  return customer;
}

/* The session between the two, in nobody's hands. */
static uint32_t open_talk(struct ctx *x, uint32_t slot, enum when when) {
  const struct session_cmd release = {.type = SESSION_CMD_RELEASE};
  const struct live *l = engine_live(x->e, slot);
  struct record args;
  record_init(&args, COMMAND_OPEN_SESSION);
  record_set_id(&args, FIELD_CONSULT, l->id);
  record_set_text(&args, FIELD_CUSTOMER, asker(x, slot));
  if (when == WHEN_ACCEPTED) {
    record_set_num(&args, FIELD_WHEN, when);
  }
  const uint32_t talk =
      open_session(x, l->entry, SESSION_HOLDER_SCRIPT, 0, &args);
  x->moving = true; /* no script of the entry point begins */
  do_session_late(x, talk, &release, NULL);
  x->moving = false;
  return talk;
}

/* Nobody is offered what they ask themselves, while another could take it. */
static void leave_out(struct ctx *x, uint32_t talk, uint32_t agent) {
  struct record ev;
  ctx_event(x, &ev, EVENT_AGENT_EXCLUDED, talk);
  record_set_num(&ev, FIELD_AGENT, agent);
  record_set_num(&ev, FIELD_UNTIL, x->now_us + CONSULT_EXCLUDED_US);
  emit(x, &ev);
}

static void note_asked(struct ctx *x, uint32_t slot, struct id talk,
                       struct text target) {
  struct record ev;
  ctx_event(x, &ev, EVENT_CONSULT_ASKED, slot);
  record_set_id(&ev, FIELD_CONSULT, talk);
  record_set_given(&ev, FIELD_TARGET, target);
  emit(x, &ev);
}

/* The talk goes where the session would have gone. */
static void send_talk(struct ctx *x, uint32_t slot, uint32_t talk,
                      const struct place *p) {
  const struct session_cmd queue = {.type = SESSION_CMD_TRANSFER,
                                    .target = p->queue};
  const uint32_t asks = engine_live(x->e, slot)->s.agent;
  struct record extra;
  record_init(&extra, 0);
  put_place(x, talk, p, &extra);
  do_session_late(x, talk, &queue, &extra);
  leave_out(x, talk, asks);
}

void cmd_consult(struct ctx *x, uint32_t slot, const struct record *args,
                 struct answer *a) {
  struct place p;
  if (!may_ask(x, slot, a) || !transfer_would(x, slot, args, &p, a) ||
      !is_somebody_else(x, slot, p.queue, args, a)) {
    return;
  }
  const uint32_t talk = open_talk(x, slot, WHEN_NOW);
  note_asked(x, slot, engine_live(x->e, talk)->id, body_target(args));
  p.reason = TEXT("consult");
  send_talk(x, slot, talk, &p);
  answer_view(x, talk, 201, a);
}

/* ---- offering the session itself */

/* A platform outside takes customers only: nobody there would be asked. */
static bool has_people_here(struct ctx *x, uint32_t queue, struct answer *a) {
  if (directory_seat(&x->e->dir, queue) == DIR_NONE) {
    return true;
  }
  answer_member(x, REFUSAL_INVALID_MEMBER, "/when",
                ctx_format(x,
                           "The people of '%.*s' sit in another platform, "
                           "which takes a session and accepts none: transfer "
                           "it now.",
                           TEXT_ARG(x->e->dir.queues[queue].id)),
                a);
  return false;
}

bool consult_may_offer(struct ctx *x, uint32_t slot, const struct record *args,
                       uint32_t queue, struct answer *a) {
  return is_alone(x, slot, a) && is_somebody_else(x, slot, queue, args, a) &&
         has_people_here(x, queue, a);
}

void consult_offer(struct ctx *x, uint32_t slot, const struct record *args,
                   const struct place *p) {
  const uint32_t talk = open_talk(x, slot, WHEN_ACCEPTED);
  struct record ev;
  ctx_event(x, &ev, EVENT_TRANSFER_OFFERED, slot);
  put_place(x, slot, p, &ev);
  record_set_id(&ev, FIELD_CONSULT, engine_live(x->e, talk)->id);
  record_set_id(&ev, FIELD_TRANSFER_ID, ctx_new_id(x));
  record_set_num(&ev, FIELD_TRANSFER, (int64_t)x->e->next_transfer);
  record_set_given(&ev, FIELD_TARGET, body_target(args));
  record_set_num(&ev, FIELD_QUEUE, p->queue);
  emit(x, &ev);
  send_talk(x, slot, talk, p);
}

/* ---- what comes of it */

/* Who answers in the session's consultation; false: refused. */
static bool find_talk(struct ctx *x, uint32_t slot, uint32_t *talk,
                      struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  const bool asks =
      l->consults == CONSULTS_ASKS || l->consults == CONSULTS_MERGED;
  if (!asks || l->s.agent != x->by.number ||
      !engine_find(x->e, l->consult, talk)) {
    answer_refuse(x, slot, REFUSAL_NO_CONSULT,
                  TEXT("You are asking nobody about this session."), a);
    return false;
  }
  return true;
}

static bool find_answering(struct ctx *x, uint32_t slot, uint32_t *talk,
                           struct answer *a) {
  if (!find_talk(x, slot, talk, a)) {
    return false;
  }
  if (engine_live(x->e, *talk)->s.status == SESSION_ACTIVE) {
    return true;
  }
  answer_refuse(x, slot, REFUSAL_NO_CONSULT,
                TEXT("Nobody has answered yet: wait, or transfer the session."),
                a);
  return false;
}

void cmd_merge_consult(struct ctx *x, uint32_t slot, const struct record *args,
                       struct answer *a) {
  uint32_t talk;
  struct record ev;
  (void)args;
  if (!find_answering(x, slot, &talk, a)) {
    return;
  }
  if (engine_live(x->e, slot)->consults != CONSULTS_MERGED) {
    ctx_event(x, &ev, EVENT_CONSULT_MERGED, slot);
    record_set_id(&ev, FIELD_CONSULT, engine_live(x->e, talk)->id);
    record_set_num(&ev, FIELD_AGENT, engine_live(x->e, talk)->s.agent);
    emit(x, &ev);
  }
  answer_session(x, slot, 200, "Both of you talk with the customer.", a);
}

/* Where the session passes on its way to @agent. One that was accepted goes
 * through the queue in which it was offered, in which it then counts, and to
 * which it comes back if that agent is lost. */
static struct place passes(struct ctx *x, const struct live *l,
                           const struct live *talk, uint32_t agent) {
  if (!l->given) {
    return (struct place){.queue = x->e->dir.agents[agent].queue,
                          .priority = l->priority};
  }
  return (struct place){.queue = talk->s.queue,
                        .priority = talk->priority,
                        .ageing = talk->ageing,
                        .skills = arena_copy_text(ctx_arena(x), talk->skills)};
}

/* Of which talk the event comes, and that all was said there (see
 * beside_was_accepted()). */
static void note_handed(const struct live *l, struct record *ev) {
  record_set_id(ev, FIELD_CONSULT, l->consult);
  if (l->given) {
    record_set_num(ev, FIELD_WHEN, WHEN_ACCEPTED);
  }
}

/* The talk ends with the transfer (consult_follow()), so that whoever answered
 * has a place; an agent who may not have it meanwhile is offered it first. */
static void hand_over(struct ctx *x, uint32_t slot, uint32_t talk,
                      const struct record *args) {
  const struct live *l = engine_live(x->e, slot);
  const uint32_t agent = engine_live(x->e, talk)->s.agent;
  struct place p = passes(x, l, engine_live(x->e, talk), agent);
  const struct session_cmd queue = {
      .type = SESSION_CMD_TRANSFER, .target = p.queue, .privileged = true};
  struct record extra, claim = *args;
  struct answer no;
  p.reason = record_text(args, FIELD_REASON);
  p.note = record_text(args, FIELD_NOTE);
  record_init(&extra, 0);
  put_place(x, slot, &p, &extra);
  note_handed(l, &extra);
  note_handed(l, &claim);
  if (l->given) { /* it was accepted long ago, and is carried out */
    record_set_id(&extra, FIELD_TRANSFER_ID, l->transfer.id);
    record_set_num(&extra, FIELD_TRANSFER, (int64_t)l->transfer.number);
  }
  do_session_late(x, slot, &queue, &extra);
  if (agent_has_place(x, slot, agent, &no)) {
    agent_claim(x, slot, agent, &claim);
  }
}

void cmd_complete_consult(struct ctx *x, uint32_t slot,
                          const struct record *args, struct answer *a) {
  uint32_t talk;
  if (find_answering(x, slot, &talk, a)) {
    hand_over(x, slot, talk, args);
    answer_session(x, slot, 200, "Whoever was asked has the session.", a);
  }
}

static void end_talk(struct ctx *x, uint32_t talk, struct text reason) {
  const struct session_cmd end = {.type = SESSION_CMD_END, .privileged = true};
  struct record extra;
  record_init(&extra, 0);
  record_set_given(&extra, FIELD_REASON, reason);
  record_set_text(&extra, FIELD_END_REASON, TEXT("agent_ended"));
  do_session_late(x, talk, &end, &extra);
}

void consult_take_back(struct ctx *x, uint32_t slot) {
  uint32_t talk;
  const bool there = engine_find(x->e, engine_live(x->e, slot)->consult, &talk);
  bt_check(there); /* it ends with the talk, which is the other way round */
  end_talk(x, talk, (struct text){"", 0});
}

void cmd_end_consult(struct ctx *x, uint32_t slot, const struct record *args,
                     struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  uint32_t talk = slot;
  const bool answers =
      l->consults == CONSULTS_ABOUT && l->s.agent == x->by.number;
  if (answers || find_talk(x, slot, &talk, a)) {
    end_talk(x, talk, record_text(args, FIELD_REASON));
    answer_session(x, slot, 200, "The consultation is over.", a);
  }
}

/* ---- one follows the other */

/* What is talked about is not documented: whoever answered is free at once. */
static void document(struct ctx *x, uint32_t talk) {
  const struct session_cmd cmd = {.type = SESSION_CMD_DOCUMENTED,
                                  .target = engine_live(x->e, talk)->s.agent,
                                  .privileged = true};
  do_session_late(x, talk, &cmd, NULL);
}

static void note_ended(struct ctx *x, uint32_t asked, const struct live *talk) {
  struct record ev;
  ctx_event(x, &ev, EVENT_CONSULT_ENDED, asked);
  record_set_id(&ev, FIELD_CONSULT, talk->id);
  record_set_given(&ev, FIELD_END_REASON, talk->end_reason);
  emit(x, &ev);
}

/* Somebody has accepted the session: it goes over in the name of who offered
 * it, for the reason that was given then. */
static void carry_out_offer(struct ctx *x, uint32_t asked, uint32_t talk) {
  const struct transfer *t = &engine_live(x->e, asked)->transfer;
  const struct caller accepts = x->by;
  struct record args;
  record_init(&args, COMMAND_COMPLETE_CONSULT);
  record_set_given(&args, FIELD_REASON,
                   arena_copy_text(ctx_arena(x), t->reason));
  record_set_given(&args, FIELD_NOTE, arena_copy_text(ctx_arena(x), t->note));
  x->by.role = (enum role)t->role;
  x->by.name = arena_copy_text(ctx_arena(x), t->actor);
  hand_over(x, asked, talk, &args);
  x->by = accepts;
}

static void follow_talk(struct ctx *x, uint32_t talk,
                        const struct session *before) {
  const struct live *l = engine_live(x->e, talk);
  uint32_t asked;
  if (l->s.status == SESSION_WRAPUP) {
    document(x, talk);
    return;
  }
  if (!engine_find(x->e, l->consult, &asked) ||
      !id_equal(engine_live(x->e, asked)->consult, l->id)) {
    return;
  }
  if (l->s.status == SESSION_COMPLETED) {
    note_ended(x, asked, l);
  } else if (l->given && l->s.status == SESSION_ACTIVE &&
             before->status != SESSION_ACTIVE) {
    carry_out_offer(x, asked, talk);
  } else if (before->status == SESSION_ACTIVE &&
             l->s.status != SESSION_ACTIVE &&
             engine_live(x->e, asked)->consults == CONSULTS_MERGED) {
    /* Somebody else will answer, whom nobody has let in. */
    note_asked(x, asked, l->id,
               view_holder_name(x->e, SESSION_HOLDER_QUEUE, l->s.queue));
  }
}

void consult_follow(struct ctx *x, uint32_t slot,
                    const struct session *before) {
  const struct live *l = engine_live(x->e, slot);
  uint32_t talk;
  if (l->consults == CONSULTS_ABOUT) {
    follow_talk(x, slot, before);
  } else if (l->consults != CONSULTS_NOT &&
             (l->s.status != SESSION_ACTIVE || l->s.agent != before->agent) &&
             engine_find(x->e, l->consult, &talk)) {
    end_talk(x, talk, (struct text){"", 0});
  }
}
