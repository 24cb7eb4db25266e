/* Words and signs of other languages, where there is only one thing that they
 * can mean. */
#include "cli/convert.h"

#include "domain/heap.h"

/* A line of code and its shadow: the same length, with a quotation mark for
 * every byte that is quoted, so that words are only found outside. */
struct code {
  struct textbuf text, shadow, comment;
  unsigned parens;
};

static void init(struct code *k) {
  *k = (struct code){0};
  textbuf_init(&k->text, heap_mem());
  textbuf_init(&k->shadow, heap_mem());
  textbuf_init(&k->comment, heap_mem());
}

static void clear(struct code *k) {
  textbuf_clear(&k->text);
  textbuf_clear(&k->shadow);
  textbuf_clear(&k->comment);
}

static void release(struct code *k) {
  textbuf_free(&k->text);
  textbuf_free(&k->shadow);
  textbuf_free(&k->comment);
}

/* ---- signs */

static const struct sign {
  const char *from, *to;
} signs[] = {
    {"===", "=="},          {"!==", "!="},          {"!=", "!="},
    {"&&", " AND "},        {"||", " OR "},         {":=", "="},
    {"!", " NOT "},         {"\xE2\x89\xA0", "!="}, /* not equal */
    {"\xE2\x89\xA4", "<="}, {"\xE2\x89\xA5", ">="}, {"\xC3\x97", "*"},
    {"\xC3\xB7", "/"},      {"\xE2\x80\x93", "-"}, /* dashes and the minus sign
                                                    */
    {"\xE2\x80\x94", "-"},  {"\xE2\x88\x92", "-"},  {"\xC2\xA0", " "},
    {"\xE2\x80\x8B", ""},
};

static const struct mark {
  const char *bytes;
  char plain;
  bool pasted;
} marks[] = {
    {"\"", '"', false},           {"'", '\'', false},
    {"\xE2\x80\x9C", '"', true},  {"\xE2\x80\x9D", '"', true},
    {"\xE2\x80\x9E", '"', true},  {"\xE2\x80\x98", '\'', true},
    {"\xE2\x80\x99", '\'', true}, {"\xE2\x80\x9A", '\'', true},
};

static const struct mark *mark_at(struct text line, size_t at) {
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    if (text_starts(text_sub(line, at, 3), text_from(marks[i].bytes))) {
      return &marks[i];
    }
  }
  return NULL;
}

static void add_quoted(struct code *k, struct text t) {
  textbuf_add(&k->text, t);
  for (size_t i = 0; i < t.len; i++) {
    textbuf_add_char(&k->shadow, '"');
  }
}

static void add_plain(struct code *k, struct text t) {
  textbuf_add(&k->text, t);
  textbuf_add(&k->shadow, t);
}

enum { NESTED_MAX = 32 };

/* Where a text ends that has texts in its {…}; 0 if that cannot be told. */
static size_t nested_end(struct text line, size_t at) {
  char closers[NESTED_MAX];
  size_t depth = 0;
  for (size_t i = at; i < line.len; i++) {
    const char sign = line.ptr[i];
    const bool in_text = depth > 0 && closers[depth - 1] != '}';
    const bool quote = sign == '"' || sign == '\'';
    if (depth > 0 && sign == closers[depth - 1]) {
      depth--;
    } else if (in_text ? sign == '{' : quote) {
      if (depth == NESTED_MAX) {
        return 0;
      }
      closers[depth] = sign;
      if (in_text) {
        closers[depth] = '}';
      }
      depth++;
    }
    if (depth == 0) {
      return i + 1;
    }
  }
  return 0;
}

/* A plain mark is closed by a plain one where the line has one. */
static size_t quoted_end(struct text line, size_t at, const struct mark *open) {
  const struct text plain = {&open->plain, 1};
  const size_t nested = open->pasted ? 0 : nested_end(line, at);
  if (nested > 0) {
    return nested;
  }
  size_t from = at + text_from(open->bytes).len;
  const bool any = open->pasted || text_find(line, plain, from) == line.len;
  while (from < line.len) {
    const struct mark *m = mark_at(line, from);
    if (m != NULL) {
      from += text_from(m->bytes).len;
      if (m->plain == open->plain && (any || !m->pasted)) {
        return from;
      }
    } else {
      from++;
    }
  }
  return line.len;
}

