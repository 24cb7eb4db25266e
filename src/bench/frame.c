#include "bench/frame.h"

#include <stdio.h>

#include "base/json.h"

enum { DEPTH = 16, FRAME_SIZE = 512 };

/* "session" is an id, or an object that has one. */
static struct id session_of(const struct json *frame) {
  struct id id = {0, 0};
  const struct json *m = json_member(frame, TEXT("session"));
  if (m != NULL) {
    (void)id_from_text(
        m->type == JSON_TEXT ? m->text : json_member_text(m, TEXT("id")), &id);
  }
  return id;
}

bool frame_read(struct arena *arena, struct text message, struct heard *out) {
  struct json *tree = NULL;
  if (json_parse(arena, message, DEPTH, &tree, NULL) != BT_ERR_OK) {
    return false;
  }
  const struct json *offer = json_member(tree, TEXT("offer"));
  const struct json *problem = json_member(tree, TEXT("problem"));
  *out = (struct heard){
      .type = json_member_text(tree, TEXT("type")),
      .from = json_member_text(tree, TEXT("from")),
      .status = json_member_text(tree, TEXT("status")),
      .problem = problem == NULL ? TEXT("") : problem->source,
      .session = session_of(tree),
      .offer = offer != NULL && offer->type == JSON_INT ? offer->i : 0};
  return out->type.len > 0;
}

enum bt_err frame_send(struct ws *ws, const char *type, struct id session,
                       const char *members) {
  char id[ID_TEXT_LEN], frame[FRAME_SIZE];
  id_to_text(session, id);
  const int length = snprintf(
      frame, sizeof frame, "{\"type\":\"%s\",\"session\":\"%.*s\"%s%s}", type,
      ID_TEXT_LEN, id, members[0] == '\0' ? "" : ",", members);
  if (length < 0 || (size_t)length >= sizeof frame) {
    return BT_ERR_RANGE;
  }
  return ws_send_text(ws, (struct text){frame, (size_t)length});
}
