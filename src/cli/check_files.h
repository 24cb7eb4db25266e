/* check_files.h - the scripts that a command's words name. */
#ifndef BATON_CLI_CHECK_FILES_H
#define BATON_CLI_CHECK_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct check_files {
  char **paths; /* owned */
  size_t count, cap;
};

/* A file by itself, whatever it is called; of a directory every *.studio in it
 * and below, in the order of their names. Hidden ones are passed over. False:
 * it cannot be read, which has been said. */
bool check_files_add(struct check_files *files, const char *path);
void check_files_free(struct check_files *files);

#endif
