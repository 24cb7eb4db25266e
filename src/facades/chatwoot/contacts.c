/* Contacts: who a conversation is with. They are kept until their conversation
 * has them, in the session's customer; those that have none are forgotten with
 * the process. */
#include <string.h>

#include "base/digest.h"
#include "base/map.h"
#include "facades/chatwoot/chatwoot_priv.h"

enum { CONTACTS_MAX = 10000, CONTACT_BYTES = 7000, PAGE = 15, SOURCE = 32 };

static struct text json_of(const struct contact *p) {
  return (struct text){p->json, p->len};
}

struct contact *contact_find(const struct chatwoot *c, int64_t number) {
  struct contact *p = c->contacts;
  while (p != NULL && p->number != number) {
    p = p->next;
  }
  return p;
}

/* A text member of a contact, in @arena. */
static struct text member_of(struct arena *arena, const struct contact *p,
                             const char *key) {
  struct json *tree = NULL;
  return json_parse(arena, json_of(p), JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK
             ? peer_text(tree, key)
             : TEXT("");
}

static bool has(const struct contact *p, const struct mem *mem, const char *key,
                struct text value) {
  struct arena arena;
  arena_init(&arena, mem, 0);
  const bool same = text_equal(member_of(&arena, p, key), value);
  arena_free(&arena);
  return same;
}

struct contact *contact_find_source(const struct chatwoot *c,
                                    struct text source) {
  const uint64_t hash = hash_text(source);
  struct contact *p = c->contacts;
  while (p != NULL &&
         (p->source != hash || !has(p, c->facade.mem, "source_id", source))) {
    p = p->next;
  }
  return p;
}

static const struct contact *find_identifier(const struct chatwoot *c,
                                             struct text identifier) {
  const uint64_t hash = hash_text(identifier);
  const struct contact *p = identifier.len == 0 ? NULL : c->contacts;
  while (p != NULL && (p->identifier != hash ||
                       !has(p, c->facade.mem, "identifier", identifier))) {
    p = p->next;
  }
  return p;
}

static void take_out(struct chatwoot *c, struct contact *p) {
  struct contact **at = &c->contacts;
  while (*at != p) {
    at = &(*at)->next;
  }
  *at = p->next;
  c->contact_count--;
  mem_free(c->facade.mem, p, sizeof *p + p->len);
}

/* NULL: there is no memory. */
static struct contact *add(struct chatwoot *c, int64_t number,
                           struct text json) {
  struct contact *p = mem_new(c->facade.mem, sizeof *p + json.len);
  if (p == NULL) {
    return NULL;
  }
  if (c->contact_count == CONTACTS_MAX) {
    struct contact *oldest = c->contacts;
    while (oldest->next != NULL) {
      oldest = oldest->next;
    }
    take_out(c, oldest);
  }
  p->number = number;
  p->len = json.len;
  memcpy(p->json, json.ptr, json.len);
  struct arena arena;
  arena_init(&arena, c->facade.mem, 0);
  p->source = hash_text(member_of(&arena, p, "source_id"));
  p->identifier = hash_text(member_of(&arena, p, "identifier"));
  arena_free(&arena);
  p->next = c->contacts;
  c->contacts = p;
  c->contact_count++;
  return p;
}

void contacts_free(struct chatwoot *c) {
  while (c->contacts != NULL) {
    take_out(c, c->contacts);
  }
}

void contact_learn(struct chatwoot *c, struct text customer) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, c->facade.mem, 0);
  const struct json *number =
      json_parse(&arena, customer, JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK
          ? json_member(tree, TEXT("contact"))
          : NULL;
  if (number != NULL && contact_find(c, number->i) == NULL) {
    (void)add(c, number->i, customer);
  }
  arena_free(&arena);
}

/* ---- shapes */

static void put_member(struct json_out *o, const char *key,
                       const struct json *tree, const char *from) {
  const struct json *m = json_member(tree, text_from(from));
  json_key(o, key);
  if (m != NULL) {
    json_put_tree(o, m);
  } else {
    json_put_null(o);
  }
}

