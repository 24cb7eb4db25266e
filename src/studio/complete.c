/* What can be written at a place, and what is known about a name. */
#include <stdio.h>
#include <string.h>

#include "studio/action.h"
#include "studio/builtin_priv.h"
#include "studio/complete_priv.h"

struct offer {
  const struct symbols *s;
  completion_taker *take;
  void *ctx;
};

static void give(const struct offer *o, enum completion_kind kind,
                 struct text label, struct text detail, struct text doc) {
  const struct completion item = {
      .kind = kind, .label = label, .detail = detail, .doc = doc};
  o->take(o->ctx, &item);
}

/* ---- words */

static void give_keywords(const struct offer *o) {
  for (size_t i = KEYWORD_NONE + 1; i < KEYWORDS; i++) {
    give(o, COMPLETION_KEYWORD, text_from(keyword_text((enum keyword)i)),
         TEXT("keyword"), TEXT(""));
  }
}

static void give_events(const struct offer *o) {
  static const struct {
    const char *name, *doc;
  } events[] = {
#define EVENT(name, entry, doc) {#name, doc},
#include "studio/events.def"
#undef EVENT
  };
  for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
    give(o, COMPLETION_EVENT, text_from(events[i].name), TEXT("event"),
         text_from(events[i].doc));
  }
}

/* ---- names of the script */

/* The function around a line, 0 for the script itself. */
static uint32_t unit_at(const struct symbols *s, uint32_t line) {
  for (size_t i = 0; i < s->outline_count; i++) {
    const struct symbol_outline *o = &s->outline[i];
    if (o->kind != SYMBOL_FUNCTION || line < o->at.line ||
        line > o->last_line) {
      continue;
    }
    uint32_t number = 0;
    for (const struct unit *u = s->script.units; u != NULL; u = u->next) {
      if (u->at.line == o->at.line && u->kind == UNIT_FUNCTION) {
        return number;
      }
      number++;
    }
  }
  return 0;
}

/* What is being typed is no name yet. */
static bool is_typed(const struct symbol_use *u, struct symbol_place typed) {
  return u->at.line == typed.line && u->at.column == typed.column;
}

static void give_variables(const struct offer *o, struct symbol_place typed) {
  const uint32_t unit = unit_at(o->s, typed.line);
  for (size_t i = 0; i < o->s->use_count; i++) {
    const struct symbol_use *u = &o->s->uses[i];
    const bool variable =
        u->kind == SYMBOL_VARIABLE || u->kind == SYMBOL_PARAMETER;
    if (variable && (u->unit == 0 || u->unit == unit) && u->is_first &&
        !is_typed(u, typed)) {
      give(o, COMPLETION_VARIABLE, u->name,
           u->kind == SYMBOL_PARAMETER ? TEXT("parameter") : TEXT("variable"),
           TEXT(""));
    }
  }
}

static void give_functions(const struct offer *o) {
  for (size_t i = 0; i < o->s->outline_count; i++) {
    const struct symbol_outline *item = &o->s->outline[i];
    if (item->kind == SYMBOL_FUNCTION) {
      const struct completion c = {.kind = COMPLETION_FUNCTION,
                                   .label = item->name,
                                   .detail = item->detail,
                                   .doc = TEXT("")};
      o->take(o->ctx, &c);
    }
  }
}

/* ---- tables */

static void give_builtins(const struct offer *o, bool methods) {
  for (size_t i = 0; i < BUILTINS; i++) {
    const struct builtin_info *b = builtin_info((enum builtin_id)i);
    const bool fits = methods ? b->min_args > 0 : b->use != BUILTIN_USE_METHOD;
    struct textbuf form;
    if (fits) {
      textbuf_init(&form, o->s->mem);
      builtin_form((enum builtin_id)i, methods, &form);
      give(o, COMPLETION_BUILTIN, b->name, textbuf_text(&form), b->doc);
      textbuf_free(&form);
    }
  }
}

static void give_actions(const struct offer *o, bool methods) {
  for (size_t i = 0; i < ACTIONS; i++) {
    const struct action_info *a = action_info((enum action_id)i);
    const enum action_offer wanted =
        methods ? ACTION_OFFER_METHOD : ACTION_OFFER_YES;
    if (a->offer == wanted) {
      const struct completion c = {COMPLETION_ACTION, a->name, a->form, a->doc};
      o->take(o->ctx, &c);
    }
  }
}

/* ---- members */

static const struct known {
  unsigned object;
  const char *name, *doc;
} known[] = {
#define MEMBER(object, name, doc) {1u << COMPLETE_##object, #name, doc},
#include "studio/members.def"
#undef MEMBER
};

static void give_known(const struct offer *o, unsigned objects) {
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if ((known[i].object & objects) != 0) {
      give(o, COMPLETION_MEMBER, text_from(known[i].name), TEXT("member"),
           text_from(known[i].doc));
    }
  }
}

