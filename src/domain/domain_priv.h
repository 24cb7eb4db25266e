/* domain_priv.h - the inside of a domain. */
#ifndef BATON_DOMAIN_DOMAIN_PRIV_H
#define BATON_DOMAIN_DOMAIN_PRIV_H

#include "base/rand.h"
#include "domain/domain.h"
#include "domain/held_priv.h"
#include "domain/reports_priv.h"

enum { DOMAIN_LISTENERS_MAX = 8 };

/* A batch on its way into the journal. */
struct outgoing {
  struct textbuf bytes;
  struct journal_finished *finished;
  size_t finished_count, finished_cap;
  bool stuck; /* the journal had no room for it: it comes before all others */
};

/* When the state is worth another snapshot. */
struct pace {
  uint64_t every;         /* batches */
  uint64_t batches;       /* since the last one */
  size_t bytes, last_len; /* of batches since; of the last snapshot */
};

struct domain {
  const struct mem *mem;
  struct engine *engine;
  struct journal *journal;
  struct step_pool steps;
  struct held_ring held;    /* by seq */
  struct held_ring refused; /* nothing was done: these wait for nothing */
  struct reports reports;   /* for which there was no room */
  struct outgoing out;
  struct pace pace;
  struct rand rand;
  struct domain_listener listeners[DOMAIN_LISTENERS_MAX];
  size_t listener_count;
  uint64_t released;
  const struct step *last; /* of the last command */
  bool full;               /* the journal's disk has no room */
  bool failed;             /* the journal takes nothing for good */
  size_t readers;          /* of @held, with .reads */
  bool worked;             /* @on_work was told since the last release */
  void (*on_work)(void *ctx);
  void *work_ctx;
};

#endif
