/* What the engine shows of itself, as JSON. */
#include "base/check.h"
#include "engine/engine_priv.h"
#include "engine/put_priv.h"

/* ---- names of numbers */

struct text view_holder_name(const struct engine *e, uint32_t kind,
                             uint32_t number) {
  const struct directory *d = &e->dir;
  if (kind == SESSION_HOLDER_BOT && number < d->bot_count) {
    return d->bots[number].id;
  }
  if (kind == SESSION_HOLDER_QUEUE && number < d->queue_count) {
    return d->queues[number].id;
  }
  if (kind == SESSION_HOLDER_AGENT && number < d->agent_count) {
    return d->agents[number].id;
  }
  if (kind == SESSION_HOLDER_SCRIPT && number < d->script_count) {
    return d->scripts[number].name;
  }
  return (struct text){"", 0};
}

struct text engine_party_name(const struct engine *e, enum role role,
                              struct text id) {
  const struct directory *d = &e->dir;
  if (role == ROLE_BOT) {
    const uint32_t bot = directory_bot(d, id);
    return bot < d->bot_count ? d->bots[bot].name : id;
  }
  if (role == ROLE_AGENT) {
    const uint32_t agent = directory_agent(d, id);
    return agent < d->agent_count ? d->agents[agent].name : id;
  }
  return id;
}

/* The same of a holder, by its number. */
static struct text shown_name(const struct engine *e, uint32_t kind,
                              uint32_t number) {
  const struct directory *d = &e->dir;
  if (kind == SESSION_HOLDER_QUEUE && number < d->queue_count) {
    return d->queues[number].name;
  }
  const struct text id = view_holder_name(e, kind, number);
  if (kind == SESSION_HOLDER_BOT) {
    return engine_party_name(e, ROLE_BOT, id);
  }
  return kind == SESSION_HOLDER_AGENT ? engine_party_name(e, ROLE_AGENT, id)
                                      : id;
}

void view_put_holder(const struct engine *e, const struct live *l,
                     struct json_out *o) {
  json_key(o, "holder");
  json_open_object(o);
  put_name(o, "kind", session_holder_name(l->s.holder));
  put_name_or_null(o, "id", view_holder_name(e, l->s.holder, l->s.holder_id));
  put_name_or_null(o, "name", shown_name(e, l->s.holder, l->s.holder_id));
  put_time(o, "since", l->holder_since_us);
  json_close_object(o);
}

static const char *transfer_state_name(uint32_t state) {
  static const char *const names[] = {
#define X(name, wire) wire,
      TRANSFER_STATE_LIST(X)
#undef X
  };
  return names[state];
}

void view_put_transfer(const struct engine *e, uint32_t slot,
                       struct json_out *o) {
  const struct live *l = engine_live(e, slot);
  const struct transfer *t = &l->transfer;
  json_open_object(o);
  put_id(o, "id", t->id);
  put_name(o, "state", transfer_state_name(t->state));
  put_text(
      o, t->to_bot ? "bot" : "queue",
      view_holder_name(e, t->to_bot ? SESSION_HOLDER_BOT : SESSION_HOLDER_QUEUE,
                       t->target));
  put_num(o, "priority", t->to_bot ? 0 : t->priority);
  put_time(o, "askedAt", t->asked_us);
  put_time(o, "deadline", t->deadline_us);
  put_time(o, "doneAt", t->done_us);
  json_close_object(o);
}

bool engine_write_transfer(const struct engine *e, uint32_t slot,
                           struct id transfer, struct json_out *o) {
  const struct live *l = engine_live(e, slot);
  if (l->transfer.state == TRANSFER_NONE ||
      !id_equal(l->transfer.id, transfer)) {
    return false;
  }
  view_put_transfer(e, slot, o);
  return true;
}

/* ---- a session */

static void put_legs(const struct engine *e, const struct live *l,
                     struct json_out *o) {
  json_key(o, "legs");
  json_open_list(o);
  for (size_t i = 0; i < l->leg_count; i++) {
    const struct leg *leg = &l->legs[i];
    json_open_object(o);
    put_num(o, "id", (int64_t)i + 1);
    put_name(o, "kind", role_name(leg->role));
    put_name_or_null(o, "party", live_actor_name(e, leg->role, leg->number));
    put_name(o, "status",
             leg->left_us != 0     ? "left"
             : leg->joined_us != 0 ? "joined"
                                   : "invited");
    put_time(o, "joinedAt", leg->joined_us);
    put_time(o, "leftAt", leg->left_us);
    json_key(o, "reason");
    leg->reason != NULL ? json_put_text(o, text_from(leg->reason))
                        : json_put_null(o);
    json_close_object(o);
  }
  json_close_list(o);
}

