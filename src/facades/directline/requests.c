/* Direct Line's requests: who asks, for which conversation. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/digest.h"
#include "bots/shared/parts.h"
#include "facades/directline/directline_priv.h"

enum {
  CONVERSATION = DIRECTLINE_CONVERSATION,
  TOKEN_S = 1800,
  USER_BYTES = 512, /* of the user that a token names */
  MAC = 2 * DIGEST_SHA256_SIZE,
  TOKEN_MAX = CONVERSATION + 20 + 2 * USER_BYTES + MAC + 4,
  SECOND_US = 1000000
};

#define ROOT TEXT("/v3/directline/")

void directline_fail(struct ask *a, int status, const char *code,
                     struct text message) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, a->d->facade.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "error");
  json_open_object(&o);
  json_key(&o, "code");
  json_put_text(&o, text_from(code));
  json_key(&o, "message");
  json_put_text(&o, message);
  json_close_object(&o);
  json_close_object(&o);
  reply_json(a->req, status, textbuf_text(&b));
  textbuf_free(&b);
}

/* ---- tokens: CONVERSATION.EXPIRY.USER.HMAC, signed with the facade's secret;
 * the user is JSON in hexadecimal */

static void sign(const struct directline *d, struct text head, char out[MAC]) {
  uint8_t digest[DIGEST_SHA256_SIZE];
  digest_hmac_sha256(d->facade.settings.token, head, digest);
  hex_write(digest, sizeof digest, out);
}

static void make_token(const struct ask *a, struct text conversation,
                       int64_t until_s, char out[TOKEN_MAX]) {
  char user[2 * USER_BYTES];
  hex_write((const uint8_t *)a->user.ptr, a->user.len, user);
  const int len =
      snprintf(out, TOKEN_MAX, "%.*s.%lld.%.*s", CONVERSATION, conversation.ptr,
               (long long)until_s, 2 * (int)a->user.len, user);
  out[len] = '.';
  sign(a->d, (struct text){out, (size_t)len}, out + len + 1);
  out[len + 1 + MAC] = '\0';
}

static int64_t now_s(const struct directline *d) {
  return api_unix_us(d->facade.api) / SECOND_US;
}

static struct text next_part(struct text *rest) {
  const struct text part = text_sub(*rest, 0, text_find(*rest, TEXT("."), 0));
  *rest = text_sub(*rest, part.len + 1, rest->len);
  return part;
}

static struct text read_user(struct ask *a, struct text hex) {
  uint8_t bytes[USER_BYTES];
  const size_t size = hex.len / 2;
  return size <= sizeof bytes && hex_read(hex, bytes, size)
             ? arena_copy_text(&a->arena,
                               (struct text){(const char *)bytes, size})
             : TEXT("");
}

/* Learns what a token says, if it is one of ours and not too old (*expired). */
static void read_token(struct ask *a, struct text token, bool *expired) {
  char mac[MAC];
  int64_t until_s = 0;
  if (token.len >= TOKEN_MAX || token.len < MAC + 1) {
    return;
  }
  struct text head = text_sub(token, 0, token.len - MAC - 1);
  sign(a->d, head, mac);
  if (!secret_equal((struct text){mac, sizeof mac},
                    text_sub(token, head.len + 1, MAC))) {
    return;
  }
  const struct text conversation = next_part(&head);
  *expired = !text_to_i64(next_part(&head), &until_s) || until_s < now_s(a->d);
  if (!*expired) {
    a->of_token = arena_copy_text(&a->arena, conversation);
    a->user = read_user(a, head);
  }
}

/* ---- answers */

