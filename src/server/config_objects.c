#include "base/check.h"
#include "server/config_priv.h"

/* In the order in which they go to the engine. */
static const struct {
  enum config_object kind;
  enum file_member section;
  enum config_member id;
  enum config_member name;
} sections[] = {
    {CONFIG_SKILL, FILE_CENTRE_SKILLS, CONFIG_SKILL_NAME, CONFIG_SKILL_NAME},
    {CONFIG_HOURS, FILE_CENTRE_HOURS, CONFIG_HOURS_ID, CONFIG_HOURS_NAME},
    {CONFIG_DISPOSITION, FILE_CENTRE_DISPOSITIONS, CONFIG_DISPOSITION_ID,
     CONFIG_DISPOSITION_NAME},
    {CONFIG_QUEUE, FILE_CENTRE_QUEUES, CONFIG_QUEUE_ID, CONFIG_QUEUE_NAME},
    {CONFIG_AGENT, FILE_CENTRE_AGENTS, CONFIG_AGENT_ID, CONFIG_AGENT_NAME},
    {CONFIG_BOT, FILE_CENTRE_BOTS, CONFIG_BOT_ID, CONFIG_BOT_NAME},
    {CONFIG_ENTRY, FILE_CENTRE_ENTRIES, CONFIG_ENTRY_ID, CONFIG_ENTRY_NAME},
};

enum { SECTIONS = sizeof sections / sizeof sections[0], SHOWN_MAX = 40 };

static const struct json *section_of(const struct reader *r,
                                     enum file_member member) {
  return reader_member(r->tree.root, member);
}

static const struct json *first_of(const struct json *list) {
  return list == NULL ? NULL : list->first;
}

/* ---- each object by itself */

/* In a file, other than in a request, what stands there may be shown. */
static void report(struct reader *r, const struct json *at,
                   const char *message) {
  if (at->type == JSON_TEXT && at->text.len < SHOWN_MAX &&
      text_ends(text_from(message), TEXT("a string"))) {
    reader_error(r, at, "%s \"%.*s\"", message, TEXT_ARG(at->text));
  } else {
    reader_error(r, at, "%s", message);
  }
}

static void check_object(struct reader *r, enum config_object kind,
                         const struct json *object) {
  struct config_error error;
  for (unsigned skip = 0;
       skip < FINDINGS_MAX && !config_check(kind, object, skip, &error);
       skip++) {
    const struct json *at = yaml_tree_follow(object, text_from(error.pointer));
    report(r, at, error.message);
  }
}

/* "English" among the skills is {"name": "English"}. */
static const struct json *skill_object(struct reader *r,
                                       const struct json *element) {
  struct json *object = arena_alloc(r->arena, sizeof *object);
  struct json *name = arena_alloc(r->arena, sizeof *name);
  if (object == NULL || name == NULL) {
    r->no_memory = true;
    return element;
  }
  *name = *element;
  name->key = TEXT("name");
  name->next = NULL;
  *object = (struct json){.type = JSON_OBJECT,
                          .count = 1,
                          .offset = element->offset,
                          .first = name,
                          .next = element->next};
  return object;
}

static struct text as_json(struct reader *r, const struct json *object) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, r->mem);
  json_out_init(&o, &b);
  json_put_tree(&o, object);
  const struct text copy = arena_copy_text(r->arena, textbuf_text(&b));
  r->no_memory = r->no_memory || b.failed || copy.ptr == NULL;
  textbuf_free(&b);
  return copy;
}

/* By which a transfer means something else. */
static void warn_of_prefix(struct reader *r, enum config_object kind,
                           struct text name, const struct json *at) {
  const struct text prefix = config_prefix_of(name);
  if ((kind == CONFIG_QUEUE || kind == CONFIG_SKILL) && prefix.len > 0) {
    reader_warn(r, at,
                "\"%.*s\" begins with \"%.*s\", by which a transfer names "
                "another kind of thing: leave that out",
                TEXT_ARG(name), TEXT_ARG(prefix));
  }
}

