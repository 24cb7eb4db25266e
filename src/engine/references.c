/* What configured things say of each other: each name must be the name of
 * something, nothing may have the name of another, and what is named stays. */
#include "base/check.h"
#include "engine/centre_priv.h"
#include "engine/engine_priv.h"

/* ---- who is meant */

/* A desk is known by the queues that it serves: those of the file. */
static uint32_t find_desk(const struct directory *d, struct text name) {
  for (uint32_t i = 0; i < d->queue_count; i++) {
    if (!d->queues[i].origin.removed &&
        text_equal_nocase(d->queues[i].desk, name)) {
      return directory_agent(d, name);
    }
  }
  return DIR_NONE;
}

static uint32_t find_named(const struct directory *d, uint32_t named,
                           struct text name) {
  return named == CONFIG_SCRIPT ? directory_script(d, name)
         : named == CONFIG_DESK
             ? find_desk(d, name)
             : directory_find(d, (enum config_object)named, name);
}

/* Is a skill one only if it was put? As in the file: without a list of skills
 * every skill that is used is one. */
static bool lists_skills(const struct directory *d) {
  bool lists = false;
  for (size_t i = 0; !lists && i < d->skill_count; i++) {
    lists = d->skills[i].listed && !d->skills[i].origin.removed;
  }
  return lists;
}

struct text absent_detail(struct ctx *x, uint32_t named, struct text name) {
  const struct text near = directory_nearest_of(&x->e->dir, named, name);
  return ctx_format(x, "No %s is called '%.*s'.%s%.*s%s",
                    config_named_word(named), TEXT_ARG(name),
                    near.len > 0 ? " Did you mean '" : "", TEXT_ARG(near),
                    near.len > 0 ? "'?" : "");
}

/* ---- names that nothing has */

struct naming {
  struct ctx *x;
  const struct json *before; /* the object as it stands; NULL: it is new */
  enum config_object object;
  struct answer *a;
};

static bool is_other_name(void *ctx, const struct config_reference *r) {
  const struct config_reference *wanted = ctx;
  return r->named != wanted->named || !text_equal_nocase(r->name, wanted->name);
}

static void refuse_unknown(const struct naming *n,
                           const struct config_reference *r) {
  struct ctx *x = n->x;
  const struct text near = directory_nearest_of(&x->e->dir, r->named, r->name);
  const struct text meant =
      near.len == 0 ? near
                    : ctx_format(x, " (did you mean '%.*s'?)", TEXT_ARG(near));
  const struct text detail =
      r->named == CONFIG_DESK
          ? ctx_format(x,
                       "No desk is called '%.*s': desks stand in the centre's "
                       "file, with a queue that they serve.",
                       TEXT_ARG(r->name))
          : ctx_format(x,
                       "No %s is called '%.*s'%.*s: put it first, with PUT "
                       "/api/v1/%s, or in the centre's file.",
                       config_named_word(r->named), TEXT_ARG(r->name),
                       TEXT_ARG(meant),
                       r->named == CONFIG_SCRIPT
                           ? "scripts"
                           : config_object_wire((enum config_object)r->named));
  answer_member(x, REFUSAL_INVALID_MEMBER, r->pointer, detail, n->a);
}

/* What a transfer reads as something else could not be named by it, and whoever
 * had the skill that stands for an agent would get what is meant for that one.
 */
static bool is_plain(const struct naming *n, const char *pointer,
                     struct text name) {
  const struct text prefix = config_prefix_of(name);
  if (prefix.len == 0 || n->x->by.role == ROLE_SYSTEM) {
    return true;
  }
  answer_member(n->x, REFUSAL_INVALID_MEMBER, pointer,
                ctx_format(n->x,
                           "'%.*s' begins with '%.*s', by which a transfer "
                           "names another kind of thing: leave that out.",
                           TEXT_ARG(name), TEXT_ARG(prefix)),
                n->a);
  return false;
}

/* What the file names may come later in it, and its reader has looked.
 * Calendars and outcomes come first. */
static bool may_come_later(const struct naming *n,
                           const struct config_reference *r) {
  return n->x->by.role == ROLE_SYSTEM && r->named != CONFIG_HOURS &&
         r->named != CONFIG_DISPOSITION;
}

/* What the object names already may be gone: versions before this one took away
 * what was named. Costs as much as it names, so it is asked last. */
static bool was_named(const struct naming *n,
                      const struct config_reference *r) {
  struct config_reference wanted = *r;
  return n->before != NULL &&
         !config_each_reference(n->object, n->before, is_other_name, &wanted);
}

static bool is_somebody(void *ctx, const struct config_reference *r) {
  const struct naming *n = ctx;
  const struct directory *d = &n->x->e->dir;
  const bool skill = r->named == CONFIG_SKILL;
  if (skill && config_prefix_of(r->name).len > 0) {
    return was_named(n, r) || is_plain(n, r->pointer, r->name);
  }
  if (may_come_later(n, r) || find_named(d, r->named, r->name) != DIR_NONE ||
      (skill && !lists_skills(d)) || was_named(n, r)) {
    return true;
  }
  refuse_unknown(n, r);
  return false;
}

