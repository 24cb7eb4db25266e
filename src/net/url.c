#include "net/url.h"

#include <string.h>

#include "net/http_chars.h"

static bool decode(struct text encoded, bool plus_is_blank,
                   struct textbuf *out) {
  const size_t start = out->len;
  for (size_t i = 0; i < encoded.len; i++) {
    char c = encoded.ptr[i];
    if (c == '%') {
      const int high =
          encoded.len - i > 2 ? http_hex_digit(encoded.ptr[i + 1]) : -1;
      const int low = high >= 0 ? http_hex_digit(encoded.ptr[i + 2]) : -1;
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
