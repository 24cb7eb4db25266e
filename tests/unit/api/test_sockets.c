#include "service.h"

#include "api/auth.h"

struct given {
  struct service s;
  struct wire_peer a, b;
};

static void begin(struct given *g) {
  memset(g, 0, sizeof *g);
  service_begin(&g->s);
  service_listen(&g->s);
}

static void end(struct given *g) {
  if (g->a.service != NULL) {
    peer_hang_up(&g->a);
  }
  if (g->b.service != NULL) {
    peer_hang_up(&g->b);
  }
  service_end(&g->s);
}

/* The token in what was heard. */
static const char *token_in(const struct wire_peer *p) {
  static char token[128];
  const struct text all = textbuf_text(&p->got);
  const size_t at = text_find(all, TEXT("\"token\":\""), 0);
  assert_true(at < all.len);
  (void)snprintf(token, sizeof token, "%.104s", all.ptr + at + 9);
  return token;
}

static void submit_say(struct given *g, const char *text) {
  struct command cmd =
      centre_command(&g->s.centre, ROLE_SUPERVISOR, COMMAND_SAY);
  record_set_text(&cmd.args, FIELD_TEXT, text_from(text));
  centre_submit(&g->s.centre, &cmd);
}

static const struct session *session_of(const struct given *g) {
  uint32_t slot = SESSION_NOBODY;
  const struct engine *e = domain_engine(g->s.centre.domain);
  assert_true(engine_find(e, g->s.centre.session, &slot));
  return engine_session(e, slot);
}

/* ---- customers */

static void learn_session(struct given *g) {
  const char *token = token_in(&g->a);
  assert_true(id_from_text((struct text){token + 3, ID_TEXT_LEN},
                           &g->s.centre.session));
}

static void a_customer_comes_back_and_misses_nothing(void **state) {
  (void)state;
  struct given g;
  char token[128], path[512];
  begin(&g);
  peer_connect(&g.a, &g.s, "/api/v1/chat?entryPoint=main", NULL);
  peer_await(&g.a, "session.opened");
  learn_session(&g);
  (void)snprintf(token, sizeof token, "%s", token_in(&g.a));
  submit_say(&g, "one");
  peer_await(&g.a, "\"text\":\"one\"");
  peer_hang_up(&g.a);
  submit_say(&g, "two");
  (void)snprintf(path, sizeof path, "%s",
                 service_path(&g.s, "/socket?after=1"));
  peer_connect(&g.a, &g.s, path, token);
  peer_await(&g.a, "session.opened");
  assert_true(peer_heard(&g.a, "\"text\":\"two\""));
  assert_false(peer_heard(&g.a, "\"text\":\"one\""));
  assert_false(peer_heard(&g.a, "\"token\""));
  submit_say(&g, "three");
  peer_await(&g.a, "\"text\":\"three\"");
  end(&g);
}

/* What is said between the first frame's making and its leaving is in it, and
 * is not told again. */
static void the_first_frame_joins_what_follows(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  centre_open_session(&g.s.centre);
  for (int i = 0; i < 20; i++) {
    submit_say(&g, "before");
  }
  char token[CUSTOMER_TOKEN_TEXT + 1] = {0}, path[512];
  struct auth auth;
  auth_init(&auth, &g.s.centre.heap.mem,
            TEXT("a secret of more than thirty-two bytes"));
  auth_customer_token(&auth, g.s.centre.session, token);
  auth_free(&auth);
  (void)snprintf(path, sizeof path, "%s", service_path(&g.s, "/socket"));
  peer_connect(&g.a, &g.s, path, token);
  submit_say(&g, "after");
  peer_await(&g.a, "\"text\":\"after\"");
  struct text rest = textbuf_text(&g.a.got);
  for (unsigned n = 1; n <= 21; n++) {
    char key[32];
    (void)snprintf(key, sizeof key, "\"number\":%u,", n);
    const size_t at = text_find(rest, text_from(key), 0);
    assert_true(at < rest.len); /* there */
    assert_int_equal(text_find(rest, text_from(key), at + 1), rest.len);
  }
  end(&g);
}

