/* judge.h - was what happened what a scenario expected? */
#ifndef BATON_SCENARIO_JUDGE_H
#define BATON_SCENARIO_JUDGE_H

#include "scenario/scenario.h"
#include "scenario/tale.h"

/* Appends to @report what was not as expected, each with the line of the file,
 * what was expected and what was found, and at its end the timeline. Returns
 * how many things were not. With @faults only what depends neither on times nor
 * on the order of independent things is compared. */
size_t judge_tale(const struct scenario *s, const struct tale *tale,
                  bool faults, struct textbuf *report);

#endif
