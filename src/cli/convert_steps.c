/* Steps in JSON, and what they are packed in. */
#include <string.h>

#include "cli/convert_step.h"

static bool is_container(const struct json *j) {
  return j->type == JSON_LIST || j->type == JSON_OBJECT;
}

static void steps_in(struct step *s, const struct json *inner) {
  if (inner != NULL) {
    convert_steps(s->c, inner, s->base);
  }
}

static void put_label(struct step *s, const char *names) {
  const struct json *label;
  while ((label = step_take(s, names)) != NULL) {
    const struct text t =
        label->type == JSON_TEXT ? label->text : label->source;
    convert_add(s->c, s->from, "// %.*s", (int)text_find(t, TEXT("\n"), 0),
                t.ptr);
  }
}

static bool is_off(struct step *s) {
  const struct json *on = step_take(s, "enabled|active");
  const struct json *off = step_take(s, "disabled|skip");
  return (on != NULL && on->type == JSON_FALSE) ||
         (off != NULL && off->type == JSON_TRUE);
}

/* ---- one step */

/* A copy of @m at the end of a list. */
static struct json **append(struct convert *c, struct json **end,
                            const struct json *m) {
  struct json *copy = arena_alloc(&c->arena, sizeof *copy);
  if (copy == NULL) {
    c->failed = true;
    return end;
  }
  *copy = *m;
  copy->next = NULL;
  *end = copy;
  return &copy->next;
}

/* {"action": …, "params": {…}} is as if the members of params stood outside. */
static void unpack(struct step *s, const char *names) {
  const struct json *inner = step_take(s, names);
  struct json *object = arena_alloc(&s->c->arena, sizeof *object);
  bool used[STEP_MEMBERS_MAX] = {false};
  size_t i = 0, count = 0;
  if (inner == NULL || inner->type != JSON_OBJECT || object == NULL) {
    step_untake(s, inner);
    return;
  }
  *object = *s->object;
  object->first = NULL;
  struct json **end = &object->first;
  for (const struct json *m = s->object->first; m != NULL; m = m->next, i++) {
    if (m != inner && count < STEP_MEMBERS_MAX) {
      used[count++] = i < STEP_MEMBERS_MAX && s->used[i];
      end = append(s->c, end, m);
    }
  }
  for (const struct json *m = inner->first; m != NULL; m = m->next) {
    end = append(s->c, end, m);
  }
  memcpy(s->used, used, sizeof s->used);
  s->object = object;
}

static void put_step(struct step *s, struct text name) {
  if (is_off(s)) {
    convert_note(s->c, s->c->count, s->from,
                 "left out: the step \"%.*s\" is switched off",
                 TEXT_ARG(step_cut(name)));
    return;
  }
  if (!step_is_action(name)) {
    convert_note(s->c, s->c->count, s->from,
                 "left out: no action of a script is meant by \"%.*s\": %.*s",
                 TEXT_ARG(step_cut(name)),
                 TEXT_ARG(step_cut(s->object->source)));
    return;
  }
  put_label(s, "description|label|title|id|stepId");
  unpack(s, "params|parameters|properties|settings|config|args|arguments|"
            "payload|inputs|with");
  if (!step_is_one_of(name, "menu|choice|choices|buttons")) {
    unpack(s, "options");
  }
  step_put_action(s, name);
  step_note_rest(s);
}

/* {"Transfer": {…}}: the only member is the action. */
static bool put_named(struct step *s) {
  const struct json *only = s->object->first;
  if (s->object->count != 1 || !step_is_action(only->key) ||
      only->type == JSON_LIST) {
    return false;
  }
  if (only->type == JSON_OBJECT) {
    struct step inner = *s;
    inner.object = only;
    put_step(&inner, only->key);
    return true;
  }
  struct json value = *only; /* {"Say": "Hello"} */
  struct json object = {.type = JSON_OBJECT, .count = 1, .first = &value};
  struct step inner = {
      .c = s->c, .object = &object, .from = s->from, .base = s->base};
  value.key = TEXT("value");
  value.next = NULL;
  put_step(&inner, only->key);
  return true;
}

static void put_flow(struct step *s, const struct json *steps) {
  put_label(s, "name|title|description|comment|id");
  step_note_rest(s);
  steps_in(s, steps);
}

/* The member that names the action: {"type": "action", "name": "Transfer"} has
 * two that could. */
static const struct json *take_action(struct step *s) {
  const char *const names =
      "action|step|do|command|operation|type|actionType|kind";
  const struct json *name, *first = NULL;
  while ((name = step_take(s, names)) != NULL) {
    if (name->type == JSON_OBJECT ||
        (name->type == JSON_TEXT && step_is_action(name->text))) {
      return name;
    }
    first = first == NULL && name->type == JSON_TEXT ? name : first;
  }
  name = step_take(s, "name");
  if (name != NULL && name->type == JSON_TEXT && step_is_action(name->text)) {
    return name;
  }
  step_untake(s, name);
  return first;
}

static void put_object(struct step *s) {
  if (put_named(s)) {
    return;
  }
  const struct json *name = take_action(s);
  if (name != NULL && name->type == JSON_OBJECT) {
    steps_in(s, name);
    step_note_rest(s);
    return;
  }
  if (name != NULL && step_is_action(name->text)) {
    put_step(s, name->text);
    return;
  }
  const struct json *steps =
      step_take(s, "steps|actions|flow|sequence|nodes|tasks|script|flows");
  if (steps != NULL && is_container(steps)) {
    put_flow(s, steps);
    return;
  }
  if (name != NULL) {
    put_step(s, name->text);
    return;
  }
  convert_note(s->c, s->c->count, s->from,
               "left out: this object has neither an \"action\" nor \"steps\": "
               "%.*s",
               TEXT_ARG(step_cut(s->object->source)));
}

void convert_steps(struct convert *c, const struct json *steps, size_t base) {
  if (steps->type == JSON_LIST) {
    for (const struct json *e = steps->first; e != NULL; e = e->next) {
      convert_steps(c, e, base);
    }
    return;
  }
  struct step s = {.c = c,
                   .object = steps,
                   .from = convert_line_of(c, base + steps->offset),
                   .base = base};
  if (steps->type == JSON_OBJECT) {
    put_object(&s);
  } else {
    convert_note(c, c->count, s.from, "left out: %s is no step: %.*s",
                 json_type_name(steps->type),
                 TEXT_ARG(step_cut(steps->source)));
  }
}
