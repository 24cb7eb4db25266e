#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "codec/batch.h"
#include "engine/event.h"
#include "support.h"

enum { EVENTS_MAX = 8, POOL_BYTES = 48 };

/* Random events, and the texts that they borrow. */
struct sample {
  struct record events[EVENTS_MAX];
  size_t count;
  char pool[POOL_BYTES];
};

struct coded {
  struct test_mem tm;
  struct textbuf bytes;
};

static void encode(struct coded *c, const struct record *events, size_t n) {
  test_mem_init(&c->tm);
  textbuf_init(&c->bytes, &c->tm.mem);
  batch_encode(events, n, &c->bytes);
  assert_false(c->bytes.failed);
}

static void forget(struct coded *c) {
  textbuf_free(&c->bytes);
  assert_int_equal(c->tm.live_bytes, 0);
}

static bool values_equal(const struct record *a, const struct record *b,
                         enum field f) {
  if (field_is_text(f)) {
    return text_equal(a->v[f].text, b->v[f].text);
  }
  if (field_info(f)->kind == KIND_ID) {
    return id_equal(a->v[f].id, b->v[f].id);
  }
  return a->v[f].num == b->v[f].num;
}

static void assert_records_equal(const struct record *a,
                                 const struct record *b) {
  assert_int_equal(a->type, b->type);
  for (uint32_t i = 0; i < FIELDS; i++) {
    const enum field f = (enum field)i;
    assert_int_equal(record_has(a, f), record_has(b, f));
    if (record_has(a, f)) {
      assert_true(values_equal(a, b, f));
    }
  }
}

static void assert_decodes_to(struct text bytes, const struct record *events,
                              size_t n) {
  struct batch_reader reader;
  struct record r;
  assert_int_equal(batch_open(bytes, &reader), BT_ERR_OK);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(batch_next(&reader, &r), BT_ERR_OK);
    assert_records_equal(&r, &events[i]);
  }
  assert_int_equal(batch_next(&reader, &r), BT_ERR_NOT_FOUND);
  assert_int_equal(batch_next(&reader, &r), BT_ERR_NOT_FOUND);
}

/* Reads all of it, or to the first error. */
static enum bt_err read_all(struct text bytes) {
  struct batch_reader reader;
  struct record r;
  enum bt_err err = batch_open(bytes, &reader);
  while (err == BT_ERR_OK) {
    err = batch_next(&reader, &r);
  }
  return err;
}

/* ---- random records */

static int64_t random_num(struct rand *rng, enum field_kind kind) {
  switch ((unsigned)kind) {
  case KIND_FLAG:
  case KIND_STATUS:
  case KIND_HOLDER:
  case KIND_CHANNEL:
  case KIND_ROLE:
  case KIND_REFUSAL:
  case KIND_WHEN:
  case KIND_REQUIRE:
    return (int64_t)rand_below(rng, 2);
  default:
    break;
  }
  const int64_t n = (int64_t)(rand_u64(rng) >> rand_below(rng, 64));
  return rand_below(rng, 2) == 0 ? n : -n;
}

static void set_random(struct rand *rng, struct sample *s, struct record *r,
                       enum field f) {
  if (field_is_text(f)) {
    const size_t from = rand_below(rng, POOL_BYTES);
    const size_t len = rand_below(rng, POOL_BYTES - from + 1);
    record_set_text(r, f, (struct text){s->pool + from, len});
  } else if (field_info(f)->kind == KIND_ID) {
    record_set_id(r, f, (struct id){rand_u64(rng), rand_u64(rng)});
  } else {
    record_set_num(r, f, random_num(rng, field_info(f)->kind));
  }
}

static uint32_t random_event(struct rand *rng) {
  uint32_t type = EVENTS;
  while (!event_is_known(type)) {
    type = (uint32_t)rand_below(rng, EVENTS);
  }
  return type;
}

