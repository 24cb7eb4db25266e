/* Agents who take sessions by themselves, where the queue lets them. What is
 * pulled claims its place as what is offered does. */
#include "base/check.h"
#include "engine/engine_priv.h"
#include "engine/put_priv.h"

/* Whose sessions an agent may pull, of one queue or of all. */
struct pulling {
  const struct engine *e;
  uint32_t queue; /* SESSION_NOBODY: all */
};

static bool takes(const void *ctx, uint32_t queue) {
  const struct pulling *p = ctx;
  return (p->queue == SESSION_NOBODY || p->queue == queue) &&
         p->e->dir.queues[queue].pull != CONFIG_PULL_NONE &&
         !p->e->queues[queue].paused;
}

/* The first that the agent may take, at most @cap of them. */
static uint32_t list(const struct pulling *p, uint32_t agent, uint32_t *slots,
                     uint32_t cap) {
  const struct router_taker by = {.agent = agent, .takes = takes, .ctx = p};
  return router_list_takeable(&p->e->router, &by, slots, cap);
}

static void refuse(struct ctx *x, uint32_t slot, enum refusal why,
                   struct text detail, struct answer *a) {
  answer_refuse(x, slot, why,
                detail.len > 0 ? detail : refusal_detail(x, slot, why), a);
}

/* Does the queue let agents pull at all, and now? */
static bool queue_allows(struct ctx *x, uint32_t queue, struct answer *a) {
  const struct dir_queue *q = &x->e->dir.queues[queue];
  if (q->pull == CONFIG_PULL_NONE) {
    answer_refuse(x, SESSION_NOBODY, REFUSAL_PULL_NOT_ALLOWED,
                  ctx_format(x, "Queue '%.*s' offers its sessions by itself.",
                             TEXT_ARG(q->id)),
                  a);
    return false;
  }
  if (x->e->queues[queue].paused) {
    x->opens_us = door_opens_us(x->e, queue, x->now_us);
    answer_refuse(x, SESSION_NOBODY, REFUSAL_QUEUE_PAUSED,
                  door_detail(x, queue, REFUSAL_QUEUE_PAUSED), a);
    return false;
  }
  return true;
}

/* Is it one of those that the agent may take at all? */
static bool is_eligible(struct ctx *x, uint32_t slot, struct answer *a) {
  struct router_why w;
  if (!router_is_unable(&x->e->router, slot, x->by.number, &w)) {
    return true;
  }
  refuse(x, slot, REFUSAL_NOT_ELIGIBLE,
         ctx_format(x, "Not this one: %s.", router_why_detail(w.reason)), a);
  return false;
}

/* Where agents may take the next one only, is it that? It is eligible, so that
 * there is a first one. */
static bool is_its_turn(struct ctx *x, uint32_t slot, struct answer *a) {
  const uint32_t queue = engine_live(x->e, slot)->s.queue;
  const struct pulling p = {x->e, queue};
  uint32_t first;
  if (x->e->dir.queues[queue].pull == CONFIG_PULL_ANY) {
    return true;
  }
  bt_check(list(&p, x->by.number, &first, 1) == 1);
  if (first == slot) {
    return true;
  }
  char id[ID_TEXT_LEN];
  id_to_text(engine_live(x->e, first)->id, id);
  refuse(x, slot, REFUSAL_PULL_NOT_ALLOWED,
         ctx_format(x,
                    "Queue '%.*s' lets agents take its first session only, "
                    "which is %.*s.",
                    TEXT_ARG(x->e->dir.queues[queue].id), ID_TEXT_LEN, id),
         a);
  return false;
}

void cmd_pull(struct ctx *x, uint32_t slot, const struct record *args,
              struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  const struct session_cmd cmd = {.type = SESSION_CMD_ASSIGN,
                                  .target = x->by.number};
  struct session_out out;
  enum refusal why = REFUSAL_NONE;
  if (!session_decide(&l->s, &cmd, &out, &why)) {
    refuse(x, slot, why, TEXT(""), a);
    return;
  }
  if (queue_allows(x, l->s.queue, a) && is_eligible(x, slot, a) &&
      is_its_turn(x, slot, a) && agent_has_place(x, slot, x->by.number, a)) {
    agent_claim(x, slot, x->by.number, args);
    answer_view(x, slot, 200, a);
  }
}

