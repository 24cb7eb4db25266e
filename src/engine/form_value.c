/* The values of members: types, limits, names and shapes. */
#include <math.h>
#include <string.h>

#include "base/check.h"
#include "engine/form_priv.h"

enum { PROFICIENCY_BEST = 1, PROFICIENCY_WORST = 20, SKILL_NAME_MAX = 256 };

#define LIMIT(name, value, unit, refusal, doc) LIMIT_##name = (value),
enum {
#include "engine/limit.def"
};
#undef LIMIT

void form_begin(struct form *f, enum command_type type,
                struct form_error *error) {
  memset(f, 0, sizeof *f);
  f->type = type;
  f->error = error;
  wording_begin(&f->pointer, error->pointer, sizeof error->pointer);
  record_init(&f->fields, (uint32_t)type);
}

struct wording form_fail(struct form *f) {
  struct wording w;
  wording_begin(&w, f->error->detail, sizeof f->error->detail);
  f->error->refusal = REFUSAL_INVALID_MEMBER;
  if (f->pointer.len == 0) {
    wording_addf(&w, f->options ? "the options " : "the body ");
  } else if (f->options) {
    wording_addf(&w, "option %s ", f->error->pointer + 1);
  } else {
    wording_addf(&w, "%s ", f->error->pointer);
  }
  return w;
}

bool form_fail_unknown(struct form *f, struct text name) {
  struct text known[FIELDS];
  size_t count = 0;
  for (uint32_t i = 0; i < FIELDS; i++) {
    if (command_takes(f->type, (enum field)i)) {
      known[count++] = text_from(field_info((enum field)i)->wire);
    }
  }
  struct wording w;
  wording_begin(&w, f->error->detail, sizeof f->error->detail);
  wording_add_unknown(&w, name, known, count);
  f->error->refusal = REFUSAL_INVALID_MEMBER;
  return false;
}

bool form_fail_memory(struct form *f) {
  struct wording w;
  wording_begin(&w, f->error->detail, sizeof f->error->detail);
  wording_addf(&w, "no memory for the request");
  f->error->refusal = REFUSAL_UNAVAILABLE;
  return false;
}

static void add_field_names(struct wording *w, enum field_kind kind) {
  struct text texts[ROLES];
  size_t count = 0;
  const char *const *names = field_names(kind, &count);
  bt_check(count <= ROLES);
  for (size_t i = 0; i < count; i++) {
    texts[i] = text_from(names[i]);
  }
  wording_add_names(w, texts, count);
}

void form_add_expected(struct wording *w, enum field field) {
  const struct field_info *info = field_info(field);
  wording_addf(w, ", expected ");
  if (info->kind == KIND_NUM || info->kind == KIND_TIME) {
    wording_addf(w, "a whole number %lld … %lld", (long long)info->min,
                 (long long)info->max);
  } else if (info->kind == KIND_POINTS) {
    wording_addf(w, "a number %lld … %lld, two decimals count",
                 (long long)info->min / POINTS_PARTS,
                 (long long)info->max / POINTS_PARTS);
  } else if (info->kind == KIND_FLAG) {
    wording_addf(w, "true or false");
  } else if (info->kind == KIND_TEXT) {
    wording_addf(w, "a string");
  } else {
    add_field_names(w, info->kind);
  }
}

bool form_put_num(struct form *f, enum field field, int64_t n) {
  const struct field_info *info = field_info(field);
  if (n < info->min || n > info->max) {
    struct wording w = form_fail(f);
    wording_addf(&w, "is %lld", (long long)n);
    form_add_expected(&w, field);
    return false;
  }
  record_set_num(&f->fields, field, n);
  return true;
}

bool form_put_points(struct form *f, enum field field, double points) {
  const struct field_info *info = field_info(field);
  const double parts = points * POINTS_PARTS;
  if (!(parts >= (double)info->min && parts <= (double)info->max)) {
    struct wording w = form_fail(f);
    wording_addf(&w, "is %.15g", points);
    form_add_expected(&w, field);
    return false;
  }
  record_set_num(&f->fields, field, llround(parts));
  return true;
}

/* @min and @max in bytes. */
static bool length_fits(struct form *f, struct text t, int64_t min,
                        int64_t max) {
  const int64_t len = (int64_t)t.len;
  if (len >= min && len <= max) {
    return true;
  }
  struct wording w = form_fail(f);
  wording_add_length(&w, t.len, min, max);
  return false;
}

static bool field_length_fits(struct form *f, enum field field, struct text t) {
  const struct field_info *info = field_info(field);
  return length_fits(f, t, info->min, info->max);
}

bool form_put_text(struct form *f, enum field field, struct text t) {
  if (!field_length_fits(f, field, t)) {
    return false;
  }
  record_set_text(&f->fields, field, t);
  return true;
}

bool form_put_name(struct form *f, enum field field, struct text t) {
  int64_t number = 0;
  if (!field_name_to_num(field_info(field)->kind, t, &number)) {
    struct wording w = form_fail(f);
    wording_addf(&w, "is ");
    wording_add_quoted(&w, t);
    form_add_expected(&w, field);
    return false;
  }
  record_set_num(&f->fields, field, number);
  return true;
}

static bool fail_found(struct form *f, const struct json *v,
                       const char *expected) {
  struct wording w = form_fail(f);
  wording_addf(&w, "is ");
  wording_add_found(&w, v);
  wording_addf(&w, ", expected %s", expected);
  return false;
}

