#include <openssl/crypto.h>
#include <string.h>

#include "server/tenants_priv.h"

static void say_fixed(const struct log *log, const char *member) {
  log_say(log, API_LOG_WARNING, "configuration.fixed",
          "\"%s\" has changed: it takes effect at the next start", member);
}

static bool same_origins(const struct server_config *a,
                         const struct server_config *b) {
  size_t i = 0;
  while (i < a->origin_count && i < b->origin_count &&
         text_equal(a->origins[i], b->origins[i])) {
    i++;
  }
  return i == a->origin_count && i == b->origin_count;
}

static bool same_facades(const struct server_config *a,
                         const struct server_config *b) {
  size_t i = 0;
  while (i < a->facade_count && i < b->facade_count &&
         facade_settings_equal(&a->facades[i], &b->facades[i])) {
    i++;
  }
  return i == a->facade_count && i == b->facade_count;
}

static bool same_desks(const struct server_config *a,
                       const struct server_config *b) {
  size_t i = 0;
  while (i < a->desk_count && i < b->desk_count &&
         desk_settings_equal(&a->desks[i], &b->desks[i])) {
    i++;
  }
  return i == a->desk_count && i == b->desk_count;
}

/* What the centre has begun with and cannot change under way. */
static void compare_fixed(const struct centre *c,
                          const struct server_config *coming) {
  const struct server_config *now = &c->config;
  if (now->visitors != coming->visitors) {
    say_fixed(&c->log, "visitors");
  }
  if (!same_origins(now, coming)) {
    say_fixed(&c->log, "origins");
  }
  if (!same_facades(now, coming)) {
    say_fixed(&c->log, "facades");
  }
  if (!same_desks(now, coming)) {
    say_fixed(&c->log, "desks");
  }
  if (CRYPTO_memcmp(&now->master, &coming->master, sizeof now->master) != 0) {
    say_fixed(&c->log, "vault");
  }
  if (memcmp(&now->rates, &coming->rates, sizeof now->rates) != 0) {
    say_fixed(&c->log, "rates");
  }
}

/* Both files have been tried: memory alone can be missing. */
static void renew_tls(const struct server *s,
                      const struct server_config *coming) {
  struct tls_fault fault = {.why = "there is no memory"};
  if ((s->tls != NULL) != (coming->tls.certificate.len > 0)) {
    say_fixed(&s->log, "tls");
  } else if (s->tls != NULL &&
             tls_renew(s->tls, &coming->tls, &fault) != BT_ERR_OK) {
    log_say(&s->log, API_LOG_ERROR, "configuration.tls",
            "the certificate before stays in use: %s", fault.why);
  }
  http_server_set_strict(s->http, coming->tls_strict);
}

void server_renew(struct server *s, const struct server_config *now,
                  const struct server_config *coming) {
  if (strcmp(now->host, coming->host) != 0 || now->port != coming->port) {
    say_fixed(&s->log, "listen");
  }
  if (!text_equal(now->data, coming->data)) {
    say_fixed(&s->log, "data");
  }
  if (memcmp(&now->limits, &coming->limits, sizeof now->limits) != 0) {
    say_fixed(&s->log, "limits");
  }
  renew_tls(s, coming);
  s->log.level = coming->log_level;
}

static bool load(struct centre *c, struct server_config *out) {
  struct findings findings;
  findings_init(&findings, heap_mem());
  const enum bt_err err =
      server_config_load(heap_mem(), c->config_path, &findings, out);
  log_findings(&c->log, &findings);
  findings_free(&findings);
  if (err != BT_ERR_OK) {
    return false;
  }
  struct server_error why;
  if (c->tenant != NULL &&
      !tenants_may_have(c->server->tenants, c, out, &why)) {
    log_say(&c->log, API_LOG_ERROR, "configuration.finding", "%s: %s",
            c->config_path, why.text);
    server_config_free(out);
    return false;
  }
  if (!text_equal(out->centre, c->config.centre)) {
    log_say(&c->log, API_LOG_ERROR, "configuration.finding",
            "this is another centre, \"%.*s\"; the one that runs is \"%.*s\"",
            TEXT_ARG(out->centre), TEXT_ARG(c->config.centre));
    server_config_free(out);
    return false;
  }
  return true;
}

