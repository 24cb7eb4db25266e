/* letters_priv.h - capital and small letters of every script. */
#ifndef BATON_STUDIO_LETTERS_PRIV_H
#define BATON_STUDIO_LETTERS_PRIV_H

#include "base/text.h"

/* Letter by letter, Unicode's simple mappings: "ß" stays, since its capital
 * form is two letters. Bytes that are no UTF-8 stay as they are. */
void letters_upper(struct text t, struct textbuf *out);
void letters_lower(struct text t, struct textbuf *out);

/* The order of two texts in any case of letters; 0 is equal. */
int letters_compare(struct text a, struct text b);

#endif
