/* Keys that a master key wraps: what the file holds, whom it is opened for, and
 * how the master key is changed, wherever that is stopped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kept_file.h"
#include "vault/vault.h"

#define CANARY TEXT("canary: what Anna said")

enum { SLOT = 64, FILE_MAX = 1 << 20, ERASED = 5, MANY = 20 };

/* How many more writes there are before the process "dies"; -1: no end. */
static long writes_left = -1;

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C
 * library's own names are reserved for it. */
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  if (writes_left == 0) {
    return (ssize_t)syscall(SYS_pwrite64, -1, bytes, size, at);
  }
  writes_left -= writes_left > 0;
  return (ssize_t)syscall(SYS_pwrite64, fd, bytes, size, at);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

struct place {
  struct kept_file kept;
  struct vault *vault;
  struct vault_error why;
  struct textbuf sealed[MANY];
};

static const struct vault_master none = {.given = false};

static struct vault_master master(uint8_t seed) {
  struct vault_master m = {.given = true};
  memset(m.key, seed, sizeof m.key);
  return m;
}

static enum bt_err open_with(struct place *p, struct vault_master now,
                             struct vault_master former, bool bare) {
  const struct vault_options options = {
      .path = p->kept.path, .master = now, .former = former, .bare = bare};
  return vault_open(&p->kept.memory.mem, &options, &p->vault, &p->why);
}

static void close_vault(struct place *p) {
  vault_close(p->vault);
  p->vault = NULL;
}

static struct id session(uint64_t n) {
  return (struct id){1, n + 1};
}

static int set_up(void **state) {
  struct place *p = calloc(1, sizeof *p);
  kept_file_make(&p->kept, "keys");
  for (size_t i = 0; i < MANY; i++) {
    textbuf_init(&p->sealed[i], &p->kept.memory.mem);
  }
  *state = p;
  return 0;
}

static int tear_down(void **state) {
  struct place *p = *state;
  writes_left = -1;
  close_vault(p);
  for (size_t i = 0; i < MANY; i++) {
    textbuf_free(&p->sealed[i]);
  }
  kept_file_remove(&p->kept);
  free(p);
  return 0;
}

/* Something is said in each session; one of them is erased. */
static void talk(struct place *p) {
  const struct seal *seal = vault_seal(p->vault);
  const struct id gone = session(ERASED);
  struct vault_erased erased;
  for (size_t i = 0; i < MANY; i++) {
    textbuf_clear(&p->sealed[i]);
    assert_int_equal(seal->close(seal->ctx, session(i), CANARY, &p->sealed[i]),
                     BT_ERR_OK);
  }
  assert_int_equal(vault_erase(p->vault, &gone, 1, &erased), BT_ERR_OK);
  assert_int_equal(erased.keys, 1);
}

/* All of it is read, but for what was erased. */
static void assert_read(struct place *p) {
  const struct seal *seal = vault_seal(p->vault);
  for (size_t i = 0; i < MANY; i++) {
    struct textbuf out;
    textbuf_init(&out, &p->kept.memory.mem);
    const enum bt_err err =
        seal->open(seal->ctx, session(i), textbuf_text(&p->sealed[i]), &out);
    assert_int_equal(err, i == ERASED ? BT_ERR_NOT_FOUND : BT_ERR_OK);
    assert_true(i == ERASED || text_equal(textbuf_text(&out), CANARY));
    textbuf_free(&out);
  }
}

static void assert_opens(struct place *p, struct vault_master now) {
  assert_int_equal(open_with(p, now, none, false), BT_ERR_OK);
  assert_read(p);
  close_vault(p);
}

static void assert_refused(struct place *p, struct vault_master now,
                           struct vault_master former, const char *words) {
  assert_int_equal(open_with(p, now, former, false), BT_ERR_STATE);
  if (strstr(p->why.text, words) == NULL) {
    fail_msg("\"%s\" does not say \"%s\"", p->why.text, words);
  }
}

