/* Things of the directory that are taken away, and what the configuration file
 * may still say about those that the API has changed. */
#include "base/calendar.h"
#include "base/check.h"
#include "engine/centre_priv.h"
#include "engine/engine_priv.h"

static const struct {
  enum command_type command;
  uint32_t event;
} removals[CONFIG_OBJECTS] = {
    [CONFIG_SKILL] = {COMMAND_REMOVE_SKILL, EVENT_SKILL_REMOVED},
    [CONFIG_QUEUE] = {COMMAND_REMOVE_QUEUE, EVENT_QUEUE_REMOVED},
    [CONFIG_AGENT] = {COMMAND_REMOVE_AGENT, EVENT_AGENT_REMOVED},
    [CONFIG_BOT] = {COMMANDS, 0},
    [CONFIG_ENTRY] = {COMMANDS, 0},
    [CONFIG_HOURS] = {COMMAND_REMOVE_HOURS, EVENT_HOURS_REMOVED},
    [CONFIG_DISPOSITION] = {COMMAND_REMOVE_DISPOSITION,
                            EVENT_DISPOSITION_REMOVED}};

uint32_t removed_event(enum config_object kind) {
  return removals[kind].event;
}

/* ---- folding */

void apply_removed(struct engine *e, const struct record *ev) {
  uint32_t kind = 0;
  while (kind < CONFIG_OBJECTS && removals[kind].event != ev->type) {
    kind++;
  }
  if (kind == CONFIG_OBJECTS) {
    return;
  }
  const enum config_object of = (enum config_object)kind;
  const uint32_t number =
      directory_find(&e->dir, of, record_text(ev, FIELD_NAME));
  bt_check(number != DIR_NONE);
  directory_set_origin(
      &e->dir, of, number,
      (struct dir_origin){.role = (uint8_t)record_num(ev, FIELD_ROLE),
                          .at_us = record_num(ev, FIELD_AT),
                          .by = record_text(ev, FIELD_ACTOR)});
  directory_remove(&e->dir, of, number);
  if (of == CONFIG_AGENT) {
    router_remove_agent(&e->router, number);
  }
}

/* ---- what still uses it */

/* Does any waiting session of the queue, or one with an agent that would go
 * back to it, or a booked call, keep it? */
static size_t sessions_of(const struct engine *e, uint32_t queue) {
  size_t count = 0;
  for (uint32_t slot = 0; engine_next_session(e, &slot); slot++) {
    const struct live *l = engine_live(e, slot);
    const bool open = l->s.status != SESSION_COMPLETED;
    count +=
        open &&
        (l->s.queue == queue || l->call_queue == queue ||
         (l->s.waits == SESSION_WAIT_QUEUE && l->s.transfer_target == queue));
  }
  return count;
}

static struct text queue_use(struct ctx *x, uint32_t queue) {
  const size_t sessions = sessions_of(x->e, queue);
  return sessions == 0 ? (struct text){"", 0}
         : sessions == 1
             ? TEXT("An open session waits in it or goes back to it.")
             : ctx_format(x, "%zu open sessions wait in it or go back to it.",
                          sessions);
}

static struct text agent_use(struct ctx *x, uint32_t agent) {
  const struct agent *a = &x->e->agents[agent].a;
  if (a->presence != AGENT_OFFLINE || agent_has_work(a)) {
    return TEXT("The agent is logged in: set the state to offline first, with "
                "force if there is work in hand.");
  }
  return queue_use(x, x->e->dir.agents[agent].queue);
}

/* @skills: a list, as the session keeps it, or nothing. */
static bool asks_for(struct ctx *x, struct text skills, uint32_t skill) {
  struct json *list = NULL;
  if (skills.len == 0 || json_parse(ctx_arena(x), skills, JSON_DEPTH_DEFAULT,
                                    &list, NULL) != BT_ERR_OK) {
    return false;
  }
  const struct json *s = list->first;
  while (s != NULL &&
         directory_skill(&x->e->dir, config_skill_name(s)) != skill) {
    s = s->next;
  }
  return s != NULL;
}

static struct text skill_use(struct ctx *x, uint32_t skill) {
  for (uint32_t slot = 0; engine_next_session(x->e, &slot); slot++) {
    const struct live *l = engine_live(x->e, slot);
    if (l->s.status != SESSION_COMPLETED && asks_for(x, l->skills, skill)) {
      return TEXT("An open session asks for it.");
    }
  }
  return queue_use(x, x->e->dir.skills[skill].queue);
}

/* What is done with it now; what names it is asked of all. */
static struct text use_of(struct ctx *x, enum config_object kind,
                          uint32_t number) {
  const struct text now = kind == CONFIG_SKILL   ? skill_use(x, number)
                          : kind == CONFIG_QUEUE ? queue_use(x, number)
                          : kind == CONFIG_AGENT ? agent_use(x, number)
                                                 : (struct text){"", 0};
  return now.len > 0 ? now : reference_use(x, kind, number);
}

/* ---- taking away */

