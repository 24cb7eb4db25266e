/* The section "desks": what a good one becomes, and each mistake by name. */
#include "loaded.h"

static void load(struct loaded *l, const char *yaml) {
  assert_int_equal(setenv("BATON_TEST_DESK", "a-secret-of-the-desk", 1), 0);
  loaded_begin(l);
  loaded_read(l, yaml);
}

#define HEAD                                                                   \
  "centre: acme\n"                                                             \
  "entryPoints: [{id: main, bot: robot}]\n"                                    \
  "bots: [{id: robot}]\n"
#define QUEUE "queues: [{id: support, skills: [English], desk: contact}]\n"
#define ACCESS                                                                 \
  "url: https://api.example.com/, clientId: c, clientSecret: "                 \
  "env:BATON_TEST_DESK, integration: i, webhookSecret: env:BATON_TEST_DESK"
#define DESK(more)                                                             \
  HEAD QUEUE "desks: [{id: contact, type: genesys, " ACCESS more "}]\n"

static void a_desk_has_a_seat_with_what_its_queues_ask_for(void **state) {
  (void)state;
  struct loaded l;
  load(&l, DESK(", name: Care, sessions: 7, skills: [German, english]"));
  assert_int_equal(l.err, BT_ERR_OK);
  assert_int_equal(l.findings.count, 0);
  assert_int_equal(l.config.desk_count, 1);
  const struct desk_settings *s = &l.config.desks[0];
  assert_true(text_equal(s->url, TEXT("https://api.example.com")));
  assert_true(text_equal(s->login, s->url));
  assert_true(text_equal(s->secret, TEXT("a-secret-of-the-desk")));
  assert_int_equal(s->patience_ms, 60000);
  assert_int_equal(s->then.len, 0);
  const struct server_object *seat =
      &l.config.objects[l.config.object_count - 1];
  assert_int_equal(seat->kind, CONFIG_AGENT);
  assert_true(text_equal(
      seat->json,
      TEXT("{\"id\":\"contact\",\"name\":\"Care\",\"capacity\":{\"chat\":7,"
           "\"voice\":0,\"message\":7},\"staysOnNoAnswer\":true,\"skills\":["
           "\"German\",\"english\"],\"queues\":[\"support\"]}")));
  done(&l);
}

static void each_mistake_is_named(void **state) {
  (void)state;
  static const struct {
    const char *yaml, *message;
  } rows[] = {
      {DESK(", onLeave: suport"),
       "there is no queue \"suport\"; did you mean \"support\"?"},
      {DESK(", onLeave: \"bot:robt\""),
       "there is no bot \"robt\"; did you mean \"robot\"?"},
      {HEAD "queues: [{id: support, desk: a b}]\n"
            "desks: [{id: a b, type: genesys, " ACCESS "}]\n",
       "a desk's id stands in a URL: up to 64 letters, digits, \"-\", \"_\" and "
       "\".\""},
      {HEAD "queues: [{name: support, desk: contact}]\n"
            "desks: [{id: contact, type: genesys, " ACCESS "}]\n",
       "\"id\" is missing"},
      {DESK(", leaveBy: evnt"),
       "there is no leaveBy \"evnt\"; did you mean \"event\"?"},
      {DESK(", sessions: 251"), "\"sessions\" is at most 250"},
      {DESK(", patience: 7200"), "\"patience\" is at most 3600"},
      {DESK(", skills: [3]"), "\"skills\" is a list of names"},
      {HEAD QUEUE "desks: [{id: contact, type: genesis, " ACCESS "}]\n",
       "there is no type of desk \"genesis\"; did you mean \"genesys\"?"},
      {HEAD "desks: [{id: contact, type: genesys, " ACCESS "}]\n",
       "no queue is served by the desk \"contact\": write \"desk: contact\" to "
       "a queue"},
      {DESK("") "agents: [{id: contact}]\n",
       "\"contact\" is the name of another agent already, in line 6; each "
       "needs one of its own (upper and lower case are the same)"},
      {HEAD "queues: [{id: support, desk: contct}, {id: b, desk: contact}]\n"
            "desks: [{id: contact, type: genesys, " ACCESS "}]\n",
       "there is no desk \"contct\"; did you mean \"contact\"?"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct loaded l;
    load(&l, rows[i].yaml);
    assert_int_equal(l.err, BT_ERR_SYNTAX);
    assert_int_equal(l.findings.errors, 1);
    assert_true(
        text_equal(l.findings.items[0].message, text_from(rows[i].message)));
    done(&l);
  }
}

static void settings_that_differ_are_noticed(void **state) {
  (void)state;
  struct loaded l;
  load(&l, DESK(""));
  struct desk_settings other = l.config.desks[0];
  assert_true(desk_settings_equal(&other, &l.config.desks[0]));
  other.integration = TEXT("another");
  assert_false(desk_settings_equal(&other, &l.config.desks[0]));
  done(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_desk_has_a_seat_with_what_its_queues_ask_for),
      cmocka_unit_test(each_mistake_is_named),
      cmocka_unit_test(settings_that_differ_are_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
