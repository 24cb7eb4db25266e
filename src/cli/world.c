#include "cli/world.h"

#include <stdlib.h>

#include "api/api.h"
#include "base/check.h"
#include "base/rand.h"
#include "domain/domain.h"
#include "domain/heap.h"

enum {
  BOT_CLOSES_AFTER_MS = 1000,
  AGENT_ACCEPTS_AFTER_MS = 2000,
  PLANS_MAX = 64,
  DAYS_MAX = 8 /* longer than any Wait may be */
};

/* Thursday, 1 January 2026, 09:00 UTC: the same in every run. */
#define START_US INT64_C(1767258000000000)

enum plan_kind { PLAN_BOT_CLOSES, PLAN_AGENT_ACCEPTS };

/* Something that somebody will do. */
struct plan {
  int64_t at_us;
  enum plan_kind kind;
  uint32_t epoch; /* of the bot's hold */
  uint32_t agent;
};

struct world {
  struct domain *domain;
  struct loop *loop; /* never run: the API is asked without a socket */
  struct api *api;   /* what GetRESTProxy reaches */
  struct rand rand;
  struct world_listener listener;
  int64_t now_us;
  struct id session;
  bool opened, ended;
  struct plan plans[PLANS_MAX]; /* earliest first */
  size_t plan_count;
};

/* ---- commands */

static struct command command(struct world *w, enum command_type type,
                              enum role role, uint32_t number,
                              const char *name) {
  struct command cmd = {
      .by = {.role = role, .number = number, .name = text_from(name)},
      .now_us = w->now_us,
      .entropy = {rand_u64(&w->rand), rand_u64(&w->rand)}};
  cmd.by.session = w->session;
  record_init(&cmd.args, type);
  record_set_id(&cmd.args, FIELD_SESSION, w->session);
  return cmd;
}

static void on_answer(void *ctx, const struct answer *answer) {
  struct world *w = ctx;
  if (!w->opened && answer->code == 201) {
    w->session = answer->session;
    w->opened = true;
  }
}

static void submit(struct world *w, const struct command *cmd) {
  domain_submit(w->domain, cmd, on_answer, w);
  while (domain_release(w->domain) > 0) {
  }
}

static void bot_does(struct world *w, enum command_type type, uint32_t epoch) {
  struct command cmd = command(w, type, ROLE_BOT, 0, "cognigy");
  record_set_num(&cmd.args, FIELD_EPOCH, epoch);
  if (type == COMMAND_GOODBYE) {
    record_set_text(&cmd.args, FIELD_OUTCOME, TEXT("escalate"));
    record_set_text(&cmd.args, FIELD_TEXT,
                    TEXT("Goodbye, an agent will be with you."));
  }
  submit(w, &cmd);
}

static void agent_does(struct world *w, enum command_type type, uint32_t agent,
                       const char *state) {
  struct command cmd = command(w, type, ROLE_AGENT, agent, "agent");
  if (state != NULL) {
    record_set_text(&cmd.args, FIELD_STATE, text_from(state));
  }
  submit(w, &cmd);
}

/* ---- plans */

static void plan(struct world *w, struct plan p) {
  bt_check(w->plan_count < PLANS_MAX);
  size_t at = w->plan_count++;
  for (; at > 0 && w->plans[at - 1].at_us > p.at_us; at--) {
    w->plans[at] = w->plans[at - 1];
  }
  w->plans[at] = p;
}

static void carry_out(struct world *w) {
  const struct plan p = w->plans[0];
  w->plan_count--;
  for (size_t i = 0; i < w->plan_count; i++) {
    w->plans[i] = w->plans[i + 1];
  }
  w->now_us = p.at_us > w->now_us ? p.at_us : w->now_us;
  if (p.kind == PLAN_BOT_CLOSES) {
    bot_does(w, COMMAND_BOT_CLOSED, p.epoch);
  } else {
    agent_does(w, COMMAND_ACCEPT_OFFER, p.agent, NULL);
  }
}

