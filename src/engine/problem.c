/* Answers: problem documents that explain and cure, and the good news. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "engine/engine_priv.h"
#include "engine/put_priv.h"

/* What nearly every answer has room in: it does not grow piece by piece. */
enum { ANSWER_USUAL = 1000 };

static void out_begin(struct ctx *x, struct textbuf *b, struct json_out *o) {
  textbuf_init(b, x->out->arena.mem);
  (void)textbuf_reserve(b, ANSWER_USUAL);
  json_out_init(o, b);
}

static struct text out_end(struct ctx *x, struct textbuf *b) {
  bt_check(!b->failed);
  const struct text body = arena_copy_text(ctx_arena(x), textbuf_text(b));
  textbuf_free(b);
  return body;
}

struct text live_actor_name(const struct engine *e, uint32_t role,
                            uint32_t number) {
  if (role == ROLE_BOT && number < e->dir.bot_count) {
    return e->dir.bots[number].id;
  }
  if (role == ROLE_AGENT && number < e->dir.agent_count) {
    return e->dir.agents[number].id;
  }
  return (struct text){"", 0};
}

/* ---- why not, in a sentence */

static struct text bot_name(const struct engine *e, uint32_t bot) {
  return bot < e->dir.bot_count ? e->dir.bots[bot].id : TEXT("?");
}

static struct text detail_releasing(struct ctx *x, const struct live *l) {
  const struct text bot = bot_name(x->e, l->s.holder_id);
  if (l->goodbye_us == 0) {
    return ctx_format(
        x,
        "Bot '%.*s' was told to end its part and its connection is not "
        "closed yet.",
        TEXT_ARG(bot));
  }
  const int64_t ms = (x->now_us - l->goodbye_us) / 1000;
  if (ms == 0) {
    return ctx_format(x,
                      "Bot '%.*s' has just said goodbye and its connection is "
                      "not closed yet.",
                      TEXT_ARG(bot));
  }
  return ctx_format(
      x,
      "Bot '%.*s' said goodbye %lld ms ago and its connection is not closed "
      "yet.",
      TEXT_ARG(bot), (long long)ms);
}

static struct text detail_agent(struct ctx *x, const struct live *l,
                                const char *before, const char *after) {
  const struct text agent = live_actor_name(x->e, ROLE_AGENT, l->s.agent);
  return ctx_format(x, "%s '%.*s'%s", before, TEXT_ARG(agent), after);
}

static struct text detail_holder(struct ctx *x, const struct live *l) {
  if (l->s.holder == SESSION_HOLDER_NONE) {
    return ctx_format(x, "Since epoch %u nobody holds the session.",
                      l->s.epoch);
  }
  return ctx_format(
      x, "Since epoch %u %s '%.*s' holds the session.", l->s.epoch,
      session_holder_name(l->s.holder),
      TEXT_ARG(view_holder_name(x->e, l->s.holder, l->s.holder_id)));
}

struct text refusal_detail(struct ctx *x, uint32_t slot, enum refusal why) {
  const struct live *l = engine_live(x->e, slot);
  switch ((uint32_t)why) {
  case REFUSAL_BOT_NOT_ATTACHED:
    return ctx_format(x, "The session waits for '%.*s' to attach.",
                      TEXT_ARG(bot_name(x->e, l->s.invited_id)));
  case REFUSAL_BOT_STILL_HOLDS:
    return ctx_format(x,
                      "Bot '%.*s' talks with the customer and has not said "
                      "goodbye.",
                      TEXT_ARG(bot_name(x->e, l->s.holder_id)));
  case REFUSAL_RELEASE_IN_PROGRESS:
    return detail_releasing(x, l);
  case REFUSAL_OFFER_PENDING:
    return detail_agent(x, l, "The session is being offered to agent", ".");
  case REFUSAL_WITH_AGENT:
    return detail_agent(x, l, "Agent", " holds the session.");
  case REFUSAL_SESSION_ENDED:
    return ctx_format(x, "The session is %s: the customer's part is over.",
                      session_status_name(l->s.status));
  case REFUSAL_TRANSFER_PENDING:
    return ctx_format(x,
                      "Transfer %llu has waited for the release for %lld "
                      "ms.",
                      (unsigned long long)l->transfer.number,
                      (long long)((x->now_us - l->transfer.asked_us) / 1000));
  case REFUSAL_RELEASE_TIMEOUT:
    return ctx_format(
        x, "The bot did not release the session within %lld ms.",
        (long long)((l->transfer.deadline_us - l->transfer.asked_us) / 1000));
  case REFUSAL_STALE_HOLDER:
    return detail_holder(x, l);
  case REFUSAL_VERSION_MISMATCH:
    return ctx_format(x, "The session is at version %u.", l->s.version);
  default:
    return ctx_format(x, "The session is %s.",
                      session_status_name(l->s.status));
  }
}