bool engine_session_is_unkept(const struct engine *e, uint32_t slot) {
  return live_is_unkept(engine_live(e, slot));
}

uint32_t engine_message_count(const struct engine *e, uint32_t slot) {
  return (uint32_t)engine_live(e, slot)->message_count;
}

/* About what a message takes beside its words, as JSON. */
enum { MESSAGE_FRAME_BYTES = 120 };

uint32_t engine_last_messages(const struct engine *e, uint32_t slot,
                              uint32_t after) {
  const struct live *l = engine_live(e, slot);
  size_t bytes = 0;
  size_t i = l->message_count;
  while (i > 0 && l->messages[i - 1].number > after) {
    const struct message *m = &l->messages[i - 1];
    bytes += MESSAGE_FRAME_BYTES + m->text.len + m->data.len;
    if (bytes > LIMIT_TOLD_BYTES && i < l->message_count) {
      return m->number;
    }
    i--;
  }
  return after;
}

uint32_t engine_queue_position(const struct engine *e, uint32_t slot) {
  return live_in_queue(&engine_live(e, slot)->s)
             ? router_position(&e->router, slot)
             : 0;
}

/* How long it will still take, and how that is known. */
static void put_estimate(const struct flow *f, uint32_t position,
                         struct json_out *o) {
  const int64_t us = flow_estimate_us(f, position);
  json_key(o, "estimatedWait");
  if (us < 0) {
    json_put_null(o);
    return;
  }
  json_open_object(o);
  put_num(o, "seconds", us / 1000000);
  put_name(o, "method", FLOW_METHOD);
  put_num(o, "samples", f->taken);
  json_close_object(o);
}

int64_t engine_estimated_wait_ms(const struct engine *e, uint32_t slot) {
  const struct live *l = engine_live(e, slot);
  const int64_t us = live_in_queue(&l->s)
                         ? flow_estimate_us(&e->queues[l->s.queue].flow,
                                            router_position(&e->router, slot))
                         : -1;
  return us < 0 ? -1 : us / 1000;
}

static void put_ring(const struct engine *e, const struct live *l,
                     struct json_out *o) {
  const int64_t next_us = live_widens_at(e, l);
  put_num(o, "ring", l->ring);
  put_time(o, "widensAt", next_us == INT64_MAX ? 0 : next_us);
  put_name_or_null(o, "preferredAgent",
                   l->preferred == SESSION_NOBODY
                       ? TEXT("")
                       : e->dir.agents[l->preferred].id);
}

static void put_queue_place(const struct engine *e, uint32_t slot,
                            int64_t now_us, struct json_out *o) {
  const struct live *l = engine_live(e, slot);
  json_key(o, "queue");
  if (!live_in_queue(&l->s)) {
    json_put_null(o);
    return;
  }
  json_open_object(o);
  put_text(o, "id", view_holder_name(e, SESSION_HOLDER_QUEUE, l->s.queue));
  const uint32_t position = router_position(&e->router, slot);
  put_num(o, "position", position);
  put_estimate(&e->queues[l->s.queue].flow, position, o);
  put_time(o, "enteredAt", l->entered_us);
  put_num(o, "waitSeconds", (now_us - l->entered_us) / 1000000);
  put_num(o, "priority", l->priority);
  put_points(o, "effectivePriority",
             router_effective_priority(&e->router, slot));
  live_view_ageing(l, &e->dir.queues[l->s.queue].params, o);
  put_bool(o, "skipQueue", l->skip_queue);
  put_ring(e, l, o);
  json_close_object(o);
}

static void put_offer(const struct engine *e, const struct live *l,
                      struct json_out *o) {
  json_key(o, "offer");
  if (l->s.status != SESSION_OFFERED) {
    json_put_null(o);
    return;
  }
  json_open_object(o);
  put_num(o, "id", (int64_t)l->s.offer);
  put_text(o, "agent", view_holder_name(e, SESSION_HOLDER_AGENT, l->s.agent));
  put_time(o, "deadline", l->deadline_us);
  json_close_object(o);
}

