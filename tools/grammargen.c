/* grammargen.c - the TextMate grammar of the Studio language, from its tables.
 *
 * usage: grammargen [words]
 *   (nothing)  the grammar, as JSON: how words may stand is written here
 *   words      web/src/studio/words.gen.ts: the words alone, for the page
 *
 * Words come from tokens.def, builtins.def, actions.def and events.def.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LEN(a) (sizeof(a) / sizeof(a)[0])

enum use { HARD, SOFT };

static const struct word {
  const char *text;
  enum use use;
} keywords[] = {
#define KEYWORD(name, text, use) {text, use},
#include "studio/tokens.def"
#undef KEYWORD
};

static const char *const actions[] = {
#define ACTION(id, name, min, max, offered, sleep, effect, form, doc) name,
#include "studio/actions.def"
#undef ACTION
};

static const char *const builtins[] = {
#define BUILTIN(id, name, min, max, params, use, example, result, doc) name,
#include "studio/builtins.def"
#undef BUILTIN
};

static const char *const events[] = {
#define EVENT(name, entry, doc) #name,
#include "studio/events.def"
#undef EVENT
};

/* ---- words of one kind, joined by | */

/* What a keyword looks like; the rest are words that steer. */
static const struct kind {
  const char *words, *scope;
} kinds[] = {
    {"|AND|OR|NOT|", "keyword.operator.logical.studio"},
    {"|true|false|null|", "constant.language.studio"},
    {"|ASSIGN|DYNAMIC|", "storage.type.studio"},
    {"|FUNCTION|", "storage.type.function.studio"},
};

static const char *const control = "keyword.control.studio";

static const char *scope_of(const char *word) {
  char wanted[64];
  (void)snprintf(wanted, sizeof wanted, "|%s|", word);
  for (size_t i = 0; i < LEN(kinds); i++) {
    if (strstr(kinds[i].words, wanted) != NULL) {
      return kinds[i].scope;
    }
  }
  return control;
}

static void put_words(const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++) {
    printf("%s%s", i == 0 ? "" : "|", words[i]);
  }
}

static void put_keywords(const char *scope) {
  bool first = true;
  for (size_t i = 0; i < LEN(keywords); i++) {
    if (keywords[i].use == HARD && scope_of(keywords[i].text) == scope) {
      printf("%s%s", first ? "" : "|", keywords[i].text);
      first = false;
    }
  }
}

/* Soft keywords are words only where one can stand. */
static void put_soft(void) {
  bool first = true;
  for (size_t i = 0; i < LEN(keywords); i++) {
    if (keywords[i].use == SOFT) {
      printf("%s%s", first ? "" : "|", keywords[i].text);
      first = false;
    }
  }
}

/* ---- the grammar */

#define NAME   "[A-Za-z_\\\\x{C0}-\\\\x{1FFF}][\\\\w$]*"
#define DOUBLE "[\\\"\\u201C\\u201D\\u201E]"
#define SINGLE "['\\u2018\\u2019\\u201A]"
/* A soft keyword that is set is a variable. */
#define NOT_SET "\\\\b(?!\\\\s*(?:=|\\\\.|\\\\[))"

static void put_match(const char *name, const char *scope,
                      const char *expression) {
  printf("    \"%s\": { \"name\": \"%s\", \"match\": \"%s\" },\n", name, scope,
         expression);
}

static void put_keyword_rule(const char *name, const char *scope) {
  printf("    \"%s\": { \"name\": \"%s\", \"match\": \"(?i)\\\\b(?:", name,
         scope);
  put_keywords(scope);
  printf(")\\\\b(?!\\\\$)\" },\n");
}

static void put_call_rule(const char *name, const char *scope,
                          const char *const *words, size_t count) {
  printf("    \"%s\": { \"name\": \"%s\", \"match\": \"(?i)\\\\b(?:", name,
         scope);
  put_words(words, count);
  printf(")(?=\\\\s*\\\\()\" },\n");
}

/* A quoted text ends with its line at the latest. */
static void put_text_rule(const char *name, const char *scope, const char *mark,
                          const char *includes) {
  printf("    \"%s\": {\n"
         "      \"name\": \"%s\",\n"
         "      \"begin\": \"%s\",\n"
         "      \"end\": \"%s|$\",\n"
         "      \"beginCaptures\": { \"0\": { \"name\": "
         "\"punctuation.definition.string.begin.studio\" } },\n"
         "      \"endCaptures\": { \"0\": { \"name\": "
         "\"punctuation.definition.string.end.studio\" } },\n"
         "      \"patterns\": [%s{ \"include\": \"#substitution\" }]\n"
         "    },\n",
         name, scope, mark, strchr(mark, '$') == NULL ? mark : DOUBLE,
         includes);
}

