/* ast_priv.h - a parsed script: what the compiler and the checker walk over.
 *
 * Every node lives in the program's arena. Lists are linked through .next.
 */
#ifndef BATON_STUDIO_AST_PRIV_H
#define BATON_STUDIO_AST_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "studio/source_priv.h"

enum { EXPR_DEPTH_MAX = 500 }; /* links of one chain, a.b.c or a + b + c */

enum expr_kind {
  EXPR_NULL,
  EXPR_BOOL,     /* .number 0 or 1 */
  EXPR_NUMBER,   /* .number */
  EXPR_TEXT,     /* .text: a quoted literal */
  EXPR_TEMPLATE, /* .args: parts of a quoted text with substitutions */
  EXPR_NAME,     /* .text; .variable after scoping */
  EXPR_MEMBER,   /* .left . .text */
  EXPR_INDEX,    /* .left [ .right ] */
  EXPR_CALL,     /* .text ( .args ) */
  EXPR_METHOD,   /* .left . .text ( .args ) */
  EXPR_UNARY,    /* .op .left */
  EXPR_BINARY    /* .left .op .right */
};

enum expr_op {
  EXPR_OP_OR,
  EXPR_OP_AND,
  EXPR_OP_NOT,
  EXPR_OP_EQ,
  EXPR_OP_NE,
  EXPR_OP_LT,
  EXPR_OP_LE,
  EXPR_OP_GT,
  EXPR_OP_GE,
  EXPR_OP_ADD,
  EXPR_OP_SUB,
  EXPR_OP_XOR,
  EXPR_OP_MUL,
  EXPR_OP_DIV,
  EXPR_OP_MOD,
  EXPR_OP_IDIV,
  EXPR_OP_NEG,
  EXPR_OP_POW
};

/* What a name in a call stands for. */
enum callee_kind {
  CALLEE_UNKNOWN,
  CALLEE_FUNCTION,
  CALLEE_BUILTIN,
  CALLEE_ACTION
};

/* Where a variable lives. */
struct variable {
  bool local; /* of the function; else of the script */
  uint32_t index;
};

struct expr {
  enum expr_kind kind;
  enum expr_op op;
  uint32_t depth; /* of the chain of .left */
  struct place at;
  double number;
  struct text text;
  struct expr *left, *right;
  struct expr *args; /* linked through .next */
  uint32_t argc;
  struct expr *next;
  struct variable variable;
  enum callee_kind callee;
  uint32_t callee_id; /* function index, enum builtin_id or enum action_id */
};

/* Is it a text in quotation marks? */
static inline bool expr_is_literal(const struct expr *e) {
  return e->kind == EXPR_TEXT || e->kind == EXPR_TEMPLATE;
}

enum stmt_kind {
  STMT_ASSIGN,  /* .target = .value */
  STMT_DYNAMIC, /* .target */
  STMT_CALL,    /* .value, an EXPR_CALL or EXPR_METHOD */
  STMT_IF,      /* .arms, the last may be without a condition */
  STMT_SELECT,  /* .arms, .values are conditions */
  STMT_SWITCH,  /* .value, .arms */
  STMT_FOR,     /* .target = .value TO .limit STEP .step: .body */
  STMT_FOREACH, /* .target IN .value: .body */
  STMT_REPEAT,  /* .value: .body */
  STMT_RETURN,  /* .value or NULL */
  STMT_EXIT,
  STMT_BREAK,
  STMT_CONTINUE,
  STMT_TRACE /* .value */
};

struct stmt;

struct block {
  struct stmt *first;
};

/* One branch of IF, SELECT or SWITCH. */
struct arm {
  struct place at;
  struct expr *values; /* stacked CASE labels, linked; NULL for ELSE, DEFAULT */
  bool is_default;
  struct block body;
  struct arm *next;
};

struct stmt {
  enum stmt_kind kind;
  struct place at;
  struct expr *target, *value, *limit, *step;
  struct arm *arms;
  struct block body;
  struct stmt *next;
};

struct param {
  struct text name;
  struct place at;
  struct param *next;
};

/* A function, a section, or the main part of the script. */
enum unit_kind { UNIT_MAIN, UNIT_SECTION, UNIT_FUNCTION };

struct unit {
  enum unit_kind kind;
  struct text name;
  struct place at;
  struct param *params;
  uint32_t param_count;
  struct block body;
  uint32_t local_count;     /* of a function, parameters included */
  struct text *local_names; /* of a function */
  uint32_t index;           /* in the order of the text */
  uint32_t first_local;     /* among the variables of script and functions */
  struct unit *same_hash;   /* in script.by_name */
  struct unit *next;
};

struct script {
  struct unit *units; /* the main part first, then in order of appearance */
  uint32_t unit_count;
  struct unit **unit_at;  /* the same, by index */
  struct unit **by_name;  /* functions and sections, the first of each name */
  uint32_t name_mask;     /* a power of two less one */
  bool nameless;          /* a function's name could not be read */
  struct text *variables; /* of the script, in order of appearance */
  struct place *variable_places;
  uint32_t variable_count;
  uint32_t all_variables; /* those of functions, too */
};

#endif
