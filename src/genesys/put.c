/* What entities share: ids, references, lists that are shown page by page. */
#include <string.h>

#include "base/calendar.h"
#include "base/digest.h"
#include "genesys/genesys_priv.h"
#include "net/url.h"

enum { PAGE_DEFAULT = 25, PAGE_MAX = 500 };

const struct directory *genesys_directory(const struct genesys *g) {
  return engine_directory(api_engine(g->api));
}

/* RFC 9562, 5.8: version 8 is ours to fill. */
struct id genesys_id(struct id base, const char *word, uint64_t n) {
  struct {
    uint64_t hi, lo, n;
    char word[40];
  } seed = {.hi = base.hi, .lo = base.lo, .n = n};
  uint8_t digest[DIGEST_SHA256_SIZE];
  struct id id;
  (void)strncpy(seed.word, word, sizeof seed.word - 1);
  digest_sha256((struct text){(const char *)&seed, sizeof seed}, digest);
  memcpy(&id.hi, digest, sizeof id.hi);
  memcpy(&id.lo, digest + sizeof id.hi, sizeof id.lo);
  id.hi = (id.hi & ~UINT64_C(0xf000)) | UINT64_C(0x8000);
  id.lo = (id.lo & ~(UINT64_C(3) << 62)) | UINT64_C(2) << 62;
  return id;
}

void put_key_text(struct json_out *o, const char *key, struct text value) {
  json_key(o, key);
  json_put_text(o, value);
}

void put_key_i64(struct json_out *o, const char *key, int64_t n) {
  json_key(o, key);
  json_put_i64(o, n);
}

void put_key_time(struct json_out *o, const char *key, int64_t at_us) {
  if (at_us > 0) {
    api_put_time(o, key, at_us);
  }
}

void put_key_id(struct json_out *o, const char *key, struct id id) {
  char text[ID_TEXT_LEN];
  id_to_text(id, text);
  put_key_text(o, key, (struct text){text, sizeof text});
}

void put_self(struct json_out *o, const char *before, struct text id) {
  struct textbuf b;
  textbuf_init(&b, o->buf->mem);
  textbuf_add(&b, TEXT("/api/v2"));
  textbuf_add(&b, text_from(before));
  url_encode(id, &b);
  put_key_text(o, "selfUri", textbuf_text(&b));
  textbuf_free(&b);
}

void put_ref(struct json_out *o, const char *before, struct text id,
             struct text name) {
  json_open_object(o);
  put_key_text(o, "id", id);
  put_key_text(o, "name", name);
  put_self(o, before, id);
  json_close_object(o);
}

/* ---- lists */

static bool read_number(struct ask *a, const char *name, uint32_t most,
                        uint32_t *out) {
  const struct text value = ask_query(a, name);
  int64_t n = *out;
  if (value.len > 0 && (!text_to_i64(value, &n) || n < 1 || n > most)) {
    ask_fail_field(a, name,
                   ask_format(a, "%s must be a whole number 1 … %u.", name,
                              (unsigned)most));
    return false;
  }
  *out = (uint32_t)n;
  return true;
}

bool list_begin(struct listing *l, struct ask *a) {
  *l = (struct listing){.ask = a, .size = PAGE_DEFAULT, .number = 1};
  if (!read_number(a, "pageSize", PAGE_MAX, &l->size) ||
      !read_number(a, "pageNumber", 1000000, &l->number)) {
    return false;
  }
  l->o = ask_json(a);
  json_open_object(&l->o);
  json_key(&l->o, "entities");
  json_open_list(&l->o);
  return true;
}

bool list_next(struct listing *l) {
  const uint64_t first = (uint64_t)(l->number - 1) * l->size;
  const uint64_t at = l->seen++;
  return at >= first && at < first + l->size;
}

/* The same list at another page; other parameters stay. */
static void put_page(struct listing *l, const char *key, uint32_t number) {
  struct textbuf b;
  struct text rest = l->ask->query, name, value;
  textbuf_init(&b, l->o.buf->mem);
  textbuf_addf(&b, "%.*s?", TEXT_ARG(l->ask->path));
  while (url_query_next(&rest, &name, &value)) {
    if (!text_equal(name, TEXT("pageNumber")) &&
        !text_equal(name, TEXT("pageSize"))) {
      textbuf_addf(&b, "%.*s=%.*s&", TEXT_ARG(name), TEXT_ARG(value));
    }
  }
  textbuf_addf(&b, "pageSize=%u&pageNumber=%u", (unsigned)l->size,
               (unsigned)number);
  put_key_text(&l->o, key, textbuf_text(&b));
  textbuf_free(&b);
}

void list_send(struct listing *l) {
  const uint32_t pages =
      l->seen == 0 ? 1
                   : (uint32_t)(((uint64_t)l->seen + l->size - 1) / l->size);
  json_close_list(&l->o);
  put_key_i64(&l->o, "pageSize", l->size);
  put_key_i64(&l->o, "pageNumber", l->number);
  put_key_i64(&l->o, "total", l->seen);
  put_key_i64(&l->o, "pageCount", pages);
  put_page(l, "firstUri", 1);
  put_page(l, "selfUri", l->number);
  if (l->number < pages) {
    put_page(l, "nextUri", l->number + 1);
  }
  if (l->number > 1) {
    put_page(l, "previousUri", l->number - 1);
  }
  put_page(l, "lastUri", pages);
  json_close_object(&l->o);
  ask_send(l->ask, 200);
}

/* ---- patterns */

static bool same_letter(char a, char b) {
  return text_equal_nocase((struct text){&a, 1}, (struct text){&b, 1});
}

bool name_fits(struct text name, struct text pattern) {
  size_t n = 0, p = 0, star = SIZE_MAX, back = 0;
  if (pattern.len == 0) {
    return true;
  }
  while (n < name.len) {
    if (p < pattern.len && pattern.ptr[p] == '*') {
      star = p++; /* it stands for nothing at first, then for more and more */
      back = n;
    } else if (p < pattern.len && same_letter(pattern.ptr[p], name.ptr[n])) {
      p++;
      n++;
    } else if (star != SIZE_MAX) {
      p = star + 1;
      n = ++back;
    } else {
      return false;
    }
  }
  while (p < pattern.len && pattern.ptr[p] == '*') {
    p++;
  }
  return p == pattern.len;
}

/* ---- views of the engine */

const struct json *genesys_parse_copy(struct arena *arena, struct text bytes) {
  struct json *tree = NULL;
  const struct text copy = arena_copy_text(arena, bytes);
  return copy.ptr != NULL && copy.len > 0 &&
                 json_parse(arena, copy, JSON_DEPTH_MAX, &tree, NULL) ==
                     BT_ERR_OK
             ? tree
             : NULL;
}

const struct json *genesys_parse(struct arena *arena, struct textbuf *take) {
  const struct json *tree =
      genesys_parse_copy(arena, take->failed ? TEXT("") : textbuf_text(take));
  textbuf_free(take);
  return tree;
}
