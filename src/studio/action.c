#include "studio/action.h"

#include "base/check.h"

#define LITERAL(t)                                                             \
  { (t), sizeof(t) - 1 }

static const struct action_info actions[] = {
#define ACTION(id, name, min, max, offered, sleep, effect, form, doc)          \
  [ACTION_##id] = {LITERAL(name),  LITERAL(form),                              \
                   LITERAL(doc),   (min),                                      \
                   (max),          ACTION_OFFER_##offered,                     \
                   ACTION_##sleep, ACTION_EFFECT_##effect},
#include "studio/actions.def"
#undef ACTION
};

const struct action_info *action_info(enum action_id id) {
  bt_check(id < ACTIONS);
  return &actions[id];
}

enum action_id action_find(struct text name) {
  for (size_t i = 0; i < ACTIONS; i++) {
    if (text_equal_nocase(actions[i].name, name)) {
      return (enum action_id)i;
    }
  }
  return ACTIONS;
}
