#include "api/api.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "api/api_priv.h"
#include "api/serve_priv.h"
#include "base/check.h"

enum { SECRET_MIN = 32 };

/* ---- what waits for the domain */

void *pending_new(struct api *api, size_t size) {
  struct pending *p = mem_new(api->mem, size);
  if (p == NULL) {
    return NULL;
  }
  p->size = size;
  p->next = api->pendings;
  if (p->next != NULL) {
    p->next->prev = p;
  }
  api->pendings = p;
  return p;
}

void pending_free(struct api *api, struct pending *p) {
  if (p->prev != NULL) {
    p->prev->next = p->next;
  } else {
    api->pendings = p->next;
  }
  if (p->next != NULL) {
    p->next->prev = p->prev;
  }
  mem_free(api->mem, p, p->size);
}

/* ---- what happened */

static void on_event(void *ctx, uint64_t seq, const struct record *event) {
  struct api *api = ctx;
  api->event_index = seq == api->event_seq ? api->event_index + 1 : 1;
  api->event_seq = seq;
  api->handovers += event->type == EVENT_OF_SESSION(CONNECTED);
  if (record_has(event, FIELD_SESSION)) {
    topics_tell(&api->topics, seq, event);
  }
  desks_on_event(api, seq, event);
  streams_on_event(api, seq, event);
  history_on_event(api, event);
}

/* ---- what scripts ask of this server */

enum { REST_BODY_MAX = 32768 };

void api_serve_calls(struct api *api, api_call_out_fn *fn, void *ctx) {
  api->call_out = fn;
  api->call_ctx = ctx;
}

void api_keep(struct api *api, struct id session, struct text kept) {
  struct command cmd = api_own_command(COMMAND_KEEP_BOT);
  uint32_t slot;
  record_set_id(&cmd.args, FIELD_SESSION, session);
  record_set_text(&cmd.args, FIELD_KEPT, kept);
  if (engine_find(api_engine(api), session, &slot)) {
    api_submit(api, &cmd, NULL, NULL);
  }
}

void api_answer_call(struct api *api, const struct api_call_answer *answer) {
  struct command cmd = api_own_command(COMMAND_REST_REPLY);
  record_set_id(&cmd.args, FIELD_SESSION, answer->session);
  record_set_num(&cmd.args, FIELD_QUESTION, answer->question);
  record_set_num(&cmd.args, FIELD_CODE, answer->status);
  record_set_text(&cmd.args, FIELD_DETAIL, answer->reason);
  record_set_text(&cmd.args, FIELD_BODY, answer->body);
  api_submit(api, &cmd, NULL, NULL);
}

static void answer_script(const struct call *c, int code, struct text detail,
                          struct text body) {
  const struct api_call_answer answer = {.session = c->rest_session,
                                         .question = c->rest_question,
                                         .status = code,
                                         .reason = detail,
                                         .body = body};
  api_answer_call(c->api, &answer);
}

static void on_rest_reply(void *ctx, const struct api_reply *reply) {
  if (reply->body.len > REST_BODY_MAX) {
    answer_script(ctx, -1, TEXT("too large: a reply holds 32768 bytes at most"),
                  TEXT(""));
    return;
  }
  answer_script(ctx, reply->code, text_from(refusal_http_text(reply->code)),
                reply->body);
}

static bool method_from_text(struct text t, enum http_method *out) {
  for (uint32_t m = 0; m < HTTP_METHODS; m++) {
    if (text_equal_nocase(t,
                          text_from(http_method_name((enum http_method)m)))) {
      *out = (enum http_method)m;
      return true;
    }
  }
  return false;
}

static void call_rest(struct api *api, const struct record *fx) {
  struct call *c = call_new(api);
  if (c == NULL) {
    return; /* the script's own timeout answers it */
  }
  c->rest_session = record_id(fx, FIELD_SESSION);
  c->rest_question = record_num(fx, FIELD_QUESTION);
  const struct directory *d = engine_directory(api_engine(api));
  const uint32_t script = (uint32_t)record_num(fx, FIELD_SCRIPT);
  struct api_request request = {.by = {.role = ROLE_SCRIPT,
                                       .number = script,
                                       .name = script < d->script_count
                                                   ? d->scripts[script].name
                                                   : TEXT("script")},
                                .path = record_text(fx, FIELD_URL),
                                .content_type = record_text(fx, FIELD_VALUE),
                                .body = record_text(fx, FIELD_BODY)};
  if (!method_from_text(record_text(fx, FIELD_METHOD), &request.method)) {
    answer_script(c, -1, TEXT("the method is none that this server knows"),
                  TEXT(""));
    call_end(c);
    return;
  }
  call_here(c, &request, on_rest_reply, c);
}

static void call_out(struct api *api, const struct record *effect) {
  if (api->call_out != NULL) {
    api->call_out(api->call_ctx, effect);
    return;
  }
  const struct api_call_answer answer = {
      .session = record_id(effect, FIELD_SESSION),
      .question = record_num(effect, FIELD_QUESTION),
      .status = -1,
      .reason = TEXT("blocked by policy: no other host is called from here")};
  api_answer_call(api, &answer);
}

static void on_effect(void *ctx, const struct record *effect) {
  if (effect->type == EFFECT_SHOW_ONCE) {
    desks_show_once(ctx, effect);
    return;
  }
  if (effect->type != EFFECT_CALL_REST) {
    return;
  }
  if (text_starts(record_text(effect, FIELD_URL), TEXT("/"))) {
    call_rest(ctx, effect);
  } else {
    call_out(ctx, effect);
  }
}

