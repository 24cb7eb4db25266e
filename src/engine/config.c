#include "engine/config.h"

#include <math.h>

#include "base/check.h"
#include "engine/config_priv.h"

/* The words of config.def's tables. */
#define REQUIRED NULL
static const struct config_info infos[CONFIG_MEMBERS] = {
#define MEMBER(o, n, w, k, lo, hi, def, d)                                     \
  {.object = CONFIG_##o,                                                       \
   .kind = CONFIG_KIND_##k,                                                    \
   .wire = (w),                                                                \
   .min = (lo),                                                                \
   .max = (hi),                                                                \
   .fallback = (def)},
#include "engine/config.def"
#undef MEMBER
};
#undef REQUIRED

const struct config_info *config_info(enum config_member member) {
  bt_check(member < CONFIG_MEMBERS);
  return &infos[member];
}

const char *config_object_wire(enum config_object object) {
  static const char *const wires[] = {
#define OBJECT(n, w, d) [CONFIG_##n] = (w),
#include "engine/config.def"
#undef OBJECT
  };
  bt_check(object < CONFIG_OBJECTS);
  return wires[object];
}

const struct json *config_parse(struct arena *arena, struct text config) {
  struct json *tree = NULL;
  const enum bt_err err =
      json_parse(arena, config, JSON_DEPTH_DEFAULT, &tree, NULL);
  bt_check(err == BT_ERR_OK);
  return tree;
}

/* The member, unless it is left out or null. */
static const struct json *find(const struct json *value,
                               enum config_member member) {
  const struct json *m =
      json_member(value, text_from(config_info(member)->wire));
  return m == NULL || m->type == JSON_NULL ? NULL : m;
}

static struct text fallback(enum config_member member) {
  const struct config_info *info = config_info(member);
  bt_check(info->fallback != NULL);
  return text_from(info->fallback);
}

struct text config_text(const struct json *value, enum config_member member) {
  const struct json *m = find(value, member);
  return m == NULL ? fallback(member) : m->text;
}

int64_t config_num(const struct json *value, enum config_member member) {
  const struct json *m = find(value, member);
  if (m != NULL) {
    return m->i;
  }
  int64_t n = 0;
  bt_check(text_to_i64(fallback(member), &n));
  return n;
}

static double number(const struct json *value, enum config_member member) {
  const struct json *m = find(value, member);
  double n = 0;
  if (m != NULL) {
    return m->d;
  }
  bt_check(text_to_double(fallback(member), &n));
  return n;
}

int64_t config_ms(const struct json *value, enum config_member member) {
  return llround(number(value, member) * 1000);
}

int64_t config_hundredths(const struct json *value, enum config_member member) {
  return llround(number(value, member) * 100);
}

int64_t config_ring_after_ms(const struct json *ring) {
  const struct json *after = json_member(ring, TEXT("after"));
  bt_check(after != NULL);
  return llround(after->d * 1000);
}

uint32_t config_ring_proficiency(const struct json *ring) {
  const struct json *p = json_member(ring, TEXT("proficiency"));
  return p == NULL || p->type == JSON_NULL ? 0 : (uint32_t)p->i;
}

static const struct json *list_in(const struct json *ring, struct text name) {
  const struct json *list = json_member(ring, name);
  return list == NULL || list->type == JSON_NULL ? NULL : list;
}

const struct json *config_ring_without(const struct json *ring) {
  return list_in(ring, TEXT("without"));
}

const struct json *config_ring_agents(const struct json *ring) {
  return list_in(ring, TEXT("agents"));
}

size_t config_words(enum config_kind kind, struct text names[CONFIG_WORDS],
                    enum config_word words[CONFIG_WORDS]) {
  static const struct {
    enum config_kind kind;
    struct text wire;
  } all[CONFIG_WORDS] = {
#define WORD(k, n, w)                                                          \
  [CONFIG_##k##_##n] = {CONFIG_KIND_##k, {(w), sizeof(w) - 1}},
#include "engine/config.def"
#undef WORD
  };
  size_t count = 0;
  for (uint32_t i = 0; i < CONFIG_WORDS; i++) {
    if (all[i].kind == kind) {
      words[count] = (enum config_word)i;
      names[count++] = all[i].wire;
    }
  }
  return count;
}

enum config_word config_word(const struct json *value,
                             enum config_member member) {
  struct text names[CONFIG_WORDS];
  enum config_word words[CONFIG_WORDS];
  const struct text found = config_text(value, member);
  const size_t count = config_words(config_info(member)->kind, names, words);
  for (size_t i = 0; i < count; i++) {
    if (text_equal_nocase(found, names[i])) {
      return words[i];
    }
  }
  bt_check_failed("a word of the member", __FILE__, __LINE__, __func__);
}

bool config_flag(const struct json *value, enum config_member member) {
  const struct json *m = find(value, member);
  return m == NULL ? text_equal(fallback(member), TEXT("true"))
                   : m->type == JSON_TRUE;
}

const struct json *config_list(const struct json *value,
                               enum config_member member) {
  return find(value, member);
}

int64_t config_announcement_ms(const struct json *element, struct text member) {
  const struct json *n = json_member(element, member);
  return n == NULL || n->type == JSON_NULL ? 0 : llround(n->d * 1000);
}

struct text config_announcement_text(const struct json *element) {
  const struct json *t = json_member(element, TEXT("text"));
  bt_check(t != NULL);
  return t->text;
}

struct text config_announcement_word(size_t i) {
  static const struct text words[] = {
      {"position", 8}, {"minutes", 7}, {"queue", 5}};
  return i < sizeof words / sizeof words[0] ? words[i] : TEXT("");
}

struct text config_skill_name(const struct json *element) {
  if (element->type == JSON_TEXT) {
    return element->text;
  }
  const struct json *name = json_member(element, TEXT("name"));
  bt_check(name != NULL);
  return name->text;
}

uint32_t config_skill_level(const struct json *element, uint32_t if_missing) {
  const struct json *level = json_member(element, TEXT("proficiency"));
  return level == NULL || level->type == JSON_NULL ? if_missing
                                                   : (uint32_t)level->i;
}
