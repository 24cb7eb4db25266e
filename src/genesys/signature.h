/* signature.h - what an open-messaging webhook is signed with.
 *
 * X-Hub-Signature-256: "sha256=" and the base64 of HMAC-SHA-256 over the raw
 * body, under the integration's secret.
 */
#ifndef BATON_GENESYS_SIGNATURE_H
#define BATON_GENESYS_SIGNATURE_H

#include "base/text.h"

#define GENESYS_SIGNATURE "X-Hub-Signature-256"

enum { GENESYS_SIGNATURE_MAX = sizeof "sha256=" + 44 };

/* The header's value, in @out. */
struct text genesys_sign(struct text secret, struct text body,
                         char out[GENESYS_SIGNATURE_MAX]);

#endif
