/* More agents, and fewer. */
#include <stdio.h>
#include <string.h>

#include "simulate/change_priv.h"

enum { AGENTS_MAX = 10000 };

static const struct text no_skills = {"", 0};

/* The @n-th agent. */
static const struct simulate_object *agent_at(const struct simulate_changed *c,
                                              size_t n) {
  for (size_t i = 0; i < c->object_count; i++) {
    if (c->objects[i].kind == CONFIG_AGENT && n-- == 0) {
      return &c->objects[i];
    }
  }
  return NULL;
}

static void put_skills(struct json_out *o, struct text skills) {
  json_key(o, "skills");
  json_open_list(o);
  for (size_t at = 0; at <= skills.len;) {
    const size_t end = text_find(skills, TEXT(","), at);
    const struct text one = text_trim(text_sub(skills, at, end - at));
    const size_t colon = text_find(one, TEXT(":"), 0);
    int64_t level = ROUTER_PROFICIENCY_BEST;
    (void)text_to_i64(text_sub(one, colon + 1, one.len), &level);
    json_open_object(o);
    json_key(o, "name");
    json_put_text(o, text_sub(one, 0, colon));
    json_key(o, "proficiency");
    json_put_i64(o, level);
    json_close_object(o);
    at = end + 1;
  }
  json_close_list(o);
}

/* The agent's object under another id, and with other skills for all queues if
 * some are named. */
static struct text write_agent(const struct edit *e, const struct json *old,
                               struct text id, struct text skills) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, e->c->arena->mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "id");
  json_put_text(&o, id);
  for (const struct json *m = old->first; m != NULL; m = m->next) {
    const bool replaced = text_equal(m->key, TEXT("skills")) ||
                          text_equal(m->key, TEXT("queues"));
    if (!text_equal(m->key, TEXT("id")) && !text_equal(m->key, TEXT("name")) &&
        !(replaced && skills.len > 0)) {
      json_key_text(&o, m->key);
      json_put_tree(&o, m);
    }
  }
  if (skills.len > 0) {
    put_skills(&o, skills);
  }
  json_close_object(&o);
  const struct text json = arena_copy_text(e->c->arena, textbuf_text(&b));
  textbuf_free(&b);
  return json;
}

/* Room for one element more in a list that lives in the arena. */
static void *grow(struct arena *arena, void *list, size_t *cap, size_t count,
                  size_t size) {
  if (count < *cap) {
    return list;
  }
  const size_t more = *cap * 2 + 16;
  char *grown = arena_alloc(arena, more * size);
  if (grown != NULL) {
    if (count > 0) {
      memcpy(grown, list, count * size);
    }
    *cap = more;
  }
  return grown;
}

static enum bt_err copy_shifts(struct simulate_changed *c, struct text from,
                               struct text to) {
  const size_t before = c->shift_count;
  for (size_t i = 0; i < before; i++) {
    if (!text_equal_nocase(c->shifts[i].agent, from)) {
      continue;
    }
    c->shifts = grow(c->arena, c->shifts, &c->shift_cap, c->shift_count,
                     sizeof *c->shifts);
    if (c->shifts == NULL) {
      return BT_ERR_NOMEM;
    }
    c->shifts[c->shift_count] = c->shifts[i];
    c->shifts[c->shift_count++].agent = to;
  }
  return BT_ERR_OK;
}

/* What was said of skills may be none: too many, or names that are too long. */
static enum bt_err check_agent(const struct edit *e, struct text json) {
  struct json *agent = NULL;
  struct config_error why;
  if (json_parse(e->c->arena, json, JSON_DEPTH_DEFAULT, &agent, NULL) !=
      BT_ERR_OK) {
    return BT_ERR_NOMEM;
  }
  return config_check(CONFIG_AGENT, agent, 0, &why)
             ? BT_ERR_OK
             : edit_refuse(e, "an agent cannot have these skills: \"%s\": %s",
                           why.pointer, why.message);
}

