#include "bots/shared/goodbye.h"

/* "a.b.c" */
static const struct json *follow(const struct json *node, struct text path) {
  while (path.len > 0 && node != NULL) {
    const size_t end = text_find(path, TEXT("."), 0);
    node = node->type == JSON_OBJECT ? json_member(node, text_sub(path, 0, end))
                                     : NULL;
    path = text_sub(path, end + 1, path.len);
  }
  return node;
}

static bool is_true(const struct json *node) {
  return node != NULL && node->type != JSON_NULL && node->type != JSON_FALSE &&
         !(node->type == JSON_TEXT && node->text.len == 0) &&
         !(node->type == JSON_INT && node->i == 0);
}

static bool is_value(const struct json *node, struct text value) {
  return node != NULL &&
         (node->type == JSON_TEXT ? text_equal(node->text, value)
                                  : text_equal(node->source, value));
}

enum goodbye goodbye_judge(struct text rule, const struct json *data) {
  const struct text word = TEXT(" end");
  const bool ends = text_ends(rule, word);
  const struct text what =
      text_trim(ends ? text_sub(rule, 0, rule.len - word.len) : rule);
  const size_t at = text_find(what, TEXT("="), 0);
  const struct json *node = follow(data, text_sub(what, 0, at));
  const bool fits = at < what.len
                        ? is_value(node, text_sub(what, at + 1, what.len))
                        : is_true(node);
  return !fits ? GOODBYE_NONE : ends ? GOODBYE_END : GOODBYE_ESCALATE;
}

static bool is_unfolded(const struct json *m) {
  return m->type == JSON_OBJECT && (text_equal(m->key, TEXT("handover")) ||
                                    text_equal(m->key, TEXT("attributes")));
}

static bool is_told(const struct json *m) {
  return !text_starts(m->key, TEXT("_")) &&
         !text_equal(m->key, TEXT("action")) && !is_unfolded(m);
}

static void put(const struct json *m, struct json_out *out) {
  json_key_text(out, m->key);
  json_put_tree(out, m);
}

/* Of "attributes" and "handover", the first that has the member. */
static bool is_nearest(const struct json *data, const struct json *holder,
                       struct text key) {
  const struct json *m = data->first;
  while (m != holder && (!is_unfolded(m) || json_member(m, key) == NULL)) {
    m = m->next;
  }
  const struct json *own = json_member(data, key);
  return m == holder && (own == NULL || !is_told(own));
}

/* What is said in both places counts where it is nearest. */
void goodbye_put_attributes(const struct json *data, struct json_out *out) {
  const struct json *first =
      data != NULL && data->type == JSON_OBJECT ? data->first : NULL;
  json_open_object(out);
  for (const struct json *m = first; m != NULL; m = m->next) {
    const struct json *inner = is_unfolded(m) ? m->first : NULL;
    for (; inner != NULL; inner = inner->next) {
      if (is_nearest(data, m, inner->key)) {
        put(inner, out);
      }
    }
    if (is_told(m)) {
      put(m, out);
    }
  }
  json_close_object(out);
}
