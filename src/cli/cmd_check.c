/* Reads scripts without running them, and says what will go wrong. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/check_files.h"
#include "cli/check_world.h"
#include "cli/cli.h"
#include "domain/heap.h"
#include "engine/form.h"
#include "studio/sarif.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_SARIF };

struct words {
  bool json, sarif;
  const char *entry, *config;
};

/* One call of the command. */
struct checking {
  enum format format;
  uint32_t entry; /* 0: as each script states it */
  struct check_centre centre;
  bool has_centre;
  struct textbuf out;
  struct json_out log; /* on @out, unless it is text */
  size_t findings;
};

/* ---- one script */

static struct checker_world world_of(const struct checking *c,
                                     const char *path) {
  struct checker_world world = checker_world_default();
  world.options_fit = form_options_fit;
  if (c->has_centre) {
    check_centre_world(&c->centre, path, &world);
  }
  if (c->entry != 0) {
    world.entry = c->entry;
    world.given = true;
  }
  return world;
}

static void print(struct checking *c, const struct diagnostics *diags,
                  struct text path) {
  if (c->format == FORMAT_JSON) {
    diagnostics_put_json(diags, path, &c->log);
  } else if (c->format == FORMAT_SARIF) {
    sarif_add(&c->log, diags, path);
  } else {
    diagnostics_print(diags, path, &c->out);
  }
}

static bool check_text(struct checking *c, const char *path,
                       struct text source) {
  struct diagnostics diags;
  struct program *program = NULL;
  diagnostics_init(&diags, heap_mem());
  enum bt_err err =
      program_compile(heap_mem(), text_from(path), source, &diags, &program);
  if (err == BT_ERR_OK) {
    const struct checker_world world = world_of(c, path);
    err = checker_run(heap_mem(), program, &world, &diags);
  }
  const bool good = err == BT_ERR_OK || err == BT_ERR_SYNTAX;
  if (!good) {
    cli_error("cannot check %s: %s", path, bt_err_text(err));
  }
  print(c, &diags, text_from(path));
  c->findings += diags.errors + diags.warnings;
  program_free(program);
  diagnostics_free(&diags);
  return good;
}

/* Dozens of errors of a language that it is not in would hide what is meant. */
static bool is_yaml(const char *path) {
  const struct text name = text_from(path);
  return text_ends(name, TEXT(".yaml")) || text_ends(name, TEXT(".yml"));
}

/* False if it cannot be read. */
static bool check(struct checking *c, const char *path) {
  size_t size = 0;
  if (is_yaml(path)) {
    cli_error("%s is no script: 'baton serve --check-config' looks at a "
              "centre's file, 'baton test' plays scenarios",
              path);
    return false;
  }
  char *source = cli_read_file(path, &size);
  if (source == NULL) {
    cli_error("cannot read %s: %s", path, strerror(errno));
    return false;
  }
  const bool good = check_text(c, path, (struct text){source, size});
  free(source);
  return good;
}

/* ---- all of them */

static void begin(struct checking *c) {
  textbuf_init(&c->out, heap_mem());
  json_out_init(&c->log, &c->out);
  if (c->format == FORMAT_JSON) {
    json_open_list(&c->log);
  } else if (c->format == FORMAT_SARIF) {
    sarif_open(&c->log, BATON_VERSION);
  }
}

static void end(struct checking *c) {
  if (c->format == FORMAT_JSON) {
    json_close_list(&c->log);
  } else if (c->format == FORMAT_SARIF) {
    sarif_close(&c->log);
  }
  if (c->format != FORMAT_TEXT) {
    textbuf_add_char(&c->out, '\n');
  }
  if (c->out.len > 0) {
    (void)fwrite(c->out.ptr, 1, c->out.len, stdout);
  }
  textbuf_free(&c->out);
}

static int check_all(struct checking *c, const struct check_files *files) {
  bool read = true;
  begin(c);
  for (size_t i = 0; i < files->count; i++) {
    read = check(c, files->paths[i]) && read;
  }
  end(c);
  return !read ? CLI_MISUSE : c->findings > 0 ? CLI_FAILED : CLI_DONE;
}

/* ---- words */

static bool read_words(const struct words *w, struct checking *c) {
  if (w->json && w->sarif) {
    cli_error("--json and --sarif do not go together");
    return false;
  }
  c->format = w->json ? FORMAT_JSON : w->sarif ? FORMAT_SARIF : FORMAT_TEXT;
  c->entry = w->entry == NULL ? 0 : checker_entry_set(text_from(w->entry));
  if (w->entry != NULL && c->entry == 0) {
    cli_error("--entry needs statuses with commas between them: pending, "
              "connected, releasing, idle, queued, offered, active, wrapup, "
              "completed, or script where the script holds the session; not "
              "'%s'",
              w->entry);
    return false;
  }
  c->has_centre = w->config != NULL;
  return w->config == NULL || check_centre_load(w->config, &c->centre);
}

/* The words, or without any the scripts of the centre. */
static bool find_files(const struct checking *c, int argc, char **argv,
                       struct check_files *files) {
  bool good = true;
  for (int i = 1; i < argc; i++) {
    good = check_files_add(files, argv[i]) && good;
  }
  for (size_t i = 0;
       argc == 1 && c->has_centre && i < c->centre.config.script_count; i++) {
    good = check_files_add(files, c->centre.config.scripts[i].path.ptr) && good;
  }
  if (argc == 1 && !c->has_centre) {
    cli_error("check needs a FILE or a DIRECTORY, or --config; see baton check "
              "--help");
    good = false;
  }
  return good;
}

int cmd_check(const struct cli_command *self, int argc, char **argv) {
  struct words w = {0};
  const struct cli_option options[] = {
      {"--json", CLI_FLAG, &w.json, NULL, "a JSON list of all findings"},
      {"--sarif", CLI_FLAG, &w.sarif, NULL,
       "a SARIF 2.1.0 log, for editors and code hosts"},
      {"--entry", CLI_TEXT, &w.entry, "STATUS,..",
       "statuses at the first line, or script where the script holds it"},
      {"--config", CLI_TEXT, &w.config, "YAML",
       "as this centre's entry points begin it; without a FILE its scripts"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton check examples/handover/forum.studio",
      "baton check --config examples/handover/centre.yaml",
      "baton check --entry idle --json flow.studio",
      "baton check --sarif examples/flows >findings.sarif", NULL};
  const struct cli_page page = {options, examples, 0, -1};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  struct checking c = {0};
  struct check_files files = {0};
  exit_code = CLI_MISUSE;
  if (!read_words(&w, &c)) {
    return exit_code;
  }
  if (find_files(&c, argc, argv, &files)) {
    exit_code = check_all(&c, &files);
  }
  check_files_free(&files);
  if (c.has_centre) {
    check_centre_free(&c.centre);
  }
  return exit_code;
}
