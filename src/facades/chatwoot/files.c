/* Files of messages: kept as those of /api/v1 are, with the same limits and the
 * same scanner, before the message is said; and fetched by a signed URL.
 */
#include <string.h>

#include "base/digest.h"
#include "facades/chatwoot/chatwoot_priv.h"
#include "net/url.h"

enum { SIGNATURE = 2 * DIGEST_SHA256_SIZE };

/* A request that is answered later. */
struct request_kept {
  struct request_kept *next;
  struct chatwoot *c;
  struct chat *chat; /* held */
  struct net_ref ref;
  int64_t account;
};

/* ---- life */

/* NULL: refused. */
static struct request_kept *begin(struct ask *a) {
  struct request_kept *k = mem_new(a->c->facade.mem, sizeof *k);
  if (k == NULL) {
    chatwoot_fail(a, 503, TEXT("There is no memory for it."));
    return NULL;
  }
  k->c = a->c;
  k->chat = a->chat;
  k->ref = http_request_ref(a->req);
  k->account = a->account;
  k->next = a->c->keepings;
  a->c->keepings = k;
  visit_hold(&a->chat->visit);
  a->req = NULL; /* it is answered later */
  return k;
}

static void end(struct request_kept *k) {
  struct request_kept **at = &k->c->keepings;
  while (*at != k) {
    at = &(*at)->next;
  }
  *at = k->next;
  visit_drop(&k->chat->visit);
  mem_free(k->c->facade.mem, k, sizeof *k);
}

void chatwoot_files_free(struct chatwoot *c) {
  keeper_clear(&c->keeper);
  while (c->keepings != NULL) {
    end(c->keepings);
  }
}

/* The request again; its arena is freed by the caller. */
static struct ask take_up(const struct request_kept *k) {
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

static void on_kept(void *ctx, const struct kept_files *kept) {
  struct request_kept *k = ctx;
  struct ask a = take_up(k);
  if (a.req != NULL && kept->code != 0) {
    chatwoot_fail(&a, kept->code, kept->why);
  } else if (a.req != NULL && chatwoot_read_body(&a)) {
    a.kept = arena_copy_text(&a.arena, kept->list);
    chatwoot_say_message(&a);
  }
  arena_free(&a.arena);
  end(k);
}

static void drop(void *ctx) {
  end(ctx);
}

void chatwoot_keep_files(struct ask *a) {
  const struct visit_said who = {.about = textbuf_text(&a->chat->customer)};
  if (!visit_open(&a->chat->visit, &who, NULL, NULL)) {
    chatwoot_fail(a, 503, TEXT("No session can be opened now."));
    return;
  }
  struct request_kept *k = begin(a);
  const struct keep_user user = {.ctx = k, .fn = on_kept, .drop = drop};
  if (k != NULL &&
      !keep_files(&a->c->keeper, &a->chat->visit, &a->files, &user)) {
    const struct kept_files none = {.code = 503,
                                    .why = TEXT("There is no memory for it.")};
    on_kept(k, &none);
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
  struct request_kept *k = ctx;
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
  struct request_kept *k = begin(a);
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
