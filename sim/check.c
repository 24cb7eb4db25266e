/* check.c - what the world was told, and whether that can be true: the
 * invariants of a session's life, seen from outside. */
#include "base/check.h"
#include "check_priv.h"
#include "domain/heap.h"

#define SLACK_US (2 * SECOND)

/* ---- the watches */

static bool same_watch(const void *ctx, uint32_t value, const void *key) {
  const struct world *w = ctx;
  return id_equal(w->watches[value].id, *(const struct id *)key);
}

void check_watches_begin(struct world *w) {
  map_init(&w->watch_by_id, heap_mem(), same_watch, w);
  check_heard_begin(w);
}

void check_watches_end(struct world *w) {
  check_heard_end(w);
  map_free(&w->watch_by_id);
  mem_free(heap_mem(), w->watches, w->watch_cap * sizeof *w->watches);
}

static struct watch *find(struct world *w, struct id session) {
  const uint32_t i = map_get(&w->watch_by_id, id_hash(session), &session);
  return i == MAP_NONE ? NULL : &w->watches[i];
}

struct watch *check_watch(struct world *w, struct id session) {
  return find(w, session);
}

static struct watch *add(struct world *w, struct id session) {
  uint32_t i = 0;
  while (w->watches != NULL && i < w->watch_count && w->watches[i].used) {
    i++;
  }
  bool room = mem_grow(heap_mem(), &w->watches, &w->watch_cap, i + 1,
                       sizeof *w->watches);
  bt_check(room);
  w->watch_count = i == w->watch_count ? i + 1 : w->watch_count;
  w->watches[i] =
      (struct watch){.used = true, .id = session, .agent = SESSION_NOBODY};
  room = map_put(&w->watch_by_id, id_hash(session), i);
  bt_check(room);
  return &w->watches[i];
}

static void forget(struct world *w, struct watch *s) {
  (void)map_remove(&w->watch_by_id, id_hash(s->id), (uint32_t)(s - w->watches));
  s->used = false;
}

static uint32_t number_of(const struct record *ev, enum field f) {
  return record_has(ev, f) ? (uint32_t)record_num(ev, f) : SESSION_NOBODY;
}

/* ---- 1: the holder */

static void look_at_holder(struct world *w, const struct watch *s,
                           const struct record *ev) {
  const uint32_t epoch = (uint32_t)record_num(ev, FIELD_EPOCH);
  const uint32_t version = (uint32_t)record_num(ev, FIELD_VERSION);
  const bool moved = s->holder != (uint32_t)record_num(ev, FIELD_HOLDER) ||
                     s->holder_number != number_of(ev, FIELD_HOLDER_NUMBER);
  if (epoch < s->epoch || version <= s->version) {
    check_break(w, CHECK_HOLDER, s->id, "epoch %u, version %u after %u, %u",
                epoch, version, s->epoch, s->version);
  } else if (moved && epoch == s->epoch && s->version != 0) {
    check_break(w, CHECK_HOLDER, s->id,
                "the holder changed and the epoch %u did not", epoch);
  }
}

/* ---- 3: offers, and what agents have in hand */

static bool has_agent(uint32_t status) {
  return status == SESSION_OFFERED || status == SESSION_ACTIVE ||
         status == SESSION_WRAPUP;
}

static void look_at_agent(struct world *w, const struct watch *s) {
  uint32_t count = 0;
  for (size_t i = 0; i < w->watch_count; i++) {
    const struct watch *other = &w->watches[i];
    count +=
        other->used && has_agent(other->status) && other->agent == s->agent;
  }
  if (count > SIM_CAPACITY) {
    check_break(w, CHECK_OFFERS, s->id, "agent %s has %u sessions, room for %d",
                agents_id(s->agent), count, SIM_CAPACITY);
  }
}

static void look_at_offer(struct world *w, const struct watch *before,
                          const struct watch *s, const struct record *ev) {
  if (ev->type == EVENT_OF_SESSION(OFFERED) &&
      before->status == SESSION_OFFERED) {
    check_break(w, CHECK_OFFERS, s->id, "offered to %s while %s is asked",
                agents_id(s->agent), agents_id(before->agent));
  }
  if (has_agent(s->status) && s->agent < SIM_AGENTS) {
    look_at_agent(w, s);
  }
}

/* ---- 5: the place */

static bool in_queue(uint32_t status) {
  return status == SESSION_QUEUED || status == SESSION_OFFERED;
}

