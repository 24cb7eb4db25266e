#include "scenario/centre.h"

#include "base/check.h"
#include "base/tz.h"
#include "scenario/fields_priv.h"
#include "server/slurp.h"

/* ---- trees */

static struct json *new_node(struct scenario_centre *c, enum json_type type,
                             const char *key) {
  struct json *node = arena_alloc(c->arena, sizeof *node);
  if (node == NULL) {
    c->no_memory = true;
    return NULL;
  }
  *node = (struct json){
      .type = type, .key = text_from(key), .offset = c->at->offset};
  return node;
}

static void append(struct json *to, struct json *node) {
  struct json **end = &to->first;
  while (*end != NULL) {
    end = &(*end)->next;
  }
  *end = node;
  to->count++;
}

/* Of one node, whose members or elements stay the same. */
static void append_copy(struct scenario_centre *c, struct json *to,
                        const struct json *node) {
  struct json *copy = new_node(c, node->type, "");
  if (copy != NULL) {
    *copy = *node;
    copy->next = NULL;
    append(to, copy);
  }
}

static void put_text(struct scenario_centre *c, struct json *to,
                     const char *key, struct text value) {
  if (json_member(to, text_from(key)) != NULL) {
    return;
  }
  struct json *node = new_node(c, JSON_TEXT, key);
  if (node != NULL) {
    node->text = value;
    append(to, node);
  }
}

/* What was read from another file is found where that file is named. */
static void move(struct json *node, size_t offset) {
  node->offset = offset;
  for (struct json *c = node->first; c != NULL; c = c->next) {
    move(c, offset);
  }
}

static struct json *parse(struct scenario_centre *c,
                          const struct server_object *object) {
  struct json *tree = NULL;
  const struct text json = arena_copy_text(c->arena, object->json);
  if (json.ptr == NULL || json_parse(c->arena, json, JSON_DEPTH_DEFAULT, &tree,
                                     NULL) != BT_ERR_OK) {
    c->no_memory = true;
    return NULL;
  }
  move(tree, c->at->offset);
  return tree;
}

/* The members of @over, and those of @base that it does not have. Either may be
 * NULL. */
static struct json *merge(struct scenario_centre *c, const struct json *over,
                          const struct json *base, const char *key) {
  struct json *all = new_node(c, JSON_OBJECT, key);
  if (all == NULL) {
    return NULL;
  }
  all->offset = over == NULL ? all->offset : over->offset;
  for (const struct json *m = over == NULL ? NULL : over->first; m != NULL;
       m = m->next) {
    append_copy(c, all, m);
  }
  for (const struct json *m = base == NULL ? NULL : base->first; m != NULL;
       m = m->next) {
    if (json_member(over, m->key) == NULL) {
      append_copy(c, all, m);
    }
  }
  return all;
}

/* ---- lists of objects */

static bool has_id(const struct json *node, struct text id) {
  const struct json *own = json_member(node, TEXT("id"));
  return own != NULL && own->type == JSON_TEXT &&
         text_equal_nocase(own->text, id);
}

static const struct json *find(const struct json *list, struct text id) {
  const struct json *n = list == NULL ? NULL : list->first;
  while (n != NULL && !has_id(n, id)) {
    n = n->next;
  }
  return n;
}

static bool is_there(const struct scenario_centre *c, enum config_object kind,
                     struct text id) {
  for (size_t i = 0; i < c->config.object_count; i++) {
    if (c->config.objects[i].kind == kind &&
        text_equal_nocase(c->config.objects[i].id, id)) {
      return true;
    }
  }
  return false;
}

/* The scenario's own elements that the centre does not have stay behind them.
 */
static void join_list(struct scenario_centre *c, struct json *root,
                      enum config_object kind, enum scenario_field field,
                      const char *key) {
  const struct json *own = field_at(root, field);
  struct json *all = new_node(c, JSON_LIST, key);
  if (all == NULL) {
    return;
  }
  for (size_t i = 0; i < c->config.object_count; i++) {
    const struct server_object *object = &c->config.objects[i];
    struct json *tree = object->kind == kind ? parse(c, object) : NULL;
    if (tree != NULL) {
      struct json *node = merge(c, find(own, object->id), tree, "");
      if (node != NULL) {
        append(all, node);
      }
    }
  }
  for (const struct json *n = own == NULL ? NULL : own->first; n != NULL;
       n = n->next) {
    const struct json *id = json_member(n, TEXT("id"));
    if (id == NULL || id->type != JSON_TEXT || !is_there(c, kind, id->text)) {
      append_copy(c, all, n);
    }
  }
  if (all->count > 0) {
    append(root, all);
  }
}

static void join_skills(struct scenario_centre *c, struct json *root) {
  struct json *all = new_node(c, JSON_LIST, "skills");
  const struct json *own = field_at(root, F_SCENARIO_SKILLS);
  for (size_t i = 0; all != NULL && i < c->config.object_count; i++) {
    struct json *name = c->config.objects[i].kind == CONFIG_SKILL
                            ? new_node(c, JSON_TEXT, "")
                            : NULL;
    if (name != NULL) {
      name->text = arena_copy_text(c->arena, c->config.objects[i].id);
      append(all, name);
    }
  }
  for (const struct json *n = field_first(root, F_SCENARIO_SKILLS);
       all != NULL && n != NULL; n = own->type == JSON_LIST ? n->next : NULL) {
    append_copy(c, all, n);
  }
  if (all != NULL && all->count > 0) {
    append(root, all);
  }
}

