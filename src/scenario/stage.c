/* What stands there when a scenario begins: the centre, who waits, and the
 * session, in the status from which the script starts. */
#include <stdio.h>

#include "base/check.h"
#include "domain/heap.h"
#include "scenario/world_priv.h"
#include "server/zone.h"
#include "studio/checker.h"

/* As the choice START of scenario.def has them. */
enum start {
  START_PENDING,
  START_CONNECTED,
  START_RELEASING,
  START_IDLE,
  START_LOST,
  START_SCRIPT
};

/* What the script states itself: "// baton: entry script". */
static uint32_t stated_entry(const struct program *program) {
  const struct text mark = TEXT("// baton: entry ");
  for (uint32_t line = 1; line <= program_line_count(program); line++) {
    const struct text text = text_trim(program_line(program, line));
    if (text_starts(text, mark)) {
      return checker_entry_set(text_sub(text, mark.len, text.len));
    }
  }
  return 0;
}

static enum start start_of(const struct world *w) {
  const uint32_t entry = stated_entry(w->scenario->program);
  if (field_at(w->scenario->root, F_SCENARIO_START) != NULL || entry == 0 ||
      (entry & CHECKER_SET(RELEASING)) != 0) {
    return (enum start)field_word(w->scenario->root, F_SCENARIO_START);
  }
  return (entry & CHECKER_SET(SCRIPT)) != 0      ? START_SCRIPT
         : (entry & CHECKER_SET(IDLE)) != 0      ? START_IDLE
         : (entry & CHECKER_SET(CONNECTED)) != 0 ? START_CONNECTED
         : (entry & CHECKER_SET(PENDING)) != 0   ? START_PENDING
                                                 : START_RELEASING;
}

/* ---- configuration */

static void put(struct world *w, enum command_type type, struct text config) {
  struct command cmd = world_command(w, type, ROLE_SYSTEM, SESSION_NOBODY,
                                     TEXT("configuration"));
  record_set_text(&cmd.args, FIELD_CONFIG, config);
  world_submit(w, &cmd);
}

static void put_script(struct world *w, const struct scenario_script *s) {
  struct command cmd = world_command(w, COMMAND_PUT_SCRIPT, ROLE_SYSTEM,
                                     SESSION_NOBODY, TEXT("configuration"));
  record_set_text(&cmd.args, FIELD_NAME, s->name);
  record_set_text(&cmd.args, FIELD_SOURCE, s->source);
  world_submit(w, &cmd);
}

bool world_publish(struct world *w, struct text name, struct text source) {
  const struct directory *d = engine_directory(domain_engine(w->domain));
  const struct scenario_script s = {.name = name, .source = source};
  put_script(w, &s);
  return directory_script(d, name) != DIR_NONE;
}

/* Members that the scenario leaves out, as JSON text. */
struct extra {
  struct textbuf b;
  struct json_out o;
};

static void extra_init(struct extra *x) {
  textbuf_init(&x->b, heap_mem());
  json_out_init(&x->o, &x->b);
  json_open_object(&x->o);
}

static void extra_text(struct extra *x, const char *key, struct text value) {
  json_key(&x->o, key);
  json_put_text(&x->o, value);
}

/* Puts the object and frees what was added. */
static void put_object(struct world *w, enum command_type type,
                       enum config_object object, const struct json *node,
                       struct extra *x) {
  const struct text added = text_sub(textbuf_text(&x->b), 1, x->b.len);
  put(w, type, field_config(&w->tale.arena, node, object, added));
  textbuf_free(&x->b);
}

static void put_bots(struct world *w) {
  for (size_t i = 0; i < w->roster.bots.count; i++) {
    const struct roster_item *bot = &w->roster.bots.items[i];
    struct extra x;
    extra_init(&x);
    if (json_member(bot->node, TEXT("id")) == NULL) {
      extra_text(&x, "id", bot->id);
    }
    put_object(w, COMMAND_PUT_BOT, CONFIG_BOT, bot->node, &x);
  }
}

/* How many others wait in it at the start. */
static int64_t waiting(const struct json *queue) {
  const int64_t count = field_num(queue, F_QUEUE_WAITING);
  const struct json *max = json_member(queue, TEXT("maxSize"));
  const int64_t size = max != NULL && max->i > 0 ? max->i : 1;
  return field_flag(queue, F_QUEUE_FULL) && count < size ? size : count;
}

