#include <arpa/inet.h>
#include <string.h>

#include "base/check.h"
#include "net/server_priv.h"

/* A kept request gives back buffers above this. */
enum { BUFFER_KEPT = 8192 };

struct http_request *http_request_new(struct http_conn *conn) {
  struct http_server *server = conn->server;
  struct http_request *req = server->spare;
  if (req != NULL) {
    server->spare = req->next_spare;
    server->spare_count--;
  } else {
    req = mem_new(server->loop->mem, sizeof *req);
    if (req == NULL) {
      return NULL;
    }
    textbuf_init(&req->head_text, &server->requests.mem);
    textbuf_init(&req->body, &server->requests.mem);
  }
  req->conn = conn;
  req->tag = NULL;
  req->timed = 0;
  req->may_upload = req->is_upload = false;
  req->peer[0] = '\0';
  return req;
}

static void request_free(struct http_server *server, struct http_request *req) {
  textbuf_free(&req->head_text);
  textbuf_free(&req->body);
  mem_free(server->loop->mem, req, sizeof *req);
}

static void reuse_buffer(struct textbuf *b) {
  if (b->cap > BUFFER_KEPT) {
    textbuf_free(b);
  }
  textbuf_clear(b);
}

void http_request_end(struct http_request *req) {
  struct http_conn *conn = req->conn;
  struct http_server *server = conn->server;
  http_slot_renew(conn);
  server->uploads -= req->is_upload;
  conn->request = NULL;
  req->conn = NULL;
  if (server->spare_count >= server->limits.requests_kept) {
    request_free(server, req);
    return;
  }
  reuse_buffer(&req->head_text);
  reuse_buffer(&req->body);
  req->next_spare = server->spare;
  server->spare = req;
  server->spare_count++;
}

void http_request_free_spares(struct http_server *server) {
  while (server->spare != NULL) {
    struct http_request *req = server->spare;
    server->spare = req->next_spare;
    request_free(server, req);
  }
}

/* What the user reads. */

static struct text piece(const struct http_request *req,
                         struct http_span span) {
  return http_span_text(textbuf_text(&req->head_text), span);
}

enum http_method http_request_method(const struct http_request *req) {
  return req->head.method;
}

struct text http_request_path(const struct http_request *req) {
  return piece(req, req->head.path);
}

struct text http_request_query(const struct http_request *req) {
  return piece(req, req->head.query);
}

struct text http_request_header(const struct http_request *req,
                                struct text name) {
  const size_t i =
      http_head_find(&req->head, textbuf_text(&req->head_text), name);
  return i < req->head.field_count ? piece(req, req->head.fields[i].value)
                                   : (struct text){NULL, 0};
}

struct text http_request_host(const struct http_request *req) {
  const struct text asked = piece(req, req->head.authority);
  return asked.len > 0 ? asked : http_request_header(req, TEXT("Host"));
}

bool http_request_header_at(const struct http_request *req, size_t index,
                            struct http_header *out) {
  if (index >= req->head.field_count) {
    return false;
  }
  out->name = piece(req, req->head.fields[index].name);
  out->value = piece(req, req->head.fields[index].value);
  return true;
}

struct text http_request_body(const struct http_request *req) {
  const struct text body = textbuf_text(&req->body);
  return body.ptr != NULL ? body : TEXT("");
}

/* An IPv4 peer of a socket for both families looks like ::ffff:192.0.2.1. */
static void strip_mapping(char *address) {
  static const char mapped[] = "::ffff:";
  const size_t prefix = sizeof mapped - 1;
  if (strncmp(address, mapped, prefix) == 0 && strchr(address, '.') != NULL) {
    memmove(address, address + prefix, strlen(address + prefix) + 1);
  }
}

bool http_request_is_https(const struct http_request *req) {
  return req->conn->wire.carrier != NULL ||
         text_equal_nocase(http_request_header(req, TEXT("X-Forwarded-Proto")),
                           TEXT("https"));
}

struct text http_request_bearer(const struct http_request *req) {
  const struct text scheme = TEXT("Bearer ");
  const struct text value = http_request_header(req, TEXT("Authorization"));
  return value.ptr != NULL &&
                 text_equal_nocase(text_sub(value, 0, scheme.len), scheme)
             ? text_trim(text_sub(value, scheme.len, value.len))
             : (struct text){NULL, 0};
}

struct text http_request_peer(struct http_request *req) {
  const struct http_conn *conn = req->conn;
  if (req->peer[0] == '\0') {
    (void)inet_ntop(conn->peer_is_v6 ? AF_INET6 : AF_INET, conn->peer,
                    req->peer, sizeof req->peer);
    strip_mapping(req->peer);
  }
  return text_from(req->peer);
}

struct net_ref http_request_ref(const struct http_request *req) {
  return http_slot_ref(req->conn);
}

struct http_request *http_request_find(struct http_server *server,
                                       struct net_ref ref) {
  const struct http_conn *conn = http_slot_find(server, ref);
  return conn != NULL && conn->phase == CONN_BUSY ? conn->request : NULL;
}

void http_request_set_owner(struct http_request *req, const void *owner) {
  req->conn->owner = owner;
}

void http_request_set_tag(struct http_request *req, void *tag) {
  req->tag = tag;
}

void *http_request_tag(const struct http_request *req) {
  return req->tag;
}
