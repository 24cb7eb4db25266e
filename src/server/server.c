#include "server/server.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/files.h"
#include "server/server_priv.h"
#include "server/zone.h"

enum {
  STOP_GRACE_US = 5000000,
  /* The disk may have room again, the machine may have slept: look. */
  LOOK_US = 1000000,
  /* A timer that is due and was not carried out waits for the disk. */
  STUCK_US = 20000
};

/* ---- what the parts ask of the server */

static int64_t unix_us(void *ctx) {
  const struct server *s = ctx;
  return clock_now_us(&s->clock);
}

static void entropy(void *ctx, void *bytes, size_t size) {
  (void)ctx;
  secret_fill(bytes, size);
}

static void on_api_log(void *ctx, const struct api_log *entry) {
  const struct server *s = ctx;
  log_api(&s->log, entry);
}

/* ---- turns of the loop */

static void look_at_disk(struct server *s) {
  struct journal_stats stats;
  journal_get_stats(domain_journal(s->domain), &stats);
  if (s->was_full && !stats.full && !stats.failed) {
    log_say(&s->log, API_LOG_INFO, "journal.recovered",
            "the disk has room again; what waited is written");
  }
  s->was_full = stats.full;
}

static void arm_tick(struct server *s, int64_t at_least_us) {
  int64_t wait_us = domain_next_deadline(s->domain) - clock_now_us(&s->clock);
  wait_us = wait_us < LOOK_US ? wait_us : LOOK_US;
  loop_timer_start_after(s->tick,
                         wait_us > at_least_us ? wait_us : at_least_us);
}

/* Is the earliest timer carried out? Not while the disk has no room. */
static bool tick(struct server *s) {
  const int64_t now_us = clock_now_us(&s->clock);
  const int64_t due_us = domain_next_deadline(s->domain);
  domain_tick(s->domain, now_us);
  return due_us > now_us || domain_next_deadline(s->domain) != due_us;
}

/* Everything that this turn's callbacks submitted is with the journal; what is
 * durable leaves. */
static void on_batch(void *ctx) {
  struct server *s = ctx;
  const bool ticks = tick(s);
  (void)domain_release(s->domain);
  server_finish_reload(s);
  if (domain_due(s->domain)) {
    loop_again(s->loop);
  }
  arm_tick(s, ticks ? 0 : STUCK_US);
}

/* The batch hook does the rest. */
static void on_tick(void *ctx) {
  look_at_disk(ctx);
}

static void on_wake(void *ctx) {
  look_at_disk(ctx);
}

/* ---- signals */

static void on_stopped(void *ctx) {
  struct server *s = ctx;
  loop_stop(s->loop);
}

