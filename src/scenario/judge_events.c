/* Events, actions and requests against what was expected of them. */
#include <stdio.h>

#include "scenario/judge_priv.h"

/* 3 s and 3.0000004 s are the same moment. */
#define SLACK_US 1000

static int64_t since_start_us(const struct judge *j, int64_t at_us) {
  return at_us - j->tale->start_us;
}

/* ---- the moment */

static bool is_at(const struct judge *j, const struct json *pattern,
                  int64_t at_us) {
  const struct json *at = field_at(pattern, F_EVENT_AT);
  const int64_t since_us = since_start_us(j, at_us);
  const int64_t within_us = field_us(pattern, F_EVENT_WITHIN);
  if (j->faults) {
    return true;
  }
  if (within_us != FIELD_NEVER && since_us > within_us) {
    return false;
  }
  if (at == NULL) {
    return true;
  }
  const struct json *from = at->type == JSON_LIST ? at->first : at;
  const struct json *to = at->type == JSON_LIST ? at->first->next : at;
  return since_us >= field_seconds_us(from) - SLACK_US &&
         since_us <= field_seconds_us(to) + SLACK_US;
}

/* ---- one event */

/* Members that are about the pattern, not of the event. */
static bool is_about(struct text key) {
  return text_equal(key, TEXT("event")) || text_equal(key, TEXT("at")) ||
         text_equal(key, TEXT("within")) || text_equal(key, TEXT("times"));
}

/* The line of the script, who, and the role stand in `cause`; a time or a sleep
 * may stand in the event itself. */
static const struct json *member_of(const struct tale_event *e,
                                    struct text key) {
  const struct json *m = json_member(e->tree, key);
  return m != NULL ? m : json_member(json_member(e->tree, TEXT("cause")), key);
}

/* Its name and members, whenever it was. */
static bool is_like(const struct json *pattern, const struct tale_event *e) {
  if (!text_equal(field_text(pattern, F_EVENT_EVENT),
                  text_from(event_name(e->type)))) {
    return false;
  }
  for (const struct json *m = pattern->first; m != NULL; m = m->next) {
    if (!is_about(m->key) && !match_json(m, member_of(e, m->key))) {
      return false;
    }
  }
  return true;
}

static bool fits(const struct judge *j, const struct json *pattern,
                 const struct tale_event *e) {
  return is_like(pattern, e) && is_at(j, pattern, e->at_us);
}

static size_t find_from(const struct judge *j, const struct json *pattern,
                        size_t from) {
  size_t i = from;
  while (i < j->tale->events.count &&
         !fits(j, pattern, tale_event_at(j->tale, i))) {
    i++;
  }
  return i;
}

/* ---- the timeline */

/* Each member that is another than expected. */
static void put_differences(struct judge *j, const struct json *pattern,
                            const struct tale_event *e) {
  struct json_out o;
  for (const struct json *m = pattern->first; m != NULL; m = m->next) {
    const struct json *found = member_of(e, m->key);
    if (is_about(m->key) || match_json(m, found)) {
      continue;
    }
    textbuf_addf(j->out, "      %.*s: expected ", TEXT_ARG(m->key));
    json_out_init(&o, j->out);
    json_put_tree(&o, m);
    textbuf_add(j->out, TEXT(", found "));
    json_out_init(&o, j->out);
    found == NULL ? textbuf_add(j->out, TEXT("none"))
                  : json_put_tree(&o, found);
    textbuf_add_char(j->out, '\n');
  }
  const struct json *at = field_at(pattern, F_EVENT_AT);
  const struct json *within = field_at(pattern, F_EVENT_WITHIN);
  if (!is_at(j, pattern, e->at_us)) {
    textbuf_addf(j->out, "      expected %s ", at != NULL ? "at" : "within");
    json_out_init(&o, j->out);
    json_put_tree(&o, at != NULL ? at : within);
    textbuf_add(j->out, TEXT(" s\n"));
  }
}

/* The last event of its name says why it is not the one. */
static void say_nearest(struct judge *j, const struct json *pattern,
                        size_t from) {
  const struct tale *t = j->tale;
  const struct text name = field_text(pattern, F_EVENT_EVENT);
  size_t last = t->events.count;
  for (size_t i = 0; i < t->events.count; i++) {
    const struct tale_event *e = tale_event_at(t, i);
    if (text_equal(name, text_from(event_name(e->type)))) {
      last = i;
    }
  }
  if (last == t->events.count) {
    judge_fail(j, pattern, "there was no %.*s at all", TEXT_ARG(name));
    return;
  }
  const struct tale_event *e = tale_event_at(t, last);
  judge_fail(j, pattern, "no such %.*s; the last one came at %+.3f s%s",
             TEXT_ARG(name), (double)since_start_us(j, e->at_us) / 1e6,
             last < from && fits(j, pattern, e)
                 ? ", before what stands above it"
                 : "");
  put_differences(j, pattern, e);
}

static void judge_times(struct judge *j, const struct json *pattern) {
  const struct json *times = field_at(pattern, F_EVENT_TIMES);
  int64_t count = 0;
  for (size_t i = 0; times != NULL && i < j->tale->events.count; i++) {
    count += is_like(pattern, tale_event_at(j->tale, i));
  }
  if (times != NULL && !j->faults && count != times->i) {
    judge_fail(j, times, "expected %lld times, found %lld", (long long)times->i,
               (long long)count);
  }
}

