#include "scenario/world_priv.h"
#include "server/zone.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/shell.h"
#include "base/calendar.h"
#include "base/check.h"
#include "domain/heap.h"

enum {
  DAYS_MAX = 8, /* longer than any Wait may be */
  EVENTS_MANY = 20000
};

#define SETTLE_MAX_US INT64_C(3600000000)

/* ---- commands */

struct command world_command(struct world *w, enum command_type type,
                             enum role role, uint32_t number,
                             struct text name) {
  struct command cmd = {.by = {.role = role, .number = number, .name = name},
                        .now_us = w->now_us,
                        .entropy = {rand_u64(&w->rand), rand_u64(&w->rand)}};
  cmd.by.session = w->session;
  record_init(&cmd.args, type);
  record_set_id(&cmd.args, FIELD_SESSION, w->session);
  return cmd;
}

struct command world_actor_command(struct world *w, const struct actor *a,
                                   enum command_type type) {
  static const enum role roles[] = {[PARTY_CUSTOMER] = ROLE_CUSTOMER,
                                    [PARTY_BOT] = ROLE_BOT,
                                    [PARTY_AGENT] = ROLE_AGENT,
                                    [PARTY_OUTSIDE] = ROLE_SUPERVISOR};
  struct command cmd =
      world_command(w, type, roles[a->party], a->number, a->id);
  if (a->party == PARTY_BOT) {
    record_set_num(&cmd.args, FIELD_EPOCH, a->epoch);
  }
  return cmd;
}

static void on_answer(void *ctx, const struct answer *answer) {
  struct world *w = ctx;
  w->last_code = answer->code;
  if (answer->code == 201) {
    w->last_opened = answer->session;
  }
}

static void release(struct world *w) {
  while (domain_release(w->domain) > 0) {
  }
  laws_after(w);
  people_look(w);
}

void world_submit(struct world *w, const struct command *cmd) {
  domain_submit(w->domain, cmd, on_answer, w);
  release(w);
}

void world_supervise(struct world *w, enum command_type type,
                     struct text queue) {
  const struct directory *d = engine_directory(domain_engine(w->domain));
  struct command cmd = world_command(w, type, ROLE_SUPERVISOR, SESSION_NOBODY,
                                     TEXT("supervisor"));
  record_set_num(&cmd.args, FIELD_QUEUE, directory_queue(d, queue));
  world_submit(w, &cmd);
}

struct text world_json(struct world *w, const struct json *tree) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, heap_mem());
  json_out_init(&o, &b);
  json_put_tree(&o, tree);
  const struct text copy = arena_copy_text(&w->tale.arena, textbuf_text(&b));
  textbuf_free(&b);
  return copy;
}

void world_trouble(struct world *w, const char *format, ...) {
  char line[1024];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(line, sizeof line, format, args);
  va_end(args);
  struct text *t = tale_add(&w->tale, &w->tale.troubles);
  if (t != NULL) {
    *t = arena_copy_text(&w->tale.arena, text_from(line));
  }
}

/* ---- what the domain says */

static void on_event(void *ctx, uint64_t seq, const struct record *ev) {
  struct world *w = ctx;
  laws_fold(w, seq, ev);
  chronicle_event(w, seq, ev);
  people_hear_event(w, ev);
  if (w->options.on_event != NULL && record_has(ev, FIELD_SESSION) &&
      id_equal(record_id(ev, FIELD_SESSION), w->session)) {
    w->options.on_event(w->options.ctx, ev);
  }
}

static void on_effect(void *ctx, const struct record *fx) {
  people_hear_effect(ctx, fx);
}

/* ---- life */

/* rest_hear_effect() has heard of it, and answers as the scenario says. */
static void leave_to_scenario(void *ctx, const struct record *effect) {
  (void)ctx;
  (void)effect;
}

struct id world_session(const struct world *w) {
  return w->session;
}

static void on_debug_answer(void *ctx, const struct answer *answer) {
  struct world_answer *out = ctx;
  struct arena arena;
  struct json *body = NULL;
  out->code = answer->code;
  arena_init(&arena, heap_mem(), 0);
  if (answer->code >= 400 &&
      json_parse(&arena, answer->body, 64, &body, NULL) == BT_ERR_OK) {
    const struct json *detail = json_member(body, TEXT("detail"));
    const struct text why = detail == NULL ? TEXT("refused") : detail->text;
    (void)snprintf(out->why, sizeof out->why, "%.*s", TEXT_ARG(why));
  }
  arena_free(&arena);
}

struct world_answer world_debug(struct world *w, const struct record *args) {
  struct world_answer out = {0};
  struct command cmd =
      world_command(w, (enum command_type)args->type, ROLE_SUPERVISOR,
                    SESSION_NOBODY, TEXT("debugger"));
  record_copy_all(&cmd.args, args);
  domain_submit(w->domain, &cmd, on_debug_answer, &out);
  release(w);
  return out;
}

static int64_t virtual_now(void *ctx) {
  return ((const struct world *)ctx)->now_us;
}

static void virtual_entropy(void *ctx, void *bytes, size_t size) {
  struct world *w = ctx;
  unsigned char *out = bytes;
  for (size_t i = 0; i < size; i++) {
    out[i] = (unsigned char)rand_u64(&w->rand);
  }
}

