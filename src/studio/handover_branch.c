/* What a condition says about the session. */
#include "studio/action.h"
#include "studio/handover_priv.h"

struct comparison {
  enum expr_op op;
  const struct expr *left, *right;
};

static bool is_comparison(const struct expr *e) {
  return e->kind == EXPR_BINARY && e->op >= EXPR_OP_EQ && e->op <= EXPR_OP_GE;
}

static bool is_equality(enum expr_op op) {
  return op == EXPR_OP_EQ || op == EXPR_OP_NE;
}

/* ---- outcomes: which of accepted and refused a side of a test can be */

struct side {
  bool accepted, refused;
  bool conflict; /* refused by the session's status: 409 */
};

struct sides {
  struct side yes, no;
};

/* @f has been walked up to an outcome. */
static struct flow take_side(struct flow f, struct side side) {
  if (!side.accepted && !side.refused) {
    flow_kill(&f);
    return f;
  }
  if (side.accepted != side.refused) {
    flow_test_flag(&f, FLOW_OUTCOME, side.accepted);
  }
  if (!side.conflict) {
    flow_clear_lost(&f, FLOW_OUTCOME);
  }
  flow_drop_outcome(&f);
  return f;
}

static struct fork take_sides(struct flow f, struct sides sides) {
  return (struct fork){take_side(f, sides.yes), take_side(f, sides.no)};
}

static struct fork no_knowledge(struct flow f) {
  flow_drop_outcome(&f);
  return (struct fork){f, f};
}

static struct sides turn_sides(struct sides s, bool turn) {
  return turn ? (struct sides){s.no, s.yes} : s;
}

/* ---- codes */

static bool compare(enum expr_op op, double a, double b) {
  switch ((unsigned)op) {
  case EXPR_OP_EQ:
    return !(a < b) && !(a > b);
  case EXPR_OP_NE:
    return a < b || a > b;
  case EXPR_OP_LT:
    return a < b;
  case EXPR_OP_LE:
    return a <= b;
  case EXPR_OP_GT:
    return a > b;
  default:
    return a >= b;
  }
}

/* Tries the test on every code that an action answers with. */
static struct sides sides_of_code(enum expr_op op, double number) {
  static const double codes[] = {200, 202, 400, 401, 403, 404, 408,
                                 409, 410, 412, 422, 429, 503};
  /* = 200 and != 200 ask for success: 202 is the answer to async:true only. */
  const bool is_plain = is_equality(op) && compare(EXPR_OP_EQ, number, 200);
  struct sides sides = {{false, false, false}, {false, false, false}};
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    const bool accepted = codes[i] < 300;
    if (codes[i] > 200 && accepted && is_plain) {
      continue;
    }
    struct side *side = compare(op, codes[i], number) ? &sides.yes : &sides.no;
    side->accepted = side->accepted || accepted;
    side->refused = side->refused || !accepted;
    side->conflict = side->conflict || compare(EXPR_OP_EQ, codes[i], 409);
  }
  return sides;
}

/* What .code is asked of, or what holds a code; NULL if it is neither. */
static const struct expr *answer_of(struct walker *w, const struct expr *e) {
  const enum meaning m = handover_meaning(w->h, w->unit, e);
  if (m != MEANING_CODE) {
    return NULL;
  }
  return e->kind == EXPR_MEMBER ? e->left : e;
}

static bool test_code(struct walker *w, const struct comparison *c,
                      struct flow f, struct fork *out) {
  double number = 0;
  const struct expr *answer = answer_of(w, c->left);
  if (answer == NULL || !handover_number(w, c->right, &number)) {
    return false;
  }
  const enum meaning m = handover_outcome(w, answer, &f);
  *out = m == MEANING_NONE ? no_knowledge(f)
                           : take_sides(f, sides_of_code(c->op, number));
  return true;
}

/* ---- .refusal, .status of an answer */

static bool is_of_status(struct text refusal) {
  static const struct text names[] = {
#define STATUS(name, text, now, released, why)                                 \
  {now, sizeof(now) - 1}, {released, sizeof(released) - 1},
#include "studio/statuses.def"
#undef STATUS
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (text_equal(names[i], refusal)) {
      return true;
    }
  }
  return false;
}

