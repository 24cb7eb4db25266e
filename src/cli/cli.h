/* cli.h - what the subcommands of baton share.
 *
 * A subcommand is one file cmd_<name>.c with a table of its options, one line
 * in commands.def, and one function that returns the exit code: 0 done, 1 it
 * failed or found something, 2 misuse.
 */
#ifndef BATON_CLI_CLI_H
#define BATON_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

enum cli_exit { CLI_DONE = 0, CLI_FAILED = 1, CLI_MISUSE = 2 };

enum cli_kind {
  CLI_FLAG, /* --quiet: *(bool *)target becomes true */
  CLI_TEXT, /* --url X or --url=X: *(const char **)target */
  CLI_NUM,  /* --sessions 10: *(long long *)target */
  /* --trace or --trace=json: *(const char **)target; "" without a value */
  CLI_FLAG_OR_TEXT,
  CLI_LIST /* --change X, as often as wanted: *(struct cli_list *)target */
};

enum { CLI_LIST_MAX = 64 };

struct cli_list {
  const char *items[CLI_LIST_MAX];
  size_t count;
};

struct cli_option {
  const char *name; /* "--quiet" */
  enum cli_kind kind;
  void *target;
  const char *value; /* "URL", for the help; NULL for a flag */
  const char *doc;
};

struct cli_command {
  const char *name, *arguments, *summary;
  int (*run)(const struct cli_command *self, int argc, char **argv);
};

/* A command's own page. */
struct cli_page {
  const struct cli_option *options; /* ends with a NULL name */
  const char *const *examples;      /* ends with NULL */
  int min_args, max_args;           /* words that are no options; -1: any */
};

/* Takes the options out of @argv (argv[0] is the command's name); what is left
 * is argv[1] … argv[*argc - 1]. True: go on. False: *@exit is the exit code
 * (help was asked for, or something did not fit and has been said). */
bool cli_parse(const struct cli_command *self, const struct cli_page *page,
               int *argc, char **argv, int *exit);

/* The commands themselves: cmd_run() and so on. */
#define COMMAND(name, function, arguments, summary)                            \
  int cmd_##function(const struct cli_command *self, int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND

/* All commands, ending with a NULL name. */
const struct cli_command *cli_commands(void);

/* "baton: …" on standard error. */
__attribute__((format(printf, 1, 2))) void cli_error(const char *format, ...);

/* The whole file, freed by free(); NULL and an errno if it cannot be read. A
 * NUL stands behind it. */
char *cli_read_file(const char *path, size_t *size);

#endif
