#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/rpc_stdio.h"
#include "domain/heap.h"

/* An editor on the other end of two pipes. */
struct editor {
  int to_us, from_us;
  struct rpc_stdio rpc;
  struct arena arena;
  struct rpc_error why;
};

static void editor_start(struct editor *ed) {
  int in[2], out[2];
  assert_int_equal(pipe(in), 0);
  assert_int_equal(pipe(out), 0);
  ed->to_us = in[1];
  ed->from_us = out[0];
  rpc_open(&ed->rpc, in[0], out[1]);
  arena_init(&ed->arena, heap_mem(), 0);
  ed->why.message[0] = '\0';
}

static void editor_hang_up(struct editor *ed) {
  (void)close(ed->to_us);
  ed->to_us = -1;
}

static void editor_stop(struct editor *ed) {
  if (ed->to_us >= 0) {
    (void)close(ed->to_us);
  }
  (void)close(ed->from_us);
  (void)close(ed->rpc.in);
  (void)close(ed->rpc.out);
  arena_free(&ed->arena);
  rpc_close(&ed->rpc);
}

static void editor_sends(struct editor *ed, const char *bytes) {
  const size_t len = strlen(bytes);
  assert_int_equal(write(ed->to_us, bytes, len), (ssize_t)len);
}

static enum bt_err read_one(struct editor *ed, struct json **out) {
  return rpc_read(&ed->rpc, 0, &ed->arena, out, &ed->why);
}

static void assert_command(struct editor *ed, const char *command) {
  struct json *message = NULL;
  assert_int_equal(read_one(ed, &message), BT_ERR_OK);
  const struct json *member = json_member(message, TEXT("command"));
  assert_non_null(member);
  assert_true(text_equal(member->text, text_from(command)));
}

static void assert_error(struct editor *ed, enum bt_err err, const char *says) {
  struct json *message = NULL;
  assert_int_equal(read_one(ed, &message), err);
  assert_null(message);
  if (strstr(ed->why.message, says) == NULL) {
    fail_msg("'%s' does not say '%s'", ed->why.message, says);
  }
}

static void messages_come_one_by_one_however_they_arrive(void **state) {
  (void)state;
  struct editor ed;
  struct json *message = NULL;
  editor_start(&ed);
  editor_sends(&ed, "Content-Length: 18\r\n\r\n{\"command\":\"next\"}"
                    "content-length:18\r\nContent-Type: x\r\n\r\n{\"com");
  assert_command(&ed, "next");
  assert_int_equal(read_one(&ed, &message), BT_ERR_BUSY);
  editor_sends(&ed, "mand\":\"over\"}Content-");
  assert_command(&ed, "over");
  assert_int_equal(read_one(&ed, &message), BT_ERR_BUSY);
  editor_sends(&ed, "Length: 2\r\n\r\n{}");
  assert_int_equal(read_one(&ed, &message), BT_ERR_OK);
  assert_int_equal(message->type, JSON_OBJECT);
  editor_hang_up(&ed);
  assert_int_equal(read_one(&ed, &message), BT_ERR_CLOSED);
  editor_stop(&ed);
}

static void what_is_no_json_is_an_error_of_that_message_only(void **state) {
  (void)state;
  struct editor ed;
  editor_start(&ed);
  editor_sends(&ed, "Content-Length: 3\r\n\r\n{a}"
                    "Content-Length: 18\r\n\r\n{\"command\":\"next\"}");
  assert_error(&ed, BT_ERR_SYNTAX, "not good JSON, at byte 1");
  assert_command(&ed, "next");
  editor_stop(&ed);
}

static void a_broken_frame_says_what_a_message_looks_like(void **state) {
  (void)state;
  static const struct {
    const char *sent, *says;
  } cases[] = {
      {"{\"command\":\"next\"}\r\n\r\n", "'Content-Length: N', an empty line"},
      {"hello\r\n\r\n", "'hello' is no header line"},
      {"Content-Length: x\r\n\r\n", "whole number of bytes, not 'x'"},
      {"Content-Length: -1\r\n\r\n", "whole number of bytes, not '-1'"},
      {"Content-Type: json\r\n\r\n", "has no Content-Length"},
      {"Content-Length: 2\n\n{}", "CR LF"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct editor ed;
    editor_start(&ed);
    editor_sends(&ed, cases[i].sent);
    assert_error(&ed, BT_ERR_CORRUPT, cases[i].says);
    editor_stop(&ed);
  }
}

static void a_header_has_a_limit(void **state) {
  (void)state;
  struct editor ed;
  editor_start(&ed);
  for (int i = 0; i < RPC_HEADER_MAX / 10 + 1; i++) {
    editor_sends(&ed, "X-Long: y\r\n");
  }
  assert_error(&ed, BT_ERR_CORRUPT, "longer than 4096 bytes");
  editor_stop(&ed);
}

static void a_message_that_is_too_large_is_passed_over(void **state) {
  (void)state;
  struct editor ed;
  char header[64];
  static char body[8192];
  editor_start(&ed);
  (void)snprintf(header, sizeof header, "Content-Length: %d\r\n\r\n",
                 RPC_MESSAGE_MAX + 8192);
  editor_sends(&ed, header);
  assert_error(&ed, BT_ERR_RANGE, "was passed over");
  memset(body, 'x', sizeof body - 1);
  for (int sent = 0; sent < RPC_MESSAGE_MAX + 8192; sent += 4096) {
    struct json *message = NULL;
    body[4096] = '\0';
    editor_sends(&ed, body);
    assert_int_equal(read_one(&ed, &message), BT_ERR_BUSY);
  }
  editor_sends(&ed, "Content-Length: 18\r\n\r\n{\"command\":\"next\"}");
  assert_command(&ed, "next");
  editor_stop(&ed);
}

static void an_end_in_the_middle_is_no_good_end(void **state) {
  (void)state;
  struct editor ed;
  editor_start(&ed);
  editor_sends(&ed, "Content-Length: 18\r\n\r\n{\"command\"");
  editor_hang_up(&ed);
  assert_error(&ed, BT_ERR_CORRUPT, "in the middle of a message");
  editor_stop(&ed);
}

static void what_is_written_has_its_header(void **state) {
  (void)state;
  struct editor ed;
  char got[64] = "";
  editor_start(&ed);
  assert_int_equal(rpc_write(&ed.rpc, TEXT("{\"seq\":1}")), BT_ERR_OK);
  assert_true(read(ed.from_us, got, sizeof got - 1) > 0);
  assert_string_equal(got, "Content-Length: 9\r\n\r\n{\"seq\":1}");
  (void)close(ed.from_us);
  assert_int_equal(rpc_write(&ed.rpc, TEXT("{}")), BT_ERR_IO);
  ed.from_us = dup(ed.to_us);
  editor_stop(&ed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(messages_come_one_by_one_however_they_arrive),
      cmocka_unit_test(what_is_no_json_is_an_error_of_that_message_only),
      cmocka_unit_test(a_broken_frame_says_what_a_message_looks_like),
      cmocka_unit_test(a_header_has_a_limit),
      cmocka_unit_test(a_message_that_is_too_large_is_passed_over),
      cmocka_unit_test(an_end_in_the_middle_is_no_good_end),
      cmocka_unit_test(what_is_written_has_its_header),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
