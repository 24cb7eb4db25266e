#include "scenario/roster_priv.h"

struct maker {
  struct arena *arena;
  const struct scenario *s;
  bool no_memory;
};

static size_t target_count(const struct scenario *s) {
  return s->program == NULL ? 0 : program_target_count(s->program);
}

static void begin(struct maker *m, struct roster_list *list,
                  const struct json *named) {
  const size_t cap =
      target_count(m->s) + 1 + (named == NULL ? 0 : named->count + 1U);
  list->items = arena_alloc(m->arena, cap * sizeof *list->items);
  m->no_memory = m->no_memory || list->items == NULL;
}

const struct roster_item *roster_find(const struct roster_list *list,
                                      struct text id) {
  for (size_t i = 0; i < list->count; i++) {
    if (text_equal_nocase(list->items[i].id, id)) {
      return &list->items[i];
    }
  }
  return NULL;
}

static void add(struct roster_list *list, struct text id,
                const struct json *node) {
  if (list->items != NULL && roster_find(list, id) == NULL) {
    list->items[list->count++] = (struct roster_item){id, node};
  }
}

static void add_named(struct roster_list *list, const struct json *nodes) {
  for (const struct json *n = nodes == NULL ? NULL : nodes->first; n != NULL;
       n = n->next) {
    const struct json *id = json_member(n, TEXT("id"));
    if (id != NULL && id->type == JSON_TEXT) {
      add(list, id->text, n);
    }
  }
}

/* Each target that begins with @prefix; with an empty one those that name
 * neither an agent nor a bot nor a calendar: an address, "sip:…", is played by
 * a queue, as every other place is that a script gives its session to. */
static void add_targets(struct maker *m, struct roster_list *list,
                        struct text prefix) {
  for (size_t i = 0; i < target_count(m->s); i++) {
    struct text name = program_target(m->s->program, i).name;
    const bool plain = !text_starts(name, TEXT("agent:")) &&
                       !text_starts(name, TEXT("bot:")) &&
                       !text_starts(name, TEXT("hours:"));
    if (prefix.len == 0 ? plain : text_starts(name, prefix)) {
      add(list, text_sub(name, prefix.len, name.len), NULL);
    }
  }
}

bool roster_make(struct arena *arena, const struct scenario *s,
                 struct roster *out) {
  struct maker m = {.arena = arena, .s = s};
  const struct json *bot = field_at(s->root, F_SCENARIO_BOT);
  const struct json *bots = field_at(s->root, F_SCENARIO_BOTS);
  const struct json *agents = field_at(s->root, F_SCENARIO_AGENTS);
  const struct json *queues = field_at(s->root, F_SCENARIO_QUEUES);
  const struct json *hours = field_at(s->root, F_SCENARIO_HOURS);
  const struct json *bot_id = json_member(bot, TEXT("id"));
  *out = (struct roster){0};
  begin(&m, &out->bots, bots);
  add(&out->bots,
      bot_id != NULL && bot_id->type == JSON_TEXT ? bot_id->text
                                                  : TEXT("cognigy"),
      bot);
  add_named(&out->bots, bots);
  if (bots == NULL) {
    add_targets(&m, &out->bots, TEXT("bot:"));
  }
  begin(&m, &out->agents, agents);
  add_named(&out->agents, agents);
  if (agents == NULL) {
    add_targets(&m, &out->agents, TEXT("agent:"));
    add(&out->agents, TEXT("anna"), NULL);
  }
  begin(&m, &out->queues, queues);
  add_named(&out->queues, queues);
  if (queues == NULL) {
    add_targets(&m, &out->queues, TEXT(""));
  }
  begin(&m, &out->calendars, hours);
  add_named(&out->calendars, hours);
  if (hours == NULL) {
    add_targets(&m, &out->calendars, TEXT("hours:"));
  }
  return !m.no_memory;
}
