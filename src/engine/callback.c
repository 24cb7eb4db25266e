/* A call that the customer asks for: booked in the queue, with the place that
 * the customer had there, who then need not stay. */
#include "base/calendar.h"
#include "base/check.h"
#include "engine/engine_priv.h"

enum { DIGITS_MIN = 5, DIGITS_MAX = 15, AHEAD_MAX_S = 31 * 86400 };

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

/* When it joins the queue: now, or when that opens. False: answered. */
static bool find_time(struct ctx *x, const struct record *args, uint32_t queue,
                      int64_t *due_us, struct answer *a) {
  const bool given = record_has(args, FIELD_DUE);
  *due_us = given ? record_num(args, FIELD_DUE) : x->now_us;
  if (*due_us > x->now_us + AHEAD_MAX_S * INT64_C(1000000)) {
    answer_member(x, REFUSAL_INVALID_MEMBER, "/due",
                  TEXT("A call is booked 31 days ahead at most."), a);
    return false;
  }
  *due_us = *due_us > x->now_us ? *due_us : x->now_us;
  const int64_t opens_us = directory_opens_us(&x->e->dir, queue, *due_us);
  if (opens_us == 0) {
    answer_refuse(x, SESSION_NOBODY, REFUSAL_QUEUE_CLOSED,
                  ctx_format(x, "Queue '%.*s' does not open within a year.",
                             TEXT_ARG(x->e->dir.queues[queue].id)),
                  a);
    return false;
  }
  *due_us = opens_us;
  return true;
}

static bool has_room(struct ctx *x, uint32_t slot, struct answer *a) {
  if (engine_live(x->e, slot)->callbacks >= LIMIT_CALLBACKS) {
    answer_refuse(
        x, slot, REFUSAL_RATE_LIMITED,
        ctx_format(x, "A session books %d calls at most.", LIMIT_CALLBACKS), a);
    return false;
  }
  if (x->e->by_id.count >= LIMIT_SESSIONS) {
    answer_refuse(x, slot, REFUSAL_UNAVAILABLE,
                  TEXT("As many sessions are open as may be."), a);
    return false;
  }
  return true;
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

static void put_text(struct json_out *o, const char *key, struct text value) {
  json_key(o, key);
  json_put_text(o, value);
}

static void put_time(struct json_out *o, const char *key, int64_t at_us) {
  char text[TIME_TEXT_MAX];
  put_text(o, key, time_to_text(at_us, text));
}

static void put_id(struct json_out *o, const char *key, struct id id) {
  char text[ID_TEXT_LEN];
  id_to_text(id, text);
  put_text(o, key, (struct text){text, ID_TEXT_LEN});
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
                                 struct text number, int64_t due_us) {
  struct textbuf b;
  struct json_out o = begin(x, &b);
  json_key(&o, "callback");
  json_open_object(&o);
  put_text(&o, "number", number);
  put_time(&o, "due", due_us);
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

static struct id book(struct ctx *x, uint32_t slot, uint32_t queue,
                      struct text number, int64_t due_us) {
  const struct live *l = engine_live(x->e, slot);
  struct record args, ev;
  record_init(&args, COMMAND_OPEN_SESSION);
  record_set_num(&args, FIELD_CALLBACK, (int64_t)queue + 1);
  record_set_num(&args, FIELD_DUE, due_us);
  record_set_text(&args, FIELD_CUSTOMER, customer_of(x, l, number));
  record_set_text(&args, FIELD_ATTRIBUTES, attributes_of(x, l, number, due_us));
  if (live_in_queue(&l->s) && due_us == x->now_us) {
    keep_place(l, &args);
  }
  const uint32_t call =
      open_session(x, l->entry, SESSION_HOLDER_SCRIPT, SESSION_NOBODY, &args);
  const struct id id = engine_live(x->e, call)->id;
  ctx_event(x, &ev, EVENT_CALLBACK_BOOKED, slot);
  record_set_id(&ev, FIELD_BOOKED, id);
  record_set_text(&ev, FIELD_PHONE, number);
  record_set_num(&ev, FIELD_QUEUE, queue);
  record_set_num(&ev, FIELD_DUE, due_us);
  emit(x, &ev);
  return id;
}

static void tell_booked(struct ctx *x, struct id id, uint32_t queue,
                        int64_t due_us, struct answer *a) {
  struct textbuf b;
  struct json_out o = begin(x, &b);
  answer_put_good(&o, 201, "The call is booked.");
  put_id(&o, "id", id);
  put_text(&o, "queue", x->e->dir.queues[queue].id);
  put_time(&o, "due", due_us);
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
  const struct text number = text_trim(record_text(args, FIELD_PHONE));
  uint32_t queue = SESSION_NOBODY;
  int64_t due_us = 0;
  if (l->s.status == SESSION_WRAPUP || l->s.status == SESSION_COMPLETED) {
    answer_refuse_told(x, slot, REFUSAL_SESSION_ENDED,
                       refusal_detail(x, slot, REFUSAL_SESSION_ENDED), a);
    return;
  }
  if (!has_number(x, args, a) || !find_queue(x, l, &queue, a) ||
      !find_time(x, args, queue, &due_us, a) || !has_room(x, slot, a)) {
    return;
  }
  const struct id id = book(x, slot, queue, number, due_us);
  *a = (struct answer){.code = 201,
                       .session = l->id,
                       .version = engine_live(x->e, slot)->s.version};
  if (ctx_wants_body(x)) {
    tell_booked(x, id, queue, due_us, a);
  }
  stop_waiting(x, slot);
}