static void fill(struct sample *s, uint64_t seed) {
  struct rand rng;
  rand_seed(&rng, seed);
  for (size_t i = 0; i < POOL_BYTES; i++) {
    s->pool[i] = (char)(unsigned char)rand_u64(&rng);
  }
  s->count = rand_below(&rng, EVENTS_MAX + 1);
  for (size_t i = 0; i < s->count; i++) {
    struct record *r = &s->events[i];
    record_init(r, random_event(&rng));
    for (uint32_t f = 0; f < FIELDS; f++) {
      const uint64_t dice = rand_below(&rng, 4);
      if (dice == 0) {
        set_random(&rng, s, r, (enum field)f);
      } else if (dice == 1 && i > 0) {
        record_copy(r, (enum field)f, &s->events[i - 1]);
      }
    }
  }
}

/* ---- tests */

static void random_events_come_back(void **state) {
  (void)state;
  static struct sample s;
  for (uint64_t seed = 1; seed <= 300; seed++) {
    fill(&s, seed);
    struct coded c;
    encode(&c, s.events, s.count);
    assert_decodes_to(textbuf_text(&c.bytes), s.events, s.count);
    forget(&c);
  }
}

static void set_extreme(struct record *r, enum field f, bool high) {
  const enum field_kind kind = field_info(f)->kind;
  if (field_is_text(f)) {
    record_set_text(r, f, high ? TEXT("\0\xff") : TEXT(""));
  } else if (kind == KIND_ID) {
    record_set_id(r, f, (struct id){high ? UINT64_MAX : 0, high});
  } else if (kind == KIND_NUM || kind == KIND_TIME || kind == KIND_POINTS) {
    record_set_num(r, f, high ? INT64_MAX : INT64_MIN);
  } else {
    record_set_num(r, f, high);
  }
}

static void every_field_at_its_extremes(void **state) {
  (void)state;
  struct record r[2];
  for (size_t i = 0; i < 2; i++) {
    record_init(&r[i], EVENT_MESSAGE);
    for (uint32_t f = 0; f < FIELDS; f++) {
      set_extreme(&r[i], (enum field)f, i == 1);
    }
  }
  struct coded c;
  encode(&c, r, 2);
  assert_decodes_to(textbuf_text(&c.bytes), r, 2);
  forget(&c);
}

static void an_empty_batch_is_two_bytes(void **state) {
  (void)state;
  struct coded c;
  encode(&c, NULL, 0);
  assert_int_equal(c.bytes.len, 2);
  assert_decodes_to(textbuf_text(&c.bytes), NULL, 0);
  forget(&c);
}

static void an_id_may_be_the_last_of_all(void **state) {
  (void)state;
  struct record r;
  record_init(&r, EVENT_MESSAGE);
  record_set_id(&r, FIELD_SESSION, (struct id){7, 9});
  struct coded c;
  encode(&c, &r, 1);
  assert_decodes_to(textbuf_text(&c.bytes), &r, 1);
  forget(&c);
}

static void what_repeats_costs_one_byte(void **state) {
  (void)state;
  struct record r[2];
  for (size_t i = 0; i < 2; i++) {
    record_init(&r[i], EVENT_MESSAGE);
    record_set_id(&r[i], FIELD_SESSION, (struct id){7, 9});
    record_set_num(&r[i], FIELD_AT, INT64_C(1700000000000000));
    record_set_text(&r[i], FIELD_ACTOR, TEXT("anna"));
  }
  struct coded one;
  struct coded two;
  encode(&one, r, 1);
  encode(&two, r, 2);
  /* type (2 bytes), how many fields, and a tag for each of the three */
  assert_int_equal(two.bytes.len - one.bytes.len, 2 + 1 + 3);
  forget(&one);
  forget(&two);
}

static void every_truncation_is_noticed(void **state) {
  (void)state;
  static struct sample s;
  for (uint64_t seed = 1; seed <= 6; seed++) {
    fill(&s, seed);
    struct coded c;
    encode(&c, s.events, s.count);
    const struct text all = textbuf_text(&c.bytes);
    for (size_t len = 0; len < all.len; len++) {
      /* A copy of exactly that size, so that a read beyond it is seen. */
      char *part = c.tm.mem.resize(c.tm.mem.ctx, NULL, 0, len + 1);
      memcpy(part, all.ptr, len);
      const enum bt_err err = read_all((struct text){part, len});
      assert_int_equal(err, BT_ERR_CORRUPT);
      c.tm.mem.resize(c.tm.mem.ctx, part, len + 1, 0);
    }
    forget(&c);
  }
}

