#include "server/apply.h"

#include "server/secret.h"

/* Few enough to leave room for others' commands between them. */
enum { UNDERWAY_MAX = 256 };

static const enum command_type commands_of[CONFIG_OBJECTS] = {
#define OBJECT(n, w, d) [CONFIG_##n] = COMMAND_PUT_##n,
#include "engine/config.def"
#undef OBJECT
};

/* One command that is under way. */
struct put {
  struct apply *apply;
  size_t number; /* of the object, or of the script behind all objects */
  bool used;
};

struct apply {
  const struct mem *mem;
  struct apply_options options;
  const struct server_config *config;
  struct put puts[UNDERWAY_MAX];
  size_t underway, next, refused;
};

static size_t count_of(const struct apply *a) {
  return a->config->object_count + a->config->script_count;
}

bool apply_is_done(const struct apply *a) {
  return a->next == count_of(a) && a->underway == 0;
}

size_t apply_refused(const struct apply *a) {
  return a->refused;
}

/* ---- what the file does not say */

enum { LEFT_SCRIPT = CONFIG_OBJECTS, LEFT_KINDS };

/* The @i-th of a kind; empty for a queue that made itself, as every skill's and
 * agent's does. False beyond the last. */
static bool find_id(const struct directory *d, size_t kind, size_t i,
                    struct text *id) {
  switch (kind) {
  case CONFIG_QUEUE:
    *id = i < d->queue_count && d->queues[i].skill == DIR_NONE &&
                  d->queues[i].agent == DIR_NONE && !d->queues[i].origin.removed
              ? d->queues[i].id
              : TEXT("");
    return i < d->queue_count;
  case CONFIG_AGENT:
    *id = i < d->agent_count && !d->agents[i].origin.removed ? d->agents[i].id
                                                             : TEXT("");
    return i < d->agent_count;
  case CONFIG_BOT:
    *id = i < d->bot_count ? d->bots[i].id : TEXT("");
    return i < d->bot_count;
  case CONFIG_ENTRY:
    *id = i < d->entry_count ? d->entries[i].id : TEXT("");
    return i < d->entry_count;
  case CONFIG_HOURS:
    *id = i < d->calendar_count && !d->calendars[i].origin.removed
              ? d->calendars[i].id
              : TEXT("");
    return i < d->calendar_count;
  case CONFIG_DISPOSITION:
    *id = i < d->disposition_count && !d->dispositions[i].origin.removed
              ? d->dispositions[i].id
              : TEXT("");
    return i < d->disposition_count;
  case LEFT_SCRIPT:
    *id = i < d->script_count ? d->scripts[i].name : TEXT("");
    return i < d->script_count;
  default: /* a skill needs no place in the file */
    return false;
  }
}

static size_t count_in_directory(const struct directory *d, size_t kind) {
  size_t count = 0;
  struct text id;
  for (size_t i = 0; find_id(d, kind, i, &id); i++) {
    count += id.len > 0;
  }
  return count;
}

static size_t count_in_file(const struct server_config *c, size_t kind) {
  size_t count = kind == LEFT_SCRIPT ? c->script_count : 0;
  for (size_t i = 0; i < c->object_count; i++) {
    count += c->objects[i].kind == kind;
  }
  return count;
}

static bool is_in_file(const struct server_config *c, size_t kind,
                       struct text id) {
  for (size_t i = 0; kind == LEFT_SCRIPT && i < c->script_count; i++) {
    if (text_equal_nocase(c->scripts[i].name, id)) {
      return true;
    }
  }
  for (size_t i = 0; i < c->object_count; i++) {
    if (c->objects[i].kind == kind && text_equal_nocase(c->objects[i].id, id)) {
      return true;
    }
  }
  return false;
}

/* All that the file has is there by now: more means that some are left over. */
static void note_left_over(const struct apply *a, size_t kind) {
  static const char *const words[LEFT_KINDS] = {
      [CONFIG_QUEUE] = "queue",    [CONFIG_AGENT] = "agent",
      [CONFIG_BOT] = "bot",        [CONFIG_ENTRY] = "entry point",
      [CONFIG_HOURS] = "calendar", [CONFIG_DISPOSITION] = "disposition",
      [LEFT_SCRIPT] = "script"};
  const struct directory *d =
      engine_directory(domain_engine(a->options.domain));
  if (count_in_directory(d, kind) <= count_in_file(a->config, kind)) {
    return;
  }
  struct text id;
  for (size_t i = 0; find_id(d, kind, i, &id); i++) {
    if (id.len > 0 && !is_in_file(a->config, kind, id)) {
      log_say(a->options.log, API_LOG_INFO, "configuration.leftover",
              "the %s \"%.*s\" is not in the file and stays as it was put "
              "before",
              words[kind], TEXT_ARG(id));
    }
  }
}