/* Where it waits, as the engine says, once that is let out. */
static void look_at_place(struct world *w, struct watch *s,
                          const struct record *ev) {
  const bool enters = ev->type == EVENT_OF_SESSION(QUEUED) ||
                      ev->type == EVENT_OF_SESSION(OVERFLOWED);
  if (enters) {
    s->entered_us = record_num(ev, FIELD_ENTERED);
    s->order = record_num(ev, FIELD_ORDER);
    s->in_queue = true;
  } else if (s->in_queue && in_queue(s->status) &&
             record_has(ev, FIELD_ENTERED) &&
             record_num(ev, FIELD_ENTERED) != s->entered_us) {
    check_break(w, CHECK_PLACE, s->id, "%s: it waits since another time",
                event_name(ev->type));
  } else if (s->status == SESSION_IDLE || s->status == SESSION_PENDING) {
    s->in_queue = false;
  }
}

/* ---- the events of sessions, in order */

static void take(struct watch *s, const struct record *ev) {
  const int64_t flags = record_num(ev, FIELD_FLAGS);
  s->status = (uint32_t)record_num(ev, FIELD_STATUS);
  s->holder = (uint32_t)record_num(ev, FIELD_HOLDER);
  s->holder_number = number_of(ev, FIELD_HOLDER_NUMBER);
  s->epoch = (uint32_t)record_num(ev, FIELD_EPOCH);
  s->version = (uint32_t)record_num(ev, FIELD_VERSION);
  s->agent = number_of(ev, FIELD_AGENT);
  s->away = (flags & 1) != 0;
  s->since_us = record_num(ev, FIELD_AT);
}

static void transition(struct world *w, struct watch *s,
                       const struct record *ev) {
  const struct watch before = *s;
  look_at_holder(w, s, ev);
  take(s, ev);
  look_at_offer(w, &before, s, ev);
  look_at_place(w, s, ev);
}

/* ---- 7: messages */

/* The text ends in "#life.key", by which its writer knows it again. */
static void look_at_text(struct world *w, const struct watch *s,
                         struct text text) {
  struct customer *c = customers_find(w, s->id);
  const size_t mark = text_find(text, TEXT("#"), 0);
  const size_t dot = text_find(text, TEXT("."), mark);
  int64_t life = 0, key = 0;
  if (c == NULL || mark == text.len ||
      !text_to_i64(text_sub(text, mark + 1, dot - mark - 1), &life) ||
      !text_to_i64(text_sub(text, dot + 1, text.len), &key) ||
      (uint64_t)life != c->life) {
    return;
  }
  if ((c->written >> key & 1) != 0) {
    check_break(w, CHECK_MESSAGES, s->id, "\"%.*s\" stands there twice",
                TEXT_ARG(text));
  }
  c->written |= UINT64_C(1) << key;
}

static void message(struct world *w, struct watch *s, const struct record *ev) {
  const uint32_t number = (uint32_t)record_num(ev, FIELD_MESSAGE);
  if (number != s->messages + 1) {
    check_break(w, CHECK_MESSAGES, s->id, "message %u after message %u", number,
                s->messages);
  }
  s->messages = number;
  s->texts[number % SIM_TEXTS] = hash_text(record_text(ev, FIELD_TEXT));
  if (record_num(ev, FIELD_ROLE) == ROLE_BOT &&
      s->holder != SESSION_HOLDER_BOT) {
    check_break(w, CHECK_HOLDER, s->id,
                "message %u is a bot's, and no bot holds the session", number);
  }
  if (record_num(ev, FIELD_ROLE) == ROLE_CUSTOMER) {
    look_at_text(w, s, record_text(ev, FIELD_TEXT));
  }
}

/* ---- all events */

void check_event(struct world *w, uint64_t seq, const struct record *ev) {
  if (seq < w->let_out) {
    check_break(w, CHECK_JOURNAL, record_id(ev, FIELD_SESSION),
                "batch %llu was let out after %llu", (unsigned long long)seq,
                (unsigned long long)w->let_out);
  }
  w->let_out = seq;
  if (!record_has(ev, FIELD_SESSION)) {
    return;
  }
  const struct id id = record_id(ev, FIELD_SESSION);
  struct watch *s = find(w, id);
  check_know(w, ev);
  if (s == NULL && ev->type == EVENT_OF_SESSION(OPENED)) {
    s = add(w, id);
  }
  if (s == NULL) {
    return; /* over: what is said about it later is for the timeline */
  }
  if (event_is_session(ev->type)) {
    transition(w, s, ev);
  } else if (ev->type == EVENT_MESSAGE) {
    message(w, s, ev);
  }
  if (record_has(ev, FIELD_VERSION)) {
    s->version = (uint32_t)record_num(ev, FIELD_VERSION);
  }
  s->since_us = record_num(ev, FIELD_AT);
  if (s->status == SESSION_COMPLETED) {
    forget(w, s);
  }
}

