/* What a server of several tenants answers at hosts that are nobody's: is the
 * process alive, which tenants are served, how busy they are. */
#include <string.h>

#include "domain/domain.h"
#include "server/tenants_priv.h"

static const char *const type_json = "application/json";

static void answer(struct http_request *req, int status, const char *type,
                   struct textbuf *body) {
  const struct http_header headers[] = {
      {TEXT("Content-Type"), text_from(type)},
      {TEXT("Cache-Control"), TEXT("no-store")}};
  (void)http_respond(req, status, headers, 2, textbuf_text(body));
  textbuf_free(body);
}

void front_refuse(struct http_request *req, enum refusal why,
                  struct text detail) {
  const struct engine_problem p = {
      .refusal = why, .detail = detail, .instance = http_request_path(req)};
  struct textbuf body;
  struct json_out o;
  textbuf_init(&body, heap_mem());
  json_out_init(&o, &body);
  engine_write_problem(NULL, &p, &o);
  answer(req, refusal_info(why)->http, "application/problem+json", &body);
}

/* ---- how a tenant is */

struct condition {
  const char *word; /* ready, full, failed, closed, leaving */
  struct text why;
  bool serves; /* what follows counts */
  struct engine_counts counts;
  uint64_t open, batches;
};

static struct condition look(const struct tenant *t) {
  struct condition is = {.word = "closed", .why = text_from(t->why.text)};
  struct journal_stats stats;
  if (t->centre == NULL) {
    return is;
  }
  journal_get_stats(domain_journal(t->centre->domain), &stats);
  engine_count(domain_engine(t->centre->domain), &is.counts);
  is.serves = true;
  is.batches = stats.batches;
  for (size_t i = 0; i < SESSION_STATUSES; i++) {
    is.open += is.counts.sessions[i];
  }
  if (t->leaves) {
    is.word = "leaving";
  } else if (stats.failed) {
    is.word = "failed";
    is.why = TEXT("The journal failed; it is opened anew by itself.");
  } else if (stats.full) {
    is.word = "full";
    is.why = TEXT("The journal's disk is full.");
  } else {
    is.word = "ready";
    is.why = TEXT("");
  }
  return is;
}

static size_t count_ready(const struct tenants *t) {
  size_t ready = 0;
  for (size_t i = 0; i < t->count; i++) {
    ready += strcmp(look(t->list[i]).word, "ready") == 0;
  }
  return ready;
}

/* ---- the answers */

static void serve_healthz(struct tenants *t, struct http_request *req) {
  struct textbuf body;
  struct json_out o;
  textbuf_init(&body, heap_mem());
  json_out_init(&o, &body);
  json_open_object(&o);
  json_key(&o, "status");
  json_put_text(&o, TEXT("alive"));
  json_key(&o, "version");
  json_put_text(&o, text_from(t->server->options->version));
  json_close_object(&o);
  answer(req, 200, type_json, &body);
}

/* One tenant that is not well must not take the others out of service. */
static void serve_readyz(struct tenants *t, struct http_request *req) {
  const size_t ready = count_ready(t);
  struct textbuf body;
  struct json_out o;
  if (ready == 0) {
    front_refuse(req, REFUSAL_UNAVAILABLE,
                 TEXT("No tenant can be served; the server's log says why."));
    return;
  }
  textbuf_init(&body, heap_mem());
  json_out_init(&o, &body);
  json_open_object(&o);
  json_key(&o, "status");
  json_put_text(&o, TEXT("ready"));
  json_key(&o, "tenants");
  json_put_u64(&o, t->count);
  json_key(&o, "ready");
  json_put_u64(&o, ready);
  json_close_object(&o);
  answer(req, 200, type_json, &body);
}

static void put_tenant(const struct tenant *t, struct json_out *o) {
  const struct condition is = look(t);
  json_open_object(o);
  json_key(o, "name");
  json_put_text(o, text_from(t->name));
  json_key(o, "status");
  json_put_text(o, text_from(is.word));
  if (is.why.len > 0) {
    json_key(o, "why");
    json_put_text(o, is.why);
  }
  json_key(o, "hosts");
  json_open_list(o);
  for (size_t i = 0; i < t->host_count; i++) {
    json_put_text(o, t->hosts[i]);
  }
  json_close_list(o);
  if (is.serves) {
    json_key(o, "centre");
    json_put_text(o, t->centre->config.centre);
    json_key(o, "openSessions");
    json_put_u64(o, is.open);
    json_key(o, "agentsLoggedIn");
    json_put_u64(o, is.counts.agents_in);
    json_key(o, "batches");
    json_put_u64(o, is.batches);
  }
  json_close_object(o);
}

