#include "centre.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "engine/form.h"
#include "mirror.h"

struct command centre_command(struct centre *c, enum command_type type,
                              enum role role, uint32_t number) {
  struct command cmd = {.by = {.role = role, .number = number},
                        .now_us = c->now_us,
                        .entropy = {c->entropy, c->entropy + 1}};
  c->entropy += 7919;
  cmd.by.name = text_from(role_name(role));
  if (role == ROLE_CUSTOMER) {
    cmd.by.session = c->session;
  }
  record_init(&cmd.args, type);
  return cmd;
}

void centre_run(struct centre *c, const struct command *cmd) {
  engine_step(c->e, cmd, &c->step);
  if (c->step.event_count > 0 && c->on_step != NULL) {
    c->on_step(c->ctx, &c->step);
  }
  struct id id;
  uint64_t seq;
  while (engine_take_finished(c->e, &id, &seq)) {
  }
}

static void fill(struct centre *c, struct command *cmd, const char *json,
                 struct arena *arena) {
  if (json == NULL) {
    return;
  }
  struct form_error error;
  struct record args;
  arena_init(arena, &c->tm.mem, 0);
  record_init(&args, cmd->args.type);
  const bool good = form_read_json((enum command_type)cmd->args.type,
                                   text_from(json), arena, &args, &error);
  bt_check(good);
  for (uint32_t f = 0; f < FIELDS; f++) {
    record_copy(&cmd->args, (enum field)f, &args);
  }
}

static void send(struct centre *c, struct command *cmd, const char *json) {
  struct arena arena = {0};
  fill(c, cmd, json, &arena);
  centre_run(c, cmd);
  if (json != NULL) {
    arena_free(&arena);
  }
}

void centre_put(struct centre *c, enum command_type type, const char *config) {
  struct command cmd = centre_command(c, type, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG, text_from(config));
  centre_run(c, &cmd);
  bt_check(c->step.answer.code == 200);
}

void centre_put_script(struct centre *c, const char *name, const char *source) {
  struct command cmd =
      centre_command(c, COMMAND_PUT_SCRIPT, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_NAME, text_from(name));
  record_set_text(&cmd.args, FIELD_SOURCE, text_from(source));
  centre_run(c, &cmd);
  bt_check(c->step.answer.code == 200);
}

static void put_centre(struct centre *c, bool script) {
  centre_put(c, COMMAND_PUT_QUEUE,
             "{\"id\":\"support\",\"offerTimeout\":20,\"wrapUpTime\":10}");
  static const char *const agents[] = {"anna", "bert"};
  for (size_t i = 0; i < 2; i++) {
    char config[256];
    (void)snprintf(config, sizeof config,
                   "{\"id\":\"%s\",\"skills\":[{\"name\":\"AgentSkill\","
                   "\"proficiency\":1}],\"capacity\":{\"chat\":1}}",
                   agents[i]);
    centre_put(c, COMMAND_PUT_AGENT, config);
  }
  centre_put(c, COMMAND_PUT_BOT, "{\"id\":\"cognigy\"}");
  centre_put(
      c, COMMAND_PUT_ENTRY,
      script
          ? "{\"id\":\"main\",\"bot\":\"cognigy\",\"onGoodbye\":\"forum\","
            "\"fallback\":\"support\"}"
          : "{\"id\":\"main\",\"bot\":\"cognigy\",\"fallback\":\"support\"}");
}

void centre_init(struct centre *c, const char *script) {
  *c = (struct centre){.now_us = INT64_C(1700000000000000), .entropy = 42};
  test_mem_init(&c->tm);
  const struct engine_options options = {.centre = TEXT("test")};
  const enum bt_err err = engine_create(&c->tm.mem, &options, &c->e);
  bt_check(err == BT_ERR_OK);
  step_init(&c->step, &c->tm.mem);
  if (script != NULL) {
    centre_put_script(c, "forum", script);
  }
  put_centre(c, script != NULL);
}

