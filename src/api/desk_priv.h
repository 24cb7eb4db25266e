/* desk_priv.h - what the files of an agent's socket share. */
#ifndef BATON_API_DESK_PRIV_H
#define BATON_API_DESK_PRIV_H

#include "api/serve_priv.h"

struct task;

struct desk {
  struct socket socket; /* first: it is the same object */
  struct desk *next;    /* of the same agent */
  struct task *tasks;
};

/* A session that this desk was offered or given. */
struct task {
  struct watch watch;
  struct watch other; /* of the other session of its consultation */
  struct desk *desk;
  struct task *next;
  bool assigned;
  uint64_t offer;
};

/* A frame about the task's session, and its way out. */
struct json_out task_begin(struct task *t, const char *type);
void task_send(struct task *t, struct json_out *o);

/* ---- desk_beside.c */

/* What happens beside the conversation: notes, hold, supervisors,
 * consultations. */
void task_tell_beside(struct task *t, const struct record *event);
/* Follows the other session of the consultation, if there is one. */
void task_follow(struct task *t);
void task_unfollow(struct task *t);

#endif
