/* What happened to a session, for the sections of its scripts: which events are
 * worth one, and what stands in `event` there. */
#include "base/calendar.h"
#include "base/check.h"
#include "engine/engine_priv.h"
#include "engine/put_priv.h"

/* ---- event.* */

static void put_given(struct json_out *o, const char *key, struct text t) {
  if (t.len > 0) {
    put_text(o, key, t);
  }
}

/* The agent that the event is about: who has the session or was asked, now or
 * until now. */
static void put_agent(const struct engine *e, const struct happened *h,
                      const struct session *s, struct json_out *o) {
  uint32_t agent = SESSION_NOBODY;
  if (s->status == SESSION_ACTIVE || s->status == SESSION_OFFERED ||
      s->status == SESSION_WRAPUP) {
    agent = s->agent;
  } else if (h->before->status == SESSION_ACTIVE ||
             h->before->status == SESSION_OFFERED ||
             h->before->status == SESSION_WRAPUP) {
    agent = h->before->agent;
  }
  if (agent < e->dir.agent_count) {
    put_text(o, "agent", e->dir.agents[agent].id);
    put_text(o, "agentName", e->dir.agents[agent].name);
  }
}

static void put_bot(const struct engine *e, const struct happened *h,
                    const struct session *s, struct json_out *o) {
  uint32_t bot = SESSION_NOBODY;
  if (s->invited == SESSION_HOLDER_BOT) {
    bot = s->invited_id;
  } else if (h->before->holder == SESSION_HOLDER_BOT) {
    bot = h->before->holder_id;
  } else if (h->before->invited == SESSION_HOLDER_BOT) {
    bot = h->before->invited_id;
  }
  if (bot < e->dir.bot_count) {
    put_text(o, "bot", e->dir.bots[bot].id);
  }
}

/* The queue that it is in, or was until now, and for how long. */
static void put_queue(const struct ctx *x, const struct live *l,
                      const struct happened *h, struct json_out *o) {
  const bool waits = live_in_queue(&l->s);
  const uint32_t queue = waits                      ? l->s.queue
                         : live_in_queue(h->before) ? h->before->queue
                                                    : SESSION_NOBODY;
  if (queue >= x->e->dir.queue_count) {
    return;
  }
  put_text(o, "queue", x->e->dir.queues[queue].id);
  put_num(o, "priority", l->priority);
  json_key(o, "waitSeconds");
  const int64_t waited_ms = (x->now_us - l->entered_us) / 1000;
  json_put_double(o, (double)waited_ms / 1e3);
}

/* JSON, in the step's arena. */
static struct text event_data(struct ctx *x, uint32_t slot,
                              const struct happened *h, const char *section) {
  const struct live *l = engine_live(x->e, slot);
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, x->out->arena.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  put_name(&o, "name", section);
  put_time(&o, "at", x->now_us);
  put_name(&o, "status", session_status_name(l->s.status));
  put_name(&o, "fromStatus", session_status_name(h->before->status));
  put_agent(x->e, h, &l->s, &o);
  put_bot(x->e, h, &l->s, &o);
  put_queue(x, l, h, &o);
  put_given(&o, "reason", h->reason);
  put_given(&o, "endReason", l->end_reason);
  put_name(&o, "by", role_name(x->by.role));
  put_given(&o, "who", x->by.name);
  json_close_object(&o);
  bt_check(!b.failed);
  const struct text data = arena_copy_text(ctx_arena(x), textbuf_text(&b));
  textbuf_free(&b);
  return data;
}

/* ---- which section */

static void tell(struct ctx *x, uint32_t slot, const struct happened *h,
                 const char *section) {
  if (script_hears(x, slot, section)) {
    (void)script_event(x, slot, section, event_data(x, slot, h, section));
  }
}

void script_tell(struct ctx *x, uint32_t slot, const struct happened *h) {
  static const struct {
    uint32_t event;
    const char *section;
  } sections[] = {{SESSION_EV_CONNECTED, "Answer"},
                  {SESSION_EV_QUEUED, "Queued"},
                  {SESSION_EV_QUEUED, "Transfer"},
                  {SESSION_EV_OVERFLOWED, "Queued"},
                  {SESSION_EV_REQUEUED, "Queued"},
                  {SESSION_EV_BOT_INVITED, "Transfer"},
                  {SESSION_EV_BOT_RELEASED, "BotReleased"},
                  {SESSION_EV_BOT_DRAINED, "BotReleased"},
                  {SESSION_EV_HUNG_UP, "BotReleased"},
                  {SESSION_EV_BOT_LOST, "BotLost"},
                  {SESSION_EV_BOT_SILENT, "BotLost"},
                  {SESSION_EV_INVITE_EXPIRED, "BotLost"},
                  {SESSION_EV_OFFER_EXPIRED, "OfferExpired"},
                  {SESSION_EV_WRAPPING, "Release"}};
  const struct live *l = engine_live(x->e, slot);
  if (l->run == SESSION_NOBODY) {
    return;
  }
  for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
    if (sections[i].event == h->event) {
      tell(x, slot, h, sections[i].section);
    }
  }
  if (h->event == SESSION_EV_ENDED && l->last_agent == SESSION_NOBODY) {
    tell(x, slot, h, live_customer_left(l) ? "Abandon" : "Release");
  }
}

void script_tell_returned(struct ctx *x, uint32_t slot, int64_t dropped_us) {
  if (!script_hears(x, slot, "CustomerReturned")) {
    return;
  }
  const struct live *l = engine_live(x->e, slot);
  char at[TIME_TEXT_MAX];
  const struct text when = time_to_text(x->now_us, at);
  const int64_t away_ms = (x->now_us - dropped_us) / 1000;
  (void)script_event(
      x, slot, "CustomerReturned",
      ctx_format(x,
                 "{\"name\":\"CustomerReturned\",\"at\":\"%.*s\","
                 "\"status\":\"%s\",\"awaySeconds\":%.3f}",
                 TEXT_ARG(when), session_status_name(l->s.status),
                 (double)away_ms / 1e3));
}