/* ---- names that something else has */

static const struct {
  enum config_member id, name;
} names_of[CONFIG_OBJECTS] = {
    [CONFIG_SKILL] = {CONFIG_SKILL_NAME, CONFIG_SKILL_NAME},
    [CONFIG_QUEUE] = {CONFIG_QUEUE_ID, CONFIG_QUEUE_NAME},
    [CONFIG_AGENT] = {CONFIG_AGENT_ID, CONFIG_AGENT_NAME},
    [CONFIG_BOT] = {CONFIG_BOT_ID, CONFIG_BOT_NAME},
    [CONFIG_ENTRY] = {CONFIG_ENTRY_ID, CONFIG_ENTRY_NAME},
    [CONFIG_HOURS] = {CONFIG_HOURS_ID, CONFIG_HOURS_NAME},
    [CONFIG_DISPOSITION] = {CONFIG_DISPOSITION_ID, CONFIG_DISPOSITION_NAME}};

struct claim {
  struct text name;
  const char *pointer;
  bool id;
  bool unique; /* also among names that are not ids */
};

static const struct json *first_alias(const struct naming *n,
                                      const struct json *c) {
  const struct json *list =
      n->object == CONFIG_QUEUE ? config_list(c, CONFIG_QUEUE_ALIASES) : NULL;
  return list == NULL ? NULL : list->first;
}

/* Versions before this one gave one name twice. */
static bool had_name(const struct naming *n, struct text name) {
  if (n->before == NULL) {
    return false;
  }
  const struct json *e = first_alias(n, n->before);
  while (e != NULL && !text_equal_nocase(e->text, name)) {
    e = e->next;
  }
  return e != NULL ||
         text_equal_nocase(config_text(n->before, names_of[n->object].name),
                           name);
}

/* Who else has it. The file was looked at as a whole, and may exchange names:
 * there only what the API has put is somebody else. But what is put under an id
 * that another thing answers to would be taken for a change of that. */
static uint32_t other_of_name(const struct naming *n, struct text id,
                              const struct claim *c) {
  const struct directory *d = &n->x->e->dir;
  const uint32_t other = directory_find(d, n->object, c->name);
  if (c->name.len == 0 || other == DIR_NONE) {
    return DIR_NONE;
  }
  const struct text its = directory_id(d, n->object, other);
  const bool free =
      text_equal_nocase(its, id) ||
      (!c->unique && !text_equal_nocase(its, c->name)) ||
      (n->x->by.role == ROLE_SYSTEM && !c->id &&
       !directory_is_by_hand(directory_origin(d, n->object, other))) ||
      had_name(n, c->name);
  return free ? DIR_NONE : other;
}

/* To the file it is a conflict with what the API has put, which stands. */
static bool may_claim(const struct naming *n, struct text id,
                      const struct claim *c) {
  if (n->object == CONFIG_QUEUE && n->before == NULL &&
      !is_plain(n, c->pointer, c->name)) {
    return false;
  }
  const uint32_t other = other_of_name(n, id, c);
  if (other == DIR_NONE) {
    return true;
  }
  answer_member(
      n->x,
      n->x->by.role == ROLE_SYSTEM ? REFUSAL_CHANGED_BY_HAND
                                   : REFUSAL_INVALID_MEMBER,
      c->pointer,
      ctx_format(n->x,
                 "'%.*s' is a name of the %s '%.*s' already; each "
                 "needs names of its own (upper and lower case are "
                 "the same).",
                 TEXT_ARG(c->name), config_named_word(n->object),
                 TEXT_ARG(directory_id(&n->x->e->dir, n->object, other))),
      n->a);
  return false;
}

static bool may_claim_aliases(const struct naming *n, const struct json *c,
                              struct text id) {
  size_t index = 0;
  bool may = true;
  for (const struct json *e = first_alias(n, c); may && e != NULL;
       e = e->next) {
    const struct claim claim = {
        .name = e->text,
        .pointer = ctx_format(n->x, "/aliases/%zu", index++).ptr,
        .unique = true};
    may = may_claim(n, id, &claim);
  }
  return may;
}

static bool names_are_free(const struct naming *n, const struct json *c) {
  const struct text id = config_text(c, names_of[n->object].id);
  const struct claim of_id = {
      .name = id, .pointer = "/id", .id = true, .unique = true};
  const struct claim of_name = {.name =
                                    config_text(c, names_of[n->object].name),
                                .pointer = "/name",
                                .unique = n->object == CONFIG_QUEUE};
  return n->object == CONFIG_SKILL
             ? is_plain(n, "/name", id)
             : (may_claim(n, id, &of_id) && may_claim(n, id, &of_name) &&
                may_claim_aliases(n, c, id));
}

