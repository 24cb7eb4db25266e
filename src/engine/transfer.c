/* Transfers: the checks in their order, now or with the release, and the ways
 * in which the holder's part is ended. */
#include "base/check.h"
#include "engine/engine_priv.h"

/* What a transfer is about, after its target is known. */
struct order {
  bool to_bot;
  uint32_t target; /* queue or bot */
  struct place place;
  struct router_request asked; /* of the place, with its skills read */
  bool released, release, accepted;
  int64_t timeout_ms;
  uint32_t require;
};

enum { TIMEOUT_DEFAULT_S = 10, NEAREST_MAX = 3 };

/* ---- target */

static enum dir_target_kind kind_of_target(enum field field) {
  switch ((uint32_t)field) {
  case FIELD_QUEUE_ID:
  case FIELD_QUEUE_NAME:
    return DIR_TARGET_QUEUE;
  case FIELD_SKILL:
    return DIR_TARGET_SKILL;
  case FIELD_AGENT_ID:
    return DIR_TARGET_AGENT;
  case FIELD_BOT_ID:
    return DIR_TARGET_BOT;
  default:
    return DIR_TARGET_ANY;
  }
}

static void refuse_unknown_target(struct ctx *x, uint32_t slot,
                                  const struct record *args, struct answer *a) {
  const struct text name = body_target(args);
  struct text near[NEAREST_MAX];
  const size_t n =
      directory_nearest(&x->e->dir, kind_of_target(body_target_field(args)),
                        name, near, NEAREST_MAX);
  struct textbuf b;
  textbuf_init(&b, x->out->arena.mem);
  textbuf_addf(&b, "Nothing that can take a session is called '%.*s'.",
               TEXT_ARG(name));
  for (size_t i = 0; i < n; i++) {
    textbuf_addf(&b, "%s '%.*s'", i == 0 ? " Did you mean" : " or",
                 TEXT_ARG(near[i]));
  }
  textbuf_add(&b, n > 0 ? TEXT("?") : TEXT(""));
  if (text_starts(name, TEXT("sip:"))) {
    textbuf_add(
        &b, TEXT(" Addresses are for calls; this version serves no voice."));
  }
  const struct refused no = {
      .why = REFUSAL_UNKNOWN_TARGET,
      .detail = arena_copy_text(ctx_arena(x), textbuf_text(&b))};
  answer_refuse_transfer(x, slot, &no, args, a);
  textbuf_free(&b);
}

static bool find_target(struct ctx *x, uint32_t slot, const struct record *args,
                        struct order *o, struct answer *a) {
  struct dir_target target;
  if (!directory_target(&x->e->dir, kind_of_target(body_target_field(args)),
                        body_target(args), &target)) {
    refuse_unknown_target(x, slot, args, a);
    return false;
  }
  o->to_bot = target.is_bot;
  o->target = target.number;
  return true;
}

/* ---- form that needs the directory */

/* The agent who is to get the session alone at first. */
static bool read_preferred(struct ctx *x, const struct record *args,
                           struct order *o, struct answer *a) {
  if (o->to_bot || !record_has(args, FIELD_PREFER)) {
    return true;
  }
  const struct text name = record_text(args, FIELD_PREFER);
  const uint32_t agent = directory_agent(&x->e->dir, name);
  if (agent == DIR_NONE) {
    answer_member(x, REFUSAL_INVALID_MEMBER, "/preferAgent",
                  absent_detail(x, CONFIG_AGENT, name), a);
    return false;
  }
  o->place.prefers = true;
  o->place.preferred = agent;
  o->place.prefer_ms = record_has(args, FIELD_PREFER_FOR)
                           ? 1000 * record_num(args, FIELD_PREFER_FOR)
                           : x->e->dir.queues[o->target].preferred_ms;
  return true;
}

static bool ageing_fits(struct ctx *x, uint32_t slot, struct order *o,
                        struct answer *a) {
  o->asked.queue = o->target;
  o->asked.channel = engine_live(x->e, slot)->channel;
  live_ask_ageing(&o->place.ageing, &o->asked);
  return body_ageing_fits(x, &o->place.ageing, &o->asked, a);
}

