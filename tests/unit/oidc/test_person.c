#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "oidc/person.h"
#include "support.h"

static const struct oidc_grant grants[] = {{{"admin", 5}, {"root", 4}},
                                           {{"supervisor", 10}, {"leads", 5}}};
static const struct oidc_settings settings = {.claim = {"groups", 6},
                                              .grants = grants,
                                              .grant_count = 2,
                                              .agent_claim = {"nick", 4}};

static void check_role(const char *claims, const char *role) {
  struct test_mem memory;
  struct arena arena;
  struct json *tree = NULL;
  struct oidc_person person;
  test_mem_init(&memory);
  arena_init(&arena, &memory.mem, 0);
  assert_int_equal(json_parse(&arena, text_from(claims), 16, &tree, NULL),
                   BT_ERR_OK);
  oidc_read_person(&settings, tree, &person);
  assert_true(text_equal(person.role, text_from(role)));
  arena_free(&arena);
}

static void the_strongest_role_counts(void **state) {
  (void)state;
  check_role("{\"groups\":[\"leads\",\"root\"]}", "admin");
  check_role("{\"groups\":[\"others\",\"leads\"]}", "supervisor");
  check_role("{\"groups\":\"leads\"}", "supervisor");
  check_role("{\"groups\":\"root leads\"}", "");
  check_role("{\"groups\":[\"Root\",1,null,[\"root\"]]}", "");
  check_role("{\"groups\":{\"root\":true}}", "");
  check_role("{\"roles\":[\"root\"]}", "");
}

static void names(void **state) {
  (void)state;
  struct test_mem memory;
  struct arena arena;
  struct json *tree = NULL;
  struct oidc_person person;
  test_mem_init(&memory);
  arena_init(&arena, &memory.mem, 0);
  assert_int_equal(json_parse(&arena,
                              TEXT("{\"sub\":\"7\",\"email\":\"a@b\","
                                   "\"nick\":\"anna\",\"groups\":[]}"),
                              16, &tree, NULL),
                   BT_ERR_OK);
  oidc_read_person(&settings, tree, &person);
  assert_true(text_equal(person.subject, TEXT("7")));
  assert_true(text_equal(person.agent, TEXT("anna")));
  assert_true(text_equal(person.login, TEXT("a@b")));
  assert_true(text_equal(person.name, TEXT("a@b")));
  assert_true(oidc_wants_more(&settings, tree)); /* the name is missing */
  arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_strongest_role_counts), cmocka_unit_test(names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