void centre_free(struct centre *c) {
  step_free(&c->step);
  engine_free(c->e);
  bt_check(c->tm.live_bytes == 0);
}

void centre_do(struct centre *c, enum command_type type, enum role role,
               uint32_t number, const char *json) {
  struct command cmd = centre_command(c, type, role, number);
  record_set_id(&cmd.args, FIELD_SESSION, c->session);
  send(c, &cmd, json);
}

void centre_bot(struct centre *c, enum command_type type, const char *json) {
  struct command cmd = centre_command(c, type, ROLE_BOT, 0);
  cmd.by.name = TEXT("cognigy");
  record_set_id(&cmd.args, FIELD_SESSION, c->session);
  record_set_num(&cmd.args, FIELD_EPOCH, centre_session(c)->epoch);
  send(c, &cmd, json);
}

void centre_agent(struct centre *c, const char *agent, enum command_type type,
                  const char *json) {
  const uint32_t number =
      directory_agent(engine_directory(c->e), text_from(agent));
  struct command cmd = centre_command(c, type, ROLE_AGENT, number);
  cmd.by.name = text_from(agent);
  record_set_id(&cmd.args, FIELD_SESSION, c->session);
  send(c, &cmd, json);
}

void centre_connection(struct centre *c, enum command_type type,
                       const char *agent) {
  struct command cmd = centre_command(c, type, ROLE_SYSTEM, SESSION_NOBODY);
  if (type == COMMAND_BOT_JOINED || type == COMMAND_BOT_DROPPED) {
    record_set_num(&cmd.args, FIELD_BOT, 0);
  } else if (agent != NULL) {
    record_set_num(&cmd.args, FIELD_AGENT,
                   directory_agent(engine_directory(c->e), text_from(agent)));
  } else {
    record_set_id(&cmd.args, FIELD_SESSION, c->session);
  }
  centre_run(c, &cmd);
}

void centre_ready(struct centre *c, const char *agent) {
  centre_connection(c, COMMAND_AGENT_JOINED, agent);
  centre_agent(c, agent, COMMAND_AGENT_STATE, "{\"state\":\"available\"}");
  bt_check(c->step.answer.code == 200);
}

void centre_transfer(struct centre *c, const char *json) {
  centre_do(c, COMMAND_TRANSFER, ROLE_SUPERVISOR, SESSION_NOBODY, json);
}

void centre_supervise(struct centre *c, enum command_type type,
                      const char *json) {
  centre_do(c, type, ROLE_SUPERVISOR, SESSION_NOBODY, json);
}

void centre_queue(struct centre *c, const char *transfer) {
  centre_open_with_bot(c, true);
  centre_bot(c, COMMAND_BOT_CLOSED, NULL);
  centre_transfer(c, transfer);
  bt_check(c->step.answer.code == 200);
}

void centre_restart(struct centre *c) {
  struct mirror restored;
  struct difference why;
  mirror_init(&restored, &c->tm.mem);
  mirror_restore(&restored, c->e);
  if (!mirror_equal(c->e, restored.e, true, &why)) {
    (void)fprintf(stderr, "the snapshot is not the engine: %s\n", why.text);
    bt_check(false);
  }
  engine_free(c->e);
  c->e = restored.e;
}

uint32_t centre_number(const struct centre *c, const char *agent) {
  return directory_agent(engine_directory(c->e), text_from(agent));
}

void centre_open(struct centre *c) {
  struct command cmd =
      centre_command(c, COMMAND_OPEN_SESSION, ROLE_CUSTOMER, 0);
  send(c, &cmd, "{\"entryPoint\":\"main\",\"customer\":{\"name\":\"Kim\"}}");
  bt_check(c->step.answer.code == 201);
  c->session = c->step.answer.session;
}

void centre_open_with_bot(struct centre *c, bool goodbye) {
  centre_open(c);
  centre_bot(c, COMMAND_ACCEPT_INVITE, NULL);
  bt_check(c->step.answer.code == 200);
  if (goodbye) {
    centre_bot(c, COMMAND_GOODBYE,
               "{\"outcome\":\"escalate\",\"text\":\"Goodbye!\"}");
    bt_check(c->step.answer.code == 200);
  }
}

