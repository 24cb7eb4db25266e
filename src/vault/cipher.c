/* Content under a key: AES-256-GCM. */
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/check.h"
#include "vault/vault_priv.h"

enum { TAG_BYTES = 16 };

static const uint8_t *bytes_of(const char *text) {
  return (const uint8_t *)text;
}

/* They are no secret, and cost less by the hundred. */
static bool take_nonce(struct vault *v, uint8_t *out) {
  if (v->nonces_left == 0 &&
      RAND_bytes(v->nonces[0], (int)sizeof v->nonces) != 1) {
    return false;
  }
  v->nonces_left = v->nonces_left == 0 ? NONCES : v->nonces_left;
  memcpy(out, v->nonces[--v->nonces_left], NONCE_BYTES);
  return true;
}

static bool authenticate(EVP_CIPHER_CTX *c, struct id session, bool closes) {
  uint8_t id[ID_BYTES];
  int len = 0;
  id_to_bytes(session, id);
  return (closes ? EVP_EncryptUpdate(c, NULL, &len, id, sizeof id)
                 : EVP_DecryptUpdate(c, NULL, &len, id, sizeof id)) == 1;
}

enum bt_err cipher_close(struct vault *v, const struct held_key *key,
                         struct text content, struct textbuf *out) {
  if (content.len > INT_MAX ||
      !textbuf_reserve(out, NONCE_BYTES + content.len + TAG_BYTES)) {
    return BT_ERR_NOMEM;
  }
  uint8_t *at = (uint8_t *)out->ptr + out->len;
  int len = 0, more = 0;
  const bool good =
      take_nonce(v, at) &&
      EVP_EncryptInit_ex(v->cipher, NULL, NULL, key->key, at) == 1 &&
      authenticate(v->cipher, key->session, true) &&
      EVP_EncryptUpdate(v->cipher, at + NONCE_BYTES, &len,
                        bytes_of(content.ptr), (int)content.len) == 1 &&
      EVP_EncryptFinal_ex(v->cipher, at + NONCE_BYTES + len, &more) == 1 &&
      EVP_CIPHER_CTX_ctrl(v->cipher, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
                          at + NONCE_BYTES + content.len) == 1;
  out->len += good ? NONCE_BYTES + content.len + TAG_BYTES : 0;
  return good ? BT_ERR_OK : BT_ERR_IO;
}

enum bt_err cipher_open(struct vault *v, const struct held_key *key,
                        struct text sealed, struct textbuf *out) {
  uint8_t tag[TAG_BYTES];
  if (sealed.len < NONCE_BYTES + TAG_BYTES || sealed.len > INT_MAX) {
    return BT_ERR_CORRUPT;
  }
  const size_t size = sealed.len - NONCE_BYTES - TAG_BYTES;
  if (!textbuf_reserve(out, size + 1)) {
    return BT_ERR_NOMEM;
  }
  const uint8_t *from = bytes_of(sealed.ptr);
  uint8_t *at = (uint8_t *)out->ptr + out->len;
  int len = 0, more = 0;
  for (size_t i = 0; i < TAG_BYTES; i++) {
    tag[i] = from[NONCE_BYTES + size + i];
  }
  const bool good =
      EVP_DecryptInit_ex(v->cipher, NULL, NULL, key->key, from) == 1 &&
      authenticate(v->cipher, key->session, false) &&
      EVP_DecryptUpdate(v->cipher, at, &len, from + NONCE_BYTES, (int)size) ==
          1 &&
      EVP_CIPHER_CTX_ctrl(v->cipher, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) ==
          1 &&
      EVP_DecryptFinal_ex(v->cipher, at + len, &more) == 1;
  out->len += good ? size : 0;
  return good ? BT_ERR_OK : BT_ERR_CORRUPT;
}
