/* Passwords as Argon2id (RFC 9106), by libargon2. */
#include <argon2.h>

#include "accounts/accounts.h"

/* 19 MiB and two passes: the least of what OWASP recommends, since sign-ins of
 * a shift's beginning come together on a small machine. */
enum {
  PASSES = 2,
  MEMORY_KIB = 19456,
  LANES = 1,
  HASH_BYTES = 32,
  SALT_BYTES = 16
};

enum bt_err accounts_hash(struct text password, const uint8_t salt[16],
                          char out[ACCOUNT_HASH_MAX]) {
  if (password.len < PASSWORD_MIN || password.len > PASSWORD_MAX) {
    return BT_ERR_RANGE;
  }
  return argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.ptr,
                               password.len, salt, SALT_BYTES, HASH_BYTES, out,
                               ACCOUNT_HASH_MAX) == ARGON2_OK
             ? BT_ERR_OK
             : BT_ERR_NOMEM;
}

bool accounts_fits(const char *hash, struct text password) {
  return password.len <= PASSWORD_MAX &&
         argon2id_verify(hash, password.ptr, password.len) == ARGON2_OK;
}
