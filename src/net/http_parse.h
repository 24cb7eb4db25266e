/* http_parse.h - strict HTTP/1.1 message syntax (RFC 9112). Pure.
 *
 * A message's head is found first (http_scan_head), then parsed in one go; what
 * two implementations could read in two ways is refused, since that is how
 * requests are smuggled. Chunked bodies are decoded as they come.
 */
#ifndef BATON_NET_HTTP_PARSE_H
#define BATON_NET_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "net/limits.h"

#define HTTP_METHOD_LIST(X)                                                    \
  X(GET) X(HEAD) X(POST) X(PUT) X(PATCH) X(DELETE) X(OPTIONS)
#define X(name) HTTP_##name,
enum http_method { HTTP_METHOD_LIST(X) HTTP_METHODS };
#undef X
const char *http_method_name(enum http_method method);

#define FAULT(name, status, slug, headers, sentence) HTTP_FAULT_##name,
enum http_fault {
  HTTP_FAULT_NONE,
#include "net/http_fault.def"
  HTTP_FAULTS
};
#undef FAULT

struct http_fault_info {
  int status;
  const char *slug;
  const char *headers; /* lines that the answer needs */
  const char *sentence;
};
/* @fault is not HTTP_FAULT_NONE. Static storage. */
const struct http_fault_info *http_fault_info(enum http_fault fault);

struct http_header {
  struct text name, value;
};

/* A piece of the head, by position: the head may move. */
struct http_span {
  uint32_t at, len;
};

struct http_field {
  struct http_span name, value;
};

enum http_framing { HTTP_NO_BODY, HTTP_BY_LENGTH, HTTP_CHUNKED, HTTP_TO_END };

enum { HTTP_FIELDS_MAX = 64 };

struct http_head {
  enum http_method method;      /* of a request */
  int status;                   /* of a response */
  struct http_span path, query; /* of a request */
  struct http_span authority;   /* of its target; empty if it has none */
  struct http_field fields[HTTP_FIELDS_MAX];
  size_t field_count;
  enum http_framing framing;
  uint64_t length;       /* HTTP_BY_LENGTH */
  bool minor_zero;       /* HTTP/1.0 */
  bool keep_alive;       /* the peer wants more on this connection */
  bool expects_continue; /* waits for 100 before it sends the body */
  bool upgrade;          /* Connection names upgrade */
};

/* Where the search for the end of a head stands. Zero at first. */
struct http_scan {
  uint32_t line_at; /* where the current line begins */
  uint32_t seen;    /* bytes looked at */
  uint32_t start;   /* where the head begins: behind one empty line at most */
  uint32_t headers_at; /* behind the first line; 0 before that */
};

/* Looks at what has come since the last call on the same bytes, now longer.
 * True: the head is bytes[scan->start … *end). False with HTTP_FAULT_NONE: more
 * is needed. Finds lone line ends and lengths beyond the limits early. */
bool http_scan_head(struct http_scan *scan, struct text bytes,
                    const struct net_limits *limits, size_t *end,
                    enum http_fault *fault);

/* @head is whole, with its empty line. HTTP_FAULT_NONE: *out is filled, its
 * positions are in @head. */
enum http_fault http_parse_request(struct text head,
                                   const struct net_limits *limits,
                                   struct http_head *out);
/* The answer to a request of @method. Faults say what was wrong, their status
 * means nothing here. */
enum http_fault http_parse_response(struct text head, enum http_method method,
                                    const struct net_limits *limits,
                                    struct http_head *out);

struct text http_span_text(struct text head, struct http_span span);
/* Position in fields of the first header of this name, field_count if none. */
size_t http_head_find(const struct http_head *h, struct text head,
                      struct text name);
/* Is @token one of the comma-separated elements of @list (any case)? */
bool http_list_has(struct text list, struct text token);

/* Chunked bodies. */

struct http_chunked {
  uint64_t body_left;     /* of the limit */
  uint64_t overhead_left; /* of the limit: extensions and trailers */
  uint64_t left;          /* of the current chunk */
  uint8_t state;
  uint8_t digits;
};

void http_chunked_init(struct http_chunked *c, int64_t body_max,
                       int64_t overhead_max);
/* Takes a piece of a chunked body: *@used bytes were looked at, of which *@data
 * is body (perhaps empty). Call again until all is used. True when the body is
 * complete, its trailers (dropped) included. */
bool http_chunked_take(struct http_chunked *c, struct text bytes, size_t *used,
                       struct text *data, enum http_fault *fault);

#endif
