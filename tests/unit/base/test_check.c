#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"

static int fate_of(int number) {
  const pid_t child = fork();
  if (child == 0) {
    (void)close(STDERR_FILENO);
    (void)signal(SIGABRT, SIG_DFL);
    bt_check(number == 7);
    _exit(0);
  }
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  return status;
}

static void a_failed_check_stops_the_process(void **state) {
  (void)state;
  assert_true(WIFEXITED(fate_of(7)));
  const int status = fate_of(8);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void every_error_has_a_sentence(void **state) {
  (void)state;
  assert_string_equal(bt_err_text(BT_ERR_OK), "success");
  for (int err = 0; err < BT_ERRS; err++) {
    assert_non_null(bt_err_text((enum bt_err)err));
    assert_true(bt_err_text((enum bt_err)err)[0] != '\0');
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_failed_check_stops_the_process),
      cmocka_unit_test(every_error_has_a_sentence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
