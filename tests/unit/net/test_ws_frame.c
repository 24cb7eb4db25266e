#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/ws_frame.h"
#include "support.h"

enum { MESSAGE_MAX = 1000, SAID_MAX = 4096 };

/* What a reader makes of @bytes that come @piece at a time, as one line:
 * "text[abc] ping[] close[1000 bye]", or "broken[1002 why]". */
struct hearing {
  struct ws_reader reader;
  char said[SAID_MAX];
  size_t len;
  size_t done; /* bytes that the reader has taken */
  bool over;
};

static void say(struct hearing *h, const struct ws_item *item) {
  static const char *const names[] = {"",     "text",  "binary", "ping",
                                      "pong", "close", "broken"};
  const bool coded =
      item->type == WS_ITEM_CLOSE || item->type == WS_ITEM_BROKEN;
  char code[16] = "";
  if (coded) {
    (void)snprintf(code, sizeof code, "%u ", (unsigned)item->code);
  }
  h->len += (size_t)snprintf(h->said + h->len, sizeof h->said - h->len,
                             "%s%s[%s%.*s]", h->len > 0 ? " " : "",
                             names[item->type], code, TEXT_ARG(item->payload));
  h->over = coded;
}

/* True if there was an item: there may be another. */
static bool hear_some(struct hearing *h, struct text come) {
  const size_t len = come.len - h->done;
  size_t used = 0;
  char *copy = malloc(len); /* of exactly its size, for the sanitizer */
  memcpy(copy, come.ptr + h->done, len);
  const struct ws_item item = ws_reader_take(&h->reader, copy, len, &used);
  h->done += used;
  if (item.type != WS_ITEM_NONE) {
    say(h, &item);
  }
  free(copy);
  return item.type != WS_ITEM_NONE;
}

static const char *hear(struct hearing *h, struct text all, size_t piece) {
  h->done = 0;
  for (size_t come = 0; come < all.len && !h->over;) {
    come = all.len - come < piece ? all.len : come + piece;
    while (h->done < come && !h->over && hear_some(h, text_sub(all, 0, come))) {
    }
  }
  return h->said;
}

static void begin(struct hearing *h, const struct test_mem *tm, bool masked) {
  memset(h, 0, sizeof *h);
  ws_reader_init(&h->reader, &tm->mem, MESSAGE_MAX, masked);
}

/* Frames are written unmasked below and masked here, as a client would. */
static struct text mask_frames(struct text plain, char *out) {
  static const uint8_t mask[WS_MASK_LEN] = {0x37, 0xfa, 0x21, 0x3d};
  size_t to = 0;
  for (size_t at = 0; at < plain.len;) {
    const size_t len = (size_t)plain.ptr[at + 1] & 0x7f;
    assert_true(len < 126 && at + 2 + len <= plain.len);
    out[to] = plain.ptr[at];
    out[to + 1] = (char)(plain.ptr[at + 1] | (char)0x80);
    memcpy(out + to + 2, mask, sizeof mask);
    memcpy(out + to + 6, plain.ptr + at + 2, len);
    ws_mask(out + to + 6, len, mask, 0);
    to += 6 + len;
    at += 2 + len;
  }
  return (struct text){out, to};
}

static void check(struct text bytes, bool masked, const char *said) {
  for (size_t piece = 1; piece <= bytes.len; piece++) {
    struct test_mem tm;
    struct hearing h;
    test_mem_init(&tm);
    begin(&h, &tm, masked);
    const char *heard = hear(&h, bytes, piece);
    if (strcmp(heard, said) != 0) {
      print_error("in pieces of %zu, masked %d\n", piece, masked);
      assert_string_equal(heard, said);
    }
    ws_reader_free(&h.reader);
    assert_int_equal(tm.live_blocks, 0);
  }
}

/* The same from a client and from a server. */
#define BOTH(frames, said)                                                     \
  do {                                                                         \
    char masked_[512];                                                         \
    check(TEXT(frames), false, said);                                          \
    check(mask_frames(TEXT(frames), masked_), true, said);                     \
  } while (0)

static void messages_are_read(void **state) {
  (void)state;
  BOTH("\x81\x05hello", "text[hello]");
  BOTH("\x81\x00", "text[]");
  BOTH("\x82\x02\x01\x02", "binary[\x01\x02]");
  BOTH("\x81\x01"
       "a\x81\x01"
       "b",
       "text[a] text[b]");
  BOTH("\x89\x02hi\x8a\x00\x8a\x01x", "ping[hi] pong[] pong[x]");
  BOTH("\x88\x05\x03\xe8"
       "bye",
       "close[1000 bye]");
  BOTH("\x88\x00", "close[1005 ]");
  BOTH("\x88\x02\x0f\xa0", "close[4000 ]");
}

