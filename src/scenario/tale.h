/* tale.h - what happened while a scenario was played.
 *
 * Kept as it came, for the judge and for whoever prints it. Everything lives in
 * the tale's arena. Times are microseconds since 1970, in virtual time.
 */
#ifndef BATON_SCENARIO_TALE_H
#define BATON_SCENARIO_TALE_H

#include "base/arena.h"
#include "base/json.h"
#include "engine/event.h"
#include "engine/record.h"

struct tale_event {
  int64_t at_us;
  uint32_t type;
  struct text status;      /* of the session after it; empty if it tells none */
  struct text json;        /* as the timeline shows it */
  const struct json *tree; /* the same, parsed */
};

struct tale_message {
  int64_t at_us;
  uint32_t role;
  struct text author, text;
  uint32_t heard_by; /* number of the bot that held, or SESSION_NOBODY */
};

struct tale_request {
  int64_t at_us;
  struct text method, url, body;
};

struct tale_call {
  int64_t at_us;
  uint32_t line;
  struct text action;
  struct text args;   /* a JSON list */
  struct text answer; /* JSON; empty while there is none */
};

/* A list that grows in an arena. */
struct tale_list {
  void *items;
  size_t count, cap, size;
};

enum tale_ending { TALE_WAITING, TALE_FINISHED, TALE_FAILED, TALE_STOPPED };

struct tale {
  struct arena arena;
  int64_t start_us, end_us, done_us; /* done: the script; 0 if it is not */
  struct tale_list events;   /* struct tale_event, of the session or nobody's */
  struct tale_list messages; /* struct tale_message */
  struct tale_list output;   /* struct text: TRACE and Log…, line by line */
  struct tale_list statuses; /* struct text, each another than before */
  struct tale_list requests; /* struct tale_request: to the outside */
  struct tale_list calls;    /* struct tale_call */
  struct tale_list troubles; /* struct text: what the world could not do */
  enum tale_ending ending;
  struct text error; /* TALE_FAILED */
  uint32_t error_line;
  struct text agent, queue;   /* that it was with, or in, last; or empty */
  const struct json *session; /* the last view of it, or NULL */
};

void tale_init(struct tale *t);
void tale_free(struct tale *t);

/* A new element, cleared; NULL when memory is used up. */
void *tale_add(struct tale *t, struct tale_list *list);

static inline const struct tale_event *tale_event_at(const struct tale *t,
                                                     size_t i) {
  return (const struct tale_event *)t->events.items + i;
}
static inline const struct tale_message *tale_message_at(const struct tale *t,
                                                         size_t i) {
  return (const struct tale_message *)t->messages.items + i;
}
static inline struct text tale_text_at(const struct tale_list *list, size_t i) {
  return ((const struct text *)list->items)[i];
}

#endif
