#include "facades/shared/reply.h"

#include "net/url.h"

enum { HEADERS_MAX = 6 };

static size_t put_origin(struct http_request *req, struct http_header *list) {
  const struct text origin = http_request_header(req, TEXT("Origin"));
  if (origin.len == 0) {
    return 0;
  }
  list[0] = (struct http_header){TEXT("Access-Control-Allow-Origin"), origin};
  list[1] = (struct http_header){TEXT("Access-Control-Allow-Credentials"),
                                 TEXT("true")};
  list[2] = (struct http_header){TEXT("Vary"), TEXT("Origin")};
  return 3;
}

void reply_send(struct http_request *req, int status, const char *type,
                struct text body) {
  struct http_header list[HEADERS_MAX];
  size_t count = put_origin(req, list);
  list[count++] = (struct http_header){TEXT("Content-Type"), text_from(type)};
  list[count++] = (struct http_header){TEXT("Cache-Control"), TEXT("no-store")};
  /* net cuts the connection of a peer for which there is no memory. */
  (void)http_respond(req, status, list, count, body);
}

void reply_json(struct http_request *req, int status, struct text body) {
  reply_send(req, status, "application/json; charset=utf-8", body);
}

void reply_preflight(struct http_request *req) {
  struct http_header list[HEADERS_MAX];
  size_t count = put_origin(req, list);
  const struct text asked =
      http_request_header(req, TEXT("Access-Control-Request-Headers"));
  list[count++] = (struct http_header){TEXT("Access-Control-Allow-Methods"),
                                       TEXT("GET, POST, PATCH, PUT")};
  list[count++] = (struct http_header){
      TEXT("Access-Control-Allow-Headers"),
      asked.len > 0 ? asked : TEXT("Authorization, Content-Type")};
  list[count++] =
      (struct http_header){TEXT("Access-Control-Max-Age"), TEXT("7200")};
  (void)http_respond(req, 204, list, count, TEXT(""));
}

struct text query_text(struct arena *arena, struct text query,
                       struct text name) {
  struct textbuf value;
  textbuf_init(&value, arena->mem);
  const bool good =
      url_decode_query(url_query_find(query, name), &value) && !value.failed;
  const struct text copy =
      good ? arena_copy_text(arena, textbuf_text(&value)) : TEXT("");
  textbuf_free(&value);
  return copy.ptr == NULL ? TEXT("") : copy;
}

const struct json *body_object(struct arena *arena, struct http_request *req,
                               struct json_error *error) {
  struct json *tree = NULL;
  const enum bt_err err = json_parse(arena, http_request_body(req),
                                     JSON_DEPTH_DEFAULT, &tree, error);
  return err == BT_ERR_OK && tree->type == JSON_OBJECT ? tree : NULL;
}

struct text peer_text(const struct json *object, const char *key) {
  return json_member_text(object, text_from(key));
}

bool secret_equal(struct text a, struct text b) {
  unsigned char differs = a.len != b.len;
  for (size_t i = 0; i < a.len && i < b.len; i++) {
    differs |= (unsigned char)(a.ptr[i] ^ b.ptr[i]);
  }
  return differs == 0;
}
