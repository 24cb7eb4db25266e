/* The section "desks": people in other platforms, who serve queues of ours. */
#include "net/url.h"
#include "server/config_priv.h"

enum { PATIENCE_USUAL_S = 60, PATIENCE_MAX_S = 3600 };

static const struct json *section_of(const struct reader *r,
                                     enum file_member member) {
  return reader_member(r->tree.root, member);
}

static const struct json *first_of(const struct json *list) {
  return list == NULL ? NULL : list->first;
}

/* ---- members */

static bool find_kind(struct reader *r, const struct json *object,
                      enum desk_kind *out) {
  struct text known[DESK_KINDS];
  for (unsigned i = 0; i < DESK_KINDS; i++) {
    known[i] = text_from(desk_kind_wire((enum desk_kind)i));
  }
  const size_t found =
      reader_find_word(r, reader_member(object, FILE_DESK_TYPE), known,
                       DESK_KINDS, "type of desk");
  *out = (enum desk_kind)found;
  return found < DESK_KINDS;
}

/* Without a "/" at the end; @otherwise for one that is not there. */
static struct text read_url(struct reader *r, const struct json *object,
                            enum file_member member, struct text otherwise) {
  const struct json *at = reader_member(object, member);
  struct url_parts parts;
  const char *why = "";
  if (at == NULL) {
    return otherwise;
  }
  if (!url_split(at->text, &parts, &why)) {
    reader_error(r, at, "\"%.*s\": %s", TEXT_ARG(at->key), why);
  }
  return text_ends(at->text, TEXT("/"))
             ? text_sub(at->text, 0, at->text.len - 1)
             : at->text;
}

static void read_secret(struct reader *r, const struct json *object,
                        enum file_member member, struct text *out) {
  const struct json *at = reader_member(object, member);
  if (at != NULL) {
    (void)reader_secret(r, at, out);
  }
}

static int64_t read_num(struct reader *r, const struct json *object,
                        enum file_member member, int64_t most,
                        int64_t otherwise) {
  const struct json *at = reader_member(object, member);
  if (at != NULL && at->i > most) {
    reader_error(r, at, "\"%.*s\" is at most %lld", TEXT_ARG(at->key),
                 (long long)most);
  }
  return at == NULL ? otherwise : at->i;
}

static bool read_leave_by(struct reader *r, const struct json *object) {
  static const struct text known[] = {{"disconnect", 10}, {"event", 5}};
  const struct json *at = reader_member(object, FILE_DESK_LEAVE_BY);
  return at != NULL && reader_find_word(r, at, known, 2, "leaveBy") == 1;
}

/* "end" (the default), a queue, or "bot:NAME". */
static struct text read_then(struct reader *r, const struct json *object) {
  static const struct text bot = {"bot:", 4};
  const struct json *at = reader_member(object, FILE_DESK_ON_LEAVE);
  if (at == NULL || text_equal(at->text, TEXT("end"))) {
    return TEXT("");
  }
  if (text_starts(at->text, bot)) {
    names_require(r, CONFIG_BOT, text_sub(at->text, bot.len, at->text.len), at);
  } else {
    names_require(r, CONFIG_QUEUE, at->text, at);
  }
  return at->text;
}

static void read_settings(struct reader *r, const struct json *o,
                          struct desk_settings *s) {
  s->id = reader_text(o, FILE_DESK_ID);
  s->client = reader_text(o, FILE_DESK_CLIENT);
  s->integration = reader_text(o, FILE_DESK_INTEGRATION);
  s->url = read_url(r, o, FILE_DESK_URL, TEXT(""));
  s->login = read_url(r, o, FILE_DESK_LOGIN, s->url);
  s->streaming = read_url(r, o, FILE_DESK_STREAMING, s->url);
  read_secret(r, o, FILE_DESK_SECRET, &s->secret);
  read_secret(r, o, FILE_DESK_HOOK, &s->webhook_secret);
  s->sessions = (uint32_t)read_num(r, o, FILE_DESK_SESSIONS, AGENT_CAPACITY_MAX,
                                   AGENT_CAPACITY_MAX);
  s->patience_ms = 1000 * read_num(r, o, FILE_DESK_PATIENCE, PATIENCE_MAX_S,
                                   PATIENCE_USUAL_S);
  s->leaves_by_event = read_leave_by(r, o);
  s->then = read_then(r, o);
}

/* ---- the seat: the agent who stands for the desk in the engine */

static bool is_served(const struct json *queue, struct text desk) {
  return queue->type == JSON_OBJECT &&
         text_equal_nocase(config_text(queue, CONFIG_QUEUE_DESK), desk);
}

/* One without an id was reported, and is counted all the same. */
static uint32_t put_queues(const struct reader *r, struct text desk,
                           struct json_out *o) {
  uint32_t count = 0;
  json_key(o, "queues");
  json_open_list(o);
  for (const struct json *q = first_of(section_of(r, FILE_CENTRE_QUEUES));
       q != NULL; q = q->next) {
    if (is_served(q, desk)) {
      json_put_text(o, json_member_text(q, TEXT("id")));
      count++;
    }
  }
  json_close_list(o);
  return count;
}

static struct text skill_name(const struct json *element) {
  return element->type == JSON_TEXT ? element->text
                                    : json_member_text(element, TEXT("name"));
}

