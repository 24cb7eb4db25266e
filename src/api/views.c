/* Resources that show a session. */
#include "api/scope_priv.h"
#include "api/serve_priv.h"
#include "base/check.h"

enum { PAGE_DEFAULT = 100, PAGE_MAX = 500, VIEW_DEPTH = 64 };

/* What a customer may see of the own session: no notes, no reasons, no
 * attributes, nothing about the inside of the centre. */
static const char *const for_customers[] = {
    "code",         "id",
    "channel",      "entryPoint",
    "status",       "heldSince",
    "statusSince",  "holder",
    "consent",      "recordingPausedSince",
    "version",      "openedAt",
    "endedAt",      "endReason",
    "queue",        "messages",
    "messageCount", "customerConnected"};

static bool is_for_customers(struct text member) {
  for (size_t i = 0; i < sizeof for_customers / sizeof for_customers[0]; i++) {
    if (text_equal(member, text_from(for_customers[i]))) {
      return true;
    }
  }
  return false;
}

void api_keep_customers_part(struct api *api, struct textbuf *view) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, api->mem, 0);
  if (json_parse(&arena, textbuf_text(view), VIEW_DEPTH, &tree, NULL) !=
      BT_ERR_OK) {
    view->failed = true; /* it was cut: no memory */
    arena_free(&arena);
    return;
  }
  struct textbuf part;
  struct json_out o;
  textbuf_init(&part, api->mem);
  json_out_init(&o, &part);
  json_open_object(&o);
  for (const struct json *m = tree->first; m != NULL; m = m->next) {
    if (is_for_customers(m->key)) {
      json_key_text(&o, m->key);
      json_put_raw(&o, m->source);
    }
  }
  json_close_object(&o);
  textbuf_clear(view);
  textbuf_add(view, textbuf_text(&part));
  view->failed = view->failed || part.failed;
  textbuf_free(&part);
  arena_free(&arena);
}

void api_view_session(struct api *api, uint32_t slot, const struct caller *by,
                      int64_t after, struct textbuf *out) {
  struct json_out o;
  textbuf_clear(out);
  json_out_init(&o, out);
  engine_write_session(api_engine(api), slot, api_now_us(api),
                       after < 0 ? ENGINE_NO_MESSAGES : (uint32_t)after, &o);
  if (by->role == ROLE_CUSTOMER) {
    api_keep_customers_part(api, out);
  }
}

static uint32_t version_of(const struct call *c) {
  return engine_session(api_engine(c->api), c->slot)->version;
}

void serve_session(struct call *c) {
  uint32_t after = 0;
  if (!call_query_after(c, &after) || !call_find_session(c)) {
    return;
  }
  const bool messages = call_query_flag(c, TEXT("messages"));
  api_view_session(c->api, c->slot, &c->by, messages ? (int64_t)after : -1,
                   &c->out);
  call_show(c, version_of(c));
}

/* The member "messages" of the session, alone. */
void serve_messages(struct call *c) {
  uint32_t after = 0;
  if (!call_query_after(c, &after) || !call_find_session(c)) {
    return;
  }
  api_view_session(c->api, c->slot, &c->by, after, &c->out);
  struct json *tree = NULL;
  const struct text whole = arena_copy_text(&c->arena, textbuf_text(&c->out));
  if (whole.ptr == NULL ||
      json_parse(&c->arena, whole, VIEW_DEPTH, &tree, NULL) != BT_ERR_OK) {
    c->out.failed = true;
    call_show(c, 0);
    return;
  }
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "messages");
  json_put_raw(&o, json_member(tree, TEXT("messages"))->source);
  json_close_object(&o);
  call_show(c, version_of(c));
}

void serve_transfer(struct call *c) {
  struct id transfer;
  if (!call_find_session(c)) {
    return;
  }
  struct json_out o = call_json(c);
  if (!id_from_text(c->params[1], &transfer) ||
      !engine_write_transfer(api_engine(c->api), c->slot, transfer, &o)) {
    call_refuse(c, REFUSAL_NOT_FOUND,
                TEXT("The session has no such transfer; the last one is kept."),
                TEXT(""));
    return;
  }
  call_show(c, version_of(c));
}

void serve_run(struct call *c) {
  if (call_find_session(c)) {
    struct json_out o = call_json(c);
    engine_write_run(api_engine(c->api), c->slot, &o);
    call_show(c, version_of(c));
  }
}

static void put_outcome(const struct dir_disposition *d, struct json_out *o) {
  json_open_object(o);
  json_key(o, "id");
  json_put_text(o, d->id);
  json_key(o, "name");
  json_put_text(o, d->name);
  json_key(o, "noteRequired");
  json_put_bool(o, d->needs_note);
  json_close_object(o);
}

