/* Queues and skills: what the engine knows of them in the platform's words, and
 * what it does not, as it was given. */
#include "base/check.h"
#include "engine/config.h"
#include "genesys/genesys_priv.h"
#include "genesys/members_priv.h"
#include "genesys/scope_priv.h"

enum { SECOND_MS = 1000, RING_MAX = 6 };

/* ---- finding one */

bool ask_find_queue(struct ask *a, struct text id, uint32_t *queue) {
  *queue = directory_queue(genesys_directory(a->g), id);
  if (*queue != DIR_NONE) {
    return true;
  }
  const struct ask_error e = {
      .status = 404,
      .code = "not.found",
      .message = ask_format(a, "There is no queue '%.*s'.", TEXT_ARG(id)),
      .entity = id};
  ask_fail(a, &e);
  return false;
}

void put_queue_ref(struct genesys *g, struct json_out *o, uint32_t queue) {
  const struct dir_queue *d = &genesys_directory(g)->queues[queue];
  put_ref(o, "/routing/queues/", d->id, d->name);
}

/* Queues that make themselves, for a skill or an agent, are nobody's. */
static bool is_shown(const struct dir_queue *q) {
  return !q->origin.removed && q->skill == DIR_NONE && q->agent == DIR_NONE;
}

/* ---- showing one */

const struct json *queue_words(struct ask *a, struct text id) {
  return genesys_parse_copy(&a->arena,
                            shelf_get(&a->g->shelf, SHELF_QUEUES, id));
}

const struct json *queue_config(struct ask *a, uint32_t queue) {
  return genesys_parse_copy(&a->arena,
                            genesys_directory(a->g)->queues[queue].config);
}

/* Of each medium the same: the engine has one time for all. */
static void put_media(const struct dir_queue *q, const struct json *words,
                      struct json_out *o) {
  static const char *const media[] = {"message", "chat", "call", "callback",
                                      "email"};
  const struct json *given = json_part(words, "mediaSettings");
  json_key(o, "mediaSettings");
  json_open_object(o);
  for (size_t i = 0; i < sizeof media / sizeof media[0]; i++) {
    const struct json *level =
        json_part(json_part(given, media[i]), "serviceLevel");
    const struct json *share = json_part(level, "percentage");
    json_key(o, media[i]);
    json_open_object(o);
    put_key_i64(o, "alertingTimeoutSeconds", q->offer_ms / SECOND_MS);
    json_key(o, "serviceLevel");
    json_open_object(o);
    json_key(o, "percentage");
    json_put_double(o, share != NULL ? share->d : 0.8);
    put_key_i64(o, "durationMs", q->target_ms);
    json_close_object(o);
    json_close_object(o);
  }
  json_close_object(o);
}

static void put_acw(const struct dir_queue *q, const struct json *words,
                    struct json_out *o) {
  const struct text prompt =
      json_text_of(json_part(words, "acwSettings"), "wrapupPrompt");
  json_key(o, "acwSettings");
  json_open_object(o);
  put_key_text(o, "wrapupPrompt",
               prompt.len > 0 ? prompt : TEXT("MANDATORY_TIMEOUT"));
  put_key_i64(o, "timeoutMs", q->wrapup_ms);
  json_close_object(o);
}

/* Members of @words that nothing else shows. */
static void put_rest(const struct json *words, struct json_out *o) {
  static const char *const shown[] = {"id",
                                      "name",
                                      "mediaSettings",
                                      "acwSettings",
                                      "memberCount",
                                      "scoringMethod",
                                      "skillEvaluationMethod",
                                      "bullseye",
                                      "selfUri",
                                      "joinedMemberCount"};
  for (const struct json *m = words == NULL ? NULL : words->first; m != NULL;
       m = m->next) {
    bool known = m->type == JSON_NULL;
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
      known = known || text_equal(m->key, text_from(shown[i]));
    }
    if (!known) {
      json_key_text(o, m->key);
      json_put_tree(o, m);
    }
  }
}

static void put_bullseye(struct ask *a, uint32_t queue,
                         const struct json *words, struct json_out *o) {
  const struct json *given = json_part(words, "bullseye");
  const struct json *config = queue_config(a, queue);
  const struct json *rings = json_part(config, "rings");
  json_key(o, "bullseye");
  if (given != NULL) {
    json_put_tree(o, given);
    return;
  }
  json_open_object(o);
  json_key(o, "rings");
  json_open_list(o);
  double before = 0;
  for (const struct json *m = rings == NULL ? NULL : rings->first; m != NULL;
       m = m->next) {
    const struct json *after = json_part(m, "after");
    json_open_object(o);
    json_key(o, "expansionCriteria");
    json_open_list(o);
    json_open_object(o);
    put_key_text(o, "type", TEXT("TIMEOUT_SECONDS"));
    json_key(o, "threshold");
    json_put_double(o, after == NULL ? 0 : after->d - before);
    before = after == NULL ? before : after->d;
    json_close_object(o);
    json_close_list(o);
    json_close_object(o);
  }
  json_close_list(o);
  json_close_object(o);
}