/* ---- 2: nobody stays where nothing moves it */

static int64_t longest_us(const struct watch *s) {
  switch ((enum session_status)s->status) {
  case SESSION_PENDING:
    return 10 * SECOND;
  case SESSION_CONNECTED:
    return 60 * SECOND;
  case SESSION_RELEASING:
    return 5 * SECOND;
  case SESSION_IDLE:
  case SESSION_WRAPUP:
    return 30 * SECOND;
  case SESSION_QUEUED:
    return 400 * SECOND;
  case SESSION_OFFERED:
    return 20 * SECOND;
  case SESSION_ACTIVE:
    return s->away ? 30 * SECOND : INT64_MAX;
  case SESSION_NONE:
  case SESSION_COMPLETED:
  case SESSION_STATUSES:
    break;
  }
  return INT64_MAX;
}

static void look_for_stuck(struct world *w) {
  for (size_t i = 0; i < w->watch_count; i++) {
    const struct watch *s = &w->watches[i];
    const int64_t from_us = s->since_us > w->calm_us ? s->since_us : w->calm_us;
    const int64_t most_us = longest_us(s);
    if (s->used && most_us != INT64_MAX &&
        w->now_us > from_us + most_us + SLACK_US) {
      check_break(w, CHECK_MOVES, s->id, "it is %s for %lld s, and still is",
                  session_status_name(s->status),
                  (long long)((w->now_us - s->since_us) / SECOND));
    }
  }
}

void check_time(struct world *w) {
  if (w->domain == NULL || w->disk.full || w->disk.failed ||
      world_fault(w, FAULT_SLOW_DISK) || world_fault(w, FAULT_BAD_DISK)) {
    w->calm_us = w->now_us;
    return;
  }
  look_for_stuck(w);
  check_matches(w);
}

/* ---- answers */

/* A repeat gets the first answer, byte for byte. */
static void look_at_repeat(struct world *w, const struct letter *l,
                           uint64_t hash) {
  uint64_t *first = NULL;
  if (l->party == PARTY_CUSTOMER && customers_are(w, l)) {
    first = &w->customers[l->who].hash[l->key];
  } else if (l->party == PARTY_OFFICE) {
    struct office_answer *o = &w->kept[l->key % OFFICE_KEYS];
    if (o->key != l->key) {
      *o = (struct office_answer){.key = l->key};
    }
    first = &o->hash;
  }
  if (first == NULL) {
    return;
  }
  if (*first != 0 && *first != hash) {
    check_break(w, CHECK_JOURNAL, l->session,
                "a repeat of %s got another answer",
                command_info((enum command_type)l->type)->wire);
  }
  *first = hash;
}

void check_answer(struct world *w, const struct letter *l, int code,
                  uint64_t hash, bool stale) {
  if (code >= 500) {
    return; /* nothing was done */
  }
  if (stale && l->type == COMMAND_SAY && code < 300) {
    check_break(w, CHECK_HOLDER, l->session,
                "a bot spoke in a hold that was over");
  }
  if (l->key != 0 && code < 300) {
    look_at_repeat(w, l, hash);
  }
  if (l->party == PARTY_CUSTOMER && customers_are(w, l) &&
      l->type == COMMAND_SAY && code == 200) {
    w->customers[l->who].promised |= UINT64_C(1) << l->key;
    if (((w->customers[l->who].written >> l->key) & 1) == 0) {
      check_break(w, CHECK_MESSAGES, l->session,
                  "message %u was answered and is not there", l->key);
    }
  }
}

/* ---- after a crash: what was told must be so, or have gone on */

void check_told(struct world *w) {
  const struct engine *e = domain_engine(w->domain);
  for (size_t i = 0; i < w->watch_count; i++) {
    const struct watch *s = &w->watches[i];
    uint32_t slot;
    if (!s->used) {
      continue;
    }
    if (!engine_find(e, s->id, &slot)) {
      check_break(w, CHECK_JOURNAL, s->id, "an open session is gone");
      return;
    }
    const struct session *now = engine_session(e, slot);
    if (now->version < s->version || now->epoch < s->epoch ||
        engine_message_count(e, slot) < s->messages) {
      check_break(w, CHECK_JOURNAL, s->id,
                  "version %u, epoch %u, %u messages were told, and now there "
                  "are %u, %u, %u",
                  s->version, s->epoch, s->messages, now->version, now->epoch,
                  engine_message_count(e, slot));
      return;
    }
  }
}
