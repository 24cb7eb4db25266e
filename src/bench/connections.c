#include "bench/connections.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "bench/centre.h"
#include "bench/child.h"
#include "bench/frame.h"
#include "bench/machine.h"
#include "bench/progress.h"
#include "net/client.h"

enum {
  SPARE_DESCRIPTORS = 640, /* what the server keeps for itself, and the bot */
  AT_ONCE = 64,
  TENTHS = 10,
  TOKEN_SIZE = 160,
  PATH_SIZE = 128,
  JSON_DEPTH = 8,
  FRAME_BYTES_MAX = 1 << 20,
  TURN_US = 5000,
  UNHEARD_MAX = 4096, /* lines of the bot; a server refuses more than it can
                         keep up with */
  SOCKETS_MAX = 28000 /* ports of one address for one server's port */
};
#define SETTLE_NS INT64_C(1000000000)
#define STALL_NS  INT64_C(30000000000)

/* What the processes have reached; each waits for all of them. */
enum stage { SESSIONS_OPEN, SOCKETS_OPEN, ALL_HEARD, STAGES };

struct shared {
  _Atomic uint32_t reached[STAGES];
  _Atomic bool broken;
  char why[BENCH_WHY_SIZE];
  struct bench_connections_result of[CONNECTIONS_PROCESSES_MAX];
};

struct crowd;

struct customer {
  struct crowd *crowd;
  struct client *client;
  struct id session;
  char token[TOKEN_SIZE];
};

/* Opens one session after the other. */
struct opener {
  struct crowd *crowd;
  struct client *client;
};

/* One server and its customers. */
struct crowd {
  struct bench *bench;
  struct shared *shared;
  const struct bench_connections_options *options;
  struct bench_connections_result *out;
  uint32_t number, processes; /* of them */
  struct loop *loop;
  struct child server;
  struct client *bot_client;
  struct ws *bot;
  struct customer *customers;
  uint32_t wanted, begun, sessions, invited, open, heard;
  struct arena arena;
  struct progress bar;
  int64_t moved_ns; /* when something happened last */
  bool broken;
};

__attribute__((format(printf, 2, 3))) static void
give_up(struct crowd *c, const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (!c->broken) {
    (void)vsnprintf(c->bench->why, sizeof c->bench->why, format, args);
  }
  va_end(args);
  c->broken = true;
}

static void count(struct crowd *c, uint32_t *what) {
  ++*what;
  c->moved_ns = machine_now_ns();
}

/* ---- the bot */

static bool hear(struct crowd *c, struct text message, struct heard *out) {
  arena_reset(&c->arena);
  return frame_read(&c->arena, message, out);
}

static void on_bot_message(void *ctx, struct ws *ws, struct text message) {
  struct crowd *c = ctx;
  struct heard f;
  if (!hear(c, message, &f) || text_equal(f.type, TEXT("problem"))) {
    give_up(c, "the bot hears %.*s", TEXT_ARG(message));
  } else if (text_equal(f.type, TEXT("session.invited"))) {
    count(c, &c->invited);
    if (frame_send(ws, "session.accept", f.session, "") != BT_ERR_OK) {
      give_up(c, "the bot cannot accept a session");
    }
  }
}

static void on_bot_close(void *ctx, struct ws *ws, uint16_t code,
                         struct text reason) {
  (void)ws;
  give_up(ctx, "the bot's socket closed with %u %.*s", (unsigned)code,
          TEXT_ARG(reason));
}

static void on_bot_open(void *ctx, struct ws *ws) {
  struct crowd *c = ctx;
  c->bot = ws;
}

static void on_refused(struct crowd *c, const char *who,
                       const struct client_response *r) {
  give_up(c, "%s is refused: %d %s", who, r->status,
          r->err == BT_ERR_OK ? "" : r->message);
}

static void on_bot_refused(void *ctx, const struct client_response *r) {
  on_refused(ctx, "the bot's socket", r);
}

static struct client *new_client(struct crowd *c) {
  struct client *client = NULL;
  if (client_create(c->loop, TEXT("127.0.0.1"), c->server.port, NULL,
                    &client) != BT_ERR_OK) {
    give_up(c, "no memory for a connection");
  }
  return client;
}