static void refuse_absent(struct ctx *x, enum config_object kind,
                          struct text name, struct answer *a) {
  const struct text near = directory_nearest_of(&x->e->dir, kind, name);
  answer_refuse(x, SESSION_NOBODY, REFUSAL_NOT_FOUND,
                ctx_format(x, "The centre has no %s '%.*s'.%s%.*s%s",
                           config_named_word(kind), TEXT_ARG(name),
                           near.len > 0 ? " Did you mean '" : "",
                           TEXT_ARG(near), near.len > 0 ? "'?" : ""),
                a);
}

void cmd_remove(struct ctx *x, uint32_t slot, const struct record *args,
                struct answer *a) {
  (void)slot;
  uint32_t kind = 0;
  while (removals[kind].command != args->type) {
    kind++;
  }
  const enum config_object of = (enum config_object)kind;
  const struct text name = record_text(args, FIELD_NAME);
  const uint32_t number = directory_find(&x->e->dir, of, name);
  if (number == DIR_NONE) {
    refuse_absent(x, of, name, a);
    return;
  }
  const struct text use = use_of(x, of, number);
  if (use.len > 0) {
    answer_refuse(x, SESSION_NOBODY, REFUSAL_IN_USE, use, a);
    return;
  }
  struct record ev;
  ctx_event(x, &ev, removals[kind].event, SESSION_NOBODY);
  record_set_text(&ev, FIELD_NAME, directory_id(&x->e->dir, of, number));
  emit(x, &ev);
  answer_session(x, SESSION_NOBODY, 200, "It is gone.", a);
}

/* ---- the file against what the API has changed */

static bool same_value(struct ctx *x, const struct json *a,
                       const struct json *b) {
  struct textbuf one, other;
  struct json_out o;
  if (a == NULL || b == NULL) {
    return a == b || (a == NULL ? b : a)->type == JSON_NULL;
  }
  textbuf_init(&one, x->out->arena.mem);
  textbuf_init(&other, x->out->arena.mem);
  json_out_init(&o, &one);
  json_put_tree(&o, a);
  json_out_init(&o, &other);
  json_put_tree(&o, b);
  const bool same = text_equal(textbuf_text(&one), textbuf_text(&other));
  textbuf_free(&one);
  textbuf_free(&other);
  return same;
}

/* The members by which they differ; empty: by none. */
static struct text differing(struct ctx *x, const struct json *file,
                             const struct json *now) {
  struct textbuf b;
  textbuf_init(&b, x->out->arena.mem);
  for (const struct json *m = file->first; m != NULL; m = m->next) {
    if (!same_value(x, m, json_member(now, m->key))) {
      textbuf_addf(&b, "%s%.*s", b.len > 0 ? ", " : "", TEXT_ARG(m->key));
    }
  }
  for (const struct json *m = now->first; m != NULL; m = m->next) {
    if (json_member(file, m->key) == NULL && m->type != JSON_NULL) {
      textbuf_addf(&b, "%s%.*s", b.len > 0 ? ", " : "", TEXT_ARG(m->key));
    }
  }
  const struct text copy = arena_copy_text(ctx_arena(x), textbuf_text(&b));
  textbuf_free(&b);
  return copy;
}

static void refuse_file(struct ctx *x, enum config_object kind,
                        const struct dir_origin *o, struct text members,
                        struct answer *a) {
  char at[TIME_TEXT_MAX];
  answer_refuse(
      x, SESSION_NOBODY, REFUSAL_CHANGED_BY_HAND,
      ctx_format(
          x, "The %s was %s by %s '%.*s' at %.*s, and that stands%s%.*s.",
          config_named_word(kind), o->removed ? "removed" : "changed",
          role_name(o->role), TEXT_ARG(o->by),
          TEXT_ARG(time_to_text(o->at_us, at)),
          members.len > 0 ? "; the file differs in " : "", TEXT_ARG(members)),
      a);
}

bool file_may_put(struct ctx *x, enum config_object kind, const struct json *c,
                  struct answer *a) {
  if (x->by.role != ROLE_SYSTEM) {
    return true;
  }
  const struct directory *d = &x->e->dir;
  const struct json *id =
      json_member(c, kind == CONFIG_SKILL ? TEXT("name") : TEXT("id"));
  const uint32_t number = directory_find(d, kind, id->text);
  if (number != DIR_NONE &&
      !text_equal_nocase(directory_id(d, kind, number), id->text)) {
    return true; /* another thing's name: see references_hold() */
  }
  const uint32_t gone =
      number == DIR_NONE ? directory_find_removed(d, kind, id->text) : DIR_NONE;
  if (number == DIR_NONE && gone == DIR_NONE) {
    return true;
  }
  const struct dir_origin *o =
      directory_origin(d, kind, number == DIR_NONE ? gone : number);
  if (!directory_is_by_hand(o)) {
    return true;
  }
  struct text members = {"", 0};
  if (number != DIR_NONE) {
    members = differing(
        x, c, config_parse(ctx_arena(x), directory_config(d, kind, number)));
    if (members.len == 0) {
      return true;
    }
  }
  refuse_file(x, kind, o, members, a);
  return false;
}