/* One that is there by default is always open. */
static struct text calendar_config(struct world *w,
                                   const struct roster_item *calendar) {
  static const char *const days[] = {"mon", "tue", "wed", "thu",
                                     "fri", "sat", "sun"};
  struct extra x;
  extra_init(&x);
  if (calendar->node == NULL) {
    extra_text(&x, "id", calendar->id);
  }
  for (size_t i = 0; calendar->node == NULL && i < 7; i++) {
    extra_text(&x, days[i], TEXT("00:00-24:00"));
  }
  const struct text config =
      field_config(&w->tale.arena, calendar->node, CONFIG_HOURS,
                   text_sub(textbuf_text(&x.b), 1, x.b.len));
  textbuf_free(&x.b);
  return config;
}

/* The reader has found every zone on this machine. */
static void put_calendar(struct world *w, const struct roster_item *calendar) {
  const struct json *own = json_member(calendar->node, TEXT("timeZone"));
  char bytes[ZONE_MAX_BYTES];
  struct text file = {bytes, 0};
  struct command cmd = world_command(w, COMMAND_PUT_HOURS, ROLE_SYSTEM,
                                     SESSION_NOBODY, TEXT("configuration"));
  const struct text zone =
      own != NULL ? own->text : field_text(w->scenario->root, F_SCENARIO_ZONE);
  record_set_text(&cmd.args, FIELD_CONFIG, calendar_config(w, calendar));
  if (zone_read(zone, bytes, &file) == BT_ERR_OK) {
    record_set_text(&cmd.args, FIELD_ZONE, zone);
    record_set_text(&cmd.args, FIELD_ZONE_FILE, file);
  }
  world_submit(w, &cmd);
}

static void put_calendars(struct world *w) {
  for (size_t i = 0; i < w->roster.calendars.count; i++) {
    put_calendar(w, &w->roster.calendars.items[i]);
  }
}

static void put_dispositions(struct world *w) {
  for (const struct json *n =
           field_first(w->scenario->root, F_SCENARIO_DISPOSITIONS);
       n != NULL; n = n->next) {
    struct extra x;
    extra_init(&x);
    put_object(w, COMMAND_PUT_DISPOSITION, CONFIG_DISPOSITION, n, &x);
  }
}

static void put_queues(struct world *w) {
  for (size_t i = 0; i < w->roster.queues.count; i++) {
    const struct roster_item *queue = &w->roster.queues.items[i];
    struct extra x;
    extra_init(&x);
    if (queue->node == NULL) { /* whoever has the skill of its name serves it */
      extra_text(&x, "id", queue->id);
      json_key(&x.o, "skills");
      json_open_list(&x.o);
      json_put_text(&x.o, queue->id);
      json_close_list(&x.o);
    } else if (field_flag(queue->node, F_QUEUE_FULL) &&
               json_member(queue->node, TEXT("maxSize")) == NULL) {
      json_key(&x.o, "maxSize");
      json_put_i64(&x.o, waiting(queue->node));
    }
    put_object(w, COMMAND_PUT_QUEUE, CONFIG_QUEUE, queue->node, &x);
  }
}

/* The skills of all queues: whoever is there by default has them. */
static void put_all_skills(const struct world *w, struct extra *x) {
  const struct directory *d = engine_directory(domain_engine(w->domain));
  json_key(&x->o, "skills");
  json_open_list(&x->o);
  for (size_t i = 0; i < d->skill_count; i++) {
    json_put_text(&x->o, d->skills[i].name);
  }
  json_close_list(&x->o);
}

static void put_agents(struct world *w) {
  for (size_t i = 0; i < w->roster.agents.count; i++) {
    const struct roster_item *agent = &w->roster.agents.items[i];
    struct extra x;
    extra_init(&x);
    if (agent->node == NULL) {
      extra_text(&x, "id", agent->id);
    }
    if (agent->node == NULL && text_equal(agent->id, TEXT("anna"))) {
      put_all_skills(w, &x);
    }
    put_object(w, COMMAND_PUT_AGENT, CONFIG_AGENT, agent->node, &x);
  }
}

static void put_skills(struct world *w) {
  for (const struct json *n = field_first(w->scenario->root, F_SCENARIO_SKILLS);
       n != NULL; n = n->next) {
    struct extra x;
    extra_init(&x);
    extra_text(&x, "name", n->text);
    put_object(w, COMMAND_PUT_SKILL, CONFIG_SKILL, NULL, &x);
  }
}

