/* story.h - what the journal's tests share: a directory that goes away, batches
 * whose bytes follow from their number, and a reader that knows them. */
#ifndef BATON_TESTS_JOURNAL_STORY_H
#define BATON_TESTS_JOURNAL_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rand.h"
#include "journal/journal.h"
#include "support.h"

enum { STORY_BYTES_MAX = 2000, STORY_PATH = 1024 };

struct story {
  char dir[STORY_PATH / 2];
  struct journal_options options;
  struct journal *journal;
  struct journal_error why;
  struct test_mem heap;
  struct textbuf warnings;
  /* what the reader saw */
  uint64_t snapshot_seq; /* 0: none */
  uint64_t next;         /* the batch that must come next */
  size_t snapshot_len;
  unsigned refuse_snapshots; /* so many are not understood */
};

static inline void story_warn(void *ctx, const char *sentence) {
  struct story *s = ctx;
  textbuf_add(&s->warnings, text_from(sentence));
  textbuf_add_char(&s->warnings, '\n');
}

static inline bool story_warned(const struct story *s, const char *words) {
  const struct text all = textbuf_text(&s->warnings);
  return text_find(all, text_from(words), 0) < all.len;
}

static inline void story_begin(struct story *s) {
  *s = (struct story){0};
  const char *base = getenv("TMPDIR");
  (void)snprintf(s->dir, sizeof s->dir, "%s/baton_journal.XXXXXX",
                 base == NULL ? P_tmpdir : base);
  assert_non_null(mkdtemp(s->dir));
  test_mem_init(&s->heap);
  textbuf_init(&s->warnings, &s->heap.mem);
  s->options = (struct journal_options){
      .centre = TEXT("acme"), .ctx = s, .on_warning = story_warn};
}

static inline const char *story_path(const struct story *s, const char *name) {
  static char path[STORY_PATH];
  (void)snprintf(path, sizeof path, "%s/%s", s->dir, name);
  return path;
}

static inline void story_end(struct story *s) {
  journal_close(s->journal);
  DIR *dir = opendir(s->dir);
  const struct dirent *entry;
  while (dir != NULL && (entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] != '.') {
      assert_int_equal(unlink(story_path(s, entry->d_name)), 0);
    }
  }
  if (dir != NULL) {
    (void)closedir(dir);
  }
  (void)rmdir(s->dir);
  textbuf_free(&s->warnings);
}

/* The bytes of a batch follow from its number: any test can check any batch. */
static inline struct text story_bytes(uint64_t seq, char out[STORY_BYTES_MAX]) {
  struct rand r;
  rand_seed(&r, seq);
  const size_t len =
      (size_t)rand_below(&r, seq % 50 == 0 ? STORY_BYTES_MAX : 300);
  for (size_t i = 0; i < len; i++) {
    out[i] = (char)rand_u64(&r);
  }
  return (struct text){out, len};
}

/* Every tenth batch ends a session whose name follows from the number too. */
static inline struct id story_session(uint64_t seq) {
  return (struct id){.hi = 0x0192000000007000u + seq, .lo = ~seq};
}

static inline enum bt_err story_append(struct story *s, uint64_t seq) {
  char room[STORY_BYTES_MAX];
  const struct journal_finished finished = {.session = story_session(seq),
                                            .last_seq = seq};
  const struct journal_batch b = {.seq = seq,
                                  .bytes = story_bytes(seq, room),
                                  .finished = &finished,
                                  .finished_count = seq % 10 == 0};
  return journal_append(s->journal, &b);
}

/* Batches up to @last; the engine would wait where this asks again. */
static inline void story_append_to(struct story *s, uint64_t last) {
  while (journal_last(s->journal) < last) {
    const enum bt_err err = story_append(s, journal_last(s->journal) + 1);
    assert_true(err == BT_ERR_OK || err == BT_ERR_FULL);
    if (err == BT_ERR_FULL) {
      assert_int_equal(
          journal_sync_wait(s->journal, journal_durable(s->journal) + 1, -1),
          BT_ERR_OK);
    }
  }
}

static inline void story_durable_to(struct story *s, uint64_t last) {
  story_append_to(s, last);
  assert_int_equal(journal_sync_wait(s->journal, last, -1), BT_ERR_OK);
}

