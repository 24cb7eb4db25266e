#include "engine/directory.h"

#include <string.h>

#include "base/check.h"
#include "engine/directory_priv.h"

/* ---- names */

bool directory_is_named(struct text key, struct text id, struct text name) {
  return text_equal_nocase(key, id) || text_equal_nocase(key, name);
}

static bool same_skill(const void *ctx, uint32_t i, const void *key) {
  const struct directory *d = ctx;
  return text_equal_nocase(*(const struct text *)key, d->skills[i].name);
}

static bool same_queue(const void *ctx, uint32_t i, const void *key) {
  const struct dir_queue *q = &((const struct directory *)ctx)->queues[i];
  const struct text name = *(const struct text *)key;
  if (directory_is_named(name, q->id, q->name)) {
    return true;
  }
  for (uint32_t a = 0; a < q->alias_count; a++) {
    if (text_equal_nocase(name, q->aliases[a])) {
      return true;
    }
  }
  return false;
}

static bool same_agent(const void *ctx, uint32_t i, const void *key) {
  const struct dir_agent *a = &((const struct directory *)ctx)->agents[i];
  return directory_is_named(*(const struct text *)key, a->id, a->name);
}

static bool same_bot(const void *ctx, uint32_t i, const void *key) {
  const struct dir_bot *b = &((const struct directory *)ctx)->bots[i];
  return directory_is_named(*(const struct text *)key, b->id, b->name);
}

static bool same_script(const void *ctx, uint32_t i, const void *key) {
  const struct directory *d = ctx;
  return text_equal_nocase(*(const struct text *)key, d->scripts[i].name);
}

static bool same_entry(const void *ctx, uint32_t i, const void *key) {
  const struct dir_entry *e = &((const struct directory *)ctx)->entries[i];
  return directory_is_named(*(const struct text *)key, e->id, e->name);
}

void directory_init(struct directory *d, const struct mem *mem) {
  *d = (struct directory){.mem = mem};
  arena_init(&d->arena, mem, 0);
  map_init(&d->by_skill, mem, same_skill, d);
  map_init(&d->by_queue, mem, same_queue, d);
  map_init(&d->by_agent, mem, same_agent, d);
  map_init(&d->by_bot, mem, same_bot, d);
  map_init(&d->by_script, mem, same_script, d);
  map_init(&d->by_entry, mem, same_entry, d);
  directory_init_calendars(d);
  directory_init_dispositions(d);
}

void directory_free(struct directory *d) {
  directory_free_calendars(d);
  directory_free_dispositions(d);
  mem_free(d->mem, d->skills, d->skill_cap * sizeof *d->skills);
  mem_free(d->mem, d->queues, d->queue_cap * sizeof *d->queues);
  mem_free(d->mem, d->agents, d->agent_cap * sizeof *d->agents);
  mem_free(d->mem, d->bots, d->bot_cap * sizeof *d->bots);
  mem_free(d->mem, d->scripts, d->script_cap * sizeof *d->scripts);
  mem_free(d->mem, d->entries, d->entry_cap * sizeof *d->entries);
  mem_free(d->mem, d->posted, d->posted_cap * sizeof *d->posted);
  mem_free(d->mem, d->away_reasons, d->away_cap * sizeof *d->away_reasons);
  struct map *const maps[] = {&d->by_skill, &d->by_queue,  &d->by_agent,
                              &d->by_bot,   &d->by_script, &d->by_entry};
  for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
    map_free(maps[i]);
  }
  arena_free(&d->arena);
}

uint32_t directory_get(const struct map *m, struct text name) {
  return map_get(m, hash_text_nocase(name), &name);
}

/* Of two that have it, it leads to the one of the lower number, whichever had
 * it first: so it does after a snapshot, too. */
void directory_add_name(struct map *m, struct text name, uint32_t i) {
  const uint64_t hash = hash_text_nocase(name);
  const uint32_t known = name.len == 0 ? i : map_get(m, hash, &name);
  if (known == i || (known != MAP_NONE && known < i)) {
    return;
  }
  if (known != MAP_NONE) {
    (void)map_remove(m, hash, known);
  }
  const bool put = map_put(m, hash, i);
  bt_check(put);
}

/* Of most things the name is the id. */
void directory_add_names(struct map *m, struct text id, struct text name,
                         uint32_t i) {
  directory_add_name(m, id, i);
  if (name.ptr != id.ptr) {
    directory_add_name(m, name, i);
  }
}

