/* config.h - configured objects as JSON, checked against config.def. */
#ifndef BATON_ENGINE_CONFIG_H
#define BATON_ENGINE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "routing/router.h"

#define OBJECT(name, wire, doc) CONFIG_##name,
enum config_object {
#include "engine/config.def"
  CONFIG_OBJECTS
};
#undef OBJECT

#define MEMBER(o, name, wire, kind, min, max, def, doc) CONFIG_##o##_##name,
enum config_member {
#include "engine/config.def"
  CONFIG_MEMBERS
};
#undef MEMBER

/* The words of a member that has one of a few. */
#define WORD(kind, name, wire) CONFIG_##kind##_##name,
enum config_word {
#include "engine/config.def"
  CONFIG_WORDS
};
#undef WORD

/* What a name is the name of: an enum config_object, or one of these, which are
 * put in other ways. */
enum { CONFIG_SCRIPT = CONFIG_OBJECTS, CONFIG_DESK, CONFIG_NAMED };

const char *config_named_word(uint32_t named); /* "queue", "calendar" */

/* "agent:" and its like, by which a transfer says what kind of thing it names;
 * empty: the name begins with none. Queues and skills are named otherwise. */
struct text config_prefix_of(struct text name);

/* One object names a thing. */
struct config_reference {
  uint32_t named;
  struct text name;
  const struct json *at; /* what names it */
  const char *pointer;   /* to that, below the object */
};

/* False: no more of them. */
typedef bool config_reference_fn(void *ctx, const struct config_reference *r);

struct config_error {
  char pointer[256]; /* below the object: "/skills/1/proficiency" */
  char message[256]; /* what is wrong, and the cure */
};

const char *config_object_wire(enum config_object object); /* "queues" */
/* Is it an object of its kind: known members (else the nearest name), right
 * types, within their limits, nothing missing? Stops at the first error after
 * member @skip errors, so that all can be listed by asking again. */
bool config_check(enum config_object object, const struct json *value,
                  unsigned skip, struct config_error *error);
/* Tells each name in the object, in the order of config.def, until @tell says
 * false; false then. Of an object that was not checked, what is of another type
 * names nothing. */
bool config_each_reference(enum config_object object, const struct json *value,
                           config_reference_fn *tell, void *ctx);
/* Readers of a checked object; defaults are filled in. */
/* What an event carries, which was checked before it became one. Lives as long
 * as @arena and @config. */
const struct json *config_parse(struct arena *arena, struct text config);

struct text config_text(const struct json *value, enum config_member member);
int64_t config_num(const struct json *value, enum config_member member);
int64_t config_ms(const struct json *value, enum config_member member);
/* Hundredths of the number. */
int64_t config_hundredths(const struct json *value, enum config_member member);
bool config_flag(const struct json *value, enum config_member member);
/* Of a PULL or NO_ANSWER. */
enum config_word config_word(const struct json *value,
                             enum config_member member);
/* The list, or NULL. */
const struct json *config_list(const struct json *value,
                               enum config_member member);
/* Members of one element of a RINGS list; 0 or NULL where it has none. */
int64_t config_ring_after_ms(const struct json *ring);
uint32_t config_ring_proficiency(const struct json *ring);
const struct json *config_ring_without(const struct json *ring);
const struct json *config_ring_agents(const struct json *ring);
/* Members of one element of an ANNOUNCEMENTS list. */
int64_t config_announcement_ms(const struct json *element, struct text member);
struct text config_announcement_text(const struct json *element);
/* The @i-th word that may stand in braces there; empty past the last. */
struct text config_announcement_word(size_t i);
/* One element of a SKILLS list. */
struct text config_skill_name(const struct json *element);
/* The proficiency, or @if_missing. */
uint32_t config_skill_level(const struct json *element, uint32_t if_missing);

#endif
