#include "cli/check_world.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "cli/cli.h"
#include "domain/heap.h"
#include "server/slurp.h"

/* ---- names */

/* An object of the file was checked when it was read. */
static const struct json *parse(struct arena *arena,
                                const struct server_object *object) {
  struct json *tree = NULL;
  const enum bt_err err =
      json_parse(arena, object->json, JSON_DEPTH_DEFAULT, &tree, NULL);
  bt_check(err == BT_ERR_OK);
  return tree;
}

/* @prefix: what stands before the name in a transfer. */
static void add_name(struct check_centre *c, enum checker_kind kind,
                     const char *prefix, struct text name) {
  struct textbuf b;
  struct checker_names *known = &c->names[kind];
  if (name.len == 0) {
    return;
  }
  textbuf_init(&b, heap_mem());
  textbuf_addf(&b, "%s%.*s", prefix, TEXT_ARG(name));
  known->names[known->count] = arena_copy_text(&c->arena, textbuf_text(&b));
  bt_check(known->names[known->count++].ptr != NULL);
  textbuf_free(&b);
}

static void add_queue_name(struct check_centre *c, struct text name) {
  add_name(c, CHECKER_TARGETS, "", name);
  add_name(c, CHECKER_QUEUES, "", name);
}

static void add_queue(struct check_centre *c, const struct json *queue) {
  add_queue_name(c, config_text(queue, CONFIG_QUEUE_ID));
  add_queue_name(c, config_text(queue, CONFIG_QUEUE_NAME));
  const struct json *list = config_list(queue, CONFIG_QUEUE_ALIASES);
  for (const struct json *e = list == NULL ? NULL : list->first; e != NULL;
       e = e->next) {
    add_queue_name(c, e->text);
  }
}

static void add_bot_name(struct check_centre *c, struct text name) {
  add_name(c, CHECKER_TARGETS, "bot:", name);
  add_name(c, CHECKER_BOTS, "", name);
}

static void add_object(struct check_centre *c,
                       const struct server_object *object) {
  const struct json *tree = parse(&c->arena, object);
  if (object->kind == CONFIG_SKILL) {
    add_queue_name(c, object->id);
  } else if (object->kind == CONFIG_QUEUE) {
    add_queue(c, tree);
  } else if (object->kind == CONFIG_AGENT) {
    add_name(c, CHECKER_TARGETS, "agent:", config_text(tree, CONFIG_AGENT_ID));
    add_name(c, CHECKER_TARGETS,
             "agent:", config_text(tree, CONFIG_AGENT_NAME));
  } else if (object->kind == CONFIG_BOT) {
    add_bot_name(c, config_text(tree, CONFIG_BOT_ID));
    add_bot_name(c, config_text(tree, CONFIG_BOT_NAME));
  } else if (object->kind == CONFIG_HOURS) {
    add_name(c, CHECKER_CALENDARS, "", config_text(tree, CONFIG_HOURS_ID));
    add_name(c, CHECKER_CALENDARS, "", config_text(tree, CONFIG_HOURS_NAME));
  }
}

enum { NAMES_MAX = 18 }; /* of one object: id, name, aliases */

bool check_centre_load(const char *path, struct check_centre *out) {
  struct findings findings;
  struct textbuf text;
  *out = (struct check_centre){0};
  findings_init(&findings, heap_mem());
  textbuf_init(&text, heap_mem());
  const enum bt_err err =
      server_config_load(heap_mem(), path, &findings, &out->config);
  if (err != BT_ERR_OK) {
    findings_print(&findings, &text);
    cli_error("%s is of no use:\n%.*s", path, TEXT_ARG(textbuf_text(&text)));
  }
  textbuf_free(&text);
  findings_free(&findings);
  if (err != BT_ERR_OK) {
    return false;
  }
  arena_init(&out->arena, heap_mem(), 0);
  const size_t most =
      out->config.object_count * NAMES_MAX + out->config.script_count + 1;
  for (size_t i = 0; i < CHECKER_KINDS; i++) {
    out->names[i].names =
        arena_alloc(&out->arena, most * sizeof *out->names[i].names);
    bt_check(out->names[i].names != NULL);
  }
  for (size_t i = 0; i < out->config.object_count; i++) {
    add_object(out, &out->config.objects[i]);
  }
  for (size_t i = 0; i < out->config.script_count; i++) {
    add_name(out, CHECKER_SCRIPTS, "", out->config.scripts[i].name);
  }
  return true;
}

void check_centre_free(struct check_centre *centre) {
  server_config_free(&centre->config);
  arena_free(&centre->arena);
}

/* ---- guarantees */

static uint32_t guarantee(const struct json *entry, struct text script) {
  uint32_t set = 0;
  if (text_equal_nocase(config_text(entry, CONFIG_ENTRY_SCRIPT), script)) {
    set |= CHECKER_SET(SCRIPT);
  }
  if (text_equal_nocase(config_text(entry, CONFIG_ENTRY_ON_GOODBYE), script)) {
    set |= CHECKER_SET(RELEASING) | CHECKER_SET(IDLE);
  }
  if (text_equal_nocase(config_text(entry, CONFIG_ENTRY_ON_RELEASED), script)) {
    set |= CHECKER_SET(IDLE);
  }
  return set;
}

/* One entry point that begins the script, or none. */
static void add_entry(const struct server_object *object, struct text script,
                      struct checker_world *world) {
  struct arena arena;
  arena_init(&arena, heap_mem(), 0);
  const struct json *entry = parse(&arena, object);
  const uint32_t set = guarantee(entry, script);
  if (set != 0) {
    const double drain_s = (double)config_ms(entry, CONFIG_ENTRY_DRAIN) / 1e3;
    world->drain_s =
        !world->given || drain_s > world->drain_s ? drain_s : world->drain_s;
    world->entry = world->given ? world->entry | set : set;
    world->given = true;
    if (config_text(entry, CONFIG_ENTRY_FALLBACK).len == 0) {
      world->no_fallback = object->id;
    }
  }
  arena_free(&arena);
}

void check_centre_world(const struct check_centre *centre, const char *path,
                        struct checker_world *world) {
  world->names = centre->names;
  for (size_t s = 0; s < centre->config.script_count; s++) {
    const struct server_script *script = &centre->config.scripts[s];
    if (!file_is_same(script->path, text_from(path))) {
      continue;
    }
    for (size_t i = 0; i < centre->config.object_count; i++) {
      if (centre->config.objects[i].kind == CONFIG_ENTRY) {
        add_entry(&centre->config.objects[i], script->name, world);
      }
    }
  }
}
