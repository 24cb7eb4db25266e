/* server.c - the process of the server: its starts and ends, its centre. */
#include <stdio.h>

#include "base/check.h"
#include "domain/heap.h"
#include "shell.h"
#include "world.h"

/* ---- the centre: the ticket's script, its cures, and some that talk */

static const struct {
  const char *name, *source;
} scripts[] = {
    {"ticket", "session = GetSessionInfo()\n"
               "result = Transfer(session.id, \"support\", \"priority:1\")\n"
               "IF result.code != 200 {\n"
               "  Wait(2)\n"
               "  Transfer(session.id, \"support\", \"release:true\")\n"
               "}\n"},
    {"released", "session = GetSessionInfo()\n"
                 "result = Transfer(session.id, \"sales\", "
                 "\"when:released,timeout:8\")\n"
                 "IF result.code != 200 { Transfer(session.id, \"billing\") "
                 "}\n"},
    {"menu", "answer = Ask(\"Who are you?\", 20)\n"
             "SetAttribute(\"name\", answer.text)\n"
             "choice = Menu(\"What is it about?\", \"sales|support|bot\", 20)\n"
             "session = GetSessionInfo()\n"
             "IF choice.code = 200 {\n"
             "  IF choice.choice = \"bot\" { Transfer(session.id, "
             "\"bot:rasa\") }\n"
             "  ELSE { Transfer(session.id, choice.choice) }\n"
             "} ELSE { Transfer(session.id, \"support\") }\n"},
};

const char *server_script(struct text name) {
  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
    if (text_equal(text_from(scripts[i].name), name)) {
      return scripts[i].source;
    }
  }
  return NULL;
}

static const struct {
  enum command_type type;
  const char *config;
} things[] = {
    {COMMAND_PUT_QUEUE,
     "{\"id\":\"support\",\"offerTimeout\":20,\"wrapUpTime\":20,"
     "\"maxWait\":400,\"overflow\":\"billing\",\"declinePause\":30}"},
    {COMMAND_PUT_QUEUE,
     "{\"id\":\"sales\",\"skills\":[\"sales\"],\"wrapUpTime\":0,"
     "\"offerTimeout\":15,\"maxWait\":400,\"overflow\":\"support\","
     "\"ageing\":2,\"rings\":[{\"after\":40,\"without\":[\"sales\"]}]}"},
    {COMMAND_PUT_QUEUE, "{\"id\":\"billing\",\"maxWait\":400,\"priority\":3,"
                        "\"strategy\":\"round_robin\",\"sticky\":true}"},
    {COMMAND_PUT_BOT, "{\"id\":\"cognigy\"}"},
    {COMMAND_PUT_BOT, "{\"id\":\"rasa\"}"},
    {COMMAND_PUT_ENTRY,
     "{\"id\":\"main\",\"bot\":\"cognigy\",\"onGoodbye\":\"ticket\","
     "\"fallback\":\"support\",\"silenceTimeout\":60}"},
    {COMMAND_PUT_ENTRY,
     "{\"id\":\"released\",\"bot\":\"rasa\",\"onGoodbye\":\"released\","
     "\"fallback\":\"billing\",\"silenceTimeout\":60}"},
    {COMMAND_PUT_ENTRY, "{\"id\":\"first\",\"script\":\"menu\","
                        "\"fallback\":\"support\",\"silenceTimeout\":60}"},
};

static void put(struct world *w, enum command_type type, enum field field,
                struct text value, struct text name) {
  struct command cmd =
      world_command(w, type, ROLE_SYSTEM, SESSION_NOBODY, TEXT("server"));
  record_set_text(&cmd.args, field, value);
  record_set_given(&cmd.args, FIELD_NAME, name);
  const bool taken = world_submit(w, &cmd, NULL, NULL);
  bt_check(taken && domain_last_step(w->domain)->answer.code == 200);
}

static void put_agents(struct world *w) {
  for (uint32_t i = 0; i < SIM_AGENTS; i++) {
    char config[256];
    (void)snprintf(config, sizeof config,
                   "{\"id\":\"%s\",\"skills\":[%s],\"capacity\":{\"chat\":%d,"
                   "\"voice\":1,\"message\":%d}%s}",
                   agents_id(i), i % 2 == 0 ? "\"sales\"" : "", SIM_CAPACITY,
                   SIM_CAPACITY, i % 3 == 0 ? ",\"staysOnNoAnswer\":true" : "");
    put(w, COMMAND_PUT_AGENT, FIELD_CONFIG, text_from(config), TEXT(""));
  }
}

void server_furnish(struct world *w) {
  server_start(w);
  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
    put(w, COMMAND_PUT_SCRIPT, FIELD_SOURCE, text_from(scripts[i].source),
        text_from(scripts[i].name));
  }
  put(w, COMMAND_PUT_SKILL, FIELD_CONFIG, TEXT("{\"name\":\"sales\"}"),
      TEXT(""));
  for (size_t i = 0; i < sizeof things / sizeof things[0]; i++) {
    put(w, things[i].type, FIELD_CONFIG, text_from(things[i].config), TEXT(""));
  }
  put_agents(w);
}

