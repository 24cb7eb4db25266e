/* handover_priv.h - the set of statuses along the paths of a script.
 *
 * An abstract interpretation: the state is the set of statuses that the session
 * can be in, and what variables tell about it. Loops and recursion run to a
 * fixed point, which is near: a set only grows, and has nine members.
 *
 * That the customer can leave at any moment is left out: every line of every
 * script could be refused for it.
 */
#ifndef BATON_STUDIO_HANDOVER_PRIV_H
#define BATON_STUDIO_HANDOVER_PRIV_H

#include "base/map.h"
#include "studio/checker_priv.h"

/* What a test of a variable says: of the .code of an answer, or of the .status
 * of a GetSessionInfo(). */
enum fact_kind { FACT_NONE, FACT_CODE, FACT_STATUS };

struct fact {
  enum fact_kind kind;
  size_t variable;
  uint32_t yes; /* the statuses if the action has succeeded */
  uint32_t no;  /* … if it was refused */
};

enum {
  FLOW_FACTS_MAX = 8,
  FLOW_FLAGS_MAX = 3, /* variables that only ever hold true or false */
  FLOW_STATES = 1 << FLOW_FLAGS_MAX
};

/* What can be when the flags have certain values. */
struct flow_state {
  uint32_t set;
  bool live;    /* some path leads here */
  bool by_time; /* safe only because time has passed */
};

/* What can be at one point of the script: for each combination of the flags by
 * itself, since scripts remember in a flag whether they have succeeded. */
struct flow {
  struct flow_state states[FLOW_STATES];
  struct fact facts[FLOW_FACTS_MAX];
  unsigned fact_count;
};

/* A Transfer or ReqAgent, and what was found on all paths to it. */
struct site {
  const struct expr *call;
  uint32_t refused;
  bool by_time;
  bool deferred; /* when:released, or release:true */
  struct site *next;
};

/* What a function does to a set. */
struct summary {
  const struct unit *unit;
  struct flow entry, exit;
  bool running, asked; /* asked for while it was running: recursion */
  struct summary *next;
};

struct loop_flow {
  struct flow breaks, continues;
  struct loop_flow *outer;
};

/* What a loop did to a state the last time: loops within loops would be walked
 * twice as often with each level otherwise. */
struct loop_memo {
  const struct stmt *loop;
  struct flow entry, exit;
  struct flow returns; /* what left the function from within */
};

/* What has been found so far, by all walkers. */
struct handover {
  struct checker *c;
  size_t flags[FLOW_FLAGS_MAX];
  unsigned flag_count;
  struct loop_memo *loops;
  size_t loop_count, loop_cap;
  struct map loop_index;
  struct site *sites, **sites_end;
  struct summary *summaries; /* newest first */
};

/* On its way through one part of the script. */
struct walker {
  struct handover *h;
  const struct unit *unit;
  struct loop_flow *loop;
  struct flow returns;
  unsigned depth; /* of blocks and calls within each other */
};

/* ---- handover_flow.c */

struct flow flow_begin(uint32_t set); /* all flags false */
bool flow_is_live(const struct flow *f);
void flow_kill(struct flow *f);
uint32_t flow_set(const struct flow *f); /* of all live states */
struct flow flow_join(struct flow a, struct flow b);
bool flow_equal(const struct flow *a, const struct flow *b);
bool flow_equal_states(const struct flow *a, const struct flow *b);

/* What may happen by itself at any moment. */
uint32_t flow_settle(uint32_t set);
void flow_settle_states(struct flow *f);
/* @seconds < 0: unknown. */
void flow_pass_time(struct flow *f, double seconds, double drain_s);
/* No state is outside of @set any more; dead if it is empty. */
void flow_restrict(struct flow *f, uint32_t set);

void flow_set_flag(struct flow *f, unsigned flag, bool value);
void flow_test_flag(struct flow *f, unsigned flag, bool value);

void flow_add_fact(struct flow *f, struct fact fact);
void flow_drop_facts(struct flow *f); /* all: the session has moved */
void flow_drop_variable(struct flow *f, size_t variable);
const struct fact *flow_fact(const struct flow *f, size_t variable);

/* ---- handover_calls.c: what a call does to the session */

/* Walks the arguments and does the call; .kind of the answer says whether its
 * result can be tested. */
struct fact handover_call(struct walker *w, const struct expr *e,
                          struct flow *f);
/* All calls in an expression, in the order in which they happen. */
struct fact handover_expr(struct walker *w, const struct expr *e,
                          struct flow *f);

/* ---- check_handover.c */

/* The function's effect, from a summary or by walking it. */
void handover_function(struct walker *w, const struct unit *unit,
                       struct flow *f);
size_t handover_variable(const struct walker *w, const struct expr *name);
/* The number of the flag that @e is; .flag_count if it is none. */
unsigned handover_flag(const struct walker *w, const struct expr *e);
/* true, false, 1 or 0 as it stands. */
bool handover_truth(const struct expr *e, bool *out);

/* ---- handover_branch.c */

/* The two ways on from a test; dead where no path leads. */
struct fork {
  struct flow yes, no;
};

struct fork handover_condition(struct walker *w, const struct expr *e,
                               struct flow f);
/* The same for @left = @right. */
struct fork handover_equal(struct walker *w, const struct expr *left,
                           const struct expr *right, struct flow f);

/* ---- handover_report.c */

void handover_report(struct checker *c, const struct site *site);
/* Would this option be in force for the call, as far as literals tell? */
bool handover_is_deferred(struct walker *w, const struct expr *call);

#endif
