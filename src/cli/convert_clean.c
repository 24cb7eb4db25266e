/* What was copied along with a snippet: line numbers, prompts, code fences, the
 * signs of a page's source. */
#include <string.h>

#include "cli/convert.h"

#include "domain/heap.h"
#include "studio/program.h"

struct snippet {
  struct text *lines; /* in the converter's arena */
  size_t count;
};

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Without indentation: the formatter makes it anew. Blanks of a web page go. */
static struct text trim(struct text t) {
  static const char *const blanks[] = {
      " ", "\t", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x8B", "\xEF\xBB\xBF"};
  for (size_t i = 0; i < sizeof blanks / sizeof blanks[0];) {
    const struct text blank = text_from(blanks[i]);
    const bool here = text_starts(t, blank);
    t = here ? text_sub(t, blank.len, t.len) : t;
    i = here ? 0 : i + 1;
  }
  return text_trim(t);
}

static bool split(struct convert *c, struct snippet *s) {
  size_t count = 1;
  for (size_t i = 0; i < c->source.len; i++) {
    count += c->source.ptr[i] == '\n';
  }
  s->lines = arena_alloc(&c->arena, count * sizeof *s->lines);
  if (s->lines == NULL) {
    c->failed = true;
    return false;
  }
  for (size_t from = 0; from <= c->source.len;) {
    const size_t to = text_find(c->source, TEXT("\n"), from);
    s->lines[s->count++] = trim(text_sub(c->source, from, to - from));
    from = to + 1;
  }
  return true;
}

/* ---- &gt; for > and its like, from the source of a page */

static const struct entity {
  const char *name, *plain;
} entities[] = {{"&lt;", "<"},  {"&gt;", ">"},   {"&quot;", "\""},
                {"&#39;", "'"}, {"&apos;", "'"}, {"&nbsp;", " "},
                {"&amp;", "&"}};

static const struct entity *entity_at(struct text t, size_t at) {
  for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
    if (text_starts(text_sub(t, at, t.len), text_from(entities[i].name))) {
      return &entities[i];
    }
  }
  return NULL;
}

/* Outside of quotation marks no line of the language has one. */
static bool is_escaped(struct text source) {
  bool quoted = false;
  for (size_t i = 0; i < source.len; i++) {
    const char c = source.ptr[i];
    quoted = c != '\n' && quoted != (c == '"');
    if (c == '&' && !quoted && entity_at(source, i) != NULL) {
      return true;
    }
  }
  return false;
}

static void unescape(struct convert *c) {
  char *out =
      is_escaped(c->source) ? arena_alloc(&c->arena, c->source.len) : NULL;
  size_t len = 0;
  for (size_t i = 0; out != NULL && i < c->source.len;) {
    const struct entity *e = entity_at(c->source, i);
    const char *sign = e == NULL ? c->source.ptr + i : e->plain;
    i += e == NULL ? 1 : strlen(e->name);
    out[len++] = *sign;
  }
  if (out != NULL) {
    c->source = (struct text){out, len};
  }
}

/* ---- prompts: the same sign before every line */

static bool strip_prompt(struct snippet *s, struct text prompt) {
  size_t with = 0, without = 0;
  for (size_t i = 0; i < s->count; i++) {
    const bool has = text_starts(s->lines[i], prompt);
    with += has;
    without += !has && s->lines[i].len > 0;
  }
  if (with < 2 || without > 0) {
    return false;
  }
  for (size_t i = 0; i < s->count; i++) {
    s->lines[i] = trim(text_sub(s->lines[i], prompt.len, s->lines[i].len));
  }
  return true;
}

static void strip_prompts(struct snippet *s) {
  static const char *const prompts[] = {">>>", ">", "$", "|", "+"};
  for (size_t i = 0; i < sizeof prompts / sizeof prompts[0];) {
    const bool some = strip_prompt(s, text_from(prompts[i]));
    i = some ? 0 : i + 1;
  }
}

