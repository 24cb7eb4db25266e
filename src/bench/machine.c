#include "bench/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/rand.h"

enum { PATH_SIZE = 1024, STATUS_SIZE = 8192, BLOCK_BYTES = 4096 };

int64_t machine_now_ns(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- processes */

/* The whole of a small file, or false. */
static bool read_whole(const char *path, char out[STATUS_SIZE]) {
  FILE *f = fopen(path, "r");
  if (f == NULL) {
    return false;
  }
  const size_t size = fread(out, 1, STATUS_SIZE - 1, f);
  out[size] = '\0';
  (void)fclose(f);
  return size > 0;
}

static bool read_proc(pid_t process, const char *name, char out[STATUS_SIZE]) {
  char path[PATH_SIZE];
  (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)process, name);
  return read_whole(path, out);
}

/* "VmRSS:   1234 kB", with a tab behind the colon */
static int64_t status_bytes(const char *status, const char *name) {
  const char *line = strstr(status, name);
  return line == NULL ? 0 : strtoll(line + strlen(name), NULL, 10) * 1024;
}

enum bt_err machine_usage_of(struct bench *b, pid_t process,
                             struct machine_usage *out) {
  enum { UTIME = 14 };
  char stat[STATUS_SIZE], status[STATUS_SIZE];
  if (!read_proc(process, "stat", stat) ||
      !read_proc(process, "status", status)) {
    return bench_fail(b, BT_ERR_NOT_FOUND, "process %d is gone", (int)process);
  }
  /* proc(5): the name in parentheses may hold blanks; the third field follows
   * its last ')'. */
  char *field = strrchr(stat, ')');
  field = field == NULL ? stat : field + 1;
  for (int i = 3; i < UTIME; i++) {
    field = strchr(field + 1, ' ');
    if (field == NULL) {
      return bench_fail(b, BT_ERR_NOT_FOUND, "/proc/%d/stat is cut",
                        (int)process);
    }
  }
  const int64_t user = strtoll(field, &field, 10);
  const int64_t kernel = strtoll(field, NULL, 10);
  out->cpu_us = (user + kernel) * (1000000 / sysconf(_SC_CLK_TCK));
  out->rss_bytes = status_bytes(status, "VmRSS:");
  out->rss_peak_bytes = status_bytes(status, "VmHWM:");
  return BT_ERR_OK;
}

int64_t machine_kernel_bytes(void) {
  char memory[STATUS_SIZE], sockets[STATUS_SIZE];
  if (!read_whole("/proc/meminfo", memory) ||
      !read_whole("/proc/net/sockstat", sockets)) {
    return 0;
  }
  const char *tcp = strstr(sockets, "TCP:");
  const char *pages = tcp == NULL ? NULL : strstr(tcp, " mem ");
  return status_bytes(memory, "Slab:") +
         (pages == NULL ? 0
                        : strtoll(pages + strlen(" mem "), NULL, 10) *
                              sysconf(_SC_PAGESIZE));
}

int64_t machine_own_cpu_us(void) {
  struct rusage u;
  (void)getrusage(RUSAGE_SELF, &u);
  return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
         u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

/* ---- the memory */

enum { READS = 200000 };

/* What the processor fetches at once. */
struct cache_line {
  uint32_t next;
  uint32_t rest[15];
};

/* One circle through all of them, in no order that could be foreseen. */
static void link_lines(struct cache_line *lines, uint32_t count) {
  struct rand rand;
  rand_seed(&rand, 1);
  for (uint32_t i = 0; i < count; i++) {
    lines[i].next = i;
  }
  for (uint32_t i = count - 1; i > 0; i--) {
    const uint32_t other = (uint32_t)rand_below(&rand, i);
    const uint32_t next = lines[i].next;
    lines[i].next = lines[other].next;
    lines[other].next = next;
  }
}

enum bt_err machine_time_read(struct bench *b, size_t bytes, double *out_ns) {
  const uint32_t count = (uint32_t)(bytes / sizeof(struct cache_line)) + 2;
  struct cache_line *lines = mem_new(b->mem, count * sizeof *lines);
  if (lines == NULL) {
    return bench_fail(b, BT_ERR_NOMEM, "no memory to read at random");
  }
  link_lines(lines, count);
  uint32_t at = 0;
  const int64_t start_ns = machine_now_ns();
  for (uint32_t i = 0; i < READS; i++) {
    at = lines[at].next;
  }
  const int64_t spent_ns = machine_now_ns() - start_ns;
  bt_check(at < count); /* it was really read */
  mem_free(b->mem, lines, count * sizeof *lines);
  *out_ns = (double)spent_ns / READS;
  return BT_ERR_OK;
}

/* ---- the disk */

static bool write_block(int fd, unsigned number) {
  static const char block[BLOCK_BYTES] = {1};
  return pwrite(fd, block, sizeof block, (off_t)number * BLOCK_BYTES) ==
         BLOCK_BYTES;
}

static bool time_blocks(int fd, unsigned count, struct samples *out) {
  for (unsigned i = 0; i < count; i++) {
    if (!write_block(fd, i)) {
      return false;
    }
  }
  if (fsync(fd) != 0) {
    return false;
  }
  for (unsigned i = 0; i < count; i++) {
    const int64_t start_ns = machine_now_ns();
    if (!write_block(fd, i) || fdatasync(fd) != 0) {
      return false;
    }
    samples_add(out, (machine_now_ns() - start_ns) / 1000);
  }
  return true;
}

enum bt_err machine_time_disk(struct bench *b, const char *dir, unsigned count,
                              struct samples *out) {
  char path[PATH_SIZE];
  (void)snprintf(path, sizeof path, "%s/raw", dir);
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return bench_fail(b, BT_ERR_IO, "cannot write %s: %s", path,
                      strerror(errno));
  }
  const bool good = time_blocks(fd, count, out);
  const int why = errno;
  (void)close(fd);
  (void)unlink(path);
  return good ? BT_ERR_OK
              : bench_fail(b, BT_ERR_IO, "cannot write %s: %s", path,
                           strerror(why));
}

/* ---- directories */

enum bt_err machine_make_dir(struct bench *b, const char *parent, char *path,
                             size_t size) {
  const int length = snprintf(path, size, "%s/baton-bench.XXXXXX", parent);
  if (length < 0 || (size_t)length >= size || mkdtemp(path) == NULL) {
    return bench_fail(b, BT_ERR_IO, "cannot make a directory in %s: %s", parent,
                      strerror(errno));
  }
  return BT_ERR_OK;
}

/* Not sorted, links not followed. */
static FTS *walk(const char *dir) {
  char root[PATH_SIZE];
  char *const roots[] = {root, NULL};
  (void)snprintf(root, sizeof root, "%s", dir);
  return fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
}

void machine_remove_dir(const char *path) {
  FTS *tree = walk(path);
  if (tree == NULL) {
    return;
  }
  for (FTSENT *e = fts_read(tree); e != NULL; e = fts_read(tree)) {
    if (e->fts_info == FTS_DP) {
      (void)rmdir(e->fts_accpath);
    } else if (e->fts_info != FTS_D) {
      (void)unlink(e->fts_accpath);
    }
  }
  (void)fts_close(tree);
}

int64_t machine_dir_bytes(const char *dir) {
  FTS *tree = walk(dir);
  int64_t bytes = 0;
  if (tree == NULL) {
    return 0;
  }
  for (FTSENT *e = fts_read(tree); e != NULL; e = fts_read(tree)) {
    bytes += e->fts_info == FTS_F ? e->fts_statp->st_size : 0;
  }
  (void)fts_close(tree);
  return bytes;
}
