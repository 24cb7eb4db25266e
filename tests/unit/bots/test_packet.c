/* Packets of Socket.IO, whole and broken; payloads of polling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bots/cognigy/packet.h"
#include "support.h"

static void packets_are_read(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    enum packet_type type;
    bool has_id;
    uint64_t id;
    const char *body;
  } good[] = {{"0{\"sid\":1}", PACKET_OPEN, false, 0, "{\"sid\":1}"},
              {"1", PACKET_CLOSE, false, 0, ""},
              {"2probe", PACKET_PING, false, 0, "probe"},
              {"3", PACKET_PONG, false, 0, ""},
              {"40", PACKET_CONNECT, false, 0, ""},
              {"40/?a=b,", PACKET_CONNECT, false, 0, ""},
              {"40/other,", PACKET_OTHER, false, 0, ""},
              {"41", PACKET_DISCONNECT, false, 0, ""},
              {"42[\"x\"]", PACKET_EVENT, false, 0, "[\"x\"]"},
              {"4217[\"x\"]", PACKET_EVENT, true, 17, "[\"x\"]"},
              {"430[]", PACKET_ACK, true, 0, "[]"},
              {"44\"no\"", PACKET_ERROR, false, 0, "\"no\""},
              {"451-[\"b\"]", PACKET_BINARY, true, 1, "-[\"b\"]"},
              {"b4aGVsbG8=", PACKET_OTHER, false, 0, ""},
              {"6", PACKET_OTHER, false, 0, ""}};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    struct packet p;
    assert_true(packet_read(text_from(good[i].bytes), &p));
    assert_int_equal(p.type, good[i].type);
    assert_int_equal(p.has_id, good[i].has_id);
    assert_int_equal(p.id, good[i].id);
    assert_true(text_equal(p.body, text_from(good[i].body)));
  }
}

static void what_is_no_packet_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"", "7", "x", "4", "4x", "-1"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct packet p;
    assert_false(packet_read(text_from(bad[i]), &p));
  }
  struct packet p; /* more digits than an id has are not read as one */
  assert_true(packet_read(TEXT("4299999999999999999999[]"), &p));
  assert_true(p.has_id);
}

/* What is beyond the basic plane counts two, as in JavaScript. */
static void payloads_count_in_code_units(void **state) {
  (void)state;
  static const char *const packets[] = {"2", "42[\"\u00fc\u4e09\"]",
                                        "42[\"\U0001F389\U0001F389\"]"};
  struct test_mem tm;
  struct textbuf payload;
  test_mem_init(&tm);
  textbuf_init(&payload, &tm.mem);
  for (size_t i = 0; i < 3; i++) {
    packet_add(&payload, text_from(packets[i]));
  }
  assert_true(text_equal(textbuf_text(&payload),
                         TEXT("1:28:42[\"\u00fc\u4e09\"]10:42[\"\U0001F389"
                              "\U0001F389\"]")));
  struct text rest = textbuf_text(&payload);
  struct text packet;
  for (size_t i = 0; i < 3; i++) {
    assert_true(packet_next(&rest, &packet));
    assert_true(text_equal(packet, text_from(packets[i])));
  }
  assert_false(packet_next(&rest, &packet));
  assert_int_equal(rest.len, 0);
  textbuf_free(&payload);
}

static void broken_payloads_end(void **state) {
  (void)state;
  static const char *const bad[] = {"x",
                                    "5",
                                    ":2",
                                    "-1:2",
                                    "9:2",
                                    "0:",
                                    "1:",
                                    "1:\U0001F389",
                                    "99999999999999999999:2"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct text rest = text_from(bad[i]);
    struct text packet;
    assert_false(packet_next(&rest, &packet));
    assert_true(rest.len > 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(packets_are_read),
      cmocka_unit_test(what_is_no_packet_is_refused),
      cmocka_unit_test(payloads_count_in_code_units),
      cmocka_unit_test(broken_payloads_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
