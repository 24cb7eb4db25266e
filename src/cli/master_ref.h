/* master_ref.h - a master key, by reference as in the centre's file: a secret
 * has no place among a command's words, which others can see. */
#ifndef BATON_CLI_MASTER_REF_H
#define BATON_CLI_MASTER_REF_H

#include <stdbool.h>

#include "vault/vault.h"

/* @ref: "env:NAME", "file:PATH", or NULL for none. False: it is none of these,
 * or no master key is there, which has been said. */
bool master_ref_read(const char *ref, struct vault_master *out) BT_USE_RESULT;

#endif