static void put_texts(void) {
  put_text_rule("text-escaped", "string.quoted.double.escaped.studio",
                "\\\\$" DOUBLE, "{ \"include\": \"#escape\" }, ");
  put_text_rule("text-double", "string.quoted.double.studio", DOUBLE, "");
  put_text_rule("text-single", "string.quoted.single.studio", SINGLE, "");
  put_match("date", "constant.other.date.studio",
            "#(?=[\\\"'\\u201C\\u201D\\u201E\\u2018\\u2019\\u201A])");
  printf("    \"escape\": { \"patterns\": [\n"
         "      { \"name\": \"constant.character.escape.studio\", \"match\": "
         "\"\\\\\\\\[\\\"'\\\\\\\\trnb0{]\" },\n"
         "      { \"name\": \"invalid.illegal.escape.studio\", \"match\": "
         "\"\\\\\\\\.\" }\n"
         "    ] },\n");
  /* Not the brace that begins JSON: {} or {"name": */
  printf("    \"substitution\": {\n"
         "      \"name\": \"meta.embedded.line.studio\",\n"
         "      \"begin\": \"\\\\{(?!\\\\s*\\\\}|\\\\s*\\\\\\\\?" DOUBLE
         "[^{}:]*" DOUBLE "\\\\s*:|\\\\s*" SINGLE "[^{}:]*" SINGLE
         "\\\\s*:)\",\n"
         "      \"end\": \"\\\\}|$\",\n"
         "      \"beginCaptures\": { \"0\": { \"name\": "
         "\"punctuation.section.embedded.begin.studio\" } },\n"
         "      \"endCaptures\": { \"0\": { \"name\": "
         "\"punctuation.section.embedded.end.studio\" } },\n"
         "      \"patterns\": [{ \"include\": \"#expression\" }]\n"
         "    },\n");
}

static void put_blocks(void) {
  printf("    \"function\": {\n"
         "      \"match\": \"(?i)\\\\b(FUNCTION)\\\\s+(" NAME ")\",\n"
         "      \"captures\": {\n"
         "        \"1\": { \"name\": \"storage.type.function.studio\" },\n"
         "        \"2\": { \"name\": \"entity.name.function.studio\" }\n"
         "      }\n"
         "    },\n"
         "    \"section\": {\n"
         "      \"match\": \"(?i)^\\\\s*(ON)\\\\s+(?:(");
  put_words(events, LEN(events));
  printf(")\\\\b|(\\\\w+))\",\n"
         "      \"captures\": {\n"
         "        \"1\": { \"name\": \"%s\" },\n"
         "        \"2\": { \"name\": \"entity.name.section.studio\" },\n"
         "        \"3\": { \"name\": \"invalid.illegal.event.studio\" }\n"
         "      }\n"
         "    },\n",
         control);
  printf("    \"end\": { \"name\": \"%s\", \"match\": "
         "\"(?i)(?<=^|[{}])\\\\s*(?:END\\\\s+(?:IF|FOR|FOREACH|REPEAT|SELECT|"
         "SWITCH|FUNCTION|ON)\\\\b|(?:ENDIF|NEXT)" NOT_SET ")\" },\n",
         control);
  printf("    \"trace\": { \"name\": \"support.function.action.studio\", "
         "\"match\": \"(?i)(?<=^|[{}])\\\\s*TRACE" NOT_SET "\" },\n");
  printf(
      "    \"loop\": {\n"
      "      \"begin\": \"(?i)\\\\b(FOREACH|FOR)\\\\b\",\n"
      "      \"end\": \"(?=[{}]|//)|$\",\n"
      "      \"beginCaptures\": { \"1\": { \"name\": \"%s\" } },\n"
      "      \"patterns\": [\n"
      "        { \"name\": \"%s\", \"match\": \"(?i)(?<=[\\\\w$)\\\\]\\\"'])(?<!FOR|FOREACH)"
      "\\\\s+(?:TO|STEP|IN)\\\\b\" },\n"
      "        { \"include\": \"#expression\" }\n"
      "      ]\n"
      "    },\n",
      control, control);
}