void centre_wait(struct centre *c, int64_t ms) {
  const int64_t end_us = c->now_us + ms * 1000;
  while (engine_next_deadline(c->e) <= end_us) {
    const int64_t due_us = engine_next_deadline(c->e);
    c->now_us = due_us > c->now_us ? due_us : c->now_us;
    struct command cmd =
        centre_command(c, COMMAND_TICK, ROLE_SYSTEM, SESSION_NOBODY);
    centre_run(c, &cmd);
  }
  c->now_us = end_us;
}

const struct session *centre_session(const struct centre *c) {
  uint32_t slot = 0;
  const bool there = engine_find(c->e, c->session, &slot);
  bt_check(there);
  return engine_session(c->e, slot);
}

enum session_status centre_status(const struct centre *c) {
  return (enum session_status)centre_session(c)->status;
}

const struct record *centre_event(const struct centre *c, uint32_t type) {
  for (size_t i = 0; i < c->step.event_count; i++) {
    if (c->step.events[i].type == type) {
      return &c->step.events[i];
    }
  }
  return NULL;
}

unsigned centre_count(const struct centre *c, uint32_t type) {
  unsigned n = 0;
  for (size_t i = 0; i < c->step.event_count; i++) {
    n += c->step.events[i].type == type;
  }
  return n;
}

bool centre_says(const struct centre *c, const char *text) {
  const struct text body = c->step.answer.body;
  return text_find(body, text_from(text), 0) < body.len;
}

/* ---- scripts */

void centre_init_held(struct centre *c, const char *script) {
  centre_init(c, script);
  centre_put(c, COMMAND_PUT_ENTRY,
             "{\"id\":\"main\",\"script\":\"forum\",\"fallback\":\"support\"}");
  centre_open(c);
}

void centre_bot_closes(struct centre *c) {
  centre_bot(c, COMMAND_BOT_CLOSED, NULL);
}

void centre_signal(struct centre *c, const char *json) {
  centre_do(c, COMMAND_SIGNAL, ROLE_SUPERVISOR, SESSION_NOBODY, json);
}

const char *centre_lines(const struct centre *c) {
  static char all[8192];
  size_t len = 0;
  for (size_t i = 0; i < c->step.event_count; i++) {
    const struct record *ev = &c->step.events[i];
    if (ev->type == EVENT_LOGGED) {
      const struct text t = record_text(ev, FIELD_TEXT);
      bt_check(len + t.len + 2 < sizeof all);
      memcpy(all + len, t.ptr, t.len);
      len += t.len;
      all[len++] = '\n';
    }
  }
  all[len] = '\0';
  return all;
}

static bool keep(void *ctx, const struct record *r) {
  return engine_restore(ctx, r);
}

void centre_reload(struct centre *c) {
  struct engine *copy = NULL;
  const struct engine_options options = {.centre = TEXT("test")};
  bt_check(engine_create(&c->tm.mem, &options, &copy) == BT_ERR_OK);
  bt_check(engine_save(c->e, keep, copy));
  engine_restore_done(copy, engine_seq(c->e));
  step_clear(&c->step);
  engine_free(c->e);
  c->e = copy;
}

void centre_tick_after(struct centre *c, int64_t ms) {
  c->now_us += ms * 1000;
  centre_do(c, COMMAND_TICK, ROLE_SYSTEM, SESSION_NOBODY, NULL);
}

bool centre_shows(struct centre *c, const char *text) {
  struct textbuf b;
  struct json_out o;
  uint32_t slot = 0;
  bt_check(engine_find(c->e, c->session, &slot));
  textbuf_init(&b, &c->tm.mem);
  json_out_init(&o, &b);
  engine_write_session(c->e, slot, c->now_us, 0, &o);
  const struct text said = textbuf_text(&b);
  const bool found = text_find(said, text_from(text), 0) < said.len;
  textbuf_free(&b);
  return found;
}
