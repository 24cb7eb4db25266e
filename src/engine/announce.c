/* Where a waiting customer stands, told as a message of the conversation: so
 * over every channel that there is. */
#include "base/check.h"
#include "engine/engine_priv.h"

/* The last time at which it is due, not after @until_us; 0: not yet. */
static int64_t last_due_us(const struct dir_announcement *n, int64_t since_us,
                           int64_t until_us) {
  const int64_t first_us = since_us + n->after_ms * 1000;
  if (first_us > until_us) {
    return 0;
  }
  const int64_t every_us = n->every_ms * 1000;
  return every_us == 0 ? first_us
                       : first_us + (until_us - first_us) / every_us * every_us;
}

/* The first time after @us; INT64_MAX: never. */
static int64_t next_due_us(const struct dir_announcement *n, int64_t since_us,
                           int64_t us) {
  const int64_t first_us = since_us + n->after_ms * 1000;
  const int64_t every_us = n->every_ms * 1000;
  if (us < first_us) {
    return first_us;
  }
  return every_us == 0 ? INT64_MAX
                       : first_us + ((us - first_us) / every_us + 1) * every_us;
}

void apply_announce_timer(struct engine *e, uint32_t slot) {
  struct live *l = e->lives[slot];
  const struct dir_queue *q = &e->dir.queues[l->s.queue];
  int64_t due_us = INT64_MAX;
  for (uint32_t i = 0; i < q->announcement_count; i++) {
    const int64_t us =
        next_due_us(&q->announcements[i], l->rings_us, l->told_us);
    due_us = us < due_us ? us : due_us;
  }
  timers_stop(&e->timers, l->timer_announce);
  l->timer_announce = TIMER_NONE;
  if (due_us != INT64_MAX) {
    l->timer_announce = apply_start_timer(e, TIMER_ANNOUNCE, slot, 0, due_us);
  }
}

/* Of those that have become due since the last, the last: a customer who comes
 * back to the place is not told all that was due meanwhile. */
static const struct dir_announcement *due_now(const struct ctx *x,
                                              const struct live *l) {
  const struct dir_queue *q = &x->e->dir.queues[l->s.queue];
  const struct dir_announcement *found = NULL;
  int64_t latest_us = l->told_us;
  for (uint32_t i = 0; i < q->announcement_count; i++) {
    const int64_t us =
        last_due_us(&q->announcements[i], l->rings_us, x->now_us);
    if (us > l->told_us && us >= latest_us) {
      latest_us = us;
      found = &q->announcements[i];
    }
  }
  return found;
}

struct standing {
  uint32_t position;
  int64_t wait_us; /* -1: not known yet */
};

static bool put_word(const struct dir_queue *q, const struct standing *now,
                     struct text word, struct textbuf *out) {
  if (text_equal(word, config_announcement_word(0))) {
    textbuf_add_i64(out, now->position);
  } else if (text_equal(word, config_announcement_word(1))) {
    const int64_t minutes = (now->wait_us + 59999999) / 60000000;
    textbuf_add_i64(out, minutes < 1 ? 1 : minutes);
    return now->wait_us >= 0;
  } else {
    textbuf_add(out, q->name);
  }
  return true;
}

/* False: it speaks of an estimate that there is not yet. */
static bool fill_in(const struct dir_queue *q, const struct standing *now,
                    struct text text, struct textbuf *out) {
  bool known = true;
  for (size_t at = 0; at < text.len;) {
    const size_t open = text_find(text, TEXT("{"), at);
    textbuf_add(out, text_sub(text, at, open - at));
    if (open == text.len) {
      break;
    }
    const size_t end = text_find(text, TEXT("}"), open);
    known = put_word(q, now, text_sub(text, open + 1, end - open - 1), out) &&
            known;
    at = end + 1;
  }
  return known;
}

static void note_announced(struct ctx *x, uint32_t slot,
                           const struct standing *now, bool said) {
  struct record ev;
  ctx_event(x, &ev, EVENT_ANNOUNCED, slot);
  record_set_num(&ev, FIELD_QUEUE, engine_live(x->e, slot)->s.queue);
  record_set_num(&ev, FIELD_PLACE, now->position);
  if (now->wait_us >= 0) {
    record_set_num(&ev, FIELD_ESTIMATE, now->wait_us / 1000000);
  }
  if (said) {
    record_set_text(&ev, FIELD_DETAIL,
                    now->wait_us < 0 ? TEXT("the place in the queue")
                                     : TEXT(FLOW_METHOD));
  }
  emit(x, &ev);
}

void announce_due(struct ctx *x, uint32_t slot) {
  struct live *l = engine_live(x->e, slot);
  l->timer_announce = TIMER_NONE;
  const struct dir_queue *q = &x->e->dir.queues[l->s.queue];
  const struct dir_announcement *n = due_now(x, l);
  const uint32_t position = engine_queue_position(x->e, slot);
  const struct standing now = {
      position, flow_estimate_us(&x->e->queues[l->s.queue].flow, position)};
  struct textbuf b;
  textbuf_init(&b, x->out->arena.mem);
  const bool says =
      n != NULL && fill_in(q, &now, n->text, &b) && has_room_for_message(l);
  if (says) {
    const struct caller asked = x->by;
    x->by.name = q->name;
    struct record args;
    record_init(&args, COMMAND_SAY);
    record_set_text(&args, FIELD_TEXT, textbuf_text(&b));
    add_message(x, slot, &args);
    x->by = asked;
  }
  textbuf_free(&b);
  note_announced(x, slot, &now, says);
}
