/* judge_priv.h - what the judge's files share. */
#ifndef BATON_SCENARIO_JUDGE_PRIV_H
#define BATON_SCENARIO_JUDGE_PRIV_H

#include "scenario/fields_priv.h"
#include "scenario/judge.h"
#include "scenario/match_priv.h"

struct judge {
  const struct scenario *s;
  const struct tale *tale;
  const struct json *expect;
  bool faults;
  struct arena arena;
  struct textbuf *out;
  size_t failures;
};

/* "  file:line:column: …" and a line end. */
__attribute__((format(printf, 3, 4))) void
judge_fail(struct judge *j, const struct json *at, const char *format, ...);
/* The expectation, unless it is left out under faults. */
const struct json *judge_expects(const struct judge *j,
                                 enum scenario_field field);
/* A list of texts, or one text, as an array in the judge's arena. */
const struct text *judge_texts(struct judge *j, const struct json *list,
                               size_t *count);
/* Compares lists and shows the difference. */
void judge_lists(struct judge *j, const struct json *at, const char *what,
                 const struct text *found, size_t count);

/* ---- judge_events.c: timeline, never, calls, rest */
void judge_events(struct judge *j);
void judge_calls(struct judge *j);
void judge_requests(struct judge *j);
/* ---- judge_story.c */
void judge_tell(struct judge *j);

#endif