/* A snapshot's bytes: @len of them, from the number of its batch. */
static inline char *story_state(uint64_t seq, size_t len) {
  const size_t words = len / sizeof(uint64_t) + 1;
  uint64_t *bytes = malloc(words * sizeof *bytes);
  assert_non_null(bytes);
  struct rand r;
  rand_seed(&r, ~seq);
  for (size_t i = 0; i < words; i++) {
    bytes[i] = rand_u64(&r);
  }
  return (char *)bytes;
}

static inline void story_snapshot(struct story *s, uint64_t seq, size_t len) {
  char *bytes = story_state(seq, len);
  struct journal_stats before;
  journal_get_stats(s->journal, &before);
  enum bt_err err;
  do { /* the one before may still be tidied up after */
    err = journal_snapshot(s->journal, seq, (struct text){bytes, len});
  } while (err == BT_ERR_BUSY && usleep(1000) == 0);
  assert_int_equal(err, BT_ERR_OK);
  free(bytes);
  struct journal_stats after = before;
  while (after.snapshots == before.snapshots && !after.failed) {
    (void)usleep(1000);
    journal_get_stats(s->journal, &after);
  }
}

static inline enum bt_err story_take_snapshot(void *ctx, uint64_t seq,
                                              struct text bytes) {
  struct story *s = ctx;
  if (s->refuse_snapshots > 0) {
    s->refuse_snapshots--;
    return BT_ERR_UNSUPPORTED;
  }
  char *expected = story_state(seq, bytes.len);
  const bool same = memcmp(expected, bytes.ptr, bytes.len) == 0;
  free(expected);
  assert_true(same);
  assert_int_equal(s->next, 1);
  s->snapshot_seq = seq;
  s->snapshot_len = bytes.len;
  s->next = seq + 1;
  return BT_ERR_OK;
}

static inline enum bt_err story_take_batch(void *ctx, uint64_t seq,
                                           struct text bytes) {
  struct story *s = ctx;
  char room[STORY_BYTES_MAX];
  assert_int_equal(seq, s->next);
  assert_true(text_equal(bytes, story_bytes(seq, room)));
  s->next++;
  return BT_ERR_OK;
}

static inline struct journal_sink story_sink(struct story *s) {
  return (struct journal_sink){
      .ctx = s, .snapshot = story_take_snapshot, .batch = story_take_batch};
}

/* Opens and loads; every batch that comes is compared. */
static inline enum bt_err story_open(struct story *s) {
  s->next = 1;
  s->snapshot_seq = 0;
  s->why = (struct journal_error){0};
  textbuf_clear(&s->warnings);
  enum bt_err err =
      journal_open_sqlite(s->dir, &s->options, &s->journal, &s->why);
  if (err != BT_ERR_OK) {
    assert_null(s->journal);
    assert_int_equal(s->why.code, err);
    return err;
  }
  const struct journal_sink sink = story_sink(s);
  err = journal_load(s->journal, &sink, &s->why);
  if (err != BT_ERR_OK) {
    assert_int_equal(s->why.code, err);
    journal_close(s->journal);
    s->journal = NULL;
  }
  return err;
}

static inline void story_close(struct story *s) {
  journal_close(s->journal);
  s->journal = NULL;
}

static inline bool story_says(const struct story *s, const char *words) {
  return strstr(s->why.text, words) != NULL;
}

/* What someone with the sqlite3 shell might do to it. */
static inline void story_sql(const struct story *s, const char *sql) {
  sqlite3 *db = NULL;
  assert_int_equal(sqlite3_open(story_path(s, "journal.db"), &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The same, each batch in a row of its own, whatever the threads do. */
static inline void story_write_rows(struct story *s, uint64_t last) {
  s->options.group_batches = 1;
  assert_int_equal(story_open(s), BT_ERR_OK);
  story_durable_to(s, last);
  journal_close(s->journal);
  s->journal = NULL;
}

/* A journal of @last batches, closed. */
static inline void story_write(struct story *s, uint64_t last) {
  assert_int_equal(story_open(s), BT_ERR_OK);
  story_durable_to(s, last);
  story_close(s);
}

/* The same, left by a process that did not close it: the log is still there. */
static inline void story_crash(struct story *s, uint64_t last) {
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    if (story_open(s) == BT_ERR_OK) {
      story_durable_to(s, last);
      _exit(0);
    }
    _exit(1);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
}

#endif
