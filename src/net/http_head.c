#include <string.h>

#include "base/check.h"
#include "net/http_parse_priv.h"

#define X(name) {#name, sizeof #name - 1},
const struct text http_method_names[HTTP_METHODS] = {HTTP_METHOD_LIST(X)};
#undef X

#define FAULT(name, status, slug, headers, sentence)                           \
  {status, slug, headers, sentence},
static const struct http_fault_info fault_infos[] = {
    {0, "", "", ""},
#include "net/http_fault.def"
};
#undef FAULT

const char *http_method_name(enum http_method method) {
  bt_check(method < HTTP_METHODS);
  return http_method_names[method].ptr;
}

const struct http_fault_info *http_fault_info(enum http_fault fault) {
  bt_check(fault > HTTP_FAULT_NONE && fault < HTTP_FAULTS);
  return &fault_infos[fault];
}

struct text http_span_text(struct text head, struct http_span span) {
  bt_check(span.at <= head.len && span.len <= head.len - span.at);
  return (struct text){head.ptr + span.at, span.len};
}

size_t http_head_find(const struct http_head *h, struct text head,
                      struct text name) {
  size_t i = 0;
  while (i < h->field_count &&
         (h->fields[i].name.len != name.len ||
          !text_equal_nocase(http_span_text(head, h->fields[i].name), name))) {
    i++;
  }
  return i;
}

struct text http_trim(struct text t) {
  while (t.len > 0 && (t.ptr[0] == ' ' || t.ptr[0] == '\t')) {
    t = (struct text){t.ptr + 1, t.len - 1};
  }
  while (t.len > 0 && (t.ptr[t.len - 1] == ' ' || t.ptr[t.len - 1] == '\t')) {
    t.len--;
  }
  return t;
}

bool http_list_has(struct text list, struct text token) {
  size_t at = 0;
  while (at < list.len) {
    const char *comma = memchr(list.ptr + at, ',', list.len - at);
    const size_t end = comma != NULL ? (size_t)(comma - list.ptr) : list.len;
    const struct text item = {list.ptr + at, end - at};
    if (text_equal_nocase(http_trim(item), token)) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

static enum http_fault scan_too_long(const struct http_scan *s, size_t upto,
                                     const struct net_limits *limits) {
  if (s->headers_at == 0) {
    return upto - s->start > (size_t)limits->request_line_bytes
               ? HTTP_FAULT_TARGET_TOO_LONG
               : HTTP_FAULT_NONE;
  }
  return upto - s->headers_at > (size_t)limits->header_bytes
             ? HTTP_FAULT_HEADERS_TOO_LARGE
             : HTTP_FAULT_NONE;
}

/* A line ends with the LF at @at. True if that was the empty line. */
static bool scan_line(struct http_scan *s, struct text bytes, size_t at,
                      enum http_fault *fault) {
  const size_t begin = s->line_at;
  s->line_at = (uint32_t)at + 1;
  if (at == begin || bytes.ptr[at - 1] != '\r') {
    *fault = HTTP_FAULT_BARE_LF;
    return false;
  }
  const bool empty = at - begin == 1;
  if (s->headers_at != 0) {
    return empty;
  }
  if (!empty) {
    s->headers_at = (uint32_t)at + 1;
    return false;
  }
  /* RFC 9112, 2.2: an empty line before a request is an old client's slip. */
  if (s->start != 0) {
    *fault = HTTP_FAULT_BAD_REQUEST_LINE;
  }
  s->start = (uint32_t)at + 1;
  return false;
}

bool http_scan_head(struct http_scan *scan, struct text bytes,
                    const struct net_limits *limits, size_t *end,
                    enum http_fault *fault) {
  *fault = HTTP_FAULT_NONE;
  while (scan->seen < bytes.len) {
    const char *lf =
        memchr(bytes.ptr + scan->seen, '\n', bytes.len - scan->seen);
    const size_t upto = lf != NULL ? (size_t)(lf - bytes.ptr) + 1 : bytes.len;
    *fault = scan_too_long(scan, upto, limits);
    if (*fault != HTTP_FAULT_NONE) {
      return false;
    }
    scan->seen = (uint32_t)upto;
    if (lf == NULL) {
      return false;
    }
    if (scan_line(scan, bytes, upto - 1, fault)) {
      *end = upto;
      return true;
    }
    if (*fault != HTTP_FAULT_NONE) {
      return false;
    }
  }
  return false;
}