/* Does the queue open again, and may it be known when? */
static bool is_shut(enum refusal why) {
  return why == REFUSAL_QUEUE_CLOSED || why == REFUSAL_QUEUE_PAUSED ||
         why == REFUSAL_QUEUE_DRAINING;
}

int64_t refusal_retry_ms(const struct ctx *x, uint32_t slot, enum refusal why) {
  const int64_t now_us = x->now_us;
  if (!refusal_info(why)->retry) {
    return 0;
  }
  if (is_shut(why)) { /* to ask each second would be of no use */
    return x->opens_us > now_us ? (x->opens_us - now_us + 999) / 1000 : 0;
  }
  if (slot == SESSION_NOBODY) {
    return 1000;
  }
  const struct live *l = engine_live(x->e, slot);
  int64_t due_us = 0;
  if (why == REFUSAL_BOT_NOT_ATTACHED || why == REFUSAL_RELEASE_IN_PROGRESS ||
      why == REFUSAL_OFFER_PENDING) {
    due_us = l->deadline_us; /* by then the status is another one */
  } else if (why == REFUSAL_TRANSFER_PENDING) {
    due_us = l->transfer.deadline_us;
  }
  /* A second is what a client does when nothing better is known. */
  return due_us > now_us ? (due_us - now_us + 999) / 1000 : 1000;
}

/* ---- the document */

static void put_type(const struct engine *e, struct json_out *o,
                     const char *slug) {
  char line[512];
  const struct text base = e == NULL ? ENGINE_PROBLEM_BASE : e->problem_base;
  (void)snprintf(line, sizeof line, "%.*s%s", TEXT_ARG(base), slug);
  json_key(o, "type");
  json_put_text(o, text_from(line));
}

enum { SENTENCES_MAX = 1280 };

/* Whose message cannot know what was wrong. */
static bool is_told_by_detail(enum refusal why) {
  return why == REFUSAL_BAD_REQUEST || why == REFUSAL_INVALID_MEMBER ||
         why == REFUSAL_STALE_HOLDER || why == REFUSAL_NOT_FOUND;
}

/* Scripts print the message alone: where the detail says what was wrong, it
 * goes on with that behind its first sentence. */
static void put_message(struct json_out *o, enum refusal why,
                        struct text detail) {
  const struct text message = text_from(refusal_info(why)->message);
  const size_t dot = text_find(message, TEXT("."), 0);
  char line[SENTENCES_MAX];
  json_key(o, "message");
  if (!is_told_by_detail(why) || detail.len == 0 ||
      dot + 2 + detail.len >= sizeof line) {
    json_put_text(o, message);
    return;
  }
  (void)snprintf(line, sizeof line, "%.*s. %.*s", (int)dot, message.ptr,
                 TEXT_ARG(detail));
  json_put_text(o, text_from(line));
}

static void put_head(const struct engine *e, struct json_out *o,
                     enum refusal why, struct text detail) {
  const struct refusal_info *info = refusal_info(why);
  json_key(o, "code");
  json_put_i64(o, info->http);
  json_key(o, "status");
  json_put_text(o, text_from(refusal_http_text(info->http)));
  put_message(o, why, detail);
  put_type(e, o, info->slug);
  json_key(o, "title");
  json_put_text(o, text_from(info->title));
  json_key(o, "detail");
  json_put_text(o, detail);
}

