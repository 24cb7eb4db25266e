#include "bench/lua.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCK = 4096, WORD_SIZE = 256, CODE_SIZE = 16 * 1024 };

static int spawn(const char *lua, const char *code, int out, pid_t *process) {
  char name[WORD_SIZE], option[] = "-e", text[CODE_SIZE];
  (void)snprintf(name, sizeof name, "%s", lua);
  const int length = snprintf(text, sizeof text, "%s", code);
  if (length < 0 || (size_t)length >= sizeof text) {
    return E2BIG;
  }
  char *const words[] = {name, option, text, NULL};
  posix_spawn_file_actions_t actions;
  (void)posix_spawn_file_actions_init(&actions);
  (void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                         O_RDONLY, 0);
  (void)posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  const int failed = posix_spawnp(process, lua, &actions, NULL, words, environ);
  (void)posix_spawn_file_actions_destroy(&actions);
  return failed;
}

static void read_all(int from, struct textbuf *out) {
  char block[BLOCK];
  ssize_t got = 0;
  do {
    got = read(from, block, sizeof block);
    if (got > 0) {
      textbuf_add(out, (struct text){block, (size_t)got});
    }
  } while (got > 0 || (got < 0 && errno == EINTR));
}

enum bt_err lua_run(struct bench *b, const char *lua, const char *code,
                    struct textbuf *out) {
  int ends[2];
  pid_t process = 0;
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return bench_fail(b, BT_ERR_IO, "no descriptors are left");
  }
  const int failed = spawn(lua, code, ends[1], &process);
  (void)close(ends[1]);
  if (failed != 0) {
    (void)close(ends[0]);
    return bench_fail(b, failed == ENOENT ? BT_ERR_NOT_FOUND : BT_ERR_IO,
                      "cannot start %s: %s", lua, strerror(failed));
  }
  read_all(ends[0], out);
  (void)close(ends[0]);
  int status = 0;
  (void)waitpid(process, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return bench_fail(b, BT_ERR_IO, "%s failed", lua);
  }
  return out->failed ? bench_fail(b, BT_ERR_NOMEM, "no memory for its output")
                     : BT_ERR_OK;
}
