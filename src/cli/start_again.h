/* start_again.h - `baton serve` puts itself in its own place: the same program,
 * the same words, the same process id, so that who started it need not know. */
#ifndef BATON_CLI_START_AGAIN_H
#define BATON_CLI_START_AGAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "server/restart.h"

/* What the process before this one in this place has told, or nothing. False:
 * somebody else did, which has been said. */
bool start_again_read(struct restart *out) BT_USE_RESULT;
/* "baton" and @argv, which cli_parse() would change; ends with NULL. NULL: no
 * memory. The caller frees it. */
char **start_again_words(int argc, char **argv);
void start_again_wait(int64_t seconds);
/* Returns only if the system refuses, which has been said. */
int start_again(char **words, const struct restart *next);

#endif
