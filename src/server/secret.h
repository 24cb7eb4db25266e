/* secret.h - randomness of the system, and the secret that outlives restarts.
 *
 * The secret signs customers' tokens: with another one, every customer who is
 * connected would be a stranger after a restart.
 */
#ifndef BATON_SERVER_SECRET_H
#define BATON_SERVER_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SECRET_BYTES = 32 };

/* Bytes that nobody can guess. Waits at boot until the kernel has them. */
void secret_fill(void *bytes, size_t size);

/* The secret in the file "secret" of the directory @dir, which is made (mode
 * 0600) if it is not there. BT_ERR_IO: errno says why. BT_ERR_CORRUPT: it is of
 * another length. */
enum bt_err secret_load(const char *dir,
                        uint8_t out[SECRET_BYTES]) BT_USE_RESULT;

#endif
