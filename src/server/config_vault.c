/* The section "vault": what wraps the keys of what the journal keeps. */
#include "server/config_priv.h"

static void read_key(struct reader *r, const struct json *at,
                     struct vault_master *out) {
  struct text digits;
  if (at == NULL || !reader_secret(r, at, &digits)) {
    return;
  }
  if (!vault_read_master(digits, out)) {
    reader_error(r, at,
                 "a master key is %d hexadecimal digits, and this is none: "
                 "\"baton keys new\" makes one",
                 2 * VAULT_KEY);
  }
}

void reader_read_vault(struct reader *r) {
  const struct json *map = reader_member(r->tree.root, FILE_CENTRE_VAULT);
  if (map == NULL) {
    return;
  }
  reader_check(r, map, FILE_VAULT);
  read_key(r, reader_member(map, FILE_VAULT_MASTER), &r->out->master);
  read_key(r, reader_member(map, FILE_VAULT_FORMER), &r->out->former);
}
