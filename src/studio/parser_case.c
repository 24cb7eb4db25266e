/* The CASE and DEFAULT labels of SELECT and SWITCH, and their blocks. */
#include "studio/parser_priv.h"

static bool at_label(struct parser *p) {
  return parser_at_keyword(p, KEYWORD_CASE) ||
         parser_at_keyword(p, KEYWORD_DEFAULT);
}

static void parse_label(struct parser *p, struct arm *arm, struct expr ***end) {
  if (parser_take_keyword(p, KEYWORD_DEFAULT)) {
    arm->is_default = true;
    return;
  }
  (void)parser_next(p); /* CASE */
  if (parser_at_keyword(p, KEYWORD_ELSE)) {
    parser_expected_hint(p, "a value", "write DEFAULT");
    (void)parser_next(p);
    arm->is_default = true;
    p->panic = p->failed;
    return;
  }
  struct expr *value = parser_expr(p);
  if (value == NULL) {
    parser_skip_line(p);
    p->panic = p->failed;
    return;
  }
  **end = value;
  *end = &value->next;
}

/* Labels that follow each other share the block behind the last. */
static struct arm *parse_arm(struct parser *p) {
  struct arm *arm = parser_new(p, sizeof *arm);
  if (arm == NULL) {
    return NULL;
  }
  struct expr **end = &arm->values;
  arm->at = parser_peek(p)->at;
  do {
    parse_label(p, arm, &end);
    if (!p->panic && !parser_at(p, TOKEN_NEWLINE) &&
        !parser_at(p, TOKEN_BRACE_OPEN) && !at_label(p)) {
      parser_expected_hint(
          p, "'{' or the end of the line after this label",
          parser_at(p, TOKEN_COMMA)
              ? "a label has one value: labels behind each other share a block"
          : parser_at(p, TOKEN_COLON)
              ? "leave the ':' out; on the same line: CASE 1 { … }"
              : "a block on the same line needs braces: CASE 1 { … }");
      parser_skip_line(p);
      p->panic = p->failed;
    }
    parser_skip_newlines(p);
  } while (at_label(p) && !p->failed);

  const bool brace = parser_take(p, TOKEN_BRACE_OPEN);
  const struct opener o = {
      .keyword = KEYWORD_CASE, .at = arm->at, .brace = brace, .outer = p->open};
  p->open = &o;
  parser_statements(p, &arm->body);
  parser_close(p, &o);
  p->open = o.outer;
  return arm;
}

/* Appends to *@end, which it returns moved on. */
static struct arm **parse_arms(struct parser *p, struct arm **end) {
  parser_skip_newlines(p);
  while (at_label(p) && !p->failed) {
    struct arm *arm = parse_arm(p);
    if (arm == NULL) {
      break;
    }
    *end = arm;
    end = &arm->next;
    parser_skip_newlines(p);
  }
  return end;
}

/* What is no label, up to the next one: reported once, and read over. True if
 * there was something. */
static bool reject_others(struct parser *p) {
  const struct opener until_case = {
      .keyword = KEYWORD_CASE, .at = parser_peek(p)->at, .outer = p->open};
  struct block ignored = {0};
  const size_t before = p->at;
  p->open = &until_case;
  parser_statements(p, &ignored);
  p->open = until_case.outer;
  if (ignored.first != NULL) {
    report(p->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_MISPLACED,
                            .at = until_case.at},
           "expected CASE or DEFAULT");
  }
  return p->at != before;
}

void parser_lost_cases(struct parser *p, enum keyword keyword, bool brace) {
  struct arm *arms = NULL;
  const struct opener o = {.keyword = keyword,
                           .at = parser_peek(p)->at,
                           .brace = brace,
                           .lost = true,
                           .outer = p->open};
  if (!parser_enter(p)) {
    return;
  }
  p->open = &o;
  (void)parse_arms(p, &arms);
  parser_close(p, &o);
  p->open = o.outer;
  parser_leave(p);
}

struct arm *parser_cases(struct parser *p, enum keyword keyword,
                         struct place at) {
  struct arm *arms = NULL, **end = &arms;
  if (p->panic) {
    parser_skip_line(p);
    p->panic = p->failed;
  }
  p->parens = 0;
  parser_skip_newlines(p);
  const bool brace = parser_take(p, TOKEN_BRACE_OPEN);
  const struct opener o = {
      .keyword = keyword, .at = at, .brace = brace, .outer = p->open};
  if (!parser_enter(p)) {
    return NULL;
  }
  p->open = &o;
  do {
    end = parse_arms(p, end);
  } while (reject_others(p) && !p->failed);
  parser_close(p, &o);
  p->open = o.outer;
  parser_leave(p);
  return arms;
}
