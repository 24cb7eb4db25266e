/* Words that people bring from other languages, and what they are here. */
#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/parser_priv.h"

struct habit {
  const char *word, *hint;
};

#define HINT_VARIABLE "write x = 1: a variable needs no word before it"
#define HINT_FUNCTION "write FUNCTION f(x) { … RETURN y }"
#define HINT_ERROR                                                             \
  "an error starts the section ON Error, with _ERR and _ERRLINE"
#define HINT_TRACE   "write TRACE \"…\", or Say(text) for the customer"
#define HINT_ELSE_IF "write ELSE IF"
#define HINT_EXIT    "write EXIT"
#define HINT_NUMBER  "a text that holds a number acts as one; val(x) makes one"
#define HINT_MID     "write .mid(start, length): the first letter has position 1"
#define HINT_NULL    "write x = null, or x = \"\" for an empty text"
#define HINT_LIST                                                              \
  "an array is a text: \"a|b|c\"; a list comes from fromjson(...)"
#define HINT_LENGTH "write .length for a text, .size for an array or a list"

/* Where a statement, an operator or the rest of a header was expected. */
static const struct habit words[] = {
    {"VAR", HINT_VARIABLE},
    {"LET", HINT_VARIABLE},
    {"DIM", HINT_VARIABLE},
    {"CONST", HINT_VARIABLE},
    {"DECLARE", HINT_VARIABLE},
    {"LOCAL", HINT_VARIABLE},
    {"STRING", HINT_VARIABLE},
    {"INT", HINT_VARIABLE},
    {"INTEGER", HINT_VARIABLE},
    {"BOOL", HINT_VARIABLE},
    {"BOOLEAN", HINT_VARIABLE},
    {"DOUBLE", HINT_VARIABLE},
    {"FLOAT", HINT_VARIABLE},
    {"SET", "write x = 1, or ASSIGN x = 1"},
    {"WHILE", "there is no WHILE: write REPEAT 1000 { … } with a BREAK in it"},
    {"WEND", "there is no WHILE: write REPEAT 1000 { … } with a BREAK in it"},
    {"DO", "there is no DO: write REPEAT 1000 { … } with a BREAK in it"},
    {"LOOP", "write REPEAT n { … }, or FOR i = 1 TO n { … }"},
    {"UNTIL", "there is no UNTIL: write REPEAT 1000 { … } with a BREAK in it"},
    {"TIMES", "write REPEAT n { … }"},
    {"DOWNTO", "write TO: it counts down when the last value is the smaller"},
    {"FROM", "write FOR i = 1 TO 10"},
    {"REM", "a comment begins with //"},
    {"TRY", HINT_ERROR},
    {"CATCH", HINT_ERROR},
    {"EXCEPT", HINT_ERROR},
    {"FINALLY", "an error starts the section ON Error"},
    {"THROW", "write \"what went wrong\".throw()"},
    {"RAISE", "write \"what went wrong\".throw()"},
    {"ELIF", HINT_ELSE_IF},
    {"ELSIF", HINT_ELSE_IF},
    {"ELSEIF", HINT_ELSE_IF},
    {"UNLESS", "write IF NOT (…)"},
    {"PASS", "leave it out: a block may be empty"},
    {"AWAIT", "leave it out: a call sleeps until its answer"},
    {"NEW", "leave it out; " HINT_LIST},
    {"CALL", "write f(x): a call needs no word before it"},
    {"GOTO", "there is no GOTO: write a FUNCTION, or RunScript(name)"},
    {"USES", "proxies of SOAP services are not known here: send the request "
             "with GetRESTProxy()"},
    {"SUB", HINT_FUNCTION},
    {"DEF", HINT_FUNCTION},
    {"FUNC", HINT_FUNCTION},
    {"PROCEDURE", HINT_FUNCTION},
    {"BEGIN", "leave it out: a block begins behind its header"},
    {"WITH", "there is no WITH: write the name in each line"},
    {"PRINT", HINT_TRACE},
    {"ECHO", HINT_TRACE},
    {"MSGBOX", HINT_TRACE},
    {"STOP", HINT_EXIT},
    {"QUIT", HINT_EXIT},
    {"ONANSWER", "write ON Answer"},
    {"ONRELEASE", "write ON Release"},
    {"ONSIGNAL", "write ON Signal"},
    {"ONTRANSFER", "write ON Transfer"},
    {"ONABANDON", "write ON Abandon"},
    {"ONERROR", "write ON Error"},
    {"END",
     "END closes IF, FOR, FOREACH, REPEAT, SELECT, SWITCH, FUNCTION, ON"},
    {"IS", "write = null"},
    {"IN", "write .contains(x), or one comparison for each value with OR"},
    {"LIKE", "write .contains(x), .beginswith(x) or .endswith(x)"},
    {"BETWEEN", "write x >= a AND x <= b"},
    {"MOD", "write % for the rest of a division"},
    {"DIV", "write \\ for a division of whole numbers"},
    {"XOR", "write ~ for one of both, and not the other"},
    {"EACH", "write FOREACH x IN array"},
    {"THEN", "leave THEN out: the condition ends with its line, or at '{'"},
};

