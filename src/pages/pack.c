#include "pages/pack.h"

#include "base/check.h"

static const struct text magic = {"BATON-PAGES 1\n", 14};

/* ---- reading */

/* Cuts what stands before @mark off @rest; false if the mark is not there. */
static bool cut(struct text *rest, struct text mark, struct text *out) {
  const size_t at = text_find(*rest, mark, 0);
  if (at >= rest->len) {
    return false;
  }
  *out = text_sub(*rest, 0, at);
  *rest = text_sub(*rest, at + mark.len, rest->len);
  return true;
}

/* Its bytes are found later: *length says how many. */
static bool read_line(struct text line, struct page *out, int64_t *length) {
  struct text kind;
  const struct text tab = TEXT("\t");
  const bool whole =
      cut(&line, tab, &out->path) && cut(&line, tab, &out->type) &&
      cut(&line, tab, &out->etag) && cut(&line, tab, &kind) &&
      cut(&line, tab, &out->encoding) && text_to_i64(line, length);
  out->asset = whole && text_equal(kind, TEXT("asset"));
  return whole && *length >= 0;
}

/* Where the bytes begin is known only behind the last line: until then a page
 * has a length alone. */
static enum bt_err read_index(struct pack *p, struct text *rest) {
  struct text line;
  while (cut(rest, TEXT("\n"), &line)) {
    int64_t length;
    if (line.len == 0) {
      return BT_ERR_OK;
    }
    if (p->count == PAGES_MAX) {
      return BT_ERR_FULL;
    }
    if (!read_line(line, &p->pages[p->count], &length)) {
      return BT_ERR_SYNTAX;
    }
    p->pages[p->count++].bytes = (struct text){NULL, (size_t)length};
  }
  return BT_ERR_SYNTAX;
}

static enum bt_err place_bytes(struct pack *p, struct text rest) {
  for (size_t i = 0; i < p->count; i++) {
    struct text *bytes = &p->pages[i].bytes;
    if (bytes->len > rest.len) {
      return BT_ERR_SYNTAX;
    }
    bytes->ptr = rest.ptr;
    rest = text_sub(rest, bytes->len, rest.len);
  }
  return rest.len == 0 ? BT_ERR_OK : BT_ERR_SYNTAX;
}

enum bt_err pack_open(struct pack *out, const struct mem *mem,
                      struct text bytes) {
  *out = (struct pack){.mem = mem};
  if (!text_starts(bytes, magic)) {
    return BT_ERR_SYNTAX;
  }
  out->pages = mem_new(mem, PAGES_MAX * sizeof *out->pages);
  if (out->pages == NULL) {
    return BT_ERR_NOMEM;
  }
  struct text rest = text_sub(bytes, magic.len, bytes.len);
  enum bt_err err = read_index(out, &rest);
  if (err == BT_ERR_OK) {
    err = place_bytes(out, rest);
  }
  if (err != BT_ERR_OK) {
    pack_close(out);
  }
  return err;
}

void pack_close(struct pack *p) {
  mem_free(p->mem, p->pages, PAGES_MAX * sizeof *p->pages);
  *p = (struct pack){.mem = p->mem};
}

/* ---- choosing */

/* "br;q=0.5": is the coding @name, and taken at all? */
static bool names_coding(struct text item, struct text name) {
  struct text coding = item;
  struct text rest = item;
  if (cut(&rest, TEXT(";"), &coding)) {
    const struct text q = text_trim(rest);
    double weight = 1;
    if (text_starts(q, TEXT("q=")) &&
        (!text_to_double(text_sub(q, 2, q.len), &weight) || weight <= 0)) {
      return false;
    }
  }
  return text_equal_nocase(text_trim(coding), name);
}

static bool takes(struct text accepts, struct text name) {
  struct text item;
  while (cut(&accepts, TEXT(","), &item)) {
    if (names_coding(item, name)) {
      return true;
    }
  }
  return names_coding(accepts, name);
}

const struct page *pack_find(const struct pack *p, struct text path,
                             struct text accepts) {
  for (size_t i = 0; i < p->count; i++) {
    const struct page *page = &p->pages[i];
    if (text_equal(page->path, path) &&
        (text_equal(page->encoding, TEXT("identity")) ||
         takes(accepts, page->encoding))) {
      return page;
    }
  }
  return NULL;
}