/* The short form of a session that problems and answers carry. */
static void put_session_short(const struct engine *e, uint32_t slot,
                              struct json_out *o) {
  const struct live *l = engine_live(e, slot);
  char id[ID_TEXT_LEN];
  id_to_text(l->id, id);
  json_key(o, "session");
  json_open_object(o);
  json_key(o, "id");
  json_put_text(o, (struct text){id, ID_TEXT_LEN});
  json_key(o, "status");
  json_put_text(o, text_from(session_status_name(l->s.status)));
  view_put_holder(e, l, o);
  json_key(o, "epoch");
  json_put_u64(o, l->s.epoch);
  json_key(o, "version");
  json_put_u64(o, l->s.version);
  json_close_object(o);
}

static void put_instance(const struct engine *e, uint32_t slot,
                         struct json_out *o) {
  char line[64 + ID_TEXT_LEN] = "/api/v1/sessions/";
  const size_t at = strlen(line);
  id_to_text(engine_live(e, slot)->id, line + at);
  json_key(o, "instance");
  json_put_text(o, (struct text){line, at + ID_TEXT_LEN});
}

/* {target} and {options} of a remedy's line of script. */
static void put_script(struct json_out *o, const char *template,
                       struct text target, struct text options) {
  struct textbuf b;
  textbuf_init(&b, o->buf->mem);
  for (const char *p = template; *p != '\0'; p++) {
    if (strncmp(p, "{target}", 8) == 0) {
      textbuf_add(&b, target);
      p += 7;
    } else if (strncmp(p, "{options}", 9) == 0) {
      textbuf_add(&b, options);
      p += 8;
    } else {
      textbuf_add_char(&b, *p);
    }
  }
  json_key(o, "script");
  json_put_text(o, textbuf_text(&b));
  textbuf_free(&b);
}

static void put_remedies(struct json_out *o, enum refusal why,
                         struct text target, struct text options) {
  json_key(o, "remedies");
  json_open_list(o);
  const struct refusal_remedy *r;
  for (size_t i = 0; (r = refusal_remedy(why, i)) != NULL; i++) {
    json_open_object(o);
    json_key(o, "do");
    json_put_text(o, text_from(r->does));
    if (r->script[0] != '\0') {
      put_script(o, r->script, target, options);
    }
    json_close_object(o);
  }
  json_close_list(o);
}

static void put_allowed_from(struct json_out *o) {
  const uint32_t bits = session_allowed_from(SESSION_CMD_TRANSFER);
  json_key(o, "allowedFrom");
  json_open_list(o);
  for (uint32_t s = 0; s < SESSION_STATUSES; s++) {
    if (bits >> s & 1) {
      json_put_text(o, text_from(session_status_name(s)));
    }
  }
  json_close_list(o);
}

/* Is the option worth repeating, and can it stand in a script's text? */
static bool is_shown(const struct record *args, enum field f) {
  if (!field_is_text(f)) {
    return record_has(args, f) &&
           (field_info(f)->kind != KIND_FLAG || record_num(args, f) != 0);
  }
  const struct text t = record_text(args, f);
  for (size_t i = 0; i < t.len; i++) {
    if (t.ptr[i] == '"' || t.ptr[i] == '{' || (unsigned char)t.ptr[i] < ' ') {
      return false;
    }
  }
  return t.len > 0;
}

/* The text of the call's options, with a comma behind it; without those that
 * the remedy gives itself. */
