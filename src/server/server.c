#include "server/server.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/files.h"
#include "server/tenants_priv.h"

enum {
  STOP_GRACE_US = 5000000,
  /* Nothing is answered any more, but refusals may be on their way. */
  RESTART_GRACE_US = 200000
};

/* ---- signals */

static void on_stopped(void *ctx) {
  struct server *s = ctx;
  loop_stop(s->loop);
}

void server_stop(struct server *s) {
  if (!s->stopping) {
    s->stopping = true;
    if (s->tenants != NULL) {
      tenants_stop(s->tenants);
    } else {
      centre_stop(s->centre);
    }
    http_server_stop(s->http, s->restarting ? RESTART_GRACE_US : STOP_GRACE_US,
                     on_stopped, s);
  }
}

static void on_signal(void *ctx, int number) {
  struct server *s = ctx;
  if (number == SIGHUP) {
    if (!s->stopping) {
      (void)server_reload(s);
    }
    return;
  }
  if (s->restarting) {
    s->restarting = false; /* it ends, and that is all */
    return;
  }
  if (s->stopping) {
    log_say(&s->log, API_LOG_WARNING, "server.killed",
            "a second signal: the process ends at once");
    _exit(1); /* the journal holds the truth */
  }
  log_say(&s->log, API_LOG_INFO, "server.stopping",
          "signal %d: no new connections; requests in flight are answered",
          number);
  server_stop(s);
}

/* ---- the end of a turn */

void server_has_work(struct server *s, struct centre *c) {
  if (!c->is_due) {
    c->is_due = true;
    c->next_due = s->due;
    s->due = c;
  }
}

void server_has_no_work(struct server *s, struct centre *c) {
  struct centre **at = &s->due;
  while (*at != NULL && *at != c) {
    at = &(*at)->next_due;
  }
  if (*at == c) {
    *at = c->next_due;
    c->is_due = false;
  }
}

/* What a centre gets to do now comes in the next turn: all have their share. */
static void on_batch(void *ctx) {
  struct server *s = ctx;
  struct centre *list = s->due;
  s->due = NULL;
  while (list != NULL) {
    struct centre *c = list;
    list = c->next_due;
    c->is_due = false;
    centre_turn(c);
  }
}

bool server_reload(struct server *s) {
  return s->tenants != NULL ? tenants_reload(s->tenants)
                            : centre_reload(s->centre);
}

/* ---- putting together */

/* A connection that the process cannot open would be lost without a word; one
 * above the limit is told. */
static enum bt_err create_http(struct server *s,
                               const struct server_config *config) {
  struct net_limits limits = config->limits;
  const int64_t files = files_raise_limit();
  limits.connections = files_fit(limits.connections, files);
  if (limits.connections < config->limits.connections) {
    log_say(&s->log, API_LOG_WARNING, "limits.connections",
            "%lld connections at once instead of %lld: this process may open "
            "%lld files (ulimit -Hn, or LimitNOFILE= of its unit)",
            (long long)limits.connections,
            (long long)config->limits.connections, (long long)files);
  }
  const enum bt_err err =
      s->tenants != NULL
          ? http_server_create(s->loop, &limits, tenants_http_handlers(),
                               s->tenants, &s->http)
          : http_server_create(s->loop, &limits, api_http_handlers(),
                               s->centre->api, &s->http);
  if (err == BT_ERR_OK) {
    http_server_set_strict(s->http, config->tls_strict);
  }
  return err;
}

static enum bt_err listen_there(struct server *s, struct server_error *why) {
  const enum bt_err err =
      http_server_listen_tls(s->http, s->host, s->port, s->tls, &s->port);
  if (err == BT_ERR_OK) {
    return err;
  }
  if (err == BT_ERR_EXISTS) {
    return server_fail(why, err,
                       "%s port %u is taken by another process. Stop it, or "
                       "name another with --listen ADDRESS:PORT.",
                       s->host, s->port);
  }
  return server_fail(why, err,
                     "Cannot listen on %s port %u: the address is not this "
                     "machine's, or the port needs more rights.",
                     s->host, s->port);
}

static enum bt_err create_tls(struct server *s, const struct tls_identity *as,
                              struct server_error *why) {
  struct tls_fault fault = {.why = "there is no memory"};
  if (as->certificate.len == 0) {
    return BT_ERR_OK;
  }
  const enum bt_err err = tls_create(heap_mem(), as, &s->tls, &fault);
  return err == BT_ERR_OK
             ? err
             : server_fail(why, err, "Cannot speak TLS: %s.", fault.why);
}

static enum bt_err create_centre(struct server *s,
                                 struct server_config *take_config,
                                 struct server_error *why) {
  const struct server_options *o = s->options;
  const struct centre_options options = {
      .server = s,
      .config_path = o->config_path,
      .data = o->data != NULL ? text_from(o->data) : take_config->data,
      .memory = o->memory,
      .log = s->log};
  return centre_create(&options, take_config, &s->centre, why);
}

/* The file that was given to the server. */
static const struct server_config *config_of(const struct server *s) {
  return s->tenants != NULL ? &s->tenants->config : &s->centre->config;
}