static void put_messages(const struct engine *e, const struct live *l,
                         uint32_t after, struct json_out *o) {
  json_key(o, "messages");
  json_open_list(o);
  for (size_t i = 0; i < l->message_count; i++) {
    const struct message *m = &l->messages[i];
    if (m->number <= after) {
      continue;
    }
    json_open_object(o);
    put_num(o, "number", m->number);
    put_name(o, "from", role_name(m->role));
    put_text(o, "author", m->author);
    put_text(o, "name", engine_party_name(e, (enum role)m->role, m->author));
    put_text(o, "text", m->text);
    if (m->data.len > 0) {
      put_json(o, "data", m->data);
    }
    put_time(o, "at", m->at_us);
    json_close_object(o);
  }
  json_close_list(o);
}

/* What GetSessionInfo promises beside the fields of the session. */
static void put_for_scripts(const struct engine *e, uint32_t slot,
                            int64_t now_us, struct json_out *o) {
  const struct live *l = engine_live(e, slot);
  const bool waits = live_in_queue(&l->s);
  const bool bot = l->s.holder == SESSION_HOLDER_BOT;
  put_name_or_null(o, "bot",
                   bot ? view_holder_name(e, SESSION_HOLDER_BOT, l->s.holder_id)
                       : TEXT(""));
  put_name_or_null(o, "agent",
                   view_holder_name(e, SESSION_HOLDER_AGENT, l->s.agent));
  put_num(o, "position", waits ? router_position(&e->router, slot) : 0);
  put_num(o, "waitSeconds", waits ? (now_us - l->entered_us) / 1000000 : 0);
  put_time(o, "createdAt", l->opened_us);
}

static void put_session(const struct engine *e, uint32_t slot, int64_t now_us,
                        struct json_out *o) {
  const struct live *l = engine_live(e, slot);
  const struct dir_entry *entry = &e->dir.entries[l->entry];
  put_id(o, "id", l->id);
  put_text(o, "tenant", e->centre);
  put_name(o, "channel", channel_name(l->channel));
  put_text(o, "entryPoint", entry->id);
  put_json(o, "customer", l->customer);
  put_json(o, "attributes", l->attributes);
  put_name(o, "status", session_status_name(l->s.status));
  put_time(o, "statusSince", l->since_us);
  view_put_holder(e, l, o);
  put_num(o, "epoch", l->s.epoch);
  put_num(o, "version", l->s.version);
  put_legs(e, l, o);
  put_queue_place(e, slot, now_us, o);
  put_offer(e, l, o);
  put_name_or_null(o, "fromQueue",
                   view_holder_name(e, SESSION_HOLDER_QUEUE, l->s.queue));
  put_name_or_null(o, "reason", l->reason);
  put_name_or_null(o, "note", l->note);
  put_name_or_null(o, "disposition", l->disposition);
  put_time(o, "openedAt", l->opened_us);
  put_time(o, "endedAt", l->ended_us);
  put_name_or_null(o, "endReason", l->end_reason);
  put_bool(o, "customerConnected", l->customer_here);
  put_time(o, "heldSince", l->held_us);
  put_time(o, "recordingPausedSince", l->paused_us);
  json_key(o, "consent");
  if (l->consent == CONSENT_UNKNOWN) {
    json_put_null(o);
  } else {
    json_put_bool(o, l->consent == CONSENT_GIVEN);
  }
  consult_view(e, l, o);
  put_num(o, "messageCount", (int64_t)l->message_count);
  json_key(o, "transfer");
  if (l->transfer.state == TRANSFER_NONE) {
    json_put_null(o);
  } else {
    view_put_transfer(e, slot, o);
  }
}

void engine_write_session(const struct engine *e, uint32_t slot, int64_t now_us,
                          uint32_t after_message, struct json_out *o) {
  json_open_object(o);
  put_session(e, slot, now_us, o);
  if (after_message != ENGINE_NO_MESSAGES) {
    put_messages(e, engine_live(e, slot), after_message, o);
  }
  json_close_object(o);
}

static struct text view_body(struct ctx *x, uint32_t slot, int code) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, x->out->arena.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  put_num(&o, "code", code);
  put_name(&o, "message", "");
  put_session(x->e, slot, x->now_us, &o);
  put_for_scripts(x->e, slot, x->now_us, &o);
  json_close_object(&o);
  bt_check(!b.failed);
  const struct text body = arena_copy_text(ctx_arena(x), textbuf_text(&b));
  textbuf_free(&b);
  return body;
}

void answer_view(struct ctx *x, uint32_t slot, int code, struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  *a = (struct answer){.code = code, .session = l->id, .version = l->s.version};
  if (ctx_wants_body(x)) {
    a->body = view_body(x, slot, code);
  }
}