/* Equal to @text; of .status "OK" and "Conflict", of .refusal its names. */
static struct sides sides_of_member(struct text member, struct text text) {
  const struct side any = {true, true, true}, yes = {true, false, false};
  const struct side no = {false, true, true}, other = {false, true, false};
  if (text_equal(member, TEXT("refusal"))) {
    const struct side rest = {true, true, !is_of_status(text)};
    return text.len == 0 ? (struct sides){yes, no} : (struct sides){no, rest};
  }
  if (text_equal_nocase(text, TEXT("OK"))) {
    return (struct sides){yes, no};
  }
  const bool conflict = text_equal_nocase(text, TEXT("Conflict"));
  return (struct sides){conflict ? no : other,
                        conflict ? (struct side){true, true, false} : any};
}

static bool test_member(struct walker *w, const struct comparison *c,
                        struct flow f, struct fork *out) {
  const struct expr *e = c->left;
  if (e->kind != EXPR_MEMBER || !is_equality(c->op) ||
      (c->right->kind != EXPR_TEXT && c->right->kind != EXPR_NULL) ||
      (!text_equal(e->text, TEXT("refusal")) &&
       !text_equal(e->text, TEXT("status"))) ||
      handover_meaning(w->h, w->unit, e->left) != MEANING_ANSWER) {
    return false;
  }
  const enum meaning m = handover_outcome(w, e->left, &f);
  const struct text text =
      c->right->kind == EXPR_TEXT ? c->right->text : TEXT("");
  *out = m == MEANING_NONE
             ? no_knowledge(f)
             : take_sides(f, turn_sides(sides_of_member(e->text, text),
                                        c->op == EXPR_OP_NE));
  return true;
}

/* ---- statuses */

static bool is_session_info(const struct walker *w, const struct expr *e) {
  return e->kind == EXPR_CALL && e->callee == CALLEE_ACTION &&
         e->callee_id == ACTION_GET_SESSION_INFO && !handover_is_other(w, e);
}

/* info.status, where info is what GetSessionInfo() said, or a variable that
 * holds that. */
static bool find_status(struct walker *w, const struct expr *e, struct flow *f,
                        struct fact *out) {
  const bool member =
      e->kind == EXPR_MEMBER && text_equal(e->text, TEXT("status"));
  if (member && is_session_info(w, e->left)) {
    handover_expr(w, e->left, f);
    *out = (struct fact){.asked = flow_set(f)};
    return true;
  }
  const struct expr *name = member ? e->left : e;
  const struct fact *fact =
      name->kind == EXPR_NAME ? flow_fact(f, handover_variable(w, name)) : NULL;
  if (fact == NULL || fact->is_text == member) {
    return false;
  }
  *out = *fact;
  return true;
}

static bool test_status(struct walker *w, const struct comparison *c,
                        struct flow f, struct fork *out) {
  struct fact fact;
  if (!is_equality(c->op) || c->right->kind != EXPR_TEXT ||
      !find_status(w, c->left, &f, &fact)) {
    return false;
  }
  uint32_t is = checker_status_set(c->right->text), others = fact.asked & ~is;
  is = (fact.asked & is) != 0 ? fact.asked & is : is;
  struct fork fork = {f, f};
  flow_restrict(&fork.yes, fact.aged ? flow_age(is) : flow_settle(is));
  flow_trust(&fork.yes);
  flow_restrict(&fork.no, fact.aged ? flow_age(others) : flow_settle(others));
  *out = c->op == EXPR_OP_EQ ? fork : (struct fork){fork.no, fork.yes};
  return true;
}

void handover_learn(struct walker *w, size_t variable, const struct expr *value,
                    struct flow *f) {
  struct fact fact = {0};
  bool learnt = false;
  if (is_session_info(w, value)) {
    fact.asked = flow_set(f);
    learnt = true;
  } else if (value->kind == EXPR_MEMBER || value->kind == EXPR_NAME) {
    const struct expr *from = value->kind == EXPR_MEMBER ? value->left : value;
    const struct fact *known = from->kind == EXPR_NAME
                                   ? flow_fact(f, handover_variable(w, from))
                                   : NULL;
    learnt = known != NULL &&
             (from == value || text_equal(value->text, TEXT("status")));
    fact = learnt ? *known : fact;
    if (value->kind == EXPR_MEMBER && is_session_info(w, from)) {
      learnt = text_equal(value->text, TEXT("status"));
      fact.asked = flow_set(f);
    }
    fact.is_text = fact.is_text || value->kind == EXPR_MEMBER;
  }
  flow_drop_variable(f, variable);
  if (learnt) {
    fact.variable = variable;
    flow_add_fact(f, fact);
  }
}

