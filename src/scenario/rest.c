/* Outside servers: what scripts ask of them, and what the scenario answers. */
#include <string.h>

#include "api/shell.h"
#include "scenario/match_priv.h"
#include "scenario/world_priv.h"

static bool fits(struct world *w, const struct json *rule, uint32_t used,
                 const struct record *fx) {
  const int64_t times = field_num(rule, F_REST_TIMES);
  const struct json *body = field_at(rule, F_REST_BODY);
  return (times == 0 || used < times) &&
         match_text_nocase(field_text(rule, F_REST_METHOD),
                           record_text(fx, FIELD_METHOD)) &&
         match_text(field_text(rule, F_REST_URL), record_text(fx, FIELD_URL)) &&
         (body == NULL ||
          match_body(&w->tale.arena, body, record_text(fx, FIELD_BODY)));
}

/* The first that fits and is not used up. */
static const struct json *find_rule(struct world *w, const struct record *fx) {
  uint32_t i = 0;
  for (const struct json *rule =
           field_first(w->scenario->root, F_SCENARIO_REST);
       rule != NULL; rule = rule->next, i++) {
    if (fits(w, rule, w->rest_used[i], fx)) {
      w->rest_used[i]++;
      return rule;
    }
  }
  return NULL;
}

/* The API answers its own paths, and leaves the others to this. */
static void call_out(void *ctx, const struct record *fx) {
  struct world *w = ctx;
  const struct text url = record_text(fx, FIELD_URL);
  struct tale_request *r = tale_add(&w->tale, &w->tale.requests);
  if (r != NULL) {
    *r = (struct tale_request){
        .at_us = w->now_us,
        .method =
            arena_copy_text(&w->tale.arena, record_text(fx, FIELD_METHOD)),
        .url = arena_copy_text(&w->tale.arena, url),
        .body = arena_copy_text(&w->tale.arena, record_text(fx, FIELD_BODY))};
  }
  const struct json *rule = find_rule(w, fx);
  if (rule == NULL && w->scenario->file->tree.root->count > 1) {
    world_trouble(w, "\"rest\" has no reply for %.*s %.*s",
                  TEXT_ARG(record_text(fx, FIELD_METHOD)), TEXT_ARG(url));
  }
  const bool silent = rule != NULL && text_equal(field_text(rule, F_REST_FAILS),
                                                 TEXT("timeout"));
  const struct plan p = {.kind = PLAN_REPLY,
                         .session = record_id(fx, FIELD_SESSION),
                         .question = record_num(fx, FIELD_QUESTION),
                         .node = rule};
  if (!silent) { /* the engine's own timeout answers it */
    world_plan(w, field_us(rule, F_REST_WAIT), &p);
  }
}

static struct text failure_text(struct text word) {
  static const struct {
    const char *word, *text;
  } failures[] = {{"refused", "refused: nobody listens there"},
                  {"dns", "DNS: there is no such host"},
                  {"tls", "TLS: the certificate is not valid"},
                  {"reset", "failed: the connection was reset"}};
  for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
    if (text_equal(word, text_from(failures[i].word))) {
      return text_from(failures[i].text);
    }
  }
  return TEXT(
      "blocked by policy: there is no outside world in a scenario: give the "
      "reply under \"rest\"");
}

void rest_reply(struct world *w, const struct plan *p) {
  struct command cmd = world_command(w, COMMAND_REST_REPLY, ROLE_SYSTEM,
                                     SESSION_NOBODY, TEXT("outside"));
  const bool fails = p->node == NULL || field_at(p->node, F_REST_FAILS) != NULL;
  const int64_t status = fails ? -1 : field_num(p->node, F_REST_STATUS);
  const struct json *json = field_at(p->node, F_REST_JSON);
  record_set_id(&cmd.args, FIELD_SESSION, p->session);
  record_set_num(&cmd.args, FIELD_QUESTION, p->question);
  record_set_num(&cmd.args, FIELD_CODE, status);
  record_set_text(&cmd.args, FIELD_DETAIL,
                  fails ? failure_text(field_text(p->node, F_REST_FAILS))
                        : text_from(refusal_http_text((int)status)));
  record_set_text(&cmd.args, FIELD_BODY,
                  fails          ? TEXT("")
                  : json != NULL ? world_json(w, json)
                                 : field_text(p->node, F_REST_TEXT));
  world_submit(w, &cmd);
}

void rest_serve(struct world *w) {
  api_serve_calls(w->api, call_out, w);
}
