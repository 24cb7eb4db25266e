/* Files are replaced as a whole, by renaming: whoever stops this in the middle
 * has the old text or the new one. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli.h"
#include "domain/heap.h"
#include "studio/format.h"

struct fmt {
  bool check, to_stdout, json;
  size_t changed, malformed, unreadable;
  struct json_out list;
};

enum { DIRECTORY_DEPTH_MAX = 64 };

static void say(struct fmt *f, const char *path, bool changed,
                const struct diagnostics *diags) {
  struct textbuf text;
  if (f->json) {
    json_open_object(&f->list);
    json_key(&f->list, "file");
    json_put_text(&f->list, text_from(path));
    json_key(&f->list, "changed");
    json_put_bool(&f->list, changed);
    textbuf_init(&text, heap_mem());
    diagnostics_print_json(diags, text_from(path), &text);
    json_key(&f->list, "findings");
    json_put_raw(&f->list, textbuf_text(&text));
    textbuf_free(&text);
    json_close_object(&f->list);
  } else if (changed && !f->to_stdout) {
    puts(path);
  }
}

static void print_errors(const struct diagnostics *diags, const char *path) {
  struct textbuf text;
  textbuf_init(&text, heap_mem());
  for (size_t i = 0; i < diags->count; i++) {
    if (diags->items[i].severity == DIAGNOSTIC_ERROR) {
      diagnostic_print(&diags->items[i], text_from(path), &text);
    }
  }
  (void)fprintf(stderr, "%.*s", TEXT_ARG(textbuf_text(&text)));
  textbuf_free(&text);
}

static bool write_file(const char *path, struct text text) {
  struct stat st;
  char temporary[4096];
  const int n = snprintf(temporary, sizeof temporary, "%s.fmt-XXXXXX", path);
  if (n < 0 || (size_t)n >= sizeof temporary || stat(path, &st) != 0) {
    return false;
  }
  const int fd = mkstemp(temporary);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
  if (file == NULL) {
    return false;
  }
  bool good = fchmod(fd, st.st_mode & 07777) == 0 &&
              fwrite(text.ptr, 1, text.len, file) == text.len;
  good = fclose(file) == 0 && good;
  good = good && rename(temporary, path) == 0;
  if (!good) {
    (void)unlink(temporary);
  }
  return good;
}

/* What is done with the result. */
static void deliver(struct fmt *f, const char *path, struct text before,
                    struct text after) {
  const bool changed = !text_equal(before, after);
  f->changed += changed;
  if (f->to_stdout) {
    (void)fwrite(after.ptr, 1, after.len, stdout);
  } else if (changed && !f->check && !write_file(path, after)) {
    cli_error("cannot write %s: %s", path, strerror(errno));
    f->unreadable++;
  }
}

static void format_text(struct fmt *f, const char *path, struct text before) {
  struct diagnostics diags;
  struct textbuf after;
  diagnostics_init(&diags, heap_mem());
  textbuf_init(&after, heap_mem());
  const enum bt_err err =
      format_script(heap_mem(), text_from(path), before, &diags, &after);
  bool changed = false;
  if (err == BT_ERR_OK) {
    changed = !text_equal(before, textbuf_text(&after));
    deliver(f, path, before, textbuf_text(&after));
  } else if (err == BT_ERR_SYNTAX) {
    f->malformed++;
  } else if (err == BT_ERR_STATE) {
    cli_error("%s is left as it is: its layout would change what it means; "
              "please report this file",
              path);
    f->malformed++;
  } else {
    cli_error("cannot format %s: %s", path, bt_err_text(err));
    f->unreadable++;
  }
  say(f, path, changed, &diags);
  if (!f->json) {
    print_errors(&diags, path);
  }
  textbuf_free(&after);
  diagnostics_free(&diags);
}

static void format_file(struct fmt *f, const char *path) {
  size_t size = 0;
  char *source = cli_read_file(path, &size);
  if (source == NULL) {
    cli_error("cannot read %s: %s", path, strerror(errno));
    f->unreadable++;
    return;
  }
  format_text(f, path, (struct text){source, size});
  free(source);
}

/* ---- directories */

static int is_wanted(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static void format_path(struct fmt *f, const char *path, unsigned depth);

static void format_directory(struct fmt *f, const char *path, unsigned depth) {
  struct dirent **entries = NULL;
  const int count = scandir(path, &entries, is_wanted, alphasort);
  if (count < 0) {
    cli_error("cannot read %s: %s", path, strerror(errno));
    f->unreadable++;
    return;
  }
  for (int i = 0; i < count; i++) {
    char inner[4096];
    const int n =
        snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
    if (n > 0 && (size_t)n < sizeof inner) {
      format_path(f, inner, depth + 1);
    }
    free(entries[i]);
  }
  free(entries);
}

/* In a directory only scripts count, and links to elsewhere are not followed.
 */
static void format_path(struct fmt *f, const char *path, unsigned depth) {
  struct stat st = {0};
  if (strcmp(path, "-") != 0) {
    (void)(depth == 0 ? stat(path, &st) : lstat(path, &st));
  }
  if (S_ISDIR(st.st_mode)) {
    if (depth < DIRECTORY_DEPTH_MAX) {
      format_directory(f, path, depth);
    }
  } else if (depth == 0 || (S_ISREG(st.st_mode) &&
                            text_ends(text_from(path), TEXT(".studio")))) {
    format_file(f, path);
  }
}

/* ---- */

static int finish(struct fmt *f, struct textbuf *json) {
  if (f->json) {
    json_close_list(&f->list);
    printf("%.*s\n", TEXT_ARG(textbuf_text(json)));
  }
  if (f->unreadable > 0) {
    return CLI_MISUSE;
  }
  return f->malformed > 0 || (f->check && f->changed > 0) ? CLI_FAILED
                                                          : CLI_DONE;
}

int cmd_fmt(const struct cli_command *self, int argc, char **argv) {
  struct fmt f = {0};
  struct textbuf json;
  const struct cli_option options[] = {
      {"--check", CLI_FLAG, &f.check, NULL,
       "change nothing; exit code 1 if a file is not in this layout"},
      {"--stdout", CLI_FLAG, &f.to_stdout, NULL,
       "write to standard output, not to the file; - reads standard input"},
      {"--json", CLI_FLAG, &f.json, NULL,
       "a JSON list: file, changed, findings"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton fmt flows/", "baton fmt --check flows/*.studio",
      "baton fmt --stdout - <pasted.txt", NULL};
  const struct cli_page page = {options, examples, 1, -1};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (f.to_stdout && (f.json || f.check)) {
    cli_error("--stdout goes with neither --check nor --json");
    return CLI_MISUSE;
  }
  textbuf_init(&json, heap_mem());
  json_out_init(&f.list, &json);
  json_open_list(&f.list);
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "-") == 0 && !f.check && !f.json) {
      f.to_stdout = true; /* there is no file to write to */
    }
    format_path(&f, argv[i], 0);
  }
  exit_code = finish(&f, &json);
  textbuf_free(&json);
  return exit_code;
}