/* ---- comparisons */

/* 200 = r.code is r.code = 200. */
static struct comparison turn(struct comparison c) {
  static const enum expr_op turned[] = {
      [EXPR_OP_EQ] = EXPR_OP_EQ, [EXPR_OP_NE] = EXPR_OP_NE,
      [EXPR_OP_LT] = EXPR_OP_GT, [EXPR_OP_LE] = EXPR_OP_GE,
      [EXPR_OP_GT] = EXPR_OP_LT, [EXPR_OP_GE] = EXPR_OP_LE};
  const bool wrong = c.left->kind == EXPR_NUMBER || c.left->kind == EXPR_TEXT ||
                     c.left->kind == EXPR_BOOL;
  return wrong ? (struct comparison){turned[c.op], c.right, c.left} : c;
}

static bool test_truth(struct walker *w, const struct comparison *c,
                       struct flow f, struct fork *out) {
  bool value;
  if (!is_equality(c->op) || !handover_truth(c->right, &value) ||
      handover_meaning(w->h, w->unit, c->left) != MEANING_TRUTH) {
    return false;
  }
  const enum meaning m = handover_outcome(w, c->left, &f);
  const struct side yes = {value, !value, true}, no = {!value, value, true};
  *out = m == MEANING_NONE ? no_knowledge(f)
                           : take_sides(f, turn_sides((struct sides){yes, no},
                                                      c->op == EXPR_OP_NE));
  return true;
}

static struct fork compare_sides(struct walker *w, struct comparison c,
                                 struct flow f) {
  struct fork fork;
  c = turn(c);
  if (test_code(w, &c, f, &fork) || test_truth(w, &c, f, &fork) ||
      test_status(w, &c, f, &fork) || test_member(w, &c, f, &fork)) {
    return fork;
  }
  handover_expr(w, c.left, &f);
  handover_expr(w, c.right, &f);
  return (struct fork){f, f};
}

struct fork handover_equal(struct walker *w, const struct expr *left,
                           const struct expr *right, struct flow f) {
  return compare_sides(w, (struct comparison){EXPR_OP_EQ, left, right}, f);
}

/* ---- conditions */

static bool is_chain(const struct expr *e, enum expr_op op) {
  return e->kind == EXPR_BINARY && e->op == op;
}

/* a AND b AND c, a OR b OR c, from the left: a long chain must not need a deep
 * stack. */
static struct fork walk_chain(struct walker *w, const struct expr *e,
                              struct flow f) {
  const struct expr *parts[EXPR_DEPTH_MAX + 1];
  const enum expr_op op = e->op;
  size_t n = 0;
  for (; is_chain(e, op) && n < EXPR_DEPTH_MAX; e = e->left) {
    parts[n++] = e->right;
  }
  struct fork all = handover_condition(w, e, f);
  while (n-- > 0) {
    const bool and = op == EXPR_OP_AND;
    const struct fork next =
        handover_condition(w, parts[n], and? all.yes : all.no);
    all = and? (struct fork){next.yes, flow_join(next.no, all.no)}
             : (struct fork){flow_join(next.yes, all.yes), next.no};
  }
  return all;
}

static struct fork truth(struct walker *w, const struct expr *e,
                         struct flow f) {
  const enum meaning m = handover_outcome(w, e, &f);
  bool value;
  if (m == MEANING_TRUTH || (e->kind == EXPR_NUMBER && m == MEANING_ANY)) {
    static const struct sides sides = {{true, false, true},
                                       {false, true, true}};
    return take_sides(f, sides);
  }
  struct fork fork = no_knowledge(f);
  if (handover_truth(e, &value)) {
    flow_kill(value ? &fork.no : &fork.yes);
  }
  return fork;
}

struct fork handover_condition(struct walker *w, const struct expr *e,
                               struct flow f) {
  if (!flow_is_live(&f)) {
    return (struct fork){f, f};
  }
  if (e->kind == EXPR_UNARY && e->op == EXPR_OP_NOT) {
    const struct fork fork = handover_condition(w, e->left, f);
    return (struct fork){fork.no, fork.yes};
  }
  if (is_chain(e, EXPR_OP_AND) || is_chain(e, EXPR_OP_OR)) {
    return walk_chain(w, e, f);
  }
  if (is_comparison(e)) {
    return compare_sides(w, (struct comparison){e->op, e->left, e->right}, f);
  }
  return truth(w, e, f);
}
