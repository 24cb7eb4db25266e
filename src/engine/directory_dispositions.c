/* Dispositions: the outcomes that agents choose from, and where. */
#include "base/check.h"
#include "engine/directory_priv.h"

static bool same_disposition(const void *ctx, uint32_t i, const void *key) {
  const struct dir_disposition *o =
      &((const struct directory *)ctx)->dispositions[i];
  return directory_is_named(*(const struct text *)key, o->id, o->name);
}

void directory_init_dispositions(struct directory *d) {
  map_init(&d->by_disposition, d->mem, same_disposition, d);
}

void directory_free_dispositions(struct directory *d) {
  mem_free(d->mem, d->dispositions,
           d->disposition_cap * sizeof *d->dispositions);
  map_free(&d->by_disposition);
}

uint32_t directory_disposition(const struct directory *d, struct text name) {
  return directory_get(&d->by_disposition, name);
}

static uint32_t find_or_add(struct directory *d, struct text id) {
  const uint32_t known = directory_disposition(d, id);
  if (known != DIR_NONE) {
    return known;
  }
  const bool room = mem_grow(d->mem, &d->dispositions, &d->disposition_cap,
                             d->disposition_count + 1, sizeof *d->dispositions);
  bt_check(room);
  d->dispositions[d->disposition_count] =
      (struct dir_disposition){.id = directory_keep(d, id)};
  return (uint32_t)d->disposition_count++;
}

uint32_t directory_put_disposition(struct directory *d,
                                   const struct json *given) {
  const struct json *c =
      config_parse(&d->arena, directory_keep(d, given->source));
  const uint32_t number = find_or_add(d, config_text(c, CONFIG_DISPOSITION_ID));
  struct dir_disposition *o = &d->dispositions[number];
  o->name = directory_name_or(d, c, CONFIG_DISPOSITION_NAME, o->id);
  o->config = c->source;
  o->needs_note = config_flag(c, CONFIG_DISPOSITION_NOTE);
  directory_add_names(&d->by_disposition, o->id, o->name, number);
  return number;
}

/* A desk outside has outcomes of its own, which nobody there chooses from a
 * list of ours. */
static bool is_of_desk(const struct directory *d, const struct dir_queue *q) {
  for (size_t i = 0; q->agent != DIR_NONE && i < d->queue_count; i++) {
    if (text_equal_nocase(d->queues[i].desk, d->agents[q->agent].id)) {
      return true;
    }
  }
  return q->desk.len > 0;
}

bool directory_outcome_is_free(const struct directory *d, uint32_t queue) {
  if (d->disposition_count == d->removed_counts[CONFIG_DISPOSITION]) {
    return true;
  }
  return queue != DIR_NONE &&
         (d->queues[queue].free_outcome || is_of_desk(d, &d->queues[queue]));
}

bool directory_offers_outcome(const struct directory *d, uint32_t queue,
                              uint32_t disposition) {
  const struct dir_queue *q = queue == DIR_NONE ? NULL : &d->queues[queue];
  if (d->dispositions[disposition].origin.removed) {
    return false;
  }
  bool listed = q == NULL || q->disposition_count == 0;
  for (uint32_t i = 0; !listed && i < q->disposition_count; i++) {
    listed = directory_disposition(d, q->dispositions[i]) == disposition;
  }
  return listed;
}
