/* search.h - every moment that a place can come to, breadth first. */
#ifndef BATON_TESTS_SEARCH_H
#define BATON_TESTS_SEARCH_H

#include "setting.h"

struct search_report {
  size_t states, transitions, steps;
  size_t compared; /* moments of one shape whose futures were compared */
  bool whole;      /* everything was seen; else the limit was reached */
  double seconds;
  uint32_t deepest; /* acts from the beginning */
};

/* The laws hold at every step, or the program ends. @form is one of the
 * setting's. At most @limit states. */
struct search_report search_setting(const struct setting *s,
                                    const struct setting_form *form,
                                    size_t limit);

#endif
