/* Variables that nothing sets, lines that nothing reaches, members under
 * another case. */
#include "studio/action.h"
#include "studio/builtin_priv.h"
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

/* ---- members under another case */

#define MEMBER_OF_ANSWER(name) {#name, sizeof(#name) - 1},
#define MEMBER_ANSWER(name)    MEMBER_OF_ANSWER(name)
#define MEMBER_SESSION(name)
#define MEMBER_ASKED(name)
#define MEMBER_CHOSEN(name)
#define MEMBER_PROXY(name)
#define MEMBER_HAPPENED(name)
#define MEMBER(object, name, doc) MEMBER_##object(name)
static const struct text answer_members[] = {
#include "studio/members.def"
};
#undef MEMBER_SESSION
#define MEMBER_SESSION(name) MEMBER_OF_ANSWER(name)
static const struct text info_members[] = {
#include "studio/members.def"
};
#undef MEMBER_SESSION
#undef MEMBER_ANSWER
#undef MEMBER_PROXY
#define MEMBER_SESSION(name)
#define MEMBER_ANSWER(name)
#define MEMBER_PROXY(name) MEMBER_OF_ANSWER(name)
static const struct text proxy_members[] = {
#include "studio/members.def"
};
#undef MEMBER

struct spelling {
  struct text exact; /* the member under another case, if there is one */
  bool found;        /* it is there as written */
};

static void try_spelling(struct spelling *s, struct text there,
                         struct text written) {
  if (text_equal(there, written)) {
    s->found = true;
  } else if (text_equal_nocase(there, written)) {
    s->exact = there;
  }
}

static void try_list(struct spelling *s, const struct text *names, size_t count,
                     struct text written) {
  for (size_t i = 0; i < count; i++) {
    try_spelling(s, names[i], written);
  }
}

enum { INFO_MEMBERS = sizeof info_members / sizeof info_members[0] };

/* The members of what @value gives, if that is known. */
static void try_value(struct spelling *s, const struct expr *value,
                      struct text written) {
  if (value == NULL) {
    return;
  }
  if (value->callee == CALLEE_BUILTIN &&
      value->callee_id == BUILTIN_GETRESTPROXY) {
    try_list(s, proxy_members, sizeof proxy_members / sizeof proxy_members[0],
             written);
  } else if (checker_is_action(value, ACTION_GET_SESSION_INFO)) {
    try_list(s, info_members, INFO_MEMBERS, written);
  } else if (value->callee == CALLEE_ACTION &&
             value->callee_id != ACTION_REST_REQUEST) {
    try_list(s, answer_members,
             sizeof answer_members / sizeof answer_members[0], written);
  }
}

static bool is_info(const struct expr *e) {
  return checker_is_action(e, ACTION_GET_SESSION_INFO);
}

static void report_unknown_member(struct checker *c, const struct expr *e) {
  struct textbuf hint;
  textbuf_init(&hint, c->reporter.diags->arena.mem);
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_UNKNOWN_MEMBER,
                          .at = e->at,
                          .hint = report_nearest(&hint, e->text, info_members,
                                                 INFO_MEMBERS)},
         "GetSessionInfo() tells nothing that is called '%.*s': it reads as "
         "null",
         TEXT_ARG(e->text));
  textbuf_free(&hint);
}

/* Where the variable is a parameter, what it is called with counts too. */
static void try_sets(struct spelling *spelling, const struct survey_set *s,
                     struct text written) {
  for (; s != NULL; s = s->next) {
    try_value(spelling, s->value, written);
  }
}

static void look_at_member(struct checker *c, const struct unit *unit,
                           const struct expr *e) {
  if (e->kind != EXPR_MEMBER || e->left->kind != EXPR_NAME) {
    return;
  }
  const struct survey_var *v = survey_find(&c->survey, unit, e->left);
  struct spelling spelling = {0};
  try_sets(&spelling, v->sets, e->text);
  try_sets(&spelling, v->args, e->text);
  for (const struct survey_set *s = v->members; s != NULL; s = s->next) {
    const bool direct = s->target->kind == EXPR_MEMBER &&
                        s->target->left->kind == EXPR_NAME && s->target != e;
    if (direct) {
      try_spelling(&spelling, s->target->text, e->text);
    }
  }
  if (!spelling.found && spelling.exact.len > 0) {
    report(&c->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_MEMBER_CASE,
                            .at = e->at,
                            .hint = TEXT("members are case-sensitive")},
           "'%.*s' has a member '%.*s', and none '%.*s'", TEXT_ARG(v->name),
           TEXT_ARG(spelling.exact), TEXT_ARG(e->text));
  } else if (!spelling.found && !text_starts(e->text, TEXT("$")) &&
             v->members == NULL && checker_always(c, unit, e->left, is_info)) {
    report_unknown_member(c, e);
  }
}

void check_members(struct checker *c) {
  checker_walk(c, look_at_member);
}
