#include "server/config_priv.h"
#include "studio/program.h"

/* The compiler's findings, each at its place in the script. Notes stay with
 * `baton check`. */
static void take_diagnostics(struct reader *r, struct text path,
                             const struct diagnostics *diags) {
  for (size_t i = 0; i < diags->count; i++) {
    const struct diagnostic *d = &diags->items[i];
    if (d->severity == DIAGNOSTIC_NOTE) {
      continue;
    }
    const struct finding_place place = {
        .file = path, .line = d->line, .column = d->column};
    findings_add(r->findings,
                 d->severity == DIAGNOSTIC_ERROR ? FINDING_ERROR
                                                 : FINDING_WARNING,
                 place, "%.*s%s%.*s", TEXT_ARG(d->message),
                 d->hint.len > 0 ? "; " : "", TEXT_ARG(d->hint));
  }
}

static void compile(struct reader *r, struct text path, struct text source) {
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, r->mem);
  const enum bt_err err =
      program_compile(r->mem, path, source, &diags, &program);
  r->no_memory = r->no_memory || err == BT_ERR_NOMEM || diags.failed;
  take_diagnostics(r, path, &diags);
  program_free(program);
  diagnostics_free(&diags);
}

static void read_script(struct reader *r, const struct json *object) {
  reader_check(r, object, FILE_SCRIPT);
  const struct text name = reader_text(object, FILE_SCRIPT_NAME);
  if (name.len > 0) {
    names_add(r, NAMES_SCRIPT, name, true, object);
  }
  const struct json *file = reader_member(object, FILE_SCRIPT_FILE);
  if (file == NULL) {
    return;
  }
  const struct text path = reader_path(r, file->text);
  struct text source;
  if (path.ptr == NULL ||
      !reader_slurp(r, file, path, PROGRAM_SOURCE_MAX, &source)) {
    return;
  }
  compile(r, path, source);
  r->out->scripts[r->out->script_count++] =
      (struct server_script){.name = name, .source = source, .path = path};
}

void reader_read_scripts(struct reader *r) {
  const struct json *list = reader_member(r->tree.root, FILE_CENTRE_SCRIPTS);
  if (list == NULL) {
    return;
  }
  r->out->scripts =
      arena_alloc(r->arena, (list->count + 1) * sizeof *r->out->scripts);
  if (r->out->scripts == NULL) {
    r->no_memory = true;
    return;
  }
  for (const struct json *e = list->first; e != NULL; e = e->next) {
    read_script(r, e);
  }
}
