#include "files/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/errand.h"

extern char **environ;

enum { WAIT_STEP_MS = 20 };

static int64_t now_ms(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum scan_verdict unavailable(char words[SCAN_WORDS_MAX],
                                     const char *why) {
  (void)snprintf(words, SCAN_WORDS_MAX, "%s", why);
  return SCAN_UNAVAILABLE;
}

/* One line, as far as it is text. */
static void take_words(struct text said, char words[SCAN_WORDS_MAX]) {
  const struct text line =
      text_trim(text_sub(said, 0, text_find(said, TEXT("\n"), 0)));
  const bool good = utf8_first_bad(line) == line.len;
  (void)snprintf(words, SCAN_WORDS_MAX, "%.*s",
                 good && line.len < SCAN_WORDS_MAX ? (int)line.len : 0,
                 line.ptr);
}

/* ---- a program */

struct program {
  pid_t pid;
  int in, out; /* our ends; -1: closed */
  int64_t until_ms;
  struct text left; /* to be written */
  char said[SCAN_WORDS_MAX];
  size_t said_len;
};

static void shut(int *fd) {
  if (*fd >= 0) {
    (void)close(*fd);
  }
  *fd = -1;
}

static bool spawn_with(const struct scan_settings *s, int in, int out,
                       pid_t *pid) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t usual;
  if (posix_spawn_file_actions_init(&files) != 0) {
    return false;
  }
  if (posix_spawnattr_init(&attributes) != 0) {
    (void)posix_spawn_file_actions_destroy(&files);
    return false;
  }
  (void)posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
  (void)posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  (void)posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null",
                                         O_WRONLY, 0);
  /* The server ignores SIGPIPE; programs expect it to end them. */
  (void)sigemptyset(&usual);
  (void)sigaddset(&usual, SIGPIPE);
  (void)posix_spawnattr_setsigdefault(&attributes, &usual);
  (void)sigemptyset(&usual);
  (void)posix_spawnattr_setsigmask(&attributes, &usual);
  (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF |
                                                  POSIX_SPAWN_SETSIGMASK);
  const bool good = s->command[0] != NULL &&
                    posix_spawnp(pid, s->command[0], &files, &attributes,
                                 s->command, environ) == 0;
  (void)posix_spawnattr_destroy(&attributes);
  (void)posix_spawn_file_actions_destroy(&files);
  return good;
}

static bool program_start(const struct scan_settings *s, struct program *p) {
  int in[2] = {-1, -1}, out[2] = {-1, -1};
  bool good = pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 &&
              fcntl(in[1], F_SETFL, O_NONBLOCK) == 0 &&
              spawn_with(s, in[0], out[1], &p->pid);
  shut(&in[0]);
  shut(&out[1]);
  if (!good) {
    shut(&in[1]);
    shut(&out[0]);
    return false;
  }
  p->in = in[1];
  p->out = out[0];
  return true;
}

static void feed(struct program *p) {
  const ssize_t n = write(p->in, p->left.ptr, p->left.len);
  if (n < 0 && errno != EAGAIN && errno != EINTR) {
    shut(&p->in); /* it has seen enough */
    return;
  }
  p->left = text_sub(p->left, n < 0 ? 0 : (size_t)n, p->left.len);
  if (p->left.len == 0) {
    shut(&p->in);
  }
}

static void hear(struct program *p) {
  char bytes[1024];
  const ssize_t n = read(p->out, bytes, sizeof bytes);
  if (n <= 0) {
    if (n == 0 || errno != EINTR) {
      shut(&p->out);
    }
    return;
  }
  const size_t room = sizeof p->said - p->said_len;
  const size_t kept = (size_t)n < room ? (size_t)n : room;
  memcpy(p->said + p->said_len, bytes, kept);
  p->said_len += kept;
}

/* Until it has closed its output. False: the time is over. */
static bool converse(struct program *p) {
  while (p->out >= 0 || p->in >= 0) {
    const int64_t left_ms = p->until_ms - now_ms();
    struct pollfd fds[2] = {{.fd = p->in, .events = POLLOUT},
                            {.fd = p->out, .events = POLLIN}};
    if (left_ms <= 0) {
      return false;
    }
    if (poll(fds, 2, (int)left_ms) < 0 && errno != EINTR) {
      return false;
    }
    if (p->in >= 0 && fds[0].revents != 0) {
      feed(p);
    }
    if (p->out >= 0 && fds[1].revents != 0) {
      hear(p);
    }
  }
  return true;
}

/* Its exit status; -1: it was stopped, or ended otherwise. */
static int program_end(struct program *p, bool in_time) {
  int status = 0;
  shut(&p->in);
  shut(&p->out);
  while (in_time && waitpid(p->pid, &status, WNOHANG) == 0) {
    const struct timespec pause = {.tv_nsec = WAIT_STEP_MS * 1000000L};
    in_time = now_ms() < p->until_ms;
    (void)nanosleep(&pause, NULL);
  }
  if (!in_time) {
    (void)kill(p->pid, SIGKILL);
    (void)waitpid(p->pid, &status, 0);
    return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static enum scan_verdict ask_program(const struct scan_settings *s,
                                     struct text bytes,
                                     char words[SCAN_WORDS_MAX]) {
  struct program p = {.until_ms = now_ms() + s->timeout_ms, .left = bytes};
  if (!program_start(s, &p)) {
    return unavailable(words, "the scanner cannot be started");
  }
  const bool in_time = converse(&p);
  const int status = program_end(&p, in_time);
  switch (status) {
  case 0:
    return SCAN_CLEAN;
  case 1:
    take_words((struct text){p.said, p.said_len}, words);
    return SCAN_INFECTED;
  default:
    return unavailable(words, in_time ? "the scanner failed"
                                      : "the scanner took too long");
  }
}

/* ---- a URL */

static enum scan_verdict ask_url(const struct scan_settings *s,
                                 struct text bytes,
                                 char words[SCAN_WORDS_MAX]) {
  char said[SCAN_WORDS_MAX];
  const struct errand_post post = {
      .url = s->url, .body = bytes, .timeout_ms = s->timeout_ms};
  const int status = errand_post(&post, said, sizeof said);
  if (status >= 200 && status < 300) {
    return SCAN_CLEAN;
  }
  if (status == 406 || status == 422) {
    take_words(text_from(said), words);
    return SCAN_INFECTED;
  }
  return unavailable(words, status < 0 ? "the scanner cannot be reached"
                                       : "the scanner failed");
}

enum scan_verdict scan_bytes(const struct scan_settings *settings,
                             struct text bytes, char words[SCAN_WORDS_MAX]) {
  words[0] = '\0';
  if (settings->command != NULL) {
    return ask_program(settings, bytes, words);
  }
  return settings->url != NULL ? ask_url(settings, bytes, words) : SCAN_CLEAN;
}