/* Whose socket is opened, and who hears it. */
struct seat {
  struct client *client;
  const char *path, *token;
  void *ctx;
};

static void open_socket(struct crowd *c, const struct seat *seat,
                        const struct client_ws_handlers *handlers) {
  char bearer[TOKEN_SIZE + sizeof "Bearer "];
  (void)snprintf(bearer, sizeof bearer, "Bearer %s", seat->token);
  const struct http_header header = {TEXT("Authorization"), text_from(bearer)};
  const struct client_target target = {.method = HTTP_GET,
                                       .path = text_from(seat->path),
                                       .headers = &header,
                                       .header_count = 1};
  if (seat->client != NULL &&
      client_ws_open(seat->client, &target, handlers, seat->ctx) != BT_ERR_OK) {
    give_up(c, "no memory for a socket");
  }
}

static void connect_bot(struct crowd *c) {
  static const struct client_ws_handlers handlers = {
      .ws = {.on_message = on_bot_message, .on_close = on_bot_close},
      .on_open = on_bot_open,
      .on_refused = on_bot_refused};
  c->bot_client = new_client(c);
  const struct seat seat = {.client = c->bot_client,
                            .path = "/api/v1/bots/" CENTRE_BOT "/socket",
                            .token = CENTRE_BOT_TOKEN,
                            .ctx = c};
  open_socket(c, &seat, &handlers);
}

/* ---- sessions, by HTTP */

static void open_next_session(struct opener *o);

static void on_session(void *ctx, const struct client_response *r) {
  struct opener *o = ctx;
  struct crowd *c = o->crowd;
  struct json *tree = NULL;
  arena_reset(&c->arena);
  if (r->err != BT_ERR_OK || r->status != 201 ||
      json_parse(&c->arena, r->body, JSON_DEPTH, &tree, NULL) != BT_ERR_OK) {
    on_refused(c, "a session", r);
    return;
  }
  struct customer *who = &c->customers[c->sessions];
  const struct text token = json_member_text(tree, TEXT("token"));
  if (token.len >= sizeof who->token ||
      !id_from_text(json_member_text(tree, TEXT("id")), &who->session)) {
    give_up(c, "a session came without its id or its token");
    return;
  }
  memcpy(who->token, token.ptr, token.len);
  count(c, &c->sessions);
  open_next_session(o);
}

static void open_next_session(struct opener *o) {
  const struct http_header type = {TEXT("Content-Type"),
                                   TEXT("application/json")};
  const struct client_target target = {.method = HTTP_POST,
                                       .path = TEXT("/api/v1/sessions"),
                                       .headers = &type,
                                       .header_count = 1};
  struct crowd *c = o->crowd;
  if (c->begun == c->wanted || o->client == NULL) {
    return;
  }
  c->begun++;
  if (client_request(o->client, &target, TEXT("{\"entryPoint\":\"bot\"}"),
                     on_session, o) != BT_ERR_OK) {
    give_up(c, "no memory for a request");
  }
}

/* ---- their sockets */

static void on_customer_message(void *ctx, struct ws *ws, struct text message) {
  (void)ws;
  struct customer *who = ctx;
  struct heard f;
  if (!hear(who->crowd, message, &f) || text_equal(f.type, TEXT("problem"))) {
    give_up(who->crowd, "a customer hears %.*s", TEXT_ARG(message));
  } else if (text_equal(f.type, TEXT("message")) &&
             text_equal(f.from, TEXT("bot"))) {
    count(who->crowd, &who->crowd->heard);
  }
}

static void on_customer_close(void *ctx, struct ws *ws, uint16_t code,
                              struct text reason) {
  (void)ws;
  const struct customer *who = ctx;
  give_up(who->crowd, "a customer's socket closed with %u %.*s", (unsigned)code,
          TEXT_ARG(reason));
}

static void on_customer_open(void *ctx, struct ws *ws) {
  (void)ws;
  const struct customer *who = ctx;
  count(who->crowd, &who->crowd->open);
}

