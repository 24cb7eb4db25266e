#include "server/tenants_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

/* ---- which tenant a request is for */

static bool same_host(const void *ctx, uint32_t value, const void *key) {
  const struct tenants *t = ctx;
  return text_equal_nocase(t->hosts[value].name, *(const struct text *)key);
}

/* Without the port, and without the point that ends a full name. */
static struct text host_name(struct text header) {
  size_t end = header.len;
  while (end > 0 && isdigit((unsigned char)header.ptr[end - 1])) {
    end--;
  }
  const bool has_port = end > 0 && header.ptr[end - 1] == ':';
  struct text name = has_port ? text_sub(header, 0, end - 1) : header;
  return text_ends(name, TEXT(".")) ? text_sub(name, 0, name.len - 1) : name;
}

static struct tenant *find(const struct tenants *t,
                           const struct http_request *req) {
  const struct text name = host_name(http_request_host(req));
  const uint32_t at = map_get(&t->by_host, hash_text_nocase(name), &name);
  return at == MAP_NONE ? NULL : t->hosts[at].tenant;
}

static void on_request(void *ctx, struct http_request *req) {
  struct tenants *t = ctx;
  struct tenant *to = find(t, req);
  http_request_set_owner(req, to == NULL ? NULL : to->centre);
  if (to == NULL) {
    front_serve(t, req);
  } else if (to->centre == NULL) {
    front_refuse(req, REFUSAL_UNAVAILABLE,
                 TEXT("This centre could not be opened; the server's log says "
                      "why."));
  } else {
    api_http_handlers()->on_request(to->centre->api, req);
  }
}

static bool takes_upload(void *ctx, const struct http_request *req) {
  const struct tenant *to = find(ctx, req);
  return to != NULL && to->centre != NULL &&
         api_http_handlers()->takes_upload(to->centre->api, req);
}

/* Whose it would have been is not known; what is said is the same for all. */
static void on_bad_request(void *ctx, const struct http_fault_info *fault,
                           struct textbuf *body) {
  const struct tenants *t = ctx;
  for (size_t i = 0; i < t->count; i++) {
    if (t->list[i]->centre != NULL) {
      api_http_handlers()->on_bad_request(t->list[i]->centre->api, fault, body);
      return;
    }
  }
}

const struct http_handlers *tenants_http_handlers(void) {
  static const struct http_handlers handlers = {.on_request = on_request,
                                                .on_bad_request =
                                                    on_bad_request,
                                                .takes_upload = takes_upload};
  return &handlers;
}

/* Those that leave have no host any more. */
static enum bt_err learn_hosts(struct tenants *t) {
  size_t count = 0;
  for (size_t i = 0; i < t->count; i++) {
    count += t->list[i]->host_count;
  }
  struct tenant_host *hosts = mem_new(heap_mem(), (count + 1) * sizeof *hosts);
  struct map fresh;
  map_init(&fresh, heap_mem(), same_host, t);
  if (hosts == NULL || !map_reserve(&fresh, count)) {
    mem_free(heap_mem(), hosts, (count + 1) * sizeof *hosts);
    map_free(&fresh);
    return BT_ERR_NOMEM;
  }
  mem_free(heap_mem(), t->hosts, (t->host_count + 1) * sizeof *hosts);
  map_free(&t->by_host);
  t->hosts = hosts;
  t->host_count = 0;
  t->by_host = fresh;
  for (size_t i = 0; i < t->count; i++) {
    struct tenant *of = t->list[i];
    for (size_t h = 0; h < of->host_count; h++) {
      hosts[t->host_count] = (struct tenant_host){of->hosts[h], of};
      const bool put = map_put(&t->by_host, hash_text_nocase(of->hosts[h]),
                               (uint32_t)t->host_count++);
      bt_check(put);
    }
  }
  return BT_ERR_OK;
}

/* ---- opening one */

struct log tenant_log(const struct tenants *t, const struct tenant *of) {
  struct log log = t->server->log;
  log.tenant = of->name;
  return log;
}

