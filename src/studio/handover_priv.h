/* handover_priv.h - the set of statuses along the paths of a script.
 *
 * An abstract interpretation. At each point of the script it keeps the set of
 * statuses that the session can be in, once for each combination of what the
 * script remembers: flags that are true or false, and variables that hold the
 * answer of a transfer, accepted or refused. Loops whose number of rounds is
 * known are walked round by round, all others and recursion up to a fixed
 * point, which is near: a set only grows, and has ten members.
 *
 * A refusal is reported unless every path behind it tries again: scripts that
 * look at a 409, wait, and transfer anew are sound.
 *
 * That the customer can leave at any moment is left out: every line of every
 * script could be refused for it.
 */
#ifndef BATON_STUDIO_HANDOVER_PRIV_H
#define BATON_STUDIO_HANDOVER_PRIV_H

#include "base/map.h"
#include "studio/checker_priv.h"

enum {
  FLOW_FACTS_MAX = 8,
  FLOW_FLAGS_MAX = 5,
  /* The outcome of the expression that has just been walked. */
  FLOW_OUTCOME = FLOW_FLAGS_MAX,
  FLOW_STATES = 1 << (FLOW_FLAGS_MAX + 1),
  FLOW_NO_FLAG = FLOW_FLAGS_MAX + 1
};

/* What an expression says about the session when it is tested. */
enum meaning {
  MEANING_NONE,
  MEANING_ANY,    /* null, 0: fits all of the next */
  MEANING_TRUTH,  /* true or false */
  MEANING_ANSWER, /* of a transfer and such: .code tells how it went */
  MEANING_CODE    /* the .code of such an answer */
};

/* A variable that holds what GetSessionInfo() said, or its .status. */
struct fact {
  size_t variable;
  uint32_t asked; /* the statuses it can have told of */
  bool aged;      /* time has passed since */
  bool is_text;   /* the status itself */
};

/* What can be when the flags have certain values. */
struct flow_state {
  uint32_t set;
  uint32_t lost;      /* sites whose refusal nobody has made good, as bits */
  uint32_t waited_ms; /* since the bot said goodbye, on every path */
  bool live;          /* some path leads here */
  bool by_time;       /* safe only because time has passed */
  bool doubtful;      /* thought of only where the script asks for it */
};

struct flow {
  struct flow_state states[FLOW_STATES];
  struct fact facts[FLOW_FACTS_MAX];
  unsigned fact_count;
};

/* A Transfer or ReqAgent, and what was found on all paths to it. */
struct site {
  const struct expr *call;
  unsigned number;
  uint32_t refused; /* by these statuses on some path */
  bool lost;        /* and on some path for good */
  bool by_time;
  bool deferred; /* when:released, or release:true */
  bool released; /* release:true */
  struct site *next;
};

enum { SITE_BITS = 32 }; /* sites beyond are lost wherever they are refused */

