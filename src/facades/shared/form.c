#include "facades/shared/form.h"

#include "net/url.h"

#define MULTIPART  TEXT("multipart/form-data")
#define URLENCODED TEXT("application/x-www-form-urlencoded")

enum { BOUNDARY_MAX = 70 };

struct part {
  struct text name, file, value, type;
  bool is_file;
};

static bool begins(struct text t, struct text what) {
  return text_equal_nocase(text_sub(t, 0, what.len), what);
}

bool form_is(struct text content_type) {
  return begins(content_type, MULTIPART) || begins(content_type, URLENCODED);
}

/* KEY="VALUE" or KEY=VALUE of a header line; empty if it is not there. */
static struct text parameter(struct text header, struct text key) {
  size_t at = text_find(header, TEXT(";"), 0);
  while (at < header.len) {
    const struct text rest =
        text_trim(text_sub(header, at + 1, header.len - at - 1));
    if (begins(rest, key)) {
      struct text value = text_sub(rest, key.len, rest.len - key.len);
      if (value.len > 0 && value.ptr[0] == '"') {
        return text_sub(value, 1, text_find(value, TEXT("\""), 1) - 1);
      }
      return text_trim(text_sub(value, 0, text_find(value, TEXT(";"), 0)));
    }
    at = text_find(header, TEXT(";"), at + 1);
  }
  return TEXT("");
}

/* ---- one part */

static void read_header(struct text line, struct part *p) {
  if (begins(line, TEXT("Content-Disposition:"))) {
    p->name = parameter(line, TEXT("name="));
    p->file = parameter(line, TEXT("filename="));
    p->is_file = text_find(line, TEXT("filename="), 0) < line.len;
  } else if (begins(line, TEXT("Content-Type:"))) {
    p->type = text_trim(text_sub(line, 13, line.len - 13));
  }
}

/* False: it has no end of its headers. */
static bool read_part(struct text bytes, struct part *p) {
  const size_t end = text_find(bytes, TEXT("\r\n\r\n"), 0);
  struct text head = text_sub(bytes, 0, end);
  *p = (struct part){.is_file = false};
  if (end >= bytes.len) {
    return false;
  }
  while (head.len > 0) {
    const size_t eol = text_find(head, TEXT("\r\n"), 0);
    read_header(text_sub(head, 0, eol), p);
    head = eol >= head.len ? TEXT("")
                           : text_sub(head, eol + 2, head.len - eol - 2);
  }
  p->value = text_sub(bytes, end + 4, bytes.len - end - 4);
  return p->name.len > 0;
}

static size_t read_multipart(struct text content_type, struct text body,
                             struct part *parts) {
  char mark[BOUNDARY_MAX + 4] = "\r\n--";
  const struct text boundary = parameter(content_type, TEXT("boundary="));
  struct text line = {mark, 4 + boundary.len};
  size_t count = 0;
  if (boundary.len == 0 || boundary.len > BOUNDARY_MAX) {
    return SIZE_MAX;
  }
  for (size_t i = 0; i < boundary.len; i++) {
    mark[4 + i] = boundary.ptr[i];
  }
  /* The first boundary may stand at the very beginning. */
  size_t at = text_find(body, text_sub(line, 2, line.len - 2), 0);
  at += line.len - 2;
  while (at < body.len && !begins(text_sub(body, at, 2), TEXT("--"))) {
    const size_t from = at + 2; /* behind the line's end */
    const size_t end = text_find(body, line, at);
    if (count == FORM_PARTS_MAX || end >= body.len || end < from ||
        !read_part(text_sub(body, from, end - from), &parts[count])) {
      return SIZE_MAX;
    }
    count++;
    at = end + line.len;
  }
  return at < body.len ? count : SIZE_MAX;
}

/* ---- as an object */

/* Programs write objects and flags of a form as JSON. What somebody wrote is a
 * text, also when it reads "true" or "{}". */
static void put_value(const struct part *p, struct json_out *o) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, o->buf->mem, 0);
  if (p->value.len > 0 && !text_equal(p->name, TEXT("content")) &&
      json_parse(&arena, p->value, JSON_DEPTH_DEFAULT, &tree, NULL) ==
          BT_ERR_OK &&
      tree->type != JSON_TEXT && tree->type != JSON_INT &&
      tree->type != JSON_DOUBLE) {
    json_put_tree(o, tree);
  } else {
    json_put_text(o, p->value);
  }
  arena_free(&arena);
}

static bool is_list(const struct part *p) {
  return text_ends(p->name, TEXT("[]"));
}

/* Members of the same name: those of a list are together, else the last. */
static void put_member(const struct part *parts, size_t count, size_t i,
                       struct json_out *o) {
  for (size_t k = 0; k < count; k++) {
    if (text_equal(parts[k].name, parts[i].name) &&
        (is_list(&parts[i]) ? k < i : k > i)) {
      return;
    }
  }
  if (!is_list(&parts[i])) {
    json_key_text(o, parts[i].name);
    put_value(&parts[i], o);
    return;
  }
  json_key_text(o, text_sub(parts[i].name, 0, parts[i].name.len - 2));
  json_open_list(o);
  for (size_t k = i; k < count; k++) {
    if (text_equal(parts[k].name, parts[i].name)) {
      put_value(&parts[k], o);
    }
  }
  json_close_list(o);
}

static size_t read_urlencoded(struct arena *arena, struct text body,
                              struct part *parts) {
  struct text name, value;
  size_t count = 0;
  while (url_query_next(&body, &name, &value)) {
    struct text *const both[] = {&name, &value};
    for (size_t i = 0; i < 2; i++) {
      struct textbuf b;
      textbuf_init(&b, arena->mem);
      const bool good = url_decode_query(*both[i], &b) && !b.failed;
      *both[i] = good ? arena_copy_text(arena, textbuf_text(&b)) : TEXT("");
      textbuf_free(&b);
    }
    if (count == FORM_PARTS_MAX || name.len == 0 || value.ptr == NULL) {
      return SIZE_MAX;
    }
    parts[count++] = (struct part){.name = name, .value = value};
  }
  return count;
}

/* Files leave the parts: they are no members. */
static size_t take_files(struct part *parts, size_t count,
                         struct form_files *files) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (parts[i].is_file) {
      files->list[files->count++] =
          (struct form_file){parts[i].file, parts[i].value, parts[i].type};
    } else {
      parts[kept++] = parts[i];
    }
  }
  return kept;
}

const struct json *form_read(struct arena *arena, struct text content_type,
                             struct text body, struct form_files *files) {
  struct part parts[FORM_PARTS_MAX];
  size_t count = begins(content_type, MULTIPART)
                     ? read_multipart(content_type, body, parts)
                     : read_urlencoded(arena, body, parts);
  struct textbuf b;
  struct json_out o;
  struct json *tree = NULL;
  files->count = 0;
  if (count == SIZE_MAX) {
    return NULL;
  }
  count = take_files(parts, count, files);
  textbuf_init(&b, arena->mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  for (size_t i = 0; i < count; i++) {
    put_member(parts, count, i, &o);
  }
  json_close_object(&o);
  const struct text copy =
      b.failed ? TEXT("") : arena_copy_text(arena, textbuf_text(&b));
  textbuf_free(&b);
  return copy.len > 0 && json_parse(arena, copy, JSON_DEPTH_DEFAULT, &tree,
                                    NULL) == BT_ERR_OK
             ? tree
             : NULL;
}
