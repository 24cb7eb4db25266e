/* options.h - options as scripts write them: "priority:1,when:released". */
#ifndef BATON_STUDIO_OPTIONS_H
#define BATON_STUDIO_OPTIONS_H

#include <stdbool.h>

#include "base/text.h"

struct options_pair {
  struct text key, value; /* trimmed */
};

/* Takes the first pair off *@rest; false when nothing is left. A part without
 * a colon has an empty value. Blanks around keys and values do not count. */
bool options_next(struct text *rest, struct options_pair *out);
/* The value of @key (case-insensitive), or an empty text. */
struct text options_get(struct text options, struct text key);

#endif
