#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/rand.h"
#include "support.h"

/* The owner: numbers are its keys; objects[i] is the key of object i. */
struct owner {
  uint64_t objects[5000];
};

static struct owner owner;

static bool same(const void *ctx, uint32_t value, const void *key) {
  const struct owner *o = ctx;
  const uint64_t *wanted = key;
  return o->objects[value] == *wanted;
}

static void start(struct map *m, struct test_mem *tm) {
  test_mem_init(tm);
  map_init(m, &tm->mem, same, &owner);
}

static uint32_t get(const struct map *m, uint64_t key) {
  return map_get(m, hash_u64(key), &key);
}

static void an_empty_map_knows_nothing(void **state) {
  (void)state;
  struct test_mem tm;
  struct map m;
  start(&m, &tm);
  assert_true(get(&m, 1) == MAP_NONE);
  assert_false(map_remove(&m, hash_u64(1), 0));
  map_clear(&m);
  assert_int_equal(tm.calls, 0);
  map_free(&m);
}

/* Half of the hashes come from four values only: long runs that cross the end
 * of the table are then the rule. */
static uint64_t crowded_hash(uint64_t key) {
  return key % 2 == 0 ? UINT64_MAX - key / 2 % 4 : hash_u64(key);
}

/* A thing with two names that share a home: the one that was given up was there
 * still, and the other was gone. */
static void of_a_numbers_keys_the_named_one_goes(void **state) {
  (void)state;
  struct test_mem tm;
  struct map m;
  const uint64_t near = 0x10; /* the home of 0 in a table of 16 */
  start(&m, &tm);
  owner.objects[7] = 1;
  assert_true(map_put(&m, 0, 7));
  assert_true(map_put(&m, near, 7));
  assert_true(map_remove(&m, near, 7));
  assert_int_equal(map_get(&m, 0, &owner.objects[7]), 7);
  assert_true(map_get(&m, near, &owner.objects[7]) == MAP_NONE);
  assert_false(map_remove(&m, near, 7));
  map_free(&m);
}

static void it_agrees_with_a_plain_array_for_ever(void **state) {
  (void)state;
  struct test_mem tm;
  struct map m;
  struct rand r;
  static bool there[500];
  start(&m, &tm);
  rand_seed(&r, 3);
  size_t count = 0;
  for (int step = 0; step < 60000; step++) {
    const uint32_t i = (uint32_t)rand_below(&r, 500);
    const uint64_t key = i;
    owner.objects[i] = key;
    if (there[i]) {
      assert_true(map_remove(&m, crowded_hash(key), i));
      assert_false(map_remove(&m, crowded_hash(key), i));
    } else {
      assert_true(map_put(&m, crowded_hash(key), i));
    }
    there[i] = !there[i];
    count = there[i] ? count + 1 : count - 1;
    assert_int_equal(m.count, count);
    const uint64_t other = rand_below(&r, 500);
    assert_true(map_get(&m, crowded_hash(other), &other) ==
                (there[other] ? (uint32_t)other : MAP_NONE));
  }
  assert_true(m.cap <= 1024); /* coming and going does not make it grow */
  map_free(&m);
  assert_int_equal(tm.live_bytes, 0);
}

static void equal_hashes_are_told_apart_by_the_owner(void **state) {
  (void)state;
  struct test_mem tm;
  struct map m;
  start(&m, &tm);
  for (uint32_t i = 0; i < 10; i++) {
    owner.objects[i] = 100 + i;
    assert_true(map_put(&m, 7, i));
  }
  for (uint64_t key = 100; key < 110; key++) {
    assert_true(map_get(&m, 7, &key) == key - 100);
  }
  const uint64_t stranger = 110;
  assert_true(map_get(&m, 7, &stranger) == MAP_NONE);
  assert_true(map_remove(&m, 7, 4));
  const uint64_t gone = 104;
  assert_true(map_get(&m, 7, &gone) == MAP_NONE);
  map_clear(&m);
  assert_true(map_get(&m, 7, &stranger) == MAP_NONE);
  map_free(&m);
}

static void reserved_room_cannot_fail(void **state) {
  (void)state;
  struct test_mem tm;
  struct map m;
  start(&m, &tm);
  assert_true(map_reserve(&m, 3000));
  tm.fail_at = tm.calls + 1;
  tm.fail_for_ever = true;
  for (uint32_t i = 0; i < 3000; i++) {
    owner.objects[i] = i;
    assert_true(map_put(&m, hash_u64(i), i));
  }
  assert_false(map_reserve(&m, 5000));
  assert_false(map_reserve(&m, SIZE_MAX));
  for (uint64_t key = 0; key < 3000; key++) {
    assert_true(get(&m, key) == key);
  }
  map_free(&m);
}

static void a_put_without_memory_changes_nothing(void **state) {
  (void)state;
  struct test_mem tm;
  struct map m;
  start(&m, &tm);
  tm.fail_at = 3;
  tm.fail_for_ever = true;
  uint32_t put = 0;
  for (owner.objects[0] = 0; map_put(&m, hash_u64(put), put); put++) {
    owner.objects[put + 1] = put + 1;
  }
  assert_true(put > 0);
  assert_int_equal(m.count, put);
  for (uint64_t key = 0; key < put; key++) {
    assert_true(get(&m, key) == key);
  }
  assert_true(get(&m, put) == MAP_NONE);
  map_free(&m);
  assert_int_equal(tm.live_bytes, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_map_knows_nothing),
      cmocka_unit_test(of_a_numbers_keys_the_named_one_goes),
      cmocka_unit_test(it_agrees_with_a_plain_array_for_ever),
      cmocka_unit_test(equal_hashes_are_told_apart_by_the_owner),
      cmocka_unit_test(reserved_room_cannot_fail),
      cmocka_unit_test(a_put_without_memory_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
