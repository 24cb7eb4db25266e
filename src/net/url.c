#include "net/url.h"

#include <string.h>

#include "base/digest.h"
#include "net/http_chars.h"

static bool decode(struct text encoded, bool plus_is_blank,
                   struct textbuf *out) {
  const size_t start = out->len;
  for (size_t i = 0; i < encoded.len; i++) {
    char c = encoded.ptr[i];
    if (c == '%') {
      const int high = encoded.len - i > 2 ? hex_value(encoded.ptr[i + 1]) : -1;
      const int low = high >= 0 ? hex_value(encoded.ptr[i + 2]) : -1;
      if (low < 0 || high + low == 0) {
        return false;
      }
      c = (char)(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    textbuf_add_char(out, c);
  }
  const struct text decoded = text_sub(textbuf_text(out), start, out->len);
  return !out->failed && utf8_first_bad(decoded) == decoded.len;
}

bool url_decode(struct text encoded, struct textbuf *out) {
  return decode(encoded, false, out);
}

bool url_decode_query(struct text encoded, struct textbuf *out) {
  return decode(encoded, true, out);
}

static bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || (c != '\0' && strchr("-._~", c) != NULL);
}

void url_encode(struct text plain, struct textbuf *out) {
  for (size_t i = 0; i < plain.len; i++) {
    if (is_unreserved(plain.ptr[i])) {
      textbuf_add_char(out, plain.ptr[i]);
    } else {
      textbuf_addf(out, "%%%02X", (unsigned)(unsigned char)plain.ptr[i]);
    }
  }
}

bool url_query_next(struct text *query, struct text *name, struct text *value) {
  while (query->len > 0) {
    const size_t end = text_find(*query, TEXT("&"), 0);
    const struct text member = text_sub(*query, 0, end);
    *query = text_sub(*query, end + 1, query->len);
    if (member.len == 0) {
      continue;
    }
    const size_t equals = text_find(member, TEXT("="), 0);
    *name = text_sub(member, 0, equals);
    *value = text_sub(member, equals + 1, member.len);
    return true;
  }
  return false;
}

struct text url_query_find(struct text query, struct text name) {
  struct text key;
  struct text value;
  while (url_query_next(&query, &key, &value)) {
    if (text_equal(key, name)) {
      return value;
    }
  }
  return (struct text){NULL, 0};
}

/* ---- parts */

static bool take_url_scheme(struct text *rest, struct url_parts *out) {
  static const struct {
    struct text scheme;
    bool tls;
  } known[] = {{{"https", 5}, true},
               {{"http", 4}, false},
               {{"wss", 3}, true},
               {{"ws", 2}, false}};
  const size_t at = text_find(*rest, TEXT("://"), 0);
  const struct text scheme = text_sub(*rest, 0, at);
  *rest = text_sub(*rest, at + 3, rest->len);
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if (text_equal_nocase(scheme, known[i].scheme)) {
      out->scheme = known[i].scheme;
      out->tls = known[i].tls;
      return true;
    }
  }
  return false;
}

static bool is_visible(struct text t) {
  for (size_t i = 0; i < t.len; i++) {
    if ((unsigned char)t.ptr[i] <= ' ' || t.ptr[i] == 0x7f) {
      return false;
    }
  }
  return true;
}

/* "host", "host:port", "[::1]:port". */
static bool take_url_host(struct text authority, struct url_parts *out) {
  const bool v6 = text_starts(authority, TEXT("["));
  const size_t from = v6 ? text_find(authority, TEXT("]"), 0) : 0;
  const size_t colon = text_find(authority, TEXT(":"), from);
  int64_t port = out->tls ? 443 : 80;
  out->host = text_sub(authority, 0, colon);
  if (colon < authority.len &&
      (!text_to_i64(text_sub(authority, colon + 1, authority.len), &port) ||
       port < 1 || port > UINT16_MAX)) {
    return false;
  }
  out->port = (uint16_t)port;
  return out->host.len > 0 && (!v6 || text_ends(out->host, TEXT("]")));
}

bool url_split(struct text url, struct url_parts *out, const char **why) {
  struct text rest = url;
  *out = (struct url_parts){0};
  *why = "a URL begins with https:// or http://, as in "
         "https://bot.example.com/turn";
  if (!take_url_scheme(&rest, out)) {
    return false;
  }
  *why = "a URL has no blanks, and none of \"#\" and \"\\\"";
  if (!is_visible(rest) || text_find(rest, TEXT("#"), 0) < rest.len ||
      text_find(rest, TEXT("\\"), 0) < rest.len) {
    return false;
  }
  size_t end = 0;
  while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?') {
    end++;
  }
  const struct text authority = text_sub(rest, 0, end);
  out->path = text_sub(rest, end, rest.len);
  *why = "a URL holds no user and no password: they belong into a header";
  if (text_find(authority, TEXT("@"), 0) < authority.len) {
    return false;
  }
  *why = "the URL's host is missing, or its port is no number 1 … 65535";
  return take_url_host(authority, out);
}