bool references_hold(struct ctx *x, enum config_object object,
                     const struct json *c, struct answer *a) {
  const struct directory *d = &x->e->dir;
  const struct text id = config_text(c, names_of[object].id);
  const uint32_t number = directory_find(d, object, id);
  struct naming n = {.x = x, .object = object, .a = a};
  if (number != DIR_NONE &&
      text_equal_nocase(directory_id(d, object, number), id)) {
    n.before = config_parse(ctx_arena(x), directory_config(d, object, number));
  }
  return names_are_free(&n, c) &&
         config_each_reference(object, c, is_somebody, &n);
}

/* ---- what is named stays */

struct use {
  struct ctx *x;
  uint32_t named, number; /* what is meant */
  struct text first;      /* who names it, and where */
  size_t others;
  enum config_object object; /* that is asked now */
  uint32_t by;
};

static bool meets(void *ctx, const struct config_reference *r) {
  struct use *u = ctx;
  const struct directory *d = &u->x->e->dir;
  const bool kind = r->named == u->named ||
                    (r->named == CONFIG_DESK && u->named == CONFIG_AGENT);
  if (!kind || find_named(d, r->named, r->name) != u->number) {
    return true;
  }
  if (u->first.len > 0) {
    u->others++;
    return false;
  }
  static const char *const words[CONFIG_OBJECTS] = {[CONFIG_QUEUE] = "Queue",
                                                    [CONFIG_AGENT] = "Agent",
                                                    [CONFIG_ENTRY] =
                                                        "Entry point"};
  u->first =
      ctx_format(u->x, "%s '%.*s' names it in %s", words[u->object],
                 TEXT_ARG(directory_id(d, u->object, u->by)), r->pointer);
  return false; /* once for each that names it */
}

static void ask_objects(struct use *u, enum config_object object) {
  const struct directory *d = &u->x->e->dir;
  struct arena arena;
  arena_init(&arena, &u->x->e->mem, 0);
  u->object = object;
  for (u->by = 0; u->by < directory_count(d, object); u->by++) {
    const bool itself = u->named == (uint32_t)object && u->number == u->by;
    if (!directory_origin(d, object, u->by)->removed && !itself) {
      (void)config_each_reference(
          object, config_parse(&arena, directory_config(d, object, u->by)),
          meets, u);
      arena_reset(&arena);
    }
  }
  arena_free(&arena);
}

/* Of what a script transfers to: the queue that stands for the thing. */
static uint32_t queue_of(const struct directory *d, const struct use *u) {
  return u->named == CONFIG_QUEUE   ? u->number
         : u->named == CONFIG_AGENT ? d->agents[u->number].queue
         : u->named == CONFIG_SKILL ? d->skills[u->number].queue
                                    : DIR_NONE;
}

/* Is it what a Transfer, or a CheckHours, in a script means? */
static bool is_target(const struct directory *d, struct text name,
                      const struct use *u) {
  const struct text prefix = TEXT("hours:");
  struct dir_target t;
  if (u->named == CONFIG_HOURS) {
    return text_starts(name, prefix) &&
           directory_calendar(d, text_sub(name, prefix.len,
                                          name.len - prefix.len)) == u->number;
  }
  const uint32_t queue = queue_of(d, u);
  return queue != DIR_NONE && directory_target(d, DIR_TARGET_ANY, name, &t) &&
         !t.is_bot && t.number == queue;
}

static void ask_scripts(struct use *u) {
  const struct directory *d = &u->x->e->dir;
  for (size_t i = 0; i < d->script_count; i++) {
    const struct program *p = d->scripts[i].program;
    size_t t = 0;
    while (t < program_target_count(p) &&
           !is_target(d, program_target(p, t).name, u)) {
      t++;
    }
    if (t == program_target_count(p)) {
      continue;
    }
    if (u->first.len > 0) {
      u->others++;
      continue;
    }
    u->first =
        ctx_format(u->x, "Script '%.*s' names it in line %u",
                   TEXT_ARG(d->scripts[i].name), program_target(p, t).line);
  }
}

struct text reference_use(struct ctx *x, enum config_object object,
                          uint32_t number) {
  struct use u = {.x = x, .named = object, .number = number};
  ask_objects(&u, CONFIG_QUEUE);
  ask_objects(&u, CONFIG_AGENT);
  ask_objects(&u, CONFIG_ENTRY);
  ask_scripts(&u);
  if (u.first.len == 0) {
    return u.first;
  }
  return u.others == 0
             ? ctx_format(x, "%.*s.", TEXT_ARG(u.first))
             : ctx_format(x, "%.*s, and %zu more name%s it.", TEXT_ARG(u.first),
                          u.others, u.others == 1 ? "s" : "");
}
