#include <string.h>

#include "routing/router_priv.h"

/* A handful of numbers, nearly sorted: insertion. */
void routing_sort(uint32_t *numbers, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    const uint32_t n = numbers[i];
    uint32_t at = i;
    for (; at > 0 && numbers[at - 1] > n; at--) {
      numbers[at] = numbers[at - 1];
    }
    numbers[at] = n;
  }
}

void routing_pack_needs(const struct router_skill *skills, const uint8_t *best,
                        uint32_t count, uint32_t *packed) {
  bt_check(count <= ROUTER_NEEDS_MAX);
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t strongest = best == NULL || best[i] == 0
                                   ? (uint32_t)ROUTER_PROFICIENCY_BEST
                                   : best[i];
    bt_check(strongest <= ROUTER_PROFICIENCY_WORST);
    bt_check(skills[i].skill < ROUTER_SKILLS_MAX);
    bt_check(skills[i].proficiency >= ROUTER_PROFICIENCY_BEST &&
             skills[i].proficiency <= ROUTER_PROFICIENCY_WORST);
    packed[i] = need_pack(skills[i], strongest);
  }
  routing_sort(packed, count);
  for (uint32_t i = 1; i < count; i++) {
    bt_check(need_skill(packed[i - 1]) != need_skill(packed[i]));
  }
}

static bool is_dropped(const struct demands *d, uint32_t ring, uint32_t skill) {
  for (uint32_t i = 0; i < ring && i < d->ring_count; i++) {
    for (uint32_t k = 0; k < d->rings[i].without_count; k++) {
      if (d->rings[i].without[k] == skill) {
        return true;
      }
    }
  }
  return false;
}

static uint32_t relaxed(const struct demands *d, uint32_t ring, uint32_t need) {
  uint32_t weakest = need_weakest(need);
  for (uint32_t i = 0; i < ring && i < d->ring_count; i++) {
    weakest += d->rings[i].relax;
  }
  return need_pack(
      (struct router_skill){need_skill(need), weakest < ROUTER_PROFICIENCY_WORST
                                                  ? weakest
                                                  : ROUTER_PROFICIENCY_WORST},
      need_best(need));
}

static void open_rings(const struct demands *d, uint32_t ring,
                       struct needs *needs) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < needs->count; i++) {
    if (!is_dropped(d, ring, need_skill(needs->packed[i]))) {
      needs->packed[kept++] = relaxed(d, ring, needs->packed[i]);
    }
  }
  needs->count = kept;
}

/* Of two wishes for one skill, the first is the stricter about the weakest. */
static uint32_t merged(uint32_t a, uint32_t b) {
  return need_best(a) >= need_best(b)
             ? a
             : need_pack((struct router_skill){need_skill(a), need_weakest(a)},
                         need_best(b));
}

/* A skill that both ask for is needed as strictly as either does. */
void routing_merge_needs(const struct requirement *own,
                         const struct demands *demands, struct needs *out) {
  const struct needs *queue = &demands->needs;
  uint32_t all[MERGED_NEEDS_MAX];
  const uint32_t count = own->count + queue->count;
  bt_check(count <= MERGED_NEEDS_MAX);
  memcpy(all, own->packed, own->count * sizeof *all);
  memcpy(all + own->count, queue->packed, queue->count * sizeof *all);
  routing_sort(all, count);

  out->count = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (i == 0 || need_skill(all[i]) != need_skill(all[i - 1])) {
      out->packed[out->count++] = all[i];
    } else {
      out->packed[out->count - 1] = merged(all[i - 1], all[i]);
    }
  }
  if (own->ring > 0) {
    open_rings(demands, own->ring, out);
  }
}

void routing_make_requirement(const struct router_request *request,
                              struct requirement *out) {
  bt_check(request->channel < ROUTER_CHANNELS);
  bt_check(request->ring <= ROUTER_RINGS_MAX);
  *out = (struct requirement){
      .queue = request->queue,
      .channel = request->channel,
      .ring = request->ring,
      .agent = request->has_preferred ? request->preferred : ROUTER_NONE,
      .count = request->need_count};
  routing_pack_needs(request->needs, request->best, request->need_count,
                     out->packed);
}

const struct agent_skill *routing_find_skill(const struct router_profile *p,
                                             uint32_t skill) {
  uint32_t low = 0, high = p->skill_count;
  while (low < high) {
    const uint32_t mid = low + (high - low) / 2;
    if (p->skills[mid].skill < skill) {
      low = mid + 1;
    } else {
      high = mid;
    }
  }
  return low < p->skill_count && p->skills[low].skill == skill ? &p->skills[low]
                                                               : NULL;
}

bool routing_serves(const struct router_profile *p, uint32_t queue) {
  if (p->all_queues) {
    return true;
  }
  uint32_t low = 0, high = p->queue_count;
  while (low < high) {
    const uint32_t mid = low + (high - low) / 2;
    if (p->queues[mid] < queue) {
      low = mid + 1;
    } else {
      high = mid;
    }
  }
  return low < p->queue_count && p->queues[low] == queue;
}

const struct router_post *routing_find_post(const struct router_profile *p,
                                            uint32_t queue) {
  for (uint32_t i = 0; i < p->post_count; i++) {
    if (p->posts[i].queue == queue) {
      return &p->posts[i];
    }
  }
  return NULL;
}

bool routing_belongs(const struct router_profile *p, uint32_t queue,
                     uint32_t ring) {
  if (routing_serves(p, queue)) {
    return true;
  }
  const struct router_post *post =
      ring == 0 ? NULL : routing_find_post(p, queue);
  return post != NULL && post->ring > 0 && post->ring <= ring;
}

uint32_t routing_unmet_need(const struct router_profile *p,
                            const struct needs *needs) {
  for (uint32_t i = 0; i < needs->count; i++) {
    const struct agent_skill *has =
        routing_find_skill(p, need_skill(needs->packed[i]));
    if (has == NULL || has->proficiency > need_weakest(needs->packed[i]) ||
        has->proficiency < need_best(needs->packed[i])) {
      return i;
    }
  }
  return needs->count;
}

bool routing_eligible(const struct router_profile *p, uint32_t agent,
                      const struct requirement *key,
                      const struct needs *needs) {
  return (p->channels >> key->channel & 1u) != 0 &&
         (key->agent == ROUTER_NONE || key->agent == agent) &&
         routing_belongs(p, key->queue, key->ring) &&
         routing_unmet_need(p, needs) == needs->count;
}

uint32_t routing_rarest_skill(const struct router *r,
                              const struct needs *needs) {
  uint32_t best = ROUTER_NONE, fewest = UINT32_MAX;
  for (uint32_t i = 0; i < needs->count; i++) {
    const uint32_t skill = need_skill(needs->packed[i]);
    const uint32_t holders =
        skill < r->skill_cap ? r->skills[skill].holder_count : 0;
    if (holders < fewest) {
      best = skill;
      fewest = holders;
    }
  }
  return best;
}
