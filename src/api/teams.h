/* teams.h - which supervisor sees which queues and agents.
 *
 * A supervisor of no team sees the whole centre. Whoever is in teams sees their
 * queues, their agents, and the sessions whose queue or agent is one of these:
 * the queue in which it waits or waited last, the agent who has it or had it.
 * A session that is neither yet, because a bot has it, is in no team.
 */
#ifndef BATON_API_TEAMS_H
#define BATON_API_TEAMS_H

#include "api/api.h"
#include "base/arena.h"
#include "base/json.h"
#include "engine/directory.h"

/* Masks have one bit a team; a supervisor's 0 is: of no team, so everything. */

struct team;

struct teams {
  const struct mem *mem;
  struct arena arena; /* of the list */
  struct team *list;
  size_t count;
  /* By number in the directory, made when they are first asked for. */
  uint64_t *queues, *agents;
  size_t queue_cap, agent_cap, queues_known, agents_known;
};

void teams_init(struct teams *t, const struct mem *mem);
void teams_free(struct teams *t);
/* Copied. BT_ERR_NOMEM: those before stay. */
enum bt_err teams_set(struct teams *t, const struct api_team *list,
                      size_t count) BT_USE_RESULT;

/* The teams of whom @subject, the hash of a name, is a supervisor. */
uint64_t teams_led_by(const struct teams *t, uint64_t subject);
/* The teams that have it; @number may be DIR_NONE or SESSION_NOBODY: none. */
uint64_t teams_of_queue(struct teams *t, const struct directory *d,
                        uint32_t number);
uint64_t teams_of_agent(struct teams *t, const struct directory *d,
                        uint32_t number);
/* Appends "sales, support", or "no team". */
void teams_write(const struct teams *t, uint64_t mask, struct textbuf *out);
/* Appends a list of their ids. */
void teams_write_json(const struct teams *t, uint64_t mask, struct json_out *o);

#endif
