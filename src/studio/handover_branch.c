/* What a condition says about the session. */
#include "studio/handover_priv.h"

static const struct {
  struct text name;
  uint32_t bit;
} statuses[] = {
#define STATUS(name, text, now, released, why)                                 \
  {{text, sizeof(text) - 1}, CHECKER_SET(name)},
#include "studio/statuses.def"
#undef STATUS
};

struct comparison {
  enum expr_op op;
  const struct expr *left, *right;
};

static bool is_comparison(const struct expr *e) {
  return e->kind == EXPR_BINARY && e->op >= EXPR_OP_EQ && e->op <= EXPR_OP_GE;
}

/* x.code or x.status, where x is a variable that tells something, or the call
 * itself. */
static bool find_fact(struct walker *w, const struct expr *e, struct flow *f,
                      struct fact *out) {
  if (e->kind != EXPR_MEMBER) {
    return false;
  }
  const bool code = text_equal(e->text, TEXT("code"));
  if (!code && !text_equal(e->text, TEXT("status"))) {
    return false;
  }
  const enum fact_kind wanted = code ? FACT_CODE : FACT_STATUS;
  if (e->left->kind == EXPR_NAME) {
    const struct fact *fact = flow_fact(f, handover_variable(w, e->left));
    *out = fact == NULL ? (struct fact){0} : *fact;
  } else {
    *out = handover_expr(w, e->left, f);
  }
  return out->kind == wanted;
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
static void test_code(const struct fact *fact, enum expr_op op, double number,
                      uint32_t *yes, uint32_t *no) {
  static const struct {
    double code;
    bool success;
  } codes[] = {{200, true},  {202, true},  {400, false}, {401, false},
               {403, false}, {404, false}, {408, false}, {409, false},
               {412, false}, {422, false}, {429, false}, {503, false}};
  /* = 200 and != 200 ask for success: 202 is the answer to async:true only. */
  const bool is_plain = (op == EXPR_OP_EQ || op == EXPR_OP_NE) &&
                        compare(EXPR_OP_EQ, number, 200);
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    const uint32_t set = codes[i].success ? fact->yes : fact->no;
    if (codes[i].code > 200 && codes[i].success && is_plain) {
      continue;
    }
    *(compare(op, codes[i].code, number) ? yes : no) |= set;
  }
}

/* ---- statuses */

static void test_status(const struct fact *fact, enum expr_op op,
                        struct text name, uint32_t *yes, uint32_t *no) {
  uint32_t bit = 0;
  for (size_t i = 0; i < CHECKER_BITS; i++) {
    if (text_equal_nocase(statuses[i].name, name)) {
      bit = statuses[i].bit;
    }
  }
  const bool equal = op == EXPR_OP_EQ;
  const uint32_t others = flow_settle(fact->yes & ~bit);
  *yes = equal ? flow_settle(bit) : others;
  *no = equal ? others : flow_settle(bit);
}

/* True if it understood the comparison. */
static bool test(struct walker *w, const struct comparison *c, struct flow *f,
                 uint32_t *yes, uint32_t *no) {
  struct fact fact;
  const bool found = find_fact(w, c->left, f, &fact);
  if (!found) {
    (void)handover_expr(w, c->left, f);
  }
  (void)handover_expr(w, c->right, f);
  *yes = *no = 0;
  if (found && fact.kind == FACT_CODE && c->right->kind == EXPR_NUMBER) {
    test_code(&fact, c->op, c->right->number, yes, no);
    return true;
  }
  const bool equality = c->op == EXPR_OP_EQ || c->op == EXPR_OP_NE;
  if (found && fact.kind == FACT_STATUS && c->right->kind == EXPR_TEXT &&
      equality) {
    test_status(&fact, c->op, c->right->text, yes, no);
    return true;
  }
  return false;
}

/* 200 = r.code is r.code = 200. */
static struct comparison turn(struct comparison c) {
  static const enum expr_op turned[] = {
      [EXPR_OP_EQ] = EXPR_OP_EQ, [EXPR_OP_NE] = EXPR_OP_NE,
      [EXPR_OP_LT] = EXPR_OP_GT, [EXPR_OP_LE] = EXPR_OP_GE,
      [EXPR_OP_GT] = EXPR_OP_LT, [EXPR_OP_GE] = EXPR_OP_LE};
  const bool wrong =
      c.left->kind != EXPR_MEMBER && c.right->kind == EXPR_MEMBER;
  return wrong ? (struct comparison){turned[c.op], c.right, c.left} : c;
}

static struct fork test_flag(unsigned flag, bool value, struct flow f) {
  struct fork fork = {f, f};
  flow_test_flag(&fork.yes, flag, value);
  flow_test_flag(&fork.no, flag, !value);
  return fork;
}

static struct fork compare_sides(struct walker *w, struct comparison c,
                                 struct flow f) {
  uint32_t if_yes, if_no;
  bool value;
  c = turn(c);
  const unsigned flag = handover_flag(w, c.left);
  const bool equality = c.op == EXPR_OP_EQ || c.op == EXPR_OP_NE;
  if (flag < w->h->flag_count && equality && handover_truth(c.right, &value)) {
    return test_flag(flag, value == (c.op == EXPR_OP_EQ), f);
  }
  const bool known = test(w, &c, &f, &if_yes, &if_no);
  struct fork fork = {f, f};
  if (known) {
    flow_restrict(&fork.yes, if_yes);
    flow_restrict(&fork.no, if_no);
  }
  return fork;
}

struct fork handover_equal(struct walker *w, const struct expr *left,
                           const struct expr *right, struct flow f) {
  return compare_sides(w, (struct comparison){EXPR_OP_EQ, left, right}, f);
}

/* ---- conditions */

static struct fork both(struct walker *w, const struct expr *e, struct flow f) {
  const struct fork left = handover_condition(w, e->left, f);
  const struct fork right = handover_condition(w, e->right, left.yes);
  return (struct fork){right.yes, flow_join(right.no, left.no)};
}

static struct fork either(struct walker *w, const struct expr *e,
                          struct flow f) {
  const struct fork left = handover_condition(w, e->left, f);
  const struct fork right = handover_condition(w, e->right, left.no);
  return (struct fork){flow_join(right.yes, left.yes), right.no};
}

static struct fork truth(struct walker *w, const struct expr *e,
                         struct flow f) {
  const unsigned flag = handover_flag(w, e);
  bool value;
  if (flag < w->h->flag_count) {
    return test_flag(flag, true, f);
  }
  (void)handover_expr(w, e, &f);
  struct fork fork = {f, f};
  if (handover_truth(e, &value)) {
    flow_kill(value ? &fork.no : &fork.yes);
  }
  return fork;
}

struct fork handover_condition(struct walker *w, const struct expr *e,
                               struct flow f) {
  if (e->kind == EXPR_UNARY && e->op == EXPR_OP_NOT) {
    const struct fork fork = handover_condition(w, e->left, f);
    return (struct fork){fork.no, fork.yes};
  }
  if (e->kind == EXPR_BINARY && e->op == EXPR_OP_AND) {
    return both(w, e, f);
  }
  if (e->kind == EXPR_BINARY && e->op == EXPR_OP_OR) {
    return either(w, e, f);
  }
  if (is_comparison(e)) {
    return compare_sides(w, (struct comparison){e->op, e->left, e->right}, f);
  }
  return truth(w, e, f);
}
