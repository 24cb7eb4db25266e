#include "scenario/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "domain/heap.h"
#include "scenario/centre.h"
#include "scenario/fields_priv.h"
#include "scenario/references_priv.h"
#include "server/slurp.h"

enum { FILE_MAX = 1024 * 1024, OTHERS_MAX = 64 };

struct loader {
  struct scenario_reader r;
  struct scenario_file *file;
  const char *script; /* played instead of those that are named; or NULL */
  const struct scenario_given *given; /* instead of files; or NULL */
};

/* ---- files */

static size_t directory_len(struct text path) {
  size_t len = path.len;
  while (len > 0 && path.ptr[len - 1] != '/') {
    len--;
  }
  return len;
}

/* One folder up: "a/b/" -> "a/". False at the top, or if it is "../" itself. */
static bool leave_folder(struct text *folder) {
  const struct text above = {folder->ptr,
                             folder->len > 0 ? folder->len - 1 : 0};
  if (above.len == 0 || text_ends(above, TEXT("."))) {
    return false;
  }
  folder->len = directory_len(above);
  return true;
}

/* @file as it stands in the file at @from. */
static struct text path_from(struct loader *l, struct text from,
                             struct text file) {
  struct textbuf b;
  textbuf_init(&b, heap_mem());
  struct text folder = text_sub(from, 0, directory_len(from));
  while (text_starts(file, TEXT("../")) && leave_folder(&folder)) {
    file = text_sub(file, 3, file.len);
  }
  if (!text_starts(file, TEXT("/"))) {
    textbuf_add(&b, folder);
  }
  textbuf_add(&b, file);
  const struct text copy = arena_copy_text(&l->file->arena, textbuf_text(&b));
  l->r.no_memory = l->r.no_memory || copy.ptr == NULL;
  textbuf_free(&b);
  return copy;
}

/* "flows/greet.studio" -> "greet". */
static struct text stem(struct text path) {
  const size_t from = directory_len(path);
  struct text name = text_sub(path, from, path.len - from);
  if (text_ends(name, TEXT(".studio")) && name.len > 7) {
    name.len -= 7;
  }
  return name;
}

/* ---- scripts */

/* "flows/greet.studio" is the script "greet". */
static bool find_given(struct loader *l, const struct json *at,
                       struct scenario_script *s) {
  const struct text name = stem(s->path);
  for (size_t i = 0; i < l->given->other_count; i++) {
    if (text_equal_nocase(l->given->others[i].name, name)) {
      s->source = l->given->others[i].source;
      return true;
    }
  }
  fields_error(&l->r, at, "no script '%.*s' is published here", TEXT_ARG(name));
  return false;
}

static bool read_script(struct loader *l, const struct json *at,
                        struct scenario_script *s) {
  if (l->given != NULL) {
    return find_given(l, at, s);
  }
  const int why =
      file_slurp(&l->file->arena, s->path.ptr, PROGRAM_SOURCE_MAX, &s->source);
  if (why != 0) {
    fields_error(&l->r, at, "cannot read %.*s: %s", TEXT_ARG(s->path),
                 why == EFBIG ? "it is larger than a script may be"
                              : strerror(why));
  }
  return why == 0;
}

static void report_script(struct loader *l, struct text path,
                          const struct diagnostics *diags) {
  for (size_t i = 0; i < diags->count; i++) {
    const struct diagnostic *d = &diags->items[i];
    if (d->severity == DIAGNOSTIC_ERROR) {
      const struct finding_place place = {
          .file = path, .line = d->line, .column = d->column};
      findings_add(l->r.findings, FINDING_ERROR, place, "%.*s%s%.*s",
                   TEXT_ARG(d->message), d->hint.len > 0 ? "; " : "",
                   TEXT_ARG(d->hint));
    }
  }
}

