/* parts.h - members of what bots answer, whatever they are. */
#ifndef BATON_BOTS_SHARED_PARTS_H
#define BATON_BOTS_SHARED_PARTS_H

#include "base/json.h"

/* NULL for one that is not there or null. */
const struct json *part_of(const struct json *object, const char *key);
/* Its text; empty if it is none. */
struct text part_text(const struct json *object, const char *key);
int64_t part_num(const struct json *object, const char *key, int64_t otherwise);

/* What a bot is to hear: the `payload` of the choice that the customer made
 * (@data comes with the message; may be NULL), or the @words. */
struct text part_payload(const struct json *data, struct text words);

/* A copy of @bytes as a tree; NULL if it is empty, or no JSON. */
const struct json *part_parse(struct arena *arena, struct text bytes);

/* The same again: key and raw JSON; null for NULL. */
void part_put(struct json_out *o, const char *key, const struct json *value);
void part_put_text(struct json_out *o, const char *key, struct text value);

/* @object (may be NULL) and one more member, @value in JSON, in @arena. @object
 * itself if @value is empty, or if it is none. */
const struct json *part_with(struct arena *arena, const struct json *object,
                             const char *key, struct text value);

/* @object as one without lists and objects in it: they become JSON in a text,
 * and with @all_text everything does that is not null. NULL is {}. */
void part_put_flat(struct json_out *o, const struct json *object,
                   bool all_text);

#endif
