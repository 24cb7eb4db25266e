#include "engine/form.h"

#include <string.h>

#include "base/calendar.h"
#include "base/check.h"
#include "engine/form_priv.h"

static bool fail_type(struct form *f, enum field field, const struct json *v) {
  struct wording w = form_fail(f);
  wording_addf(&w, "is ");
  wording_add_found(&w, v);
  form_add_expected(&w, field);
  return false;
}

static bool read_num(struct form *f, enum field field, const struct json *v) {
  return v->type == JSON_INT ? form_put_num(f, field, v->i)
                             : fail_type(f, field, v);
}

static bool read_points(struct form *f, enum field field,
                        const struct json *v) {
  const bool number = v->type == JSON_INT || v->type == JSON_DOUBLE;
  return number ? form_put_points(f, field, v->d) : fail_type(f, field, v);
}

static bool read_flag(struct form *f, enum field field, const struct json *v) {
  if (v->type != JSON_TRUE && v->type != JSON_FALSE) {
    return fail_type(f, field, v);
  }
  return form_put_num(f, field, v->type == JSON_TRUE);
}

/* RFC 3339, as the API writes times itself. */
static bool read_time(struct form *f, enum field field, const struct json *v) {
  int64_t at_us = 0;
  if (v->type == JSON_TEXT && time_from_text(v->text, &at_us)) {
    return form_put_num(f, field, at_us);
  }
  struct wording w = form_fail(f);
  wording_addf(&w, "is ");
  wording_add_found(&w, v);
  wording_addf(&w, ", expected a time such as \"2026-11-22T13:30:00Z\"");
  return false;
}

static bool read_text(struct form *f, enum field field, const struct json *v) {
  return v->type == JSON_TEXT ? form_put_text(f, field, v->text)
                              : fail_type(f, field, v);
}

static bool read_name(struct form *f, enum field field, const struct json *v) {
  return v->type == JSON_TEXT ? form_put_name(f, field, v->text)
                              : fail_type(f, field, v);
}

static bool read_value(struct form *f, enum field field, const struct json *v) {
  switch (field_info(field)->kind) {
  case KIND_NUM:
    return read_num(f, field, v);
  case KIND_TIME:
    return read_time(f, field, v);
  case KIND_POINTS:
    return read_points(f, field, v);
  case KIND_FLAG:
    return read_flag(f, field, v);
  case KIND_TEXT:
    return read_text(f, field, v);
  case KIND_JSON:
    return form_put_json(f, field, v);
  case KIND_CHANNEL:
  case KIND_ROLE:
  case KIND_WHEN:
  case KIND_REQUIRE:
    return read_name(f, field, v);
  case KIND_ID:
  case KIND_BYTES:
  case KIND_STATUS:
  case KIND_HOLDER:
  case KIND_REFUSAL:
  case KIND_QUEUE:
  case KIND_AGENT:
  case KIND_BOT:
  case KIND_SCRIPT:
  case KIND_ENTRY:
    break;
  }
  bt_check_failed("callers send fields of this kind", __FILE__, __LINE__,
                  __func__);
}

static bool is_listed(struct text key, const char *const *list) {
  for (; list != NULL && *list != NULL; list++) {
    if (text_equal(key, text_from(*list))) {
      return true;
    }
  }
  return false;
}

static bool read_member(struct form *f, const struct json *m) {
  const enum field field = command_field(f->type, m->key);
  wording_begin(&f->pointer, f->error->pointer, sizeof f->error->pointer);
  wording_add_step(&f->pointer, m->key);
  if (field == FIELDS) {
    return form_fail_unknown(f, m->key);
  }
  /* null is how many clients write a member that they do not give. */
  return m->type == JSON_NULL || read_value(f, field, m);
}

static bool read_tree(struct form *f, const struct json *object,
                      const char *const *ignore) {
  if (object->type != JSON_OBJECT) {
    struct wording w = form_fail(f);
    wording_addf(&w, "is ");
    wording_add_found(&w, object);
    wording_addf(&w, ", expected an object");
    return false;
  }
  for (const struct json *m = object->first; m != NULL; m = m->next) {
    if (!is_listed(m->key, ignore) && !read_member(f, m)) {
      return false;
    }
  }
  return true;
}

bool form_read_tree(enum command_type type, const struct json *object,
                    const char *const *ignore, struct record *out,
                    struct form_error *error) {
  struct form f;
  form_begin(&f, type, error);
  const bool done = read_tree(&f, object, ignore);
  if (done) {
    *out = f.fields;
  }
  return done;
}

bool form_read_json(enum command_type type, struct text body,
                    struct arena *arena, struct record *out,
                    struct form_error *error) {
  struct form f;
  form_begin(&f, type, error);
  struct json *tree = NULL;
  const bool empty = text_trim(body).len == 0;
  const bool done = empty || (form_parse(&f, body, arena, &tree) &&
                              read_tree(&f, tree, NULL));
  if (done) {
    *out = f.fields;
  }
  return done;
}

bool form_options_fit(struct text options, struct textbuf *why) {
  struct arena arena;
  struct record record;
  struct form_error error;
  arena_init(&arena, why->mem, 0);
  const bool fits =
      form_read_options(COMMAND_TRANSFER, options, &arena, &record, &error);
  if (!fits) {
    size_t len = strlen(error.detail);
    len -= len > 0 && error.detail[len - 1] == '.';
    textbuf_addf(why, "these options will be refused: %.*s", (int)len,
                 error.detail);
  }
  arena_free(&arena);
  return fits;
}