static void a_message_with_an_id_is_taken_once(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  peer_connect(&g.a, &g.s, "/api/v1/chat", NULL);
  peer_await(&g.a, "session.opened");
  learn_session(&g);
  for (int i = 0; i < 2; i++) {
    peer_say(&g.a, "{\"type\":\"message\",\"text\":\"hi\",\"id\":\"m1\"}");
    peer_await(&g.a, "{\"type\":\"done\",\"id\":\"m1\",\"code\":201}");
    peer_forget(&g.a);
  }
  assert_int_equal(service_as(&g.s, "boss-token", HTTP_GET,
                              service_path(&g.s, "/messages"), NULL),
                   200);
  assert_true(service_said(&g.s, "\"number\":1"));
  assert_false(service_said(&g.s, "\"number\":2"));
  end(&g);
}

static void leaving_and_being_lost(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  peer_connect(&g.a, &g.s, "/api/v1/chat", NULL);
  peer_await(&g.a, "session.opened");
  learn_session(&g);
  peer_hang_up(&g.a);
  assert_int_equal(session_of(&g)->status, SESSION_PENDING);
  assert_int_equal(
      service_as(&g.s, "boss-token", HTTP_GET, service_path(&g.s, ""), NULL),
      200);
  assert_true(service_said(&g.s, "\"customerConnected\":false"));
  peer_connect(&g.a, &g.s, "/api/v1/chat", NULL);
  peer_await(&g.a, "session.opened");
  learn_session(&g);
  peer_say(&g.a, "{\"type\":\"leave\"}");
  peer_await(&g.a, "\"type\":\"session.ended\",\"reason\":\"customer_left\"");
  peer_await_close(&g.a);
  assert_int_equal(session_of(&g)->status, SESSION_COMPLETED);
  end(&g);
}

static void a_customer_hears_its_place(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  peer_connect(&g.a, &g.s, "/api/v1/chat", NULL);
  peer_await(&g.a, "session.opened");
  learn_session(&g);
  struct command cmd =
      centre_command(&g.s.centre, ROLE_SUPERVISOR, COMMAND_TRANSFER);
  record_set_text(&cmd.args, FIELD_TARGET, TEXT("support"));
  record_set_num(&cmd.args, FIELD_RELEASE, 1);
  centre_submit(&g.s.centre, &cmd);
  peer_await(&g.a, "{\"type\":\"queue\",\"position\":1}");
  assert_true(peer_heard(&g.a, "\"status\":\"queued\",\"holder\":{\"kind\":"
                               "\"queue\",\"name\":\"support\"}"));
  end(&g);
}

static void a_chat_that_is_refused(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  peer_connect(&g.a, &g.s, "/api/v1/chat?entryPoint=side", NULL);
  assert_int_equal(g.a.refused, 422);
  assert_true(peer_heard(&g.a, "\"pointer\":\"/entryPoint\""));
  assert_int_equal(
      service_do(&g.s, HTTP_GET, "/api/v1/chat?entryPoint=main", NULL, NULL),
      400);
  assert_true(service_said(&g.s, "Upgrade: websocket"));
  end(&g);
}

/* ---- agents */

static void wait_in_queue(struct given *g) {
  const uint32_t epoch = centre_open_session(&g->s.centre);
  submit_say(g, "I need help");
  centre_do_bot(&g->s.centre, COMMAND_GOODBYE, epoch);
  centre_do_bot(&g->s.centre, COMMAND_BOT_CLOSED, epoch);
  struct command cmd =
      centre_command(&g->s.centre, ROLE_SUPERVISOR, COMMAND_TRANSFER);
  record_set_text(&cmd.args, FIELD_TARGET, TEXT("support"));
  record_set_text(&cmd.args, FIELD_NOTE, TEXT("be nice"));
  centre_submit(&g->s.centre, &cmd);
  service_turns(&g->s, 3);
}

static void say(struct given *g, struct wire_peer *p, const char *format) {
  char frame[2048], id[ID_TEXT_LEN + 1] = {0};
  const char *mark = strstr(format, "%s");
  id_to_text(g->s.centre.session, id);
  (void)snprintf(frame, sizeof frame, "%.*s%s%s", (int)(mark - format), format,
                 id, mark + 2);
  peer_say(p, frame);
}