/* ---- line numbers */

/* The number at the beginning of the line, and what is behind it. No statement
 * begins with a digit. */
static bool read_number(struct text line, int64_t *number, struct text *rest) {
  static const char signs[] = ".:|)";
  size_t digits = 0;
  while (digits < line.len && digits < 6 && is_digit(line.ptr[digits])) {
    digits++;
  }
  if (digits == 0 || !text_to_i64(text_sub(line, 0, digits), number)) {
    return false;
  }
  *rest = text_sub(line, digits, line.len);
  for (size_t i = 0; i < sizeof signs - 1 && rest->len > 0; i++) {
    if (rest->ptr[0] == signs[i]) {
      *rest = text_sub(*rest, 1, rest->len);
      break;
    }
  }
  *rest = trim(*rest);
  return true;
}

struct numbering {
  size_t numbered, bare, others;
  int64_t last;
  bool ascends;
};

static struct numbering survey(const struct snippet *s) {
  struct numbering n = {.ascends = true};
  for (size_t i = 0; i < s->count; i++) {
    struct text rest;
    int64_t number;
    if (!read_number(s->lines[i], &number, &rest)) {
      n.others += s->lines[i].len > 0;
      continue;
    }
    n.ascends = n.ascends && (n.numbered == 0 || number > n.last);
    n.last = number;
    n.numbered++;
    n.bare += rest.len == 0;
  }
  return n;
}

static void strip_numbers(struct snippet *s) {
  const struct numbering n = survey(s);
  const bool before = n.numbered >= 2 && n.others == 0;
  const bool between = n.bare >= 2 && n.bare == n.numbered;
  if (!n.ascends || (!before && !between)) {
    return;
  }
  for (size_t i = 0; i < s->count; i++) {
    struct text rest;
    int64_t number;
    if (read_number(s->lines[i], &number, &rest)) {
      /* Between lines of code a number is no line of its own. */
      s->lines[i] = between && !before ? (struct text){NULL, 0} : rest;
    }
  }
}

/* ---- */

static bool is_fence(struct text line) {
  return text_starts(line, TEXT("```"));
}

static void add_line(struct convert *c, struct text line, uint32_t from,
                     bool *in_comment) {
  struct textbuf calls;
  textbuf_init(&calls, heap_mem());
  convert_calls(c, line, &calls);
  c->failed = c->failed || calls.failed;
  convert_words(c, textbuf_text(&calls), from, in_comment);
  textbuf_free(&calls);
}

void convert_read_snippet(struct convert *c) {
  struct snippet s = {0};
  bool in_comment = false;
  unescape(c);
  if (!split(c, &s)) {
    return;
  }
  strip_prompts(&s);
  strip_numbers(&s);
  for (size_t i = 0; i < s.count; i++) {
    if (s.lines[i].ptr != NULL && !is_fence(s.lines[i])) {
      add_line(c, s.lines[i], (uint32_t)i + 1, &in_comment);
    }
  }
  while (c->count > 0 && c->lines[c->count - 1].text.len == 0) {
    c->count--; /* what is added at the end belongs to what is there */
  }
}

bool convert_is_script(struct convert *c) {
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, heap_mem());
  const enum bt_err err =
      program_compile(heap_mem(), TEXT("script"), c->source, &diags, &program);
  c->failed = c->failed || err == BT_ERR_NOMEM;
  program_free(program);
  diagnostics_free(&diags);
  return err == BT_ERR_OK;
}

void convert_read_script(struct convert *c) {
  struct snippet s = {0};
  if (!split(c, &s)) {
    return;
  }
  for (size_t i = 0; i < s.count; i++) {
    convert_add_text(c, (uint32_t)i + 1, s.lines[i]);
  }
  while (c->count > 0 && c->lines[c->count - 1].text.len == 0) {
    c->count--;
  }
}