static struct text stream_url(struct ask *a, struct text conversation,
                              struct text token) {
  const struct text mark = query_text(&a->arena, a->query, TEXT("watermark"));
  struct textbuf b;
  int64_t number = 0;
  textbuf_init(&b, a->d->facade.mem);
  textbuf_addf(&b, "%s://%.*s/v3/directline/conversations/%.*s/stream?",
               http_request_is_https(a->req) ? "wss" : "ws",
               TEXT_ARG(http_request_host(a->req)), TEXT_ARG(conversation));
  if (text_to_i64(mark, &number)) {
    textbuf_addf(&b, "watermark=%lld&", (long long)number);
  }
  textbuf_addf(&b, "t=%.*s", TEXT_ARG(token));
  const struct text copy = arena_copy_text(&a->arena, textbuf_text(&b));
  textbuf_free(&b);
  return copy;
}

static void tell_conversation(struct ask *a, int status,
                              struct text conversation, bool streams) {
  char token[TOKEN_MAX];
  struct textbuf b;
  struct json_out o;
  make_token(a, conversation, now_s(a->d) + TOKEN_S, token);
  textbuf_init(&b, a->d->facade.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "conversationId");
  json_put_text(&o, conversation);
  json_key(&o, "token");
  json_put_text(&o, text_from(token));
  json_key(&o, "expires_in");
  json_put_i64(&o, TOKEN_S);
  if (streams) {
    json_key(&o, "streamUrl");
    json_put_text(&o, stream_url(a, conversation, text_from(token)));
  }
  json_close_object(&o);
  reply_json(a->req, status, textbuf_text(&b));
  textbuf_free(&b);
}

static struct text new_conversation(struct ask *a) {
  uint8_t random[CONVERSATION / 2];
  char hex[CONVERSATION];
  api_random(a->d->facade.api, random, sizeof random);
  hex_write(random, sizeof random, hex);
  return arena_copy_text(&a->arena, (struct text){hex, sizeof hex});
}

/* ---- conversations */

struct text talk_address(const struct talk *t) {
  return (struct text){t->visit.address, t->visit.address_len};
}

/* The user of the body, as a token keeps it. False: it is too long. */
static bool take_user(struct ask *a, const struct json *body) {
  const struct json *user = part_of(body, "user");
  const struct text id = peer_text(user, "id"), name = peer_text(user, "name");
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, a->d->facade.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "id");
  json_put_text(&o, id);
  json_key(&o, "name");
  json_put_text(&o, name);
  json_close_object(&o);
  if (id.len + name.len > 0) {
    a->user = arena_copy_text(&a->arena, textbuf_text(&b));
  }
  textbuf_free(&b);
  return a->user.len <= USER_BYTES;
}

static void generate(struct ask *a) {
  if (!a->secret) {
    directline_fail(a, 403, "BadArgument",
                    TEXT("A token is made with the secret."));
  } else if (!take_user(a, body_object(&a->arena, a->req, NULL))) {
    directline_fail(
        a, 400, "BadArgument",
        TEXT("The user's id and name have at most 480 bytes together."));
  } else {
    tell_conversation(a, 200, new_conversation(a), false);
  }
}

static void refresh(struct ask *a) {
  if (a->of_token.len > 0) {
    tell_conversation(a, 200, a->of_token, false);
  } else {
    directline_fail(a, 403, "BadArgument",
                    TEXT("Only a token can be refreshed."));
  }
}

struct waiting *directline_put_off(struct ask *a, struct talk *t) {
  struct waiting *w = mem_new(a->d->facade.mem, sizeof *w);
  if (w == NULL) {
    directline_fail(a, 503, "ServiceError", TEXT("There is no memory for it."));
    return NULL;
  }
  *w = (struct waiting){.d = a->d, .ref = http_request_ref(a->req), .talk = t};
  visit_hold(&t->visit);
  return w;
}

struct ask directline_take_up(const struct waiting *w) {
  struct ask a = {.d = w->d,
                  .req =
                      http_request_find(api_server(w->d->facade.api), w->ref)};
  arena_init(&a.arena, w->d->facade.mem, 0);
  if (a.req != NULL) {
    a.query = arena_copy_text(&a.arena, http_request_query(a.req));
  }
  return a;
}

