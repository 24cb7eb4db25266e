/* complete_priv.h - where the cursor is, and what the object before it has. */
#ifndef BATON_STUDIO_COMPLETE_PRIV_H
#define BATON_STUDIO_COMPLETE_PRIV_H

#include "studio/symbols_priv.h"

/* The objects of members.def; sets are bits. */
enum complete_object {
  COMPLETE_ANSWER,
  COMPLETE_SESSION,
  COMPLETE_ASKED,
  COMPLETE_CHOSEN,
  COMPLETE_PROXY,
  COMPLETE_HAPPENED
};

enum complete_where {
  COMPLETE_NOWHERE, /* in a comment or a quoted text */
  COMPLETE_IN_CODE,
  COMPLETE_AFTER_DOT,
  COMPLETE_AFTER_ON /* the name of an event */
};

struct complete_context {
  enum complete_where where;
  uint32_t word_column; /* where the word that is being typed begins */
  struct text owner;    /* the name before the dot; empty if it is no name */
  bool is_call;         /* that name is called: f(…). */
};

/* Looks at the line alone, up to the column: what stands there may be half a
 * statement. */
struct complete_context complete_context_at(struct text line, uint32_t column);

/* Sets of enum complete_object. */
unsigned complete_objects_of_call(struct text name);
/* What is assigned to the variable anywhere in the script. */
unsigned complete_objects_of_variable(const struct symbols *s,
                                      struct text name);

#endif