static void something_behind_the_end_is_noticed(void **state) {
  (void)state;
  struct coded c;
  encode(&c, NULL, 0);
  textbuf_add_char(&c.bytes, '\0');
  assert_int_equal(read_all(textbuf_text(&c.bytes)), BT_ERR_CORRUPT);
  forget(&c);
}

static void flip(struct textbuf *b, size_t bit) {
  const unsigned byte = (unsigned char)b->ptr[bit / 8];
  b->ptr[bit / 8] = (char)(unsigned char)(byte ^ 1u << bit % 8);
}

static void flipped_bits_never_lead_outside(void **state) {
  (void)state;
  static struct sample s;
  fill(&s, 4);
  assert_true(s.count > 0);
  struct coded c;
  encode(&c, s.events, s.count);
  unsigned refused = 0;
  for (size_t bit = 0; bit < c.bytes.len * 8; bit++) {
    flip(&c.bytes, bit);
    const enum bt_err err = read_all(textbuf_text(&c.bytes));
    assert_true(err == BT_ERR_NOT_FOUND || err == BT_ERR_CORRUPT ||
                err == BT_ERR_FOREIGN);
    refused += err != BT_ERR_NOT_FOUND;
    flip(&c.bytes, bit);
  }
  assert_true(refused > 0);
  assert_decodes_to(textbuf_text(&c.bytes), s.events, s.count);
  forget(&c);
}

static void random_bytes_never_lead_outside(void **state) {
  (void)state;
  struct rand rng;
  rand_seed(&rng, 11);
  for (unsigned round = 0; round < 20000; round++) {
    char bytes[40] = {BATCH_VERSION, 3};
    for (size_t i = 2; i < sizeof bytes; i++) {
      bytes[i] = (char)(unsigned char)rand_u64(&rng);
    }
    const enum bt_err err = read_all((struct text){bytes, sizeof bytes});
    assert_int_not_equal(err, BT_ERR_OK);
  }
}

/* A field number that no version has yet, in each form, between known ones. */
static void fields_of_a_newer_version_are_passed_over(void **state) {
  (void)state;
  const unsigned char gap = (unsigned char)(FIELDS - FIELD_AT - 1 + 5);
  const unsigned char bytes[] = {BATCH_VERSION,
                                 1,
                                 EVENT_OF_SESSION(OPENED),
                                 5, /* five fields */
                                 FIELD_AT << 2,
                                 14, /* at 7 */
                                 (unsigned char)(gap << 2 | 0x80),
                                 (unsigned char)(gap >> 5),
                                 2, /* 1 */
                                 0 << 2 | 2,
                                 3,
                                 'a',
                                 'b',
                                 'c',
                                 0 << 2 | 1,
                                 1,
                                 2,
                                 3,
                                 4,
                                 5,
                                 6,
                                 7,
                                 8,
                                 1,
                                 2,
                                 3,
                                 4,
                                 5,
                                 6,
                                 7,
                                 8,
                                 0 << 2 | 3};
  struct record expected;
  record_init(&expected, EVENT_OF_SESSION(OPENED));
  record_set_num(&expected, FIELD_AT, 7);
  assert_decodes_to((struct text){(const char *)bytes, sizeof bytes}, &expected,
                    1);
}

static void assert_batch(const unsigned char *bytes, size_t len,
                         enum bt_err expected) {
  assert_int_equal(read_all((struct text){(const char *)bytes, len}), expected);
}

static void what_a_newer_version_wrote_is_foreign(void **state) {
  (void)state;
  const unsigned char version[] = {BATCH_VERSION + 1, 0};
  assert_batch(version, sizeof version, BT_ERR_FOREIGN);
  const unsigned char event[] = {BATCH_VERSION, 1, 0xff, 0x7f, 0};
  assert_batch(event, sizeof event, BT_ERR_FOREIGN);
  const unsigned char largest[] = {BATCH_VERSION, 1,    0xff, 0xff,
                                   0xff,          0xff, 0x0f, 0};
  assert_batch(largest, sizeof largest, BT_ERR_FOREIGN);
  const unsigned char status[] = {
      BATCH_VERSION, 1, 0, 1, FIELD_STATUS << 2, SESSION_STATUSES * 2};
  assert_batch(status, sizeof status, BT_ERR_FOREIGN);
}

