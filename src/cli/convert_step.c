#include "cli/convert_step.h"

#include "domain/heap.h"

/* ---- names, as people spell them: Queue_ID is queueid */

static bool next_letter(struct text t, size_t *at, char *c) {
  while (*at < t.len) {
    *c = t.ptr[(*at)++];
    if (*c >= 'A' && *c <= 'Z') {
      *c = (char)(*c | 0x20);
    }
    if ((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9')) {
      return true;
    }
  }
  return false;
}

static bool same_name(struct text a, struct text b) {
  size_t i = 0, j = 0;
  for (;;) {
    char x = 0, y = 0;
    const bool more_a = next_letter(a, &i, &x), more_b = next_letter(b, &j, &y);
    if (!more_a || !more_b) {
      return more_a == more_b;
    }
    if (x != y) {
      return false;
    }
  }
}

bool step_is_one_of(struct text name, const char *names) {
  const struct text all = text_from(names);
  for (size_t from = 0; from <= all.len;) {
    const size_t to = text_find(all, TEXT("|"), from);
    if (same_name(name, text_sub(all, from, to - from))) {
      return true;
    }
    from = to + 1;
  }
  return false;
}

const struct json *step_take(struct step *s, const char *names) {
  size_t i = 0;
  for (const struct json *m = s->object->first; m != NULL; m = m->next, i++) {
    if (i < STEP_MEMBERS_MAX && !s->used[i] && step_is_one_of(m->key, names)) {
      s->used[i] = true;
      return m->type == JSON_NULL ? NULL : m;
    }
  }
  return NULL;
}

void step_untake(struct step *s, const struct json *member) {
  size_t i = 0;
  for (const struct json *m = s->object->first; m != NULL; m = m->next, i++) {
    if (m == member && i < STEP_MEMBERS_MAX) {
      s->used[i] = false;
    }
  }
}

struct text step_cut(struct text t) {
  enum { ENOUGH = 60 };
  return utf8_cut(t, ENOUGH);
}

void step_note_rest(struct step *s) {
  size_t i = 0;
  for (const struct json *m = s->object->first; m != NULL; m = m->next, i++) {
    if (i >= STEP_MEMBERS_MAX || !s->used[i]) {
      convert_note(s->c, s->c->count, s->from,
                   "left out: the member \"%.*s\" (%.*s)",
                   TEXT_ARG(step_cut(m->key)), TEXT_ARG(step_cut(m->source)));
    }
  }
}

struct text step_value(struct step *s, const struct json *value,
                       const char *otherwise) {
  return value == NULL ? text_from(otherwise)
                       : convert_value(s->c, value, s->from);
}

struct text step_seconds(struct step *s, const struct json *value, bool is_ms,
                         const char *otherwise) {
  static const struct {
    const char *unit;
    double seconds;
  } units[] = {{"ms", 0.001}, {"milliseconds", 0.001}, {"s", 1},
               {"sec", 1},    {"seconds", 1},          {"m", 60},
               {"min", 60},   {"minutes", 60},         {"", 1}};
  if (value == NULL) {
    return text_from(otherwise);
  }
  const struct text t =
      text_trim(value->type == JSON_TEXT ? value->text : value->source);
  size_t digits = 0;
  while (digits < t.len && (t.ptr[digits] == '.' ||
                            (t.ptr[digits] >= '0' && t.ptr[digits] <= '9'))) {
    digits++;
  }
  double n = 0;
  const struct text unit = text_trim(text_sub(t, digits, t.len));
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
    if (text_equal_nocase(unit, text_from(units[i].unit)) &&
        text_to_double(text_sub(t, 0, digits), &n)) {
      struct textbuf b;
      textbuf_init(&b, heap_mem());
      textbuf_add_double(&b, n * (is_ms ? 0.001 : units[i].seconds));
      const struct text copy = convert_copy(s->c, textbuf_text(&b));
      textbuf_free(&b);
      return copy;
    }
  }
  return convert_value(s->c, value, s->from);
}

struct text step_timeout(struct step *s, const char *otherwise) {
  const struct json *ms = step_take(s, "timeoutMs|waitMs|milliseconds|ms");
  return ms != NULL
             ? step_seconds(s, ms, true, otherwise)
             : step_seconds(
                   s,
                   step_take(s, "timeout|seconds|wait|duration|timeoutSeconds"
                                "|maxWait"),
                   false, otherwise);
}

struct text step_variable(struct step *s, const char *names,
                          const char *otherwise) {
  const struct json *value = step_take(s, names);
  struct text t = value == NULL ? TEXT("") : text_trim(value->text);
  bool good = value != NULL && value->type == JSON_TEXT && t.len > 0 &&
              !(t.ptr[0] >= '0' && t.ptr[0] <= '9');
  for (size_t i = 0; good && i < t.len; i++) {
    const char c = t.ptr[i];
    good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '.';
  }
  if (value != NULL && !good) {
    convert_note(s->c, s->c->count, s->from,
                 "\"%.*s\" cannot be a variable's name: %s is used",
                 TEXT_ARG(step_cut(t)), otherwise);
  }
  return good ? t : text_from(otherwise);
}
