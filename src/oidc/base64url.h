/* base64url.h - bytes as text for URLs: base64url without padding (RFC 7515).
 */
#ifndef BATON_OIDC_BASE64URL_H
#define BATON_OIDC_BASE64URL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

/* Characters of @size bytes. */
#define BASE64URL_LEN(size) (((size)*4 + 2) / 3)

/* BASE64URL_LEN(size) characters, without a NUL. */
void base64url_write(const uint8_t *bytes, size_t size, char *out);
/* Into the arena. BT_ERR_SYNTAX: @t is none; one value has one text, so bits
 * that mean nothing must be 0. BT_ERR_NOMEM. */
enum bt_err base64url_read(struct arena *arena, struct text t,
                           struct text *out) BT_USE_RESULT;

#endif
