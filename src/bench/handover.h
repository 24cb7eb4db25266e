/* handover.h - whole lives of sessions over real sockets.
 *
 * A life: a customer opens a chat over a WebSocket of their own; the bot
 * accepts, asks for the transfer (or leaves that to the script), says goodbye
 * and closes; an agent is offered the session and accepts; customer and agent
 * say a line each; the agent ends and completes. Each step waits until the one
 * before was seen at a socket, and the server shows nothing that is not
 * durable. A life counts when all of it has happened.
 */
#ifndef BATON_BENCH_HANDOVER_H
#define BATON_BENCH_HANDOVER_H

#include <stdint.h>

#include "base/text.h"
#include "bench/bench.h"

struct bench_handover_options {
  const char *program; /* baton, for the server of our own */
  const char *dir;     /* a new directory is made in it, and removed */
  struct text host;    /* or a server that runs on centre_write(); len 0 */
  uint16_t port;
  uint64_t sessions;
  uint32_t clients; /* lives at the same time */
  uint32_t agents;
  /* As many centres in the server, lives and agents going round; 0: one, and it
   * is no tenant. */
  uint32_t tenants;
  double rate; /* lives begun a second; 0: as fast as it goes */
  bool script; /* a script asks for the transfer, not the bot */
};

struct bench_handover_result {
  uint64_t lives, failed;
  uint64_t accepted;       /* offers that became an agent's session */
  uint64_t heard_agent;    /* lines of agents that reached their customer */
  uint64_t heard_customer; /* and of customers, their agent */
  uint64_t ended;          /* sessions completed, as the agent saw it */
  double seconds, lives_per_s;
  /* From the bot's close leaving to the offer's arrival. */
  int64_t offer_p50_us, offer_p99_us, offer_max_us;
  int64_t life_p50_us, life_p99_us;
  /* The disk by itself, write and fdatasync, before and after the load. */
  int64_t disk_p50_us, disk_p99_us;
  /* The server's journal under the load: its group commits, and batches. Of
   * tenants nothing is known: all zero. */
  int64_t commit_p50_us, commit_p99_us;
  double journal_bytes, journal_batches, journal_commits;
  double own_cpu_s; /* of the load, all lives */
  /* Of the server, all lives; only of one of our own, else negative. */
  double cpu_s;
  int64_t rss_bytes, rss_peak_bytes;
  int64_t disk_bytes;      /* of its data, snapshots too, after it has ended */
  char first_failure[512]; /* a sentence; empty if all went well */
};

/* Lives that fail are counted, and are no error of this function. BT_ERR_IO: no
 * server, or it went away. BT_ERR_RANGE, BT_ERR_NOMEM. */
enum bt_err bench_handover(struct bench *b,
                           const struct bench_handover_options *options,
                           struct bench_handover_result *out) BT_USE_RESULT;

#endif
