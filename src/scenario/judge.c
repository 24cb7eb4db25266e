#include "scenario/judge_priv.h"

#include <stdarg.h>
#include <stdio.h>

#include "domain/heap.h"
#include "scenario/roster_priv.h"

/* ---- saying it */

void judge_fail(struct judge *j, const struct json *at, const char *format,
                ...) {
  char message[2048];
  va_list args;
  const struct finding_place place = yaml_tree_place(&j->s->file->tree, at);
  va_start(args, format);
  (void)vsnprintf(message, sizeof message, format, args);
  va_end(args);
  j->failures++;
  textbuf_addf(j->out, "  %.*s:%u:%u: %s\n", TEXT_ARG(place.file), place.line,
               place.column, message);
}

static bool is_skipped(const struct judge *j, const struct json *m) {
  const struct json *faults = field_at(j->s->root, F_SCENARIO_FAULTS);
  for (const struct json *s = field_first(faults, F_FAULTS_SKIP);
       j->faults && s != NULL;
       s = s == field_at(faults, F_FAULTS_SKIP) ? NULL : s->next) {
    if (text_equal(match_scalar(s), m->key)) {
      return true;
    }
  }
  return false;
}

const struct json *judge_expects(const struct judge *j,
                                 enum scenario_field field) {
  const struct json *m = field_at(j->expect, field);
  return m == NULL || is_skipped(j, m) ? NULL : m;
}

const struct text *judge_texts(struct judge *j, const struct json *list,
                               size_t *count) {
  const size_t n = list->type == JSON_LIST ? list->count : 1;
  struct text *texts = arena_alloc(&j->arena, (n + 1) * sizeof *texts);
  *count = 0;
  if (texts != NULL && list->type != JSON_LIST) {
    texts[(*count)++] = match_scalar(list);
  } else if (texts != NULL) {
    for (const struct json *e = list->first; e != NULL; e = e->next) {
      texts[(*count)++] = match_scalar(e);
    }
  }
  return texts;
}

void judge_lists(struct judge *j, const struct json *at, const char *what,
                 const struct text *found, size_t count) {
  size_t n = 0;
  const struct text *expected = judge_texts(j, at, &n);
  const bool good = j->faults ? match_texts_unordered(expected, n, found, count)
                              : match_texts(expected, n, found, count);
  if (!good) {
    judge_fail(j, at, "%s: - is expected, + came", what);
    match_diff(expected, n, found, count, j->out);
  }
}

/* ---- single values */

static void judge_text(struct judge *j, enum scenario_field field,
                       const char *what, struct text found) {
  const struct json *m = judge_expects(j, field);
  if (m != NULL && !match_text(match_scalar(m), found)) {
    const struct text expected = match_scalar(m);
    judge_fail(j, m, "%s: expected \"%.*s\", found %s%.*s%s", what,
               TEXT_ARG(expected), found.len > 0 ? "\"" : "none",
               TEXT_ARG(found), found.len > 0 ? "\"" : "");
  }
}

static struct text session_text(const struct judge *j, struct text member) {
  const struct json *m = json_member(j->tale->session, member);
  return m == NULL ? TEXT("") : match_scalar(m);
}

/* One of several names; none is the word for nobody. */
static void judge_name(struct judge *j, enum scenario_field field,
                       const char *what, struct text found) {
  const struct json *m = judge_expects(j, field);
  size_t count = 0;
  if (m == NULL) {
    return;
  }
  found = found.len == 0 ? TEXT("none") : found;
  const struct text *names = judge_texts(j, m, &count);
  for (size_t i = 0; i < count; i++) {
    if (match_text_nocase(names[i], found)) {
      return;
    }
  }
  judge_fail(j, m, "%s: expected %.*s%s, found %.*s", what,
             count > 0 ? (int)names[0].len : 0, count > 0 ? names[0].ptr : "",
             count > 1 ? " or another of the list" : "", TEXT_ARG(found));
}

/* ---- the script */

static void judge_script(struct judge *j) {
  static const char *const endings[] = {[TALE_WAITING] = "waiting",
                                        [TALE_FINISHED] = "finished",
                                        [TALE_FAILED] = "failed",
                                        [TALE_STOPPED] = "stopped"};
  const struct tale *t = j->tale;
  const struct json *script = judge_expects(j, F_EXPECT_SCRIPT);
  const struct json *error = judge_expects(j, F_EXPECT_ERROR);
  const struct json *line = judge_expects(j, F_EXPECT_LINE);
  if (script == NULL && error == NULL && t->ending == TALE_FAILED) {
    judge_fail(j, j->expect == NULL ? j->s->root : j->expect,
               "the script failed in line %u: %.*s", t->error_line,
               TEXT_ARG(t->error));
  }
  judge_text(j, F_EXPECT_SCRIPT, "what became of the script",
             text_from(endings[t->ending]));
  judge_text(j, F_EXPECT_ERROR, "the script's error", t->error);
  if (line != NULL && line->i != (int64_t)t->error_line) {
    judge_fail(j, line, "the line of the error: expected %lld, found %u",
               (long long)line->i, t->error_line);
  }
}

