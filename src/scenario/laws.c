#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "domain/heap.h"
#include "scenario/world_priv.h"

__attribute__((format(printf, 2, 3))) static void
broken(struct world *w, const char *format, ...) {
  char what[256];
  va_list args;
  if (w->laws.broken) {
    return;
  }
  w->laws.broken = true;
  va_start(args, format);
  (void)vsnprintf(what, sizeof what, format, args);
  va_end(args);
  world_trouble(w, "a law of the engine is broken after %lld ms: %s",
                (long long)((w->now_us - w->tale.start_us) / 1000), what);
}

enum bt_err laws_init(struct world *w) {
  const struct engine_options options = {.centre = TEXT("run")};
  return engine_create(heap_mem(), &options, &w->laws.mirror);
}

void laws_free(struct world *w) {
  engine_free(w->laws.mirror);
}

void laws_fold(struct world *w, uint64_t seq, const struct record *ev) {
  engine_apply(w->laws.mirror, seq, ev);
  if (ev->type != EVENT_MESSAGE ||
      !id_equal(record_id(ev, FIELD_SESSION), w->session)) {
    return;
  }
  const uint32_t number = (uint32_t)record_num(ev, FIELD_MESSAGE);
  if (number != w->laws.messages + 1) {
    broken(w, "message %u follows message %u", number, w->laws.messages);
  }
  w->laws.messages = number;
}

/* ---- one session */

static bool is_holder(const struct session *s) {
  static const uint32_t holders[SESSION_STATUSES] = {
      [SESSION_PENDING] = 1U << SESSION_HOLDER_NONE,
      [SESSION_CONNECTED] =
          1U << SESSION_HOLDER_BOT | 1U << SESSION_HOLDER_SCRIPT,
      [SESSION_RELEASING] = 1U << SESSION_HOLDER_BOT,
      [SESSION_IDLE] = 1U << SESSION_HOLDER_NONE,
      [SESSION_QUEUED] = 1U << SESSION_HOLDER_QUEUE,
      [SESSION_OFFERED] = 1U << SESSION_HOLDER_QUEUE,
      [SESSION_ACTIVE] = 1U << SESSION_HOLDER_AGENT,
      [SESSION_WRAPUP] = 1U << SESSION_HOLDER_AGENT,
      [SESSION_COMPLETED] = 1U << SESSION_HOLDER_NONE};
  return (holders[s->status] >> s->holder & 1) != 0;
}

static void look_at(struct world *w, const struct session *s) {
  const struct session *b = &w->laws.before;
  const bool known = id_equal(w->laws.session, w->session);
  if (!is_holder(s)) {
    broken(w, "a session that is %s is held by %s",
           session_status_name(s->status), session_holder_name(s->holder));
  } else if (known && (s->epoch < b->epoch || s->version < b->version)) {
    broken(w, "epoch or version fell");
  } else if (known && s->holder != b->holder && s->version == b->version) {
    broken(w, "the holder changed without an event");
  } else if (known && b->status == SESSION_COMPLETED &&
             s->status != SESSION_COMPLETED) {
    broken(w, "a completed session is %s again",
           session_status_name(s->status));
  }
  w->laws.before = *s;
  w->laws.session = w->session;
}

/* ---- all of them */

/* No agent is asked for, or holds, more than the capacity of the channel. */
static void look_at_agent(struct world *w, uint32_t agent) {
  const struct engine *e = domain_engine(w->domain);
  const struct dir_agent *a = &engine_directory(e)->agents[agent];
  const uint32_t channel = field_word(w->scenario->root, F_SCENARIO_CHANNEL);
  uint32_t count = 0;
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    const struct session *s = engine_session(e, slot);
    count += s->agent == agent && s->status != SESSION_COMPLETED &&
             s->status != SESSION_QUEUED;
  }
  if (channel < AGENT_CHANNELS && count > a->limits.capacity[channel]) {
    broken(w, "agent %.*s has %u sessions, and room for %u", TEXT_ARG(a->id),
           count, a->limits.capacity[channel]);
  }
}

/* A session that waits while a free agent could take it. */
static void look_at_queue(struct world *w, uint32_t slot) {
  const struct engine *e = domain_engine(w->domain);
  struct textbuf b;
  struct json_out o;
  if (engine_session(e, slot)->status != SESSION_QUEUED) {
    return;
  }
  textbuf_init(&b, heap_mem());
  json_out_init(&o, &b);
  engine_write_candidates(e, slot, w->now_us, TEXT(""), &o);
  if (text_find(textbuf_text(&b), TEXT("would_be_offered"), 0) < b.len) {
    broken(w, "a session waits beside an agent who is free for it");
  }
  textbuf_free(&b);
}

void laws_after(struct world *w) {
  const struct engine *e = domain_engine(w->domain);
  uint32_t slot;
  if (w->tale.start_us == 0 || id_is_null(w->session)) {
    return;
  }
  if (engine_find(e, w->session, &slot)) {
    look_at(w, engine_session(e, slot));
    look_at_queue(w, slot);
  }
  for (uint32_t i = 0; i < w->roster.agents.count; i++) {
    look_at_agent(w, i);
  }
}

/* ---- the end */

static void write_session(const struct world *w, const struct engine *e,
                          struct textbuf *out) {
  struct json_out o;
  uint32_t slot;
  json_out_init(&o, out);
  if (engine_find(e, w->session, &slot)) {
    engine_write_session(e, slot, w->now_us, 0, &o);
  }
}

void laws_close(struct world *w) {
  const struct engine *e = domain_engine(w->domain);
  struct textbuf a, b;
  uint32_t slot;
  textbuf_init(&a, heap_mem());
  textbuf_init(&b, heap_mem());
  write_session(w, e, &a);
  write_session(w, w->laws.mirror, &b);
  /* Forgetting a finished session leaves no event. */
  if (engine_find(e, w->session, &slot) &&
      !text_equal(textbuf_text(&a), textbuf_text(&b))) {
    broken(w, "the events alone give another session");
  }
  textbuf_free(&a);
  textbuf_free(&b);
}
