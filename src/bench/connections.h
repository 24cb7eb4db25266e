/* connections.h - many open sockets that say nothing.
 *
 * Sessions are opened by HTTP and a bot takes them; then each customer connects
 * the session's socket, and nothing is said. So what a session costs and what
 * its socket costs are told apart. At last the bot says one line to all of
 * them. Several servers side by side, each with a process of its own for its
 * customers, reach further than one process's descriptors.
 */
#ifndef BATON_BENCH_CONNECTIONS_H
#define BATON_BENCH_CONNECTIONS_H

#include <stdint.h>

#include "bench/bench.h"

enum { CONNECTIONS_PROCESSES_MAX = 16 };

struct bench_connections_options {
  const char *program; /* baton, for the servers */
  const char *dir;     /* new directories are made in it, and removed */
  uint32_t sockets;    /* of each server; 0: what the descriptors allow */
  uint32_t processes;  /* servers, 1 … CONNECTIONS_PROCESSES_MAX */
};

struct bench_connections_result {
  uint32_t sockets; /* open at once, of all servers */
  uint32_t heard;   /* lines of the bot that came out of them */
  /* Resident memory of the servers for each session, and for its socket. */
  double session_bytes, socket_bytes;
  double kernel_bytes; /* of the machine, for both ends of a socket */
  /* The servers' processor time for opening one, of the first and of the last
   * tenth. */
  double first_us, last_us;
  double open_s;   /* until all were open */
  double to_all_s; /* from the bot's first line until all have heard theirs */
};

/* The most sockets that a server and its customers' process have descriptors
 * for. */
uint32_t bench_connections_most(void);

/* BT_ERR_IO: a server or a socket was lost; BT_ERR_RANGE, BT_ERR_NOMEM. */
enum bt_err
bench_connections(struct bench *b,
                  const struct bench_connections_options *options,
                  struct bench_connections_result *out) BT_USE_RESULT;

#endif
