/* A loss of power at every write of a run: a played disk remembers what was
 * written and what was synced, and forgets the rest in several ways.
 *
 *   test_power             each crash point in one of the ways, in turn
 *   test_power --all       each crash point in each of the ways
 *   test_power --control   syncs do nothing, as with synchronous=OFF: batches
 *                          that were acknowledged must then be lost
 *
 * The journal runs on the real file system; this program's own pwrite, fsync
 * and ftruncate come first and keep a tape. From the tape the files are made
 * anew as they could lie on the platter at that moment. */
#include "story.h"

#include <pthread.h>
#include <sys/syscall.h>

#include "base/check.h"

enum tape_kind { TAPE_WRITE, TAPE_TRUNCATE, TAPE_SYNC, TAPE_ACKNOWLEDGED };

enum { FILES = 3, BATCHES = 90, RAN = 40, SECTOR = 512 };
static const char *const names[FILES] = {"/journal.db", "/journal.db-wal",
                                         "/journal.mark"};

struct entry {
  enum tape_kind kind;
  int file;
  size_t at, len;
  char *bytes;
  uint64_t seq;
};

static struct {
  pthread_mutex_t lock;
  _Atomic bool runs; /* write down what happens */
  bool idle;         /* syncs of what is only looked at cost nothing */
  struct entry *entries;
  size_t count, cap;
} tape = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool control, all_ways;

/* ---- the tape */

static int file_of(int fd) {
  char link[64];
  char path[STORY_PATH] = {0};
  (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, path, sizeof path - 1);
  for (int i = 0; n > 0 && i < FILES; i++) {
    if (text_ends((struct text){path, (size_t)n}, text_from(names[i]))) {
      return i;
    }
  }
  return -1;
}

static void put(const struct entry *e, const void *bytes) {
  if (!tape.runs || e->file < 0) {
    return;
  }
  (void)pthread_mutex_lock(&tape.lock);
  if (tape.count == tape.cap) {
    tape.cap = tape.cap == 0 ? 256 : tape.cap * 2;
    tape.entries = realloc(tape.entries, tape.cap * sizeof *tape.entries);
    bt_check(tape.entries != NULL);
  }
  struct entry *to = &tape.entries[tape.count++];
  *to = *e;
  if (bytes != NULL) {
    to->bytes = malloc(e->len + 1);
    bt_check(to->bytes != NULL);
    memcpy(to->bytes, bytes, e->len);
  }
  (void)pthread_mutex_unlock(&tape.lock);
}

static ssize_t write_down(int fd, const void *bytes, size_t len, off_t at) {
  const ssize_t n = syscall(SYS_pwrite64, fd, bytes, len, at);
  if (n > 0 && tape.runs) {
    const struct entry e = {.kind = TAPE_WRITE,
                            .file = file_of(fd),
                            .at = (size_t)at,
                            .len = (size_t)n};
    put(&e, bytes);
  }
  return n;
}

static int sync_down(int fd, long number) {
  if (tape.idle) {
    return 0;
  }
  const int result = (int)syscall(number, fd);
  if (tape.runs && !control) {
    const struct entry e = {.kind = TAPE_SYNC, .file = file_of(fd)};
    put(&e, NULL);
  }
  return result;
}

