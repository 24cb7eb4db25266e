/* A journal that has failed: the server refuses for a moment, then ends, and
 * its caller starts it again. */
#include <signal.h>

#include "server/tenants_priv.h"

static const int64_t second_us = 1000000;

static int64_t served_s(const struct server *s) {
  return (clock_now_us(&s->centre->clock) - s->started_us) / second_us;
}

void server_end_failed(void *ctx) {
  struct server *s = ctx;
  if (!s->stopping) {
    s->restarting = true;
    log_say(&s->log, API_LOG_WARNING, "server.restarting",
            "this process ends its connections and starts itself again");
    server_stop(s);
  }
}

void server_recover(struct server *s, const struct centre *c) {
  if (s->tenants != NULL) {
    tenants_recover(s->tenants, c);
    return;
  }
  if (s->options->restarts == NULL || s->failed || s->stopping) {
    return;
  }
  s->failed = true;
  const struct restart next = restart_next(s->options->restarts, served_s(s));
  const int64_t delay_s = restart_delay_s(next.in_row - 1);
  log_say(&s->log, API_LOG_WARNING, "journal.restart",
          "nobody knows what the disk has of the last write: everything is "
          "refused (503), and in %lld s this server starts itself again and "
          "reads what is there (restart %u in a row)",
          (long long)delay_s, next.in_row);
  loop_timer_start_after(s->restart, delay_s * second_us);
}

struct restart server_next_restart(const struct server *s) {
  const struct restart none = {0};
  struct restart next = s->options->restarts == NULL
                            ? none
                            : restart_next(s->options->restarts, served_s(s));
  next.port = s->port;
  return next;
}

/* A signal from now on ends the process as it would end any: nothing is left to
 * be closed in order. One that came before is heard, and then it is an end. */
void server_end_of_signals(struct server *s) {
  (void)signal(SIGTERM, SIG_DFL);
  (void)signal(SIGINT, SIG_DFL);
  loop_turn(s->loop, 0);
}
