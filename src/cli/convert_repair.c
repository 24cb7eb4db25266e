/* What the language does not know stays as a comment with a note, so that what
 * is left has no errors. A header that cannot be read is replaced by one that
 * never runs its block. */
#include "cli/convert.h"
#include "domain/heap.h"
#include "studio/program.h"

static bool begins(struct text t, const char *word) {
  const struct text w = text_from(word);
  char next = ' ';
  if (t.len > w.len) {
    next = t.ptr[w.len];
  }
  const bool name = (next >= 'a' && next <= 'z') ||
                    (next >= 'A' && next <= 'Z') ||
                    (next >= '0' && next <= '9') || next == '_';
  return text_equal_nocase(text_sub(t, 0, w.len), w) && !name;
}

static bool is_comment(struct text line) {
  return text_starts(text_trim(line), TEXT("//"));
}

/* ---- headers that stand in for what cannot be read */

static const struct stand_in {
  const char *word, *header;
} stand_ins[] = {
    {"IF", "IF false"},
    {"ELSE IF", "ELSE IF false"},
    {"ELSE", "ELSE"},
    {"REPEAT", "REPEAT 0"},
    {"FOREACH", "FOREACH item IN null"},
    {"FOR", "FOR i = 1 TO 1"},
    {"SWITCH", "SWITCH null"},
    {"CASE", "CASE null"},
};

/* Behind the } that ends the block before. */
static struct text without_brace(struct text line, bool *brace) {
  const struct text t = text_trim(line);
  *brace = text_starts(t, TEXT("}"));
  return *brace ? text_trim(text_sub(t, 1, t.len)) : t;
}

/* Does the line open a brace that it does not close? Good enough for lines
 * that nobody can read. */
static bool leaves_brace_open(struct text t) {
  size_t open = 0;
  for (size_t i = 0; i < t.len; i++) {
    open += t.ptr[i] == '{';
    open -= t.ptr[i] == '}' && open > 0;
  }
  return open > 0;
}

static const char *find_header(struct text t, bool brace) {
  if (brace && begins(t, "FOR")) {
    return "REPEAT 0"; /* a FOR runs at least once */
  }
  for (size_t i = 0; i < sizeof stand_ins / sizeof stand_ins[0]; i++) {
    if (begins(t, stand_ins[i].word)) {
      return stand_ins[i].header;
    }
  }
  return brace ? "IF false" : NULL;
}

/* ---- one line */

static void replace(struct convert *c, size_t at, struct text line) {
  c->lines[at].text = line;
  c->lines[at].is_replaced = true;
}

static struct text join(struct convert *c, const char *a, struct text b,
                        const char *d) {
  struct textbuf text;
  textbuf_init(&text, heap_mem());
  textbuf_add(&text, text_from(a));
  textbuf_add(&text, b);
  textbuf_add(&text, text_from(d));
  const struct text copy = convert_copy(c, textbuf_text(&text));
  textbuf_free(&text);
  return copy;
}

/* Keeps the line as a comment; a header, or a brace before it, stays one. */
static void put_aside(struct convert *c, size_t at) {
  const struct text line = text_trim(c->lines[at].text);
  const uint32_t from = c->lines[at].from;
  const bool again = c->lines[at].is_replaced;
  bool closes;
  const struct text rest = without_brace(line, &closes);
  const bool opens = leaves_brace_open(rest);
  const bool one_line = !opens && text_find(rest, TEXT("{"), 0) < rest.len;
  const char *header = one_line ? NULL : find_header(rest, opens);
  if (again || is_comment(line)) {
    replace(c, at, join(c, "// ", line, ""));
    return;
  }
  replace(c, at, join(c, "// was: ", line, ""));
  if (header != NULL) {
    const struct text text =
        join(c, closes ? "} " : "", text_from(header), opens ? " {" : "");
    convert_insert(c, at + 1, from, text);
    c->lines[at + 1].is_replaced = true;
    if (text_starts(text, TEXT("FOR "))) {
      convert_insert(c, at + 2, from, TEXT("BREAK"));
    }
  } else if (closes && rest.len > 0) {
    convert_insert(c, at, from, TEXT("}"));
  }
}

/* ---- what the compiler says */

static struct text whole(const struct convert *c, struct textbuf *b) {
  textbuf_clear(b);
  for (size_t i = 0; i < c->count; i++) {
    textbuf_add(b, c->lines[i].text);
    textbuf_add_char(b, '\n');
  }
  return textbuf_text(b);
}

/* "this IF has no 'END IF': expected before line 8 …": the closer and where it
 * belongs. */
