#include "genesys/signature.h"

#include <openssl/evp.h>

#include "base/digest.h"

struct text genesys_sign(struct text secret, struct text body,
                         char out[GENESYS_SIGNATURE_MAX]) {
  uint8_t mac[DIGEST_SHA256_SIZE];
  struct text line = {out, 7};
  digest_hmac_sha256(secret, body, mac);
  for (size_t i = 0; i < line.len; i++) {
    out[i] = "sha256="[i];
  }
  line.len +=
      (size_t)EVP_EncodeBlock((unsigned char *)out + line.len, mac, sizeof mac);
  return line;
}
