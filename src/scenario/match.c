#include "scenario/match_priv.h"

#include <string.h>

#include "domain/heap.h"

enum { DIFF_MAX = 400 };

/* ---- texts */

static bool same_char(char a, char b, bool nocase) {
  return nocase ? text_equal_nocase((struct text){&a, 1}, (struct text){&b, 1})
                : a == b;
}

/* The usual walk: after a star, come back to one place further each time what
 * follows does not fit. */
static bool match(struct text p, struct text t, bool nocase) {
  size_t i = 0, k = 0, star = SIZE_MAX, from = 0;
  while (k < t.len) {
    const bool escaped =
        i + 1 < p.len && p.ptr[i] == '\\' && p.ptr[i + 1] == '*';
    if (i < p.len && !escaped && p.ptr[i] == '*') {
      star = i++;
      from = k;
    } else if (i < p.len && same_char(p.ptr[i + escaped], t.ptr[k], nocase)) {
      i += 1U + escaped;
      k++;
    } else if (star != SIZE_MAX) {
      i = star + 1;
      k = ++from;
    } else {
      return false;
    }
  }
  while (i < p.len && p.ptr[i] == '*') {
    i++;
  }
  return i == p.len;
}

bool match_text(struct text pattern, struct text t) {
  return match(pattern, t, false);
}

bool match_text_nocase(struct text pattern, struct text t) {
  return match(pattern, t, true);
}

/* ---- lists of anything, with "**" */

typedef bool fits_fn(const void *ctx, size_t expected, size_t found);
typedef bool any_fn(const void *ctx, size_t expected);

struct pairing {
  const void *ctx;
  fits_fn *fits;
  any_fn *any;
  size_t expected, found;
};

/* The same walk as over texts. */
static bool pair_up(const struct pairing *p) {
  size_t i = 0, k = 0, star = SIZE_MAX, from = 0;
  while (k < p->found) {
    if (i < p->expected && p->any(p->ctx, i)) {
      star = i++;
      from = k;
    } else if (i < p->expected && p->fits(p->ctx, i, k)) {
      i++;
      k++;
    } else if (star != SIZE_MAX) {
      i = star + 1;
      k = ++from;
    } else {
      return false;
    }
  }
  while (i < p->expected && p->any(p->ctx, i)) {
    i++;
  }
  return i == p->expected;
}

/* ---- JSON */

struct text match_scalar(const struct json *v) {
  switch (v->type) {
  case JSON_TEXT:
    return v->text;
  case JSON_TRUE:
    return TEXT("true");
  case JSON_FALSE:
    return TEXT("false");
  case JSON_INT:
  case JSON_DOUBLE:
    return v->source;
  case JSON_NULL:
  case JSON_LIST:
  case JSON_OBJECT:
    break;
  }
  return (struct text){"", 0};
}

struct two_lists {
  const struct json *expected, *found;
};

static const struct json *element(const struct json *list, size_t i) {
  const struct json *e = list->first;
  while (i > 0 && e != NULL) {
    e = e->next;
    i--;
  }
  return e;
}

static bool elements_fit(const void *ctx, size_t expected, size_t found) {
  const struct two_lists *t = ctx;
  return match_json(element(t->expected, expected), element(t->found, found));
}

static bool is_any_element(const void *ctx, size_t expected) {
  const struct two_lists *t = ctx;
  const struct json *e = element(t->expected, expected);
  return e->type == JSON_TEXT && text_equal(e->text, TEXT("**"));
}

static bool match_members(const struct json *expected,
                          const struct json *found) {
  const struct json *m = expected->first;
  while (m != NULL && match_json(m, json_member(found, m->key))) {
    m = m->next;
  }
  return m == NULL;
}

bool match_json(const struct json *expected, const struct json *found) {
  if (expected->type == JSON_NULL || found == NULL) {
    return expected->type == JSON_NULL &&
           (found == NULL || found->type == JSON_NULL);
  }
  if (expected->type == JSON_OBJECT) {
    return found->type == JSON_OBJECT && match_members(expected, found);
  }
  if (expected->type == JSON_LIST) {
    const struct two_lists two = {expected, found};
    const struct pairing p = {&two, elements_fit, is_any_element,
                              expected->count, found->count};
    return found->type == JSON_LIST && pair_up(&p);
  }
  if (expected->type == JSON_INT || expected->type == JSON_DOUBLE) {
    double d = 0;
    return found->type == JSON_TEXT
               ? text_to_double(found->text, &d) && d == expected->d
               : (found->type == JSON_INT || found->type == JSON_DOUBLE) &&
                     found->d == expected->d;
  }
  return found->type != JSON_OBJECT && found->type != JSON_LIST &&
         found->type != JSON_NULL &&
         match_text(match_scalar(expected), match_scalar(found));
}

