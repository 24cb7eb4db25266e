#include "genesys/attachments.h"

static void put(struct json_out *o, const char *key, struct text value) {
  json_key(o, key);
  json_put_text(o, value);
}

static struct text media_type(struct text mime) {
  return text_starts(mime, TEXT("image/"))   ? TEXT("Image")
         : text_starts(mime, TEXT("audio/")) ? TEXT("Audio")
         : text_starts(mime, TEXT("video/")) ? TEXT("Video")
                                             : TEXT("File");
}

void genesys_put_attachments(struct text links, struct json_out *o) {
  struct arena arena;
  struct json *list = NULL;
  arena_init(&arena, o->buf->mem, 0);
  const bool some = links.len > 0 && json_parse(&arena, links, JSON_DEPTH_MAX,
                                                &list, NULL) == BT_ERR_OK;
  for (const struct json *f = some ? list->first : NULL; f != NULL;
       f = f->next) {
    const struct text url = json_member_text(f, TEXT("url"));
    const struct text mime = json_member_text(f, TEXT("type"));
    if (!text_starts(url, TEXT("http"))) {
      continue;
    }
    json_open_object(o);
    put(o, "contentType", TEXT("Attachment"));
    json_key(o, "attachment");
    json_open_object(o);
    put(o, "mediaType", media_type(mime));
    put(o, "url", url);
    put(o, "mime", mime);
    put(o, "filename", json_member_text(f, TEXT("name")));
    json_close_object(o);
    json_close_object(o);
  }
  arena_free(&arena);
}