static void put_queue(struct ask *a, uint32_t queue, struct json_out *o) {
  const struct dir_queue *q = &genesys_directory(a->g)->queues[queue];
  const struct json *words = queue_words(a, q->id);
  const struct text method = json_text_of(words, "skillEvaluationMethod");
  uint32_t members, joined;
  members_count(a, queue, &members, &joined);
  json_open_object(o);
  put_key_text(o, "id", q->id);
  put_key_text(o, "name", q->name);
  put_key_i64(o, "memberCount", members);
  put_key_i64(o, "joinedMemberCount", joined);
  put_key_text(o, "skillEvaluationMethod",
               method.len > 0                              ? method
               : q->params.strategy == ROUTER_MOST_SKILLED ? TEXT("BEST")
                                                           : TEXT("ALL"));
  put_key_text(o, "scoringMethod",
               q->params.ageing > 0 ? TEXT("TimestampAndPriority")
                                    : TEXT("PriorityOnly"));
  put_media(q, words, o);
  put_acw(q, words, o);
  put_bullseye(a, queue, words, o);
  put_rest(words, o);
  put_self(o, "/routing/queues/", q->id);
  json_close_object(o);
}

void genesys_queue(struct ask *a) {
  uint32_t queue;
  if (ask_find_queue(a, a->params[0], &queue)) {
    struct json_out o = ask_json(a);
    put_queue(a, queue, &o);
    ask_send(a, 200);
  }
}

void genesys_queues(struct ask *a) {
  const struct directory *d = genesys_directory(a->g);
  const struct text pattern = ask_query(a, "name");
  struct listing l;
  if (!list_begin(&l, a)) {
    return;
  }
  for (uint32_t i = 0; i < d->queue_count; i++) {
    if (is_shown(&d->queues[i]) && ask_has_queue(a, i) &&
        name_fits(d->queues[i].name, pattern) &&
        ask_wants(a, "id", d->queues[i].id) && list_next(&l)) {
      put_queue(a, i, &l.o);
    }
  }
  list_send(&l);
}

/* ---- what of a queue's words is the engine's */

static bool is_number(const struct json *m) {
  return m != NULL && (m->type == JSON_INT || m->type == JSON_DOUBLE);
}

static void put_times(const struct json *words, struct json_out *o) {
  const struct json *media = json_part(words, "mediaSettings");
  const struct json *one = json_part(media, "message");
  one = one != NULL ? one : json_part(media, "chat");
  one = one != NULL ? one : json_part(media, "call");
  const struct json *alert = json_part(one, "alertingTimeoutSeconds");
  const struct json *target =
      json_part(json_part(one, "serviceLevel"), "durationMs");
  const struct json *acw =
      json_part(json_part(words, "acwSettings"), "timeoutMs");
  if (is_number(alert)) {
    json_key(o, "offerTimeout");
    json_put_double(o, alert->d);
  }
  if (is_number(target)) {
    json_key(o, "serviceTarget");
    json_put_double(o, target->d / SECOND_MS);
  }
  if (is_number(acw)) {
    json_key(o, "wrapUpTime");
    json_put_double(o, acw->d / SECOND_MS);
  }
}

static void put_methods(const struct json *words, bool fresh,
                        struct json_out *o) {
  const struct text scoring = json_text_of(words, "scoringMethod");
  const struct text skills = json_text_of(words, "skillEvaluationMethod");
  if (scoring.len > 0 || fresh) {
    json_key(o, "ageing"); /* a minute of waiting is a point of priority */
    json_put_i64(o, text_equal(scoring, TEXT("PriorityOnly")) ? 0 : 1);
  }
  if (skills.len > 0) {
    put_key_text(o, "strategy",
                 text_equal(skills, TEXT("BEST")) ? TEXT("most_skilled")
                                                  : TEXT("longest_idle"));
  }
}

static bool fits_word(struct ask *a, const char *member,
                      const char *const *words) {
  const struct text given = ask_text(a, member);
  if (ask_member(a, member) == NULL) {
    return true;
  }
  for (; *words != NULL; words++) {
    if (text_equal(given, text_from(*words))) {
      return true;
    }
  }
  ask_fail_field(
      a, member,
      ask_format(a, "%s has no such value '%.*s'.", member, TEXT_ARG(given)));
  return false;
}

