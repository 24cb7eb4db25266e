/* keep.h - files that come with what a customer says: kept as those of /api/v1
 * are, with the same limits and the same scanner, before it is said.
 *
 * A keeper is good when it is zero; what it waits for is dropped with it.
 */
#ifndef BATON_FACADES_SHARED_KEEP_H
#define BATON_FACADES_SHARED_KEEP_H

#include "facades/shared/form.h"
#include "facades/shared/visits.h"

struct keeping;

struct keeper {
  struct keeping *first;
};

struct kept_files {
  int code;         /* of the first refusal; 0: all are kept */
  struct text why;  /* its sentence */
  struct text list; /* a JSON list, as a message's data has it under "files" */
};

struct keep_user {
  void *ctx;
  void (*fn)(void *ctx, const struct kept_files *kept);
  void (*drop)(void *ctx); /* instead, when the keeper goes */
};

/* @visit has a session, and is held until the user was told. Everything is
 * copied; one of the user's functions is called once, perhaps at once. False:
 * there is no memory, and none is called. */
bool keep_files(struct keeper *keeper, struct visit *visit,
                const struct form_files *files, const struct keep_user *user);
void keeper_clear(struct keeper *keeper);

#endif