/* ---- the entry point */

/* The script under test, as the centre calls it; empty if it does not. */
static struct text name_of_script(const struct scenario_centre *c) {
  for (size_t i = 0; i < c->config.script_count; i++) {
    if (file_is_same(c->config.scripts[i].path, text_from(c->script))) {
      return c->config.scripts[i].name;
    }
  }
  return (struct text){"", 0};
}

/* How the entry point begins the script, as `start` says it; NULL: not. */
static const char *start_by(const struct json *entry, struct text script) {
  static const struct {
    enum config_member member;
    const char *start;
  } ways[] = {{CONFIG_ENTRY_ON_GOODBYE, "releasing"},
              {CONFIG_ENTRY_ON_RELEASED, "idle"},
              {CONFIG_ENTRY_SCRIPT, "script"}};
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    if (script.len > 0 &&
        text_equal_nocase(config_text(entry, ways[i].member), script)) {
      return ways[i].start;
    }
  }
  return NULL;
}

static struct json *find_entry(struct scenario_centre *c,
                               const struct json *own, const char **start) {
  const struct json *id = json_member(own, TEXT("id"));
  const struct text script = name_of_script(c);
  for (size_t i = 0; i < c->config.object_count; i++) {
    const struct server_object *object = &c->config.objects[i];
    struct json *entry = object->kind == CONFIG_ENTRY ? parse(c, object) : NULL;
    if (entry == NULL) {
      continue;
    }
    *start = start_by(entry, script);
    if (id == NULL ? *start != NULL
                   : id->type == JSON_TEXT &&
                         text_equal_nocase(id->text, object->id)) {
      return entry;
    }
  }
  *start = NULL;
  return NULL;
}

/* What begins and what holds the session comes from `start` and `bot`. */
static void drop_parts(struct json *entry) {
  static const char *const parts[] = {"bot", "script", "onGoodbye",
                                      "onReleased"};
  struct json **link = &entry->first;
  while (*link != NULL) {
    size_t i = 0;
    while (i < sizeof parts / sizeof parts[0] &&
           !text_equal((*link)->key, text_from(parts[i]))) {
      i++;
    }
    if (i < sizeof parts / sizeof parts[0]) {
      *link = (*link)->next;
      entry->count--;
    } else {
      link = &(*link)->next;
    }
  }
}

/* The first bot is the entry point's. */
static void join_bot(struct scenario_centre *c, struct json *root,
                     struct text id) {
  const struct json *own = field_at(root, F_SCENARIO_BOT);
  const bool without =
      text_equal(field_text(root, F_SCENARIO_START), TEXT("script"));
  if (id.len == 0 || own != NULL || without) {
    return;
  }
  struct json *bot =
      merge(c, find(field_at(root, F_SCENARIO_BOTS), id), NULL, "bot");
  if (bot != NULL) {
    put_text(c, bot, "id", id);
    append(root, bot);
  }
}

static void join_entry(struct scenario_centre *c, struct json *root) {
  const struct json *own = field_at(root, F_SCENARIO_ENTRY);
  const char *start = NULL;
  struct json *entry = find_entry(c, own, &start);
  if (entry == NULL) {
    if (own != NULL) {
      append_copy(c, root, own);
    }
    return;
  }
  if (start != NULL) {
    put_text(c, root, "start", text_from(start));
  }
  join_bot(c, root, config_text(entry, CONFIG_ENTRY_BOT));
  drop_parts(entry);
  struct json *all = merge(c, own, entry, "entryPoint");
  if (all != NULL) {
    append(root, all);
  }
}

/* ---- all of it */

/* A member behind the first of its name: what was joined comes instead. */
static void drop_doubles(struct json *root) {
  for (struct json **link = &root->first; *link != NULL;) {
    const struct json *later = (*link)->next;
    while (later != NULL && !text_equal(later->key, (*link)->key)) {
      later = later->next;
    }
    if (later == NULL) {
      link = &(*link)->next;
    } else {
      *link = (*link)->next;
      root->count--;
    }
  }
}

struct json *scenario_centre_join(struct scenario_centre *c,
                                  const struct json *scenario) {
  struct json *root = merge(c, scenario, NULL, "");
  if (root == NULL) {
    return NULL;
  }
  put_text(c, root, "timeZone",
           arena_copy_text(c->arena, tz_name(c->config.zone)));
  join_entry(c, root);
  join_skills(c, root);
  join_list(c, root, CONFIG_HOURS, F_SCENARIO_HOURS, "hours");
  join_list(c, root, CONFIG_DISPOSITION, F_SCENARIO_DISPOSITIONS,
            "dispositions");
  join_list(c, root, CONFIG_QUEUE, F_SCENARIO_QUEUES, "queues");
  join_list(c, root, CONFIG_AGENT, F_SCENARIO_AGENTS, "agents");
  join_list(c, root, CONFIG_BOT, F_SCENARIO_BOTS, "bots");
  drop_doubles(root);
  return root;
}
