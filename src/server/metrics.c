#include <sys/resource.h>

#include "server/server_priv.h"

static void add(struct textbuf *out, const char *name, const char *type,
                const char *help, double value) {
  textbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n%s ", name, help, name, type,
               name);
  textbuf_add_double(out, value);
  textbuf_add_char(out, '\n');
}

static double cpu_seconds(void) {
  struct rusage used;
  if (getrusage(RUSAGE_SELF, &used) != 0) {
    return 0;
  }
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* The names that Prometheus' own client libraries use for a process. */
void server_write_process(const struct server *s, struct textbuf *out) {
  add(out, "process_cpu_seconds_total", "counter",
      "user and system time of the process", cpu_seconds());
  add(out, "process_start_time_seconds", "gauge",
      "when the process began, seconds since 1970",
      (double)s->started_us / 1e6);
  if (s->tls != NULL) {
    add(out, "baton_tls_certificate_expiry_seconds", "gauge",
        "when the server's certificate expires, seconds since 1970",
        (double)tls_expires_s(s->tls));
  }
  add(out, "baton_restarts_total", "counter",
      "times the server has started itself again because its journal failed",
      s->options->restarts == NULL ? 0 : (double)s->options->restarts->total);
}

void centre_write_metrics(void *ctx, struct textbuf *out) {
  const struct centre *c = ctx;
  if (c->tenant == NULL) {
    server_write_process(c->server, out);
  }
  add(out, "baton_configuration_loads_total", "counter",
      "times the configuration was read again and used", (double)c->reloads);
  add(out, "baton_configuration_failures_total", "counter",
      "times it had errors and the one before stayed in force",
      (double)c->failed_reloads);
}