void api_carry_out(struct api *api, const struct record *effect) {
  on_effect(api, effect);
}

/* ---- life */

static enum bt_err start(struct api *api, const struct api_options *options) {
  uint64_t key = 0;
  auth_init(&api->auth, api->mem, options->secret);
  api_random(api, &key, sizeof key);
  enum bt_err err = rates_init(&api->rates, api->mem, &options->rates, key);
  if (err == BT_ERR_OK) {
    uint8_t guess_key[GUESS_KEY];
    api_random(api, guess_key, sizeof guess_key);
    err = guesses_init(&api->guesses, api->mem, guess_key);
  }
  attempts_init(api, options->secret);
  links_init(api, options->secret);
  if (err == BT_ERR_OK) {
    err = auth_set(&api->auth, options->tokens, options->token_count);
  }
  if (err == BT_ERR_OK) {
    err = origins_init(&api->origins, api->mem, options->origins,
                       options->origin_count);
  }
  if (err == BT_ERR_OK) {
    err = loop_timer_create(options->loop, streams_on_timer, api,
                            &api->stream_timer);
  }
  if (err == BT_ERR_OK) {
    err = loop_timer_create(options->loop, chats_on_timer, api,
                            &api->place_timer);
  }
  if (err == BT_ERR_OK) {
    err = history_keep(api);
  }
  if (err == BT_ERR_OK) {
    err = retain_begin(api);
  }
  if (err == BT_ERR_OK) {
    err = loop_timer_create(options->loop, signins_on_timer, api,
                            &api->account_timer);
    if (err == BT_ERR_OK) {
      signins_on_timer(api);
    }
  }
  return err;
}

enum bt_err api_create(const struct mem *mem, const struct api_options *options,
                       struct api **out) {
  if (options->secret.len < SECRET_MIN) {
    return BT_ERR_RANGE;
  }
  struct api *api = mem_new(mem, sizeof *api);
  if (api == NULL) {
    return BT_ERR_NOMEM;
  }
  api->mem = mem;
  api->options = *options;
  api->domain = options->domain;
  (void)snprintf(api->version, sizeof api->version, "%.*s",
                 TEXT_ARG(options->version));
  topics_init(&api->topics, mem);
  teams_init(&api->teams, mem);
  textbuf_init(&api->scratch, mem);
  textbuf_init(&api->replies, mem);
  const enum bt_err err = start(api, options);
  if (err != BT_ERR_OK) {
    api_free(api);
    return err;
  }
  const struct domain_listener listener = {
      .ctx = api, .on_event = on_event, .on_effect = on_effect};
  domain_listen(api->domain, &listener);
  *out = api;
  return BT_ERR_OK;
}

void api_free(struct api *api) {
  if (api == NULL) {
    return;
  }
  signins_free(api);
  oidc_free(api->oidc);
  history_stop(api);
  history_searches_free(api);
  studio_jobs_free(api);
  file_jobs_free(api);
  mail_jobs_free(api);
  audit_rounds_free(api);
  audit_look_free(api);
  audit_check_free(api);
  erasing_forget(api);
  exporting_forget(api);
  retain_end(api);
  calls_free(api);
  while (api->pendings != NULL) {
    pending_free(api, api->pendings);
  }
  bt_check(api->sockets == NULL && api->streams == NULL);
  loop_timer_free(api->stream_timer);
  loop_timer_free(api->place_timer);
  loop_timer_free(api->account_timer);
  topics_free(&api->topics);
  textbuf_free(&api->scratch);
  textbuf_free(&api->replies);
  textbuf_free(&api->public_url);
  mem_free(api->mem, api->desks, api->desk_cap * sizeof(struct desk *));
  teams_free(&api->teams);
  auth_free(&api->auth);
  rates_free(&api->rates);
  guesses_free(&api->guesses);
  origins_free(&api->origins);
  mem_free(api->mem, api, sizeof *api);
}

void api_attach(struct api *api, struct http_server *server) {
  api->server = server;
}

void api_stop(struct api *api) {
  api->stopping = true;
}

/* ---- the system */

int64_t api_now_us(struct api *api) {
  return api->options.unix_us == NULL ? loop_unix_us()
                                      : api->options.unix_us(api->options.ctx);
}

static void fill_entropy(struct api *api) {
  if (api->options.entropy != NULL) {
    api->options.entropy(api->options.ctx, api->entropy, sizeof api->entropy);
  } else {
    size_t len = 0;
    while (len < sizeof api->entropy) {
      const ssize_t got =
          getrandom(api->entropy + len, sizeof api->entropy - len, 0);
      len += got > 0 ? (size_t)got : 0;
    }
  }
  api->entropy_left = sizeof api->entropy;
}

/* One system call for many commands. */
void api_random(struct api *api, void *out, size_t len) {
  bt_check(len <= sizeof api->entropy);
  if (api->entropy_left < len) {
    fill_entropy(api);
  }
  api->entropy_left -= len;
  memcpy(out, api->entropy + api->entropy_left, len);
  memset(api->entropy + api->entropy_left, 0, len);
}

void api_note(struct api *api, const struct api_log *entry) {
  if (api->options.log != NULL) {
    api->options.log(api->options.ctx, entry);
  }
}
