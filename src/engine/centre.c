/* Configuration: commands that put things into the directory, and folding. */
#include "base/check.h"
#include "engine/centre_priv.h"
#include "engine/engine_priv.h"
#include "engine/publish_priv.h"

static const struct {
  enum command_type command;
  enum config_object object;
  uint32_t event;
  enum config_member id;
} puts_of[] = {
    {COMMAND_PUT_SKILL, CONFIG_SKILL, EVENT_SKILL_PUT, CONFIG_SKILL_NAME},
    {COMMAND_PUT_QUEUE, CONFIG_QUEUE, EVENT_QUEUE_PUT, CONFIG_QUEUE_ID},
    {COMMAND_PUT_AGENT, CONFIG_AGENT, EVENT_AGENT_PUT, CONFIG_AGENT_ID},
    {COMMAND_PUT_BOT, CONFIG_BOT, EVENT_BOT_PUT, CONFIG_BOT_ID},
    {COMMAND_PUT_ENTRY, CONFIG_ENTRY, EVENT_ENTRY_PUT, CONFIG_ENTRY_ID},
    {COMMAND_PUT_HOURS, CONFIG_HOURS, EVENT_HOURS_PUT, CONFIG_HOURS_ID},
    {COMMAND_PUT_DISPOSITION, CONFIG_DISPOSITION, EVENT_DISPOSITION_PUT,
     CONFIG_DISPOSITION_ID},
};

/* ---- folding */

static void sync_queues(struct engine *e) {
  const bool room = mem_grow(&e->mem, &e->queues, &e->queue_cap,
                             e->dir.queue_count, sizeof *e->queues);
  bt_check(room);
  for (; e->queue_count < e->dir.queue_count; e->queue_count++) {
    const uint32_t q = (uint32_t)e->queue_count;
    router_put_queue(&e->router, q, &e->dir.queues[q].params);
    e->queues[q] = (struct queue_slot){.reason = {"", 0}, .timer = TIMER_NONE};
  }
}

static void apply_skill_put(struct engine *e, const struct record *ev) {
  const uint32_t skill =
      directory_put_skill(&e->dir, record_text(ev, FIELD_NAME));
  struct dir_skill *s = &e->dir.skills[skill];
  s->listed = s->listed || record_has(ev, FIELD_CONFIG);
  sync_queues(e);
}

static void apply_agent_params(struct engine *e, uint32_t agent,
                               const struct json *c, struct arena *arena) {
  const struct router_agent_params p =
      directory_agent_params(&e->dir, agent, c, arena);
  router_put_agent(&e->router, agent, &p);
  apply_agent_state(e, agent);
}

/* What its configuration means may be something else now. */
static void refresh_agents(struct engine *e) {
  struct arena arena;
  arena_init(&arena, &e->mem, 0);
  for (uint32_t i = 0; i < e->dir.agent_count; i++) {
    const struct dir_agent *a = &e->dir.agents[i];
    if (!a->origin.removed) {
      apply_agent_params(e, i, config_parse(&arena, a->config), &arena);
      arena_reset(&arena);
    }
  }
  arena_free(&arena);
}

static bool was_posted(const struct engine *e, uint32_t queue) {
  for (size_t i = 0; i < e->dir.posted_count; i++) {
    if (e->dir.posted[i] == queue) {
      return true;
    }
  }
  return false;
}

/* Who waits there may have another ring before it. */
static void apply_rings(struct engine *e, uint32_t queue) {
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    const struct session *s = &e->lives[slot]->s;
    if (live_in_queue(s) && s->queue == queue) {
      apply_widen_timer(e, slot);
      apply_announce_timer(e, slot);
    }
  }
}