static bool read_missing(const struct diagnostic *d, struct text *closer,
                         size_t *line) {
  const struct text before = TEXT(" has no '");
  const struct text place = TEXT("expected before line ");
  const size_t at = text_find(d->message, before, 0);
  const size_t from = at + before.len;
  const size_t to = text_find(d->message, TEXT("'"), from);
  const size_t number = text_find(d->message, place, 0);
  int64_t n = 0;
  if (d->code != DIAGNOSTIC_CODE_BAD_BLOCK || at == d->message.len ||
      number == d->message.len) {
    return false;
  }
  for (size_t i = number + place.len; i < d->message.len; i++) {
    if (d->message.ptr[i] < '0' || d->message.ptr[i] > '9') {
      break;
    }
    n = n * 10 + (d->message.ptr[i] - '0');
  }
  *closer = text_sub(d->message, from, to - from);
  *line = (size_t)n;
  return true;
}

static void say_why(struct convert *c, size_t at, const struct diagnostic *d) {
  convert_note(c, at, c->lines[at].from, "left out: %.*s%s%.*s",
               TEXT_ARG(d->message), d->hint.len > 0 ? "; " : "",
               TEXT_ARG(d->hint));
}

/* END FI: the closer that its block needs stands in the cure. */
static bool take_closer(struct convert *c, size_t at,
                        const struct diagnostic *d) {
  const struct text before = TEXT("write ");
  const struct text closer = text_sub(d->hint, before.len, d->hint.len);
  if (d->code != DIAGNOSTIC_CODE_BAD_BLOCK || !text_starts(d->hint, before) ||
      !text_starts(closer, TEXT("END "))) {
    return false;
  }
  const struct text was = text_trim(c->lines[at].text);
  convert_note(c, at, c->lines[at].from, "'%.*s' is %.*s here", TEXT_ARG(was),
               TEXT_ARG(closer));
  replace(c, at + 1, convert_copy(c, closer));
  return true;
}

/* Errors of lines, from the last to the first, so that what is inserted moves
 * nothing that is still to come. True: there was one. */
static bool put_lines_aside(struct convert *c, const struct diagnostics *d) {
  uint32_t last = UINT32_MAX;
  bool any = false;
  for (size_t i = d->count; i-- > 0;) {
    const struct diagnostic *item = &d->items[i];
    struct text closer;
    size_t line;
    const bool first_of_line = i == 0 || d->items[i - 1].line != item->line ||
                               d->items[i - 1].severity != DIAGNOSTIC_ERROR ||
                               read_missing(&d->items[i - 1], &closer, &line);
    if (item->severity != DIAGNOSTIC_ERROR || !first_of_line ||
        item->line == last || item->line > c->count ||
        read_missing(item, &closer, &line)) {
      continue;
    }
    last = item->line;
    if (!take_closer(c, item->line - 1, item)) {
      put_aside(c, item->line - 1);
      say_why(c, item->line - 1, item);
    }
    any = true;
  }
  return any;
}

/* The innermost block that has no end gets one. */
static bool close_block(struct convert *c, const struct diagnostics *d) {
  for (size_t i = d->count; i-- > 0;) {
    struct text closer;
    size_t line;
    if (!read_missing(&d->items[i], &closer, &line)) {
      continue;
    }
    const size_t opener = d->items[i].line - 1;
    const size_t at = line - 1 < c->count ? line - 1 : c->count;
    const uint32_t from = c->lines[opener].from;
    convert_insert(c, at, from, closer);
    convert_note(c, at, from,
                 "the block that begins here had no end: '%.*s' "
                 "is added",
                 TEXT_ARG(closer));
    return true;
  }
  return false;
}

/* What is larger than the language allows is not mended: line by line that
 * would take for ever, and leave nothing. */
static bool is_too_large(struct convert *c, const struct diagnostics *d) {
  for (size_t i = 0; i < d->count; i++) {
    const struct diagnostic *item = &d->items[i];
    if (item->code == DIAGNOSTIC_CODE_TOO_LARGE) {
      const bool own = item->line - 1 < c->count;
      c->error = (struct convert_note){own ? c->lines[item->line - 1].from : 1,
                                       convert_copy(c, item->message)};
      return true;
    }
  }
  return false;
}

/* One round; false: there is nothing left to mend. */
static bool mend(struct convert *c, struct textbuf *b) {
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, heap_mem());
  const enum bt_err err = program_compile(heap_mem(), TEXT("script"),
                                          whole(c, b), &diags, &program);
  const bool more = err == BT_ERR_SYNTAX && !is_too_large(c, &diags) &&
                    (put_lines_aside(c, &diags) || close_block(c, &diags));
  c->failed = c->failed || err == BT_ERR_NOMEM;
  program_free(program);
  diagnostics_free(&diags);
  return more && !c->failed;
}

void convert_repair(struct convert *c) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  size_t rounds = 2 * c->count + 20; /* each mends a line at least */
  while (rounds-- > 0 && mend(c, &b)) {
  }
  c->failed = c->failed || b.failed;
  textbuf_free(&b);
}