void directline_end_wait(struct waiting *w, struct ask *a) {
  arena_free(&a->arena);
  visit_drop(&w->talk->visit);
  mem_free(w->d->facade.mem, w, sizeof *w);
}

static void on_started(void *ctx, const struct answer *answer) {
  struct waiting *w = ctx;
  struct ask a = directline_take_up(w);
  if (a.req != NULL && answer != NULL && answer->code >= 400) {
    directline_fail(&a, 503, "ServiceError",
                    TEXT("No session can be opened now."));
  } else if (a.req != NULL) {
    const bool fresh = answer != NULL;
    tell_conversation(&a, fresh ? 201 : 200, talk_address(w->talk), true);
  }
  directline_end_wait(w, &a);
}

/* Who made the token may have said who the user is: that is so, then. */
static const struct json *user_of(struct ask *a) {
  return a->user.len > 0
             ? part_parse(&a->arena, a->user)
             : json_member(body_object(&a->arena, a->req, NULL), TEXT("user"));
}

/* What has begun is not begun again, even when it is over. */
static void begin(struct ask *a, struct talk *t) {
  const struct json *user = user_of(a);
  const struct visit_said who = {.user = peer_text(user, "id"),
                                 .name = peer_text(user, "name")};
  uint32_t slot;
  const bool begun =
      !id_is_null(t->visit.session) || !id_is_null(t->visit.last);
  if (begun && !visit_is_open(&t->visit, &slot)) {
    tell_conversation(a, 200, talk_address(t), true);
    return;
  }
  struct waiting *w = directline_put_off(a, t);
  if (w != NULL) {
    (void)visit_open(&t->visit, &who, on_started, w);
  }
}

static void start(struct ask *a) {
  const struct text id = a->secret ? new_conversation(a) : a->of_token;
  struct talk *t = (struct talk *)(void *)visits_get(&a->d->visits, id);
  if (t == NULL) {
    directline_fail(a, 503, "ServiceError", TEXT("There is no memory for it."));
    return;
  }
  begin(a, t);
  visit_drop(&t->visit);
}

static uint64_t watermark(struct ask *a) {
  int64_t number = 0;
  const struct text mark = query_text(&a->arena, a->query, TEXT("watermark"));
  return text_to_i64(mark, &number) && number > 0 ? (uint64_t)number : 0;
}

static void list(struct ask *a, const struct talk *t) {
  struct textbuf b;
  textbuf_init(&b, a->d->facade.mem);
  put_activities(t, watermark(a), &b);
  reply_json(a->req, 200, textbuf_text(&b));
  textbuf_free(&b);
}

static void serve_talk(struct ask *a, struct talk *t, struct text what) {
  const enum http_method method = http_request_method(a->req);
  const bool posts = method == HTTP_POST;
  const bool reads = method == HTTP_GET || method == HTTP_HEAD;
  if (what.len == 0 && reads) {
    tell_conversation(a, 200, a->conversation, true);
  } else if (text_equal(what, TEXT("activities")) && (posts || reads)) {
    posts ? directline_post(a, t) : list(a, t);
  } else if (text_equal(what, TEXT("upload")) && posts) {
    directline_upload(a, t);
  } else if (text_equal(what, TEXT("stream")) &&
             http_request_wants_ws(a->req)) {
    stream_open(t, a->req, watermark(a));
  } else {
    directline_fail(a, 404, "NotFound", TEXT("This is not offered."));
  }
}

/* ---- who asks */

static void identify(struct ask *a, bool *expired) {
  const struct text bearer = http_request_bearer(a->req);
  const struct text shown =
      bearer.ptr != NULL ? bearer : query_text(&a->arena, a->query, TEXT("t"));
  a->secret = secret_equal(shown, a->d->facade.settings.token);
  if (!a->secret) {
    read_token(a, shown, expired);
  }
}