static bool is_known(struct text name, unsigned objects) {
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    if ((known[i].object & objects) != 0 &&
        text_equal(text_from(known[i].name), name)) {
      return true;
    }
  }
  return false;
}

/* Members of the variable that the script writes or reads elsewhere. */
static void give_used(const struct offer *o, const struct symbol_use *variable,
                      unsigned objects, struct symbol_place typed) {
  for (size_t i = 0; i < o->s->use_count; i++) {
    const struct symbol_use *u = &o->s->uses[i];
    if (u->kind == SYMBOL_MEMBER && u->unit == variable->unit &&
        u->id == variable->id && !is_typed(u, typed) &&
        !is_known(u->name, objects) && u->is_first) {
      give(o, COMPLETION_MEMBER, u->name, TEXT("member"), TEXT(""));
    }
  }
}

static const struct symbol_use *find_variable(const struct symbols *s,
                                              struct text name, uint32_t line) {
  const uint32_t unit = unit_at(s, line);
  for (size_t i = 0; i < s->use_count; i++) {
    const struct symbol_use *u = &s->uses[i];
    const bool variable =
        u->kind == SYMBOL_VARIABLE || u->kind == SYMBOL_PARAMETER;
    if (variable && (u->unit == unit || u->unit == 0) &&
        text_equal_nocase(u->name, name)) {
      return u;
    }
  }
  return NULL;
}

static void give_members(const struct offer *o,
                         const struct complete_context *c,
                         struct symbol_place typed) {
  unsigned objects = 0;
  if (c->is_call) {
    objects = complete_objects_of_call(c->owner);
  } else if (c->owner.len > 0) {
    const struct symbol_use *v = find_variable(o->s, c->owner, typed.line);
    objects = complete_objects_of_variable(o->s, c->owner);
    if (v != NULL) {
      give_used(o, v, objects, typed);
    }
  }
  give_known(o, objects);
  give_builtins(o, true);
  give_actions(o, true);
}

/* ---- */

void symbols_complete(const struct symbols *s, uint32_t line, uint32_t column,
                      completion_taker *take, void *ctx) {
  const struct offer o = {s, take, ctx};
  const struct complete_context c =
      complete_context_at(source_line(&s->source, line), column);
  const struct symbol_place typed = {line, c.word_column, 0};
  switch (c.where) {
  case COMPLETE_NOWHERE:
    return;
  case COMPLETE_AFTER_DOT:
    give_members(&o, &c, typed);
    return;
  case COMPLETE_AFTER_ON:
    give_events(&o);
    return;
  case COMPLETE_IN_CODE:
    give_variables(&o, typed);
    give_functions(&o);
    give_actions(&o, false);
    give_builtins(&o, false);
    give_keywords(&o);
    return;
  }
}

static bool describe_builtin(struct symbols *s, struct text name,
                             bool is_method, struct completion *out) {
  const enum builtin_id id = builtin_find(name);
  struct textbuf form;
  if (id == BUILTINS) {
    return false;
  }
  const struct builtin_info *b = builtin_info(id);
  struct textbuf doc;
  textbuf_init(&doc, s->mem);
  textbuf_init(&form, s->mem);
  builtin_form(id, is_method, &form);
  textbuf_add(&doc, b->doc);
  if (b->example.len > 0) {
    textbuf_addf(&doc, "\n\n`%.*s` gives `%.*s`", TEXT_ARG(b->example),
                 TEXT_ARG(b->result));
  }
  *out = (struct completion){
      .kind = COMPLETION_BUILTIN,
      .label = b->name,
      .detail = arena_copy_text(&s->arena, textbuf_text(&form)),
      .doc = arena_copy_text(&s->arena, textbuf_text(&doc))};
  textbuf_free(&form);
  textbuf_free(&doc);
  return out->detail.ptr != NULL && out->doc.ptr != NULL;
}

bool symbols_describe(struct symbols *s, struct text name, bool is_method,
                      struct completion *out) {
  const struct unit *unit = symbols_function(s, name);
  if (unit != NULL) {
    struct textbuf form;
    textbuf_init(&form, s->mem);
    textbuf_add(&form, unit->name);
    textbuf_add(&form, symbols_params(s, unit));
    *out = (struct completion){
        .kind = COMPLETION_FUNCTION,
        .label = unit->name,
        .detail = arena_copy_text(&s->arena, textbuf_text(&form)),
        .doc = TEXT("a function of this script")};
    textbuf_free(&form);
    return out->detail.ptr != NULL;
  }
  const enum action_id id = action_find(name);
  if (describe_builtin(s, name, is_method, out)) {
    return true;
  }
  if (id == ACTIONS) {
    return false;
  }
  const struct action_info *a = action_info(id);
  *out = (struct completion){COMPLETION_ACTION, a->name, a->form, a->doc};
  return true;
}
