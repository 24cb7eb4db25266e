/* A small file: what was put is there again, and nothing else. */
#include "shelf/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

enum { PATH = 512 };
enum { BOXES, PEOPLE, THINGS };

static const char *const sections[] = {"boxes", "people", "things"};
static const struct shelf_form form = {"kept.json", sections, 3};
static struct test_mem memory;

static char directory[PATH];

static void path_of(char out[2 * PATH]) {
  (void)snprintf(out, (size_t)2 * PATH, "%s/kept.json", directory);
}

static int make(void **state) {
  const char *base = getenv("TMPDIR");
  (void)state;
  test_mem_init(&memory);
  (void)snprintf(directory, sizeof directory, "%s/baton_shelf.XXXXXX",
                 base == NULL ? P_tmpdir : base);
  return mkdtemp(directory) == NULL;
}

static int take_away(void **state) {
  char path[2 * PATH];
  (void)state;
  path_of(path);
  (void)unlink(path);
  assert_int_equal(memory.live_blocks, 0);
  return rmdir(directory);
}

static void open_it(struct shelf *s) {
  assert_int_equal(shelf_open(s, &memory.mem, &form, text_from(directory)),
                   BT_ERR_OK);
}

static void put(struct shelf *s, unsigned section, const char *key,
                const char *value) {
  assert_int_equal(shelf_put(s, section, text_from(key), text_from(value)),
                   BT_ERR_OK);
}

static void assert_kept(const struct shelf *s, unsigned section,
                        const char *key, const char *value) {
  const struct text kept = shelf_get(s, section, text_from(key));
  assert_int_equal(kept.len, strlen(value));
  assert_memory_equal(kept.ptr, value, kept.len);
}

static void what_was_put_is_there_again(void **state) {
  struct shelf s;
  (void)state;
  open_it(&s);
  put(&s, BOXES, "a", "{\"n\":1}");
  put(&s, PEOPLE, "a", "[1]");
  put(&s, BOXES, "b\nc \"d\"", "2");
  put(&s, BOXES, "a", "{\"n\":2}");
  put(&s, THINGS, "gone", "true");
  put(&s, THINGS, "gone", "");
  put(&s, THINGS, "never was", "");
  shelf_close(&s);
  open_it(&s);
  assert_int_equal(s.count, 3);
  assert_kept(&s, BOXES, "a", "{\"n\":2}");
  assert_kept(&s, PEOPLE, "a", "[1]");
  assert_kept(&s, BOXES, "b\nc \"d\"", "2");
  assert_kept(&s, THINGS, "gone", "");
  shelf_close(&s);
}

static void a_broken_file_is_not_taken_for_an_empty_one(void **state) {
  struct shelf s;
  char path[2 * PATH];
  (void)state;
  path_of(path);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_true(fputs("{\"boxes\":", f) >= 0);
  assert_int_equal(fclose(f), 0);
  assert_int_equal(shelf_open(&s, &memory.mem, &form, text_from(directory)),
                   BT_ERR_CORRUPT);
  assert_int_equal(unlink(path), 0);
}

static void what_cannot_be_written_has_not_changed(void **state) {
  struct shelf s;
  (void)state;
  open_it(&s);
  put(&s, BOXES, "a", "1");
  (void)snprintf(s.path, sizeof s.path, "/nowhere/at/all.json");
  assert_int_equal(shelf_put(&s, BOXES, TEXT("a"), TEXT("2")), BT_ERR_IO);
  assert_int_equal(shelf_put(&s, BOXES, TEXT("b"), TEXT("3")), BT_ERR_IO);
  assert_int_equal(shelf_put(&s, BOXES, TEXT("a"), TEXT("")), BT_ERR_IO);
  assert_int_equal(s.count, 1);
  assert_kept(&s, BOXES, "a", "1");
  shelf_close(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_put_is_there_again),
      cmocka_unit_test(a_broken_file_is_not_taken_for_an_empty_one),
      cmocka_unit_test(what_cannot_be_written_has_not_changed),
  };
  return cmocka_run_group_tests(tests, make, take_away);
}
