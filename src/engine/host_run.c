/* Scripts that scripts start: a call that returns (RunSub), another one in its
 * place (RunScript), one beside it (Spawn).
 *
 * What goes from one to the other goes as JSON through the events, so that a
 * restart finds it there: parameters as p1 … p9, and the variables whose name
 * begins with global:. A script in the middle that does not know a global
 * variable lets it pass. */
#include "base/check.h"
#include "engine/host_priv.h"

enum {
  CALLED_MAX = 20,   /* scripts that wait for one another */
  REPLACED_MAX = 32, /* at one moment */
  GIVEN_MAX = 256 * 1024
};

/* ---- what is passed */

/* p1 … of the call's arguments behind the script's name. */
static void put_params(const struct act *t, struct json_out *o) {
  for (unsigned i = 1; i < t->action.argc; i++) {
    const char name[] = {'p', (char)('0' + i), '\0'};
    json_key(o, name);
    json_put_raw(o, act_json(t, i));
  }
}

static struct text params_of(const struct act *t) {
  struct act_writer w;
  act_writer_begin(t, &w);
  put_params(t, &w.json);
  return act_writer_take(t, &w);
}

static const struct json *parse(const struct act *t, struct text json) {
  struct json *tree = NULL;
  if (json.len == 0) {
    return NULL;
  }
  const enum bt_err err =
      json_parse(ctx_arena(t->x), json, JSON_DEPTH_MAX, &tree, NULL);
  bt_check(err == BT_ERR_OK); /* the machine wrote it */
  return tree;
}

static bool has_member(const struct json *object, struct text name) {
  const struct json *m = object == NULL ? NULL : object->first;
  while (m != NULL && !text_equal_nocase(m->key, name)) {
    m = m->next;
  }
  return m != NULL;
}

/* The members of @own, and those of @passing that it does not have. */
static struct text merge(const struct act *t, struct text own,
                         struct text passing) {
  const struct json *mine = parse(t, own);
  const struct json *others = parse(t, passing);
  struct act_writer w;
  act_writer_begin(t, &w);
  for (const struct json *m = mine == NULL ? NULL : mine->first; m != NULL;
       m = m->next) {
    json_key_text(&w.json, m->key);
    json_put_raw(&w.json, m->source);
  }
  for (const struct json *m = others == NULL ? NULL : others->first; m != NULL;
       m = m->next) {
    if (!has_member(mine, m->key)) {
      json_key_text(&w.json, m->key);
      json_put_raw(&w.json, m->source);
    }
  }
  return act_writer_take(t, &w);
}

/* The run's global variables, and those that pass through it; with @all its
 * other variables, too. */
static struct text globals_of(const struct act *t, bool all) {
  struct textbuf b;
  textbuf_init(&b, t->x->out->arena.mem);
  vm_take(t->vm, all, &b);
  return merge(t, act_take(t, &b), t->x->e->runs[t->run].globals);
}

/* ---- which script */

static void refuse_unknown(const struct act *t, struct text name,
                           struct answer *a) {
  const struct directory *d = &t->x->e->dir;
  uint32_t best = DIR_NONE;
  for (uint32_t i = 0; i < d->script_count; i++) {
    if (text_nearest(name, &d->scripts[i].name, 1) == 0 &&
        (best == DIR_NONE || text_distance(name, d->scripts[i].name) <
                                 text_distance(name, d->scripts[best].name))) {
      best = i;
    }
  }
  answer_refuse(
      t->x, SESSION_NOBODY, REFUSAL_NOT_FOUND,
      best == DIR_NONE
          ? ctx_format(t->x, "No script is called '%.*s'.", TEXT_ARG(name))
          : ctx_format(t->x,
                       "No script is called '%.*s'. Did you mean "
                       "'%.*s'?",
                       TEXT_ARG(name), TEXT_ARG(d->scripts[best].name)),
      a);
}

/* The script that argument 0 names, with or without ".studio" behind it. False:
 * refused. */
static bool find_script(const struct act *t, uint32_t *script,
                        struct answer *a) {
  const struct text name = act_text(t, 0);
  *script = directory_script(&t->x->e->dir, name);
  if (*script == DIR_NONE && text_ends(name, TEXT(".studio"))) {
    *script = directory_script(&t->x->e->dir, text_sub(name, 0, name.len - 7));
  }
  if (*script == DIR_NONE) {
    refuse_unknown(t, name, a);
    return false;
  }
  if (t->x->e->run_count >= LIMIT_RUNS) {
    answer_refuse(t->x, SESSION_NOBODY, REFUSAL_UNAVAILABLE,
                  TEXT("As many scripts run as may."), a);
    return false;
  }
  return true;
}

static enum act_result fail_limit(const struct act *t, const char *slug,
                                  struct text message) {
  vm_resume_limit(t->vm, slug, message);
  return ACT_ANSWERED;
}

/* False: more than may be passed, and the call has failed. */
static bool may_pass(const struct act *t, const struct run_start *s) {
  const size_t bytes = s->params.len + s->globals.len;
  if (bytes > GIVEN_MAX) {
    (void)fail_limit(t, "too-much-data",
                     ctx_format(t->x,
                                "%zu bytes for another script: at most %d KiB "
                                "of parameters and global variables",
                                bytes, GIVEN_MAX / 1024));
  }
  return bytes <= GIVEN_MAX;
}

