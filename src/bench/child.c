#include "bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "bench/machine.h"

enum { PATH_SIZE = 2048, SAID_SIZE = 4096, START_MS = 60000, STOP_MS = 60000 };

/* ---- starting */

/* The last of what it wrote to its log, for a person. */
static void read_log(const char *dir, char out[SAID_SIZE / 8]) {
  char path[PATH_SIZE];
  out[0] = '\0';
  (void)snprintf(path, sizeof path, "%s/server.log", dir);
  FILE *f = fopen(path, "r");
  if (f == NULL) {
    return;
  }
  const long tail = SAID_SIZE / 8 - 1;
  if (fseek(f, 0, SEEK_END) == 0 && ftell(f) > tail) {
    (void)fseek(f, -tail, SEEK_END);
  } else {
    rewind(f);
  }
  out[fread(out, 1, (size_t)tail, f)] = '\0';
  (void)fclose(f);
}

static int spawn(const char *program, const char *dir, int out,
                 pid_t *process) {
  char centre[PATH_SIZE], data[PATH_SIZE], log[PATH_SIZE], name[PATH_SIZE];
  char serve[] = "serve", data_option[] = "--data";
  (void)snprintf(name, sizeof name, "%s", program);
  (void)snprintf(centre, sizeof centre, "%s/centre.yaml", dir);
  (void)snprintf(data, sizeof data, "%s/data", dir);
  (void)snprintf(log, sizeof log, "%s/server.log", dir);
  char *const words[] = {name, serve, centre, data_option, data, NULL};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  (void)posix_spawn_file_actions_init(&actions);
  (void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                         O_RDONLY, 0);
  (void)posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log,
                                         O_WRONLY | O_CREAT | O_TRUNC, 0600);
  /* Not in our group: Ctrl-C is for us, and we end it in order. */
  (void)posix_spawnattr_init(&attributes);
  (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int failed =
      posix_spawn(process, program, &actions, &attributes, words, environ);
  (void)posix_spawnattr_destroy(&attributes);
  (void)posix_spawn_file_actions_destroy(&actions);
  return failed;
}

/* The port in "http://127.0.0.1:PORT"; 0 if it is not there yet. */
static uint16_t find_port(struct text said) {
  const struct text mark = TEXT("http://127.0.0.1:");
  const size_t at = text_find(said, mark, 0);
  size_t end = at + mark.len;
  while (end < said.len && said.ptr[end] >= '0' && said.ptr[end] <= '9') {
    end++;
  }
  int64_t port = 0;
  /* A digit may still be on its way, unless something follows. */
  return end < said.len &&
                 text_to_i64(text_sub(said, at + mark.len, end - at - mark.len),
                             &port) &&
                 port <= UINT16_MAX
             ? (uint16_t)port
             : 0;
}

/* Reads until it has said its port, ended, or taken too long. */
static uint16_t wait_for_port(int out) {
  char said[SAID_SIZE];
  size_t len = 0;
  const int64_t end_ns = machine_now_ns() + (int64_t)START_MS * 1000000;
  while (len < sizeof said) {
    const int64_t left_ms = (end_ns - machine_now_ns()) / 1000000;
    struct pollfd wanted = {.fd = out, .events = POLLIN};
    if (left_ms <= 0 || poll(&wanted, 1, (int)left_ms) <= 0) {
      return 0;
    }
    const ssize_t got = read(out, said + len, sizeof said - len);
    if (got <= 0) {
      return 0;
    }
    len += (size_t)got;
    const uint16_t port = find_port((struct text){said, len});
    if (port != 0) {
      return port;
    }
  }
  return 0;
}

enum bt_err child_start(struct bench *b, const char *program, const char *dir,
                        struct child *out) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return bench_fail(b, BT_ERR_IO, "no descriptors are left");
  }
  struct child child = {.out = ends[0], .dir = dir};
  const int failed = spawn(program, dir, ends[1], &child.process);
  (void)close(ends[1]);
  if (failed != 0) {
    (void)close(ends[0]);
    return bench_fail(b, BT_ERR_IO, "cannot start %s: %s", program,
                      strerror(failed));
  }
  child.port = wait_for_port(child.out);
  if (child.port != 0) {
    *out = child;
    return BT_ERR_OK;
  }
  (void)kill(child.process, SIGKILL);
  (void)waitpid(child.process, NULL, 0);
  (void)close(child.out);
  char said[SAID_SIZE / 8];
  read_log(dir, said);
  return bench_fail(b, BT_ERR_IO, "the server did not start; it said: %s",
                    said);
}

/* ---- stopping */

/* False: it is still there after @wait_ms. */
static bool wait_for_end(pid_t process, int64_t wait_ms, int *status) {
  const int64_t end_ns = machine_now_ns() + wait_ms * 1000000;
  while (waitpid(process, status, WNOHANG) == 0) {
    if (machine_now_ns() > end_ns) {
      return false;
    }
    (void)poll(NULL, 0, 10);
  }
  return true;
}

enum bt_err child_stop(struct bench *b, struct child *child) {
  int status = 0;
  (void)kill(child->process, SIGTERM);
  const bool ended = wait_for_end(child->process, STOP_MS, &status);
  if (!ended) {
    (void)kill(child->process, SIGKILL);
    (void)waitpid(child->process, &status, 0);
  }
  (void)close(child->out);
  if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return BT_ERR_OK;
  }
  char said[SAID_SIZE / 8];
  read_log(child->dir, said);
  return bench_fail(b, BT_ERR_IO, "the server %s; it said: %s",
                    ended ? "ended badly" : "did not end when asked", said);
}
