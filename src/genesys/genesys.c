/* The facade's life, its door, and from a path to the function that answers. */
#include "genesys/genesys.h"

#include <string.h>

#include "base/check.h"
#include "base/digest.h"
#include "genesys/channels_priv.h"
#include "genesys/lines_priv.h"
#include "genesys/scope_priv.h"
#include "net/url.h"

static const struct genesys_route routes[] = {
#define GENESYS_ROUTE(m, p, a, serve, s, d)                                    \
  {HTTP_##m, p, GENESYS_##a, genesys_##serve},
#include "genesys/routes.def"
#undef GENESYS_ROUTE
};

enum { ROUTES = sizeof routes / sizeof routes[0] };

/* ---- paths */

static struct text next_part(struct text *rest) {
  const struct text part = text_sub(*rest, 0, text_find(*rest, TEXT("/"), 0));
  *rest = text_sub(*rest, part.len + 1, rest->len);
  return part;
}

static bool path_fits(const char *pattern, struct text path,
                      struct text params[GENESYS_PARAMS_MAX]) {
  struct text want = text_sub(text_from(pattern), 1, SIZE_MAX);
  struct text have = text_sub(path, 1, path.len);
  size_t count = 0;
  while (want.len > 0 && have.len > 0) {
    const struct text w = next_part(&want), h = next_part(&have);
    if (text_starts(w, TEXT("{")) && h.len > 0) {
      params[count++] = h;
    } else if (!text_equal(w, h)) {
      return false;
    }
  }
  return want.len == 0 && have.len == 0;
}

static bool decode(struct ask *a, struct text *param) {
  struct textbuf b;
  textbuf_init(&b, a->g->mem);
  const bool good = url_decode(*param, &b) && !b.failed;
  *param = good ? arena_copy_text(&a->arena, textbuf_text(&b)) : TEXT("");
  textbuf_free(&b);
  return good && param->ptr != NULL;
}

/* False: answered. */
static bool find_route(struct ask *a) {
  bool known = false;
  for (size_t i = 0; i < ROUTES; i++) {
    struct text params[GENESYS_PARAMS_MAX] = {{"", 0}, {"", 0}, {"", 0}};
    if (!path_fits(routes[i].path, a->path, params)) {
      continue;
    }
    known = true;
    if (routes[i].method == a->method && a->route == NULL) {
      a->route = &routes[i];
      memcpy(a->params, params, sizeof params);
    }
  }
  if (a->route == NULL) {
    ask_fail_code(a, known ? 405 : 404,
                  known ? "method.not.allowed" : "not.found",
                  known ? TEXT("This resource does not know the method.")
                        : TEXT("The requested resource is not offered here; "
                               "docs/compatibility.md lists those that are."));
    return false;
  }
  for (size_t i = 0; i < GENESYS_PARAMS_MAX; i++) {
    if (!decode(a, &a->params[i])) {
      ask_fail_code(a, 400, "bad.request",
                    TEXT("The path is not well-formed: a %-triple is broken, "
                         "or it is not UTF-8."));
      return false;
    }
  }
  return true;
}

/* A form is the business of who reads it; all other bodies are JSON. */
static bool read_body(struct ask *a) {
  struct json *tree = NULL;
  struct json_error error;
  if (a->route->access == GENESYS_ANYBODY || text_trim(a->raw).len == 0) {
    return true;
  }
  if (json_parse(&a->arena, a->raw, GENESYS_BODY_DEPTH, &tree, &error) ==
      BT_ERR_OK) {
    a->body = tree;
    return true;
  }
  ask_fail_code(a, 400, "bad.request",
                ask_format(a, "%s (line %u, column %u)", error.message,
                           error.line, error.column));
  return false;
}

static bool may(struct ask *a) {
  if (a->route->access != GENESYS_ADMIN || a->by.role == ROLE_ADMIN) {
    return true;
  }
  ask_fail_code(a, 403, "not.authorized",
                TEXT("This call is for clients of the role admin."));
  return false;
}

static void name_request(struct ask *a) {
  uint64_t random;
  api_fill_random(a->g->api, &random, sizeof random);
  a->by.request = ask_format(a, "%016llx", (unsigned long long)random);
}

static bool is_ours(struct text path) {
  return text_starts(path, TEXT("/api/v2/")) ||
         text_equal(path, TEXT("/oauth/token"));
}

/* A page of any origin may ask: what lets it in is its token, which browsers
 * add to nothing by themselves. */
static bool answer_preflight(struct http_request *req) {
  const struct text asked =
      http_request_header(req, TEXT("Access-Control-Request-Headers"));
  if (http_request_method(req) != HTTP_OPTIONS ||
      http_request_header(req, TEXT("Access-Control-Request-Method")).len ==
          0) {
    return false;
  }
  const struct http_header list[] = {
      {TEXT("Access-Control-Allow-Origin"), TEXT("*")},
      {TEXT("Access-Control-Allow-Methods"),
       TEXT("GET, HEAD, POST, PUT, PATCH, DELETE")},
      {TEXT("Access-Control-Allow-Headers"),
       asked.len > 0 ? asked : TEXT("Authorization, Content-Type")},
      {TEXT("Access-Control-Max-Age"), TEXT("7200")}};
  (void)http_respond(req, 204, list, sizeof list / sizeof list[0], TEXT(""));
  return true;
}

static bool on_request(void *ctx, struct http_request *req) {
  struct genesys *g = ctx;
  if (!g->settings.offered || !is_ours(http_request_path(req))) {
    return false;
  }
  if (answer_preflight(req)) {
    return true;
  }
  struct ask *a = ask_new(g, req);
  if (a == NULL) {
    (void)http_respond(req, 503, NULL, 0, TEXT(""));
    return true;
  }
  name_request(a);
  if (find_route(a) &&
      (a->route->access == GENESYS_ANYBODY || oauth_identify(a, req)) &&
      may(a) && ask_in_scope(a) && read_body(a)) {
    a->route->serve(a);
  }
  return true;
}

/* ---- settings */

static bool copy_text(struct arena *arena, struct text *t) {
  *t = arena_copy_text(arena, *t);
  return t->ptr != NULL;
}

static void *copy_list(struct arena *arena, const void *list, size_t bytes) {
  void *copy = arena_alloc(arena, bytes + 1);
  if (copy != NULL && bytes > 0) {
    memcpy(copy, list, bytes);
  }
  return copy;
}

static bool copy_clients(struct arena *arena, struct genesys_settings *s) {
  struct genesys_client *list =
      copy_list(arena, s->clients, s->client_count * sizeof *list);
  bool good = list != NULL;
  for (size_t i = 0; good && i < s->client_count; i++) {
    good = copy_text(arena, &list[i].id) && copy_text(arena, &list[i].secret) &&
           copy_text(arena, &list[i].user);
  }
  s->clients = list;
  return good;
}

static bool copy_texts(struct arena *arena, const struct text **list,
                       size_t count) {
  struct text *copy = copy_list(arena, *list, count * sizeof *copy);
  bool good = copy != NULL;
  for (size_t i = 0; good && i < count; i++) {
    good = copy_text(arena, &copy[i]);
  }
  *list = copy;
  return good;
}

static bool copy_integration(struct arena *arena,
                             struct genesys_integration *i) {
  return copy_text(arena, &i->id) && copy_text(arena, &i->name) &&
         copy_text(arena, &i->entry) && copy_text(arena, &i->url) &&
         copy_text(arena, &i->secret) &&
         copy_texts(arena, &i->headers, i->header_count);
}

static bool copy_settings(struct arena *arena,
                          const struct genesys_settings *from,
                          struct genesys_settings *s) {
  *s = *from;
  struct genesys_integration *list =
      copy_list(arena, s->integrations, s->integration_count * sizeof *list);
  bool good = list != NULL && copy_clients(arena, s) &&
              copy_texts(arena, &s->wrapup_codes, s->wrapup_count) &&
              copy_text(arena, &s->entry);
  for (size_t i = 0; good && i < s->integration_count; i++) {
    good = copy_integration(arena, &list[i]);
  }
  s->integrations = list;
  return good;
}

/* Who writes a webhook into the centre's file means its host; those that are
 * made over the API go where "rest" lets scripts go. */
static bool set_rules(struct genesys *g, const struct genesys_settings *s,
                      const struct outbound_rules *given) {
  struct arena arena;
  struct outbound_rules rules = *given;
  arena_init(&arena, g->mem, 0);
  struct text *allow = arena_alloc(
      &arena, (rules.allow_count + s->integration_count + 1) * sizeof *allow);
  bool good = allow != NULL;
  for (size_t i = 0; good && i < rules.allow_count; i++) {
    allow[i] = given->allow[i];
  }
  for (size_t i = 0; good && i < s->integration_count; i++) {
    allow[rules.allow_count] = outbound_rule_of(&arena, s->integrations[i].url);
    good = allow[rules.allow_count++].len > 0;
  }
  rules.allow = allow;
  good = good && outbound_set_rules(courier_post_outbound(g->lines->post),
                                    &rules) == BT_ERR_OK;
  arena_free(&arena);
  return good;
}

enum bt_err genesys_configure(struct genesys *g,
                              const struct genesys_settings *settings,
                              const struct outbound_rules *rules) {
  struct genesys_settings fresh;
  struct arena arena;
  arena_init(&arena, g->mem, 0);
  if (!copy_settings(&arena, settings, &fresh) ||
      !set_rules(g, &fresh, rules)) {
    arena_free(&arena);
    return BT_ERR_NOMEM;
  }
  arena_free(&g->arena);
  g->arena = arena;
  g->settings = fresh;
  if (fresh.offered && !g->recovered) {
    g->recovered = true;
    lines_recover(g);
  }
  return BT_ERR_OK;
}

/* ---- life */

static const char *const sections[] = {
#define X(name, wire) wire,
    SHELF_SECTION_LIST(X)
#undef X
};
static const struct shelf_form shelf_form = {"genesys.json", sections,
                                             SHELF_SECTIONS};

enum bt_err genesys_create(const struct genesys_options *options,
                           struct genesys **out) {
  const struct mem *mem = api_mem(options->api);
  struct genesys *g = mem_new(mem, sizeof *g);
  if (g == NULL) {
    return BT_ERR_NOMEM;
  }
  g->mem = mem;
  g->options = *options;
  g->api = options->api;
  arena_init(&g->arena, mem, 0);
  digest_hmac_sha256(options->secret, TEXT("genesys tokens"), g->secret);
  enum bt_err err = shelf_open(&g->shelf, mem, &shelf_form, options->directory);
  if (err == BT_ERR_OK) {
    err = lines_init(g);
  }
  if (err == BT_ERR_OK) {
    err = channels_init(g);
  }
  if (err != BT_ERR_OK) {
    genesys_free(g);
    return err;
  }
  api_open_door(g->api, on_request, g);
  const struct domain_listener listener = {.ctx = g,
                                           .on_event = notify_on_event};
  domain_listen(api_domain(g->api), &listener);
  *out = g;
  return BT_ERR_OK;
}

void genesys_attach(struct genesys *g, struct http_server *server) {
  g->server = server;
}

void genesys_stop(struct genesys *g) {
  channels_stop(g);
}

void genesys_free(struct genesys *g) {
  if (g == NULL) {
    return;
  }
  asks_free(g);
  lines_free(g);
  channels_free(g);
  shelf_close(&g->shelf);
  arena_free(&g->arena);
  mem_free(g->mem, g, sizeof *g);
}
