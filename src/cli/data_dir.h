/* data_dir.h - the journal of a centre, for reading, and where it lies. */
#ifndef BATON_CLI_DATA_DIR_H
#define BATON_CLI_DATA_DIR_H

#include <stdbool.h>

#include "journal/journal.h"
#include "vault/vault.h"

enum { DATA_DIR_PATH = 4096 };

struct data_journal {
  struct vault *vault;
  struct journal *journal;
};

/* A data directory holds the journal in "journal", and its keys; the journal's
 * own directory is understood, too. @master says where the keys' master key is,
 * as in the centre's file, or is NULL. Without keys, or the one that opens
 * them, all content reads as erased. False: it cannot be, and that has been
 * said. */
bool data_dir_open(const char *dir, const char *master,
                   struct data_journal *out);
void data_dir_close(struct data_journal *d);

#endif
