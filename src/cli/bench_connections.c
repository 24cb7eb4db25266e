/* `baton bench connections`: options and what it prints. */
#include "bench/connections.h"

#include <stdio.h>
#include <unistd.h>

#include "bench/centre.h"
#include "cli/bench_cli.h"

static void print_text(const struct bench_connections_result *r) {
  printf("open sockets      %u, each of a session that a bot holds, in %.1f s\n"
         "a session         %.0f bytes of the server\n"
         "its socket        %.0f bytes of the server, %.0f of the kernel for "
         "both ends\n"
         "to open one       %.0f us of the server's processor in the first "
         "tenth, %.0f in the last\n"
         "a line to all     %.2f s\n",
         r->sockets, r->open_s, r->session_bytes, r->socket_bytes,
         r->kernel_bytes, r->first_us, r->last_us, r->to_all_s);
}

static void print_json(const struct bench *b,
                       const struct bench_connections_result *r) {
  struct textbuf text;
  struct json_out o;
  textbuf_init(&text, b->mem);
  json_out_init(&o, &text);
  json_open_object(&o);
  bench_put_number(&o, "sockets", r->sockets);
  bench_put_number(&o, "heard", r->heard);
  bench_put_number(&o, "session_bytes", r->session_bytes);
  bench_put_number(&o, "socket_bytes", r->socket_bytes);
  bench_put_number(&o, "kernel_bytes", r->kernel_bytes);
  bench_put_number(&o, "open_first_us", r->first_us);
  bench_put_number(&o, "open_last_us", r->last_us);
  bench_put_number(&o, "open_s", r->open_s);
  bench_put_number(&o, "to_all_s", r->to_all_s);
  json_close_object(&o);
  printf("%.*s\n", TEXT_ARG(textbuf_text(&text)));
  textbuf_free(&text);
}

struct asked {
  long long sockets, processes;
  const char *dir;
  bool json;
};

static bool read_numbers(const struct asked *a) {
  const bool good = a->sockets >= 0 && a->sockets <= UINT32_MAX &&
                    a->processes >= 1 &&
                    a->processes <= CONNECTIONS_PROCESSES_MAX;
  if (!good) {
    cli_error("it takes 1 to %d processes, and whole numbers from 0 on",
              CONNECTIONS_PROCESSES_MAX);
  }
  return good;
}

static int run(const struct asked *a) {
  struct bench b = bench_new();
  struct bench_connections_result r;
  char program[CENTRE_PATH_SIZE];
  const ssize_t length =
      readlink("/proc/self/exe", program, sizeof program - 1);
  program[length < 0 ? 0 : length] = '\0';
  const struct bench_connections_options o = {.program = program,
                                              .dir = a->dir,
                                              .sockets = (uint32_t)a->sockets,
                                              .processes =
                                                  (uint32_t)a->processes};
  const enum bt_err err = bench_connections(&b, &o, &r);
  if (err != BT_ERR_OK) {
    cli_error("%s", b.why);
    return err == BT_ERR_RANGE ? CLI_MISUSE : CLI_FAILED;
  }
  if (a->json) {
    print_json(&b, &r);
  } else {
    print_text(&r);
  }
  return CLI_DONE;
}

int bench_cli_connections(const struct cli_command *self, int argc,
                          char **argv) {
  struct asked a = {.processes = 1, .dir = "."};
  const struct cli_option options[] = {
      {"--sockets", CLI_NUM, &a.sockets, "N",
       "of each server (default: what the limit of descriptors allows)"},
      {"--processes", CLI_NUM, &a.processes, "P",
       "so many servers side by side (default 1)"},
      {"--data", CLI_TEXT, &a.dir, "DIR",
       "the servers' data, on the disk that is meant (default: here)"},
      {"--json", CLI_FLAG, &a.json, NULL, "a JSON object"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton bench connections",
      "baton bench connections --sockets 12500 --processes 8 --json", NULL};
  const struct cli_page page = {options, examples, 0, 0};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  return read_numbers(&a) ? run(&a) : CLI_MISUSE;
}
