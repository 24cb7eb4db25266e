/* Chatwoot's requests: who asks, for what, and the answers that wait. */
#include <string.h>

#include "domain/domain.h"
#include "facades/chatwoot/chatwoot_priv.h"

#define ROOT TEXT("/api/v1/")

/* ---- answers */

struct json_out *chatwoot_begin(struct ask *a) {
  textbuf_init(&a->text, a->c->facade.mem);
  json_out_init(&a->out, &a->text);
  return &a->out;
}

void chatwoot_end(struct ask *a) {
  if (a->req != NULL) {
    reply_json(a->req, a->text.failed ? 503 : 200, textbuf_text(&a->text));
    a->req = NULL;
  }
  textbuf_free(&a->text);
}

static void reply_error(const struct mem *mem, struct http_request *req,
                        int status, struct text why) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  put_text_member(&o, status == 422 ? "message" : "error", why);
  json_close_object(&o);
  reply_json(req, status, textbuf_text(&b));
  textbuf_free(&b);
}

void chatwoot_fail(struct ask *a, int status, struct text why) {
  if (a->req != NULL) {
    reply_error(a->c->facade.mem, a->req, status, why);
    a->req = NULL;
  }
}

/* ---- answers that wait until what they tell is durable */

struct pending {
  struct chatwoot *c;
  struct net_ref ref;
  struct chat *chat; /* held */
  ask_fn *reply;
  int64_t account, number;
  uint64_t batch;
  size_t content_len;
  char content[]; /* of the body: for whispers */
};

struct pending *chatwoot_put_off(struct ask *a, ask_fn *reply) {
  const struct text content = peer_text(a->body, "content");
  struct pending *p = mem_new(a->c->facade.mem, sizeof *p + content.len);
  if (p == NULL) {
    chatwoot_fail(a, 503, TEXT("There is no memory for it."));
    return NULL;
  }
  p->c = a->c;
  p->ref = http_request_ref(a->req);
  p->chat = a->chat;
  p->reply = reply;
  p->account = a->account;
  p->number = a->numbers[1];
  p->content_len = content.len;
  if (content.len > 0) {
    memcpy(p->content, content.ptr, content.len);
  }
  visit_hold(&a->chat->visit);
  a->req = NULL; /* it is answered later */
  return p;
}

static struct text detail_of(struct ask *a, const struct answer *answer) {
  struct json *tree = NULL;
  const bool read = json_parse(&a->arena, answer->body, JSON_DEPTH_MAX, &tree,
                               NULL) == BT_ERR_OK;
  const struct text detail = read ? peer_text(tree, "detail") : TEXT("");
  return detail.len > 0 ? detail : TEXT("It cannot be done now.");
}

/* Its session is over, but a conversation stays. */
static void fail_as(struct ask *a, const struct answer *answer) {
  if (answer->refusal == REFUSAL_UNKNOWN_SESSION) {
    chatwoot_fail(a, 422,
                  TEXT("The conversation is resolved: open it again "
                       "(toggle_status), or let the customer say something."));
  } else {
    chatwoot_fail(a, answer->code, detail_of(a, answer));
  }
}

void chatwoot_take_up(void *pending, const struct answer *answer) {
  struct pending *p = pending;
  struct http_server *server = api_server(p->c->facade.api);
  struct ask a = {.c = p->c,
                  .req =
                      server == NULL ? NULL : http_request_find(server, p->ref),
                  .account = p->account,
                  .numbers = {p->chat->number, p->number},
                  .chat = p->chat,
                  .batch = p->batch};
  arena_init(&a.arena, p->c->facade.mem, 0);
  if (a.req != NULL && answer != NULL && answer->code >= 400) {
    fail_as(&a, answer);
  } else if (a.req != NULL) {
    struct json content = {.type = JSON_TEXT,
                           .key = TEXT("content"),
                           .text = {p->content, p->content_len}};
    const struct json body = {
        .type = JSON_OBJECT, .count = 1, .first = &content};
    a.body = &body;
    a.query = arena_copy_text(&a.arena, http_request_query(a.req));
    p->reply(&a, answer);
  }
  arena_free(&a.arena);
  visit_drop(&p->chat->visit);
  mem_free(p->c->facade.mem, p, sizeof *p + p->content_len);
}