static void apply_queue_put(struct engine *e, const struct json *c) {
  const size_t before = e->dir.queue_count;
  const size_t posted = e->dir.posted_count;
  const uint32_t q = directory_put_queue(&e->dir, c);
  sync_queues(e);
  router_put_queue(&e->router, q, &e->dir.queues[q].params);
  apply_queue_matches(e, q);
  /* Agents may have named it before it was there; it may name them, or not any
   * more. */
  if (e->dir.queue_count > before || e->dir.posted_count > posted ||
      was_posted(e, q)) {
    refresh_agents(e);
  }
  apply_rings(e, q);
}

/* What was planned until now, by the calendar as it was. */
static void apply_calendar_plans(struct engine *e, const struct json *c,
                                 int64_t now_us) {
  const uint32_t calendar =
      directory_calendar(&e->dir, config_text(c, CONFIG_HOURS_ID));
  if (calendar != DIR_NONE) {
    count_plans(e, calendar, now_us);
  }
}

static void apply_agent_put(struct engine *e, const struct json *c,
                            struct arena *arena, int64_t now_us) {
  const uint32_t known =
      directory_agent(&e->dir, config_text(c, CONFIG_AGENT_ID));
  if (known != DIR_NONE) {
    count_plan(e, known, now_us);
  }
  const size_t before = e->dir.agent_count;
  const uint32_t agent = directory_put_agent(&e->dir, c);
  sync_queues(e);
  const bool room = mem_grow(&e->mem, &e->agents, &e->agent_cap,
                             e->dir.agent_count, sizeof *e->agents);
  bt_check(room);
  if (e->dir.agent_count > before) {
    e->agents[agent] =
        (struct agent_slot){.a = agent_make(&e->dir.agents[agent].limits),
                            .planned_us = e->restoring ? 0 : now_us,
                            .first = SESSION_NOBODY};
  }
  apply_agent_params(e, agent, c, arena);
}

static void apply_bot_put(struct engine *e, const struct json *c) {
  const size_t before = e->dir.bot_count;
  const uint32_t bot = directory_put_bot(&e->dir, c);
  const bool room = mem_grow(&e->mem, &e->bots, &e->bot_cap, e->dir.bot_count,
                             sizeof *e->bots);
  bt_check(room);
  if (e->dir.bot_count > before) {
    e->bots[bot] = (struct bot_slot){.first = SESSION_NOBODY};
  }
}

/* Whose doing the present configuration of a thing is. */
static void note_origin(struct engine *e, const struct record *ev,
                        const struct json *c) {
  for (size_t i = 0; i < sizeof puts_of / sizeof puts_of[0]; i++) {
    const enum config_object kind = puts_of[i].object;
    if (puts_of[i].event == ev->type && kind != CONFIG_SKILL) {
      directory_set_origin(
          &e->dir, kind,
          directory_find(&e->dir, kind, config_text(c, puts_of[i].id)),
          (struct dir_origin){.role = (uint8_t)record_num(ev, FIELD_ROLE),
                              .at_us = record_num(ev, FIELD_AT),
                              .by = record_text(ev, FIELD_ACTOR)});
    }
  }
}

/* @c, read into @arena: what the event carries, or NULL. */
static void fold_config(struct engine *e, const struct record *ev,
                        const struct json *c, struct arena *arena) {
  switch (ev->type) {
  case EVENT_SKILL_PUT:
    apply_skill_put(e, ev);
    break;
  case EVENT_QUEUE_PUT:
    apply_queue_put(e, c);
    break;
  case EVENT_AGENT_PUT:
    apply_agent_put(e, c, arena, record_num(ev, FIELD_AT));
    break;
  case EVENT_BOT_PUT:
    apply_bot_put(e, c);
    break;
  case EVENT_ENTRY_PUT:
    directory_put_entry(&e->dir, c);
    break;
  case EVENT_HOURS_PUT:
    apply_calendar_plans(e, c, record_num(ev, FIELD_AT));
    directory_put_calendar(&e->dir, c, record_text(ev, FIELD_ZONE),
                           record_text(ev, FIELD_ZONE_FILE));
    break;
  case EVENT_DISPOSITION_PUT:
    directory_put_disposition(&e->dir, c);
    break;
  case EVENT_SCRIPT_PUT:
    apply_script_put(e, ev);
    break;
  case EVENT_AWAY_REASON_PUT:
    directory_put_away_reason(&e->dir, record_text(ev, FIELD_AWAY_REASON));
    break;
  default:
    apply_removed(e, ev);
    break;
  }
  note_origin(e, ev, c);
}