/* NULL after its errors were reported. */
static struct program *compile(struct loader *l,
                               const struct scenario_script *s) {
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, heap_mem());
  const enum bt_err err =
      program_compile(heap_mem(), s->path, s->source, &diags, &program);
  if (err == BT_ERR_SYNTAX) {
    report_script(l, s->path, &diags);
  } else if (err != BT_ERR_OK) {
    l->r.no_memory = true;
  }
  diagnostics_free(&diags);
  return program;
}

static void read_main(struct loader *l, struct scenario *s) {
  const struct json *at = field_at(s->root, F_SCENARIO_SCRIPT);
  if (l->given != NULL) {
    s->script = l->given->script;
    s->script.path = s->script.name;
    s->program = compile(l, &s->script);
    return;
  }
  if (l->script != NULL) {
    s->script.path = arena_copy_text(&l->file->arena, text_from(l->script));
  } else if (at != NULL) {
    s->script.path =
        path_from(l, l->file->path, field_text(s->root, F_SCENARIO_SCRIPT));
  } else {
    fields_error(&l->r, s->root,
                 "\"script\" is missing: the file of the "
                 "script under test, relative to this one");
    return;
  }
  s->script.name = s->script.path;
  if (s->script.path.ptr != NULL &&
      read_script(l, at == NULL ? s->root : at, &s->script)) {
    s->program = compile(l, &s->script);
  }
}

static void read_other(struct loader *l, struct scenario *s,
                       const struct json *node) {
  struct scenario_script *other = &s->others[s->other_count];
  other->path = path_from(l, l->file->path, field_text(node, F_SCRIPT_FILE));
  other->name = field_at(node, F_SCRIPT_NAME) != NULL
                    ? field_text(node, F_SCRIPT_NAME)
                    : stem(other->path);
  if (other->path.ptr == NULL || !read_script(l, node, other)) {
    return;
  }
  struct program *program = compile(l, other);
  s->other_count += program != NULL;
  program_free(program);
}

/* The scripts of a centre are behind those of the scenario, which come first.
 */
static void add_script(struct loader *l, struct scenario *s,
                       const struct server_script *script) {
  for (size_t i = 0; i < s->other_count; i++) {
    if (text_equal_nocase(s->others[i].name, script->name)) {
      return;
    }
  }
  struct scenario_script *other = &s->others[s->other_count++];
  *other = (struct scenario_script){
      .name = arena_copy_text(&l->file->arena, script->name),
      .path = arena_copy_text(&l->file->arena, script->path),
      .source = arena_copy_text(&l->file->arena, script->source)};
  l->r.no_memory = l->r.no_memory || other->name.ptr == NULL ||
                   other->path.ptr == NULL || other->source.ptr == NULL;
}

static void read_others(struct loader *l, struct scenario *s,
                        const struct scenario_centre *centre) {
  const size_t inherited = centre == NULL ? 0 : centre->config.script_count;
  s->others = arena_alloc(&l->file->arena,
                          (OTHERS_MAX + inherited) * sizeof *s->others);
  if (s->others == NULL) {
    l->r.no_memory = true;
    return;
  }
  for (const struct json *n = field_first(s->root, F_SCENARIO_SCRIPTS);
       n != NULL; n = n->next) {
    if (s->other_count == OTHERS_MAX) {
      fields_error(&l->r, n, "a scenario has at most %d scripts beside its own",
                   (int)OTHERS_MAX);
      return;
    }
    read_other(l, s, n);
  }
  for (size_t i = 0; i < inherited; i++) {
    add_script(l, s, &centre->config.scripts[i]);
  }
}

/* ---- the centre */

/* False: it is of no use, and the findings say why. */
static bool load_centre(struct loader *l, const struct json *at,
                        struct text path, struct server_config *config) {
  struct findings found;
  findings_init(&found, heap_mem());
  const enum bt_err err =
      server_config_load(heap_mem(), path.ptr, &found, config);
  for (size_t i = 0; i < found.count; i++) {
    const struct finding *f = &found.items[i];
    if (f->level == FINDING_ERROR) {
      findings_add(l->r.findings, FINDING_ERROR, f->place, "%.*s",
                   TEXT_ARG(f->message));
    }
  }
  findings_free(&found);
  if (err == BT_ERR_NOMEM) {
    l->r.no_memory = true;
  } else if (err != BT_ERR_OK) {
    fields_error(&l->r, at, "this centre is of no use");
  }
  return err == BT_ERR_OK;
}

