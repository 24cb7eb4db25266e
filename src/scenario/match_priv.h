/* match_priv.h - does what happened fit what was expected? */
#ifndef BATON_SCENARIO_MATCH_PRIV_H
#define BATON_SCENARIO_MATCH_PRIV_H

#include "base/arena.h"
#include "base/json.h"

/* * in @pattern stands for any text, also for none; \* is a star. */
bool match_text(struct text pattern, struct text t);
bool match_text_nocase(struct text pattern, struct text t);
/* Does @found have all that @expected has? Texts are patterns; members that
 * @expected does not name are free; null means that there is none. @found may
 * be NULL. In lists "**" stands for any number of elements. */
bool match_json(const struct json *expected, const struct json *found);
/* A body: as JSON if @expected is an object or a list, else as text. */
bool match_body(struct arena *arena, const struct json *expected,
                struct text body);
/* A text, or a number or truth as it was written. */
struct text match_scalar(const struct json *value);

/* Two lists of texts, compared element by element; in @expected "**" stands for
 * any number. */
bool match_texts(const struct text *expected, size_t expected_count,
                 const struct text *found, size_t found_count);
/* The same in any order. */
bool match_texts_unordered(const struct text *expected, size_t expected_count,
                           const struct text *found, size_t found_count);
/* Appends both as lines: "  " in both, "- " only expected, "+ " only found.
 * Each line begins with @indent. */
void match_diff(const struct text *expected, size_t n, const struct text *found,
                size_t m, struct textbuf *out);

#endif
