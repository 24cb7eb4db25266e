/* REST calls of scripts: the script sleeps, the shell calls. */
#include "engine/host_priv.h"

enum { REST_TIMEOUT_S = 10, REST_TIMEOUT_MAX_S = 300, URL_MAX_BYTES = 4096 };

/* Arguments of MakeRestRequest; 0 is the proxy. */
enum { ARG_PROXY, ARG_URL, ARG_PAYLOAD, ARG_KIND, ARG_VERB };

static double timeout_s(const struct act *t) {
  double seconds = 0;
  const bool given =
      vm_arg_member_number(t->vm, ARG_PROXY, "ProxyTimeoutSeconds", &seconds);
  if (!given || !(seconds > 0)) {
    return REST_TIMEOUT_S;
  }
  return seconds < REST_TIMEOUT_MAX_S ? seconds : REST_TIMEOUT_MAX_S;
}

/* ---- what is asked */

struct call_form {
  struct text url, payload, method;
};

/* The verb as HTTP spells it; empty if it is none. */
static struct text verb_of(struct text verb) {
  static const char *const verbs[] = {"GET",    "POST", "PUT",    "PATCH",
                                      "DELETE", "HEAD", "OPTIONS"};
  for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
    if (text_equal_nocase(verb, text_from(verbs[i]))) {
      return text_from(verbs[i]);
    }
  }
  return (struct text){"", 0};
}

enum reply_kind { REPLY_JSON, REPLY_XML, REPLY_NO_JSON, REPLY_NO_XML, REPLIES };

/* 0 … 3, "JSON" or "XML"; REPLIES if it is something else. */
static enum reply_kind kind_of(const struct act *t) {
  double number = 0;
  const struct text text = act_text(t, ARG_KIND);
  if (text_equal_nocase(text, TEXT("JSON"))) {
    return REPLY_JSON;
  }
  if (text_equal_nocase(text, TEXT("XML"))) {
    return REPLY_XML;
  }
  for (int kind = REPLY_JSON; kind < REPLIES; kind++) {
    if (vm_arg_number(t->vm, ARG_KIND, &number) && number >= kind &&
        number <= kind) {
      return (enum reply_kind)kind;
    }
  }
  return REPLIES;
}

static bool is_http(struct text url) {
  return text_equal_nocase(text_sub(url, 0, 7), TEXT("http://")) ||
         text_equal_nocase(text_sub(url, 0, 8), TEXT("https://"));
}

/* NULL, or why it is not called. */
static const char *read_form(const struct act *t, struct call_form *f) {
  f->url = text_trim(act_text(t, ARG_URL));
  f->payload = act_has(t, ARG_PAYLOAD) ? act_text(t, ARG_PAYLOAD) : TEXT("");
  f->method = verb_of(act_text(t, ARG_VERB));
  if (f->url.len > URL_MAX_BYTES) {
    return "failed: a URL has 4096 bytes at most";
  }
  if (!text_starts(f->url, TEXT("/")) && !is_http(f->url)) {
    return "blocked by policy: a URL begins with https:// or http://, or with "
           "/ for this server's own API";
  }
  if (f->method.len == 0) {
    return "failed: the verb is GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS";
  }
  if (kind_of(t) == REPLIES) {
    return "failed: the kind is 0 or \"JSON\", 1 or \"XML\", 2 (JSON) or 3 "
           "(XML) without reading the reply";
  }
  if (text_equal(f->method, TEXT("GET")) && f->payload.len > 0) {
    return "failed: GET with a body is refused; put it into the URL, or use "
           "POST";
  }
  return NULL;
}

/* ---- the call */

static struct text headers_of(const struct act *t) {
  struct textbuf b;
  if (vm_arg_member_kind(t->vm, ARG_PROXY, "Headers") != VM_KIND_OBJECT) {
    return (struct text){"", 0};
  }
  textbuf_init(&b, t->x->out->arena.mem);
  vm_arg_member_json(t->vm, ARG_PROXY, "Headers", &b);
  return act_take(t, &b);
}

static void call_effect(const struct act *t, const struct call_form *f,
                        uint64_t question) {
  const struct run *r = &t->x->e->runs[t->run];
  struct record *fx = ctx_effect(t->x, EFFECT_CALL_REST);
  record_set_id(fx, FIELD_SESSION, engine_live(t->x->e, t->slot)->id);
  record_set_num(fx, FIELD_QUESTION, (int64_t)question);
  record_set_num(fx, FIELD_SCRIPT, r->script);
  record_set_text(fx, FIELD_URL, f->url);
  record_set_text(fx, FIELD_BODY, f->payload);
  record_set_text(fx, FIELD_METHOD, f->method);
  record_set_given(fx, FIELD_HEADERS, headers_of(t));
  record_set_text(fx, FIELD_VALUE,
                  act_member_text(t, ARG_PROXY, "ContentType"));
  record_set_num(fx, FIELD_TIMEOUT, (int64_t)timeout_s(t) + 1);
}

/* An internal failure: StatusCode is -1, the description says which. */
static enum act_result refuse_call(const struct act *t, const char *why) {
  if (vm_resume_rest(t->vm, -1, text_from(why), TEXT("")) != BT_ERR_OK) {
    vm_resume_error(t->vm, text_from(why));
  }
  return ACT_ANSWERED;
}

enum act_result host_rest(const struct act *t) {
  struct call_form form;
  const char *why = read_form(t, &form);
  if (why != NULL) {
    return refuse_call(t, why);
  }
  struct record ev;
  ctx_event(t->x, &ev, EVENT_REST_CALLED, t->slot);
  record_set_text(&ev, FIELD_URL, form.url);
  record_set_text(&ev, FIELD_METHOD, form.method);
  emit(t->x, &ev);
  const uint64_t question = t->x->e->next_question;
  call_effect(t, &form, question);
  const struct nap nap = {.sleep = SLEEP_REST,
                          .question = question,
                          .wake_us =
                              act_wake_us(t, (int64_t)(timeout_s(t) * 1e6))};
  return act_sleep(t, &nap);
}

void host_call_again(const struct act *t) {
  struct call_form form;
  if (read_form(t, &form) == NULL) { /* else its time ends it */
    call_effect(t, &form, t->x->e->runs[t->run].question);
  }
}

/* ---- the answer */

void host_answer_rest(const struct act *t, const char *why) {
  (void)refuse_call(t, why);
}

void host_take_reply(struct ctx *x, uint32_t run, const struct record *reply) {
  const struct run *r = &x->e->runs[run];
  const struct act t = {.x = x, .run = run, .slot = r->session, .vm = r->vm};
  const enum reply_kind kind = kind_of(&t);
  const bool ignored = kind == REPLY_NO_JSON || kind == REPLY_NO_XML;
  const enum bt_err err =
      vm_resume_rest(r->vm, (int)record_num(reply, FIELD_CODE),
                     record_text(reply, FIELD_DETAIL),
                     ignored ? TEXT("") : record_text(reply, FIELD_BODY));
  if (err != BT_ERR_OK) {
    vm_resume_error(r->vm, TEXT("the reply does not fit in memory"));
  }
}
