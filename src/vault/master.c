/* Keys under a master key: AES-256 key wrap (RFC 3394).
 *
 * It needs no nonce, for which the slots have no room, and which must never
 * come twice: a slot that a crash left half made gets another key.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "base/digest.h"
#include "vault/vault_priv.h"

bool vault_read_master(struct text digits, struct vault_master *out) {
  out->given = digits.len == 2 * (size_t)VAULT_KEY &&
               hex_read(digits, out->key, sizeof out->key);
  return out->given;
}

/* Of a digest, so that it says nothing about the key. */
void master_mark(const struct vault_master *m, uint8_t out[VAULT_MARK]) {
  static const char purpose[16] = "baton master key";
  uint8_t bytes[sizeof purpose + VAULT_KEY], sum[DIGEST_SHA256_SIZE] = {0};
  if (m->given) {
    memcpy(bytes, purpose, sizeof purpose);
    memcpy(bytes + sizeof purpose, m->key, VAULT_KEY);
    digest_sha256((struct text){(const char *)bytes, sizeof bytes}, sum);
    OPENSSL_cleanse(bytes, sizeof bytes);
  }
  memcpy(out, sum, VAULT_MARK);
}

void vault_mark_text(const struct vault_master *m, char out[VAULT_MARK_TEXT]) {
  uint8_t mark[VAULT_MARK];
  master_mark(m, mark);
  hex_write(mark, sizeof mark, out);
  out[VAULT_MARK_TEXT - 1] = '\0';
}

enum bt_err master_wrap(EVP_CIPHER_CTX *c, const struct vault_master *m,
                        const uint8_t key[KEY_BYTES],
                        uint8_t out[WRAPPED_BYTES]) {
  int len = 0;
  EVP_CIPHER_CTX_set_flags(c, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  const bool good =
      EVP_EncryptInit_ex(c, EVP_aes_256_wrap(), NULL, m->key, NULL) == 1 &&
      EVP_EncryptUpdate(c, out, &len, key, KEY_BYTES) == 1 &&
      len == WRAPPED_BYTES;
  return good ? BT_ERR_OK : BT_ERR_NOMEM;
}

bool master_unwrap(EVP_CIPHER_CTX *c, const struct vault_master *m,
                   const uint8_t wrapped[WRAPPED_BYTES],
                   uint8_t out[KEY_BYTES]) {
  uint8_t room[WRAPPED_BYTES];
  int len = 0;
  EVP_CIPHER_CTX_set_flags(c, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  const bool good =
      EVP_DecryptInit_ex(c, EVP_aes_256_wrap(), NULL, m->key, NULL) == 1 &&
      EVP_DecryptUpdate(c, room, &len, wrapped, WRAPPED_BYTES) == 1 &&
      len == KEY_BYTES;
  if (good) {
    memcpy(out, room, KEY_BYTES);
  }
  OPENSSL_cleanse(room, sizeof room);
  return good;
}