/* Functions and methods. */
static const struct habit calls[] = {
    {"LEN", HINT_LENGTH},
    {"STRLEN", HINT_LENGTH},
    {"COUNT", HINT_LENGTH},
    {"SUBSTRING", HINT_MID},
    {"SUBSTR", HINT_MID},
    {"CHARAT", HINT_MID},
    {"TOUPPERCASE", "write .upper()"},
    {"TOUPPER", "write .upper()"},
    {"UCASE", "write .upper()"},
    {"TOLOWERCASE", "write .lower()"},
    {"TOLOWER", "write .lower()"},
    {"LCASE", "write .lower()"},
    {"INCLUDES", "write .contains(x)"},
    {"STARTSWITH", "write .beginswith(x)"},
    {"INSTR", "write .indexof(x): 0 if it is not there"},
    {"FIND", "write .indexof(x): 0 if it is not there"},
    {"STRIP", "write .trim()"},
    {"REPLACEALL", "write .replace(a, b), which replaces all"},
    {"CONCAT", "write a + b, or \"{a}{b}\""},
    {"PUSH", "write .add(x)"},
    {"POP", "write .remove(index)"},
    {"ARRAY", HINT_LIST},
    {"TOSTRING", "write \"{x}\""},
    {"CSTR", "write \"{x}\""},
    {"STR", "write \"{x}\""},
    {"STRING", "write \"{x}\""},
    {"PARSEINT", "write int(x)"},
    {"TOINT", "write int(x)"},
    {"CINT", "write int(x)"},
    {"NUMBER", HINT_NUMBER},
    {"TONUMBER", HINT_NUMBER},
    {"PARSEFLOAT", HINT_NUMBER},
    {"CDBL", HINT_NUMBER},
    {"ISNAN", "write NOT x.isnumeric()"},
    {"ISNUMBER", "write x.isnumeric()"},
    {"ISNULL", HINT_NULL},
    {"ISEMPTY", HINT_NULL},
    {"ISNOTHING", HINT_NULL},
    {"COALESCE", "write IF x = null { … } ELSE { … }"},
    {"IIF", "there is no ? : here: write IF … ELSE …"},
    {"PARSE", "write fromjson(text)"},
    {"STRINGIFY", "write .asjson()"},
    {"TOFIXED", "write round(x, digits)"},
    {"GETDATE", "write now()"},
    {"NEWGUID", "write uuid()"},
    {"SLEEP", "write Wait(seconds)"},
    {"SAVETODB", "write SetAttribute(name, value): it stays with the session"},
};

static struct text find(const struct habit *table, size_t count,
                        struct text word) {
  for (size_t i = 0; i < count; i++) {
    if (text_equal_nocase(word, text_from(table[i].word))) {
      return text_from(table[i].hint);
    }
  }
  return TEXT("");
}

