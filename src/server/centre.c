#include <stdio.h>

#include "server/server_priv.h"
#include "server/zone.h"

enum {
  /* The disk may have room again, the machine may have slept: look. */
  LOOK_US = 1000000,
  /* A timer that is due and was not carried out waits for the disk. */
  STUCK_US = 20000
};

/* ---- what the parts ask of the centre */

static int64_t unix_us(void *ctx) {
  const struct centre *c = ctx;
  return clock_now_us(&c->clock);
}

static void entropy(void *ctx, void *bytes, size_t size) {
  (void)ctx;
  secret_fill(bytes, size);
}

static void on_api_log(void *ctx, const struct api_log *entry) {
  const struct centre *c = ctx;
  log_api(&c->log, entry);
}

/* ---- turns of the loop */

static void on_work(void *ctx) {
  struct centre *c = ctx;
  server_has_work(c->server, c);
}

static void look_at_disk(struct centre *c) {
  struct journal_stats stats;
  journal_get_stats(domain_journal(c->domain), &stats);
  if (c->was_full && !stats.full && !stats.failed) {
    log_say(&c->log, API_LOG_INFO, "journal.recovered",
            "the disk has room again; what waited is written");
  }
  c->was_full = stats.full;
  if (stats.failed) {
    server_recover(c->server, c);
  }
}

static void arm_tick(struct centre *c, int64_t at_least_us) {
  int64_t wait_us = domain_next_deadline(c->domain) - clock_now_us(&c->clock);
  wait_us = wait_us < LOOK_US ? wait_us : LOOK_US;
  loop_timer_start_after(c->tick,
                         wait_us > at_least_us ? wait_us : at_least_us);
}

/* Is the earliest timer carried out? Not while the disk has no room. */
static bool tick(struct centre *c) {
  const int64_t now_us = clock_now_us(&c->clock);
  const int64_t due_us = domain_next_deadline(c->domain);
  domain_tick(c->domain, now_us);
  return due_us > now_us || domain_next_deadline(c->domain) != due_us;
}

void centre_turn(struct centre *c) {
  const bool ticks = tick(c);
  (void)domain_release(c->domain);
  centre_finish_reload(c);
  if (domain_due(c->domain)) {
    on_work(c);
    loop_again(c->server->loop);
  }
  arm_tick(c, ticks ? 0 : STUCK_US);
}

/* centre_turn() does the rest. */
static void on_tick(void *ctx) {
  look_at_disk(ctx);
  on_work(ctx);
}

static void on_wake(void *ctx) {
  look_at_disk(ctx);
  on_work(ctx);
}

static bool on_page(void *ctx, struct http_request *req) {
  return pages_serve(ctx, req);
}

static enum bt_err create_bots(struct centre *c) {
  const struct bots_options options = {
      .api = c->api, .loop = c->server->loop, .ctx = c, .log = on_api_log};
  const struct bots_config config = {.list = c->config.bots,
                                     .count = c->config.bot_count,
                                     .rules = &c->config.rest};
  const enum bt_err err = bots_create(&options, &c->bots);
  return err == BT_ERR_OK ? bots_configure(c->bots, &config) : err;
}

static enum bt_err create_genesys(struct centre *c) {
  const struct genesys_options options = {
      .api = c->api,
      .loop = c->server->loop,
      .secret = {(const char *)c->secret, sizeof c->secret},
      .directory = text_from(c->data),
      .ctx = c,
      .log = on_api_log};
  const enum bt_err err = genesys_create(&options, &c->genesys);
  return err == BT_ERR_OK ? genesys_configure(c->genesys, &c->config.genesys,
                                              &c->config.rest)
                          : err;
}

static enum bt_err create_facades(struct centre *c) {
  const struct facades_options options = {.api = c->api,
                                          .loop = c->server->loop,
                                          .bots = c->bots,
                                          .list = c->config.facades,
                                          .count = c->config.facade_count,
                                          .rules = &c->config.rest};
  return facades_create(&options, &c->facades);
}

static enum bt_err create_desks(struct centre *c) {
  const struct desks_options options = {.api = c->api,
                                        .loop = c->server->loop,
                                        .list = c->config.desks,
                                        .count = c->config.desk_count,
                                        .rules = &c->config.rest,
                                        .ctx = c,
                                        .log = on_api_log};
  return desks_create(&options, &c->desks);
}

