/* storm_world.c - the centre of the storm. */
#include <stdio.h>

#include "base/check.h"
#include "storm.h"

/* ---- scripts: the ticket's, its cures, and every way to sleep and to fail */

static const struct {
  const char *name, *source;
} scripts[] = {
    {"forum", "ASSIGN session = GetSessionInfo()\n"
              "ASSIGN result = Transfer(session.id, \"billing\", "
              "\"priority:1\")\n"
              "IF result.code == 200\n"
              "ELSE\n"
              " LogError(\"Transfer failed: \" + result.message)\n"
              "END IF\n"},
    {"released", "r = Transfer(GetSessionInfo().id, \"support\", "
                 "\"priority:5,when:released,timeout:4\")\n"
                 "LogInfo(r.code)\n"
                 "IF r.code != 200 { Transfer(GetSessionInfo().id, "
                 "\"second\", \"release:true\") }\n"},
    {"waits", "Wait(2)\n"
              "r = Transfer(GetSessionInfo().id, \"sales\")\n"
              "IF r.code != 200 { Wait(0)\n Hangup()\n"
              " Transfer(GetSessionInfo().id, \"support\") }\n"},
    {"ends", "r = EndConversation()\n"
             "LogInfo(r.code)\n"
             "Transfer(GetSessionInfo().id, \"support\", "
             "\"skipQueue:true,reason:ended first\")\n"
             "r = WaitFor(GetSessionInfo().id, \"active\", 20)\n"
             "LogInfo(r.code)\n"},
    {"idles", "r = WaitFor(GetSessionInfo().id, \"idle\", 6)\n"
              "IF r.code = 200 { Transfer(GetSessionInfo().id, \"agent:bert\") "
              "}\n"
              "ELSE { Transfer(GetSessionInfo().id, \"agent:anna\", "
              "\"release:true,async:true\") }\n"
              "Release()\n"},
    {"menu", "a = Ask(\"Who are you?\", 5)\n"
             "Say(\"Hello \" + a.text)\n"
             "SetAttribute(\"name\", a.text)\n"
             "m = Menu(\"What?\", \"billing|sales|bot\", 5)\n"
             "IF m.code = 200 { \n"
             " IF m.choice = \"bot\" { Transfer(GetSessionInfo().id, "
             "\"bot:rasa\") }\n"
             " ELSE { ReqAgent(\"billing\") }\n"
             "}\n"
             "UpdateContact(\"priority:7\")\n"},
    {"listens", "ON Answer { SetAttribute(\"answered\", true)\n Wait(1) }\n"
                "ON Queued { LogInfo(\"queued\") \n Wait(3)\n"
                " UpdateContact(\"priority:9\") }\n"
                "ON Transfer { LogInfo(\"transfer\") }\n"
                "ON BotReleased { Transfer(GetSessionInfo().id, \"support\") "
                "}\n"
                "ON BotLost { Transfer(GetSessionInfo().id, \"second\") }\n"
                "ON OfferExpired { LogInfo(\"rona\") }\n"
                "ON CustomerReturned { Say(\"Welcome back\") }\n"
                "ON Signal { LogInfo(event.p1) }\n"
                "ON Release { SetDisposition(\"done\") }\n"
                "ON Abandon { LogInfo(\"abandoned\") }\n"
                "LogInfo(\"listening\")\n"},
    {"fails", "Wait(1)\nASSIGN x = \"a\".throw()\n"},
    {"fails_later", "ON Signal { x = 1 / 0 }\n"
                    "ON Error { LogError(\"caught\") \n Wait(1) \n"
                    " y = 1 / 0 }\n"
                    "x = Ask(\"Well?\", 4)\n"
                    "y = \"oops\".throw()\n"},
    {"rests", "p = GetRESTProxy()\n"
              "p.ProxyTimeoutSeconds = 3\n"
              "r = p.MakeRestRequest(\"/api/v1/queues\", \"\", 0, \"GET\")\n"
              "LogInfo(p.StatusCode)\n"
              "r = p.MakeRestRequest(\"http://example.org\", \"\", 0, "
              "\"GET\")\n"
              "Transfer(GetSessionInfo().id, \"support\", "
              "\"when:released,timeout:2\")\n"},
    {"to_bot", "r = Transfer(GetSessionInfo().id, \"bot:rasa\", "
               "\"when:released\")\n"
               "LogInfo(r.code)\n"
               "r = EndConversation()\n"
               "Hangup()\n"},
    {"watches", "ON Signal { LogInfo(\"left it\") }\n"
                "c = Callback(\"+49 30 1\", 1, \"support\")\n"
                "w = WaitFor(c.id, \"queued\", 5)\n"
                "LogInfo(w.code)\n"
                "t = Transfer(c.id, \"third\", \"when:released\")\n"
                "LogInfo(t.code)\n"
                "w = WaitFor(c.id, \"offered\", 9)\n"
                "IF w.code = 408 { EndConversation(c.id)\n Hangup(c.id) }\n"
                "w = WaitFor(c.id, \"completed\", 90)\n"
                "LogInfo(w.code)\n"},
    {"echoes", "ON Signal { Signal(GetSessionInfo().id, event.p1) }\n"
               "ON Queued { Transfer(GetSessionInfo().id, \"support\") }\n"
               "Wait(30)\n"},
};
enum { SCRIPTS = sizeof scripts / sizeof scripts[0] };