void answer_said(struct ctx *x, uint32_t slot, struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  *a = (struct answer){.code = 201, .session = l->id, .version = l->s.version};
  if (ctx_wants_body(x)) {
    a->body = ctx_format(x,
                         "{\"code\":201,\"status\":\"Created\",\"message\":"
                         "\"The message was taken.\",\"number\":%zu}",
                         l->message_count);
  }
}

/* ---- the centre */

static void put_skills(const struct engine *e,
                       const struct router_queue_params *p,
                       struct json_out *o) {
  json_key(o, "skills");
  json_open_list(o);
  for (uint32_t i = 0; i < p->need_count; i++) {
    json_open_object(o);
    put_text(o, "name", e->dir.skills[p->needs[i].skill].name);
    put_num(o, "minProficiency", p->needs[i].proficiency);
    json_close_object(o);
  }
  json_close_list(o);
}

/* The channels on which sessions can come; without an entry point any. */
static uint8_t usual_channels(const struct engine *e) {
  uint8_t channels = 0;
  for (size_t i = 0; i < e->dir.entry_count; i++) {
    channels |= (uint8_t)(1u << e->dir.entries[i].channel);
  }
  return channels != 0 ? channels : (1u << ROUTER_CHANNELS) - 1;
}

/* Null: it is open, or nobody knows. */
static void put_opening(const struct engine *e, uint32_t queue, int64_t now_us,
                        struct json_out *o) {
  const int64_t opens_us = door_opens_us(e, queue, now_us);
  put_time(o, "opensAt", opens_us == now_us ? 0 : opens_us);
}

static void put_ready(const struct router_queue_stats *stats,
                      struct json_out *o) {
  json_key(o, "readyByChannel");
  json_open_object(o);
  for (uint32_t c = 0; c < ROUTER_CHANNELS; c++) {
    put_num(o, channel_name(c), stats->ready_on[c]);
  }
  json_close_object(o);
}

/* Who could take a session that needs no more than the queue does, ring by
 * ring. */
static void put_rings(const struct engine *e, uint32_t queue,
                      struct json_out *o) {
  const struct dir_queue *q = &e->dir.queues[queue];
  json_key(o, "rings");
  json_open_list(o);
  for (uint32_t ring = 0; ring <= q->params.ring_count; ring++) {
    struct router_queue_stats stats;
    router_ring_stats(&e->router, queue, ring, usual_channels(e), &stats);
    json_open_object(o);
    put_num(o, "ring", ring);
    put_num(o, "afterSeconds",
            ring == 0 ? 0 : q->ring_after_ms[ring - 1] / 1000);
    put_num(o, "agents", stats.agents_in);
    put_num(o, "agentsReady", stats.agents_ready);
    json_close_object(o);
  }
  json_close_list(o);
}

void view_put_queue(const struct engine *e, uint32_t queue, int64_t now_us,
                    struct json_out *o) {
  const struct dir_queue *q = &e->dir.queues[queue];
  const struct queue_slot *slot = &e->queues[queue];
  struct router_queue_stats stats;
  router_stats(&e->router, queue, usual_channels(e), &stats);
  put_text(o, "id", q->id);
  put_text(o, "name", q->name);
  put_skills(e, &q->params, o);
  put_bool(o, "paused", slot->paused);
  put_bool(o, "draining", slot->draining);
  put_bool(o, "open",
           !slot->paused && !slot->draining &&
               directory_is_open(&e->dir, queue, now_us));
  put_opening(e, queue, now_us, o);
  put_name_or_null(o, "pauseReason", slot->reason);
  put_time(o, "pausedUntil", slot->until_us);
  put_num(o, "waiting", stats.waiting);
  put_num(o, "offered", stats.reserved);
  put_num(o, "longestWaitSeconds",
          stats.oldest_us == INT64_MAX ? 0
                                       : (now_us - stats.oldest_us) / 1000000);
  put_num(o, "agents", stats.agents_in);
  put_num(o, "agentsReady", stats.agents_ready);
  put_ready(&stats, o);
  put_num(o, "maxSize", q->params.max_size);
  put_num(o, "priority", q->priority);
  put_name(o, "strategy", router_strategy_text(q->params.strategy));
  put_estimate(&e->queues[queue].flow, stats.waiting + 1, o);
  put_rings(e, queue, o);
}

void engine_write_queue(const struct engine *e, uint32_t queue, int64_t now_us,
                        struct json_out *o) {
  json_open_object(o);
  view_put_queue(e, queue, now_us, o);
  json_close_object(o);
}