bool match_body(struct arena *arena, const struct json *expected,
                struct text body) {
  struct json *tree = NULL;
  if (expected->type != JSON_OBJECT && expected->type != JSON_LIST) {
    return match_text(match_scalar(expected), body);
  }
  return json_parse(arena, body, JSON_DEPTH_DEFAULT, &tree, NULL) ==
             BT_ERR_OK &&
         match_json(expected, tree);
}

/* ---- lists of texts */

struct two_texts {
  const struct text *expected, *found;
};

static bool texts_fit(const void *ctx, size_t expected, size_t found) {
  const struct two_texts *t = ctx;
  return match_text(t->expected[expected], t->found[found]);
}

static bool is_any(struct text t) {
  return text_equal(t, TEXT("**"));
}

static bool is_any_text(const void *ctx, size_t expected) {
  return is_any(((const struct two_texts *)ctx)->expected[expected]);
}

bool match_texts(const struct text *expected, size_t expected_count,
                 const struct text *found, size_t found_count) {
  const struct two_texts two = {expected, found};
  const struct pairing p = {&two, texts_fit, is_any_text, expected_count,
                            found_count};
  return pair_up(&p);
}

bool match_texts_unordered(const struct text *expected, size_t expected_count,
                           const struct text *found, size_t found_count) {
  bool taken[DIFF_MAX] = {false}, any = false;
  size_t fitted = 0;
  for (size_t i = 0; i < expected_count; i++) {
    size_t k = 0;
    if (is_any(expected[i])) {
      any = true;
      continue;
    }
    while (k < found_count && k < DIFF_MAX &&
           (taken[k] || !match_text(expected[i], found[k]))) {
      k++;
    }
    if (k >= found_count || k >= DIFF_MAX) {
      return false;
    }
    taken[k] = true;
    fitted++;
  }
  return any || fitted == found_count;
}

/* ---- differences */

static void put_line(struct textbuf *out, char mark, struct text t) {
  textbuf_addf(out, "      %c ", mark);
  textbuf_add(out, t);
  textbuf_add_char(out, '\n');
}

/* Longest common subsequence from every pair of places on. */
static unsigned short *common(const struct two_texts *t, size_t n, size_t m) {
  unsigned short *len = mem_new(heap_mem(), (n + 1) * (m + 1) * sizeof *len);
  if (len == NULL) {
    return NULL;
  }
  memset(len, 0, (n + 1) * (m + 1) * sizeof *len);
  for (size_t i = n; i-- > 0;) {
    for (size_t k = m; k-- > 0;) {
      unsigned short *at = &len[i * (m + 1) + k];
      const unsigned short down = at[m + 1], right = at[1];
      *at = texts_fit(t, i, k) ? (unsigned short)(at[m + 2] + 1)
            : down > right     ? down
                               : right;
    }
  }
  return len;
}

void match_diff(const struct text *expected, size_t n, const struct text *found,
                size_t m, struct textbuf *out) {
  const struct two_texts two = {expected, found};
  n = n < DIFF_MAX ? n : DIFF_MAX;
  m = m < DIFF_MAX ? m : DIFF_MAX;
  unsigned short *len = common(&two, n, m);
  size_t i = 0, k = 0;
  while (len != NULL && (i < n || k < m)) {
    const unsigned short *at = &len[i * (m + 1) + k];
    if (i < n && k < m && texts_fit(&two, i, k)) {
      put_line(out, ' ', found[k++]);
      i++;
    } else if (i < n && (k == m || at[m + 1] >= at[1])) {
      put_line(out, '-', expected[i++]);
    } else {
      put_line(out, '+', found[k++]);
    }
  }
  if (len != NULL) {
    mem_free(heap_mem(), len, (n + 1) * (m + 1) * sizeof *len);
  }
}