static void judge_within(struct judge *j) {
  const struct json *m = judge_expects(j, F_EXPECT_WITHIN);
  const int64_t limit_us = field_us(j->expect, F_EXPECT_WITHIN);
  if (m == NULL || j->faults) {
    return;
  }
  if (j->tale->done_us == 0) {
    judge_fail(j, m, "the script was not done at all");
  } else if (j->tale->done_us - j->tale->start_us > limit_us) {
    judge_fail(j, m, "the script was done after %.3f s, expected within %.3f s",
               (double)(j->tale->done_us - j->tale->start_us) / 1e6,
               (double)limit_us / 1e6);
  }
}

/* ---- attributes, and what was heard */

static void judge_attributes(struct judge *j) {
  const struct json *expected = judge_expects(j, F_EXPECT_ATTRIBUTES);
  const struct json *found = json_member(j->tale->session, TEXT("attributes"));
  for (const struct json *m = expected == NULL ? NULL : expected->first;
       m != NULL; m = m->next) {
    const struct json *value = json_member(found, m->key);
    if (match_json(m, value)) {
      continue;
    }
    struct textbuf a;
    struct json_out o;
    textbuf_init(&a, heap_mem());
    json_out_init(&o, &a);
    json_put_tree(&o, m);
    judge_fail(j, m, "attribute \"%.*s\": expected %.*s, found %.*s",
               TEXT_ARG(m->key), TEXT_ARG(textbuf_text(&a)),
               value == NULL ? 4 : (int)value->source.len,
               value == NULL ? "none" : value->source.ptr);
    textbuf_free(&a);
  }
}

/* A customer hears everybody else; an agent reads the transcript too; a bot
 * hears the customer while it holds the session. */
static bool hears(const struct json *who, uint32_t bot,
                  const struct tale_message *m) {
  if (text_equal(who->key, TEXT("customer"))) {
    return m->role != ROLE_CUSTOMER;
  }
  if (bot != SESSION_NOBODY) {
    return m->role == ROLE_CUSTOMER && m->heard_by == bot;
  }
  return m->role != ROLE_AGENT || !text_equal_nocase(m->author, who->key);
}

static uint32_t bot_number(struct judge *j, struct text name) {
  struct roster r;
  const struct roster_item *bot =
      roster_make(&j->arena, j->s, &r) ? roster_find(&r.bots, name) : NULL;
  return bot == NULL ? SESSION_NOBODY : (uint32_t)(bot - r.bots.items);
}

static void judge_heard(struct judge *j, const struct json *who) {
  const size_t all = j->tale->messages.count;
  struct text *found = arena_alloc(&j->arena, (all + 1) * sizeof *found);
  const uint32_t bot = bot_number(j, who->key);
  size_t count = 0;
  for (size_t i = 0; found != NULL && i < all; i++) {
    const struct tale_message *m = tale_message_at(j->tale, i);
    if (hears(who, bot, m)) {
      found[count++] = m->text;
    }
  }
  char what[160];
  (void)snprintf(what, sizeof what, "what %.*s%.*s heard",
                 text_equal(who->key, TEXT("customer")) ? 4 : 0, "the ",
                 TEXT_ARG(utf8_cut(who->key, 100)));
  judge_lists(j, who, what, found, count);
}

static void judge_hears(struct judge *j) {
  const struct json *all = judge_expects(j, F_EXPECT_HEARS);
  for (const struct json *who = all == NULL ? NULL : all->first; who != NULL;
       who = who->next) {
    judge_heard(j, who);
  }
}

/* ---- all of it */

static void judge_outcome(struct judge *j) {
  const struct tale *t = j->tale;
  judge_text(j, F_EXPECT_STATUS, "the status at the end",
             session_text(j, TEXT("status")));
  judge_text(j, F_EXPECT_REASON, "endReason",
             session_text(j, TEXT("endReason")));
  judge_text(j, F_EXPECT_DISPOSITION, "disposition",
             session_text(j, TEXT("disposition")));
  judge_name(j, F_EXPECT_AGENT, "who got the session", t->agent);
  judge_name(j, F_EXPECT_QUEUE, "the queue", t->queue);
  const struct json *statuses = judge_expects(j, F_EXPECT_STATUSES);
  if (statuses != NULL) {
    judge_lists(j, statuses, "statuses", t->statuses.items, t->statuses.count);
  }
  const struct json *output = judge_expects(j, F_EXPECT_OUTPUT);
  if (output != NULL) {
    judge_lists(j, output, "output", t->output.items, t->output.count);
  }
}

size_t judge_tale(const struct scenario *s, const struct tale *tale,
                  bool faults, struct textbuf *report) {
  struct judge j = {.s = s,
                    .tale = tale,
                    .expect = field_at(s->root, F_SCENARIO_EXPECT),
                    .faults = faults,
                    .out = report};
  arena_init(&j.arena, heap_mem(), 0);
  for (size_t i = 0; i < tale->troubles.count; i++) {
    j.failures++;
    textbuf_addf(report, "  %.*s\n",
                 TEXT_ARG(tale_text_at(&tale->troubles, i)));
  }
  judge_script(&j);
  judge_outcome(&j);
  judge_within(&j);
  judge_attributes(&j);
  judge_hears(&j);
  judge_events(&j);
  judge_calls(&j);
  judge_requests(&j);
  if (j.failures > 0) {
    judge_tell(&j);
  }
  arena_free(&j.arena);
  return j.failures;
}
