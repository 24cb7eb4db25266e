/* Runs a centre, or only says what is wrong with its file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/start_again.h"
#include "cli/wipe.h"
#include "domain/heap.h"
#include "scenario/play.h"
#include "server/server.h"

struct words {
  const char *data, *listen, *log;
  bool memory, check, once;
};

static void print_findings(const struct findings *f, FILE *to) {
  struct textbuf out;
  textbuf_init(&out, heap_mem());
  findings_print(f, &out);
  if (out.len > 0) {
    (void)fwrite(out.ptr, 1, out.len, to);
  }
  textbuf_free(&out);
}

/* What is wrong goes to @to; warnings about a file that is used go to the log,
 * if there is one. */
static bool load(const char *path, FILE *to, const struct log *log,
                 struct server_config *config) {
  struct findings findings;
  findings_init(&findings, heap_mem());
  const enum bt_err err =
      server_config_load(heap_mem(), path, &findings, config);
  if (err == BT_ERR_OK && log != NULL) {
    log_findings(log, &findings);
  } else {
    print_findings(&findings, to);
  }
  if (err == BT_ERR_NOMEM) {
    cli_error("%s: %s", path, bt_err_text(err));
  }
  findings_free(&findings);
  return err == BT_ERR_OK;
}

static int check(const char *path);

/* The files of all of them, too. */
static int check_tenants(const char *path, const struct server_config *config) {
  int exit_code = CLI_DONE;
  for (size_t i = 0; i < config->tenant_count; i++) {
    if (check(config->tenants[i].path.ptr) != CLI_DONE) {
      exit_code = CLI_FAILED;
    }
  }
  printf("%s: %s: %zu tenants\n", path,
         exit_code == CLI_DONE ? "good" : "not all are good",
         config->tenant_count);
  return exit_code;
}

static int check(const char *path) {
  struct server_config config;
  if (!load(path, stdout, NULL, &config)) {
    return CLI_FAILED;
  }
  int exit_code = CLI_DONE;
  if (config.tenant_count > 0) {
    exit_code = check_tenants(path, &config);
  } else {
    printf("%s: good: centre '%.*s', %zu objects, %zu scripts, %zu tokens\n",
           path, TEXT_ARG(config.centre), config.object_count,
           config.script_count, config.token_count);
  }
  server_config_free(&config);
  return exit_code;
}

/* An IPv6 address stands in brackets in a URL. */
static void announce(const struct server *s) {
  const char *host = server_host(s);
  const bool six = strchr(host, ':') != NULL;
  if (server_tenants(s) > 0) {
    printf("baton: serving %zu tenants", server_tenants(s));
  } else {
    printf("baton: serving '%.*s'", TEXT_ARG(server_centre(s)));
  }
  printf(" on http%s://%s%s%s:%u\n", server_speaks_tls(s) ? "s" : "",
         six ? "[" : "", host, six ? "]" : "", server_port(s));
  (void)fflush(stdout);
}

/* Waits for what will not come, such as a file that is not the journal? */
static bool may_pass(enum bt_err err) {
  return err != BT_ERR_CORRUPT && err != BT_ERR_FOREIGN;
}

/* Serves once. *@next: what a new process is to be told if it should try again,
 * which is the answer. */
static bool serve(const struct server_options *options, struct restart *next,
                  int *exit_code) {
  const struct restart *before = options->restarts;
  const bool again = before != NULL && before->total > 0;
  struct server_config config;
  struct server_error why;
  struct server *s = NULL;
  enum bt_err err = BT_ERR_SYNTAX;
  *exit_code = CLI_FAILED;
  if (load(options->config_path, stderr, &options->log, &config)) {
    err = server_create(options, &config, &s, &why);
    if (err != BT_ERR_OK) {
      cli_error("%s", why.text);
    }
  }
  if (err != BT_ERR_OK) {
    if (again && may_pass(err)) {
      const int64_t delay_s = restart_delay_s(before->in_row);
      *next = restart_next(before, 0);
      log_say(&options->log, API_LOG_WARNING, "server.waiting",
              "it could not start again; the next try is in %lld s",
              (long long)delay_s);
      start_again_wait(delay_s);
      return true;
    }
    return false;
  }
  announce(s);
  const enum server_end end = server_run(s);
  if (end == SERVER_RESTART) {
    *next = server_next_restart(s);
  }
  server_free(s);
  *exit_code = CLI_DONE;
  return end == SERVER_RESTART;
}

