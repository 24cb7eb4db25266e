/* A call that the customer asks for: booked in the queue, with the place that
 * the customer had there, who then need not stay. */
#include "base/check.h"
#include "engine/callback_priv.h"
#include "engine/engine_priv.h"
#include "engine/put_priv.h"

enum { DIGITS_MIN = 5, DIGITS_MAX = 15 };

/* As people write them: "+49 (30) 123-45/6". E.164 has 15 digits at most. */
static bool is_number(struct text t) {
  unsigned digits = 0;
  for (size_t i = 0; i < t.len; i++) {
    const char c = t.ptr[i];
    const bool digit = c >= '0' && c <= '9';
    const bool between =
        c == ' ' || c == '-' || c == '/' || c == '.' || c == '(' || c == ')';
    if (!digit && !between && !(c == '+' && i == 0)) {
      return false;
    }
    digits += digit;
  }
  return digits >= DIGITS_MIN && digits <= DIGITS_MAX;
}

static bool has_number(struct ctx *x, const struct record *args,
                       struct answer *a) {
  if (is_number(text_trim(record_text(args, FIELD_PHONE)))) {
    return true;
  }
  answer_member(x, REFUSAL_INVALID_MEMBER, "/number",
                TEXT("A telephone number is needed: 5 to 15 digits, a plus "
                     "before them if it is international, and blanks, hyphens, "
                     "points, slashes or brackets between."),
                a);
  return false;
}

/* Who calls: the queue in which the session waits, else the entry point's.
 * False: answered. */
static bool find_queue(struct ctx *x, const struct live *l, uint32_t *queue,
                       struct answer *a) {
  const struct dir_entry *entry = &x->e->dir.entries[l->entry];
  struct dir_target target;
  if (entry->callbacks.len == 0 ||
      !directory_target(&x->e->dir, DIR_TARGET_QUEUE, entry->callbacks,
                        &target)) {
    answer_refuse(
        x, SESSION_NOBODY, REFUSAL_NO_CALLBACKS,
        ctx_format(x, "The entry point '%.*s' has nobody who calls back.",
                   TEXT_ARG(entry->id)),
        a);
    return false;
  }
  *queue = live_in_queue(&l->s) ? l->s.queue : target.number;
  return true;
}

bool callback_set_due(struct ctx *x, struct call *c, struct answer *a) {
  const int64_t wanted_us = c->due_us > x->now_us ? c->due_us : x->now_us;
  c->due_us = directory_opens_us(&x->e->dir, c->queue, wanted_us);
  if (c->due_us == 0) {
    x->opens_us = 0;
    answer_refuse(x, SESSION_NOBODY, REFUSAL_QUEUE_CLOSED,
                  ctx_format(x, "Queue '%.*s' does not open within a year.",
                             TEXT_ARG(x->e->dir.queues[c->queue].id)),
                  a);
  }
  return c->due_us != 0;
}

static bool find_time(struct ctx *x, const struct record *args, struct call *c,
                      struct answer *a) {
  c->due_us = record_has(args, FIELD_DUE) ? record_num(args, FIELD_DUE) : 0;
  if (c->due_us > x->now_us + CALL_AHEAD_MAX_US) {
    answer_member(x, REFUSAL_INVALID_MEMBER, "/due",
                  TEXT("A call is booked 31 days ahead at most."), a);
    return false;
  }
  return callback_set_due(x, c, a);
}

bool callback_has_room(struct ctx *x, uint32_t slot, struct answer *a) {
  if (engine_live(x->e, slot)->callbacks < LIMIT_CALLBACKS) {
    return open_has_room(x, slot, a);
  }
  answer_refuse(
      x, slot, REFUSAL_RATE_LIMITED,
      ctx_format(x, "A session books %d calls at most.", LIMIT_CALLBACKS), a);
  return false;
}

/* ---- what is booked */

static struct text take(struct ctx *x, struct textbuf *b) {
  const struct text t = arena_copy_text(ctx_arena(x), textbuf_text(b));
  bt_check(!b->failed && t.ptr != NULL);
  textbuf_free(b);
  return t;
}

static struct json_out begin(struct ctx *x, struct textbuf *b) {
  struct json_out o;
  textbuf_init(b, &x->e->mem);
  json_out_init(&o, b);
  json_open_object(&o);
  return o;
}

/* Who is called: whoever the session knew, at this address. */
static struct text customer_of(struct ctx *x, const struct live *l,
                               struct text number) {
  struct textbuf b;
  struct json_out o = begin(x, &b);
  struct json *known = NULL;
  if (l->customer.len > 0 &&
      json_parse(ctx_arena(x), l->customer, JSON_DEPTH_MAX, &known, NULL) ==
          BT_ERR_OK) {
    for (const struct json *m = known->first; m != NULL; m = m->next) {
      if (!text_equal(m->key, TEXT("address"))) {
        json_key_text(&o, m->key);
        json_put_raw(&o, m->source);
      }
    }
  }
  put_text(&o, "address", number);
  json_close_object(&o);
  return take(x, &b);
}

