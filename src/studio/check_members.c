/* Members under another case than the script, or an answer, gives them. */
#include "base/map.h"
#include "studio/action.h"
#include "studio/checker_priv.h"

/* One spelling of a member of one variable, where the script sets it. */
struct spelling {
  const struct survey_var *of;
  const struct expr *first; /* the first place */
  bool several;             /* places */
  uint32_t next;            /* spelling of the same letters; MAP_NONE: none */
};

/* All of them, found by variable and letters in any case: a file may set and
 * read ten thousand members. */
struct spellings {
  const struct mem *mem;
  struct spelling *items;
  size_t count, cap;
  struct map index;
  bool failed;
};

/* ---- what is set */

static uint64_t hash_of(const struct checker *c, const struct survey_var *of,
                        struct text name) {
  return hash_u64((uint64_t)(of - c->survey.vars)) ^ hash_text_nocase(name);
}

static bool same_letters(const void *ctx, uint32_t value, const void *key) {
  const struct spellings *all = ctx;
  const struct spelling *wanted = key, *s = &all->items[value];
  return s->of == wanted->of &&
         text_equal_nocase(s->first->text, wanted->first->text);
}

static struct spelling *find(const struct spellings *all, uint32_t at,
                             struct text exact) {
  while (at != MAP_NONE && !text_equal(all->items[at].first->text, exact)) {
    at = all->items[at].next;
  }
  return at == MAP_NONE ? NULL : &all->items[at];
}

static void add(struct checker *c, struct spellings *all,
                const struct survey_var *of, const struct expr *member) {
  struct spelling new = {.of = of, .first = member, .next = MAP_NONE};
  const uint64_t hash = hash_of(c, of, member->text);
  const uint32_t head = map_get(&all->index, hash, &new);
  struct spelling *there = find(all, head, member->text);
  if (there != NULL) {
    there->several = true;
    return;
  }
  const uint32_t at = (uint32_t)all->count;
  if (!mem_grow(all->mem, &all->items, &all->cap, all->count + 1,
                sizeof *all->items) ||
      (head == MAP_NONE && !map_put(&all->index, hash, at))) {
    all->failed = true;
    return;
  }
  if (head != MAP_NONE) {
    new.next = all->items[head].next;
    all->items[head].next = at;
  }
  all->items[all->count++] = new;
}

/* Of o.a.b = 1 and o.a[1].x = 1 it is a that o has from then on. */
static const struct expr *outermost(const struct expr *target) {
  while ((target->kind == EXPR_MEMBER || target->kind == EXPR_INDEX) &&
         target->left->kind != EXPR_NAME) {
    target = target->left;
  }
  return target;
}

static void collect(struct checker *c, struct spellings *all) {
  for (size_t i = 0; i < c->survey.count && !all->failed; i++) {
    const struct survey_var *v = &c->survey.vars[i];
    for (const struct survey_set *s = v->members; s != NULL; s = s->next) {
      const struct expr *member = outermost(s->target);
      if (member->kind == EXPR_MEMBER) {
        add(c, all, v, member);
      }
    }
  }
}

/* ---- what is read */

#define MEMBER_OF_ANSWER(name) {#name, sizeof(#name) - 1},
#define MEMBER_ANSWER(name)    MEMBER_OF_ANSWER(name)
#define MEMBER_SESSION(name)
#define MEMBER_ASKED(name)
#define MEMBER_CHOSEN(name)
#define MEMBER_PROXY(name)
#define MEMBER_HAPPENED(name)
#define MEMBER(object, name, doc) MEMBER_##object(name)
static const struct text answer_members[] = {
#include "studio/members.def"
};
#undef MEMBER_SESSION
#define MEMBER_SESSION(name) MEMBER_OF_ANSWER(name)
static const struct text info_members[] = {
#include "studio/members.def"
};
#undef MEMBER_SESSION
#undef MEMBER_ANSWER
#undef MEMBER_PROXY
#define MEMBER_SESSION(name)
#define MEMBER_ANSWER(name)
#define MEMBER_PROXY(name) MEMBER_OF_ANSWER(name)
static const struct text proxy_members[] = {
#include "studio/members.def"
};
#undef MEMBER

