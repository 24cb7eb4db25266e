#include "engine/put_priv.h"

#include "base/calendar.h"
#include "routing/router.h"

void put_text(struct json_out *o, const char *key, struct text t) {
  json_key(o, key);
  json_put_text(o, t);
}

void put_name(struct json_out *o, const char *key, const char *name) {
  put_text(o, key, text_from(name));
}

void put_num(struct json_out *o, const char *key, int64_t n) {
  json_key(o, key);
  json_put_i64(o, n);
}

void put_bool(struct json_out *o, const char *key, bool b) {
  json_key(o, key);
  json_put_bool(o, b);
}

/* Null for a time that has not come. */
void put_time(struct json_out *o, const char *key, int64_t us) {
  json_key(o, key);
  if (us == 0) {
    json_put_null(o);
    return;
  }
  char text[TIME_TEXT_MAX];
  json_put_text(o, time_to_text(us, text));
}

void put_id(struct json_out *o, const char *key, struct id id) {
  char text[ID_TEXT_LEN];
  id_to_text(id, text);
  put_text(o, key, (struct text){text, ID_TEXT_LEN});
}

void put_json(struct json_out *o, const char *key, struct text json) {
  json_key(o, key);
  json_put_raw(o, json.len > 0 ? json : TEXT("{}"));
}

void put_name_or_null(struct json_out *o, const char *key, struct text name) {
  json_key(o, key);
  name.len > 0 ? json_put_text(o, name) : json_put_null(o);
}

void put_hundredths(struct json_out *o, const char *key, int64_t parts) {
  json_key(o, key);
  json_put_double(o, (double)parts / POINTS_PARTS);
}

void put_points(struct json_out *o, const char *key, int64_t effective) {
  json_key(o, key);
  const int64_t thousandths = effective / (ROUTER_POINT / 1000);
  json_put_double(o, (double)thousandths / 1000);
}
