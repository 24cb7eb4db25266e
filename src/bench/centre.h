/* centre.h - the centre that whole handovers are measured in.
 *
 * One bot, one queue, and agents enough, each with a token of its own. Entry
 * point "bot": the bot asks for the transfer itself, before its goodbye. Entry
 * point "script": a script does, at the goodbye (the forum's, in its cured
 * form).
 */
#ifndef BATON_BENCH_CENTRE_H
#define BATON_BENCH_CENTRE_H

#include <stdint.h>

#include "base/text.h"
#include "bench/bench.h"

#define CENTRE_BOT       "bench-bot"
#define CENTRE_BOT_TOKEN "bench-token-of-the-bot"
#define CENTRE_SKILL     "AgentSkill"
#define CENTRE_QUEUE     "support"

enum {
  CENTRE_AGENTS_MAX = 10000,
  CENTRE_NAME_SIZE = 64,
  CENTRE_PATH_SIZE = 1024
};

/* Agents are numbered from 0. */
void centre_agent_name(uint32_t agent, char out[CENTRE_NAME_SIZE]);
void centre_agent_token(uint32_t agent, char out[CENTRE_NAME_SIZE]);

/* @tenant: its number, or CENTRE_ALONE. */
#define CENTRE_ALONE UINT32_MAX
void centre_bot_token(uint32_t tenant, char out[CENTRE_NAME_SIZE]);
/* What stands before a path: "http://t7.localhost", or nothing. */
void centre_origin(uint32_t tenant, char out[CENTRE_NAME_SIZE]);

/* Writes centre.yaml, and the script beside it, into the directory @dir. With
 * @tenants that is a server's file, with a centre's file for each; agent i is
 * of tenant i % @tenants. BT_ERR_IO, BT_ERR_NOMEM. */
enum bt_err centre_write(struct bench *b, const char *dir, uint32_t agents,
                         uint32_t tenants) BT_USE_RESULT;

#endif
