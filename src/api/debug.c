/* A session's scripts as a debugger sees them: where they stand, what is in
 * them, now or behind an earlier line. Looking changes nothing. */
#include "engine/debug.h"
#include "api/serve_priv.h"
#include "base/check.h"
#include "studio/inspect.h"

enum { FRAME_MAX = 200 };

/* ---- which state */

/* The state that an event carries. */
struct search {
  struct call *call;
  uint32_t wanted, at; /* its place in the batch; 0: the last that has one */
  bool found;
  struct text image; /* in the call's arena */
};

static bool on_event(void *ctx, uint64_t seq, const struct record *event) {
  struct search *s = ctx;
  (void)seq;
  s->at++;
  if ((s->wanted == 0 || s->at == s->wanted) &&
      record_has(event, FIELD_IMAGE) &&
      id_equal(record_id(event, FIELD_SESSION), s->call->session)) {
    s->image =
        arena_copy_text(&s->call->arena, record_text(event, FIELD_IMAGE));
    s->found = s->image.ptr != NULL;
  }
  return s->wanted == 0 || s->at < s->wanted;
}

static bool refuse_at(struct call *c, const char *why) {
  call_refuse(c, REFUSAL_INVALID_MEMBER, text_from(why), TEXT(""));
  return false;
}

/* "17.3": the third event of batch 17. */
static bool read_id(struct text at, int64_t *seq, int64_t *index) {
  const size_t dot = text_find(at, TEXT("."), 0);
  *index = 0;
  return text_to_i64(text_sub(at, 0, dot), seq) && *seq > 0 &&
         (dot == at.len || (text_to_i64(text_sub(at, dot + 1, at.len), index) &&
                            *index > 0 && *index <= UINT32_MAX));
}

/* ?at= names an event of the session that left a state; none: as it is now. */
static bool read_at(struct call *c, struct engine_run_state *which) {
  const struct text at = call_query(c, TEXT("at"));
  struct search s = {.call = c};
  int64_t seq = 0, index = 0;
  if (at.len == 0) {
    return true;
  }
  if (!read_id(at, &seq, &index)) {
    return refuse_at(c, "?at= is an event's id, BATCH.N, such as 17.3.");
  }
  s.wanted = (uint32_t)index;
  if ((uint64_t)seq > domain_released(c->api->domain) ||
      domain_events(c->api->domain, (uint64_t)seq, (uint64_t)seq, on_event,
                    &s) != BT_ERR_OK ||
      !s.found) {
    return refuse_at(c, "?at= names no event of this session that has a "
                        "script's state: script.line, script.slept and "
                        "script.changed have one.");
  }
  which->image = s.image;
  return true;
}

static void refuse_open(struct call *c, enum bt_err err) {
  if (err == BT_ERR_NOT_FOUND) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                TEXT("No script of the session has begun, or none has this "
                     "number."),
                TEXT(""));
  } else if (err == BT_ERR_NOMEM) {
    call_refuse_memory(c);
  } else {
    call_refuse(c, REFUSAL_NOT_FOUND,
                TEXT("The state belongs to a version of the script that this "
                     "server does not have."),
                TEXT(""));
  }
}

/* The run of ?run= and ?at=, to be freed; NULL: answered. */
static struct vm *open_run(struct call *c) {
  struct engine_run_state which = {0};
  uint32_t run = 0;
  struct vm *vm = NULL;
  if (!call_find_session(c) ||
      !call_query_number(c, TEXT("run"), UINT32_MAX, &run)) {
    return NULL;
  }
  which.slot = c->slot;
  which.run = run;
  if (!read_at(c, &which)) {
    return NULL;
  }
  const enum bt_err err =
      engine_open_run(api_engine(c->api), &which, c->api->mem, &vm);
  if (err != BT_ERR_OK) {
    refuse_open(c, err);
    return NULL;
  }
  return vm;
}

/* ---- resources */

void serve_debugger(struct call *c) {
  if (call_find_session(c)) {
    struct json_out o = call_json(c);
    engine_write_debugger(api_engine(c->api), c->slot, &o);
    call_show(c, 0);
  }
}

void serve_frames(struct call *c) {
  struct vm *vm = open_run(c);
  if (vm == NULL) {
    return;
  }
  struct json_out o = call_json(c);
  engine_write_frames(vm, &o);
  vm_free(vm);
  call_show(c, 0);
}

static void put_result(struct call *c, const struct inspect_result *r) {
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "code");
  json_put_i64(&o, 200);
  json_key(&o, "kind");
  json_put_text(&o, text_from(inspect_kind_name(r->kind)));
  json_key(&o, "text");
  json_put_text(&o, textbuf_text(&r->text));
  json_key(&o, "value");
  json_put_raw(&o, textbuf_text(&r->json));
  json_close_object(&o);
  call_show(c, 0);
}

static void evaluate(struct call *c, const struct vm *vm, uint32_t frame) {
  struct inspect_result r;
  const struct text expression = call_query(c, TEXT("expression"));
  inspect_result_init(&r, c->api->mem);
  const enum bt_err err = inspect_evaluate(vm, frame, expression, &r);
  if (err == BT_ERR_OK) {
    put_result(c, &r);
  } else if (err == BT_ERR_NOMEM) {
    call_refuse_memory(c);
  } else {
    call_refuse(
        c, REFUSAL_INVALID_MEMBER,
        call_format(c, "?expression=: %.*s.", TEXT_ARG(textbuf_text(&r.text))),
        TEXT(""));
  }
  inspect_result_free(&r);
}

void serve_evaluate(struct call *c) {
  uint32_t frame = 0;
  if (!call_query_number(c, TEXT("frame"), FRAME_MAX, &frame)) {
    return;
  }
  struct vm *vm = open_run(c);
  if (vm == NULL) {
    return;
  }
  const size_t frames = inspect_frame_count(vm);
  if (frame > 0 && frame >= frames) {
    (void)refuse_at(c, "?frame= is the number of a call in progress: the "
                       "frames' resource lists them.");
  } else {
    evaluate(c, vm, frame);
  }
  vm_free(vm);
}
