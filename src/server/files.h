/* files.h - how many files the process may open: each connection is one. */
#ifndef BATON_SERVER_FILES_H
#define BATON_SERVER_FILES_H

#include <stdint.h>

/* Raises the limit of the process as far as it may; what it is then. */
int64_t files_raise_limit(void);
/* So many of @wanted connections fit, beside the journal, calls to other hosts
 * and what else is open: at least one. */
int64_t files_fit(int64_t wanted, int64_t limit);

#endif
