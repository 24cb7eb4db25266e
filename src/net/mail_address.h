/* mail_address.h - a bare mail address: local@domain (RFC 5321, 4.1.2).
 */
#ifndef BATON_NET_MAIL_ADDRESS_H
#define BATON_NET_MAIL_ADDRESS_H

#include <stdbool.h>

#include "base/text.h"

/* ASCII alone, without quotes and comments, its domain with a point: what
 * people have, and nothing that could end a line of a protocol. */
bool mail_address_is_good(struct text t);

#endif
