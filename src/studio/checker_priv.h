/* checker_priv.h - what the passes of the checker share. */
#ifndef BATON_STUDIO_CHECKER_PRIV_H
#define BATON_STUDIO_CHECKER_PRIV_H

#include "base/arena.h"
#include "studio/ast_priv.h"
#include "studio/checker.h"
#include "studio/code_priv.h"

/* One place where a variable, or a member below it, is set. */
struct survey_set {
  const struct expr *target; /* NULL: a parameter */
  const struct expr *value;  /* NULL: by FOR, FOREACH or DYNAMIC */
  const struct unit *unit;
  uint32_t order; /* in the text */
  struct survey_set *next;
};

enum {
  SURVEY_GIVES_ANSWER = 1, /* an action's */
  SURVEY_GIVES_INFO = 2,   /* GetSessionInfo's */
  SURVEY_GIVES_PROXY = 4   /* GetRESTProxy's */
};

/* One variable: of the script, or of a function. */
struct survey_var {
  struct text name;
  struct survey_set *sets;    /* of the variable itself, in order */
  struct survey_set *members; /* of something below it */
  struct survey_set *args;    /* of a parameter: what it is called with */
  struct survey_set *last_set, *last_member, *last_arg;
  const struct expr *first_read;
  const struct unit *first_read_unit;
  uint32_t first_read_order;
  bool first_read_in_loop;
  uint8_t gives; /* what it is set to, or called with: bits */
};

/* Who sets what, collected once for all passes. */
struct survey {
  struct survey_var *vars;
  size_t count;
  const struct script *script;
};

struct spellings;

struct checker {
  const struct program *program;
  struct checker_world world;
  struct reporter reporter;
  struct arena arena; /* until the passes are done */
  struct survey survey;
  /* Of the pass that is under way. */
  const struct survey_var *proxy;
  const struct expr *counter; /* of the loop */
  bool has_header, leads_on;
  const struct spellings *spellings;
  bool failed; /* no memory */
};

bool survey_run(struct checker *c);
/* The number of a unit's first variable, its parameters being the first; of
 * NULL the number of all. */
size_t survey_first_local(const struct survey *s, const struct unit *unit);
/* The variable that an EXPR_NAME in @unit stands for. */
struct survey_var *survey_find(const struct survey *s, const struct unit *unit,
                               const struct expr *name);

/* The arguments of a call; of a method the value before the dot is the first.
 */
const struct expr *checker_first_arg(const struct expr *call);
const struct expr *checker_next_arg(const struct expr *call,
                                    const struct expr *arg);

/* Calls @look for every expression of a unit, each before its parts. */
typedef void checker_look(struct checker *c, const struct unit *unit,
                          const struct expr *e);
void checker_walk(struct checker *c, checker_look *look);
void checker_walk_expr(struct checker *c, const struct unit *unit,
                       const struct expr *e, checker_look *look);

/* Calls @look for every statement of a unit, each before what is in it. */
typedef void checker_look_stmt(struct checker *c, const struct unit *unit,
                               const struct stmt *s);
void checker_walk_statements(struct checker *c, checker_look_stmt *look);

/* "text".throw() and RunScript(…), from which nothing comes back. */
bool checker_leaves(const struct stmt *s);
/* Is it a call of this action? */
bool checker_is_action(const struct expr *e, unsigned action);
/* Does every value that the variable @e ever gets pass @test? False if it gets
 * none, or @e is no variable. */
bool checker_always(struct checker *c, const struct unit *unit,
                    const struct expr *e, bool (*test)(const struct expr *e));
/* Is there a finding of this kind at this place already? */
bool checker_has_finding(const struct checker *c, unsigned code,
                         struct place at);

/* ---- the passes */

void check_unset(struct checker *c);
void check_unreachable(struct checker *c);
void check_members(struct checker *c);
void check_plain(struct checker *c);
void check_joins(struct checker *c);
void check_requests(struct checker *c);
void check_handover(struct checker *c);
void check_conditions(struct checker *c);
void check_transfers(struct checker *c); /* behind check_handover() */
void check_answers(struct checker *c);   /* the same */

#endif
