/* REST calls of scripts: the script sleeps, the shell calls. */
#include "base/check.h"
#include "engine/host_priv.h"

enum { REST_TIMEOUT_S = 10, REST_TIMEOUT_MAX_S = 300 };

static double timeout_s(const struct act *t) {
  double seconds = 0;
  const bool given =
      vm_arg_member_number(t->vm, 0, "ProxyTimeoutSeconds", &seconds);
  return given && seconds > 0 && seconds <= REST_TIMEOUT_MAX_S ? seconds
                                                               : REST_TIMEOUT_S;
}

static void call_effect(const struct act *t) {
  const struct run *r = &t->x->e->runs[t->run];
  struct record *fx = ctx_effect(t->x, EFFECT_CALL_REST);
  record_set_id(fx, FIELD_SESSION, engine_live(t->x->e, t->slot)->id);
  record_set_num(fx, FIELD_RUN, (int64_t)r->number);
  record_set_num(fx, FIELD_SCRIPT, r->script);
  record_set_text(fx, FIELD_URL, act_text(t, 1));
  record_set_text(fx, FIELD_BODY, act_has(t, 2) ? act_text(t, 2) : TEXT(""));
  record_set_text(fx, FIELD_METHOD, act_text(t, 4));
  record_set_text(fx, FIELD_VALUE, act_member_text(t, 0, "ContentType"));
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
  const struct text url = act_text(t, 1);
  const bool get = text_equal_nocase(act_text(t, 4), TEXT("GET"));
  if (!text_starts(url, TEXT("/"))) {
    return refuse_call(t, "blocked by policy: this version calls only this "
                          "server's own API, by a path that begins with /");
  }
  if (get && act_has(t, 2) && act_text(t, 2).len > 0) {
    return refuse_call(t, "GET with a body is refused");
  }
  struct record ev;
  ctx_event(t->x, &ev, EVENT_REST_CALLED, t->slot);
  record_set_text(&ev, FIELD_URL, url);
  record_set_text(&ev, FIELD_METHOD, act_text(t, 4));
  emit(t->x, &ev);
  call_effect(t);
  const struct nap nap = {.sleep = SLEEP_REST,
                          .wake_us =
                              act_wake_us(t, (int64_t)(timeout_s(t) * 1e6))};
  return act_sleep(t, &nap);
}

void host_answer_rest(const struct act *t, const char *why) {
  (void)refuse_call(t, why);
}

void host_call_again(const struct act *t) {
  call_effect(t);
}
