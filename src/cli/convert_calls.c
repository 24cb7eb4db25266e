/* Calls as other languages write them: s.toUpperCase(), len(s), and
 * REQAGENT "Sales" without parentheses. */
#include "cli/convert.h"
#include "studio/action.h"

/* With the parenthesis; those that begin with a dot are methods. */
static const struct name {
  const char *from, *to;
} names[] = {
    {".toUpperCase(", ".upper("}, {".toUpper(", ".upper("},
    {".ucase(", ".upper("},       {".toLowerCase(", ".lower("},
    {".toLower(", ".lower("},     {".lcase(", ".lower("},
    {".includes(", ".contains("}, {".startsWith(", ".beginswith("},
    {".strip(", ".trim("},        {".push(", ".add("},
    {".stringify(", ".asjson("},  {".toJson(", ".asjson("},
    {"JSON.parse(", "fromjson("}, {"parseInt(", "int("},
    {"len(", "length("},          {"strlen(", "length("},
    {"ucase(", "upper("},         {"lcase(", "lower("},
    {"sleep(", "Wait("},          {"getdate(", "now("},
};

static bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '$' || c == '.' ||
         (c & '\x80') != 0;
}

/* Has the source a function of its own with this name? */
static bool is_own(struct text source, struct text name) {
  const struct text word = TEXT("FUNCTION ");
  const struct text plain =
      name.ptr[0] == '.' ? text_sub(name, 1, name.len) : name;
  for (size_t at = 0; at + word.len < source.len; at++) {
    if (text_equal_nocase(text_sub(source, at, word.len), word) &&
        text_equal_nocase(
            text_sub(text_trim(text_sub(source, at + word.len, plain.len + 8)),
                     0, plain.len),
            plain)) {
      return true;
    }
  }
  return false;
}

static const struct name *name_at(struct text line, size_t at) {
  const bool inside = at > 0 && is_name_char(line.ptr[at - 1]);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const struct text from = text_from(names[i].from);
    if ((from.ptr[0] == '.' || !inside) &&
        text_equal_nocase(text_sub(line, at, from.len), from)) {
      return &names[i];
    }
  }
  return NULL;
}

static void rename_calls(const struct convert *c, struct text line,
                         struct textbuf *out) {
  char quote = 0;
  for (size_t at = 0; at < line.len;) {
    const char sign = line.ptr[at];
    /* A method may stand in a {…} of a text. */
    const struct name *n = quote == 0 || sign == '.' ? name_at(line, at) : NULL;
    if (n != NULL && !is_own(c->source, text_from(n->from))) {
      textbuf_add(out, text_from(n->to));
      at += text_from(n->from).len;
      continue;
    }
    if (quote == 0 && text_starts(text_sub(line, at, 2), TEXT("//"))) {
      textbuf_add(out, text_sub(line, at, line.len));
      return;
    }
    if (quote == 0 && (sign == '"' || sign == '\'')) {
      quote = sign;
    } else if (sign == quote) {
      quote = 0;
    }
    textbuf_add_char(out, sign);
    at++;
  }
}

/* Behind the word at the beginning: does a value come, or nothing? */
static bool is_argument(struct text rest) {
  const struct text t = text_trim(rest);
  size_t length = 0;
  while (length < t.len && is_name_char(t.ptr[length])) {
    length++;
  }
  const struct text behind = text_trim(text_sub(t, length, t.len));
  if (t.len == 0) {
    return true;
  }
  return rest.ptr[0] == ' ' &&
         (t.ptr[0] == '"' || t.ptr[0] == '\'' ||
          (length > 0 && (behind.len == 0 || behind.ptr[0] == ',')));
}

void convert_calls(const struct convert *c, struct text line,
                   struct textbuf *out) {
  struct text t = text_trim(line);
  while (text_ends(t, TEXT(";"))) {
    t = text_trim(text_sub(t, 0, t.len - 1));
  }
  size_t length = 0;
  while (length < t.len && is_name_char(t.ptr[length])) {
    length++;
  }
  const enum action_id action = action_find(text_sub(t, 0, length));
  const struct text rest = text_sub(t, length, t.len);
  const bool plain = text_find(t, TEXT("//"), 0) == t.len &&
                     text_find(t, TEXT("{"), 0) == t.len;
  if (action == ACTIONS || action == ACTION_TRACE || !plain ||
      !is_argument(rest) || action_info(action)->offer == ACTION_OFFER_METHOD) {
    rename_calls(c, line, out);
    return;
  }
  textbuf_addf(out, "%.*s(", TEXT_ARG(action_info(action)->name));
  rename_calls(c, text_trim(rest), out);
  textbuf_add_char(out, ')');
}
