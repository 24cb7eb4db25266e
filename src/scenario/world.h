/* world.h - plays a scenario: the real engine, journal and API in this process,
 * with people, sockets, outside servers and the clock played.
 *
 * The same scenario and seed give the same story to the byte.
 */
#ifndef BATON_SCENARIO_WORLD_H
#define BATON_SCENARIO_WORLD_H

#include "domain/domain.h"
#include "scenario/scenario.h"
#include "scenario/tale.h"
#include "studio/trace.h"

struct world;

struct world_options {
  uint64_t seed; /* of ids and random(); with @faults of what is shaken too */
  bool faults;
  void *ctx; /* for the functions below */
  /* Each event of the session; may be NULL. */
  void (*on_event)(void *ctx, const struct record *event);
  /* A debugger's; both may be NULL. Fills in what it wants of the session that
   * is about to be opened (engine/debug.h), and is asked before time goes on:
   * false ends the play. */
  void (*on_open)(void *ctx, struct record *args);
  bool (*before_time)(void *ctx);
  /* Each executed line; @main: of the script under test. May be NULL. */
  void (*on_line)(void *ctx, const struct trace_line *line, bool main);
};

/* BT_ERR_NOMEM. @scenario is borrowed. */
enum bt_err world_create(const struct scenario *scenario,
                         const struct world_options *options,
                         struct world **out) BT_USE_RESULT;
void world_free(struct world *w); /* NULL is fine */

/* Publishes another script of the centre. False: it does not compile. */
bool world_publish(struct world *w, struct text name, struct text source);

/* Opens the session and goes on until the script has ended and everybody has
 * done what is written, or nothing more will happen. */
void world_play(struct world *w);

/* The session under test; null before it is opened. */
struct id world_session(const struct world *w);

struct world_answer {
  int code;
  char why[512]; /* of a refusal */
};
/* What its debugger asks, as a supervisor's command about the session. */
struct world_answer world_debug(struct world *w, const struct record *args);

struct domain *world_domain(struct world *w);
/* What happened; owned by the world. */
const struct tale *world_tale(const struct world *w);

#endif