void server_stop(struct server *s) {
  if (!s->stopping) {
    s->stopping = true;
    api_stop(s->api);
    genesys_stop(s->genesys);
    http_server_stop(s->http, STOP_GRACE_US, on_stopped, s);
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

static bool on_page(void *ctx, struct http_request *req) {
  return pages_serve(ctx, req);
}

/* ---- putting together */

static enum bt_err create_bots(struct server *s) {
  const struct bots_options options = {
      .api = s->api, .loop = s->loop, .ctx = s, .log = on_api_log};
  const struct bots_config config = {.list = s->config.bots,
                                     .count = s->config.bot_count,
                                     .rules = &s->config.rest};
  const enum bt_err err = bots_create(&options, &s->bots);
  return err == BT_ERR_OK ? bots_configure(s->bots, &config) : err;
}

static enum bt_err create_genesys(struct server *s) {
  const struct genesys_options options = {
      .api = s->api,
      .loop = s->loop,
      .secret = {(const char *)s->secret, sizeof s->secret},
      .directory = text_from(s->data),
      .ctx = s,
      .log = on_api_log};
  const enum bt_err err = genesys_create(&options, &s->genesys);
  return err == BT_ERR_OK ? genesys_configure(s->genesys, &s->config.genesys,
                                              &s->config.rest)
                          : err;
}

static enum bt_err create_facades(struct server *s) {
  const struct facades_options options = {.api = s->api,
                                          .loop = s->loop,
                                          .bots = s->bots,
                                          .list = s->config.facades,
                                          .count = s->config.facade_count,
                                          .rules = &s->config.rest};
  return facades_create(&options, &s->facades);
}

static enum bt_err create_desks(struct server *s) {
  const struct desks_options options = {.api = s->api,
                                        .loop = s->loop,
                                        .list = s->config.desks,
                                        .count = s->config.desk_count,
                                        .rules = &s->config.rest,
                                        .ctx = s,
                                        .log = on_api_log};
  return desks_create(&options, &s->desks);
}

/* Calendars that are put over the API, on a clock of this machine. */
static bool read_zone(void *ctx, struct text name, struct arena *arena,
                      struct api_zone *out) {
  const struct server *s = ctx;
  const struct text centre =
      s->config.zone_name.len > 0 ? s->config.zone_name : TEXT("UTC");
  const struct text wanted = name.len > 0 ? name : centre;
  char bytes[ZONE_MAX_BYTES];
  struct text file;
  struct tz *zone = NULL;
  if (zone_read(wanted, bytes, &file) != BT_ERR_OK ||
      (file.len > 0 &&
       tz_from_tzif(heap_mem(), wanted, file, &zone) != BT_ERR_OK)) {
    return false;
  }
  tz_free(zone);
  *out = (struct api_zone){arena_copy_text(arena, wanted),
                           arena_copy_text(arena, file)};
  return out->name.ptr != NULL && (file.len == 0 || out->file.ptr != NULL);
}

/* A connection that the process cannot open would be lost without a word; one
 * above the limit is told. */
static enum bt_err create_http(struct server *s) {
  struct net_limits limits = s->config.limits;
  const int64_t files = files_raise_limit();
  limits.connections = files_fit(limits.connections, files);
  if (limits.connections < s->config.limits.connections) {
    log_say(&s->log, API_LOG_WARNING, "limits.connections",
            "%lld connections at once instead of %lld: this process may open "
            "%lld files (ulimit -Hn, or LimitNOFILE= of its unit)",
            (long long)limits.connections,
            (long long)s->config.limits.connections, (long long)files);
  }
  const enum bt_err err = http_server_create(
      s->loop, &limits, api_http_handlers(), s->api, &s->http);
  if (err == BT_ERR_OK) {
    http_server_set_strict(s->http, s->config.tls_strict);
  }
  return err;
}

struct api_files server_files(struct server *s, const struct server_config *c) {
  (void)snprintf(s->files, sizeof s->files, "%s/files", s->data);
  return (struct api_files){.directory = s->data[0] == '\0' ? NULL : s->files,
                            .link_seconds = c->link_seconds,
                            .scan = c->scan};
}

static enum bt_err create_api(struct server *s) {
  const struct server_config *c = &s->config;
  const struct api_options options = {
      .domain = s->domain,
      .loop = s->loop,
      .tokens = c->tokens,
      .token_count = c->token_count,
      .visitors = c->visitors,
      .history = s->history,
      .accounts = s->accounts,
      .vault = s->vault,
      .holds = s->holds,
      .grants = s->grants,
      .audit = s->audit,
      .audit_path = s->audit_path,
      .rates = c->rates,
      .origins = c->origins,
      .origin_count = c->origin_count,
      .secret = {(const char *)s->secret, sizeof s->secret},
      .version = text_from(s->options->version),
      .files = server_files(s, c),
      .mail = c->mail,
      .play = s->options->play,
      .ctx = s,
      .unix_us = unix_us,
      .entropy = entropy,
      .log = on_api_log,
      .read_zone = read_zone,
      .metrics = server_write_metrics};
  enum bt_err err = api_create(heap_mem(), &options, &s->api);
  if (err == BT_ERR_OK) {
    err = api_set_replies(s->api, c->replies);
  }
  if (err == BT_ERR_OK) {
    err = api_set_teams(s->api, c->teams, c->team_count);
  }
  if (err == BT_ERR_OK) {
    err = api_set_signin(s->api, &c->signin, &c->rest);
  }
  if (err == BT_ERR_OK) {
    err = create_bots(s);
  }
  if (err == BT_ERR_OK) {
    err = create_genesys(s);
  }
  if (err == BT_ERR_OK) {
    err = outside_create(s->api, s->loop, &c->rest, &s->log, &s->outside);
  }
  if (err == BT_ERR_OK) {
    err = create_facades(s);
  }
  if (err == BT_ERR_OK) {
    err = create_desks(s);
  }
  if (err == BT_ERR_OK) {
    err = pages_create(heap_mem(), &s->pages);
  }
  if (err == BT_ERR_OK) {
    api_open_door(s->api, on_page, s->pages);
    err = create_http(s);
  }
  if (err == BT_ERR_OK) {
    api_attach(s->api, s->http);
    genesys_attach(s->genesys, s->http);
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

static enum bt_err create_tls(struct server *s, struct server_error *why) {
  struct tls_fault fault = {.why = "there is no memory"};
  if (s->config.tls.certificate.len == 0) {
    return BT_ERR_OK;
  }
  const enum bt_err err =
      tls_create(heap_mem(), &s->config.tls, &s->tls, &fault);
  return err == BT_ERR_OK
             ? err
             : server_fail(why, err, "Cannot speak TLS: %s.", fault.why);
}

static enum bt_err create_loop(struct server *s) {
  enum bt_err err = loop_create(heap_mem(), &s->loop);
  if (err == BT_ERR_OK) {
    err = loop_waker_create(s->loop, on_wake, s, &s->durable);
  }
  if (err == BT_ERR_OK) {
    err = loop_timer_create(s->loop, on_tick, s, &s->tick);
  }
  return err;
}

static enum bt_err start(struct server *s, struct server_error *why) {
  enum bt_err err = create_loop(s);
  if (err != BT_ERR_OK) {
    return server_fail(why, err, "Cannot make the event loop: %s.",
                       bt_err_text(err));
  }
  err = server_open_domain(s, why);
  if (err != BT_ERR_OK) {
    return err;
  }
  err = server_open_audit(s, why);
  if (err == BT_ERR_OK) {
    err = server_open_accounts(s, why);
  }
  if (err == BT_ERR_OK) {
    err = server_open_history(s, why);
  }
  if (err == BT_ERR_OK) {
    err = server_open_holds(s, why);
  }
  if (err == BT_ERR_OK) {
    err = server_open_grants(s, why);
  }
  if (err != BT_ERR_OK) {
    return err;
  }
  err = create_api(s);
  if (err != BT_ERR_OK) {
    return server_fail(why, err, "Cannot make the server: %s.",
                       bt_err_text(err));
  }
  server_catch_up(s);
  api_set_retention(s->api, &s->config.retention);
  err = loop_on_signals(s->loop, on_signal, s);
  if (err != BT_ERR_OK) {
    return server_fail(why, err, "Cannot listen to signals: %s.",
                       bt_err_text(err));
  }
  loop_on_batch(s->loop, on_batch, s);
  arm_tick(s, 0);
  err = create_tls(s, why);
  return err == BT_ERR_OK ? listen_there(s, why) : err;
}

/* The file may say loopback, and --listen something else. */
static void warn_of_secrets(const struct server *s) {
  if (s->config.literal_tokens > 0 && server_is_loopback(s->config.host) &&
      !server_is_loopback(s->host)) {
    log_say(&s->log, API_LOG_WARNING, "configuration.secrets",
            "%zu secrets stand in %s, and the server listens beyond this "
            "machine; write their \"sha256\" (from \"baton token\"), \"env\" "
            "or \"file\" instead",
            s->config.literal_tokens, s->options->config_path);
  }
}

static void note_started(struct server *s) {
  const struct log_field fields[] = {
      {.name = "centre", .text = s->config.centre},
      {.name = "address", .text = text_from(s->host)},
      {.name = "port", .number = s->port},
      {.name = "data",
       .text = text_from(s->data[0] != '\0' ? s->data : "in memory")},
      {.name = "objects", .number = (int64_t)s->config.object_count},
      {.name = "scripts", .number = (int64_t)s->config.script_count},
      {.name = "tokens", .number = (int64_t)s->config.token_count}};
  s->started_us = clock_now_us(&s->clock);
  log_write(&s->log, API_LOG_INFO, "server.started", fields, 7);
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
  s->config = *take_config;
  s->log = options->log;
  s->log.level = s->config.log_level;
  const char *host = options->host != NULL ? options->host : s->config.host;
  memcpy(s->host, host, strlen(host) + 1);
  s->port = options->host != NULL ? options->port : s->config.port;
  const enum bt_err err = start(s, why);
  if (err != BT_ERR_OK) {
    server_free(s);
    return err;
  }
  warn_of_secrets(s);
  note_started(s);
  server_audit(s, "start", s->options->config_path);
  *out = s;
  return BT_ERR_OK;
}

void server_run(struct server *s) {
  loop_run(s->loop);
  log_say(&s->log, API_LOG_INFO, "server.stopped",
          "all connections are closed; the journal is being closed");
}

/* From the outside in; the waker must outlive the journal's thread. */
void server_free(struct server *s) {
  if (s->http != NULL) {
    http_server_free(s->http);
  }
  tls_free(s->tls);
  facades_free(s->facades);
  desks_free(s->desks);
  bots_free(s->bots);
  genesys_free(s->genesys);
  outside_free(s->outside);
  api_free(s->api);
  pages_free(s->pages);
  if (s->domain != NULL) {
    domain_close(s->domain, true);
  }
  if (s->apply != NULL) {
    apply_free(s->apply);
    server_config_free(&s->coming);
  }
  mem_free(heap_mem(), s->early, s->early_cap * sizeof *s->early);
  arena_free(&s->early_arena);
  loop_timer_free(s->tick);
  loop_waker_free(s->durable);
  if (s->loop != NULL) {
    loop_free(s->loop);
  }
  vault_close(s->vault); /* after the threads that erase */
  history_close(s->history);
  holds_close(s->holds);
  grants_close(s->grants);
  accounts_close(s->accounts);
  audit_close(s->audit);
  server_config_free(&s->config);
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
  return s->config.centre;
}