/* A server that has failed is put in its own place. */
static int serve_on(const struct server_options *given, bool once,
                    char **words) {
  struct server_options options = *given;
  struct restart before, next;
  int exit_code = CLI_MISUSE;
  if (!start_again_read(&before)) {
    return exit_code;
  }
  if (!once && !options.memory) {
    options.restarts = &before;
  }
  return serve(&options, &next, &exit_code) ? start_again(words, &next)
                                            : exit_code;
}

static bool read_words(const struct words *w, struct server_options *o,
                       char host[SERVER_HOST_MAX]) {
  o->data = w->data;
  o->memory = w->memory;
  if (w->listen != NULL) {
    if (!server_parse_listen(text_from(w->listen), host, &o->port)) {
      cli_error("--listen needs ADDRESS:PORT, for example 127.0.0.1:8080, not "
                "'%s'",
                w->listen);
      return false;
    }
    o->host = host;
  }
  if (strcmp(w->log, "json") != 0 && strcmp(w->log, "text") != 0) {
    cli_error("--log is json or text, not '%s'", w->log);
    return false;
  }
  if (w->memory && w->data != NULL) {
    cli_error("--memory keeps nothing: it does not go with --data");
    return false;
  }
  o->log = (struct log){.fd = STDERR_FILENO,
                        .format = w->log[0] == 'j' ? LOG_JSON : LOG_TEXT};
  return true;
}

static int with_words(const struct words *w, char **argv, char **words) {
  char host[SERVER_HOST_MAX];
  struct server_options options = {
      .config_path = argv[1], .version = BATON_VERSION, .play = scenario_play};
  if (!read_words(w, &options, host)) {
    return CLI_MISUSE;
  }
  if (w->check) {
    return check(argv[1]);
  }
  wipe_freed();
  if (!server_prepare()) {
    cli_error("there is no memory to begin with");
    return CLI_FAILED;
  }
  return serve_on(&options, w->once, words);
}

int cmd_serve(const struct cli_command *self, int argc, char **argv) {
  struct words w = {.log = "json"};
  const struct cli_option table[] = {
      {"--data", CLI_TEXT, &w.data, "DIR",
       "the journal's directory; default data/CENTRE"},
      {"--listen", CLI_TEXT, &w.listen, "ADDRESS:PORT",
       "instead of the file's; port 0 takes a free one"},
      {"--memory", CLI_FLAG, &w.memory, NULL,
       "no data directory: forget all at the end"},
      {"--check-config", CLI_FLAG, &w.check, NULL,
       "say what is wrong with the file, and end"},
      {"--no-restart", CLI_FLAG, &w.once, NULL,
       "a journal that failed refuses (503) until somebody starts it again"},
      {"--log", CLI_TEXT, &w.log, "json|text", "the log on standard error"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton serve examples/handover/centre.yaml",
      "baton serve --check-config examples/handover/centre.yaml",
      "baton serve --memory --listen 127.0.0.1:0 --log text centre.yaml",
      "kill -HUP PID    # reads the file again; nothing is dropped", NULL};
  const struct cli_page page = {table, examples, 1, 1};
  int exit_code;
  char **words = start_again_words(argc, argv);
  if (words == NULL) {
    cli_error("there is no memory to begin with");
    return CLI_FAILED;
  }
  if (cli_parse(self, &page, &argc, argv, &exit_code)) {
    exit_code = with_words(&w, argv, words);
  }
  free(words);
  return exit_code;
}
