/* id.h - 128-bit identifiers (UUID, version 7 where time order matters). */
#ifndef BATON_BASE_ID_H
#define BATON_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct id {
  uint64_t hi, lo;
};

enum { ID_TEXT_LEN = 36, ID_BYTES = 16 };

bool id_equal(struct id a, struct id b);
bool id_is_null(struct id a);
int id_compare(struct id a, struct id b);
uint64_t id_hash(struct id a);

/* RFC 9562 UUIDv7: 48 bits of Unix milliseconds, then 12 bits of @entropy_hi
 * and 62 of @entropy_lo. */
struct id id_make_v7(int64_t unix_ms, uint64_t entropy_hi, uint64_t entropy_lo);
/* Lower-case canonical form, ID_TEXT_LEN bytes, no NUL. */
void id_to_text(struct id a, char out[ID_TEXT_LEN]);
/* Accepts either case; false for anything but the canonical form. */
bool id_from_text(struct text t, struct id *out);
/* Big-endian, so that the order of the bytes is the order of the ids. */
void id_to_bytes(struct id a, uint8_t out[ID_BYTES]);
struct id id_from_bytes(const uint8_t bytes[ID_BYTES]);

#endif