/* What centres stand on, they themselves, and the doors to them. */
static enum bt_err start(struct server *s, struct server_config *take_config,
                         struct server_error *why) {
  enum bt_err err = loop_create(heap_mem(), &s->loop);
  if (err == BT_ERR_OK) {
    err = loop_timer_create(s->loop, server_end_failed, s, &s->restart);
  }
  if (err == BT_ERR_OK) {
    err = pages_create(heap_mem(), &s->pages);
  }
  if (err != BT_ERR_OK) {
    server_config_free(take_config);
    return server_fail(why, err, "Cannot make the event loop: %s.",
                       bt_err_text(err));
  }
  err = take_config->tenant_count > 0 ? tenants_create(s, take_config, why)
                                      : create_centre(s, take_config, why);
  if (err != BT_ERR_OK) {
    return err;
  }
  const struct server_config *config = config_of(s);
  err = create_http(s, config);
  if (err != BT_ERR_OK) {
    return server_fail(why, err, "Cannot make the server: %s.",
                       bt_err_text(err));
  }
  if (s->tenants != NULL) {
    tenants_attach(s->tenants);
  } else {
    centre_attach(s->centre, s->http);
  }
  err = loop_on_signals(s->loop, on_signal, s);
  if (err != BT_ERR_OK) {
    return server_fail(why, err, "Cannot listen to signals: %s.",
                       bt_err_text(err));
  }
  loop_on_batch(s->loop, on_batch, s);
  err = create_tls(s, &config->tls, why);
  return err == BT_ERR_OK ? listen_there(s, why) : err;
}

/* The file may say loopback, and --listen something else. */
static void warn_of_secrets(const struct server *s) {
  const char *path = s->tenants != NULL ? tenants_literal(s->tenants)
                     : s->centre->config.literal_tokens > 0
                         ? s->options->config_path
                         : NULL;
  if (path != NULL && server_is_loopback(config_of(s)->host) &&
      !server_is_loopback(s->host)) {
    log_say(&s->log, API_LOG_WARNING, "configuration.secrets",
            "secrets stand in %s, and the server listens beyond this machine; "
            "write their \"sha256\" (from \"baton token\"), \"env\" or "
            "\"file\" instead",
            path);
  }
}

static void note_started(const struct server *s) {
  const struct centre *c = s->centre;
  const struct log_field fields[] = {
      {.name = "centre", .text = c->config.centre},
      {.name = "address", .text = text_from(s->host)},
      {.name = "port", .number = s->port},
      {.name = "data",
       .text = text_from(c->data[0] != '\0' ? c->data : "in memory")},
      {.name = "objects", .number = (int64_t)c->config.object_count},
      {.name = "scripts", .number = (int64_t)c->config.script_count},
      {.name = "tokens", .number = (int64_t)c->config.token_count}};
  log_write(&s->log, API_LOG_INFO, "server.started", fields, 7);
}

static void note_tenants(const struct server *s) {
  const struct tenants *t = s->tenants;
  const size_t open = tenants_open_count(t);
  const struct log_field fields[] = {
      {.name = "tenants", .number = (int64_t)open},
      {.name = "failed", .number = (int64_t)(t->count - open)},
      {.name = "address", .text = text_from(s->host)},
      {.name = "port", .number = s->port}};
  log_write(&s->log, API_LOG_INFO, "server.started", fields, 4);
}

enum bt_err server_create(const struct server_options *options,
                          struct server_config *take_config,
                          struct server **out, struct server_error *why) {
  struct server *s = mem_new(heap_mem(), sizeof *s);
  if (s == NULL) {
    server_config_free(take_config);
    return server_fail(why, BT_ERR_NOMEM, "There is no memory.");
  }
  /* A limit on the size of files is a full disk, not a reason to die; nor is a
   * reload that is asked for while the file is being read for the first time.
   */
  (void)signal(SIGXFSZ, SIG_IGN);
  (void)signal(SIGHUP, SIG_IGN);
  s->options = options;
  s->log = options->log;
  s->log.level = take_config->log_level;
  const char *host = options->host != NULL ? options->host : take_config->host;
  memcpy(s->host, host, strlen(host) + 1);
  s->port = options->host != NULL ? options->port : take_config->port;
  if (s->port == 0 && options->restarts != NULL) {
    s->port = options->restarts->port; /* where clients look for it */
  }
  const enum bt_err err = start(s, take_config, why);
  if (err != BT_ERR_OK) {
    server_free(s);
    return err;
  }
  warn_of_secrets(s);
  s->started_us = loop_unix_us();
  if (s->tenants != NULL) {
    note_tenants(s);
    tenants_audit(s->tenants, "start");
  } else {
    note_started(s);
    centre_audit(s->centre, "start", s->options->config_path);
  }
  *out = s;
  return BT_ERR_OK;
}

enum server_end server_run(struct server *s) {
  loop_run(s->loop);
  if (s->restarting) {
    server_end_of_signals(s);
  }
  log_say(&s->log, API_LOG_INFO, "server.stopped",
          "all connections are closed; the journal is being closed");
  return s->restarting ? SERVER_RESTART : SERVER_STOPPED;
}

/* From the outside in. */
void server_free(struct server *s) {
  if (s->http != NULL) {
    http_server_free(s->http);
  }
  tls_free(s->tls);
  tenants_close(s->tenants);
  if (s->centre != NULL) {
    centre_close(s->centre);
  }
  pages_free(s->pages);
  loop_timer_free(s->restart);
  if (s->loop != NULL) {
    loop_free(s->loop); /* what works on other threads ends */
  }
  tenants_free(s->tenants);
  if (s->centre != NULL) {
    centre_free(s->centre);
  }
  mem_free(heap_mem(), s, sizeof *s);
}

const char *server_host(const struct server *s) {
  return s->host;
}

bool server_speaks_tls(const struct server *s) {
  return s->tls != NULL;
}

uint16_t server_port(const struct server *s) {
  return s->port;
}

struct text server_centre(const struct server *s) {
  return s->centre == NULL ? TEXT("") : s->centre->config.centre;
}

size_t server_tenants(const struct server *s) {
  return s->tenants == NULL ? 0 : tenants_open_count(s->tenants);
}
