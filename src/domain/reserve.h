/* reserve.h - memory that was taken when there was some, for when there is
 * none.
 *
 * An event that has been decided is a fact, and must be folded: so what is
 * under way is finished out of the reserve, while new work is refused
 * (heap_is_short()). Any thread. Without reserve_begin() there is none.
 */
#ifndef BATON_DOMAIN_RESERVE_H
#define BATON_DOMAIN_RESERVE_H

#include <stdbool.h>
#include <stddef.h>

/* Maps @size bytes, once and for the life of the process. False: it cannot be
 * had, and there is no reserve. */
bool reserve_begin(size_t size);
/* Aligned for any type, not cleared; NULL if it has no such room. */
void *reserve_take(size_t size);
bool reserve_has(const void *block);
/* Back; @size as it was taken. */
void reserve_give(void *block, size_t size);
/* Bytes that could be taken now. */
size_t reserve_left(void);

#endif
