/* Each event of the world, written into the tale. */
#include "base/check.h"
#include "domain/heap.h"
#include "scenario/world_priv.h"

static struct text keep(struct world *w, struct text t) {
  return arena_copy_text(&w->tale.arena, t);
}

static const struct json *parse(struct world *w, struct text json) {
  struct json *tree = NULL;
  const enum bt_err err =
      json_parse(&w->tale.arena, json, JSON_DEPTH_DEFAULT, &tree, NULL);
  return err == BT_ERR_OK ? tree : NULL;
}

static void add_status(struct world *w, struct text status) {
  struct tale_list *list = &w->tale.statuses;
  if (list->count > 0 &&
      text_equal(tale_text_at(list, list->count - 1), status)) {
    return;
  }
  struct text *t = tale_add(&w->tale, list);
  if (t != NULL) {
    *t = status;
  }
}

static void add_event(struct world *w, uint64_t seq, const struct record *ev) {
  struct tale_event *e = tale_add(&w->tale, &w->tale.events);
  if (e == NULL) {
    return;
  }
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, heap_mem());
  json_out_init(&o, &b);
  engine_write_event(domain_engine(w->domain), seq, ev, &o);
  *e = (struct tale_event){.at_us = record_num(ev, FIELD_AT),
                           .type = ev->type,
                           .json = keep(w, textbuf_text(&b))};
  textbuf_free(&b);
  e->tree = parse(w, e->json);
  const struct json *status = json_member(e->tree, TEXT("status"));
  if (status != NULL && record_has(ev, FIELD_SESSION)) {
    e->status = status->text;
    add_status(w, status->text);
  }
}

/* ---- what is kept beside the events themselves */

static void add_message(struct world *w, const struct record *ev) {
  struct tale_message *m = tale_add(&w->tale, &w->tale.messages);
  if (m == NULL) {
    return;
  }
  const struct engine *e = domain_engine(w->domain);
  uint32_t slot, bot = SESSION_NOBODY;
  if (engine_find(e, w->session, &slot) &&
      engine_session(e, slot)->holder == SESSION_HOLDER_BOT) {
    bot = engine_session(e, slot)->holder_id;
  }
  *m = (struct tale_message){.at_us = record_num(ev, FIELD_AT),
                             .role = (uint32_t)record_num(ev, FIELD_ROLE),
                             .author = keep(w, record_text(ev, FIELD_ACTOR)),
                             .text = keep(w, record_text(ev, FIELD_TEXT)),
                             .heard_by = bot};
}

static struct text id_of(struct world *w, const struct tale_list *events,
                         struct text member) {
  const struct tale_event *e = tale_event_at(&w->tale, events->count - 1);
  return json_member_text(e->tree, member);
}

static void on_script(struct world *w, const struct record *ev) {
  struct tale *t = &w->tale;
  if (record_has(ev, FIELD_PARENT)) {
    return; /* one that another script runs: its caller tells how it went */
  }
  t->done_us = w->now_us;
  if (ev->type == EVENT_SCRIPT_FAILED) {
    t->ending = TALE_FAILED;
    t->error = keep(w, record_text(ev, FIELD_DETAIL));
    t->error_line = (uint32_t)record_num(ev, FIELD_LINE);
  } else if (t->ending != TALE_FAILED) {
    t->ending = text_equal(record_text(ev, FIELD_REASON), TEXT("stopped"))
                    ? TALE_STOPPED
                    : TALE_FINISHED;
  }
}

static void on_own_event(struct world *w, const struct record *ev) {
  if (ev->type == EVENT_MESSAGE) {
    add_message(w, ev);
  } else if (ev->type == EVENT_LOGGED) {
    struct text *line = tale_add(&w->tale, &w->tale.output);
    if (line != NULL) {
      *line = keep(w, record_text(ev, FIELD_TEXT));
    }
  } else if (ev->type == EVENT_SCRIPT_ENDED ||
             ev->type == EVENT_SCRIPT_FAILED) {
    on_script(w, ev);
  } else if (ev->type == EVENT_OF_SESSION(CONNECTED)) {
    w->tale.agent = id_of(w, &w->tale.events, TEXT("agent"));
  } else if (ev->type == EVENT_OF_SESSION(QUEUED) ||
             ev->type == EVENT_OF_SESSION(OVERFLOWED)) {
    w->tale.queue = id_of(w, &w->tale.events, TEXT("queue"));
  } else if (ev->type == EVENT_OF_SESSION(ENDED)) {
    chronicle_look(w); /* before it is forgotten */
  }
}

void chronicle_event(struct world *w, uint64_t seq, const struct record *ev) {
  if (w->opening && ev->type == EVENT_OF_SESSION(OPENED)) {
    w->session = record_id(ev, FIELD_SESSION);
    w->opening = false;
  }
  const bool about = record_has(ev, FIELD_SESSION);
  if (w->tale.start_us == 0 ||
      (about && !id_equal(record_id(ev, FIELD_SESSION), w->session))) {
    return;
  }
  add_event(w, seq, ev);
  if (about) {
    on_own_event(w, ev);
  }
}

void chronicle_look(struct world *w) {
  const struct engine *e = domain_engine(w->domain);
  uint32_t slot;
  if (!engine_find(e, w->session, &slot)) {
    return;
  }
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, heap_mem());
  json_out_init(&o, &b);
  engine_write_session(e, slot, w->now_us, ENGINE_NO_MESSAGES, &o);
  w->tale.session = parse(w, keep(w, textbuf_text(&b)));
  textbuf_free(&b);
}

void chronicle_begin(struct world *w, size_t first) {
  struct tale_list *list = &w->tale.statuses;
  list->count = first < list->count ? list->count - first : 0;
  struct text *texts = list->items;
  for (size_t i = 0; i < list->count; i++) {
    texts[i] = texts[i + first];
  }
}
