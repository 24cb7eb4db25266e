/* fuzz_http.c - what is read does not depend on how the bytes came.
 *
 * The first byte is a size. The rest is read whole and in pieces of that size,
 * and both must say the same of every request and of the first fault.
 * Parser files: net/http_*.c of http_parse.h, net/limits.c.
 */
#include "../unit/net/reader.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_in_pieces(struct reader *r, struct text all, size_t piece) {
  reader_begin(r);
  r->limits.body_bytes = READER_BYTES / 2;
  r->limits.request_line_bytes = 256;
  r->limits.header_bytes = 512;
  r->limits.chunk_overhead_bytes = 64;
  (void)reader_read(r, all, piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct reader whole;
  static struct reader pieces;
  if (size < 2) {
    return 0;
  }
  const struct text all = {(const char *)data + 1, size - 1};
  read_in_pieces(&whole, all, all.len);
  read_in_pieces(&pieces, all, (size_t)data[0] + 1);
  bt_check(strcmp(whole.said, pieces.said) == 0);
  bt_check(whole.over == pieces.over);
  return 0;
}
