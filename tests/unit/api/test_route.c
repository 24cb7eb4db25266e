#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/route.h"

static struct route_match find(enum http_method method, const char *path) {
  return route_find(method, text_from(path));
}

static void text_is(struct text t, const char *expected) {
  assert_int_equal(t.len, strlen(expected));
  assert_memory_equal(t.ptr, expected, t.len);
}

static void a_path_with_its_parameters(void **state) {
  (void)state;
  const struct route_match m =
      find(HTTP_DELETE, "/api/v1/sessions/abc/transfers/x%20y");
  assert_true(m.number < route_count());
  assert_int_equal(route_at(m.number)->command, COMMAND_CANCEL_TRANSFER);
  text_is(m.params[0], "abc");
  text_is(m.params[1], "x%20y"); /* decoded later, so that %2F is no slash */
}

static void head_is_get(void **state) {
  (void)state;
  assert_true(find(HTTP_HEAD, "/healthz").number < route_count());
  assert_true(find(HTTP_HEAD, "/api/v1/tickets").number == route_count());
}

static void a_method_that_the_path_does_not_know(void **state) {
  (void)state;
  const struct route_match m = find(HTTP_PUT, "/api/v1/sessions");
  assert_int_equal(m.number, route_count());
  assert_int_equal(m.methods, 1u << HTTP_GET | 1u << HTTP_POST);
}

static void what_is_no_path(void **state) {
  (void)state;
  static const char *const paths[] = {"",
                                      "*",
                                      "/",
                                      "/api/v1",
                                      "/api/v1/",
                                      "/api/v1/sessions/",
                                      "//healthz",
                                      "/healthz/",
                                      "/api/v1/sessions/a/b",
                                      "healthz",
                                      "/API/v1/bots",
                                      "/api/v1/sessions//messages"};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    const struct route_match m = find(HTTP_GET, paths[i]);
    assert_int_equal(m.number, route_count());
    assert_int_equal(m.methods, 0);
  }
}

static void the_nearest_path(void **state) {
  (void)state;
  assert_string_equal(route_nearest(TEXT("/api/v1/session")),
                      "/api/v1/sessions");
  assert_string_equal(
      route_nearest(TEXT("/api/v1/sessions/"
                         "01920000-0000-7000-8000-000000000000/transferr")),
      "/api/v1/sessions/{session}/transfer");
  assert_string_equal(route_nearest(TEXT("/health")), "/healthz");
  assert_null(route_nearest(TEXT("/robots.txt")));
  assert_null(route_nearest(TEXT("*")));
}

/* A route may refuse a role that the command takes, never the other way. */
static void rights_are_those_of_the_commands(void **state) {
  (void)state;
  for (size_t i = 0; i < route_count(); i++) {
    const struct route *r = route_at(i);
    if (r->command != COMMANDS) {
      const uint32_t may =
          command_info((enum command_type)r->command)->roles | 1u << ROLE_NONE;
      assert_int_equal(r->roles & ~may, 0);
    }
    assert_int_equal(r->roles & 1u << ROLE_SYSTEM, 0);
  }
}

static void no_path_stands_twice(void **state) {
  (void)state;
  for (size_t i = 0; i < route_count(); i++) {
    const struct route *r = route_at(i);
    assert_int_equal(find(r->method, r->path).number, i);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_path_with_its_parameters),
      cmocka_unit_test(head_is_get),
      cmocka_unit_test(a_method_that_the_path_does_not_know),
      cmocka_unit_test(what_is_no_path),
      cmocka_unit_test(the_nearest_path),
      cmocka_unit_test(rights_are_those_of_the_commands),
      cmocka_unit_test(no_path_stands_twice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