static size_t take_sign(struct code *k, struct text line, size_t at) {
  const struct text rest = text_sub(line, at, 3);
  for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
    const struct text from = text_from(signs[i].from);
    if (text_starts(rest, from)) {
      add_plain(k, text_from(signs[i].to));
      return at + from.len;
    }
  }
  add_plain(k, text_sub(line, at, 1));
  return at + 1;
}

static void add_comment(struct code *k, struct text comment) {
  const struct text t = text_trim(comment);
  textbuf_add(&k->comment, t.len == 0 ? TEXT("//") : TEXT("// "));
  textbuf_add(&k->comment, t);
}

/* The part of a comment of several lines, which goes up to its end. */
static size_t take_block_comment(struct code *k, struct text line, size_t at,
                                 bool *in_comment) {
  const size_t end = text_find(line, TEXT("*/"), at);
  *in_comment = end == line.len;
  struct text inner = text_trim(text_sub(line, at, end - at));
  while (text_starts(inner, TEXT("*"))) {
    inner = text_trim(text_sub(inner, 1, inner.len));
  }
  if (inner.len > 0) {
    add_comment(k, inner);
  }
  return *in_comment ? end : end + 2;
}

/* ---- words */

static bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '$' || (c & '\x80') != 0;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/* @words at the beginning, blanks of any width between, and no name goes on. */
static bool begins_with(struct text t, struct text words, size_t *length) {
  size_t at = 0;
  for (size_t i = 0; i < words.len; i++) {
    const size_t before = at;
    while (words.ptr[i] == ' ' && at < t.len && is_blank(t.ptr[at])) {
      at++;
    }
    if (words.ptr[i] == ' '
            ? at == before
            : at >= t.len || !text_equal_nocase(text_sub(t, at, 1),
                                                text_sub(words, i, 1))) {
      return false;
    }
    at += words.ptr[i] != ' ';
  }
  *length = at;
  return at >= t.len || !is_name_char(t.ptr[at]);
}

/* What may follow for the word to be one of another language, and no name. */
enum follow { ANYTHING, A_NAME, A_VALUE };

static const struct leading {
  const char *from, *to;
  enum follow follow;
} leadings[] = {
    {"ELSEIF", "ELSE IF", ANYTHING},
    {"ELSIF", "ELSE IF", ANYTHING},
    {"ELIF", "ELSE IF", ANYTHING},
    {"LET", "ASSIGN", A_NAME},
    {"SET", "ASSIGN", A_NAME},
    {"VAR", "ASSIGN", A_NAME},
    {"CONST", "ASSIGN", A_NAME},
    {"LOCAL", "ASSIGN", A_NAME},
    {"CALL", "", A_NAME},
    {"PRINT", "TRACE", A_VALUE},
    {"ECHO", "TRACE", A_VALUE},
    {"CONSOLE.LOG", "TRACE", A_VALUE},
    {"FOR EACH", "FOREACH", A_NAME},
    {"CASE ELSE", "DEFAULT", ANYTHING},
    {"OTHERWISE", "DEFAULT", ANYTHING},
    {"FUNC", "FUNCTION", A_NAME},
    {"SUB", "FUNCTION", A_NAME},
    {"DEF", "FUNCTION", A_NAME},
    {"END SUB", "END FUNCTION", ANYTHING},
    {"ENDSUB", "END FUNCTION", ANYTHING},
    {"END WHILE", "END REPEAT", ANYTHING},
    {"ENDWHILE", "END REPEAT", ANYTHING},
    {"WEND", "END REPEAT", ANYTHING},
    {"END-IF", "END IF", ANYTHING},
    {"ENDFOR", "END FOR", ANYTHING},
    {"ENDFOREACH", "END FOREACH", ANYTHING},
    {"ENDREPEAT", "END REPEAT", ANYTHING},
    {"ENDSELECT", "END SELECT", ANYTHING},
    {"ENDSWITCH", "END SWITCH", ANYTHING},
    {"ENDFUNCTION", "END FUNCTION", ANYTHING},
    {"ENDON", "END ON", ANYTHING},
};

static bool follows(enum follow wanted, struct text rest) {
  const struct text t = text_trim(rest);
  char c = '\0';
  if (t.len > 0) {
    c = t.ptr[0];
  }
  switch (wanted) {
  case ANYTHING:
    return c != '=' && c != '.';
  case A_NAME:
    return rest.len > t.len && is_name_char(c);
  case A_VALUE:
    return is_name_char(c) || c == '"' || c == '(' || c == '\'';
  }
  return false;
}