static void fragments_are_joined(void **state) {
  (void)state;
  BOTH("\x01\x03hel\x80\x02lo", "text[hello]");
  BOTH("\x01\x01h\x00\x00\x00\x03"
       "ell\x80\x01o",
       "text[hello]");
  BOTH("\x01\x00\x80\x00", "text[]");
  BOTH("\x01\x00\x80\x02ok", "text[ok]");
  BOTH("\x02\x01\xff\x80\x01\xfe", "binary[\xff\xfe]");
  /* control frames may come between */
  BOTH("\x01\x03hel\x89\x01p\x8a\x00\x80\x02lo\x81\x01x",
       "ping[p] pong[] text[hello] text[x]");
  BOTH("\x01\x03hel\x88\x02\x03\xe9", "close[1001 ]");
}

static void utf8_is_checked_across_fragments(void **state) {
  (void)state;
  BOTH("\x81\x04\xf0\x9f\x98\x80", "text[\xf0\x9f\x98\x80]");
  BOTH("\x01\x01\xf0\x00\x02\x9f\x98\x80\x01\x80", "text[\xf0\x9f\x98\x80]");
#define NOT_UTF8 "broken[1007 the text is not UTF-8]"
  BOTH("\x81\x01\xff", NOT_UTF8);
  BOTH("\x81\x02\xc0\x80", NOT_UTF8);         /* overlong */
  BOTH("\x81\x03\xe0\x80\x80", NOT_UTF8);     /* overlong */
  BOTH("\x81\x03\xed\xa0\x80", NOT_UTF8);     /* surrogate */
  BOTH("\x81\x04\xf4\x90\x80\x80", NOT_UTF8); /* beyond U+10FFFF */
  BOTH("\x81\x04\xf5\x80\x80\x80", NOT_UTF8); /* never a first byte */
  BOTH("\x81\x02\xc3\x41", NOT_UTF8);         /* cut inside */
  BOTH("\x81\x03"
       "ab\xc3",
       NOT_UTF8); /* cut at the end */
  BOTH("\x01\x01\xc3\x80\x00", NOT_UTF8);
  /* at the frame that has it, though the message goes on */
  BOTH("\x01\x02"
       "a\xff\x00\x01"
       "b",
       NOT_UTF8);
  BOTH("\x88\x03\x03\xe8\xff", "broken[1007 a close reason that is not UTF-8]");
#undef NOT_UTF8
}

static void broken_rules_are_named(void **state) {
  (void)state;
  BOTH("\xc1\x00", "broken[1002 a reserved bit is set without an extension]");
  BOTH("\xa1\x00", "broken[1002 a reserved bit is set without an extension]");
  BOTH("\x91\x00", "broken[1002 a reserved bit is set without an extension]");
  BOTH("\x83\x00", "broken[1002 unknown opcode]");
  BOTH("\x87\x00", "broken[1002 unknown opcode]");
  BOTH("\x8b\x00", "broken[1002 unknown opcode]");
  BOTH("\x8f\x00", "broken[1002 unknown opcode]");
  BOTH("\x09\x00", "broken[1002 a control frame is fragmented]");
  BOTH("\x08\x00", "broken[1002 a control frame is fragmented]");
  BOTH("\x80\x00", "broken[1002 a continuation without a beginning]");
  BOTH("\x00\x00", "broken[1002 a continuation without a beginning]");
  BOTH("\x01\x00\x81\x00",
       "broken[1002 a new message inside a fragmented one]");
  BOTH("\x01\x00\x02\x00",
       "broken[1002 a new message inside a fragmented one]");
  BOTH("\x88\x01\x03", "broken[1002 a close frame with half a code]");
}

static void lengths_are_in_their_shortest_form(void **state) {
  (void)state;
  check(TEXT("\x89\x7e\x00\x80"), false,
        "broken[1002 a control frame is longer than 125 bytes]");
  check(TEXT("\x81\x7e\x00\x7d"), false,
        "broken[1002 a length is not in its shortest form]");
  check(TEXT("\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff"), false,
        "broken[1002 a length is not in its shortest form]");
  check(TEXT("\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00"), false,
        "broken[1002 a length is negative]");
}

static void only_clients_mask(void **state) {
  (void)state;
  check(TEXT("\x81\x01x"), true, "broken[1002 a client must mask its frames]");
  check(TEXT("\x81\x81"
             "abcdx"),
        false, "broken[1002 a server must not mask its frames]");
}

static void close_codes_are_checked(void **state) {
  (void)state;
  for (unsigned code = 0; code < 65536; code++) {
    const bool named = code == 1000 || code == 1001 || code == 1002 ||
                       code == 1003 || (code >= 1007 && code <= 1014);
    assert_int_equal(ws_code_is_valid(code),
                     named || (code >= 3000 && code < 5000));
  }
  BOTH("\x88\x02\x03\xed", "broken[1002 a close code that must not be sent]");
}

