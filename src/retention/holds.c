#include "retention/holds.h"

#include "base/calendar.h"
#include "shelf/list.h"

struct holds {
  const struct mem *mem;
  struct shelf_list list;
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

static void write_hold(const void *thing, struct json_out *o) {
  hold_write(thing, o);
}

static bool read_hold(const struct json *tree, void *thing) {
  struct hold *hold = thing;
  const struct text session = json_member_text(tree, TEXT("session"));
  *hold = (struct hold){.id = json_member_text(tree, TEXT("id")),
                        .customer = json_member_text(tree, TEXT("customer")),
                        .reason = json_member_text(tree, TEXT("reason")),
                        .role = json_member_text(tree, TEXT("role")),
                        .who = json_member_text(tree, TEXT("who"))};
  return time_from_text(json_member_text(tree, TEXT("at")), &hold->at_us) &&
         (session.len > 0 ? id_from_text(session, &hold->session)
                          : hold->customer.len > 0);
}

static struct text id_of(const void *thing) {
  const struct hold *hold = thing;
  return hold->id;
}

static const char *const sections[] = {"holds"};
static const struct shelf_kind kind = {.form = {"holds.json", sections, 1},
                                       .size = sizeof(struct hold),
                                       .id = id_of,
                                       .write = write_hold,
                                       .read = read_hold};

/* ---- all of them */

enum bt_err holds_open(const struct mem *mem, struct text directory,
                       struct holds **out) {
  struct holds *h = mem_new(mem, sizeof *h);
  if (h == NULL) {
    return BT_ERR_NOMEM;
  }
  h->mem = mem;
  const enum bt_err err = shelf_list_open(&h->list, mem, &kind, directory);
  if (err != BT_ERR_OK) {
    mem_free(mem, h, sizeof *h);
    return err;
  }
  *out = h;
  return BT_ERR_OK;
}

void holds_close(struct holds *h) {
  if (h != NULL) {
    shelf_list_close(&h->list);
    mem_free(h->mem, h, sizeof *h);
  }
}

enum bt_err holds_put(struct holds *h, const struct hold *hold) {
  return h->list.count >= HOLDS_MAX ? BT_ERR_FULL
                                    : shelf_list_add(&h->list, hold);
}

enum bt_err holds_lift(struct holds *h, struct text id) {
  return shelf_list_remove(&h->list, id);
}

/* ---- looking */

void holds_write(const struct holds *h, struct json_out *o) {
  shelf_list_write(&h->list, o);
}

const struct hold *holds_find(const struct holds *h, struct id session,
                              struct text customer) {
  const struct hold *hold = NULL;
  while ((hold = shelf_list_next(&h->list, hold)) != NULL) {
    if (id_is_null(hold->session) ? text_equal(hold->customer, customer)
                                  : id_equal(hold->session, session)) {
      return hold;
    }
  }
  return NULL;
}