static void put_entry(struct world *w) {
  const struct json *entry = field_at(w->scenario->root, F_SCENARIO_ENTRY);
  const enum start start = start_of(w);
  struct extra x;
  extra_init(&x);
  if (json_member(entry, TEXT("id")) == NULL) {
    extra_text(&x, "id", TEXT("main"));
  }
  if (json_member(entry, TEXT("channel")) == NULL) {
    extra_text(&x, "channel",
               field_text(w->scenario->root, F_SCENARIO_CHANNEL));
  }
  extra_text(&x, start == START_SCRIPT ? "script" : "bot",
             start == START_SCRIPT ? w->scenario->script.name
                                   : w->roster.bots.items[0].id);
  if (start == START_RELEASING || start == START_LOST) {
    extra_text(&x, "onGoodbye", w->scenario->script.name);
  } else if (start == START_IDLE) {
    extra_text(&x, "onReleased", w->scenario->script.name);
  }
  put_object(w, COMMAND_PUT_ENTRY, CONFIG_ENTRY, entry, &x);
}

/* Where the others who wait have come in. */
static void put_other_entry(struct world *w) {
  struct extra x;
  extra_init(&x);
  extra_text(&x, "id", TEXT("others"));
  extra_text(&x, "channel", field_text(w->scenario->root, F_SCENARIO_CHANNEL));
  extra_text(&x, "bot", w->roster.bots.items[0].id);
  put_object(w, COMMAND_PUT_ENTRY, CONFIG_ENTRY, NULL, &x);
}

/* ---- actors */

static void set_actor(struct world *w, enum scenario_party party,
                      uint32_t number, const struct roster_item *item) {
  static const enum scenario_field steps[] = {
      [PARTY_CUSTOMER] = F_CUSTOMER_DOES,
      [PARTY_BOT] = F_BOT_DOES,
      [PARTY_AGENT] = F_AGENT_DOES,
      [PARTY_OUTSIDE] = F_SCENARIO_MEANWHILE};
  struct actor *a = &w->actors[w->actor_count++];
  *a = (struct actor){.party = party,
                      .number = number,
                      .id = item->id,
                      .node = item->node,
                      .step = field_first(item->node, steps[party])};
  if (party == PARTY_CUSTOMER) {
    a->next = field_first(item->node, F_CUSTOMER_ANSWERS);
  } else if (party == PARTY_AGENT) {
    a->next = field_first(item->node, F_AGENT_OFFERS);
  } else if (party == PARTY_BOT) {
    a->next = field_first(item->node, F_BOT_TURNS);
  }
}

static bool set_actors(struct world *w) {
  const struct roster *r = &w->roster;
  const struct json *root = w->scenario->root;
  w->actors =
      arena_alloc(&w->tale.arena,
                  (r->bots.count + r->agents.count + 2) * sizeof *w->actors);
  if (w->actors == NULL) {
    return false;
  }
  const struct json *customer = field_at(root, F_SCENARIO_CUSTOMER);
  const struct roster_item kim = {field_text(customer, F_CUSTOMER_NAME),
                                  customer};
  const struct roster_item outside = {TEXT("supervisor"), root};
  w->customer = w->actors;
  set_actor(w, PARTY_CUSTOMER, SESSION_NOBODY, &kim);
  w->bots = &w->actors[w->actor_count];
  for (size_t i = 0; i < r->bots.count; i++) {
    set_actor(w, PARTY_BOT, (uint32_t)i, &r->bots.items[i]);
  }
  w->agents = &w->actors[w->actor_count];
  for (size_t i = 0; i < r->agents.count; i++) {
    set_actor(w, PARTY_AGENT, (uint32_t)i, &r->agents.items[i]);
  }
  w->outside = &w->actors[w->actor_count];
  set_actor(w, PARTY_OUTSIDE, SESSION_NOBODY, &outside);
  return true;
}

bool stage_set(struct world *w) {
  const struct json *rest = field_at(w->scenario->root, F_SCENARIO_REST);
  w->rest_used =
      arena_alloc(&w->tale.arena,
                  (rest == NULL ? 1 : rest->count + 1U) * sizeof *w->rest_used);
  if (w->rest_used == NULL ||
      !roster_make(&w->tale.arena, w->scenario, &w->roster)) {
    return false;
  }
  put_bots(w);
  put_script(w, &w->scenario->script);
  for (size_t i = 0; i < w->scenario->other_count; i++) {
    put_script(w, &w->scenario->others[i]);
  }
  put_skills(w);
  put_calendars(w);
  put_dispositions(w);
  put_queues(w);
  put_agents(w);
  put_entry(w);
  if (!set_actors(w)) {
    return false;
  }
  turns_connect(w);
  return true;
}