static void put_load(const struct agent *a, uint32_t channel,
                     struct json_out *o) {
  json_key(o, channel_name(channel));
  json_open_object(o);
  put_num(o, "capacity", a->load[channel].capacity);
  put_num(o, "offered", a->load[channel].reserved);
  put_num(o, "active", a->load[channel].active);
  put_num(o, "wrapup", a->load[channel].wrapup);
  json_close_object(o);
}

/* What the agent has in hand, and out of which queue it came. */
static void put_contacts(const struct engine *e, uint32_t first,
                         struct json_out *o) {
  json_key(o, "contacts");
  json_open_list(o);
  for (uint32_t s = first; s != SESSION_NOBODY; s = e->lives[s]->link_next) {
    const struct live *l = e->lives[s];
    json_open_object(o);
    put_id(o, "session", l->id);
    put_name(o, "channel", channel_name(l->channel));
    put_name(o, "status", session_status_name(l->s.status));
    put_name_or_null(o, "queue",
                     view_holder_name(e, SESSION_HOLDER_QUEUE, l->s.queue));
    put_time(o, "since", l->since_us);
    json_close_object(o);
  }
  json_close_list(o);
}

void engine_write_agent(const struct engine *e, uint32_t agent,
                        struct json_out *o) {
  const struct agent_slot *slot = &e->agents[agent];
  json_open_object(o);
  put_text(o, "id", e->dir.agents[agent].id);
  put_text(o, "name", e->dir.agents[agent].name);
  put_name(o, "state", agent_shown_text(agent_shown(&slot->a)));
  put_name_or_null(o, "awayReason",
                   directory_away_text(&e->dir, slot->a.away_code));
  put_time(o, "idleSince", slot->a.idle_since_us);
  json_key(o, "load");
  json_open_object(o);
  for (uint32_t c = 0; c < CHANNELS; c++) {
    put_load(&slot->a, c, o);
  }
  json_close_object(o);
  json_key(o, "sessions");
  json_open_list(o);
  for (uint32_t s = slot->first; s != SESSION_NOBODY;
       s = e->lives[s]->link_next) {
    char id[ID_TEXT_LEN];
    id_to_text(e->lives[s]->id, id);
    json_put_text(o, (struct text){id, ID_TEXT_LEN});
  }
  json_close_list(o);
  put_contacts(e, slot->first, o);
  json_close_object(o);
}

void engine_write_bot(const struct engine *e, uint32_t bot,
                      struct json_out *o) {
  json_open_object(o);
  put_text(o, "id", e->dir.bots[bot].id);
  put_text(o, "name", e->dir.bots[bot].name);
  put_bool(o, "connected", e->bots[bot].here);
  json_close_object(o);
}

void engine_write_script(const struct engine *e, uint32_t script, bool source,
                         struct json_out *o) {
  const struct dir_script *s = &e->dir.scripts[script];
  struct textbuf b;
  textbuf_init(&b, o->buf->mem);
  textbuf_addf(&b, "%016llx", (unsigned long long)s->hash);
  json_open_object(o);
  put_text(o, "name", s->name);
  put_text(o, "version", textbuf_text(&b));
  put_num(o, "lines", program_line_count(s->program));
  if (source) {
    put_text(o, "source", program_source(s->program));
  }
  json_close_object(o);
  textbuf_free(&b);
}

static const char *sleep_text(uint32_t sleep) {
  static const char *const texts[] = {
#define X(name, text) text,
      SLEEP_LIST(X)
#undef X
  };
  return texts[sleep];
}

static void put_run(const struct engine *e, const struct run *r,
                    struct json_out *o) {
  put_num(o, "run", (int64_t)r->number);
  put_text(o, "script", e->dir.scripts[r->script].name);
  if (r->parent != 0) {
    put_num(o, "calledBy", (int64_t)r->parent);
  }
  put_bool(o, "spawned", r->beside);
  put_name(o, "waitsFor", sleep_text(r->sleep));
  put_time(o, "until", r->wake_us);
}

void engine_write_run(const struct engine *e, uint32_t slot,
                      struct json_out *o) {
  const struct live *l = engine_live(e, slot);
  const struct run *own = engine_run(e, l);
  if (l->run == SESSION_NOBODY) {
    json_put_null(o);
    return;
  }
  json_open_object(o);
  put_run(e, own != NULL ? own : &e->runs[l->run], o);
  json_key(o, "runs"); /* with those beside it, and those that were called */
  json_open_list(o);
  for (uint32_t i = l->run; i != SESSION_NOBODY; i = e->runs[i].next) {
    json_open_object(o);
    put_run(e, &e->runs[i], o);
    json_close_object(o);
  }
  json_close_list(o);
  json_close_object(o);
}