/* What we write, the reader reads: lengths around each form's bounds. */
static void written_frames_are_read(void **state) {
  (void)state;
  static const size_t lengths[] = {0, 1, 125, 126, 127, 65535, 65536, 70000};
  static const uint8_t mask[WS_MASK_LEN] = {1, 2, 3, 0xff};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    const size_t len = lengths[i];
    struct test_mem tm;
    struct ws_reader reader;
    test_mem_init(&tm);
    ws_reader_init(&reader, &tm.mem, 70000, true);
    char *bytes = malloc(WS_HEADER_MAX + len + 1);
    const size_t header = ws_header_write(bytes, WS_OP_BINARY, len, mask);
    assert_true(header <= WS_HEADER_MAX);
    memset(bytes + header, 'y', len);
    ws_mask(bytes + header, len, mask, 0);
    size_t used = 0;
    const struct ws_item item =
        ws_reader_take(&reader, bytes, header + len, &used);
    assert_int_equal(item.type, WS_ITEM_BINARY);
    assert_int_equal(item.payload.len, len);
    assert_int_equal(used, header + len);
    for (size_t at = 0; at < len; at++) {
      assert_int_equal(item.payload.ptr[at], 'y');
    }
    /* in one piece: delivered where it lies */
    assert_int_equal(tm.calls, 0);
    free(bytes);
    ws_reader_free(&reader);
  }
}

static void masking_works_from_any_offset(void **state) {
  (void)state;
  static const uint8_t mask[WS_MASK_LEN] = {0x12, 0x34, 0x56, 0x78};
  char whole[64] = {0};
  ws_mask(whole, sizeof whole, mask, 0);
  for (size_t cut = 0; cut < sizeof whole; cut++) {
    char parts[64] = {0};
    ws_mask(parts, cut, mask, 0);
    ws_mask(parts + cut, sizeof parts - cut, mask, cut);
    assert_memory_equal(parts, whole, sizeof whole);
  }
}

/* The limit holds for a message, not for its frames, and is known from the
 * header: nothing of a longer one is stored. */
static void messages_are_limited(void **state) {
  (void)state;
  struct test_mem tm;
  struct hearing h;
  char bytes[2100];
  test_mem_init(&tm);
  begin(&h, &tm, false);
  size_t len = ws_header_write(bytes, WS_OP_TEXT, MESSAGE_MAX + 1, NULL);
  assert_string_equal(hear(&h, (struct text){bytes, len}, len),
                      "broken[1009 the message is too long]");
  assert_int_equal(tm.calls, 0);

  begin(&h, &tm, false);
  len = ws_header_write(bytes, WS_OP_TEXT, MESSAGE_MAX, NULL);
  bytes[0] = WS_OP_TEXT; /* not the last fragment */
  memset(bytes + len, 'z', MESSAGE_MAX);
  len += MESSAGE_MAX;
  bytes[len++] = WS_OP_CONTINUATION;
  bytes[len++] = 1;
  bytes[len++] = 'z';
  assert_string_equal(hear(&h, (struct text){bytes, len}, len),
                      "broken[1009 the message is too long]");
  ws_reader_free(&h.reader);
}

static void a_delivered_message_leaves_no_memory(void **state) {
  (void)state;
  struct test_mem tm;
  struct hearing h;
  test_mem_init(&tm);
  begin(&h, &tm, false);
  (void)hear(&h, TEXT("\x01\x03hel\x80\x02lo"), 100);
  assert_int_not_equal(tm.live_bytes, 0);
  ws_reader_rest(&h.reader);
  assert_int_equal(tm.live_bytes, 0);
  (void)hear(&h, TEXT("\x01\x03hel"), 100);
  ws_reader_rest(&h.reader); /* the message goes on: nothing is lost */
  assert_string_equal(hear(&h, TEXT("\x80\x01p"), 100),
                      "text[hello] text[help]");
  ws_reader_free(&h.reader);
  assert_int_equal(tm.live_bytes, 0);
}

static void without_memory_the_connection_ends(void **state) {
  (void)state;
  struct test_mem tm;
  struct hearing h;
  test_mem_init(&tm);
  tm.fail_at = 1;
  begin(&h, &tm, false);
  assert_string_equal(hear(&h, TEXT("\x01\x03hel\x80\x02lo"), 100),
                      "broken[1011 out of memory]");
  ws_reader_free(&h.reader);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(messages_are_read),
      cmocka_unit_test(fragments_are_joined),
      cmocka_unit_test(utf8_is_checked_across_fragments),
      cmocka_unit_test(broken_rules_are_named),
      cmocka_unit_test(lengths_are_in_their_shortest_form),
      cmocka_unit_test(only_clients_mask),
      cmocka_unit_test(close_codes_are_checked),
      cmocka_unit_test(written_frames_are_read),
      cmocka_unit_test(masking_works_from_any_offset),
      cmocka_unit_test(messages_are_limited),
      cmocka_unit_test(a_delivered_message_leaves_no_memory),
      cmocka_unit_test(without_memory_the_connection_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