static void anna_is_there(struct given *g) {
  peer_connect(&g->a, &g->s, "/api/v1/agents/anna/socket", "anna-token");
  peer_await(&g->a, "\"type\":\"state\"");
  peer_say(&g->a, "{\"type\":\"state\",\"state\":\"available\"}");
  peer_await(&g->a, "\"state\":\"available\"");
}

static void an_offer_says_what_it_is_about(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  anna_is_there(&g);
  wait_in_queue(&g);
  peer_await(&g.a, "\"type\":\"offer\"");
  assert_true(peer_heard(&g.a, "\"deadline\":\""));
  assert_true(peer_heard(&g.a, "\"note\":\"be nice\""));
  assert_true(peer_heard(&g.a, "\"text\":\"I need help\""));
  say(&g, &g.a, "{\"type\":\"offer.decline\",\"session\":\"%s\"}");
  peer_await(&g.a, "\"type\":\"offer.declined\"");
  end(&g);
}

static void an_offer_that_nobody_answers(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  anna_is_there(&g);
  wait_in_queue(&g);
  peer_await(&g.a, "\"type\":\"offer\"");
  service_advance(&g.s, 20000000);
  peer_await(&g.a, "\"type\":\"offer.expired\"");
  say(&g, &g.a,
      "{\"type\":\"offer.accept\",\"session\":\"%s\",\"id\":\"late\"}");
  peer_await(&g.a, "{\"type\":\"problem\",\"id\":\"late\"");
  assert_true(peer_heard(&g.a, "offer_gone"));
  end(&g);
}

static void an_offer_whose_customer_leaves(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  anna_is_there(&g);
  wait_in_queue(&g);
  peer_await(&g.a, "\"type\":\"offer\"");
  centre_do(&g.s.centre, ROLE_SUPERVISOR, COMMAND_LEAVE);
  peer_await(&g.a, "\"type\":\"offer.withdrawn\"");
  end(&g);
}

static void a_second_screen_and_a_lost_one(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  anna_is_there(&g);
  wait_in_queue(&g);
  peer_await(&g.a, "\"type\":\"offer\"");
  peer_connect(&g.b, &g.s, "/api/v1/agents/anna/socket", "anna-token");
  peer_await(&g.b, "\"type\":\"offer\"");
  say(&g, &g.a, "{\"type\":\"offer.accept\",\"session\":\"%s\"}");
  peer_await(&g.a, "\"type\":\"session.assigned\"");
  peer_await(&g.b, "\"type\":\"session.assigned\"");
  peer_hang_up(&g.a);
  assert_int_equal(session_of(&g)->status, SESSION_ACTIVE);
  assert_int_equal(session_of(&g)->away, 0);
  peer_hang_up(&g.b);
  assert_int_equal(session_of(&g)->away, 1);
  peer_connect(&g.a, &g.s, "/api/v1/agents/anna/socket", "anna-token");
  peer_await(&g.a, "\"type\":\"session.assigned\"");
  assert_int_equal(session_of(&g)->away, 0);
  g.b.service = NULL;
  end(&g);
}

static void a_session_that_is_taken_away(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  anna_is_there(&g);
  wait_in_queue(&g);
  peer_await(&g.a, "\"type\":\"offer\"");
  say(&g, &g.a, "{\"type\":\"offer.accept\",\"session\":\"%s\"}");
  peer_await(&g.a, "\"type\":\"session.assigned\"");
  struct command cmd =
      centre_command(&g.s.centre, ROLE_SUPERVISOR, COMMAND_TRANSFER);
  record_set_text(&cmd.args, FIELD_TARGET, TEXT("agent:ben"));
  centre_submit(&g.s.centre, &cmd);
  peer_await(&g.a, "\"type\":\"session.left\"");
  assert_true(peer_heard(&g.a, "\"status\":\"queued\""));
  end(&g);
}

static void an_agents_frames_are_checked(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  anna_is_there(&g);
  peer_say(&g.a, "{\"type\":\"state\",\"state\":\"asleep\",\"id\":1}");
  peer_await(&g.a, "{\"type\":\"problem\",\"id\":1,");
  assert_true(peer_heard(&g.a, "\"pointer\":\"/state\""));
  peer_say(&g.a, "{\"type\":\"mesage\",\"session\":\"x\"}");
  peer_await(&g.a, "did you mean \\\"message\\\"");
  peer_say(&g.a, "{\"type\":\"offer.accept\",\"session\":"
                 "\"01920000-0000-7000-8000-000000000000\",\"offer\":\"1\"}");
  peer_await(&g.a, "\"pointer\":\"/offer\"");
  end(&g);
}

