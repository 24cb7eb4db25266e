/* The section "replies": what agents often write, ready to be sent. */
#include "base/text.h"
#include "server/config_priv.h"

enum { REPLIES_MAX = 1000, NAME_MAX_BYTES = 128, TEXT_MAX_BYTES = 4096 };

static void put_queues(struct reader *r, const struct json *list,
                       struct json_out *o) {
  json_key(o, "queues");
  json_open_list(o);
  for (const struct json *m = list == NULL ? NULL : list->first; m != NULL;
       m = m->next) {
    if (m->type != JSON_TEXT) {
      reader_error(r, m, "a queue is named by its id");
      continue;
    }
    names_require(r, CONFIG_QUEUE, m->text, m);
    json_put_text(o, m->text);
  }
  json_close_list(o);
}

static void check_length(struct reader *r, const struct json *object,
                         enum file_member member, size_t max) {
  const struct json *at = reader_member(object, member);
  if (at != NULL && at->text.len > max) {
    reader_error(r, at, "\"%.*s\" has at most %zu bytes", TEXT_ARG(at->key),
                 max);
  }
}

static bool is_taken(const struct json *list, const struct json *object) {
  const struct text name = reader_text(object, FILE_REPLY_NAME);
  for (const struct json *m = list->first; m != object; m = m->next) {
    if (text_equal_nocase(reader_text(m, FILE_REPLY_NAME), name)) {
      return true;
    }
  }
  return false;
}

static void read_reply(struct reader *r, const struct json *list,
                       const struct json *object, struct json_out *o) {
  reader_check(r, object, FILE_REPLY);
  check_length(r, object, FILE_REPLY_NAME, NAME_MAX_BYTES);
  check_length(r, object, FILE_REPLY_TEXT, TEXT_MAX_BYTES);
  if (object->type == JSON_OBJECT && is_taken(list, object)) {
    reader_error(r, object, "another reply is called \"%.*s\", too",
                 TEXT_ARG(reader_text(object, FILE_REPLY_NAME)));
  }
  json_open_object(o);
  json_key(o, "name");
  json_put_text(o, reader_text(object, FILE_REPLY_NAME));
  json_key(o, "text");
  json_put_text(o, reader_text(object, FILE_REPLY_TEXT));
  put_queues(r, reader_member(object, FILE_REPLY_QUEUES), o);
  json_close_object(o);
}

void reader_read_replies(struct reader *r) {
  const struct json *list = reader_member(r->tree.root, FILE_CENTRE_REPLIES);
  struct textbuf b;
  struct json_out o;
  if (list == NULL) {
    r->out->replies = TEXT("[]");
    return;
  }
  if (list->count > REPLIES_MAX) {
    reader_error(r, list, "at most %d replies", REPLIES_MAX);
    return;
  }
  textbuf_init(&b, r->mem);
  json_out_init(&o, &b);
  json_open_list(&o);
  for (const struct json *m = list->first; m != NULL; m = m->next) {
    read_reply(r, list, m, &o);
  }
  json_close_list(&o);
  r->out->replies = arena_copy_text(r->arena, textbuf_text(&b));
  r->no_memory = r->no_memory || b.failed || r->out->replies.ptr == NULL;
  textbuf_free(&b);
}