/* The scenario goes on in the world of its centre. */
static void read_in_centre(struct loader *l, struct scenario *s,
                           const struct json *at) {
  if (l->given != NULL) {
    fields_error(&l->r, at,
                 "a centre's file is not read here: write the queues and "
                 "agents into the scenario");
    return;
  }
  struct scenario_centre c = {
      .arena = &l->file->arena, .at = at, .script = s->script.path.ptr};
  const struct text path =
      path_from(l, l->file->path, field_text(s->root, F_SCENARIO_CENTRE));
  if (path.ptr == NULL || c.script == NULL ||
      !load_centre(l, at, path, &c.config)) {
    return;
  }
  struct json *root = scenario_centre_join(&c, s->root);
  if (root == NULL || c.no_memory) {
    l->r.no_memory = true;
  } else {
    s->root = root;
    s->in_centre = true;
    read_others(l, s, &c);
    references_check(&l->r, s);
  }
  server_config_free(&c.config);
}

/* ---- cases */

static struct json *copy_member(struct loader *l, const struct json *m) {
  struct json *copy = arena_alloc(&l->file->arena, sizeof *copy);
  if (copy == NULL) {
    l->r.no_memory = true;
    return NULL;
  }
  *copy = *m;
  copy->next = NULL;
  return copy;
}

/* The members of @over, and those of @base that it does not have. */
static struct json *merge(struct loader *l, const struct json *base,
                          const struct json *over) {
  struct json *all = arena_alloc(&l->file->arena, sizeof *all);
  if (all == NULL) {
    l->r.no_memory = true;
    return NULL;
  }
  *all = (struct json){.type = JSON_OBJECT, .offset = over->offset};
  struct json **end = &all->first;
  const struct json *parts[] = {over, base};
  for (size_t i = 0; i < 2; i++) {
    for (const struct json *m = parts[i]->first; m != NULL; m = m->next) {
      const bool taken = i == 1 && (json_member(over, m->key) != NULL ||
                                    text_equal(m->key, TEXT("cases")));
      struct json *copy = taken ? NULL : copy_member(l, m);
      if (copy != NULL) {
        *end = copy;
        end = &copy->next;
        all->count++;
      }
    }
  }
  return all;
}

static void read_case(struct loader *l, const struct json *root) {
  struct scenario *s = &l->file->cases[l->file->count++];
  s->file = l->file;
  s->root = root;
  s->title = field_text(root, F_SCENARIO_TITLE);
  if (s->title.len == 0) {
    const size_t from = directory_len(l->file->path);
    s->title = text_sub(l->file->path, from, l->file->path.len - from);
  }
  read_main(l, s);
  const struct json *centre = field_at(root, F_SCENARIO_CENTRE);
  if (centre != NULL) {
    read_in_centre(l, s, centre);
  } else {
    read_others(l, s, NULL);
    references_check(&l->r, s);
  }
}

static void read_cases(struct loader *l) {
  const struct json *root = l->file->tree.root;
  const struct json *cases = field_at(root, F_SCENARIO_CASES);
  const size_t count = cases == NULL || cases->count == 0 ? 1 : cases->count;
  l->file->cases = arena_alloc(&l->file->arena, count * sizeof *l->file->cases);
  if (l->file->cases == NULL) {
    l->r.no_memory = true;
    return;
  }
  if (cases == NULL || cases->count == 0) {
    read_case(l, root);
    return;
  }
  for (const struct json *c = cases->first; c != NULL; c = c->next) {
    const struct json *inner = field_at(c, F_SCENARIO_CASES);
    if (inner != NULL) {
      fields_error(&l->r, inner,
                   "a case has no cases of its own: write them beside it");
    }
    const struct json *merged = merge(l, root, c);
    if (merged != NULL) {
      read_case(l, merged);
    }
  }
}