static void put_inboxes(struct json_out *o, const struct json *tree) {
  json_key(o, "contact_inboxes");
  json_open_list(o);
  json_open_object(o);
  put_member(o, "source_id", tree, "source_id");
  json_key(o, "inbox");
  json_open_object(o);
  put_number_member(o, "id", INBOX);
  put_text_member(o, "channel_type", TEXT("Channel::Api"));
  json_close_object(o);
  json_close_object(o);
  json_close_list(o);
}

void put_contact(struct json_out *o, struct text customer) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, o->buf->mem, 0);
  if (json_parse(&arena, customer, JSON_DEPTH_MAX, &tree, NULL) != BT_ERR_OK) {
    tree = NULL;
  }
  const struct json *custom = json_member(tree, TEXT("custom_attributes"));
  json_open_object(o);
  put_member(o, "id", tree, "contact");
  put_member(o, "name", tree, "name");
  put_member(o, "email", tree, "email");
  put_member(o, "phone_number", tree, "phone_number");
  put_member(o, "identifier", tree, "identifier");
  put_text_member(o, "thumbnail", TEXT(""));
  put_text_member(o, "type", TEXT("contact"));
  json_key(o, "additional_attributes");
  json_put_raw(o, TEXT("{}"));
  json_key(o, "custom_attributes");
  if (custom != NULL && custom->type == JSON_OBJECT) {
    json_put_tree(o, custom);
  } else {
    json_put_raw(o, TEXT("{}"));
  }
  put_inboxes(o, tree);
  json_close_object(o);
  arena_free(&arena);
}

/* ---- what is made of a body */

static const char *const kept[] = {"name", "email", "phone_number",
                                   "identifier", "custom_attributes"};

/* Members of @now, or else of @before (may be NULL). */
static void put_kept(struct json_out *o, const struct json *now,
                     const struct json *before) {
  for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
    const struct json *m = json_member(now, text_from(kept[i]));
    m = m == NULL ? json_member(before, text_from(kept[i])) : m;
    if (m != NULL && m->type != JSON_NULL) {
      json_key(o, kept[i]);
      json_put_tree(o, m);
    }
  }
}

