/* URL, HTML and base64 forms of a text, and its hashes. */
#include <string.h>

#include "base/digest.h"
#include "base/id.h"
#include "studio/builtin_impl_priv.h"

static const char hex_digits[] = "0123456789ABCDEF";

static bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

/* RFC 3986, section 2.3 */
enum op_result builtin_do_URLENCODE(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  const struct text t = builtin_text(b, 0, buffer);
  struct textbuf *out = builtin_scratch(b);
  for (size_t i = 0; i < t.len; i++) {
    const unsigned char c = (unsigned char)t.ptr[i];
    if (is_unreserved(t.ptr[i])) {
      textbuf_add_char(out, t.ptr[i]);
    } else {
      textbuf_add_char(out, '%');
      textbuf_add_char(out, hex_digits[c >> 4]);
      textbuf_add_char(out, hex_digits[c & 15]);
    }
  }
  return builtin_put_scratch(b);
}

/* -1 if it is no hexadecimal digit. */
static int hex_at(struct text t, size_t at) {
  return at < t.len ? hex_value(t.ptr[at]) : -1;
}

/* What was decoded must be text again: stored values are UTF-8. */
static enum op_result put_utf8(const struct builtin *b) {
  const struct text t = textbuf_text(&b->vm->scratch);
  if (!b->vm->scratch.failed && utf8_first_bad(t) < t.len) {
    return vm_fail(b->vm, FAILURE_ARGUMENT,
                   "%s: what this stands for is no UTF-8 text",
                   builtin_info(b->id)->name.ptr);
  }
  return builtin_put_scratch(b);
}

enum op_result builtin_do_URLDECODE(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  const struct text t = builtin_text(b, 0, buffer);
  struct textbuf *out = builtin_scratch(b);
  for (size_t i = 0; i < t.len; i++) {
    const int high = hex_at(t, i + 1), low = hex_at(t, i + 2);
    if (t.ptr[i] == '%' && high >= 0 && low >= 0) {
      textbuf_add_char(out, (char)(unsigned char)(high * 16 + low));
      i += 2;
    } else {
      textbuf_add_char(out, t.ptr[i]);
    }
  }
  return put_utf8(b);
}

enum op_result builtin_do_HTMLENCODE(const struct builtin *b) {
  static const struct {
    char plain;
    const char *encoded;
  } signs[] = {{'<', "&lt;"},
               {'>', "&gt;"},
               {'&', "&amp;"},
               {'"', "&quot;"},
               {'\'', "&#39;"}};
  char buffer[BUILTIN_SHORT];
  const struct text t = builtin_text(b, 0, buffer);
  struct textbuf *out = builtin_scratch(b);
  for (size_t i = 0; i < t.len; i++) {
    size_t s = 0;
    while (s < sizeof signs / sizeof signs[0] && signs[s].plain != t.ptr[i]) {
      s++;
    }
    if (s < sizeof signs / sizeof signs[0]) {
      textbuf_add(out, text_from(signs[s].encoded));
    } else {
      textbuf_add_char(out, t.ptr[i]);
    }
  }
  return builtin_put_scratch(b);
}

/* ---- base64, RFC 4648 section 4 */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

enum op_result builtin_do_BASE64ENCODE(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  const struct text t = builtin_text(b, 0, buffer);
  struct textbuf *out = builtin_scratch(b);
  for (size_t i = 0; i < t.len; i += 3) {
    const size_t n = t.len - i < 3 ? t.len - i : 3;
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; k++) {
      bits = bits << 8 | (k < n ? (unsigned char)t.ptr[i + k] : 0u);
    }
    for (size_t k = 0; k < 4; k++) {
      const uint32_t digit = bits >> (18 - 6 * k) & 63;
      textbuf_add_char(out, base64_digits[k <= n ? digit : 64]);
    }
  }
  return builtin_put_scratch(b);
}

/* -1 if it is none of base64. */
static int base64_value(char c) {
  for (int i = 0; i < 64; i++) {
    if (base64_digits[i] == c) {
      return i;
    }
  }
  return -1;
}

enum op_result builtin_do_BASE64DECODE(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  const struct text t = text_trim(builtin_text(b, 0, buffer));
  struct textbuf *out = builtin_scratch(b);
  uint32_t bits = 0;
  unsigned have = 0;
  for (size_t i = 0; i < t.len && t.ptr[i] != '='; i++) {
    const int digit = base64_value(t.ptr[i]);
    if (digit < 0) {
      return vm_fail(b->vm, FAILURE_ARGUMENT,
                     "base64decode: character %zu is none of base64", i + 1);
    }
    bits = bits << 6 | (uint32_t)digit;
    have += 6;
    if (have >= 8) {
      have -= 8;
      textbuf_add_char(out, (char)(unsigned char)(bits >> have & 255));
    }
  }
  return put_utf8(b);
}

/* ---- hashes, as lower-case hexadecimal */

/* Argument @i, whose hashing takes longer than copying it. */
static struct text hashed(const struct builtin *b, unsigned i,
                          char buffer[BUILTIN_SHORT]) {
  const struct text t = builtin_text(b, i, buffer);
  vm_charge(b->vm, 8 * t.len);
  return t;
}

static enum op_result put_hex(const struct builtin *b, const uint8_t *digest,
                              size_t size) {
  digest_to_hex(digest, size, builtin_scratch(b));
  return builtin_put_scratch(b);
}

enum op_result builtin_do_MD5(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  uint8_t digest[DIGEST_MD5_SIZE];
  digest_md5(hashed(b, 0, buffer), digest);
  return put_hex(b, digest, sizeof digest);
}

enum op_result builtin_do_SHA1(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  uint8_t digest[DIGEST_SHA1_SIZE];
  digest_sha1(hashed(b, 0, buffer), digest);
  return put_hex(b, digest, sizeof digest);
}

enum op_result builtin_do_SHA256(const struct builtin *b) {
  char buffer[BUILTIN_SHORT];
  uint8_t digest[DIGEST_SHA256_SIZE];
  digest_sha256(hashed(b, 0, buffer), digest);
  return put_hex(b, digest, sizeof digest);
}

enum op_result builtin_do_HMACSHA256(const struct builtin *b) {
  char buffer[BUILTIN_SHORT], key[BUILTIN_SHORT];
  uint8_t digest[DIGEST_SHA256_SIZE];
  digest_hmac_sha256(hashed(b, 1, key), hashed(b, 0, buffer), digest);
  return put_hex(b, digest, sizeof digest);
}

/* RFC 9562, version 4, from the run's own source: the same run gives the same
 * ones again. */
enum op_result builtin_do_UUID(const struct builtin *b) {
  char text[ID_TEXT_LEN];
  struct id id = {rand_u64(&b->vm->rand), rand_u64(&b->vm->rand)};
  id.hi = (id.hi & ~UINT64_C(0xf000)) | UINT64_C(0x4000);
  id.lo = (id.lo & ~(UINT64_C(3) << 62)) | UINT64_C(2) << 62;
  id_to_text(id, text);
  return builtin_put_text(b, (struct text){text, sizeof text});
}