static void judge_timeline(struct judge *j) {
  const struct json *all = judge_expects(j, F_EXPECT_TIMELINE);
  size_t from = 0;
  for (const struct json *p = all == NULL ? NULL : all->first; p != NULL;
       p = p->next) {
    const struct json *times = field_at(p, F_EVENT_TIMES);
    judge_times(j, p);
    if (times != NULL && times->i == 0) {
      continue;
    }
    const size_t found = find_from(j, p, j->faults ? 0 : from);
    if (found == j->tale->events.count) {
      say_nearest(j, p, from);
    } else {
      from = found + 1;
    }
  }
}

static void judge_never(struct judge *j) {
  const struct json *all = judge_expects(j, F_EXPECT_NEVER);
  for (const struct json *p = all == NULL ? NULL : all->first; p != NULL;
       p = p->next) {
    const size_t found = find_from(j, p, 0);
    if (found < j->tale->events.count) {
      const struct tale_event *e = tale_event_at(j->tale, found);
      judge_fail(j, p, "%s should never come, and came at %+.3f s",
                 event_name(e->type),
                 (double)since_start_us(j, e->at_us) / 1e6);
    }
  }
}

void judge_events(struct judge *j) {
  judge_timeline(j);
  judge_never(j);
}

/* ---- actions */

static bool is_call(struct judge *j, const struct json *pattern,
                    const struct tale_call *c) {
  const struct json *line = field_at(pattern, F_CALL_LINE);
  const struct json *args = field_at(pattern, F_CALL_ARGS);
  const struct json *code = field_at(pattern, F_CALL_CODE);
  struct json *tree = NULL;
  if (!text_equal(field_text(pattern, F_CALL_ACTION), c->action) ||
      (line != NULL && line->i != (int64_t)c->line) ||
      (args != NULL && !match_body(&j->arena, args, c->args))) {
    return false;
  }
  return code == NULL || (json_parse(&j->arena, c->answer, JSON_DEPTH_DEFAULT,
                                     &tree, NULL) == BT_ERR_OK &&
                          match_json(code, json_member(tree, TEXT("code"))));
}

static void show_calls(struct judge *j, struct text action) {
  const struct tale_call *calls = j->tale->calls.items;
  for (size_t i = 0; i < j->tale->calls.count; i++) {
    if (text_equal(calls[i].action, action)) {
      const struct text answer = utf8_cut(calls[i].answer, 120);
      textbuf_addf(j->out, "      line %u: %.*s %.*s -> %.*s%s\n",
                   calls[i].line, TEXT_ARG(action), TEXT_ARG(calls[i].args),
                   TEXT_ARG(answer),
                   answer.len < calls[i].answer.len ? "…" : "");
    }
  }
}

void judge_calls(struct judge *j) {
  const struct json *all = judge_expects(j, F_EXPECT_CALLS);
  const struct tale_call *calls = j->tale->calls.items;
  size_t from = 0;
  for (const struct json *p = all == NULL ? NULL : all->first; p != NULL;
       p = p->next) {
    size_t i = j->faults ? 0 : from;
    while (i < j->tale->calls.count && !is_call(j, p, &calls[i])) {
      i++;
    }
    if (i == j->tale->calls.count) {
      const struct text action = field_text(p, F_CALL_ACTION);
      judge_fail(j, p, "there was no such call of %.*s%s", TEXT_ARG(action),
                 from > 0 ? " after the one that stands above it" : "");
      show_calls(j, action);
    } else {
      from = i + 1;
    }
  }
}

/* ---- requests */

static struct text request_text(struct judge *j, struct text method,
                                struct text url) {
  char line[1024];
  const int len =
      snprintf(line, sizeof line, "%.*s %.*s", TEXT_ARG(method), TEXT_ARG(url));
  return arena_copy_text(&j->arena, utf8_printed(line, sizeof line, len));
}

static void judge_bodies(struct judge *j, const struct json *all) {
  const struct tale_request *requests = j->tale->requests.items;
  size_t i = 0;
  for (const struct json *p = all->first;
       p != NULL && i < j->tale->requests.count; p = p->next, i++) {
    const struct json *body = field_at(p, F_REQUEST_BODY);
    if (body != NULL && !match_body(&j->arena, body, requests[i].body)) {
      judge_fail(j, body, "the body was another:\n      %.*s",
                 TEXT_ARG(requests[i].body));
    }
  }
}

void judge_requests(struct judge *j) {
  const struct json *all = judge_expects(j, F_EXPECT_REST);
  const struct tale_request *requests = j->tale->requests.items;
  const size_t count = j->tale->requests.count;
  if (all == NULL) {
    return;
  }
  struct text *found = arena_alloc(&j->arena, (count + 1) * sizeof *found);
  struct text *expected =
      arena_alloc(&j->arena, (all->count + 1U) * sizeof *expected);
  if (found == NULL || expected == NULL) {
    return;
  }
  for (size_t i = 0; i < count; i++) {
    found[i] = request_text(j, requests[i].method, requests[i].url);
  }
  size_t n = 0;
  for (const struct json *p = all->first; p != NULL; p = p->next) {
    expected[n++] = request_text(j, field_text(p, F_REQUEST_METHOD),
                                 field_text(p, F_REQUEST_URL));
  }
  if (!match_texts(expected, n, found, count)) {
    judge_fail(j, all, "requests: - is expected, + came");
    match_diff(expected, n, found, count, j->out);
  } else if (!j->faults) {
    judge_bodies(j, all);
  }
}
