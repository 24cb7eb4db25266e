/* action.h - the session actions of a script, from actions.def. */
#ifndef BATON_STUDIO_ACTION_H
#define BATON_STUDIO_ACTION_H

#include <stdint.h>

#include "base/text.h"

#define ACTION(id, name, min, max, offered, sleep, effect, form, doc)          \
  ACTION_##id,
enum action_id {
#include "studio/actions.def"
  ACTIONS
};
#undef ACTION

enum action_offer { ACTION_OFFER_YES, ACTION_OFFER_METHOD };

enum action_sleep { ACTION_AT_ONCE, ACTION_SLEEPS };

enum action_effect {
  ACTION_EFFECT_NONE,
  ACTION_EFFECT_TRANSFER,
  ACTION_EFFECT_RELEASE,
  ACTION_EFFECT_TIME,
  ACTION_EFFECT_STATUS
};

struct action_info {
  struct text name, form, doc;
  uint8_t min_args, max_args; /* without the object of a method */
  enum action_offer offer;
  enum action_sleep sleep;
  enum action_effect effect;
};

const struct action_info *action_info(enum action_id id);
/* The action with this name, case-insensitive; ACTIONS if there is none. */
enum action_id action_find(struct text name);

#endif