/* ---- life */

/* An offer is told to a second agent, too. */
static void tell_twice(struct world *w, uint64_t seq, const struct record *ev) {
  struct record other = *ev;
  if (ev->type == EVENT_OF_SESSION(OFFERED) &&
      plant_is(w, PLANT_DOUBLE_OFFER)) {
    record_set_num(&other, FIELD_AGENT,
                   (record_num(ev, FIELD_AGENT) + 1) % SIM_AGENTS);
    record_set_num(&other, FIELD_VERSION, record_num(ev, FIELD_VERSION) + 1);
    check_event(w, seq, &other);
  }
}

static void on_event(void *ctx, uint64_t seq, const struct record *ev) {
  struct world *w = ctx;
  const struct id session = record_id(ev, FIELD_SESSION);
  if (ev->type == EVENT_MESSAGE && seq % 64 == 0 &&
      plant_is(w, PLANT_MESSAGE_LOST)) {
    return;
  }
  check_event(w, seq, ev);
  tell_twice(w, seq, ev);
  if (ev->type == EVENT_OF_SESSION(OPENED)) {
    const struct directory *d = engine_directory(domain_engine(w->domain));
    const uint32_t entry = (uint32_t)record_num(ev, FIELD_ENTRY);
    world_tell(w, session, "entry %.*s", TEXT_ARG(d->entries[entry].id));
  }
  world_tell(w, session, "%s %.*s", event_name(ev->type),
             TEXT_ARG(record_text(ev, FIELD_TEXT)));
  if (w->shell != NULL) {
    return; /* they hear it over their sockets */
  }
  bots_hear_event(w, ev);
  agents_hear_event(w, ev);
  if (ev->type == EVENT_OF_SESSION(ENDED) ||
      ev->type == EVENT_OF_SESSION(WRAPPING)) {
    customers_hear_end(w, session);
  }
}

static void on_effect(void *ctx, const struct record *fx) {
  struct world *w = ctx;
  if (w->shell == NULL) {
    bots_hear_effect(w, fx);
  }
}

void server_start(struct world *w) {
  const struct domain_options options = {
      .engine = {.centre = TEXT("sim")},
      .snapshot_every = 400,
      .seed = hash_u64(w->options->seed + w->process)};
  struct journal_error why;
  w->disk.forgets = w->process > 0 && plant_is(w, PLANT_ROW_LOST);
  const enum bt_err err =
      domain_open(heap_mem(), disk_open(&w->disk), &options, &w->domain, &why);
  bt_check(err == BT_ERR_OK);
  const struct domain_listener hears = {
      .ctx = w, .on_event = on_event, .on_effect = on_effect};
  domain_listen(w->domain, &hears);
  if (w->options->bytes) {
    shell_start(w);
  }
  w->process++;
  w->restarting = false;
  w->tick_again_us = 0;
  w->calm_us = w->now_us;
  check_restarted(w);
  struct command cmd = world_command(w, COMMAND_RECOVERED, ROLE_SYSTEM,
                                     SESSION_NOBODY, TEXT("server"));
  if (engine_seq(domain_engine(w->domain)) > 0) {
    (void)world_submit(w, &cmd, NULL, NULL);
  }
  if (w->shell != NULL) {
    shell_listen(w);
  }
}

static void lose_connections(struct world *w) {
  for (uint32_t i = 0; i < SIM_CUSTOMERS; i++) {
    customers_lose_link(w, i);
  }
  for (uint32_t i = 0; i < SIM_AGENTS; i++) {
    agents_lose_link(w, i, SECOND / 2);
  }
  for (uint32_t i = 0; i < SIM_BOTS; i++) {
    bots_lose_link(w, i);
  }
}

/* Whoever waits for an answer never gets it. */
static void end_process(struct world *w) {
  const bool by_frames = w->shell == NULL;
  if (!by_frames) {
    shell_leave(w);
  }
  domain_close(w->domain, w->disk.orderly);
  w->domain = NULL;
  if (!by_frames) {
    shell_free(w);
  }
  for (uint32_t i = 0; i < SIM_TICKETS; i++) {
    if (w->tickets[i].used) {
      w->tickets[i].used = false;
      w->free_tickets[w->free_count++] = i;
    }
  }
  check_crashed(w);
  if (by_frames) {
    lose_connections(w);
  }
}

void server_crash(struct world *w) {
  if (w->domain != NULL) {
    disk_crash(&w->disk);
    end_process(w);
  }
}

void server_end(struct world *w) {
  if (w->domain != NULL) {
    w->disk.orderly = true;
    end_process(w);
  }
}

/* Who has a socket is told, and has a moment. */
void server_stop(struct world *w) {
  if (w->shell != NULL) {
    shell_stop(w);
  } else {
    server_end(w);
  }
}
