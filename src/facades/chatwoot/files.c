/* Files of messages: kept as those of /api/v1 are, with the same limits and the
 * same scanner, before the message is said; and fetched by a signed URL.
 */
#include <string.h>

#include "base/digest.h"
#include "facades/chatwoot/chatwoot_priv.h"
#include "net/url.h"

enum { SIGNATURE = 2 * DIGEST_SHA256_SIZE };

struct kept {
  struct keeping *of;
  struct textbuf json; /* as the message's data has it */
};

/* A request that waits for the api's answers about its files. */
struct keeping {
  struct keeping *next;
  struct chatwoot *c;
  struct chat *chat; /* held */
  struct net_ref ref;
  int64_t account;
  int code; /* of the first refusal; 0: there was none */
  struct textbuf why;
  size_t waits, count;
  struct kept files[];
};

/* ---- life */

/* NULL: refused. */
static struct keeping *begin(struct ask *a, size_t count) {
  const struct mem *mem = a->c->facade.mem;
  struct keeping *k = mem_new(mem, sizeof *k + count * sizeof k->files[0]);
  if (k == NULL) {
    chatwoot_fail(a, 503, TEXT("There is no memory for it."));
    return NULL;
  }
  k->c = a->c;
  k->chat = a->chat;
  k->ref = http_request_ref(a->req);
  k->account = a->account;
  k->count = count;
  textbuf_init(&k->why, mem);
  for (size_t i = 0; i < count; i++) {
    k->files[i].of = k;
    textbuf_init(&k->files[i].json, mem);
  }
  k->next = a->c->keepings;
  a->c->keepings = k;
  visit_hold(&a->chat->visit);
  a->req = NULL; /* it is answered later */
  return k;
}

static void end(struct keeping *k) {
  const struct mem *mem = k->c->facade.mem;
  struct keeping **at = &k->c->keepings;
  while (*at != k) {
    at = &(*at)->next;
  }
  *at = k->next;
  for (size_t i = 0; i < k->count; i++) {
    textbuf_free(&k->files[i].json);
  }
  textbuf_free(&k->why);
  visit_drop(&k->chat->visit);
  mem_free(mem, k, sizeof *k + k->count * sizeof k->files[0]);
}

void chatwoot_files_free(struct chatwoot *c) {
  while (c->keepings != NULL) {
    end(c->keepings);
  }
}

/* The request again; its arena is freed by the caller. */
static struct ask take_up(const struct keeping *k) {
  struct ask a = {.c = k->c,
                  .req =
                      http_request_find(api_server(k->c->facade.api), k->ref),
                  .account = k->account,
                  .chat = k->chat,
                  .numbers = {k->chat->number}};
  arena_init(&a.arena, k->c->facade.mem, 0);
  return a;
}

/* ---- with a message */

static struct text list_of(struct arena *arena, const struct keeping *k) {
  struct textbuf b;
  textbuf_init(&b, arena->mem);
  for (size_t i = 0; i < k->count; i++) {
    textbuf_addf(&b, "%s%.*s", i == 0 ? "[" : ",",
                 TEXT_ARG(textbuf_text(&k->files[i].json)));
  }
  textbuf_add(&b, TEXT("]"));
  const struct text copy =
      b.failed ? TEXT("") : arena_copy_text(arena, textbuf_text(&b));
  textbuf_free(&b);
  return copy;
}

static void go_on(struct keeping *k) {
  struct ask a = take_up(k);
  if (a.req != NULL && k->code != 0) {
    chatwoot_fail(&a, k->code, textbuf_text(&k->why));
  } else if (a.req != NULL && chatwoot_read_body(&a)) {
    a.kept = list_of(&a.arena, k);
    chatwoot_say_message(&a);
  }
  arena_free(&a.arena);
  end(k);
}

static void refuse(struct keeping *k, int code, struct text why) {
  if (k->code == 0) {
    k->code = code;
    textbuf_add(&k->why, why);
  }
}

static void on_kept(void *ctx, const struct api_reply *reply) {
  struct kept *f = ctx;
  struct keeping *k = f->of;
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, k->c->facade.mem, 0);
  const bool read =
      json_parse(&arena, reply->body, JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK;
  const struct json *files = read ? json_member(tree, TEXT("files")) : NULL;
  if (reply->code < 300 && files != NULL && files->first != NULL) {
    textbuf_add(&f->json, files->first->source);
  } else {
    refuse(k, reply->code < 400 ? 503 : reply->code, peer_text(tree, "detail"));
  }
  arena_free(&arena);
  if (--k->waits == 0) {
    go_on(k);
  }
}

