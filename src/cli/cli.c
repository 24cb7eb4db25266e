#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const struct cli_command *cli_commands(void) {
  static const struct cli_command commands[] = {
#define COMMAND(name, function, arguments, summary)                            \
  {(name), (arguments), (summary), cmd_##function},
#include "cli/commands.def"
#undef COMMAND
      {NULL, NULL, NULL, NULL}};
  return commands;
}

void cli_error(const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)fputs("baton: ", stderr);
  (void)vfprintf(stderr, format, args);
  (void)fputc('\n', stderr);
  va_end(args);
}

char *cli_read_file(const char *path, size_t *size) {
  FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
  if (f == NULL) {
    return NULL;
  }
  char *bytes = NULL;
  size_t len = 0, cap = 0;
  bool good = true;
  do { /* also when standard input was read to its end before */
    if (len + 1 >= cap) {
      cap = cap == 0 ? 16384 : cap * 2;
      char *grown = realloc(bytes, cap);
      good = grown != NULL;
      bytes = good ? grown : bytes;
    }
    len += good ? fread(bytes + len, 1, cap - len - 1, f) : 0;
    good = good && !ferror(f);
  } while (good && !feof(f));
  const int why = errno;
  if (f != stdin) {
    (void)fclose(f);
  }
  if (!good) {
    free(bytes);
    errno = why;
    return NULL;
  }
  bytes[len] = '\0';
  *size = len;
  return bytes;
}

/* ---- help */

static void print_option(const struct cli_option *o) {
  const bool optional = o->kind == CLI_FLAG_OR_TEXT;
  const char *before = o->value == NULL ? "" : optional ? "[=" : " ";
  char left[64];
  (void)snprintf(left, sizeof left, "%s%s%s%s", o->name, before,
                 o->value == NULL ? "" : o->value, optional ? "]" : "");
  printf("  %-24s %s\n", left, o->doc);
}

static void print_page(const struct cli_command *self,
                       const struct cli_page *page) {
  printf("usage: baton %s %s\n\n%s\n", self->name, self->arguments,
         self->summary);
  printf("\noptions:\n");
  for (const struct cli_option *o = page->options; o->name != NULL; o++) {
    print_option(o);
  }
  printf("  %-24s %s\n", "--help", "this page");
  if (page->examples[0] != NULL) {
    printf("\nexamples:\n");
  }
  for (const char *const *e = page->examples; *e != NULL; e++) {
    printf("  %s\n", *e);
  }
}

/* ---- options */

static const struct cli_option *find(const struct cli_page *page,
                                     const char *word) {
  const size_t len = strcspn(word, "=");
  for (const struct cli_option *o = page->options; o->name != NULL; o++) {
    if (strlen(o->name) == len && strncmp(o->name, word, len) == 0) {
      return o;
    }
  }
  return NULL;
}

static void suggest_option(const struct cli_page *page, const char *word,
                           const char *command) {
  struct text names[64] = {{"", 0}};
  size_t count = 0;
  for (const struct cli_option *o = page->options;
       o->name != NULL && count < 64; o++) {
    names[count++] = text_from(o->name);
  }
  const struct text wanted = {word, strcspn(word, "=")};
  const size_t near = text_nearest(wanted, names, count);
  if (near < count) {
    cli_error("%s: unknown option '%.*s'; did you mean '%.*s'?", command,
              TEXT_ARG(wanted), TEXT_ARG(names[near]));
  } else {
    cli_error("%s: unknown option '%.*s'; see 'baton %s --help'", command,
              TEXT_ARG(wanted), command);
  }
}

static bool set_num(const struct cli_option *o, const char *value) {
  int64_t n;
  if (!text_to_i64(text_from(value), &n) || n < 0) {
    cli_error("%s needs a whole number, 0 or more, not '%s'", o->name, value);
    return false;
  }
  *(long long *)o->target = n;
  return true;
}

static bool set_item(const struct cli_option *o, const char *value) {
  struct cli_list *list = o->target;
  if (list->count == CLI_LIST_MAX) {
    cli_error("%s: at most %d of them", o->name, CLI_LIST_MAX);
    return false;
  }
  list->items[list->count++] = value;
  return true;
}

/* One option; *@used_next if the next word was its value. */
static bool set(const struct cli_option *o, const char *word, const char *next,
                bool *used_next) {
  const char *value = strchr(word, '=');
  value = value == NULL ? NULL : value + 1;
  if (o->kind == CLI_FLAG) {
    *(bool *)o->target = true;
    if (value != NULL) {
      cli_error("%s takes no value", o->name);
    }
    return value == NULL;
  }
  if (o->kind == CLI_FLAG_OR_TEXT) {
    *(const char **)o->target = value == NULL ? "" : value;
    return true;
  }
  if (value == NULL) {
    value = next;
    *used_next = true;
  }
  if (value == NULL) {
    cli_error("%s needs a value: %s %s", o->name, o->name, o->value);
    return false;
  }
  if (o->kind == CLI_NUM) {
    return set_num(o, value);
  }
  if (o->kind == CLI_LIST) {
    return set_item(o, value);
  }
  *(const char **)o->target = value;
  return true;
}

static bool count_fits(const struct cli_command *self,
                       const struct cli_page *page, int words) {
  if (words >= page->min_args &&
      (page->max_args < 0 || words <= page->max_args)) {
    return true;
  }
  cli_error("usage: baton %s %s", self->name, self->arguments);
  return false;
}

bool cli_parse(const struct cli_command *self, const struct cli_page *page,
               int *argc, char **argv, int *exit_code) {
  int kept = 1;
  bool words_only = false;
  *exit_code = CLI_MISUSE;
  for (int i = 1; i < *argc; i++) {
    const char *word = argv[i];
    if (words_only || word[0] != '-' || word[1] == '\0') {
      argv[kept++] = argv[i];
      continue;
    }
    if (strcmp(word, "--") == 0) {
      words_only = true;
      continue;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
      print_page(self, page);
      *exit_code = CLI_DONE;
      return false;
    }
    const struct cli_option *o = find(page, word);
    if (o == NULL) {
      suggest_option(page, word, self->name);
      return false;
    }
    bool used_next = false;
    if (!set(o, word, i + 1 < *argc ? argv[i + 1] : NULL, &used_next)) {
      return false;
    }
    i += used_next;
  }
  *argc = kept;
  return count_fits(self, page, kept - 1);
}