static size_t slurp(const struct place *p, char bytes[FILE_MAX]) {
  FILE *file = fopen(p->kept.path, "r");
  assert_non_null(file);
  const size_t len = fread(bytes, 1, FILE_MAX, file);
  (void)fclose(file);
  return len;
}

static void spill(const struct place *p, const char *bytes, size_t len) {
  FILE *file = fopen(p->kept.path, "r+");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, len, file), len);
  (void)fclose(file);
}

/* ---- with a master key from the beginning */

static void content_opens_with_the_master_key_alone(void **state) {
  struct place *p = *state;
  assert_int_equal(open_with(p, master(1), none, false), BT_ERR_OK);
  talk(p);
  assert_read(p);
  close_vault(p);
  assert_opens(p, master(1));
  assert_refused(p, none, none, "Name it in the centre's file");
  assert_refused(p, none, master(1), "Name it in the centre's file");
  assert_refused(p, master(2), none, "the one that is named is");
  assert_refused(p, master(2), master(3), "the one that is named is");
  assert_opens(p, master(1)); /* nothing of that changed anything */
}

static void whoever_only_reads_sees_no_content_without_it(void **state) {
  struct place *p = *state;
  assert_int_equal(open_with(p, master(1), none, false), BT_ERR_OK);
  talk(p);
  close_vault(p);
  struct vault_options options = {.path = p->kept.path, .read_only = true};
  assert_int_equal(
      vault_open(&p->kept.memory.mem, &options, &p->vault, &p->why), BT_ERR_OK);
  assert_true(vault_is_locked(p->vault));
  const struct seal *seal = vault_seal(p->vault);
  struct textbuf out;
  textbuf_init(&out, &p->kept.memory.mem);
  assert_int_equal(
      seal->open(seal->ctx, session(0), textbuf_text(&p->sealed[0]), &out),
      BT_ERR_NOT_FOUND);
  textbuf_free(&out);
  close_vault(p);
  options.master = master(1);
  assert_int_equal(
      vault_open(&p->kept.memory.mem, &options, &p->vault, &p->why), BT_ERR_OK);
  assert_false(vault_is_locked(p->vault));
  assert_read(p);
  close_vault(p);
  options.master = master(2);
  assert_int_equal(
      vault_open(&p->kept.memory.mem, &options, &p->vault, &p->why),
      BT_ERR_STATE);
}

/* ---- changing it */

/* 0: in the clear. */
static struct vault_master numbered(int seed) {
  return seed == 0 ? none : master((uint8_t)seed);
}

static void begin_with(struct place *p, int seed) {
  (void)unlink(p->kept.path);
  assert_int_equal(open_with(p, numbered(seed), none, false), BT_ERR_OK);
  talk(p);
  close_vault(p);
}

static enum bt_err change(struct place *p, int from, int to) {
  return open_with(p, numbered(to), numbered(from), to == 0);
}

static const int changes[][2] = {{0, 1}, {1, 2}, {2, 0}};

static void it_is_put_on_changed_and_taken_off(void **state) {
  struct place *p = *state;
  begin_with(p, 0);
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    assert_int_equal(change(p, changes[i][0], changes[i][1]), BT_ERR_OK);
    assert_read(p);
    close_vault(p);
    assert_opens(p, numbered(changes[i][1]));
  }
}

/* No key of before is in the file any more, in the clear or as it was wrapped.
 */
static void nothing_of_before_is_left_in_the_file(void **state) {
  struct place *p = *state;
  static char before[FILE_MAX], after[FILE_MAX];
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    begin_with(p, changes[i][0]);
    const size_t len = slurp(p, before);
    assert_int_equal(change(p, changes[i][0], changes[i][1]), BT_ERR_OK);
    close_vault(p);
    assert_int_equal(slurp(p, after), len);
    for (size_t at = SLOT; at < len; at += SLOT) {
      const bool erased = at == SLOT * (size_t)(ERASED + 1);
      assert_memory_equal(before + at, after + at, 16); /* whose it is */
      assert_true((memcmp(before + at + 16, after + at + 16, 32) == 0) ==
                  erased);
      assert_true(erased || memmem(after, len, before + at + 16, 32) == NULL);
    }
  }
}

