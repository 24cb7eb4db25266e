/* fuzz_record.c - any bytes as a batch of the journal.
 *
 * What decodes must, encoded and decoded again, be the same.
 */
#include <stdint.h>

#include "base/check.h"
#include "codec/batch.h"
#include "support.h"

enum { RECORDS_MAX = 16 };

static struct record records[RECORDS_MAX];

static bool values_equal(const struct record *a, const struct record *b,
                         enum field f) {
  if (field_is_text(f)) {
    return text_equal(record_text(a, f), record_text(b, f));
  }
  if (field_info(f)->kind == KIND_ID) {
    return id_equal(record_id(a, f), record_id(b, f));
  }
  return record_num(a, f) == record_num(b, f);
}

static bool records_equal(const struct record *a, const struct record *b) {
  bool equal = a->type == b->type;
  for (uint32_t i = 0; i < FIELDS; i++) {
    const enum field f = (enum field)i;
    equal =
        equal && record_has(a, f) == record_has(b, f) && values_equal(a, b, f);
  }
  return equal;
}

static void check_round_trip(size_t count) {
  struct test_mem tm;
  test_mem_init(&tm);
  struct textbuf b;
  textbuf_init(&b, &tm.mem);
  batch_encode(records, count, &b);
  struct batch_reader reader;
  struct record r;
  bt_check(batch_open(textbuf_text(&b), &reader) == BT_ERR_OK);
  for (size_t i = 0; i < count; i++) {
    bt_check(batch_next(&reader, &r) == BT_ERR_OK);
    bt_check(records_equal(&r, &records[i]));
  }
  bt_check(batch_next(&reader, &r) == BT_ERR_NOT_FOUND);
  textbuf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct batch_reader reader;
  const struct text bytes = {(const char *)data, size};
  size_t count = 0;
  enum bt_err err = batch_open(bytes, &reader);
  while (err == BT_ERR_OK && count < RECORDS_MAX) {
    err = batch_next(&reader, &records[count]);
    count += err == BT_ERR_OK;
  }
  bt_check(err == BT_ERR_OK || err == BT_ERR_NOT_FOUND ||
           err == BT_ERR_CORRUPT || err == BT_ERR_FOREIGN);
  check_round_trip(count);
  return 0;
}
