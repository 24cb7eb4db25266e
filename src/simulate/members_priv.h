/* members_priv.h - the members of simulation.def: checked, and found. */
#ifndef BATON_SIMULATE_MEMBERS_PRIV_H
#define BATON_SIMULATE_MEMBERS_PRIV_H

#include "simulate/read_priv.h"

#define OBJECT(name, title, doc) PLAN_##name,
enum plan_object {
#include "simulate/simulation.def"
  PLAN_OBJECTS
};
#undef OBJECT

#define MEMBER(object, name, wire, kind, doc) PLAN_##object##_##name,
enum plan_member {
#include "simulate/simulation.def"
  PLAN_MEMBERS
};
#undef MEMBER

/* Reports what is unknown or of a wrong kind in @node and in the objects below
 * it. */
void members_check(struct simulate_reader *r, const struct json *node,
                   enum plan_object object);
/* The member, if it is there, not null and of its kind; NULL otherwise. */
const struct json *member_at(const struct json *node, enum plan_member member);
struct text member_text(const struct json *node, enum plan_member member);
/* Of a number; @if_missing without it. */
double member_number(const struct json *node, enum plan_member member,
                     double if_missing);
/* Its place among the words of its kind (CHANNEL, FORM); @if_missing. */
uint32_t member_word(const struct json *node, enum plan_member member,
                     uint32_t if_missing);

#endif
