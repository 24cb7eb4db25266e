/* unplanted.c - the program as it is: no fault is put into it. */
#include "world.h"

bool plant_is(const struct world *w, enum sim_plant plant) {
  (void)w;
  return plant == PLANT_NONE;
}

void plant_command(struct world *w, struct command *cmd) {
  (void)w;
  (void)cmd;
}
