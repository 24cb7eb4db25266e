#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/digest.h"
#include "net/ws_priv.h"

static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
enum { NONCE_LEN = 16, GUID_LEN = sizeof guid - 1 };

/* Four bytes are wanted for each frame of a client, and asking for four costs
 * as much as asking for all of these. */
void net_random(void *out, size_t len) {
  static _Thread_local unsigned char pool[1024];
  static _Thread_local size_t left;
  bt_check(len <= sizeof pool);
  if (left < len) {
    /* The system's own: OpenSSL's generator fails when there is no memory. */
    size_t have = 0;
    while (have < sizeof pool) {
      const ssize_t got = getrandom(pool + have, sizeof pool - have, 0);
      bt_check(got > 0 || errno == EINTR);
      have += got > 0 ? (size_t)got : 0;
    }
    left = sizeof pool;
  }
  left -= len;
  memcpy(out, pool + left, len);
}

bool ws_key_is_valid(struct text key) {
  unsigned char nonce[3 * WS_KEY_LEN / 4];
  return key.len == WS_KEY_LEN && text_ends(key, TEXT("==")) &&
         EVP_DecodeBlock(nonce, (const unsigned char *)key.ptr, WS_KEY_LEN) ==
             (int)sizeof nonce;
}

void ws_accept_key(struct text key, char out[WS_ACCEPT_LEN]) {
  unsigned char text[WS_KEY_LEN + GUID_LEN];
  unsigned char digest[DIGEST_SHA1_SIZE];
  unsigned char encoded[WS_ACCEPT_LEN + 1];
  bt_check(key.len == WS_KEY_LEN);
  memcpy(text, key.ptr, WS_KEY_LEN);
  memcpy(text + WS_KEY_LEN, guid, GUID_LEN);
  digest_sha1((struct text){(const char *)text, sizeof text}, digest);
  bt_check(EVP_EncodeBlock(encoded, digest, sizeof digest) == WS_ACCEPT_LEN);
  memcpy(out, encoded, WS_ACCEPT_LEN);
}

void ws_make_key(char out[WS_KEY_LEN]) {
  unsigned char nonce[NONCE_LEN];
  unsigned char encoded[WS_KEY_LEN + 1];
  net_random(nonce, sizeof nonce);
  bt_check(EVP_EncodeBlock(encoded, nonce, sizeof nonce) == WS_KEY_LEN);
  memcpy(out, encoded, WS_KEY_LEN);
}
