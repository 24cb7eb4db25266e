/* laws_eligible.c - who may take a waiting session, read off the configuration.
 */
#include "laws.h"

/* The weakest proficiency that is accepted now; 0: the skill is not needed. */
static uint32_t weakest(const struct router_queue_params *p, uint32_t ring,
                        const struct router_skill *need) {
  uint32_t proficiency = need->proficiency;
  for (uint32_t i = 0; i < ring && i < p->ring_count; i++) {
    for (uint32_t k = 0; k < p->rings[i].without_count; k++) {
      if (p->rings[i].without[k] == need->skill) {
        return 0;
      }
    }
    proficiency += p->rings[i].relax;
  }
  return proficiency;
}

/* From the weakest proficiency to the best that is asked. */
static bool meets(const struct laws_agent *a, uint32_t proficiency,
                  const struct router_skill *need, uint32_t best) {
  if (proficiency == 0) {
    return true;
  }
  for (uint32_t i = 0; i < a->skill_count; i++) {
    if (a->skills[i].skill == need->skill) {
      return a->skills[i].proficiency <= proficiency &&
             a->skills[i].proficiency >= best;
    }
  }
  return false;
}

static bool serves(const struct laws_agent *a, uint32_t queue, uint32_t ring) {
  for (uint32_t i = 0; i < a->post_count; i++) {
    if (a->posts[i].queue == queue && a->posts[i].ring > 0 &&
        a->posts[i].ring <= ring) {
      return true;
    }
  }
  for (uint32_t i = 0; i < a->queue_count; i++) {
    if (a->queues[i] == queue) {
      return true;
    }
  }
  return a->all_queues;
}

bool laws_is_eligible(const struct laws *w, const struct engine *e,
                      const struct live *l, uint32_t agent) {
  const struct laws_agent *a = &w->agents[agent];
  const struct router_queue_params *p = &e->dir.queues[l->s.queue].params;
  struct router_request q;
  if (!serves(a, l->s.queue, l->ring) ||
      (l->preferred != SESSION_NOBODY && l->preferred != agent) ||
      e->dir.agents[agent].limits.capacity[l->channel] == 0) {
    return false;
  }
  (void)engine_parse_needs(e, l->skills, &q, NULL);
  for (uint32_t i = 0; i < q.need_count; i++) {
    if (!meets(a, weakest(p, l->ring, &q.needs[i]), &q.needs[i], q.best[i])) {
      return false;
    }
  }
  for (uint32_t i = 0; i < p->need_count; i++) {
    if (!meets(a, weakest(p, l->ring, &p->needs[i]), &p->needs[i], 0)) {
      return false;
    }
  }
  return true;
}
