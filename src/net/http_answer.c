#include <string.h>
#include <time.h>

#include "base/check.h"
#include "net/http_chars.h"
#include "net/server_priv.h"

/* The lines that net writes itself, at their longest. */
enum { OWN_LINES_MAX = 224 };

static const struct {
  int code;
  struct text reason;
} statuses[] = {
#define STATUS(code, reason) {(code), {(reason), sizeof(reason) - 1}},
#include "net/http_status.def"
#undef STATUS
};

struct text http_status_reason(int status) {
  for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
    if (statuses[i].code == status) {
      return statuses[i].reason;
    }
  }
  return TEXT("Status");
}

/* Writing into reserved room. */

static char *put(char *to, struct text t) {
  if (t.len > 0) {
    memcpy(to, t.ptr, t.len);
  }
  return to + t.len;
}

static char *put_number(char *to, uint64_t n) {
  char digits[20];
  size_t at = sizeof digits;
  do {
    digits[--at] = "0123456789"[n % 10];
    n /= 10;
  } while (n > 0);
  return put(to, (struct text){digits + at, sizeof digits - at});
}

/* A line end in a value would let its author write headers of his own. */
static char *put_clean(char *to, struct text value) {
  for (size_t i = 0; i < value.len; i++) {
    const char c = value.ptr[i];
    *to++ = (char)(http_is_value_char(c) ? c : ' ');
  }
  return to;
}

static char *put_date(struct http_server *server, char *to) {
  const int64_t now_s = loop_unix_us() / 1000000;
  if (now_s != server->date_s) {
    const time_t seconds = (time_t)now_s;
    struct tm parts;
    bt_check(gmtime_r(&seconds, &parts) != NULL);
    bt_check(strftime(server->date, sizeof server->date,
                      "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts) > 0);
    server->date_s = now_s;
  }
  return put(to, text_from(server->date));
}

static char *put_status(char *to, int status) {
  bt_check(status >= 100 && status <= 599);
  to = put(to, TEXT("HTTP/1.1 "));
  to = put_number(to, (uint64_t)status);
  *to++ = ' ';
  to = put(to, http_status_reason(status));
  return put(to, TEXT("\r\n"));
}

static char *put_framing(char *to, const struct http_answer *a) {
  if (a->chunked) {
    to = put(to, TEXT("Transfer-Encoding: chunked\r\n"));
  } else if (a->length >= 0) {
    to = put(to, TEXT("Content-Length: "));
    to = put_number(to, (uint64_t)a->length);
    to = put(to, TEXT("\r\n"));
  }
  if (!a->keep_alive) {
    return put(to, TEXT("Connection: close\r\n"));
  }
  return a->minor_zero ? put(to, TEXT("Connection: keep-alive\r\n")) : to;
}

/* RFC 6797, section 7: over TLS alone. A year, for this host and no other. */
static char *put_strict(char *to, const struct http_conn *conn) {
  return conn->server->strict && conn->wire.carrier != NULL
             ? put(to, TEXT("Strict-Transport-Security: max-age=31536000\r\n"))
             : to;
}

static size_t headers_size(const struct http_answer *a) {
  size_t size = 0;
  for (size_t i = 0; i < a->count; i++) {
    size += a->headers[i].name.len + a->headers[i].value.len + 4;
  }
  return size;
}

char *http_answer_begin(struct http_conn *conn, const struct http_answer *a,
                        size_t more, size_t *len) {
  char *start =
      wire_reserve(&conn->wire, OWN_LINES_MAX + headers_size(a) + more);
  if (start == NULL) {
    return NULL;
  }
  char *to = put_status(start, a->status);
  to = put_date(conn->server, to);
  to = put_strict(to, conn);
  to = put_framing(to, a);
  for (size_t i = 0; i < a->count; i++) {
    to = put_clean(to, a->headers[i].name);
    to = put(to, TEXT(": "));
    to = put_clean(to, a->headers[i].value);
    to = put(to, TEXT("\r\n"));
  }
  to = put(to, TEXT("\r\n"));
  *len = (size_t)(to - start);
  return start;
}

/* Whole answers. */

static bool write_answer(struct http_conn *conn, const struct http_answer *a,
                         struct text body) {
  size_t len = 0;
  char *start = http_answer_begin(conn, a, body.len, &len);
  if (start == NULL) {
    return false;
  }
  put(start + len, body);
  wire_commit(&conn->wire, len + body.len);
  return true;
}

enum bt_err http_respond(struct http_request *req, int status,
                         const struct http_header *headers, size_t count,
                         struct text body) {
  struct http_conn *conn = req->conn;
  const bool bodiless = status == 204 || status == 304;
  bt_check(conn->phase == CONN_BUSY && status >= 200);
  conn->keep_alive = req->head.keep_alive && !conn->server->stopping;
  const struct http_answer a = {.status = status,
                                .headers = headers,
                                .count = count,
                                .length = bodiless ? -1 : (int64_t)body.len,
                                .keep_alive = conn->keep_alive,
                                .minor_zero = req->head.minor_zero};
  if (bodiless || req->head.method == HTTP_HEAD) {
    body = TEXT("");
  }
  const bool written = write_answer(conn, &a, body);
  http_request_end(req);
  if (!written) {
    wire_cut(&conn->wire, BT_ERR_NOMEM);
    return BT_ERR_NOMEM;
  }
  http_conn_next(conn);
  return BT_ERR_OK;
}

/* Header lines of the fault table, as headers. */
enum { FAULT_HEADERS_MAX = 4 };

static size_t split_lines(struct text lines,
                          struct http_header out[FAULT_HEADERS_MAX]) {
  size_t count = 0;
  size_t at = 0;
  while (at < lines.len && count < FAULT_HEADERS_MAX - 1) {
    const size_t colon = text_find(lines, TEXT(": "), at);
    const size_t end = text_find(lines, TEXT("\r\n"), colon);
    out[count].name = text_sub(lines, at, colon - at);
    out[count].value = text_sub(lines, colon + 2, end - colon - 2);
    count++;
    at = end + 2;
  }
  return count;
}

void http_conn_refuse(struct http_conn *conn, enum http_fault fault) {
  struct http_server *server = conn->server;
  const struct http_fault_info *info = http_fault_info(fault);
  struct http_header headers[FAULT_HEADERS_MAX];
  size_t count = split_lines(text_from(info->headers), headers);
  textbuf_clear(&server->scratch);
  if (server->handlers->on_bad_request != NULL) {
    server->handlers->on_bad_request(server->ctx, info, &server->scratch);
  }
  const struct text body = textbuf_text(&server->scratch);
  if (body.len > 0) {
    headers[count].name = TEXT("Content-Type");
    headers[count++].value = TEXT("application/problem+json");
  }
  const struct http_answer a = {.status = info->status,
                                .headers = headers,
                                .count = count,
                                .length = (int64_t)body.len};
  server->counters.bad_requests++;
  const bool written = write_answer(conn, &a, body);
  if (conn->request != NULL) {
    http_request_end(conn->request);
  }
  if (written) {
    http_conn_finish(conn);
  } else {
    wire_cut(&conn->wire, BT_ERR_NOMEM);
  }
}