static void add_names(struct reader *r, size_t section,
                      const struct json *object) {
  const enum config_object kind = sections[section].kind;
  const struct text id = config_text(object, sections[section].id);
  const struct text name = config_text(object, sections[section].name);
  const bool queue = kind == CONFIG_QUEUE;
  warn_of_prefix(r, kind, id, object);
  if (id.len > 0) {
    names_add(r, kind, id, true, object);
  }
  if (name.len > 0) {
    names_add(r, kind, name, queue, object);
  }
  if (!queue) {
    return;
  }
  const struct json *aliases = config_list(object, CONFIG_QUEUE_ALIASES);
  for (const struct json *a = first_of(aliases); a != NULL; a = a->next) {
    if (a->text.len > 0) {
      names_add(r, kind, a->text, true, object);
    }
  }
}

/* A calendar's own time zone, or the centre's; the engine is handed its rules,
 * so that a replay needs no files. */
static void read_calendar_zone(struct reader *r, const struct json *object,
                               struct server_object *out) {
  const struct text own = config_text(object, CONFIG_HOURS_ZONE);
  const struct json *at = own.len > 0
                              ? json_member(object, TEXT("timeZone"))
                              : reader_member(r->tree.root, FILE_CENTRE_ZONE);
  out->zone = at == NULL ? TEXT("UTC") : at->text;
  reader_load_zone(r, at, out);
}

static void add_object(struct reader *r, size_t section,
                       const struct json *object) {
  struct server_config *c = r->out;
  const enum config_object kind = sections[section].kind;
  if (kind == CONFIG_SKILL && object->type == JSON_TEXT) {
    object = skill_object(r, object);
  }
  const size_t errors = r->findings->errors;
  if (kind == CONFIG_BOT) {
    object = reader_read_bot(r, object);
  }
  check_object(r, kind, object);
  if (object->type != JSON_OBJECT) {
    return;
  }
  const struct json *id =
      json_member(object, kind == CONFIG_SKILL ? TEXT("name") : TEXT("id"));
  if (id == NULL || id->type != JSON_TEXT) {
    return; /* has been reported */
  }
  add_names(r, section, object);
  if (r->findings->errors == errors) {
    struct server_object *o = &c->objects[c->object_count++];
    *o = (struct server_object){.kind = kind,
                                .id = id->text,
                                .json = as_json(r, object),
                                .line = yaml_tree_place(&r->tree, id).line};
    if (kind == CONFIG_HOURS) {
      read_calendar_zone(r, object, o);
    }
  }
}

void reader_read_objects(struct reader *r) {
  size_t count = 0;
  for (size_t i = 0; i < SECTIONS; i++) {
    const struct json *list = section_of(r, sections[i].section);
    count += list == NULL ? 0 : list->count;
  }
  const struct json *desks = section_of(r, FILE_CENTRE_DESKS);
  count += desks == NULL ? 0 : desks->count; /* each has a seat */
  r->out->bots = arena_alloc(r->arena, (count + 1) * sizeof *r->out->bots);
  r->out->objects =
      arena_alloc(r->arena, (count + 1) * sizeof *r->out->objects);
  if (r->out->objects == NULL || r->out->bots == NULL) {
    r->no_memory = true;
    return;
  }
  for (size_t i = 0; i < SECTIONS; i++) {
    const struct json *list = section_of(r, sections[i].section);
    for (const struct json *e = first_of(list); e != NULL; e = e->next) {
      add_object(r, i, e);
    }
  }
}

/* ---- what objects say about each other */

/* The member of @object whose text this is. */
static const struct json *node_of(const struct json *object, struct text t) {
  const struct json *m = object->first;
  while (m != NULL && m->text.ptr != t.ptr) {
    m = m->next;
  }
  return m == NULL ? object : m;
}

/* Without a section of skills, every skill that is used is one. */
static bool check_reference(void *ctx, const struct config_reference *ref) {
  struct reader *r = ctx;
  if (ref->named == CONFIG_SKILL) {
    warn_of_prefix(r, CONFIG_SKILL, ref->name, ref->at);
  }
  if (ref->named != CONFIG_SKILL || section_of(r, FILE_CENTRE_SKILLS) != NULL) {
    names_require(r, ref->named, ref->name, ref->at);
  }
  return true;
}