void serve_outcomes(struct call *c) {
  if (!call_find_session(c)) {
    return;
  }
  const struct directory *d = engine_directory(api_engine(c->api));
  const uint32_t queue = engine_session(api_engine(c->api), c->slot)->queue;
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "dispositions");
  json_open_list(&o);
  for (uint32_t i = 0; i < d->disposition_count; i++) {
    if (directory_offers_outcome(d, queue, i)) {
      put_outcome(&d->dispositions[i], &o);
    }
  }
  json_close_list(&o);
  json_key(&o, "free");
  json_put_bool(&o, directory_outcome_is_free(d, queue));
  json_close_object(&o);
  call_show(c, version_of(c));
}

void serve_candidates(struct call *c) {
  struct text only;
  if (call_find_session(c) && call_query_agent(c, &only)) {
    struct json_out o = call_json(c);
    engine_write_candidates(api_engine(c->api), c->slot, api_now_us(c->api),
                            only, &o);
    call_show(c, version_of(c));
  }
}

/* ---- many sessions */

/* What ?status= wants beside the statuses. */
enum { STATUS_ANY = SESSION_STATUSES, STATUS_OPEN };

static void refuse_status(struct call *c, struct text name) {
  struct textbuf b;
  textbuf_init(&b, c->api->mem);
  for (uint32_t i = SESSION_PENDING; i < SESSION_STATUSES; i++) {
    textbuf_addf(&b, "%s, ", session_status_name(i));
  }
  call_refuse(c, REFUSAL_INVALID_MEMBER,
              call_format(c,
                          "No status is called '%.*s': write one of %.*sor "
                          "all. Without it the open sessions are listed.",
                          TEXT_ARG(name), TEXT_ARG(textbuf_text(&b))),
              TEXT(""));
  textbuf_free(&b);
}

static bool read_status(struct call *c, uint32_t *status) {
  const struct text name = call_query(c, TEXT("status"));
  enum session_status found;
  *status = name.len == 0 ? STATUS_OPEN : STATUS_ANY;
  if (name.len == 0 || text_equal(name, TEXT("all"))) {
    return true;
  }
  if (session_status_from_text(name, &found) && found != SESSION_NONE) {
    *status = found;
    return true;
  }
  refuse_status(c, name);
  return false;
}

/* What is wanted of the sessions. */
struct wanted {
  uint32_t status; /* one, STATUS_ANY or STATUS_OPEN */
  uint32_t limit;
  struct text holds; /* ?q= */
};

/* A finished one is in memory for a while, for whoever asks for it. */
static bool has_status(enum session_status status, uint32_t wanted) {
  return wanted == STATUS_OPEN ? status != SESSION_COMPLETED
                               : wanted == STATUS_ANY || wanted == status;
}

static bool is_wanted(struct call *c, uint32_t slot, const struct wanted *w) {
  const struct engine *e = api_engine(c->api);
  return (c->teams == 0 || (scope_of_session(c->api, slot) & c->teams) != 0) &&
         has_status(engine_session(e, slot)->status, w->status) &&
         engine_session_holds(e, slot, w->holds);
}

/* A search looks at so many for one page: others are served, too. A page may
 * hold fewer than asked, or none, and there be more behind it. */
enum { SEARCHED_MAX = 10000 };

static void put_page(struct call *c, struct wanted w, uint32_t slot) {
  const struct engine *e = api_engine(c->api);
  uint32_t left = w.holds.len > 0 || c->teams != 0 ? SEARCHED_MAX : UINT32_MAX;
  struct json_out o = call_json(c);
  json_open_object(&o);
  json_key(&o, "sessions");
  json_open_list(&o);
  while (w.limit > 0 && left > 0 && engine_next_session(e, &slot)) {
    if (is_wanted(c, slot, &w)) {
      engine_write_session(e, slot, api_now_us(c->api), ENGINE_NO_MESSAGES, &o);
      w.limit--;
    }
    left--;
    slot++;
  }
  json_close_list(&o);
  json_key(&o, "next");
  engine_next_session(e, &slot) ? json_put_u64(&o, slot) : json_put_null(&o);
  json_close_object(&o);
}

void serve_sessions(struct call *c) {
  struct wanted w = {.limit = PAGE_DEFAULT, .holds = call_query(c, TEXT("q"))};
  uint32_t after = 0;
  if (!read_status(c, &w.status) ||
      !call_query_count(c, TEXT("limit"), PAGE_MAX, &w.limit) ||
      !call_query_after(c, &after)) {
    return;
  }
  put_page(c, w, after);
  call_show(c, 0);
}
