/* What the platform is told: an inbound message, event or receipt, and its
 * customer, who is one stay of a session. */
#include <stdio.h>

#include "base/calendar.h"
#include "bots/shared/parts.h"
#include "desks/genesys/genesys_priv.h"
#include "genesys/attachments.h"

enum { TRANSCRIPT_MAX = 4000, NAME_MAX_BYTES = 128 };

static void put_address(const struct gtalk *t, const char *suffix,
                        struct json_out *o) {
  char id[ID_TEXT_LEN], address[ID_TEXT_LEN + 48];
  id_to_text(t->link.session, id);
  (void)snprintf(address, sizeof address, "%.*s.%u%s", ID_TEXT_LEN, id,
                 t->link.number, suffix);
  json_put_text(o, text_from(address));
}

bool body_read_address(struct text address, struct id *session,
                       uint32_t *number, uint32_t *message) {
  const struct text id = text_sub(address, 0, ID_TEXT_LEN);
  const struct text rest =
      text_sub(address, (size_t)ID_TEXT_LEN + 1, address.len);
  const size_t dot = text_find(rest, TEXT("."), 0);
  int64_t n = 0, m = 0;
  if (address.len <= ID_TEXT_LEN || address.ptr[ID_TEXT_LEN] != '.' ||
      !id_from_text(id, session) || !text_to_i64(text_sub(rest, 0, dot), &n) ||
      (dot < rest.len && !text_to_i64(text_sub(rest, dot + 1, rest.len), &m)) ||
      n < 0 || n > UINT32_MAX || m < 0 || m > UINT32_MAX) {
    return false;
  }
  *number = (uint32_t)n;
  *message = (uint32_t)m;
  return true;
}

static void put_from(const struct gtalk *t, struct text name,
                     struct json_out *o) {
  json_key(o, "from");
  json_open_object(o);
  json_key(o, "id");
  put_address(t, "", o);
  part_put_text(o, "idType", TEXT("Opaque"));
  part_put_text(o, "nickname",
                name.len > 0 ? utf8_cut(name, NAME_MAX_BYTES)
                             : TEXT("Customer"));
  json_close_object(o);
}

static void put_message_id(const struct gtalk *t, uint32_t message,
                           struct json_out *o) {
  char suffix[16];
  (void)snprintf(suffix, sizeof suffix, ".%u", message);
  json_key(o, "messageId");
  put_address(t, suffix, o);
}

static struct text name_of(const struct json *session) {
  return part_text(part_of(session, "customer"), "name");
}

/* ---- files */

/* Of a message with this data, which may be NULL. */
static struct text links_of(const struct gtalk *t, const struct json *data,
                            struct arena *arena) {
  return data == NULL ? TEXT("")
                      : api_link_files(desks_api(t->link.desk->desks),
                                       t->link.session, data->source, arena);
}

/* Those of all that was said before: their names stand in the transcript. */
static void put_earlier(const struct gtalk *t, const struct json *session,
                        struct arena *arena, struct json_out *o) {
  const struct json *list = part_of(session, "messages");
  json_key(o, "content");
  json_open_list(o);
  for (const struct json *m = list == NULL ? NULL : list->first;
       m != NULL && part_num(m, "number", 0) <= t->link.upto; m = m->next) {
    genesys_put_attachments(links_of(t, part_of(m, "data"), arena), o);
  }
  json_close_list(o);
}

/* ---- the first message */

static void put_attributes(const struct json *session, struct json_out *o) {
  json_key(o, "metadata");
  json_open_object(o);
  json_key(o, "customAttributes");
  part_put_flat(o, part_of(session, "attributes"), true);
  json_close_object(o);
}

static void put_beginning(const struct gtalk *t, const struct json *session,
                          struct json_out *o) {
  const struct text reason = part_text(session, "reason"),
                    note = part_text(session, "note");
  struct textbuf text;
  textbuf_init(&text, desks_mem(t->link.desk->desks));
  if (reason.len > 0) {
    textbuf_addf(&text, "[%.*s]\n", TEXT_ARG(reason));
  }
  if (note.len > 0) {
    textbuf_addf(&text, "[%.*s]\n", TEXT_ARG(note));
  }
  desk_write_transcript(session, t->link.upto, TRANSCRIPT_MAX, &text);
  part_put_text(o, "text",
                text.len > 0 ? text_trim(textbuf_text(&text))
                             : TEXT("[A customer waits.]"));
  o->buf->failed = o->buf->failed || text.failed;
  textbuf_free(&text);
}

