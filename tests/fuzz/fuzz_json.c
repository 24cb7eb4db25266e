/* fuzz_json.c - whatever json_parse accepts, json_put_tree writes as the same.
 *
 * Of a text that is refused it asks that the error is complete: a place within
 * the text and a sentence.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size) {
  (void)ctx;
  (void)old_size;
  if (new_size == 0) {
    free(old);
    return NULL;
  }
  return realloc(old, new_size);
}

static const struct mem heap = {.resize = resize};

static void check_same_value(const struct json *a, const struct json *b) {
  bt_check(a->type == b->type);
  bt_check(a->count == b->count);
  bt_check(a->i == b->i);
  bt_check(a->d == b->d);
  bt_check(text_equal(a->key, b->key));
  bt_check(text_equal(a->text, b->text));
}

/* Recursion is bounded by the depth that both were read with. */
static void check_same_tree(const struct json *a, const struct json *b) {
  check_same_value(a, b);
  const struct json *y = b->first;
  for (const struct json *x = a->first; x != NULL; x = x->next, y = y->next) {
    bt_check(y != NULL);
    check_same_tree(x, y);
  }
  bt_check(y == NULL);
}

static void check_error(enum bt_err err, struct text source,
                        const struct json_error *e) {
  bt_check(err == BT_ERR_SYNTAX || err == BT_ERR_RANGE);
  bt_check(e->offset <= source.len);
  bt_check(e->line >= 1 && e->column >= 1);
  bt_check(e->message[0] != '\0');
}

static void check_rewritten(const struct json *tree) {
  struct textbuf b;
  struct json_out out;
  struct arena arena;
  struct json *again = NULL;
  textbuf_init(&b, &heap);
  json_out_init(&out, &b);
  json_put_tree(&out, tree);
  bt_check(!b.failed && out.depth == 0);
  arena_init(&arena, &heap, 0);
  bt_check(json_parse(&arena, textbuf_text(&b), JSON_DEPTH_DEFAULT, &again,
                      NULL) == BT_ERR_OK);
  check_same_tree(tree, again);
  arena_free(&arena);
  textbuf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const struct text source = {(const char *)data, size};
  struct arena arena;
  struct json *tree = NULL;
  struct json_error error = {0};
  arena_init(&arena, &heap, 0);
  const enum bt_err err =
      json_parse(&arena, source, JSON_DEPTH_DEFAULT, &tree, &error);
  if (err == BT_ERR_OK) {
    check_rewritten(tree);
  } else {
    check_error(err, source, &error);
  }
  arena_free(&arena);
  return 0;
}
