/* Resources that do something: body, path and headers become a command. */
#include "api/scope_priv.h"
#include "api/serve_priv.h"
#include "base/check.h"
#include "engine/config.h"
#include "engine/form.h"

enum {
  KEY_MAX = 200,
  /* Strangers have no name that their keys could belong to: a key must be one
   * that nobody guesses. */
  STRANGER_KEY_MIN = 20,
  BODY_DEPTH = 64
};

/* ---- the body */

static bool is_type(struct text have, struct text want) {
  const struct text bare =
      text_trim(text_sub(have, 0, text_find(have, TEXT(";"), 0)));
  return text_equal_nocase(bare, want);
}

static bool is_json(struct text type) {
  return is_type(type, TEXT("application/json")) ||
         is_type(type, TEXT("application/merge-patch+json"));
}

/* A script's proxy sends JSON under the type of forms unless it is told
 * otherwise: within this server that is understood. */
static bool takes_type(const struct call *c) {
  return c->body.len == 0 || is_json(c->content_type) || c->fn != NULL;
}

static bool check_type(struct call *c) {
  if (takes_type(c)) {
    return true;
  }
  call_refuse(c, REFUSAL_UNSUPPORTED_TYPE,
              c->content_type.len == 0
                  ? TEXT("The body has no content type; this resource takes "
                         "application/json.")
                  : call_format(c,
                                "The body is %.*s; this resource takes "
                                "application/json.",
                                TEXT_ARG(c->content_type)),
              TEXT(""));
  return false;
}

static bool refuse_form(struct call *c, const struct form_error *e) {
  call_refuse(c, e->refusal, text_from(e->detail), text_from(e->pointer));
  return false;
}

static bool read_body(struct call *c, struct record *args) {
  struct form_error error;
  if (!check_type(c)) {
    return false;
  }
  if (form_read_json((enum command_type)c->route->command, c->body, &c->arena,
                     args, &error)) {
    return true;
  }
  return refuse_form(c, &error);
}

/* ---- the headers */

bool call_read_key(struct call *c, uint64_t hash, struct record *args) {
  if (c->key.ptr == NULL) {
    return true;
  }
  const bool stranger =
      c->by.role == ROLE_CUSTOMER && id_is_null(c->by.session);
  const size_t least = stranger ? STRANGER_KEY_MIN : 1;
  if (c->key.len < least || c->key.len > KEY_MAX) {
    call_refuse(c, REFUSAL_BAD_REQUEST,
                call_format(c, "Idempotency-Key must hold %zu … %d bytes%s.",
                            least, KEY_MAX,
                            stranger ? ", such as a UUID, for it must not be "
                                       "guessed"
                                     : ""),
                TEXT(""));
    return false;
  }
  /* Customers share a name; their sessions tell their keys apart. */
  char session[ID_TEXT_LEN];
  id_to_text(c->by.session, session);
  record_set_text(
      args, FIELD_KEY,
      c->by.role == ROLE_CUSTOMER && !stranger
          ? call_format(c, "%.*s %.*s", ID_TEXT_LEN, session, TEXT_ARG(c->key))
          : c->key);
  record_set_num(args, FIELD_HASH, (int64_t)hash);
  return true;
}

static bool read_key(struct call *c, struct record *args) {
  const uint64_t hash = hash_text(c->path) ^
                        hash_u64(hash_bytes(c->body.ptr, c->body.len)) ^
                        (uint64_t)c->method;
  return call_read_key(c, hash, args);
}

/* If-Match: "7", or *. */
static bool read_if_match(struct call *c, struct record *args) {
  const struct text t = c->if_match;
  if (t.ptr == NULL || text_equal(t, TEXT("*"))) {
    return true;
  }
  int64_t version = 0;
  if (t.len > 2 && t.ptr[0] == '"' && t.ptr[t.len - 1] == '"' &&
      text_to_i64(text_sub(t, 1, t.len - 2), &version) && version >= 0 &&
      version <= UINT32_MAX) {
    record_set_num(args, FIELD_IF_MATCH, version);
    return true;
  }
  call_refuse(c, REFUSAL_BAD_REQUEST,
              TEXT("If-Match must be one ETag of the session, such as \"7\"."),
              TEXT(""));
  return false;
}

/* ---- the path */

static bool refuse_name(struct call *c, enum config_object kind) {
  call_refuse_absent(c, kind, c->params[0]);
  return false;
}

