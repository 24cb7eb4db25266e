#include "base/text.h"

#include <string.h>

/* memcmp must not see NULL, not even with a length of 0. */
static int compare_bytes(const char *a, const char *b, size_t len) {
  return len == 0 ? 0 : memcmp(a, b, len);
}

static int compare_lengths(size_t a, size_t b) {
  return (a > b) - (a < b);
}

bool text_equal(struct text a, struct text b) {
  return a.len == b.len && compare_bytes(a.ptr, b.ptr, a.len) == 0;
}

int text_compare(struct text a, struct text b) {
  const size_t shared = a.len < b.len ? a.len : b.len;
  const int order = compare_bytes(a.ptr, b.ptr, shared);
  return order != 0 ? order : compare_lengths(a.len, b.len);
}

static unsigned char fold(char c) {
  return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

int text_compare_nocase(struct text a, struct text b) {
  const size_t shared = a.len < b.len ? a.len : b.len;
  for (size_t i = 0; i < shared; i++) {
    const int order = fold(a.ptr[i]) - fold(b.ptr[i]);
    if (order != 0) {
      return order;
    }
  }
  return compare_lengths(a.len, b.len);
}

bool text_equal_nocase(struct text a, struct text b) {
  return a.len == b.len && text_compare_nocase(a, b) == 0;
}

bool text_starts(struct text t, struct text prefix) {
  return prefix.len <= t.len &&
         compare_bytes(t.ptr, prefix.ptr, prefix.len) == 0;
}

bool text_ends(struct text t, struct text suffix) {
  return suffix.len <= t.len &&
         text_equal(text_sub(t, t.len - suffix.len, suffix.len), suffix);
}

/* memmem() takes time in proportion to both lengths, whatever they hold: a
 * script may look for half a mebibyte in another. */
size_t text_find(struct text t, struct text needle, size_t from) {
  if (from >= t.len) {
    return t.len;
  }
  if (needle.len == 0) {
    return from;
  }
  const char *hit = memmem(t.ptr + from, t.len - from, needle.ptr, needle.len);
  return hit == NULL ? t.len : (size_t)(hit - t.ptr);
}

struct text text_sub(struct text t, size_t from, size_t len) {
  if (from > t.len) {
    from = t.len;
  }
  if (len > t.len - from) {
    len = t.len - from;
  }
  /* An empty text may have no place at all: NULL + 0 is not defined. */
  return (struct text){from == 0 ? t.ptr : t.ptr + from, len};
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct text text_trim(struct text t) {
  size_t from = 0;
  while (from < t.len && is_blank(t.ptr[from])) {
    from++;
  }
  size_t end = t.len;
  while (end > from && is_blank(t.ptr[end - 1])) {
    end--;
  }
  return text_sub(t, from, end - from);
}

/* Optimal string alignment: what is inserted, left out, changed, or swapped
 * with its neighbour counts one. Three rows of its table at a time. */
enum { DISTANCE_BYTES = 64 };

static unsigned smaller(unsigned a, unsigned b) {
  return a < b ? a : b;
}

/* The row of the first @i + 1 letters of @a out of the two before it. */
static void next_row(struct text a, struct text b, size_t i,
                     unsigned rows[3][DISTANCE_BYTES + 1]) {
  const unsigned *two = rows[(i + 1) % 3], *one = rows[(i + 2) % 3];
  unsigned *row = rows[i % 3];
  row[0] = (unsigned)i + 1;
  for (size_t j = 0; j < b.len; j++) {
    const unsigned char x = fold(a.ptr[i]), y = fold(b.ptr[j]);
    row[j + 1] = smaller(one[j] + (x != y), 1 + smaller(row[j], one[j + 1]));
    if (i > 0 && j > 0 && x == fold(b.ptr[j - 1]) && y == fold(a.ptr[i - 1])) {
      row[j + 1] = smaller(row[j + 1], two[j - 1] + 1);
    }
  }
}

unsigned text_distance(struct text a, struct text b) {
  a = text_sub(a, 0, DISTANCE_BYTES);
  b = text_sub(b, 0, DISTANCE_BYTES);
  unsigned rows[3][DISTANCE_BYTES + 1];
  for (unsigned j = 0; j <= b.len; j++) {
    rows[2][j] = j; /* of no letter, before the row of the first */
  }
  for (size_t i = 0; i < a.len; i++) {
    next_row(a, b, i, rows);
  }
  return rows[(a.len + 2) % 3][b.len];
}

static bool could_be_meant(struct text word, struct text candidate,
                           unsigned distance) {
  const size_t few = word.len < 3 ? word.len / 2 : word.len / 3;
  if (distance <= few) {
    return true;
  }
  return word.len >= 4 && candidate.len >= 4 &&
         text_equal_nocase(text_sub(word, 0, 4), text_sub(candidate, 0, 4));
}

size_t text_nearest(struct text word, const struct text *candidates,
                    size_t count) {
  size_t best = count;
  unsigned best_distance = 0;
  for (size_t i = 0; i < count; i++) {
    const unsigned distance = text_distance(word, candidates[i]);
    if (could_be_meant(word, candidates[i], distance) &&
        (best == count || distance < best_distance)) {
      best = i;
      best_distance = distance;
    }
  }
  return best;
}