/* What is accepted is accepted by a person, who takes the time they take. */
static bool acceptance_fits(struct ctx *x, const struct record *args,
                            const struct order *o, struct answer *a) {
  const char *why =
      !o->accepted ? NULL
      : o->to_bot  ? "A bot is invited and accepts nothing: leave when out."
      : o->release ? "With release the bot's part is ended, whoever accepts: "
                     "one of the two."
      : record_has(args, FIELD_TIMEOUT)
          ? "A timeout is of a transfer that waits for a release; one that "
            "waits to be accepted is withdrawn with DELETE, or ends with the "
            "queue's maximum wait."
          : NULL;
  if (why != NULL) {
    answer_member(x, REFUSAL_INVALID_MEMBER, "/when", text_from(why), a);
  }
  return why == NULL;
}

static bool read_order(struct ctx *x, uint32_t slot, const struct record *args,
                       struct order *o, struct answer *a) {
  const struct text skills = record_text(args, FIELD_SKILLS);
  if (!body_skills(x, skills, &o->asked, a)) {
    return false;
  }
  o->place.priority = record_has(args, FIELD_PRIORITY)
                          ? (uint32_t)record_num(args, FIELD_PRIORITY)
                      : o->to_bot ? 0
                                  : x->e->dir.queues[o->target].priority;
  o->place.queue = o->target;
  o->place.skills = skills;
  o->place.skip_queue = record_num(args, FIELD_SKIP_QUEUE) != 0;
  o->place.ageing = live_ageing(args);
  o->place.reason = record_text(args, FIELD_REASON);
  o->place.note = record_text(args, FIELD_NOTE);
  o->place.keep =
      record_num(args, FIELD_KEEP_CLOCK) != 0 ? KEEP_CLOCK : KEEP_NOTHING;
  o->released = record_num(args, FIELD_WHEN) == WHEN_RELEASED;
  o->release = record_num(args, FIELD_RELEASE) != 0;
  o->accepted = record_num(args, FIELD_WHEN) == WHEN_ACCEPTED;
  o->require = (uint32_t)record_num(args, FIELD_REQUIRE);
  o->timeout_ms =
      1000 * (record_has(args, FIELD_TIMEOUT) ? record_num(args, FIELD_TIMEOUT)
                                              : TIMEOUT_DEFAULT_S);
  return acceptance_fits(x, args, o, a) && read_preferred(x, args, o, a) &&
         (o->to_bot || ageing_fits(x, slot, o, a));
}

/* ---- queue and agents: the last checks */

/* The first skill that is asked for and that nobody has; DIR_NONE: none. */
static uint32_t missing_skill(const struct ctx *x, const struct order *o) {
  const struct router_request *q = &o->asked;
  const struct router_queue_params *p = &x->e->dir.queues[o->target].params;
  for (uint32_t i = 0; i < p->need_count + q->need_count; i++) {
    const uint32_t skill = i < p->need_count
                               ? p->needs[i].skill
                               : q->needs[i - p->need_count].skill;
    if (!router_has_skill_holder(&x->e->router, skill)) {
      return skill;
    }
  }
  return DIR_NONE;
}

static enum refusal check_agents(const struct ctx *x, const struct order *o) {
  const struct engine *e = x->e;
  const struct router_request *q = &o->asked;
  if (missing_skill(x, o) != DIR_NONE) {
    return REFUSAL_NO_AGENT_HAS_SKILL;
  }
  if (o->require == REQUIRE_LOGGED_IN &&
      !router_any_eligible(&e->router, q, ROUTER_AWAY)) {
    return REFUSAL_NO_AGENT_LOGGED_IN;
  }
  if (o->require == REQUIRE_AVAILABLE &&
      !router_any_eligible(&e->router, q, ROUTER_AVAILABLE)) {
    return REFUSAL_NO_AGENT_AVAILABLE;
  }
  return REFUSAL_NONE;
}

