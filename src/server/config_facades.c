/* The section "facades": protocols of other platforms. */
#include <stdint.h>

#include "net/url.h"
#include "server/config_priv.h"

/* Which members a type has beside those of all. */
static const struct {
  enum file_member member;
  uint32_t kinds; /* bits */
} members[] = {
    {FILE_FACADE_WEBHOOK, 1u << FACADE_COGNIGY | 1u << FACADE_CHATWOOT},
    {FILE_FACADE_PING, 1u << FACADE_COGNIGY}};

static bool find_kind(struct reader *r, const struct json *object,
                      enum facade_kind *out) {
  struct text known[FACADE_KINDS];
  for (unsigned i = 0; i < FACADE_KINDS; i++) {
    known[i] = text_from(facade_kind_wire((enum facade_kind)i));
  }
  const size_t found =
      reader_find_word(r, reader_member(object, FILE_FACADE_TYPE), known,
                       FACADE_KINDS, "type of facade");
  *out = (enum facade_kind)found;
  return found < FACADE_KINDS;
}

static void check_members(struct reader *r, const struct json *object,
                          enum facade_kind kind) {
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    const struct json *at = reader_member(object, members[i].member);
    if (at != NULL && (members[i].kinds >> kind & 1) == 0) {
      reader_error(r, at, "a facade of type %s has no member \"%.*s\"",
                   facade_kind_wire(kind), TEXT_ARG(at->key));
    }
  }
}

static void read_token(struct reader *r, const struct json *object,
                       struct facade_settings *s) {
  const struct json *at = reader_member(object, FILE_FACADE_TOKEN);
  if (at != NULL) {
    (void)reader_secret(r, at, &s->token);
  }
}

static void read_webhook(struct reader *r, const struct json *object,
                         struct facade_settings *s) {
  const struct json *at = reader_member(object, FILE_FACADE_WEBHOOK);
  struct url_parts parts;
  const char *why = "a URL is a text";
  if (at != NULL && !url_split(at->text, &parts, &why)) {
    reader_error(r, at, "\"webhook\": %s", why);
  }
  s->webhook = at == NULL ? TEXT("") : at->text;
}

static void read_ping(struct reader *r, const struct json *object,
                      struct facade_settings *s) {
  const struct json *at = reader_member(object, FILE_FACADE_PING);
  s->ping_as_output = at != NULL && text_equal(at->text, TEXT("output"));
  if (at != NULL && !s->ping_as_output &&
      !text_equal(at->text, TEXT("event"))) {
    reader_error(r, at, "\"finalPing\" is event or output");
  }
}

static bool is_known_id(const struct reader *r, struct text id) {
  for (size_t i = 0; i < r->out->facade_count; i++) {
    if (text_equal(r->out->facades[i].id, id)) {
      return true;
    }
  }
  return false;
}

static void read_facade(struct reader *r, const struct json *object) {
  struct facade_settings s = {.token = TEXT(""),
                              .id = reader_text(object, FILE_FACADE_ID),
                              .entry = reader_text(object, FILE_FACADE_ENTRY)};
  reader_check(r, object, FILE_FACADE);
  if (object->type != JSON_OBJECT || !find_kind(r, object, &s.kind)) {
    return;
  }
  check_members(r, object, s.kind);
  read_token(r, object, &s);
  read_webhook(r, object, &s);
  read_ping(r, object, &s);
  if (s.entry.len > 0) {
    names_require(r, CONFIG_ENTRY, s.entry,
                  reader_member(object, FILE_FACADE_ENTRY));
  }
  if (is_known_id(r, s.id)) {
    reader_error(r, reader_member(object, FILE_FACADE_ID),
                 "another facade has the id \"%.*s\"", TEXT_ARG(s.id));
  }
  r->out->facades[r->out->facade_count++] = s;
}

void reader_read_facades(struct reader *r) {
  const struct json *list = reader_member(r->tree.root, FILE_CENTRE_FACADES);
  if (list == NULL) {
    return;
  }
  r->out->facades = arena_alloc(r->arena, ((size_t)list->count + 1) *
                                              sizeof *r->out->facades);
  r->no_memory = r->no_memory || r->out->facades == NULL;
  for (const struct json *e = list->first; e != NULL && r->out->facades != NULL;
       e = e->next) {
    read_facade(r, e);
  }
}