/* ---- one after another */

static struct text name_of(const struct apply *a, size_t number) {
  const struct server_config *c = a->config;
  return number < c->object_count ? c->objects[number].id
                                  : c->scripts[number - c->object_count].name;
}

static void go_on(struct apply *a);

/* What the API has changed wins over the file, and the log says where they
 * differ. */
static void note_conflict(struct apply *a, size_t number,
                          const struct answer *answer) {
  const struct server_object *o = &a->config->objects[number];
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, a->mem, 0);
  const struct json *detail =
      json_parse(&arena, answer->body, JSON_DEPTH_DEFAULT, &tree, NULL) ==
              BT_ERR_OK
          ? json_member(tree, TEXT("detail"))
          : NULL;
  log_say(a->options.log, API_LOG_WARNING, "configuration.conflict",
          "%s, \"%.*s\" in line %u of the file: %.*s To end the conflict, let "
          "the file say the same, or PUT what it says over the API.",
          config_object_wire(o->kind), TEXT_ARG(o->id), o->line,
          TEXT_ARG(detail == NULL ? answer->body : detail->text));
  arena_free(&arena);
}

static void on_answer(void *ctx, const struct answer *answer) {
  struct put *put = ctx;
  struct apply *a = put->apply;
  put->used = false;
  a->underway--;
  if (answer->refusal == REFUSAL_CHANGED_BY_HAND) {
    note_conflict(a, put->number, answer);
  } else if (answer->refusal != REFUSAL_NONE) {
    a->refused++;
    log_say(a->options.log, API_LOG_ERROR, "configuration.refused",
            "\"%.*s\" was not taken: %.*s", TEXT_ARG(name_of(a, put->number)),
            TEXT_ARG(answer->body));
  }
  go_on(a);
  for (size_t kind = 0; apply_is_done(a) && kind < LEFT_KINDS; kind++) {
    note_left_over(a, kind);
  }
}

static void fill(const struct apply *a, size_t number, struct record *args) {
  const struct server_config *c = a->config;
  if (number < c->object_count) {
    const struct server_object *o = &c->objects[number];
    record_init(args, commands_of[o->kind]);
    record_set_text(args, FIELD_CONFIG, o->json);
    if (o->kind == CONFIG_HOURS) {
      record_set_text(args, FIELD_ZONE, o->zone);
      record_set_text(args, FIELD_ZONE_FILE, o->zone_file);
    }
    return;
  }
  const struct server_script *s = &c->scripts[number - c->object_count];
  record_init(args, COMMAND_PUT_SCRIPT);
  record_set_text(args, FIELD_NAME, s->name);
  record_set_text(args, FIELD_SOURCE, s->source);
}

static struct put *take_put(struct apply *a) {
  size_t i = 0;
  while (a->puts[i].used) {
    i++;
  }
  a->puts[i] = (struct put){.apply = a, .number = a->next++, .used = true};
  a->underway++;
  return &a->puts[i];
}

static void go_on(struct apply *a) {
  while (a->next < count_of(a) && a->underway < UNDERWAY_MAX) {
    struct put *put = take_put(a);
    struct command cmd = {.by = {.role = ROLE_SYSTEM,
                                 .number = SESSION_NOBODY,
                                 .name = TEXT("configuration")},
                          .now_us = clock_now_us(a->options.clock)};
    secret_fill(cmd.entropy, sizeof cmd.entropy);
    fill(a, put->number, &cmd.args);
    domain_submit(a->options.domain, &cmd, on_answer, put);
  }
}

enum bt_err apply_start(const struct mem *mem,
                        const struct apply_options *options,
                        const struct server_config *config,
                        struct apply **out) {
  struct apply *a = mem_new(mem, sizeof *a);
  if (a == NULL) {
    return BT_ERR_NOMEM;
  }
  a->mem = mem;
  a->options = *options;
  a->config = config;
  go_on(a);
  *out = a;
  return BT_ERR_OK;
}

void apply_free(struct apply *a) {
  if (a != NULL) {
    mem_free(a->mem, a, sizeof *a);
  }
}
