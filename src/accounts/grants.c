#include "accounts/grants.h"

#include "base/calendar.h"
#include "base/map.h"
#include "shelf/list.h"

struct grants {
  const struct mem *mem;
  struct shelf_list list;
};

/* ---- one grant */

static void put_time(struct json_out *o, const char *name, int64_t us) {
  char time[TIME_TEXT_MAX];
  json_key(o, name);
  json_put_text(o, time_to_text(us, time));
}

void grant_write(const struct grant *grant, struct json_out *o) {
  const struct {
    const char *name;
    struct text text;
  } texts[] = {{"id", grant->id},
               {"to", grant->to},
               {"why", grant->why},
               {"role", grant->role},
               {"who", grant->who}};
  json_open_object(o);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    json_key(o, texts[i].name);
    json_put_text(o, texts[i].text);
  }
  put_time(o, "at", grant->at_us);
  put_time(o, "until", grant->until_us);
  json_close_object(o);
}

static void write_grant(const void *thing, struct json_out *o) {
  grant_write(thing, o);
}

static bool read_grant(const struct json *tree, void *thing) {
  struct grant *grant = thing;
  *grant = (struct grant){.id = json_member_text(tree, TEXT("id")),
                          .to = json_member_text(tree, TEXT("to")),
                          .why = json_member_text(tree, TEXT("why")),
                          .role = json_member_text(tree, TEXT("role")),
                          .who = json_member_text(tree, TEXT("who"))};
  return grant->to.len > 0 &&
         time_from_text(json_member_text(tree, TEXT("at")), &grant->at_us) &&
         time_from_text(json_member_text(tree, TEXT("until")),
                        &grant->until_us);
}

static struct text id_of(const void *thing) {
  const struct grant *grant = thing;
  return grant->id;
}

static const char *const sections[] = {"grants"};
static const struct shelf_kind kind = {.form = {"grants.json", sections, 1},
                                       .size = sizeof(struct grant),
                                       .id = id_of,
                                       .write = write_grant,
                                       .read = read_grant};

/* ---- all of them */

enum bt_err grants_open(const struct mem *mem, struct text directory,
                        struct grants **out) {
  struct grants *g = mem_new(mem, sizeof *g);
  if (g == NULL) {
    return BT_ERR_NOMEM;
  }
  g->mem = mem;
  const enum bt_err err = shelf_list_open(&g->list, mem, &kind, directory);
  if (err != BT_ERR_OK) {
    mem_free(mem, g, sizeof *g);
    return err;
  }
  *out = g;
  return BT_ERR_OK;
}

void grants_close(struct grants *g) {
  if (g != NULL) {
    shelf_list_close(&g->list);
    mem_free(g->mem, g, sizeof *g);
  }
}

static enum bt_err drop_what_is_over(struct grants *g, int64_t now_us) {
  enum bt_err err = BT_ERR_OK;
  const struct grant *next = shelf_list_next(&g->list, NULL);
  while (err == BT_ERR_OK && next != NULL) {
    const struct grant *grant = next;
    next = shelf_list_next(&g->list, grant);
    if (grant->until_us <= now_us) {
      err = shelf_list_remove(&g->list, grant->id);
    }
  }
  return err;
}

enum bt_err grants_put(struct grants *g, const struct grant *grant) {
  const enum bt_err err = drop_what_is_over(g, grant->at_us);
  if (err != BT_ERR_OK) {
    return err;
  }
  return g->list.count >= GRANTS_MAX ? BT_ERR_FULL
                                     : shelf_list_add(&g->list, grant);
}

enum bt_err grants_withdraw(struct grants *g, struct text id) {
  return shelf_list_remove(&g->list, id);
}

/* ---- looking */

void grants_write(const struct grants *g, struct json_out *o) {
  shelf_list_write(&g->list, o);
}

const struct grant *grants_find(const struct grants *g, uint64_t to,
                                int64_t now_us) {
  const struct grant *grant = NULL;
  while ((grant = shelf_list_next(&g->list, grant)) != NULL) {
    if (hash_text(grant->to) == to && grant->until_us > now_us) {
      return grant;
    }
  }
  return NULL;
}
