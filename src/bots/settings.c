#include "bots/settings.h"

#include <string.h>

#include "base/check.h"

static const struct bot_kind_info kinds[BOT_KINDS] = {
#define BOT_KIND(name, wire, ops, doc) {(wire), (doc)},
#include "bots/options.def"
#undef BOT_KIND
};

/* One more than there are: a table without rows is no C. */
static const struct bot_option_info options[BOT_OPTIONS + 1] = {
#define REQUIRED NULL
#define BOT_OPTION(kind, name, wire, type, min, max, def, doc)                 \
  {BOT_##kind, (wire), BOT_TYPE_##type, (min), (max), (def)},
#include "bots/options.def"
#undef BOT_OPTION
#undef REQUIRED
    {BOT_KINDS, "", BOT_TYPE_TEXT, 0, 0, ""}};

const struct bot_kind_info *bot_kind_info(enum bot_kind kind) {
  bt_check(kind < BOT_KINDS);
  return &kinds[kind];
}

const struct bot_option_info *bot_option_info(enum bot_option option) {
  bt_check(option < BOT_OPTIONS);
  return &options[option];
}

enum bot_option bot_option_find(enum bot_kind kind, struct text wire) {
  unsigned i = 0;
  while (i < BOT_OPTIONS && (options[i].kind != kind ||
                             !text_equal(wire, text_from(options[i].wire)))) {
    i++;
  }
  return (enum bot_option)i;
}

/* ---- defaults */

static bool default_number(const struct bot_option_info *info, int64_t *out) {
  double d = 0;
  if (!text_to_double(text_from(info->def), &d)) {
    return false;
  }
  *out = (int64_t)(info->type == BOT_TYPE_SECONDS ? d * 1000 : d);
  return true;
}

bool bot_value_default(enum bot_option option, struct bot_value *out) {
  const struct bot_option_info *info = bot_option_info(option);
  *out = (struct bot_value){.text = text_from(info->def)};
  switch (info->type) {
  case BOT_TYPE_FLAG:
    out->num = info->def != NULL && strcmp(info->def, "true") == 0;
    break;
  case BOT_TYPE_NUM:
  case BOT_TYPE_SECONDS:
    bt_check(info->def == NULL || default_number(info, &out->num));
    break;
  case BOT_TYPE_CHOICE:
    out->text = text_sub(out->text, 0, text_find(out->text, TEXT("|"), 0));
    break;
  case BOT_TYPE_JSON:
  case BOT_TYPE_TEXT:
  case BOT_TYPE_URL:
  case BOT_TYPE_SECRET:
  case BOT_TYPE_WORDS:
  case BOT_TYPE_HEADERS:
    break;
  }
  return info->def != NULL;
}

/* ---- whole settings */

static bool values_equal(const struct bot_value *a, const struct bot_value *b) {
  if (a->given != b->given || a->num != b->num || a->count != b->count ||
      !text_equal(a->text, b->text)) {
    return false;
  }
  for (size_t i = 0; i < a->count; i++) {
    if (!text_equal(a->list[i], b->list[i])) {
      return false;
    }
  }
  return true;
}

bool bot_settings_equal(const struct bot_settings *a,
                        const struct bot_settings *b) {
  bool equal = a->kind == b->kind; /* ids may be written in either case */
  for (unsigned i = 0; equal && i < BOT_OPTIONS; i++) {
    equal = values_equal(&a->values[i], &b->values[i]);
  }
  return equal;
}

static bool copy_list(struct arena *arena, struct bot_value *v) {
  if (v->count == 0) {
    return true;
  }
  struct text *list = arena_alloc(arena, v->count * sizeof *list);
  for (size_t i = 0; list != NULL && i < v->count; i++) {
    list[i] = arena_copy_text(arena, v->list[i]);
    if (list[i].ptr == NULL) {
      return false;
    }
  }
  v->list = list;
  return list != NULL;
}

bool bot_settings_copy(struct arena *arena, const struct bot_settings *from,
                       struct bot_settings *out) {
  *out = *from;
  out->id = arena_copy_text(arena, from->id);
  bool good = out->id.ptr != NULL;
  for (unsigned i = 0; good && i < BOT_OPTIONS; i++) {
    struct bot_value *v = &out->values[i];
    v->text = arena_copy_text(arena, v->text);
    good = v->text.ptr != NULL && copy_list(arena, v);
  }
  return good;
}

/* ---- readers */

size_t bot_setting_words(const struct bot_settings *s, enum bot_option o,
                         struct text *out, size_t max) {
  const struct bot_value *v = &s->values[o];
  struct text rest = v->given ? TEXT("") : v->text;
  size_t count = 0;
  for (; v->given && count < v->count && count < max; count++) {
    out[count] = v->list[count];
  }
  while (rest.len > 0 && count < max) {
    const size_t end = text_find(rest, TEXT("|"), 0);
    out[count++] = text_sub(rest, 0, end);
    rest = text_sub(rest, end + 1, rest.len);
  }
  return count;
}

struct text bot_setting_text(const struct bot_settings *s, enum bot_option o) {
  return s->values[o].text;
}

int64_t bot_setting_num(const struct bot_settings *s, enum bot_option o) {
  return s->values[o].num;
}

bool bot_setting_flag(const struct bot_settings *s, enum bot_option o) {
  return s->values[o].num != 0;
}