static bool skill_name_fits(struct form *f, const struct json *v) {
  if (v == NULL) {
    struct wording w = form_fail(f);
    wording_addf(&w, "has no member \"name\"");
    return false;
  }
  if (v->type != JSON_TEXT) {
    return fail_found(f, v, "the name of a skill");
  }
  return length_fits(f, v->text, 1, SKILL_NAME_MAX);
}

static bool proficiency_fits(struct form *f, const struct json *v) {
  const bool fits = v->type == JSON_INT && v->i >= PROFICIENCY_BEST &&
                    v->i <= PROFICIENCY_WORST;
  return fits || v->type == JSON_NULL ||
         fail_found(f, v, "a whole number 1 (best) … 20");
}

static bool skill_member_fits(struct form *f, const struct json *m) {
  static const struct text known[] = {
      {"name", 4}, {"minProficiency", 14}, {"maxProficiency", 14}};
  const struct wording outer = f->pointer;
  wording_add_step(&f->pointer, m->key);
  bool fits = true;
  if (text_equal(m->key, known[0])) {
    fits = skill_name_fits(f, m);
  } else if (text_equal(m->key, known[1]) || text_equal(m->key, known[2])) {
    fits = proficiency_fits(f, m);
  } else {
    struct wording w = form_fail(f);
    wording_addf(&w, "is an ");
    wording_add_unknown(&w, m->key, known, 3);
    fits = false;
  }
  if (fits) {
    f->pointer = outer;
    f->pointer.ptr[outer.len] = '\0';
  }
  return fits;
}

/* 1 is the best: from a weakest of 5 to a best of 2 there are agents, from 2 to
 * 5 there are none. */
static bool range_fits(struct form *f, const struct json *v) {
  const struct json *weakest = json_member(v, TEXT("minProficiency"));
  const struct json *best = json_member(v, TEXT("maxProficiency"));
  if (weakest == NULL || best == NULL || weakest->type != JSON_INT ||
      best->type != JSON_INT || best->i <= weakest->i) {
    return true;
  }
  struct wording w = form_fail(f);
  wording_addf(&w,
               "asks for nobody: 1 is the best proficiency, so that "
               "maxProficiency %lld is weaker than minProficiency %lld",
               (long long)best->i, (long long)weakest->i);
  return false;
}

/* "English", or {"name":"English","minProficiency":5}. */
static bool skill_fits(struct form *f, const struct json *v) {
  if (v->type == JSON_TEXT) {
    return skill_name_fits(f, v);
  }
  if (v->type != JSON_OBJECT) {
    return fail_found(f, v, "the name of a skill, or {\"name\": …}");
  }
  for (const struct json *m = v->first; m != NULL; m = m->next) {
    if (!skill_member_fits(f, m)) {
      return false;
    }
  }
  return (json_member(v, TEXT("name")) != NULL || skill_name_fits(f, NULL)) &&
         range_fits(f, v);
}

static bool skills_fit(struct form *f, const struct json *v) {
  if (v->type != JSON_LIST) {
    return fail_found(f, v, "a list of skills");
  }
  if (v->count > LIMIT_NEEDS) {
    struct wording w = form_fail(f);
    wording_addf(&w, "lists %u skills, at most %d are taken", v->count,
                 LIMIT_NEEDS);
    return false;
  }
  const struct wording outer = f->pointer;
  size_t index = 0;
  for (const struct json *e = v->first; e != NULL; e = e->next) {
    wording_add_index(&f->pointer, index++);
    if (!skill_fits(f, e)) {
      return false;
    }
    f->pointer = outer;
    f->pointer.ptr[outer.len] = '\0';
  }
  return true;
}

/* Their members are the command's to look at. */
static bool breakpoints_fit(struct form *f, const struct json *v) {
  size_t index = 0;
  if (v->type != JSON_LIST) {
    return fail_found(f, v, "a list of {\"line\": …}");
  }
  for (const struct json *e = v->first; e != NULL; e = e->next, index++) {
    if (e->type != JSON_OBJECT) {
      wording_add_index(&f->pointer, index);
      return fail_found(f, e, "{\"line\": …}");
    }
  }
  return true;
}

bool form_put_json(struct form *f, enum field field, const struct json *v) {
  const bool any = field == FIELD_VALUE || field == FIELD_BREAKPOINTS;
  const bool skills = field == FIELD_SKILLS;
  if ((skills && !skills_fit(f, v)) ||
      (field == FIELD_BREAKPOINTS && !breakpoints_fit(f, v))) {
    return false;
  }
  if (!any && !skills && v->type != JSON_OBJECT) {
    return fail_found(f, v, "an object");
  }
  if (!field_length_fits(f, field, v->source)) {
    return false;
  }
  record_set_text(&f->fields, field, v->source);
  return true;
}

bool form_parse(struct form *f, struct text source, struct arena *arena,
                struct json **out) {
  struct json_error e;
  const enum bt_err err =
      json_parse(arena, source, JSON_DEPTH_DEFAULT, out, &e);
  if (err == BT_ERR_NOMEM) {
    return form_fail_memory(f);
  }
  if (err != BT_ERR_OK) {
    struct wording w = form_fail(f);
    wording_addf(&w, "is not JSON: line %u, column %u: %s", e.line, e.column,
                 e.message);
    if (!f->options) {
      f->error->refusal = REFUSAL_BAD_REQUEST;
      wording_addf(&f->pointer, "%s", e.pointer);
    }
  }
  return err == BT_ERR_OK;
}