static bool share_token(const struct server_config *a,
                        const struct server_config *b) {
  for (size_t i = 0; i < a->token_count; i++) {
    for (size_t n = 0; n < b->token_count; n++) {
      if (memcmp(a->tokens[i].sha256, b->tokens[n].sha256,
                 sizeof a->tokens[i].sha256) == 0) {
        return true;
      }
    }
  }
  return false;
}

bool tenants_may_have(const struct tenants *t, const struct centre *c,
                      const struct server_config *config,
                      struct server_error *why) {
  if (config->tenant_count > 0) {
    (void)server_fail(why, BT_ERR_SYNTAX,
                      "this is a server's file, with \"tenants\" of its own, "
                      "and no centre's");
    return false;
  }
  for (size_t i = 0; i < t->count; i++) {
    const struct centre *other = t->list[i]->centre;
    if (other != NULL && other != c && share_token(&other->config, config)) {
      (void)server_fail(why, BT_ERR_SYNTAX,
                        "a token of it is the tenant %s's, too: each needs "
                        "secrets of its own",
                        t->list[i]->name);
      return false;
    }
  }
  return true;
}

/* What is wrong with its file is logged, and said to be so. */
static enum bt_err load(struct tenants *t, struct tenant *of,
                        struct server_config *out) {
  const struct log log = tenant_log(t, of);
  struct findings findings;
  findings_init(&findings, heap_mem());
  enum bt_err err = server_config_load(heap_mem(), of->path, &findings, out);
  log_findings(&log, &findings);
  findings_free(&findings);
  if (err != BT_ERR_OK) {
    return server_fail(&of->why, err, "%s has errors", of->path);
  }
  struct server_error why;
  if (!tenants_may_have(t, NULL, out, &why)) {
    server_config_free(out);
    return server_fail(&of->why, BT_ERR_SYNTAX, "%s: %s", of->path, why.text);
  }
  return BT_ERR_OK;
}

static void let_down(struct tenants *t, struct tenant *of) {
  const struct log log = tenant_log(t, of);
  log_say(&log, API_LOG_ERROR, "tenant.failed",
          "it is not served until its file is good and read again: %s",
          of->why.text);
}

void tenant_open(struct tenants *t, struct tenant *of) {
  struct server_config config;
  if (load(t, of, &config) != BT_ERR_OK) {
    let_down(t, of);
    return;
  }
  const struct server_options *o = t->server->options;
  const struct text all = o->data != NULL ? text_from(o->data) : t->config.data;
  char data[PATH_MAX];
  (void)snprintf(data, sizeof data, "%.*s/%s", TEXT_ARG(all), of->name);
  const struct centre_options options = {.server = t->server,
                                         .config_path = of->path,
                                         .tenant = of->name,
                                         .data = text_from(data),
                                         .memory = o->memory,
                                         .log = tenant_log(t, of)};
  struct centre *c = NULL;
  if (centre_create(&options, &config, &c, &of->why) == BT_ERR_OK) {
    of->centre = c;
    of->opened_at_us = loop_now_us();
    of->why.text[0] = '\0';
    if (t->server->http != NULL) {
      centre_attach(c, t->server->http);
    }
    log_say(&c->log, API_LOG_INFO, "tenant.opened", "%s", of->path);
    return;
  }
  if (c != NULL) {
    centre_close(c);
    centre_free(c); /* it had no api, of which others' threads could know */
  }
  tenant_try_again(t, of);
}

/* ---- the list */

static struct tenant *find_by_name(const struct tenants *t, struct text name) {
  for (size_t i = 0; i < t->count; i++) {
    if (!t->list[i]->leaves && text_equal(text_from(t->list[i]->name), name)) {
      return t->list[i];
    }
  }
  return NULL;
}

static bool is_leaving(const struct tenants *t, struct text name) {
  for (size_t i = 0; i < t->count; i++) {
    if (t->list[i]->leaves && text_equal(text_from(t->list[i]->name), name)) {
      return true;
    }
  }
  return false;
}

/* The last; it is not open. */
static struct tenant *add(struct tenants *t, struct text name) {
  struct tenant *of = mem_grow(heap_mem(), &t->list, &t->cap, t->count + 1,
                               sizeof(struct tenant *))
                          ? mem_new(heap_mem(), sizeof *of)
                          : NULL;
  if (of != NULL) {
    (void)snprintf(of->name, sizeof of->name, "%.*s", TEXT_ARG(name));
    t->list[t->count++] = of;
  }
  return of;
}

