/* digest.h - hashes that other systems ask for: MD5, SHA-1, SHA-256, HMAC.
 *
 * For checksums and signatures of messages (web hooks, gravatars, REST calls);
 * passwords and tokens are not kept with these.
 */
#ifndef BATON_BASE_DIGEST_H
#define BATON_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
  DIGEST_MD5_SIZE = 16,
  DIGEST_SHA1_SIZE = 20,
  DIGEST_SHA256_SIZE = 32,
  DIGEST_MAX = 32
};

void digest_md5(struct text t, uint8_t out[DIGEST_MD5_SIZE]);   /* RFC 1321 */
void digest_sha1(struct text t, uint8_t out[DIGEST_SHA1_SIZE]); /* RFC 3174 */
void digest_sha256(struct text t, uint8_t out[DIGEST_SHA256_SIZE]);
/* RFC 2104 with SHA-256. */
void digest_hmac_sha256(struct text key, struct text t,
                        uint8_t out[DIGEST_SHA256_SIZE]);
/* In lower-case hexadecimal: 2 * @size characters, without a NUL. */
void hex_write(const uint8_t *bytes, size_t size, char *out);
/* What a hexadecimal digit of either case stands for, 0 to 15, or -1. */
int hex_value(char c);
/* Two digits a byte, of either case; false: they are none, or not that many. */
bool hex_read(struct text t, uint8_t *bytes, size_t size);
void digest_to_hex(const uint8_t *digest, size_t size, struct textbuf *out);

#endif
