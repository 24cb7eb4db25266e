/* What queues say about rings and agents. */
#include "base/check.h"
#include "engine/directory_priv.h"

static const struct json *first_of(const struct json *list) {
  return list == NULL ? NULL : list->first;
}

static void read_ring(const struct directory *d, const struct json *ring,
                      struct router_ring *out) {
  *out = (struct router_ring){.relax = config_ring_proficiency(ring)};
  const struct json *s = first_of(config_ring_without(ring));
  for (; s != NULL && out->without_count < ROUTER_NEEDS_MAX; s = s->next) {
    const uint32_t skill = directory_skill(d, s->text);
    if (skill != DIR_NONE) {
      out->without[out->without_count++] = skill;
    }
  }
}

static bool names_agents(const struct json *rings, const struct json *order) {
  bool any = first_of(order) != NULL;
  for (const struct json *g = first_of(rings); g != NULL; g = g->next) {
    any = any || first_of(config_ring_agents(g)) != NULL;
  }
  return any;
}

static void note_posted(struct directory *d, uint32_t queue) {
  for (size_t i = 0; i < d->posted_count; i++) {
    if (d->posted[i] == queue) {
      return;
    }
  }
  const bool room = mem_grow(d->mem, &d->posted, &d->posted_cap,
                             d->posted_count + 1, sizeof *d->posted);
  bt_check(room);
  d->posted[d->posted_count++] = queue;
}

/* Texts live as long as the configuration. */
static void read_announcements(struct directory *d, struct dir_queue *q,
                               const struct json *c) {
  const struct json *list = config_list(c, CONFIG_QUEUE_ANNOUNCEMENTS);
  q->announcements = NULL;
  q->announcement_count = 0;
  if (first_of(list) == NULL) {
    return;
  }
  struct dir_announcement *out =
      arena_alloc(&d->arena, DIR_ANNOUNCEMENTS_MAX * sizeof *out);
  bt_check(out != NULL);
  q->announcements = out;
  for (const struct json *n = list->first;
       n != NULL && q->announcement_count < DIR_ANNOUNCEMENTS_MAX;
       n = n->next) {
    out[q->announcement_count++] = (struct dir_announcement){
        .after_ms = config_announcement_ms(n, TEXT("after")),
        .every_ms = config_announcement_ms(n, TEXT("every")),
        .text = config_announcement_text(n)};
  }
}

void directory_read_rings(struct directory *d, uint32_t queue,
                          const struct json *c) {
  struct dir_queue *q = &d->queues[queue];
  struct router_queue_params *p = &q->params;
  q->rings = config_list(c, CONFIG_QUEUE_RINGS);
  q->order = config_list(c, CONFIG_QUEUE_AGENTS);
  read_announcements(d, q, c);
  p->ageing = (uint32_t)config_hundredths(c, CONFIG_QUEUE_AGEING);
  p->max_priority = (uint32_t)config_num(c, CONFIG_QUEUE_MAX_PRIORITY);
  q->preferred_ms = config_ms(c, CONFIG_QUEUE_PREFERRED);
  q->sticky = config_flag(c, CONFIG_QUEUE_STICKY);
  p->ring_count = 0;
  for (const struct json *g = first_of(q->rings);
       g != NULL && p->ring_count < ROUTER_RINGS_MAX; g = g->next) {
    q->ring_after_ms[p->ring_count] = config_ring_after_ms(g);
    read_ring(d, g, &p->rings[p->ring_count++]);
  }
  if (names_agents(q->rings, q->order)) {
    note_posted(d, queue);
  }
}

bool directory_names_agents(const struct directory *d, uint32_t queue) {
  return names_agents(d->queues[queue].rings, d->queues[queue].order);
}

/* Its place in the list, from 1; 0: it is not in it. */
static uint32_t place_in(const struct json *list, const struct dir_agent *a) {
  uint32_t place = 1;
  for (const struct json *n = first_of(list); n != NULL; n = n->next) {
    if (text_equal_nocase(n->text, a->id) ||
        text_equal_nocase(n->text, a->name)) {
      return place;
    }
    place++;
  }
  return 0;
}

static uint32_t joins_in(const struct json *rings, const struct dir_agent *a) {
  uint32_t ring = 1;
  for (const struct json *g = first_of(rings); g != NULL; g = g->next) {
    if (place_in(config_ring_agents(g), a) > 0) {
      return ring;
    }
    ring++;
  }
  return 0;
}

void directory_read_posts(const struct directory *d, uint32_t agent,
                          struct arena *arena,
                          struct router_agent_params *out) {
  const struct dir_agent *a = &d->agents[agent];
  struct router_post *posts =
      arena_alloc(arena, (d->posted_count + 1) * sizeof *posts);
  bt_check(posts != NULL);
  out->posts = posts;
  out->post_count = 0;
  for (size_t i = 0; i < d->posted_count; i++) {
    const struct dir_queue *q = &d->queues[d->posted[i]];
    const struct router_post post = {.queue = d->posted[i],
                                     .ring = joins_in(q->rings, a),
                                     .rank = place_in(q->order, a)};
    if (post.ring > 0 || post.rank > 0) {
      posts[out->post_count++] = post;
    }
  }
}

bool directory_overflow_cycles(const struct directory *d, struct text id,
                               struct text overflow) {
  struct text at = overflow;
  for (size_t i = 0; i <= d->queue_count && at.len > 0; i++) {
    const uint32_t queue = directory_queue(d, at);
    if (text_equal_nocase(at, id) ||
        (queue != DIR_NONE && text_equal_nocase(d->queues[queue].id, id))) {
      return true;
    }
    at = queue == DIR_NONE ? TEXT("") : d->queues[queue].overflow;
  }
  return false;
}