static bool is_among(const struct json *list, const struct json *upto,
                     struct text skill) {
  const struct json *e = first_of(list);
  while (e != NULL && e != upto && !text_equal_nocase(skill_name(e), skill)) {
    e = e->next;
  }
  return e != NULL && e != upto;
}

/* Was the skill put for an earlier queue, or by the desk's own list? */
static bool is_put(const struct reader *r, const struct json *desk,
                   const struct json *queue, struct text skill) {
  const struct text id = reader_text(desk, FILE_DESK_ID);
  const struct json *q = first_of(section_of(r, FILE_CENTRE_QUEUES));
  bool found = is_among(reader_member(desk, FILE_DESK_SKILLS), NULL, skill);
  for (; q != queue && !found; q = q->next) {
    found = is_served(q, id) &&
            is_among(config_list(q, CONFIG_QUEUE_SKILLS), NULL, skill);
  }
  return found;
}

/* What its queues ask for its people have: that is the desk's own affair. */
static void put_skills(struct reader *r, const struct json *desk,
                       struct json_out *o) {
  const struct text id = reader_text(desk, FILE_DESK_ID);
  const struct json *own = reader_member(desk, FILE_DESK_SKILLS);
  json_key(o, "skills");
  json_open_list(o);
  for (const struct json *e = first_of(own); e != NULL; e = e->next) {
    if (e->type != JSON_TEXT || e->text.len == 0) {
      reader_error(r, e, "\"skills\" is a list of names");
    } else if (!is_among(own, e, e->text)) {
      json_put_text(o, e->text);
    }
  }
  for (const struct json *q = first_of(section_of(r, FILE_CENTRE_QUEUES));
       q != NULL; q = q->next) {
    const struct json *list =
        is_served(q, id) ? config_list(q, CONFIG_QUEUE_SKILLS) : NULL;
    for (const struct json *e = first_of(list); e != NULL; e = e->next) {
      const struct text skill = skill_name(e);
      if (skill.len > 0 && !is_among(list, e, skill) &&
          !is_put(r, desk, q, skill)) {
        json_put_text(o, skill);
      }
    }
  }
  json_close_list(o);
}

static void put_text(struct json_out *o, const char *key, struct text value) {
  json_key(o, key);
  json_put_text(o, value);
}

static void put_capacity(struct json_out *o, int64_t sessions) {
  json_key(o, "capacity");
  json_open_object(o);
  json_key(o, "chat");
  json_put_i64(o, sessions);
  json_key(o, "voice");
  json_put_i64(o, 0);
  json_key(o, "message");
  json_put_i64(o, sessions);
  json_close_object(o);
}

static void add_seat(struct reader *r, const struct json *desk,
                     const struct desk_settings *s) {
  const struct text name = reader_text(desk, FILE_DESK_NAME);
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, r->mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  put_text(&o, "id", s->id);
  put_text(&o, "name", name.len > 0 ? name : s->id);
  put_capacity(&o, s->sessions);
  json_key(&o, "staysOnNoAnswer");
  json_put_bool(&o, true);
  put_skills(r, desk, &o);
  if (put_queues(r, s->id, &o) == 0) {
    reader_error(r, desk,
                 "no queue is served by the desk \"%.*s\": write \"desk: "
                 "%.*s\" to a queue",
                 TEXT_ARG(s->id), TEXT_ARG(s->id));
  }
  json_close_object(&o);
  struct server_object *object = &r->out->objects[r->out->object_count++];
  *object = (struct server_object){
      .kind = CONFIG_AGENT,
      .id = s->id,
      .json = arena_copy_text(r->arena, textbuf_text(&b)),
      .line = yaml_tree_place(&r->tree, desk).line};
  r->no_memory = r->no_memory || b.failed || object->json.ptr == NULL;
  textbuf_free(&b);
}

/* ---- the section */

static void read_desk(struct reader *r, const struct json *object) {
  struct desk_settings s = {.secret = TEXT(""), .webhook_secret = TEXT("")};
  const size_t errors = r->findings->errors;
  reader_check(r, object, FILE_DESK);
  const struct text id = reader_text(object, FILE_DESK_ID);
  if (id.len > 0 && !reader_is_name(id)) {
    reader_error(
        r, reader_member(object, FILE_DESK_ID),
        "a desk's id stands in a URL: up to 64 letters, digits, \"-\", \"_\" "
        "and \".\"");
  }
  if (id.len > 0) { /* also of one that is wrong: a queue means it */
    names_add(r, NAMES_DESK, id, true, object);
    names_add(r, CONFIG_AGENT, id, true, object);
  }
  if (object->type != JSON_OBJECT || !find_kind(r, object, &s.kind)) {
    return;
  }
  read_settings(r, object, &s);
  if (r->findings->errors == errors) {
    add_seat(r, object, &s);
    r->out->desks[r->out->desk_count++] = s;
  }
}

void reader_read_desks(struct reader *r) {
  const struct json *list = section_of(r, FILE_CENTRE_DESKS);
  if (list == NULL || r->out->objects == NULL) {
    return;
  }
  r->out->desks =
      arena_alloc(r->arena, ((size_t)list->count + 1) * sizeof *r->out->desks);
  r->no_memory = r->no_memory || r->out->desks == NULL;
  for (const struct json *e = list->first; e != NULL && r->out->desks != NULL;
       e = e->next) {
    read_desk(r, e);
  }
}
