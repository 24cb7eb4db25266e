#include "server/apply.h"

#include "server/secret.h"

/* Few enough to leave room for others' commands between them. */
enum { UNDERWAY_MAX = 256 };

static const enum command_type commands_of[CONFIG_OBJECTS] = {
    [CONFIG_SKILL] = COMMAND_PUT_SKILL,
    [CONFIG_QUEUE] = COMMAND_PUT_QUEUE,
    [CONFIG_AGENT] = COMMAND_PUT_AGENT,
    [CONFIG_BOT] = COMMAND_PUT_BOT,
    [CONFIG_ENTRY] = COMMAND_PUT_ENTRY};

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

static void note_left_over(const struct apply *a, const char *kind,
                           struct text id) {
  log_say(a->options.log, API_LOG_INFO, "configuration.leftover",
          "the %s \"%.*s\" is not in the file and stays as it was put before",
          kind, TEXT_ARG(id));
}

static bool has_object(const struct server_config *c, enum config_object kind,
                       struct text id) {
  size_t i = 0;
  while (i < c->object_count &&
         (c->objects[i].kind != kind || !text_equal(c->objects[i].id, id))) {
    i++;
  }
  return i < c->object_count;
}

static bool has_script(const struct server_config *c, struct text name) {
  size_t i = 0;
  while (i < c->script_count && !text_equal_nocase(c->scripts[i].name, name)) {
    i++;
  }
  return i < c->script_count;
}

static void note_all_left_over(const struct apply *a) {
  const struct directory *d =
      engine_directory(domain_engine(a->options.domain));
  const struct server_config *c = a->config;
  for (size_t i = 0; i < d->queue_count; i++) {
    const struct dir_queue *q = &d->queues[i];
    if (q->skill == DIR_NONE && q->agent == DIR_NONE &&
        !has_object(c, CONFIG_QUEUE, q->id)) {
      note_left_over(a, "queue", q->id);
    }
  }
  for (size_t i = 0; i < d->agent_count; i++) {
    if (!has_object(c, CONFIG_AGENT, d->agents[i].id)) {
      note_left_over(a, "agent", d->agents[i].id);
    }
  }
  for (size_t i = 0; i < d->bot_count; i++) {
    if (!has_object(c, CONFIG_BOT, d->bots[i].id)) {
      note_left_over(a, "bot", d->bots[i].id);
    }
  }
  for (size_t i = 0; i < d->entry_count; i++) {
    if (!has_object(c, CONFIG_ENTRY, d->entries[i].id)) {
      note_left_over(a, "entry point", d->entries[i].id);
    }
  }
  for (size_t i = 0; i < d->script_count; i++) {
    if (!has_script(c, d->scripts[i].name)) {
      note_left_over(a, "script", d->scripts[i].name);
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

static void on_answer(void *ctx, const struct answer *answer) {
  struct put *put = ctx;
  struct apply *a = put->apply;
  put->used = false;
  a->underway--;
  if (answer->refusal != REFUSAL_NONE) {
    a->refused++;
    log_say(a->options.log, API_LOG_ERROR, "configuration.refused",
            "\"%.*s\" was not taken: %.*s", TEXT_ARG(name_of(a, put->number)),
            TEXT_ARG(answer->body));
  }
  go_on(a);
  if (apply_is_done(a)) {
    note_all_left_over(a);
  }
}

static void fill(const struct apply *a, size_t number, struct record *args) {
  const struct server_config *c = a->config;
  if (number < c->object_count) {
    const struct server_object *o = &c->objects[number];
    record_init(args, commands_of[o->kind]);
    record_set_text(args, FIELD_CONFIG, o->json);
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
