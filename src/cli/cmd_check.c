#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "domain/heap.h"
#include "studio/checker.h"

enum format { FORMAT_TEXT, FORMAT_JSON };

static void print(const struct diagnostics *diags, const char *path,
                  enum format format) {
  struct textbuf out;
  textbuf_init(&out, heap_mem());
  if (format == FORMAT_JSON) {
    diagnostics_print_json(diags, text_from(path), &out);
    textbuf_add_char(&out, '\n');
  } else {
    diagnostics_print(diags, text_from(path), &out);
  }
  if (out.len > 0) {
    (void)fwrite(out.ptr, 1, out.len, stdout);
  }
  textbuf_free(&out);
}

/* Findings in one file; false if it cannot be read. */
static bool check(const char *path, enum format format, size_t *findings) {
  size_t size = 0;
  char *source = cli_read_file(path, &size);
  if (source == NULL) {
    cli_error("cannot read %s: %s", path, strerror(errno));
    return false;
  }
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, heap_mem());
  const struct text text = {source, size};
  enum bt_err err =
      program_compile(heap_mem(), text_from(path), text, &diags, &program);
  if (err == BT_ERR_OK) {
    const struct checker_world world = checker_world_default();
    err = checker_run(heap_mem(), program, &world, &diags);
  }
  if (err != BT_ERR_OK && err != BT_ERR_SYNTAX) {
    cli_error("cannot check %s: %s", path, bt_err_text(err));
  }
  print(&diags, path, format);
  *findings += diags.errors + diags.warnings;
  program_free(program);
  diagnostics_free(&diags);
  free(source);
  return err == BT_ERR_OK || err == BT_ERR_SYNTAX;
}

int cmd_check(const struct cli_command *self, int argc, char **argv) {
  bool json = false;
  const struct cli_option options[] = {
      {"--json", CLI_FLAG, &json, NULL, "a JSON list of findings a file"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton check examples/handover/forum.studio",
      "baton check --json flows/*.studio", NULL};
  const struct cli_page page = {options, examples, 1, -1};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  size_t findings = 0;
  bool read = true;
  for (int i = 1; i < argc; i++) {
    read = check(argv[i], json ? FORMAT_JSON : FORMAT_TEXT, &findings) && read;
  }
  return !read ? CLI_MISUSE : findings > 0 ? CLI_FAILED : CLI_DONE;
}
