#include "pages/pages.h"

#include "base/check.h"

#include "pages/pack.h"

/* blob.S */
extern const char pages_blob_begin[];
extern const char pages_blob_end[];

struct pages {
  const struct mem *mem;
  struct pack pack;
};

/* Scripts, styles and connections are the server's own; pictures in messages
 * may come from anywhere over TLS. Nobody frames a page. */
#define POLICY                                                                 \
  "default-src 'none'; script-src 'self'; style-src 'self'; "                  \
  "connect-src 'self'; font-src 'self'; img-src 'self' data: blob: https:; "   \
  "media-src 'self' blob:; manifest-src 'self'; form-action 'self'; "          \
  "base-uri 'none'; frame-ancestors 'none'"

enum bt_err pages_create(const struct mem *mem, struct pages **out) {
  struct pages *p = mem_new(mem, sizeof *p);
  if (p == NULL) {
    return BT_ERR_NOMEM;
  }
  p->mem = mem;
  const struct text blob = {pages_blob_begin,
                            (size_t)(pages_blob_end - pages_blob_begin)};
  const enum bt_err err = pack_open(&p->pack, mem, blob);
  if (err != BT_ERR_OK) {
    mem_free(mem, p, sizeof *p);
    return err;
  }
  *out = p;
  return BT_ERR_OK;
}

void pages_free(struct pages *p) {
  if (p != NULL) {
    pack_close(&p->pack);
    mem_free(p->mem, p, sizeof *p);
  }
}

/* ---- an answer */

enum { HEADERS_MAX = 10 };

struct headers {
  struct http_header list[HEADERS_MAX];
  size_t count;
};

static void put(struct headers *h, struct text name, struct text value) {
  bt_check(h->count < HEADERS_MAX);
  h->list[h->count++] = (struct http_header){name, value};
}

static void put_all(struct headers *h, const struct page *page) {
  put(h, TEXT("Content-Type"), page->type);
  put(h, TEXT("ETag"), page->etag);
  put(h, TEXT("Vary"), TEXT("Accept-Encoding"));
  put(h, TEXT("Cache-Control"),
      page->asset ? TEXT("public, max-age=31536000, immutable")
                  : TEXT("no-cache"));
  put(h, TEXT("Content-Security-Policy"), TEXT(POLICY));
  put(h, TEXT("X-Content-Type-Options"), TEXT("nosniff"));
  put(h, TEXT("Referrer-Policy"), TEXT("no-referrer"));
  /* The visitors' widget is loaded by pages of other origins. */
  put(h, TEXT("Cross-Origin-Resource-Policy"), TEXT("cross-origin"));
  put(h, TEXT("Access-Control-Allow-Origin"), TEXT("*"));
  if (!text_equal(page->encoding, TEXT("identity"))) {
    put(h, TEXT("Content-Encoding"), page->encoding);
  }
}

/* People write "/desk/", too. It is served and not redirected: what "//host/"
 * would lead to is another server. */
static const struct page *find(const struct pages *p, struct text path,
                               struct text accept) {
  const struct page *page = pack_find(&p->pack, path, accept);
  if (page == NULL && path.len > 1 && text_ends(path, TEXT("/"))) {
    page = pack_find(&p->pack, text_sub(path, 0, path.len - 1), accept);
  }
  return page;
}

bool pages_serve(struct pages *p, struct http_request *req) {
  const enum http_method method = http_request_method(req);
  if (method != HTTP_GET && method != HTTP_HEAD) {
    return false;
  }
  const struct page *page =
      find(p, http_request_path(req),
           http_request_header(req, TEXT("Accept-Encoding")));
  if (page == NULL) {
    return false;
  }
  struct headers h = {.count = 0};
  put_all(&h, page);
  const struct text have = http_request_header(req, TEXT("If-None-Match"));
  const bool same = have.len > 0 && text_equal(have, page->etag);
  /* net cuts the connection of a peer for which there is no memory. */
  (void)http_respond(req, same ? 304 : 200, h.list, h.count,
                     same ? TEXT("") : page->bytes);
  return true;
}
