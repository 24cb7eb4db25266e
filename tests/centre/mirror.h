/* mirror.h - a second engine, made of the first one's events or snapshot.
 *
 * The events go through the codec, as they would through a journal.
 */
#ifndef BATON_TESTS_MIRROR_H
#define BATON_TESTS_MIRROR_H

#include "engine/engine.h"
#include "support.h"

struct mirror {
  const struct mem *mem;
  struct engine *e;
  uint64_t seq;
};

/* An engine that has seen nothing. */
void mirror_init(struct mirror *m, const struct mem *mem);
void mirror_free(struct mirror *m);
/* Folds the events of one step. */
void mirror_fold(struct mirror *m, const struct step *step);
/* Forgets all, and begins anew from a snapshot of @e. */
void mirror_restore(struct mirror *m, const struct engine *e);

/* What is not the same. */
struct difference {
  char text[2048];
};

/* Is what two engines would save the same? An engine that was folded has not
 * fired the timers that leave no event: unless @exact, that a bot's silence is
 * watched for longer, and that finished sessions and old answers are forgotten,
 * is no difference. */
bool mirror_equal(const struct engine *a, const struct engine *b, bool exact,
                  struct difference *why);

/* Did both do the same? */
bool mirror_steps_equal(const struct step *a, const struct step *b,
                        struct difference *why);

#endif
