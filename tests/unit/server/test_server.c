#include "files.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "domain/heap.h"
#include "server/server.h"

enum { ANSWER_BYTES = 65536, PATIENCE_MS = 10000 };

static const char centre_file[] =
    "centre: acme\n"
    "listen: 127.0.0.1:0\n"
    "tokens:\n"
    "  - {role: admin, name: root, token: a-token-for-admin}\n"
    "queues: [{id: support}]\n"
    "bots: [{id: bot}]\n"
    "entryPoints: [{id: main, bot: bot, fallback: support}]\n";

/* A server in this process: it runs in a thread, the test is its client. */
struct world {
  struct files files;
  char path[FILES_PATH + 300], data[FILES_PATH + 300];
  struct server_options options;
  struct server *server;
  struct server_error why;
  pthread_t thread;
  int log_fd;
  char answer[ANSWER_BYTES];
};

static void write_centre(struct world *w, const char *yaml) {
  (void)snprintf(w->path, sizeof w->path, "%s",
                 files_write(&w->files, "centre.yaml", yaml));
}

static void begin(struct world *w) {
  memset(w, 0, sizeof *w);
  files_begin(&w->files);
  (void)snprintf(w->data, sizeof w->data, "%s",
                 files_path(&w->files, "some/data"));
  write_centre(w, centre_file);
  w->log_fd = open(files_path(&w->files, "log"),
                   O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  assert_true(w->log_fd >= 0);
  w->options = (struct server_options){.config_path = w->path,
                                       .data = w->data,
                                       .version = "1.2.3",
                                       .log = {.fd = w->log_fd}};
}

static enum bt_err create(struct world *w) {
  struct findings findings;
  struct server_config config;
  findings_init(&findings, heap_mem());
  assert_int_equal(server_config_load(heap_mem(), w->path, &findings, &config),
                   BT_ERR_OK);
  findings_free(&findings);
  return server_create(&w->options, &config, &w->server, &w->why);
}

static void *run(void *ctx) {
  struct world *w = ctx;
  server_run(w->server);
  return NULL;
}

static void start(struct world *w) {
  if (create(w) != BT_ERR_OK) {
    fail_msg("%s", w->why.text);
  }
  assert_int_equal(pthread_create(&w->thread, NULL, run, w), 0);
}

static void stop(struct world *w) {
  assert_int_equal(kill(getpid(), SIGTERM), 0);
  assert_int_equal(pthread_join(w->thread, NULL), 0);
  server_free(w->server);
}

static void end(struct world *w) {
  (void)close(w->log_fd);
  files_end(&w->files);
}

static int connect_to(const struct world *w) {
  const struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons(server_port(w->server)),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(
      connect(fd, (const struct sockaddr *)(const void *)&to, sizeof to), 0);
  return fd;
}

/* The whole answer to one request; the connection closes after it. */
static const char *ask(struct world *w, const char *line, const char *token,
                       const char *body) {
  char request[4096];
  const int len =
      snprintf(request, sizeof request,
               "%s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n"
               "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
               "Content-Length: %zu\r\n\r\n%s",
               line, token, strlen(body), body);
  const int fd = connect_to(w);
  assert_int_equal(write(fd, request, (size_t)len), len);
  size_t got = 0;
  ssize_t n = 0;
  while ((n = read(fd, w->answer + got, sizeof w->answer - 1 - got)) > 0) {
    got += (size_t)n;
  }
  w->answer[got] = '\0';
  (void)close(fd);
  return w->answer;
}

static bool logged(const struct world *w, const char *words) {
  static char log[ANSWER_BYTES];
  const ssize_t n = pread(w->log_fd, log, sizeof log - 1, 0);
  log[n > 0 ? n : 0] = '\0';
  return strstr(log, words) != NULL;
}

static void wait_for_log(const struct world *w, const char *words) {
  for (int ms = 0; !logged(w, words); ms++) {
    if (ms == PATIENCE_MS) {
      fail_msg("the log does not say %s", words);
    }
    (void)usleep(1000);
  }
}

static void assert_status(const char *answer, const char *status) {
  if (strncmp(answer, status, strlen(status)) != 0) {
    fail_msg("not %s: %.300s", status, answer);
  }
}

static void a_centre_serves_and_stops_in_order(void **state) {
  (void)state;
  struct world w;
  begin(&w);
  start(&w);
  assert_status(ask(&w, "GET /healthz", "none", ""), "HTTP/1.1 200");
  assert_non_null(strstr(w.answer, "1.2.3"));
  assert_status(ask(&w, "GET /readyz", "none", ""), "HTTP/1.1 200");
  assert_status(ask(&w, "GET /api/v1/queues", "wrong", ""), "HTTP/1.1 401");
  assert_status(ask(&w, "GET /api/v1/entryPoints", "a-token-for-admin", ""),
                "HTTP/1.1 200");
  assert_non_null(strstr(w.answer, "\"main\""));
  assert_status(ask(&w, "GET /metrics", "none", ""), "HTTP/1.1 200");
  assert_non_null(strstr(w.answer, "\nprocess_cpu_seconds_total "));
  stop(&w);
  assert_true(logged(&w, "\"msg\":\"server.started\""));
  assert_true(logged(&w, "\"msg\":\"server.stopped\""));
  end(&w);
}

/* An idle connection does not keep the server from ending. */
static void who_only_listens_is_sent_away(void **state) {
  (void)state;
  struct world w;
  char byte;
  begin(&w);
  start(&w);
  const int idle = connect_to(&w);
  assert_status(ask(&w, "GET /healthz", "none", ""), "HTTP/1.1 200");
  stop(&w);
  assert_int_equal(read(idle, &byte, 1), 0);
  (void)close(idle);
  end(&w);
}

static const char *open_session(struct world *w) {
  assert_status(ask(w, "POST /api/v1/sessions", "a-token-for-admin",
                    "{\"entryPoint\":\"main\"}"),
                "HTTP/1.1 201");
  static char id[37];
  const char *at = strstr(w->answer, "\"id\":\"");
  assert_non_null(at);
  (void)snprintf(id, sizeof id, "%.36s", at + strlen("\"id\":\""));
  return id;
}

/* What the @nth start (from 0) found in the journal. */
static long batches_found(const struct world *w, int nth) {
  static char log[ANSWER_BYTES];
  static const char key[] = "\"batches\":";
  const ssize_t n = pread(w->log_fd, log, sizeof log - 1, 0);
  log[n > 0 ? n : 0] = '\0';
  const char *at = strstr(log, key);
  for (; nth > 0 && at != NULL; nth--) {
    at = strstr(at + 1, key);
  }
  return at == NULL ? -1 : strtol(at + strlen(key), NULL, 10);
}

/* Only that it restarted: the configuration is in the journal already. */
static void a_restart_finds_everything_and_adds_one_event(void **state) {
  (void)state;
  struct world w;
  char line[128];
  begin(&w);
  start(&w);
  (void)snprintf(line, sizeof line, "GET /api/v1/sessions/%s",
                 open_session(&w));
  stop(&w);
  start(&w);
  assert_status(ask(&w, line, "a-token-for-admin", ""), "HTTP/1.1 200");
  stop(&w);
  start(&w);
  stop(&w);
  assert_int_equal(batches_found(&w, 0), 0);
  assert_true(batches_found(&w, 1) > 3);
  assert_int_equal(batches_found(&w, 2), batches_found(&w, 1) + 1);
  assert_false(logged(&w, "configuration.leftover"));
  end(&w);
}

static void a_reload_brings_in_what_is_new_and_drops_nothing(void **state) {
  (void)state;
  struct world w;
  char line[128];
  begin(&w);
  start(&w);
  (void)snprintf(line, sizeof line, "GET /api/v1/sessions/%s",
                 open_session(&w));
  write_centre(&w,
               "centre: acme\n"
               "listen: 127.0.0.1:1\n"
               "tokens:\n"
               "  - {role: admin, name: root, token: a-token-for-admin}\n"
               "  - {role: supervisor, name: new, token: one-more-token-x}\n"
               "queues: [{id: support}, {id: sales}]\n"
               "bots: [{id: bot}, {id: other}]\n"
               "entryPoints: [{id: second, bot: other}]\n");
  assert_int_equal(kill(getpid(), SIGHUP), 0);
  wait_for_log(&w, "configuration.loaded");
  assert_true(logged(&w, "\\\"listen\\\" has changed"));
  assert_true(logged(&w, "entry point \\\"main\\\" is not in the file"));
  assert_status(ask(&w, "GET /api/v1/queues", "one-more-token-x", ""),
                "HTTP/1.1 200");
  assert_non_null(strstr(w.answer, "\"sales\""));
  assert_status(ask(&w, line, "a-token-for-admin", ""), "HTTP/1.1 200");
  stop(&w);
  end(&w);
}

static void a_reload_with_errors_changes_nothing(void **state) {
  (void)state;
  struct world w;
  begin(&w);
  start(&w);
  write_centre(&w, "centre: acme\nqueues: [{id: sales, prioirty: 1}]\n");
  assert_int_equal(kill(getpid(), SIGHUP), 0);
  wait_for_log(&w, "configuration.kept");
  assert_true(logged(&w, "did you mean \\\"priority\\\"?"));
  assert_status(ask(&w, "GET /api/v1/entryPoints", "a-token-for-admin", ""),
                "HTTP/1.1 200");
  write_centre(&w, "centre: other\n");
  assert_int_equal(kill(getpid(), SIGHUP), 0);
  wait_for_log(&w, "this is another centre");
  stop(&w);
  end(&w);
}

static void assert_refused(struct world *w, const char *words) {
  assert_int_not_equal(create(w), BT_ERR_OK);
  if (strstr(w->why.text, words) == NULL) {
    fail_msg("%s", w->why.text);
  }
}

static void what_keeps_a_centre_from_starting_is_said(void **state) {
  (void)state;
  struct world w;
  begin(&w);
  start(&w);
  /* Two processes on one journal, then on one port. */
  struct world other = w;
  assert_refused(&other, "another process");
  other.options.memory = true;
  other.options.host = "127.0.0.1";
  other.options.port = server_port(w.server);
  assert_refused(&other, "is taken");
  stop(&w);
  /* The journal of another centre. */
  write_centre(&w, "centre: other\n");
  assert_refused(&w, "acme");
  /* A directory that cannot be made. */
  w.options.data = "/proc/nowhere/data";
  assert_refused(&w, "--data");
  end(&w);
}

static void in_memory_nothing_is_written(void **state) {
  (void)state;
  struct world w;
  begin(&w);
  w.options.memory = true;
  start(&w);
  (void)open_session(&w);
  stop(&w);
  assert_int_not_equal(access(w.data, F_OK), 0);
  end(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_centre_serves_and_stops_in_order),
      cmocka_unit_test(who_only_listens_is_sent_away),
      cmocka_unit_test(a_restart_finds_everything_and_adds_one_event),
      cmocka_unit_test(a_reload_brings_in_what_is_new_and_drops_nothing),
      cmocka_unit_test(a_reload_with_errors_changes_nothing),
      cmocka_unit_test(what_keeps_a_centre_from_starting_is_said),
      cmocka_unit_test(in_memory_nothing_is_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
