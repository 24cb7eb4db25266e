/* shape.h - a moment without what makes no difference: names, numbers that only
 * grow, the hour. Two moments of one shape have the same future.
 */
#ifndef BATON_TESTS_SHAPE_H
#define BATON_TESTS_SHAPE_H

#include <stdio.h>

#include "setting.h"
#include "site.h"

/* When something will be: whole units that are left, and one; before what else
 * it comes, equal times alike; and, of timers, which was started before. All of
 * them count from 1; 0 is never. */
struct shape_time {
  uint8_t units, place, started;
};

struct shape_session {
  uint8_t status; /* enum session_status; 0: there is no session */
  uint8_t queue, agent, away;
  uint8_t priority, skipped, preferred;
  uint8_t place, entry;       /* by its clock; in the order of entry */
  uint8_t position, reserved; /* as the router sees it */
  uint8_t ring;
  uint8_t listed; /* among the sessions of its agent */
  struct shape_time timer, overflow, widens, asked, declined[SETTING_AGENTS];
};

struct shape {
  struct shape_session sessions[SETTING_SESSIONS];
  struct {
    uint8_t presence, resume, idle_place;
    struct shape_time timer;
  } agents[SETTING_AGENTS];
  uint8_t doors[SETTING_QUEUES]; /* 0 open, 1 paused, 2 drained */
};

/* As it is. */
void shape_look(const struct engine *e, struct site_time t, struct shape *out);
/* The same for all moments that differ by who is who. */
void shape_normal(const struct setting *p, const struct shape *s,
                  struct shape *out);
void shape_tell(FILE *to, const struct shape *s);

#endif
