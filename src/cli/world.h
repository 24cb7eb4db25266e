/* world.h - the ticket's world around one script, in virtual time.
 *
 * A chat held by a bot that has just said goodbye and whose connection closes
 * one second later; a queue and a skill for every target that the script names;
 * one free agent with those skills who accepts after two seconds, as do agents
 * whom the script names; a customer who says nothing. The engine, the journal's
 * interface and the API are the real ones; only people, sockets and the clock
 * are played.
 */
#ifndef BATON_CLI_WORLD_H
#define BATON_CLI_WORLD_H

#include "domain/domain.h"
#include "studio/program.h"

struct world;

struct world_listener {
  void *ctx;
  void (*on_event)(void *ctx, const struct record *event);
};

/* BT_ERR_NOMEM. @program is borrowed: only its targets are read. */
enum bt_err world_create(const struct program *program, struct text name,
                         struct text source,
                         const struct world_listener *listener,
                         struct world **out) BT_USE_RESULT;
void world_free(struct world *w);

/* Publishes another script of the centre. False: it does not compile. */
bool world_publish(struct world *w, struct text name, struct text source);

/* Opens the session, lets the bot say goodbye, and goes on until the script has
 * ended, or nothing more will happen. */
void world_play(struct world *w);

struct domain *world_domain(struct world *w);

#endif
