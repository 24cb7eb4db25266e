#include "net/http_parse.h"

#include <string.h>

#include "base/digest.h"
#include "net/http_chars.h"
#include "net/http_parse_priv.h"

/* What is being parsed. The text is a whole head, so it ends in CRLF CRLF and
 * a search for the CR of the current line always finds one. */
struct cursor {
  struct text head;
  size_t at;
};

static struct http_span span_between(size_t from, size_t to) {
  return (struct http_span){(uint32_t)from, (uint32_t)(to - from)};
}

/* The rest of the line, without CRLF, and the cursor behind it. */
static enum http_fault take_line(struct cursor *c, struct http_span *line) {
  const char *from = c->head.ptr + c->at;
  const char *cr = memchr(from, '\r', c->head.len - c->at);
  if (cr == NULL || cr + 1 == c->head.ptr + c->head.len || cr[1] != '\n') {
    return HTTP_FAULT_BARE_LF;
  }
  *line = (struct http_span){(uint32_t)c->at, (uint32_t)(cr - from)};
  c->at += line->len + 2;
  return HTTP_FAULT_NONE;
}

static bool value_is_clean(struct text value) {
  bool clean = true;
  for (size_t i = 0; i < value.len; i++) {
    clean = clean & http_is_value_char(value.ptr[i]);
  }
  return clean;
}

static enum http_fault take_field(struct cursor *c, struct http_field *out) {
  struct http_span line;
  const enum http_fault fault = take_line(c, &line);
  if (fault != HTTP_FAULT_NONE) {
    return fault;
  }
  const struct text t = http_span_text(c->head, line);
  if (t.ptr[0] == ' ' || t.ptr[0] == '\t') {
    return HTTP_FAULT_FOLDED_HEADER;
  }
  size_t name = 0;
  while (name < t.len && http_is_token_char(t.ptr[name])) {
    name++;
  }
  if (name == 0 || name == t.len || t.ptr[name] != ':') {
    return HTTP_FAULT_BAD_HEADER;
  }
  const struct text rest = {t.ptr + name + 1, t.len - name - 1};
  const struct text value = http_trim(rest);
  if (!value_is_clean(value)) {
    return HTTP_FAULT_BAD_HEADER;
  }
  out->name = span_between(line.at, line.at + name);
  const size_t value_at = (size_t)(value.ptr - c->head.ptr);
  out->value = span_between(value_at, value_at + value.len);
  return HTTP_FAULT_NONE;
}

static enum http_fault take_fields(struct cursor *c,
                                   const struct net_limits *limits,
                                   struct http_head *out) {
  size_t max = (size_t)limits->headers;
  max = max < HTTP_FIELDS_MAX ? max : HTTP_FIELDS_MAX;
  while (c->head.len - c->at > 2) {
    if (out->field_count == max) {
      return HTTP_FAULT_TOO_MANY_HEADERS;
    }
    const enum http_fault fault = take_field(c, &out->fields[out->field_count]);
    if (fault != HTTP_FAULT_NONE) {
      return fault;
    }
    out->field_count++;
  }
  return HTTP_FAULT_NONE;
}

/* The first line. */

static enum http_fault take_version(struct text version,
                                    struct http_head *out) {
  const bool shaped =
      version.len == 8 && memcmp(version.ptr, "HTTP/", 5) == 0 &&
      version.ptr[5] >= '0' && version.ptr[5] <= '9' && version.ptr[6] == '.' &&
      version.ptr[7] >= '0' && version.ptr[7] <= '9';
  if (!shaped) {
    return HTTP_FAULT_BAD_REQUEST_LINE;
  }
  out->minor_zero = version.ptr[7] == '0';
  return version.ptr[5] == '1' ? HTTP_FAULT_NONE : HTTP_FAULT_BAD_VERSION;
}

static enum http_fault take_method(struct text name, struct http_head *out) {
  for (unsigned i = 0; i < HTTP_METHODS; i++) {
    if (text_equal(name, http_method_names[i])) {
      out->method = (enum http_method)i;
      return HTTP_FAULT_NONE;
    }
  }
  return HTTP_FAULT_UNKNOWN_METHOD;
}

static bool target_is_clean(struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    const char c = t.ptr[i];
    if (c <= ' ' || c == 0x7f || c == '#') { /* bytes from 0x80 are negative */
      return false;
    }
    if (c == '%' && (t.len - i < 3 || hex_value(t.ptr[i + 1]) < 0 ||
                     hex_value(t.ptr[i + 2]) < 0)) {
      return false;
    }
  }
  return true;
}

/* http://host/path?query, which every server must accept: where the path
 * begins. A missing path is "/", for which the scheme's second slash stands. */
static size_t skip_authority(struct text target, size_t scheme_len) {
  size_t at = scheme_len;
  while (at < target.len && target.ptr[at] != '/' && target.ptr[at] != '?') {
    at++;
  }
  return at;
}

static enum http_fault take_absolute(struct text target, size_t at,
                                     size_t scheme_len, struct http_head *out) {
  const size_t path = skip_authority(target, scheme_len);
  if (path == scheme_len ||
      text_find(text_sub(target, 0, path), TEXT("@"), 0) < path) {
    return HTTP_FAULT_BAD_TARGET; /* RFC 9110, 4.2.4: nobody's name is there */
  }
  out->authority = span_between(at + scheme_len, at + path);
  size_t end = text_find(target, TEXT("?"), path);
  out->path = end == path ? span_between(at + scheme_len - 1, at + scheme_len)
                          : span_between(at + path, at + end);
  end += end < target.len ? 1 : 0;
  out->query = span_between(at + end, at + target.len);
  return HTTP_FAULT_NONE;
}

