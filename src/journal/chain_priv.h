/* chain_priv.h - the check number of each row, chained to the row before it.
 *
 * A row's number depends on its bytes, its place and the number of the row
 * before it, and so on everything before it: a flipped byte, a lost row, rows
 * in another order and rows of another journal are all noticed. It guards
 * against accidents, not against someone who can write the file.
 */
#ifndef BATON_JOURNAL_CHAIN_PRIV_H
#define BATON_JOURNAL_CHAIN_PRIV_H

#include <stdint.h>

#include "base/text.h"

/* XXH64. Part of the file's format: never change what it computes. */
uint64_t chain_hash(struct text bytes, uint64_t seed);

/* Before the first row. */
uint64_t chain_begin(struct text centre, int64_t created_us);
uint64_t chain_next(uint64_t before, uint64_t seq, struct text bytes);

#endif