static enum bt_err add_agent(const struct edit *e,
                             const struct simulate_object *model,
                             struct text skills) {
  struct simulate_changed *c = e->c;
  struct json *old = NULL;
  char name[192];
  (void)snprintf(name, sizeof name, "%.*s+%u",
                 TEXT_ARG(utf8_cut(model->id, 120)), ++c->added);
  const struct text from = model->id;
  struct simulate_object new = {.kind = CONFIG_AGENT};
  new.id = arena_copy_text(c->arena, text_from(name));
  if (json_parse(c->arena, model->json, JSON_DEPTH_DEFAULT, &old, NULL) !=
      BT_ERR_OK) {
    return BT_ERR_NOMEM;
  }
  new.json = write_agent(e, old, new.id, skills);
  c->objects = grow(c->arena, c->objects, &c->object_cap, c->object_count,
                    sizeof *c->objects);
  if (c->objects == NULL || new.json.ptr == NULL || new.id.ptr == NULL) {
    return BT_ERR_NOMEM;
  }
  if (skills.len > 0) {
    const enum bt_err err = check_agent(e, new.json);
    if (err != BT_ERR_OK) {
      return err;
    }
  }
  c->objects[c->object_count++] = new;
  c->agent_count++;
  return skills.len > 0 ? BT_ERR_OK : copy_shifts(c, from, new.id);
}

static enum bt_err add_agents(const struct edit *e, int64_t count,
                              struct text skills) {
  const size_t before = e->c->agent_count;
  enum bt_err err = BT_ERR_OK;
  if (before == 0) {
    return edit_refuse(e, "the centre has no agent that another could be like");
  }
  for (int64_t i = 0; err == BT_ERR_OK && i < count; i++) {
    const size_t like = skills.len > 0 ? 0 : (size_t)i % before;
    err = add_agent(e, agent_at(e->c, like), skills);
  }
  return err;
}

static void remove_last(struct simulate_changed *c) {
  size_t last = c->object_count;
  while (last > 0 && c->objects[last - 1].kind != CONFIG_AGENT) {
    last--;
  }
  const struct text id = c->objects[last - 1].id;
  size_t kept = 0;
  for (size_t i = 0; i < c->shift_count; i++) {
    if (!text_equal_nocase(c->shifts[i].agent, id)) {
      c->shifts[kept++] = c->shifts[i];
    }
  }
  c->shift_count = kept;
  for (size_t i = last; i < c->object_count; i++) {
    c->objects[i - 1] = c->objects[i];
  }
  c->object_count--;
  c->agent_count--;
}

/* "sales", or "sales:3" with a proficiency. */
static enum bt_err check_skill(const struct edit *e, struct text one) {
  const size_t colon = text_find(one, TEXT(":"), 0);
  const struct text name = text_sub(one, 0, colon);
  int64_t level = ROUTER_PROFICIENCY_BEST;
  if (name.len == 0 || name.len > 128) {
    return edit_refuse(e, "a skill's name is missing, or too long");
  }
  if (colon < one.len &&
      (!text_to_i64(text_sub(one, colon + 1, one.len), &level) ||
       level < ROUTER_PROFICIENCY_BEST || level > ROUTER_PROFICIENCY_WORST)) {
    return edit_refuse(e, "\"%.*s\": a proficiency is a whole number 1 … 20",
                       TEXT_ARG(one));
  }
  return edit_require_skill(e, name);
}

static enum bt_err check_skills(const struct edit *e, struct text skills) {
  enum bt_err err = BT_ERR_OK;
  for (size_t at = 0; err == BT_ERR_OK && at <= skills.len;) {
    const size_t end = text_find(skills, TEXT(","), at);
    err = check_skill(e, text_trim(text_sub(skills, at, end - at)));
    at = end + 1;
  }
  return err;
}

enum bt_err edit_agents(const struct edit *e) {
  const size_t colon = text_find(e->value, TEXT(":"), 0);
  const struct text number = text_trim(text_sub(e->value, 0, colon));
  const struct text skills =
      text_trim(text_sub(e->value, colon + 1, e->value.len));
  const bool more = text_starts(number, TEXT("+"));
  int64_t count = 0;
  if ((!more && !text_starts(number, TEXT("-"))) ||
      !text_to_i64(text_sub(number, 1, number.len), &count) || count < 1 ||
      count > AGENTS_MAX) {
    return edit_refuse(e, "write how many more or fewer: agents=+2, "
                          "agents=+2:sales,billing or agents=-1");
  }
  if (more) {
    const enum bt_err err =
        colon < e->value.len ? check_skills(e, skills) : BT_ERR_OK;
    return err == BT_ERR_OK
               ? add_agents(e, count, colon < e->value.len ? skills : no_skills)
               : err;
  }
  if ((size_t)count > e->c->agent_count) {
    return edit_refuse(e, "the centre has %zu agents", e->c->agent_count);
  }
  for (int64_t i = 0; i < count; i++) {
    remove_last(e->c);
  }
  return BT_ERR_OK;
}