enum { INFO_MEMBERS = sizeof info_members / sizeof info_members[0] };

/* As it is spelled elsewhere; .found when it is spelled so, too. */
struct other {
  struct text exact;
  bool found;
};

static void try_names(struct other *o, const struct text *names, size_t count,
                      struct text written) {
  for (size_t i = 0; i < count; i++) {
    if (text_equal(names[i], written)) {
      o->found = true;
    } else if (text_equal_nocase(names[i], written)) {
      o->exact = names[i];
    }
  }
}

/* The place itself does not count: it may be where the member is set. */
static void try_spellings(const struct checker *c, struct other *o,
                          const struct survey_var *v, const struct expr *e) {
  const struct spellings *all = c->spellings;
  const struct spelling wanted = {.of = v, .first = e};
  uint32_t at = map_get(&all->index, hash_of(c, v, e->text), &wanted);
  for (; at != MAP_NONE; at = all->items[at].next) {
    const struct spelling *s = &all->items[at];
    if (!text_equal(s->first->text, e->text)) {
      o->exact = s->first->text;
    } else if (s->several || s->first != e) {
      o->found = true;
    }
  }
}

static bool is_info(const struct expr *e) {
  return checker_is_action(e, ACTION_GET_SESSION_INFO);
}

static void report_unknown_member(struct checker *c, const struct expr *e) {
  struct textbuf hint;
  textbuf_init(&hint, c->reporter.diags->arena.mem);
  report(&c->reporter,
         (struct finding){.code = DIAGNOSTIC_CODE_UNKNOWN_MEMBER,
                          .at = e->at,
                          .hint = report_nearest(&hint, e->text, info_members,
                                                 INFO_MEMBERS)},
         "GetSessionInfo() tells nothing that is called '%.*s': it reads as "
         "null",
         TEXT_ARG(e->text));
  textbuf_free(&hint);
}

/* The members of what the variable is given, as far as that is known. */
static void try_given(struct other *o, const struct survey_var *v,
                      struct text written) {
  if (v->gives & SURVEY_GIVES_PROXY) {
    try_names(o, proxy_members, sizeof proxy_members / sizeof proxy_members[0],
              written);
  }
  if (v->gives & SURVEY_GIVES_INFO) {
    try_names(o, info_members, INFO_MEMBERS, written);
  }
  if (v->gives & SURVEY_GIVES_ANSWER) {
    try_names(o, answer_members,
              sizeof answer_members / sizeof answer_members[0], written);
  }
}

static void look_at_member(struct checker *c, const struct unit *unit,
                           const struct expr *e) {
  if (e->kind != EXPR_MEMBER || e->left->kind != EXPR_NAME) {
    return;
  }
  const struct survey_var *v = survey_find(&c->survey, unit, e->left);
  struct other other = {0};
  try_given(&other, v, e->text);
  try_spellings(c, &other, v, e);
  if (!other.found && other.exact.len > 0) {
    report(&c->reporter,
           (struct finding){.code = DIAGNOSTIC_CODE_MEMBER_CASE,
                            .at = e->at,
                            .hint = TEXT("members are case-sensitive")},
           "'%.*s' has a member '%.*s', and none '%.*s'", TEXT_ARG(v->name),
           TEXT_ARG(other.exact), TEXT_ARG(e->text));
  } else if (!other.found && !text_starts(e->text, TEXT("$")) &&
             v->members == NULL && checker_always(c, unit, e->left, is_info)) {
    report_unknown_member(c, e);
  }
}

void check_members(struct checker *c) {
  struct spellings all = {.mem = c->arena.mem};
  map_init(&all.index, all.mem, same_letters, &all);
  collect(c, &all);
  c->spellings = &all;
  if (!all.failed) {
    checker_walk(c, look_at_member);
  }
  c->spellings = NULL;
  c->failed = c->failed || all.failed;
  map_free(&all.index);
  mem_free(all.mem, all.items, all.cap * sizeof *all.items);
}