uint32_t directory_skill(const struct directory *d, struct text name) {
  return directory_get(&d->by_skill, name);
}

uint32_t directory_queue(const struct directory *d, struct text name) {
  return directory_get(&d->by_queue, name);
}

uint32_t directory_agent(const struct directory *d, struct text name) {
  return directory_get(&d->by_agent, name);
}

uint32_t directory_bot(const struct directory *d, struct text name) {
  return directory_get(&d->by_bot, name);
}

uint32_t directory_script(const struct directory *d, struct text name) {
  return directory_get(&d->by_script, name);
}

uint32_t directory_entry(const struct directory *d, struct text name) {
  return directory_get(&d->by_entry, name);
}

/* ---- targets */

static bool target_queue(const struct directory *d, struct text name,
                         struct dir_target *out) {
  const uint32_t queue = directory_queue(d, name);
  *out = (struct dir_target){.number = queue};
  return queue != DIR_NONE;
}

static bool target_skill(const struct directory *d, struct text name,
                         struct dir_target *out) {
  const uint32_t skill = directory_skill(d, name);
  if (skill == DIR_NONE) {
    return false;
  }
  *out = (struct dir_target){.number = d->skills[skill].queue};
  return true;
}

static bool target_agent(const struct directory *d, struct text name,
                         struct dir_target *out) {
  const uint32_t agent = directory_agent(d, name);
  if (agent == DIR_NONE) {
    return false;
  }
  *out = (struct dir_target){.number = d->agents[agent].queue};
  return true;
}

static bool target_bot(const struct directory *d, struct text name,
                       struct dir_target *out) {
  const uint32_t bot = directory_bot(d, name);
  *out = (struct dir_target){.is_bot = true, .number = bot};
  return bot != DIR_NONE;
}

static struct text after(struct text t, struct text prefix) {
  return text_sub(t, prefix.len, t.len - prefix.len);
}

/* As a script writes it. A prefix says the kind; without one a queue goes
 * before a skill of the same name. */
static bool target_any(const struct directory *d, struct text name,
                       struct dir_target *out) {
  if (text_starts(name, TEXT("agent:"))) {
    return target_agent(d, after(name, TEXT("agent:")), out);
  }
  if (text_starts(name, TEXT("bot:"))) {
    return target_bot(d, after(name, TEXT("bot:")), out);
  }
  if (text_starts(name, TEXT("skill:"))) {
    return target_skill(d, after(name, TEXT("skill:")), out);
  }
  return target_queue(d, name, out) || target_skill(d, name, out);
}

bool directory_target(const struct directory *d, enum dir_target_kind kind,
                      struct text name, struct dir_target *out) {
  switch (kind) {
  case DIR_TARGET_ANY:
    return target_any(d, name, out);
  case DIR_TARGET_QUEUE:
    return target_queue(d, name, out) || target_skill(d, name, out);
  case DIR_TARGET_SKILL:
    return target_skill(d, name, out);
  case DIR_TARGET_AGENT:
    return target_agent(d, name, out);
  case DIR_TARGET_BOT:
    return target_bot(d, name, out);
  case DIR_TARGET_CALENDAR:
    return false;
  }
  bt_check_failed("kind of target", __FILE__, __LINE__, __func__);
}

/* Does a skill or queue stand for an agent, and so not for itself? */
bool directory_is_hidden(struct text name) {
  return text_starts(name, TEXT("agent:"));
}

/* ---- folding */

struct text directory_keep(struct directory *d, struct text t) {
  const struct text copy = arena_copy_text(&d->arena, t);
  bt_check(copy.ptr != NULL);
  return copy;
}

/* The texts of a list in a row, with blanks between; empty for NULL. */
static struct text keep_words(struct directory *d, const struct json *list) {
  struct textbuf b;
  textbuf_init(&b, d->mem);
  for (const struct json *e = list == NULL ? NULL : list->first; e != NULL;
       e = e->next) {
    textbuf_addf(&b, "%s%.*s", b.len == 0 ? "" : " ", TEXT_ARG(e->text));
  }
  bt_check(!b.failed);
  const struct text words =
      b.len == 0 ? TEXT("") : directory_keep(d, textbuf_text(&b));
  textbuf_free(&b);
  return words;
}

