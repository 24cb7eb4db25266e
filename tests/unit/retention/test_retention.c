/* What is too old goes, in virtual time: when, in which order, and wherever the
 * process is stopped. */
#include "retention/retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/batch.h"
#include "engine/event.h"
#include "files/store.h"
#include "support.h"

#define DAY_US   INT64_C(86400000000)
#define START_US INT64_C(1790000000000000)

enum { SESSIONS = 3 };

/* One session ends a day. */
struct place {
  struct test_mem memory;
  char dir[32], files[64];
  struct vault *vault;
  struct history *history;
  struct textbuf sealed[SESSIONS];
};

static struct id session(uint64_t n) {
  return (struct id){7, n + 1};
}

static const char *path_of(const struct place *p, const char *name) {
  static char path[64];
  (void)snprintf(path, sizeof path, "%s/%s", p->dir, name);
  return path;
}

static void open_all(struct place *p) {
  const struct vault_options options = {.path = path_of(p, "keys")};
  struct vault_error why;
  assert_int_equal(vault_open(&p->memory.mem, &options, &p->vault, &why),
                   BT_ERR_OK);
  assert_int_equal(
      history_open(&p->memory.mem, path_of(p, "history.db"), &p->history),
      BT_ERR_OK);
}

static void close_all(struct place *p) {
  vault_close(p->vault);
  history_close(p->history);
}

static void keep_file(const struct place *p, uint64_t n) {
  const struct file_place at = {p->files, session(n)};
  char id[FILE_ID_TEXT];
  bool fresh = false;
  assert_int_equal(file_keep(&at,
                             TEXT("{\"name\":\"a\",\"type\":\"b\"}\nbytes"), id,
                             &fresh),
                   BT_ERR_OK);
}

static void seal(struct place *p, uint64_t n) {
  struct record said;
  struct textbuf plain;
  const struct journal_cover *c = vault_cover(p->vault);
  textbuf_init(&plain, &p->memory.mem);
  textbuf_init(&p->sealed[n], &p->memory.mem);
  record_init(&said, EVENT_MESSAGE);
  record_set_id(&said, FIELD_SESSION, session(n));
  record_set_text(&said, FIELD_TEXT, TEXT("canary"));
  batch_encode(&said, 1, &plain);
  assert_int_equal(
      c->seal(c->ctx, JOURNAL_BATCH, textbuf_text(&plain), &p->sealed[n]),
      BT_ERR_OK);
  textbuf_free(&plain);
}

static void put_row(struct place *p, uint64_t n) {
  const struct history_row row = {.session = session(n),
                                  .ended_us = START_US + (int64_t)n * DAY_US,
                                  .customer = TEXT("canary"),
                                  .channel =
                                      n == 2 ? TEXT("voice") : TEXT("chat")};
  assert_int_equal(history_put(p->history, &row, 1, n + 1), BT_ERR_OK);
}

static int set_up(void **state) {
  struct place *p = calloc(1, sizeof *p);
  test_mem_init(&p->memory);
  (void)snprintf(p->dir, sizeof p->dir, "retain.XXXXXX");
  assert_non_null(mkdtemp(p->dir));
  (void)snprintf(p->files, sizeof p->files, "%s/files", p->dir);
  open_all(p);
  for (uint64_t n = 0; n < SESSIONS; n++) {
    seal(p, n);
    keep_file(p, n);
    put_row(p, n);
  }
  *state = p;
  return 0;
}

static int tear_down(void **state) {
  static const char *const names[] = {"keys", "history.db", "history.db-wal",
                                      "history.db-shm"};
  struct place *p = *state;
  close_all(p);
  for (uint64_t n = 0; n < SESSIONS; n++) {
    const struct file_place at = {p->files, session(n)};
    assert_int_equal(file_drop_all(&at), BT_ERR_OK);
    textbuf_free(&p->sealed[n]);
  }
  assert_int_equal(p->memory.live_blocks, 0);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    (void)unlink(path_of(p, names[i]));
  }
  assert_int_equal(rmdir(p->files), 0);
  assert_int_equal(rmdir(p->dir), 0);
  free(p);
  return 0;
}

/* ---- what is there */

static bool has_content(struct place *p, uint64_t n) {
  struct textbuf opened;
  const struct journal_cover *c = vault_cover(p->vault);
  textbuf_init(&opened, &p->memory.mem);
  assert_int_equal(
      c->open(c->ctx, JOURNAL_BATCH, textbuf_text(&p->sealed[n]), &opened),
      BT_ERR_OK);
  const struct text all = textbuf_text(&opened);
  const bool found = text_find(all, TEXT("canary"), 0) < all.len;
  textbuf_free(&opened);
  return found;
}

static bool has_files(const struct place *p, uint64_t n) {
  char path[128], id[ID_TEXT_LEN];
  struct stat st;
  id_to_text(session(n), id);
  (void)snprintf(path, sizeof path, "%s/%.*s", p->files, ID_TEXT_LEN, id);
  return stat(path, &st) == 0;
}

static bool on_row(void *ctx, const struct history_row *row) {
  (void)row;
  *(bool *)ctx = true;
  return true;
}

static bool has_row(const struct place *p, uint64_t n) {
  bool found = false;
  assert_int_equal(history_read(p->history, session(n), on_row, &found),
                   BT_ERR_OK);
  return found;
}

