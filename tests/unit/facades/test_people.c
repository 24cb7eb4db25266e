/* Contacts: found by number, source and identifier, in the place of their
 * predecessors, so many and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "facades/chatwoot/chatwoot_priv.h"
#include "support.h"

enum { MOST = 10000 };

static void begin(struct test_mem *heap, struct contacts *all) {
  test_mem_init(heap);
  contacts_init(all, &heap->mem);
}

static void end(struct test_mem *heap, struct contacts *all) {
  contacts_free(all);
  assert_int_equal(heap->live_blocks, 0);
}

static struct contact *put(struct contacts *all, int64_t number,
                           const char *source, const char *identifier) {
  const struct contact_facts facts = {.number = number,
                                      .json = TEXT("{\"contact\":1}"),
                                      .source = text_from(source),
                                      .identifier = text_from(identifier)};
  return contact_put(all, &facts);
}

static void found_by_all_that_they_have(void **state) {
  (void)state;
  struct test_mem heap;
  struct contacts all;
  begin(&heap, &all);
  const struct contact *zoe = put(&all, 7, "s-7", "zoë");
  const struct contact *nameless = put(&all, 8, "s-8", "");
  assert_non_null(zoe);
  assert_ptr_equal(contact_find(&all, 7), zoe);
  assert_ptr_equal(contact_find_source(&all, TEXT("s-8")), nameless);
  assert_ptr_equal(contact_find_identifier(&all, TEXT("zoë")), zoe);
  assert_null(contact_find_identifier(&all, TEXT("")));
  assert_null(contact_find(&all, 9));
  assert_ptr_equal(all.newest, nameless);
  assert_ptr_equal(all.newest->older, zoe);
  end(&heap, &all);
}

static void changed_in_their_place(void **state) {
  (void)state;
  struct test_mem heap;
  struct contacts all;
  begin(&heap, &all);
  (void)put(&all, 7, "s-7", "before");
  (void)put(&all, 8, "s-8", "");
  for (int i = 0; i < 3; i++) {
    const struct contact *now = put(&all, 7, "s-7", "now");
    assert_ptr_equal(contact_find(&all, 7), now);
    assert_ptr_equal(contact_find_source(&all, TEXT("s-7")), now);
    assert_ptr_equal(contact_find_identifier(&all, TEXT("now")), now);
  }
  assert_null(contact_find_identifier(&all, TEXT("before")));
  assert_int_equal(all.count, 2);
  end(&heap, &all);
}

static void the_oldest_is_forgotten(void **state) {
  (void)state;
  struct test_mem heap;
  struct contacts all;
  char source[32];
  begin(&heap, &all);
  for (int i = 1; i <= MOST + 5; i++) {
    (void)snprintf(source, sizeof source, "s-%d", i);
    assert_non_null(put(&all, i, source, ""));
  }
  assert_int_equal(all.count, MOST);
  assert_null(contact_find(&all, 5));
  assert_null(contact_find_source(&all, TEXT("s-5")));
  assert_ptr_equal(contact_find(&all, 6), all.oldest);
  end(&heap, &all);
}

static void memory_fails(void **state) {
  (void)state;
  struct test_mem heap;
  struct contacts all;
  begin(&heap, &all);
  const struct contact *p = NULL;
  for (uint64_t nth = 1; p == NULL; nth++) {
    heap.calls = 0;
    heap.fail_at = nth;
    p = put(&all, 7, "s-7", "zoë");
    assert_int_equal(all.count, p != NULL);
  }
  end(&heap, &all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(found_by_all_that_they_have),
      cmocka_unit_test(changed_in_their_place),
      cmocka_unit_test(the_oldest_is_forgotten),
      cmocka_unit_test(memory_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
