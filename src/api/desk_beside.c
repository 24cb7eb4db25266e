/* The agent's socket, beside the conversation: notes, hold, what supervisors
 * do, and the other session of a consultation. */
#include "api/desk_priv.h"

static void on_other(struct watch *w, uint64_t seq, const struct record *event);

static const struct watch_ops other_ops = {.on_event = on_other};

/* ---- the task's own session */

/* Who did it, when, and what they wrote. */
static void tell_act(struct task *t, const struct record *event) {
  struct json_out o = task_begin(t, event_name(event->type));
  json_key(&o, "name");
  json_put_text(&o, engine_party_name(api_engine(t->desk->socket.api),
                                      (enum role)record_num(event, FIELD_ROLE),
                                      record_text(event, FIELD_ACTOR)));
  api_put_time(&o, "at", record_num(event, FIELD_AT));
  if (record_has(event, FIELD_TEXT)) {
    json_key(&o, "text");
    json_put_text(&o, record_text(event, FIELD_TEXT));
  }
  if (record_has(event, FIELD_CONSENT)) {
    json_key(&o, "consent");
    json_put_bool(&o, record_num(event, FIELD_CONSENT) != 0);
  }
  task_send(t, &o);
}

/* How the consultation stands, from the engine, which may be further than what
 * is told: the frame waits for it. */
static void tell_consult(struct task *t) {
  struct api *api = t->desk->socket.api;
  uint32_t slot;
  if (!engine_find(api_engine(api), t->watch.session, &slot)) {
    return;
  }
  struct json_out o = task_begin(t, "session.consult");
  engine_write_consult(api_engine(api), slot, &o);
  (void)socket_send_held(&t->desk->socket, api_last_seq(api),
                         api_frame_end(api, &o));
}

void task_tell_beside(struct task *t, const struct record *event) {
  switch (event->type) {
  case EVENT_WHISPERED:
  case EVENT_BARGED:
  case EVENT_NOTED:
  case EVENT_HELD:
  case EVENT_RESUMED:
  case EVENT_RECORDING_PAUSED:
  case EVENT_RECORDING_RESUMED:
  case EVENT_CONSENT_SET:
    tell_act(t, event);
    return;
  case EVENT_CONSULT_ASKED:
  case EVENT_CONSULT_MERGED:
  case EVENT_CONSULT_ENDED:
    task_follow(t);
    tell_consult(t);
    return;
  default:
    return;
  }
}

/* ---- the other session */

static void on_other(struct watch *w, uint64_t seq,
                     const struct record *event) {
  struct task *t = w->owner;
  struct api *api = t->desk->socket.api;
  (void)seq;
  if (event->type != EVENT_MESSAGE) {
    if (event_is_session(event->type) || event->type == EVENT_CONSULT_MERGED) {
      tell_consult(t);
    }
    return;
  }
  struct json_out o = task_begin(t, "consult.message");
  api_put_message(&o, event);
  api_put_name(api, &o, (enum role)record_num(event, FIELD_ROLE),
               record_text(event, FIELD_ACTOR));
  task_send(t, &o);
}

void task_unfollow(struct task *t) {
  topics_remove(&t->desk->socket.api->topics, &t->other);
}

void task_follow(struct task *t) {
  struct api *api = t->desk->socket.api;
  struct id other = {0, 0};
  uint32_t slot;
  task_unfollow(t);
  if (!engine_find(api_engine(api), t->watch.session, &slot) ||
      !engine_session_consult(api_engine(api), slot, &other)) {
    return;
  }
  t->other = (struct watch){.ops = &other_ops, .owner = t, .session = other};
  if (!topics_add(&api->topics, &t->other)) {
    socket_close(&t->desk->socket, WS_CODE_TRY_LATER, "out of memory");
  }
}