/* The queue that the agent names, if it names one. */
static bool read_queue(struct ctx *x, const struct record *args,
                       uint32_t *queue, struct answer *a) {
  const struct text name = record_text(args, FIELD_QUEUE_NAME);
  struct dir_target target = {.number = SESSION_NOBODY};
  if (name.len > 0 &&
      !directory_target(&x->e->dir, DIR_TARGET_QUEUE, name, &target)) {
    answer_refuse(x, SESSION_NOBODY, REFUSAL_UNKNOWN_TARGET,
                  absent_detail(x, CONFIG_QUEUE, name), a);
    return false;
  }
  *queue = target.number;
  return name.len == 0 || queue_allows(x, *queue, a);
}

/* The first for which the agent has room; else the first of all, or NOBODY. */
static uint32_t first_with_room(const struct pulling *p, uint32_t agent) {
  uint32_t slots[100];
  const uint32_t count = list(p, agent, slots, sizeof slots / sizeof slots[0]);
  const struct agent *g = &p->e->agents[agent].a;
  for (uint32_t i = 0; i < count; i++) {
    if (agent_has_room(g, engine_live(p->e, slots[i])->channel)) {
      return slots[i];
    }
  }
  return count > 0 ? slots[0] : SESSION_NOBODY;
}

void cmd_pull_next(struct ctx *x, uint32_t slot, const struct record *args,
                   struct answer *a) {
  struct pulling p = {x->e, SESSION_NOBODY};
  if (record_has(args, FIELD_AGENT) &&
      record_num(args, FIELD_AGENT) != x->by.number) {
    answer_refuse(x, SESSION_NOBODY, REFUSAL_FORBIDDEN,
                  TEXT("An agent pulls for itself only; a supervisor assigns."),
                  a);
    return;
  }
  if (!read_queue(x, args, &p.queue, a)) {
    return;
  }
  slot = first_with_room(&p, x->by.number);
  if (slot == SESSION_NOBODY) {
    answer_refuse(x, SESSION_NOBODY, REFUSAL_NOTHING_TO_PULL,
                  TEXT("No session waits that the agent may pull."), a);
  } else if (agent_has_place(x, slot, x->by.number, a)) {
    agent_claim(x, slot, x->by.number, args);
    answer_view(x, slot, 200, a);
  }
}

/* ---- what there is */

static void put_takeable(const struct engine *e, uint32_t slot, bool first,
                         const struct engine_takeable *what,
                         struct json_out *o) {
  const struct live *l = engine_live(e, slot);
  const struct dir_queue *q = &e->dir.queues[l->s.queue];
  const struct agent *g = &e->agents[what->agent].a;
  const struct agent_cmd cmd = {.type = AGENT_CMD_ASSIGN,
                                .channel = l->channel};
  struct agent_out out;
  const enum agent_refusal no = agent_decide(g, &cmd, &out);
  const char *why = no != AGENT_REFUSAL_NONE ? agent_refusal_text(no)
                    : first || q->pull == CONFIG_PULL_ANY ? ""
                                                          : "not_the_first";
  json_open_object(o);
  put_id(o, "session", l->id);
  put_text(o, "queue", q->id);
  put_name(o, "channel", channel_name(l->channel));
  put_json(o, "customer", l->customer);
  put_name_or_null(o, "reason", l->reason);
  put_time(o, "enteredAt", l->entered_us);
  put_num(o, "waitSeconds", (what->now_us - l->entered_us) / 1000000);
  put_num(o, "priority", l->priority);
  put_bool(o, "mayPull", why[0] == '\0');
  put_name_or_null(o, "why", text_from(why));
  json_close_object(o);
}

/* Is none of the same queue before it? */
static bool is_first(const struct engine *e, const uint32_t *slots,
                     uint32_t at) {
  const uint32_t queue = engine_live(e, slots[at])->s.queue;
  uint32_t i = 0;
  while (engine_live(e, slots[i])->s.queue != queue) {
    i++;
  }
  return i == at;
}

void engine_write_takeable(const struct engine *e,
                           const struct engine_takeable *what,
                           struct json_out *o) {
  const struct pulling p = {e, what->queue};
  uint32_t slots[ENGINE_TAKEABLE_MAX];
  bt_check(what->limit <= ENGINE_TAKEABLE_MAX);
  const uint32_t count = list(&p, what->agent, slots, what->limit);
  json_open_object(o);
  put_text(o, "agent", e->dir.agents[what->agent].id);
  json_key(o, "takeable");
  json_open_list(o);
  for (uint32_t i = 0; i < count; i++) {
    put_takeable(e, slots[i], is_first(e, slots, i), what, o);
  }
  json_close_list(o);
  json_close_object(o);
}
