/* convert_step.h - one step in JSON, while it becomes lines of a script. */
#ifndef BATON_CLI_CONVERT_STEP_H
#define BATON_CLI_CONVERT_STEP_H

#include "cli/convert.h"

enum { STEP_MEMBERS_MAX = 64 };

struct step {
  struct convert *c;
  const struct json *object;
  uint32_t from;               /* its line */
  size_t base;                 /* where its document begins in the source */
  bool used[STEP_MEMBERS_MAX]; /* members that the script says */
};

/* Names are compared as people spell them: Queue_ID is queueid. @names are
 * several, "text|message|say". */
bool step_is_one_of(struct text name, const char *names);
/* The first unused member of these names, now used; NULL if there is none. */
const struct json *step_take(struct step *s, const char *names);
/* Unused again; @member may be NULL. */
void step_untake(struct step *s, const struct json *member);
/* Notes each member that was not used. */
void step_note_rest(struct step *s);
struct text step_cut(struct text t); /* enough of it to know it again */

/* A value as the script writes it, or @otherwise where there is none. */
struct text step_value(struct step *s, const struct json *value,
                       const char *otherwise);
/* A number of seconds: 5, "5", "5s", "500ms", "2 min", or milliseconds. */
struct text step_seconds(struct step *s, const struct json *value, bool is_ms,
                         const char *otherwise);
struct text step_timeout(struct step *s, const char *otherwise);
/* A variable's name, or @otherwise where it cannot be one. */
struct text step_variable(struct step *s, const char *names,
                          const char *otherwise);

/* convert_actions.c: false if no action of a script has this name. */
bool step_is_action(struct text name);
void step_put_action(struct step *s, struct text name);

#endif