static bool check_words(struct ask *a) {
  static const char *const scoring[] = {"TimestampAndPriority", "PriorityOnly",
                                        NULL};
  static const char *const skills[] = {"NONE", "BEST", "ALL", NULL};
  const struct json *rings = json_part(ask_member(a, "bullseye"), "rings");
  if (a->body == NULL || a->body->type != JSON_OBJECT) {
    ask_fail_code(a, 400, "bad.request", TEXT("The body must be an object."));
    return false;
  }
  if (rings != NULL && (rings->type != JSON_LIST || rings->count > RING_MAX)) {
    ask_fail_field(a, "bullseye.rings", TEXT("There are up to six rings."));
    return false;
  }
  return fits_word(a, "scoringMethod", scoring) &&
         fits_word(a, "skillEvaluationMethod", skills);
}

/* What was given before, with the body's members over it. */
static struct text merge_words(struct ask *a, struct text id) {
  const struct json *old = queue_words(a, id);
  struct json_out o = ask_json(a);
  json_open_object(&o);
  for (const struct json *m = old == NULL ? NULL : old->first; m != NULL;
       m = m->next) {
    if (json_member(a->body, m->key) == NULL) {
      json_key_text(&o, m->key);
      json_put_tree(&o, m);
    }
  }
  for (const struct json *m = a->body->first; m != NULL; m = m->next) {
    json_key_text(&o, m->key);
    json_put_tree(&o, m);
  }
  json_close_object(&o);
  return arena_copy_text(&a->arena, textbuf_text(&a->out));
}

static bool keep_words(struct ask *a, struct text id, struct text words) {
  if (words.ptr != NULL &&
      shelf_put(&a->g->shelf, SHELF_QUEUES, id, words) == BT_ERR_OK) {
    return true;
  }
  ask_fail_code(a, 503, "service.unavailable",
                TEXT("The file of the queues' words cannot be written."));
  return false;
}

static void then_queue(struct ask *a, const struct json *unused) {
  (void)unused;
  genesys_queue(a);
}

/* The engine's part of the words that stand in the store. */
static void put_config(struct ask *a, struct text id, bool fresh,
                       struct json_out *o) {
  const struct json *words = queue_words(a, id);
  json_open_object(o);
  if (ask_text(a, "name").len > 0) {
    put_key_text(o, "name", ask_text(a, "name"));
  }
  put_times(a->body, o);
  put_methods(a->body, fresh, o);
  if (ask_member(a, "bullseye") != NULL) {
    json_key(o, "rings");
    members_put_rings(a, id, words, o);
  }
  json_close_object(o);
}

static void configure(struct ask *a, struct text id, enum http_method method) {
  struct json_out o;
  const struct text words = merge_words(a, id);
  if (!keep_words(a, id, words)) {
    return;
  }
  o = ask_json(a);
  put_config(a, id, method == HTTP_PUT, &o);
  const struct ask_step step = {
      .by = a->by,
      .method = method,
      .path = ask_path(a, "/api/v1/queues/", id, ""),
      .body = arena_copy_text(&a->arena, textbuf_text(&a->out)),
      .then = then_queue};
  a->params[0] = id;
  ask_api(a, &step);
}

void genesys_add_queue(struct ask *a) {
  const struct directory *d = genesys_directory(a->g);
  const struct text name = text_trim(ask_text(a, "name"));
  char id[ID_TEXT_LEN];
  uint64_t random[2];
  if (!check_words(a)) {
    return;
  }
  if (name.len == 0) {
    ask_fail_field(a, "name", TEXT("A queue needs a name."));
    return;
  }
  if (directory_queue(d, name) != DIR_NONE) {
    ask_fail_code(
        a, 409, "general.conflict",
        ask_format(a, "There is a queue '%.*s' already.", TEXT_ARG(name)));
    return;
  }
  api_fill_random(a->g->api, random, sizeof random);
  id_to_text(genesys_id((struct id){random[0], random[1]}, "queue", 0), id);
  configure(a, arena_copy_text(&a->arena, (struct text){id, sizeof id}),
            HTTP_PUT);
}

void genesys_change_queue(struct ask *a) {
  uint32_t queue;
  if (check_words(a) && ask_find_queue(a, a->params[0], &queue)) {
    const struct text id = genesys_directory(a->g)->queues[queue].id;
    configure(a, arena_copy_text(&a->arena, id), HTTP_PATCH);
  }
}

static void then_dropped(struct ask *a, const struct json *unused) {
  (void)unused;
  members_forget(a, a->params[0]);
  if (keep_words(a, a->params[0], TEXT(""))) {
    ask_send_empty(a, 204);
  }
}

void genesys_drop_queue(struct ask *a) {
  uint32_t queue;
  if (!ask_find_queue(a, a->params[0], &queue)) {
    return;
  }
  const struct text id = genesys_directory(a->g)->queues[queue].id;
  a->params[0] = arena_copy_text(&a->arena, id);
  const struct ask_step step = {
      .by = a->by,
      .method = HTTP_DELETE,
      .path = ask_path(a, "/api/v1/queues/", a->params[0], ""),
      .body = TEXT(""),
      .then = then_dropped};
  ask_api(a, &step);
}

