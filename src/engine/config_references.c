/* Which things a configured object names: the rules are those of config.def. */
#include "engine/config_priv.h"
#include "engine/wording_priv.h"

static const struct {
  enum config_member member;
  uint32_t named;
} references[] = {
#define REFERENCE(o, m, n) {CONFIG_##o##_##m, CONFIG_##n},
#include "engine/config.def"
#undef REFERENCE
};

enum { REFERENCES = sizeof references / sizeof references[0] };

const char *config_named_word(uint32_t named) {
  static const char *const words[CONFIG_NAMED] = {
      [CONFIG_SKILL] = "skill",
      [CONFIG_QUEUE] = "queue",
      [CONFIG_AGENT] = "agent",
      [CONFIG_BOT] = "bot",
      [CONFIG_ENTRY] = "entry point",
      [CONFIG_HOURS] = "calendar",
      [CONFIG_DISPOSITION] = "disposition",
      [CONFIG_SCRIPT] = "script",
      [CONFIG_DESK] = "desk"};
  return words[named];
}

struct text config_prefix_of(struct text name) {
  static const struct text prefixes[] = {
      {"agent:", 6}, {"bot:", 4}, {"skill:", 6}, {"sip:", 4}};
  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
    if (text_starts(name, prefixes[i])) {
      return prefixes[i];
    }
  }
  return TEXT("");
}

struct telling {
  config_reference_fn *tell;
  void *ctx;
  uint32_t named;
  struct wording pointer;
  char place[256];
};

/* Says one, if it is a text, and forgets the last steps of its place. */
static bool tell_text(struct telling *t, const struct json *at,
                      struct wording outer) {
  const struct config_reference r = {
      .named = t->named, .at = at, .pointer = t->place};
  bool more = true;
  if (at != NULL && at->type == JSON_TEXT && at->text.len > 0) {
    struct config_reference one = r;
    one.name = at->text;
    more = t->tell(t->ctx, &one);
  }
  t->pointer = outer;
  t->place[outer.len] = '\0';
  return more;
}

/* A skill is a text, or an object with a name. */
static bool tell_element(struct telling *t, const struct json *e,
                         size_t index) {
  const struct wording outer = t->pointer;
  wording_add_index(&t->pointer, index);
  if (e->type == JSON_OBJECT) {
    wording_add_step(&t->pointer, TEXT("name"));
    return tell_text(t, json_member(e, TEXT("name")), outer);
  }
  return tell_text(t, e, outer);
}

/* A text, or a list of elements. NULL: names nothing. */
static bool tell_member(struct telling *t, const struct json *m,
                        const char *wire) {
  const struct wording outer = t->pointer;
  bool more = true;
  if (m == NULL) {
    return true;
  }
  wording_add_step(&t->pointer, text_from(wire));
  if (m->type != JSON_LIST) {
    return tell_text(t, m, outer);
  }
  size_t index = 0;
  for (const struct json *e = m->first; more && e != NULL; e = e->next) {
    more = tell_element(t, e, index++);
  }
  t->pointer = outer;
  t->place[outer.len] = '\0';
  return more;
}

static bool tell_rings(struct telling *t, const struct json *rings,
                       const char *wire) {
  const struct wording outer = t->pointer;
  bool more = true;
  size_t index = 0;
  if (rings == NULL || rings->type != JSON_LIST) {
    return true;
  }
  wording_add_step(&t->pointer, text_from(wire));
  const struct wording list = t->pointer;
  for (const struct json *g = rings->first; more && g != NULL; g = g->next) {
    wording_add_index(&t->pointer, index++);
    t->named = CONFIG_SKILL;
    more = tell_member(t, json_member(g, TEXT("without")), "without");
    t->named = CONFIG_AGENT;
    more = more && tell_member(t, json_member(g, TEXT("agents")), "agents");
    t->pointer = list;
    t->place[list.len] = '\0';
  }
  t->pointer = outer;
  t->place[outer.len] = '\0';
  return more;
}

/* Lists of skills, and rings, of the object. */
static bool tell_by_kind(struct telling *t, enum config_object object,
                         const struct json *value) {
  bool more = true;
  for (uint32_t i = 0; more && i < CONFIG_MEMBERS; i++) {
    const struct config_info *info = config_info((enum config_member)i);
    const struct json *m = info->object == object
                               ? json_member(value, text_from(info->wire))
                               : NULL;
    if (m != NULL && info->kind == CONFIG_KIND_SKILLS) {
      t->named = CONFIG_SKILL;
      more = tell_member(t, m, info->wire);
    } else if (m != NULL && info->kind == CONFIG_KIND_RINGS) {
      more = tell_rings(t, m, info->wire);
    }
  }
  return more;
}

bool config_each_reference(enum config_object object, const struct json *value,
                           config_reference_fn *tell, void *ctx) {
  struct telling t = {.tell = tell, .ctx = ctx};
  wording_begin(&t.pointer, t.place, sizeof t.place);
  for (size_t i = 0; i < REFERENCES; i++) {
    const struct config_info *info = config_info(references[i].member);
    t.named = references[i].named;
    if (info->object == object &&
        !tell_member(&t, json_member(value, text_from(info->wire)),
                     info->wire)) {
      return false;
    }
  }
  return tell_by_kind(&t, object, value);
}