/* A new element at the end of one of the arrays. */
#define ADD(d, what)                                                           \
  (bt_check(mem_grow((d)->mem, &(d)->what##s, &(d)->what##_cap,                \
                     (d)->what##_count + 1, sizeof *(d)->what##s)),            \
   (uint32_t)(d)->what##_count++)

static uint32_t add_entry(struct directory *d) {
  const bool room = mem_grow(d->mem, &d->entries, &d->entry_cap,
                             d->entry_count + 1, sizeof *d->entries);
  bt_check(room);
  return (uint32_t)d->entry_count++;
}

static uint32_t add_queue(struct directory *d) {
  const uint32_t queue = ADD(d, queue);
  d->queues[queue] = (struct dir_queue){.skill = DIR_NONE, .agent = DIR_NONE};
  return queue;
}

/* What a queue has that makes itself: the defaults of config.def. */
static void make_own_queue(struct directory *d, uint32_t skill,
                           struct text id) {
  const uint32_t queue = add_queue(d);
  struct dir_queue *q = &d->queues[queue];
  static const struct json empty = {.type = JSON_OBJECT};
  q->id = id;
  q->name = id;
  q->config = TEXT("{}");
  q->skill = skill;
  q->params.needs[0] = (struct router_skill){skill, ROUTER_PROFICIENCY_WORST};
  q->params.need_count = 1;
  q->offer_ms = config_ms(&empty, CONFIG_QUEUE_OFFER);
  q->wrapup_ms = config_ms(&empty, CONFIG_QUEUE_WRAPUP);
  q->decline_ms = config_ms(&empty, CONFIG_QUEUE_DECLINE);
  directory_read_rings(d, queue, &empty);
  q->target_ms = config_ms(&empty, CONFIG_QUEUE_TARGET);
  q->pull = CONFIG_PULL_NONE;
  q->offers = true;
  d->skills[skill].queue = queue;
}

uint32_t directory_put_skill(struct directory *d, struct text name) {
  const uint32_t known = directory_skill(d, name);
  if (known != DIR_NONE) {
    return known;
  }
  const uint32_t skill = ADD(d, skill);
  d->skills[skill] = (struct dir_skill){.name = directory_keep(d, name)};
  directory_add_name(&d->by_skill, d->skills[skill].name, skill);
  struct textbuf id;
  textbuf_init(&id, d->mem);
  textbuf_add(&id, directory_is_hidden(name) ? TEXT("") : TEXT("skill:"));
  textbuf_add(&id, name);
  make_own_queue(d, skill, directory_keep(d, textbuf_text(&id)));
  textbuf_free(&id);
  return skill;
}

static uint32_t read_skills(const struct directory *d, const struct json *list,
                            struct router_skill *out, uint32_t cap) {
  uint32_t count = 0;
  const struct json *s = list == NULL ? NULL : list->first;
  for (; s != NULL && count < cap; s = s->next) {
    const uint32_t skill = directory_skill(d, config_skill_name(s));
    if (skill != DIR_NONE) {
      out[count++] = (struct router_skill){
          skill, config_skill_level(s, ROUTER_PROFICIENCY_WORST)};
    }
  }
  return count;
}

/* The first @cap of them; NULL if there are none. */
static const struct text *read_names(struct directory *d,
                                     const struct json *list, uint32_t cap,
                                     uint32_t *count) {
  *count = list == NULL ? 0 : list->count < cap ? list->count : cap;
  if (*count == 0) {
    return NULL;
  }
  struct text *out = arena_alloc(&d->arena, *count * sizeof *out);
  bt_check(out != NULL);
  const struct json *s = list->first;
  for (uint32_t i = 0; i < *count; i++, s = s->next) {
    out[i] = directory_keep(d, s->text);
  }
  return out;
}

/* The name, or the id where no name is given. */
struct text directory_name_or(struct directory *d, const struct json *c,
                              enum config_member member, struct text id) {
  const struct text name = config_text(c, member);
  return name.len == 0 ? id : directory_keep(d, name);
}

static uint32_t read_strategy(struct text name) {
  uint32_t strategy = ROUTER_LONGEST_IDLE;
  for (uint32_t i = 0; i < ROUTER_STRATEGIES; i++) {
    if (text_equal_nocase(name, text_from(router_strategy_text(i)))) {
      strategy = i;
    }
  }
  return strategy;
}

static uint8_t read_rona(const struct json *c) {
  const enum config_word word = config_word(c, CONFIG_QUEUE_NO_ANSWER);
  return word == CONFIG_NO_ANSWER_AWAY   ? AGENT_RONA_AWAY
         : word == CONFIG_NO_ANSWER_STAY ? AGENT_RONA_STAYS
                                         : AGENT_RONA_OWN;
}

static void read_queue(struct directory *d, struct dir_queue *q,
                       const struct json *c) {
  q->aliases = read_names(d, config_list(c, CONFIG_QUEUE_ALIASES),
                          DIR_ALIASES_MAX, &q->alias_count);
  q->owners = read_names(d, config_list(c, CONFIG_QUEUE_OWNERS), DIR_OWNERS_MAX,
                         &q->owner_count);
  q->dispositions = read_names(d, config_list(c, CONFIG_QUEUE_DISPOSITIONS),
                               DIR_DISPOSITIONS_MAX, &q->disposition_count);
  q->free_outcome = config_flag(c, CONFIG_QUEUE_FREE_OUTCOME);
  q->params = (struct router_queue_params){
      .strategy = read_strategy(config_text(c, CONFIG_QUEUE_STRATEGY)),
      .precedence = (uint32_t)config_num(c, CONFIG_QUEUE_PRECEDENCE),
      .max_size = (uint32_t)config_num(c, CONFIG_QUEUE_MAX_SIZE)};
  q->params.need_count = read_skills(d, config_list(c, CONFIG_QUEUE_SKILLS),
                                     q->params.needs, ROUTER_NEEDS_MAX);
  q->priority = (uint32_t)config_num(c, CONFIG_QUEUE_PRIORITY);
  q->max_wait_ms = config_ms(c, CONFIG_QUEUE_MAX_WAIT);
  q->offer_ms = config_ms(c, CONFIG_QUEUE_OFFER);
  q->wrapup_ms = config_ms(c, CONFIG_QUEUE_WRAPUP);
  q->decline_ms = config_ms(c, CONFIG_QUEUE_DECLINE);
  q->target_ms = config_ms(c, CONFIG_QUEUE_TARGET);
  q->hours = directory_keep(d, config_text(c, CONFIG_QUEUE_HOURS));
  q->overflow = directory_keep(d, config_text(c, CONFIG_QUEUE_OVERFLOW));
  q->pull = (uint8_t)config_word(c, CONFIG_QUEUE_PULL);
  q->offers = config_flag(c, CONFIG_QUEUE_OFFERS);
  q->desk = directory_keep(d, config_text(c, CONFIG_QUEUE_DESK));
  q->rona = read_rona(c);
}

uint32_t directory_put_queue(struct directory *d, const struct json *given) {
  const struct json *c =
      config_parse(&d->arena, directory_keep(d, given->source));
  const struct text id = config_text(c, CONFIG_QUEUE_ID);
  uint32_t queue = directory_queue(d, id);
  if (queue == DIR_NONE) {
    queue = add_queue(d);
    d->queues[queue].id = directory_keep(d, id);
  }
  struct dir_queue *q = &d->queues[queue];
  q->name = directory_name_or(d, c, CONFIG_QUEUE_NAME, q->id);
  q->config = c->source;
  read_queue(d, q, c);
  directory_read_rings(d, queue, c);
  directory_add_names(&d->by_queue, q->id, q->name, queue);
  for (uint32_t i = 0; i < q->alias_count; i++) {
    directory_add_name(&d->by_queue, q->aliases[i], queue);
  }
  return queue;
}

uint32_t directory_seat(const struct directory *d, uint32_t queue) {
  const struct text desk = d->queues[queue].desk;
  return desk.len == 0 ? DIR_NONE : directory_agent(d, desk);
}

static uint8_t read_channel(struct text name) {
  return text_equal_nocase(name, TEXT("voice"))     ? 1
         : text_equal_nocase(name, TEXT("message")) ? 2
                                                    : 0;
}

static void read_capacity(struct dir_agent *a, const struct json *capacity) {
  static const uint8_t usual[AGENT_CHANNELS] = {3, 1, 5};
  static const struct text names[AGENT_CHANNELS] = {
      {"chat", 4}, {"voice", 5}, {"message", 7}};
  for (size_t i = 0; i < AGENT_CHANNELS; i++) {
    const struct json *n = json_member(capacity, names[i]);
    a->limits.capacity[i] = n == NULL ? usual[i] : (uint8_t)n->i;
  }
}

static void read_blocks(struct dir_agent *a, const struct json *table) {
  for (const struct json *m = table == NULL ? NULL : table->first; m != NULL;
       m = m->next) {
    uint8_t bits = 0;
    for (const struct json *e = m->first; e != NULL; e = e->next) {
      bits |= (uint8_t)(1u << read_channel(e->text));
    }
    a->limits.blocked_by[read_channel(m->key)] = bits;
  }
}

uint32_t directory_put_agent(struct directory *d, const struct json *c) {
  const struct text id = config_text(c, CONFIG_AGENT_ID);
  uint32_t agent = directory_agent(d, id);
  if (agent == DIR_NONE) {
    agent = ADD(d, agent);
    d->agents[agent] = (struct dir_agent){.id = directory_keep(d, id)};
    struct textbuf skill;
    textbuf_init(&skill, d->mem);
    textbuf_addf(&skill, "agent:%.*s", TEXT_ARG(id));
    const uint32_t own = directory_put_skill(d, textbuf_text(&skill));
    textbuf_free(&skill);
    d->agents[agent].queue = d->skills[own].queue;
    d->queues[d->skills[own].queue].agent = agent;
  }
  struct dir_agent *a = &d->agents[agent];
  a->name = directory_name_or(d, c, CONFIG_AGENT_NAME, a->id);
  a->config = directory_keep(d, c->source);
  read_capacity(a, config_list(c, CONFIG_AGENT_CAPACITY));
  memset(a->limits.blocked_by, 0, sizeof a->limits.blocked_by);
  read_blocks(a, config_list(c, CONFIG_AGENT_NOT_DURING));
  a->shift = directory_keep(d, config_text(c, CONFIG_AGENT_SHIFT));
  a->limits.rona_stays = config_flag(c, CONFIG_AGENT_RONA_STAYS);
  directory_add_names(&d->by_agent, a->id, a->name, agent);
  return agent;
}

uint32_t directory_put_bot(struct directory *d, const struct json *c) {
  const struct text id = config_text(c, CONFIG_BOT_ID);
  uint32_t bot = directory_bot(d, id);
  if (bot == DIR_NONE) {
    bot = ADD(d, bot);
    d->bots[bot] = (struct dir_bot){.id = directory_keep(d, id)};
  }
  struct dir_bot *b = &d->bots[bot];
  b->name = directory_name_or(d, c, CONFIG_BOT_NAME, b->id);
  b->config = directory_keep(d, c->source);
  directory_add_names(&d->by_bot, b->id, b->name, bot);
  return bot;
}

uint32_t directory_put_script(struct directory *d, struct text name,
                              const struct program *program) {
  uint32_t script = directory_script(d, name);
  if (script == DIR_NONE) {
    script = ADD(d, script);
    d->scripts[script] = (struct dir_script){.name = directory_keep(d, name)};
    directory_add_name(&d->by_script, d->scripts[script].name, script);
  }
  d->scripts[script].program = program;
  d->scripts[script].hash = program_hash(program);
  return script;
}

static void read_entry(struct directory *d, struct dir_entry *e,
                       const struct json *c) {
  e->channel = read_channel(config_text(c, CONFIG_ENTRY_CHANNEL));
  e->bot = directory_keep(d, config_text(c, CONFIG_ENTRY_BOT));
  e->script = directory_keep(d, config_text(c, CONFIG_ENTRY_SCRIPT));
  e->on_goodbye = directory_keep(d, config_text(c, CONFIG_ENTRY_ON_GOODBYE));
  e->on_released = directory_keep(d, config_text(c, CONFIG_ENTRY_ON_RELEASED));
  e->fallback = directory_keep(d, config_text(c, CONFIG_ENTRY_FALLBACK));
  e->fallback_message =
      directory_keep(d, config_text(c, CONFIG_ENTRY_FALLBACK_MESSAGE));
  e->invite_ms = config_ms(c, CONFIG_ENTRY_INVITE);
  e->silence_ms = config_ms(c, CONFIG_ENTRY_SILENCE);
  e->drain_ms = config_ms(c, CONFIG_ENTRY_DRAIN);
  e->idle_ms = config_ms(c, CONFIG_ENTRY_IDLE);
  e->grace_ms = config_ms(c, CONFIG_ENTRY_GRACE);
  e->customer_ms = config_ms(c, CONFIG_ENTRY_CUSTOMER);
  e->callbacks = directory_keep(d, config_text(c, CONFIG_ENTRY_CALLBACKS));
  e->files = keep_words(d, config_list(c, CONFIG_ENTRY_FILES));
  e->file_bytes = config_num(c, CONFIG_ENTRY_FILE_BYTES);
  e->keep_cards = config_flag(c, CONFIG_ENTRY_KEEP_CARDS);
}

uint32_t directory_put_entry(struct directory *d, const struct json *c) {
  const struct text id = config_text(c, CONFIG_ENTRY_ID);
  uint32_t entry = directory_entry(d, id);
  if (entry == DIR_NONE) {
    entry = add_entry(d);
    d->entries[entry] = (struct dir_entry){.id = directory_keep(d, id)};
  }
  struct dir_entry *e = &d->entries[entry];
  e->name = directory_name_or(d, c, CONFIG_ENTRY_NAME, e->id);
  e->config = directory_keep(d, c->source);
  read_entry(d, e, c);
  directory_add_names(&d->by_entry, e->id, e->name, entry);
  return entry;
}

uint32_t directory_put_away_reason(struct directory *d, struct text reason) {
  const bool room = mem_grow(d->mem, &d->away_reasons, &d->away_cap,
                             d->away_count + 1, sizeof *d->away_reasons);
  bt_check(room);
  d->away_reasons[d->away_count] = directory_keep(d, reason);
  return AGENT_AWAY_CUSTOM + (uint32_t)d->away_count++;
}

uint32_t directory_away_code(const struct directory *d, struct text reason) {
  for (size_t i = 0; i < d->away_count; i++) {
    if (text_equal(d->away_reasons[i], reason)) {
      return AGENT_AWAY_CUSTOM + (uint32_t)i;
    }
  }
  return AGENT_AWAY_NONE;
}

struct text directory_away_text(const struct directory *d, uint32_t code) {
  if (code >= AGENT_AWAY_CUSTOM && code - AGENT_AWAY_CUSTOM < d->away_count) {
    return d->away_reasons[code - AGENT_AWAY_CUSTOM];
  }
  return code == AGENT_AWAY_NO_ANSWER   ? TEXT("no answer")
         : code == AGENT_AWAY_LOGGED_IN ? TEXT("logged in")
                                        : TEXT("");
}

/* ---- for the router */

struct router_agent_params directory_agent_params(const struct directory *d,
                                                  uint32_t agent,
                                                  const struct json *c,
                                                  struct arena *arena) {
  const struct dir_agent *a = &d->agents[agent];
  const struct json *skills = config_list(c, CONFIG_AGENT_SKILLS);
  const struct json *queues = config_list(c, CONFIG_AGENT_QUEUES);
  const uint32_t most = skills == NULL ? 0 : skills->count;
  struct router_skill *has = arena_alloc(arena, (most + 1) * sizeof *has);
  const size_t listed = queues == NULL ? 0 : queues->count;
  uint32_t *serves = arena_alloc(arena, (listed + most + 1) * sizeof *serves);
  bt_check(has != NULL && serves != NULL);
  uint32_t count = read_skills(d, skills, has, most);
  /* Its own skill: what is meant for it alone. */
  has[count++] =
      (struct router_skill){d->queues[a->queue].skill, ROUTER_PROFICIENCY_BEST};
  uint32_t served = 0;
  for (const struct json *q = queues == NULL ? NULL : queues->first; q != NULL;
       q = q->next) {
    const uint32_t queue = directory_queue(d, q->text);
    if (queue != DIR_NONE) {
      serves[served++] = queue;
    }
  }
  /* A transfer may name a skill: whoever has it serves that queue, too. */
  for (uint32_t i = 0; i < count; i++) {
    serves[served++] = d->skills[has[i].skill].queue;
  }
  struct router_agent_params p = {.skills = has,
                                  .skill_count = count,
                                  .queues = serves,
                                  .queue_count = listed == 0 ? 0 : served,
                                  .all_queues = listed == 0};
  directory_read_posts(d, agent, arena, &p);
  for (uint32_t i = 0; i < AGENT_CHANNELS; i++) {
    p.channels |= (uint8_t)((a->limits.capacity[i] > 0) << i);
  }
  return p;
}