static struct text options_of(struct ctx *x, const struct record *args) {
  static const enum field shown[] = {FIELD_PRIORITY, FIELD_ACCELERATION,
                                     FIELD_MAX_PRIORITY, FIELD_SKIP_QUEUE,
                                     FIELD_REASON};
  struct textbuf b;
  textbuf_init(&b, x->out->arena.mem);
  for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
    if (!is_shown(args, shown[i])) {
      continue;
    }
    textbuf_addf(&b, "%s:", field_info(shown[i])->wire);
    if (field_is_text(shown[i])) {
      textbuf_add(&b, record_text(args, shown[i]));
    } else if (field_info(shown[i])->kind == KIND_FLAG) {
      textbuf_add(&b, TEXT("true"));
    } else if (field_info(shown[i])->kind == KIND_POINTS) {
      textbuf_addf(&b, "%g", (double)record_num(args, shown[i]) / POINTS_PARTS);
    } else {
      textbuf_add_i64(&b, record_num(args, shown[i]));
    }
    textbuf_add_char(&b, ',');
  }
  return out_end(x, &b);
}

static void finish(struct ctx *x, uint32_t slot, enum refusal why,
                   struct answer *a, struct textbuf *b) {
  x->e->counts.refusals[why]++;
  *a = (struct answer){
      .code = refusal_info(why)->http, .refusal = why, .body = out_end(x, b)};
  a->retry_after_ms = refusal_retry_ms(x, slot, why);
  if (slot != SESSION_NOBODY) {
    a->session = engine_live(x->e, slot)->id;
    a->version = engine_live(x->e, slot)->s.version;
  }
}

static void put_rest(struct ctx *x, uint32_t slot, enum refusal why,
                     struct json_out *o) {
  if (slot != SESSION_NOBODY) {
    put_instance(x->e, slot, o);
  }
  json_key(o, "refusal");
  json_put_text(o, text_from(refusal_info(why)->wire));
  if (slot != SESSION_NOBODY) {
    put_session_short(x->e, slot, o);
  }
}

static void put_retry(struct ctx *x, uint32_t slot, enum refusal why,
                      struct json_out *o) {
  const int64_t ms = refusal_retry_ms(x, slot, why);
  if (ms > 0) {
    json_key(o, "retryAfterMs");
    json_put_i64(o, ms);
  }
}

static void put_opening(const struct ctx *x, enum refusal why,
                        struct json_out *o) {
  if (is_shut(why)) {
    put_time(o, "opensAt", x->opens_us);
  }
}

void answer_refuse(struct ctx *x, uint32_t slot, enum refusal why,
                   struct text detail, struct answer *a) {
  struct textbuf b;
  struct json_out o;
  out_begin(x, &b, &o);
  json_open_object(&o);
  put_head(x->e, &o, why, detail);
  put_rest(x, slot, why, &o);
  put_opening(x, why, &o);
  put_remedies(&o, why, TEXT("AgentSkill"), TEXT(""));
  put_retry(x, slot, why, &o);
  json_close_object(&o);
  finish(x, slot, why, a, &b);
}

/* Of a session that is over there is nothing to wait for. */
static enum refusal if_over(const struct ctx *x, uint32_t slot,
                            enum refusal why) {
  const uint8_t status =
      slot == SESSION_NOBODY ? SESSION_NONE : engine_live(x->e, slot)->s.status;
  const bool over = status == SESSION_WRAPUP || status == SESSION_COMPLETED;
  return over && (why == REFUSAL_NOT_QUEUED || why == REFUSAL_NOT_WITH_AGENT ||
                  why == REFUSAL_OFFER_GONE)
             ? REFUSAL_SESSION_ENDED
             : why;
}

void answer_refuse_usual(struct ctx *x, uint32_t slot, enum refusal usual,
                         struct answer *a) {
  const enum refusal why = if_over(x, slot, usual);
  answer_refuse(x, slot, why, refusal_detail(x, slot, why), a);
}

void answer_refuse_told(struct ctx *x, uint32_t slot, enum refusal why,
                        struct text detail, struct answer *a) {
  struct record ev;
  ctx_event(x, &ev, EVENT_COMMAND_REFUSED, slot);
  record_set_num(&ev, FIELD_REFUSAL, why);
  record_set_text(&ev, FIELD_DETAIL, detail);
  record_set_text(
      &ev, FIELD_NAME,
      text_from(command_info((enum command_type)x->cmd->args.type)->wire));
  emit(x, &ev);
  answer_refuse(x, slot, why, detail, a);
}