/* "cfr cfr cfr": content, files, row of each. */
static void assert_there(struct place *p, const char *expected) {
  char got[SESSIONS * 4 + 1];
  for (uint64_t n = 0; n < SESSIONS; n++) {
    (void)snprintf(got + n * 4, 5, "%c%c%c ", has_content(p, n) ? 'c' : '-',
                   has_files(p, n) ? 'f' : '-', has_row(p, n) ? 'r' : '-');
  }
  got[SESSIONS * 4 - 1] = '\0';
  assert_string_equal(got, expected);
}

/* Does any file hold the word? */
static bool is_on_disk(const struct place *p, const char *name) {
  static char bytes[1 << 20];
  FILE *f = fopen(path_of(p, name), "rb");
  if (f == NULL) {
    return false;
  }
  const size_t n = fread(bytes, 1, sizeof bytes, f);
  assert_int_equal(fclose(f), 0);
  return memmem(bytes, n, "canary", 6) != NULL;
}

/* ---- sweeps */

static struct retention rules_of(int64_t content, int64_t files, int64_t row) {
  struct retention r;
  for (size_t i = 0; i < CHANNELS; i++) {
    r.channels[i] =
        (struct retention_rule){content * DAY_US, files * DAY_US, row * DAY_US};
  }
  return r;
}

static struct erase_places places_of(const struct place *p) {
  return (struct erase_places){p->vault, p->history, p->files};
}

/* Returns of how many sessions something went; @spare is left out. */
static uint64_t run(struct place *p, const struct retention *r, int64_t now_us,
                    struct id spare) {
  struct sweep s;
  const struct erase_places places = places_of(p);
  uint64_t batches = 0;
  sweep_init(&s, r, &places, now_us);
  do {
    assert_int_equal(sweep_look(&s), BT_ERR_OK);
    for (size_t i = 0; i < s.count; i++) {
      assert_true(text_equal(s.items[i].customer, TEXT("canary")));
      if (id_equal(s.items[i].what.session, spare)) {
        sweep_spare(&s, i);
      }
    }
    assert_int_equal(sweep_carry_out(&s), BT_ERR_OK);
    assert_true(++batches < 10);
  } while (!sweep_is_done(&s));
  const uint64_t gone = s.content + s.files + s.rows;
  sweep_free(&s);
  return gone;
}

static const struct id nobody;

static void each_part_goes_when_its_time_is_over(void **state) {
  struct place *p = *state;
  struct retention r = rules_of(10, 5, 20);
  r.channels[CHANNEL_VOICE] = (struct retention_rule){.content_us = DAY_US};
  assert_int_equal(run(p, &r, START_US + 1, nobody), 0);
  assert_int_equal(run(p, &r, START_US + 3 * DAY_US - 1, nobody), 0);
  assert_there(p, "cfr cfr cfr");
  assert_int_equal(run(p, &r, START_US + 3 * DAY_US, nobody), 1); /* voice */
  assert_there(p, "cfr cfr -fr");
  assert_int_equal(run(p, &r, START_US + 5 * DAY_US, nobody), 1);
  assert_there(p, "c-r cfr -fr");
  assert_int_equal(run(p, &r, START_US + 11 * DAY_US, nobody), 3);
  assert_there(p, "--r --r -fr");
  assert_int_equal(run(p, &r, START_US + 11 * DAY_US, nobody), 0); /* once */
  assert_int_equal(run(p, &r, START_US + 20 * DAY_US, nobody), 1);
  assert_there(p, "--- --r -fr");
  assert_int_equal(run(p, &r, START_US + 999 * DAY_US, nobody), 1);
  assert_there(p, "--- --- -fr");
}

static void without_a_time_nothing_goes(void **state) {
  struct place *p = *state;
  const struct retention r = rules_of(0, 0, 0);
  assert_int_equal(run(p, &r, INT64_MAX / 2, nobody), 0);
  assert_there(p, "cfr cfr cfr");
}

static void what_is_spared_stays_and_goes_later(void **state) {
  struct place *p = *state;
  const struct retention r = rules_of(1, 1, 1);
  run(p, &r, START_US + 9 * DAY_US, session(1));
  assert_there(p, "--- cfr ---");
  assert_true(is_on_disk(p, "history.db"));
  run(p, &r, START_US + 9 * DAY_US, nobody);
  assert_there(p, "--- --- ---");
  assert_false(is_on_disk(p, "history.db"));
  assert_false(is_on_disk(p, "history.db-wal"));
}

/* Killed behind each step of the first batch, and started again. */
static void wherever_it_is_stopped_it_ends_at_the_same(void **state) {
  struct place *p = *state;
  const struct retention r = rules_of(1, 1, 1);
  const struct id first = session(0);
  struct vault_erased keys = {0};
  assert_int_equal(vault_erase(p->vault, &first, 1, &keys), BT_ERR_OK);
  close_all(p); /* the keys are gone, and nothing else */
  open_all(p);
  const struct file_place at = {p->files, session(1)};
  assert_int_equal(file_drop_all(&at), BT_ERR_OK);
  close_all(p);
  open_all(p);
  const struct id last = session(2);
  assert_int_equal(history_remove(p->history, &last, 1), BT_ERR_OK);
  close_all(p); /* before the file was written anew */
  open_all(p);
  assert_there(p, "-fr c-r cf-");
  /* The row goes last: nobody removes it with its content still there. */
  put_row(p, 2);
  run(p, &r, START_US + 9 * DAY_US, nobody);
  assert_there(p, "--- --- ---");
  assert_false(is_on_disk(p, "history.db"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(each_part_goes_when_its_time_is_over,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(without_a_time_nothing_goes, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(what_is_spared_stays_and_goes_later,
                                      set_up, tear_down),
      cmocka_unit_test_setup_teardown(
          wherever_it_is_stopped_it_ends_at_the_same, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