static struct text attributes_of(struct ctx *x, const struct live *l,
                                 const struct call *c) {
  struct textbuf b;
  struct json_out o = begin(x, &b);
  json_key(&o, "callback");
  json_open_object(&o);
  put_text(&o, "number", c->number);
  put_time(&o, "due", c->due_us);
  put_id(&o, "from", l->id);
  json_close_object(&o);
  json_close_object(&o);
  return take(x, &b);
}

/* A call that is due at once stands where the customer stood. */
static void keep_place(const struct live *l, struct record *args) {
  record_set_num(args, FIELD_ENTERED, l->entered_us);
  record_set_num(args, FIELD_PRIORITY, l->priority);
  record_set_given(args, FIELD_SKILLS, l->skills);
}

struct id callback_book(struct ctx *x, uint32_t slot, const struct call *c) {
  const struct live *l = engine_live(x->e, slot);
  struct record args, ev;
  record_init(&args, COMMAND_OPEN_SESSION);
  record_set_num(&args, FIELD_CALLBACK, (int64_t)c->queue + 1);
  record_set_num(&args, FIELD_DUE, c->due_us);
  record_set_text(&args, FIELD_CUSTOMER, customer_of(x, l, c->number));
  record_set_text(&args, FIELD_ATTRIBUTES, attributes_of(x, l, c));
  if (live_in_queue(&l->s) && l->s.queue == c->queue &&
      c->due_us == x->now_us) {
    keep_place(l, &args);
  }
  const uint32_t call =
      open_session(x, l->entry, SESSION_HOLDER_SCRIPT, c->script, &args);
  const struct id id = engine_live(x->e, call)->id;
  ctx_event(x, &ev, EVENT_CALLBACK_BOOKED, slot);
  record_set_id(&ev, FIELD_BOOKED, id);
  record_set_text(&ev, FIELD_PHONE, c->number);
  record_set_num(&ev, FIELD_QUEUE, c->queue);
  record_set_num(&ev, FIELD_DUE, c->due_us);
  emit(x, &ev);
  return id;
}

void callback_put(const struct ctx *x, struct id id, const struct call *c,
                  struct json_out *o) {
  put_id(o, "id", id);
  put_text(o, "queue", x->e->dir.queues[c->queue].id);
  put_time(o, "due", c->due_us);
}

static void tell_booked(struct ctx *x, struct id id, const struct call *c,
                        struct answer *a) {
  struct textbuf b;
  struct json_out o = begin(x, &b);
  answer_put_good(&o, 201, "The call is booked.");
  callback_put(x, id, c, &o);
  json_close_object(&o);
  a->body = take(x, &b);
}

/* Who waits for the call does not wait in the queue as well. */
static void stop_waiting(struct ctx *x, uint32_t slot) {
  const struct session_cmd cmd = {.type = SESSION_CMD_LEAVE};
  struct record extra;
  if (live_in_queue(&engine_live(x->e, slot)->s)) {
    record_init(&extra, 0);
    record_set_text(&extra, FIELD_END_REASON, TEXT("callback"));
    do_session_late(x, slot, &cmd, &extra);
  }
}

void cmd_book_call(struct ctx *x, uint32_t slot, const struct record *args,
                   struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  struct call c = {.script = SESSION_NOBODY,
                   .number = text_trim(record_text(args, FIELD_PHONE))};
  if (l->s.status == SESSION_WRAPUP || l->s.status == SESSION_COMPLETED) {
    answer_refuse_told(x, slot, REFUSAL_SESSION_ENDED,
                       refusal_detail(x, slot, REFUSAL_SESSION_ENDED), a);
    return;
  }
  if (!has_number(x, args, a) || !find_queue(x, l, &c.queue, a) ||
      !find_time(x, args, &c, a) || !callback_has_room(x, slot, a)) {
    return;
  }
  const struct id id = callback_book(x, slot, &c);
  *a = (struct answer){.code = 201,
                       .session = l->id,
                       .version = engine_live(x->e, slot)->s.version};
  if (ctx_wants_body(x)) {
    tell_booked(x, id, &c, a);
  }
  stop_waiting(x, slot);
}

/* ---- when it is due */

bool callback_postpone(struct ctx *x, uint32_t slot) {
  const struct live *l = engine_live(x->e, slot);
  if (l->s.status != SESSION_PENDING || l->call_queue == SESSION_NOBODY) {
    return false;
  }
  const int64_t opens_us =
      directory_opens_us(&x->e->dir, l->call_queue, x->now_us);
  if (opens_us <= x->now_us) {
    return false;
  }
  struct record ev;
  ctx_event(x, &ev, EVENT_CALLBACK_POSTPONED, slot);
  record_set_num(&ev, FIELD_QUEUE, l->call_queue);
  record_set_num(&ev, FIELD_DEADLINE, opens_us);
  emit(x, &ev);
  return true;
}