void answer_refuse_transfer(struct ctx *x, uint32_t slot,
                            const struct refused *no, const struct record *args,
                            struct answer *a) {
  struct textbuf b;
  struct json_out o;
  out_begin(x, &b, &o);
  json_open_object(&o);
  put_head(x->e, &o, no->why, no->detail);
  put_rest(x, slot, no->why, &o);
  put_allowed_from(&o);
  if (engine_live(x->e, slot)->s.waits != SESSION_WAIT_NONE) {
    json_key(&o, "transfer");
    view_put_transfer(x->e, slot, &o);
  }
  put_opening(x, no->why, &o);
  put_remedies(&o, no->why, body_target(args), options_of(x, args));
  put_retry(x, slot, no->why, &o);
  json_close_object(&o);
  finish(x, slot, no->why, a, &b);
}

void answer_member(struct ctx *x, enum refusal why, const char *pointer,
                   struct text detail, struct answer *a) {
  struct textbuf b;
  struct json_out o;
  out_begin(x, &b, &o);
  const struct engine_problem p = {
      .refusal = why, .detail = detail, .pointer = text_from(pointer)};
  engine_write_problem(x->e, &p, &o);
  finish(x, SESSION_NOBODY, why, a, &b);
}

void engine_write_problem(const struct engine *e,
                          const struct engine_problem *p, struct json_out *o) {
  json_open_object(o);
  put_head(e, o, p->refusal, p->detail);
  if (p->instance.len > 0) {
    json_key(o, "instance");
    json_put_text(o, p->instance);
  }
  json_key(o, "refusal");
  json_put_text(o, text_from(refusal_info(p->refusal)->wire));
  if (p->pointer.len > 0) {
    json_key(o, "pointer");
    json_put_text(o, p->pointer);
  }
  put_remedies(o, p->refusal, TEXT("AgentSkill"), TEXT(""));
  if (p->retry_after_ms > 0) {
    json_key(o, "retryAfterMs");
    json_put_i64(o, p->retry_after_ms);
  }
  json_close_object(o);
}

/* ---- good news */

void answer_put_good(struct json_out *o, int code, const char *message) {
  json_key(o, "code");
  json_put_i64(o, code);
  json_key(o, "status");
  json_put_text(o, text_from(refusal_http_text(code)));
  json_key(o, "message");
  json_put_text(o, text_from(message));
}

static struct text good_body(struct ctx *x, uint32_t slot, int code,
                             const char *message, bool transfer) {
  struct textbuf b;
  struct json_out o;
  out_begin(x, &b, &o);
  json_open_object(&o);
  answer_put_good(&o, code, message);
  if (transfer) {
    json_key(&o, "transfer");
    view_put_transfer(x->e, slot, &o);
  }
  if (slot != SESSION_NOBODY) {
    put_session_short(x->e, slot, &o);
  }
  json_close_object(&o);
  return out_end(x, &b);
}

void answer_session(struct ctx *x, uint32_t slot, int code, const char *message,
                    struct answer *a) {
  *a = (struct answer){.code = code};
  if (slot != SESSION_NOBODY) {
    a->session = engine_live(x->e, slot)->id;
    a->version = engine_live(x->e, slot)->s.version;
  }
  if (ctx_wants_body(x)) {
    a->body = good_body(x, slot, code, message, false);
  }
}

void answer_transfer(struct ctx *x, uint32_t slot, int code,
                     const char *message, struct answer *a) {
  const struct live *l = engine_live(x->e, slot);
  *a = (struct answer){.code = code,
                       .session = l->id,
                       .version = l->s.version,
                       .transfer = l->transfer.id};
  if (ctx_wants_body(x)) {
    a->body = good_body(x, slot, code, message, true);
  }
  if (l->s.waits != SESSION_WAIT_NONE) {
    a->waits = l->transfer.number;
  }
}