void chatwoot_note_batch(struct pending *p) {
  const struct step *s = domain_last_step(api_domain(p->c->facade.api));
  p->batch = s == NULL ? 0 : s->seq;
}

void chatwoot_submit(struct ask *a, const struct command *cmd, ask_fn *reply) {
  struct pending *p = chatwoot_put_off(a, reply);
  if (p == NULL) {
    return;
  }
  if (cmd == NULL) {
    domain_when_readable(api_domain(a->c->facade.api), chatwoot_take_up, p);
    return;
  }
  struct command copy = *cmd;
  api_submit(a->c->facade.api, &copy, chatwoot_take_up, p);
  chatwoot_note_batch(p);
}

/* ---- what is small */

static void serve_profile(struct ask *a) {
  struct json_out *o = chatwoot_begin(a);
  json_open_object(o);
  put_number_member(o, "id", 0);
  put_text_member(o, "name", a->c->facade.settings.id);
  put_number_member(o, "account_id", 1);
  put_text_member(o, "role", TEXT("administrator"));
  json_key(o, "accounts");
  json_open_list(o);
  json_open_object(o);
  put_number_member(o, "id", 1);
  put_text_member(o, "role", TEXT("administrator"));
  json_close_object(o);
  json_close_list(o);
  json_close_object(o);
  chatwoot_end(a);
}

static void serve_agents(struct ask *a) {
  const struct directory *d = engine_directory(api_engine(a->c->facade.api));
  struct json_out *o = chatwoot_begin(a);
  json_open_list(o);
  for (uint32_t i = 0; i < d->agent_count; i++) {
    if (!d->agents[i].origin.removed) {
      put_agent(o, &a->c->facade, i, a->account);
    }
  }
  json_close_list(o);
  chatwoot_end(a);
}

/* Without the queues that make themselves, of skills and agents. */
static void serve_teams(struct ask *a) {
  const struct directory *d = engine_directory(api_engine(a->c->facade.api));
  struct json_out *o = chatwoot_begin(a);
  json_open_list(o);
  for (uint32_t i = 0; i < d->queue_count; i++) {
    if (!d->queues[i].origin.removed &&
        directory_queue(d, d->queues[i].id) == i) {
      put_team(o, &a->c->facade, i, a->account);
    }
  }
  json_close_list(o);
  chatwoot_end(a);
}

static void put_inbox(struct json_out *o, const struct facade *f) {
  json_open_object(o);
  put_number_member(o, "id", INBOX);
  put_text_member(o, "name", f->settings.id);
  put_text_member(o, "channel_type", TEXT("Channel::Api"));
  json_key(o, "enable_auto_assignment");
  json_put_bool(o, true);
  put_text_member(o, "webhook_url", f->settings.webhook);
  json_close_object(o);
}

static void serve_inboxes(struct ask *a) {
  struct json_out *o = chatwoot_begin(a);
  json_open_object(o);
  json_key(o, "payload");
  json_open_list(o);
  put_inbox(o, &a->c->facade);
  json_close_list(o);
  json_close_object(o);
  chatwoot_end(a);
}

static void serve_inbox(struct ask *a) {
  if (a->numbers[0] != INBOX) {
    chatwoot_fail(a, 404, TEXT("Resource could not be found"));
    return;
  }
  struct json_out *o = chatwoot_begin(a);
  put_inbox(o, &a->c->facade);
  chatwoot_end(a);
}

/* ---- paths. "#" is a number, the first one the account's, "*" a word. */