static int truncate_down(int fd, off_t len) {
  const int result = (int)syscall(SYS_ftruncate, fd, len);
  if (tape.runs) {
    const struct entry e = {
        .kind = TAPE_TRUNCATE, .file = file_of(fd), .at = (size_t)len};
    put(&e, NULL);
  }
  return result;
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C
 * library's own names begin with underscores. */
ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) {
  return write_down(fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at) {
  return write_down(fd, bytes, len, at);
}

int ftruncate(int fd, off_t len) {
  return truncate_down(fd, len);
}

int ftruncate64(int fd, off64_t len) {
  return truncate_down(fd, len);
}

int fsync(int fd) {
  return sync_down(fd, SYS_fsync);
}

int fdatasync(int fd) {
  return sync_down(fd, SYS_fdatasync);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

static void on_durable(void *ctx, uint64_t seq) {
  (void)ctx;
  const struct entry e = {.kind = TAPE_ACKNOWLEDGED, .seq = seq};
  put(&e, NULL);
}

/* ---- the platter */

struct image {
  char *bytes;
  size_t len, cap;
};

static void reach(struct image *f, size_t len) {
  if (len > f->cap) {
    f->bytes = realloc(f->bytes, len * 2);
    bt_check(f->bytes != NULL);
    f->cap = len * 2;
  }
  if (len > f->len) {
    memset(f->bytes + f->len, 0, len - f->len);
    f->len = len;
  }
}

/* The first @len bytes of what was written. */
static void apply(struct image *f, const struct entry *e, size_t len) {
  if (e->kind == TAPE_TRUNCATE) {
    reach(f, e->at);
    f->len = e->at;
  } else if (e->kind == TAPE_WRITE) {
    reach(f, e->at + len);
    memcpy(f->bytes + e->at, e->bytes, len);
  }
}

static void copy(struct image *to, const struct image *from) {
  to->len = 0;
  if (from->len > 0) {
    reach(to, from->len);
    memcpy(to->bytes, from->bytes, from->len);
  }
}

static void read_file(const char *path, struct image *f) {
  FILE *in = fopen(path, "rb");
  if (in == NULL) {
    return;
  }
  char part[4096];
  size_t n;
  while ((n = fread(part, 1, sizeof part, in)) > 0) {
    const size_t at = f->len;
    reach(f, at + n);
    memcpy(f->bytes + at, part, n);
  }
  (void)fclose(in);
}

static void write_file(const char *path, const struct image *f) {
  FILE *out = fopen(path, "wb");
  assert_non_null(out);
  assert_int_equal(fwrite(f->bytes, 1, f->len, out), f->len);
  assert_int_equal(fclose(out), 0);
}

/* ---- what becomes of what was not synced */

enum way { NOTHING, EVERYTHING, SOME, TORN, WAYS };

static size_t survives(enum way way, struct rand *r, const struct entry *e) {
  const bool lucky = rand_below(r, 2) == 0;
  switch (way) {
  case EVERYTHING:
    return e->len;
  case SOME:
    return lucky ? e->len : 0;
  case TORN: /* a part of the write's sectors */
    return lucky ? e->len : rand_below(r, e->len / SECTOR + 1) * (size_t)SECTOR;
  case NOTHING:
  case WAYS:
    break;
  }
  return 0;
}

struct platter {
  struct image synced[FILES], now[FILES];
  size_t synced_to[FILES]; /* entries of the tape that are in it for certain */
};

/* Power is lost after entry @end of the tape. */
static void lose_power(struct platter *p, size_t end, enum way way) {
  struct rand r;
  rand_seed(&r, end * WAYS + way);
  for (int file = 0; file < FILES; file++) {
    copy(&p->now[file], &p->synced[file]);
    for (size_t i = p->synced_to[file]; i < end; i++) {
      const struct entry *e = &tape.entries[i];
      if (e->file != file || e->kind > TAPE_TRUNCATE) {
        continue;
      }
      const size_t len = survives(way, &r, e);
      if (len > 0 || (e->kind == TAPE_TRUNCATE && way == EVERYTHING)) {
        apply(&p->now[file], e, len);
      }
    }
  }
}

static void settle(struct platter *p, size_t end, int file) {
  for (size_t i = p->synced_to[file]; i < end; i++) {
    if (tape.entries[i].file == file) {
      apply(&p->synced[file], &tape.entries[i], tape.entries[i].len);
    }
  }
  p->synced_to[file] = end;
}

/* What a new process finds; how many acknowledged batches are not there. */
static uint64_t count_lost(const struct platter *p, uint64_t acknowledged) {
  struct story s;
  story_begin(&s);
  for (int file = 0; file < FILES; file++) {
    if (p->now[file].len > 0) {
      write_file(story_path(&s, names[file] + 1), &p->now[file]);
    }
  }
  const enum bt_err err = story_open(&s);
  if (err != BT_ERR_OK && !control) {
    fail_msg("it does not start: %s", s.why.text);
  }
  const uint64_t there = err == BT_ERR_OK ? s.next - 1 : 0;
  story_end(&s);
  return there < acknowledged ? acknowledged - there : 0;
}

/* ---- the run */

static void record(struct platter *p) {
  struct story s;
  story_begin(&s);
  s.options.on_durable = on_durable;
  s.options.checkpoint_kib = 64;
  assert_int_equal(story_open(&s), BT_ERR_OK);
  for (int file = 0; file < FILES; file++) {
    read_file(story_path(&s, names[file] + 1), &p->synced[file]);
  }
  tape.runs = true;
  for (uint64_t seq = 1; seq <= RAN; seq++) {
    story_durable_to(&s, seq);
  }
  story_snapshot(&s, RAN, 20000);
  story_append_to(&s, BATCHES - 10); /* groups of several */
  story_durable_to(&s, BATCHES);
  tape.runs = false;
  story_end(&s);
}

static void free_all(struct platter *p) {
  for (int file = 0; file < FILES; file++) {
    free(p->synced[file].bytes);
    free(p->now[file].bytes);
  }
  for (size_t i = 0; i < tape.count; i++) {
    free(tape.entries[i].bytes);
  }
  free(tape.entries);
}

struct tally {
  uint64_t points, images, lost;
};

static void crash_at(struct platter *p, size_t end, uint64_t acknowledged,
                     struct tally *t) {
  t->points++;
  for (uint32_t way = 0; way < WAYS; way++) {
    if (all_ways || way == t->points % WAYS) {
      lose_power(p, end, (enum way)way);
      t->lost += count_lost(p, acknowledged);
      t->images++;
    }
  }
}

static void crash_everywhere(struct platter *p, struct tally *t) {
  uint64_t acknowledged = 0;
  for (size_t end = 0; end < tape.count; end++) {
    const struct entry *e = &tape.entries[end];
    if (e->kind == TAPE_ACKNOWLEDGED) {
      acknowledged = e->seq;
    } else if (e->kind == TAPE_SYNC) {
      settle(p, end, e->file);
    } else {
      crash_at(p, end + 1, acknowledged, t);
    }
  }
}

static void nothing_acknowledged_is_lost_with_the_power(void **state) {
  (void)state;
  static struct platter p;
  struct tally t = {0};
  record(&p);
  tape.idle = true;
  crash_everywhere(&p, &t);
  tape.idle = false;
  print_message("%s%llu crash points, %llu platters, %llu acknowledged batches "
                "lost\n",
                control ? "without syncs: " : "", (unsigned long long)t.points,
                (unsigned long long)t.images, (unsigned long long)t.lost);
  assert_true(t.points > BATCHES);
  assert_true(control ? t.lost > 0 : t.lost == 0);
  free_all(&p);
}

int main(int argc, char **argv) {
  control = argc == 2 && strcmp(argv[1], "--control") == 0;
  all_ways = argc == 2 && strcmp(argv[1], "--all") == 0;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_acknowledged_is_lost_with_the_power)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
