/* yaml_again.h - a tree that was read from YAML, written as YAML once more.
 *
 * In flow style, with keys that may be of any length ("? key : value") and with
 * every character that is not plain ASCII as an escape, so that nothing depends
 * on how a text is folded.
 */
#ifndef BATON_TESTS_YAML_AGAIN_H
#define BATON_TESTS_YAML_AGAIN_H

#include "base/check.h"
#include "server/yaml_tree.h"

static void yaml_put_text(struct text t, struct textbuf *out) {
  textbuf_add_char(out, '"');
  for (size_t at = 0; at < t.len;) {
    size_t len = 0;
    const uint32_t sign = utf8_decode(t, at, &len);
    if (sign >= ' ' && sign < 0x7f && sign != '"' && sign != '\\') {
      textbuf_add_char(out, (char)sign);
    } else {
      textbuf_addf(out, "\\U%08X", (unsigned)sign);
    }
    at += len;
  }
  textbuf_add_char(out, '"');
}

/* Recursion is bounded by YAML_DEPTH_MAX. */
static void yaml_put(const struct json *node, struct textbuf *out) {
  const bool object = node->type == JSON_OBJECT;
  if (node->type == JSON_TEXT) {
    yaml_put_text(node->text, out);
    return;
  }
  if (!object && node->type != JSON_LIST) {
    textbuf_add(out, node->source.len > 0 ? node->source : TEXT("null"));
    return;
  }
  textbuf_add_char(out, object ? '{' : '[');
  for (const struct json *m = node->first; m != NULL; m = m->next) {
    if (object) {
      textbuf_add(out, TEXT("? "));
      yaml_put_text(m->key, out);
      textbuf_add(out, TEXT(" : "));
    }
    yaml_put(m, out);
    textbuf_add(out, m->next == NULL ? TEXT("") : TEXT(", "));
  }
  textbuf_add_char(out, object ? '}' : ']');
}

static void yaml_check_same(const struct json *a, const struct json *b) {
  bt_check(a->type == b->type && a->count == b->count);
  bt_check(a->i == b->i && a->d == b->d);
  bt_check(text_equal(a->key, b->key));
  bt_check(a->type != JSON_TEXT || text_equal(a->text, b->text));
  const struct json *y = b->first;
  for (const struct json *x = a->first; x != NULL; x = x->next, y = y->next) {
    bt_check(y != NULL);
    yaml_check_same(x, y);
  }
  bt_check(y == NULL);
}

/* Every finding says something; of those in @file, which holds @source, the
 * place is there. */
static void yaml_check_findings(const struct findings *f, const char *file,
                                struct text source) {
  bt_check(f->count == f->errors + f->warnings || f->count == FINDINGS_MAX);
  for (size_t i = 0; i < f->count; i++) {
    const struct finding *item = &f->items[i];
    bt_check(item->message.len > 0);
    bt_check(utf8_first_bad(item->message) == item->message.len);
    const bool here = text_equal(item->place.file, text_from(file));
    bt_check(!here || item->place.line <= source.len + 1);
    bt_check(!here || item->place.column <= source.len + 1);
    bt_check((item->place.line == 0) == (item->place.column == 0));
  }
}

/* What is taken without an error is the same, written again; its text goes to
 * @again. False: it is not taken. */
static bool yaml_check_tree(const struct mem *mem, struct text source,
                            struct textbuf *again) {
  struct arena arena;
  struct findings findings;
  struct yaml_tree tree, other;
  arena_init(&arena, mem, 0);
  findings_init(&findings, mem);
  const enum bt_err err =
      yaml_tree_parse(&arena, TEXT("f"), source, &findings, &tree);
  bt_check(err == BT_ERR_OK || err == BT_ERR_SYNTAX);
  bt_check(err == BT_ERR_OK || findings.errors > 0);
  yaml_check_findings(&findings, "f", source);
  const bool good = findings.errors == 0;
  if (good) {
    yaml_put(tree.root, again);
    bt_check(yaml_tree_parse(&arena, TEXT("f"), textbuf_text(again), &findings,
                             &other) == BT_ERR_OK);
    bt_check(findings.errors == 0);
    yaml_check_same(tree.root, other.root);
  }
  findings_free(&findings);
  arena_free(&arena);
  return good;
}

#endif