static const struct route {
  const char *path;
  void (*serve)(struct ask *a);
  enum http_method method;
  bool of_chat; /* the number is a conversation's */
} routes[] = {
    {"profile", serve_profile, HTTP_GET, false},
    {"accounts/#/agents", serve_agents, HTTP_GET, false},
    {"accounts/#/teams", serve_teams, HTTP_GET, false},
    {"accounts/#/inboxes", serve_inboxes, HTTP_GET, false},
    {"accounts/#/inboxes/#", serve_inbox, HTTP_GET, false},
    {"accounts/#/contacts", chatwoot_serve_contacts, HTTP_GET, false},
    {"accounts/#/contacts", chatwoot_serve_new_contact, HTTP_POST, false},
    {"accounts/#/contacts/search", chatwoot_serve_contact_search, HTTP_GET,
     false},
    {"accounts/#/contacts/#", chatwoot_serve_contact, HTTP_GET, false},
    {"accounts/#/contacts/#", chatwoot_serve_contact_change, HTTP_PUT, false},
    {"accounts/#/contacts/#", chatwoot_serve_contact_change, HTTP_PATCH, false},
    {"accounts/#/contacts/#/conversations", chatwoot_serve_contact_chats,
     HTTP_GET, false},
    {"accounts/#/conversations", chatwoot_serve_chats, HTTP_GET, false},
    {"accounts/#/conversations", chatwoot_serve_new_chat, HTTP_POST, false},
    {"accounts/#/conversations/filter", chatwoot_serve_filter, HTTP_POST,
     false},
    {"accounts/#/conversations/meta", chatwoot_serve_chats_meta, HTTP_GET,
     false},
    {"accounts/#/conversations/#", chatwoot_serve_chat, HTTP_GET, true},
    {"accounts/#/conversations/#/toggle_status", chatwoot_serve_toggle,
     HTTP_POST, true},
    {"accounts/#/conversations/#/assignments", chatwoot_serve_assign, HTTP_POST,
     true},
    {"accounts/#/conversations/#/labels", chatwoot_serve_labels, HTTP_GET,
     true},
    {"accounts/#/conversations/#/labels", chatwoot_serve_new_labels, HTTP_POST,
     true},
    {"accounts/#/conversations/#/custom_attributes", chatwoot_serve_attributes,
     HTTP_POST, true},
    {"accounts/#/conversations/#/messages", chatwoot_serve_messages, HTTP_GET,
     true},
    {"accounts/#/conversations/#/messages", chatwoot_serve_new_message,
     HTTP_POST, true},
    {"accounts/#/conversations/#/attachments/*", chatwoot_serve_attachment,
     HTTP_GET, true}};

static struct text take_word(struct text *path) {
  const size_t end = text_find(*path, TEXT("/"), 0);
  const struct text word = text_sub(*path, 0, end);
  *path = text_sub(*path, end + 1, path->len);
  return word;
}

static bool matches(struct ask *a, const char *pattern, struct text path) {
  struct text wanted = text_from(pattern);
  int64_t *const numbers[] = {&a->account, &a->numbers[0], &a->numbers[1]};
  size_t count = 0;
  path = text_ends(path, TEXT("/")) ? text_sub(path, 0, path.len - 1) : path;
  while (wanted.len > 0 && path.len > 0) {
    const struct text word = take_word(&path), want = take_word(&wanted);
    if (text_equal(want, TEXT("*"))) {
      a->word = word;
    } else if (text_equal(want, TEXT("#"))
                   ? !text_to_i64(word, numbers[count++])
                   : !text_equal(want, word)) {
      return false;
    }
  }
  return wanted.len == 0 && path.len == 0;
}

static const struct route *find_route(struct ask *a, struct text path,
                                      bool *path_known) {
  for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
    if (matches(a, routes[i].path, path)) {
      *path_known = true;
      if (routes[i].method == http_request_method(a->req)) {
        return &routes[i];
      }
    }
  }
  return NULL;
}