bool body_open(const struct gtalk *t, struct textbuf *out) {
  char at[TIME_TEXT_MAX];
  struct arena arena;
  struct json_out o;
  arena_init(&arena, desks_mem(t->link.desk->desks), 0);
  const struct json *session = desk_read_session(&t->link, 0, &arena);
  if (session != NULL) {
    json_out_init(&o, out);
    json_open_object(&o);
    json_key(&o, "channel");
    json_open_object(&o);
    put_from(t, name_of(session), &o);
    part_put_text(&o, "time", time_to_text(t->link.at_us, at));
    put_message_id(t, 0, &o);
    put_attributes(session, &o);
    json_close_object(&o);
    put_beginning(t, session, &o);
    put_earlier(t, session, &arena, &o);
    json_close_object(&o);
  }
  arena_free(&arena);
  return session != NULL;
}

/* ---- the others */

/* What is in the platform's form already, and files. */
static void put_content(const struct gtalk *t, const struct json *data,
                        struct json_out *o) {
  const struct json *content = part_of(data, "content");
  const bool listed = content != NULL && content->type == JSON_LIST;
  struct arena arena;
  arena_init(&arena, o->buf->mem, 0);
  const struct text links = links_of(t, data, &arena);
  if (listed || links.len > 0) {
    json_key(o, "content");
    json_open_list(o);
    for (const struct json *m = listed ? content->first : NULL; m != NULL;
         m = m->next) {
      json_put_tree(o, m);
    }
    genesys_put_attachments(links, o);
    json_close_list(o);
  }
  arena_free(&arena);
}

void body_message(const struct gtalk *t, const struct json *m,
                  struct textbuf *out) {
  const struct json *data = part_of(m, "data");
  const struct text words = part_text(m, "text");
  struct json_out o;
  json_out_init(&o, out);
  json_open_object(&o);
  json_key(&o, "channel");
  json_open_object(&o);
  put_from(t, part_text(m, "name"), &o);
  part_put_text(&o, "time", part_text(m, "at"));
  put_message_id(t, (uint32_t)part_num(m, "number", 0), &o);
  json_close_object(&o);
  part_put_text(&o, "text",
                words.len > 0  ? words
                : data != NULL ? data->source
                               : TEXT("[empty]"));
  put_content(t, data, &o);
  json_close_object(&o);
}

static void begin_now(const struct gtalk *t, struct textbuf *out,
                      struct json_out *o) {
  char at[TIME_TEXT_MAX];
  json_out_init(o, out);
  json_open_object(o);
  json_key(o, "channel");
  json_open_object(o);
  put_from(t, TEXT(""), o);
  part_put_text(o, "time",
                time_to_text(api_unix_us(desks_api(t->link.desk->desks)), at));
  json_close_object(o);
}

static void put_event(const char *type, const char *member, const char *state,
                      struct json_out *o) {
  json_key(o, "events");
  json_open_list(o);
  json_open_object(o);
  part_put_text(o, "eventType", text_from(type));
  json_key(o, member);
  json_open_object(o);
  part_put_text(o, "type", text_from(state));
  json_close_object(o);
  json_close_object(o);
  json_close_list(o);
  json_close_object(o);
}

void body_typing(const struct gtalk *t, struct textbuf *out) {
  struct json_out o;
  begin_now(t, out, &o);
  put_event("Typing", "typing", "On", &o);
}

void body_leave(const struct gtalk *t, struct textbuf *out) {
  struct json_out o;
  begin_now(t, out, &o);
  put_event("Presence", "presence", "Disconnect", &o);
}

void body_receipt(const struct gtalk *t, const struct reply *reply, bool read,
                  struct textbuf *out) {
  struct json_out o;
  begin_now(t, out, &o);
  part_put_text(&o, "id", (struct text){reply->id, reply->id_len});
  part_put_text(&o, "status", read ? TEXT("Read") : TEXT("Delivered"));
  json_key(&o, "isFinalReceipt");
  json_put_bool(&o, read);
  json_close_object(&o);
}
