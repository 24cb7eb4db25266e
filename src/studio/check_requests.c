/* What goes wrong with MakeRestRequest. */
#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/checker_priv.h"

/* ---- JSON that is posted as form data */

static bool begins_as_json(const struct expr *e) {
  if (e->kind == EXPR_TEMPLATE) {
    e = e->args;
  }
  if (e == NULL || e->kind != EXPR_TEXT) {
    return false;
  }
  const struct text t = text_trim(e->text);
  return text_starts(t, TEXT("{")) || text_starts(t, TEXT("["));
}

static bool is_json(struct checker *c, const struct unit *unit,
                    const struct expr *e, unsigned depth);

static bool sets_json(struct checker *c, const struct survey_set *s,
                      unsigned depth) {
  for (; s != NULL; s = s->next) {
    if (s->value != NULL && is_json(c, s->unit, s->value, depth)) {
      return true;
    }
  }
  return false;
}

static bool is_json(struct checker *c, const struct unit *unit,
                    const struct expr *e, unsigned depth) {
  if (e->kind == EXPR_METHOD || e->kind == EXPR_CALL) {
    return e->callee == CALLEE_BUILTIN && e->callee_id == BUILTIN_ASJSON;
  }
  if (e->kind == EXPR_BINARY && e->op == EXPR_OP_ADD) {
    return depth > 0 && is_json(c, unit, e->left, depth - 1);
  }
  if (e->kind != EXPR_NAME || depth == 0) {
    return begins_as_json(e);
  }
  const struct survey_var *v = survey_find(&c->survey, unit, e);
  return sets_json(c, v->sets, depth - 1) || sets_json(c, v->args, depth - 1);
}

/* What is set of it may be set where the script calls it by another name: a
 * proxy that is a parameter is somebody else's. */
static bool sets_content_type(const struct survey_var *proxy) {
  for (const struct survey_set *s = proxy->members; s != NULL; s = s->next) {
    if (text_equal(s->target->text, TEXT("ContentType"))) {
      return true;
    }
  }
  return proxy->args != NULL;
}

static bool is_content_type(const struct expr *e) {
  return e != NULL && e->kind == EXPR_TEXT &&
         text_equal_nocase(text_trim(e->text), TEXT("Content-Type"));
}

static void find_header(struct checker *c, const struct unit *unit,
                        const struct expr *e) {
  if (e->kind == EXPR_METHOD && e->callee == CALLEE_BUILTIN &&
      e->callee_id == BUILTIN_ADDHEADER && e->left->kind == EXPR_NAME &&
      is_content_type(e->args) &&
      survey_find(&c->survey, unit, e->left) == c->proxy) {
    c->has_header = true;
  }
}

static bool has_content_type(struct checker *c,
                             const struct survey_var *proxy) {
  c->proxy = proxy;
  c->has_header = false;
  checker_walk(c, find_header);
  return c->has_header || sets_content_type(proxy);
}

enum { JSON_DEPTH = 5 };

static void check_form(struct checker *c, const struct unit *unit,
                       const struct expr *e) {
  const struct expr *payload = e->args->next;
  const struct survey_var *proxy = survey_find(&c->survey, unit, e->left);
  if (!is_json(c, unit, payload, JSON_DEPTH) || has_content_type(c, proxy)) {
    return;
  }
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_FORM_JSON,
                          .at = payload->at,
                          .hint = TEXT("set ContentType to "
                                       "\"application/json\" before")},
         "this is JSON, and '%.*s' sends it as "
         "application/x-www-form-urlencoded",
         TEXT_ARG(proxy->name));
}

/* ---- kinds and verbs */

static const struct text verbs[] = {{"GET", 3},   {"POST", 4},   {"PUT", 3},
                                    {"PATCH", 5}, {"DELETE", 6}, {"HEAD", 4}};

static bool is_verb(struct text t) {
  for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
    if (text_equal_nocase(verbs[i], t)) {
      return true;
    }
  }
  return false;
}

static bool is_kind(const struct expr *e) {
  double n = -1;
  if (e->kind == EXPR_TEXT) {
    if (text_equal_nocase(e->text, TEXT("JSON")) ||
        text_equal_nocase(e->text, TEXT("XML"))) {
      return true;
    }
    return text_to_double(text_trim(e->text), &n) && n >= 0 && n <= 3;
  }
  return e->kind != EXPR_NUMBER || (e->number >= 0 && e->number <= 3);
}

static void check_verb(struct checker *c, const struct expr *verb) {
  if (verb->kind == EXPR_TEXT && !is_verb(verb->text)) {
    report(&c->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_BAD_REQUEST,
                            .at = verb->at,
                            .hint = TEXT("GET, POST, PUT, PATCH, DELETE or "
                                         "HEAD")},
           "'%.*s' is no verb that a request can have", TEXT_ARG(verb->text));
  }
}

static void check_kind(struct checker *c, const struct expr *kind) {
  if (!is_kind(kind)) {
    report(&c->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_BAD_REQUEST,
                            .at = kind->at,
                            .hint = TEXT("0 or \"JSON\", 1 or \"XML\"; 2 and "
                                         "3 do not read the answer's body")},
           "a request of this kind is not known");
  }
}

/* ---- GET with a body */

static bool is_empty(const struct expr *e) {
  return e->kind == EXPR_NULL || (e->kind == EXPR_TEXT && e->text.len == 0);
}

static void check_body(struct checker *c, const struct unit *unit,
                       const struct expr *payload, const struct expr *verb) {
  const bool given =
      (payload->kind == EXPR_TEXT || payload->kind == EXPR_TEMPLATE)
          ? !is_empty(payload)
          : is_json(c, unit, payload, JSON_DEPTH);
  if (verb->kind == EXPR_TEXT && text_equal_nocase(verb->text, TEXT("GET")) &&
      given) {
    report(&c->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_GET_WITH_BODY,
                            .at = payload->at,
                            .hint = TEXT("give \"\", and put what the server "
                                         "needs into the URL; or POST it")},
           "a GET has no body: this request will be refused");
  }
}

/* ---- all of it */

static void look_at_request(struct checker *c, const struct unit *unit,
                            const struct expr *e) {
  if (e->kind != EXPR_METHOD || !checker_is_action(e, ACTION_REST_REQUEST) ||
      e->argc != 4) {
    return;
  }
  const struct expr *payload = e->args->next, *kind = payload->next;
  check_kind(c, kind);
  check_verb(c, kind->next);
  check_body(c, unit, payload, kind->next);
  if (e->left->kind == EXPR_NAME &&
      !checker_has_finding(c, DIAGNOSTIC_CODE_GET_WITH_BODY, payload->at)) {
    check_form(c, unit, e);
  }
}

void check_requests(struct checker *c) {
  checker_walk(c, look_at_request);
}