/* What a function does to a set. */
struct summary {
  const struct unit *unit;
  struct flow entry, exit;
  bool running, asked; /* asked for while it was running: recursion */
  bool moves;          /* the session */
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

/* From where to where in the main part a variable is used, counted in the
 * statements that stand in no block: a loop is one of them. */
struct span {
  uint32_t first, last;
};

/* What has been found so far, by all walkers. */
struct handover {
  struct checker *c;
  uint8_t *flag_of;   /* of each variable; FLOW_NO_FLAG if it has none */
  struct span *spans; /* of each variable of the script */
  const struct span **taken[FLOW_FLAGS_MAX]; /* by variables with this flag */
  uint32_t taken_count[FLOW_FLAGS_MAX];
  uint32_t *order; /* the script's variables as they are used first */
  uint32_t order_count;
  uint32_t begun;    /* how many of them */
  uint8_t *meanings; /* of each variable, then of each unit; 0: not known yet */
  unsigned meaning_depth;
  unsigned flag_count; /* of the script; functions have the bits behind */
  struct loop_memo *loops;
  size_t loop_count, loop_cap;
  struct map loop_index;
  struct site *sites, **sites_end;
  unsigned site_count;
  struct summary *summaries; /* newest first */
  uint32_t seen;             /* statuses at any line so far */
  uint32_t failing;          /* … at lines that can fail */
  unsigned moves;            /* transfers and releases walked so far */
  unsigned rounds;           /* walked one by one so far */
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
uint32_t flow_set(const struct flow *f);  /* of all live states */
uint32_t flow_lost(const struct flow *f); /* of all live states */
struct flow flow_join(struct flow a, struct flow b);
bool flow_equal(const struct flow *a, const struct flow *b);

/* What may happen by itself at any moment. */
uint32_t flow_settle(uint32_t set);
void flow_settle_states(struct flow *f);
/* Of a session that nobody looked at for some time. */
uint32_t flow_age(uint32_t set);
/* @seconds < 0: unknown. */
void flow_pass_time(struct flow *f, double seconds, double drain_s);
/* No state is outside of @set any more; dead if it is empty. */
void flow_restrict(struct flow *f, uint32_t set);

/* The status was asked for: it is not for the time that has passed. */
void flow_trust(struct flow *f);

void flow_set_flag(struct flow *f, unsigned flag, bool value);
void flow_test_flag(struct flow *f, unsigned flag, bool value);
void flow_forget_flag(struct flow *f, unsigned flag); /* it may be either */
void flow_copy_flag(struct flow *f, unsigned from, unsigned to);
void flow_drop_outcome(struct flow *f);
/* No refusal is outstanding where @flag is false. */
void flow_clear_lost(struct flow *f, unsigned flag);

void flow_add_fact(struct flow *f, struct fact fact);
void flow_drop_facts(struct flow *f); /* all: the session has moved */
void flow_drop_variable(struct flow *f, size_t variable);
const struct fact *flow_fact(const struct flow *f, size_t variable);

/* ---- handover_spans.c: variables that are never used at the same time share a
 * flag */

/* False: no memory. */
bool handover_find_spans(struct handover *h);
/* Gives the script's variable @i the first of @max flags that is free wherever
 * it is used. False: there is none. */
bool handover_take_flag(struct handover *h, size_t i, unsigned max);
/* Statement @n of the main part begins: what is used from here on is not set
 * yet, whatever its flag was used for before. */
void handover_begin_spans(struct handover *h, uint32_t n, struct flow *f);

/* ---- handover_flags.c: what the script remembers */

/* Chooses the variables that are followed. False: no memory. */
bool handover_find_flags(struct handover *h);
void handover_drop_locals(const struct handover *h, struct flow *f);
size_t handover_variable(const struct walker *w, const struct expr *name);
/* The flag of a variable's name; FLOW_NO_FLAG if it has none. */
unsigned handover_flag(const struct walker *w, const struct expr *e);
enum meaning handover_meaning(struct handover *h, const struct unit *unit,
                              const struct expr *e);
/* Of what a function returns. */
enum meaning handover_unit_meaning(struct handover *h, const struct unit *unit);
/* true, false, 1 or 0 as it stands. */
bool handover_truth(const struct expr *e, bool *out);
const struct unit *handover_function_of(const struct handover *h,
                                        const struct expr *call);
/* The number that stands there, or in a variable that is set to one number
 * only. */
bool handover_number(const struct walker *w, const struct expr *e, double *out);

/* ---- handover_other.c */

/* Is the action, which takes a session's id first, certain to be about another
 * session than the script's own? */
bool handover_is_other(const struct walker *w, const struct expr *call);

/* ---- handover_calls.c: what a call does to the session */

/* All calls in an expression, in the order in which they happen. */
void handover_expr(struct walker *w, const struct expr *e, struct flow *f);
/* The same; how it went is left in the flag FLOW_OUTCOME. */
enum meaning handover_outcome(struct walker *w, const struct expr *e,
                              struct flow *f);

/* ---- handover_units.c: functions */

/* The function's effect, from a summary or by walking it; its arguments have
 * been walked. */
enum meaning handover_function(struct walker *w, const struct expr *call,
                               struct flow *f);

/* What a variable that is set to @value knows then. */
void handover_learn(struct walker *w, size_t variable, const struct expr *value,
                    struct flow *f);

/* ---- check_handover.c */

struct flow handover_walk_unit(struct handover *h, const struct unit *unit,
                               struct flow f, unsigned depth);
void handover_block(struct walker *w, const struct block *block,
                    struct flow *f);

/* ---- handover_loops.c */

void handover_loop(struct walker *w, const struct stmt *s, struct flow *f);
void handover_forget_loops(struct handover *h);
void handover_init_loops(struct handover *h);
void handover_free_loops(struct handover *h);

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
/* Would these options be in force for the call, as far as literals tell? */
bool handover_is_deferred(struct walker *w, const struct expr *call);
bool handover_is_released(struct walker *w, const struct expr *call);

#endif