static bool set(struct tenant *of, const struct server_tenant *is) {
  of->hosts = is->hosts;
  of->host_count = is->host_count;
  char *path = mem_new(heap_mem(), is->path.len + 1);
  if (path == NULL) {
    return false;
  }
  memcpy(path, is->path.ptr, is->path.len + 1);
  if (of->path != NULL) {
    mem_free(heap_mem(), of->path, strlen(of->path) + 1);
  }
  of->path = path;
  if (of->centre != NULL) {
    of->centre->config_path = path;
  }
  return true;
}

void tenant_forget(struct tenant *of) {
  if (of->path != NULL) {
    mem_free(heap_mem(), of->path, strlen(of->path) + 1);
  }
  mem_free(heap_mem(), of, sizeof *of);
}

/* ---- life */

static enum bt_err open_all(struct tenants *t, struct server_error *why) {
  for (size_t i = 0; i < t->config.tenant_count; i++) {
    const struct server_tenant *is = &t->config.tenants[i];
    struct tenant *of = add(t, is->name);
    if (of == NULL || !set(of, is)) {
      return server_fail(why, BT_ERR_NOMEM, "There is no memory.");
    }
    tenant_open(t, of);
  }
  return tenants_open_count(t) > 0
             ? BT_ERR_OK
             : server_fail(why, BT_ERR_STATE,
                           "No tenant could be opened; the log says why.");
}

enum bt_err tenants_create(struct server *s, struct server_config *take_config,
                           struct server_error *why) {
  struct tenants *t = mem_new(heap_mem(), sizeof *t);
  if (t == NULL) {
    server_config_free(take_config);
    return server_fail(why, BT_ERR_NOMEM, "There is no memory.");
  }
  t->server = s;
  t->config = *take_config;
  s->tenants = t;
  map_init(&t->by_host, heap_mem(), same_host, t);
  uint8_t secret[SECRET_BYTES];
  secret_fill(secret, sizeof secret);
  auth_init(&t->operators, heap_mem(),
            (struct text){(const char *)secret, sizeof secret});
  enum bt_err err =
      auth_set(&t->operators, t->config.tokens, t->config.token_count);
  if (err == BT_ERR_OK) {
    err = loop_timer_create(s->loop, tenants_on_sweep, t, &t->sweep);
  }
  if (err != BT_ERR_OK) {
    return server_fail(why, err, "There is no memory.");
  }
  err = open_all(t, why);
  if (err == BT_ERR_OK && learn_hosts(t) != BT_ERR_OK) {
    err = server_fail(why, BT_ERR_NOMEM, "There is no memory.");
  }
  return err;
}

void tenants_attach(struct tenants *t) {
  for (size_t i = 0; i < t->count; i++) {
    if (t->list[i]->centre != NULL) {
      centre_attach(t->list[i]->centre, t->server->http);
    }
  }
}

void tenants_stop(struct tenants *t) {
  for (size_t i = 0; i < t->count; i++) {
    if (t->list[i]->centre != NULL && !t->list[i]->ends) {
      centre_stop(t->list[i]->centre);
    }
  }
}

void tenants_close(struct tenants *t) {
  for (size_t i = 0; t != NULL && i < t->count; i++) {
    if (t->list[i]->centre != NULL) {
      centre_close(t->list[i]->centre);
    }
  }
  if (t != NULL) {
    loop_timer_free(t->sweep);
  }
}

void tenants_free(struct tenants *t) {
  if (t == NULL) {
    return;
  }
  for (size_t i = 0; i < t->count; i++) {
    if (t->list[i]->centre != NULL) {
      centre_free(t->list[i]->centre);
    }
    tenant_forget(t->list[i]);
  }
  mem_free(heap_mem(), t->list, t->cap * sizeof *t->list);
  mem_free(heap_mem(), t->hosts, (t->host_count + 1) * sizeof *t->hosts);
  map_free(&t->by_host);
  auth_free(&t->operators);
  server_config_free(&t->config);
  mem_free(heap_mem(), t, sizeof *t);
}

