/* cards.h - numbers of payment cards in text, so that they are not kept.
 *
 * A number counts as a card's if it has the length and the first digits of one
 * of the card schemes, and the check digit (Luhn) fits: of other numbers of
 * that length with such a beginning, one in ten is taken for one, too. Its
 * digits may stand in groups, with a blank, a hyphen, a dot, a slash, or a
 * blank or dash of Unicode between them.
 */
#ifndef BATON_BASE_CARDS_H
#define BATON_BASE_CARDS_H

#include <stdbool.h>
#include <stddef.h>

/* Writes "*" over each digit but the last four of every card number. With @json
 * the bytes are a JSON text and stay one: in a number that stands there without
 * quotation marks it writes "9". Returns how many there were. */
size_t cards_mask(char *bytes, size_t len, bool json);

#endif
