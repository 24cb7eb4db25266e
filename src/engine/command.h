/* command.h - what is asked of the engine, by whom and when. */
#ifndef BATON_ENGINE_COMMAND_H
#define BATON_ENGINE_COMMAND_H

#include "engine/event.h"
#include "engine/record.h"

/* Who asks. Made by the shell from the token or the connection, never by the
 * peer. */
struct caller {
  enum role role;
  uint32_t number;     /* bot or agent number; SESSION_NOBODY for others */
  struct id session;   /* customer: the only session it may touch; or null */
  struct text name;    /* for the timeline: "anna", "cognigy", "token ci" */
  struct text request; /* the request's id, or empty */
};

struct command {
  struct caller by;
  int64_t now_us;      /* microseconds since 1970, never smaller than before */
  uint64_t entropy[2]; /* fresh for each command: ids come from it */
  /* Nobody reads the body of a good answer: without an idempotency key, for
   * which it is kept, it is left out. */
  bool terse;
  struct record args; /* .type is enum command_type */
};

struct command_info {
  const char *name; /* OPEN_SESSION */
  const char *wire;
  const char *doc;
  uint32_t roles; /* bits (1 << enum role) */
};

const struct command_info *command_info(enum command_type type);
/* May the caller's body carry this field? */
bool command_takes(enum command_type type, enum field field);
/* The field of this command with the wire name; FIELDS if there is none. */
enum field command_field(enum command_type type, struct text wire);

#endif
