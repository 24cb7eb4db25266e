#include "engine/record.h"

#include <stddef.h>

const struct field_info field_infos[FIELDS] = {
#define FIELD(n, w, k, lo, hi, d)                                              \
  [FIELD_##n] = {.name = #n,                                                   \
                 .wire = (w),                                                  \
                 .kind = KIND_##k,                                             \
                 .min = (lo),                                                  \
                 .max = (hi),                                                  \
                 .doc = (d)},
#include "engine/field.def"
#undef FIELD
};

const uint8_t field_kinds[FIELDS] = {
#define FIELD(n, w, kind, lo, hi, d) [FIELD_##n] = KIND_##kind,
#include "engine/field.def"
#undef FIELD
};

void record_init(struct record *r, uint32_t type) {
  r->type = type;
  for (size_t i = 0; i < RECORD_WORDS; i++) {
    r->has[i] = 0;
  }
}

static void mark(struct record *r, enum field f) {
  r->has[f / 64] |= UINT64_C(1) << (f % 64);
}

int64_t record_num(const struct record *r, enum field f) {
  return record_has(r, f) ? r->v[f].num : 0;
}

struct id record_id(const struct record *r, enum field f) {
  return record_has(r, f) ? r->v[f].id : (struct id){0};
}

struct text record_text(const struct record *r, enum field f) {
  return record_has(r, f) ? r->v[f].text : (struct text){"", 0};
}

void record_set_num(struct record *r, enum field f, int64_t n) {
  bt_check(!field_is_text(f) && field_kinds[f] != KIND_ID);
  mark(r, f);
  r->v[f].num = n;
}

void record_set_id(struct record *r, enum field f, struct id id) {
  bt_check(f < FIELDS && field_kinds[f] == KIND_ID);
  mark(r, f);
  r->v[f].id = id;
}

void record_set_text(struct record *r, enum field f, struct text t) {
  bt_check(field_is_text(f));
  mark(r, f);
  r->v[f].text = t;
}

void record_set_given(struct record *r, enum field f, struct text t) {
  if (t.len > 0) {
    record_set_text(r, f, t);
  }
}

void record_copy(struct record *r, enum field f, const struct record *from) {
  if (record_has(from, f)) {
    mark(r, f);
    r->v[f] = from->v[f];
  }
}

void record_copy_all(struct record *r, const struct record *from) {
  for (uint32_t f = record_next(from, 0); f < FIELDS;
       f = record_next(from, f + 1)) {
    record_copy(r, (enum field)f, from);
  }
}

bool record_keep_texts(struct record *r, struct arena *arena) {
  bool kept = true;
  for (uint32_t f = record_next(r, 0); f < FIELDS; f = record_next(r, f + 1)) {
    if (field_is_text((enum field)f)) {
      const struct text copy = arena_copy_text(arena, r->v[f].text);
      kept = kept && copy.ptr != NULL;
      r->v[f].text = copy.ptr == NULL ? TEXT("") : copy;
    }
  }
  return kept;
}

struct names {
  const char *const *names;
  size_t count;
};

static const char *const roles[] = {
#define X(name, wire) wire,
    ROLE_LIST(X)
#undef X
};
static const char *const channels[] = {"chat", "voice", "message"};
static const char *const whens[] = {"now", "released", "accepted"};
static const char *const requires[] = {"none", "loggedIn", "available"};

#define LEN(a) (sizeof(a) / sizeof(a)[0])

static struct names names_of(enum field_kind kind) {
  if (kind == KIND_ROLE) {
    return (struct names){roles, LEN(roles)};
  }
  if (kind == KIND_CHANNEL) {
    return (struct names){channels, LEN(channels)};
  }
  if (kind == KIND_WHEN) {
    return (struct names){whens, LEN(whens)};
  }
  if (kind == KIND_REQUIRE) {
    return (struct names){requires, LEN(requires)};
  }
  return (struct names){NULL, 0};
}

static const char *name_at(struct names n, uint32_t i) {
  bt_check(i < n.count);
  return n.names[i];
}

const char *role_name(uint32_t role) {
  return name_at(names_of(KIND_ROLE), role);
}

const char *channel_name(uint32_t channel) {
  return name_at(names_of(KIND_CHANNEL), channel);
}

const char *when_name(uint32_t when) {
  return name_at(names_of(KIND_WHEN), when);
}

const char *require_name(uint32_t require) {
  return name_at(names_of(KIND_REQUIRE), require);
}

bool field_name_to_num(enum field_kind kind, struct text t, int64_t *out) {
  const struct names n = names_of(kind);
  for (size_t i = 0; i < n.count; i++) {
    if (text_equal_nocase(t, text_from(n.names[i]))) {
      *out = (int64_t)i;
      return true;
    }
  }
  return false;
}

const char *const *field_names(enum field_kind kind, size_t *count) {
  const struct names n = names_of(kind);
  *count = n.count;
  return n.names;
}
