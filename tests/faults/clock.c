/* clock.c - a preload that moves the clocks of one process: the time of day by
 * steps, all of them by a speed.
 *
 * The file named by CLOCK is a struct of numbers, mapped by this library and by
 * the test that drives it. With a speed, waiting takes so much less, too.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_S = 1000000000, NS_PER_US = 1000 };

struct control {
  _Atomic int64_t step_us; /* of the time of day */
  _Atomic int64_t speed;   /* of all clocks; 0 and 1: as they are */
  _Atomic int64_t
      also_us; /* a step of the other clocks: the negative control */
};

static struct control nobody;
static struct control *control = &nobody;
static int64_t begin_ns; /* since boot, when this process began */

typedef int clock_fn(clockid_t, struct timespec *);
static clock_fn *real_clock;

static int64_t ns_of(struct timespec t) {
  return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* The function behind ours. ISO C has no cast for it. */
static void find(const char *name, void *function) {
  void *at = dlsym(RTLD_NEXT, name);
  memcpy(function, &at, sizeof at);
}

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("CLOCK");
  find("clock_gettime", &real_clock);
  struct timespec now;
  (void)real_clock(CLOCK_BOOTTIME, &now);
  begin_ns = ns_of(now);
  const int fd = name == NULL ? -1 : open(name, O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    return;
  }
  void *at =
      mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  (void)close(fd);
  if (at != MAP_FAILED) {
    control = at;
  }
}

static int64_t speed(void) {
  return control->speed > 1 ? control->speed : 1;
}

static int is_time_of_day(clockid_t id) {
  return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
}

static int is_time_of_a_process(clockid_t id) {
  return id == CLOCK_PROCESS_CPUTIME_ID || id == CLOCK_THREAD_CPUTIME_ID;
}

int clock_gettime(clockid_t id, struct timespec *out) {
  if (real_clock == NULL) { /* somebody's constructor comes before ours */
    find("clock_gettime", &real_clock);
  }
  const int result = real_clock(id, out);
  if (result != 0 || is_time_of_a_process(id) || begin_ns == 0) {
    return result;
  }
  struct timespec boot;
  (void)real_clock(CLOCK_BOOTTIME, &boot);
  const int64_t gone_ns = ns_of(boot) - begin_ns;
  const int64_t step_us =
      is_time_of_day(id) ? control->step_us : control->also_us;
  const int64_t at_ns =
      ns_of(*out) + gone_ns * (speed() - 1) + step_us * NS_PER_US;
  *out = (struct timespec){.tv_sec = at_ns / NS_PER_S,
                           .tv_nsec = at_ns % NS_PER_S};
  return 0;
}

int gettimeofday(struct timeval *out, void *zone) {
  (void)zone;
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  *out = (struct timeval){.tv_sec = now.tv_sec,
                          .tv_usec = now.tv_nsec / NS_PER_US};
  return 0;
}

time_t time(time_t *out) {
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL) {
    *out = now.tv_sec;
  }
  return now.tv_sec;
}

/* A wait of a minute at a hundred times the speed is one of 600 ms. */
static int wait_ms(int timeout) {
  const int64_t step = speed();
  return timeout <= 0 ? timeout : (int)((timeout + step - 1) / step);
}

int epoll_wait(int fd, struct epoll_event *events, int count, int timeout) {
  typedef int fn(int, struct epoll_event *, int, int);
  static fn *real;
  if (real == NULL) {
    find("epoll_wait", &real);
  }
  return real(fd, events, count, wait_ms(timeout));
}

int epoll_pwait(int fd, struct epoll_event *events, int count, int timeout,
                const sigset_t *signals) {
  typedef int fn(int, struct epoll_event *, int, int, const sigset_t *);
  static fn *real;
  if (real == NULL) {
    find("epoll_pwait", &real);
  }
  return real(fd, events, count, wait_ms(timeout), signals);
}
