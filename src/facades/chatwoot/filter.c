/* Conversations that fit conditions: POST conversations/filter.
 *
 * Conditions are joined as in SQL: AND binds closer than OR. What a condition
 * may ask of: docs/facades.md. */
#include <stdio.h>

#include "domain/domain.h"
#include "facades/chatwoot/chatwoot_priv.h"

enum { CONDITIONS_MAX = 50, PAGE = 25, NUMBER_TEXT = 24 };

enum operation { EQUAL, NOT_EQUAL, CONTAINS, LACKS, PRESENT, ABSENT };

struct condition {
  struct text key;
  enum operation operation;
  const struct json *values; /* a list, or NULL */
  bool or_next;
};

struct filter {
  struct condition list[CONDITIONS_MAX];
  size_t count;
};

static const struct {
  const char *name;
  enum operation operation;
} operations[] = {{"equal_to", EQUAL},     {"not_equal_to", NOT_EQUAL},
                  {"contains", CONTAINS},  {"does_not_contain", LACKS},
                  {"is_present", PRESENT}, {"is_not_present", ABSENT}};

/* ---- reading */

static bool read_operation(struct text name, enum operation *out) {
  for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
    if (text_equal(name, text_from(operations[i].name))) {
      *out = operations[i].operation;
      return true;
    }
  }
  return false;
}

/* What is wrong with it; NULL: nothing. */
static const char *read_condition(const struct json *m, struct condition *c) {
  const struct text joined = peer_text(m, "query_operator");
  c->key = peer_text(m, "attribute_key");
  c->values = json_member(m, TEXT("values"));
  c->or_next = text_equal_nocase(joined, TEXT("OR"));
  if (m->type != JSON_OBJECT || c->key.len == 0) {
    return "A condition has an attribute_key.";
  }
  if (!read_operation(peer_text(m, "filter_operator"), &c->operation)) {
    return "filter_operator is equal_to, not_equal_to, contains, "
           "does_not_contain, is_present or is_not_present.";
  }
  if (c->operation < PRESENT &&
      (c->values == NULL || c->values->type != JSON_LIST)) {
    return "The values of a condition are a list.";
  }
  return joined.len == 0 || c->or_next || text_equal_nocase(joined, TEXT("AND"))
             ? NULL
             : "query_operator is AND or OR.";
}

static bool read_filter(struct ask *a, struct filter *f) {
  const struct json *list = json_member(a->body, TEXT("payload"));
  const char *why = list == NULL || list->type != JSON_LIST
                        ? "payload must be a list of conditions."
                    : list->count > CONDITIONS_MAX
                        ? "A filter has up to 50 conditions."
                        : NULL;
  f->count = 0;
  for (const struct json *m = why == NULL ? list->first : NULL;
       m != NULL && why == NULL; m = m->next) {
    why = read_condition(m, &f->list[f->count++]);
  }
  if (why != NULL) {
    chatwoot_fail(a, 422, text_from(why));
  }
  return why == NULL;
}

/* ---- what a conversation has */

static struct text number_text(int64_t n, char room[NUMBER_TEXT]) {
  const int len = snprintf(room, NUMBER_TEXT, "%lld", (long long)n);
  return (struct text){room, (size_t)len};
}

