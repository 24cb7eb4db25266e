/* bench_http.c - how many small POST requests a second one core answers.
 *
 * usage: bench_http                  server and client as two processes
 *        bench_http serve [PORT]     only the server, for wrk and the like
 *
 * The server answers every request with its own body. 64 connections with one
 * request each in flight, five seconds.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "net/client.h"
#include "net/server.h"

enum { CONNECTIONS = 64, BODY_BYTES = 200, SECONDS = 5, DEFAULT_PORT = 8089 };

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
  if (!load->over) {
    ask(lane);
  }
}

static void run_load(uint16_t port) {
  static struct load load;
  static struct lane lanes[CONNECTIONS];
  memset(load.body, 'x', sizeof load.body);
  require(loop_create(&heap, &load.loop), "loop");
  for (unsigned i = 0; i < CONNECTIONS; i++) {
    lanes[i] = (struct lane){&load, i};
    require(client_create(load.loop, TEXT("127.0.0.1"), port, NULL,
                          &load.clients[i]),
            "client");
    ask(&lanes[i]);
  }
  const int64_t start_us = loop_now_us();
  const int64_t end_us = start_us + (int64_t)SECONDS * 1000000;
  while (loop_now_us() < end_us) {
    loop_turn(load.loop, 10000);
  }
  load.over = true;
  printf("%.0f requests/s, %u-byte POST over %u connections, %" PRIu64
         " failed\n",
         (double)load.answers / SECONDS, (unsigned)BODY_BYTES,
         (unsigned)CONNECTIONS, load.failures);
  for (unsigned i = 0; i < CONNECTIONS; i++) {
    client_free(load.clients[i]);
  }
  loop_free(load.loop);
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "serve") == 0) {
    serve(argc > 2 ? (uint16_t)strtoul(argv[2], NULL, 10) : DEFAULT_PORT, -1);
    return EXIT_SUCCESS;
  }
  int ready[2];
  bt_check(pipe(ready) == 0);
  const pid_t child = fork();
  bt_check(child >= 0);
  if (child == 0) {
    serve(0, ready[1]);
    return EXIT_SUCCESS;
  }
  uint16_t port;
  bt_check(read(ready[0], &port, sizeof port) == sizeof port);
  run_load(port);
  kill(child, SIGTERM);
  int status;
  bt_check(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
