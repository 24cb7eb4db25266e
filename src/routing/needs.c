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

void routing_pack_needs(const struct router_skill *skills, uint32_t count,
                        uint32_t *packed) {
  bt_check(count <= ROUTER_NEEDS_MAX);
  for (uint32_t i = 0; i < count; i++) {
    bt_check(skills[i].skill < ROUTER_INDEX_MAX);
    bt_check(skills[i].proficiency >= ROUTER_PROFICIENCY_BEST &&
             skills[i].proficiency <= ROUTER_PROFICIENCY_WORST);
    packed[i] = need_pack(skills[i]);
  }
  routing_sort(packed, count);
  for (uint32_t i = 1; i < count; i++) {
    bt_check(need_skill(packed[i - 1]) != need_skill(packed[i]));
  }
}

/* A skill that both ask for is needed at the better proficiency. */
void routing_merge_needs(const struct requirement *own,
                         const struct needs *queue, struct needs *out) {
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
    }
  }
}

void routing_make_requirement(const struct router_request *request,
                              struct requirement *out) {
  bt_check(request->channel < ROUTER_CHANNELS);
  *out = (struct requirement){.queue = request->queue,
                              .channel = request->channel,
                              .count = request->need_count};
  routing_pack_needs(request->needs, request->need_count, out->packed);
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

uint32_t routing_unmet_need(const struct router_profile *p,
                            const struct needs *needs) {
  for (uint32_t i = 0; i < needs->count; i++) {
    const struct agent_skill *has =
        routing_find_skill(p, need_skill(needs->packed[i]));
    if (has == NULL || has->proficiency > need_weakest(needs->packed[i])) {
      return i;
    }
  }
  return needs->count;
}

bool routing_eligible(const struct router_profile *p,
                      const struct requirement *key,
                      const struct needs *needs) {
  return (p->channels >> key->channel & 1u) != 0 &&
         routing_serves(p, key->queue) &&
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