/* Signed out at a desk whose line then went dead: the next desk signs in. */
static void who_signed_out_signs_in_beside_a_dead_desk(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  anna_is_there(&g);
  peer_say(&g.a, "{\"type\":\"state\",\"state\":\"offline\",\"id\":1}");
  peer_await(&g.a, "{\"type\":\"done\",\"id\":1,");
  peer_connect(&g.b, &g.s, "/api/v1/agents/anna/socket", "anna-token");
  peer_say(&g.b, "{\"type\":\"state\",\"state\":\"available\",\"id\":2}");
  peer_await(&g.b, "{\"type\":\"done\",\"id\":2,");
  assert_true(peer_heard(&g.b, "\"state\":\"available\""));
  end(&g);
}

/* ---- revocation */

static void a_revoked_token_closes_its_sockets(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  anna_is_there(&g);
  const struct api_token tokens[] = {
      service_token("boss-token", ROLE_SUPERVISOR, "boss")};
  assert_int_equal(api_set_tokens(g.s.api, tokens, 1), BT_ERR_OK);
  peer_await_close(&g.a);
  assert_int_equal(g.a.closed, 1008);
  assert_int_equal(
      service_as(&g.s, "anna-token", HTTP_GET, "/api/v1/queues", NULL), 401);
  end(&g);
}

/* ---- scripts that call */

static void a_script_calls_this_server(void **state) {
  (void)state;
  struct given g;
  begin(&g);
  centre_put_script(&g.s.centre, "caller",
                    "ASSIGN p = GetRESTProxy()\n"
                    "ASSIGN r = p.MakeRestRequest(\"/api/v1/queues/support\", "
                    "\"\", 0, \"GET\")\n"
                    "LogInfo(\"{p.StatusCode} {r.id}\")\n"
                    "ASSIGN r = p.MakeRestRequest(\"/api/v1/queues/none\", "
                    "\"\", 0, \"GET\")\n"
                    "LogInfo(\"{p.StatusCode} {r.refusal}\")\n"
                    "ASSIGN r = p.MakeRestRequest(\"/api/v1/tickets\", "
                    "\"\", 0, \"POST\")\n"
                    "LogInfo(\"{p.StatusCode}\")\n");
  centre_settle(&g.s.centre);
  assert_int_equal(g.s.centre.last.code, 200);
  centre_open_session(&g.s.centre);
  struct command run =
      centre_command(&g.s.centre, ROLE_ADMIN, COMMAND_RUN_SCRIPT);
  record_set_text(&run.args, FIELD_NAME, TEXT("caller"));
  centre_submit(&g.s.centre, &run);
  service_turns(&g.s, 20);
  (void)service_as(&g.s, "boss-token", HTTP_GET,
                   service_path(&g.s, "/timeline"), NULL);
  assert_true(service_said(&g.s, "\"text\":\"200 support\""));
  assert_true(service_said(&g.s, "\"text\":\"404 not_found\""));
  assert_true(service_said(&g.s, "\"text\":\"404\""));
  end(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_customer_comes_back_and_misses_nothing),
      cmocka_unit_test(the_first_frame_joins_what_follows),
      cmocka_unit_test(a_message_with_an_id_is_taken_once),
      cmocka_unit_test(leaving_and_being_lost),
      cmocka_unit_test(a_customer_hears_its_place),
      cmocka_unit_test(a_chat_that_is_refused),
      cmocka_unit_test(an_offer_says_what_it_is_about),
      cmocka_unit_test(an_offer_that_nobody_answers),
      cmocka_unit_test(an_offer_whose_customer_leaves),
      cmocka_unit_test(a_second_screen_and_a_lost_one),
      cmocka_unit_test(a_session_that_is_taken_away),
      cmocka_unit_test(an_agents_frames_are_checked),
      cmocka_unit_test(who_signed_out_signs_in_beside_a_dead_desk),
      cmocka_unit_test(a_revoked_token_closes_its_sockets),
      cmocka_unit_test(a_script_calls_this_server),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