/* ---- who waits already */

static void open_session(struct world *w, struct text entry,
                         struct text customer, const struct json *attributes) {
  struct command open = world_command(w, COMMAND_OPEN_SESSION, ROLE_CUSTOMER,
                                      SESSION_NOBODY, w->customer->id);
  record_set_text(&open.args, FIELD_ENTRY_NAME, entry);
  record_set_text(&open.args, FIELD_CUSTOMER, customer);
  if (attributes != NULL) {
    record_set_text(&open.args, FIELD_ATTRIBUTES, world_json(w, attributes));
  }
  if (w->opening && w->options.on_open != NULL) {
    w->options.on_open(w->options.ctx, &open.args);
  }
  world_submit(w, &open);
}

static uint32_t epoch_of(const struct world *w, struct id session) {
  const struct engine *e = domain_engine(w->domain);
  uint32_t slot = 0;
  return engine_find(e, session, &slot) ? engine_session(e, slot)->epoch : 0;
}

static void other_bot_does(struct world *w, enum command_type type) {
  struct command cmd = world_actor_command(w, &w->bots[0], type);
  record_set_id(&cmd.args, FIELD_SESSION, w->last_opened);
  record_set_num(&cmd.args, FIELD_EPOCH, epoch_of(w, w->last_opened));
  world_submit(w, &cmd);
}

static bool queue_another(struct world *w, struct text queue) {
  open_session(w, TEXT("others"), TEXT("{\"name\":\"somebody else\"}"), NULL);
  other_bot_does(w, COMMAND_ACCEPT_INVITE);
  other_bot_does(w, COMMAND_BOT_CLOSED);
  struct command cmd = world_command(w, COMMAND_TRANSFER, ROLE_SUPERVISOR,
                                     SESSION_NOBODY, TEXT("supervisor"));
  record_set_id(&cmd.args, FIELD_SESSION, w->last_opened);
  record_set_text(&cmd.args, FIELD_QUEUE_ID, queue);
  world_submit(w, &cmd);
  return w->last_code == 200;
}

static void fill_queues(struct world *w) {
  bool entry = false;
  for (size_t i = 0; i < w->roster.queues.count; i++) {
    const struct roster_item *queue = &w->roster.queues.items[i];
    int64_t others = queue->node == NULL ? 0 : waiting(queue->node);
    const struct json *paused = json_member(queue->node, TEXT("paused"));
    const bool pauses = paused != NULL && paused->type == JSON_TRUE;
    if (others > 0 && !entry) {
      put_other_entry(w);
      entry = true;
    }
    if (others > 0 && pauses) {
      world_supervise(w, COMMAND_OPEN_QUEUE, queue->id);
    }
    for (; others > 0; others--) {
      if (!queue_another(w, queue->id)) {
        world_trouble(w,
                      "nobody can wait in queue \"%.*s\": no agent at all has "
                      "its skills, or it is full before",
                      TEXT_ARG(queue->id));
        break;
      }
    }
    if (pauses) {
      world_supervise(w, COMMAND_PAUSE_QUEUE, queue->id);
    }
  }
}

static void let_agents_in(struct world *w) {
  for (size_t i = 0; i < w->roster.agents.count; i++) {
    const struct actor *a = &w->agents[i];
    const struct text state = field_text(a->node, F_AGENT_STATE);
    if (text_equal(state, TEXT("offline"))) {
      continue;
    }
    const struct command joined =
        world_actor_command(w, a, COMMAND_AGENT_JOINED);
    world_submit(w, &joined);
    struct command cmd = world_actor_command(w, a, COMMAND_AGENT_STATE);
    record_set_text(&cmd.args, FIELD_STATE, state);
    world_submit(w, &cmd);
  }
}

/* ---- the session */

