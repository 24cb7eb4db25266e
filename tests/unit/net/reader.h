/* reader.h - a reader of requests as simple as can be, over the parser: what it
 * makes of some bytes, given in pieces of any size, as one line of text. */
#ifndef BATON_TESTS_NET_READER_H
#define BATON_TESTS_NET_READER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/http_parse.h"

enum { READER_BYTES = 8192 };

struct reader {
  struct net_limits limits;
  struct http_scan scan;
  struct http_head head;
  struct http_chunked chunked;
  char body[READER_BYTES];
  size_t body_len;
  bool in_body;
  char said[READER_BYTES]; /* "POST /a?b [body]" … or "400 bad-header" */
  size_t said_len;
  bool over;
};

static inline void reader_begin(struct reader *r) {
  memset(r, 0, sizeof *r);
  r->limits = net_limits_default();
}

static inline void reader_say(struct reader *r, struct text t) {
  const size_t room = sizeof r->said - 1 - r->said_len;
  const size_t len = t.len < room ? t.len : room;
  memcpy(r->said + r->said_len, t.ptr, len);
  r->said_len += len;
  r->said[r->said_len] = '\0';
}

static inline void reader_say_fault(struct reader *r, enum http_fault fault) {
  char line[128];
  const struct http_fault_info *info = http_fault_info(fault);
  const int len =
      snprintf(line, sizeof line, "%d %s", info->status, info->slug);
  reader_say(r, (struct text){line, (size_t)len});
  r->over = true;
}

static inline void reader_end_request(struct reader *r) {
  reader_say(r, TEXT(" ["));
  reader_say(r, (struct text){r->body, r->body_len});
  reader_say(r, r->head.keep_alive ? TEXT("]") : TEXT("] close"));
  r->over = !r->head.keep_alive;
  r->in_body = false;
  r->body_len = 0;
  r->scan = (struct http_scan){0};
}

static inline void reader_begin_request(struct reader *r, struct text head) {
  const struct text query = http_span_text(head, r->head.query);
  reader_say(r, r->said_len > 0 ? TEXT(" | ") : TEXT(""));
  reader_say(r, text_from(http_method_name(r->head.method)));
  reader_say(r, TEXT(" "));
  reader_say(r, http_span_text(head, r->head.path));
  reader_say(r, query.len > 0 ? TEXT("?") : TEXT(""));
  reader_say(r, query);
  http_chunked_init(&r->chunked, r->limits.body_bytes,
                    r->limits.chunk_overhead_bytes);
  r->in_body = r->head.framing != HTTP_NO_BODY;
  if (!r->in_body) {
    reader_end_request(r);
  }
}

static inline size_t reader_take_head(struct reader *r, struct text bytes) {
  enum http_fault fault;
  size_t end = 0;
  if (!http_scan_head(&r->scan, bytes, &r->limits, &end, &fault)) {
    if (fault != HTTP_FAULT_NONE) {
      reader_say_fault(r, fault);
    }
    return 0;
  }
  const struct text head = text_sub(bytes, r->scan.start, end - r->scan.start);
  fault = http_parse_request(head, &r->limits, &r->head);
  if (fault != HTTP_FAULT_NONE) {
    reader_say_fault(r, fault);
  } else {
    reader_begin_request(r, head);
  }
  return end;
}

static inline size_t reader_take_body(struct reader *r, struct text bytes) {
  enum http_fault fault = HTTP_FAULT_NONE;
  struct text data = bytes;
  size_t used = 0;
  bool whole = false;
  if (r->head.framing == HTTP_CHUNKED) {
    whole = http_chunked_take(&r->chunked, bytes, &used, &data, &fault);
  } else {
    data = text_sub(bytes, 0, (size_t)r->head.length - r->body_len);
    used = data.len;
    whole = r->body_len + used == r->head.length;
  }
  const size_t room = sizeof r->body - r->body_len;
  const size_t len = data.len < room ? data.len : room;
  memcpy(r->body + r->body_len, data.ptr, len);
  r->body_len += len;
  if (fault != HTTP_FAULT_NONE) {
    reader_say(r, TEXT(" "));
    reader_say_fault(r, fault);
  } else if (whole) {
    reader_end_request(r);
  }
  return used;
}

/* @piece bytes at a time; what was not taken comes again in front, always in
 * memory of exactly its size, so that the sanitizer sees every step too far. */
static inline const char *reader_read(struct reader *r, struct text all,
                                      size_t piece) {
  size_t done = 0;
  size_t come = 0;
  while (!r->over && come < all.len) {
    come = all.len - come < piece ? all.len : come + piece;
    size_t step = 1;
    while (step > 0 && done < come && !r->over) {
      char *copy = malloc(come - done);
      memcpy(copy, all.ptr + done, come - done);
      const struct text bytes = {copy, come - done};
      step =
          r->in_body ? reader_take_body(r, bytes) : reader_take_head(r, bytes);
      free(copy);
      done += step;
    }
  }
  return r->said;
}

#endif
