/* kill -9 of a process that does nothing but write: each batch that it heard
 * was durable is there afterwards, with the right bytes. */
#include "story.h"

#include <errno.h>
#include <signal.h>

enum { KILLS = 20, LATEST_KILL_US = 60000 };

static int told_fd;

static void tell(void *ctx, uint64_t seq) {
  (void)ctx;
  if (write(told_fd, &seq, sizeof seq) != sizeof seq) {
    _exit(5);
  }
}

static void write_for_ever(struct story *s, int fd) {
  told_fd = fd;
  s->options.on_durable = tell;
  s->options.on_warning = NULL;
  s->options.checkpoint_kib = 256;
  s->options.queue_bytes = 1 << 20;
  if (story_open(s) != BT_ERR_OK) {
    _exit(2);
  }
  story_append_to(s, UINT64_MAX);
  _exit(3);
}

/* The last number that the child wrote to the pipe before it died. */
static uint64_t drain(int fd, uint64_t last) {
  uint64_t seqs[512];
  ssize_t n;
  while ((n = read(fd, seqs, sizeof seqs)) > 0 || (n < 0 && errno == EINTR)) {
    last = n > 0 ? seqs[(size_t)n / sizeof *seqs - 1] : last;
  }
  return last;
}

static uint64_t kill_once(struct story *s, int64_t after_us, uint64_t before) {
  int fds[2];
  assert_int_equal(pipe(fds), 0);
  (void)fcntl(fds[1], F_SETPIPE_SZ, 1 << 20); /* so that telling never waits */
  const pid_t child = fork();
  if (child == 0) {
    (void)close(fds[0]);
    write_for_ever(s, fds[1]);
  }
  (void)close(fds[1]);
  uint64_t first = before;
  assert_int_equal(read(fds[0], &first, sizeof first), sizeof first);
  (void)usleep((useconds_t)after_us);
  assert_int_equal(kill(child, SIGKILL), 0);
  const uint64_t acknowledged = drain(fds[0], first);
  (void)close(fds[0]);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  return acknowledged;
}

static void twenty_kills_lose_nothing_acknowledged(void **state) {
  (void)state;
  struct story s;
  story_begin(&s);
  struct rand r;
  rand_seed(&r, 2026);
  uint64_t stored = 0;
  for (int i = 0; i < KILLS; i++) {
    const uint64_t acknowledged =
        kill_once(&s, (int64_t)rand_below(&r, LATEST_KILL_US), stored);
    assert_true(acknowledged > stored);
    assert_int_equal(story_open(&s), BT_ERR_OK); /* compares every byte */
    stored = s.next - 1;
    assert_true(stored >= acknowledged);
    if (i % 5 == 4) {
      story_snapshot(&s, stored, 1 << 16);
    }
    story_close(&s);
  }
  story_end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(twenty_kills_lose_nothing_acknowledged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
