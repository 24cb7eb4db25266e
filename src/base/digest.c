/* All three are blocks of 64 bytes over a state of words; they differ in the
 * state, in what a block does to it, and in the order of bytes. */
#include "base/digest.h"

#include "base/check.h"

#include <string.h>

enum { BLOCK = 64, WORDS_MAX = 8 };

struct kind {
  void (*add_block)(uint32_t state[WORDS_MAX], const uint8_t block[BLOCK]);
  unsigned words;
  bool little; /* the least byte of a word first */
  uint32_t first[WORDS_MAX];
};

struct digest {
  const struct kind *kind;
  uint32_t state[WORDS_MAX];
  uint8_t block[BLOCK]; /* what is not whole yet */
  size_t have;
  uint64_t length;
};

static uint32_t rotate_left(uint32_t n, unsigned by) {
  return n << by | n >> (32 - by);
}

static uint32_t rotate_right(uint32_t n, unsigned by) {
  return n >> by | n << (32 - by);
}

static uint32_t big_word(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
         p[3];
}

static uint32_t little_word(const uint8_t *p) {
  return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 |
         p[0];
}

/* ---- MD5 */

/* The sines of 1 to 64, as RFC 1321 defines them. */
static const uint32_t md5_constants[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a,
    0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
    0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
    0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
    0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
    0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
    0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
    0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
    0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

static void md5_block(uint32_t s[WORDS_MAX], const uint8_t block[BLOCK]) {
  static const uint8_t shifts[4][4] = {
      {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  uint32_t a = s[0], b = s[1], c = s[2], d = s[3];
  for (unsigned i = 0; i < 64; i++) {
    uint32_t f;
    unsigned word;
    switch (i / 16) {
    case 0:
      f = (b & c) | (~b & d);
      word = i;
      break;
    case 1:
      f = (d & b) | (~d & c);
      word = 5 * i + 1;
      break;
    case 2:
      f = b ^ c ^ d;
      word = 3 * i + 5;
      break;
    default:
      f = c ^ (b | ~d);
      word = 7 * i;
    }
    const uint32_t sum =
        a + f + md5_constants[i] + little_word(block + 4 * (size_t)(word % 16));
    a = d;
    d = c;
    c = b;
    b += rotate_left(sum, shifts[i / 16][i % 4]);
  }
  s[0] += a;
  s[1] += b;
  s[2] += c;
  s[3] += d;
}

static const struct kind md5 = {
    md5_block, 4, true, {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};

/* ---- SHA-1 */

static void sha1_round(unsigned i, const uint32_t v[5], uint32_t *f,
                       uint32_t *k) {
  switch (i / 20) {
  case 0:
    *f = (v[1] & v[2]) | (~v[1] & v[3]);
    *k = 0x5a827999;
    break;
  case 1:
    *f = v[1] ^ v[2] ^ v[3];
    *k = 0x6ed9eba1;
    break;
  case 2:
    *f = (v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3]);
    *k = 0x8f1bbcdc;
    break;
  default:
    *f = v[1] ^ v[2] ^ v[3];
    *k = 0xca62c1d6;
  }
}

static void sha1_block(uint32_t s[WORDS_MAX], const uint8_t block[BLOCK]) {
  uint32_t w[80], v[5], f, k;
  for (unsigned i = 0; i < 80; i++) {
    w[i] = i < 16 ? big_word(block + 4 * (size_t)i)
                  : rotate_left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  }
  memcpy(v, s, sizeof v);
  for (unsigned i = 0; i < 80; i++) {
    sha1_round(i, v, &f, &k);
    const uint32_t sum = rotate_left(v[0], 5) + f + v[4] + k + w[i];
    v[4] = v[3];
    v[3] = v[2];
    v[2] = rotate_left(v[1], 30);
    v[1] = v[0];
    v[0] = sum;
  }
  for (unsigned i = 0; i < 5; i++) {
    s[i] += v[i];
  }
}

static const struct kind sha1 = {
    sha1_block,
    5,
    false,
    {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};

/* ---- SHA-256, RFC 6234 */

static const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static void sha256_schedule(const uint8_t block[BLOCK], uint32_t w[64]) {
  for (unsigned i = 0; i < 16; i++) {
    w[i] = big_word(block + 4 * (size_t)i);
  }
  for (unsigned i = 16; i < 64; i++) {
    const uint32_t x = w[i - 15], y = w[i - 2];
    const uint32_t s0 = rotate_right(x, 7) ^ rotate_right(x, 18) ^ x >> 3;
    const uint32_t s1 = rotate_right(y, 17) ^ rotate_right(y, 19) ^ y >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
}

static void sha256_block(uint32_t s[WORDS_MAX], const uint8_t block[BLOCK]) {
  uint32_t w[64], v[8];
  sha256_schedule(block, w);
  memcpy(v, s, sizeof v);
  for (unsigned i = 0; i < 64; i++) {
    const uint32_t s1 =
        rotate_right(v[4], 6) ^ rotate_right(v[4], 11) ^ rotate_right(v[4], 25);
    const uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    const uint32_t one = v[7] + s1 + choice + sha256_constants[i] + w[i];
    const uint32_t s0 =
        rotate_right(v[0], 2) ^ rotate_right(v[0], 13) ^ rotate_right(v[0], 22);
    const uint32_t most = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    memmove(v + 1, v, 7 * sizeof v[0]);
    v[4] += one;
    v[0] = one + s0 + most;
  }
  for (unsigned i = 0; i < 8; i++) {
    s[i] += v[i];
  }
}

static const struct kind sha256 = {sha256_block,
                                   8,
                                   false,
                                   {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                    0xa54ff53a, 0x510e527f, 0x9b05688c,
                                    0x1f83d9ab, 0x5be0cd19}};

/* ---- what they share */

static void begin(struct digest *d, const struct kind *kind) {
  *d = (struct digest){.kind = kind};
  memcpy(d->state, kind->first, sizeof d->state);
}

static void add(struct digest *d, const void *bytes, size_t size) {
  const uint8_t *p = bytes;
  d->length += size;
  while (size > 0) {
    const size_t room = BLOCK - d->have, n = size < room ? size : room;
    memcpy(d->block + d->have, p, n);
    d->have += n;
    p += n;
    size -= n;
    if (d->have == BLOCK) {
      d->kind->add_block(d->state, d->block);
      d->have = 0;
    }
  }
}

/* A one bit, zeros, and the length in bits in the last eight bytes. */
static void end(struct digest *d, uint8_t *out) {
  const uint64_t bits = d->length * 8;
  uint8_t length[8];
  for (unsigned i = 0; i < 8; i++) {
    length[i] = (uint8_t)(bits >> (d->kind->little ? 8 * i : 56 - 8 * i));
  }
  add(d, "\x80", 1);
  while (d->have != BLOCK - 8) {
    add(d, "", 1);
  }
  add(d, length, sizeof length);
  for (unsigned i = 0; i < 4 * d->kind->words; i++) {
    const unsigned byte = d->kind->little ? i % 4 : 3 - i % 4;
    out[i] = (uint8_t)(d->state[i / 4] >> (8 * byte));
  }
}

static void digest_of(const struct kind *kind, struct text t, uint8_t *out) {
  struct digest d;
  begin(&d, kind);
  if (t.len > 0) {
    add(&d, t.ptr, t.len);
  }
  end(&d, out);
}

void digest_md5(struct text t, uint8_t out[DIGEST_MD5_SIZE]) {
  digest_of(&md5, t, out);
}

void digest_sha1(struct text t, uint8_t out[DIGEST_SHA1_SIZE]) {
  digest_of(&sha1, t, out);
}

void digest_sha256(struct text t, uint8_t out[DIGEST_SHA256_SIZE]) {
  digest_of(&sha256, t, out);
}

void digest_hmac_sha256(struct text key, struct text t,
                        uint8_t out[DIGEST_SHA256_SIZE]) {
  uint8_t inner[BLOCK] = {0}, outer[BLOCK];
  struct digest d;
  if (key.len > BLOCK) {
    digest_sha256(key, inner);
  } else if (key.len > 0) {
    memcpy(inner, key.ptr, key.len);
  }
  for (unsigned i = 0; i < BLOCK; i++) {
    outer[i] = inner[i] ^ 0x5c;
    inner[i] ^= 0x36;
  }
  begin(&d, &sha256);
  add(&d, inner, sizeof inner);
  add(&d, t.ptr, t.len);
  end(&d, out);
  begin(&d, &sha256);
  add(&d, outer, sizeof outer);
  add(&d, out, DIGEST_SHA256_SIZE);
  end(&d, out);
}

void hex_write(const uint8_t *bytes, size_t size, char *out) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < size; i++) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = (char)(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool hex_read(struct text t, uint8_t *bytes, size_t size) {
  if (t.len != 2 * size) {
    return false;
  }
  for (size_t i = 0; i < size; i++) {
    const int high = hex_value(t.ptr[2 * i]), low = hex_value(t.ptr[2 * i + 1]);
    if (high < 0 || low < 0) {
      return false;
    }
    bytes[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

void digest_to_hex(const uint8_t *digest, size_t size, struct textbuf *out) {
  char hex[2 * DIGEST_MAX];
  bt_check(size <= DIGEST_MAX);
  hex_write(digest, size, hex);
  textbuf_add(out, (struct text){hex, 2 * size});
}