static enum refusal check_queue(struct ctx *x, const struct live *l,
                                const struct order *o) {
  if (o->to_bot) {
    return REFUSAL_NONE;
  }
  const bool there = live_in_queue(&l->s) && l->s.queue == o->target;
  const enum refusal shut =
      door_refusal(x, o->target, there || o->place.skip_queue);
  if (shut != REFUSAL_NONE && !(there && shut == REFUSAL_QUEUE_DRAINING)) {
    return shut;
  }
  return check_agents(x, o);
}

static struct text queue_detail(struct ctx *x, const struct order *o,
                                enum refusal why) {
  const struct dir_queue *q = &x->e->dir.queues[o->target];
  const struct text shut = door_detail(x, o->target, why);
  if (shut.len > 0) {
    return shut;
  }
  return why == REFUSAL_NO_AGENT_HAS_SKILL
             ? ctx_format(x,
                          "No agent has the skill '%.*s', which queue '%.*s'"
                          " or the transfer asks for.",
                          TEXT_ARG(x->e->dir.skills[missing_skill(x, o)].name),
                          TEXT_ARG(q->id))
             : ctx_format(x, "No agent %s for queue '%.*s'.",
                          why == REFUSAL_NO_AGENT_LOGGED_IN
                              ? "who could take it is logged in"
                              : "who could take it is free",
                          TEXT_ARG(q->id));
}

/* ---- carrying out */

bool ctx_is_privileged(const struct ctx *x, const struct live *l) {
  if (x->by.role == ROLE_SUPERVISOR || x->by.role == ROLE_ADMIN ||
      x->by.role == ROLE_SYSTEM) {
    return true;
  }
  if (x->by.role != ROLE_AGENT) {
    return false;
  }
  if (l->s.status != SESSION_OFFERED) {
    return x->by.number == l->s.agent;
  }
  const struct dir_queue *q = &x->e->dir.queues[l->s.queue];
  const struct text me = x->e->dir.agents[x->by.number].id;
  for (uint32_t i = 0; i < q->owner_count; i++) {
    if (text_equal_nocase(q->owners[i], me)) {
      return true;
    }
  }
  return false;
}

static void note_refused(struct ctx *x, uint32_t slot, const struct refused *no,
                         const struct record *args) {
  struct record ev;
  ctx_event(x, &ev, EVENT_TRANSFER_REFUSED, slot);
  record_set_num(&ev, FIELD_REFUSAL, no->why);
  record_set_text(&ev, FIELD_DETAIL, no->detail);
  record_set_num(&ev, FIELD_FROM_STATUS, engine_live(x->e, slot)->s.status);
  const int64_t ms = refusal_retry_ms(x, slot, no->why);
  if (ms > 0) {
    record_set_num(&ev, FIELD_RETRY_MS, ms);
  }
  record_set_given(&ev, FIELD_TARGET, body_target(args));
  record_copy(&ev, FIELD_PRIORITY, args);
  record_copy(&ev, FIELD_WHEN, args);
  if (x->a_move) {
    record_set_text(&ev, FIELD_NAME, TEXT("move"));
  }
  emit(x, &ev);
}

static void refuse(struct ctx *x, uint32_t slot, struct refused no,
                   const struct record *args, struct answer *a) {
  if (no.detail.len == 0) {
    no.detail = refusal_detail(x, slot, no.why);
  }
  /* The event first: the answer shows the session as it then is. A caller who
   * saw an old version must not make it older for others by asking. */
  if (no.why != REFUSAL_VERSION_MISMATCH) {
    note_refused(x, slot, &no, args);
  }
  answer_refuse_transfer(x, slot, &no, args, a);
}

