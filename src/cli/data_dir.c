#include "cli/data_dir.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

bool data_dir_journal(const char *dir, char path[DATA_DIR_PATH]) {
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
