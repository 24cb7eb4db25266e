/* play.h - one case of a scenario, played without files, told as JSON.
 *
 * What a page steps through: every executed line with its actions and the
 * variables that it changed, the session's events, what was said and written,
 * and whether it was as expected.
 */
#ifndef BATON_SCENARIO_PLAY_H
#define BATON_SCENARIO_PLAY_H

#include "api/api.h"

/* api_options.play. Ends after some seconds, whatever the script does. */
api_play_fn scenario_play;

#endif
