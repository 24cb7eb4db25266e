#include "accounts/grants.h"

#include "base/calendar.h"
#include "base/map.h"
#include "shelf/shelf.h"

enum { DEPTH = 4 };

static const char *const sections[] = {"grants"};
static const struct shelf_form form = {"grants.json", sections, 1};

/* As the shelf has it, understood. */
struct kept {
  struct kept *next;
  struct arena arena; /* of its texts */
  struct grant grant;
};

struct grants {
  const struct mem *mem;
  struct shelf shelf;
  struct kept *first, **end;
  size_t count;
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

static enum bt_err read_grant(struct text value, struct kept *k) {
  struct json *tree = NULL;
  const struct text source = arena_copy_text(&k->arena, value);
  if (source.ptr == NULL) {
    return BT_ERR_NOMEM;
  }
  const enum bt_err err = json_parse(&k->arena, source, DEPTH, &tree, NULL);
  if (err != BT_ERR_OK) {
    return err == BT_ERR_NOMEM ? err : BT_ERR_CORRUPT;
  }
  k->grant = (struct grant){.id = json_member_text(tree, TEXT("id")),
                            .to = json_member_text(tree, TEXT("to")),
                            .why = json_member_text(tree, TEXT("why")),
                            .role = json_member_text(tree, TEXT("role")),
                            .who = json_member_text(tree, TEXT("who"))};
  const bool good =
      k->grant.to.len > 0 &&
      time_from_text(json_member_text(tree, TEXT("at")), &k->grant.at_us) &&
      time_from_text(json_member_text(tree, TEXT("until")), &k->grant.until_us);
  return good ? BT_ERR_OK : BT_ERR_CORRUPT;
}

static void kept_free(struct grants *g, struct kept *k) {
  arena_free(&k->arena);
  mem_free(g->mem, k, sizeof *k);
}

static enum bt_err kept_new(struct grants *g, struct text value,
                            struct kept **out) {
  struct kept *k = mem_new(g->mem, sizeof *k);
  if (k == NULL) {
    return BT_ERR_NOMEM;
  }
  arena_init(&k->arena, g->mem, 0);
  const enum bt_err err = read_grant(value, k);
  if (err != BT_ERR_OK) {
    kept_free(g, k);
    return err;
  }
  *out = k;
  return BT_ERR_OK;
}

/* ---- all of them */

static void link_last(struct grants *g, struct kept *k) {
  *g->end = k;
  g->end = &k->next;
  g->count++;
}

static enum bt_err read_all(struct grants *g) {
  size_t at = 0;
  const struct shelf_entry *e;
  enum bt_err err = BT_ERR_OK;
  while (err == BT_ERR_OK && (e = shelf_next(&g->shelf, 0, &at)) != NULL) {
    struct kept *k = NULL;
    err = kept_new(g, e->value, &k);
    if (err == BT_ERR_OK) {
      link_last(g, k);
    }
  }
  return err;
}

enum bt_err grants_open(const struct mem *mem, struct text directory,
                        struct grants **out) {
  struct grants *g = mem_new(mem, sizeof *g);
  if (g == NULL) {
    return BT_ERR_NOMEM;
  }
  g->mem = mem;
  g->end = &g->first;
  enum bt_err err = shelf_open(&g->shelf, mem, &form, directory);
  if (err == BT_ERR_OK) {
    err = read_all(g);
  }
  if (err != BT_ERR_OK) {
    grants_close(g);
    return err;
  }
  *out = g;
  return BT_ERR_OK;
}

void grants_close(struct grants *g) {
  if (g == NULL) {
    return;
  }
  while (g->first != NULL) {
    struct kept *k = g->first;
    g->first = k->next;
    kept_free(g, k);
  }
  shelf_close(&g->shelf);
  mem_free(g->mem, g, sizeof *g);
}

static enum bt_err drop(struct grants *g, struct kept **at) {
  struct kept *k = *at;
  const enum bt_err err = shelf_put(&g->shelf, 0, k->grant.id, TEXT(""));
  if (err == BT_ERR_OK) {
    *at = k->next;
    g->end = g->end == &k->next ? at : g->end;
    g->count--;
    kept_free(g, k);
  }
  return err;
}

static enum bt_err drop_what_is_over(struct grants *g, int64_t now_us) {
  enum bt_err err = BT_ERR_OK;
  for (struct kept **at = &g->first; err == BT_ERR_OK && *at != NULL;) {
    if ((*at)->grant.until_us <= now_us) {
      err = drop(g, at);
    } else {
      at = &(*at)->next;
    }
  }
  return err;
}

static enum bt_err add(struct grants *g, const struct grant *grant) {
  struct textbuf value;
  struct json_out o;
  struct kept *k = NULL;
  textbuf_init(&value, g->mem);
  json_out_init(&o, &value);
  grant_write(grant, &o);
  enum bt_err err =
      value.failed ? BT_ERR_NOMEM : kept_new(g, textbuf_text(&value), &k);
  if (err == BT_ERR_OK) {
    err = shelf_put(&g->shelf, 0, grant->id, textbuf_text(&value));
  }
  textbuf_free(&value);
  if (err == BT_ERR_OK) {
    link_last(g, k);
  } else if (k != NULL) {
    kept_free(g, k);
  }
  return err;
}

enum bt_err grants_put(struct grants *g, const struct grant *grant) {
  const enum bt_err err = drop_what_is_over(g, grant->at_us);
  if (err != BT_ERR_OK) {
    return err;
  }
  return g->count >= GRANTS_MAX ? BT_ERR_FULL : add(g, grant);
}

enum bt_err grants_withdraw(struct grants *g, struct text id) {
  struct kept **at = &g->first;
  while (*at != NULL && !text_equal((*at)->grant.id, id)) {
    at = &(*at)->next;
  }
  return *at == NULL ? BT_ERR_NOT_FOUND : drop(g, at);
}

/* ---- looking */

void grants_write(const struct grants *g, struct json_out *o) {
  json_open_list(o);
  for (const struct kept *k = g->first; k != NULL; k = k->next) {
    grant_write(&k->grant, o);
  }
  json_close_list(o);
}

const struct grant *grants_find(const struct grants *g, uint64_t to,
                                int64_t now_us) {
  for (const struct kept *k = g->first; k != NULL; k = k->next) {
    if (hash_text(k->grant.to) == to && k->grant.until_us > now_us) {
      return &k->grant;
    }
  }
  return NULL;
}
