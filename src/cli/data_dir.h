/* data_dir.h - where the journal of a centre lies. */
#ifndef BATON_CLI_DATA_DIR_H
#define BATON_CLI_DATA_DIR_H

#include <stdbool.h>

enum { DATA_DIR_PATH = 4096 };

/* A data directory holds the journal in "journal"; the journal's own directory
 * is understood, too. False: there is none, and that has been said. */
bool data_dir_journal(const char *dir, char path[DATA_DIR_PATH]);

#endif
