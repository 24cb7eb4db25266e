/* fuzz_ws.c - what is heard does not depend on how the bytes came.
 *
 * The first byte is a size, the second says whether the peer is a client. The
 * rest is read whole and in pieces of that size: the same messages, the same
 * end. Parser file: net/ws_frame.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "net/ws_frame.h"
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 300 };

struct ear {
  struct ws_reader reader;
  struct textbuf heard;
  size_t done;
  bool over;
};

static void note(struct ear *e, const struct ws_item *item) {
  textbuf_addf(&e->heard, "%d %d ", (int)item->type, (int)item->code);
  textbuf_add(&e->heard, item->payload);
  textbuf_add_char(&e->heard, '\n');
  e->over = item->type == WS_ITEM_CLOSE || item->type == WS_ITEM_BROKEN;
  if (item->type == WS_ITEM_TEXT) {
    bt_check(utf8_first_bad(item->payload) == item->payload.len);
  }
  bt_check(item->payload.len <= MESSAGE_MAX);
}

/* In memory of exactly its size, so that the sanitizer sees a step too far. */
static bool hear_some(struct ear *e, struct text all, size_t come) {
  const size_t len = come - e->done;
  char *copy = malloc(len);
  size_t used = 0;
  memcpy(copy, all.ptr + e->done, len);
  const struct ws_item item = ws_reader_take(&e->reader, copy, len, &used);
  bt_check(used <= len);
  e->done += used;
  if (item.type != WS_ITEM_NONE) {
    note(e, &item);
  }
  ws_reader_rest(&e->reader);
  free(copy);
  return item.type != WS_ITEM_NONE;
}

static void hear(struct ear *e, struct text all, size_t piece) {
  for (size_t come = 0; come < all.len && !e->over;) {
    come = all.len - come < piece ? all.len : come + piece;
    while (!e->over && e->done < come && hear_some(e, all, come)) {
    }
  }
}

static void begin(struct ear *e, const struct test_mem *tm, bool client) {
  *e = (struct ear){0};
  ws_reader_init(&e->reader, &tm->mem, MESSAGE_MAX, client);
  textbuf_init(&e->heard, &tm->mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct test_mem tm;
  struct ear whole;
  struct ear pieces;
  if (size < 3) {
    return 0;
  }
  const struct text all = {(const char *)data + 2, size - 2};
  test_mem_init(&tm);
  begin(&whole, &tm, (data[1] & 1) != 0);
  begin(&pieces, &tm, (data[1] & 1) != 0);
  hear(&whole, all, all.len);
  hear(&pieces, all, (size_t)data[0] + 1);
  bt_check(text_equal(textbuf_text(&whole.heard), textbuf_text(&pieces.heard)));
  ws_reader_free(&whole.reader);
  ws_reader_free(&pieces.reader);
  textbuf_free(&whole.heard);
  textbuf_free(&pieces.heard);
  bt_check(tm.live_blocks == 0);
  return 0;
}