const char *storm_script(uint32_t i) {
  return scripts[i % SCRIPTS].name;
}

uint32_t storm_scripts(void) {
  return SCRIPTS;
}

/* ---- entry points: each script after the bot's goodbye, after its release,
 * and before any bot; and one without anything */

enum { ENTRY_FORMS = 4 };

uint32_t storm_entries(void) {
  return ENTRY_FORMS * SCRIPTS;
}

const char *storm_entry(uint32_t i) {
  static char name[64];
  static const char *const forms[ENTRY_FORMS] = {"after", "released", "first",
                                                 "bare"};
  (void)snprintf(name, sizeof name, "%s_%s", forms[i % ENTRY_FORMS],
                 scripts[i / ENTRY_FORMS % SCRIPTS].name);
  return name;
}

static void put(struct storm *s, enum command_type type, const char *config) {
  struct command cmd = storm_command(s, type, ROLE_SYSTEM, SESSION_NOBODY);
  record_set_text(&cmd.args, FIELD_CONFIG, text_from(config));
  const bool held = storm_run(s, &cmd);
  bt_check(held && s->step.answer.code == 200);
}

static void put_entries(struct storm *s) {
  /* What stands before the script's name; the last form has no use for it. */
  static const char *const parts[ENTRY_FORMS] = {
      "\"bot\":\"cognigy\",\"fallback\":\"support\",\"onGoodbye\":",
      "\"bot\":\"cognigy\",\"fallback\":\"second\",\"onReleased\":",
      "\"fallback\":\"support\",\"script\":", "\"bot\":\"rasa\",\"name\":"};
  for (uint32_t i = 0; i < storm_entries(); i++) {
    char config[512];
    (void)snprintf(config, sizeof config,
                   "{\"id\":\"%s\",%s\"%s\",\"silenceTimeout\":20,"
                   "\"idleTimeout\":8,\"agentGrace\":%u,\"customerGrace\":%u,"
                   "\"channel\":\"%s\"}",
                   storm_entry(i), parts[i % ENTRY_FORMS],
                   scripts[i / ENTRY_FORMS].name, i % 5 * 12, i % 3 * 10,
                   i % 7 == 3 ? "message" : "chat");
    put(s, COMMAND_PUT_ENTRY, config);
  }
}

static void put_script(struct storm *s, uint32_t i, const char *more) {
  struct command cmd =
      storm_command(s, COMMAND_PUT_SCRIPT, ROLE_SYSTEM, SESSION_NOBODY);
  char source[4096];
  (void)snprintf(source, sizeof source, "%s%s", scripts[i].source, more);
  record_set_text(&cmd.args, FIELD_NAME, text_from(scripts[i].name));
  record_set_text(&cmd.args, FIELD_SOURCE, text_from(source));
  const bool held = storm_run(s, &cmd);
  if (held && s->step.answer.code != 200) {
    (void)fprintf(stderr, "%.*s\n", TEXT_ARG(s->step.answer.body));
  }
  bt_check(held && s->step.answer.code == 200);
}

