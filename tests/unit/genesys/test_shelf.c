/* The facade's own file: what was put is there again, and nothing else. */
#include "genesys/shelf_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain/heap.h"

enum { PATH = 512 };

static char directory[PATH];

static void path_of(char out[2 * PATH]) {
  (void)snprintf(out, (size_t)2 * PATH, "%s/genesys.json", directory);
}

static int make(void **state) {
  const char *base = getenv("TMPDIR");
  (void)state;
  (void)snprintf(directory, sizeof directory, "%s/baton_shelf.XXXXXX",
                 base == NULL ? P_tmpdir : base);
  return mkdtemp(directory) == NULL;
}

static int take_away(void **state) {
  char path[2 * PATH];
  (void)state;
  path_of(path);
  (void)unlink(path);
  return rmdir(directory);
}

static void open_it(struct shelf *s) {
  assert_int_equal(shelf_open(s, heap_mem(), text_from(directory)), BT_ERR_OK);
}

static void put(struct shelf *s, enum shelf_section section, const char *key,
                const char *value) {
  assert_int_equal(shelf_put(s, section, text_from(key), text_from(value)),
                   BT_ERR_OK);
}

static void assert_kept(const struct shelf *s, enum shelf_section section,
                        const char *key, const char *value) {
  const struct text kept = shelf_get(s, section, text_from(key));
  assert_int_equal(kept.len, strlen(value));
  assert_memory_equal(kept.ptr, value, kept.len);
}

static void what_was_put_is_there_again(void **state) {
  struct shelf s;
  (void)state;
  open_it(&s);
  put(&s, SHELF_QUEUES, "a", "{\"n\":1}");
  put(&s, SHELF_MEMBERS, "a", "[1]");
  put(&s, SHELF_QUEUES, "b\nc \"d\"", "2");
  put(&s, SHELF_QUEUES, "a", "{\"n\":2}");
  put(&s, SHELF_BOTS, "gone", "true");
  put(&s, SHELF_BOTS, "gone", "");
  put(&s, SHELF_BOTS, "never was", "");
  shelf_close(&s);
  open_it(&s);
  assert_int_equal(s.count, 3);
  assert_kept(&s, SHELF_QUEUES, "a", "{\"n\":2}");
  assert_kept(&s, SHELF_MEMBERS, "a", "[1]");
  assert_kept(&s, SHELF_QUEUES, "b\nc \"d\"", "2");
  assert_kept(&s, SHELF_BOTS, "gone", "");
  shelf_close(&s);
}

static void a_broken_file_is_not_taken_for_an_empty_one(void **state) {
  struct shelf s;
  char path[2 * PATH];
  (void)state;
  path_of(path);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_true(fputs("{\"queues\":", f) >= 0);
  assert_int_equal(fclose(f), 0);
  assert_int_equal(shelf_open(&s, heap_mem(), text_from(directory)),
                   BT_ERR_CORRUPT);
  assert_int_equal(unlink(path), 0);
}

static void what_cannot_be_written_has_not_changed(void **state) {
  struct shelf s;
  (void)state;
  open_it(&s);
  put(&s, SHELF_QUEUES, "a", "1");
  (void)snprintf(s.path, sizeof s.path, "/nowhere/at/all.json");
  assert_int_equal(shelf_put(&s, SHELF_QUEUES, TEXT("a"), TEXT("2")),
                   BT_ERR_IO);
  assert_int_equal(shelf_put(&s, SHELF_QUEUES, TEXT("b"), TEXT("3")),
                   BT_ERR_IO);
  assert_int_equal(shelf_put(&s, SHELF_QUEUES, TEXT("a"), TEXT("")), BT_ERR_IO);
  assert_int_equal(s.count, 1);
  assert_kept(&s, SHELF_QUEUES, "a", "1");
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
