/* Engine.IO as its server, over polling: handshakes, packets, what is broken.
 */
#include "service.h"

#include "api/shell.h"
#include "facades/facades.h"

#define PATH  "/socket.io/?EIO=3&transport=polling&"
#define QUERY "urlToken=secret&sessionId=chat&userId=u&emitWithAck=true"

struct end {
  struct service service;
  struct facades *facades;
  char path[256]; /* of the connection */
};

static void begin(struct end *t) {
  static const struct facade_settings list = {.id = {"web", 3},
                                              .kind = FACADE_COGNIGY,
                                              .token = {"secret", 6},
                                              .entry = {"main", 4},
                                              .webhook = {"", 0}};
  static const struct outbound_rules rules = {0};
  memset(t, 0, sizeof *t);
  service_begin(&t->service);
  const struct facades_options options = {.api = t->service.api,
                                          .loop = t->service.loop,
                                          .list = &list,
                                          .count = 1,
                                          .rules = &rules};
  assert_int_equal(facades_create(&options, &t->facades), BT_ERR_OK);
  service_listen(&t->service);
}

static void end(struct end *t) {
  service_stop(&t->service);
  facades_free(t->facades);
  service_end_loop(&t->service);
}

static int get(struct end *t, const char *path) {
  return service_do(&t->service, HTTP_GET, path, "", "");
}

static int post(struct end *t, const char *payload) {
  return service_do(&t->service, HTTP_POST, t->path, "", payload);
}

static void open(struct end *t) {
  assert_int_equal(get(t, PATH QUERY), 200);
  const char *sid = strstr(t->service.body, "\"sid\":\"");
  assert_non_null(sid);
  (void)snprintf(t->path, sizeof t->path, PATH "sid=%.32s", sid + 7);
}

static void a_handshake_and_its_pings(void **state) {
  (void)state;
  struct end t;
  begin(&t);
  open(&t);
  assert_true(service_said(&t.service, "\"pingInterval\":25000"));
  assert_true(service_said(&t.service, "2:40"));
  assert_true(service_said(&t.service, "42[\"endpoint-ready\"]"));
  assert_int_equal(post(&t, "6:2probe1:2"), 200);
  assert_string_equal(t.service.body, "ok");
  assert_int_equal(get(&t, t.path), 200);
  assert_string_equal(t.service.body, "6:3probe1:3");
  end(&t);
}

static void inputs_become_a_session(void **state) {
  (void)state;
  static const char input[] =
      "42[\"processInput\",{\"text\":\"a\xf0\x9f\x8e\x89\"}]";
  char payload[128];
  struct end t;
  uint32_t slot = 0;
  begin(&t);
  open(&t);
  /* Lengths are in UTF-16 code units: the sign beyond them counts as two. */
  (void)snprintf(payload, sizeof payload, "%zu:%s", sizeof input - 3, input);
  assert_int_equal(post(&t, payload), 200);
  assert_true(engine_next_session(api_engine(t.service.api), &slot));
  assert_int_equal(engine_message_count(api_engine(t.service.api), slot), 1);
  /* What is none is an exception, and the connection stays. */
  assert_int_equal(post(&t, "10:42[\"noise\"7:42[not}"), 200);
  assert_int_equal(get(&t, t.path), 200);
  assert_true(service_said(&t.service, "42[\"exception\",{\"error\":"));
  assert_int_equal(post(&t, "1:2"), 200);
  end(&t);
}

static void what_is_broken_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *path, *body;
    int status;
  } bad[] = {
      {PATH "urlToken=wrong&sessionId=a", "{\"code\":4,", 403},
      {PATH "urlToken=secret", "{\"code\":4,", 403}, /* no sessionId */
      {PATH "sid=nobody", "{\"code\":1,", 400},
      {"/socket.io/?EIO=3&transport=pigeon&" QUERY, "{\"code\":0,", 400},
      {"/socket.io/?EIO=3&transport=websocket&" QUERY, "{\"code\":3,", 400}};
  struct end t;
  begin(&t);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(get(&t, bad[i].path), bad[i].status);
    assert_true(service_said(&t.service, bad[i].body));
  }
  assert_int_equal(service_do(&t.service, HTTP_POST, PATH QUERY, "", "1:2"),
                   400);
  assert_true(service_said(&t.service, "{\"code\":2,"));
  end(&t);
}

static void a_connection_ends(void **state) {
  (void)state;
  static const char *const ends[] = {"1:1", "2:41", "9:2", "x", "3:999", ":"};
  struct end t;
  begin(&t);
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    open(&t);
    assert_int_equal(post(&t, ends[i]), i < 2 ? 200 : 400);
    assert_int_equal(get(&t, t.path), 400);
    assert_true(service_said(&t.service, "{\"code\":1,"));
  }
  end(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_handshake_and_its_pings),
      cmocka_unit_test(inputs_become_a_session),
      cmocka_unit_test(what_is_broken_is_refused),
      cmocka_unit_test(a_connection_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