/* What the process itself keeps: everything, or nothing at all. What is a
 * command may still be refused one by one (see centre_finish_reload()). */
static bool begin(struct centre *c) {
  const struct apply_options options = {
      .domain = c->domain, .clock = &c->clock, .log = &c->log};
  const struct server_config *now = &c->config, *coming = &c->coming;
  if (api_set_tokens(c->api, coming->tokens, coming->token_count) ==
      BT_ERR_OK) {
    if (apply_start(heap_mem(), &options, coming, &c->apply) == BT_ERR_OK) {
      compare_fixed(c, coming);
      if (api_set_teams(c->api, coming->teams, coming->team_count) !=
          BT_ERR_OK) {
        log_say(&c->log, API_LOG_ERROR, "configuration.teams",
                "there is no memory for \"teams\": they stay as they were");
      }
      if (c->tenant == NULL) {
        server_renew(c->server, now, coming);
        c->log.level = coming->log_level;
      }
      if (outside_set_rules(c->outside, &coming->rest) != BT_ERR_OK) {
        log_say(&c->log, API_LOG_ERROR, "configuration.rest",
                "there is no memory for \"rest\": the one before stays in "
                "force");
      }
      return true;
    }
    if (api_set_tokens(c->api, now->tokens, now->token_count) != BT_ERR_OK) {
      log_say(&c->log, API_LOG_ERROR, "configuration.tokens",
              "there is no memory to bring the old tokens back: those of the "
              "new file are in force");
    }
  }
  server_config_free(&c->coming);
  return false;
}

bool centre_reload(struct centre *c) {
  if (c->apply != NULL) {
    log_say(&c->log, API_LOG_WARNING, "configuration.busy",
            "the last reload is still under way; send the signal again");
    return false;
  }
  if (!load(c, &c->coming) || !begin(c)) {
    c->failed_reloads++;
    log_say(&c->log, API_LOG_ERROR, "configuration.kept",
            "the new configuration is not used; the one before stays in force");
    return false;
  }
  return true;
}

void centre_finish_reload(struct centre *c) {
  if (c->apply == NULL || !apply_is_done(c->apply)) {
    return;
  }
  const size_t refused = apply_refused(c->apply);
  const struct log_field fields[] = {
      {.name = "objects", .number = (int64_t)c->coming.object_count},
      {.name = "scripts", .number = (int64_t)c->coming.script_count},
      {.name = "tokens", .number = (int64_t)c->coming.token_count},
      {.name = "refused", .number = (int64_t)refused}};
  log_write(&c->log, refused == 0 ? API_LOG_INFO : API_LOG_ERROR,
            refused == 0 ? "configuration.loaded" : "configuration.refused",
            fields, 4);
  centre_audit(c, refused == 0 ? "reload" : "reloadRefused", c->config_path);
  c->reloads += refused == 0;
  c->failed_reloads += refused != 0;
  apply_free(c->apply);
  c->apply = NULL;
  domain_set_zone(c->domain, c->coming.zone);
  const struct bots_config bots = {.list = c->coming.bots,
                                   .count = c->coming.bot_count,
                                   .rules = &c->coming.rest};
  if (bots_configure(c->bots, &bots) != BT_ERR_OK) {
    log_say(&c->log, API_LOG_ERROR, "configuration.bots",
            "there is no memory for some bots: they stay as they were");
  }
  if (api_set_replies(c->api, c->coming.replies) != BT_ERR_OK) {
    log_say(&c->log, API_LOG_ERROR, "configuration.replies",
            "there is no memory for \"replies\": they stay as they were");
  }
  if (genesys_configure(c->genesys, &c->coming.genesys, &c->coming.rest) !=
      BT_ERR_OK) {
    log_say(&c->log, API_LOG_ERROR, "configuration.genesys",
            "there is no memory for \"genesys\": it stays as it was");
  }
  if (api_set_signin(c->api, &c->coming.signin, &c->coming.rest) != BT_ERR_OK) {
    log_say(&c->log, API_LOG_ERROR, "configuration.oidc",
            "there is no memory for \"oidc\": it stays as it was");
  }
  const struct api_files files = centre_files(c, &c->coming);
  api_set_files(c->api, &files);
  api_set_mail(c->api, &c->coming.mail);
  api_set_retention(c->api, &c->coming.retention);
  server_config_free(&c->config);
  c->config = c->coming;
}
