/* What is kept of a stay at a desk, with its session, so that the next process
 * takes it up where this one was: a member "desk:ID:NUMBER" among what bots
 * want to be told again. */
#include <string.h>

#include "bots/shared/parts.h"
#include "desks/desks_priv.h"

void kept_write(const struct desk_link *l, bool alive, struct textbuf *out) {
  struct textbuf key;
  struct json_out o;
  textbuf_init(&key, l->desk->desks->mem);
  textbuf_addf(&key, "desk:%.*s:%u", TEXT_ARG(l->desk->settings.id), l->number);
  json_out_init(&o, out);
  json_open_object(&o);
  json_key_text(&o, textbuf_text(&key));
  if (alive) {
    json_open_object(&o);
    json_key(&o, "upto");
    json_put_i64(&o, l->upto);
    json_key(&o, "at");
    json_put_i64(&o, l->at_us);
    json_key(&o, "sent");
    json_put_i64(&o, l->sent);
    if (l->conversation_len > 0) {
      part_put_text(&o, "conversation",
                    (struct text){l->conversation, l->conversation_len});
    }
    json_close_object(&o);
  } else {
    json_put_null(&o);
  }
  json_close_object(&o);
  out->failed = out->failed || key.failed;
  textbuf_free(&key);
}

bool kept_number(const struct desk *desk, struct text key, uint32_t *number) {
  static const struct text word = {"desk:", 5};
  const struct text id = desk->settings.id;
  const struct text rest = text_sub(key, word.len, key.len);
  int64_t n = 0;
  if (!text_starts(key, word) || !text_starts(rest, id) || rest.len <= id.len ||
      rest.ptr[id.len] != ':' ||
      !text_to_i64(text_sub(rest, id.len + 1, rest.len), &n) || n < 0 ||
      n > UINT32_MAX) {
    return false;
  }
  *number = (uint32_t)n;
  return true;
}

void kept_read(struct desk_link *l, const struct json *kept) {
  const struct text conversation = part_text(kept, "conversation");
  l->upto = (uint32_t)part_num(kept, "upto", 0);
  l->sent = (uint32_t)part_num(kept, "sent", l->upto);
  l->at_us = part_num(kept, "at", 0);
  if (conversation.len > 0 && conversation.len < sizeof l->conversation) {
    memcpy(l->conversation, conversation.ptr, conversation.len);
    l->conversation_len = conversation.len;
  }
}
