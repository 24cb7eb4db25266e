/* put_priv.h - one member of a JSON object at a time, for the views. */
#ifndef BATON_ENGINE_PUT_PRIV_H
#define BATON_ENGINE_PUT_PRIV_H

#include "base/id.h"
#include "base/json.h"
#include "engine/record.h"

void put_text(struct json_out *o, const char *key, struct text t);
void put_name(struct json_out *o, const char *key, const char *name);
void put_num(struct json_out *o, const char *key, int64_t n);
void put_bool(struct json_out *o, const char *key, bool b);
/* Null for a time that has not come. */
void put_time(struct json_out *o, const char *key, int64_t us);
void put_id(struct json_out *o, const char *key, struct id id);
void put_json(struct json_out *o, const char *key, struct text json);
void put_name_or_null(struct json_out *o, const char *key, struct text name);

void put_hundredths(struct json_out *o, const char *key, int64_t parts);
/* A priority of the router in points, to a thousandth. */
void put_points(struct json_out *o, const char *key, int64_t effective);

#endif
