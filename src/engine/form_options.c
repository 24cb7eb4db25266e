/* A script's options, "priority:1,when:released,reason:Bot handover", as
 * fields.
 *
 * A value may hold blanks and, where it is a text, commas: it ends at a comma
 * that is followed by the name of a member and a colon. */
#include "base/check.h"
#include "engine/form_priv.h"

/* Names of members in options are case-insensitive, as Studio's are. */
static enum field find_member(enum command_type type, struct text name) {
  for (uint32_t i = 0; i < FIELDS; i++) {
    const enum field field = (enum field)i;
    if (command_takes(type, field) &&
        text_equal_nocase(name, text_from(field_info(field)->wire))) {
      return field;
    }
  }
  return FIELDS;
}

static bool begins_with_member(enum command_type type, struct text t) {
  const size_t colon = text_find(t, TEXT(":"), 0);
  return colon < t.len &&
         find_member(type, text_trim(text_sub(t, 0, colon))) != FIELDS;
}

/* Where the value that begins at @from ends: at the end or at a comma. */
static size_t value_end(enum command_type type, enum field field,
                        struct text all, size_t from) {
  const bool may_hold_commas = field != FIELDS && field_is_text(field);
  size_t comma = text_find(all, TEXT(","), from);
  while (may_hold_commas && comma < all.len &&
         !begins_with_member(type, text_sub(all, comma + 1, all.len))) {
    comma = text_find(all, TEXT(","), comma + 1);
  }
  return comma;
}

/* Pasted from a web page or a word processor. */
static bool in_typographic_quotes(struct text t) {
  static const char *const marks[] = {"\u201C", "\u201D", "\u201E", "\u2018",
                                      "\u2019", "\u00AB", "\u00BB"};
  bool begins = false;
  bool ends = false;
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    begins = begins || text_starts(t, text_from(marks[i]));
    ends = ends || text_ends(t, text_from(marks[i]));
  }
  return begins && ends;
}

static bool fail_value(struct form *f, enum field field, struct text value) {
  struct wording w = form_fail(f);
  wording_addf(&w, "is ");
  wording_add_quoted(&w, value);
  form_add_expected(&w, field);
  return false;
}

static bool read_num(struct form *f, enum field field, struct text value) {
  int64_t n = 0;
  return text_to_i64(value, &n) ? form_put_num(f, field, n)
                                : fail_value(f, field, value);
}

static bool read_points(struct form *f, enum field field, struct text value) {
  double points = 0;
  return text_to_double(value, &points) ? form_put_points(f, field, points)
                                        : fail_value(f, field, value);
}

static bool read_flag(struct form *f, enum field field, struct text value) {
  static const char *const words[] = {"false", "true", "0", "1", "no", "yes"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (text_equal_nocase(value, text_from(words[i]))) {
      return form_put_num(f, field, (int64_t)(i % 2));
    }
  }
  return fail_value(f, field, value);
}

static bool read_json(struct form *f, enum field field, struct text value) {
  struct json *tree = NULL;
  return form_parse(f, value, f->arena, &tree) && form_put_json(f, field, tree);
}

static bool read_value(struct form *f, enum field field, struct text value) {
  if (in_typographic_quotes(value)) {
    struct wording w = form_fail(f);
    wording_addf(&w, "is in typographic quotes “ ”: options need no quotes");
    return false;
  }
  const enum field_kind kind = field_info(field)->kind;
  if (kind == KIND_NUM || kind == KIND_TIME) {
    return read_num(f, field, value);
  }
  if (kind == KIND_POINTS) {
    return read_points(f, field, value);
  }
  if (kind == KIND_FLAG) {
    return read_flag(f, field, value);
  }
  if (kind == KIND_JSON) {
    return read_json(f, field, value);
  }
  return kind == KIND_TEXT ? form_put_text(f, field, value)
                           : form_put_name(f, field, value);
}

static bool fail_option(struct form *f, const char *why) {
  struct wording w = form_fail(f);
  wording_addf(&w, "%s", why);
  return false;
}

/* One part: "key:value". */
static bool read_part(struct form *f, enum field field, struct text part) {
  const size_t colon = text_find(part, TEXT(":"), 0);
  const struct text key = text_trim(text_sub(part, 0, colon));
  wording_begin(&f->pointer, f->error->pointer, sizeof f->error->pointer);
  wording_add_step(&f->pointer, key);
  if (field == FIELDS) {
    return form_fail_unknown(f, key);
  }
  if (colon == part.len) {
    return fail_option(f, "has no value: write name:value");
  }
  if (record_has(&f->fields, field)) {
    return fail_option(f, "is given twice");
  }
  return read_value(f, field, text_trim(text_sub(part, colon + 1, part.len)));
}

/* JSON is UTF-8 by its reader's word; options come as they are. */
static bool is_utf8(struct form *f, struct text options) {
  const size_t bad = utf8_first_bad(options);
  if (bad < options.len) {
    struct wording w = form_fail(f);
    wording_addf(&w, "are not UTF-8: byte %zu is 0x%02X", bad + 1,
                 (unsigned)(unsigned char)options.ptr[bad]);
    return false;
  }
  return true;
}

static bool read_options(struct form *f, struct text rest) {
  while (rest.len > 0) {
    const size_t comma = text_find(rest, TEXT(","), 0);
    const size_t colon = text_find(text_sub(rest, 0, comma), TEXT(":"), 0);
    const enum field field =
        find_member(f->type, text_trim(text_sub(rest, 0, colon)));
    const size_t end =
        colon < comma ? value_end(f->type, field, rest, colon) : comma;
    const struct text part = text_sub(rest, 0, end);
    if (text_trim(part).len > 0 && !read_part(f, field, part)) {
      return false;
    }
    rest = text_sub(rest, end + 1, rest.len);
  }
  return true;
}

bool form_read_options(enum command_type type, struct text options,
                       struct arena *arena, struct record *out,
                       struct form_error *error) {
  struct form f;
  form_begin(&f, type, error);
  f.options = true;
  f.arena = arena;
  const bool done = is_utf8(&f, options) && read_options(&f, options);
  if (done) {
    *out = f.fields;
  }
  return done;
}
