/* shell.h - the server's process over bytes: what the world does with it. */
#ifndef BATON_SIM_SHELL_H
#define BATON_SIM_SHELL_H

#include <stdbool.h>
#include <stdint.h>

struct world;

void shell_begin(struct world *w);
void shell_end(void);

/* Around w->domain, which is open; then shell_listen(). */
void shell_start(struct world *w);
void shell_listen(struct world *w);
/* When its loop has something to do; INT64_MAX: not by itself. */
int64_t shell_due_us(const struct world *w);
void shell_turn(struct world *w);
/* Something is on disk. */
void shell_hear_disk(struct world *w);

/* In order: shell_is_stopped() once the last connection is closed. */
void shell_stop(struct world *w);
bool shell_is_stopping(const struct world *w);
bool shell_is_stopped(const struct world *w);
/* All but the loop is freed, whatever is open; then, after the domain, the
 * loop. */
void shell_leave(struct world *w);
void shell_free(struct world *w);

#endif
