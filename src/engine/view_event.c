/* Events as the timeline and the event stream show them. */
#include "base/check.h"
#include "engine/engine_priv.h"
#include "engine/put_priv.h"

static void put_numbered(const struct engine *e, enum field_kind kind,
                         int64_t n, struct json_out *o) {
  const struct directory *d = &e->dir;
  const size_t i = (size_t)n;
  struct text name = {"", 0};
  if (kind == KIND_QUEUE && i < d->queue_count) {
    name = d->queues[i].id;
  } else if (kind == KIND_AGENT && i < d->agent_count) {
    name = d->agents[i].id;
  } else if (kind == KIND_BOT && i < d->bot_count) {
    name = d->bots[i].id;
  } else if (kind == KIND_SCRIPT && i < d->script_count) {
    name = d->scripts[i].name;
  } else if (kind == KIND_ENTRY && i < d->entry_count) {
    name = d->entries[i].id;
  }
  name.len > 0 ? json_put_text(o, name) : json_put_i64(o, n);
}

static const char *enum_name(enum field_kind kind, uint32_t n) {
  switch ((uint32_t)kind) {
  case KIND_STATUS:
    return n < SESSION_STATUSES ? session_status_name(n) : "?";
  case KIND_HOLDER:
    return n < SESSION_HOLDERS ? session_holder_name(n) : "?";
  case KIND_REFUSAL:
    return n > 0 && n < REFUSALS ? refusal_info((enum refusal)n)->wire : "?";
  case KIND_ROLE:
    return n < ROLES ? role_name(n) : "?";
  case KIND_CHANNEL:
    return n < CHANNELS ? channel_name(n) : "?";
  case KIND_WHEN:
    return n < WHENS ? when_name(n) : "?";
  case KIND_REQUIRE:
    return n < REQUIRES ? require_name(n) : "?";
  default:
    return NULL;
  }
}

static void put_value(const struct engine *e, const struct record *r,
                      enum field f, struct json_out *o) {
  const struct field_info *info = field_info(f);
  if (info->kind == KIND_ID) {
    put_id(o, info->wire, record_id(r, f));
    return;
  }
  if (info->kind == KIND_TIME) {
    put_time(o, info->wire, record_num(r, f));
    return;
  }
  json_key(o, info->wire);
  if (info->kind == KIND_BYTES) {
    json_put_i64(o, (int64_t)record_text(r, f).len);
  } else if (info->kind == KIND_JSON) {
    json_put_raw(o, record_text(r, f));
  } else if (info->kind == KIND_TEXT) {
    json_put_text(o, record_text(r, f));
  } else if (info->kind == KIND_POINTS) {
    json_put_double(o, (double)record_num(r, f) / POINTS_PARTS);
  } else if (info->kind == KIND_FLAG) {
    json_put_bool(o, record_num(r, f) != 0);
  } else if (enum_name(info->kind, (uint32_t)record_num(r, f)) != NULL) {
    json_put_text(o,
                  text_from(enum_name(info->kind, (uint32_t)record_num(r, f))));
  } else {
    put_numbered(e, info->kind, record_num(r, f), o);
  }
}

/* Fields that are for the fold alone, or shown in another form. */
static bool is_inner(enum field f) {
  switch ((uint32_t)f) {
  case FIELD_PREV:
  case FIELD_HOLDER_NUMBER:
  case FIELD_INVITED_NUMBER:
  case FIELD_FLAGS:
  case FIELD_WAIT_TARGET:
  case FIELD_VISIT:
  case FIELD_ORDER:
  case FIELD_IMAGE:
  case FIELD_SEALED:
  case FIELD_GLOBALS:
  case FIELD_LIMITS:
  case FIELD_KEY:
  case FIELD_HASH:
  case FIELD_BODY:
  case FIELD_ROLE:
  case FIELD_ACTOR:
  case FIELD_REQUEST:
  case FIELD_LINE:
  case FIELD_COLUMN:
  case FIELD_AT:
  case FIELD_SOURCE:
  case FIELD_HOLDER:
    return true;
  default:
    return false;
  }
}

static void put_cause(const struct record *r, struct json_out *o) {
  json_key(o, "cause");
  json_open_object(o);
  put_name(o, "role",
           enum_name(KIND_ROLE, (uint32_t)record_num(r, FIELD_ROLE)));
  put_name_or_null(o, "who", record_text(r, FIELD_ACTOR));
  if (record_has(r, FIELD_REQUEST)) {
    put_text(o, "request", record_text(r, FIELD_REQUEST));
  }
  if (record_has(r, FIELD_LINE)) {
    put_num(o, "line", record_num(r, FIELD_LINE));
  }
  json_close_object(o);
}

void engine_write_event(const struct engine *e, uint64_t seq,
                        const struct record *event, struct json_out *o) {
  json_open_object(o);
  put_num(o, "seq", (int64_t)seq);
  put_name(o, "type", event_name(event->type));
  put_time(o, "at", record_num(event, FIELD_AT));
  put_num(o, "atUs", record_num(event, FIELD_AT));
  put_cause(event, o);
  if (record_has(event, FIELD_HOLDER)) {
    const uint32_t kind = (uint32_t)record_num(event, FIELD_HOLDER);
    const uint32_t number =
        record_has(event, FIELD_HOLDER_NUMBER)
            ? (uint32_t)record_num(event, FIELD_HOLDER_NUMBER)
            : SESSION_NOBODY;
    json_key(o, "holder");
    json_open_object(o);
    put_name(o, "kind", enum_name(KIND_HOLDER, kind));
    put_name_or_null(o, "id", view_holder_name(e, kind, number));
    json_close_object(o);
  }
  for (uint32_t f = 0; f < FIELDS; f++) {
    const bool line = event->type == EVENT_SCRIPT_LINE &&
                      (f == FIELD_LINE || f == FIELD_COLUMN);
    if (record_has(event, (enum field)f) &&
        (line || !is_inner((enum field)f))) {
      put_value(e, event, (enum field)f, o);
    }
  }
  json_close_object(o);
}
