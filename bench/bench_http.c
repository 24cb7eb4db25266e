/* bench_http.c - how many small POST requests a second one core answers, and
 * beside it nginx, if there is one.
 *
 * usage: bench_http                  server and client as two processes
 *        bench_http serve [PORT]     only the server, for wrk and the like
 *
 * The server answers every request with its own body, nginx (one worker, no
 * log) with one as long. 64 connections with one request each in flight. They
 * take turns, five rounds of two seconds; medians are printed.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/machine.h"
#include "net/client.h"
#include "net/server.h"

enum {
  CONNECTIONS = 64,
  BODY_BYTES = 200,
  SECONDS = 2,
  ROUNDS = 5,
  DEFAULT_PORT = 8089,
  NGINX_PORT = 8090,
  PATH_SIZE = 256
};

static void *heap_resize(void *ctx, void *old, size_t old_size, size_t size) {
  (void)ctx;
  (void)old_size;
  if (size == 0) {
    free(old);
    return NULL;
  }
  return realloc(old, size);
}
static const struct mem heap = {heap_resize, NULL};

/* The server. */

static void echo(void *ctx, struct http_request *req) {
  (void)ctx;
  const struct http_header type = {TEXT("Content-Type"),
                                   TEXT("application/json")};
  (void)http_respond(req, 200, &type, 1, http_request_body(req));
}
static const struct http_handlers handlers = {.on_request = echo};

static void on_signal(void *ctx, int number) {
  (void)number;
  loop_stop(ctx);
}

static void on_stopped(void *ctx) {
  loop_stop(ctx);
}

static void require(enum bt_err err, const char *what) {
  if (err != BT_ERR_OK) {
    fprintf(stderr, "bench_http: %s: %s\n", what, bt_err_text(err));
    exit(EXIT_FAILURE);
  }
}

/* Listens, tells its port through @ready (-1: on standard output), and serves
 * until a signal comes. */
static void serve(uint16_t port, int ready) {
  struct loop *loop;
  struct http_server *server;
  require(loop_create(&heap, &loop), "loop");
  require(http_server_create(loop, NULL, &handlers, NULL, &server), "server");
  require(http_server_listen(server, "127.0.0.1", port, &port), "listen");
  require(loop_on_signals(loop, on_signal, loop), "signals");
  if (ready < 0) {
    printf("http://127.0.0.1:%u/\n", (unsigned)port);
    fflush(stdout);
  } else {
    bt_check(write(ready, &port, sizeof port) == sizeof port);
  }
  loop_run(loop);
  http_server_stop(server, 1000000, on_stopped, loop);
  loop_run(loop);
  http_server_free(server);
  loop_free(loop);
}

/* The load. */

struct load {
  struct loop *loop;
  struct client *clients[CONNECTIONS];
  char body[BODY_BYTES];
  uint64_t answers, failures;
  bool over;
};

struct lane {
  struct load *load;
  unsigned index;
};

static void on_answer(void *ctx, const struct client_response *response);

static void ask(struct lane *lane) {
  struct load *load = lane->load;
  const struct client_target target = {.method = HTTP_POST,
                                       .path = TEXT("/echo")};
  const struct text body = {load->body, sizeof load->body};
  require(client_request(load->clients[lane->index], &target, body, on_answer,
                         lane),
          "request");
}

static void on_answer(void *ctx, const struct client_response *response) {
  struct lane *lane = ctx;
  struct load *load = lane->load;
  if (response->err == BT_ERR_OK && response->status == 200 &&
      response->body.len == BODY_BYTES) {
    load->answers++;
  } else {
    load->failures++;
  }
  if (!load->over && response->err == BT_ERR_OK) {
    ask(lane);
  }
}

/* Who is asked, and what the rounds gave. */
struct asked {
  const char *name;
  pid_t process;
  uint16_t port;
  double requests_per_s[ROUNDS], cpu_us[ROUNDS];
  uint64_t failures;
};

static double cpu_us_of(pid_t process) {
  struct bench b = {.mem = &heap};
  struct machine_usage u = {0};
  require(machine_usage_of(&b, process, &u), b.why);
  return (double)u.cpu_us;
}

static void run_load(struct asked *a, unsigned round) {
  static struct load load;
  static struct lane lanes[CONNECTIONS];
  load = (struct load){0};
  memset(load.body, 'x', sizeof load.body);
  require(loop_create(&heap, &load.loop), "loop");
  const double before_us = cpu_us_of(a->process);
  for (unsigned i = 0; i < CONNECTIONS; i++) {
    lanes[i] = (struct lane){&load, i};
    require(client_create(load.loop, TEXT("127.0.0.1"), a->port, NULL,
                          &load.clients[i]),
            "client");
    ask(&lanes[i]);
  }
  const int64_t end_us = loop_now_us() + (int64_t)SECONDS * 1000000;
  while (loop_now_us() < end_us) {
    loop_turn(load.loop, 10000);
  }
  load.over = true;
  const double answers = load.answers == 0 ? 1 : (double)load.answers;
  a->requests_per_s[round] = (double)load.answers / SECONDS;
  a->cpu_us[round] = (cpu_us_of(a->process) - before_us) / answers;
  a->failures += load.failures;
  for (unsigned i = 0; i < CONNECTIONS; i++) {
    client_free(load.clients[i]);
  }
  loop_turn(load.loop, 0);
  loop_free(load.loop);
}