/* Calendars that are put over the API, on a clock of this machine. */
static bool read_zone(void *ctx, struct text name, struct arena *arena,
                      struct api_zone *out) {
  const struct centre *c = ctx;
  const struct text centre =
      c->config.zone_name.len > 0 ? c->config.zone_name : TEXT("UTC");
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

struct api_files centre_files(struct centre *c,
                              const struct server_config *config) {
  (void)snprintf(c->files, sizeof c->files, "%s/files", c->data);
  return (struct api_files){.directory = c->data[0] == '\0' ? NULL : c->files,
                            .link_seconds = config->link_seconds,
                            .scan = config->scan};
}

static enum bt_err create_api(struct centre *c) {
  const struct server_config *config = &c->config;
  const struct api_options options = {
      .domain = c->domain,
      .loop = c->server->loop,
      .tokens = config->tokens,
      .token_count = config->token_count,
      .visitors = config->visitors,
      .history = c->history,
      .accounts = c->accounts,
      .vault = c->vault,
      .holds = c->holds,
      .grants = c->grants,
      .audit = c->audit,
      .audit_path = c->audit_path,
      .rates = config->rates,
      .origins = config->origins,
      .origin_count = config->origin_count,
      .secret = {(const char *)c->secret, sizeof c->secret},
      .version = text_from(c->server->options->version),
      .files = centre_files(c, config),
      .mail = config->mail,
      .play = c->server->options->play,
      .ctx = c,
      .unix_us = unix_us,
      .entropy = entropy,
      .log = on_api_log,
      .read_zone = read_zone,
      .shared = c->tenant != NULL,
      .metrics = centre_write_metrics};
  enum bt_err err = api_create(heap_mem(), &options, &c->api);
  if (err == BT_ERR_OK) {
    err = api_set_replies(c->api, config->replies);
  }
  if (err == BT_ERR_OK) {
    err = api_set_teams(c->api, config->teams, config->team_count);
  }
  if (err == BT_ERR_OK) {
    err = api_set_signin(c->api, &config->signin, &config->rest);
  }
  if (err == BT_ERR_OK) {
    err = create_bots(c);
  }
  if (err == BT_ERR_OK) {
    err = create_genesys(c);
  }
  if (err == BT_ERR_OK) {
    err = outside_create(c->api, c->server->loop, &config->rest, &c->log,
                         &c->outside);
  }
  if (err == BT_ERR_OK) {
    err = create_facades(c);
  }
  if (err == BT_ERR_OK) {
    err = create_desks(c);
  }
  if (err == BT_ERR_OK) {
    api_open_door(c->api, on_page, c->server->pages);
  }
  return err;
}

/* ---- life */

static enum bt_err open_stores(struct centre *c, struct server_error *why) {
  enum bt_err err = centre_open_audit(c, why);
  if (err == BT_ERR_OK) {
    err = centre_open_accounts(c, why);
  }
  if (err == BT_ERR_OK) {
    err = centre_open_history(c, why);
  }
  if (err == BT_ERR_OK) {
    err = centre_open_holds(c, why);
  }
  return err == BT_ERR_OK ? centre_open_grants(c, why) : err;
}

static enum bt_err start(struct centre *c, struct text data,
                         struct server_error *why) {
  struct loop *loop = c->server->loop;
  enum bt_err err = loop_waker_create(loop, on_wake, c, &c->durable);
  if (err == BT_ERR_OK) {
    err = loop_timer_create(loop, on_tick, c, &c->tick);
  }
  if (err != BT_ERR_OK) {
    return server_fail(why, err, "Cannot make the event loop: %s.",
                       bt_err_text(err));
  }
  err = centre_open_domain(c, data, why);
  if (err == BT_ERR_OK) {
    err = open_stores(c, why);
  }
  if (err != BT_ERR_OK) {
    return err;
  }
  err = create_api(c);
  if (err != BT_ERR_OK) {
    return server_fail(why, err, "Cannot make the server: %s.",
                       bt_err_text(err));
  }
  centre_catch_up(c);
  api_set_retention(c->api, &c->config.retention);
  domain_on_work(c->domain, on_work, c);
  return BT_ERR_OK;
}

enum bt_err centre_create(const struct centre_options *options,
                          struct server_config *take_config,
                          struct centre **out, struct server_error *why) {
  struct centre *c = mem_new(heap_mem(), sizeof *c);
  if (c == NULL) {
    server_config_free(take_config);
    return server_fail(why, BT_ERR_NOMEM, "There is no memory.");
  }
  c->server = options->server;
  c->tenant = options->tenant;
  c->config_path = options->config_path;
  c->memory = options->memory;
  c->config = *take_config;
  c->log = options->log;
  *out = c;
  return start(c, options->data, why);
}

void centre_attach(struct centre *c, struct http_server *http) {
  api_attach(c->api, http);
  genesys_attach(c->genesys, http);
}

void centre_stop(struct centre *c) {
  api_stop(c->api);
  genesys_stop(c->genesys);
}

/* From the outside in; the waker must outlive the journal's thread. */
void centre_close(struct centre *c) {
  server_has_no_work(c->server, c);
  facades_free(c->facades);
  desks_free(c->desks);
  bots_free(c->bots);
  genesys_free(c->genesys);
  outside_free(c->outside);
  api_free(c->api);
  if (c->domain != NULL) {
    domain_close(c->domain, true);
  }
  if (c->apply != NULL) {
    apply_free(c->apply);
    server_config_free(&c->coming);
  }
  mem_free(heap_mem(), c->early, c->early_cap * sizeof *c->early);
  arena_free(&c->early_arena);
  loop_timer_free(c->tick);
  loop_waker_free(c->durable);
}

void centre_free(struct centre *c) {
  vault_close(c->vault); /* after the threads that erase */
  history_close(c->history);
  holds_close(c->holds);
  grants_close(c->grants);
  accounts_close(c->accounts);
  audit_close(c->audit);
  server_config_free(&c->config);
  mem_free(heap_mem(), c, sizeof *c);
}
