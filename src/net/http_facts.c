#include <string.h>

#include "net/http_parse_priv.h"

/* A name or an address, one of IPv6 in brackets; and perhaps :port. */
static bool is_host(struct text value) {
  const bool bracketed = value.len > 0 && value.ptr[0] == '[';
  const size_t inside = bracketed ? text_find(value, TEXT("]"), 0) : 0;
  const size_t port = text_find(value, TEXT(":"), inside);
  if (bracketed && inside + 1 != port) {
    return false; /* text_find(): behind the end if there is none */
  }
  for (size_t i = 0; i < value.len; i++) {
    const char c = value.ptr[i];
    if (strchr(" \t,/?#@\\", c) != NULL || (i > port && (c < '0' || c > '9'))) {
      return false;
    }
  }
  return true;
}

static enum http_fault take_host(struct http_facts *f, struct text value) {
  f->hosts++;
  return is_host(value) ? HTTP_FAULT_NONE : HTTP_FAULT_BAD_HOST;
}

static enum http_fault take_length(struct http_facts *f, struct text value) {
  enum { DIGITS_MAX = 18 };
  f->lengths++;
  if (value.len == 0) {
    return HTTP_FAULT_BAD_LENGTH;
  }
  for (size_t i = 0; i < value.len; i++) {
    if (value.ptr[i] < '0' || value.ptr[i] > '9') {
      return HTTP_FAULT_BAD_LENGTH;
    }
    if (i < DIGITS_MAX) {
      f->length = f->length * 10 + (uint64_t)(value.ptr[i] - '0');
    }
  }
  f->length_too_big = value.len > DIGITS_MAX;
  return HTTP_FAULT_NONE;
}

static enum http_fault take_encoding(struct http_facts *f, struct text value) {
  f->encodings++;
  f->chunked = text_equal_nocase(value, TEXT("chunked"));
  size_t last = value.len;
  while (last > 0 && value.ptr[last - 1] != ',') {
    last--;
  }
  f->ends_chunked = text_equal_nocase(
      text_trim(text_sub(value, last, value.len - last)), TEXT("chunked"));
  return HTTP_FAULT_NONE;
}

static enum http_fault take_connection(struct http_facts *f,
                                       struct text value) {
  f->close = f->close || http_list_has(value, TEXT("close"));
  f->keep_alive = f->keep_alive || http_list_has(value, TEXT("keep-alive"));
  f->upgrade = f->upgrade || http_list_has(value, TEXT("upgrade"));
  return HTTP_FAULT_NONE;
}

static enum http_fault take_expect(struct http_facts *f, struct text value) {
  f->expects_continue = text_equal_nocase(value, TEXT("100-continue"));
  return f->expects_continue ? HTTP_FAULT_NONE : HTTP_FAULT_BAD_EXPECT;
}

static const struct {
  struct text name;
  enum http_fault (*take)(struct http_facts *f, struct text value);
} known_fields[] = {
    {{"host", 4}, take_host},
    {{"content-length", 14}, take_length},
    {{"transfer-encoding", 17}, take_encoding},
    {{"connection", 10}, take_connection},
    {{"expect", 6}, take_expect},
};
enum { KNOWN_FIELDS = sizeof known_fields / sizeof known_fields[0] };

static enum http_fault take_known(struct http_facts *facts, struct text name,
                                  struct text value) {
  for (size_t i = 0; i < KNOWN_FIELDS; i++) {
    if (name.len == known_fields[i].name.len &&
        text_equal_nocase(name, known_fields[i].name)) {
      return known_fields[i].take(facts, value);
    }
  }
  return HTTP_FAULT_NONE;
}

enum http_fault http_facts_collect(struct text head, const struct http_head *h,
                                   struct http_facts *facts) {
  for (size_t i = 0; i < h->field_count; i++) {
    const enum http_fault fault =
        take_known(facts, http_span_text(head, h->fields[i].name),
                   http_span_text(head, h->fields[i].value));
    if (fault != HTTP_FAULT_NONE) {
      return fault;
    }
  }
  return HTTP_FAULT_NONE;
}

enum http_fault http_facts_framing(const struct http_facts *f,
                                   struct http_head *out) {
  if (f->lengths > 1) {
    return HTTP_FAULT_BAD_LENGTH;
  }
  if (f->encodings > 0 && f->lengths > 0) {
    return HTTP_FAULT_LENGTH_AND_CHUNKED;
  }
  if (f->encodings > 1 || (f->encodings == 1 && out->minor_zero)) {
    return HTTP_FAULT_BAD_TRANSFER_ENCODING;
  }
  /* RFC 9112 6.3: where it is not the last, nobody knows where the body ends.
   */
  if (f->encodings == 1 && !f->ends_chunked) {
    return HTTP_FAULT_BAD_TRANSFER_ENCODING;
  }
  if (f->encodings == 1 && !f->chunked) {
    return HTTP_FAULT_UNKNOWN_TRANSFER_ENCODING;
  }
  if (f->length_too_big) {
    return HTTP_FAULT_BODY_TOO_LARGE;
  }
  out->length = f->length;
  if (f->encodings == 1) {
    out->framing = HTTP_CHUNKED;
  } else {
    out->framing = f->length > 0 ? HTTP_BY_LENGTH : HTTP_NO_BODY;
  }
  return HTTP_FAULT_NONE;
}

void http_facts_persistence(const struct http_facts *f, struct http_head *out) {
  out->keep_alive = !f->close && (!out->minor_zero || f->keep_alive);
  out->upgrade = f->upgrade;
  out->expects_continue =
      f->expects_continue && !out->minor_zero && out->framing != HTTP_NO_BODY;
}