static void serve_conversation(struct ask *a, struct text rest) {
  const size_t slash = text_find(rest, TEXT("/"), 0);
  a->conversation = text_sub(rest, 0, slash);
  struct talk *t =
      (struct talk *)(void *)visits_find(&a->d->visits, a->conversation);
  if (!a->secret && !text_equal(a->of_token, a->conversation)) {
    directline_fail(a, 403, "BadArgument",
                    TEXT("The token is for another conversation."));
  } else if (t == NULL) {
    directline_fail(a, 404, "ConversationNotFound",
                    TEXT("No conversation has this id."));
  } else {
    serve_talk(a, t, text_sub(rest, slash + 1, rest.len));
  }
}

static void route(struct ask *a, struct text path) {
  static const struct {
    const char *path;
    void (*serve)(struct ask *a);
  } posts[] = {{"tokens/generate", generate},
               {"tokens/refresh", refresh},
               {"conversations", start}};
  for (size_t i = 0; i < sizeof posts / sizeof posts[0]; i++) {
    if (text_equal(path, text_from(posts[i].path)) &&
        http_request_method(a->req) == HTTP_POST) {
      posts[i].serve(a);
      return;
    }
  }
  if (text_starts(path, TEXT("conversations/"))) {
    serve_conversation(a, text_sub(path, 14, path.len));
  } else {
    directline_fail(a, 404, "NotFound", TEXT("This is not offered."));
  }
}

/* ---- the facade */

/* False: the secret or token is of no facade that is asked here. */
static bool serve(struct facade *f, struct http_request *req) {
  struct ask a = {.d = (struct directline *)(void *)f, .req = req};
  bool expired = false;
  if (!text_starts(http_request_path(req), ROOT)) {
    return false;
  }
  if (http_request_method(req) == HTTP_OPTIONS) {
    reply_preflight(req);
    return true;
  }
  arena_init(&a.arena, f->mem, 0);
  a.query = arena_copy_text(&a.arena, http_request_query(req));
  const struct text given = http_request_path(req);
  const struct text path = arena_copy_text(
      &a.arena, text_sub(given, 0, given.len - text_ends(given, TEXT("/"))));
  identify(&a, &expired);
  const bool ours = expired || a.secret || a.of_token.len > 0;
  if (expired) {
    directline_fail(&a, 403, "TokenExpired", TEXT("The token has expired."));
  } else if (ours) {
    route(&a, text_sub(path, ROOT.len, path.len));
  }
  arena_free(&a.arena);
  return ours;
}

static bool takes_upload(struct facade *f, const struct http_request *req) {
  struct ask a = {.d = (struct directline *)(void *)f};
  bool expired = false;
  if (!text_starts(http_request_path(req), ROOT) ||
      !text_ends(http_request_path(req), TEXT("/upload"))) {
    return false;
  }
  arena_init(&a.arena, f->mem, 0);
  read_token(&a, http_request_bearer(req), &expired);
  const bool ours = a.of_token.len > 0 ||
                    secret_equal(http_request_bearer(req), f->settings.token);
  arena_free(&a.arena);
  return ours;
}

static bool refuse(struct facade *f, struct http_request *req) {
  struct ask a = {.d = (struct directline *)(void *)f, .req = req};
  if (!text_starts(http_request_path(req), ROOT)) {
    return false;
  }
  directline_fail(
      &a, 403, "BadArgument",
      TEXT("Missing or invalid secret or token: Authorization: Bearer …."));
  return true;
}

static enum bt_err start_facade(struct facade *f) {
  struct directline *d = (struct directline *)(void *)f;
  return visits_init(&d->visits, f, &directline_visit_ops);
}

static void stop_facade(struct facade *f) {
  struct directline *d = (struct directline *)(void *)f;
  keeper_clear(&d->keeper);
  visits_free(&d->visits);
}

const struct facade_ops facade_directline_ops = {.bytes =
                                                     sizeof(struct directline),
                                                 .start = start_facade,
                                                 .stop = stop_facade,
                                                 .serve = serve,
                                                 .takes_upload = takes_upload,
                                                 .refuse = refuse};
