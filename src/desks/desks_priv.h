/* desks_priv.h - the desks of a centre and the stays of sessions at them. */
#ifndef BATON_DESKS_DESKS_PRIV_H
#define BATON_DESKS_DESKS_PRIV_H

#include "base/arena.h"
#include "desks/desk.h"
#include "desks/desks.h"

struct desks {
  struct desks_options options;
  struct api *api;
  const struct mem *mem;
  struct arena arena; /* of the settings */
  struct courier_post *post;
  struct desk *list;
  struct desk_link *links;
  struct loop_timer *timer; /* for stays that rest */
};

/* ---- link.c */
/* Looks at a session of which something is durable: is it with a desk now that
 * does not know of it yet? */
void links_meet(struct desks *all, uint32_t slot);
/* The session as it is after a restart. */
void links_find(struct desks *all, uint32_t slot);
/* Their connectors get what was found. */
void links_begin(struct desks *all);
/* Those that wait, as far as there is room for them. */
void links_admit(struct desks *all);
/* The last call, for each link that is left when the process stops. */
void link_drop(struct desk_link *link);
/* A command of the desk itself, or in the name of its seat, whoever is meant
 * by @who there. */
struct command desk_command(const struct desk *desk, enum command_type type);
struct command seat_command(const struct desk_link *link,
                            enum command_type type, struct text who);

struct command link_command(const struct desk_link *link,
                            enum command_type type);
/* In the engine when this returns; false: it was refused. */
bool link_submit(const struct desk_link *link, struct command *cmd);
bool link_find(const struct desk_link *link, uint32_t *slot);
/* Is the session, as the engine has it, one of the desk's? */
bool link_is_at(const struct desk *desk, uint32_t slot);
/* A further stay of the session; NULL: no memory. */
struct desk_link *link_add(struct desk *desk, struct id session);
/* It is no more a session of the desk. */
void link_end(struct desk_link *link);

/* ---- kept.c */
/* What is kept of a stay, with its session; @alive: else it is forgotten. */
void kept_write(const struct desk_link *link, bool alive, struct textbuf *out);
/* The number of a stay at @desk whose key this is; false: it is none. */
bool kept_number(const struct desk *desk, struct text key, uint32_t *number);
void kept_read(struct desk_link *link, const struct json *kept);

#endif
