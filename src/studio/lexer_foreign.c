/* Signs that people bring from other languages, and what they are here. */
#include "studio/lexer_scan_priv.h"

/* Those that begin like another stand before it. */
static const struct foreign {
  const char *text, *hint;
} foreign[] = {
    {"&&", "write AND"},
    {"||", "write OR"},
    {"+=", "write x = x + …"},
    {"-=", "write x = x - …"},
    {"*=", "write x = x * …"},
    {"/=", "write x = x / …"},
    {"++", "write x = x + 1"},
    {"===", "write = or =="},
    {"!==", "write <>"},
    {"=<", "write <="},
    {"=>", "write >="},
    {"**", "write ^ for a power"},
    {"??", "write IF x = null { … } ELSE { … }"},
    {"?.", "write . alone: a member that is missing reads as null"},
    {"?", "there is no ? : here: write IF … ELSE …"},
    {"<!--", "a comment begins with //"},
    {"~=", "write <>"},
    {"$", "a name begins with a letter: leave the $ out"},
    {"@", "a name begins with a letter"},
    {"#", "a comment begins with //; a date is written #\"02/09/2023\""},
    {"!", "write NOT"},
    {";", "a statement ends at the end of its line"},
    {"&lt;", "copied as HTML: write <"},
    {"&gt;", "copied as HTML: write >"},
    {"&amp;", "copied as HTML: write &"},
    {"&quot;", "copied as HTML: write \""},
    {"&apos;", "copied as HTML: write '"},
    {"&#39;", "copied as HTML: write '"},
    {"&nbsp;", "copied as HTML: write a blank"},
    {"\xE2\x80\x93", "this is a dash, not a minus: write -"},
    {"\xE2\x80\x94", "this is a dash, not a minus: write -"},
    {"\xE2\x88\x92", "this is a typographic minus: write -"},
    {"\xC3\x97", "write *"},
    {"\xC3\xB7", "write /"},
    {"\xE2\x89\xA0", "write <>"},
    {"\xE2\x89\xA4", "write <="},
    {"\xE2\x89\xA5", "write >="},
    {"```", "leave the line out: it marks the ends of code in a page"},
    {"`", "a text stands in \"…\" or '…'"},
    {"\xE2\x80\xA6", "this is an ellipsis, not three dots"},
    {"/*", "a comment begins with // and ends with the line"},
};

static bool at_text(const struct lexer *l, struct text t) {
  return text_starts(text_sub(l->text, l->at, t.len), t);
}

static bool at_line_end(const struct lexer *l) {
  const int c = scan_peek(l, 0);
  return c == -1 || c == '\n';
}

static void pass_line(struct lexer *l) {
  while (!at_line_end(l)) {
    l->at++;
  }
}

/* Behind the next @end on this line; the line's end if there is none. */
static void pass_to(struct lexer *l, struct text end) {
  while (!at_line_end(l)) {
    if (at_text(l, end)) {
      l->at += end.len;
      return;
    }
    l->at++;
  }
}

/* The comment may go on over lines, if it has an end; without one it is the
 * rest of its line. */
static void pass_comment(struct lexer *l) {
  const size_t end =
      l->no_comment_end ? l->text.len : text_find(l->text, TEXT("*/"), l->at);
  if (end == l->text.len) {
    l->no_comment_end = true; /* nor has any later one */
    pass_line(l);
    return;
  }
  while (l->at < end + 2) {
    const bool ends = scan_peek(l, 0) == '\n';
    l->at++;
    if (ends) {
      scan_new_line(l);
    }
  }
}

/* What belongs to the sign is no script, and would be many errors. */
static void pass_foreign(struct lexer *l, struct text sign) {
  if (l->depth > 0) {
    return; /* in a quoted text, which has an end of its own */
  }
  if (text_equal(sign, TEXT("```"))) {
    pass_line(l);
  } else if (text_equal(sign, TEXT("`"))) {
    pass_to(l, TEXT("`"));
  } else if (text_equal(sign, TEXT("<!--"))) {
    pass_to(l, TEXT("-->"));
  } else if (text_equal(sign, TEXT("/*"))) {
    pass_comment(l);
  }
}

/* FOR (i = 0; i < 3; i++): the parser has said all at the parenthesis. */
static bool in_foreign_for(const struct lexer *l) {
  if (l->out->count < l->line_first + 2) {
    return false;
  }
  const struct token *first = &l->out->items[l->line_first];
  return first->kind == TOKEN_WORD && first->keyword == KEYWORD_FOR &&
         first[1].kind == TOKEN_PAREN_OPEN;
}

bool scan_foreign(struct lexer *l) {
  for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
    const struct text t = text_from(foreign[i].text);
    const bool not_equal = t.len == 1 && scan_peek(l, 1) == '=';
    if (at_text(l, t) && !not_equal) {
      const size_t from = l->at;
      l->at += t.len;
      if (!in_foreign_for(l)) {
        scan_error(l, DIAGNOSTIC_CODE_BAD_CHARACTER, from,
                   "this sign is not part of the language", foreign[i].hint);
      }
      (void)scan_push(l, TOKEN_BAD, from);
      pass_foreign(l, t);
      return true;
    }
  }
  return false;
}
