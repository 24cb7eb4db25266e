/* Resources that configure the centre while it runs. */
#include "api/serve_priv.h"
#include "base/check.h"
#include "engine/config.h"

enum { BODY_DEPTH = 64 };

static const struct {
  uint32_t command;
  enum config_object kind;
  const char *what;
} kinds[] = {{COMMAND_PUT_SKILL, CONFIG_SKILL, "skill"},
             {COMMAND_PUT_QUEUE, CONFIG_QUEUE, "queue"},
             {COMMAND_PUT_AGENT, CONFIG_AGENT, "agent"},
             {COMMAND_PUT_BOT, CONFIG_BOT, "bot"},
             {COMMAND_PUT_ENTRY, CONFIG_ENTRY, "entry point"},
             {COMMAND_PUT_HOURS, CONFIG_HOURS, "calendar"},
             {COMMAND_PUT_DISPOSITION, CONFIG_DISPOSITION, "disposition"}};

static size_t row_of(const struct call *c) {
  size_t i = 0;
  while (kinds[i].command != c->route->command) {
    i++;
  }
  return i;
}

static void on_answer(void *ctx, const struct answer *a) {
  call_answer(ctx, a);
}

/* ---- the body */

static bool is_json(struct text type) {
  const struct text bare =
      text_trim(text_sub(type, 0, text_find(type, TEXT(";"), 0)));
  return text_equal_nocase(bare, TEXT("application/json")) ||
         text_equal_nocase(bare, TEXT("application/merge-patch+json"));
}

struct json *call_read_object(struct call *c) {
  struct json *tree = NULL;
  struct json_error error;
  if (c->body.len > 0 && !is_json(c->content_type) && c->fn == NULL) {
    call_refuse(c, REFUSAL_UNSUPPORTED_TYPE,
                TEXT("This resource takes application/json."), TEXT(""));
    return NULL;
  }
  if (json_parse(&c->arena, c->body, BODY_DEPTH, &tree, &error) != BT_ERR_OK) {
    call_refuse(c, REFUSAL_BAD_REQUEST,
                call_format(c, "%s (line %u, column %u)", error.message,
                            error.line, error.column),
                text_from(error.pointer));
    return NULL;
  }
  if (tree->type != JSON_OBJECT) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                call_format(c, "The body is %s, expected an object.",
                            json_type_name(tree->type)),
                TEXT(""));
    return NULL;
  }
  return tree;
}

/* The member that names an object of the kind. */
static const char *name_member(const struct call *c) {
  return c->route->command == COMMAND_PUT_SKILL ? "name" : "id";
}

/* The body may repeat the name of the path, or leave it out. */
static bool names_itself(struct call *c, const struct json *tree,
                         struct text id) {
  const char *member = name_member(c);
  const struct json *name = json_member(tree, text_from(member));
  if (name == NULL || (name->type == JSON_TEXT && text_equal(name->text, id))) {
    return true;
  }
  call_refuse(c, REFUSAL_INVALID_MEMBER,
              call_format(c,
                          "The path says '%.*s': %s must be the same, or "
                          "be left out.",
                          TEXT_ARG(id), member),
              call_format(c, "/%s", member));
  return false;
}

/* ---- submitting */

/* A calendar's clock: what the shell knows of the zone goes with it. */
static bool add_zone(struct call *c, struct text config, struct record *args) {
  const struct api_options *o = &c->api->options;
  struct json *tree = NULL;
  struct api_zone zone;
  if (c->route->command != COMMAND_PUT_HOURS) {
    return true;
  }
  const struct json *at =
      json_parse(&c->arena, config, BODY_DEPTH, &tree, NULL) == BT_ERR_OK
          ? json_member(tree, TEXT("timeZone"))
          : NULL;
  const struct text name =
      at != NULL && at->type == JSON_TEXT ? at->text : TEXT("");
  if (o->read_zone == NULL || !o->read_zone(o->ctx, name, &c->arena, &zone)) {
    call_refuse(c, REFUSAL_INVALID_MEMBER,
                call_format(c,
                            "There is no time zone '%.*s' on this machine: "
                            "write one such as Europe/Berlin.",
                            TEXT_ARG(name)),
                TEXT("/timeZone"));
    return false;
  }
  record_set_text(args, FIELD_ZONE, zone.name);
  record_set_text(args, FIELD_ZONE_FILE, zone.file);
  return true;
}

static void submit(struct call *c, struct text config) {
  struct command cmd = {.by = c->by};
  record_init(&cmd.args, c->route->command);
  record_set_text(&cmd.args, FIELD_CONFIG, config);
  if (add_zone(c, config, &cmd.args)) {
    api_submit(c->api, &cmd, on_answer, c);
  }
}

/* The members of @over replace those of @base, which may be NULL; null takes
 * one away. The name of the path comes first. */
static bool merge(struct call *c, struct text id, const struct json *base,
                  const struct json *over, struct text *out) {
  const struct text member = text_from(name_member(c));
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key_text(&o, member);
  json_put_text(&o, id);
  for (const struct json *m = base == NULL ? NULL : base->first; m != NULL;
       m = m->next) {
    if (!text_equal(m->key, member) && json_member(over, m->key) == NULL) {
      json_key_text(&o, m->key);
      json_put_raw(&o, m->source);
    }
  }
  for (const struct json *m = over->first; m != NULL; m = m->next) {
    if (!text_equal(m->key, member) && (base == NULL || m->type != JSON_NULL)) {
      json_key_text(&o, m->key);
      json_put_raw(&o, m->source);
    }
  }
  json_close_object(&o);
  *out = arena_copy_text(&c->arena, textbuf_text(&c->out));
  return out->ptr != NULL && !c->out.failed;
}

