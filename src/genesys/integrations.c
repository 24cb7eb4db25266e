/* Open-messaging integrations: the centre's file has some, the API makes
 * others. */
#include <string.h>

#include "genesys/lines_priv.h"
#include "net/url.h"

enum { HEADERS_MAX = 32 };

/* ---- finding one */

static bool of_file(struct genesys *g, struct arena *arena,
                    const struct genesys_integration *i,
                    struct open_integration *out) {
  const size_t count = i->header_count / 2;
  *out = (struct open_integration){.id = i->id,
                                   .name = i->name,
                                   .entry = i->entry,
                                   .url = i->url,
                                   .secret = i->secret,
                                   .header_count = count,
                                   .of_file = true};
  (void)g;
  out->headers = arena_alloc(arena, (count + 1) * sizeof *out->headers);
  for (size_t n = 0; out->headers != NULL && n < count; n++) {
    out->headers[n] =
        (struct http_header){i->headers[2 * n], i->headers[2 * n + 1]};
  }
  return out->headers != NULL;
}

static bool of_shelf(struct genesys *g, struct arena *arena, struct text id,
                     struct open_integration *out) {
  const struct json *tree =
      genesys_parse_copy(arena, shelf_get(&g->shelf, SHELF_INTEGRATIONS, id));
  const struct json *headers = json_part(tree, "webhookHeaders");
  *out = (struct open_integration){
      .id = json_text_of(tree, "id"),
      .name = json_text_of(tree, "name"),
      .entry = g->settings.entry,
      .url = json_text_of(tree, "outboundNotificationWebhookUrl"),
      .secret = json_text_of(
          tree, "outboundNotificationWebhookSignatureSecretToken")};
  out->headers = arena_alloc(arena, (HEADERS_MAX + 1) * sizeof *out->headers);
  for (const struct json *m = headers == NULL ? NULL : headers->first;
       m != NULL && out->headers != NULL && out->header_count < HEADERS_MAX;
       m = m->next) {
    out->headers[out->header_count++] = (struct http_header){m->key, m->text};
  }
  return tree != NULL && out->headers != NULL;
}

bool integration_find(struct genesys *g, struct arena *arena, struct text id,
                      struct open_integration *out) {
  const struct genesys_settings *s = &g->settings;
  for (size_t i = 0; i < s->integration_count; i++) {
    if (text_equal(s->integrations[i].id, id)) {
      return of_file(g, arena, &s->integrations[i], out);
    }
  }
  return of_shelf(g, arena, id, out);
}

static bool find(struct ask *a, struct open_integration *out) {
  if (integration_find(a->g, &a->arena, a->params[0], out)) {
    return true;
  }
  const struct ask_error e = {
      .status = 404,
      .code = "not.found",
      .message = ask_format(a, "There is no integration '%.*s'.",
                            TEXT_ARG(a->params[0])),
      .entity = a->params[0]};
  ask_fail(a, &e);
  return false;
}

/* ---- showing them; the secret is never shown */

static void put(const struct open_integration *i, struct json_out *o) {
  json_open_object(o);
  put_key_text(o, "id", i->id);
  put_key_text(o, "name", i->name);
  put_key_text(o, "status", TEXT("Active"));
  put_key_text(o, "createStatus", TEXT("Completed"));
  put_key_text(o, "outboundNotificationWebhookUrl", i->url);
  json_key(o, "webhookHeaders");
  json_open_object(o);
  for (size_t n = 0; !i->of_file && n < i->header_count; n++) {
    json_key_text(o, i->headers[n].name);
    json_put_text(o, i->headers[n].value);
  }
  json_close_object(o);
  put_key_i64(o, "version", 1);
  put_self(o, "/conversations/messaging/integrations/open/", i->id);
  json_close_object(o);
}

static void show(struct ask *a, struct text id) {
  struct open_integration i;
  a->params[0] = id;
  if (find(a, &i)) {
    struct json_out o = ask_json(a);
    put(&i, &o);
    ask_send(a, 200);
  }
}

void genesys_integration(struct ask *a) {
  show(a, a->params[0]);
}

static void list_one(struct listing *l, struct text id) {
  struct open_integration i;
  if (list_next(l) && integration_find(l->ask->g, &l->ask->arena, id, &i)) {
    put(&i, &l->o);
  }
}

void genesys_integrations(struct ask *a) {
  const struct genesys_settings *s = &a->g->settings;
  struct listing l;
  size_t at = 0;
  if (!list_begin(&l, a)) {
    return;
  }
  for (size_t i = 0; i < s->integration_count; i++) {
    list_one(&l, s->integrations[i].id);
  }
  for (const struct shelf_entry *e;
       (e = shelf_next(&a->g->shelf, SHELF_INTEGRATIONS, &at)) != NULL;) {
    list_one(&l, e->key);
  }
  list_send(&l);
}

/* ---- making and changing them */

static bool is_header_text(struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    if ((unsigned char)t.ptr[i] < ' ' || t.ptr[i] == 0x7f) {
      return false;
    }
  }
  return true;
}