/* The name in an element of a list of skills; empty if it has none. */
static struct text skill_name(const struct json *element) {
  const struct json *name = element->type == JSON_OBJECT
                                ? json_member(element, TEXT("name"))
                                : element;
  return name == NULL ? TEXT("") : name->text;
}

static bool is_held_by_an_agent(const struct reader *r, struct text skill) {
  const struct json *agents = section_of(r, FILE_CENTRE_AGENTS);
  for (const struct json *a = first_of(agents); a != NULL; a = a->next) {
    const struct json *list = config_list(a, CONFIG_AGENT_SKILLS);
    for (const struct json *e = first_of(list); e != NULL; e = e->next) {
      if (text_equal_nocase(skill_name(e), skill)) {
        return true;
      }
    }
  }
  return false;
}

static void check_queue(struct reader *r, const struct json *queue) {
  const struct json *list = config_list(queue, CONFIG_QUEUE_SKILLS);
  for (const struct json *e = first_of(list); e != NULL; e = e->next) {
    const struct text name = skill_name(e);
    if (name.len > 0 && config_text(queue, CONFIG_QUEUE_DESK).len == 0 &&
        !is_held_by_an_agent(r, name)) {
      reader_warn(r, e,
                  "no agent has the skill \"%.*s\": nobody can take a session "
                  "of this queue",
                  TEXT_ARG(name));
    }
  }
}

/* Does the chain of overflows lead from @queue back to it? */
static bool overflows_into_itself(const struct reader *r,
                                  const struct json *queue) {
  const struct names *queues = &r->names[CONFIG_QUEUE];
  const struct json *at = queue;
  for (size_t i = 0; i <= queues->count && at != NULL; i++) {
    at = names_find(queues, config_text(at, CONFIG_QUEUE_OVERFLOW));
    if (at == queue) {
      return true;
    }
  }
  return false;
}

static void check_overflow(struct reader *r, const struct json *queue) {
  const struct text name = config_text(queue, CONFIG_QUEUE_OVERFLOW);
  if (name.len > 0 && overflows_into_itself(r, queue)) {
    reader_error(r, node_of(queue, name),
                 "the overflow leads back to this queue: a session would go "
                 "round for ever; let the last queue have no overflow");
  }
}

static void check_entry(struct reader *r, const struct json *entry) {
  const struct text bot = config_text(entry, CONFIG_ENTRY_BOT);
  const struct text script = config_text(entry, CONFIG_ENTRY_SCRIPT);
  if (bot.len > 0 && script.len > 0) {
    reader_error(r, node_of(entry, script),
                 "an entry point has a bot or a script that talks first, not "
                 "both; a script for after the bot is \"onGoodbye\" or "
                 "\"onReleased\"");
  } else if (bot.len == 0 && script.len == 0) {
    reader_error(r, entry,
                 "an entry point needs a bot or a script that talks first: "
                 "\"bot\" or \"script\" is missing");
  }
}

static void check_relations(struct reader *r, enum config_object kind,
                            const struct json *object) {
  (void)config_each_reference(kind, object, check_reference, r);
  if (kind == CONFIG_QUEUE) {
    check_queue(r, object);
    check_overflow(r, object);
  } else if (kind == CONFIG_ENTRY) {
    check_entry(r, object);
  }
}

void reader_check_references(struct reader *r) {
  for (size_t i = 0; i < SECTIONS; i++) {
    const struct json *list = section_of(r, sections[i].section);
    for (const struct json *e = first_of(list); e != NULL; e = e->next) {
      if (e->type == JSON_OBJECT) {
        check_relations(r, sections[i].kind, e);
      }
    }
  }
  if (first_of(section_of(r, FILE_CENTRE_ENTRIES)) == NULL) {
    reader_warn(r, r->tree.root,
                "there is no entry point: nobody can open a session");
  }
}