static struct text customer_json(struct world *w) {
  const struct json *c = w->customer->node;
  struct extra x;
  extra_init(&x);
  if (field_at(c, F_CUSTOMER_ID) != NULL) {
    extra_text(&x, "id", field_text(c, F_CUSTOMER_ID));
  }
  extra_text(&x, "name", field_text(c, F_CUSTOMER_NAME));
  if (field_at(c, F_CUSTOMER_ADDRESS) != NULL) {
    extra_text(&x, "address", field_text(c, F_CUSTOMER_ADDRESS));
  }
  json_close_object(&x.o);
  const struct text copy = arena_copy_text(&w->tale.arena, textbuf_text(&x.b));
  textbuf_free(&x.b);
  return copy;
}

static void bot_does(struct world *w, enum command_type type) {
  struct actor *bot = &w->bots[0];
  bot->epoch = epoch_of(w, w->session);
  struct command cmd = world_actor_command(w, bot, type);
  world_submit(w, &cmd);
  bot->epoch = epoch_of(w, w->session);
}

static void run_script(struct world *w) {
  struct command cmd = world_command(w, COMMAND_RUN_SCRIPT, ROLE_SYSTEM,
                                     SESSION_NOBODY, TEXT("configuration"));
  record_set_text(&cmd.args, FIELD_NAME, w->scenario->script.name);
  world_submit(w, &cmd);
}

static void plan_bot(struct world *w) {
  struct actor *bot = &w->bots[0];
  const struct plan goodbye = {.kind = PLAN_GOODBYE, .actor = bot};
  world_plan(w, field_us(bot->node, F_BOT_GOODBYE), &goodbye);
}

static void plan_loss(struct world *w) {
  struct actor *bot = &w->bots[0];
  const struct plan lost = {
      .kind = PLAN_CLOSE, .actor = bot, .epoch = bot->epoch};
  world_plan(w, field_us(bot->node, F_BOT_LOST), &lost);
}

/* The goodbye that has just been said is a plan that is due. */
static void say_goodbye(struct world *w) {
  struct actor *bot = &w->bots[0];
  const struct plan goodbye = {.kind = PLAN_GOODBYE, .actor = bot};
  const bool faults = w->options.faults;
  w->options.faults = false; /* the start is the start */
  world_plan(w, 0, &goodbye);
  w->options.faults = faults;
  world_carry_out(w);
}

static void bring_to_start(struct world *w) {
  const enum start start = start_of(w);
  struct actor *bot = &w->bots[0];
  if (start == START_PENDING) {
    const struct plan attach = {
        .kind = PLAN_ATTACH, .actor = bot, .epoch = epoch_of(w, w->session)};
    world_plan(w, field_us(bot->node, F_BOT_ATTACHES), &attach);
    run_script(w);
    plan_bot(w);
    return;
  }
  if (start == START_SCRIPT) {
    return;
  }
  bot_does(w, COMMAND_ACCEPT_INVITE);
  chronicle_begin(w, SIZE_MAX);
  if (start == START_CONNECTED) {
    plan_loss(w);
    plan_bot(w);
    run_script(w);
  } else if (start == START_RELEASING) {
    say_goodbye(w);
    plan_loss(w);
  } else if (start == START_IDLE) {
    bot_does(w, COMMAND_GOODBYE);
    chronicle_begin(w, SIZE_MAX);
    bot_does(w, COMMAND_BOT_CLOSED);
  } else {
    bot_does(w, COMMAND_BOT_CLOSED);
  }
}

void stage_begin(struct world *w) {
  w->tale.start_us = w->now_us;
  fill_queues(w);
  let_agents_in(w);
  for (size_t i = 0; i < w->actor_count; i++) {
    w->actors[i].since_us = w->now_us;
  }
  const struct json *entry = field_at(w->scenario->root, F_SCENARIO_ENTRY);
  const struct json *id = json_member(entry, TEXT("id"));
  w->opening = true;
  w->staging = true;
  chronicle_begin(w, SIZE_MAX);
  open_session(w, id == NULL ? TEXT("main") : id->text, customer_json(w),
               field_at(w->scenario->root, F_SCENARIO_ATTRIBUTES));
  w->staging = false;
  const struct command joined =
      world_actor_command(w, w->customer, COMMAND_CUSTOMER_JOINED);
  if (id_is_null(w->session)) {
    world_trouble(w, "the session cannot be opened (%d)", w->last_code);
    return;
  }
  if (start_of(w) == START_SCRIPT) {
    chronicle_begin(w, 1); /* that the script was invited */
  }
  world_submit(w, &joined);
  bring_to_start(w);
  people_look(w);
}
