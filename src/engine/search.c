/* What sessions are found by, while they go on and when they are over. */
#include "engine/engine_priv.h"

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool starts_here(const char *at, struct text needle) {
  size_t i = 0;
  while (i < needle.len && lower(at[i]) == lower(needle.ptr[i])) {
    i++;
  }
  return i == needle.len;
}

static bool holds(struct text t, struct text needle) {
  for (size_t i = 0; i + needle.len <= t.len; i++) {
    if (starts_here(t.ptr + i, needle)) {
      return true;
    }
  }
  return false;
}

static bool is_said(const struct live *l, struct text needle) {
  for (size_t i = 0; i < l->message_count; i++) {
    if (holds(l->messages[i].text, needle)) {
      return true;
    }
  }
  return false;
}

static bool is_with(const struct engine *e, const struct live *l,
                    struct text needle) {
  const uint32_t agent = l->s.agent, queue = l->s.queue;
  return (agent < e->dir.agent_count &&
          (holds(e->dir.agents[agent].id, needle) ||
           holds(e->dir.agents[agent].name, needle))) ||
         (queue < e->dir.queue_count &&
          (holds(e->dir.queues[queue].id, needle) ||
           holds(e->dir.queues[queue].name, needle)));
}

bool engine_session_holds(const struct engine *e, uint32_t slot,
                          struct text needle) {
  const struct live *l = engine_live(e, slot);
  char id[ID_TEXT_LEN];
  id_to_text(l->id, id);
  const struct text texts[] = {{id, ID_TEXT_LEN}, l->customer,
                               l->attributes,     e->dir.entries[l->entry].id,
                               l->reason,         l->note,
                               l->disposition};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (holds(texts[i], needle)) {
      return true;
    }
  }
  return is_with(e, l, needle) || is_said(l, needle);
}

static uint32_t last_agent(const struct live *l) {
  size_t i = l->leg_count;
  while (i > 0 && l->legs[i - 1].role != ROLE_AGENT) {
    i--;
  }
  return i == 0 ? SESSION_NOBODY : l->legs[i - 1].number;
}

uint32_t engine_session_last_agent(const struct engine *e, uint32_t slot) {
  return last_agent(engine_live(e, slot));
}

static struct text name_of_last(const struct engine *e, const struct live *l) {
  const uint32_t agent = last_agent(l);
  return agent == SESSION_NOBODY ? TEXT("")
                                 : live_actor_name(e, ROLE_AGENT, agent);
}

void engine_session_brief(const struct engine *e, uint32_t slot,
                          struct session_brief *out) {
  const struct live *l = engine_live(e, slot);
  *out = (struct session_brief){
      .id = l->id,
      .is_consult = l->consults == CONSULTS_ABOUT,
      .opened_us = l->opened_us,
      .ended_us = l->ended_us,
      .messages = (uint32_t)l->message_count,
      .customer = l->customer,
      .channel = text_from(channel_name(l->channel)),
      .entry = e->dir.entries[l->entry].id,
      .queue = view_holder_name(e, SESSION_HOLDER_QUEUE, l->s.queue),
      .agent = name_of_last(e, l),
      .disposition = l->disposition,
      .reason = l->end_reason};
}