static enum http_fault take_target(struct text target, size_t at,
                                   struct http_head *out) {
  static const struct text schemes[] = {{"http://", 7}, {"https://", 8}};
  if (!target_is_clean(target)) {
    return HTTP_FAULT_BAD_TARGET;
  }
  if (out->method == HTTP_OPTIONS && text_equal(target, TEXT("*"))) {
    out->path = span_between(at, at + 1);
    out->query = span_between(at + 1, at + 1);
    return HTTP_FAULT_NONE;
  }
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    const size_t len = schemes[i].len;
    if (text_equal_nocase(text_sub(target, 0, len), schemes[i])) {
      return take_absolute(target, at, len, out);
    }
  }
  if (target.len == 0 || target.ptr[0] != '/') {
    return HTTP_FAULT_BAD_TARGET;
  }
  size_t end = text_find(target, TEXT("?"), 0);
  out->path = span_between(at, at + end);
  end += end < target.len ? 1 : 0;
  out->query = span_between(at + end, at + target.len);
  return HTTP_FAULT_NONE;
}

static enum http_fault take_request_line(struct cursor *c,
                                         struct http_head *out) {
  struct http_span span;
  enum http_fault fault = take_line(c, &span);
  if (fault != HTTP_FAULT_NONE) {
    return fault;
  }
  const struct text line = http_span_text(c->head, span);
  size_t method = 0;
  while (method < line.len && http_is_token_char(line.ptr[method])) {
    method++;
  }
  if (method == 0 || method == line.len || line.ptr[method] != ' ') {
    return HTTP_FAULT_BAD_REQUEST_LINE;
  }
  const size_t target = method + 1;
  const size_t blank = text_find(line, TEXT(" "), target);
  if (blank == line.len) {
    return HTTP_FAULT_BAD_REQUEST_LINE;
  }
  fault = take_version(text_sub(line, blank + 1, line.len), out);
  if (fault == HTTP_FAULT_NONE) {
    fault = take_method(text_sub(line, 0, method), out);
  }
  if (fault == HTTP_FAULT_NONE) {
    fault = take_target(text_sub(line, target, blank - target),
                        span.at + target, out);
  }
  return fault;
}

static enum http_fault take_status_line(struct cursor *c,
                                        struct http_head *out) {
  struct http_span span;
  enum http_fault fault = take_line(c, &span);
  if (fault != HTTP_FAULT_NONE) {
    return fault;
  }
  const struct text line = http_span_text(c->head, span);
  int64_t status = 0;
  if (line.len < 12 || line.ptr[8] != ' ' ||
      (line.len > 12 && line.ptr[12] != ' ') ||
      !text_to_i64(text_sub(line, 9, 3), &status) || status < 100 ||
      status > 599 || !value_is_clean(line)) {
    return HTTP_FAULT_BAD_REQUEST_LINE;
  }
  out->status = (int)status;
  return take_version(text_sub(line, 0, 8), out);
}

/* The whole. */

enum http_fault http_parse_request(struct text head,
                                   const struct net_limits *limits,
                                   struct http_head *out) {
  struct cursor c = {head, 0};
  struct http_facts facts = {0};
  out->field_count = 0;
  out->authority = span_between(0, 0);
  enum http_fault fault = take_request_line(&c, out);
  if (fault == HTTP_FAULT_NONE) {
    fault = take_fields(&c, limits, out);
  }
  if (fault == HTTP_FAULT_NONE) {
    fault = http_facts_collect(head, out, &facts);
  }
  if (fault == HTTP_FAULT_NONE) {
    fault = http_facts_framing(&facts, out);
  }
  if (fault != HTTP_FAULT_NONE) {
    return fault;
  }
  if (facts.hosts > 1 || (facts.hosts == 0 && !out->minor_zero)) {
    return HTTP_FAULT_BAD_HOST;
  }
  if (out->framing == HTTP_BY_LENGTH &&
      out->length > (uint64_t)limits->body_bytes) {
    return HTTP_FAULT_BODY_TOO_LARGE;
  }
  http_facts_persistence(&facts, out);
  return HTTP_FAULT_NONE;
}

static bool response_has_no_body(int status, enum http_method method) {
  return method == HTTP_HEAD || status < 200 || status == 204 || status == 304;
}

enum http_fault http_parse_response(struct text head, enum http_method method,
                                    const struct net_limits *limits,
                                    struct http_head *out) {
  struct cursor c = {head, 0};
  struct http_facts facts = {0};
  out->field_count = 0;
  enum http_fault fault = take_status_line(&c, out);
  if (fault == HTTP_FAULT_NONE) {
    fault = take_fields(&c, limits, out);
  }
  if (fault == HTTP_FAULT_NONE) {
    fault = http_facts_collect(head, out, &facts);
  }
  if (fault == HTTP_FAULT_NONE) {
    fault = http_facts_framing(&facts, out);
  }
  if (fault != HTTP_FAULT_NONE) {
    return fault;
  }
  http_facts_persistence(&facts, out);
  if (response_has_no_body(out->status, method)) {
    out->framing = HTTP_NO_BODY;
  } else if (facts.lengths + facts.encodings == 0) {
    out->framing = HTTP_TO_END;
    out->keep_alive = false;
  }
  return HTTP_FAULT_NONE;
}