static bool check_headers(struct ask *a) {
  const struct json *headers = ask_member(a, "webhookHeaders");
  bool good = headers == NULL ||
              (headers->type == JSON_OBJECT && headers->count <= HEADERS_MAX);
  for (const struct json *m = good && headers != NULL ? headers->first : NULL;
       m != NULL; m = m->next) {
    good = good && m->type == JSON_TEXT && is_header_text(m->key) &&
           is_header_text(m->text) && m->key.len > 0;
  }
  if (!good) {
    ask_fail_field(a, "webhookHeaders",
                   TEXT("webhookHeaders are up to 32 names with texts."));
  }
  return good;
}

static bool check(struct ask *a, bool fresh) {
  const struct text url = ask_text(a, "outboundNotificationWebhookUrl");
  struct url_parts parts;
  const char *why = "an integration needs one";
  if (a->body == NULL || a->body->type != JSON_OBJECT) {
    ask_fail_code(a, 400, "bad.request", TEXT("The body must be an object."));
    return false;
  }
  if (fresh && text_trim(ask_text(a, "name")).len == 0) {
    ask_fail_field(a, "name", TEXT("An integration needs a name."));
    return false;
  }
  if ((fresh || url.len > 0) && !url_split(url, &parts, &why)) {
    ask_fail_field(a, "outboundNotificationWebhookUrl",
                   ask_format(a, "outboundNotificationWebhookUrl: %s.", why));
    return false;
  }
  return check_headers(a);
}

/* Members of the body over those that were there. */
static void keep(struct ask *a, struct text id) {
  static const char *const names[] = {
      "name", "outboundNotificationWebhookUrl",
      "outboundNotificationWebhookSignatureSecretToken", "webhookHeaders"};
  const struct json *old = genesys_parse_copy(
      &a->arena, shelf_get(&a->g->shelf, SHELF_INTEGRATIONS, id));
  struct json_out o = ask_json(a);
  json_open_object(&o);
  put_key_text(&o, "id", id);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const struct json *m = ask_member(a, names[i]);
    m = m != NULL ? m : json_part(old, names[i]);
    if (m != NULL) {
      json_key(&o, names[i]);
      json_put_tree(&o, m);
    }
  }
  json_close_object(&o);
  if (a->out.failed || shelf_put(&a->g->shelf, SHELF_INTEGRATIONS, id,
                                 textbuf_text(&a->out)) != BT_ERR_OK) {
    ask_fail_code(a, 503, "service.unavailable",
                  TEXT("The file of the integrations cannot be written."));
    return;
  }
  show(a, id);
}

void genesys_add_integration(struct ask *a) {
  char id[ID_TEXT_LEN];
  uint64_t random[2];
  if (!check(a, true)) {
    return;
  }
  api_fill_random(a->g->api, random, sizeof random);
  id_to_text(genesys_id((struct id){random[0], random[1]}, "integration", 0),
             id);
  keep(a, arena_copy_text(&a->arena, (struct text){id, sizeof id}));
}

static bool find_own(struct ask *a) {
  struct open_integration i;
  if (!find(a, &i)) {
    return false;
  }
  if (i.of_file) {
    ask_fail_code(a, 409, "general.conflict",
                  TEXT("The integration stands in the centre's file: change it "
                       "there."));
  }
  return !i.of_file;
}

void genesys_change_integration(struct ask *a) {
  if (check(a, false) && find_own(a)) {
    keep(a, a->params[0]);
  }
}

void genesys_drop_integration(struct ask *a) {
  if (!find_own(a)) {
    return;
  }
  if (shelf_put(&a->g->shelf, SHELF_INTEGRATIONS, a->params[0], TEXT("")) !=
      BT_ERR_OK) {
    ask_fail_code(a, 503, "service.unavailable",
                  TEXT("The file of the integrations cannot be written."));
    return;
  }
  ask_send_empty(a, 204);
}

/* ---- the bots of a connector: kept, and shown again */

void genesys_set_bots(struct ask *a) {
  if (a->body == NULL) {
    ask_fail_code(a, 400, "bad.request", TEXT("The body lists the bots."));
    return;
  }
  if (shelf_put(&a->g->shelf, SHELF_BOTS, a->params[0], a->body->source) !=
      BT_ERR_OK) {
    ask_fail_code(a, 503, "service.unavailable",
                  TEXT("The file of the bots cannot be written."));
    return;
  }
  ask_send_empty(a, 204);
}

void genesys_bots(struct ask *a) {
  const struct text kept = shelf_get(&a->g->shelf, SHELF_BOTS, a->params[0]);
  if (kept.len == 0) {
    ask_fail_code(a, 404, "not.found",
                  ask_format(a, "The connector '%.*s' has no bots.",
                             TEXT_ARG(a->params[0])));
    return;
  }
  struct json_out o = ask_json(a);
  json_put_raw(&o, kept);
  ask_send(a, 200);
}