static void put_order(struct ctx *x, uint32_t slot, const struct order *o,
                      struct record *extra) {
  record_init(extra, 0);
  record_set_id(extra, FIELD_TRANSFER_ID, ctx_new_id(x));
  record_set_num(extra, FIELD_TRANSFER, (int64_t)x->e->next_transfer);
  if (!o->to_bot) {
    const struct session *s = &engine_live(x->e, slot)->s;
    struct place p = o->place;
    const bool there = live_in_queue(s) && s->queue == o->target;
    p.keep = there ? KEEP_PLACE : o->place.keep;
    put_place(x, slot, &p, extra);
  }
}

static bool transfer_now(struct ctx *x, uint32_t slot, const struct order *o,
                         enum refusal *why) {
  struct record extra;
  put_order(x, slot, o, &extra);
  const struct session_cmd cmd = {
      .type = o->to_bot ? SESSION_CMD_TRANSFER_BOT : SESSION_CMD_TRANSFER,
      .target = o->target,
      .privileged = ctx_is_privileged(x, engine_live(x->e, slot))};
  return do_session(x, slot, &cmd, &extra, why);
}

static bool transfer_waits(struct ctx *x, uint32_t slot, const struct order *o,
                           enum refusal *why) {
  struct record extra;
  put_order(x, slot, o, &extra);
  /* Its place in the queue begins when it gets there. */
  struct record waits;
  record_init(&waits, 0);
  static const enum field kept[] = {
      FIELD_TRANSFER_ID, FIELD_TRANSFER,     FIELD_PRIORITY,
      FIELD_SKIP_QUEUE,  FIELD_SKILLS,       FIELD_REASON,
      FIELD_NOTE,        FIELD_ACCELERATION, FIELD_MAX_PRIORITY};
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
    record_copy(&waits, kept[i], &extra);
  }
  record_set_num(&waits, FIELD_DEADLINE, x->now_us + o->timeout_ms * 1000);
  if (o->place.prefers) {
    record_set_num(&waits, FIELD_PREFERRED, o->place.preferred);
    record_set_num(&waits, FIELD_PREFER_FOR, o->place.prefer_ms / 1000);
  }
  const struct session_cmd cmd = {
      .type = SESSION_CMD_AWAIT,
      .target = o->target,
      .target_kind = o->to_bot ? SESSION_HOLDER_BOT : SESSION_HOLDER_QUEUE,
      .number = x->e->next_transfer};
  return do_session(x, slot, &cmd, &waits, why);
}

/* The bot's part is ended by us; a bot that has not come yet is not awaited. */
static bool transfer_release(struct ctx *x, uint32_t slot,
                             const struct order *o, enum refusal *why) {
  const struct session_cmd release = {.type = SESSION_CMD_RELEASE};
  if (engine_live(x->e, slot)->s.status == SESSION_PENDING) {
    x->moving = true;
    do_session_late(x, slot, &release, NULL);
    x->moving = false;
    return transfer_now(x, slot, o, why);
  }
  if (!transfer_waits(x, slot, o, why)) {
    return false;
  }
  do_session_late(x, slot, &release, NULL);
  return true;
}

static bool bot_has_it(const struct session *s) {
  return s->holder == SESSION_HOLDER_BOT || s->status == SESSION_PENDING;
}

static bool carry_out(struct ctx *x, uint32_t slot, const struct order *o,
                      enum refusal *why) {
  const struct session *s = &engine_live(x->e, slot)->s;
  if (bot_has_it(s) && o->release) {
    return transfer_release(x, slot, o, why);
  }
  if (bot_has_it(s) && o->released) {
    return transfer_waits(x, slot, o, why);
  }
  return transfer_now(x, slot, o, why);
}

/* Would the table take it? Asked before queue and agents are looked at, so that
 * the checks come in the order of the specification. */
