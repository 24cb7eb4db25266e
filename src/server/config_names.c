#include "server/config_priv.h"

static bool has_name(const void *ctx, uint32_t value, const void *key) {
  const struct names *n = ctx;
  const struct text *name = key;
  return text_equal_nocase(n->items[value].name, *name);
}

void names_init(struct names *n, const struct mem *mem) {
  *n = (struct names){0};
  map_init(&n->map, mem, has_name, n);
}

void names_free(struct names *n) {
  mem_free(n->map.mem, n->items, n->cap * sizeof *n->items);
  map_free(&n->map);
}

static void report_taken(struct reader *r, size_t kind, struct text name,
                         const struct named *by, const struct json *owner) {
  const struct finding_place first = yaml_tree_place(&r->tree, by->owner);
  reader_error(r, owner,
               "\"%.*s\" is the name of another %s already, in line %u; each "
               "needs one of its own (upper and lower case are the same)",
               TEXT_ARG(name), config_named_word((uint32_t)kind), first.line);
}

void names_add(struct reader *r, size_t kind, struct text name, bool is_id,
               const struct json *owner) {
  struct names *n = &r->names[kind];
  const uint64_t hash = hash_text_nocase(name);
  const uint32_t taken = map_get(&n->map, hash, &name);
  if (taken != MAP_NONE) {
    const struct named *by = &n->items[taken];
    if (by->owner != owner && (by->is_id || is_id)) {
      report_taken(r, kind, name, by, owner);
    }
    return;
  }
  if (!mem_grow(r->mem, &n->items, &n->cap, n->count + 1, sizeof *n->items)) {
    r->no_memory = true;
    return;
  }
  n->items[n->count] =
      (struct named){.name = name, .owner = owner, .is_id = is_id};
  if (map_put(&n->map, hash, (uint32_t)n->count)) {
    n->count++;
  } else {
    r->no_memory = true;
  }
}

const struct json *names_find(const struct names *n, struct text name) {
  const uint32_t i = map_get(&n->map, hash_text_nocase(name), &name);
  return i == MAP_NONE ? NULL : n->items[i].owner;
}

void names_require(struct reader *r, size_t kind, struct text name,
                   const struct json *node) {
  const struct names *n = &r->names[kind];
  if (names_find(n, name) != NULL) {
    return;
  }
  struct text *known =
      arena_alloc(r->arena, (n->count + 1) * sizeof(struct text));
  if (known == NULL) {
    r->no_memory = true;
    return;
  }
  for (size_t i = 0; i < n->count; i++) {
    known[i] = n->items[i].name;
  }
  const struct text hint = findings_suggest(r->findings, name, known, n->count);
  reader_error(r, node, "there is no %s \"%.*s\"%.*s",
               config_named_word((uint32_t)kind), TEXT_ARG(name),
               TEXT_ARG(hint));
}

/* ---- lists and words */

void *reader_list(struct reader *r, const struct json *list, size_t size) {
  void *out = arena_alloc(r->arena, ((size_t)list->count + 1) * size);
  r->no_memory = r->no_memory || out == NULL;
  return out;
}

size_t reader_word(struct reader *r, const struct json *at,
                   const struct text *words, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (text_equal(at->text, words[i])) {
      return i;
    }
  }
  const struct text hint =
      findings_suggest(r->findings, at->text, words, count);
  reader_error(r, at, "\"%.*s\" has no such value \"%.*s\"%.*s",
               TEXT_ARG(at->key), TEXT_ARG(at->text), TEXT_ARG(hint));
  return count;
}