static void keep(struct keeping *k, struct kept *f,
                 const struct form_file *file) {
  char session[ID_TEXT_LEN];
  struct textbuf path;
  id_to_text(k->chat->visit.session, session);
  textbuf_init(&path, k->c->facade.mem);
  textbuf_addf(&path, "/api/v1/sessions/%.*s/files?name=", ID_TEXT_LEN,
               session);
  url_encode(file->name, &path);
  const struct api_request request = {.by = visit_caller(&k->chat->visit),
                                      .method = HTTP_POST,
                                      .path = textbuf_text(&path),
                                      .body = file->bytes,
                                      .unsaid = true};
  k->waits++;
  if (path.failed ||
      api_call(k->c->facade.api, &request, on_kept, f) != BT_ERR_OK) {
    k->waits--;
    refuse(k, 503, TEXT("There is no memory for it."));
  }
  textbuf_free(&path);
}

void chatwoot_keep_files(struct ask *a) {
  const struct visit_said who = {.about = textbuf_text(&a->chat->customer)};
  if (!visit_open(&a->chat->visit, &who, NULL, NULL)) {
    chatwoot_fail(a, 503, TEXT("No session can be opened now."));
    return;
  }
  struct keeping *k = begin(a, a->files.count);
  if (k == NULL) {
    return;
  }
  k->waits = 1; /* ourselves */
  for (size_t i = 0; i < k->count; i++) {
    keep(k, &k->files[i], &a->files.list[i]);
  }
  if (--k->waits == 0) {
    go_on(k);
  }
}

/* ---- URLs that carry their right with them, as Chatwoot's own do */

static void sign(const struct chatwoot *c, struct text path,
                 char out[SIGNATURE]) {
  uint8_t digest[DIGEST_SHA256_SIZE];
  digest_hmac_sha256(c->facade.settings.token, path, digest);
  hex_write(digest, sizeof digest, out);
}

void put_file_url(struct textbuf *out, const struct chat *chat,
                  struct text file) {
  const struct chatwoot *c =
      (struct chatwoot *)(void *)chat->visit.visits->facade;
  char signature[SIGNATURE];
  const size_t from = out->len;
  textbuf_addf(out, "/api/v1/accounts/%lld/conversations/%lld/attachments/",
               (long long)chat->account, (long long)chat->number);
  url_encode(file, out);
  const struct text all = textbuf_text(out);
  sign(c, text_sub(all, from, all.len - from), signature);
  textbuf_addf(out, "?signature=%.*s", SIGNATURE, signature);
}

bool chatwoot_is_signed(const struct chatwoot *c, struct http_request *req) {
  char signature[SIGNATURE];
  const struct text query = http_request_query(req);
  sign(c, http_request_path(req), signature);
  return http_request_method(req) == HTTP_GET &&
         secret_equal((struct text){signature, sizeof signature},
                      url_query_find(query, TEXT("signature")));
}

static void on_fetched(void *ctx, const struct api_reply *reply) {
  struct keeping *k = ctx;
  struct ask a = take_up(k);
  const struct http_header headers[] = {
      {TEXT("Content-Type"), reply->content_type},
      {TEXT("X-Content-Type-Options"), TEXT("nosniff")},
      {TEXT("Content-Disposition"), TEXT("attachment")}};
  if (a.req != NULL && reply->code == 200) {
    (void)http_respond(a.req, 200, headers, sizeof headers / sizeof headers[0],
                       reply->body);
  } else if (a.req != NULL) {
    chatwoot_fail(&a, reply->code, TEXT("Resource could not be found"));
  }
  arena_free(&a.arena);
  end(k);
}

void chatwoot_serve_attachment(struct ask *a) {
  char session[ID_TEXT_LEN];
  struct textbuf path;
  struct keeping *k = begin(a, 0);
  if (k == NULL) {
    return;
  }
  id_to_text(chat_session(a->chat), session);
  textbuf_init(&path, a->c->facade.mem);
  textbuf_addf(&path, "/api/v1/sessions/%.*s/files/%.*s", ID_TEXT_LEN, session,
               TEXT_ARG(a->word));
  const struct api_request request = {.by = chatwoot_caller(&a->c->facade),
                                      .method = HTTP_GET,
                                      .path = textbuf_text(&path)};
  if (path.failed ||
      api_call(a->c->facade.api, &request, on_fetched, k) != BT_ERR_OK) {
    const struct api_reply none = {.code = 503};
    on_fetched(k, &none);
  }
  textbuf_free(&path);
}
