/* Variables that nothing sets, lines that nothing reaches. */
#include "studio/checker_priv.h"

/* ---- unset variables */

/* p1 … p9: what RunSub and Spawn gave. */
static bool is_parameter(struct text name) {
  return name.len == 2 && (name.ptr[0] == 'p' || name.ptr[0] == 'P') &&
         name.ptr[1] >= '1' && name.ptr[1] <= '9';
}

static bool is_given(struct text name) {
  return is_parameter(name) || text_equal_nocase(name, TEXT("_ERR")) ||
         text_equal_nocase(name, TEXT("_ERRLINE")) ||
         text_equal_nocase(name, TEXT("event")) ||
         text_equal_nocase(text_sub(name, 0, 7), TEXT("global:"));
}

static bool is_param(const struct unit *unit, struct text name) {
  for (const struct param *p = unit->params; p != NULL; p = p->next) {
    if (text_equal_nocase(p->name, name)) {
      return true;
    }
  }
  return false;
}

enum { NAMES_MAX = 512 };

static size_t names_that_are_set(const struct survey *s, struct text *names) {
  size_t n = 0;
  for (size_t i = 0; i < s->count && n < NAMES_MAX; i++) {
    if (s->vars[i].sets != NULL) {
      names[n++] = s->vars[i].name;
    }
  }
  return n;
}

static void report_never_set(struct checker *c, const struct survey_var *v) {
  struct text names[NAMES_MAX];
  const size_t count = names_that_are_set(&c->survey, names);
  struct textbuf hint;
  textbuf_init(&hint, c->reporter.diags->arena.mem);
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_UNSET_VARIABLE,
                          .at = v->first_read->at,
                          .hint = report_nearest(&hint, v->name, names, count)},
         "nothing in this script sets '%.*s': it reads as null",
         TEXT_ARG(v->name));
  textbuf_free(&hint);
}

/* Only what no path can have set: the main part in the order of its text,
 * outside of loops, and no function or section sets it either. */
static bool is_read_first(const struct survey_var *v) {
  if (v->first_read_unit->kind != UNIT_MAIN || v->first_read_in_loop) {
    return false;
  }
  for (const struct survey_set *s = v->sets; s != NULL; s = s->next) {
    if (s->unit->kind != UNIT_MAIN || s->order < v->first_read_order) {
      return false;
    }
  }
  return true;
}

void check_unset(struct checker *c) {
  for (size_t i = 0; i < c->survey.count; i++) {
    const struct survey_var *v = &c->survey.vars[i];
    if (v->first_read == NULL || is_given(v->name) ||
        is_param(v->first_read_unit, v->name)) {
      continue;
    }
    if (v->sets == NULL) {
      report_never_set(c, v);
    } else if (is_read_first(v)) {
      report(&c->reporter,
             (struct finding){.code = DIAGNOSTIC_CODE_UNSET_VARIABLE,
                              .at = v->first_read->at},
             "'%.*s' is set only later, on line %u: here it reads as null",
             TEXT_ARG(v->name), v->sets->target->at.line);
    }
  }
}

/* ---- lines that nothing reaches */

static bool block_ends(const struct block *block);

/* Does every way through it leave the block around it? */
static bool stmt_ends(const struct stmt *s) {
  bool has_default = false;
  switch ((unsigned)s->kind) {
  case STMT_RETURN:
  case STMT_EXIT:
  case STMT_BREAK:
  case STMT_CONTINUE:
    return true;
  case STMT_IF:
  case STMT_SELECT:
  case STMT_SWITCH:
    for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
      has_default = has_default || arm->is_default;
      if (!block_ends(&arm->body)) {
        return false;
      }
    }
    return has_default;
  default:
    return checker_leaves(s);
  }
}

static bool block_ends(const struct block *block) {
  for (const struct stmt *s = block->first; s != NULL; s = s->next) {
    if (stmt_ends(s)) {
      return true;
    }
  }
  return false;
}

static void check_block(struct checker *c, const struct block *block) {
  bool reported = false;
  for (const struct stmt *s = block->first; s != NULL; s = s->next) {
    for (const struct arm *arm = s->arms; arm != NULL; arm = arm->next) {
      check_block(c, &arm->body);
    }
    check_block(c, &s->body);
    if (!reported && s->next != NULL && stmt_ends(s)) {
      reported = true;
      report(&c->reporter,
             (struct finding){.code = DIAGNOSTIC_CODE_UNREACHABLE,
                              .at = s->next->at},
             "nothing reaches this line: line %u always leaves before it",
             s->at.line);
    }
  }
}

void check_unreachable(struct checker *c) {
  for (const struct unit *u = c->program->script.units; u != NULL;
       u = u->next) {
    check_block(c, &u->body);
  }
}