void storm_furnish(struct storm *s) {
  put(s, COMMAND_PUT_QUEUE,
      "{\"id\":\"support\",\"offerTimeout\":20,\"wrapUpTime\":10,"
      "\"maxWait\":60,\"overflow\":\"second\",\"declinePause\":30,"
      "\"owners\":[\"anna\"],\"ageing\":2.5,\"maxPriority\":8,"
      "\"strategy\":\"round_robin\",\"sticky\":true,\"preferredFor\":7,"
      "\"rings\":[{\"after\":6,\"without\":[\"billing\"]},"
      "{\"after\":15,\"proficiency\":3}]}");
  put(s, COMMAND_PUT_QUEUE,
      "{\"id\":\"second\",\"skills\":[\"billing\"],\"maxSize\":2,"
      "\"wrapUpTime\":0,\"declinePause\":0,\"offerTimeout\":5,"
      "\"maxWait\":120,\"priority\":3,\"strategy\":\"most_skilled\","
      "\"rings\":[{\"after\":5,\"proficiency\":10,\"agents\":[\"cleo\"]},"
      "{\"after\":10,\"without\":[\"billing\"]}]}");
  put(s, COMMAND_PUT_QUEUE,
      "{\"id\":\"third\",\"precedence\":5,\"strategy\":\"ordered\","
      "\"agents\":[\"cleo\",\"bert\"],\"ageing\":60,"
      "\"rings\":[{\"after\":4,\"agents\":[\"cleo\"]}]}");
  put(s, COMMAND_PUT_AGENT,
      "{\"id\":\"anna\",\"skills\":[\"billing\","
      "{\"name\":\"sales\",\"proficiency\":3}],\"capacity\":{\"chat\":1}}");
  put(s, COMMAND_PUT_AGENT,
      "{\"id\":\"bert\",\"skills\":[{\"name\":\"billing\","
      "\"proficiency\":5}],\"capacity\":{\"chat\":2},"
      "\"notDuring\":{\"chat\":[\"message\"]},\"staysOnNoAnswer\":true}");
  put(s, COMMAND_PUT_AGENT,
      "{\"id\":\"cleo\",\"skills\":[\"sales\"],\"queues\":[\"support\"],"
      "\"capacity\":{\"chat\":1,\"message\":2}}");
  put(s, COMMAND_PUT_BOT, "{\"id\":\"cognigy\"}");
  put(s, COMMAND_PUT_BOT, "{\"id\":\"rasa\"}");
  put(s, COMMAND_PUT_SKILL, "{\"name\":\"nobody\"}");
  for (uint32_t i = 0; i < SCRIPTS; i++) {
    put_script(s, i, "");
  }
  put_entries(s);
}

bool storm_reconfigure(struct storm *s, uint64_t variant) {
  static const struct {
    enum command_type type;
    const char *config;
  } again[] = {
      {COMMAND_PUT_AGENT, "{\"id\":\"anna\",\"skills\":[\"billing\"],"
                          "\"capacity\":{\"chat\":2}}"},
      {COMMAND_PUT_AGENT, "{\"id\":\"anna\",\"skills\":[\"billing\","
                          "\"sales\"],\"capacity\":{\"chat\":1}}"},
      {COMMAND_PUT_AGENT, "{\"id\":\"bert\",\"skills\":[\"sales\"],"
                          "\"capacity\":{\"chat\":1}}"},
      {COMMAND_PUT_AGENT, "{\"id\":\"bert\",\"skills\":[\"billing\"],"
                          "\"capacity\":{\"chat\":2},"
                          "\"staysOnNoAnswer\":true}"},
      {COMMAND_PUT_AGENT, "{\"id\":\"cleo\",\"skills\":[\"sales\"],"
                          "\"queues\":[\"support\",\"late\"],"
                          "\"capacity\":{\"chat\":2,\"message\":1}}"},
      {COMMAND_PUT_QUEUE, "{\"id\":\"late\",\"maxWait\":30}"},
      {COMMAND_PUT_QUEUE, "{\"id\":\"third\",\"skills\":[\"sales\"],"
                          "\"strategy\":\"least_occupied\",\"ageing\":0.5}"},
      {COMMAND_PUT_QUEUE, "{\"id\":\"third\",\"precedence\":5,"
                          "\"rings\":[{\"after\":2,\"agents\":[\"cleo\"]}],"
                          "\"preferredFor\":3,\"sticky\":true}"},
      {COMMAND_PUT_QUEUE,
       "{\"id\":\"support\",\"maxWait\":60,\"overflow\":\"second\","
       "\"rings\":[{\"after\":3,\"proficiency\":2}],\"ageing\":100,"
       "\"maxPriority\":5}"},
      {COMMAND_PUT_SKILL, "{\"name\":\"another\"}"},
  };
  enum { AGAIN = sizeof again / sizeof again[0] };
  const uint64_t i = variant % (AGAIN + 2);
  if (i < AGAIN) {
    put(s, again[i].type, again[i].config);
  } else {
    put_script(s, (uint32_t)(variant / 16 % SCRIPTS),
               i == AGAIN ? "" : "LogInfo(\"another version\")\n");
  }
  return true;
}