/* ---- all of them */

size_t tenants_open_count(const struct tenants *t) {
  size_t count = 0;
  for (size_t i = 0; i < t->count; i++) {
    count += t->list[i]->centre != NULL;
  }
  return count;
}

void tenants_audit(const struct tenants *t, const char *what) {
  for (size_t i = 0; i < t->count; i++) {
    if (t->list[i]->centre != NULL) {
      centre_audit(t->list[i]->centre, what, t->list[i]->path);
    }
  }
}

const char *tenants_literal(const struct tenants *t) {
  for (size_t i = 0; i < t->count; i++) {
    const struct centre *c = t->list[i]->centre;
    if (c != NULL && c->config.literal_tokens > 0) {
      return t->list[i]->path;
    }
  }
  return t->config.literal_tokens > 0 ? t->server->options->config_path : NULL;
}

/* ---- reading again */

static void renew(struct tenants *t, const struct server_tenant *is) {
  struct tenant *of = find_by_name(t, is->name);
  if (of == NULL && is_leaving(t, is->name)) {
    log_say(&t->server->log, API_LOG_WARNING, "tenant.busy",
            "%.*s is still being closed; send the signal again",
            TEXT_ARG(is->name));
    return;
  }
  if (of == NULL) {
    of = add(t, is->name);
  }
  if (of == NULL || !set(of, is)) {
    log_say(&t->server->log, API_LOG_ERROR, "tenant.failed",
            "there is no memory for %.*s", TEXT_ARG(is->name));
  } else if (of->centre == NULL) {
    of->again_at_us = 0;
    tenant_open(t, of);
  } else if (!of->ends) { /* else it is opened anew, with this file */
    (void)centre_reload(of->centre);
  }
}

static bool stays(const struct server_config *config, const struct tenant *of) {
  for (size_t i = 0; i < config->tenant_count; i++) {
    if (text_equal(config->tenants[i].name, text_from(of->name))) {
      return true;
    }
  }
  return false;
}

static bool load_server(struct tenants *t, struct server_config *out) {
  const struct server *s = t->server;
  struct findings findings;
  findings_init(&findings, heap_mem());
  enum bt_err err =
      server_config_load(heap_mem(), s->options->config_path, &findings, out);
  log_findings(&s->log, &findings);
  findings_free(&findings);
  if (err == BT_ERR_OK && out->tenant_count == 0) {
    log_say(&s->log, API_LOG_ERROR, "configuration.finding",
            "%s is a centre's file now; it was a server's, with \"tenants\"",
            s->options->config_path);
    server_config_free(out);
    err = BT_ERR_SYNTAX;
  }
  if (err == BT_ERR_OK &&
      auth_set(&t->operators, out->tokens, out->token_count) != BT_ERR_OK) {
    server_config_free(out);
    err = BT_ERR_NOMEM;
  }
  if (err != BT_ERR_OK) {
    log_say(&s->log, API_LOG_ERROR, "configuration.kept",
            "the new configuration is not used; the one before stays in force");
  }
  return err == BT_ERR_OK;
}

bool tenants_reload(struct tenants *t) {
  struct server_config before = t->config, coming;
  if (!load_server(t, &coming)) {
    return false;
  }
  server_renew(t->server, &before, &coming);
  t->config = coming;
  for (size_t i = 0; i < t->count; i++) {
    if (t->list[i]->centre != NULL) {
      t->list[i]->centre->log.level = coming.log_level;
    }
    if (!t->list[i]->leaves && !stays(&coming, t->list[i])) {
      tenant_leave(t, t->list[i]);
    }
  }
  for (size_t i = 0; i < coming.tenant_count; i++) {
    renew(t, &coming.tenants[i]);
  }
  if (learn_hosts(t) != BT_ERR_OK) {
    log_say(&t->server->log, API_LOG_ERROR, "configuration.tenants",
            "there is no memory for the hosts: send the signal again");
    map_clear(&t->by_host); /* what it knew is being freed */
  }
  server_config_free(&before);
  return true;
}