static struct contact *keep(struct ask *a, int64_t number, struct text source,
                            const struct json *before) {
  struct textbuf b;
  struct json_out o;
  struct text id = peer_text(a->body, "identifier");
  id = id.len == 0 ? peer_text(before, "identifier") : id;
  textbuf_init(&b, a->c->facade.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  put_number_member(&o, "contact", number);
  put_text_member(&o, "source_id", source);
  put_text_member(&o, "id", id.len > 0 ? id : source);
  put_kept(&o, a->body, before);
  json_close_object(&o);
  struct contact *p = b.failed || b.len > CONTACT_BYTES
                          ? NULL
                          : add(a->c, number, textbuf_text(&b));
  if (p == NULL) {
    chatwoot_fail(a, b.failed ? 503 : 422,
                  b.failed ? TEXT("There is no memory for it.")
                           : TEXT("A contact has at most 7000 bytes."));
  }
  textbuf_free(&b);
  return p;
}

static void reply_contact(struct ask *a, const struct contact *p, bool fresh) {
  struct textbuf b;
  struct json_out o;
  textbuf_init(&b, a->c->facade.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "payload");
  if (fresh) {
    json_open_object(&o);
    json_key(&o, "contact");
  }
  put_contact(&o, json_of(p));
  if (fresh) {
    json_key(&o, "contact_inbox");
    json_open_object(&o);
    put_text_member(&o, "source_id", member_of(&a->arena, p, "source_id"));
    json_key(&o, "inbox");
    json_open_object(&o);
    put_number_member(&o, "id", INBOX);
    json_close_object(&o);
    json_close_object(&o);
    json_close_object(&o);
  }
  json_close_object(&o);
  chatwoot_reply(a, 200, &b);
  textbuf_free(&b);
}

void chatwoot_serve_new_contact(struct ask *a) {
  uint8_t random[SOURCE / 2];
  char source[SOURCE];
  const struct contact *same =
      find_identifier(a->c, peer_text(a->body, "identifier"));
  if (same != NULL) {
    chatwoot_fail(a, 422, TEXT("Identifier has already been taken."));
    return;
  }
  api_random(a->c->facade.api, random, sizeof random);
  hex_write(random, sizeof random, source);
  const struct text name = {source, sizeof source};
  const int64_t number = (int64_t)(hash_text(name) & 0x7fffffff);
  const struct contact *p = keep(a, number, name, NULL);
  if (p != NULL) {
    reply_contact(a, p, true);
  }
}

static struct contact *wanted(struct ask *a) {
  struct contact *p = contact_find(a->c, a->numbers[0]);
  if (p == NULL) {
    chatwoot_fail(a, 404, TEXT("Resource could not be found"));
  }
  return p;
}

void chatwoot_serve_contact(struct ask *a) {
  const struct contact *p = wanted(a);
  if (p != NULL) {
    reply_contact(a, p, false);
  }
}

void chatwoot_serve_contact_change(struct ask *a) {
  struct contact *p = wanted(a);
  struct json *before = NULL;
  if (p == NULL || json_parse(&a->arena, arena_copy_text(&a->arena, json_of(p)),
                              JSON_DEPTH_MAX, &before, NULL) != BT_ERR_OK) {
    return;
  }
  const struct contact *now =
      keep(a, p->number, peer_text(before, "source_id"), before);
  if (now != NULL) {
    take_out(a->c, p);
    reply_contact(a, now, false);
  }
}

/* ---- lists */

static int64_t page_of(struct ask *a) {
  int64_t page = 1;
  const struct text given = query_text(&a->arena, a->query, TEXT("page"));
  return text_to_i64(given, &page) && page > 0 ? page : 1;
}

static void list(struct ask *a, struct text q) {
  struct textbuf b;
  struct json_out o;
  const int64_t page = page_of(a);
  int64_t seen = 0;
  textbuf_init(&b, a->c->facade.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "payload");
  json_open_list(&o);
  for (const struct contact *p = a->c->contacts; p != NULL; p = p->next) {
    if (q.len > 0 && text_find(json_of(p), q, 0) >= p->len) {
      continue;
    }
    if (seen / PAGE == page - 1) {
      put_contact(&o, json_of(p));
    }
    seen++;
  }
  json_close_list(&o);
  json_key(&o, "meta");
  json_open_object(&o);
  put_number_member(&o, "count", seen);
  put_number_member(&o, "current_page", page);
  json_close_object(&o);
  json_close_object(&o);
  chatwoot_reply(a, 200, &b);
  textbuf_free(&b);
}

void chatwoot_serve_contacts(struct ask *a) {
  list(a, TEXT(""));
}

void chatwoot_serve_contact_search(struct ask *a) {
  list(a, query_text(&a->arena, a->query, TEXT("q")));
}

void chatwoot_serve_contact_chats(struct ask *a) {
  const struct contact *p = wanted(a);
  struct textbuf b;
  struct json_out o;
  if (p == NULL) {
    return;
  }
  const struct text source = member_of(&a->arena, p, "source_id");
  textbuf_init(&b, a->c->facade.mem);
  json_out_init(&o, &b);
  json_open_object(&o);
  json_key(&o, "payload");
  json_open_list(&o);
  for (size_t i = 0; i < a->c->visits.used; i++) {
    const struct chat *chat = (struct chat *)(void *)a->c->visits.list[i];
    if (chat != NULL && text_find(textbuf_text(&chat->customer), source, 0) <
                            chat->customer.len) {
      put_chat(&o, chat);
    }
  }
  json_close_list(&o);
  json_close_object(&o);
  chatwoot_reply(a, 200, &b);
  textbuf_free(&b);
}