/* What the event puts again, and what that was found by until now. */
struct renamed {
  enum config_object kind;
  uint32_t number; /* DIR_NONE: it is new, or put by no object */
  struct dir_names before;
};

static struct renamed find_renamed(const struct directory *d,
                                   const struct record *ev,
                                   const struct json *c) {
  struct renamed r = {.number = DIR_NONE};
  for (size_t i = 0; c != NULL && i < sizeof puts_of / sizeof puts_of[0]; i++) {
    if (puts_of[i].event == ev->type && puts_of[i].object != CONFIG_SKILL) {
      r.kind = puts_of[i].object;
      r.number = directory_find(d, r.kind, config_text(c, puts_of[i].id));
    }
  }
  if (r.number != DIR_NONE) {
    r.before = directory_names(d, r.kind, r.number);
  }
  return r;
}

static void read_and_fold(struct engine *e, const struct record *ev) {
  struct arena arena;
  arena_init(&arena, &e->mem, 0);
  const struct json *c =
      record_has(ev, FIELD_CONFIG)
          ? config_parse(&arena, record_text(ev, FIELD_CONFIG))
          : NULL;
  const struct renamed r = find_renamed(&e->dir, ev, c);
  fold_config(e, ev, c, &arena);
  if (r.number != DIR_NONE) {
    directory_give_up(&e->dir, r.kind, r.number, &r.before);
  }
  arena_free(&arena);
}

/* How many of the kind there are: a put that adds one gives it a number. */
static size_t count_of(const struct directory *d, uint32_t type) {
  switch (type) {
  case EVENT_SKILL_PUT:
    return d->skill_count;
  case EVENT_QUEUE_PUT:
    return d->queue_count;
  case EVENT_AGENT_PUT:
    return d->agent_count;
  case EVENT_BOT_PUT:
    return d->bot_count;
  case EVENT_ENTRY_PUT:
    return d->entry_count;
  case EVENT_HOURS_PUT:
    return d->calendar_count;
  case EVENT_DISPOSITION_PUT:
    return d->disposition_count;
  case EVENT_SCRIPT_PUT:
    return d->script_count;
  case EVENT_AWAY_REASON_PUT:
    return d->away_count;
  default:
    return 0;
  }
}

/* What the event takes away; DIR_NONE: nothing. */
static uint32_t removed_number(const struct directory *d,
                               const struct record *ev) {
  for (uint32_t kind = 0; kind < CONFIG_OBJECTS; kind++) {
    if (removed_event((enum config_object)kind) == ev->type) {
      return directory_find(d, (enum config_object)kind,
                            record_text(ev, FIELD_NAME));
    }
  }
  return DIR_NONE;
}

void apply_config(struct engine *e, const struct record *ev) {
  const size_t before = count_of(&e->dir, ev->type);
  const uint32_t removed = removed_number(&e->dir, ev);
  read_and_fold(e, ev);
  if (removed == DIR_NONE && count_of(&e->dir, ev->type) == before) {
    return;
  }
  const bool room =
      mem_grow(&e->mem, &e->log, &e->log_cap, e->log_count + 1, sizeof *e->log);
  bt_check(room);
  e->log[e->log_count++] = (struct log_entry){
      ev->type, removed == DIR_NONE ? (uint32_t)before : removed};
}

/* ---- deciding */