/* ---- waiting */

void genesys_queue_wait(struct ask *a) {
  uint32_t queue;
  struct textbuf b;
  struct json_out view;
  if (!ask_find_queue(a, a->params[0], &queue)) {
    return;
  }
  textbuf_init(&b, a->g->mem);
  json_out_init(&view, &b);
  engine_write_queue(api_engine(a->g->api), queue, api_unix_us(a->g->api),
                     &view);
  const struct json *estimate =
      json_part(genesys_parse(&a->arena, &b), "estimatedWait");
  const struct json *seconds = json_part(estimate, "seconds");
  const struct text medium = a->params[1];
  struct json_out o = ask_json(a);
  json_open_object(&o);
  json_key(&o, "results");
  json_open_list(&o);
  json_open_object(&o);
  put_key_text(&o, "intent", medium.len > 0 ? medium : TEXT("ALL"));
  put_key_text(&o, "formula",
               seconds != NULL ? TEXT("SIMPLE") : TEXT("UNKNOWN"));
  if (seconds != NULL) { /* too few were taken of late to tell: not said */
    put_key_i64(&o, "estimatedWaitTimeSeconds", seconds->i);
  }
  json_close_object(&o);
  json_close_list(&o);
  json_close_object(&o);
  ask_send(a, 200);
}

/* ---- skills */

static void put_skill(struct json_out *o, struct text name) {
  json_open_object(o);
  put_key_text(o, "id", name);
  put_key_text(o, "name", name);
  put_key_text(o, "state", TEXT("active"));
  put_key_text(o, "version", TEXT("1"));
  put_self(o, "/routing/skills/", name);
  json_close_object(o);
}

void genesys_skills(struct ask *a) {
  const struct directory *d = genesys_directory(a->g);
  const struct text pattern = ask_query(a, "name");
  struct listing l;
  if (!list_begin(&l, a)) {
    return;
  }
  for (uint32_t i = 0; i < d->skill_count; i++) {
    if (!d->skills[i].origin.removed && name_fits(d->skills[i].name, pattern) &&
        list_next(&l)) {
      put_skill(&l.o, d->skills[i].name);
    }
  }
  list_send(&l);
}

static void then_added(struct ask *a, const struct json *unused) {
  (void)unused;
  struct json_out o = ask_json(a);
  put_skill(&o, ask_text(a, "name"));
  ask_send(a, 200);
}

void genesys_add_skill(struct ask *a) {
  const struct text name = ask_text(a, "name");
  if (name.len == 0) {
    ask_fail_field(a, "name", TEXT("A skill needs a name."));
    return;
  }
  if (directory_skill(genesys_directory(a->g), name) != DIR_NONE) {
    ask_fail_code(
        a, 409, "general.conflict",
        ask_format(a, "There is a skill '%.*s' already.", TEXT_ARG(name)));
    return;
  }
  const struct ask_step step = {.by = a->by,
                                .method = HTTP_PUT,
                                .path =
                                    ask_path(a, "/api/v1/skills/", name, ""),
                                .body = TEXT("{}"),
                                .then = then_added};
  ask_api(a, &step);
}

/* ---- wrap-up codes */

bool genesys_next_code(const struct genesys *g, uint32_t queue, uint32_t *at,
                       struct wrapup_code *out) {
  const struct directory *d = genesys_directory(g);
  if (directory_count(d, CONFIG_DISPOSITION) == 0) {
    const uint32_t i = (*at)++;
    const bool there = i < g->settings.wrapup_count;
    if (there) {
      *out = (struct wrapup_code){g->settings.wrapup_codes[i],
                                  g->settings.wrapup_codes[i]};
    }
    return there;
  }
  for (; *at < d->disposition_count; (*at)++) {
    if (directory_offers_outcome(d, queue, *at)) {
      const struct dir_disposition *one = &d->dispositions[(*at)++];
      *out = (struct wrapup_code){one->id, one->name};
      return true;
    }
  }
  return false;
}

void put_wrapup_code(struct json_out *o, const struct wrapup_code *code) {
  put_ref(o, "/routing/wrapupcodes/", code->id, code->name);
}

void genesys_wrapup_list(struct ask *a) {
  uint32_t queue = DIR_NONE;
  uint32_t at = 0;
  struct wrapup_code code;
  struct listing l;
  if ((a->params[0].len > 0 && !ask_find_queue(a, a->params[0], &queue)) ||
      !list_begin(&l, a)) {
    return;
  }
  while (genesys_next_code(a->g, queue, &at, &code)) {
    if (list_next(&l)) {
      put_wrapup_code(&l.o, &code);
    }
  }
  list_send(&l);
}
