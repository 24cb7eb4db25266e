/* What became of a session: its events from the journal, and in words. */
#include <string.h>

#include "api/serve_priv.h"
#include "base/check.h"
#include "engine/explain.h"

/* A story of more events than this is told from its beginning only. */
enum { STORY_MAX = 4000 };

bool call_find_story(struct call *c) {
  const struct engine *e = api_engine(c->api);
  if (!id_from_text(c->params[0], &c->session) ||
      engine_find(e, c->session, &c->slot)) {
    return call_find_session(c);
  }
  if (c->by.role == ROLE_SUPERVISOR || c->by.role == ROLE_ADMIN ||
      c->by.role == ROLE_SCRIPT) {
    return true;
  }
  return call_find_session(c); /* refuses */
}

void call_refuse_journal(struct call *c, enum bt_err err) {
  if (err == BT_ERR_NOT_FOUND) {
    call_refuse(
        c, REFUSAL_UNKNOWN_SESSION,
        call_format(c, "No session has the id %.*s.", TEXT_ARG(c->params[0])),
        TEXT(""));
    return;
  }
  call_refuse(
      c, REFUSAL_UNAVAILABLE,
      call_format(c, "The journal cannot be read: %s.", bt_err_text(err)),
      TEXT(""));
}

static void reply_out(struct call *c, const char *type) {
  const struct reply r = {
      .code = 200, .type = type, .body = textbuf_text(&c->out)};
  call_reply(c, &r);
}

/* ---- the timeline */

struct timeline {
  const struct engine *engine;
  bool whole; /* with the variables of scripts, which are not agents' to read */
  struct json_out *o;
};

static bool put_event(void *ctx, uint64_t seq, const struct record *event) {
  struct timeline *t = ctx;
  if (!t->whole && (event->type == EVENT_SCRIPT_LINE ||
                    event->type == EVENT_SCRIPT_CHANGED)) {
    return true;
  }
  engine_write_event(t->engine, seq, event, t->o);
  return !t->o->buf->failed;
}

enum bt_err story_put_events(struct api *api, struct id session, bool whole,
                             struct json_out *o) {
  struct timeline t = {api_engine(api), whole, o};
  json_open_list(o);
  const enum bt_err err = domain_timeline(api->domain, session, put_event, &t);
  json_close_list(o);
  return err == BT_ERR_OK && o->buf->failed ? BT_ERR_NOMEM : err;
}

static void show_timeline(struct call *c) {
  const bool whole = c->by.role == ROLE_SUPERVISOR || c->by.role == ROLE_ADMIN;
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "session");
  json_put_text(&o, c->params[0]);
  json_key(&o, "events");
  const enum bt_err err = story_put_events(c->api, c->session, whole, &o);
  json_close_object(&o);
  if (err != BT_ERR_OK) {
    call_refuse_journal(c, err);
    return;
  }
  reply_out(c, NULL);
}

void serve_timeline(struct call *c) {
  if (call_find_story(c)) {
    call_later(c, show_timeline);
  }
}

/* ---- in words */

struct story {
  struct call *call;
  struct record *events;
  size_t count, cap;
};

static bool keep_event(void *ctx, uint64_t seq, const struct record *event) {
  (void)seq;
  struct story *s = ctx;
  if (!mem_grow(s->call->api->mem, &s->events, &s->cap, s->count + 1,
                sizeof *s->events)) {
    return false;
  }
  struct record *kept = &s->events[s->count];
  *kept = *event;
  for (uint32_t f = 0; f < FIELDS; f++) {
    if (record_has(kept, (enum field)f) && field_is_text((enum field)f)) {
      kept->v[f].text = arena_copy_text(&s->call->arena, kept->v[f].text);
      if (kept->v[f].text.ptr == NULL) {
        return false;
      }
    }
  }
  return ++s->count < STORY_MAX;
}

static bool wants_json(struct call *c) {
  struct http_request *req = call_request(c);
  const struct text accept = req == NULL
                                 ? TEXT("application/json")
                                 : http_request_header(req, TEXT("Accept"));
  return accept.ptr != NULL && text_find(accept, TEXT("json"), 0) < accept.len;
}

static void put_words(struct call *c, struct text words) {
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "session");
  json_put_text(&o, c->params[0]);
  json_key(&o, "text");
  json_put_text(&o, words);
  json_close_object(&o);
}

static void show_words(struct call *c) {
  struct story s = {.call = c};
  struct textbuf words;
  textbuf_init(&words, c->api->mem);
  const enum bt_err err =
      domain_timeline(c->api->domain, c->session, keep_event, &s);
  const bool json = wants_json(c);
  if (err == BT_ERR_OK) {
    explain_session(api_engine(c->api), s.events, s.count, api_now_us(c->api),
                    &words);
  }
  mem_free(c->api->mem, s.events, s.cap * sizeof *s.events);
  if (err != BT_ERR_OK || words.failed) {
    textbuf_free(&words);
    call_refuse_journal(c, err == BT_ERR_OK ? BT_ERR_NOMEM : err);
    return;
  }
  if (json) {
    put_words(c, textbuf_text(&words));
  } else {
    textbuf_clear(&c->out);
    textbuf_add(&c->out, textbuf_text(&words));
  }
  textbuf_free(&words);
  reply_out(c, json ? NULL : "text/plain; charset=utf-8");
}

void serve_explain(struct call *c) {
  if (call_find_story(c)) {
    call_later(c, show_words);
  }
}
