#include "cli/master_ref.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { LINE_MAX_BYTES = 256 };

/* The first line of a file, without what surrounds it. */
static bool read_line(const char *path, char line[LINE_MAX_BYTES]) {
  FILE *file = fopen(path, "re");
  const bool good = file != NULL && fgets(line, LINE_MAX_BYTES, file) != NULL;
  if (!good) {
    cli_error("%s: %s", path, file == NULL ? strerror(errno) : "it is empty");
  }
  if (file != NULL) {
    (void)fclose(file);
  }
  return good;
}

static bool read_variable(const char *name, char line[LINE_MAX_BYTES]) {
  const char *value = getenv(name);
  if (value == NULL) {
    cli_error("the environment variable %s is not set", name);
    return false;
  }
  (void)snprintf(line, LINE_MAX_BYTES, "%s", value);
  return true;
}

bool master_ref_read(const char *ref, struct vault_master *out) {
  char line[LINE_MAX_BYTES] = "";
  *out = (struct vault_master){.given = false};
  if (ref == NULL) {
    return true;
  }
  const bool is_env = strncmp(ref, "env:", 4) == 0;
  if (!is_env && strncmp(ref, "file:", 5) != 0) {
    cli_error("a master key is named by env:NAME or file:PATH, not written "
              "down: '%s' is neither",
              ref);
    return false;
  }
  if (!(is_env ? read_variable(ref + 4, line) : read_line(ref + 5, line))) {
    return false;
  }
  const bool good = vault_read_master(text_trim(text_from(line)), out);
  explicit_bzero(line, sizeof line);
  if (!good) {
    cli_error("%s holds no master key of %d hexadecimal digits; 'baton keys "
              "new' makes one",
              ref, 2 * VAULT_KEY);
  }
  return good;
}
