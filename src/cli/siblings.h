/* siblings.h - the scripts that lie beside the one that is played. */
#ifndef BATON_CLI_SIBLINGS_H
#define BATON_CLI_SIBLINGS_H

#include "scenario/world.h"

/* Publishes every NAME.studio of the folder of @path as script NAME. What does
 * not compile is told on standard error, and is no script of the centre. */
void siblings_publish(struct world *w, const char *path);

#endif
