/* Why a session was offered to one agent and to no other, for each of its
 * offers: as it was decided, out of the journal.
 *
 * The state behind a decision is that of the whole centre, so that the journal
 * is folded once more up to it, from the snapshot before it; in slices, between
 * which others are served. */
#include "engine/decision.h"

#include "api/serve_priv.h"
#include "base/check.h"
#include "domain/past.h"

enum { SLICE_US = 3000, SLICE_BATCHES = 64 };

struct look_back {
  struct call *call;
  struct past *past;
  uint64_t wanted;         /* ?at=: this batch alone; 0: all of them */
  uint64_t first, last;    /* the batches of those that are wanted; 0 */
  struct text only;        /* ?agent=; in the call's arena */
  struct textbuf words;    /* if these are asked for, */
  struct textbuf decision; /* made of this */
  struct json_out o;       /* else straight into the answer */
  bool in_words, failed;
};

/* ---- which */

static bool is_wanted(const struct look_back *b, uint64_t seq,
                      const struct record *event) {
  return event->type == EVENT_OF_SESSION(OFFERED) &&
         id_equal(record_id(event, FIELD_SESSION), b->call->session) &&
         (b->wanted == 0 || b->wanted == seq);
}

static bool find_last(void *ctx, uint64_t seq, const struct record *event) {
  struct look_back *b = ctx;
  if (is_wanted(b, seq, event)) {
    b->first = b->first == 0 ? seq : b->first;
    b->last = seq;
  }
  return true;
}

/* ---- each */

static void look_at(void *ctx, const struct engine *e, uint64_t seq,
                    const struct record *event) {
  struct look_back *b = ctx;
  if (!is_wanted(b, seq, event)) {
    return;
  }
  if (!b->in_words) {
    (void)decision_write(e, seq, event, b->only, &b->o);
    return;
  }
  struct json_out o;
  textbuf_clear(&b->decision);
  json_out_init(&o, &b->decision);
  if (decision_write(e, seq, event, b->only, &o)) {
    decision_tell(b->call->api->mem, textbuf_text(&b->decision), &b->words);
  }
}

/* ---- the answer */

void decisions_forget(struct call *c) {
  struct look_back *b = c->api->look_back;
  if (b != NULL && b->call == c) {
    c->api->look_back = NULL;
    past_free(b->past);
    textbuf_free(&b->words);
    textbuf_free(&b->decision);
    mem_free(c->api->mem, b, sizeof *b);
  }
}

static void finish(struct look_back *b) {
  struct call *c = b->call;
  if (b->in_words) {
    textbuf_clear(&c->out);
    textbuf_add(&c->out, b->last == 0 ? TEXT("The session was never offered.\n")
                                      : textbuf_text(&b->words));
  } else {
    json_close_list(&b->o);
    json_close_object(&b->o);
  }
  if (c->out.failed || b->words.failed || b->decision.failed) {
    call_refuse_memory(c);
    return;
  }
  const struct reply r = {.code = 200,
                          .type =
                              b->in_words ? "text/plain; charset=utf-8" : NULL,
                          .body = textbuf_text(&c->out)};
  call_reply(c, &r);
}

/* A slice; then the others, and the next. */
static void go_on(void *ctx) {
  struct look_back *b = ctx;
  struct call *c = b->call;
  const int64_t end_us = loop_now_us() + SLICE_US;
  enum bt_err err = BT_ERR_OK;
  if (c->fn == NULL && call_request(c) == NULL) {
    call_end(c); /* nobody listens any more */
    return;
  }
  while (err == BT_ERR_OK && past_seq(b->past) < b->last &&
         loop_now_us() < end_us) {
    err = past_fold(b->past, b->last, SLICE_BATCHES);
  }
  if (err != BT_ERR_OK) {
    call_refuse_journal(c, err);
  } else if (past_seq(b->past) < b->last) {
    loop_timer_start_after(c->timer, 0);
  } else {
    finish(b);
  }
}

static void begin(struct call *c) {
  struct look_back *b = c->api->look_back;
  enum bt_err err = domain_timeline(c->api->domain, c->session, find_last, b);
  if (err != BT_ERR_OK) {
    call_refuse_journal(c, err);
    return;
  }
  if (!b->in_words) {
    b->o = call_json(c);
    json_open_object(&b->o);
    json_key(&b->o, "session");
    json_put_text(&b->o, c->params[0]);
    json_key(&b->o, "decisions");
    json_open_list(&b->o);
  }
  const struct past_view view = {b->first, look_at, b};
  err = past_create(c->api->domain, &view, &b->past);
  if (err != BT_ERR_OK && err != BT_ERR_NOMEM) {
    call_refuse_journal(c, err);
    return;
  }
  if (err == BT_ERR_OK) {
    err = loop_timer_create(c->api->options.loop, go_on, b, &c->timer);
  }
  if (err != BT_ERR_OK) {
    call_refuse_memory(c);
    return;
  }
  go_on(b);
}

/* ---- the question */

static bool wants_words(struct call *c) {
  struct http_request *req = call_request(c);
  const struct text accept =
      req == NULL ? TEXT("") : http_request_header(req, TEXT("Accept"));
  return text_find(accept, TEXT("text/plain"), 0) < accept.len;
}

static bool read_question(struct call *c, struct look_back *b) {
  uint32_t at = 0;
  if (!call_query_number(c, TEXT("at"), UINT32_MAX, &at)) {
    return false;
  }
  b->wanted = at;
  return call_query_agent(c, &b->only);
}

void serve_decisions(struct call *c) {
  struct look_back asked = {.call = c, .in_words = wants_words(c)};
  if (!call_find_story(c) || !read_question(c, &asked)) {
    return;
  }
  if (c->api->look_back != NULL) {
    call_refuse(c, REFUSAL_UNAVAILABLE,
                TEXT("Somebody else looks back into the journal; one at a time "
                     "may."),
                TEXT(""));
    return;
  }
  struct look_back *b = mem_new(c->api->mem, sizeof *b);
  if (b == NULL) {
    call_refuse_memory(c);
    return;
  }
  *b = asked;
  textbuf_init(&b->words, c->api->mem);
  textbuf_init(&b->decision, c->api->mem);
  c->api->look_back = b;
  call_later(c, begin);
}
