/* Contacts: who a conversation is with. They are kept until their conversation
 * has them, in the session's customer; those that have none are forgotten with
 * the process. */
#include "base/digest.h"
#include "facades/chatwoot/chatwoot_priv.h"

enum { CONTACT_BYTES = 7000, PAGE = 15, SOURCE = 32 };

/* A contact is a customer of a session that has the number of one. */
void contact_learn(struct chatwoot *c, struct text customer) {
  struct arena arena;
  struct json *tree = NULL;
  arena_init(&arena, c->facade.mem, 0);
  const bool read =
      json_parse(&arena, customer, JSON_DEPTH_MAX, &tree, NULL) == BT_ERR_OK;
  const struct json *number = read ? json_member(tree, TEXT("contact")) : NULL;
  struct contact_facts f = {.json = customer,
                            .source = peer_text(tree, "source_id"),
                            .identifier = peer_text(tree, "identifier")};
  if (contact_find_identifier(&c->contacts, f.identifier) != NULL) {
    f.identifier = TEXT("");
  }
  if (number != NULL && number->type == JSON_INT &&
      contact_find(&c->contacts, number->i) == NULL &&
      contact_find_source(&c->contacts, f.source) == NULL) {
    f.number = number->i;
    /* Without memory it is known again with the next restart. */
    (void)contact_put(&c->contacts, &f);
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

static void put_customer(struct json_out *o, const struct ask *a,
                         const struct contact_facts *f,
                         const struct json *before) {
  json_open_object(o);
  put_number_member(o, "contact", f->number);
  put_text_member(o, "source_id", f->source);
  put_text_member(o, "id", f->identifier.len > 0 ? f->identifier : f->source);
  put_kept(o, a->body, before);
  json_close_object(o);
}

/* @f but for its JSON; @before: the contact whose place it takes, or NULL.
 * NULL: refused. */
static const struct contact *keep(struct ask *a, struct contact_facts *f,
                                  const struct json *before) {
  struct textbuf b;
  struct json_out o;
  const struct contact *p = contact_find_identifier(
      &a->c->contacts, peer_text(a->body, "identifier"));
  if (p != NULL && p->number != f->number) {
    chatwoot_fail(a, 422, TEXT("Identifier has already been taken."));
    return NULL;
  }
  textbuf_init(&b, a->c->facade.mem);
  json_out_init(&o, &b);
  put_customer(&o, a, f, before);
  f->json = textbuf_text(&b);
  const bool fits = b.len <= CONTACT_BYTES;
  p = b.failed || !fits ? NULL : contact_put(&a->c->contacts, f);
  if (p == NULL) {
    chatwoot_fail(a, fits ? 503 : 422,
                  fits ? TEXT("There is no memory for it.")
                       : TEXT("A contact has at most 7000 bytes."));
  }
  textbuf_free(&b);
  return p;
}

static void reply_contact(struct ask *a, const struct contact *p, bool fresh) {
  struct json_out *o = chatwoot_begin(a);
  json_open_object(o);
  json_key(o, "payload");
  if (fresh) {
    json_open_object(o);
    json_key(o, "contact");
  }
  put_contact(o, p->json);
  if (fresh) {
    json_key(o, "contact_inbox");
    json_open_object(o);
    put_text_member(o, "source_id", p->source);
    json_key(o, "inbox");
    json_open_object(o);
    put_number_member(o, "id", INBOX);
    json_close_object(o);
    json_close_object(o);
    json_close_object(o);
  }
  json_close_object(o);
  chatwoot_end(a);
}

void chatwoot_serve_new_contact(struct ask *a) {
  uint8_t random[SOURCE / 2];
  char source[SOURCE];
  struct contact_facts f = {.source = {source, sizeof source},
                            .identifier = peer_text(a->body, "identifier")};
  do {
    api_random(a->c->facade.api, random, sizeof random);
    hex_write(random, sizeof random, source);
    f.number = (int64_t)hash_text(f.source) & NUMBER_MASK;
  } while (f.number == 0 || contact_find(&a->c->contacts, f.number) != NULL);
  const struct contact *p = keep(a, &f, NULL);
  if (p != NULL) {
    reply_contact(a, p, true);
  }
}

static struct contact *wanted(struct ask *a) {
  struct contact *p = contact_find(&a->c->contacts, a->numbers[0]);
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
  const struct contact *p = wanted(a);
  struct json *before = NULL;
  if (p == NULL) {
    return;
  }
  const struct text given = peer_text(a->body, "identifier");
  struct contact_facts f = {.number = p->number,
                            .source = p->source,
                            .identifier =
                                given.len > 0 ? given : p->identifier};
  if (json_parse(&a->arena, arena_copy_text(&a->arena, p->json), JSON_DEPTH_MAX,
                 &before, NULL) != BT_ERR_OK) {
    chatwoot_fail(a, 503, TEXT("There is no memory for it."));
    return;
  }
  const struct contact *now = keep(a, &f, before);
  if (now != NULL) {
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
  const int64_t page = page_of(a);
  int64_t seen = 0;
  struct json_out *o = chatwoot_begin(a);
  json_open_object(o);
  json_key(o, "payload");
  json_open_list(o);
  for (const struct contact *p = a->c->contacts.newest; p != NULL;
       p = p->older) {
    if (q.len > 0 && text_find(p->json, q, 0) >= p->json.len) {
      continue;
    }
    if (seen / PAGE == page - 1) {
      put_contact(o, p->json);
    }
    seen++;
  }
  json_close_list(o);
  json_key(o, "meta");
  json_open_object(o);
  put_number_member(o, "count", seen);
  put_number_member(o, "current_page", page);
  json_close_object(o);
  json_close_object(o);
  chatwoot_end(a);
}

void chatwoot_serve_contacts(struct ask *a) {
  list(a, TEXT(""));
}

void chatwoot_serve_contact_search(struct ask *a) {
  list(a, query_text(&a->arena, a->query, TEXT("q")));
}

void chatwoot_serve_contact_chats(struct ask *a) {
  const struct contact *p = wanted(a);
  if (p == NULL) {
    return;
  }
  struct json_out *o = chatwoot_begin(a);
  json_open_object(o);
  json_key(o, "payload");
  json_open_list(o);
  for (size_t i = 0; i < a->c->visits.used; i++) {
    const struct chat *chat = (struct chat *)(void *)a->c->visits.list[i];
    if (chat != NULL && text_find(textbuf_text(&chat->customer), p->source, 0) <
                            chat->customer.len) {
      put_chat(o, chat);
    }
  }
  json_close_list(o);
  json_close_object(o);
  chatwoot_end(a);
}
