/* Links to files for bots and platforms that have no token of ours: each is
 * good for one file of one session until a time that stands in it, and signed.
 * The key follows from the server's secret. */
#include <openssl/crypto.h>

#include "api/serve_priv.h"
#include "base/calendar.h"
#include "base/digest.h"
#include "files/store.h"

enum { SIGNATURE = 2 * DIGEST_SHA256_SIZE, SECOND_US = 1000000 };

void links_init(struct api *api, struct text secret) {
  digest_hmac_sha256(secret, TEXT("baton links to files"), api->link_key);
}

/* The path that the link has, up to its signature. */
static void write_path(struct id session, struct text file, int64_t until_s,
                       struct textbuf *out) {
  char text[ID_TEXT_LEN];
  id_to_text(session, text);
  textbuf_addf(out, "/api/v1/files/%.*s/%.*s?expires=%lld", ID_TEXT_LEN, text,
               TEXT_ARG(file), (long long)until_s);
}

static void sign(const struct api *api, struct text path, char out[SIGNATURE]) {
  uint8_t mac[DIGEST_SHA256_SIZE];
  digest_hmac_sha256(
      (struct text){(const char *)api->link_key, sizeof api->link_key}, path,
      mac);
  hex_write(mac, sizeof mac, out);
}

/* ---- making */

static void put_link(struct api *api, struct id session, struct text file,
                     struct json_out *o) {
  const int64_t until_s =
      api_now_us(api) / SECOND_US + api->options.files.link_seconds;
  const struct text base = textbuf_text(&api->public_url);
  char signature[SIGNATURE];
  struct textbuf url;
  textbuf_init(&url, api->mem);
  textbuf_add(&url, base);
  write_path(session, file, until_s, &url);
  const struct text whole = textbuf_text(&url);
  sign(api, text_sub(whole, base.len, whole.len - base.len), signature);
  textbuf_addf(&url, "&signature=%.*s", SIGNATURE, signature);
  json_key(o, "url");
  json_put_text(o, textbuf_text(&url));
  o->buf->failed = o->buf->failed || url.failed;
  textbuf_free(&url);
}

/* All but the address, which only those can use who have a token. */
static void put_file(struct api *api, struct id session,
                     const struct json *file, struct json_out *o) {
  const struct text id = json_member_text(file, TEXT("id"));
  json_open_object(o);
  for (const struct json *m = file->first; m != NULL; m = m->next) {
    if (!text_equal(m->key, TEXT("url"))) {
      json_key_text(o, m->key);
      json_put_raw(o, m->source);
    }
  }
  put_link(api, session, id, o);
  json_close_object(o);
}

static bool is_file(const struct json *m) {
  return m->type == JSON_OBJECT && file_is_id(json_member_text(m, TEXT("id")));
}

/* The files that the data of a message names; NULL: none. */
static const struct json *files_in(struct text data, struct arena *arena) {
  struct json *tree = NULL;
  const struct text copy = arena_copy_text(arena, data);
  const bool read =
      copy.ptr != NULL && copy.len > 0 &&
      json_parse(arena, copy, JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK &&
      tree->type == JSON_OBJECT;
  const struct json *list = read ? json_member(tree, TEXT("files")) : NULL;
  return list != NULL && list->type == JSON_LIST ? list->first : NULL;
}

struct text api_link_files(struct api *api, struct id session, struct text data,
                           struct arena *arena) {
  struct text links = {"", 0};
  struct textbuf b;
  struct json_out o;
  size_t count = 0;
  textbuf_init(&b, api->mem);
  json_out_init(&o, &b);
  json_open_list(&o);
  for (const struct json *m = files_in(data, arena); m != NULL; m = m->next) {
    if (is_file(m)) {
      put_file(api, session, m, &o);
      count++;
    }
  }
  json_close_list(&o);
  if (count > 0 && !b.failed) {
    links = arena_copy_text(arena, textbuf_text(&b));
  }
  textbuf_free(&b);
  return links;
}

/* ---- following one */

/* Whoever changes anything in a link has another signature than it has. */
static bool is_signed(struct call *c, struct id session, int64_t until_s) {
  const struct text given = call_query(c, TEXT("signature"));
  char signature[SIGNATURE];
  struct textbuf path;
  textbuf_init(&path, c->api->mem);
  write_path(session, c->params[1], until_s, &path);
  sign(c->api, textbuf_text(&path), signature);
  const bool same = !path.failed && given.len == SIGNATURE &&
                    CRYPTO_memcmp(given.ptr, signature, SIGNATURE) == 0;
  textbuf_free(&path);
  return same;
}

void serve_linked_file(struct call *c) {
  int64_t until_s = 0;
  if (!id_from_text(c->params[0], &c->session) ||
      !text_to_i64(call_query(c, TEXT("expires")), &until_s) ||
      !is_signed(c, c->session, until_s)) {
    call_refuse(c, REFUSAL_BAD_LINK,
                TEXT("The address, its \"expires\" and its \"signature\" do "
                     "not belong together, or the server's secret is another "
                     "one since."),
                TEXT(""));
  } else if (api_now_us(c->api) / SECOND_US > until_s) {
    char at[TIME_TEXT_MAX];
    call_refuse(c, REFUSAL_LINK_EXPIRED,
                call_format(c, "The link was good until %.*s.",
                            TEXT_ARG(time_to_text(until_s * SECOND_US, at))),
                TEXT(""));
  } else {
    call_fetch_file(c, c->params[1]);
  }
}