static bool status_allows(const struct ctx *x, uint32_t slot,
                          const struct order *o, enum refusal *why) {
  const struct live *l = engine_live(x->e, slot);
  struct session_out out;
  struct session_cmd cmd = {.type = o->to_bot ? SESSION_CMD_TRANSFER_BOT
                                              : SESSION_CMD_TRANSFER,
                            .target = o->target,
                            .privileged = ctx_is_privileged(x, l)};
  if (bot_has_it(&l->s) && (o->released || o->release)) {
    cmd.type = l->s.status == SESSION_PENDING && o->release
                   ? SESSION_CMD_RELEASE
                   : SESSION_CMD_AWAIT;
    cmd.target_kind = SESSION_HOLDER_QUEUE;
  }
  return session_decide(&l->s, &cmd, &out, why);
}

static void answer_done(struct ctx *x, uint32_t slot, struct answer *a) {
  const bool waits = engine_live(x->e, slot)->s.waits != SESSION_WAIT_NONE;
  if (waits) {
    answer_transfer(x, slot, 202,
                    "The transfer waits for the release of the session.", a);
  } else {
    answer_transfer(x, slot, 200,
                    x->a_move ? "The session was moved."
                              : "The transfer was carried out.",
                    a);
  }
}

/* Version, status and holder, queue and agents: the first that speaks against
 * the transfer; @detail is left empty where the session says it all. */
static enum refusal why_not(struct ctx *x, uint32_t slot,
                            const struct record *args, const struct order *o,
                            struct text *detail) {
  const struct live *l = engine_live(x->e, slot);
  enum refusal why = REFUSAL_NONE;
  /* A bot that is invited is told that, not that it is late. */
  const bool invited = l->s.invited == SESSION_HOLDER_BOT &&
                       l->s.invited_id == x->by.number &&
                       l->s.epoch == (uint32_t)record_num(args, FIELD_EPOCH);
  if (record_has(args, FIELD_IF_MATCH) &&
      record_num(args, FIELD_IF_MATCH) != l->s.version) {
    return REFUSAL_VERSION_MISMATCH;
  }
  if (!invited && ctx_is_fenced(x, l, args)) {
    return REFUSAL_STALE_HOLDER;
  }
  if (!status_allows(x, slot, o, &why)) {
    return why;
  }
  why = check_queue(x, l, o);
  if (why != REFUSAL_NONE) {
    *detail = queue_detail(x, o, why);
  }
  return why;
}

/* Where nobody has the session, nobody keeps it: it goes at once. */
static bool is_offered(const struct ctx *x, uint32_t slot,
                       const struct order *o) {
  return o->accepted && engine_live(x->e, slot)->s.status == SESSION_ACTIVE;
}

static void offer(struct ctx *x, uint32_t slot, const struct record *args,
                  const struct order *o, struct answer *a) {
  if (consult_may_offer(x, slot, args, o->target, a)) {
    consult_offer(x, slot, args, &o->place);
    answer_transfer(x, slot, 202,
                    "The transfer is offered; the session stays with its agent "
                    "until somebody accepts it.",
                    a);
  }
}

void cmd_transfer(struct ctx *x, uint32_t slot, const struct record *args,
                  struct answer *a) {
  struct order o = {0};
  struct refused no = {.detail = {"", 0}};
  if (!find_target(x, slot, args, &o, a) || !read_order(x, slot, args, &o, a) ||
      kept_find(x, args, a)) {
    return;
  }
  no.why = why_not(x, slot, args, &o, &no.detail);
  if (no.why == REFUSAL_NONE && is_offered(x, slot, &o)) {
    offer(x, slot, args, &o, a);
    return;
  }
  if (no.why == REFUSAL_NONE && carry_out(x, slot, &o, &no.why)) {
    answer_done(x, slot, a);
    return;
  }
  refuse(x, slot, no, args, a);
}

bool transfer_would(struct ctx *x, uint32_t slot, const struct record *args,
                    struct place *place, struct answer *a) {
  struct order o = {0};
  struct refused no = {.detail = {"", 0}};
  if (!find_target(x, slot, args, &o, a) || !read_order(x, slot, args, &o, a)) {
    return false;
  }
  *place = o.place;
  no.why = why_not(x, slot, args, &o, &no.detail);
  if (no.why != REFUSAL_NONE) {
    refuse(x, slot, no, args, a);
  }
  return no.why == REFUSAL_NONE;
}