/* Cuts the first @length bytes of the code and puts @to there. */
static void replace_head(struct code *k, size_t length, struct text to) {
  struct code fresh;
  init(&fresh);
  add_plain(&fresh, to);
  textbuf_add(&fresh.text,
              text_sub(textbuf_text(&k->text), length, k->text.len));
  textbuf_add(&fresh.shadow,
              text_sub(textbuf_text(&k->shadow), length, k->shadow.len));
  textbuf_free(&k->text);
  textbuf_free(&k->shadow);
  k->text = fresh.text;
  k->shadow = fresh.shadow;
}

/* Where the statement begins: behind a brace that ends a block. */
static size_t head_of(const struct code *k) {
  const struct text t = textbuf_text(&k->shadow);
  size_t at = 0;
  while (at < t.len && (is_blank(t.ptr[at]) || t.ptr[at] == '}')) {
    at++;
  }
  return at;
}

static void rewrite_leading(struct code *k) {
  const size_t head = head_of(k);
  const struct text t = text_sub(textbuf_text(&k->shadow), head, k->shadow.len);
  for (size_t i = 0; i < sizeof leadings / sizeof leadings[0]; i++) {
    size_t length;
    if (begins_with(t, text_from(leadings[i].from), &length) &&
        follows(leadings[i].follow, text_sub(t, length, t.len))) {
      const bool brace = head > 0;
      struct textbuf to;
      textbuf_init(&to, heap_mem());
      textbuf_addf(&to, "%s%s", brace ? "} " : "", leadings[i].to);
      replace_head(k, head + length, textbuf_text(&to));
      textbuf_free(&to);
      return;
    }
  }
}

/* ---- x += 1, x++ */

static void rewrite_change(struct code *k) {
  static const char *const changes[] = {"+=", "-=", "*=", "/=", "++", "--"};
  const struct text shadow = text_trim(textbuf_text(&k->shadow));
  const struct text text = text_trim(textbuf_text(&k->text));
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    const struct text sign = text_from(changes[i]);
    const size_t at = text_find(shadow, sign, 0);
    const bool step = sign.ptr[1] != '=';
    struct text name = text_trim(text_sub(text, 0, at));
    const struct text rest = text_trim(text_sub(text, at + 2, text.len));
    size_t length;
    if (at == shadow.len || name.len == 0 || (rest.len == 0) != step ||
        text_find(shadow, TEXT("("), 0) < at ||
        text_find(shadow, TEXT("="), 0) < at) {
      continue;
    }
    if (begins_with(name, TEXT("ASSIGN"), &length)) {
      name = text_trim(text_sub(name, length, name.len));
    }
    struct textbuf to;
    textbuf_init(&to, heap_mem());
    textbuf_addf(&to, "ASSIGN %.*s = %.*s %c ", TEXT_ARG(name), TEXT_ARG(name),
                 sign.ptr[0]);
    textbuf_addf(&to, step ? "1" : "(%.*s)", TEXT_ARG(rest));
    textbuf_clear(&k->shadow);
    textbuf_free(&k->text);
    k->text = to;
    textbuf_add(&k->shadow, textbuf_text(&k->text));
    return;
  }
}

/* ASSIGN x == 1 */
static void rewrite_equality(struct code *k) {
  const struct text shadow = textbuf_text(&k->shadow);
  const size_t at = text_find(shadow, TEXT("=="), 0);
  size_t length;
  if (begins_with(shadow, TEXT("ASSIGN"), &length) && at < shadow.len &&
      text_find(shadow, TEXT("="), 0) == at &&
      text_find(shadow, TEXT("("), 0) > at) {
    k->text.ptr[at] = k->shadow.ptr[at] = ' ';
  }
}

/* ---- headers: THEN, and a colon at the end */

static bool is_header(struct text t) {
  static const char *const words[] = {"IF",      "ELSE IF",  "ELSE",   "FOR",
                                      "FOREACH", "REPEAT",   "SWITCH", "CASE",
                                      "DEFAULT", "FUNCTION", "SELECT", "ON"};
  size_t length;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (begins_with(t, text_from(words[i]), &length)) {
      return true;
    }
  }
  return false;
}

static void cut_tail(struct code *k, size_t length) {
  k->text.len = k->shadow.len = length;
}

