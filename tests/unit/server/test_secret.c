#include "files.h"

#include "server/secret.h"

static void it_is_made_once_and_outlives_restarts(void **state) {
  (void)state;
  struct files files;
  struct stat st;
  uint8_t first[SECRET_BYTES] = {0}, again[SECRET_BYTES] = {0};
  static const uint8_t zeros[SECRET_BYTES];
  files_begin(&files);
  assert_int_equal(secret_load(files.dir, first), BT_ERR_OK);
  assert_int_equal(secret_load(files.dir, again), BT_ERR_OK);
  assert_memory_equal(first, again, SECRET_BYTES);
  assert_memory_not_equal(first, zeros, SECRET_BYTES);
  assert_int_equal(stat(files_path(&files, "secret"), &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  files_end(&files);
}

static void two_centres_have_two_secrets(void **state) {
  (void)state;
  struct files one, two;
  uint8_t first[SECRET_BYTES], second[SECRET_BYTES];
  files_begin(&one);
  files_begin(&two);
  assert_int_equal(secret_load(one.dir, first), BT_ERR_OK);
  assert_int_equal(secret_load(two.dir, second), BT_ERR_OK);
  assert_memory_not_equal(first, second, SECRET_BYTES);
  files_end(&one);
  files_end(&two);
}

/* A power cut between the two steps of making it: nothing was signed yet. */
static void a_half_made_one_is_made_again(void **state) {
  (void)state;
  struct files files;
  uint8_t secret[SECRET_BYTES];
  files_begin(&files);
  (void)files_write(&files, "secret.new", "half");
  assert_int_equal(secret_load(files.dir, secret), BT_ERR_OK);
  files_end(&files);
}

static void one_of_another_length_is_refused(void **state) {
  (void)state;
  struct files files;
  uint8_t secret[SECRET_BYTES] = {1};
  files_begin(&files);
  (void)files_write(&files, "secret", "short");
  assert_int_equal(secret_load(files.dir, secret), BT_ERR_CORRUPT);
  (void)files_write(&files, "secret", "123456789012345678901234567890123");
  assert_int_equal(secret_load(files.dir, secret), BT_ERR_CORRUPT);
  assert_int_equal(secret[0], 1);
  files_end(&files);
}

static void without_the_directory_there_is_none(void **state) {
  (void)state;
  struct files files;
  uint8_t secret[SECRET_BYTES];
  files_begin(&files);
  assert_int_equal(secret_load(files_path(&files, "nowhere"), secret),
                   BT_ERR_IO);
  files_end(&files);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_made_once_and_outlives_restarts),
      cmocka_unit_test(two_centres_have_two_secrets),
      cmocka_unit_test(a_half_made_one_is_made_again),
      cmocka_unit_test(one_of_another_length_is_refused),
      cmocka_unit_test(without_the_directory_there_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
