#include "cli/replay_candidates.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/json.h"
#include "domain/heap.h"

static struct text member(const struct json *object, const char *key) {
  const struct json *m = json_member(object, text_from(key));
  return m == NULL ? TEXT("") : m->type == JSON_TEXT ? m->text : m->source;
}

/* The numbers behind the reason, as they stand in the JSON. */
static bool is_said(struct text key) {
  static const char *const keys[] = {"agent", "state", "why", "detail"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    if (text_equal(key, text_from(keys[i]))) {
      return true;
    }
  }
  return false;
}

static void add_agent(struct textbuf *b, const struct json *c) {
  textbuf_addf(b, "           %-16.*s %-14.*s %.*s",
               TEXT_ARG(member(c, "agent")), TEXT_ARG(member(c, "state")),
               TEXT_ARG(member(c, "detail")));
  const char *before = " (";
  for (const struct json *m = c->first; m != NULL; m = m->next) {
    if (!is_said(m->key) && m->type != JSON_NULL) {
      textbuf_addf(b, "%s%.*s %.*s", before, TEXT_ARG(m->key),
                   TEXT_ARG(m->source));
      before = ", ";
    }
  }
  textbuf_add(b, before[0] == ',' ? TEXT(")\n") : TEXT("\n"));
}

static void add_words(struct textbuf *b, uint64_t seq, struct text json) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, heap_mem(), 0);
  if (json_parse(&arena, json, JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK) {
    textbuf_addf(b, "%7llu  offer of session %.*s, queue %.*s\n",
                 (unsigned long long)seq, TEXT_ARG(member(tree, "session")),
                 TEXT_ARG(member(tree, "queue")));
    const struct json *list = json_member(tree, TEXT("candidates"));
    for (const struct json *c = list == NULL ? NULL : list->first; c != NULL;
         c = c->next) {
      add_agent(b, c);
    }
  }
  arena_free(&arena);
}

void replay_print_candidates(const struct engine *e, uint64_t seq,
                             const struct record *offered, bool json) {
  uint32_t slot;
  if (!engine_find(e, record_id(offered, FIELD_SESSION), &slot)) {
    return;
  }
  struct textbuf line, words;
  struct json_out o;
  textbuf_init(&line, heap_mem());
  textbuf_init(&words, heap_mem());
  json_out_init(&o, &line);
  engine_write_candidates(e, slot, record_num(offered, FIELD_AT), &o);
  if (json) {
    textbuf_addf(&words, "{\"seq\":%llu,\"decision\":%.*s}\n",
                 (unsigned long long)seq, TEXT_ARG(textbuf_text(&line)));
  } else {
    add_words(&words, seq, textbuf_text(&line));
  }
  (void)fwrite(words.ptr, 1, words.len, stdout);
  textbuf_free(&words);
  textbuf_free(&line);
}