static void put_values(void) {
  printf("    \"member\": {\n"
         "      \"match\": \"(\\\\.)\\\\s*(?:(" NAME
         ")(?=\\\\s*\\\\()|([\\\\w$]+))\",\n"
         "      \"captures\": {\n"
         "        \"1\": { \"name\": \"punctuation.accessor.studio\" },\n"
         "        \"2\": { \"name\": \"support.function.method.studio\" },\n"
         "        \"3\": { \"name\": \"variable.other.member.studio\" }\n"
         "      }\n"
         "    },\n");
  put_call_rule("action", "support.function.action.studio", actions,
                LEN(actions));
  put_call_rule("builtin", "support.function.builtin.studio", builtins,
                LEN(builtins));
  put_match("call", "entity.name.function.call.studio",
            "\\\\b" NAME "(?=\\\\s*\\\\()");
  put_match("global", "storage.modifier.studio",
            "(?i)\\\\bglobal:(?=[A-Za-z_])");
  put_match("number", "constant.numeric.studio",
            "(?<![\\\\w$])\\\\d+(?:\\\\.\\\\d+)?(?:[eE][+-]?\\\\d+)?\\\\b");
  put_match("operator", "keyword.operator.studio",
            "==|!=|<>|<=|>=|[=<>+~*/%^&|\\\\\\\\-]");
  put_match("variable", "variable.other.studio", NAME);
}

static void put_lists(void) {
  static const char *const expression[] = {
      "comment", "text-escaped", "text-double", "text-single", "date",
      "number",  "member",       "logical",     "constant",    "action",
      "builtin", "call",         "global",      "operator"};
  static const char *const statement[] = {
      "function", "section", "end", "trace", "loop", "declaration", "control"};
  printf("    \"expression\": { \"patterns\": [\n");
  for (size_t i = 0; i < LEN(expression); i++) {
    printf("      { \"include\": \"#%s\" },\n", expression[i]);
  }
  printf("      { \"include\": \"#variable\" }\n    ] }\n  },\n"
         "  \"patterns\": [\n"
         "    { \"include\": \"#comment\" },\n"
         "    { \"include\": \"#member\" },\n");
  for (size_t i = 0; i < LEN(statement); i++) {
    printf("    { \"include\": \"#%s\" },\n", statement[i]);
  }
  printf("    { \"include\": \"#expression\" }\n  ]\n}\n");
}

/* ---- the words alone */

static void put_list(const char *name, const char *const *words, size_t count) {
  printf("export const %s = [\n", name);
  for (size_t i = 0; i < count; i++) {
    printf("  \"%s\",\n", words[i]);
  }
  printf("] as const;\n");
}

static void put_uses(const char *name, enum use use) {
  printf("export const %s = [\n", name);
  for (size_t i = 0; i < LEN(keywords); i++) {
    if (keywords[i].use == use) {
      printf("  [\"%s\", \"%s\"],\n", keywords[i].text,
             scope_of(keywords[i].text));
    }
  }
  printf("] as const;\n");
}

static void print_words(void) {
  printf("// generated by grammargen from the tables in src/studio; do not "
         "edit\n"
         "// Keywords, each with its scope; soft ones are words only where one "
         "can stand.\n");
  put_uses("hard", HARD);
  put_uses("soft", SOFT);
  put_list("actions", actions, LEN(actions));
  put_list("builtins", builtins, LEN(builtins));
  put_list("events", events, LEN(events));
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "words") == 0) {
    print_words();
    return 0;
  }
  printf("{\n"
         "  \"information_for_contributors\": [\"generated by grammargen from "
         "the tables in src/studio; do not edit\", \"soft keywords, known "
         "where they can stand: ");
  put_soft();
  printf("\"],\n"
         "  \"name\": \"Studio\",\n"
         "  \"scopeName\": \"source.studio\",\n"
         "  \"fileTypes\": [\"studio\"],\n"
         "  \"repository\": {\n");
  put_match("comment", "comment.line.double-slash.studio", "//.*$");
  put_texts();
  put_blocks();
  put_keyword_rule("declaration", kinds[2].scope);
  put_keyword_rule("logical", kinds[0].scope);
  put_keyword_rule("constant", kinds[1].scope);
  put_keyword_rule("control", control);
  put_values();
  put_lists();
  return 0;
}
