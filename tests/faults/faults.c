/* faults.c - a preload that lets the n-th call of a kind fail: what a system
 * does that has no room, no memory, no descriptors, or a broken disk.
 *
 * The file named by FAULTS is a struct of numbers, mapped by this library and
 * by the test that drives it. Only the process that the test names is meant:
 * its children are left alone. Nothing is counted before a kind is armed, so a
 * run can be repeated in one process.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The kinds, in the order of KINDS in faults.py. */
enum kind { OPEN, RENAME, WRITE, SYNC, ALLOCATE, KINDS };

/* How a call that is to fail does: as the system says it. LIES says that it
 * went well and has done nothing, which is the negative control. */
enum how { ONCE, FOR_EVER, LIES };

struct control {
  _Atomic uint32_t pid;  /* whose calls fail; 0: of the next that begins */
  _Atomic uint32_t kind; /* KINDS: none */
  _Atomic uint32_t how;
  _Atomic uint32_t error; /* errno */
  _Atomic uint64_t at;    /* the call, from 1; 0: only counted */
  _Atomic uint64_t calls, failed;
};

static struct control nobody = {.kind = KINDS};
static struct control *control = &nobody;

/* The function behind ours. ISO C has no cast for it. */
static void find(const char *name, void *function) {
  void *at = dlsym(RTLD_NEXT, name);
  memcpy(function, &at, sizeof at);
}

/* Called as long as there is one thread. No allocation happens here that would
 * not be counted: the file is mapped by system calls alone. */
__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("FAULTS");
  int (*real)(const char *, int, ...);
  find("open", &real);
  const int fd = name == NULL ? -1 : real(name, O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    return;
  }
  void *at =
      mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  (void)close(fd);
  if (at != MAP_FAILED) {
    uint32_t none = 0;
    control = at;
    (void)atomic_compare_exchange_strong(&control->pid, &none,
                                         (uint32_t)getpid());
  }
}

/* Is this the call? Then errno is set. */
static int fails(enum kind kind) {
  struct control *c = control;
  if (atomic_load_explicit(&c->kind, memory_order_acquire) != (uint32_t)kind ||
      c->pid != (uint32_t)getpid()) {
    return 0;
  }
  const uint64_t call = atomic_fetch_add(&c->calls, 1) + 1;
  const uint64_t at = c->at;
  if (at == 0 || call < at || (call > at && c->how == ONCE)) {
    return 0;
  }
  atomic_fetch_add(&c->failed, 1);
  errno = (int)c->error;
  return 1;
}

static int lies(void) {
  return control->how == LIES;
}

#define REAL(name, type)                                                       \
  static type real;                                                            \
  if (real == NULL) {                                                          \
    find(#name, &real);                                                        \
  }

/* ---- files: an open without a mode has no further argument */

typedef int open_fn(const char *, int, ...);
typedef int openat_fn(int, const char *, int, ...);

static unsigned mode_of(int flags, va_list args) {
  const int makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return makes ? va_arg(args, unsigned) : 0;
}

#define OPEN_CALL(name)                                                        \
  int name(const char *path, int flags, ...) {                                 \
    REAL(name, open_fn *)                                                      \
    va_list args;                                                              \
    va_start(args, flags);                                                     \
    const unsigned mode = mode_of(flags, args);                                \
    va_end(args);                                                              \
    return fails(OPEN) ? -1 : real(path, flags, mode);                         \
  }
#define OPENAT_CALL(name)                                                      \
  int name(int dir, const char *path, int flags, ...) {                        \
    REAL(name, openat_fn *)                                                    \
    va_list args;                                                              \
    va_start(args, flags);                                                     \
    const unsigned mode = mode_of(flags, args);                                \
    va_end(args);                                                              \
    return fails(OPEN) ? -1 : real(dir, path, flags, mode);                    \
  }
OPEN_CALL(open)
OPEN_CALL(open64)
OPENAT_CALL(openat)
OPENAT_CALL(openat64)

/* What headers make of an open() without a mode when they look for mistakes. */
#define OPEN_2_CALL(name)                                                      \
  int name(const char *path, int flags);                                       \
  int name(const char *path, int flags) {                                      \
    typedef int fn(const char *, int);                                         \
    REAL(name, fn *)                                                           \
    return fails(OPEN) ? -1 : real(path, flags);                               \
  }
OPEN_2_CALL(__open_2)
OPEN_2_CALL(__open64_2)

#define FOPEN_CALL(name)                                                       \
  FILE *name(const char *path, const char *mode) {                             \
    typedef FILE *fn(const char *, const char *);                              \
    REAL(name, fn *)                                                           \
    return fails(OPEN) ? NULL : real(path, mode);                              \
  }
FOPEN_CALL(fopen)
FOPEN_CALL(fopen64)

typedef int rename_fn(const char *, const char *);
int rename(const char *from, const char *to) {
  REAL(rename, rename_fn *)
  return fails(RENAME) ? -1 : real(from, to);
}

/* A socket's writes are the network's: their failure is a peer that has gone.
 */
static int is_file(int fd) {
  const int before = errno;
  struct stat s;
  const int file = fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
  errno = before;
  return file;
}

typedef ssize_t write_fn(int, const void *, size_t);
ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(write, write_fn *)
  if (control->kind == WRITE && is_file(fd) && fails(WRITE)) {
    return lies() ? (ssize_t)size : -1;
  }
  return real(fd, bytes, size);
}

#define PWRITE_CALL(name, offset)                                              \
  ssize_t name(int fd, const void *bytes, size_t size, offset at) {            \
    typedef ssize_t fn(int, const void *, size_t, offset);                     \
    REAL(name, fn *)                                                           \
    if (control->kind == WRITE && is_file(fd) && fails(WRITE)) {               \
      return lies() ? (ssize_t)size : -1;                                      \
    }                                                                          \
    return real(fd, bytes, size, at);                                          \
  }
PWRITE_CALL(pwrite, off_t)
PWRITE_CALL(pwrite64, off64_t)

#define TRUNCATE_CALL(name, offset)                                            \
  int name(int fd, offset size) {                                              \
    typedef int fn(int, offset);                                               \
    REAL(name, fn *)                                                           \
    return fails(WRITE) ? (lies() ? 0 : -1) : real(fd, size);                  \
  }
TRUNCATE_CALL(ftruncate, off_t)
TRUNCATE_CALL(ftruncate64, off64_t)

typedef int sync_fn(int);
int fsync(int fd) {
  REAL(fsync, sync_fn *)
  return fails(SYNC) ? (lies() ? 0 : -1) : real(fd);
}
int fdatasync(int fd) {
  REAL(fdatasync, sync_fn *)
  return fails(SYNC) ? (lies() ? 0 : -1) : real(fd);
}

/* ---- memory: glibc's own names, so that dlsym() itself may allocate */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
  return fails(ALLOCATE) ? NULL : __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
  return fails(ALLOCATE) ? NULL : __libc_calloc(count, size);
}
void *realloc(void *old, size_t size) {
  return fails(ALLOCATE) ? NULL : __libc_realloc(old, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  return fails(ALLOCATE) ? NULL : __libc_memalign(alignment, size);
}
int posix_memalign(void **out, size_t alignment, size_t size) {
  if (fails(ALLOCATE)) {
    return ENOMEM;
  }
  void *made = __libc_memalign(alignment, size);
  if (made == NULL) {
    return ENOMEM;
  }
  *out = made;
  return 0;
}