/* Every write of a change, one after the other, is the last. */
static void wherever_a_change_is_stopped_it_is_finished(void **state) {
  struct place *p = *state;
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    const int from = changes[i][0], to = changes[i][1];
    long stopped = 0;
    for (long writes = 0;; writes = writes < 8 ? writes + 1 : writes * 3) {
      begin_with(p, from);
      writes_left = writes;
      const enum bt_err err = change(p, from, to);
      const bool done = writes_left > 0;
      writes_left = -1;
      close_vault(p);
      assert_true(err == BT_ERR_OK || !done);
      if (done) {
        break;
      }
      stopped++;
      if (writes > 0) { /* both must be named now */
        assert_refused(p, master(9), none, "interrupted");
      }
      /* On, or back. */
      const bool back = writes % 2 == 1;
      assert_int_equal(back ? change(p, to, from) : change(p, from, to),
                       BT_ERR_OK);
      assert_read(p);
      close_vault(p);
      assert_opens(p, numbered(back ? from : to));
    }
    assert_true(stopped > 10);
  }
}

/* ---- what somebody else does to the file */

static void a_key_that_was_changed_is_noticed(void **state) {
  struct place *p = *state;
  static char bytes[FILE_MAX];
  begin_with(p, 1);
  const size_t len = slurp(p, bytes);
  bytes[SLOT + 16 + 3] ^= 1;
  spill(p, bytes, len);
  assert_int_equal(open_with(p, master(1), none, false), BT_ERR_OK);
  const struct seal *seal = vault_seal(p->vault);
  struct textbuf out;
  textbuf_init(&out, &p->kept.memory.mem);
  assert_int_equal(
      seal->open(seal->ctx, session(0), textbuf_text(&p->sealed[0]), &out),
      BT_ERR_CORRUPT);
  textbuf_free(&out);
}

/* Whoever writes a key of their own into a file that is wrapped. */
static void a_key_in_the_clear_is_not_taken_among_wrapped_ones(void **state) {
  struct place *p = *state;
  static char bytes[FILE_MAX];
  begin_with(p, 1);
  const size_t len = slurp(p, bytes);
  memset(bytes + SLOT + 16, 'k', 32);
  memset(bytes + SLOT + 48, 0, 16);
  spill(p, bytes, len);
  assert_int_equal(change(p, 1, 2), BT_ERR_CORRUPT);
}

static void one_process_alone_has_it(void **state) {
  struct place *p = *state;
  struct place other = *p;
  assert_int_equal(open_with(p, none, none, false), BT_ERR_OK);
  assert_int_equal(open_with(&other, none, none, false), BT_ERR_BUSY);
  assert_non_null(strstr(other.why.text, "another process"));
}

static void a_master_key_is_64_digits(void **state) {
  (void)state;
  struct vault_master m;
  char mark[VAULT_MARK_TEXT];
  static const char good[] =
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1F";
  assert_true(vault_read_master(text_from(good), &m));
  assert_int_equal(m.key[31], 0x1f);
  vault_mark_text(&m, mark);
  assert_int_equal(strlen(mark), 32);
  assert_false(vault_read_master(text_from(good + 1), &m));
  assert_false(vault_read_master(TEXT(""), &m));
  assert_false(vault_read_master(TEXT("password"), &m));
  assert_false(m.given);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(content_opens_with_the_master_key_alone),
      TEST(whoever_only_reads_sees_no_content_without_it),
      TEST(it_is_put_on_changed_and_taken_off),
      TEST(nothing_of_before_is_left_in_the_file),
      TEST(wherever_a_change_is_stopped_it_is_finished),
      TEST(a_key_that_was_changed_is_noticed),
      TEST(a_key_in_the_clear_is_not_taken_among_wrapped_ones),
      TEST(one_process_alone_has_it),
      cmocka_unit_test(a_master_key_is_64_digits),
  };
#undef TEST
  return cmocka_run_group_tests(tests, NULL, NULL);
}