static void serve_tenants(struct tenants *t, struct http_request *req) {
  struct textbuf body;
  struct json_out o;
  textbuf_init(&body, heap_mem());
  json_out_init(&o, &body);
  json_open_object(&o);
  json_key(&o, "tenants");
  json_open_list(&o);
  for (size_t i = 0; i < t->count; i++) {
    put_tenant(t->list[i], &o);
  }
  json_close_list(&o);
  json_close_object(&o);
  answer(req, 200, type_json, &body);
}

/* ---- metrics */

static uint64_t is_ready(const struct condition *is) {
  return strcmp(is->word, "ready") == 0;
}

static uint64_t open_sessions(const struct condition *is) {
  return is->open;
}

static uint64_t agents(const struct condition *is) {
  return is->counts.agents_in;
}

static uint64_t offers(const struct condition *is) {
  return is->counts.offers;
}

static uint64_t events(const struct condition *is) {
  return is->counts.events;
}

static uint64_t batches(const struct condition *is) {
  return is->batches;
}

static const struct gauge {
  const char *name, *type, *help;
  uint64_t (*value)(const struct condition *is);
} gauges[] = {
    {"baton_tenant_ready", "gauge", "1: it is served", is_ready},
    {"baton_tenant_sessions", "gauge", "its open sessions", open_sessions},
    {"baton_tenant_agents_logged_in", "gauge", "its agents who are not offline",
     agents},
    {"baton_tenant_offers", "gauge", "its offers that wait for an agent",
     offers},
    {"baton_tenant_events_total", "counter", "its events made or folded",
     events},
    {"baton_tenant_batches_total", "counter", "its batches written", batches}};

static void serve_metrics(struct tenants *t, struct http_request *req) {
  struct textbuf body;
  textbuf_init(&body, heap_mem());
  for (size_t g = 0; g < sizeof gauges / sizeof gauges[0]; g++) {
    textbuf_addf(&body, "# HELP %s %s\n# TYPE %s %s\n", gauges[g].name,
                 gauges[g].help, gauges[g].name, gauges[g].type);
    for (size_t i = 0; i < t->count; i++) {
      const struct condition is = look(t->list[i]);
      textbuf_addf(&body, "%s{tenant=\"%s\"} %llu\n", gauges[g].name,
                   t->list[i]->name, (unsigned long long)gauges[g].value(&is));
    }
  }
  api_write_process(t->server->http, &body);
  server_write_process(t->server, &body);
  answer(req, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

/* ---- dispatch */

static const struct front_route {
  struct text path;
  void (*serve)(struct tenants *t, struct http_request *req);
  bool anybody;
} routes[] = {{{"/healthz", 8}, serve_healthz, true},
              {{"/readyz", 7}, serve_readyz, true},
              {{"/metrics", 8}, serve_metrics, false},
              {{"/api/v1/tenants", 15}, serve_tenants, false}};

static bool is_operator(const struct tenants *t,
                        const struct http_request *req) {
  const struct text token = http_request_bearer(req);
  struct auth_identity who;
  return token.len > 0 &&
         auth_find(&t->operators, token, loop_unix_us(), &who) &&
         who.role == ROLE_OPERATOR;
}

void front_serve(struct tenants *t, struct http_request *req) {
  const struct front_route *r = routes;
  const struct front_route *end = routes + sizeof routes / sizeof routes[0];
  while (r < end && !text_equal(r->path, http_request_path(req))) {
    r++;
  }
  if (r == end) {
    front_refuse(req, REFUSAL_NOT_FOUND,
                 TEXT("No tenant is served at the host of this request. Ask at "
                      "a tenant's own host: NAME.localhost on this machine, or "
                      "what the server's file says."));
  } else if (http_request_method(req) != HTTP_GET &&
             http_request_method(req) != HTTP_HEAD) {
    front_refuse(req, REFUSAL_METHOD_NOT_ALLOWED,
                 TEXT("This is only read: GET."));
  } else if (!r->anybody && !is_operator(t, req)) {
    front_refuse(req, REFUSAL_UNAUTHORIZED,
                 TEXT("This needs an operator's token of the server's file, as "
                      "\"Authorization: Bearer TOKEN\"."));
  } else {
    r->serve(t, req);
  }
}
