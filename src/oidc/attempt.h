/* attempt.h - one sign-in between its two ends: what the browser remembers, and
 * what follows from it. Pure.
 *
 * The browser's cookie holds random bytes, the time and the page to return to.
 * State, nonce and PKCE verifier are keyed hashes of the whole cookie and the
 * provider: whoever changes either has another state than the one that comes
 * back.
 */
#ifndef BATON_OIDC_ATTEMPT_H
#define BATON_OIDC_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "oidc/base64url.h"

enum {
  ATTEMPT_BYTES = 32, /* random ones, and those of a hash */
  ATTEMPT_TEXT = BASE64URL_LEN(ATTEMPT_BYTES),
  ATTEMPT_RETURN_MAX = 256,
  ATTEMPT_COOKIE_MAX =
      ATTEMPT_TEXT + 1 + 20 + 1 + BASE64URL_LEN(ATTEMPT_RETURN_MAX)
};

#define ATTEMPT_LIFE_S INT64_C(600)

struct attempt {
  char state[ATTEMPT_TEXT];
  char nonce[ATTEMPT_TEXT];
  char verifier[ATTEMPT_TEXT];
  char challenge[ATTEMPT_TEXT];
};

/* A path of this server and nothing else: no page can be led elsewhere by it.
 */
bool attempt_may_return(struct text path);
/* @path may be returned to. Returns the length of the cookie's value. */
size_t attempt_write_cookie(const uint8_t random[ATTEMPT_BYTES], int64_t now_s,
                            struct text path, char out[ATTEMPT_COOKIE_MAX]);
/* The page to return to, in the arena. False: it is no such cookie, or too old;
 * then *path is still a page if it was readable, else "/". */
bool attempt_read_cookie(struct arena *arena, struct text cookie, int64_t now_s,
                         struct text *path);
void attempt_derive(const uint8_t key[ATTEMPT_BYTES], struct text provider,
                    struct text cookie, struct attempt *out);

#endif