bool chatwoot_read_body(struct ask *a) {
  const struct text type = http_request_header(a->req, TEXT("Content-Type"));
  struct json_error error = {.message = "it is no object"};
  if (http_request_body(a->req).len == 0) {
    return true;
  }
  a->body = form_is(type) ? form_read(&a->arena, type,
                                      http_request_body(a->req), &a->files)
                          : body_object(&a->arena, a->req, &error);
  if (a->body == NULL) {
    chatwoot_fail(a, 400,
                  form_is(type) ? TEXT("The form cannot be read.")
                                : text_from(error.message));
  }
  return a->body != NULL;
}

static bool within_rate(struct ask *a) {
  const struct caller by = chatwoot_caller(&a->c->facade);
  char why[160];
  int64_t wait_ms;
  if (api_within_rate(a->c->facade.api, &by, why, &wait_ms)) {
    return true;
  }
  chatwoot_fail(a, 429, text_from(why));
  return false;
}

static void route(struct ask *a, struct text path) {
  bool path_known = false;
  const struct route *r = find_route(a, path, &path_known);
  if (r == NULL) {
    chatwoot_fail(a, path_known ? 405 : 404, TEXT("This is not offered."));
    return;
  }
  if (!within_rate(a) || !chatwoot_read_body(a)) {
    return;
  }
  a->chat = r->of_chat ? chat_find(a->c, a->numbers[0]) : NULL;
  if (r->of_chat && a->chat == NULL) {
    chatwoot_fail(a, 404, TEXT("Resource could not be found"));
  } else {
    r->serve(a);
  }
}

/* ---- the facade */

static bool is_path(struct http_request *req) {
  const struct text path = http_request_path(req);
  return text_starts(path, TEXT("/api/v1/accounts/")) ||
         text_equal(path, TEXT("/api/v1/profile"));
}

static struct text token_of(const struct http_request *req) {
  const struct text own = http_request_header(req, TEXT("api_access_token"));
  return own.len > 0 ? own : http_request_bearer(req);
}

static bool serve(struct facade *f, struct http_request *req) {
  struct ask a = {.c = (struct chatwoot *)(void *)f, .req = req};
  if (!is_path(req) || http_request_method(req) == HTTP_OPTIONS ||
      (!secret_equal(token_of(req), f->settings.token) &&
       !chatwoot_is_signed(a.c, req))) {
    return false;
  }
  arena_init(&a.arena, f->mem, 0);
  a.query = arena_copy_text(&a.arena, http_request_query(req));
  const struct text path = arena_copy_text(&a.arena, http_request_path(req));
  route(&a, text_sub(path, ROOT.len, path.len));
  arena_free(&a.arena);
  return true;
}

static bool takes_upload(struct facade *f, const struct http_request *req) {
  const struct text path = http_request_path(req);
  return form_is(http_request_header(req, TEXT("Content-Type"))) &&
         text_starts(path, TEXT("/api/v1/accounts/")) &&
         text_ends(path, TEXT("/messages")) &&
         secret_equal(token_of(req), f->settings.token);
}

static bool refuse(struct facade *f, struct http_request *req) {
  if (!is_path(req)) {
    return false;
  }
  if (http_request_method(req) == HTTP_OPTIONS) {
    reply_preflight(req);
  } else {
    reply_error(f->mem, req, 401,
                TEXT("Invalid access token: send it as api_access_token."));
  }
  return true;
}

static enum bt_err start(struct facade *f) {
  struct chatwoot *c = (struct chatwoot *)(void *)f;
  contacts_init(&c->contacts, f->mem);
  const enum bt_err err =
      f->settings.webhook.len > 0 ? chatwoot_webhook_init(c) : BT_ERR_OK;
  return err == BT_ERR_OK ? visits_init(&c->visits, f, &chatwoot_visit_ops)
                          : err;
}

static void stop(struct facade *f) {
  struct chatwoot *c = (struct chatwoot *)(void *)f;
  chatwoot_files_free(c);
  visits_free(&c->visits);
  contacts_free(&c->contacts);
}

const struct facade_ops facade_chatwoot_ops = {.bytes = sizeof(struct chatwoot),
                                               .start = start,
                                               .stop = stop,
                                               .serve = serve,
                                               .refuse = refuse,
                                               .takes_upload = takes_upload};