static void trim_tail(struct code *k) {
  while (k->text.len > 0 && (is_blank(k->shadow.ptr[k->text.len - 1]) ||
                             k->shadow.ptr[k->text.len - 1] == ';')) {
    cut_tail(k, k->text.len - 1);
  }
}

/* Where the word THEN stands; the length if it does not. */
static size_t find_then(struct text t) {
  for (size_t at = 1; at + 4 <= t.len; at++) {
    size_t length;
    const bool alone = is_blank(t.ptr[at - 1]) || t.ptr[at - 1] == ')';
    if (alone && begins_with(text_sub(t, at, t.len), TEXT("THEN"), &length)) {
      return at;
    }
  }
  return t.len;
}

/* ---- a line */

static void emit(struct convert *c, struct code *k, uint32_t from) {
  struct textbuf line;
  textbuf_init(&line, heap_mem());
  textbuf_add(&line, textbuf_text(&k->text));
  if (k->comment.len > 0 && k->text.len > 0) {
    textbuf_add_char(&line, ' ');
  }
  textbuf_add(&line, textbuf_text(&k->comment));
  c->failed = c->failed || k->text.failed || k->shadow.failed || line.failed;
  convert_add_text(c, from, textbuf_text(&line));
  textbuf_free(&line);
}

/* Behind the condition of IF (c) s; the length if it is no such line. */
static size_t find_body(struct text t, size_t at) {
  size_t length;
  unsigned open = 0;
  while (at < t.len && is_blank(t.ptr[at])) {
    at++;
  }
  if (at == t.len || t.ptr[at] != '(') {
    return t.len;
  }
  do {
    open += t.ptr[at] == '(';
    open -= t.ptr[at] == ')';
  } while (++at < t.len && open > 0);
  const struct text rest = text_trim(text_sub(t, at, t.len));
  const bool goes_on = begins_with(rest, TEXT("AND"), &length) ||
                       begins_with(rest, TEXT("OR"), &length) ||
                       begins_with(rest, TEXT("THEN"), &length);
  return rest.len > 0 && is_name_char(rest.ptr[0]) && !goes_on ? at : t.len;
}

/* IF c THEN s and IF (c) s, on one line, need braces; the body begins behind
 * @word bytes at @at. */
static void emit_then(struct convert *c, struct code *k, uint32_t from,
                      size_t at, size_t word) {
  const struct text rest =
      text_trim(text_sub(textbuf_text(&k->text), at + word, k->text.len));
  const struct text head = text_sub(textbuf_text(&k->text), 0, at);
  if (rest.len == 0 || text_starts(rest, TEXT("{"))) {
    convert_add(c, from, "%.*s%.*s %.*s", TEXT_ARG(head), TEXT_ARG(rest),
                TEXT_ARG(textbuf_text(&k->comment)));
  } else {
    convert_add(c, from, "%.*s{ %.*s", TEXT_ARG(head),
                TEXT_ARG(textbuf_text(&k->comment)));
    convert_add_text(c, from, rest);
    convert_add(c, from, "}");
  }
}

/* WHILE c becomes a loop that is left when c is not true. */
static void emit_while(struct convert *c, struct code *k, uint32_t from,
                       size_t word) {
  size_t length;
  bool brace = false;
  if (text_ends(textbuf_text(&k->shadow), TEXT("{"))) {
    brace = true;
    cut_tail(k, k->text.len - 1);
    trim_tail(k);
  }
  struct text t = textbuf_text(&k->shadow);
  if (text_ends(t, TEXT(":"))) {
    cut_tail(k, t.len - 1);
  } else if (t.len > 3 &&
             begins_with(text_sub(t, t.len - 2, 2), TEXT("DO"), &length) &&
             is_blank(t.ptr[t.len - 3])) {
    cut_tail(k, t.len - 3);
  }
  t = text_trim(text_sub(textbuf_text(&k->text), word, k->text.len));
  convert_note(c, c->count, from,
               "WHILE is REPEAT here, with a BREAK and at most 100000 rounds");
  convert_add(c, from, "REPEAT 100000%s %.*s", brace ? " {" : "",
              TEXT_ARG(textbuf_text(&k->comment)));
  convert_add(c, from, "IF NOT (%.*s) {", TEXT_ARG(t));
  convert_add(c, from, "BREAK");
  convert_add(c, from, "}");
}

