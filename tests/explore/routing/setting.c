/* setting.c - the places, and what can happen in them. */
#include "setting.h"

#include "base/check.h"

/* ---- what is done with what */

enum act_on {
  ALONE,
  ANY_QUEUE,
  ANY_SESSION,
  ANY_AGENT,
  SESSION_QUEUE,
  SESSION_AGENT
};

static const struct {
  enum act_on on;
  const char *words;
} kinds[ACT_KINDS] = {
#define X(name, on, words) {on, words},
    ACTS(X)
#undef X
};

static bool is_about(enum act_on on, enum act_on what) {
  return on == what || (what == ANY_SESSION && on >= SESSION_QUEUE) ||
         (what == ANY_QUEUE && on == SESSION_QUEUE) ||
         (what == ANY_AGENT && on == SESSION_AGENT);
}

static bool brings_one(uint32_t kind) {
  return kind <= ACT_ARRIVE_SKIP;
}

static size_t add(struct act *acts, size_t n, const struct act *act) {
  bt_check(n < ACTS_MAX);
  acts[n] = *act;
  return n + 1;
}

static size_t add_kind(uint32_t kind, uint32_t open, struct act *acts,
                       size_t n) {
  const enum act_on on = kinds[kind].on;
  const uint32_t sessions = is_about(on, ANY_SESSION) ? open : 1;
  const uint8_t agents = is_about(on, ANY_AGENT) ? SETTING_AGENTS : 1;
  const uint8_t queues = is_about(on, ANY_QUEUE) ? SETTING_QUEUES : 1;
  for (uint32_t s = 0; s < sessions; s++) {
    for (uint8_t a = 0; a < agents; a++) {
      for (uint8_t q = 0; q < queues; q++) {
        n = add(acts, n, &(struct act){(uint8_t)kind, (uint8_t)s, a, q});
      }
    }
  }
  return n;
}

size_t setting_acts(const struct setting_form *f, uint32_t open,
                    struct act acts[ACTS_MAX]) {
  size_t n = 0;
  for (uint32_t kind = 0; kind < ACT_KINDS; kind++) {
    if ((f->kinds >> kind & 1) != 0 &&
        (!brings_one(kind) || open < f->sessions)) {
      n = add_kind(kind, open, acts, n);
    }
  }
  return n;
}

void act_tell(FILE *to, struct act act) {
  const enum act_on on = kinds[act.kind].on;
  fputs(kinds[act.kind].words, to);
  if (is_about(on, ANY_SESSION)) {
    fprintf(to, " %d", act.session);
  }
  if (is_about(on, ANY_AGENT)) {
    fprintf(to, on == ANY_AGENT ? " %d" : " (agent %d)", act.agent);
  }
  if (is_about(on, ANY_QUEUE)) {
    fprintf(to, on == ANY_QUEUE ? " %d" : " (queue %d)", act.queue);
  }
}

/* ---- the settings */

#define TIMES       "\"offerTimeout\":30,\"wrapUpTime\":30"
#define QUEUE(q)    "{\"id\":\"" q "\"," TIMES ",\"declinePause\":0"
#define KEEPS(q)    "{\"id\":\"" q "\"," TIMES ",\"declinePause\":30"
#define AGENT(a, n) "{\"id\":\"" a "\",\"capacity\":{\"chat\":" n "}"
#define SKILL       ",\"skills\":[{\"name\":\"x\",\"proficiency\":1}]"

#define WORK                                                                   \
  (ACT_BIT(ARRIVE) | ACT_BIT(LEAVE) | ACT_BIT(ACCEPT) | ACT_BIT(END) |         \
   ACT_BIT(COMPLETE) | ACT_BIT(JOIN) | ACT_BIT(READY) | ACT_BIT(TICK) |        \
   ACT_BIT(TIME))
#define MOODS  (ACT_BIT(AWAY) | ACT_BIT(OUT) | ACT_BIT(DROP))
#define ORDERS (ACT_BIT(MOVE) | ACT_BIT(RAISE) | ACT_BIT(HAND_ON))
#define RANKS  (ACT_BIT(ARRIVE_HIGH) | ACT_BIT(ARRIVE_SKIP))
#define PAUSES (ACT_BIT(PAUSE) | ACT_BIT(OPEN))
#define STEERS (ACT_BIT(ASSIGN) | ACT_BIT(REQUEUE) | ACT_BIT(WITHDRAW))