static void on_customer_refused(void *ctx, const struct client_response *r) {
  const struct customer *who = ctx;
  on_refused(who->crowd, "a customer's socket", r);
}

static void connect_customer(struct crowd *c, struct customer *who) {
  static const struct client_ws_handlers handlers = {
      .ws = {.on_message = on_customer_message, .on_close = on_customer_close},
      .on_open = on_customer_open,
      .on_refused = on_customer_refused};
  char id[ID_TEXT_LEN], path[PATH_SIZE];
  id_to_text(who->session, id);
  (void)snprintf(path, sizeof path, "/api/v1/sessions/%.*s/socket", ID_TEXT_LEN,
                 id);
  who->client = new_client(c);
  const struct seat seat = {
      .client = who->client, .path = path, .token = who->token, .ctx = who};
  open_socket(c, &seat, &handlers);
}

/* ---- the course of it */

static bool goes_on(struct crowd *c) {
  if (machine_now_ns() - c->moved_ns > STALL_NS) {
    give_up(c,
            "nothing more happened: %u sessions, %u accepted, %u sockets, "
            "%u have heard the bot",
            c->sessions, c->invited, c->open, c->heard);
  }
  if (atomic_load(&c->shared->broken)) {
    give_up(c, "another process has given up");
  }
  return !c->broken;
}

static void turn_for(struct crowd *c, int64_t ns) {
  const int64_t end_ns = machine_now_ns() + ns;
  while (machine_now_ns() < end_ns) {
    loop_turn(c->loop, TURN_US);
  }
}

/* Quiet, and then all of the processes. */
static void meet(struct crowd *c, enum stage stage) {
  turn_for(c, SETTLE_NS);
  atomic_fetch_add(&c->shared->reached[stage], 1);
  while (goes_on(c) && atomic_load(&c->shared->reached[stage]) < c->processes) {
    loop_turn(c->loop, TURN_US);
    c->moved_ns = machine_now_ns();
  }
}

static struct machine_usage usage(struct crowd *c) {
  struct machine_usage u = {0};
  if (machine_usage_of(c->bench, c->server.process, &u) != BT_ERR_OK) {
    c->broken = true;
  }
  return u;
}

static void open_sessions(struct crowd *c) {
  struct opener openers[AT_ONCE];
  progress_begin(&c->bar, c->bench->progress && c->number == 0, "sessions",
                 c->wanted);
  for (size_t i = 0; i < AT_ONCE; i++) {
    openers[i] = (struct opener){c, new_client(c)};
    open_next_session(&openers[i]);
  }
  while ((c->sessions < c->wanted || c->invited < c->wanted) && goes_on(c)) {
    loop_turn(c->loop, TURN_US);
    progress_show(&c->bar, c->sessions);
  }
  for (size_t i = 0; i < AT_ONCE; i++) {
    client_free(openers[i].client);
  }
  progress_end(&c->bar);
}

static void open_to(struct crowd *c, uint32_t wanted) {
  uint32_t begun = c->open;
  while (c->open < wanted && goes_on(c)) {
    while (begun < wanted && begun - c->open < AT_ONCE) {
      connect_customer(c, &c->customers[begun++]);
    }
    loop_turn(c->loop, TURN_US);
    progress_show(&c->bar, c->open);
  }
}

/* Answers the server's processor time for each. */
static double open_tenth(struct crowd *c, uint32_t tenth) {
  const uint32_t from = c->open,
                 to = (uint32_t)((uint64_t)c->wanted * (tenth + 1) / TENTHS);
  const int64_t before_us = usage(c).cpu_us;
  open_to(c, to);
  return to == from ? 0 : (double)(usage(c).cpu_us - before_us) / (to - from);
}

static void open_sockets(struct crowd *c) {
  const int64_t start_ns = machine_now_ns();
  progress_begin(&c->bar, c->bench->progress && c->number == 0, "sockets",
                 c->wanted);
  for (uint32_t tenth = 0; tenth < TENTHS && !c->broken; tenth++) {
    const double each_us = open_tenth(c, tenth);
    c->out->first_us = tenth == 0 ? each_us : c->out->first_us;
    c->out->last_us = each_us;
  }
  progress_end(&c->bar);
  c->out->open_s = (double)(machine_now_ns() - start_ns) / 1e9;
}

