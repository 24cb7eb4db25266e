/* wipe.h - what the program gives back of its memory keeps nothing. */
#ifndef BATON_CLI_WIPE_H
#define BATON_CLI_WIPE_H

/* From now on, for good: for who holds what people said. It costs about a
 * twentieth of a handover's time. Under a sanitizer nothing happens. */
void wipe_freed(void);

#endif
