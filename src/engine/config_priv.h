/* config_priv.h - config.def as a table. */
#ifndef BATON_ENGINE_CONFIG_PRIV_H
#define BATON_ENGINE_CONFIG_PRIV_H

#include "engine/config.h"

enum config_kind {
  CONFIG_KIND_TEXT,
  CONFIG_KIND_NUM,
  CONFIG_KIND_SECONDS,
  CONFIG_KIND_FLAG,
  CONFIG_KIND_NAMES,
  CONFIG_KIND_SKILLS,
  CONFIG_KIND_CAPACITY,
  CONFIG_KIND_STRATEGY,
  CONFIG_KIND_PULL,
  CONFIG_KIND_NO_ANSWER,
  CONFIG_KIND_CHANNEL,
  CONFIG_KIND_POINTS,
  CONFIG_KIND_TYPES,
  CONFIG_KIND_RINGS,
  CONFIG_KIND_ANNOUNCEMENTS,
  CONFIG_KIND_BLOCKS,
  CONFIG_KIND_OPENINGS,
  CONFIG_KIND_HOLIDAYS
};

struct config_info {
  enum config_object object;
  enum config_kind kind;
  const char *wire;
  int64_t min, max;
  const char *fallback; /* the default as text; NULL: it must be there */
};

const struct config_info *config_info(enum config_member member);

/* The words of a kind, as they are written and what they mean; how many. */
size_t config_words(enum config_kind kind, struct text names[CONFIG_WORDS],
                    enum config_word words[CONFIG_WORDS]);

/* "image/png", "image/ *" without the blank for a whole family, or all of them.
 */
bool config_is_media_type(struct text t);

#endif
