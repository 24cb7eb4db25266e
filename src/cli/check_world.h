/* check_world.h - what `baton check --config` knows of a centre.
 *
 * The centre's file says with which statuses each of its scripts begins, how
 * long a bot may take to close, and what they can name: queues, skills, agents,
 * bots, calendars, other scripts.
 */
#ifndef BATON_CLI_CHECK_WORLD_H
#define BATON_CLI_CHECK_WORLD_H

#include "server/config.h"
#include "studio/checker.h"

struct check_centre {
  struct server_config config;
  struct arena arena;
  struct checker_names names[CHECKER_KINDS];
};

/* What is wrong with the file goes to standard error. False: it is of no use.
 */
bool check_centre_load(const char *path, struct check_centre *out);
void check_centre_free(struct check_centre *centre);

/* What the entry points guarantee to the script in the file @path, added to
 * @world; the names of the centre in any case. */
void check_centre_world(const struct check_centre *centre, const char *path,
                        struct checker_world *world);

#endif
