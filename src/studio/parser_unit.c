/* Functions and ON sections: parts of the script beside its main part. */
#include "studio/event_priv.h"
#include "studio/parser_priv.h"

static void parse_unit_body(struct parser *p, struct unit *unit,
                            enum keyword keyword) {
  struct unit *outer = p->unit;
  const unsigned loops = p->loops;
  bool brace;
  p->unit = unit;
  p->loops = 0;
  parser_body(p, keyword, unit->at, &unit->body, &brace);
  p->unit = outer;
  p->loops = loops;
  *p->units_end = unit;
  p->units_end = &unit->next;
}

static struct unit *new_unit(struct parser *p, enum unit_kind kind,
                             struct place at) {
  struct unit *unit = parser_new(p, sizeof *unit);
  if (unit != NULL) {
    unit->kind = kind;
    unit->at = at;
  }
  return unit;
}

static bool parse_param(struct parser *p, struct unit *unit,
                        struct param ***end) {
  const struct token *t = parser_peek(p);
  if (t->kind != TOKEN_WORD || keyword_is_hard(t->keyword)) {
    parser_expected(p, "the name of a parameter");
    return false;
  }
  struct param *param = parser_new(p, sizeof *param);
  if (param == NULL) {
    return false;
  }
  param->name = parser_next(p)->text;
  param->at = t->at;
  **end = param;
  *end = &param->next;
  unit->param_count++;
  return true;
}

static bool parse_params(struct parser *p, struct unit *unit) {
  struct param **end = &unit->params;
  if (!parser_expect(p, TOKEN_PAREN_OPEN, "'(' and the parameters")) {
    return false;
  }
  p->parens++;
  if (!parser_at(p, TOKEN_PAREN_CLOSE)) {
    do {
      if (!parse_param(p, unit, &end)) {
        return false;
      }
    } while (parser_take(p, TOKEN_COMMA));
  }
  if (!parser_take(p, TOKEN_PAREN_CLOSE)) {
    parser_expected_hint(p, "',' or ')'",
                         parser_at(p, TOKEN_ASSIGN)
                             ? "a parameter has no default: all are needed"
                             : "");
    return false;
  }
  p->parens--;
  return true;
}

/* In no block, as far as that is known. */
static bool is_at_top(const struct parser *p) {
  const struct opener *o = p->open;
  while (o != NULL && !o->lost) {
    o = o->outer;
  }
  return p->open == NULL || o != NULL;
}

static void reject_nested(struct parser *p, struct place at, const char *what) {
  parser_error(p, (struct finding){.code = DIAGNOSTIC_CODE_MISPLACED, .at = at},
               "%s", what);
  p->panic = p->failed; /* its body is read all the same */
}

static void count_unit(struct parser *p, const struct unit *unit) {
  if (p->script->unit_count++ == PARSER_UNITS_MAX) {
    report(p->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_TOO_LARGE, .at = unit->at},
           "more than %d functions and sections", PARSER_UNITS_MAX);
  }
}

void parser_function(struct parser *p) {
  struct unit *unit = new_unit(p, UNIT_FUNCTION, parser_next(p)->at);
  if (unit == NULL) {
    return;
  }
  if (p->unit->kind == UNIT_FUNCTION) {
    reject_nested(p, unit->at, "a function cannot stand in another function");
  }
  count_unit(p, unit);
  const struct token *name = parser_peek(p);
  if (name->kind != TOKEN_WORD || keyword_is_hard(name->keyword)) {
    parser_expected(p, "the name of the function");
    p->script->nameless = true;
  } else {
    unit->name = parser_next(p)->text;
    unit->at = name->at;
    (void)parse_params(p, unit);
  }
  parse_unit_body(p, unit, KEYWORD_FUNCTION);
}

static void parse_event(struct parser *p, struct unit *unit) {
  const struct token *name = parser_peek(p);
  if (name->kind != TOKEN_WORD) {
    parser_expected(p, "the name of an event");
    return;
  }
  (void)parser_next(p);
  unit->at = name->at;
  unit->name = event_canonical_name(name->text);
  if (unit->name.len == 0) {
    unit->name = name->text;
    event_report_unknown(p->reporter, name->text, name->at);
  }
}

/* ON ERROR RESUME NEXT, ON ERROR GOTO 0: of Basic, and no section. */
static bool reject_resume(struct parser *p) {
  const struct token *t = &p->tokens[p->at];
  if (t[1].kind != TOKEN_WORD || t[2].kind != TOKEN_WORD ||
      !text_equal_nocase(t[1].text, TEXT("Error")) ||
      !(text_equal_nocase(t[2].text, TEXT("RESUME")) ||
        text_equal_nocase(t[2].text, TEXT("GOTO")))) {
    return false;
  }
  parser_error(p,
               (struct finding){.code = DIAGNOSTIC_CODE_SYNTAX,
                                .at = t[2].at,
                                .hint = parser_habit(TEXT("TRY"))},
               "expected '{' or the end of the line, found '%.*s'",
               TEXT_ARG(t[2].text));
  return true;
}

void parser_section(struct parser *p) {
  if (reject_resume(p)) {
    return;
  }
  struct unit *unit = new_unit(p, UNIT_SECTION, parser_next(p)->at);
  if (unit == NULL) {
    return;
  }
  if (p->unit->kind != UNIT_MAIN || !is_at_top(p)) {
    reject_nested(p, unit->at, "an ON section cannot stand in another block");
  }
  count_unit(p, unit);
  parse_event(p, unit);
  if (!p->panic && parser_at(p, TOKEN_PAREN_OPEN)) {
    parser_expected_hint(p, "'{' or the end of the line",
                         "an event has no parameters: what it tells is in "
                         "event.p1, event.agent …");
  }
  parse_unit_body(p, unit, KEYWORD_ON);
}