/* Those that are asked. */

static void start_own(struct asked *own) {
  int ready[2];
  bt_check(pipe(ready) == 0);
  own->name = "baton";
  own->process = fork();
  bt_check(own->process >= 0);
  if (own->process == 0) {
    serve(0, ready[1]);
    exit(EXIT_SUCCESS);
  }
  bt_check(read(ready[0], &own->port, sizeof own->port) == sizeof own->port);
}

static void write_nginx(const char *dir, const char *file) {
  FILE *out = fopen(file, "w");
  bt_check(out != NULL);
  (void)fprintf(out,
                "daemon off; master_process off; pid %s/pid;\n"
                "error_log %s/error.log crit;\n"
                "events { worker_connections 1024; }\n"
                "http { access_log off; keepalive_requests 1000000000;\n"
                "client_body_temp_path %s; proxy_temp_path %s;\n"
                "fastcgi_temp_path %s; uwsgi_temp_path %s;\n"
                "scgi_temp_path %s; default_type application/json;\n"
                "server { listen 127.0.0.1:%d; location / { return 200 \"",
                dir, dir, dir, dir, dir, dir, dir, NGINX_PORT);
  for (int i = 0; i < BODY_BYTES; i++) {
    (void)fputc('x', out);
  }
  (void)fputs("\"; } } }\n", out);
  bt_check(fclose(out) == 0);
}

static bool answers_soon(uint16_t port) {
  const struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons(port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int i = 0; i < 100; i++) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const bool good =
        fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
    (void)close(fd);
    if (good) {
      return true;
    }
    (void)usleep(20000);
  }
  return false;
}

/* False: there is none, or it does not start. */
static bool start_nginx(struct asked *nginx, const char *dir) {
  char file[PATH_SIZE + sizeof "/nginx.conf"];
  (void)snprintf(file, sizeof file, "%s/nginx.conf", dir);
  write_nginx(dir, file);
  *nginx =
      (struct asked){.name = "nginx", .process = fork(), .port = NGINX_PORT};
  bt_check(nginx->process >= 0);
  if (nginx->process == 0) {
    (void)execlp("nginx", "nginx", "-p", dir, "-c", file, NULL);
    _exit(EXIT_FAILURE);
  }
  int status;
  return answers_soon(NGINX_PORT) &&
         waitpid(nginx->process, &status, WNOHANG) == 0;
}

static int stop(struct asked *a) {
  int status = 0;
  (void)kill(a->process, SIGTERM);
  bt_check(waitpid(a->process, &status, 0) == a->process);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

/* Figures. */

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(const double values[ROUNDS]) {
  double sorted[ROUNDS];
  memcpy(sorted, values, sizeof sorted);
  qsort(sorted, ROUNDS, sizeof *sorted, compare);
  return sorted[ROUNDS / 2];
}

static void print(const struct asked *a) {
  printf("%-6s %8.0f requests/s, %5.1f us of processor each, %" PRIu64
         " failed\n",
         a->name, median(a->requests_per_s), median(a->cpu_us), a->failures);
}

static void print_ratio(const struct asked *own, const struct asked *nginx) {
  double rates[ROUNDS], costs[ROUNDS];
  for (int i = 0; i < ROUNDS; i++) {
    rates[i] = own->requests_per_s[i] / nginx->requests_per_s[i];
    costs[i] = own->cpu_us[i] / nginx->cpu_us[i];
  }
  printf("ratio  %8.2f               %5.2f\n", median(rates), median(costs));
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "serve") == 0) {
    serve(argc > 2 ? (uint16_t)strtoul(argv[2], NULL, 10) : DEFAULT_PORT, -1);
    return EXIT_SUCCESS;
  }
  char here[PATH_SIZE], dir[PATH_SIZE];
  struct bench b = {.mem = &heap};
  bt_check(getcwd(here, sizeof here) != NULL);
  require(machine_make_dir(&b, here, dir, sizeof dir), b.why);
  static struct asked own, nginx;
  start_own(&own);
  const bool beside = start_nginx(&nginx, dir);
  printf("%d-byte POST over %d connections, median of %d rounds\n", BODY_BYTES,
         CONNECTIONS, ROUNDS);
  for (unsigned round = 0; round < ROUNDS; round++) {
    run_load(&own, round);
    if (beside) {
      run_load(&nginx, round);
    }
  }
  print(&own);
  if (beside) {
    print(&nginx);
    print_ratio(&own, &nginx);
    (void)stop(&nginx);
  } else {
    printf("nginx is not here (or port %d is taken): nothing beside it\n",
           NGINX_PORT);
  }
  machine_remove_dir(dir);
  return stop(&own);
}
