/* change_priv.h - what the kinds of changes share. */
#ifndef BATON_SIMULATE_CHANGE_PRIV_H
#define BATON_SIMULATE_CHANGE_PRIV_H

#include "simulate/change.h"

/* One change that is being made: KEY=VALUE, and what has been read of it. */
struct edit {
  struct simulate_changed *c;
  struct text whole, key, value;
  struct simulate_error *why;
};

/* BT_ERR_SYNTAX, with a sentence behind the change. */
__attribute__((format(printf, 2, 3))) enum bt_err
edit_refuse(const struct edit *e, const char *format, ...);
/* The same: there is no @what called @found among the objects' ids. */
enum bt_err edit_refuse_name(const struct edit *e, enum config_object kind,
                             const char *what, struct text found);
/* The same, unless there is a skill of that name. Where the centre lists no
 * skills, every name is one. */
enum bt_err edit_require_skill(const struct edit *e, struct text name);
/* The object of a kind; NULL if none has the id. */
struct simulate_object *edit_object(const struct simulate_changed *c,
                                    enum config_object kind, struct text id);

/* ---- change_member.c: members of queues and agents */

/* Of one object. */
enum bt_err edit_member(const struct edit *e, struct simulate_object *o,
                        struct text member);

/* ---- change_agents.c: more and fewer of them */

enum bt_err edit_agents(const struct edit *e);

#endif
