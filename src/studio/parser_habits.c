/* Words that people bring from other languages, and what they are here. */
#include "studio/parser_priv.h"

static const struct habit {
  const char *word, *hint;
} habits[] = {
    {"VAR", "write x = 1: a variable needs no word before it"},
    {"LET", "write x = 1: a variable needs no word before it"},
    {"DIM", "write x = 1: a variable needs no word before it"},
    {"SET", "write x = 1, or ASSIGN x = 1"},
    {"WHILE", "there is no WHILE: write REPEAT 1000 { … } with a BREAK in it"},
    {"DO", "there is no DO: write REPEAT 1000 { … } with a BREAK in it"},
    {"LOOP", "write REPEAT n { … }, or FOR i = 1 TO n { … }"},
    {"UNTIL", "there is no UNTIL: write REPEAT 1000 { … } with a BREAK in it"},
    {"REM", "a comment begins with //"},
    {"TRY", "an error starts the section ON Error, with _ERR and _ERRLINE"},
    {"CATCH", "an error starts the section ON Error, with _ERR and _ERRLINE"},
    {"FINALLY", "an error starts the section ON Error"},
    {"THROW", "write \"what went wrong\".throw()"},
    {"RAISE", "write \"what went wrong\".throw()"},
    {"CONST", "write x = 1: a variable needs no word before it"},
    {"ELIF", "write ELSE IF"},
    {"PASS", "leave it out: a block may be empty"},
    {"AWAIT", "leave it out: a call sleeps until its answer"},
    {"CALL", "write f(x): a call needs no word before it"},
    {"GOTO", "there is no GOTO: write a FUNCTION, or RunScript(name)"},
    {"USES", "proxies of SOAP services are not known here: send the request "
             "with GetRESTProxy()"},
    {"PRINT", "write TRACE \"…\", or Say(text) for the customer"},
    {"END",
     "END closes IF, FOR, FOREACH, REPEAT, SELECT, SWITCH, FUNCTION, ON"},
    {"IS", "write = null"},
    {"EACH", "write FOREACH x IN array"},
    {"THEN", "leave THEN out: the condition ends with its line, or at '{'"},
};

struct text parser_habit(struct text word) {
  for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++) {
    if (text_equal_nocase(word, text_from(habits[i].word))) {
      return text_from(habits[i].hint);
    }
  }
  return (struct text){"", 0};
}

/* "He said ""hi""" is two texts that touch. */
static bool touches_text(const struct token *t, const struct token *before) {
  return t->kind == TOKEN_TEXT && before->kind == TOKEN_TEXT &&
         before->at.line == t->at.line &&
         before->at.column + before->at.length == t->at.column;
}

/* x := 1 */
static bool is_colon_equals(const struct token *t) {
  return t->kind == TOKEN_COLON && t[1].kind == TOKEN_ASSIGN;
}

/* -- remark */
static bool is_dashes(const struct token *t) {
  return t->kind == TOKEN_MINUS && t[1].kind == TOKEN_MINUS;
}

struct text parser_found_hint(const struct token *t, bool first) {
  if (is_colon_equals(t)) {
    return TEXT("write = to set a variable");
  }
  if (is_dashes(t)) {
    return TEXT("a comment begins with //");
  }
  if (!first && touches_text(t, t - 1)) {
    return TEXT("a quotation mark inside of a text: '…\"…', or $\"…\\\"…\"");
  }
  return t->kind == TOKEN_WORD ? parser_habit(t->text) : TEXT("");
}
