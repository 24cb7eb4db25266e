/* The script goes to standard output, or to a folder; notes to standard error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/convert.h"
#include "domain/heap.h"

struct job {
  const char *into;
  bool json, force;
  bool failed, unreadable;
  struct json_out list;
};

static void print_notes(const struct convert *c, const char *path) {
  for (size_t i = 0; i < c->note_count; i++) {
    (void)fprintf(stderr, "%s:%u: note: %.*s\n", path, c->notes[i].line,
                  TEXT_ARG(c->notes[i].message));
  }
  if (c->error.line > 0) {
    (void)fprintf(stderr, "%s:%u: error: %.*s\n", path, c->error.line,
                  TEXT_ARG(c->error.message));
  }
}

static void put_note(struct job *j, const struct convert_note *note) {
  json_open_object(&j->list);
  json_key(&j->list, "line");
  json_put_u64(&j->list, note->line);
  json_key(&j->list, "message");
  json_put_text(&j->list, note->message);
  json_close_object(&j->list);
}

static void put_json(struct job *j, const struct convert *c, const char *path,
                     struct text script) {
  json_open_object(&j->list);
  json_key(&j->list, "file");
  json_put_text(&j->list, text_from(path));
  if (c->error.line > 0) {
    json_key(&j->list, "error");
    put_note(j, &c->error);
  } else {
    json_key(&j->list, "script");
    json_put_text(&j->list, script);
  }
  json_key(&j->list, "notes");
  json_open_list(&j->list);
  for (size_t i = 0; i < c->note_count; i++) {
    put_note(j, &c->notes[i]);
  }
  json_close_list(&j->list);
  json_close_object(&j->list);
}

/* DIR/NAME.studio for …/NAME.json */
static bool write_script(const struct job *j, const char *path,
                         struct text script) {
  const char *slash = strrchr(path, '/');
  const char *name = slash == NULL ? path : slash + 1;
  const char *dot = strrchr(name, '.');
  const int stem =
      dot == NULL || dot == name ? (int)strlen(name) : (int)(dot - name);
  char target[4096];
  const int n =
      snprintf(target, sizeof target, "%s/%.*s.studio", j->into, stem, name);
  if (n < 0 || (size_t)n >= sizeof target) {
    cli_error("the name of %s is too long", path);
    return false;
  }
  FILE *f = fopen(target, j->force ? "wb" : "wbx");
  bool good = f != NULL;
  if (good) {
    good = script.len == 0 || fwrite(script.ptr, script.len, 1, f) == 1;
    good = fclose(f) == 0 && good;
  }
  if (!good) {
    cli_error("cannot write %s: %s%s", target, strerror(errno),
              errno == EEXIST ? "; --force replaces it" : "");
  }
  return good;
}

static void deliver(struct job *j, const struct convert *c, const char *path,
                    struct text script) {
  if (j->into != NULL && c->error.line == 0) {
    j->unreadable = !write_script(j, path, script) || j->unreadable;
  }
  if (j->json) {
    put_json(j, c, path, script);
  } else {
    if (j->into == NULL && script.len > 0) {
      (void)fwrite(script.ptr, script.len, 1, stdout);
      (void)fflush(stdout);
    }
    print_notes(c, path);
  }
}

static void convert_file(struct job *j, const char *path) {
  size_t size = 0;
  char *source = cli_read_file(path, &size);
  if (source == NULL) {
    cli_error("cannot read %s: %s", path, strerror(errno));
    j->unreadable = true;
    return;
  }
  struct convert c;
  struct textbuf script;
  textbuf_init(&script, heap_mem());
  convert_init(&c, (struct text){source, size});
  const enum bt_err err = convert_run(&c, &script);
  if (err == BT_ERR_NOMEM) {
    cli_error("cannot convert %s: %s", path, bt_err_text(err));
    j->unreadable = true;
  } else {
    j->failed = j->failed || err != BT_ERR_OK;
    deliver(j, &c, path, textbuf_text(&script));
  }
  convert_free(&c);
  textbuf_free(&script);
  free(source);
}

int cmd_convert(const struct cli_command *self, int argc, char **argv) {
  struct job j = {0};
  struct textbuf json;
  const struct cli_option options[] = {
      {"--into", CLI_TEXT, &j.into, "DIR",
       "write DIR/NAME.studio for each file, not to standard output"},
      {"--force", CLI_FLAG, &j.force, NULL, "replace scripts that are there"},
      {"--json", CLI_FLAG, &j.json, NULL,
       "a JSON list on standard output: file, script, notes"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton convert steps.json >flow.studio",
      "baton convert --into flows exported/*.json",
      "baton convert --json - <pasted.txt", NULL};
  const struct cli_page page = {options, examples, 1, -1};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (argc > 2 && j.into == NULL && !j.json) {
    cli_error("several files need --into DIR, or --json");
    return CLI_MISUSE;
  }
  textbuf_init(&json, heap_mem());
  json_out_init(&j.list, &json);
  json_open_list(&j.list);
  for (int i = 1; i < argc; i++) {
    convert_file(&j, argv[i]);
  }
  json_close_list(&j.list);
  if (j.json) {
    printf("%.*s\n", TEXT_ARG(textbuf_text(&json)));
  }
  textbuf_free(&json);
  return j.unreadable ? CLI_MISUSE : j.failed ? CLI_FAILED : CLI_DONE;
}
