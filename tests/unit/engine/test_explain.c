/* The story of the ticket, as `baton explain` tells it, against a golden file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "centre.h"
#include "engine/explain.h"

#define FORUM                                                                  \
  "// Get current session\n"                                                   \
  "ASSIGN session = GetSessionInfo()\n"                                        \
  "\n"                                                                         \
  "// Attempt transfer\n"                                                      \
  "ASSIGN result = Transfer(session.id, \"AgentSkill\", \"priority:1\")\n"     \
  "\n"                                                                         \
  "IF result.code == 200\n"                                                    \
  " // Success path\n"                                                         \
  "ELSE\n"                                                                     \
  " // Fails here\n"                                                           \
  " LogError(\"Transfer failed: \" + result.message)\n"                        \
  "END IF\n"

enum { EVENTS_MAX = 128, STORY_MAX = 16384 };

/* The events of all steps; their texts lie in an arena. */
struct journal {
  struct arena arena;
  struct record events[EVENTS_MAX];
  size_t count;
};

static void keep(void *ctx, const struct step *step) {
  struct journal *j = ctx;
  for (size_t i = 0; i < step->event_count; i++) {
    if (!record_has(&step->events[i], FIELD_SESSION)) {
      continue;
    }
    assert_true(j->count < EVENTS_MAX);
    struct record *r = &j->events[j->count++];
    *r = step->events[i];
    for (uint32_t f = record_next(r, 0); f < FIELDS;
         f = record_next(r, f + 1)) {
      if (field_is_text((enum field)f)) {
        r->v[f].text = arena_copy_text(&j->arena, r->v[f].text);
      }
    }
  }
}

static void begin(struct centre *c, struct journal *j, const char *script) {
  centre_init(c, script);
  *j = (struct journal){.count = 0};
  arena_init(&j->arena, &c->tm.mem, 0);
  c->on_step = keep;
  c->ctx = j;
}

static void finish(struct centre *c, struct journal *j, struct textbuf *out) {
  textbuf_init(out, &c->tm.mem);
  explain_session(c->e, j->events, j->count, c->now_us, out);
  textbuf_add_char(out, '\0');
  assert_false(out->failed);
  arena_free(&j->arena);
}

static void test_the_ticket_as_it_is_told(void **state) {
  const char *golden = *state;
  struct centre c;
  struct journal j;
  struct textbuf out;
  begin(&c, &j, FORUM);
  centre_open(&c);
  centre_wait(&c, 203);
  centre_bot(&c, COMMAND_ACCEPT_INVITE, NULL);
  centre_wait(&c, 42000);
  centre_bot(&c, COMMAND_GOODBYE, "{\"text\":\"I fetch somebody.\"}");
  centre_wait(&c, 67);
  centre_transfer(&c, "{\"skill\":\"AgentSkill\",\"priority\":1}");
  centre_wait(&c, 933);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  centre_transfer(&c, "{\"skill\":\"AgentSkill\",\"priority\":1}");
  centre_wait(&c, 1500);
  centre_ready(&c, "anna");
  centre_wait(&c, 20000);
  centre_ready(&c, "bert");
  centre_wait(&c, 3000);
  centre_agent(&c, "bert", COMMAND_ACCEPT_OFFER, NULL);
  centre_bot(&c, COMMAND_SAY, "{\"text\":\"Anything else?\"}");
  centre_connection(&c, COMMAND_AGENT_DROPPED, "bert");
  centre_wait(&c, 12000);
  centre_connection(&c, COMMAND_AGENT_JOINED, "bert");
  centre_wait(&c, 60000);
  centre_do(&c, COMMAND_LEAVE, ROLE_CUSTOMER, SESSION_NOBODY, NULL);
  centre_wait(&c, 2000);
  finish(&c, &j, &out);

  FILE *f = fopen(golden, "r");
  assert_non_null(f);
  static char wanted[STORY_MAX];
  const size_t n = fread(wanted, 1, sizeof wanted - 1, f);
  (void)fclose(f);
  wanted[n] = '\0';
  if (strcmp(out.ptr, wanted) != 0) {
    (void)fprintf(stderr, "%s is not what is told:\n%s", golden, out.ptr);
    fail();
  }
  textbuf_free(&out);
  centre_free(&c);
}