/* ---- a call that returns */

/* How many wait for this run already. */
static unsigned depth_of(const struct act *t) {
  const struct live *l = engine_live(t->x->e, t->slot);
  unsigned depth = 0;
  uint32_t run = t->run;
  while (run != SESSION_NOBODY) {
    run = run_find(t->x->e, l, t->x->e->runs[run].parent);
    depth++;
  }
  return depth;
}

enum act_result host_run_sub(const struct act *t) {
  struct answer a = {0};
  struct run_start start = {.parent = t->x->e->runs[t->run].number};
  if (!find_script(t, &start.script, &a)) {
    return act_give(t, &a);
  }
  if (depth_of(t) > CALLED_MAX) {
    return fail_limit(t, "too-deep",
                      ctx_format(t->x,
                                 "RunSub is %d scripts deep: does one call "
                                 "itself?",
                                 CALLED_MAX));
  }
  start.params = params_of(t);
  start.globals = globals_of(t, false);
  if (!may_pass(t, &start)) {
    return ACT_ANSWERED;
  }
  const struct nap nap = {.sleep = SLEEP_SUB};
  act_sleep(t, &nap);
  (void)script_start(t->x, t->slot, &start);
  return ACT_SLEEPS;
}

void host_return(const struct act *t) {
  const struct run *r = &t->x->e->runs[t->run];
  const struct live *l = engine_live(t->x->e, t->slot);
  const uint32_t parent = run_find(t->x->e, l, r->parent);
  const struct text globals = globals_of(t, false);
  if (parent != SESSION_NOBODY) {
    struct textbuf b;
    textbuf_init(&b, t->x->out->arena.mem);
    vm_take_result(t->vm, &b);
    struct run_step *step = run_step(t->x, &t->x->e->runs[parent]);
    step->returned = true;
    step->error = TEXT("");
    step->result = act_take(t, &b);
    step->globals = globals;
  }
  script_return(t->x, t->run, globals);
}

void host_answer_sub(const struct act *t) {
  const struct run_step *step = run_step(t->x, &t->x->e->runs[t->run]);
  if (step->error.len > 0) {
    vm_resume_error(t->vm, step->error);
    return;
  }
  const enum bt_err err = vm_give(t->vm, step->globals);
  if (err != BT_ERR_OK) {
    vm_resume_error(t->vm, TEXT("no room for the global variables that the "
                                "script has set"));
    return;
  }
  struct act_writer w;
  act_answer_begin(t, &w, 200, "The script returned.");
  json_key(&w.json, "value");
  json_put_raw(&w.json, step->result);
  act_answer_end(t, &w);
}

/* ---- in its place */

/* Events that wait go to the script that takes over, if it hears them. */
static void hand_on(struct ctx *x, const struct run_step *old, struct run *r) {
  struct run_step *step = run_step(x, r);
  step->scripts_begun = old->scripts_begun + 1;
  step->sections_begun = old->sections_begun;
  step->sections = old->sections;
  step->section_cap = old->section_cap;
  for (size_t i = 0; i < old->section_count; i++) {
    if (program_has_section(r->program, old->sections[i].event)) {
      step->sections[step->section_count++] = old->sections[i];
    }
  }
}

enum act_result host_run_script(const struct act *t) {
  struct ctx *x = t->x;
  const struct run *r = &x->e->runs[t->run];
  const struct run_step old = *run_step(x, &x->e->runs[t->run]);
  struct answer a = {0};
  struct run_start start = {.parent = r->parent};
  if (!find_script(t, &start.script, &a)) {
    return act_give(t, &a);
  }
  if (old.scripts_begun >= REPLACED_MAX) {
    return fail_limit(t, "endless-scripts",
                      ctx_format(x,
                                 "%d scripts have replaced each other at one "
                                 "moment",
                                 REPLACED_MAX));
  }
  start.globals = globals_of(t, true);
  if (!may_pass(t, &start)) {
    return ACT_ANSWERED;
  }
  start.beside = r->beside;
  script_end_replaced(x, t->run);
  const uint64_t number = script_start(x, t->slot, &start);
  const struct live *l = engine_live(x->e, t->slot);
  hand_on(x, &old, &x->e->runs[run_find(x->e, l, number)]);
  return ACT_REPLACED;
}

/* ---- beside it */

enum act_result host_spawn(const struct act *t) {
  struct answer a = {0};
  struct run_start start = {.beside = true, .spawned = true};
  if (!find_script(t, &start.script, &a)) {
    return act_give(t, &a);
  }
  if (engine_live(t->x->e, t->slot)->spawned >= LIMIT_SPAWNED) {
    return fail_limit(t, "too-many-spawned",
                      ctx_format(t->x,
                                 "%d scripts were spawned for this session, "
                                 "and no more may be",
                                 LIMIT_SPAWNED));
  }
  start.params = params_of(t);
  if (!may_pass(t, &start)) {
    return ACT_ANSWERED;
  }
  const uint64_t number = script_start(t->x, t->slot, &start);
  struct act_writer w;
  act_answer_begin(t, &w, 201, "The script was started.");
  json_key(&w.json, "run");
  json_put_u64(&w.json, number);
  return act_answer_end(t, &w);
}