static bool read_session(struct call *c, struct record *args) {
  if (!id_from_text(c->params[0], &c->session)) {
    return call_find_session(c); /* refuses */
  }
  record_set_id(args, FIELD_SESSION, c->session);
  struct id transfer;
  if (text_find(text_from(c->route->path), TEXT("{transfer}"), 0) ==
      text_from(c->route->path).len) {
    return true;
  }
  if (!id_from_text(c->params[1], &transfer)) {
    call_refuse(c, REFUSAL_NOT_FOUND, TEXT("The session has no such transfer."),
                TEXT(""));
    return false;
  }
  record_set_id(args, FIELD_TRANSFER_ID, transfer);
  return true;
}

static bool read_path(struct call *c, struct record *args) {
  const struct directory *d = engine_directory(api_engine(c->api));
  const struct text path = text_from(c->route->path);
  if (text_starts(path, TEXT("/api/v1/sessions/{session}"))) {
    return read_session(c, args);
  }
  if (text_starts(path, TEXT("/api/v1/queues/"))) {
    const uint32_t queue = directory_queue(d, c->params[0]);
    record_set_num(args, FIELD_QUEUE, queue);
    return queue != DIR_NONE || refuse_name(c, CONFIG_QUEUE);
  }
  if (text_starts(path, TEXT("/api/v1/agents/"))) {
    const uint32_t agent = directory_agent(d, c->params[0]);
    record_set_num(args, FIELD_AGENT, agent);
    return agent != DIR_NONE || refuse_name(c, CONFIG_AGENT);
  }
  return true;
}

/* A request has no connection: a bot acts under the hold that it has now. */
void call_put_epoch(struct call *c, struct record *args) {
  const struct engine *e = api_engine(c->api);
  uint32_t slot;
  if (c->by.role != ROLE_BOT ||
      !engine_find(e, record_id(args, FIELD_SESSION), &slot)) {
    return;
  }
  const struct session *s = engine_session(e, slot);
  if (s->holder == SESSION_HOLDER_BOT && s->holder_id == c->by.number) {
    record_set_num(args, FIELD_EPOCH, s->epoch);
  }
}

/* ---- submitting */

static void on_answer(void *ctx, const struct answer *a) {
  struct call *c = ctx;
  if (!call_wait(c, a)) {
    call_answer(c, a);
  }
}

/* Form, then rights, then what it is about. */
static void submit(struct call *c, struct record *args) {
  args->type = c->route->command;
  if (!read_key(c, args) || !read_if_match(c, args) || !call_may(c) ||
      !read_path(c, args) || !call_may_send_to(c, args)) {
    return;
  }
  if (args->type == COMMAND_OPEN_SESSION &&
      !call_may_enter(c, record_text(args, FIELD_ENTRY_NAME))) {
    return;
  }
  call_put_epoch(c, args);
  struct command cmd = {.by = c->by, .args = *args};
  api_submit(c->api, &cmd, on_answer, c);
}

void serve_command(struct call *c) {
  struct record args;
  record_init(&args, c->route->command);
  if (read_body(c, &args)) {
    submit(c, &args);
  }
}

void serve_open(struct call *c) {
  serve_command(c);
}

/* The body is the value of the member "attributes". */
void serve_attributes(struct call *c) {
  struct record args;
  struct form_error error;
  if (!check_type(c)) {
    return;
  }
  struct textbuf b;
  textbuf_init(&b, c->api->mem);
  textbuf_addf(&b, "{\"attributes\":%.*s}", TEXT_ARG(c->body));
  const struct text body = arena_copy_text(&c->arena, textbuf_text(&b));
  textbuf_free(&b);
  record_init(&args, COMMAND_SET_ATTRIBUTES);
  if (form_read_json(COMMAND_SET_ATTRIBUTES, body, &c->arena, &args, &error)) {
    submit(c, &args);
    return;
  }
  refuse_form(c, &error);
}

/* ---- scripts */

void serve_put_script(struct call *c) {
  struct record args;
  record_init(&args, COMMAND_PUT_SCRIPT);
  if (is_type(c->content_type, TEXT("text/plain"))) {
    const size_t bad = utf8_first_bad(c->body);
    if (bad < c->body.len) {
      call_refuse(c, REFUSAL_BAD_REQUEST,
                  call_format(c, "The source is not UTF-8 at byte %zu.", bad),
                  TEXT(""));
      return;
    }
    record_set_text(&args, FIELD_SOURCE, c->body);
  } else if (!read_body(c, &args)) {
    return;
  }
  if (!call_may(c)) {
    return;
  }
  record_set_text(&args, FIELD_NAME, c->params[0]);
  struct command cmd = {.by = c->by, .args = args};
  api_submit(c->api, &cmd, on_answer, c);
}