static void test_a_cure_is_told_as_such(void **state) {
  (void)state;
  struct centre c;
  struct journal j;
  struct textbuf out;
  begin(&c, &j,
        "Transfer(GetSessionInfo().id, \"AgentSkill\", \"when:released\")\n");
  centre_open_with_bot(&c, true);
  centre_wait(&c, 1000);
  centre_bot(&c, COMMAND_BOT_CLOSED, NULL);
  finish(&c, &j, &out);
  static const char *const told[] = {
      ("Script 'forum', line 1, asked for a transfer to the "
       "queue of skill 'AgentSkill' when the bot releases the session."),
      "From its goodbye to this moment it was 1000 ms.\n",
      "Script 'forum' sent the session to the queue of skill 'AgentSkill'",
      "Now it is queued (waits in a queue)."};
  for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
    if (strstr(out.ptr, told[i]) == NULL) {
      print_error("missing: %s\nin:\n%s", told[i], out.ptr);
      fail();
    }
  }
  textbuf_free(&out);
  centre_free(&c);
}

static void test_nothing_happened(void **state) {
  (void)state;
  struct centre c;
  struct journal j;
  struct textbuf out;
  begin(&c, &j, NULL);
  finish(&c, &j, &out);
  assert_string_equal(out.ptr, "");
  textbuf_free(&out);
  centre_free(&c);
}

static void tells(const struct textbuf *out, const char *line, bool told) {
  if ((strstr(out->ptr, line) != NULL) != told) {
    print_error("%s: %s\nin:\n%s", told ? "missing" : "told", line, out->ptr);
    fail();
  }
}

/* The way of a session to whoever accepted it was told step by step, as if it
 * had been sent to a queue 'agent:bert', pulled there, and a consultation had
 * been over. */
static void test_an_accepted_transfer_is_one_line(void **state) {
  (void)state;
  struct centre c;
  struct journal j;
  struct textbuf out;
  begin(&c, &j, NULL);
  centre_ready(&c, "anna");
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_agent(&c, "anna", COMMAND_ACCEPT_OFFER, NULL);
  const struct id customer = c.session;
  centre_ready(&c, "bert");
  centre_agent(&c, "anna", COMMAND_TRANSFER,
               "{\"agentId\":\"bert\",\"when\":\"accepted\"}");
  const size_t offered = j.count;
  size_t i = 0;
  while (i < offered &&
         id_equal(record_id(&j.events[i], FIELD_SESSION), customer)) {
    i++;
  }
  assert_true(i < offered); /* the session in which it is offered */
  c.session = record_id(&j.events[i], FIELD_SESSION);
  centre_agent(&c, "bert", COMMAND_ACCEPT_OFFER, NULL);
  assert_int_equal(c.step.answer.code, 200);
  size_t kept = 0;
  for (size_t k = 0; k < j.count; k++) {
    if (id_equal(record_id(&j.events[k], FIELD_SESSION), customer)) {
      j.events[kept++] = j.events[k];
    }
  }
  j.count = kept;
  finish(&c, &j, &out);
  tells(&out, "Agent 'anna' offers the session to 'bert', and keeps it", true);
  tells(&out, "Agent 'bert' accepted: agent 'anna' handed the session over.",
        true);
  tells(&out, "consultation", false);
  tells(&out, "pulled", false);
  tells(&out, "agent:bert", false);
  textbuf_free(&out);
  centre_free(&c);
}

static void test_a_refused_move_is_no_transfer(void **state) {
  (void)state;
  struct centre c;
  struct journal j;
  struct textbuf out;
  begin(&c, &j, NULL);
  centre_put(&c, COMMAND_PUT_HOURS, "{\"id\":\"never\"}");
  centre_put(&c, COMMAND_PUT_QUEUE, "{\"id\":\"shut\",\"hours\":\"never\"}");
  centre_queue(&c, "{\"queue\":\"support\"}");
  centre_supervise(&c, COMMAND_MOVE, "{\"queue\":\"shut\"}");
  assert_int_equal(c.step.answer.refusal, REFUSAL_QUEUE_CLOSED);
  finish(&c, &j, &out);
  tells(&out, "wanted to move the session to 'shut' and was refused: 409",
        true);
  tells(&out, "Cure: choose another queue, or wait until it opens", true);
  tells(&out, "A transfer is taken at once while", false);
  textbuf_free(&out);
  centre_free(&c);
}

int main(void) {
  /* Beside this file's folder, wherever that lies. */
  static char golden[4096];
  const char *here = __FILE__;
  const char *end = strstr(here, "unit/engine/");
  if (end == NULL) {
    return 1;
  }
  (void)snprintf(golden, sizeof golden, "%.*sgolden/explain-forum.txt",
                 (int)(end - here), here);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_prestate(test_the_ticket_as_it_is_told, golden),
      cmocka_unit_test(test_a_cure_is_told_as_such),
      cmocka_unit_test(test_an_accepted_transfer_is_one_line),
      cmocka_unit_test(test_a_refused_move_is_no_transfer),
      cmocka_unit_test(test_nothing_happened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
