/* studio_priv.h - one question about a script on its way through a thread. */
#ifndef BATON_API_STUDIO_PRIV_H
#define BATON_API_STUDIO_PRIV_H

#include "api/api_priv.h"
#include "studio/checker.h"

struct studio_job;
/* Answers: appends JSON to job->out. On another thread: it touches nothing but
 * the job. */
typedef void studio_worker(struct studio_job *job);

#define ASK(name, worker) STUDIO_##name,
enum studio_ask {
#include "api/studio.def"
  STUDIO_ASKS
};
#undef ASK

/* The members of all questions. */
struct studio_members {
  struct text source, name, scenario;
  uint32_t line, column, number;
};

/* The api is NULL once it was freed: what comes back then has nobody to answer.
 * Memory is the heap's, which threads may share. */
struct studio_job {
  struct studio_job *next, *prev;
  struct api *api;
  struct call *call;
  enum studio_ask ask;
  struct studio_members of;
  struct checker_world world; /* for check alone */
  struct api_script *others;  /* for run alone: what the centre has published */
  size_t other_count;
  api_play_fn *play;
  struct arena arena;
  struct textbuf out;
  enum bt_err err;
};

#define ASK(name, worker) studio_worker worker;
#include "api/studio.def"
#undef ASK

/* What the centre's configuration guarantees to the script called @name, in
 * @arena. False: no memory. */
bool studio_read_world(const struct directory *d, struct text name,
                       struct arena *arena, struct checker_world *world);

#endif