void answer_outcome(struct ctx *x, uint32_t slot, const struct record *args,
                    struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  if (l->transfer.state == TRANSFER_DONE) {
    answer_transfer(x, slot, 200, "The transfer was carried out.", a);
    return;
  }
  const enum refusal why =
      l->transfer.state == TRANSFER_EXPIRED     ? REFUSAL_RELEASE_TIMEOUT
      : l->transfer.state == TRANSFER_CANCELLED ? REFUSAL_TRANSFER_GONE
                                                : REFUSAL_SESSION_ENDED;
  const struct refused no = {why, refusal_detail(x, slot, why)};
  answer_refuse_transfer(x, slot, &no, args, a);
}

static void take_back(struct ctx *x, uint32_t slot, struct answer *a) {
  if (!ctx_is_privileged(x, engine_live(x->e, slot))) {
    answer_refuse_usual(x, slot, REFUSAL_WITH_AGENT, a);
    return;
  }
  consult_take_back(x, slot);
  answer_transfer(x, slot, 200, "The transfer was withdrawn.", a);
}

void cmd_cancel(struct ctx *x, uint32_t slot, const struct record *args,
                struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  const struct id id = record_id(args, FIELD_TRANSFER_ID);
  if (!id_equal(l->transfer.id, id)) {
    answer_refuse(x, slot, REFUSAL_NOT_FOUND,
                  TEXT("The session has no such transfer."), a);
    return;
  }
  if (l->given) {
    take_back(x, slot, a);
    return;
  }
  const struct session_cmd cmd = {.type = SESSION_CMD_CANCEL,
                                  .number = l->transfer.number};
  enum refusal why = REFUSAL_NONE;
  if (!do_session(x, slot, &cmd, NULL, &why)) {
    answer_refuse_usual(x, slot, why, a);
    return;
  }
  answer_transfer(x, slot, 200, "The transfer was withdrawn.", a);
}

/* ---- ending the holder's part */

bool ctx_may_end(struct ctx *x, const struct live *l, struct answer *a) {
  const bool may = x->by.role != ROLE_AGENT || l->s.agent != SESSION_NOBODY;
  if (!may) {
    answer_refuse(x, SESSION_NOBODY, REFUSAL_FORBIDDEN,
                  TEXT("An agent ends what it holds; a supervisor ends any "
                       "session."),
                  a);
  }
  return may;
}

static void end_part(struct ctx *x, uint32_t slot, enum session_cmd_type type,
                     struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  const struct session_cmd cmd = {.type = type,
                                  .privileged = ctx_is_privileged(x, l)};
  if (!ctx_may_end(x, l, a)) {
    return;
  }
  enum refusal why = REFUSAL_NONE;
  struct record extra;
  record_init(&extra, 0);
  if (type == SESSION_CMD_HANGUP && l->s.status == SESSION_ACTIVE) {
    record_set_text(&extra, FIELD_END_REASON, TEXT("agent_ended"));
  }
  const bool closing = type == SESSION_CMD_RELEASE && l->s.closing;
  if (l->s.status == SESSION_IDLE || closing) {
    answer_session(x, slot, 200,
                   "Nobody holds the session, or it is being "
                   "released already.",
                   a);
  } else if (do_session(x, slot, &cmd, &extra, &why)) {
    answer_session(x, slot, 200,
                   type == SESSION_CMD_HANGUP
                       ? "The holder's leg was ended."
                       : "The holder's part is being ended.",
                   a);
  } else {
    answer_refuse_usual(x, slot, why, a);
  }
}

void cmd_release(struct ctx *x, uint32_t slot, const struct record *args,
                 struct answer *a) {
  (void)args;
  end_part(x, slot, SESSION_CMD_RELEASE, a);
}

void cmd_hangup(struct ctx *x, uint32_t slot, const struct record *args,
                struct answer *a) {
  (void)args;
  end_part(x, slot, SESSION_CMD_HANGUP, a);
}
