/* The section "rest": which other hosts scripts may call. */
#include "server/config_priv.h"

enum { REPLY_DEFAULT = 32768, REPLY_MAX = 1048576 };

static void read_rule(struct reader *r, const struct json *node,
                      struct text *out) {
  const char *why = "a rule is a text";
  *out = TEXT("");
  if (node->type != JSON_TEXT || !outbound_check_rule(node->text, &why)) {
    reader_error(r, node, "%s", why);
    return;
  }
  *out = node->text;
}

static void read_allow(struct reader *r, const struct json *list) {
  struct text *rules =
      arena_alloc(r->arena, ((size_t)list->count + 1) * sizeof *rules);
  if (rules == NULL) {
    r->no_memory = true;
    return;
  }
  size_t count = 0;
  for (const struct json *m = list->first; m != NULL; m = m->next) {
    read_rule(r, m, &rules[count++]);
  }
  r->out->rest.allow = rules;
  r->out->rest.allow_count = count;
}

static void read_authorities(struct reader *r, const struct json *map) {
  const struct json *file = reader_member(map, FILE_REST_CA);
  struct text bytes;
  if (file != NULL) {
    r->out->rest.authorities = reader_path(r, file->text);
    (void)reader_slurp(r, file, r->out->rest.authorities, REPLY_MAX, &bytes);
  }
}

void reader_read_rest(struct reader *r) {
  const struct json *map = reader_member(r->tree.root, FILE_CENTRE_REST);
  r->out->rest = (struct outbound_rules){.reply_bytes = REPLY_DEFAULT,
                                         .authorities = TEXT("")};
  if (map == NULL) {
    return;
  }
  reader_check(r, map, FILE_REST);
  const struct json *allow = reader_member(map, FILE_REST_ALLOW);
  const struct json *reply = reader_member(map, FILE_REST_REPLY);
  if (allow != NULL) {
    read_allow(r, allow);
  }
  if (reply != NULL && reply->i > REPLY_MAX) {
    reader_error(r, reply, "\"replyBytes\" is %d at most", REPLY_MAX);
  } else if (reply != NULL) {
    r->out->rest.reply_bytes = (size_t)reply->i;
  }
  read_authorities(r, map);
}