static const struct setting settings[] = {
    {.name = "turns",
     .alike = true,
     .form = {3, WORK},
     .deep = {3, WORK | ORDERS | MOODS | PAUSES},
     .queues = {QUEUE("q0") "}", QUEUE("q1") "}"},
     .agents = {AGENT("a0", "1") "}", AGENT("a1", "1") "}"}},
    /* The first queue goes first, and only the first agent can serve it. */
    {.name = "unlike",
     .form = {3, WORK},
     .deep = {3, WORK | RANKS | ACT_BIT(DROP) | ACT_BIT(CRASH)},
     .queues = {QUEUE("q0") ",\"precedence\":5" SKILL "}", QUEUE("q1") "}"},
     .agents = {AGENT("a0", "1") SKILL "}", AGENT("a1", "1") "}"}},
    {.name = "prefers",
     .alike = true,
     .form = {2, WORK | ACT_BIT(PREFER) | ACT_BIT(DECLINE)},
     .deep = {3, WORK | ACT_BIT(PREFER) | ACT_BIT(DECLINE)},
     .queues = {QUEUE("q0") "}", QUEUE("q1") "}"},
     .agents = {AGENT("a0", "1") "}", AGENT("a1", "1") "}"}},
    {.name = "orders",
     .alike = true,
     .form = {2, WORK | ORDERS | PAUSES},
     .deep = {3, WORK | ORDERS | PAUSES | STEERS},
     .queues = {QUEUE("q0") "}", QUEUE("q1") "}"},
     .agents = {AGENT("a0", "1") "}", AGENT("a1", "1") "}"}},
    {.name = "steered",
     .alike = true,
     .form = {2, WORK | STEERS},
     .deep = {3, WORK | STEERS | MOODS},
     .queues = {KEEPS("q0") "}", KEEPS("q1") "}"},
     .agents = {AGENT("a0", "1") "}", AGENT("a1", "1") "}"}},
    {.name = "pulled",
     .alike = true,
     .form = {2,
              WORK | PAUSES | ACT_BIT(PULL) | ACT_BIT(AWAY) | ACT_BIT(DRAIN)},
     .deep = {3, WORK | PAUSES | ACT_BIT(PULL) | ACT_BIT(DRAIN) | MOODS},
     .queues = {QUEUE("q0") ",\"pull\":\"any\"}",
                QUEUE("q1") ",\"pull\":\"any\"}"},
     .agents = {AGENT("a0", "1") "}", AGENT("a1", "1") "}"}},
    /* Who waits in the first queue is taken over by the second; there an agent
     * without the skill may take it in a later ring. */
    {.name = "overflow",
     .form = {2, WORK | ACT_BIT(DROP)},
     .deep = {3, WORK | ACT_BIT(DROP) | ACT_BIT(CRASH)},
     .queues = {QUEUE("q0") ",\"maxWait\":30,\"overflow\":\"q1\"}",
                QUEUE("q1") SKILL ",\"rings\":[{\"after\":30,"
                                  "\"without\":[\"x\"]}]}"},
     .agents = {AGENT("a0", "1") SKILL ",\"queues\":[\"q1\"]}",
                AGENT("a1", "1") "}"}},
    {.name = "declines",
     .alike = true,
     .form = {2, WORK | ACT_BIT(DECLINE)},
     .deep = {3, WORK | ACT_BIT(DECLINE)},
     .queues = {KEEPS("q0") "}", KEEPS("q1") "}"},
     .agents = {AGENT("a0", "1") "}", AGENT("a1", "1") "}"}},
    {.name = "moods",
     .alike = true,
     .form = {2, WORK | MOODS},
     .deep = {3, WORK | MOODS | RANKS | ACT_BIT(DECLINE)},
     .queues = {QUEUE("q0") "}", QUEUE("q1") "}"},
     .agents = {AGENT("a0", "1") "}", AGENT("a1", "1") "}"}},
    {.name = "ranks",
     .alike = true,
     .form = {3, WORK | RANKS},
     .deep = {3, WORK | RANKS | ACT_BIT(RAISE) | ACT_BIT(DROP)},
     .queues = {QUEUE("q0") "}", QUEUE("q1") "}"},
     .agents = {AGENT("a0", "1") "}", AGENT("a1", "1") "}"}},
    {.name = "two",
     .alike = true,
     .form = {3, WORK},
     .deep = {3, WORK | MOODS | ORDERS},
     .queues = {QUEUE("q0") "}", QUEUE("q1") "}"},
     .agents = {AGENT("a0", "2") "}", AGENT("a1", "2") "}"}},
};

const struct setting *setting_get(size_t i) {
  return i < sizeof settings / sizeof settings[0] ? &settings[i] : NULL;
}
