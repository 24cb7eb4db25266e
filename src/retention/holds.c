#include "retention/holds.h"

#include "base/calendar.h"
#include "shelf/shelf.h"

enum { DEPTH = 4 };

static const char *const sections[] = {"holds"};
static const struct shelf_form form = {"holds.json", sections, 1};

/* As the shelf has it, understood. */
struct kept {
  struct kept *next;
  struct arena arena; /* of its texts */
  struct hold hold;
};

struct holds {
  const struct mem *mem;
  struct shelf shelf;
  struct kept *first, **end;
  size_t count;
};

/* ---- one hold */

void hold_write(const struct hold *hold, struct json_out *o) {
  char time[TIME_TEXT_MAX];
  char session[ID_TEXT_LEN];
  const bool is_session = !id_is_null(hold->session);
  id_to_text(hold->session, session);
  json_open_object(o);
  json_key(o, "id");
  json_put_text(o, hold->id);
  json_key(o, is_session ? "session" : "customer");
  json_put_text(o, is_session ? (struct text){session, ID_TEXT_LEN}
                              : hold->customer);
  json_key(o, "reason");
  json_put_text(o, hold->reason);
  json_key(o, "role");
  json_put_text(o, hold->role);
  json_key(o, "who");
  json_put_text(o, hold->who);
  json_key(o, "at");
  json_put_text(o, time_to_text(hold->at_us, time));
  json_close_object(o);
}

static enum bt_err read_hold(struct text value, struct kept *k) {
  struct json *tree = NULL;
  const struct text source = arena_copy_text(&k->arena, value);
  if (source.ptr == NULL) {
    return BT_ERR_NOMEM;
  }
  const enum bt_err err = json_parse(&k->arena, source, DEPTH, &tree, NULL);
  if (err != BT_ERR_OK) {
    return err == BT_ERR_NOMEM ? err : BT_ERR_CORRUPT;
  }
  const struct text session = json_member_text(tree, TEXT("session"));
  k->hold = (struct hold){.id = json_member_text(tree, TEXT("id")),
                          .customer = json_member_text(tree, TEXT("customer")),
                          .reason = json_member_text(tree, TEXT("reason")),
                          .role = json_member_text(tree, TEXT("role")),
                          .who = json_member_text(tree, TEXT("who"))};
  const bool good =
      time_from_text(json_member_text(tree, TEXT("at")), &k->hold.at_us) &&
      (session.len > 0 ? id_from_text(session, &k->hold.session)
                       : k->hold.customer.len > 0);
  return good ? BT_ERR_OK : BT_ERR_CORRUPT;
}

static void kept_free(struct holds *h, struct kept *k) {
  arena_free(&k->arena);
  mem_free(h->mem, k, sizeof *k);
}

static enum bt_err kept_new(struct holds *h, struct text value,
                            struct kept **out) {
  struct kept *k = mem_new(h->mem, sizeof *k);
  if (k == NULL) {
    return BT_ERR_NOMEM;
  }
  arena_init(&k->arena, h->mem, 0);
  const enum bt_err err = read_hold(value, k);
  if (err != BT_ERR_OK) {
    kept_free(h, k);
    return err;
  }
  *out = k;
  return BT_ERR_OK;
}

/* ---- all of them */

static void link_last(struct holds *h, struct kept *k) {
  *h->end = k;
  h->end = &k->next;
  h->count++;
}

/* A hold that cannot be understood must not be as if there were none. */
static enum bt_err read_all(struct holds *h) {
  size_t at = 0;
  const struct shelf_entry *e;
  enum bt_err err = BT_ERR_OK;
  while (err == BT_ERR_OK && (e = shelf_next(&h->shelf, 0, &at)) != NULL) {
    struct kept *k = NULL;
    err = kept_new(h, e->value, &k);
    if (err == BT_ERR_OK) {
      link_last(h, k);
    }
  }
  return err;
}

enum bt_err holds_open(const struct mem *mem, struct text directory,
                       struct holds **out) {
  struct holds *h = mem_new(mem, sizeof *h);
  if (h == NULL) {
    return BT_ERR_NOMEM;
  }
  h->mem = mem;
  h->end = &h->first;
  enum bt_err err = shelf_open(&h->shelf, mem, &form, directory);
  if (err == BT_ERR_OK) {
    err = read_all(h);
  }
  if (err != BT_ERR_OK) {
    holds_close(h);
    return err;
  }
  *out = h;
  return BT_ERR_OK;
}

void holds_close(struct holds *h) {
  if (h == NULL) {
    return;
  }
  while (h->first != NULL) {
    struct kept *k = h->first;
    h->first = k->next;
    kept_free(h, k);
  }
  shelf_close(&h->shelf);
  mem_free(h->mem, h, sizeof *h);
}

enum bt_err holds_put(struct holds *h, const struct hold *hold) {
  struct textbuf value;
  struct json_out o;
  struct kept *k = NULL;
  if (h->count >= HOLDS_MAX) {
    return BT_ERR_FULL;
  }
  textbuf_init(&value, h->mem);
  json_out_init(&o, &value);
  hold_write(hold, &o);
  enum bt_err err =
      value.failed ? BT_ERR_NOMEM : kept_new(h, textbuf_text(&value), &k);
  if (err == BT_ERR_OK) {
    err = shelf_put(&h->shelf, 0, hold->id, textbuf_text(&value));
  }
  textbuf_free(&value);
  if (err == BT_ERR_OK) {
    link_last(h, k);
  } else if (k != NULL) {
    kept_free(h, k);
  }
  return err;
}

enum bt_err holds_lift(struct holds *h, struct text id) {
  struct kept **at = &h->first;
  while (*at != NULL && !text_equal((*at)->hold.id, id)) {
    at = &(*at)->next;
  }
  struct kept *k = *at;
  if (k == NULL) {
    return BT_ERR_NOT_FOUND;
  }
  const enum bt_err err = shelf_put(&h->shelf, 0, id, TEXT(""));
  if (err == BT_ERR_OK) {
    *at = k->next;
    h->end = h->end == &k->next ? at : h->end;
    h->count--;
    kept_free(h, k);
  }
  return err;
}

/* ---- looking */

void holds_write(const struct holds *h, struct json_out *o) {
  json_open_list(o);
  for (const struct kept *k = h->first; k != NULL; k = k->next) {
    hold_write(&k->hold, o);
  }
  json_close_list(o);
}

const struct hold *holds_find(const struct holds *h, struct id session,
                              struct text customer) {
  for (const struct kept *k = h->first; k != NULL; k = k->next) {
    if (id_is_null(k->hold.session) ? text_equal(k->hold.customer, customer)
                                    : id_equal(k->hold.session, session)) {
      return &k->hold;
    }
  }
  return NULL;
}