static const struct json *
attribute_of(struct arena *arena, const struct chat *chat, struct text key) {
  const struct api *api = chat->visit.visits->facade->api;
  struct json *tree = NULL;
  uint32_t slot;
  const bool read =
      visit_is_open(&chat->visit, &slot) &&
      json_parse(arena, engine_session_attributes(api_engine(api), slot),
                 JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK;
  return read ? json_member(tree, key) : NULL;
}

/* An attribute's text; of a list the elements, one a line. */
static struct text text_of(struct arena *arena, const struct json *m) {
  struct textbuf b;
  if (m == NULL || m->type == JSON_NULL) {
    return TEXT("");
  }
  if (m->type != JSON_LIST) {
    return m->type == JSON_TEXT ? m->text : m->source;
  }
  textbuf_init(&b, arena->mem);
  for (const struct json *e = m->first; e != NULL; e = e->next) {
    textbuf_addf(&b, "%.*s\n",
                 TEXT_ARG(e->type == JSON_TEXT ? e->text : e->source));
  }
  const struct text copy = arena_copy_text(arena, textbuf_text(&b));
  textbuf_free(&b);
  return copy;
}

/* Empty: it has none. */
static struct text value_of(struct arena *arena, const struct chat *chat,
                            struct text key, char room[NUMBER_TEXT]) {
  uint32_t number;
  if (text_equal(key, TEXT("status"))) {
    return text_from(chat_status(chat));
  }
  if (text_equal(key, TEXT("id")) || text_equal(key, TEXT("display_id"))) {
    return number_text(chat->number, room);
  }
  if (text_equal(key, TEXT("inbox_id"))) {
    return number_text(INBOX, room);
  }
  if (text_equal(key, TEXT("assignee_id"))) {
    return chat_agent(chat, &number) ? number_text((int64_t)number + 1, room)
                                     : TEXT("");
  }
  if (text_equal(key, TEXT("team_id"))) {
    return chat_team(chat, &number) ? number_text((int64_t)number + 1, room)
                                    : TEXT("");
  }
  return text_of(arena, attribute_of(arena, chat, key));
}

/* ---- judging */

static bool has_line(struct text lines, struct text line) {
  for (size_t at = 0; at < lines.len;) {
    const size_t end = text_find(lines, TEXT("\n"), at);
    if (text_equal(text_sub(lines, at, end - at), line)) {
      return true;
    }
    at = end + 1;
  }
  return false;
}

static bool holds_one(const struct condition *c, struct text value,
                      bool in_part) {
  for (const struct json *m = c->values->first; m != NULL; m = m->next) {
    const struct text wanted = m->type == JSON_TEXT ? m->text : m->source;
    if (value.len > 0 &&
        (in_part ? text_find(value, wanted, 0) < value.len
                 : text_equal(value, wanted) || has_line(value, wanted))) {
      return true;
    }
  }
  return false;
}

static bool holds(struct arena *arena, const struct condition *c,
                  const struct chat *chat) {
  char room[NUMBER_TEXT];
  const struct text value = value_of(arena, chat, c->key, room);
  switch (c->operation) {
  case EQUAL:
    return holds_one(c, value, false);
  case NOT_EQUAL:
    return !holds_one(c, value, false);
  case CONTAINS:
    return holds_one(c, value, true);
  case LACKS:
    return !holds_one(c, value, true);
  case PRESENT:
    return value.len > 0;
  case ABSENT:
  default:
    return value.len == 0;
  }
}

static bool fits(const struct filter *f, const struct chat *chat) {
  struct arena arena;
  bool any = f->count == 0, all = true;
  arena_init(&arena, chat->visit.visits->facade->mem, 0);
  for (size_t i = 0; i < f->count && !any; i++) {
    all = all && holds(&arena, &f->list[i], chat);
    if (f->list[i].or_next || i + 1 == f->count) {
      any = all;
      all = true;
    }
  }
  arena_free(&arena);
  return any;
}

/* ---- the answer */

struct found {
  struct textbuf list; /* of the page */
  int64_t all, assigned;
};

static void find(struct ask *a, const struct filter *f, struct found *out) {
  struct json_out o;
  int64_t page = 1;
  (void)text_to_i64(query_text(&a->arena, a->query, TEXT("page")), &page);
  json_out_init(&o, &out->list);
  json_open_list(&o);
  for (size_t i = a->c->visits.used; i > 0; i--) { /* the newest first */
    const struct chat *chat = (struct chat *)(void *)a->c->visits.list[i - 1];
    uint32_t agent;
    if (chat == NULL || !fits(f, chat)) {
      continue;
    }
    if (out->all / PAGE == page - 1) {
      put_chat(&o, chat);
    }
    out->assigned += chat_agent(chat, &agent);
    out->all++;
  }
  json_close_list(&o);
}

static void put_found(const struct found *found, struct json_out *o) {
  json_key(o, "meta");
  json_open_object(o);
  put_number_member(o, "mine_count", 0); /* a token is no agent's */
  put_number_member(o, "assigned_count", found->assigned);
  put_number_member(o, "unassigned_count", found->all - found->assigned);
  put_number_member(o, "all_count", found->all);
  json_close_object(o);
  json_key(o, "payload");
  json_put_raw(o, textbuf_text(&found->list));
}

/* The server's own answer has the page at the top, its public description has
 * it in "data": both are there. */
void chatwoot_serve_filter(struct ask *a) {
  struct filter f;
  struct found found = {.all = 0};
  if (!read_filter(a, &f)) {
    return;
  }
  textbuf_init(&found.list, a->c->facade.mem);
  find(a, &f, &found);
  if (found.list.failed) {
    chatwoot_fail(a, 503, TEXT("There is no memory for it."));
  } else {
    struct json_out *o = chatwoot_begin(a);
    json_open_object(o);
    put_found(&found, o);
    json_key(o, "data");
    json_open_object(o);
    put_found(&found, o);
    json_close_object(o);
    json_close_object(o);
    chatwoot_end(a);
  }
  textbuf_free(&found.list);
}