/* ---- loading */

static enum bt_err read_source(struct loader *l, struct text source) {
  struct scenario_file *file = l->file;
  const size_t before = l->r.findings->errors;
  const enum bt_err err = yaml_tree_parse(&file->arena, file->path, source,
                                          l->r.findings, &file->tree);
  if (err != BT_ERR_OK) {
    return err;
  }
  l->r.tree = &file->tree;
  fields_check(&l->r, file->tree.root, OBJ_SCENARIO);
  read_cases(l);
  if (l->r.no_memory || l->r.findings->failed) {
    return BT_ERR_NOMEM;
  }
  return l->r.findings->errors == before ? BT_ERR_OK : BT_ERR_SYNTAX;
}

static enum bt_err load(struct loader *l, const char *path,
                        const struct text *source) {
  struct scenario_file *file = l->file;
  *file = (struct scenario_file){0};
  arena_init(&file->arena, heap_mem(), 0);
  l->r.arena = &file->arena;
  file->path = arena_copy_text(&file->arena, text_from(path));
  struct text text = {"", 0};
  const int why =
      source == NULL ? file_slurp(&file->arena, path, FILE_MAX, &text) : 0;
  enum bt_err err = BT_ERR_IO;
  if (why == 0) {
    err = read_source(l, source == NULL ? text : *source);
  } else {
    const struct finding_place place = {.file = file->path};
    findings_add(l->r.findings, FINDING_ERROR, place, "cannot be read: %s",
                 why == EFBIG ? "it is larger than 1 MiB" : strerror(why));
  }
  if (err != BT_ERR_OK) {
    scenario_free(file);
  }
  findings_sort(l->r.findings);
  return err;
}

enum bt_err scenario_load(const char *path, const char *script,
                          struct findings *findings,
                          struct scenario_file *out) {
  struct loader l = {
      .r = {.findings = findings}, .file = out, .script = script};
  return load(&l, path, NULL);
}

/* Nothing stands in it: it is made of the defaults. */
static const struct text ticket = {"scenario: the world of the ticket\n", 34};

enum bt_err scenario_default(const char *script, struct findings *findings,
                             struct scenario_file *out) {
  struct loader l = {
      .r = {.findings = findings}, .file = out, .script = script};
  return load(&l, script, &ticket);
}

enum bt_err scenario_from_text(const struct scenario_given *given,
                               struct findings *findings,
                               struct scenario_file *out) {
  struct loader l = {.r = {.findings = findings}, .file = out, .given = given};
  return load(&l, "scenario",
              given->scenario.len > 0 ? &given->scenario : &ticket);
}

void scenario_free(struct scenario_file *file) {
  for (size_t i = 0; i < file->count; i++) {
    program_free(file->cases[i].program);
  }
  file->count = 0;
  arena_free(&file->arena);
}

bool scenario_wants_siblings(const struct scenario *s) {
  return program_runs_scripts(s->program) && !s->in_centre &&
         field_at(s->root, F_SCENARIO_SCRIPTS) == NULL;
}

/* ---- is it one? */

static bool begins_member(struct text line) {
  static const char *const marks[] = {
      "scenario:", "script:", "expect:", "cases:"};
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    if (text_starts(line, text_from(marks[i]))) {
      return true;
    }
  }
  return false;
}

bool scenario_is_one(const char *path) {
  FILE *f = fopen(path, "rb");
  char line[256];
  bool found = false, whole = true;
  while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
    found = whole && begins_member(text_from(line));
    whole = strchr(line, '\n') != NULL;
  }
  if (f != NULL) {
    (void)fclose(f);
  }
  return found;
}
