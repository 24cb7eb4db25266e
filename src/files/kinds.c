#include "files/kinds.h"

#include <string.h>

struct magic {
  size_t offset;
  const char *bytes;
  size_t size;
};

static const struct kind {
  const char *type, *ending;
  struct magic first, second;
} kinds[] = {
#define KIND(type, ending, at, magic, size, at2, magic2, size2)                \
  {type, ending, {at, magic, size}, {at2, magic2, size2}},
#include "files/kinds.def"
#undef KIND
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static bool has(struct text bytes, const struct magic *m) {
  return m->size == 0 ||
         (bytes.len >= m->offset + m->size &&
          memcmp(bytes.ptr + m->offset, m->bytes, m->size) == 0);
}

static bool ends(struct text name, const char *ending) {
  const size_t len = strlen(ending);
  return name.len > len + 1 && name.ptr[name.len - len - 1] == '.' &&
         text_equal_nocase(text_sub(name, name.len - len, len),
                           text_from(ending));
}

/* Line ends, tabs and page breaks are part of text. */
static bool is_text(struct text bytes) {
  for (size_t i = 0; i < bytes.len; i++) {
    const unsigned char c = (unsigned char)bytes.ptr[i];
    if ((c < ' ' && (c < '\t' || c > '\r')) || c == 0x7f) {
      return false;
    }
  }
  return utf8_first_bad(bytes) == bytes.len;
}

struct text file_kind(struct text bytes, struct text name) {
  const struct kind *found = NULL;
  for (size_t i = 0; i < KINDS; i++) {
    const struct kind *k = &kinds[i];
    const bool fits = has(bytes, &k->first) && has(bytes, &k->second);
    if (fits && (found == NULL || ends(name, k->ending))) {
      found = k;
    }
  }
  if (found != NULL) {
    return text_from(found->type);
  }
  return is_text(bytes) ? TEXT("text/plain") : TEXT("application/octet-stream");
}

bool file_kind_is_among(struct text type, struct text accepted) {
  while (accepted.len > 0) {
    const size_t end = text_find(accepted, TEXT(" "), 0);
    const struct text one = text_sub(accepted, 0, end);
    const bool family = text_ends(one, TEXT("/*"));
    if (text_equal_nocase(one, type) || text_equal(one, TEXT("*/*")) ||
        (family && text_equal_nocase(text_sub(one, 0, one.len - 1),
                                     text_sub(type, 0, one.len - 1)))) {
      return true;
    }
    accepted = text_sub(accepted, end + 1, accepted.len);
  }
  return false;
}

/* ---- names */

/* Marks that turn what follows, so that "gpj.exe" reads "exe.jpg"; and what is
 * not seen at all. */
static bool is_hidden(uint32_t c) {
  return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static struct text last_part(struct text name) {
  size_t from = 0;
  for (size_t i = 0; i < name.len; i++) {
    if (name.ptr[i] == '/' || name.ptr[i] == '\\') {
      from = i + 1;
    }
  }
  return text_sub(name, from, name.len);
}

static void add_cleaned(struct text name, struct textbuf *out) {
  size_t length = 0;
  for (size_t i = 0; i < name.len; i += length) {
    length = utf8_length(name, i);
    if (length == 0) {
      length = 1;
      continue;
    }
    const uint32_t c = utf8_decode(name, i, &length);
    if (!is_hidden(c)) {
      const bool bad = c < 0x80 && strchr("<>:\"|?*", (int)c) != NULL;
      textbuf_add(out, bad ? TEXT("_") : text_sub(name, i, length));
    }
  }
}

enum { ENDING_MAX = 12 };

/* ".pdf" of a name; empty if what follows the last point is no ending. */
static struct text ending_of(struct text name) {
  for (size_t i = name.len; i > 1 && name.len - i < ENDING_MAX; i--) {
    if (name.ptr[i - 1] == '.') {
      return text_sub(name, i - 1, name.len);
    }
  }
  return TEXT("");
}

void file_name_clean(struct text name, struct textbuf *out) {
  struct textbuf b;
  textbuf_init(&b, out->mem);
  add_cleaned(last_part(name), &b);
  struct text clean = text_trim(textbuf_text(&b));
  while (clean.len > 0 && clean.ptr[0] == '.') {
    clean = text_sub(clean, 1, clean.len);
  }
  if (clean.len == 0) {
    textbuf_add(out, TEXT("file"));
  } else if (clean.len <= FILE_NAME_MAX) {
    textbuf_add(out, clean);
  } else {
    const struct text end = ending_of(clean);
    textbuf_add(out, utf8_cut(clean, FILE_NAME_MAX - end.len));
    textbuf_add(out, end);
  }
  out->failed = out->failed || b.failed;
  textbuf_free(&b);
}