void serve_put(struct call *c) {
  struct text config;
  if (!call_may(c)) {
    return;
  }
  const struct json *tree = call_read_object(c);
  if (tree == NULL || !names_itself(c, tree, c->params[0])) {
    return;
  }
  if (merge(c, c->params[0], NULL, tree, &config)) {
    submit(c, config);
  } else {
    call_refuse_memory(c);
  }
}

void serve_patch(struct call *c) {
  const size_t row = row_of(c);
  const struct directory *d = engine_directory(api_engine(c->api));
  if (!call_may(c)) {
    return;
  }
  const uint32_t number = directory_find(d, kinds[row].kind, c->params[0]);
  if (number == DIR_NONE) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                call_format(c, "The centre has no %s '%.*s'; PUT makes one.",
                            kinds[row].what, TEXT_ARG(c->params[0])),
                TEXT(""));
    return;
  }
  const struct text id = directory_id(d, kinds[row].kind, number);
  const struct json *tree = call_read_object(c);
  struct json *now = NULL;
  struct text config;
  if (tree == NULL || !names_itself(c, tree, id)) {
    return;
  }
  if (json_parse(&c->arena, directory_config(d, kinds[row].kind, number),
                 BODY_DEPTH, &now, NULL) == BT_ERR_OK &&
      merge(c, id, now, tree, &config)) {
    submit(c, config);
  } else {
    call_refuse_memory(c);
  }
}

void serve_remove(struct call *c) {
  struct command cmd = {.by = c->by};
  if (!call_may(c)) {
    return;
  }
  record_init(&cmd.args, c->route->command);
  record_set_text(&cmd.args, FIELD_NAME, c->params[0]);
  api_submit(c->api, &cmd, on_answer, c);
}

/* ---- showing */

static void put_origin(const struct dir_origin *o, struct json_out *out) {
  const bool by_hand = directory_is_by_hand(o);
  json_key(out, "configuredBy");
  json_open_object(out);
  json_key(out, "source");
  json_put_text(out, by_hand ? TEXT("api") : TEXT("file"));
  if (by_hand) {
    json_key(out, "role");
    json_put_text(out, text_from(role_name(o->role)));
    json_key(out, "who");
    json_put_text(out, o->by);
    api_put_time(out, "at", o->at_us);
  }
  json_close_object(out);
}

static void put_config(struct call *c, enum config_object kind, uint32_t number,
                       struct json_out *o) {
  const struct directory *d = engine_directory(api_engine(c->api));
  json_open_object(o);
  json_key(o, "configuration");
  json_put_raw(o, directory_config(d, kind, number));
  put_origin(directory_origin(d, kind, number), o);
  if (kind == CONFIG_HOURS) {
    const struct dir_calendar *k = &d->calendars[number];
    const struct hours_look l =
        hours_look(&k->hours, k->zone, api_now_us(c->api));
    json_key(o, "timeZone");
    json_put_text(o, k->zone_name);
    json_key(o, "open");
    json_put_bool(o, l.open);
    if (l.open ? l.closes_us != 0 : l.opens_us != 0) {
      api_put_time(o, l.open ? "closesAt" : "opensAt",
                   l.open ? l.closes_us : l.opens_us);
    }
  }
  json_close_object(o);
}

static void show_config(struct call *c, enum config_object kind) {
  const uint32_t number =
      directory_find(engine_directory(api_engine(c->api)), kind, c->params[0]);
  if (number == DIR_NONE) {
    call_refuse_absent(c, kind, c->params[0]);
    return;
  }
  struct json_out o = call_json(c);
  put_config(c, kind, number, &o);
  call_show(c, 0);
}

void serve_queue_config(struct call *c) {
  show_config(c, CONFIG_QUEUE);
}

void serve_agent_config(struct call *c) {
  show_config(c, CONFIG_AGENT);
}

void serve_calendar(struct call *c) {
  show_config(c, CONFIG_HOURS);
}

static void show_configs(struct call *c, enum config_object kind,
                         const char *list) {
  const struct directory *d = engine_directory(api_engine(c->api));
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, list);
  json_open_list(&o);
  for (uint32_t i = 0; i < directory_count(d, kind); i++) {
    if (!directory_origin(d, kind, i)->removed) {
      put_config(c, kind, i, &o);
    }
  }
  json_close_list(&o);
  json_close_object(&o);
  call_show(c, 0);
}

void serve_calendars(struct call *c) {
  show_configs(c, CONFIG_HOURS, "hours");
}

void serve_dispositions(struct call *c) {
  show_configs(c, CONFIG_DISPOSITION, "dispositions");
}

/* Skills that stand for an agent are not configured: not listed. */
void serve_skills(struct call *c) {
  const struct directory *d = engine_directory(api_engine(c->api));
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "skills");
  json_open_list(&o);
  for (size_t i = 0; i < d->skill_count; i++) {
    if (!d->skills[i].origin.removed &&
        d->queues[d->skills[i].queue].agent == DIR_NONE) {
      json_put_text(&o, d->skills[i].name);
    }
  }
  json_close_list(&o);
  json_close_object(&o);
  call_show(c, 0);
}
