/* stories.h - scripts with what the checker finds in them. */
#ifndef BATON_TESTS_STUDIO_STORIES_H
#define BATON_TESTS_STUDIO_STORIES_H

#include "host.h"

#include <stdio.h>

#include "studio/checker.h"

/* A script, and its findings as "line slug" separated by ", "; notes are in
 * brackets. Missing fallbacks count only where a story tells of them: the
 * others leave them out to be short. */
struct story {
  const char *name, *script, *findings;
};

static inline void add_findings(const struct diagnostics *d, bool fallbacks,
                                struct textbuf *out) {
  for (size_t i = 0; i < d->count; i++) {
    const struct diagnostic *item = &d->items[i];
    if (item->code == DIAGNOSTIC_CODE_MISSING_FALLBACK && !fallbacks) {
      continue;
    }
    const bool note = item->severity == DIAGNOSTIC_NOTE;
    textbuf_addf(out, "%s%s%u %s%s", out->len > 0 ? ", " : "", note ? "[" : "",
                 item->line, diagnostic_slug(item->code), note ? "]" : "");
  }
}

/* BT_ERR_NOMEM, or what the checker says. */
static inline enum bt_err check(const struct mem *mem, const char *script,
                                struct diagnostics *diags) {
  struct program *program = NULL;
  const struct checker_world world = checker_world_default();
  enum bt_err err = program_compile(mem, TEXT("story.studio"),
                                    text_from(script), diags, &program);
  if (err == BT_ERR_OK) {
    err = checker_run(mem, program, &world, diags);
  }
  program_free(program);
  return err;
}

static inline void run_stories(const struct story *stories, size_t count) {
  size_t bad = 0;
  for (size_t i = 0; i < count; i++) {
    struct test_mem tm;
    struct diagnostics diags;
    struct textbuf found;
    test_mem_init(&tm);
    diagnostics_init(&diags, &tm.mem);
    textbuf_init(&found, &tm.mem);
    assert_int_equal(check(&tm.mem, stories[i].script, &diags), BT_ERR_OK);
    const struct text wanted = text_from(stories[i].findings);
    const bool fallbacks =
        text_find(wanted, TEXT("missing-fallback"), 0) < wanted.len;
    add_findings(&diags, fallbacks, &found);
    if (!text_equal(textbuf_text(&found), wanted)) {
      (void)fprintf(stderr, "%s: wanted '%s', found '%.*s'\n", stories[i].name,
                    stories[i].findings, TEXT_ARG(textbuf_text(&found)));
      bad++;
    }
    textbuf_free(&found);
    diagnostics_free(&diags);
    assert_int_equal(tm.live_bytes, 0);
  }
  assert_int_equal(bad, 0);
}

#endif