static void what_no_version_writes_is_corrupt(void **state) {
  (void)state;
  const unsigned char no_version[] = {0, 0};
  assert_batch(no_version, sizeof no_version, BT_ERR_CORRUPT);
  const unsigned char many[] = {BATCH_VERSION, 100, 0, 0};
  assert_batch(many, sizeof many, BT_ERR_CORRUPT);
  const unsigned char long_form[] = {BATCH_VERSION, 0x80, 0};
  assert_batch(long_form, sizeof long_form, BT_ERR_CORRUPT);
  const unsigned char like_nothing[] = {BATCH_VERSION, 1, 0, 1,
                                        FIELD_AT << 2 | 3};
  assert_batch(like_nothing, sizeof like_nothing, BT_ERR_CORRUPT);
  const unsigned char wrong_form[] = {BATCH_VERSION,     1, 0, 1,
                                      FIELD_AT << 2 | 2, 0};
  assert_batch(wrong_form, sizeof wrong_form, BT_ERR_CORRUPT);
  const unsigned char large_type[] = {BATCH_VERSION, 1,    0x80, 0x80,
                                      0x80,          0x80, 0x10, 0};
  assert_batch(large_type, sizeof large_type, BT_ERR_CORRUPT);
  /* Event 0, one field, a gap of 2^20, the number 0. */
  const unsigned char large_gap[] = {BATCH_VERSION, 1,    0, 1, 0x80,
                                     0x80,          0x80, 2, 0};
  assert_batch(large_gap, sizeof large_gap, BT_ERR_CORRUPT);
  const unsigned char beyond_64_bits[] = {
      BATCH_VERSION, 1,    0,    1,    FIELD_AT << 2, 0xff, 0xff, 0xff,
      0xff,          0xff, 0xff, 0xff, 0xff,          0xff, 2};
  assert_batch(beyond_64_bits, sizeof beyond_64_bits, BT_ERR_CORRUPT);
}

static void an_error_stays(void **state) {
  (void)state;
  const unsigned char bytes[] = {BATCH_VERSION, 2, 0, 1, 3, 0, 0};
  struct batch_reader reader;
  struct record r;
  record_init(&r, 99);
  assert_int_equal(
      batch_open((struct text){(const char *)bytes, sizeof bytes}, &reader),
      BT_ERR_OK);
  assert_int_equal(batch_next(&reader, &r), BT_ERR_CORRUPT);
  assert_int_equal(batch_next(&reader, &r), BT_ERR_CORRUPT);
  assert_int_equal(r.type, 99);
}

static void without_memory_the_buffer_says_so(void **state) {
  (void)state;
  static struct sample s;
  fill(&s, 4);
  struct test_mem tm;
  for (uint64_t nth = 1; nth < 4; nth++) {
    test_mem_init(&tm);
    tm.fail_at = nth;
    struct textbuf b;
    textbuf_init(&b, &tm.mem);
    batch_encode(s.events, s.count, &b);
    assert_true(b.failed);
    textbuf_free(&b);
    assert_int_equal(tm.live_bytes, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_events_come_back),
      cmocka_unit_test(every_field_at_its_extremes),
      cmocka_unit_test(an_empty_batch_is_two_bytes),
      cmocka_unit_test(an_id_may_be_the_last_of_all),
      cmocka_unit_test(what_repeats_costs_one_byte),
      cmocka_unit_test(every_truncation_is_noticed),
      cmocka_unit_test(something_behind_the_end_is_noticed),
      cmocka_unit_test(flipped_bits_never_lead_outside),
      cmocka_unit_test(random_bytes_never_lead_outside),
      cmocka_unit_test(fields_of_a_newer_version_are_passed_over),
      cmocka_unit_test(what_a_newer_version_wrote_is_foreign),
      cmocka_unit_test(what_no_version_writes_is_corrupt),
      cmocka_unit_test(an_error_stays),
      cmocka_unit_test(without_memory_the_buffer_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
