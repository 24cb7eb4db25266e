/* What is known of a name, in a few lines of Markdown. */
#include "studio/symbols.h"

/* The completion of this name at this place: what is known of a member. */
struct wanted {
  struct text name;
  struct textbuf *out;
};

static void take_member(void *ctx, const struct completion *item) {
  const struct wanted *w = ctx;
  if (item->kind == COMPLETION_MEMBER && item->doc.len > 0 &&
      w->out->len == 0 && text_equal(item->label, w->name)) {
    textbuf_addf(w->out, "**%.*s**: %.*s", TEXT_ARG(item->label),
                 TEXT_ARG(item->doc));
  }
}

static void take_event(void *ctx, const struct completion *item) {
  const struct wanted *w = ctx;
  if (item->kind == COMPLETION_EVENT && text_equal(item->label, w->name)) {
    textbuf_addf(w->out, "**ON %.*s**: %.*s", TEXT_ARG(item->label),
                 TEXT_ARG(item->doc));
  }
}

static void describe_variable(const struct symbols *s,
                              const struct symbol_use *use,
                              struct textbuf *out) {
  const struct symbol_use *first = symbols_definition(s, use);
  const char *what = use->kind == SYMBOL_PARAMETER ? "parameter"
                     : use->unit == 0              ? "variable of the script"
                                                   : "variable of the function";
  textbuf_addf(out, "**%.*s**: %s", TEXT_ARG(use->name), what);
  if (first != NULL && use->kind == SYMBOL_VARIABLE) {
    textbuf_addf(out, ", set first on line %u", first->at.line);
  }
}

static void describe_call(struct symbols *s, const struct symbol_use *use,
                          struct textbuf *out) {
  struct completion item;
  if (symbols_describe(s, use->name, use->is_method, &item)) {
    textbuf_addf(out, "```studio\n%.*s\n```\n%.*s", TEXT_ARG(item.detail),
                 TEXT_ARG(item.doc));
  }
}

void symbols_hover(struct symbols *s, const struct symbol_use *use,
                   struct textbuf *out) {
  struct wanted wanted = {use->name, out};
  switch (use->kind) {
  case SYMBOL_VARIABLE:
  case SYMBOL_PARAMETER:
    describe_variable(s, use, out);
    break;
  case SYMBOL_FUNCTION:
  case SYMBOL_BUILTIN:
  case SYMBOL_ACTION:
    describe_call(s, use, out);
    break;
  case SYMBOL_MEMBER:
    symbols_complete(s, use->at.line, use->at.column, take_member, &wanted);
    break;
  case SYMBOL_SECTION:
    symbols_complete(s, use->at.line, use->at.column, take_event, &wanted);
    break;
  }
}