static void tell_all(struct crowd *c) {
  const int64_t start_ns = machine_now_ns();
  for (uint32_t i = 0; c->heard < c->wanted && goes_on(c);) {
    const uint32_t most = c->heard + UNHEARD_MAX;
    const uint32_t to = most < c->wanted ? most : c->wanted;
    for (; i < to; i++) {
      if (frame_send(c->bot, "message", c->customers[i].session,
                     "\"text\":\"We are back in an hour.\"") != BT_ERR_OK) {
        give_up(c, "the bot cannot speak");
      }
    }
    loop_turn(c->loop, TURN_US);
  }
  c->out->heard = c->heard;
  c->out->to_all_s = (double)(machine_now_ns() - start_ns) / 1e9;
}

static void measure(struct crowd *c) {
  connect_bot(c);
  while (c->bot == NULL && goes_on(c)) {
    loop_turn(c->loop, TURN_US);
  }
  const int64_t empty = usage(c).rss_bytes;
  open_sessions(c);
  meet(c, SESSIONS_OPEN);
  const int64_t sessions = usage(c).rss_bytes;
  const int64_t kernel = machine_kernel_bytes();
  open_sockets(c);
  meet(c, SOCKETS_OPEN);
  c->out->sockets = c->open;
  c->out->session_bytes = (double)(sessions - empty) / c->wanted;
  c->out->socket_bytes = (double)(usage(c).rss_bytes - sessions) / c->wanted;
  c->out->kernel_bytes = (double)(machine_kernel_bytes() - kernel) /
                         ((double)c->wanted * c->processes);
  if (!c->broken) {
    tell_all(c);
  }
  meet(c, ALL_HEARD);
}

/* ---- one server */

static enum bt_err take_loop(struct crowd *c) {
  const enum bt_err err = loop_create(c->bench->mem, &c->loop);
  if (err != BT_ERR_OK) {
    return bench_fail(c->bench, err, "no loop: %s", bt_err_text(err));
  }
  measure(c);
  for (uint32_t i = 0; i < c->wanted; i++) {
    client_free(c->customers[i].client);
  }
  client_free(c->bot_client);
  loop_turn(c->loop, 0);
  loop_free(c->loop);
  return c->broken ? BT_ERR_IO : BT_ERR_OK;
}

static enum bt_err take_server(struct crowd *c, const char *dir) {
  struct bench *b = c->bench;
  enum bt_err err = centre_write(b, dir, 1, 0);
  if (err == BT_ERR_OK) {
    err = child_start(b, c->options->program, dir, &c->server);
  }
  if (err != BT_ERR_OK) {
    return err;
  }
  err = take_loop(c);
  char why[BENCH_WHY_SIZE];
  memcpy(why, b->why, sizeof why);
  const enum bt_err stopped = child_stop(b, &c->server);
  if (err != BT_ERR_OK) {
    memcpy(b->why, why, sizeof why);
  }
  return err != BT_ERR_OK ? err : stopped;
}

static enum bt_err take_part(struct crowd *c) {
  struct bench *b = c->bench;
  char dir[CENTRE_PATH_SIZE];
  enum bt_err err = machine_make_dir(b, c->options->dir, dir, sizeof dir);
  if (err != BT_ERR_OK) {
    return err;
  }
  const size_t size = c->wanted * sizeof *c->customers;
  c->customers = mem_new(b->mem, size);
  arena_init(&c->arena, b->mem, FRAME_BYTES_MAX);
  if (c->customers == NULL) {
    err = bench_fail(b, BT_ERR_NOMEM, "no memory for %u customers", c->wanted);
  } else {
    for (uint32_t i = 0; i < c->wanted; i++) {
      c->customers[i] = (struct customer){.crowd = c};
    }
    err = take_server(c, dir);
  }
  arena_free(&c->arena);
  mem_free(b->mem, c->customers, c->customers == NULL ? 0 : size);
  machine_remove_dir(dir);
  return err;
}