/* @config: of one that is put by itself; NULL: something uses it. */
static void put_skill_named(struct ctx *x, struct text name,
                            const struct text *config) {
  struct record ev;
  ctx_event(x, &ev, EVENT_SKILL_PUT, SESSION_NOBODY);
  record_set_text(&ev, FIELD_NAME, name);
  if (config != NULL) {
    record_set_text(&ev, FIELD_CONFIG, *config);
  }
  emit(x, &ev);
}

/* A skill that is used is a skill. */
static void put_used_skills(struct ctx *x, const struct json *list) {
  for (const struct json *s = list == NULL ? NULL : list->first; s != NULL;
       s = s->next) {
    const struct text name = config_skill_name(s);
    if (directory_skill(&x->e->dir, name) == DIR_NONE) {
      put_skill_named(x, name, NULL);
    }
  }
}

static void put_ring_skills(struct ctx *x, const struct json *rings) {
  for (const struct json *g = rings == NULL ? NULL : rings->first; g != NULL;
       g = g->next) {
    put_used_skills(x, config_ring_without(g));
  }
}

static const struct json *read_config(struct ctx *x, const struct record *args,
                                      enum config_object object,
                                      struct answer *a) {
  struct json *tree = NULL;
  struct json_error error;
  struct config_error wrong;
  const struct text config = record_text(args, FIELD_CONFIG);
  if (json_parse(ctx_arena(x), config, JSON_DEPTH_DEFAULT, &tree, &error) !=
      BT_ERR_OK) {
    answer_member(x, REFUSAL_BAD_REQUEST, error.pointer,
                  ctx_format(x, "%s (line %u, column %u)", error.message,
                             error.line, error.column),
                  a);
    return NULL;
  }
  if (!config_check(object, tree, 0, &wrong)) {
    answer_member(x, REFUSAL_INVALID_MEMBER, wrong.pointer,
                  ctx_format(x, "%s", wrong.message), a);
    return NULL;
  }
  return tree;
}

static size_t object_row(enum config_object object) {
  size_t i = 0;
  while (puts_of[i].object != object) {
    i++;
  }
  return i;
}

static bool is_known_calendar(const struct directory *d, const struct json *c,
                              const struct record *args) {
  const uint32_t i = directory_calendar(d, config_text(c, CONFIG_HOURS_ID));
  return i != DIR_NONE && text_equal(d->calendars[i].config, c->source) &&
         text_equal(d->calendars[i].zone_name, record_text(args, FIELD_ZONE)) &&
         text_equal(d->calendars[i].zone_file,
                    record_text(args, FIELD_ZONE_FILE));
}

/* Is the very same object there already? Then nothing happens. (What the API
 * had set and the file says now, too, is the file's again.) */
static bool is_known(const struct ctx *x, enum config_object object,
                     const struct json *c, const struct record *args) {
  const struct directory *d = &x->e->dir;
  const enum config_member member = puts_of[object_row(object)].id;
  const uint32_t i = directory_find(d, object, config_text(c, member));
  if (object == CONFIG_SKILL || i == DIR_NONE) {
    return i != DIR_NONE && d->skills[i].listed;
  }
  if (x->by.role == ROLE_SYSTEM &&
      directory_is_by_hand(directory_origin(d, object, i))) {
    return false;
  }
  return object == CONFIG_HOURS
             ? is_known_calendar(d, c, args)
             : text_equal(directory_config(d, object, i), c->source);
}

static void after_agent_put(struct ctx *x, const struct json *c) {
  const uint32_t agent =
      directory_agent(&x->e->dir, config_text(c, CONFIG_AGENT_ID));
  enum agent_refusal why = AGENT_REFUSAL_NONE;
  (void)do_agent(x, agent,
                 (struct agent_cmd){.type = AGENT_CMD_SET_LIMITS,
                                    .limits = x->e->dir.agents[agent].limits},
                 &why);
  mark_decliners(x);
}