static void finish(struct convert *c, struct code *k, uint32_t from) {
  size_t length;
  trim_tail(k);
  rewrite_leading(k);
  const struct text t =
      text_sub(textbuf_text(&k->shadow), head_of(k), k->shadow.len);
  const bool is_if = begins_with(t, TEXT("IF"), &length) ||
                     begins_with(t, TEXT("ELSE IF"), &length);
  if (is_header(t)) {
    if (text_ends(t, TEXT(":"))) {
      cut_tail(k, k->text.len - 1);
    }
  } else {
    rewrite_change(k);
    rewrite_equality(k);
  }
  if (begins_with(t, TEXT("WHILE"), &length)) {
    emit_while(c, k, from, length);
  } else if (is_if && find_then(textbuf_text(&k->shadow)) < k->shadow.len) {
    emit_then(c, k, from, find_then(textbuf_text(&k->shadow)), 4);
  } else if (is_if && find_body(textbuf_text(&k->shadow), head_of(k) + length) <
                          k->shadow.len) {
    emit_then(c, k, from,
              find_body(textbuf_text(&k->shadow), head_of(k) + length), 0);
  } else {
    emit(c, k, from);
  }
  clear(k);
}

/* A line that is a comment in some other language. */
static bool is_foreign_comment(struct text line, struct text *comment) {
  static const char *const begins[] = {"REM ", "--", "# ", "'"};
  for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
    const struct text sign = text_from(begins[i]);
    if (text_equal_nocase(text_sub(line, 0, sign.len), sign)) {
      *comment = text_sub(line, sign.len, line.len);
      return sign.ptr[0] != '\'' ||
             text_find(*comment, TEXT("'"), 0) == comment->len;
    }
  }
  return false;
}

static bool is_over(struct text line, size_t at) {
  const struct text rest = text_trim(text_sub(line, at, line.len));
  return rest.len == 0 || text_starts(rest, TEXT("//")) ||
         text_starts(rest, TEXT("/*"));
}

/* Behind a statement's end the next one begins, on a line of its own. */
static size_t end_statement(struct convert *c, struct code *k, struct text line,
                            size_t at, uint32_t from) {
  if (!is_over(line, at + 1)) {
    finish(c, k, from);
  }
  return at + 1;
}

/* Braces end lines, but } ELSE stays together. */
static size_t take_brace(struct convert *c, struct code *k, struct text line,
                         size_t at, uint32_t from) {
  const bool opens = line.ptr[at] == '{';
  const struct text rest = text_trim(text_sub(line, at + 1, line.len));
  if (!opens && text_trim(textbuf_text(&k->text)).len > 0) {
    finish(c, k, from);
  }
  add_plain(k, text_sub(line, at, 1));
  const bool goes_on =
      !opens && text_equal_nocase(text_sub(rest, 0, 3), TEXT("els"));
  if (!goes_on && !is_over(line, at + 1)) {
    finish(c, k, from);
  }
  return at + 1;
}

/* One step over the line; returns where it goes on. */
static size_t take(struct convert *c, struct code *k, struct text line,
                   size_t at, uint32_t from) {
  const struct mark *m = mark_at(line, at);
  if (m != NULL) {
    const size_t end = quoted_end(line, at, m);
    add_quoted(k, text_sub(line, at, end - at));
    return end;
  }
  if (text_starts(text_sub(line, at, 2), TEXT("//"))) {
    textbuf_add(&k->comment, text_sub(line, at, line.len));
    return line.len;
  }
  const char sign = line.ptr[at];
  k->parens += sign == '(' || sign == '[';
  k->parens -= (sign == ')' || sign == ']') && k->parens > 0;
  if (k->parens == 0 && sign == ';') {
    return end_statement(c, k, line, at, from);
  }
  if (k->parens == 0 && (sign == '{' || sign == '}')) {
    return take_brace(c, k, line, at, from);
  }
  return take_sign(k, line, at);
}

void convert_words(struct convert *c, struct text line, uint32_t from,
                   bool *in_comment) {
  struct code k;
  struct text comment;
  init(&k);
  size_t at = 0;
  if (*in_comment) {
    at = take_block_comment(&k, line, 0, in_comment);
  } else if (is_foreign_comment(line, &comment)) {
    add_comment(&k, comment);
    at = line.len;
  }
  while (at < line.len) {
    if (text_starts(text_sub(line, at, 2), TEXT("/*"))) {
      at = take_block_comment(&k, line, at + 2, in_comment);
    } else {
      at = take(c, &k, line, at, from);
    }
  }
  finish(c, &k, from);
  release(&k);
}
