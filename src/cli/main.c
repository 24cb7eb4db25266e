/* main.c - baton COMMAND: finds the command and hands over. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "domain/heap.h"

static void print_commands(FILE *to) {
  (void)fputs("usage: baton COMMAND [OPTIONS]\n\n"
              "Hands customer sessions from bots to live agents and never "
              "drops one.\n\n",
              to);
  for (const struct cli_command *c = cli_commands(); c->name != NULL; c++) {
    (void)fprintf(to, "  %-9s %s\n", c->name, c->summary);
  }
  (void)fputs("\n'baton COMMAND --help' shows its options and examples.\n", to);
}

static const struct cli_command *find(const char *name) {
  for (const struct cli_command *c = cli_commands(); c->name != NULL; c++) {
    if (strcmp(c->name, name) == 0) {
      return c;
    }
  }
  return NULL;
}

static int unknown(const char *name) {
  struct text names[64] = {TEXT("help")};
  size_t count = 1;
  for (const struct cli_command *c = cli_commands();
       c->name != NULL && count < 64; c++) {
    names[count++] = text_from(c->name);
  }
  const size_t near = text_nearest(text_from(name), names, count);
  if (near < count) {
    cli_error("'%s' is not a command; did you mean '%.*s'?", name,
              TEXT_ARG(names[near]));
  } else {
    cli_error("'%s' is not a command; see 'baton help'", name);
  }
  return CLI_MISUSE;
}

/* baton help COMMAND is baton COMMAND --help. */
static int help(int argc, char **argv) {
  if (argc < 3) {
    print_commands(stdout);
    return CLI_DONE;
  }
  const struct cli_command *c = find(argv[2]);
  char page[] = "--help";
  char *words[] = {argv[2], page, NULL};
  return c == NULL ? unknown(argv[2]) : c->run(c, 2, words);
}

int main(int argc, char **argv) {
  char version[] = "version";
  heap_use_huge_pages();
  if (argc < 2) {
    print_commands(stderr);
    return CLI_MISUSE;
  }
  if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
      strcmp(argv[1], "-h") == 0) {
    return help(argc, argv);
  }
  if (strcmp(argv[1], "--version") == 0) {
    argv[1] = version;
  }
  const struct cli_command *c = find(argv[1]);
  return c == NULL ? unknown(argv[1]) : c->run(c, argc - 1, argv + 1);
}
