/* Members of queues and agents, as people type their values. */
#include "simulate/change_priv.h"

/* The same value in the forms that a member may have. */
enum spelling {
  SPELLING_JSON,   /* 30, true, [ … ] */
  SPELLING_TEXT,   /* most_skilled */
  SPELLING_LIST,   /* sales,billing */
  SPELLING_OBJECT, /* chat:2,voice:1 */
  SPELLINGS
};

static void put_number_or_text(struct json_out *o, struct text t) {
  int64_t n;
  if (text_to_i64(t, &n)) {
    json_put_i64(o, n);
  } else {
    json_put_text(o, t);
  }
}

/* "chat:2" as a member, "sales:3" in a list as a skill with its proficiency. */
static void put_element(struct json_out *o, struct text one, bool list) {
  const size_t colon = text_find(one, TEXT(":"), 0);
  const struct text name = text_trim(text_sub(one, 0, colon));
  const struct text rest = text_trim(text_sub(one, colon + 1, one.len));
  if (!list) {
    json_key_text(o, name);
    put_number_or_text(o, rest);
  } else if (colon == one.len) {
    json_put_text(o, name);
  } else {
    json_open_object(o);
    json_key(o, "name");
    json_put_text(o, name);
    json_key(o, "proficiency");
    put_number_or_text(o, rest);
    json_close_object(o);
  }
}

static void put_elements(struct json_out *o, struct text value, bool list) {
  for (size_t at = 0; at <= value.len;) {
    const size_t end = text_find(value, TEXT(","), at);
    put_element(o, text_trim(text_sub(value, at, end - at)), list);
    at = end + 1;
  }
}

static void put_value(struct json_out *o, struct text value,
                      enum spelling how) {
  switch (how) {
  case SPELLING_JSON:
    json_put_raw(o, value);
    break;
  case SPELLING_TEXT:
    json_put_text(o, value);
    break;
  case SPELLING_LIST:
    json_open_list(o);
    put_elements(o, value, true);
    json_close_list(o);
    break;
  case SPELLING_OBJECT:
    json_open_object(o);
    put_elements(o, value, false);
    json_close_object(o);
    break;
  case SPELLINGS:
    break;
  }
}

/* The object with the member anew; without it if the value is empty. */
static struct text patch(const struct edit *e, const struct json *old,
                         struct text member, enum spelling how) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, e->c->arena->mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  for (const struct json *m = old->first; m != NULL; m = m->next) {
    if (!text_equal(m->key, member)) {
      json_key_text(&o, m->key);
      json_put_tree(&o, m);
    }
  }
  if (e->value.len > 0) {
    json_key_text(&o, member);
    put_value(&o, e->value, how);
  }
  json_close_object(&o);
  const struct text kept = b.failed
                               ? (struct text){NULL, 0}
                               : arena_copy_text(e->c->arena, textbuf_text(&b));
  textbuf_free(&b);
  return kept;
}

/* ---- names in it */

static const struct {
  enum config_member member;
  enum config_object of;
  const char *what;
} texts[] = {{CONFIG_QUEUE_OVERFLOW, CONFIG_QUEUE, "queue"},
             {CONFIG_QUEUE_HOURS, CONFIG_HOURS, "calendar"}},
  lists[] = {{CONFIG_QUEUE_AGENTS, CONFIG_AGENT, "agent"},
             {CONFIG_QUEUE_OWNERS, CONFIG_AGENT, "agent"},
             {CONFIG_AGENT_QUEUES, CONFIG_QUEUE, "queue"}};

static bool is_of(enum config_member member, enum config_object kind) {
  return (member >= CONFIG_AGENT_ID) == (kind == CONFIG_AGENT);
}

/* Each name of a list. */
static enum bt_err check_list(const struct edit *e, const struct json *list,
                              enum config_object of, const char *what) {
  for (const struct json *n = list == NULL ? NULL : list->first; n != NULL;
       n = n->next) {
    if (edit_object(e->c, of, n->text) == NULL) {
      return edit_refuse_name(e, of, what, n->text);
    }
  }
  return BT_ERR_OK;
}

static enum bt_err check_skills(const struct edit *e, const struct json *list) {
  enum bt_err err = BT_ERR_OK;
  for (const struct json *n = list == NULL ? NULL : list->first;
       err == BT_ERR_OK && n != NULL; n = n->next) {
    err = edit_require_skill(e, config_skill_name(n));
  }
  return err;
}

static enum bt_err check_names(const struct edit *e, const struct json *v,
                               enum config_object kind) {
  enum bt_err err = check_skills(e, config_list(v, kind == CONFIG_AGENT
                                                       ? CONFIG_AGENT_SKILLS
                                                       : CONFIG_QUEUE_SKILLS));
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    const struct text name = is_of(texts[i].member, kind)
                                 ? config_text(v, texts[i].member)
                                 : TEXT("");
    if (err == BT_ERR_OK && name.len > 0 &&
        edit_object(e->c, texts[i].of, name) == NULL) {
      err = edit_refuse_name(e, texts[i].of, texts[i].what, name);
    }
  }
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    if (err == BT_ERR_OK && is_of(lists[i].member, kind)) {
      err = check_list(e, config_list(v, lists[i].member), lists[i].of,
                       lists[i].what);
    }
  }
  return err;
}

/* ---- together */

static bool is_json(const struct edit *e) {
  struct json *tree = NULL;
  return json_parse(e->c->arena, e->value, JSON_DEPTH_DEFAULT, &tree, NULL) ==
         BT_ERR_OK;
}

enum bt_err edit_member(const struct edit *e, struct simulate_object *o,
                        struct text member) {
  struct json *old = NULL, *new = NULL;
  struct config_error error = {"", ""};
  const bool json = is_json(e);
  if (json_parse(e->c->arena, o->json, JSON_DEPTH_DEFAULT, &old, NULL) !=
      BT_ERR_OK) {
    return BT_ERR_NOMEM;
  }
  if (text_equal(member, TEXT("id"))) {
    return edit_refuse(e, "an id is a name that others use: it stays");
  }
  for (unsigned how = json ? SPELLING_JSON : SPELLING_TEXT; how < SPELLINGS;
       how++) {
    struct config_error now;
    const struct text text = patch(e, old, member, (enum spelling)how);
    if (text.ptr == NULL || json_parse(e->c->arena, text, JSON_DEPTH_DEFAULT,
                                       &new, NULL) != BT_ERR_OK) {
      continue;
    }
    if (config_check(o->kind, new, 0, &now)) {
      o->json = text;
      return check_names(e, new, o->kind);
    }
    error = error.message[0] == '\0' ? now : error;
  }
  return edit_refuse(e, "%s", error.message);
}
