/* fields_priv.h - the members of scenario.def: checked, and read. */
#ifndef BATON_SCENARIO_FIELDS_PRIV_H
#define BATON_SCENARIO_FIELDS_PRIV_H

#include "engine/config.h"
#include "scenario/scenario.h"

#define OBJECT(name, title, config, brief, doc) OBJ_##name,
enum scenario_object {
#include "scenario/scenario.def"
  OBJECTS
};
#undef OBJECT

#define MEMBER(object, name, wire, kind, of, def, doc) F_##object##_##name,
enum scenario_field {
#include "scenario/scenario.def"
  SCENARIO_FIELDS
};
#undef MEMBER

/* What the parts of the reader share. */
struct scenario_reader {
  struct arena *arena;
  struct findings *findings;
  const struct yaml_tree *tree;
  bool no_memory;
};

__attribute__((format(printf, 3, 4))) void
fields_error(struct scenario_reader *r, const struct json *node,
             const char *format, ...);
/* "; did you mean …?" for the end of a message. */
struct text fields_suggest(struct scenario_reader *r, struct text wrong,
                           const struct text *known, size_t count);

/* Reports what is unknown or of a wrong type, in @node and all below it. Texts
 * that stand for an object become that object. */
void fields_check(struct scenario_reader *r, struct json *node,
                  enum scenario_object object);

/* ---- reading what has been checked */

/* The member; NULL if it is not there or null. @node may be NULL. */
const struct json *field_at(const struct json *node, enum scenario_field field);
/* First element of the list; NULL if there is none. One element may stand
 * without the list. */
const struct json *field_first(const struct json *node,
                               enum scenario_field field);
/* With the default of the table. */
struct text field_text(const struct json *node, enum scenario_field field);
/* A WORD as its place in its choice; SCENARIO_NO_WORD without one. */
#define SCENARIO_NO_WORD UINT32_MAX
uint32_t field_word(const struct json *node, enum scenario_field field);
int64_t field_num(const struct json *node, enum scenario_field field);
bool field_flag(const struct json *node, enum scenario_field field);
/* Microseconds; FIELD_NEVER for never. */
#define FIELD_NEVER (-1)
int64_t field_us(const struct json *node, enum scenario_field field);
/* The members of @node that engine/config.def knows, as the engine takes them;
 * in the arena. @extra: further members as JSON text ("\"bot\":\"x\""), or
 * empty. */
struct text field_config(struct arena *arena, const struct json *node,
                         enum config_object object, struct text extra);

/* Seconds of a number, as microseconds. */
int64_t field_seconds_us(const struct json *number);

#endif
