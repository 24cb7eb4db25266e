/* Values that can be opened, and how they are shown. */
#include "cli/dap.h"
#include "domain/heap.h"

/* ---- handles */

uint64_t dap_new_handle(struct dap *d, struct dap_handle h) {
  if (d->handle_count == DAP_HANDLES_MAX ||
      !mem_grow(heap_mem(), &d->handles, &d->handle_cap, d->handle_count + 1,
                sizeof *d->handles)) {
    return 0;
  }
  d->handles[d->handle_count++] = h;
  return d->handle_count;
}

const struct dap_handle *dap_find_handle(struct dap *d,
                                         const struct dap_request *r) {
  const int64_t n = dap_num(r, "variablesReference", 0);
  if (n < 1 || (uint64_t)n > d->handle_count) {
    dap_refuse(d, r, "there is nothing to open under %lld", (long long)n);
    return NULL;
  }
  return &d->handles[n - 1];
}

/* ---- values */

static bool can_be_opened(const struct json *v) {
  return v != NULL && (v->type == JSON_OBJECT || v->type == JSON_LIST) &&
         v->count > 0;
}

void dap_put_shown(struct dap *d, const struct dap_shown *s, const char *member,
                   struct json_out *o) {
  json_key(o, member);
  json_put_text(o, s->json);
  json_key(o, "type");
  json_put_text(o, text_from(s->kind));
  json_key(o, "variablesReference");
  const struct dap_handle h = {.value = s->value};
  json_put_u64(o, can_be_opened(s->value) ? dap_new_handle(d, h) : 0);
}

void dap_put_variable(struct dap *d, const struct dap_shown *s,
                      struct json_out *o) {
  json_open_object(o);
  json_key(o, "name");
  json_put_text(o, s->name);
  dap_put_shown(d, s, "value", o);
  if (s->is_path) {
    json_key(o, "evaluateName");
    json_put_text(o, s->name);
  }
  json_close_object(o);
}

const struct json *dap_parse_value(struct dap *d, struct text json,
                                   struct text *kept) {
  struct json *tree = NULL;
  *kept = arena_copy_text(&d->shown, json);
  if (kept->ptr == NULL ||
      json_parse(&d->shown, *kept, JSON_DEPTH_MAX, &tree, NULL) != BT_ERR_OK) {
    *kept = json;
    return NULL;
  }
  return tree;
}

static const char *kind_of(const struct json *v) {
  static const char *const kinds[] = {
      [JSON_NULL] = "null",  [JSON_FALSE] = "boolean", [JSON_TRUE] = "boolean",
      [JSON_INT] = "number", [JSON_DOUBLE] = "number", [JSON_TEXT] = "text",
      [JSON_LIST] = "list",  [JSON_OBJECT] = "object"};
  return kinds[v->type];
}

void dap_put_children(struct dap *d, const struct json *parent,
                      struct json_out *o) {
  uint64_t index = 0;
  for (const struct json *v = parent->first; v != NULL; v = v->next) {
    struct textbuf name;
    textbuf_init(&name, heap_mem());
    index++;
    if (parent->type == JSON_LIST) {
      textbuf_addf(&name, "[%llu]", (unsigned long long)index);
    } else {
      textbuf_add(&name, v->key);
    }
    const struct dap_shown s = {.name = textbuf_text(&name),
                                .kind = kind_of(v),
                                .json = v->source,
                                .value = v};
    dap_put_variable(d, &s, o);
    textbuf_free(&name);
  }
}

/* ---- the console */

bool dap_read_assignment(struct text t, struct inspect_change *out) {
  const struct text word = TEXT("ASSIGN ");
  if (!text_equal_nocase(text_sub(t, 0, word.len), word)) {
    return false;
  }
  const size_t equals = text_find(t, TEXT("="), 0);
  if (equals == t.len) {
    return false;
  }
  out->name = text_trim(text_sub(t, word.len, equals - word.len));
  out->expression = text_trim(text_sub(t, equals + 1, t.len));
  return true;
}
