#include "cli/data_dir.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/master_ref.h"
#include "domain/heap.h"

static bool find_journal(const char *dir, char path[DATA_DIR_PATH]) {
  static const char *const places[] = {"journal/journal.db", "journal.db"};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    const int len = snprintf(path, DATA_DIR_PATH, "%s/%s", dir, places[i]);
    if (len > 0 && len < DATA_DIR_PATH && access(path, F_OK) == 0) {
      *strrchr(path, '/') = '\0';
      return true;
    }
  }
  cli_error("%s holds no journal; name the data directory of a centre", dir);
  return false;
}

bool data_dir_open(const char *dir, const char *master,
                   struct data_journal *out) {
  char path[DATA_DIR_PATH];
  char keys[DATA_DIR_PATH + sizeof "/../keys"];
  struct journal_error why;
  *out = (struct data_journal){.vault = NULL};
  if (!find_journal(dir, path)) {
    return false;
  }
  (void)snprintf(keys, sizeof keys, "%s/../keys", path);
  struct vault_options vault = {.path = keys, .read_only = true};
  struct vault_error problem;
  if (!master_ref_read(master, &vault.master)) {
    return false;
  }
  if (vault_open(heap_mem(), &vault, &out->vault, &problem) != BT_ERR_OK) {
    cli_error("%s", problem.text);
    return false;
  }
  const struct journal_options options = {.read_only = true,
                                          .cover = vault_cover(out->vault)};
  if (journal_open_sqlite(path, &options, &out->journal, &why) == BT_ERR_OK) {
    return true;
  }
  cli_error("%s", why.text);
  data_dir_close(out);
  return false;
}

void data_dir_close(struct data_journal *d) {
  journal_close(d->journal);
  vault_close(d->vault);
}
