/* targets_priv.h - which queues, skills and agents a script names. */
#ifndef BATON_STUDIO_TARGETS_PRIV_H
#define BATON_STUDIO_TARGETS_PRIV_H

#include <stdbool.h>

struct program;

/* Fills in the program's targets: literals in a Transfer or ReqAgent, and those
 * that come there through variables, elements of lists, the choices of a Menu,
 * parameters, results of functions and members of a payload. False: no memory.
 */
bool targets_find(struct program *program);

#endif