static void on_event(void *ctx, uint64_t seq, const struct record *ev) {
  struct world *w = ctx;
  (void)seq;
  if (ev->type == EVENT_OF_SESSION(OFFERED)) {
    plan(w, (struct plan){.at_us = w->now_us +
                                   INT64_C(1000) * AGENT_ACCEPTS_AFTER_MS,
                          .kind = PLAN_AGENT_ACCEPTS,
                          .agent = (uint32_t)record_num(ev, FIELD_AGENT)});
  } else if (ev->type == EVENT_SCRIPT_ENDED ||
             ev->type == EVENT_SCRIPT_FAILED) {
    struct engine_counts n;
    engine_count(domain_engine(w->domain), &n);
    w->ended = n.runs == 0;
  }
  w->listener.on_event(w->listener.ctx, ev);
}

/* A bot that is told to go closes at once. */
static void on_effect(void *ctx, const struct record *effect) {
  struct world *w = ctx;
  if (effect->type == EFFECT_CLOSE_BOT) {
    plan(w, (struct plan){.at_us = w->now_us,
                          .kind = PLAN_BOT_CLOSES,
                          .epoch = (uint32_t)record_num(effect, FIELD_EPOCH)});
  }
}

/* ---- the centre of the ticket */

static void put(struct world *w, enum command_type type, struct text config) {
  struct command cmd =
      command(w, type, ROLE_SYSTEM, SESSION_NOBODY, "configuration");
  record_set_text(&cmd.args, FIELD_CONFIG, config);
  submit(w, &cmd);
}

static void put_script(struct world *w, struct text name, struct text source) {
  struct command cmd = command(w, COMMAND_PUT_SCRIPT, ROLE_SYSTEM,
                               SESSION_NOBODY, "configuration");
  record_set_text(&cmd.args, FIELD_NAME, name);
  record_set_text(&cmd.args, FIELD_SOURCE, source);
  submit(w, &cmd);
}

bool world_publish(struct world *w, struct text name, struct text source) {
  const struct directory *d = engine_directory(domain_engine(w->domain));
  put_script(w, name, source);
  return directory_script(d, name) != DIR_NONE;
}

static void write_object(struct textbuf *b, struct json_out *o,
                         struct text id) {
  textbuf_clear(b);
  json_out_init(o, b);
  json_open_object(o);
  json_key(o, "id");
  json_put_text(o, id);
}

/* "agent:anna" -> "anna"; the name itself if it has another form. */
static bool has_prefix(struct text *name, struct text prefix) {
  if (!text_starts(*name, prefix)) {
    return false;
  }
  *name = text_sub(*name, prefix.len, name->len);
  return true;
}

static void put_queue(struct world *w, struct textbuf *b, struct text name) {
  struct json_out o;
  write_object(b, &o, name);
  json_key(&o, "skills");
  json_open_list(&o);
  json_put_text(&o, name);
  json_close_list(&o);
  json_close_object(&o);
  put(w, COMMAND_PUT_QUEUE, textbuf_text(b));
}

static void put_named(struct world *w, struct textbuf *b,
                      enum command_type type, struct text id) {
  struct json_out o;
  write_object(b, &o, id);
  json_close_object(&o);
  put(w, type, textbuf_text(b));
}

/* One agent with every skill that the script names; an agent who is named
 * stands beside it. */
static void put_agent(struct world *w, struct textbuf *b,
                      const struct program *program) {
  struct json_out o;
  write_object(b, &o, TEXT("anna"));
  json_key(&o, "skills");
  json_open_list(&o);
  for (size_t i = 0; i < program_target_count(program); i++) {
    struct text name = program_target(program, i).name;
    if (!text_starts(name, TEXT("agent:")) &&
        !text_starts(name, TEXT("bot:"))) {
      json_put_text(&o, name);
    }
  }
  json_close_list(&o);
  json_close_object(&o);
  put(w, COMMAND_PUT_AGENT, textbuf_text(b));
}

static void put_targets(struct world *w, const struct program *program) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  for (size_t i = 0; i < program_target_count(program); i++) {
    struct text name = program_target(program, i).name;
    if (has_prefix(&name, TEXT("agent:"))) {
      put_named(w, &b, COMMAND_PUT_AGENT, name);
    } else if (has_prefix(&name, TEXT("bot:"))) {
      put_named(w, &b, COMMAND_PUT_BOT, name);
    } else {
      put_queue(w, &b, name);
    }
  }
  put_agent(w, &b, program);
  textbuf_free(&b);
}

