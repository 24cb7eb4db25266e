/* The keys of what the journal keeps of each session, and what wraps them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "cli/cli.h"
#include "cli/data_dir.h"
#include "cli/master_ref.h"
#include "domain/heap.h"
#include "server/secret.h"

enum { SHOWN = 8 }; /* characters of a mark, as refusals show it */

struct choice {
  const char *from, *to;
  bool json;
};

static bool key_file(const char *dir, char path[DATA_DIR_PATH]) {
  const int len = snprintf(path, DATA_DIR_PATH, "%s/keys", dir);
  if (len < 0 || len >= DATA_DIR_PATH) {
    cli_error("the directory's name is too long");
    return false;
  }
  return true;
}

/* Its mark goes to standard error, so that the key alone can be put away. */
static int make(void) {
  struct vault_master m = {.given = true};
  char digits[2 * VAULT_KEY + 1] = "", mark[VAULT_MARK_TEXT];
  secret_fill(m.key, sizeof m.key);
  hex_write(m.key, sizeof m.key, digits);
  vault_mark_text(&m, mark);
  printf("%s\n", digits);
  (void)fprintf(stderr, "baton: this is the master key %.*s\n", SHOWN, mark);
  return CLI_DONE;
}

static int tell(const char *path, bool json) {
  struct vault_status s;
  struct vault_error why;
  const enum bt_err err = vault_look(heap_mem(), path, &s, &why);
  if (err != BT_ERR_OK) {
    cli_error("%s", why.text);
    return CLI_FAILED;
  }
  if (json) {
    printf("{\"wrapped\":%s,\"changing\":%s,\"masterKey\":",
           s.wrapped ? "true" : "false", s.changing ? "true" : "false");
    printf(s.wrapped ? "\"%.*s\"" : "null", SHOWN, s.mark);
    printf(",\"keys\":%" PRIu64 ",\"erased\":%" PRIu64 "}\n",
           s.taken - s.erased, s.erased);
    return CLI_DONE;
  }
  printf("%s: %" PRIu64 " sessions have a key, of %" PRIu64 " it is erased; ",
         path, s.taken - s.erased, s.erased);
  if (!s.wrapped) {
    printf("the keys are in the clear\n");
  } else {
    printf("wrapped with the master key %.*s%s\n", SHOWN, s.mark,
           s.changing ? ", a change of which was interrupted" : "");
  }
  return CLI_DONE;
}

static int rotate(const char *path, const struct choice *c) {
  struct vault_options options = {.path = path, .bare = c->to == NULL};
  struct vault_error why;
  struct vault *v = NULL;
  struct vault_status s;
  if (c->from == NULL && c->to == NULL) {
    cli_error("keys rotate needs --to (a first master key), --from and --to "
              "(another), or --from (none from now on)");
    return CLI_MISUSE;
  }
  if (!master_ref_read(c->from, &options.former) ||
      !master_ref_read(c->to, &options.master)) {
    return CLI_FAILED;
  }
  /* It would be made, and look as if all was well. */
  if (vault_look(heap_mem(), path, &s, &why) != BT_ERR_OK ||
      vault_open(heap_mem(), &options, &v, &why) != BT_ERR_OK) {
    cli_error("%s", why.text);
    return CLI_FAILED;
  }
  vault_close(v);
  return tell(path, c->json);
}

int cmd_keys(const struct cli_command *self, int argc, char **argv) {
  struct choice c = {.from = NULL};
  char path[DATA_DIR_PATH];
  const struct cli_option options[] = {
      {"--from", CLI_TEXT, &c.from, "REF",
       "rotate: the master key until now, env:NAME or file:PATH"},
      {"--to", CLI_TEXT, &c.to, "REF", "rotate: the one from now on"},
      {"--json", CLI_FLAG, &c.json, NULL, "as a JSON object"},
      {NULL, CLI_FLAG, NULL, NULL, NULL}};
  static const char *const examples[] = {
      "baton keys new > /etc/baton/master-key", "baton keys status data/main",
      "baton keys rotate data/main --to file:/etc/baton/master-key",
      "baton keys rotate data/main --from env:OLD --to env:NEW", NULL};
  const struct cli_page page = {options, examples, 1, 2};
  int exit_code;
  if (!cli_parse(self, &page, &argc, argv, &exit_code)) {
    return exit_code;
  }
  if (strcmp(argv[1], "new") == 0 && argc == 2) {
    return make();
  }
  const bool rotates = strcmp(argv[1], "rotate") == 0;
  if ((!rotates && strcmp(argv[1], "status") != 0) || argc != 3) {
    cli_error("keys: there are new, status DIR and rotate DIR");
    return CLI_MISUSE;
  }
  if (!key_file(argv[2], path)) {
    return CLI_MISUSE;
  }
  return rotates ? rotate(path, &c) : tell(path, c.json);
}