/* A queue that is put for the first time may start paused. */
static void after_queue_put(struct ctx *x, const struct json *c, bool fresh) {
  const uint32_t queue =
      directory_queue(&x->e->dir, config_text(c, CONFIG_QUEUE_ID));
  if (fresh && config_flag(c, CONFIG_QUEUE_PAUSED)) {
    struct record ev;
    ctx_event(x, &ev, EVENT_QUEUE_PAUSED, SESSION_NOBODY);
    record_set_num(&ev, FIELD_QUEUE, queue);
    record_set_text(&ev, FIELD_REASON, TEXT("paused by configuration"));
    emit(x, &ev);
  }
  rematch_queue(x, queue);
}

static bool entry_is_whole(struct ctx *x, const struct json *c,
                           struct answer *a) {
  const bool bot = config_text(c, CONFIG_ENTRY_BOT).len > 0;
  const bool script = config_text(c, CONFIG_ENTRY_SCRIPT).len > 0;
  if (bot != script) {
    return true;
  }
  answer_member(x, REFUSAL_INVALID_MEMBER, bot ? "/script" : "/bot",
                TEXT("An entry point needs either a bot or a script that talks "
                     "first."),
                a);
  return false;
}

static bool queue_is_whole(struct ctx *x, const struct json *c,
                           struct answer *a) {
  if (!directory_overflow_cycles(&x->e->dir, config_text(c, CONFIG_QUEUE_ID),
                                 config_text(c, CONFIG_QUEUE_OVERFLOW))) {
    return true;
  }
  answer_member(x, REFUSAL_INVALID_MEMBER, "/overflow",
                TEXT("The overflow leads back to this queue: a session would "
                     "go round for ever. Let the last queue have no overflow."),
                a);
  return false;
}

static void put(struct ctx *x, enum config_object object, uint32_t event,
                const struct json *c, const struct record *args) {
  if (object == CONFIG_SKILL) {
    put_skill_named(x, config_text(c, CONFIG_SKILL_NAME), &c->source);
    return;
  }
  if (object == CONFIG_QUEUE || object == CONFIG_AGENT) {
    put_used_skills(x, config_list(c, object == CONFIG_QUEUE
                                          ? CONFIG_QUEUE_SKILLS
                                          : CONFIG_AGENT_SKILLS));
    put_ring_skills(
        x, object == CONFIG_QUEUE ? config_list(c, CONFIG_QUEUE_RINGS) : NULL);
  }
  const bool fresh =
      object == CONFIG_QUEUE &&
      directory_queue(&x->e->dir, config_text(c, CONFIG_QUEUE_ID)) == DIR_NONE;
  struct record ev;
  ctx_event(x, &ev, event, SESSION_NOBODY);
  record_set_text(&ev, FIELD_CONFIG, c->source);
  if (object == CONFIG_HOURS) {
    record_set_text(&ev, FIELD_ZONE, record_text(args, FIELD_ZONE));
    record_set_text(&ev, FIELD_ZONE_FILE, record_text(args, FIELD_ZONE_FILE));
  }
  emit(x, &ev);
  if (object == CONFIG_AGENT) {
    after_agent_put(x, c);
  } else if (object == CONFIG_QUEUE) {
    after_queue_put(x, c, fresh);
  }
}

void cmd_put(struct ctx *x, uint32_t slot, const struct record *args,
             struct answer *a) {
  (void)slot;
  size_t i = 0;
  while (puts_of[i].command != args->type) {
    i++;
  }
  const struct json *c = read_config(x, args, puts_of[i].object, a);
  if (c == NULL || !file_may_put(x, puts_of[i].object, c, a) ||
      (puts_of[i].object == CONFIG_ENTRY && !entry_is_whole(x, c, a)) ||
      (puts_of[i].object == CONFIG_QUEUE && !queue_is_whole(x, c, a)) ||
      !references_hold(x, puts_of[i].object, c, a)) {
    return;
  }
  if (!is_known(x, puts_of[i].object, c, args)) {
    put(x, puts_of[i].object, puts_of[i].event, c, args);
  }
  answer_session(x, SESSION_NOBODY, 200, "The configuration stands.", a);
}