struct text parser_habit(struct text word) {
  return find(words, sizeof words / sizeof words[0], word);
}

struct text parser_call_habit(struct text name) {
  const struct text hint = find(calls, sizeof calls / sizeof calls[0], name);
  return hint.len > 0 ? hint : parser_habit(name);
}

/* REQAGENT "Sales" */
struct text parser_call_hint(struct text word, struct textbuf *out) {
  const enum action_id action = action_find(word);
  const enum builtin_id builtin = builtin_find(word);
  if (action != ACTIONS) {
    textbuf_addf(out, "write %.*s(…): a call has parentheses",
                 TEXT_ARG(action_info(action)->name));
  } else if (builtin != BUILTINS) {
    textbuf_addf(out, "write %.*s(…): a call has parentheses",
                 TEXT_ARG(builtin_info(builtin)->name));
  }
  return textbuf_text(out);
}

static bool touch(const struct token *before, const struct token *t) {
  return before->at.line == t->at.line &&
         before->at.column + before->at.length == t->at.column;
}

static bool begins_text(const struct token *t) {
  return t->kind == TOKEN_TEXT || t->kind == TOKEN_TEXT_OPEN;
}

/* x := 1 */
static bool is_colon_equals(const struct token *t) {
  return t->kind == TOKEN_COLON && t[1].kind == TOKEN_ASSIGN;
}

/* i--, and not -- remark */
static bool is_decrement(const struct token *t, bool first) {
  return t->kind == TOKEN_MINUS && t[1].kind == TOKEN_MINUS && !first &&
         t[-1].kind == TOKEN_WORD && touch(t - 1, t);
}

/* -- remark */
static bool is_dashes(const struct token *t) {
  return t->kind == TOKEN_MINUS && t[1].kind == TOKEN_MINUS;
}

static struct text sign_hint(const struct token *t, bool first) {
  if (is_colon_equals(t)) {
    return TEXT("write = to set a variable");
  }
  if (is_decrement(t, first)) {
    return TEXT("write x = x - 1");
  }
  if (is_dashes(t)) {
    return TEXT("a comment begins with //");
  }
  return TEXT("");
}

/* What stands behind a text or a name without a blank. */
static struct text touching_hint(const struct token *t) {
  const struct token *before = t - 1;
  if (!begins_text(t) || !touch(before, t)) {
    return TEXT("");
  }
  /* "He said ""hi""" is two texts that touch. */
  if (before->kind == TOKEN_TEXT || before->kind == TOKEN_TEXT_CLOSE) {
    return TEXT("a quotation mark inside of a text: '…\"…', or $\"…\\\"…\"");
  }
  return before->kind == TOKEN_WORD
             ? TEXT("leave the letter out: {x} is spliced into every text")
             : TEXT("");
}

static bool is_word(const struct token *t, const char *word) {
  return t->kind == TOKEN_WORD && text_equal_nocase(t->text, text_from(word));
}

/* What the token before @t was meant for. */
static struct text before_hint(const struct token *t) {
  const struct token *before = t - 1;
  if (is_word(before, "AWAIT") || is_word(before, "NEW")) {
    return parser_habit(before->text);
  }
  if (is_word(before, "EXIT") && t->kind == TOKEN_WORD) {
    return TEXT("BREAK leaves a loop, RETURN a function");
  }
  if (t->kind == TOKEN_COLON) {
    return is_word(before, "http") || is_word(before, "https")
               ? TEXT("an address is a text: put it in quotation marks")
               : TEXT("a statement has a line of its own");
  }
  return TEXT("");
}

struct text parser_found_hint(const struct token *t, bool first) {
  const struct text sign = sign_hint(t, first);
  if (sign.len > 0) {
    return sign;
  }
  const struct text touching = first ? TEXT("") : touching_hint(t);
  if (touching.len > 0) {
    return touching;
  }
  const struct text before = first ? TEXT("") : before_hint(t);
  if (before.len > 0) {
    return before;
  }
  return t->kind == TOKEN_WORD ? parser_habit(t->text) : TEXT("");
}