static enum bt_err run_part(struct bench *b, struct shared *shared,
                            const struct bench_connections_options *options,
                            uint32_t number) {
  struct crowd *c = mem_new(b->mem, sizeof *c);
  if (c == NULL) {
    return bench_fail(b, BT_ERR_NOMEM, "no memory");
  }
  *c = (struct crowd){.bench = b,
                      .shared = shared,
                      .options = options,
                      .out = &shared->of[number],
                      .number = number,
                      .processes = options->processes,
                      .wanted = options->sockets,
                      .moved_ns = machine_now_ns()};
  const enum bt_err err = take_part(c);
  mem_free(b->mem, c, sizeof *c);
  if (err != BT_ERR_OK && !atomic_exchange(&shared->broken, true)) {
    memcpy(shared->why, b->why, sizeof shared->why);
  }
  return err;
}

/* ---- all of them */

static bool run_beside(struct bench *b, struct shared *shared,
                       const struct bench_connections_options *options) {
  pid_t parts[CONNECTIONS_PROCESSES_MAX];
  uint32_t begun = 1;
  for (; begun < options->processes; begun++) {
    parts[begun] = fork();
    if (parts[begun] == 0) {
      _exit(run_part(b, shared, options, begun) == BT_ERR_OK ? 0 : 1);
    }
    if (parts[begun] < 0) {
      (void)bench_fail(b, BT_ERR_IO, "no more processes can be started");
      atomic_store(&shared->broken, true);
      break;
    }
  }
  bool good = begun == options->processes &&
              run_part(b, shared, options, 0) == BT_ERR_OK;
  for (uint32_t i = 1; i < begun; i++) {
    int status = 0;
    good = waitpid(parts[i], &status, 0) == parts[i] && status == 0 && good;
  }
  return good;
}

static void summarize(const struct shared *shared, uint32_t processes,
                      struct bench_connections_result *out) {
  *out = (struct bench_connections_result){0};
  for (uint32_t i = 0; i < processes; i++) {
    const struct bench_connections_result *of = &shared->of[i];
    out->sockets += of->sockets;
    out->heard += of->heard;
    out->session_bytes += of->session_bytes / processes;
    out->socket_bytes += of->socket_bytes / processes;
    out->kernel_bytes += of->kernel_bytes / processes;
    out->first_us += of->first_us / processes;
    out->last_us += of->last_us / processes;
    out->open_s = of->open_s > out->open_s ? of->open_s : out->open_s;
    out->to_all_s = of->to_all_s > out->to_all_s ? of->to_all_s : out->to_all_s;
  }
}

uint32_t bench_connections_most(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
      limit.rlim_max <= SPARE_DESCRIPTORS) {
    return 0;
  }
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t most = limit.rlim_max - SPARE_DESCRIPTORS;
  return most > SOCKETS_MAX ? SOCKETS_MAX : (uint32_t)most;
}

enum bt_err bench_connections(struct bench *b,
                              const struct bench_connections_options *options,
                              struct bench_connections_result *out) {
  struct bench_connections_options o = *options;
  const uint32_t most = bench_connections_most();
  o.sockets = o.sockets == 0 ? most : o.sockets;
  if (o.sockets < TENTHS || o.sockets > most || o.processes < 1 ||
      o.processes > CONNECTIONS_PROCESSES_MAX) {
    return bench_fail(b, BT_ERR_RANGE,
                      "it takes %d to %u sockets a server, which is what the "
                      "limit of descriptors allows, and up to %d servers",
                      TENTHS, most, CONNECTIONS_PROCESSES_MAX);
  }
  struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) {
    return bench_fail(b, BT_ERR_NOMEM, "no memory");
  }
  const bool good = run_beside(b, shared, &o);
  if (good) {
    summarize(shared, o.processes, out);
  } else if (shared->why[0] != '\0') {
    memcpy(b->why, shared->why, sizeof b->why);
  }
  (void)munmap(shared, sizeof *shared);
  return good ? BT_ERR_OK : BT_ERR_IO;
}