/* An engine with a journal in memory, and the API over it. */
static enum bt_err open_parts(struct world *w) {
  struct journal *journal = NULL;
  struct journal_error why;
  const struct journal_options options = {.centre = TEXT("run")};
  const struct domain_options domain = {.engine = {.centre = TEXT("run")}};
  enum bt_err err = loop_create(heap_mem(), &w->loop);
  if (err == BT_ERR_OK) {
    err = journal_open_memory(&options, &journal);
  }
  if (err == BT_ERR_OK) {
    err = domain_open(heap_mem(), journal, &domain, &w->domain, &why);
  }
  if (err != BT_ERR_OK) {
    return err;
  }
  /* Nobody can connect, so nobody needs a token: this signs nothing. */
  const struct api_options api = {
      .domain = w->domain,
      .loop = w->loop,
      .secret = TEXT("a played world has no secrets at all"),
      .version = TEXT("run"),
      .ctx = w,
      .unix_us = virtual_now,
      .entropy = virtual_entropy};
  err = api_create(heap_mem(), &api, &w->api);
  if (err == BT_ERR_OK) {
    api_serve_calls(w->api, leave_to_scenario, NULL);
  }
  return err;
}

static int64_t start_time(const struct scenario *s) {
  int64_t us = 0;
  const bool good = time_from_text(field_text(s->root, F_SCENARIO_AT), &us);
  bt_check(good);
  return us;
}

enum bt_err world_create(const struct scenario *scenario,
                         const struct world_options *options,
                         struct world **out) {
  struct world *w = calloc(1, sizeof *w);
  if (w == NULL) {
    return BT_ERR_NOMEM;
  }
  w->scenario = scenario;
  w->options = *options;
  w->now_us = start_time(scenario);
  tale_init(&w->tale);
  rand_seed(&w->rand, options->seed);
  rand_seed(&w->chance, options->seed ^ UINT64_C(0x5eed));
  enum bt_err err = open_parts(w);
  if (err == BT_ERR_OK) {
    err = laws_init(w);
  }
  if (err == BT_ERR_OK) {
    const struct domain_listener hears = {
        .ctx = w, .on_event = on_event, .on_effect = on_effect};
    domain_listen(w->domain, &hears);
    err = zone_load(heap_mem(), field_text(scenario->root, F_SCENARIO_ZONE),
                    &w->zone);
  }
  if (err == BT_ERR_OK) {
    domain_set_zone(w->domain, w->zone);
    calls_watch(w);
    rest_serve(w);
    err = stage_set(w) ? BT_ERR_OK : BT_ERR_NOMEM;
  }
  if (err != BT_ERR_OK) {
    world_free(w);
    return err;
  }
  *out = w;
  return BT_ERR_OK;
}

void world_free(struct world *w) {
  if (w == NULL) {
    return;
  }
  laws_free(w);
  trace_free(w->tracer);
  api_free(w->api);
  if (w->domain != NULL) {
    domain_close(w->domain, false);
  }
  if (w->loop != NULL) {
    loop_free(w->loop);
  }
  tz_free(w->zone);
  tale_free(&w->tale);
  free(w);
}

struct domain *world_domain(struct world *w) {
  return w->domain;
}

const struct tale *world_tale(const struct world *w) {
  return &w->tale;
}

/* ---- the play */

/* A session that is on its way somewhere is followed until it is there, even
 * when its script is over: an offer is answered or runs out, a bot closes. */
static bool is_moving(struct world *w) {
  const struct engine *e = domain_engine(w->domain);
  uint32_t slot;
  if (!engine_find(e, w->session, &slot)) {
    return false;
  }
  const uint32_t status = engine_session(e, slot)->status;
  return status == SESSION_PENDING || status == SESSION_RELEASING ||
         status == SESSION_OFFERED;
}

/* The moment up to which timers matter. */
static int64_t timers_until(struct world *w) {
  const int64_t until = field_us(w->scenario->root, F_SCENARIO_UNTIL);
  if (until != FIELD_NEVER) {
    return w->tale.start_us + until;
  }
  struct engine_counts n;
  engine_count(domain_engine(w->domain), &n);
  if (n.runs > 0) {
    return INT64_MAX;
  }
  return is_moving(w) ? w->tale.done_us + SETTLE_MAX_US : INT64_MIN;
}

static void tick(struct world *w, int64_t at_us) {
  w->now_us = at_us > w->now_us ? at_us : w->now_us;
  domain_tick(w->domain, w->now_us);
  release(w);
}

/* False: nothing more will happen. */
static bool go_on(struct world *w, int64_t end_us) {
  const int64_t deadline_us = domain_next_deadline(w->domain);
  const int64_t timer_us =
      deadline_us <= timers_until(w) ? deadline_us : INT64_MAX;
  const int64_t plan_us = w->plan_count > 0 ? w->plans[0].at_us : INT64_MAX;
  if ((timer_us < plan_us ? timer_us : plan_us) > end_us) {
    return false;
  }
  const bool tie = timer_us == plan_us && w->options.faults;
  if (plan_us < timer_us || (plan_us == timer_us && !tie) ||
      (tie && rand_below(&w->chance, 2) == 0)) {
    world_carry_out(w);
  } else {
    tick(w, timer_us);
  }
  return true;
}

void world_play(struct world *w) {
  stage_begin(w);
  int64_t end_us = w->tale.start_us + DAYS_MAX * INT64_C(86400000000);
  const int64_t until = field_us(w->scenario->root, F_SCENARIO_UNTIL);
  if (until != FIELD_NEVER) {
    end_us = w->tale.start_us + until;
  }
  while ((w->options.before_time == NULL ||
          w->options.before_time(w->options.ctx)) &&
         go_on(w, end_us)) {
    if (w->tale.events.count > EVENTS_MANY) {
      world_trouble(w, "it goes on for ever: %d events, and no end in sight",
                    EVENTS_MANY);
      break;
    }
  }
  if (until != FIELD_NEVER) {
    w->now_us = end_us;
  }
  w->tale.end_us = w->now_us;
  people_close(w);
  laws_close(w);
  chronicle_look(w);
}
