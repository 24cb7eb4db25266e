#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pages/pack.h"
#include "support.h"

static struct test_mem memory;

#define PACK                                                                   \
  "BATON-PAGES 1\n"                                                            \
  "/a.js\ttext/javascript\t\"1-br\"\tasset\tbr\t2\n"                           \
  "/a.js\ttext/javascript\t\"1-gzip\"\tasset\tgzip\t3\n"                       \
  "/a.js\ttext/javascript\t\"1\"\tasset\tidentity\t5\n"                        \
  "/desk\ttext/html\t\"2\"\tpage\tidentity\t0\n"                               \
  "\n"                                                                         \
  "BBGGGIIIII"

static void open_pack(struct pack *p, struct text bytes) {
  assert_int_equal(pack_open(p, &memory.mem, bytes), BT_ERR_OK);
}

static void is_form(const struct pack *p, const char *accepts,
                    const char *encoding, const char *bytes) {
  const struct page *page = pack_find(p, TEXT("/a.js"), text_from(accepts));
  assert_non_null(page);
  assert_true(text_equal(page->encoding, text_from(encoding)));
  assert_true(text_equal(page->bytes, text_from(bytes)));
  assert_true(page->asset);
}

static void a_peer_gets_the_best_form_that_it_takes(void **state) {
  (void)state;
  struct pack p;
  open_pack(&p, TEXT(PACK));
  is_form(&p, "gzip, deflate, br", "br", "BB");
  is_form(&p, "GZIP", "gzip", "GGG");
  is_form(&p, "br;q=0, gzip;q=0.5", "gzip", "GGG");
  is_form(&p, "br;q=0.0, gzip;q=0", "identity", "IIIII");
  is_form(&p, "brotli", "identity", "IIIII");
  is_form(&p, "", "identity", "IIIII");
  pack_close(&p);
  assert_int_equal(memory.live_blocks, 0);
}

static void a_page_is_no_asset_and_may_be_empty(void **state) {
  (void)state;
  struct pack p;
  open_pack(&p, TEXT(PACK));
  const struct page *page = pack_find(&p, TEXT("/desk"), TEXT("br"));
  assert_non_null(page);
  assert_false(page->asset);
  assert_int_equal(page->bytes.len, 0);
  assert_null(pack_find(&p, TEXT("/desk/"), TEXT("")));
  assert_null(pack_find(&p, TEXT("/"), TEXT("")));
  pack_close(&p);
  assert_int_equal(memory.live_blocks, 0);
}

static void a_build_without_pages_has_an_empty_pack(void **state) {
  (void)state;
  struct pack p;
  open_pack(&p, TEXT("BATON-PAGES 1\n\n"));
  assert_int_equal(p.count, 0);
  pack_close(&p);
  assert_int_equal(memory.live_blocks, 0);
}

static void a_pack_that_is_cut_anywhere_is_refused(void **state) {
  (void)state;
  struct pack p;
  for (size_t length = 0; length < sizeof PACK - 1; length++) {
    const struct text part = {PACK, length};
    assert_int_equal(pack_open(&p, &memory.mem, part), BT_ERR_SYNTAX);
  }
  assert_int_equal(pack_open(&p, &memory.mem, TEXT(PACK "more")),
                   BT_ERR_SYNTAX);
}

static void without_memory_there_is_no_pack(void **state) {
  (void)state;
  struct pack p;
  memory.fail_at = memory.calls + 1;
  assert_int_equal(pack_open(&p, &memory.mem, TEXT(PACK)), BT_ERR_NOMEM);
}

int main(void) {
  test_mem_init(&memory);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_peer_gets_the_best_form_that_it_takes),
      cmocka_unit_test(a_page_is_no_asset_and_may_be_empty),
      cmocka_unit_test(a_build_without_pages_has_an_empty_pack),
      cmocka_unit_test(a_pack_that_is_cut_anywhere_is_refused),
      cmocka_unit_test(without_memory_there_is_no_pack),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