static void put_centre(struct world *w, const struct program *program,
                       struct text name, struct text source) {
  put(w, COMMAND_PUT_BOT, TEXT("{\"id\":\"cognigy\"}"));
  put_script(w, name, source);
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, heap_mem());
  write_object(&b, &o, TEXT("main"));
  json_key(&o, "bot");
  json_put_text(&o, TEXT("cognigy"));
  json_key(&o, "onGoodbye");
  json_put_text(&o, name);
  json_close_object(&o);
  put(w, COMMAND_PUT_ENTRY, textbuf_text(&b));
  textbuf_free(&b);
  put_targets(w, program);
  const struct directory *d = engine_directory(domain_engine(w->domain));
  for (uint32_t agent = 0; agent < d->agent_count; agent++) {
    agent_does(w, COMMAND_AGENT_JOINED, agent, NULL);
    agent_does(w, COMMAND_AGENT_STATE, agent, "available");
  }
}

/* ---- the play */

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
  return api_create(heap_mem(), &api, &w->api);
}

enum bt_err world_create(const struct program *program, struct text name,
                         struct text source,
                         const struct world_listener *listener,
                         struct world **out) {
  struct world *w = calloc(1, sizeof *w);
  if (w == NULL) {
    return BT_ERR_NOMEM;
  }
  w->listener = *listener;
  w->now_us = START_US;
  rand_seed(&w->rand, 1);
  const enum bt_err err = open_parts(w);
  if (err != BT_ERR_OK) {
    world_free(w);
    return err;
  }
  const struct domain_listener hears = {
      .ctx = w, .on_event = on_event, .on_effect = on_effect};
  domain_listen(w->domain, &hears);
  put_centre(w, program, name, source);
  *out = w;
  return BT_ERR_OK;
}

void world_free(struct world *w) {
  if (w == NULL) {
    return;
  }
  api_free(w->api);
  if (w->domain != NULL) {
    domain_close(w->domain, false);
  }
  if (w->loop != NULL) {
    loop_free(w->loop);
  }
  free(w);
}

struct domain *world_domain(struct world *w) {
  return w->domain;
}

static void begin(struct world *w) {
  struct command open =
      command(w, COMMAND_OPEN_SESSION, ROLE_CUSTOMER, SESSION_NOBODY, "Kim");
  record_set_text(&open.args, FIELD_CUSTOMER, TEXT("{\"name\":\"Kim\"}"));
  submit(w, &open);
  bt_check(w->opened);
  const struct engine *e = domain_engine(w->domain);
  uint32_t slot = 0;
  const bool there = engine_find(e, w->session, &slot);
  bt_check(there);
  bot_does(w, COMMAND_ACCEPT_INVITE, engine_session(e, slot)->epoch);
  const uint32_t epoch = engine_session(e, slot)->epoch;
  plan(w,
       (struct plan){.at_us = w->now_us + INT64_C(1000) * BOT_CLOSES_AFTER_MS,
                     .kind = PLAN_BOT_CLOSES,
                     .epoch = epoch});
  bot_does(w, COMMAND_GOODBYE, epoch);
}

void world_play(struct world *w) {
  begin(w);
  const int64_t end_us = START_US + DAYS_MAX * INT64_C(86400000000);
  while (!w->ended || w->plan_count > 0) {
    /* When the script has ended, people still finish what they have begun. */
    const int64_t timer_us =
        w->ended ? INT64_MAX : domain_next_deadline(w->domain);
    const int64_t plan_us = w->plan_count > 0 ? w->plans[0].at_us : INT64_MAX;
    if ((timer_us < plan_us ? timer_us : plan_us) > end_us) {
      return; /* nothing more will happen */
    }
    if (plan_us <= timer_us) {
      carry_out(w);
      continue;
    }
    w->now_us = timer_us > w->now_us ? timer_us : w->now_us;
    domain_tick(w->domain, w->now_us);
    while (domain_release(w->domain) > 0) {
    }
  }
}
